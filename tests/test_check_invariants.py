"""Each invariant of datatypes, forms and records around the plan finds the one defect that is planted for it."""

from __future__ import annotations

from typing import Any

import pytest
from test_check_rules import CONDITION, FORM, GOAL, GONE, THO, _named, planted

from mappings.check import check, is_valid
from mappings.tree import Number

ONE, TWO = Number("1"), Number("2")
UCUM = "http://unitsofmeasure.org"
MONTHS = {"value": TWO, "system": UCUM, "code": "mo"}
REQUEST: dict[str, Any] = {
    "resourceType": "ServiceRequest",
    "status": "active",
    "intent": "order",
    "subject": {"display": "Asha"},
    "occurrenceTiming": {"repeat": {"frequency": ONE, "period": ONE, "periodUnit": "wk", "when": ["MORN"]}},
}
PATIENT = {"resourceType": "Patient", "contact": [{"telecom": [{"system": "phone", "value": "1"}]}]}
RISK = {
    "resourceType": "RiskAssessment",
    "status": "final",
    "subject": {"display": "A"},
    "prediction": [{"rationale": "b"}],
}
CONSENT: dict[str, Any] = {
    "resourceType": "Consent",
    "status": "active",
    "scope": {"coding": [{"system": THO + "consentscope", "code": "patient-privacy"}]},
    "category": [{"coding": [{"system": "http://loinc.org", "code": "59284-0"}]}],
    "policy": [{"uri": "http://example.org/policy"}],
}
GROUP = {
    "resourceType": "RequestGroup",
    "status": "active",
    "intent": "plan",
    "action": [{"resource": {"display": "x"}}],
}
TASK = {
    "resourceType": "Task",
    "status": "draft",
    "intent": "order",
    "authoredOn": "2026-05",
    "lastModified": "2026-05-03",
}
VISIT: dict[str, Any] = {
    "resourceType": "Appointment",
    "status": "proposed",
    "participant": [{"actor": {"display": "Asha"}, "status": "accepted"}],
}
VALUES = {"resourceType": "ValueSet", "status": "active", "name": "Yes"}
FORM5 = {"resourceType": "Questionnaire", "status": "active", "item": [{"linkId": "1", "type": "string"}]}
REQUEST5 = REQUEST | {"code": {"concept": {"text": "visit"}}}
SITED = REQUEST5 | {"bodyStructure": {"display": "arm"}}
ORCHESTRATION = GROUP | {"resourceType": "RequestOrchestration"}
RESPONSE5: dict[str, Any] = {
    "resourceType": "QuestionnaireResponse",
    "questionnaire": "http://example.org/q",
    "status": "completed",
    "item": [{"linkId": "1", "item": [{"linkId": "1.1", "answer": [{"valueInteger": ONE}]}]}],
}
TEAM5 = {"resourceType": "CareTeam", "participant": [{"member": {"display": "Imran"}}]}
TWICE = [{"linkId": "2", "answer": [{"valueInteger": ONE}]}] * 2
SEEN = {"resourceType": "Observation", "status": "final", "code": {"text": "x"}, "bodyStructure": {"display": "arm"}}
TWICE_GROUPED = [{"linkId": "1.1", "item": TWICE}]
WHEN = "occurrenceTiming.repeat"
DIV = '<div xmlns="http://www.w3.org/1999/xhtml">%s</div>'
TARGET = "target[0].detailRange"
HALF = {"numerator": {"value": ONE}}
RANGE = {"low": MONTHS, "high": MONTHS | {"value": ONE}}
HIGH = {"low": {"value": ONE, "system": UCUM, "code": "mg"}}
NO_DETAIL = planted(GOAL, "target[0].detailQuantity", GONE)
EXTENDED = "extension[0].value"

# fmt: off
NEED = {"type": "Observation"}
OF_TYPES: tuple[tuple[Any, ...], ...] = (
    ("drq-1", "valueDataRequirement", NEED | {"codeFilter": [{"path": "a", "searchParam": "b"}]},
              "valueDataRequirement.codeFilter[0].path"),
    ("drq-2", "valueDataRequirement", NEED | {"dateFilter": [{"valueDateTime": "2026"}]},
              "valueDataRequirement.dateFilter[0].path"),
    ("trd-1", "valueTriggerDefinition", {"type": "data-added", "data": [NEED], "timingDate": "2026"},
              "valueTriggerDefinition.data"),
    ("trd-2", "valueTriggerDefinition", {"type": "named-event", "name": "a", "condition":
              {"language": "text/fhirpath", "expression": "true"}}, "valueTriggerDefinition.condition"),
    ("trd-3", "valueTriggerDefinition", {"type": "periodic"}, "valueTriggerDefinition.type"),
    ("invariant/attachment-hash", "valueAttachment", {"contentType": "a/b", "data": "AAAA", "hash": "AAAA"},
              "valueAttachment.hash"),
    ("invariant/identifier-uri", "valueIdentifier", {"system": "urn:ietf:rfc:3986", "value": "17"},
              "valueIdentifier.value"),
)
SOME = {"display": "x"}
ORGANIZATION: dict[str, Any] = {"resourceType": "Organization", "name": "Riverside"}
LIST: dict[str, Any] = {"resourceType": "List", "status": "current", "mode": "snapshot", "entry": [{"item": SOME}]}
FAMILY: dict[str, Any] = {"resourceType": "FamilyMemberHistory", "status": "partial", "patient": SOME,
                          "relationship": {"text": "aunt"}}
PAPER: dict[str, Any] = {"resourceType": "Composition", "status": "final", "type": {"text": "x"}, "date": "2026",
                         "author": [SOME], "title": "x", "section": [{"title": "x", "entry": [SOME]}]}
SYSTEM: dict[str, Any] = {"resourceType": "CodeSystem", "status": "active", "content": "complete",
                          "concept": [{"code": "a", "concept": [{"code": "b"}]}]}
EXPANDED: dict[str, Any] = VALUES | {"compose": {"include": [{"system": "urn:a:b", "concept": [{"code": "a"}]}]},
                                     "expansion": {"timestamp": "2026", "contains": [
                                         {"system": "urn:a:b", "code": "a", "display": "A"}]}}
ALLERGY: dict[str, Any] = {"resourceType": "AllergyIntolerance", "patient": SOME, "clinicalStatus": {"coding": [
    {"system": THO + "allergyintolerance-clinical", "code": "active"}]}}
MISTAKE = {"coding": [{"system": THO + "allergyintolerance-verification", "code": "entered-in-error"}]}
HELD: tuple[tuple[Any, ...], ...] = (
    ("org-1",   ORGANIZATION, "name",                    GONE),
    ("vsd-1",   EXPANDED,    "compose.include[0]",       {"version": "1"}, "ValueSet.compose.include[0].system"),
    ("vsd-2",   EXPANDED,    "compose.include[0]",       {"valueSet": ["urn:a:c"], "concept": [{"code": "a"}]},
                             "ValueSet.compose.include[0].system"),
    ("vsd-3",   EXPANDED,    "compose.include[0].filter", [{"property": "a", "op": "=", "value": "b"}]),
    ("vsd-6",   EXPANDED,    "expansion.contains[0]",    {"abstract": True}, "ValueSet.expansion.contains[0].code"),
    ("vsd-9",   EXPANDED,    "expansion.contains[0]",    {"display": "x"}, "ValueSet.expansion.contains[0].code"),
    ("vsd-10",  EXPANDED,    "expansion.contains[0].system", GONE),
    ("csd-1",   SYSTEM,      "concept[0].concept[0].code", "a", "CodeSystem.concept"),
    ("lst-1",   LIST,        "emptyReason",              {"text": "x"}),
    ("fhs-1",   FAMILY | {"ageString": "50"}, "bornString", "1970", "FamilyMemberHistory"),
    ("fhs-2",   FAMILY,      "estimatedAge",             True),
    ("cmp-1",   PAPER,       "section[0].entry",         GONE, "Composition.section[0].text"),
    ("cmp-2",   PAPER,       "section[0].emptyReason",   {"text": "x"}),
)
LABEL = {"system": THO + "v3-Confidentiality", "code": "R"}
R4: list[tuple[Any, ...]] = [
    *((rule, GOAL, "extension", [{"url": "http://example.org/x", name: value}], f"Goal.extension[0].{at}")
      for rule, name, value, at in OF_TYPES),
    *HELD,
    ("org-2",   ORGANIZATION, "address",                 [{"use": "home", "text": "x"}]),
    ("org-3",   ORGANIZATION, "telecom",                 [{"use": "home", "system": "phone", "value": "1"}]),
    ("ait-1",   ALLERGY,     "clinicalStatus",           GONE),
    ("ait-2",   ALLERGY,     "verificationStatus",       MISTAKE, "AllergyIntolerance.clinicalStatus"),
    ("grp-1",   {"resourceType": "Group", "type": "person", "actual": False}, "member", [{"entity": SOME}]),
    ("lst-2",   LIST,        "entry[0].deleted",         True, "List.mode"),
    ("lst-3",   LIST,        "entry[0].date",            "2026", "List.mode"),
    ("invariant/attachment-size", FORM, "item[3].initial[0].valueAttachment.size", Number("4")),
    ("invariant/label-twice", GOAL,      "meta",                 {"security": [LABEL, LABEL]}, "Goal.meta.security"),
    ("invariant/narrative-link", GOAL,   "text.div",                 DIV % '<a href="#so">a</a>'),
    # rule      sound        changed at                  to                               found at, if elsewhere
    ("per-1",   PATIENT,     "identifier",               [{"period": {"start": "2026-05-03", "end": "2026-05-01"}}],
                             "Patient.identifier[0].period.end"),
    ("rng-2",   NO_DETAIL,   TARGET,                     RANGE,       "Goal.target[0].detailRange.high"),
    ("sqty-1",  NO_DETAIL,   TARGET,                     {"low": MONTHS | {"comparator": ">"}},
                             "Goal.target[0].detailRange.low"),
    ("rat-1",   NO_DETAIL,   "target[0].detailRatio",    HALF),
    ("age-1",   CONDITION,   "onsetAge",                 {"value": TWO, "unit": "years"}),
    ("age-1",   CONDITION,   "onsetAge",                 MONTHS | {"value": Number("0")}),
    ("cnt-3",   GOAL,        "extension",                [{"url": "http://example.org/x", "valueCount": MONTHS}],
                             "Goal.extension[0].valueCount"),
    ("dis-1",   GOAL,        "extension",                [{"url": "http://example.org/x",
                             "valueDistance": {"value": ONE}}],
                             "Goal.extension[0].valueDistance"),
    ("drt-1",   GOAL,        "extension",                [{"url": "http://example.org/x",
                             "valueDuration": {"code": "d", "system": UCUM}}],
                             "Goal.extension[0].valueDuration"),
    ("cpt-2",   PATIENT,     "contact[0].telecom[0].system", GONE),
    ("exp-1",   GOAL,        "extension",   [{"url": "http://example.org/x", "valueExpression":
                             {"language": "text/fhirpath", "description": "x"}}],
                             "Goal.extension[0].valueExpression.expression"),
    ("tim-1",   REQUEST,     f"{WHEN}.duration",         ONE,         f"ServiceRequest.{WHEN}.durationUnit"),
    ("tim-2",   REQUEST,     f"{WHEN}.periodUnit",       GONE),
    ("tim-4",   REQUEST,     WHEN,                       {"duration": Number("-1"), "durationUnit": "d"},
                             f"ServiceRequest.{WHEN}.duration"),
    ("tim-5",   REQUEST,     f"{WHEN}.period",           Number("-1")),
    ("tim-6",   REQUEST,     WHEN,                       {"periodMax": ONE}, f"ServiceRequest.{WHEN}.period"),
    ("tim-7",   REQUEST,     f"{WHEN}.durationMax",      ONE,         f"ServiceRequest.{WHEN}.duration"),
    ("tim-8",   REQUEST,     f"{WHEN}.countMax",         ONE,         f"ServiceRequest.{WHEN}.count"),
    ("tim-9",   REQUEST,     WHEN,                       {"offset": ONE}, f"ServiceRequest.{WHEN}.when"),
    ("tim-9",   REQUEST,     WHEN,                       {"offset": ONE, "when": ["C"]}, f"ServiceRequest.{WHEN}.when"),
    ("tim-10",  REQUEST,     f"{WHEN}.timeOfDay",        ["08:00:00"], f"ServiceRequest.{WHEN}.when"),
    ("txt-1",   GOAL,        "text.div",                 DIV % "<script>x</script>"),
    ("txt-1",   GOAL,        "text.div",                 DIV % "<p onclick='x'>to sing</p>"),
    ("txt-1",   GOAL,        "text.div",                 DIV % "<p>to sing"),
    ("txt-2",   GOAL,        "text.div",                 DIV % " <p/>"),
    ("que-0",   FORM,        "name",                     "phq 9"),
    ("vsd-0",   VALUES,      "name",                     "yes or no"),
    ("prr-1",   REQUEST,     "orderDetail",              [{"text": "weekly"}]),
    ("rqg-1",   GROUP,       "action[0]",                {"title": "x"}),
    ("con-1",   CONDITION,   "stage",                    [{"type": {"text": "x"}}], "Condition.stage[0]"),
    ("pat-1",   PATIENT,     "contact[0]",               {"gender": "female"}),
    ("ppc-1",   CONSENT,     "policy",                   GONE,        "Consent.policyRule"),
    ("ras-1",   RISK,        "prediction[0].probabilityRange", HIGH),
    ("ras-2",   RISK,        "prediction[0].probabilityDecimal", Number("101")),
    ("inv-1",   TASK,        "lastModified",             "2026-04-28"),
    ("app-1",   VISIT,       "participant[0].actor",     GONE,        "Appointment.participant[0]"),
    ("app-2",   VISIT,       "start",                    "2026-05-03T09:00:00Z", "Appointment.end"),
    ("app-3",   VISIT,       "status",                   "booked",    "Appointment.start"),
    ("app-4",   VISIT,       "cancelationReason",        {"text": "x"}),
]
R5: list[tuple[Any, ...]] = [
    *((rule, GOAL, "extension", [{"url": "http://example.org/x", name: value}], f"Goal.extension[0].{at}")
      for rule, name, value, at in OF_TYPES),
    ("org-3",   ORGANIZATION, "contact",
                             [{"telecom": [{"use": "home", "system": "phone", "value": "1"}]}]),
    ("org-4",   ORGANIZATION, "contact",                 [{"address": {"use": "home", "text": "x"}}]),
    ("enc-1",   {"resourceType": "Encounter", "status": "planned"}, "participant", [{"period": {"start": "2026"}}],
                             "Encounter.participant[0].type"),
    ("fhs-3",   FAMILY | {"ageString": "50"}, "deceasedBoolean", True, "FamilyMemberHistory"),
    ("tsk-1",   TASK,        "restriction",              {"repetitions": ONE}),
    ("ref-2",   GOAL,        "subject",                  {"type": "Patient"}),
    ("cod-1",   GOAL,        "category",                 [{"coding": [{"display": "x"}]}],
                             "Goal.category[0].coding[0].code"),
    ("ident-1", GOAL,        "identifier[0].value",      GONE),
    ("exp-2",   GOAL,        "extension",   [{"url": "http://example.org/x", "valueExpression":
                             {"name": "a b", "language": "text/fhirpath", "expression": "x"}}],
                             "Goal.extension[0].valueExpression.name"),
    ("sdd-1",   GOAL,        "extension",   [{"url": "http://example.org/x", "valueSampledData":
                             {"origin": {"value": ONE}, "dimensions": ONE, "intervalUnit": "s"}}],
                             "Goal.extension[0].valueSampledData.interval"),
    ("dos-1",   GOAL,        "extension",   [{"url": "http://example.org/x", "valueDosage":
                             {"asNeeded": False, "asNeededFor": [{"text": "x"}]}}],
                             "Goal.extension[0].valueDosage.asNeededFor"),
    ("ratrng-1", GOAL,       "extension",   [{"url": "http://example.org/x",
                             "valueRatioRange": {"denominator": MONTHS}}],
                             "Goal.extension[0].valueRatioRange"),
    ("ratrng-2", GOAL,       "extension",   [{"url": "http://example.org/x", "valueRatioRange": {"lowNumerator": MONTHS,
                             "highNumerator": MONTHS | {"value": ONE}, "denominator": MONTHS}}],
                             "Goal.extension[0].valueRatioRange.highNumerator"),
    ("av-1",    GOAL,        "extension",   [{"url": "http://example.org/x", "valueAvailability": {"availableTime":
                             [{"allDay": True, "availableStartTime": "08:00:00"}]}}],
                             "Goal.extension[0].valueAvailability.availableTime[0].allDay"),
    ("qrs-2",   RESPONSE5,   "item[0].item",             TWICE_GROUPED, "QuestionnaireResponse.item[0]"),
    ("cnl-0",   FORM5,       "name",                     "phq 9"),
    ("cnl-1",   FORM5,       "url",                      "http://example.org/q|1"),
    ("que-14",  FORM5,       "item[0].answerConstraint", "optionsOnly"),
    ("que-15",  FORM5,       "item[0].linkId",           "x" * 256),
    ("bdystr-1", SITED,      "bodySite",                 [{"text": "arm"}], "ServiceRequest.bodyStructure"),
    ("obs-8",   SEEN,        "bodySite",                 {"text": "arm"}, "Observation.bodyStructure"),
    ("app-5",   VISIT | {"start": "2026-05-03T09:00:00Z"}, "end", "2026-05-03T08:00:00Z"),
    ("app-7",   VISIT,       "cancellationDate",         "2026-05-03"),
    ("rqg-1",   ORCHESTRATION, "action[0]",              {"title": "x"}),
    ("ctm-2",   TEAM5,       "participant[0]",           {"onBehalfOf": {"display": "x"}}),
]
# fmt: on


@pytest.mark.parametrize("defect", R4, ids=_named(R4))
def test_each_defect_of_r4_is_found_where_it_stands(defect: tuple[Any, ...]) -> None:
    """One defect, one rule, one place."""
    assert _found(defect, "R4") == _expected(defect)


@pytest.mark.parametrize("defect", R5, ids=_named(R5))
def test_each_defect_of_r5_is_found_where_it_stands(defect: tuple[Any, ...]) -> None:
    """One defect, one rule, one place."""
    assert _found(defect, "R5") == _expected(defect)


def _found(defect: tuple[Any, ...], release: str) -> set[tuple[str, str]]:
    _, sound, place, value, *_ = defect
    findings = check(planted(sound, place, value), release=release)
    return {(f.rule, f.path) for f in findings if f.rule != "binding/not-checked"}


def _expected(defect: tuple[Any, ...]) -> set[tuple[str, str]]:
    rule, sound, place, _, *found = defect
    return {(rule, found[0] if found else f"{sound['resourceType']}.{place}")}


def test_a_period_is_reversed_in_r5_only_however_its_ends_are_read() -> None:
    """R5 compares boundaries, so that a day and a moment on it are in order; R4 asks for `start <= end`, which nobody
    can say of them: https://hl7.org/fhir/R4/datatypes.html#Period, https://hl7.org/fhirpath/#comparison"""
    for start, end in (("2026-05", "2026-05-01"), ("2026-05-02T00:30:00+05:30", "2026-05-01"), ("2026", "2026")):
        period = planted(PATIENT, "identifier", [{"value": "1", "period": {"start": start, "end": end}}])
        assert is_valid(period, release="R5"), (start, end)
        assert is_valid(period, release="R4") == (start == end), (start, end)


def test_a_range_of_two_units_is_not_compared() -> None:
    """What quantities of different units are to each other is not known here: no finding."""
    other = {"low": MONTHS, "high": {"value": ONE, "system": UCUM, "code": "a"}}
    assert check(planted(NO_DETAIL, TARGET, other)) == []


def test_a_narrative_has_what_html_has_for_text() -> None:
    """https://hl7.org/fhir/R4/narrative.html#xhtml: images, tables and links are allowed; entities of HTML are not."""
    inner = '<p>a\u00a0b &#233; <a href="x">c</a><img src="d" alt="e"/></p><ul><li>f</li></ul>'
    assert check(planted(GOAL, "text.div", DIV % inner)) == []


@pytest.mark.parametrize(
    "inner",
    [
        "a&nbsp;b", "<u>a</u>", '<p data-a="b">c</p>', "<li>a</li>", "<ul>a</ul>", "<table><td>a</td></table>",
        "<p><div>a</div></p>", "<span><table/></span>", '<a href="javascript:a()">b</a>', '<a href="">a</a>',
        "<a><a>b</a></a>", "<br>a</br>",
    ],
)  # fmt: skip
def test_a_narrative_has_no_more_than_html_has_for_text(inner: str) -> None:
    """Elements and attributes of other chapters, entities, scripts in links, and elements out of their place."""
    assert [f.rule for f in check(planted(GOAL, "text.div", DIV % inner))] == ["txt-1"]


def test_a_link_of_a_narrative_leads_to_an_id_of_the_resource() -> None:
    """The end of a link may be in the narrative, or be any element or contained resource."""
    linked = planted(GOAL, "text.div", DIV % '<a href="#so">a</a>')
    assert [f.rule for f in check(linked)] == ["invariant/narrative-link"]
    assert check(planted(GOAL, "text.div", DIV % '<a href="#so">a</a><b id="so">b</b>')) == []
    assert check(planted(linked, "target[0].id", "so")) == []
