"""Values of answers: which one an answer has, whether two are equal, which is greater, and whether a list has one.

True, False, or None where it cannot be said: days against months, units that differ, a value set that is not at hand.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from mappings.tree import Number, Tree

Node = dict[str, Tree]

_EXTENSIONS = "http://hl7.org/fhir/StructureDefinition/"


def nodes(holder: Tree, name: str) -> list[Node]:
    """Return the objects of a list; none where it is missing or no list."""
    found = holder.get(name) if isinstance(holder, dict) else None
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def numbered(holder: Tree, name: str) -> Iterator[tuple[int, Node]]:
    """Yield the objects of a list with their positions in it."""
    found = holder.get(name) if isinstance(holder, dict) else None
    for n, one in enumerate(found if isinstance(found, list) else ()):
        if isinstance(one, dict):
            yield n, one


def chosen(node: Node, name: str = "value") -> tuple[str, Tree]:
    """Return ("valueCoding", value) of a choice; ("", None) where nothing is chosen, None for a `_value` alone."""
    twin = ""
    for key, value in node.items():
        if key.startswith(name) and key[len(name) :][:1].isupper():
            return key, value
        if key.startswith(f"_{name}"):
            twin = key.removeprefix("_")
    return twin, None


def kind_of(key: str, name: str = "value") -> str:
    """Return the type that a key of a choice says: valueCoding -> Coding."""
    return key[len(name) :]


def extension(item: Node, url: str) -> Tree:
    """Return the value of an extension by HL7 of an item, or None."""
    for one in nodes(item, "extension"):
        if one.get("url") in (url, _EXTENSIONS + url):
            return chosen(one)[1]
    return None


def whole(value: Tree) -> int | None:
    """Return a whole number, or None."""
    found = _decimal(value) if isinstance(value, Number) else None
    return int(found) if found is not None and found == found.to_integral_value() and abs(found) < 1 << 40 else None


def _decimal(value: Tree) -> Decimal | None:
    if not isinstance(value, str):
        return None
    try:
        found = Decimal(str.__str__(value))
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


def places(value: Tree) -> int:
    """Return how many decimal places a number has as it is written; 0 for what is no number."""
    found = _decimal(value) if isinstance(value, Number) else None
    exponent = found.as_tuple().exponent if found is not None else 0
    return max(-exponent, 0) if isinstance(exponent, int) else 0


# ---- two values


def equal(kind: str, one: Tree, other: Tree) -> bool | None:
    """Return whether two values of a type are the same answer."""
    if kind == "Coding":
        return _pair(one) == _pair(other) if _pair(one) and _pair(other) else None
    if kind == "Reference":
        return _same(one, other, "reference")
    order = compared(kind, one, other)
    if order is not None:
        return order == 0
    if kind in ("Date", "DateTime", "Quantity", "Time"):
        return None
    return bool(one == other) if not isinstance(one, dict) else None


def _pair(coding: Tree) -> tuple[Any, Any] | None:
    code = coding.get("code") if isinstance(coding, dict) else None
    return (coding.get("system"), code) if isinstance(code, str) else None


def _same(one: Tree, other: Tree, name: str) -> bool | None:
    if isinstance(one, dict) and isinstance(other, dict) and name in one and name in other:
        return bool(one[name] == other[name])
    return None


def compared(kind: str, one: Tree, other: Tree) -> int | None:
    """Return less than 0, 0 or more as `one` is below, at or above `other`; None where it cannot be said."""
    if kind == "Quantity":
        unit = _unit(one)
        return (
            _order(_decimal(one.get("value")), _decimal(other.get("value"))) if unit and unit == _unit(other) else None
        )
    if kind in ("Integer", "Decimal"):
        return _order(_decimal(one), _decimal(other)) if isinstance(one, Number) and isinstance(other, Number) else None
    if kind in ("Date", "DateTime", "Time") and isinstance(one, str) and isinstance(other, str):
        return _time_order(str.__str__(one), str.__str__(other))
    return None


def _unit(quantity: Tree) -> tuple[Any, Any] | None:
    if not isinstance(quantity, dict) or not ("code" in quantity or "unit" in quantity):
        return None
    return (quantity.get("system"), quantity["code"]) if "code" in quantity else (None, quantity["unit"])


def _order(one: Decimal | None, other: Decimal | None) -> int | None:
    return None if one is None or other is None else (one > other) - (one < other)


def _time_order(one: str, other: str) -> int | None:
    if len(one) > 10 and len(other) > 10:
        try:
            a, b = datetime.fromisoformat(one), datetime.fromisoformat(other)
        except ValueError:
            return None
        return (a > b) - (a < b) if (a.tzinfo is None) == (b.tzinfo is None) else None
    shared = min(len(one), len(other))
    if one[:shared] != other[:shared]:
        return 1 if one[:shared] > other[:shared] else -1
    return 0 if len(one) == len(other) else None


# ---- lists of values


def is_option(key: str, value: Tree, options: Iterable[Node]) -> bool | None:
    """Return whether one of the options of a question is this answer."""
    return _any(equal(kind_of(key), value, theirs) for of, theirs in map(chosen, options) if of == key)


def option(key: str, value: Tree, options: Iterable[Node]) -> Node | None:
    """Return the option that an answer is."""
    for one in options:
        of, theirs = chosen(one)
        if of == key and equal(kind_of(key), value, theirs):
            return one
    return None


def is_in(coding: Tree, value_set: Node) -> bool | None:
    """Return whether a value set that lists its codes has a code; None where it does not list them all."""
    pair = _pair(coding)
    if pair is None:
        return None
    listed = list(_expanded(value_set.get("expansion")))
    if listed:
        return pair in listed
    compose = value_set.get("compose")
    includes, excludes = nodes(compose, "include"), nodes(compose, "exclude")
    left_out = _any(_has(one, pair) for one in excludes)
    held = _any(_has(one, pair) for one in includes) if includes else None
    if left_out is None or held is None:
        return None
    return held and not left_out


def _expanded(expansion: Tree) -> Iterator[tuple[Any, Any]]:
    if not isinstance(expansion, dict):
        return
    for one in nodes(expansion, "contains"):
        if pair := _pair(one):
            yield pair
        yield from _expanded(one)


def _has(include: Node, pair: tuple[Any, Any]) -> bool | None:
    if "valueSet" in include or "filter" in include:
        return None if "system" not in include or include["system"] == pair[0] else False
    if include.get("system") != pair[0]:
        return False
    return any(one.get("code") == pair[1] for one in nodes(include, "concept")) if "concept" in include else None


def _any(said: Iterable[bool | None]) -> bool | None:
    """Return whether one is true; None where none is, but one cannot be said."""
    unknown = False
    for one in said:
        if one:
            return True
        unknown = unknown or one is None
    return None if unknown else False
