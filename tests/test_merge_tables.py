"""The tables of the merge name every list, choice and unit as FHIR defines them for the ten types, and no other."""

from __future__ import annotations

import typing
from collections import defaultdict
from functools import cache
from importlib import import_module

import pytest

from mappings.terms.keys import ANYWHERE, KEYS, choice_of, element, key_of
from mappings.terms.units import INSIDE, TOGETHER, WHOLE, label_at, unit_at
from mappings.tree import from_plain

TYPES = (
    *("CarePlan", "Goal", "Questionnaire", "QuestionnaireResponse", "Patient"),
    *("ServiceRequest", "CareTeam", "Condition", "Observation", "Consent"),
)


@cache
def defined(kind):
    """Return {path: (is a list of objects, choices it belongs to)} of a type's elements in R4 and R5.

    Source: fhir.resources. Its R4B stands for R4, from which none of the ten types differs.
    """
    found = defaultdict(lambda: [False, set()])
    for release in ("R4B.", ""):
        module = import_module(f"fhir.resources.{release}{kind.lower()}")
        for path, is_list, choice in _elements(getattr(module, kind), module, (), ()):
            found[path][0] |= is_list
            found[path][1] |= {choice} - {None}
    return found


def _elements(model, module, path, above):
    for name, field in model.model_fields.items():
        if (field.json_schema_extra or {}).get("element_property"):
            inner, is_list = _inner(field.annotation)
            here = (*path, field.alias or name)
            yield here, is_list and inner.__name__.endswith("Type"), field.json_schema_extra.get("one_of_many")
            part = getattr(module, inner.__name__.removesuffix("Type"), None)
            if getattr(part, "__module__", "") == module.__name__ and part not in above:
                yield from _elements(part, module, here, (*above, part))


def _inner(annotation):
    is_list = False
    while args := [arg for arg in typing.get_args(annotation) if arg is not type(None)]:
        is_list = is_list or typing.get_origin(annotation) is list
        annotation = args[0]
    return annotation, is_list


@pytest.mark.parametrize("kind", TYPES)
class TestAgainstTheSpecification:
    def test_every_list_of_objects_has_a_row(self, kind):
        """Each list has a key or a row that says it has none, and each row is a list."""
        lists = {element(kind, path) for path, (is_list, _) in defined(kind).items() if is_list}
        rows = {row for row in KEYS if row.startswith(f"{kind}.")}
        assert {path for path in lists if path.rpartition(".")[2] not in ANYWHERE} == rows

    def test_every_choice_has_a_row(self, kind):
        """Each type of a choice, and its twin, belongs to the choice; nothing else belongs to any."""
        for path, (_, choices) in defined(kind).items():
            for name in (path[-1], f"_{path[-1]}"):
                assert choice_of(kind, path[:-1], name) == max(choices, default=None), (path, name)

    def test_units_are_made_of_what_there_is(self, kind):
        """Every element and list named in the tables of units exists."""
        there = {element(kind, (*path[:-1], label_at(kind, path[:-1], path[-1]))) for path in defined(kind)}
        named = {f"{holder}.{name}" for holder, names, _ in TOGETHER for name in names} | {*WHOLE, *INSIDE}
        assert {path for path in named if path.startswith(f"{kind}.")} <= there


# fmt: off
IDENTITIES = [
    # type                    path                 identified by, whatever else it says
    ("Questionnaire",         "item.item.item",    {"linkId": "1.1"}, {"text": "a"}),
    ("QuestionnaireResponse", "item.answer.item",  {"linkId": "1.1"}, {"text": "a"}),
    ("Questionnaire",         "item.answerOption", {"valueInteger": 1}, {"initialSelected": True}),
    ("CarePlan",              "goal",              {"reference": "Goal/1"}, {"display": "a"}),
    ("CarePlan",              "addresses",         {"reference": {"reference": "Condition/1"}}, {"id": "a"}),
    ("CarePlan",              "activity",          {"reference": {"reference": "#a"}}, {"progress": []}),
    ("CarePlan",              "activity",          {"plannedActivityReference": {"reference": "#a"}}, {"id": "1"}),
    ("Goal",                  "category",          {"coding": [{"system": "s", "code": "c"}]}, {"text": "a"}),
    ("Patient",               "identifier",        {"system": "s", "value": "v"}, {"use": "old"}),
    ("Patient",               "contact.telecom",   {"system": "phone", "value": "1"}, {"rank": 1}),
    ("Goal",                  "note",              {"id": "n1"}, {"text": "a"}),
    ("Task",                  "input.extension",   {"url": "u"}, {"valueString": "a"}),
]
# fmt: on


class TestKeys:
    @pytest.mark.parametrize(("kind", "path", "key", "rest"), IDENTITIES)
    def test_an_item_keeps_its_identity(self, kind, path, key, rest):
        """What is not part of the key may differ."""
        steps = tuple(path.split("."))
        assert key_of(kind, steps, from_plain(key)) == key_of(kind, steps, from_plain(key | rest)) is not None

    @pytest.mark.parametrize(
        ("kind", "path", "item"),
        [
            ("Goal", ("note",), {"text": "a"}),
            ("Goal", ("category",), {"text": "in words only"}),
            ("CarePlan", ("goal",), {"display": "a name only"}),
            ("CarePlan", ("goal",), "Goal/1"),
            ("Questionnaire", ("item",), {"linkId": None}),
            ("Questionnaire", ("item", "answerOption"), {"valueCoding": ["y"]}),
            ("Patient", ("identifier",), [{"value": "v"}]),
        ],
    )
    def test_what_states_no_key_has_none(self, kind, path, item):
        """Text, a display and what is not FHIR identify nothing."""
        assert key_of(kind, path, from_plain(item)) is None

    def test_a_unit_holds_all_types_of_its_choices_and_their_twins(self):
        """`_scheduledTiming` belongs to the order that `code` belongs to."""
        path = ("activity", "detail")
        assert unit_at("CarePlan", path, "_scheduledTiming") is not unit_at("CarePlan", path, "status")
        assert unit_at("CarePlan", path, "_scheduledTiming") == unit_at("CarePlan", path, "code")
