"""Units of measure that a quantity may be converted between, to compare it with a limit in another one.

The common ones of The Unified Code for Units of Measure, by their codes there: https://ucum.org/ucum
"""

from __future__ import annotations

from decimal import Decimal

from mappings.check.answers.values import number
from mappings.nodes import Node

UCUM = "http://unitsofmeasure.org"

_DIGITS = 100
"""Size of numbers that are converted, as digits before or behind the point."""

# fmt: off
_UNITS = {
    # code       dimension      how many of its first one
    "g":        ("mass",        "1"),
    "kg":       ("mass",        "1000"),
    "mg":       ("mass",        "0.001"),
    "ug":       ("mass",        "0.000001"),
    "[lb_av]":  ("mass",        "453.59237"),
    "[oz_av]":  ("mass",        "28.349523125"),
    "m":        ("length",      "1"),
    "km":       ("length",      "1000"),
    "cm":       ("length",      "0.01"),
    "mm":       ("length",      "0.001"),
    "[in_i]":   ("length",      "0.0254"),
    "[ft_i]":   ("length",      "0.3048"),
    "[mi_i]":   ("length",      "1609.344"),
    "L":        ("volume",      "1"),
    "l":        ("volume",      "1"),
    "dL":       ("volume",      "0.1"),
    "cL":       ("volume",      "0.01"),
    "mL":       ("volume",      "0.001"),
    "s":        ("time",        "1"),
    "min":      ("time",        "60"),
    "h":        ("time",        "3600"),
    "d":        ("time",        "86400"),
    "wk":       ("time",        "604800"),
    "mo":       ("time",        "2629800"),
    "a":        ("time",        "31557600"),
    "%":        ("share",       "0.01"),
    "1":        ("share",       "1"),
}
# fmt: on


def converted(quantity: Node, into: Node) -> Node | None:
    """Return a quantity in the unit of another one; None where either unit is not known, or of another dimension."""
    one, other = _unit(quantity), _unit(into)
    value = number(quantity.get("value"))
    if value is None or abs(value.adjusted()) > _DIGITS or one is None or other is None or one[0] != other[0]:
        return None
    return into | {"value": str(value * Decimal(one[1]) / Decimal(other[1]))}


def is_convertible(quantity: Node, into: Node) -> bool | None:
    """Return whether two units are of one dimension; None where either is not known here."""
    one, other = _unit(quantity), _unit(into)
    return None if one is None or other is None else one[0] == other[0]


def _unit(quantity: Node) -> tuple[str, str] | None:
    return _UNITS.get(str(quantity.get("code"))) if quantity.get("system") == UCUM else None
