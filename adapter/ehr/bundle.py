"""A page of records as a server sent it: each record's own bytes, so that one bad record spoils no other.

The records are cut out before the page is read: what a record holds (duplicate keys, lone surrogates, NaN, nesting
without end, broken UTF-8) is that record's matter, what stands around them must be a sound Bundle.
Why not `mappings.tree.slices`: it wants a page that is JSON throughout, and one such record would lose the page.
https://hl7.org/fhir/R4/bundle.html#searchset
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from adapter.ehr.errors import NotFHIR
from adapter.ehr.outcome import issues_of
from adapter.ehr.query import ID, TYPE
from mappings.issues import Issue
from mappings.tree import NotJSON, Number, Tree, Unfaithful, parse


@dataclass(frozen=True, slots=True)
class Entry:
    """One record of a page.

    body           its bytes as they came; b"" where it was deleted
    etag           `W/"3"`: of the entry, else made from meta.versionId; may be empty
    last_updated   instant as the server wrote it; may be empty
    deleted        the server says that the record was deleted (history)
    mode           match | include | "" (history)
    flag           "" | unfaithful (duplicate keys, lone surrogates: kept, read-only) | invalid (not JSON: reported)
    """

    type: str
    id: str
    body: bytes
    etag: str = ""
    last_updated: str = ""
    deleted: bool = False
    mode: str = ""
    flag: str = ""


@dataclass(frozen=True, slots=True)
class RawPage:
    """One page of an answer.

    resources   in the server's order; the same record may come twice, then the newest holds
    issues      what the server said about its own answer (left out, ignored), and entries that could not be named
    self_link   the question as the server understood it: proof that a filter was honoured
    next_link   as the server wrote it; "" on the last page
    date        HTTP Date of the answer, "" without: the server's clock
    total       as the server counted, None where it did not
    """

    resources: tuple[Entry, ...]
    issues: tuple[Issue, ...] = ()
    self_link: str = ""
    next_link: str = ""
    date: str = ""
    total: int | None = None

    @property
    def last(self) -> bool:
        """Whether the query is drained with this page."""
        return not self.next_link


_MARK = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[\[\]{}]', re.DOTALL)  # possessive: linear on any input


def cut(text: str) -> tuple[str, list[str]]:
    """Return a Bundle's text with each record replaced by its number, and the records' texts."""
    found: list[str] = []
    kept: list[str] = []
    depth, begin, done = 0, -1, 0
    key = {1: "", 3: ""}  # the last string of the Bundle itself, and of an entry: the key of what opens next
    for place in _MARK.finditer(text):
        mark = place[0]
        if mark in "[{":
            if depth == 3 and mark == "{" and (key[1], key[3]) == ('"entry"', '"resource"'):
                begin = place.start()
            depth += 1
        elif mark in "]}":
            depth -= 1
            if depth == 3 and begin >= 0:
                kept += text[done:begin], str(len(found))
                found.append(text[begin : place.end()])
                begin, done = -1, place.end()
        elif depth in key:
            key[depth] = mark
    return "".join(kept) + text[done:], found


def read_page(body: bytes, kind: str, date: str = "") -> RawPage:
    """Read the answer to a search (`kind` searchset) or a history. Raises NotFHIR when it is no such Bundle."""
    text = body.decode("utf-8", "surrogateescape").removeprefix("\ufeff")  # a record's broken UTF-8 is its own matter
    around, records = cut(text)
    try:
        bundle = parse(around.encode("utf-8", "surrogateescape"))
    except NotJSON as error:
        raise NotFHIR(f"the answer is not JSON, or was cut short: {error.text}") from None
    if not isinstance(bundle, dict) or bundle.get("resourceType") != "Bundle":
        raise NotFHIR("the answer is no Bundle")
    if bundle.get("type") != kind:
        raise NotFHIR(f"the answer is a Bundle, but no {kind}")
    entries = list(_items(bundle.get("entry")))
    numbers = [found for entry in entries if isinstance(found := entry.get("resource"), Number | dict)]
    if numbers != [Number(str(at)) for at in range(len(records))]:
        raise NotFHIR("the entries of the answer cannot be told apart")
    raw = [record.encode("utf-8", "surrogateescape") for record in records]
    resources: list[Entry] = []
    issues: list[Issue] = []
    for at, entry in enumerate(entries):
        number = entry.get("resource")
        record = raw[int(number)] if isinstance(number, Number) else b""
        outcome = _text(_at(entry, "search", "mode")) == "outcome"
        head = _head(record)
        if outcome or head[1].get("resourceType") == "OperationOutcome":
            issues += issues_of(record)
        elif read := _entry(entry, record, head):
            resources.append(read)
        else:
            issues.append(_nameless(at))
    links = {_text(link.get("relation")): _text(link.get("url")) for link in _items(bundle.get("link"))}
    total = bundle.get("total")
    return RawPage(
        resources=tuple(resources),
        issues=tuple(issues),
        self_link=links.get("self", ""),
        next_link=links.get("next", ""),
        date=date,
        total=int(total) if isinstance(total, Number) and total.isdigit() else None,
    )


def read_record(body: bytes, wanted: str) -> Entry:
    """Read the answer to a read of one record of a type. Raises NotFHIR when it is no such record."""
    flag, head = _head(body)
    if flag == "invalid":
        raise NotFHIR("the answer is not JSON, or was cut short")
    if head.get("resourceType") != wanted:
        raise NotFHIR(f"the answer is no {wanted}")
    if not ID.fullmatch(_text(head.get("id"))):
        raise NotFHIR(f"the {wanted} has no id")
    return _named(head, body, flag)


def etag(text: str) -> str:
    """Return an etag as If-Match takes it; a bare version, as HAPI's transactions give it, in quotes; else ""."""
    if re.fullmatch(r'(W/)?"[!#-~]*"', text):
        return text
    return f'W/"{text}"' if re.fullmatch(r"[A-Za-z0-9.-]{1,64}", text) else ""


def _entry(entry: dict[str, Tree], record: bytes, read: tuple[str, dict[str, Any]]) -> Entry | None:
    flag, head = read
    kind, name = _text(head.get("resourceType")), _text(head.get("id"))
    if not (TYPE.fullmatch(kind) and ID.fullmatch(name)):
        kind, name = _place(entry)
    if not kind:
        return None
    tag, when = etag(_text(_at(entry, "response", "etag"))), _text(_at(entry, "response", "lastModified"))
    status = _text(_at(entry, "response", "status"))[:3]
    if _text(_at(entry, "request", "method")) == "DELETE" or status in ("204", "410") or not record:
        return Entry(kind, name, b"", tag, when, deleted=True) if "request" in entry or "response" in entry else None
    found = _named(head, record, flag)
    return Entry(
        kind,
        name,
        record,
        tag or found.etag,
        found.last_updated or when,
        mode=_text(_at(entry, "search", "mode")),
        flag=flag,
    )


def _named(head: dict[str, Any], record: bytes, flag: str) -> Entry:
    version, updated = _text(_at(head, "meta", "versionId")), _text(_at(head, "meta", "lastUpdated"))
    return Entry(_text(head.get("resourceType")), _text(head.get("id")), record, etag(version), updated, flag=flag)


def _place(entry: dict[str, Tree]) -> tuple[str, str]:
    """Type and id from where the entry says that its record stands: request.url of a history, else fullUrl."""
    for url in (_text(_at(entry, "request", "url")), _text(entry.get("fullUrl"))):
        found = re.search(rf"(?:^|/)({TYPE.pattern})/({ID.pattern})(?:/_history/[^/?#]+)?$", url)
        if found:
            return found[1], found[2]
    return "", ""


def _head(record: bytes) -> tuple[str, dict[str, Any]]:
    """Return (flag, the record read as well as it can be, to name it by)."""
    if not record:
        return "", {}
    try:
        return "", _object(parse(record))
    except Unfaithful:
        return "unfaithful", _lenient(record)
    except NotJSON:
        return "invalid", _lenient(record)


def _lenient(record: bytes) -> dict[str, Any]:
    try:
        return _object(json.loads(record))
    except (ValueError, RecursionError):
        return {}


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _at(node: Any, *path: str) -> Any:
    for step in path:
        node = node.get(step) if isinstance(node, dict) else None
    return node


def _text(value: Any) -> str:
    return str(value) if isinstance(value, str) and not isinstance(value, Number) else ""


def _items(value: Any) -> Iterator[dict[str, Tree]]:
    return (item if isinstance(item, dict) else {} for item in value) if isinstance(value, list) else iter(())


def _nameless(at: int) -> Issue:
    text = "the entry has no record with type and id, and was left out"
    return Issue(
        f"Bundle.entry[{at}]", "structure", text, "Tell the server's administrator.", rule="ehr-nameless-entry"
    )
