"""Values of answers: which one an answer has, whether two are equal, and which is greater.

True, False, or None where it cannot be said: days against months, units that differ.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal, InvalidOperation

from mappings.nodes import Node
from mappings.tree import Number, Tree


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


def whole(value: Tree) -> int | None:
    """Return a whole number, or None."""
    found = number(value) if isinstance(value, Number) else None
    return int(found) if found is not None and found == found.to_integral_value() and abs(found) < 1 << 40 else None


def number(value: Tree) -> Decimal | None:
    """Return the number that is written, or None."""
    if not isinstance(value, str):
        return None
    try:
        found = Decimal(str.__str__(value))
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


def places(value: Tree) -> int:
    """Return how many decimal places a number has as it is written; 0 for what is no number."""
    found = number(value) if isinstance(value, Number) else None
    exponent = found.as_tuple().exponent if found is not None else 0
    return max(-exponent, 0) if isinstance(exponent, int) else 0


# ---- two values


def key_of(kind: str, value: Tree) -> object:
    """Return what two answers of a type have in common exactly when they are the same; None where nothing says it.

    "Comparison of value to the values defined in the Questionnaire SHALL NOT pay attention to Coding.display,
    Reference.display, Quantity.unit unless those are the only elements present":
    https://hl7.org/fhir/R5/questionnaireresponse-definitions.html#QuestionnaireResponse.item.answer.value_x_
    """
    if kind in ("Coding", "Reference"):
        if not isinstance(value, dict):
            return None
        names = ("system", "code") if kind == "Coding" else ("reference",)
        said = tuple(value.get(name) for name in names)
        said = said if any(isinstance(one, str) for one in said) else ("", value.get("display"))
        return said if all(isinstance(one, str | None) for one in said) else None
    if kind in ("Integer", "Decimal"):
        return number(value) if isinstance(value, Number) else None
    return str.__str__(value) if isinstance(value, str) else None


def are_alike(*keys: object) -> bool:
    """Return whether references, by their keys, are all written as Type/id, so that others name other resources."""
    return all(isinstance(one, tuple) and isinstance(one[0], str) and one[0].count("/") == 1 for one in keys)


def is_wanted(kind: str, value: Tree, wanted: Tree) -> bool | None:
    """Return whether an answer is the one that a condition names; what the condition leaves out need not match.

    None where it cannot be said: another precision, another unit, a reference written in another way.
    """
    if kind == "Coding":
        return _is_wanted_coding(value, wanted)
    if kind == "Reference":
        keys = key_of(kind, value), key_of(kind, wanted)
        if keys[0] is None or keys[0] == keys[1]:
            return True if keys[0] is not None else None
        return False if are_alike(*keys) else None
    order = compared(kind, value, wanted)
    if order is not None:
        return order == 0
    if kind in ("Date", "DateTime", "Quantity", "Time"):
        return None
    return bool(value == wanted) if not isinstance(value, dict) else None


def _is_wanted_coding(value: Tree, wanted: Tree) -> bool | None:
    if not isinstance(value, dict) or not isinstance(wanted, dict):
        return None
    names = [name for name in ("system", "code") if name in wanted] or ["display"]
    return all(name in value and value[name] == wanted.get(name) for name in names)


def compared(kind: str, one: Tree, other: Tree) -> int | None:
    """Return less than 0, 0 or more as `one` is below, at or above `other`; None where it cannot be said."""
    if kind == "Quantity":
        if not isinstance(one, dict) or not isinstance(other, dict) or not _same_unit(one, other):
            return None
        return _order(number(one.get("value")), number(other.get("value")))
    if kind in ("Integer", "Decimal"):
        return _order(number(one), number(other)) if isinstance(one, Number) and isinstance(other, Number) else None
    if kind in ("Date", "DateTime", "Time") and isinstance(one, str) and isinstance(other, str):
        return _time_order(str.__str__(one), str.__str__(other))
    return None


def _same_unit(one: Node, other: Node) -> bool:
    if "code" in one or "code" in other:
        return (one.get("system"), one.get("code")) == (other.get("system"), other.get("code"))
    return "unit" in one and one["unit"] == other.get("unit")


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
