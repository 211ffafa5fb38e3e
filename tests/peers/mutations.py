"""Single mutations of sound documents, by shape: each element of the four types and of each datatype.

    elements     removed, alone and in a list, of each wrong kind, null, empty, beside what it does not know
    twins        `_name` alone, empty, misaligned, with what it does not know
    primitives   each value that the specification's text excludes and each unusual one that it allows
    codes        unknown ones in each binding that is required or extensible, by code, Coding and CodeableConcept
    by hand      narratives, contained resources, extensions, ids (mutations_by_hand.py)

A mutation may leave its document sound: what counts is that `check` and HL7's validator say the same of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from defects import GONE
from rich_documents import datatypes, rich

from mappings.check.shapes import SHAPES, Field, Shape
from mappings.tree import Number, Path, Tree


@dataclass(frozen=True, slots=True)
class Mutation:
    """A document in which one thing was changed; `name` says what and where."""

    name: str
    release: str
    document: Tree


_LONG = "x" * (1024 * 1024 + 1)
_MOMENTS = ("0000-01-01T00:00:00Z", "2026-11-22T24:00:00Z", "2026-11-22T23:59:60Z", "2026-11-22T09:00:00",
            "2026-11-22t09:00:00Z", "2026-11-22T09:00:00z", "2026-11-22T09:00:00+14:00", "2026-11-22T09:00:00-14:00",
            "2026-11-22T09:00:00+14:01", "2026-11-22T09:00:00-13:59", "2026-11-22T09:00:00+24:00",
            "2026-11-22T09:00:00.1Z", "2026-11-22T09:00:00.123456789Z", "2026-11-22T09:00:00.1234567890123Z",
            "2026-11-22T09:00Z", "2026-11-22T09Z", "2026-11-22 09:00:00Z", "2026-11-22T09:00:00+0530",
            "2026-11-22T09:00:00+05", "2026-11-22T09:60:00Z", "2026-11-22T9:00:00Z", "2026-02-30T09:00:00Z",
            "2026-11-22T09:00:00,5Z", "2026-11-22T09:00:00.Z", "9999-12-31T23:59:59Z", "1000-01-01T00:00:00Z",
            "2026-11-22T09:00:00-00:00", "0001-01-01T00:00:00Z")  # fmt: skip
_DAYS = ("0000", "0001", "1000", "9999", "10000", "26", "2026-13", "2026-00", "2026-1", "2026-11-00", "2026-11-31",
         "2026-02-29", "2024-02-29", "1900-02-29", "2026-11-22Z", "20261122", "2026/11/22", "2026-W47", "2026-",
         "-2026", "2026-11-22+05:30", "22.11.2026", " 2026", "2026 ", "٢٠٢٦")  # fmt: skip
_TEXTS = (" ", "\t", "\n", "  so", "so  ", " so", "so\n", "so\tit", "a\r\nb", "so\x00it", "so\x0bit", "so\x1fit",
          "so\x7fit", "so\x85it", "so\ufffeit", "so\u200bit", "\u00a0", "\u3000", "so\u202eit", "so <b>it</b>",
          "a < b & c", "é", "e\u0301", "\U0001f600", _LONG, _LONG[1:])  # fmt: skip
_CODES = ("so  it", " so", "so ", "so it", "so\tit", "so\nit", "so\u00a0it", "", "Ünder", "a|b", "so\u2003it")
_URIS = ("a b", " https://a.example", "https://a.example ", "https://a.example/ü", "urn:oid:1.2.3", "oid:1.2.3",
         "uuid:53fefa32-fcbb-4ff8-8a92-55ee120877b7", "urn:uuid:53FEFA32-FCBB-4FF8-8A92-55EE120877B7",
         "urn:uuid:53fefa32", "urn:oid:1.02", "urn:oid:3.1", "urn:oid:1", "urn:oid:1.2.", "1.2.3", "a", "a/b", "../a",
         "#a", "#", "Patient/a", "https://", "http:/a.example", "https://a.example/a|1", "https://a.example/a|1|2",
         "https://a.example/a#b", "https://a.example/a|", "|1", "mailto:lee@clinic.example", "{{url}}", "a\nb",
         "https://a.example/%zz", "https://a.example/<b>", "javascript:alert(1)", "www.clinic.example",
         "HTTPS://A.EXAMPLE", "urn:so:it", "so:it", "$this", "https://a.example/\"a\"", "")  # fmt: skip

# fmt: off
VALUES: dict[str, tuple[Any, ...]] = {
    "boolean": ("true", "false", "True", Number("1"), Number("0"), "", " "),
    "integer": (*map(Number, ("0", "-1", "-0", "1.0", "1.5", "1e2", "1E2", "2147483647", "2147483648",
                                  "-2147483648", "-2147483649", "100000000000000000000", "1e400")), "3", "", True),
    "unsignedInt": (*map(Number, ("0", "-1", "-0", "1.0", "2147483647", "2147483648")), "3"),
    "positiveInt": (*map(Number, ("0", "-1", "1", "1.0", "2147483647", "2147483648")), "3"),
    "integer64": ("0", "-1", "-0", "+1", "01", "1.0", "9223372036854775807", "9223372036854775808",
                  "-9223372036854775808", "-9223372036854775809", "", "x", Number("3")),
    "decimal": (*map(Number, ("0", "-0", "-0.0", "1.0", "1.", "1e2", "1E2", "1e-2", "1e400", "1e-400", "1E+2",
                                  "0.000000000000000001", "1.1234567890123456789", "123456789012345678901234567890",
                                  "-1.5", "0e0")), "1.5", "", True),
    "string": ("", *_TEXTS, Number("3"), True),
    "markdown": ("", *_TEXTS, "<script>a</script>", "[a](javascript:a)", Number("3"), True),
    "code": (*_CODES, Number("3"), True),
    "id": ("", "a_b", "x" * 64, "x" * 65, "a b", " a", "a/b", "é", ".", "-", "A.b-9", "#a", "a\n", Number("3")),
    "uri": (*_URIS, Number("3"), True),
    "url": (*_URIS, Number("3")),
    "canonical": (*_URIS, Number("3")),
    "oid": (*_URIS, "urn:oid:2.999", "urn:oid:0.1", "urn:OID:1.2", "urn:oid:1.2.3.04", "urn:oid:1.2.3.0"),
    "uuid": (*_URIS, "urn:uuid:53fefa32-fcbb-4ff8-8a92-55ee120877bg", "urn:uuid:53fefa32fcbb4ff88a9255ee120877b7"),
    "base64Binary": ("", " ", "QXNoYQ==", "QXNo YQ==", "QXNo\nYQ==", "QXNoYQ=", "QXNoYQ", "QXNoYQ===", "Q=Xo", "QXN-",
                     "QXN_", "QXN*", "Q", "QQ==", "QR==", "=QQ=", "QXNoYQ==QXNo", "QXNoYQ== ", " QXNoYQ==",
                     Number("3")),
    "date": ("", *_DAYS, *_MOMENTS[:3], Number("2026")),
    "dateTime": ("", *_DAYS, *_MOMENTS, Number("2026")),
    "instant": ("", "2026-11-22", "2026-11", "2026", *_MOMENTS, Number("2026")),
    "time": ("", "24:00:00", "23:59:60", "08:30", "8:30:00", "08:30:00Z", "08:30:00+05:30", "08:30:00.5", "08:60:00",
             "08:30:00.123456789", "08:30:00.", "T08:30:00", "08:30:00 ", "25:00:00", "083000", "00:00:00", "08:30:61",
             "08:30:00.1234567890123"),
}
# fmt: on

_KINDS: tuple[Any, ...] = ("so", Number("3"), True, {"so": "it"}, ["so"], [["so"]], [{"so": "it"}])


def mutations(release: str) -> Iterator[Mutation]:
    """Yield each mutation of each element of the four types and the datatypes, in both their values and their form."""
    met: set[tuple[str, Path | str | bool]] = set()
    for name, document in bases(release).items():
        for at, field, shape in fields_of(release, document):
            form, element = (field.type, field.many), (shape.name, at[-1])
            if element not in met:
                for what, changed in _of_field(document, at, field, form not in met):
                    yield Mutation(f"{_place(name, at)} {what}", release, changed)
            met |= {form, element}
    for name, document in bases(release).items():
        seen: set[str] = set()
        if "-" in name and not name.endswith("-0"):
            continue
        for at, field, _ in fields_of(release, document):
            if field.test is None or field.type in seen or field.bound is not None:
                continue
            seen.add(field.type)
            if name.startswith("value") and name.lower() != f"value{field.type.lower()}":
                continue
            for value in VALUES.get(field.type, ()):
                written = [value] if field.many else value
                yield Mutation(f"{_place(name, at)} = {value!r:.40}", release, _put(document, at, written))


def _place(name: str, at: Path) -> str:
    return name + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in at)


def bases(release: str) -> dict[str, Tree]:
    """Return name -> the sound documents that are changed: the rich ones, and a small one for each datatype."""
    found = {name: tree for name, tree in rich(release).items() if name != "datatypes"}
    first = datatypes(release)
    later = {f"{name}-{turn}": value for turn in (1, 2) for name, value in datatypes(release, turn).items()
             if value != first[name]}  # fmt: skip
    for called, value in (first | later).items():
        name = called.partition("-")[0]
        found[called] = {
            "resourceType": "Goal",
            "id": "small",
            "extension": [{"url": f"https://clinic.example/{name}", name: value}],
            "lifecycleStatus": "active",
            "description": {"text": "So"},
            "subject": {"reference": "Patient/a"},
        }
    return found


def fields_of(release: str, document: Tree) -> Iterator[tuple[Path, Field, Shape]]:
    """Yield each property of a document that its shape knows: path, field, and the shape of its owner."""
    waiting: list[tuple[Path, Any, Shape]] = [((), document, SHAPES[release][document["resourceType"]])]
    while waiting:
        at, node, shape = waiting.pop(0)
        for key, value in node.items():
            field = shape.fields.get(key)
            if field is None:
                continue
            yield (*at, key), field, shape
            if field.test is None and field.type != "Resource" and not field.twin:
                inner = SHAPES[release][field.type]
                parts = enumerate(value) if isinstance(value, list) else [(None, value)]
                waiting += [((*at, key) if n is None else (*at, key, n), part, inner) for n, part in parts]


def _put(document: Tree, at: Path, value: Any) -> Tree:
    return _placed(document, at, value)


def _placed(node: Any, at: Path, value: Any) -> Any:
    here, *below = at
    copy = node.copy()
    if below:
        copy[here] = _placed(copy[here], tuple(below), value)
    elif value is GONE:
        del copy[here]
    else:
        copy[here] = value
    return copy


def _get(document: Any, at: Path) -> Any:
    for step in at:
        document = document[step]
    return document


def _of_field(document: Tree, at: Path, field: Field, whole: bool) -> Iterator[tuple[str, Tree]]:
    """Yield what becomes of one element; `whole` where its type is met for the first time."""
    now = _get(document, at)
    one = now[0] if field.many else now
    yield "removed", _put(document, at, GONE)
    yield "doubled", _put(document, at, [one, one])
    yield "bare" if field.many else "in a list", _put(document, at, one if field.many else [one])
    values: tuple[Any, ...] = (None, "", {}, [], [None], [{}], [""], *_KINDS)
    for value in values if whole else values[:1] + (_KINDS[:1] if isinstance(one, dict) else _KINDS[3:4]):
        yield f"= {value!r}", _put(document, at, value)
    if isinstance(one, dict):
        inside = (*at, 0) if field.many else at
        yield "with what it does not know", _put(document, (*inside, "soIt"), "is")
        if whole:
            yield "with an id only", _put(document, inside, {"id": "a"})
            yield "with a modifier", _put(document, (*inside, "modifierExtension"), [_SAY])
            yield "with an extension only", _put(document, inside, {"extension": [_SAY]})
            yield "with a twin", _put(document, (*at[:-1], f"_{at[-1]}"), {"id": "a"})
    elif field.test is not None and whole:
        yield from _twins(document, at, field)
    elif field.test is not None:
        alone, said = _put(document, at, GONE), {"extension": [_SAY]}
        yield "only a twin", _put(alone, (*at[:-1], f"_{at[-1]}"), [said] if field.many else said)
    if field.bound is not None:
        for what, value in _codings(field, one):
            yield what, _put(document, at, [value] if field.many else value)


_SAY = {"url": "https://clinic.example/say", "valueString": "so"}


def _twins(document: Tree, at: Path, field: Field) -> Iterator[tuple[str, Tree]]:
    twin = (*at[:-1], f"_{at[-1]}")
    alone = _put(document, at, GONE)
    full: Any = {"extension": [_SAY]}
    for what, value in (
        ("id", {"id": "a"}),
        ("extension", full),
        ("null", None),
        ("empty", {}),
        ("text", "so"),
        ("unknown", {"so": "it"}),
        ("value", {"value": "so"}),
        ("list", [full]),
        ("two", [full, full]),
        ("nulls", [None, full]),
        ("null in a list", [None]),
        ("empty list", []),
    ):
        yield f"twin: {what}", _put(document, twin, value)
        yield f"only twin: {what}", _put(alone, twin, value)
    if field.many:
        one = _get(document, at)[0]
        for what, values, beside in (
            ("both null", [None], [None]),
            ("null and extension", [one, None], [None, full]),
            ("null at last", [one, None], None),
            ("short", [one, one], [full]),
            ("long", [one], [None, full]),
            ("longer with null", [one], [full, None]),
        ):
            changed = _put(document, at, values)
            yield f"lists: {what}", changed if beside is None else _put(changed, twin, beside)


def _codings(field: Field, one: Any) -> Iterator[tuple[str, Any]]:
    if field.test is not None:
        yield "unknown code", "so-it-is"
        yield "code in capitals", str(one).upper()
        yield "code with a blank", f"{one} "
        return
    whole = one.get("concept", one) if field.type == "CodeableReference" else one
    right = whole["coding"][0] if "coding" in whole else whole
    for what, coding in (
        ("unknown code", right | {"code": "so-it-is"}),
        ("other system", right | {"system": "https://clinic.example/codes"}),
        ("no system", {key: value for key, value in right.items() if key != "system"}),
        ("no code", {key: value for key, value in right.items() if key != "code"}),
        ("display only", {"display": "So"}),
    ):
        value = coding if field.type == "Coding" else {"coding": [coding]}
        yield f"coding: {what}", {"concept": value} if field.type == "CodeableReference" else value
    if field.type == "CodeableConcept":
        yield "text only", {"text": "So"}
        yield "two codings", {"coding": [right | {"system": "https://clinic.example/codes"}, right]}
        yield "empty codings", {"coding": []}
