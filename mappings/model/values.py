"""The small values of the programme's words: each keeps its source text, none can be made empty.

Dates, numbers and codes are text as written and equal only within their own type. A list item may carry `key`, its
origin token: where in the stored document it was read. It is not compared.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, fields, replace
from functools import cache, lru_cache
from typing import Any, ClassVar, Self

from mappings.tree import Literal, Number

__all__ = [
    "Answered", "Attachment", "Code", "Coding", "Concept", "Date", "DateTime", "Fact", "Identifier", "Instant",
    "Member", "Note", "Number", "Period", "Quantity", "Range", "Ratio", "Ref", "Repeat", "Text", "Time", "Timing",
    "Translation", "Uri", "Whole",
]  # fmt: skip

_YEAR = r"\d(\d(\d[1-9]|[1-9]0)|[1-9]00)|[1-9]000"
_DATE = rf"({_YEAR})(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?"
_CLOCK = r"([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d+)?"


class Written(Literal):
    """Text of a closed form. Raises ValueError for text of another form."""

    __slots__ = ()
    form: ClassVar[str]

    def __new__(cls, text: str) -> Self:
        if _form(cls).fullmatch(text) is None:
            raise ValueError(f"not a {cls.__name__}")
        return super().__new__(cls, text)


@cache
def _form(native: type[Written]) -> re.Pattern[str]:
    return re.compile(native.form)


class Date(Written):
    """A date as precise as it is known: `2013`, `2013-06`, `2013-06-08`."""

    __slots__ = ()
    form = _DATE


class DateTime(Written):
    """A date, or a date and time with its offset, as written: `2013-06-08T10:57:34+05:30`."""

    __slots__ = ()
    form = rf"{_DATE}|(({_YEAR})-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T{_CLOCK}(Z|[+-]((0\d|1[0-3]):[0-5]\d|14:00)))"


class Instant(DateTime):
    """A moment to the second, as written."""

    __slots__ = ()
    form = rf"({_YEAR})-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T{_CLOCK}(Z|[+-]((0\d|1[0-3]):[0-5]\d|14:00))"


class Time(Written):
    """A time of day, as written: `08:30:00`."""

    __slots__ = ()
    form = _CLOCK


class Whole(Written):
    """A whole number, as written."""

    __slots__ = ()
    form = r"-?(0|[1-9]\d*)"


class Fact(Written):
    """yes or no. A fact that is not known is absent, never false."""

    __slots__ = ()
    form = r"yes|no"


class Answered(Written):
    """What came of asking: yes, no, or why it is neither. Never a bare boolean."""

    __slots__ = ()
    form = r"yes|no|unknown|not-asked|declined"


class Uri(Written):
    """A link or a name in the form of a URI."""

    __slots__ = ()
    form = r"\S+"


class Code(Written):
    """A code of a closed list, as the wire spells it."""

    __slots__ = ()
    form = r"[^\s]+( [^\s]+)*"


class Filled:
    """A value that says something. Raises ValueError when it would say nothing."""

    __slots__ = ()

    def __post_init__(self) -> None:
        for name in _compared(type(self)):  # type: ignore[arg-type]
            value = getattr(self, name)
            if value is not None and value != ():
                return
        raise ValueError(f"an empty {type(self).__name__} says nothing")


@cache
def _compared(native: type) -> tuple[str, ...]:
    return tuple(field.name for field in fields(native) if field.compare)


def key() -> Any:
    """Return the field of an origin token: kept, shown, never compared."""
    return field(default=None, compare=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Text(Filled):
    """What somebody said: in which language (BCP 47), by whom."""

    text: str
    lang: Code | None = None
    said_by: str | None = None
    key: str | None = key()


@dataclass(frozen=True, slots=True)
class Translation(Filled):
    """The same words in another language (BCP 47)."""

    lang: Code | None = None
    text: str | None = None
    key: str | None = key()


@dataclass(frozen=True, slots=True)
class Coding(Filled):
    """One code of one system. `weight` is its score where the document states one; translations are of the display."""

    system: Uri | None = None
    code: Code | None = None
    display: str | None = None
    version: str | None = None
    chosen: Fact | None = None
    weight: Number | None = None
    translations: tuple[Translation, ...] = ()
    key: str | None = key()


@dataclass(frozen=True, slots=True)
class Concept(Filled):
    """A thing said in words and, where they exist, in codes; translations are of the words."""

    text: str | None = None
    codings: tuple[Coding, ...] = ()
    translations: tuple[Translation, ...] = ()
    key: str | None = key()


@dataclass(frozen=True, slots=True)
class Quantity(Filled):
    """An amount with its unit, comparator and unit code."""

    value: Number | None = None
    comparator: Code | None = None
    unit: str | None = None
    system: Uri | None = None
    code: Code | None = None


@dataclass(frozen=True, slots=True)
class Range(Filled):
    """From low to high. Not the same as a quantity with a comparator."""

    low: Quantity | None = None
    high: Quantity | None = None


@dataclass(frozen=True, slots=True)
class Ratio(Filled):
    """One amount per another."""

    numerator: Quantity | None = None
    denominator: Quantity | None = None


@dataclass(frozen=True, slots=True)
class Period(Filled):
    """From start to end; an open side is unknown or not yet."""

    start: DateTime | None = None
    end: DateTime | None = None


@dataclass(frozen=True, slots=True)
class Repeat(Filled):
    """How often: three times (`count`), twice (`frequency`) every week (`period`, `unit`) on Mondays (`days`)."""

    bounds: Period | Range | Quantity | None = None
    count: Whole | None = None
    count_at_most: Whole | None = None
    lasts: Number | None = None
    lasts_at_most: Number | None = None
    lasts_unit: Code | None = None
    frequency: Whole | None = None
    frequency_at_most: Whole | None = None
    period: Number | None = None
    period_at_most: Number | None = None
    unit: Code | None = None
    days: tuple[Code, ...] = ()
    times: tuple[Time, ...] = ()
    when: tuple[Code, ...] = ()
    minutes_off: Whole | None = None


@dataclass(frozen=True, slots=True)
class Timing(Filled):
    """When something happens: at stated times, or repeatedly. One unit."""

    times: tuple[DateTime, ...] = ()
    repeat: Repeat | None = None
    code: Concept | None = None


@dataclass(frozen=True, slots=True)
class Identifier(Filled):
    """A number or name by which somebody knows this."""

    system: Uri | None = None
    value: str | None = None
    use: Code | None = None
    type: Concept | None = None
    period: Period | None = None
    key: str | None = key()


@dataclass(frozen=True, slots=True)
class Ref(Filled):
    """Somebody or something elsewhere: by id (`Patient/7`), by identifier, or only by name."""

    id: str | None = None
    type: Uri | None = None
    display: str | None = None
    identifier: Identifier | None = None
    key: str | None = key()


_REFERENCE = re.compile(r"(?:.*/)?([A-Z][A-Za-z]+)/[A-Za-z0-9\-.]+(?:/_history/.+)?$")


_uri = lru_cache(64)(Uri)


@lru_cache(4096)
def kind_of(reference: str | None) -> Uri | None:
    """Return the resource type that a reference names: `Goal/7` is a Goal. None where it names none."""
    found = _REFERENCE.match(reference or "")
    return Uri(found[1]) if found else None


@dataclass(frozen=True, slots=True)
class Member(Filled):
    """A part of an aggregate: a Ref and, where it is at hand, the part itself. `type` follows from the id or part.

    `concept` is what a need is where it is said in words and codes, with or without a record of its own.
    """

    id: str | None = None
    type: Uri | None = None
    display: str | None = None
    identifier: Identifier | None = None
    value: Any = None
    concept: Concept | None = None
    key: str | None = key()

    def __post_init__(self) -> None:
        if self.id is None and self.value is None:
            Filled.__post_init__(self)
        if self.type is None:
            of_value = getattr(type(self.value), "RESOURCE", None)
            kind = kind_of(self.id) or (None if of_value is None else _uri(of_value))
            object.__setattr__(self, "type", kind)

    def holding(self, value: Any) -> Member | None:
        """Return the member with another value, None where nothing would be left."""
        if value is None and (self.id, self.display, self.identifier, self.concept) == (None, None, None, None):
            return None
        return Member(self.id, self.type, self.display, self.identifier, value, self.concept, key=self.key)

    def given(self, value: Any) -> Member:
        """Return this very member, which its reader has only just made, with the value that was found for it."""
        object.__setattr__(self, "value", value)
        self.__post_init__()
        return self

    def named(self, reference: str) -> Member:
        """Return the member with an id."""
        return replace(self, id=reference)


@dataclass(frozen=True, slots=True)
class Note(Filled):
    """A remark: what, by whom, when."""

    text: str | None = None
    by: Ref | str | None = None
    at: DateTime | None = None
    key: str | None = key()


@dataclass(frozen=True, slots=True)
class Attachment(Filled):
    """A file, or where it lies."""

    type: Code | None = None
    lang: Code | None = None
    content: str | None = None
    link: Uri | None = None
    bytes: Whole | None = None
    hash: str | None = None
    title: str | None = None
    made_at: DateTime | None = None
