"""Every version of every document, as the bytes that came, with its place in time.

A document is stored in its birth release and never changed: a new version supersedes the last one, a deletion is
a version without a body. What is flagged ("invalid", "unfaithful") is kept and served, but read-only for the rest
of Planbridge and never pushed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import orjson
from sqlalchemy import ColumnElement, Integer, and_, bindparam, delete, exists, func, insert, or_, select, update

from adapter.store import index, schema
from adapter.store.errors import SearchError, UnknownDocument, VersionConflict
from adapter.store.held import Prepared
from adapter.store.index import Terms
from adapter.store.search import Criteria, Page, conditions, cut, resume, search_key
from adapter.store.served import seams, sewn
from mappings.tree import Tree, dump, parse

if TYPE_CHECKING:
    from adapter.store.store import Transaction

Born = Literal["native", "fhir", "pulled"]
Flag = Literal["", "invalid", "unfaithful"]


@dataclass(frozen=True, slots=True)
class Document:
    """One version of one document.

    body          the bytes exactly as they came; b"" for a deletion
    last_updated  when this version was written: ISO instant, milliseconds, Z; never earlier than the one before
    deleted       this version is a tombstone
    flag          "invalid" (not valid FHIR) or "unfaithful" (duplicate keys, lone surrogates): read-only, never pushed
    born          native | fhir (written at the gateway, loaded) | pulled (from an EHR)
    subject       "Patient/<id>" of the person whom it is about, "" if none is named
    """

    type: str
    id: str
    version: int
    release: str
    last_updated: str
    deleted: bool
    flag: str
    born: str
    subject: str
    body: bytes
    seams: str = field(default="[]", repr=False)

    @property
    def served(self) -> bytes:
        """The body with id, meta.versionId and meta.lastUpdated set into it, everything else byte for byte."""
        return sewn(self.body, orjson.loads(self.seams))

    @property
    def reference(self) -> str:
        """Type and id as a FHIR reference: "Goal/g1"."""
        return f"{self.type}/{self.id}"


_now = schema.documents.c
_past = schema.superseded.c
_named = schema.mentions.c
_SHOWN = tuple(Document.__dataclass_fields__)
_SHARED = ("number", "version", "tenant", *_SHOWN[3:])  # what documents and superseded have in common
_COLUMNS = [_now[name] for name in _SHOWN]

_this = (_now.tenant == bindparam("tenant"), _now.type == bindparam("type"), _now.id == bindparam("id"))
_past_versions = (
    select(_now.type, _now.id, *(_past[name] for name in _SHOWN[2:]))
    .join_from(schema.superseded, schema.documents)
    .where(*_this)
)
_of_number = bindparam("row", type_=Integer)

NEWEST = Prepared(select(*_COLUMNS).where(*_this))
_NUMBERED = Prepared(select(*_COLUMNS, _now.number).where(*_this))
_VERSION = Prepared(_past_versions.where(_past.version == bindparam("version")))
_SUPERSEDED = Prepared(_past_versions.order_by(_past.version.desc()))
_CONSENTS = Prepared(
    select(*_COLUMNS)
    .where(
        _now.tenant == bindparam("tenant"),
        _now.type == "Consent",
        _now.deleted == 0,
        or_(
            _now.subject == bindparam("subject"),
            # A Consent that no tree can hold has no subject to go by: whoever is named in it is told of it.
            and_(
                _now.flag == "unfaithful",
                exists().where(
                    _named.number == _now.number, _named.type == "Patient", _named.id == bindparam("person")
                ),
            ),
        ),
    )
    .order_by(_now.number)
)
_FIRST = Prepared(insert(schema.documents).values({name: bindparam(name) for name in ("tenant", *_SHOWN)}))
_KEEP = Prepared(
    insert(schema.superseded).from_select(
        _SHARED, select(*(_now[name] for name in _SHARED)).where(_now.number == _of_number)
    )
)
_REPLACE = Prepared(
    update(schema.documents)
    .where(_now.number == _of_number)
    .values({name: bindparam(f"new_{name}") for name in _SHOWN[2:]})
)
_FORGET = tuple(
    Prepared(delete(table).where(table.c.number == _of_number)) for table in (schema.terms, schema.mentions)
)
_INDEX = Prepared(insert(schema.terms))
_MENTION = Prepared(insert(schema.mentions))
_CHUNK = 200

MOST_ON_A_PAGE = 1000
"""Documents of one page, whatever is asked for."""


def document(row: Any) -> Document:
    """Return the document of a row of `_SHOWN`."""
    kind, id_, version, release, last_updated, deleted, *rest = row
    return Document(kind, id_, version, release, last_updated, deleted == 1, *rest)


class Documents:
    """The documents of one transaction."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def get(self, type: str, id: str) -> Document | None:  # noqa: A002 - FHIR's words
        """Return the newest version (a tombstone if it was deleted), None where there never was one."""
        row = NEWEST.one(self._tx.driver, tenant=self._tx.tenant, type=type, id=id)
        return None if row is None else document(row)

    def version(self, type: str, id: str, version: int) -> Document | None:  # noqa: A002
        """Return one version, which may be a tombstone, None where there never was one."""
        newest = self.get(type, id)
        if newest is None or newest.version == version:
            return newest
        if not 0 < version < newest.version:
            return None
        row = _VERSION.one(self._tx.driver, tenant=self._tx.tenant, type=type, id=id, version=version)
        return None if row is None else document(row)

    def history(self, type: str, id: str) -> tuple[Document, ...]:  # noqa: A002
        """Return every version, newest first; empty where there never was one."""
        newest = self.get(type, id)
        if newest is None:
            return ()
        rows = _SUPERSEDED.all(self._tx.driver, tenant=self._tx.tenant, type=type, id=id)
        return (newest, *map(document, rows))

    def put(
        self,
        type: str,  # noqa: A002
        id: str,  # noqa: A002
        body: bytes,
        *,
        release: str = "R4",
        born: Born = "fhir",
        flag: Flag = "",
        expected: int | None = None,
        tree: Tree = None,
    ) -> Document:
        """Store a body as the new version of a document and return it; the first has version 1.

        A body that says the same as the living version (but for id, meta.versionId, meta.lastUpdated and white space)
        makes no version: the living one is returned. After a deletion every body is a new version.

        expected  the version that the writer has seen; 0 for "there is none alive". None asks for nothing.
        tree      what `parse(body)` returns, where the caller has it already

        Raises VersionConflict, ValueError for an id, type or body that cannot be stored (NotJSON where it is not JSON,
        Unfaithful where it needs the flag "unfaithful").
        """
        if not index.TYPE.fullmatch(type) or not index.ID.fullmatch(id):
            raise ValueError("a document needs a FHIR type and an id of 1 to 64 letters, digits, '-' and '.'")
        faithful = flag != "unfaithful"
        if tree is None and faithful:
            tree = parse(body)
        if faithful and not isinstance(tree, dict):
            raise ValueError("a document is a JSON object")
        if not flag and tree.get("resourceType") != type:
            raise ValueError(f"the body does not say resourceType {type}")
        row = self._numbered(type, id)
        current = document(row[:-1]) if row else None
        _check(current, expected)
        if current and not current.deleted and (current.flag, current.release) == (flag, release):
            same = body in (current.body, current.served)
            if same or (faithful and _says(tree) == _says(parse(current.body))):
                return current
        version, at = (current.version + 1 if current else 1), self._tx.at
        new = Document(
            type, id, version, release, at, False, flag, born,
            index.subject(type, id, tree) if faithful else (f"Patient/{id}" if type == "Patient" else ""),
            body, orjson.dumps(seams(body, id, version, at)).decode(),
        )  # fmt: skip
        number = self._write(new, row[-1] if row else None)
        found = index.terms_in(release, type, tree) if faithful else {}
        named = index.mentions(tree) if faithful else index.mentions_in(body)
        self._index(number, type, found, named)
        return new

    def delete(self, type: str, id: str, *, expected: int | None = None) -> Document:  # noqa: A002
        """End a document with a tombstone and return that; a tombstone that is there already makes no version.

        Raises VersionConflict, UnknownDocument where there never was one.
        """
        row = self._numbered(type, id)
        if row is None:
            raise UnknownDocument(f"there is no {type} of that id")
        current = document(row[:-1])
        if current.deleted and expected is None:
            return current
        _check(current, expected)
        # The subject stays, so that the gate can say who may learn that there was something.
        gone = Document(
            type, id, current.version + 1, current.release, self._tx.at, True, "", current.born, current.subject, b""
        )
        self._index(self._write(gone, row[-1]), type, {}, set())
        return gone

    def search(
        self,
        type: str,  # noqa: A002
        criteria: Criteria | None = None,
        *,
        after: str | None = None,
        count: int = 50,
    ) -> Page:
        """Return a page of the living documents that meet all criteria, in order of creation.

        `after` is the `next` of the page before; `count` is at most MOST_ON_A_PAGE. Pages are cut by an order that no
        writer changes and end with what there was at the first page: a document that is there all the time comes
        exactly once, in the version that stands when its page is read. Raises SearchError for a cursor that is not of
        this search.
        """
        criteria, count = criteria or Criteria(type), max(0, min(count, MOST_ON_A_PAGE))
        if criteria.type != type:
            raise SearchError("", f"these criteria are for {criteria.type}, not for {type}")
        key = search_key(self._tx.store.key, self._tx.tenant, criteria)
        if after is None:
            end, last = self._tx.rows(select(func.max(_now.number)))[0][0] or 0, 0
        else:
            end, last = resume(key, after)
        # First the numbers alone, so that what is sorted and skipped is small; then the documents of the page.
        numbers = self._tx.rows(
            select(_now.number)
            .where(_now.number > last, _now.number <= end, *conditions(self._tx.tenant, criteria))
            .order_by(_now.number)
            .limit(count + 1)
        )
        here = [row[0] for row in numbers[:count]]
        found = self._tx.rows(select(*_COLUMNS).where(_now.number.in_(here)).order_by(_now.number))
        more = len(numbers) > count > 0
        return Page(tuple(map(document, found)), cut(key, end, here[-1]) if more else None)

    def each(self, type: str | None = None) -> Iterator[Document]:  # noqa: A002
        """Yield the living documents, of one type or of all, in order of creation; writing meanwhile is allowed."""
        last = 0
        while found := self._tx.rows(
            select(*_COLUMNS, _now.number)
            .where(_now.number > last, *self._alive(type))
            .order_by(_now.number)
            .limit(_CHUNK)
        ):
            for row in found:
                yield document(row[:-1])
            last = found[-1][-1]

    def links_to(self, type: str, id: str) -> tuple[Document, ...]:  # noqa: A002
        """Return the living documents that refer to type/id, at any depth, by a relative literal reference."""
        rows = self._tx.rows(
            select(*_COLUMNS)
            .join_from(schema.mentions, schema.documents)
            .where(_named.tenant == self._tx.tenant, _named.type == type, _named.id == id)
            .order_by(_now.number)
        )
        return tuple(map(document, rows))

    def consents(self, subject: str) -> tuple[Document, ...]:
        """Return the living Consents of a person ("Patient/<id>"), oldest first.

        With them come Consents flagged "unfaithful" that name the person anywhere: they cannot be read, only obeyed.
        """
        person = subject.removeprefix("Patient/")
        rows = _CONSENTS.all(self._tx.driver, tenant=self._tx.tenant, subject=f"Patient/{person}", person=person)
        return tuple(map(document, rows))

    def counts(self) -> dict[str, int]:
        """Return how many living documents there are of each type."""
        rows = self._tx.rows(
            select(_now.type, func.count()).where(*self._alive(None)).group_by(_now.type).order_by(_now.type)
        )
        return {row[0]: row[1] for row in rows}

    def flagged(self) -> int:
        """Return how many living documents are read-only, for they are not valid or cannot be read faithfully."""
        rows = self._tx.rows(
            select(func.count()).select_from(schema.documents).where(*self._alive(None), _now.flag != "")
        )
        return int(rows[0][0])

    # ---- below: how it is written down

    def _alive(self, type: str | None) -> list[ColumnElement[bool]]:  # noqa: A002
        return [_now.tenant == self._tx.tenant, _now.deleted == 0, *([_now.type == type] if type else [])]

    def _numbered(self, type: str, id: str) -> Any:  # noqa: A002
        return _NUMBERED.one(self._tx.driver, tenant=self._tx.tenant, type=type, id=id)

    def _write(self, new: Document, number: int | None) -> int:
        values = {name: getattr(new, name) for name in _SHOWN} | {"deleted": int(new.deleted)}
        if number is None:
            return int(_FIRST.run(self._tx.driver, tenant=self._tx.tenant, **values).lastrowid or 0)
        _KEEP.run(self._tx.driver, row=number)
        _REPLACE.run(self._tx.driver, row=number, **{f"new_{name}": values[name] for name in _SHOWN[2:]})
        for table in _FORGET:
            table.run(self._tx.driver, row=number)
        return number

    def _index(self, number: int, type: str, terms: Terms, mentions: set[tuple[str, str]]) -> None:  # noqa: A002
        own = {"tenant": self._tx.tenant, "number": number}
        for release, found in terms.items():
            seen = {**own, "release": release, "type": type}
            _INDEX.many(self._tx.driver, ({**seen, **term._asdict()} for term in found))
        _MENTION.many(self._tx.driver, ({**own, "type": kind, "id": id_} for kind, id_ in mentions))


def _check(current: Document | None, expected: int | None) -> None:
    alive = current.version if current and not current.deleted else 0
    if expected is not None and expected != alive:
        raise VersionConflict(current)


def _says(tree: dict[str, Tree]) -> bytes:
    """Return what a document says, without what the server says of it."""
    meta = tree.get("meta")
    if isinstance(meta, dict):
        rest = {key: value for key, value in meta.items() if key not in ("versionId", "lastUpdated")}
        tree = {key: value for key, value in tree.items() if key != "meta"} | ({"meta": rest} if rest else {})
    return dump({key: value for key, value in tree.items() if key != "id"})
