"""Resources of any type, drawn from the shapes of a release: what the specification allows, however odd. For tests."""

from __future__ import annotations

from functools import cache
from typing import Any

from hypothesis import strategies as st

from mappings.check.classes import model_of
from mappings.check.shapes import SHAPES, Field
from mappings.tree import Number, Tree

EXTENSION = {"url": "http://example.org/kept", "valueString": "of its own"}

_EXAMPLES: dict[str, tuple[Tree, ...]] = {
    "boolean": (True, False),
    "integer": (Number("-3"), Number("0"), Number("7")),
    "unsignedInt": (Number("0"), Number("3")),
    "positiveInt": (Number("1"), Number("9")),
    "integer64": ("-5", "90071992547409931"),
    "decimal": (Number("1.50"), Number("-0.001530"), Number("3")),
    "code": ("routine", "x-y"),
    "id": ("a-1",),
    "uri": ("http://example.org/a", "urn:b"),
    "url": ("http://example.org/c",),
    "canonical": ("http://example.org/d|1.0",),
    "oid": ("urn:oid:1.2.3",),
    "uuid": ("urn:uuid:0e8a6b1e-0000-4000-8000-000000000001",),
    "base64Binary": ("YWJj",),
    "date": ("2025", "2025-08", "2025-08-11"),
    "dateTime": ("2025", "2025-08", "2025-08-11", "2025-08-11T12:30:00.250+05:30"),
    "instant": ("2025-08-11T12:30:00Z",),
    "time": ("12:30:00",),
    "xhtml": ('<div xmlns="http://www.w3.org/1999/xhtml">her own words</div>',),
}
_OF_EVERY_RESOURCE = ("contained", "text", "meta", "implicitRules", "language")
_WORDS = ("her own words", " राहत ", "x")


@cache
def codes(release: str, kind: str, element: str) -> tuple[str, ...]:
    """Return the codes of a required binding as fhir.resources lists them, or none."""
    model = model_of(release, kind)
    for key, info in model.model_fields.items():
        if (info.alias or key) == element:
            return tuple((info.json_schema_extra or {}).get("enum_values") or ())
    return ()


@st.composite
def resources(draw: st.DrawFn, release: str, kind: str, often: frozenset[str] = frozenset()) -> dict[str, Tree]:
    """Draw a resource of a type that is sound in structure. Elements named in `often` stand in three of four."""
    value = draw(elements(release, kind, often, 3))
    return {"resourceType": kind, **value}


@st.composite
def elements(draw: st.DrawFn, release: str, kind: str, often: frozenset[str], depth: int) -> dict[str, Tree]:
    """Draw the properties of an element of a type, in any order."""
    shape = SHAPES[release][kind]
    node: dict[str, Tree] = {}
    taken: set[str] = set()
    wanted: list[Field] = []
    for field in draw(st.permutations([f for f in shape.fields.values() if not f.twin])):
        if field.type == "Resource" or (shape.is_resource and field.name in _OF_EVERY_RESOURCE):
            continue
        required = field.name in shape.required or field.choice in shape.choices
        odds = 4 if depth < 2 else 8
        if (
            not required
            and draw(st.integers(0, 3 if field.name in often else odds)) != 1
            and not (field.name in often and draw(st.booleans()))
        ):
            continue
        if field.choice:
            if field.choice in taken:
                continue
            taken.add(field.choice)
        wanted.append(field)
    for field in wanted:
        if depth <= 0 and field.name not in shape.required and field.choice not in shape.choices and field.test is None:
            continue
        values = st.lists(one(release, kind, field, often, depth - 1), min_size=1, max_size=3)
        node[field.name] = draw(values if field.many else one(release, kind, field, often, depth - 1))
        if field.test and not field.many and f"_{field.name}" in shape.fields and draw(st.integers(0, 9)) == 1:
            node[f"_{field.name}"] = {"extension": [EXTENSION]}
    if not node or list(node) == ["id"]:
        node["extension"] = [EXTENSION]
    return node


def one(release: str, kind: str, field: Field, often: frozenset[str], depth: int) -> st.SearchStrategy[Any]:
    """Return the strategy for one value of a field."""
    if field.test is not None:
        known = codes(release, kind, field.name)
        return st.sampled_from(known or _EXAMPLES.get(field.type, _WORDS))
    if field.type == "Extension":
        return st.just(EXTENSION)
    if field.type == "Reference":
        return st.sampled_from(REFERENCES)
    if field.type == "CodeableConcept" and depth < 2:
        return st.sampled_from(CONCEPTS)
    return elements(release, field.type, often, depth)


REFERENCES: list[dict[str, Tree]] = [
    {"reference": "Practitioner/meera"},
    {"reference": "Condition/sleep", "display": "Sleep"},
    {"display": "her sister"},
    {"type": "Organization", "identifier": {"value": "u"}},
    {"reference": "Patient/asha", "extension": [EXTENSION]},
]
CONCEPTS: list[dict[str, Tree]] = [
    {"text": "rest"},
    {"coding": [{"system": "http://snomed.info/sct", "code": "116154003"}], "text": "she herself"},
    {"coding": [{"system": "http://example.org", "code": "b", "display": "B"}], "id": "e1"},
    {"extension": [EXTENSION]},
]
