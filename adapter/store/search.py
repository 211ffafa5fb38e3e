"""What a search asks for, as FHIR writes it, and how the store answers it page by page.

    identifier=sys|code   identifier=|code   identifier=code   identifier=sys|      tokens
    subject=Patient/x     patient=x          subject:Patient=x     an absolute URL  references
    questionnaire=url     questionnaire=url|version                                 canonicals
    _id=a,b               _lastUpdated=ge2026-01           a comma is "or", a repeated parameter is "and"

https://hl7.org/fhir/R4/search.html (tokens, references, prefixes, escaping)
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import ColumnElement, and_, false, not_, or_, select

from adapter.store import index, schema
from adapter.store.errors import SearchError

if TYPE_CHECKING:
    from adapter.store.documents import Document

MOST_ALTERNATIVES = 200
"""Values of one or-list that are taken; SQLite binds at most 32766 parameters in a statement."""


class Wanted(NamedTuple):
    """One alternative. None means any: `code` is (None, "code"), `sys|` is ("sys", None)."""

    system: str | None
    value: str | None


class Within(NamedTuple):
    """A span of time from `low` up to but not including `high`, or all but that. "" is open."""

    low: str
    high: str
    outside: bool = False


@dataclass(frozen=True, slots=True)
class Clause:
    """A parameter and its alternatives, one of which must hold."""

    param: str
    any_of: tuple[Wanted | Within, ...]


@dataclass(frozen=True, slots=True)
class Criteria:
    """What documents of a type must meet, as a release of FHIR shows them: every clause. Without clauses, all do."""

    type: str
    clauses: tuple[Clause, ...] = ()
    release: str = "R4"

    @classmethod
    def parse(
        cls,
        type: str,  # noqa: A002
        pairs: Iterable[tuple[str, str]],
        *,
        base: str = "",
        release: str = "R4",
    ) -> Criteria:
        """Read decoded query parameters. `base` is our own base URL: absolute references below it are our own.

        Raises SearchError for a parameter that `supported(type)` does not name, a modifier other than `:Type` on a
        reference, or a value that the specification does not allow.
        """
        return cls(type, tuple(_clause(type, name, value, base) for name, value in pairs), release)


@dataclass(frozen=True, slots=True)
class Page:
    """Some documents of a search, and the cursor of the page after, None behind the last one."""

    documents: tuple[Document, ...]
    next: str | None


def supported(type: str) -> tuple[str, ...]:  # noqa: A002 - FHIR's word
    """Return the search parameters of a resource type."""
    return tuple(dict.fromkeys(["_id", "_lastUpdated", *(p.name for p in index.parameters(type))]))


# ---- reading


def _clause(type: str, name: str, value: str, base: str) -> Clause:  # noqa: A002
    name, _, modifier = name.partition(":")
    if any("\ud800" <= character <= "\udfff" for character in value):
        raise SearchError(name, "the value is not text: a lone surrogate is no character")
    if name not in supported(type):
        raise SearchError(name, f"not a search parameter of {type} here; there are: {', '.join(supported(type))}")
    kind = next((p.kind for p in index.parameters(type) if p.name == name), name)
    if modifier and not (kind in ("reference", "patient", "actor") and index.TYPE.fullmatch(modifier)):
        raise SearchError(name, "this modifier is not supported")
    alternatives = _split(value, ",")
    if len(alternatives) > MOST_ALTERNATIVES:
        raise SearchError(name, f"at most {MOST_ALTERNATIVES} values in one list")
    if not all(alternatives):
        raise SearchError(name, "an empty value; leave the parameter out, or give one")
    return Clause(name, tuple(_alternative(kind, name, one, modifier, base) for one in alternatives))


def _alternative(kind: str, name: str, text: str, modifier: str, base: str) -> Wanted | Within:
    if kind == "_lastUpdated":
        return _within(name, text)
    if kind == "_id":
        return Wanted("", _plain(text))
    if kind in ("reference", "patient", "actor"):
        return _reference(_plain(text), modifier or ("" if kind == "reference" else "Patient"), base)
    if kind == "uri":
        return Wanted("", _plain(text))
    if kind == "canonical":
        url, _, version = _plain(text).partition("|")
        return Wanted(version or None, url)
    parts = [_plain(part) for part in _split(text, "|")]
    if len(parts) > 2 or not any(parts):
        raise SearchError(name, "a token is code, system|code, |code or system|")
    return Wanted(None, parts[0]) if len(parts) == 1 else Wanted(parts[0], parts[1] or None)


def _split(text: str, mark: str) -> list[str]:
    """Split at a mark that no backslash escapes; the escapes stay for `_plain`."""
    parts = [""]
    for piece in re.findall(r"\\.|.", text, re.DOTALL):
        if piece == mark:
            parts.append("")
        else:
            parts[-1] += piece
    return parts


def _plain(text: str) -> str:
    return re.sub(r"\\([\\,|$])", r"\1", text)


def _reference(text: str, kind: str, base: str) -> Wanted:
    if base and text.startswith(base.rstrip("/") + "/"):
        text = text[len(base.rstrip("/")) + 1 :]
    found = index.literal(text)
    if found:
        return Wanted(*found)
    if index.ID.fullmatch(text):
        return Wanted(kind or None, text)
    return Wanted("", text)


_INSTANT = re.compile(
    r"(eq|ne|gt|lt|ge|le|sa|eb)?"
    r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(Z|[+ -]\d\d:\d\d)?)?)?)?"
)


def _within(name: str, text: str) -> Within:
    found = _INSTANT.fullmatch(text)
    if found is None:
        raise SearchError(name, "expected a date or instant such as ge2026-01-31 or gt2026-01-31T08:00:00Z")
    prefix, *fields, fraction, zone = found.groups()
    try:
        low, high = _span(fields, fraction, zone)
    except (ValueError, OverflowError):
        raise SearchError(name, "there is no such date") from None
    return {
        "eq": Within(low, high),
        "ne": Within(low, high, outside=True),
        "gt": Within(high, ""),
        "sa": Within(high, ""),
        "ge": Within(low, ""),
        "lt": Within("", low),
        "eb": Within("", low),
        "le": Within("", high),
    }[prefix or "eq"]


def _span(fields: list[str | None], fraction: str | None, zone: str | None) -> tuple[str, str]:
    """Return first instant and the one after the last of a partial date, in UTC, rounded up to milliseconds."""
    year, month, day, hour, minute, second = (int(f) if f else None for f in fields)
    start = datetime(year or 0, month or 1, day or 1, hour or 0, minute or 0, second or 0, tzinfo=UTC)
    if zone and zone != "Z":  # in a URL a plus sign that was not encoded arrives as a space
        sign = -1 if zone[0] == "-" else 1
        start -= sign * timedelta(hours=int(zone[1:3]), minutes=int(zone[4:6]))
    if month is None:
        end = start.replace(year=start.year + 1)
    elif day is None:
        end = (start + timedelta(days=32)).replace(day=1)
    elif hour is None:
        end = start + timedelta(days=1)
    elif second is None:
        end = start + timedelta(minutes=1)
    else:
        size = 10 ** -len(fraction) if fraction else 1
        parts = float(f"0.{fraction}") if fraction else 0.0
        return _stamp(start, parts), _stamp(start, parts + size)
    return _stamp(start, 0), _stamp(end, 0)


def _stamp(moment: datetime, seconds: float) -> str:
    milliseconds = -(-round(seconds * 1e9) // 1_000_000)
    return stamp(moment + timedelta(milliseconds=milliseconds))


def stamp(moment: datetime) -> str:
    """Return a moment as the store writes it: UTC, milliseconds, Z. The moment must know its time zone."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


# ---- asking


def conditions(tenant: str, criteria: Criteria) -> list[ColumnElement[bool]]:
    """Return what the rows of `documents` must meet to be found: tenant, type, being alive, and every clause.

    The index has nothing but living documents of a tenant and a type. Where a clause is answered by it, these are not
    asked for once more: SQLite, which keeps no statistics here, would walk through all documents of the type instead.
    """
    document = schema.documents.c
    indexed = [clause for clause in criteria.clauses if clause.param not in _COLUMN]
    alive = [document.tenant == tenant, document.type == criteria.type, document.deleted == 0]
    return [
        *([] if indexed else alive),
        *(_COLUMN[clause.param](clause) for clause in criteria.clauses if clause.param in _COLUMN),
        *(_by_index(tenant, criteria, clause) for clause in indexed),
    ]


def _by_index(tenant: str, criteria: Criteria, clause: Clause) -> ColumnElement[bool]:
    term = schema.terms.c
    alternatives = (_either(one) for one in clause.any_of if isinstance(one, Wanted))
    found_in = (term.tenant == tenant, term.release == criteria.release, term.type == criteria.type)
    here = (*found_in, term.param == clause.param)
    return schema.documents.c.number.in_(select(term.number).where(*here, or_(false(), *alternatives)))


def _either(one: Wanted) -> ColumnElement[bool]:
    pairs = ((schema.terms.c.value, one.value), (schema.terms.c.system, one.system))
    return and_(*(column == value for column, value in pairs if value is not None))


def _by_id(clause: Clause) -> ColumnElement[bool]:
    return schema.documents.c.id.in_([one.value for one in clause.any_of if isinstance(one, Wanted)])


def _by_time(clause: Clause) -> ColumnElement[bool]:
    return or_(false(), *(_during(one) for one in clause.any_of if isinstance(one, Within)))


def _during(span: Within) -> ColumnElement[bool]:
    at = schema.documents.c.last_updated
    bounds = [*([at >= span.low] if span.low else []), *([at < span.high] if span.high else [])]
    return not_(and_(*bounds)) if span.outside else and_(*bounds)


_COLUMN: dict[str, Callable[[Clause], ColumnElement[bool]]] = {"_id": _by_id, "_lastUpdated": _by_time}
"""Parameters that are columns of the documents themselves."""


# ---- pages


def cut(key: bytes, end: int, last: int) -> str:
    """Return the cursor that goes on behind document number `last` and ends at `end`, sealed with the search's key."""
    return f"{end:x}.{last:x}.{_seal(key, end, last)}"


def resume(key: bytes, cursor: str) -> tuple[int, int]:
    """Return (end, last) of a cursor. Raises SearchError where it is not one that `cut` made for this search."""
    found = re.fullmatch(r"([0-9a-f]{1,15})\.([0-9a-f]{1,15})\.([0-9a-f]{24})", cursor)
    if found:
        end, last = int(found[1], 16), int(found[2], 16)
        if _seal(key, end, last) == found[3]:
            return end, last
    raise SearchError("", "this page link is not of this search; start the search again")


def search_key(secret: str, tenant: str, criteria: Criteria) -> bytes:
    """Return the key that seals the cursors of one search."""
    return blake2b(f"{tenant}\n{criteria!r}".encode(), key=secret.encode(), digest_size=32).digest()


def _seal(key: bytes, end: int, last: int) -> str:
    return blake2b(f"{end}.{last}".encode(), key=key, digest_size=12).hexdigest()
