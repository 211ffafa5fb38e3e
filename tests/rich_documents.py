"""Sound documents in which each element of the four types and of their datatypes stands at least once.

They are made from the shapes (mappings/check/shapes.py): a value of each primitive, the first code of each value set,
and by hand only what the invariants want otherwise. A choice takes each of its types in turn, a document each.
HL7's validator finds no error in them (test_referee_mutations.py) and `check` nothing that is an error.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from mappings.check.shapes import SHAPES, Field
from mappings.tree import Number, Tree

SITE = "https://clinic.example/"
UCUM = "http://unitsofmeasure.org"
FOUR = ("CarePlan", "Goal", "Questionnaire", "QuestionnaireResponse")
_DEPTH = 6
"""Levels below a resource or an extension's value; deeper elements that may be left out are."""

# fmt: off
_PRIMITIVES: dict[str, Any] = {
    "boolean": True,                      "integer": Number("3"),          "unsignedInt": Number("3"),
    "positiveInt": Number("3"),           "decimal": Number("1.50"),       "integer64": "9007199254740993",
    "string": "So it is",                 "markdown": "So *it* is",        "code": "so",
    "id": "a-1.b",                        "uri": SITE + "a",               "url": SITE + "page",
    "canonical": SITE + "Library/a",      "oid": "urn:oid:1.2.840.10008",  "time": "08:30:00",
    "uuid": "urn:uuid:53fefa32-fcbb-4ff8-8a92-55ee120877b7",               "base64Binary": "QXNoYQ==",
    "date": "2026-11-22",                 "dateTime": "2026-11-22T09:00:00+05:30",
    "instant": "2026-11-22T09:00:00.000Z",
    "xhtml": '<div xmlns="http://www.w3.org/1999/xhtml" lang="en" xml:lang="en"><p>In short</p></div>',
}


def _quantity(value: str, unit: str, **more: Any) -> Tree:
    return {"value": Number(value)} | more | {"unit": unit, "system": UCUM, "code": unit}


_LOW, _HIGH = _quantity("1.0", "mg"), _quantity("2.0", "mg")

_WHOLE: dict[str, Tree] = {
    # type         a value in which each of its elements stands
    "Narrative":   {"status": "generated", "div": _PRIMITIVES["xhtml"]},
    "Coding":      {"system": SITE + "codes", "version": "1", "code": "so", "display": "So", "userSelected": True},
    "Quantity":    _quantity("1.50", "mg", comparator="<="),
    "Age":         _quantity("25", "a", comparator=">"),
    "Duration":    _quantity("2", "h", comparator=">="),
    "Distance":    _quantity("2", "km", comparator="<"),
    "Count":       _quantity("2", "1", comparator=">="),
    "Money":       {"value": Number("9.90"), "currency": "EUR"},
    "Period":      {"start": "2026-01-01", "end": "2026-12-31T23:59:59Z"},
    "Range":       {"low": _LOW, "high": _HIGH},
    "Ratio":       {"numerator": _quantity("1", "mg", comparator="<="), "denominator": _quantity("2", "mL")},
    "RatioRange":  {"lowNumerator": _LOW, "highNumerator": _HIGH, "denominator": _quantity("2", "mL")},
    "Expression":  {"description": "So", "name": "so", "language": "text/fhirpath", "expression": "true",
                    "reference": SITE + "Library/a"},
}
_ELEMENTS: dict[tuple[str, str], Any] = {
    # type, element                        what stands there; None: nothing
    ("Meta", "versionId"):                 "1",
    ("Meta", "profile"):                   None,  # a profile that nobody has is another matter
    ("Identifier", "assigner"):            {"display": "Riverside"},
    ("Reference", "identifier"):           {"system": SITE + "ids", "value": "17"},
    ("Money", "currency"):                 "EUR",
    ("CodeableConcept", "coding"):         [_WHOLE["Coding"]],
    ("ContactPoint", "system"):            "email",
    ("ContactPoint", "value"):             "lee@clinic.example",
    ("ParameterDefinition", "max"):        "*",
    ("ParameterDefinition", "type"):       "CodeableConcept",
    ("DataRequirement", "type"):           "Observation",
    ("DataRequirement", "profile"):        None,
    ("DataRequirement", "mustSupport"):    ["code"],
    ("DataRequirementCodeFilter", "searchParam"): None,
    ("DataRequirementCodeFilter", "path"): "code",
    ("DataRequirementDateFilter", "searchParam"): None,
    ("DataRequirementDateFilter", "path"): "issued",
    ("DataRequirementValueFilter", "path"): "value",
    ("DataRequirementSort", "path"):       "issued",
    ("TriggerDefinition", "type"):         "data-added",
    ("TriggerDefinition", "timingDate"):   None,
    ("TriggerDefinition", "timingDateTime"): None,
    ("TriggerDefinition", "timingReference"): None,
    ("TriggerDefinition", "timingTiming"): None,
    ("SampledData", "origin"):             _quantity("0", "mV"),
    ("SampledData", "intervalUnit"):       "ms",
    ("SampledData", "offsets"):            None,
    ("SampledData", "data"):               "1 2 3 E U L",
    ("TimingRepeat", "when"):              None,
    ("TimingRepeat", "offset"):            None,
    ("TimingRepeat", "boundsDuration"):    _quantity("2", "h"),
    ("DosageDoseAndRate", "doseQuantity"): _LOW,
    ("DosageDoseAndRate", "rateQuantity"): _quantity("1", "mg/h"),
    ("Dosage", "maxDosePerAdministration"): _LOW,
    ("Dosage", "maxDosePerLifetime"):      _HIGH,
    ("AvailabilityAvailableTime", "allDay"): False,
    ("Attachment", "size"):                Number("4"),
    ("Attachment", "data"):                "QXNoYQ==",
    ("Attachment", "hash"):                "PfncQmtzyoyGBOAwh3pM9uZBi5k=",
    ("Questionnaire", "versionAlgorithmString"): "semver",
    ("Questionnaire", "name"):             "RichForm",
    ("Questionnaire", "derivedFrom"):      [SITE + "Questionnaire/older|1"],
    ("CarePlanActivityDetail", "dailyAmount"): _LOW,
    ("CarePlanActivityDetail", "quantity"): _HIGH,
    ("CarePlanActivityDetail", "instantiatesCanonical"): [SITE + "ActivityDefinition/a"],
}
# fmt: on

_OF_RESOURCES = {"id", "implicitRules", "contained", "extension", "modifierExtension"}


class _Maker:
    """Makes values of one release; `turn` says which type each choice takes."""

    def __init__(self, release: str, turn: int) -> None:
        self.release, self.turn, self.shapes = release, turn, SHAPES[release]

    def value(self, type_name: str, depth: int = 0) -> Tree:
        """Return a value with each element of its type, above _DEPTH."""
        if type_name in _WHOLE:
            return dict(_WHOLE[type_name])
        shape = self.shapes[type_name]
        made: Tree = {}
        for field in self._chosen(shape.fields.values()):
            if field.name in _OF_RESOURCES or (type_name, field.name) in _ELEMENTS:
                given = _ELEMENTS.get((type_name, field.name))
                if given is not None:
                    made[field.name] = str(given) if field.type == "integer64" else given
            elif depth < _DEPTH or field.name in shape.required:
                one = self._element(field, depth)
                made[field.name] = [one] if field.many else one
        return made

    def _chosen(self, fields: Any) -> Iterator[Field]:
        fields = [field for field in fields if not field.twin]
        for field in fields:
            types = [one.name for one in fields if one.choice == field.choice]
            if not field.choice or types[self.turn % len(types)] == field.name:
                yield field

    def _element(self, field: Field, depth: int) -> Any:
        pairs = list(field.bound.values.pairs) if field.bound else []
        if field.test is not None:
            if field.type == "uri" and field.bound:
                return "Patient"
            return pairs[0][1] if pairs else _BY_GRAMMAR.get(field.name, _PRIMITIVES[field.type])
        if field.type == "Reference":
            target = "Patient" if "Patient" in field.targets or not field.targets else min(field.targets)
            named = {"identifier": {"system": SITE + "ids", "value": "17"}} if depth == 0 else {}
            return {"reference": f"{target}/a", "type": target} | named | {"display": "So"}
        if field.type == "CodeableReference" and not pairs:
            named = self._element(replace(field, type="Reference"), depth + 1)
            return {"concept": self.value("CodeableConcept", depth + 1), "reference": named}
        if pairs and field.type in {"Coding", "CodeableConcept", "CodeableReference"}:
            coding = {"system": pairs[0][0], "code": pairs[0][1]}
            concept = coding if field.type == "Coding" else {"coding": [coding], "text": "So"}
            return {"concept": concept} if field.type == "CodeableReference" else concept
        return self.value(field.type, depth + 1)


_BY_GRAMMAR = {"language": "en", "contentType": "image/png", "sigFormat": "image/png", "targetFormat": "image/png"}


_TURNS = {"Goal": 7}
"""Turns after which each type of each choice was taken."""


def datatypes(release: str, turn: int = 0) -> dict[str, Any]:
    """Return "valueQuantity" -> a value with each of its elements, for each type that an extension's value may have."""
    fields = [field for field in SHAPES[release]["Extension"].fields.values() if field.choice and not field.twin]
    maker = _Maker(release, turn)
    return {f.name: _PRIMITIVES[f.type] if f.test else maker._element(f, 0) for f in fields}


def whole(release: str, type_name: str, turn: int = 0) -> Tree:
    """Return a value of a type with each of its elements, each choice by the type whose turn it is."""
    return _Maker(release, turn).value(type_name)


def rich(release: str) -> dict[str, Tree]:
    """Return name -> document: the four types with each element, and one that has a value of each datatype."""
    found = {}
    for of in FOUR:
        for turn in range(_TURNS.get(of, 4)):
            found[f"{of}-{turn}"] = {"resourceType": of, "id": "rich"} | _fitted(release, of, turn)
    said = [{"url": f"{SITE}{name}", name: value} for name, value in datatypes(release).items()]
    return found | {"datatypes": {"resourceType": "Basic", "code": {"text": "So"}, "extension": said}}


def _fitted(release: str, of: str, turn: int) -> Tree:
    made = whole(release, of, turn)
    if "item" in made:
        made["item"] = _questions(release) if of == "Questionnaire" else _answers(release)
    if of == "CarePlan" and "reference" in made["activity"][0]:
        [both] = made["activity"]
        lone = {"reference": both.pop("reference")}
        made["activity"] = [both, lone]
    return made


def _questions(release: str) -> list[Tree]:
    """Return items with each element and each type of answer."""
    maker = _Maker(release, 0)
    shapes = SHAPES[release]
    kinds = [f for f in shapes["QuestionnaireItemInitial"].fields.values() if f.choice and not f.twin]
    coded = "choice" if release == "R4" else "coding"
    named = {"valueUri": "url", "valueCoding": coded}
    items: list[Tree] = []
    for at, field in enumerate(kinds):
        made = {
            "linkId": f"1.{at}",
            "type": named.get(field.name, field.name[5].lower() + field.name[6:]),
            "initial": [{field.name: _PRIMITIVES[field.type] if field.test else maker._element(field, 1)}],
            "repeats": True,
        }
        items.append(made)
    asked = {f"answer{item['initial'][0] and next(iter(item['initial'][0]))[5:]}": item["linkId"] for item in items}
    when = [f for f in shapes["QuestionnaireItemEnableWhen"].fields.values() if f.choice and not f.twin]
    conditions = [
        {"question": asked[f.name], "operator": "=", f.name: _PRIMITIVES[f.type] if f.test else maker._element(f, 1)}
        for f in when
    ]
    full = {
        "linkId": "2",
        "definition": SITE + "StructureDefinition/a#a.b",
        "code": [_WHOLE["Coding"]],
        "prefix": "2.",
        "text": "So?",
        "type": "string",
        "enableWhen": conditions,
        "enableBehavior": "any",
        "required": False,
        "repeats": False,
        "readOnly": False,
        "maxLength": Number("80"),
    }
    if release == "R5":
        full |= {"disabledDisplay": "hidden"}
    options = [f for f in shapes["QuestionnaireItemAnswerOption"].fields.values() if f.choice and not f.twin]
    chosen = []
    for at, f in enumerate(options):
        of = {"valueReference": "reference", "valueCoding": coded}.get(f.name, f.name[5].lower() + f.name[6:])
        if of == "reference":
            of = coded
        value = _PRIMITIVES[f.type] if f.test else maker._element(f, 1)
        one: Tree = {"linkId": f"3.{at}", "type": of, "answerOption": [{f.name: value, "initialSelected": True}]}
        chosen.append(one | ({"answerConstraint": "optionsOnly"} if release == "R5" else {}))
    sets = {"linkId": "4", "type": coded, "answerValueSet": SITE + "ValueSet/a"}
    return [{"linkId": "1", "type": "group", "item": items}, full, *chosen, sets]


def _answers(release: str) -> list[Tree]:
    """Return items with each element and each type of answer."""
    maker = _Maker(release, 0)
    kinds = [f for f in SHAPES[release]["QuestionnaireResponseItemAnswer"].fields.values() if f.choice and not f.twin]
    answers = [{f.name: _PRIMITIVES[f.type] if f.test else maker._element(f, 1)} for f in kinds]
    for answer in answers:
        if "valueQuantity" in answer:
            answer["valueQuantity"] = _LOW
    below = {"linkId": "1.1.1", "definition": SITE + "StructureDefinition/a#a.c", "text": "So?", "answer": answers}
    asked = {"linkId": "1.1", "answer": [{"valueBoolean": True, "item": [below]}]}
    return [{"linkId": "1", "definition": SITE + "StructureDefinition/a#a.b", "text": "You", "item": [asked]}]
