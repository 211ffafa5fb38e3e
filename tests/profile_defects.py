"""Resources that meet a profile, and each with one thing in it that the profile does not allow, written from the
profiles' StructureDefinitions: every kind of constraint that a profile has, in each profile that has it.

`check` finds them by their rule (test_check_profiles.py), HL7's validator confirms them (test_referee_profiles.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from defects import planted
from more_defects import GONE

from mappings.tree import Tree, from_plain

US_CORE = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-"
SDC = "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire"
NRCES = "https://nrces.in/ndhm/fhir/r4/StructureDefinition/"
MCC = "http://hl7.org/fhir/us/mcc/StructureDefinition/"
CORE = "http://hl7.org/fhir/StructureDefinition/"
SNOMED = "http://snomed.info/sct"

# fmt: off
PROFILES = {
    # short            canonical                                   held to by the guide
    "CP6":   f"{US_CORE}careplan|6.1.0",               "G6":   f"{US_CORE}goal|6.1.0",
    "QR6":   f"{US_CORE}questionnaireresponse|6.1.0",  "CP7":  f"{US_CORE}careplan|7.0.0",
    "CP8":   f"{US_CORE}careplan|8.0.0",               "CP9":  f"{US_CORE}careplan|9.0.0",
    "G9":    f"{US_CORE}goal|9.0.0",                   "QR9":  f"{US_CORE}questionnaireresponse|9.0.0",
    "Q":     f"{SDC}|4.0.0",                           "QC":   f"{SDC}common|4.0.0",
    "QB":    f"{SDC}-behave|4.0.0",                    "QE":   f"{SDC}-pop-exp|4.0.0",
    "QL":    f"{SDC}-pop-exp|4.0.0",
    "QO":    f"{SDC}-pop-obsn|4.0.0",                  "QX":   f"{SDC}-extr-obsn|4.0.0",
    "QR":    f"{SDC}response|4.0.0",                   "QRC":  f"{SDC}responsecommon|4.0.0",
    "IN":    f"{NRCES}CarePlan|2.0.1",                 "INC":  f"{NRCES}Condition|2.0.1",
    "INS":   f"{NRCES}ServiceRequest|2.0.1",
    "MCC":   f"{MCC}mccCarePlan|1.0.0",                "T6":   f"{US_CORE}careteam|6.1.0",
    "T9":    f"{US_CORE}careteam|9.0.0",
    "OB":    f"{US_CORE}observation-screening-assessment|9.0.0",
}
KNOWN_WITH = {
    # the receiver whose folders of definitions have a profile; "": none has
    "CP6": "us-core-6.1", "G6": "us-core-6.1", "QR6": "us-core-6.1", "T6": "us-core-6.1",
    "CP9": "us-core-9", "G9": "us-core-9", "QR9": "us-core-9", "T9": "us-core-9", "OB": "us-core-9",
    "CP7": "", "CP8": "", "Q": "sdc-4", "QC": "sdc-4", "QB": "sdc-4", "QE": "sdc-4", "QL": "", "QO": "sdc-4",
    "QX": "sdc-4", "QR": "sdc-4", "QRC": "sdc-4", "IN": "abdm", "INC": "abdm", "INS": "abdm", "MCC": "",
}
# fmt: on


def _concept(system: str, code: str, **more: str) -> Any:
    return {"coding": [{"system": system, "code": code, **more}]}


ASSESS = _concept("http://hl7.org/fhir/us/core/CodeSystem/careplan-category", "assess-plan")
LOCAL = _concept("https://clinic.example/codes", "recovery", display="Recovery plan")
PLAN = _concept(SNOMED, "734163000", display="Care plan")
DEPENDENCE = _concept(SNOMED, "75544000", display="Opioid dependence")
SURVEY = _concept("http://terminology.hl7.org/CodeSystem/observation-category", "survey")
UNIT = {"value": 3, "unit": "{score}", "system": "http://unitsofmeasure.org", "code": "{score}"}
WHO = {"reference": "Patient/asha"}
DIV = '<div xmlns="http://www.w3.org/1999/xhtml"><p>In short</p></div>'
TEXT = {"status": "generated", "div": DIV}
ROLE = _concept(SNOMED, "116154003", display="Patient (person)")
OTHER = _concept("https://clinic.example/roles", "keyworker", display="Keyworker")
CONDITION = {"resourceType": "Condition", "id": "need", "code": DEPENDENCE, "subject": WHO}


def _expression(language: str = "text/fhirpath") -> Any:
    return {"valueExpression": {"language": language, "expression": "true"}}


def _ext(url: str, **value: Any) -> Any:
    return {"url": url, **value}


SEMVER = _ext(
    CORE + "artifact-versionAlgorithm",
    valueCoding={"system": "http://hl7.org/fhir/version-algorithm", "code": "semver"},
)
HIDDEN = _ext(CORE + "questionnaire-hidden", valueBoolean=False)
PERIOD = _ext(
    f"{SDC}-observationLinkPeriod",
    valueDuration={"value": 1, "unit": "year", "system": "http://unitsofmeasure.org", "code": "a"},
)
LAUNCH_SYSTEM = "http://hl7.org/fhir/uv/sdc/CodeSystem/launchContext"


def _launch(name: str, kind: str) -> Any:
    named = _ext("name", valueCoding={"system": LAUNCH_SYSTEM, "code": name})
    return {"url": f"{SDC}-launchContext", "extension": [named, _ext("type", valueCode=kind)]}


LAUNCH = _launch("patient", "Patient")
NAMED = LAUNCH["extension"][0]
NESTED = _ext(f"{SDC}-calculatedExpression", extension=[HIDDEN])
NOTE = _ext(CORE + "designNote", valueMarkdown="for the clinic")
OPTIONAL = _ext(f"{SDC}-optionalDisplay", valueBoolean=True)
USED = _ext(CORE + "questionnaire-usageMode", valueCode="capture")
ALONE = _ext(CORE + "questionnaire-optionExclusive", valueBoolean=True)
ANSWERS = {"url": f"{SDC}-answerExpression", **_expression()}
ITEM = {"linkId": "x", "type": "string", "text": "More?"}
INITIAL = {"url": f"{SDC}-initialExpression", **_expression()}
CALCULATED = {"url": f"{SDC}-calculatedExpression", **_expression()}
ENABLED = {"url": f"{SDC}-enableWhenExpression", **_expression()}
EXTRACT = _ext(f"{SDC}-observationExtract", valueBoolean=True)
WRITTEN = _concept("http://terminology.hl7.org/CodeSystem/v3-ParticipationMode", "WRITTEN")
SIGNED = _ext(CORE + "questionnaireresponse-completionMode", valueCodeableConcept=WRITTEN)
MEDIA = _ext(f"{SDC}-itemMedia", valueAttachment={"url": "https://clinic.example/picture"})
ANSWER_MEDIA = _ext(f"{SDC}-itemAnswerMedia", valueAttachment={"url": "https://clinic.example/picture"})
ASSESSED = _ext(f"{SDC}-item-answerAssessment", valueMarkdown="as expected")
SHOWN = _ext(CORE + "display", valueString="A form")
PAGE = _ext(US_CORE + "extension-questionnaire-uri", valueUri="https://clinic.example/form.pdf")
CUSTODIAN = _ext(MCC + "custodian", valueReference=WHO)
YES = {"linkId": "yes", "answer": [{"valueBoolean": True}]}

_CARE_PLAN = {
    "resourceType": "CarePlan", "id": "plan", "text": TEXT, "status": "active", "intent": "plan",
    "category": [ASSESS, LOCAL], "subject": WHO, "contributor": [{"reference": "Practitioner/lee"}],
    "activity": [{"reference": {"reference": "ServiceRequest/walks"}}],
}  # fmt: skip
_IN_INDIA = {
    "resourceType": "CarePlan", "id": "plan", "contained": [CONDITION], "status": "active", "intent": "plan",
    "category": [PLAN], "subject": WHO, "addresses": [{"reference": "#need"}], "basedOn": [{"reference": "CarePlan/1"}],
}  # fmt: skip
_GOAL = {
    "resourceType": "Goal", "id": "goal", "lifecycleStatus": "active", "description": {"text": "To sing again"},
    "subject": WHO, "startDate": "2026-11-22",
}  # fmt: skip
_RESPONSE = {
    "resourceType": "QuestionnaireResponse", "id": "answers", "extension": [SIGNED], "status": "completed",
    "questionnaire": "https://clinic.example/Questionnaire/form|1", "_questionnaire": {"extension": [SHOWN]},
    "subject": WHO, "authored": "2026-11-22", "author": {"reference": "Practitioner/lee"}, "source": WHO,
    "item": [
        {"linkId": "group", "item": [{"linkId": "how", "answer": [{"valueString": "well", "item": [YES]}]}, YES]},
        {"linkId": "group", "item": [YES]},
        {"linkId": "why", "extension": [MEDIA], "answer": [{"extension": [ANSWER_MEDIA], "valueString": "so"}]},
    ],
}  # fmt: skip
_ITEMS: list[Any] = [
    {"linkId": "group", "type": "group", "item": [
        {"extension": [HIDDEN], "linkId": "a", "text": "How often?", "type": "choice", "answerOption": [
            {"valueCoding": {"system": "http://loinc.org", "code": "LA6568-5", "display": "Not at all"}},
            {"valueCoding": {"system": "http://loinc.org", "code": "LA6569-3", "display": "Several days"}}]},
        {"linkId": "b", "text": "Since when?", "type": "date"}]},
    {"linkId": "note", "text": "Take your time.", "type": "display"},
    {"linkId": "c", "text": "Who may read this?", "type": "reference"},
    {"linkId": "d", "text": "What helps?", "type": "string", "initial": [{"valueString": "walking"}]},
    {"linkId": "e", "text": "What else?", "type": "string",
     "enableWhen": [{"question": "d", "operator": "exists", "answerBoolean": True}]},
]  # fmt: skip
_FORM = {
    "resourceType": "Questionnaire", "id": "form", "extension": [SEMVER], "url": "https://clinic.example/form",
    "version": "1.0.0", "name": "Form", "title": "A form", "status": "active", "item": _ITEMS,
}  # fmt: skip
_TEAM = {
    "resourceType": "CareTeam", "id": "team", "status": "active", "subject": WHO,
    "participant": [{"role": [ROLE], "member": WHO}, {"role": [OTHER], "member": {"reference": "Practitioner/lee"}}],
}  # fmt: skip
_SCREENING = {
    "resourceType": "Observation", "id": "score", "status": "final", "category": [SURVEY], "code": DEPENDENCE,
    "subject": WHO, "effectiveDateTime": "2026-11-22", "valueQuantity": UNIT,
}  # fmt: skip
_REQUEST = {
    "resourceType": "ServiceRequest", "id": "walks", "status": "active", "intent": "order", "code": PLAN,
    "subject": WHO, "requester": {"reference": "Practitioner/lee"},
}  # fmt: skip

_SHOWN = [{**_ITEMS[0], "item": [{k: v for k, v in one.items() if k != "extension"} for one in _ITEMS[0]["item"]]}]
_EARLIER = {**_FORM, "item": [*_ITEMS[:4], {**_ITEMS[4], "extension": [PERIOD, EXTRACT]}]}

# fmt: off
_SOUND: dict[str, Any] = {
    "CP6": _CARE_PLAN, "CP7": _CARE_PLAN, "CP8": _CARE_PLAN, "CP9": _CARE_PLAN,
    "MCC": {**_CARE_PLAN, "extension": [CUSTODIAN]},
    "G6": _GOAL, "G9": _GOAL, "QR": _RESPONSE, "QRC": _RESPONSE, "QR9": _RESPONSE,
    "QR6": {**_RESPONSE, "_questionnaire": {"extension": [SHOWN, PAGE]}},
    "Q": _FORM, "QC": _FORM, "QB": _FORM, "QO": _EARLIER, "QX": _EARLIER,
    "QE": {**_FORM, "item": [*_SHOWN, *_ITEMS[1:]]},
    "QL": {**_FORM, "extension": [SEMVER, LAUNCH], "item": [*_SHOWN, *_ITEMS[1:]]},
    "IN": _IN_INDIA, "INC": CONDITION, "INS": _REQUEST, "T6": _TEAM, "T9": _TEAM, "OB": _SCREENING,
}
# fmt: on


def _claiming(short: str) -> Tree:
    plain = _SOUND[short]
    head = {key: plain[key] for key in ("resourceType", "id")}
    return from_plain({**head, "meta": {"profile": [PROFILES[short]]}, **plain})


SOUND: dict[str, Tree] = {short: _claiming(short) for short in PROFILES}
"""A resource that meets each profile and claims it."""

OPTION = "item[0].item[0].answerOption[0].valueCoding"
NEED = {"reference": "#need"}
UNKNOWN = {"extension": [_ext(CORE + "data-absent-reason", valueCode="unknown")]}
LONG = "x" * 256
GROUP = {"reference": "Group/g"}
PLAIN = {"text": "without a code"}
NOBODY = _concept("https://clinic.example/codes", "x", display="X")
BARE = {**CONDITION, "code": NOBODY}

# fmt: off
_ROWS: tuple[tuple[Any, ...], ...] = (
    # profiles          rule             changed at                       to
    ("CP6 CP7 CP8",     "required",      "category",                      GONE),
    ("CP6 CP7",         "slice",         "category",                      GONE),
    ("CP6 CP7 MCC",     "slice",         "category",                      [LOCAL]),
    ("CP6 CP7",         "slice",         "category[0].coding[0].system",  "https://clinic.example/codes"),
    ("CP6 CP7",         "slice",         "category[0].coding[0].code",    "assess"),
    ("CP6 CP7 CP8",     "slice-many",    "category",                      [ASSESS, LOCAL, ASSESS]),
    ("CP6 MCC",         "target",        "subject",                       GROUP),
    ("CP6 CP8 CP9 MCC", "binding",       "text.status",                   "extensions"),
    ("CP6 CP9",         "binding",       "text.status",                   "empty"),
    ("CP6 CP9",         "binding",       "text",                          {"_status": UNKNOWN, "div": DIV}),
    ("MCC",             "not-allowed",   "activity[0]",                   {"detail": {"status": "in-progress"}}),
    ("MCC",             "slice-many",    "extension",                     [CUSTODIAN, CUSTODIAN]),
    ("G6",              "target",        "subject",                       GROUP),
    ("G6",              "target",        "subject",                       {"reference": "Organization/o"}),
    ("QR6 QR9 QR QRC",  "required",      "questionnaire",                 GONE, "_questionnaire", GONE),
    ("QR6 QR9 QR QRC",  "required",      "authored",                      GONE),
    ("QR6 QR9",         "required",      "subject",                       GONE),
    ("QR6",             "target",        "subject",                       GROUP),
    ("QR6",             "target",        "subject",                       {"reference": "http://a.example/fhir/Group/g"}),
    ("QR6 QR9 QR QRC",  "slice-many",    "extension",                     [SIGNED, SIGNED]),
    ("QR6 QR9 QR",      "slice-many",    "_questionnaire.extension",      [SHOWN, SHOWN]),
    ("QR6",             "slice-many",    "_questionnaire.extension",      [PAGE, PAGE]),
    ("QR9",             "slice-many",    "_questionnaire.extension",      [PAGE, PAGE]),
    ("QR9",             "type",          "_questionnaire.extension",      [{"url": PAGE["url"], "valueString": "x"}]),
    ("QR9",             "context",       "extension",                     [SIGNED, PAGE]),
    ("QR6 QR9 QR QRC",  "slice-many",    "item[2].extension",             [MEDIA, MEDIA]),
    ("QR6 QR9 QR QRC",  "slice-many",    "item[2].answer[0].extension",   [ANSWER_MEDIA, ANSWER_MEDIA]),
    ("QR9 QR",          "slice-many",    "item[2].extension",             [ASSESSED, ASSESSED]),
    ("QR9 QR",          "extension-value", "item[2].extension",           [{**ASSESSED, "valueMarkdown": GONE,
                                                                            "valueString": "x"}]),
    ("QR9 QR",          "extension-context", "extension",                 [SIGNED, ASSESSED]),
    ("QR6 QR9 QR",      "sdcqr-2",       "item",                          [YES, YES]),
    ("QR9 QR QRC",      "qrs-2",         "item[0].item[0].answer[0].item", [YES, YES]),
    ("QR9 QR",          "sdcqr-3",       "extension",                     [SIGNED, _ext(
                        "http://hl7.org/fhir/5.0/StructureDefinition/extension-QuestionnaireResponse.source",
                        valueReference=WHO)]),
    ("Q QB QE QO QX",   "required",      "url",                           GONE),
    ("Q QC QB",         "sdc-2",         "extension",                     GONE),
    ("QC QB QX",        "sdc-2",         "extension[0].url",              "https://clinic.example/algorithm"),
    ("Q QC QB",         "que-15",        "item[2].linkId",                LONG),
    ("Q QB",            "que-15",        "item[0].item[1].linkId",        LONG),
    ("Q QC QB",         "que-1c",        "item[1].item",                  [ITEM]),
    ("Q QX",            "que-15",        "item[2]",                       {"_linkId": UNKNOWN, "type": "string"}),
    ("Q QB",            "sdc-base-1",    OPTION,                          {"system": "http://loinc.org"}),
    ("Q QB QE",         "sdc-base-2",    OPTION,                          {"code": "LA6568-5"}),
    ("Q QB",            "sdc-base-4",    "item[0].item[0].answerOption[0]", {"valueReference": {"type": "Patient"}}),
    ("Q QC QB",         "sdc-1",         "item[0].item[0].extension",     [ANSWERS]),
    ("Q QC QB",         "slice-many",    "item[0].item[0].extension",     [HIDDEN, HIDDEN]),
    ("Q QC",            "slice-many",    "item[2].extension",             [HIDDEN, HIDDEN]),
    ("Q QB",            "slice-many",    "extension",                     [SEMVER, NOTE, NOTE]),
    ("Q QB",            "slice-many",    "item[2].extension",             [NOTE] * 2),
    ("Q",               "slice-many",    "item[2].extension",             [OPTIONAL] * 2),
    ("Q",               "slice-many",    "extension",                     [SEMVER, *[_ext(f"{SDC}-assemble-expectation",
                                                                            valueCode="assemble-root")] * 2]),
    ("QB",              "sdc-behave-1",  "item[3].extension",             [INITIAL]),
    ("QE",              "sdc-pop-1",     "item[3].extension",             [INITIAL]),
    ("QB",              "sdc-behave-2",  "item[4].extension",             [ENABLED]),
    ("QB",              "slice-many",    "item[2].extension",             [CALCULATED, CALCULATED]),
    ("QB",              "slice-many",    "item[2].extension",             [ENABLED, ENABLED]),
    ("QB",              "slice-many",    "item[2].extension",             [USED] * 2),
    ("QB",              "slice-many",    "item[0].item[0].answerOption[0].extension",
                                                                          [ALONE] * 2),
    ("QB",              "sdc-inv1",      "item[2].extension",             [{"url": f"{SDC}-enableWhenExpression",
                                                                            **_expression("application/x-fhir-query")}]),
    ("QB",              "extension-value", "item[2].extension",           [_ext(CALCULATED["url"], valueString="1")]),
    ("QB",              "extension-value", "item[2].extension",           [NESTED]),
    ("QB",              "extension-context", "extension",                 [SEMVER, CALCULATED]),
    ("QE",              "slice-many",    "item[2].extension",             [INITIAL, INITIAL]),
    ("QE",              "extension-value", "item[2].extension",           [_ext(INITIAL["url"], valueString="1")]),
    ("QL",              "sdc-lcext-1",   "extension[1]",                  _launch("patient", "Practitioner")),
    ("QL",              "sdc-lcext-1",   "extension[1]",                  _launch("encounter", "Patient")),
    ("QL",              "slice",         "extension[1].extension",        [NAMED, NAMED]),
    ("QL",              "required",      "extension[1].extension",        [NAMED]),
    ("QL",              "slice-many",    "extension[1].extension",        [NAMED, *LAUNCH["extension"]]),
    ("QL",              "type",          "extension[1].extension[1]",     _ext("type", valueString="Patient")),
    ("QL",              "binding",       "extension[1].extension[1].valueCode", "Person of interest"),
    ("QL",              "not-allowed",   "extension[1].valueString",      "patient"),
    ("QL",              "closed",        "extension[1].extension",        [*LAUNCH["extension"], _ext("kind")]),
    ("QL",              "context",       "item[2].extension",             [LAUNCH]),
    ("QE",              "slice-several", "item[2].extension",             [HIDDEN]),
    ("QO",              "sdc-pop-2",     "item[4].extension",             [EXTRACT]),
    ("QO",              "slice-many",    "item[4].extension",             [PERIOD, PERIOD]),
    ("QO",              "extension-value", "item[4].extension",           [_ext(PERIOD["url"], valueString="a year")]),
    ("QX",              "sdc-obsn-1",    "item[1].extension",             [EXTRACT]),
    ("QX",              "slice-many",    "item[4].extension",             [EXTRACT, EXTRACT]),
    ("QX",              "extension-value", "item[4].extension",           [_ext(EXTRACT["url"], valueString="yes")]),
    ("QX",              "extension-code", "item[4].extension",            [_ext(EXTRACT["url"], valueCode="parent")]),
    ("IN",              "fixed",         "category[0].coding[0].system",  "http://loinc.org"),
    ("IN",              "fixed",         "category",                      [PLAN, LOCAL]),
    ("IN",              "required",      "category[0].coding[0].code",    GONE),
    ("IN",              "required",      "category[0].coding[0].display", GONE),
    ("CP9",             "target",        "contained",                     [CONDITION], "addresses", [NEED]),
    ("IN",              "target",        "contained[0].code",             NOBODY),
    ("IN",              "target",        "contained[0].code",             GONE),
    ("IN",              "target",        "contained[0].code.coding[0].display", GONE),
    ("INC",             "required",      "code",                          GONE),
    ("INC",             "fixed",         "code.coding[0].system",         "http://hl7.org/fhir/sid/icd-10"),
    ("INC",             "required",      "code.coding[0].code",           GONE),
    ("INC",             "required",      "code.coding[0].display",        GONE),
    ("INC",             "target",        "subject",                       GROUP),
    ("INS",             "required",      "requester",                     GONE),
    ("INS",             "required",      "requester",                     {"display": "Lee"}),
    ("INS",             "required",      "subject",                       {"display": "Asha"}),
    ("INS",             "fixed",         "code.coding[0].system",         "http://loinc.org"),
    ("INS",             "target",        "requester",                     {"reference": "Device/d"}),
    ("T6 T9",           "required",      "subject",                       GONE),
    ("T6 T9",           "required",      "participant",                   GONE),
    ("T6 T9",           "required",      "participant[1].role",           GONE),
    ("T6 T9",           "too-many",      "participant[1].role",           [ROLE, OTHER]),
    ("T6 T9",           "required",      "participant[1].member",         GONE),
    ("T6",              "target",        "subject",                       GROUP),
    ("OB",              "slice",         "category",                      [LOCAL]),
    ("OB",              "required",      "subject",                       GONE),
    ("OB",              "us-core-1",     "effectiveDateTime",             "2026-11"),
    ("OB",              "us-core-1",     "effectiveDateTime",             GONE, "_effectiveDateTime", UNKNOWN),
    ("OB",              "us-core-2",     "valueQuantity",                 GONE),
    ("OB",              "us-core-3",     "valueQuantity.system",          "https://clinic.example/units"),
)
# fmt: on

UNCONFIRMED = {
    # a part of the name     why HL7's validator does not say so
    "sdcqr-2": "it takes an expression that begins with (QuestionnaireResponse|...) for empty",
    "QX-extension-code": "the value set is not among the definitions that it is given",
    "answer[0].extension": "it does not count the extensions of an answer",
}
"""Defects by the definition's own words; all others it confirms. Nor those of QL: it cannot tell the slices of the
extension launchContext apart, which are told by their url, and the definition at hand fixes none."""


@dataclass(frozen=True, slots=True)
class Defect:
    """A resource with one thing that its profile does not allow."""

    name: str
    profile: str
    rule: str
    document: Tree

    @property
    def unconfirmed(self) -> str:
        return next((why for part, why in UNCONFIRMED.items() if part in self.name), "")


def _without_gone(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_gone(held) for key, held in value.items() if held is not GONE}
    return [_without_gone(one) for one in value] if isinstance(value, list) else value


def _defects() -> Iterator[Defect]:
    seen: dict[str, int] = {}
    for shorts, rule, *edits in _ROWS:
        for short in shorts.split():
            document = SOUND[short]
            for place, value in zip(edits[::2], edits[1::2], strict=True):
                if value is not GONE or place in document or "." in place or "[" in place:
                    document = planted(document, place, value if value is GONE else from_plain(_without_gone(value)))
            same = f"{short}-{rule}-{edits[0]}"
            seen[same] = seen.get(same, 0) + 1
            yield Defect(f"{same}-{seen[same]}", short, rule, document)


DEFECTS = tuple(_defects())
