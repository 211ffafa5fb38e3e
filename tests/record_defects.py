# ruff: noqa: E501
"""Defects of records, definitions and datatypes that plans and forms contain: a sound one, what is changed in it, and the rule.

Each stands in a plan that refers to it; HL7's validator confirms each (test_referee_defects.py).
"""

from __future__ import annotations

from typing import Any

from defects import Defect, planted
from more_defects import GONE

from mappings.tree import Number, Tree

BOTH = "R4 R5"
WHO: Tree = {"reference": "Patient/asha"}
SITE = "https://clinic.example/"
SAID = {"text": "so"}
ONE, TWO = Number("1"), Number("2")
UCUM = "http://unitsofmeasure.org"
MONTH = {"value": ONE, "system": UCUM, "code": "mo"}
EVER = Number("7")


def _record(type_name: str, /, **parts: Any) -> Tree:
    return {"resourceType": type_name, "id": "it", **parts}


def _expression(language: str) -> Tree:
    return {"language": language, "expression": "true"}


_CODES = _record("CodeSystem", url=SITE + "codes", name="Codes", status="draft", content="complete",
                 property=[{"code": "parent", "type": "code"}], concept=[{"code": "a"}, {"code": "b"}])  # fmt: skip
_VALUES = _record(
    "ValueSet", status="draft", compose={"include": [{"system": SITE + "codes", "concept": [{"code": "a"}]}]}
)
_MAP = _record(
    "ConceptMap", name="Map", status="active", group=[{"element": [{"code": "a", "target": [{"code": "b"}]}]}]
)
_MAP4 = planted(_MAP, "group[0].element[0].target[0].equivalence", "equal")
_MAP5 = planted(_MAP, "group[0].element[0].target[0].relationship", "equivalent")
_KEPT4 = {"mode": "provided"}
_KEPT5 = {"mode": "use-source-code", "relationship": "equivalent"}
_TO = "group[0].unmapped"
_TARGET = "group[0].element[0].target[0]"
_PLAN = _record(
    "PlanDefinition", name="Plan", status="draft", goal=[{"id": "g", "description": SAID}], action=[{"title": "a"}]
)
_STEPS = _record(
    "RequestOrchestration", status="active", intent="plan", action=[{"title": "a", "resource": {"reference": "Task/a"}}]
)
_INPUT = [{"title": "a", "requirement": {"type": "Observation"}}]
_TEAM = _record(
    "CareTeam",
    participant=[{"member": {"reference": "Practitioner/lee"}, "onBehalfOf": {"reference": "Organization/here"}}],
)
_NAMED = {"status": "draft", "name": "Plan"}
_MEASURE = _record("Measure", **_NAMED, group=[{"stratifier": [{"code": SAID}]}])
_VISIT5 = _record("Encounter", status="planned", participant=[{"actor": WHO}], **{"class": [{"text": "so"}]})
_ADVISED = _record(
    "ImmunizationRecommendation",
    patient=WHO,
    date="2026",
    recommendation=[{"vaccineCode": [SAID], "forecastStatus": SAID}],
)
_GIVEN4 = _record(
    "MedicationAdministration",
    status="completed",
    medicationCodeableConcept=SAID,
    subject=WHO,
    effectiveDateTime="2026",
    dosage={"dose": MONTH},
)
_GIVEN5 = _record(
    "MedicationAdministration",
    status="completed",
    medication={"concept": SAID},
    subject=WHO,
    occurenceDateTime="2026",
    dosage={"text": "so"},
)
_DISPENSED = _record(
    "MedicationDispense", status="completed", subject=WHO, whenPrepared="2026-01-02", whenHandedOver="2026-01-03"
)
_MEAL = _record("NutritionOrder", status="active", intent="order", dateTime="2026", oralDiet={"type": [SAID]})
_QUERY = _record("Parameters", parameter=[{"name": "a", "valueString": "b"}])
_SERVED = _record(
    "MeasureReport",
    status="complete",
    type="summary",
    measure=SITE + "m",
    period={"start": "2026"},
    group=[{"stratifier": [{"stratum": [{"value": SAID}]}]}],
)
_FIELD = _record(
    "ObservationDefinition",
    status="draft",
    code=SAID,
    permittedDataType=["Quantity"],
    permittedUnit=[{"code": "mo", "system": UCUM}],
)
_FIELD_PART = _record(
    "ObservationDefinition",
    status="draft",
    code=SAID,
    component=[{"code": SAID, "permittedDataType": ["Quantity"], "permittedUnit": [{"code": "mo", "system": UCUM}]}],
)
_KIND = _record("EvidenceVariable", status="draft", characteristic=[{"definitionId": "a"}])
_KEPT = _record(
    "NamingSystem",
    name="Kept",
    status="draft",
    kind="root",
    date="2026",
    uniqueId=[{"type": "uri", "value": SITE, "preferred": True}, {"type": "oid", "value": "1.2"}],
)
_TWICE = [{"type": "uri", "value": SITE, "preferred": True}, {"type": "uri", "value": SITE + "a", "preferred": True}]
_ASKED = _record(
    "OperationDefinition",
    name="Ask",
    status="draft",
    kind="operation",
    code="ask",
    system=False,
    type=False,
    instance=True,
    parameter=[{"name": "a", "use": "in", "min": Number("0"), "max": "1", "type": "string"}],
)
_SOUGHT = _record(
    "SearchParameter",
    url=SITE + "s",
    name="Sought",
    status="draft",
    description="so",
    code="a",
    base=["Goal"],
    type="reference",
    chain=["name"],
)
_HELD = _record(
    "Account",
    status="active",
    diagnosis=[{"condition": {"concept": SAID}, "dateOfDiagnosis": "2026"}],
    procedure=[{"code": {"concept": SAID}, "dateOfService": "2026"}],
)
_COVERED = _record(
    "CoverageEligibilityResponse",
    status="active",
    purpose=["benefits"],
    patient=WHO,
    created="2026",
    request={"display": "so"},
    outcome="complete",
    insurer={"display": "so"},
    insurance=[{"coverage": {"display": "so"}, "item": [{"category": SAID}]}],
)
_USE = _record("ClinicalUseDefinition", type="indication", indication={"intendedEffect": {"concept": SAID}})
_DONE5 = _record(
    "Procedure",
    status="completed",
    subject=WHO,
    performer=[{"actor": {"reference": "Device/d"}, "onBehalfOf": {"reference": "Organization/here"}}],
)
_TOLD = _record(
    "Provenance",
    target=[WHO],
    agent=[{"who": {"reference": "Practitioner/lee"}, "onBehalfOf": {"reference": "Organization/here"}}],
)
_NEWS = _record(
    "Subscription",
    status="requested",
    topic=SITE + "t",
    channelType={"system": "http://terminology.hl7.org/CodeSystem/subscription-channel-type", "code": "rest-hook"},
    filterBy=[{"filterParameter": "a", "value": "b", "modifier": "missing"}],
)
_PART = _record(
    "Ingredient", status="active", role=SAID, allergenicIndicator=True, substance={"code": {"concept": SAID}}
)

# fmt: off
_NAMES: tuple[tuple[str, str, dict[str, Tree]], ...] = (
    ("adf-0", "ActivityDefinition", {}),
    ("cmd-0", "ConceptMap", {}),                        ("csd-0", "CodeSystem", {"content": "complete"}),
    ("evd-0", "EventDefinition", {"trigger": [{"type": "named-event", "name": "a"}]}),
    ("gdf-0", "GraphDefinition", {"start": "Goal"}),    ("lib-0", "Library", {"type": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/library-type", "code": "logic-library"}]}}),
    ("mea-0", "Measure", {}),                           ("msd-0", "MessageDefinition", {"date": "2026", "eventUri": SITE + "e"}),
    ("nsd-0", "NamingSystem", {"kind": "root", "date": "2026", "uniqueId": [{"type": "uri", "value": SITE}]}),
    ("opd-0", "OperationDefinition", {"kind": "operation", "code": "ask", "system": False, "type": False, "instance": True}),
    ("pdf-0", "PlanDefinition", {}),                    ("spd-0", "SearchParameter", {"url": SITE, "description": "so", "code": "a", "base": ["Goal"], "type": "token"}),
    ("rsd-0", "ResearchDefinition", {"population": {"display": "so"}}),
    ("red-0", "ResearchElementDefinition", {"type": "population", "characteristic": [{"definitionCanonical": SITE + "d"}]}),
)
NAME_ROWS = tuple(("R4", rule, _record(kind, **_NAMED, **more), "name", "a plan") for rule, kind, more in _NAMES)
"""Names that are warnings."""

_ROWS: tuple[tuple[Any, ...], ...] = (
    # release  rule                     sound          changed at                        to
    ("R4",  "imm-1",                    _record("Immunization", status="completed", vaccineCode=SAID, patient=WHO, occurrenceDateTime="2026", education=[{"documentType": "a"}]),
                                                       "education[0]",                   {"publicationDate": "2026"}),
    (BOTH,  "imr-1",                    _ADVISED,      "recommendation[0].vaccineCode",  GONE),
    ("R4",  "mad-1",                    _GIVEN4,       "dosage",                         {"text": "so"}),
    ("R5",  "mad-1",                    _GIVEN5,       "dosage",                         {"route": SAID}),
    ("R4",  "mdd-1",                    _DISPENSED | {"medicationCodeableConcept": SAID}, "whenHandedOver", "2026-01-01"),
    ("R5",  "mdd-1",                    _DISPENSED | {"medication": {"concept": SAID}}, "whenHandedOver", "2026-01-01"),
    ("R5",  "dev-1",                    _record("Device", name=[{"value": "a", "type": "registered-name", "display": True}]),
                                                       "name",                           [{"value": name, "type": "registered-name", "display": True} for name in "ab"]),
    (BOTH,  "invariant/parameter",      _QUERY,        "parameter[0].part",              [{"name": "b", "valueString": "c"}]),
    (BOTH,  "invariant/parameter",      _QUERY,        "parameter[0].valueString",       GONE),
    (BOTH,  "apr-1",                    _record("AppointmentResponse", appointment={"display": "so"}, participantStatus="accepted", actor=WHO), "actor", GONE),
    ("R4",  "sev-1",                    _record("AuditEvent", type={"code": "rest", "system": "http://terminology.hl7.org/CodeSystem/audit-event-type"}, recorded="2026-01-01T00:00:00Z", agent=[{"requestor": True}], source={"observer": WHO}, entity=[{"name": "a"}]),
                                                       "entity[0].query",                "YQ=="),
    ("R5",  "act-1",                    _HELD,         "diagnosis[0].condition",         {"reference": {"reference": "Condition/aud"}}),
    ("R5",  "act-2",                    _HELD,         "procedure[0].code",              {"reference": {"reference": "Procedure/talk"}}),
    (BOTH,  "ces-1",                    _COVERED,      "insurance[0].item[0].productOrService", SAID),
    ("R5",  "cud-1",                    _USE,          "warning",                        {"description": "so"}),
    (BOTH,  "ipn-1",                    _record("InsurancePlan", status="active", name="so"), "name", GONE),
    (BOTH,  "lnk-1",                    _record("Linkage", item=[{"type": kind, "resource": WHO} for kind in ("source", "alternate")]), "item", [{"type": "source", "resource": WHO}]),
    ("R5",  "org-3",                    _record("OrganizationAffiliation", contact=[{"telecom": [{"value": "1", "system": "phone"}]}]), "contact[0].telecom[0].use", "home"),
    ("R4",  "mrp-1",                    _SERVED,       "type",                           "data-collection"),
    ("R5",  "mrp-1",                    planted(_SERVED, "group[0].stratifier[0].stratum[0]", {"valueBoolean": True}), "type", "data-exchange"),
    ("R4",  "mrp-2",                    _SERVED,       "group[0].stratifier[0].stratum[0]", {"component": [{"code": SAID, "value": SAID}], "value": SAID}),
    ("R5",  "ing-1",                    _PART,         "substance.code",                 {"reference": {"reference": "SubstanceDefinition/a"}}),
    ("R5",  "scr-1",                    _NEWS,         "filterBy[0].comparator",         "eq"),
    ("R5",  "csd-4",                    _CODES,        "content",                        "supplement"),
    ("R4",  "invariant/supplement",     _CODES,        "content",                        "supplement"),
    (BOTH,  "invariant/supplement",     _CODES,        "supplements",                    SITE + "more"),
    (BOTH,  "invariant/count",          _CODES,        "count",                          EVER),
    ("R5",  "csd-5",                    planted(_CODES, "concept[0].designation", [{"value": "A"}]), "concept[0].designation[0].additionalUse", [{"code": "a", "system": SITE}]),
    ("R5",  "vsd-11",                   planted(_VALUES, "compose.include[0].concept[0].designation", [{"value": "A"}]), "compose.include[0].concept[0].designation[0].additionalUse", [{"code": "a", "system": SITE}]),
    ("R5",  "pld-0",                    planted(_PLAN, "action[0].input", _INPUT), "action[0].input", [{"title": "a"}]),
    ("R5",  "pld-0",                    planted(_STEPS, "action[0].input", _INPUT), "action[0].input", [{"title": "a"}]),
    ("R5",  "pld-1",                    planted(_PLAN, "action[0].output", _INPUT), "action[0].output", [{"title": "a"}]),
    (BOTH,  "mea-1",                    _MEASURE,      "group[0].stratifier[0].component", [{"code": SAID, "criteria": _expression("text/cql")}]),
    ("R5",  "obd-0",                    _FIELD,        "permittedDataType",              GONE),
    ("R5",  "obd-1",                    _FIELD_PART,   "component[0].permittedDataType", GONE),
    ("R5",  "evv-1",                    _KIND,         "characteristic[0].definitionCodeableConcept", SAID),
    ("R4",  "cmd-1",                    _MAP4,         f"{_TARGET}.equivalence",         "narrower"),
    ("R4",  "cmd-2",                    planted(_MAP4, _TO, _KEPT4), _TO,                {"mode": "fixed"}),
    ("R5",  "cmd-2",                    planted(_MAP5, _TO, _KEPT5), _TO,                {"mode": "fixed", "relationship": "equivalent"}),
    ("R4",  "cmd-3",                    planted(_MAP4, _TO, _KEPT4), _TO,                {"mode": "other-map"}),
    ("R5",  "cmd-3",                    planted(_MAP5, _TO, _KEPT5), _TO,                {"mode": "other-map"}),
    ("R5",  "cmd-4",                    _MAP5,         "group[0].element[0].noMap",      True),
    ("R5",  "cmd-5",                    _MAP5,         "group[0].element[0].valueSet",   SITE + "v"),
    ("R5",  "cmd-6",                    planted(_MAP5 | {"additionalAttribute": [{"code": "a", "type": "string"}]}, f"{_TARGET}.dependsOn", [{"attribute": "a", "valueString": "b"}]), f"{_TARGET}.dependsOn[0].valueSet", SITE + "v"),
    ("R5",  "cmd-7",                    _MAP5,         f"{_TARGET}.valueSet",            SITE + "v"),
    ("R5",  "cmd-9",                    planted(_MAP5, _TO, _KEPT5), f"{_TO}.relationship", GONE),
    ("R5",  "cmd-10",                   planted(_MAP5, _TO, _KEPT5), f"{_TO}.otherMap",  SITE + "m"),
    (BOTH,  "nsd-1",                    _KEPT,         "uniqueId[1].type",               "uuid"),
    (BOTH,  "nsd-2",                    _KEPT,         "uniqueId",                       _TWICE),
    (BOTH,  "opd-1",                    _ASKED,        "parameter[0].type",              GONE),
    (BOTH,  "spd-2",                    _SOUGHT,       "type",                           "token"),
)

WARNED: tuple[tuple[Any, ...], ...] = (
    *NAME_ROWS,
    ("R4",  "nor-1",                    _MEAL | {"patient": WHO}, "oralDiet",            GONE),
    ("R5",  "nor-1",                    _MEAL | {"subject": WHO}, "oralDiet",            GONE),
    ("R5",  "cnl-0",                    _PLAN,         "name",                           "a plan"),
    ("R5",  "csd-2",                    _CODES,        "concept[0].concept",             [{"code": "c"}]),
    ("R5",  "csd-3",                    _CODES,        "concept[0].property",            [{"code": "parent", "valueCode": "b"}]),
    ("R5",  "pld-3",                    _PLAN,         "action[0].goalId",               ["h"]),
)
"""Rules of the specification that are warnings there."""

UNSEEN_BY_THE_VALIDATOR: tuple[tuple[Any, ...], ...] = (
    (BOTH,  "ctm-1",                    _TEAM,         "participant[0].member",          WHO),
    ("R5",  "enc-2",                    _VISIT5,       "participant[0].type",            [SAID]),
    ("R5",  "prc-1",                    _DONE5,        "performer[0].actor",             {"reference": "Practitioner/lee"}),
    ("R5",  "prov-1",                   _TOLD,         "agent[0].onBehalfOf",            {"reference": "Practitioner/lee"}),
)
"""It asks for the resource behind a reference, which it does not have; the reference names its type."""

_VALUES_OF_TYPES: tuple[tuple[Any, ...], ...] = (
    # release  rule                           value[x]             sound                     changed at    to
    (BOTH,  "reference/code",                 "Quantity",          MONTH,                    "code",       "months"),
    (BOTH,  "reference/code",                 "Quantity",          MONTH,                    "code",       "mmHg"),
    (BOTH,  "reference/code",                 "Quantity",          MONTH,                    "code",       "(mg"),
    (BOTH,  "reference/code",                 "Coding",            {"system": UCUM, "code": "kg/m2"}, "code", "lbs"),
    (BOTH,  "reference/code",                 "Coding",            {"system": "urn:iso:std:iso:4217", "code": "INR"}, "code", "RUP"),
    (BOTH,  "reference/code",                 "Coding",            {"system": "urn:iso:std:iso:3166", "code": "IND"}, "code", "UK"),
    (BOTH,  "reference/code",                 "Coding",            {"system": "http://terminology.hl7.org/CodeSystem/v2-0203", "code": "MR"}, "code", "NOPE"),
    (BOTH,  "binding/required",               "Money",             {"value": ONE, "currency": "INR"}, "currency", "RUP"),
    (BOTH,  "binding/required",               "Attachment",        {"url": SITE, "language": "pa"}, "language", "zz"),
    ("R4",  "invariant/expression-language",  "Expression",        _expression("text/fhirpath"), "language", "fhirpath"),
    ("R5",  "binding/required",               "SampledData",       {"origin": MONTH, "intervalUnit": "ms", "interval": ONE, "dimensions": ONE}, "intervalUnit", "sec"),
)
# fmt: on


def _held(record: Tree) -> Tree:
    """Return a plan that contains a record."""
    base = {"resourceType": "CarePlan", "status": "active", "intent": "plan", "subject": WHO}
    return base | {"contained": [record], "supportingInfo": [{"reference": "#it"}]}


def _saying(kind: str, value: Tree) -> Tree:
    """Return a plan with an extension of some type."""
    base = {"resourceType": "CarePlan", "status": "active", "intent": "plan", "subject": WHO}
    return base | {"extension": [{"url": SITE + "say", f"value{kind}": value}]}


def rows(of: tuple[tuple[Any, ...], ...]) -> tuple[tuple[str, str, str, Tree, Tree], ...]:
    """Return (name, release, rule, sound plan, plan with the defect) of a table here."""
    found = []
    for releases, rule, record, place, value in of:
        for release in releases.split():
            name = f"{release}-{rule}-{record['resourceType']}.{place}"
            found.append((name, release, rule, _held(record), _held(planted(record, place, value))))
    return tuple(found)


def value_rows() -> tuple[tuple[str, str, str, Tree, Tree], ...]:
    """Return (name, release, rule, sound plan, plan with the defect) of values of datatypes."""
    return tuple(
        (
            f"{release}-{rule}-{kind}.{place}-{to}",
            release,
            rule,
            _saying(kind, sound),
            _saying(kind, sound | {place: to}),
        )
        for releases, rule, kind, sound, place, to in _VALUES_OF_TYPES
        for release in releases.split()
    )


ERRORS = (*rows(_ROWS), *value_rows())
RECORD_DEFECTS = tuple(Defect(name, release, "", rule, "CarePlan", defect) for name, release, rule, _, defect in ERRORS)
