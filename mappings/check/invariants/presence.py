"""What a rule about one element asks of it: whether a child is there, how many, which number or moment it is."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from mappings.nodes import Node
from mappings.tree import Number, Tree

Row = tuple[str, str, str, str, str, Callable[[Node], bool], str, str]
"""rule, releases, elements, the child to point at, HL7's words, broken where, what is wrong, what would mend it"""


def count(node: Node, name: str) -> int:
    value = node.get(name)
    return len(value) if isinstance(value, list) else int(value is not None)


def has_choice(node: Node, name: str) -> bool:
    """Return whether one of name[x] stands in the element: answerBoolean, _answerDate."""
    return any(name in key and key.removeprefix("_")[len(name) :][:1].isupper() for key in node)


def has(node: Node, name: str) -> bool:
    return name in node or f"_{name}" in node


def number(node: Node, name: str) -> Decimal | None:
    """Return a child that is a JSON number, else None."""
    value = node.get(name)
    return Decimal(value) if type(value) is Number else None


_MOMENT = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d:\d\d)(?::(\d\d)(\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?)?)?")
_ANY_ZONE = timedelta(hours=14)


def moments(value: Tree) -> tuple[datetime, datetime] | None:
    """Return the first and the last moment that a date, dateTime or instant may mean; else None.

    A date is taken as one of UTC. https://hl7.org/fhirpath/#lowboundary
    """
    found = _MOMENT.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        return None
    year, month, day, clock, second, part, zone = found.groups()
    try:
        if clock is not None:
            offset = (zone or "Z").replace("Z", "+00:00")
            to_the_second = f"{min(second or '00', '59')}{(part or '')[:7]}"
            low = datetime.fromisoformat(f"{year}-{month}-{day}T{clock}:{to_the_second}{offset}")
            low = low.astimezone(UTC)
            return low, low + timedelta(seconds=0 if second else 59)
        first = datetime(int(year), int(month or 1), int(day or 1), tzinfo=UTC)
        if day is not None:
            after = first + timedelta(days=1)
        elif month is not None:
            after = datetime(first.year + first.month // 12, first.month % 12 + 1, 1, tzinfo=UTC)
        else:
            after = datetime(first.year + 1, 1, 1, tzinfo=UTC)
        return first, after - timedelta(seconds=1)
    except (ValueError, OverflowError):
        return None


def is_after(one: Tree, other: Tree) -> bool:
    """Return whether a moment is later than another however both are read: beside a time, a day is that anywhere."""
    first, second = moments(one), moments(other)
    if first is None or second is None:
        return False
    zones = _ANY_ZONE if ("T" in str(one)) != ("T" in str(other)) else timedelta()
    return first[0] - second[1] > zones


def is_not_before(one: Tree, other: Tree) -> bool:
    """Return whether `one <= other` is not true of two moments: neither where it is later, nor where nobody can say.

    Part is compared with part; where one moment has more parts and all before are equal, nobody can say.
    https://hl7.org/fhirpath/#comparison
    """
    if moments(one) is None or moments(other) is None:
        return False
    first, second = _parts(str(one)), _parts(str(other))
    if len(first) == len(second):
        return first > second
    shared = min(len(first), len(second))
    return first[:shared] >= second[:shared]


def _parts(moment: str) -> list[Decimal]:
    """Return year, month, day, hour, minute and second, as far as they are given; of a moment with a zone, in UTC."""
    date, _, clock = moment.partition("T")
    if clock.endswith("Z") or clock[-6:-5] in {"+", "-"}:
        low, _high = moments(moment) or (datetime.min, datetime.min)
        date, _, clock = low.strftime("%Y-%m-%dT%H:%M:%S.%f").partition("T")
    return [Decimal(part) for part in (*date.split("-"), *(clock.split(":") if clock else ()))]
