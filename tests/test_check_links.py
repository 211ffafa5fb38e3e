"""References, uris and HL7's own extensions: each rule finds its one defect, and passes what stands beside it."""

from __future__ import annotations

from typing import Any

import pytest
from defects import planted

from mappings.check import BASE, LEVELS, RULES, USABLE, check, is_usable
from mappings.check.links import links
from mappings.tree import Number, dump

HL7 = "http://hl7.org/fhir/StructureDefinition/"
ANA = {"reference": "Patient/ana"}
GOAL: dict[str, Any] = {
    "resourceType": "Goal",
    "lifecycleStatus": "active",
    "description": {"text": "To sing"},
    "subject": ANA,
    "startDate": "2026-11-22",
}
TEAM = {"resourceType": "CareTeam", "id": "team", "status": "active"}
AIM = {
    "resourceType": "Goal",
    "id": "aim",
    "lifecycleStatus": "active",
    "description": {"text": "x"},
    "subject": ANA,
}
PLAN: dict[str, Any] = {
    "resourceType": "CarePlan",
    "contained": [TEAM, AIM],
    "status": "active",
    "intent": "plan",
    "subject": ANA,
    "careTeam": [{"reference": "#team"}],
    "goal": [{"reference": "#aim"}],
}
FORM: dict[str, Any] = {
    "resourceType": "Questionnaire",
    "contained": [{"resourceType": "ValueSet", "id": "often", "status": "active"}],
    "url": "https://clinic.example/Questionnaire/a",
    "status": "active",
    "item": [
        {"linkId": "1", "id": "first", "text": "How often?", "type": "string"},
        {"linkId": "2", "type": "group", "item": [{"linkId": "2.1", "type": "integer"}]},
    ],
}
URN = "urn:uuid:53fefa32-fcbb-4ff8-8a92-55ee120877b7"
BUNDLE: dict[str, Any] = {
    "resourceType": "Bundle",
    "type": "transaction",
    "entry": [
        {"fullUrl": URN, "resource": {"resourceType": "Practitioner"}, "request": {"method": "POST", "url": "x"}},
        {"resource": GOAL, "request": {"method": "POST", "url": "Goal"}},
    ],
}
OF = {"Goal": GOAL, "CarePlan": PLAN, "Questionnaire": FORM, "Bundle": BUNDLE}
BOTH = "R4 R5"


def ext(name: str, **value: Any) -> list[dict[str, Any]]:
    """Return a list of one extension, of HL7's where the name is no url."""
    return [{"url": name if ":" in name else HL7 + name, **value}]


def parts(**values: Any) -> dict[str, Any]:
    """Return the parts of an extension: individual_Reference={...}."""
    named = ((name.split("_"), value) for name, value in values.items())
    return {"extension": [{"url": url, f"value{of}": value} for (url, of), value in named]}


def accepted(**values: Any) -> list[dict[str, Any]]:
    """Return a goal's acceptance with these parts."""
    return ext("goal-acceptance", **parts(**values))


HIDDEN = ext("questionnaire-hidden", valueBoolean=True)
RELATIVE = {"system": "mood", "code": "low"}
UNIT = {"system": "http://unitsofmeasure.org", "code": "kg"}
TRANSLATED = ext("translation", **parts(lang_Code="fr", content_String="a"))
CATEGORY = ext("questionnaire-displayCategory", valueCodeableConcept={"text": "x"})

# fmt: off
DEFECTS: list[tuple[Any, ...]] = [
    # releases, rule, planted at, what, and where from there it is found
    (BOTH, "reference/type", "Goal.subject", {"reference": "Practitioner/lee"}, ".reference"),
    (BOTH, "reference/type", "Goal.subject", {"reference": "https://x.example/fhir/Goal/1/_history/2"}, ".reference"),
    (BOTH, "reference/type", "CarePlan.goal[0]", {"reference": "#team"}, ".reference"),
    (BOTH, "reference/type", "CarePlan.contained[1].subject", {"reference": "#"}, ".reference"),
    (BOTH, "reference/type", "Bundle.entry[1].resource.subject", {"reference": URN}, ".reference"),
    ("R5", "reference/type", "CarePlan.addresses", [{"reference": {"reference": "Goal/1"}}], "[0].reference.reference"),
    ("R4", "reference/type", "CarePlan.addresses", [{"reference": "Goal/1"}], "[0].reference"),
    (BOTH, "reference/type", "Questionnaire.item[0].answerValueSet", HL7 + "Patient", ""),
    (BOTH, "reference/type", "Goal.extension",
        accepted(individual_Reference={"reference": "Goal/1"}), "[0].extension[0].valueReference.reference"),
    (BOTH, "reference/said", "Goal.subject", {**ANA, "type": "Group"}, ".type"),
    (BOTH, "reference/said", "Goal.subject", {**ANA, "type": HL7 + "Patient"}, ".type"),
    (BOTH, "reference/said", "Goal.subject", {"reference": "https://x.example/a", "type": "Practitioner"}, ".type"),
    (BOTH, "reference/logical", "Goal.subject", {"identifier": {"value": "17"}, "type": "Practitioner"}, ".type"),
    (BOTH, "reference/blank", "Goal.subject", {"reference": "Patient/ana k"}, ".reference"),
    (BOTH, "reference/form", "Goal.subject", {"reference": "Patient/a_b"}, ".reference"),
    (BOTH, "reference/form", "Goal.subject", {"reference": "17"}, ".reference"),
    (BOTH, "reference/form", "Goal.subject", {"reference": "Person1/17"}, ".reference"),
    (BOTH, "reference/part", "Questionnaire.item[0].answerValueSet", "#seldom", ""),
    (BOTH, "reference/part", "CarePlan.instantiatesCanonical", ["#team|1"], "[0]"),
    (BOTH, "invariant/absolute-canonical", "CarePlan.instantiatesCanonical", ["PlanDefinition/a"], "[0]"),
    (BOTH, "invariant/absolute-canonical", "Goal.meta", {"profile": ["goal"]}, ".profile[0]"),
    (BOTH, "invariant/absolute-canonical", "Questionnaire.derivedFrom", ["phq-9"], "[0]"),
    (BOTH, "invariant/absolute-url", "Questionnaire.url", "phq-9", ""),
    (BOTH, "invariant/absolute-url", "Questionnaire.contained[0].url", "often", ""),
    (BOTH, "invariant/absolute-system", "Goal.identifier", [{"system": "mrn", "value": "17"}], "[0].system"),
    (BOTH, "invariant/absolute-system", "Goal.meta", {"tag": [RELATIVE]}, ".tag[0].system"),
    (BOTH, "invariant/absolute-system", "Questionnaire.item[0].code", [RELATIVE], "[0].system"),
    (BOTH, "invariant/absolute-system", "Questionnaire.contained[0].compose",
        {"include": [{"system": "mood"}]}, ".include[0].system"),
    (BOTH, "invariant/system-of-code", "Questionnaire.item[0].code",
        [{"system": "http://hl7.org/fhir/ValueSet/goal-status", "code": "active"}], "[0].system"),
    (BOTH, "invariant/absolute-extension", "Goal.extension", [{"url": "say", "valueString": "so"}], "[0].url"),
    (BOTH, "profile/extension-context", "Goal.extension", HIDDEN, "[0]"),
    (BOTH, "profile/extension-context", "Questionnaire.item[0]._text", {"extension": HIDDEN}, ".extension[0]"),
    (BOTH, "profile/extension-context", "Goal.extension",
        [{"url": "https://x.example/a", "extension": accepted(individual_Reference=ANA)}], "[0].extension[0]"),
    (BOTH, "profile/extension-context", "Questionnaire.item[0].extension",
        ext("questionnaire-unit", valueCoding=UNIT), "[0]"),
    (BOTH, "profile/extension-context", "Questionnaire.item[0].extension",
        ext("questionnaire-maxOccurs", valueInteger=Number("2")), "[0]"),
    (BOTH, "profile/extension-context", "Questionnaire.item[0].extension", TRANSLATED, "[0]"),
    (BOTH, "profile/extension-value", "Goal.extension", ext("goal-reasonRejected", valueString="x"), "[0].valueString"),
    (BOTH, "profile/extension-value", "Goal.extension",
        ext("goal-reasonRejected", **parts(a_Code="a")), "[0].extension"),
    (BOTH, "profile/extension-part", "Goal.extension", accepted(status_Code="agree"), "[0].extension"),
    (BOTH, "profile/extension-part", "Goal.extension",
        accepted(individual_Reference=ANA, more_Code="a"), "[0].extension[1].url"),
    (BOTH, "profile/extension-part", "Goal.extension",
        ext("goal-acceptance", extension=parts(individual_Reference=ANA)["extension"] * 2), "[0].extension[1]"),
    (BOTH, "profile/extension-value", "Goal.extension",
        accepted(individual_String="Ana"), "[0].extension[0].valueString"),
    (BOTH, "profile/extension-code", "Goal.extension",
        accepted(individual_Reference=ANA, status_Code="yes"), "[0].extension[1].valueCode"),
    (BOTH, "profile/extension-code", "Goal._startDate",
        {"extension": ext("data-absent-reason", valueCode="lost")}, ".extension[0].valueCode"),
    (BOTH, "profile/extension-modifier", "Goal.modifierExtension",
        ext("goal-reasonRejected", valueCodeableConcept={"text": "x"}), "[0]"),
]
SOUND_ONES: list[tuple[Any, ...]] = [
    (BOTH, "Goal.subject", {"reference": "https://x.example/fhir/Patient/1/_history/2", "type": "Patient"}),
    (BOTH, "Goal.subject", {"reference": URN, "type": "Patient"}),
    (BOTH, "Goal.subject", {"reference": "https://x.example/people?17"}),
    (BOTH, "Goal.subject", {"display": "Ana"}),
    (BOTH, "Goal.addresses", [{"reference": "Observation/1"}]),
    (BOTH, "CarePlan.supportingInfo", [{"reference": "Goal/1"}, {"reference": "#team"}]),
    (BOTH, "Questionnaire.item[0].answerValueSet", "#often"),
    (BOTH, "Questionnaire.item[0].answerValueSet", "#first"),
    (BOTH, "Questionnaire.item[0].answerValueSet", "http://hl7.org/fhir/ValueSet/goal-status"),
    (BOTH, "Questionnaire.url", URN),
    (BOTH, "Goal.identifier", [{"system": "urn:oid:1.2.3", "value": "17"}]),
    (BOTH, "Goal.implicitRules", "rules"),
    (BOTH, "Goal.extension", [{"url": "https://x.example/a", "extension": [{"url": "part", "valueCode": "a"}]}]),
    (BOTH, "Goal.extension", ext("no-such-extension", valueCode="a")),
    (BOTH, "Goal.extension", accepted(individual_Reference=ANA, status_Code="agree")),
    (BOTH, "Goal._startDate", {"extension": ext("data-absent-reason", valueCode="unknown")}),
    (BOTH, "Questionnaire.item[1].item[0].extension", [*HIDDEN, *ext("questionnaire-unit", valueCoding=UNIT)]),
    (BOTH, "Questionnaire.item[0].extension", ext("questionnaire-maxOccurs", valueInteger=Number("1"))),
    (BOTH, "Questionnaire.item[0]._text", {"extension": TRANSLATED}),
    (BOTH, "Questionnaire.item[0]", {"linkId": "1", "type": "string", "code": [{"system": "local", "display": "x"}]}),
    ("R4", "Questionnaire.item[0]",
        {"linkId": "1", "type": "choice", "extension": ext("questionnaire-choiceOrientation", valueCode="vertical")}),
    ("R5", "Questionnaire.item[0]",
        {"linkId": "1", "type": "coding", "extension": ext("questionnaire-choiceOrientation", valueCode="vertical")}),
    (BOTH, "Questionnaire.item[0]", {"linkId": "1", "type": "display", "extension": CATEGORY}),
]
# fmt: on
RULES_SEEN = {rule for _, rule, *_ in DEFECTS}


def _each(rows: list[tuple[Any, ...]]) -> list[Any]:
    """Return each row once a release, named by its number."""
    return [
        pytest.param(release, *row[1:], id=f"{release}-{number}-{str(row[1]).rsplit('/', maxsplit=1)[-1]}")
        for number, row in enumerate(rows)
        for release in row[0].split()
    ]


def _planted(place: str, value: Any) -> Any:
    kind, _, inside = place.partition(".")
    return planted(OF[kind], inside, value)


@pytest.mark.parametrize(("release", "rule", "place", "value", "where"), _each(DEFECTS))
def test_each_defect_is_found_where_it_stands(release: str, rule: str, place: str, value: Any, where: str) -> None:
    """One defect, one rule, one place."""
    found = {(f.rule, f.path) for f in links(_planted(place, value), release)}
    assert found == {(rule, place.replace("._", ".") + where)}


@pytest.mark.parametrize(("release", "place", "value"), _each(SOUND_ONES))
def test_what_is_sound_has_no_finding(release: str, place: str, value: Any) -> None:
    """What differs from a defect in the one point that counts is passed."""
    assert links(_planted(place, value), release) == []


@pytest.mark.parametrize("release", ["R4", "R5"])
def test_the_sound_documents_have_no_finding(release: str) -> None:
    """What the defects are planted in has none, so that each finding comes from its defect."""
    assert [links(tree, release) for tree in OF.values()] == [[]] * len(OF)


def test_findings_of_each_level_come_with_check() -> None:
    """`check` says them at their levels, and none bars what was received from being written on."""
    document = _planted("Goal.identifier", [{"system": "mrn", "value": "17"}]) | {"extension": HIDDEN}
    document["subject"] = {"reference": "Practitioner/lee"}
    found = check(dump(document))
    assert {(f.rule, f.level) for f in found} == {
        ("invariant/absolute-system", "invariant"),
        ("profile/extension-context", "profile"),
        ("reference/type", "reference"),
    }
    assert {f.rule for f in check(document, levels=BASE)} == {"invariant/absolute-system"}
    assert is_usable(document)
    assert {RULES[rule].level for rule in RULES_SEEN} <= set(LEVELS) - set(USABLE)


@pytest.mark.parametrize("tree", [None, 7, [], {}, {"resourceType": []}, {"resourceType": "Goal", "subject": [1]}])
def test_no_tree_makes_it_raise(tree: Any) -> None:
    """What is no resource has no findings here."""
    assert links(tree, "R4") == []


@pytest.mark.parametrize(
    "value", [None, 7, "x", [], {}, [None], [[]], [{}], {"url": 7}, {"reference": []}, {"type": {}}]
)
@pytest.mark.parametrize(
    "place", ["Goal.subject", "Goal.extension", "Goal.identifier", "Questionnaire.url", "CarePlan.contained"]
)
def test_what_is_of_the_wrong_form_is_taken_as_not_there(place: str, value: Any) -> None:
    """It has its finding from structure; here it makes no noise but that of what it lacks."""
    assert {f.rule for f in links(_planted(place, value), "R4")} <= {"invariant/absolute-url"}
