"""What a FHIR primitive looks like in JSON, one test a type, as the text of the specification says.

https://hl7.org/fhir/R4/datatypes.html#primitive. Its regular expressions are not used as they stand: the one of
base64Binary takes exponential time, those of dates accept 30 February (measured, guarantees of this project).
Every test here takes time proportional to the text.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable

from mappings.tree import Number, Tree

MAX_STRING = 1024 * 1024
"""Characters in a string: https://hl7.org/fhir/R4/datatypes.html#string"""

_TIME = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]:(?:[0-5][0-9]|60)(?:\.[0-9]+)?"
_ZONE = r"(?:Z|[+-](?:(?:0[0-9]|1[0-3]):[0-5][0-9]|14:00))"
_YEAR, _MONTH, _DAY = r"(?!0000)[0-9]{4}", r"(?:0[1-9]|1[0-2])", r"(?:0[1-9]|[12][0-9]|3[01])"

_is_date = re.compile(f"{_YEAR}(?:-{_MONTH}(?:-{_DAY})?)?").fullmatch
_is_date_time = re.compile(f"{_YEAR}(?:-{_MONTH}(?:-{_DAY}(?:T{_TIME}{_ZONE})?)?)?").fullmatch
_is_instant = re.compile(f"{_YEAR}-{_MONTH}-{_DAY}T{_TIME}{_ZONE}").fullmatch
_is_time = re.compile(_TIME).fullmatch
_is_code = re.compile(r"\S+(?: \S+)*").fullmatch
_is_id = re.compile(r"[A-Za-z0-9\-.]{1,64}").fullmatch
_OID = r"urn:oid:[0-2](?:\.(?:0|[1-9][0-9]*))+"
_UUID = r"urn:uuid:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_is_oid = re.compile(_OID).fullmatch
_is_uuid = re.compile(_UUID).fullmatch
_is_uri = re.compile(rf"(?!(?:urn:)?(?:oid|uuid):)\S+|{_OID}|{_UUID}").fullmatch
_is_canonical = re.compile(rf"(?!(?:urn:)?(?:oid|uuid):)\S+|(?:{_OID}|{_UUID})(?:[|#]\S*)?").fullmatch
_is_base64 = re.compile(r"[0-9A-Za-z+/]+={0,2}").fullmatch
_is_integer = re.compile(r"0|-?[1-9][0-9]{0,18}").fullmatch
_ISO_DAY = 10  # len("2026-02-28")


def _is_text(value: Tree) -> bool:
    return isinstance(value, str) and type(value) is not Number


def _boolean(value: Tree) -> bool:
    return value is True or value is False


def _whole(low: int, high: int) -> Callable[[Tree], bool]:
    def test(value: Tree) -> bool:
        return type(value) is Number and _is_integer(value) is not None and low <= int(value) <= high

    return test


def _integer64(value: Tree) -> bool:
    return _is_text(value) and _is_integer(value) is not None and -(2**63) <= int(value) < 2**63


def _decimal(value: Tree) -> bool:
    return type(value) is Number  # the grammar of a JSON number is that of a decimal


def _string(value: Tree) -> bool:
    return (type(value) is str or _is_text(value)) and value != "" and not value.isspace() and len(value) <= MAX_STRING


def _text(matches: Callable[[str], object]) -> Callable[[Tree], bool]:
    def test(value: Tree) -> bool:
        return (type(value) is str or _is_text(value)) and matches(value) is not None

    return test


def _dated(matches: Callable[[str], object]) -> Callable[[Tree], bool]:
    def test(value: Tree) -> bool:
        return (type(value) is str or _is_text(value)) and matches(value) is not None and is_real_date(value)

    return test


def is_real_date(text: str) -> bool:
    """Return whether the day of a well-formed date or dateTime stands in the calendar."""
    if len(text) < _ISO_DAY or text[8:10] <= "28":
        return True
    return int(text[8:10]) <= monthrange(int(text[:4]), int(text[5:7]))[1]


def _base64(value: Tree) -> bool:
    if not _is_text(value):
        return False
    packed = "".join(value.split())
    return len(packed) % 4 == 0 and _is_base64(packed) is not None


def _xhtml(value: Tree) -> bool:
    if not _is_text(value):
        return False
    bare = value.strip()
    return bool(bare.startswith(("<div", "<?xml", "<!--")) and bare.endswith(">"))


# fmt: off
PRIMITIVES: dict[str, tuple[str, Callable[[Tree], bool], Callable[[str], object] | None]] = {
    # type         JSON              test                       shape of a date, to tell "malformed" from "impossible"
    "boolean":      ("true or false", _boolean,                  None),
    "integer":      ("a number",      _whole(-(2**31), 2**31 - 1), None),
    "unsignedInt":  ("a number",      _whole(0, 2**31 - 1),      None),
    "positiveInt":  ("a number",      _whole(1, 2**31 - 1),      None),
    "decimal":      ("a number",      _decimal,                  None),
    "integer64":    ("text",          _integer64,                None),
    "string":       ("text",          _string,                   None),
    "markdown":     ("text",          _string,                   None),
    "code":         ("text",          _text(_is_code),           None),
    "id":           ("text",          _text(_is_id),             None),
    "uri":          ("text",          _text(_is_uri),            None),
    "url":          ("text",          _text(_is_uri),            None),
    "canonical":    ("text",          _text(_is_canonical),      None),
    "oid":          ("text",          _text(_is_oid),            None),
    "uuid":         ("text",          _text(_is_uuid),           None),
    "base64Binary": ("text",          _base64,                   None),
    "date":         ("text",          _dated(_is_date),          _is_date),
    "dateTime":     ("text",          _dated(_is_date_time),     _is_date_time),
    "instant":      ("text",          _dated(_is_instant),       _is_instant),
    "time":         ("text",          _text(_is_time),           None),
    "xhtml":        ("text",          _xhtml,                    None),
}
# fmt: on

_fraction_is_short = re.compile(r"[^.]*(?:\.[0-9]{1,9}(?![0-9]).*)?").fullmatch
_is_short_decimal = re.compile(r"-?[0-9]{1,18}(?:\.[0-9]{1,17})?(?:[eE][+-]?[0-9]{1,9})?").fullmatch


def _timed(test: Callable[[Tree], bool]) -> Callable[[Tree], bool]:
    return lambda value: test(value) and _fraction_is_short(str(value)) is not None


# R5 says more: at most nine digits of a second, eighteen of a number, no white space in base64.
# https://hl7.org/fhir/R5/datatypes.html#primitive
_IN_R5: dict[str, Callable[[Tree], bool]] = {
    **{name: _timed(PRIMITIVES[name][1]) for name in ("dateTime", "instant", "time")},
    "decimal": lambda value: _decimal(value) and _is_short_decimal(str(value)) is not None,
    "base64Binary": lambda value: _base64(value) and len(str(value).split()) == 1,
}


def test_of(release: str, primitive: str) -> Callable[[Tree], bool]:
    """Return the test of a primitive in a release."""
    return (_IN_R5 if release == "R5" else {}).get(primitive, PRIMITIVES[primitive][1])


class NotATreeError(TypeError):
    """What is judged holds a number of Python's own; `tree.from_plain` makes a tree of it."""


def kind(value: Tree) -> str:
    """Return what a JSON value is, in words: "an object", "a list", "text" ... Raises NotATreeError."""
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, Number):
        return "a number"
    if isinstance(value, bool):
        return "true or false"
    if value is not None and not isinstance(value, str):
        raise NotATreeError(type(value).__name__)
    return "null" if value is None else "text"


def diagnose(primitive: str, value: Tree) -> tuple[str, str, str]:
    """Return rule, what is wrong and what would mend it, for a value that failed the test of its type."""
    wanted, _, shape = PRIMITIVES[primitive]
    found = kind(value)
    if found == "null":
        return "structure/null", "the value is null", "Leave the property out."
    if found == "a list":
        return "structure/not-repeating", "a list stands where one value belongs", "Keep one value."
    if found == "an object":
        fix = "Write the value itself; its id and extensions go to the property with _ before the name."
        return "structure/kind", f"an object stands where {wanted} belongs ({primitive})", fix
    if value == "":
        return "structure/empty", "the text is empty", "Leave the property out."
    if found == "text" and value.isspace() and primitive in {"string", "markdown"}:
        return "structure/blank", "the text is only white space", "Leave the property out."
    if found != wanted:
        fix = "Take the quotation marks away." if found == "text" else f"Write it as {wanted}."
        return f"structure/{primitive}", f"{found} stands where {wanted} belongs ({primitive})", fix
    if shape is not None and isinstance(value, str) and shape(value) and not is_real_date(value):
        return "structure/real-date", "this day does not exist in the calendar", "Write a day that exists."
    return f"structure/{primitive}", f"this is not a valid {primitive}", _FIXES.get(primitive, "")


_FIXES = {
    "code": "Take the superfluous blanks away.",
    "uri": "Take the white space away, or encode it as %20.",
    "url": "Take the white space away, or encode it as %20.",
    "canonical": "Take the white space away, or encode it as %20.",
    "integer": "Write a whole number without point or exponent; larger ones need a decimal.",
    "dateTime": "Give the seconds and Z or an offset, or only the day.",
    "instant": "Give the seconds and Z or an offset.",
}
