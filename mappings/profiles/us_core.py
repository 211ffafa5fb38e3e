"""US Core 9.0.0 and 6.1.0: what their definitions demand beyond FHIR R4, and what the guide wants of a plan.

Sources, by the short names in the rows:
  CP9 GO9 QR9 CT9 OB9 PR9   StructureDefinition-us-core-{careplan, goal, questionnaireresponse, careteam,
                            observation-screening-assessment, treatment-intervention- and care-experience-preference}
                            9.0.0, HL7/US-Core at publication-request 9.0.0 (CC0)
  SR8 CO8 RP8               ...-{servicerequest, condition-problems-health-concerns, relatedperson} 8.0.0; their 9.0.0
                            is not at hand, so that they are claimed without a version
  CP6 GO6 QR6 CT6           6.1.0, the package that inferno-framework/us-core-test-kit bundles (CC0)
  missing data              https://hl7.org/fhir/us/core/general-guidance.html, Missing Data
  search                    https://hl7.org/fhir/us/core/CapabilityStatement-us-core-server.html

US Core 9's CarePlan and Goal forbid nothing beyond R4 but other narratives than generated and additional ones; US Core
6.1 also wants the category assess-plan, and a patient as subject.
"""

from __future__ import annotations

from collections.abc import Callable

from mappings.profiles.mends import appended, generated_narrative, one_role_each, said_absent
from mappings.profiles.rules import (
    Coded,
    Holds,
    Needed,
    Profile,
    Receiver,
    To,
    Within,
    codings,
    listed,
    must,
    there,
    wants,
)
from mappings.profiles.sdc import RESPONSE as SDC_RESPONSE
from mappings.profiles.sdc import RESPONSE_3 as SDC_RESPONSE_3
from mappings.terms.systems import UCUM
from mappings.tree import Tree

GUIDE = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-"
"""Canonicals of the profiles begin so."""

ASSESS_PLAN = "http://hl7.org/fhir/us/core/CodeSystem/careplan-category", "assess-plan"
"""CodeSystem-careplan-category.json of US Core 8.0.0."""
SURVEY = "http://terminology.hl7.org/CodeSystem/observation-category", "survey"
"""OB9, slice survey."""
TREATMENT, EXPERIENCE = ("http://loinc.org", "75773-2"), ("http://loinc.org", "95541-9")
"""PR9, patternCodeableConcept of Observation.code."""
US_CORE_CATEGORY = "http://hl7.org/fhir/us/core/CodeSystem/us-core-category"
"""PR9, slice us-core."""
CONCERNS = (
    ("http://terminology.hl7.org/CodeSystem/condition-category", "problem-list-item"),
    ("http://hl7.org/fhir/us/core/CodeSystem/condition-category", "health-concern"),
)
"""ValueSet us-core-problem-or-health-concern, the same in 6.1.0, 8.0.1 and 9.0.0."""
ENCOUNTER_DIAGNOSIS = "http://terminology.hl7.org/CodeSystem/condition-category", "encounter-diagnosis"
"""A condition of this category has a profile of its own in US Core."""
NARRATIVES = ("generated", "additional")
"""ValueSet us-core-narrative-status."""


def concept(coding: tuple[str, str]) -> Tree:
    """Return a coding as a CodeableConcept."""
    system, code = coding
    return {"coding": [{"system": system, "code": code}]}


# ---- what the tables test


def _says_something(observation: dict[str, Tree]) -> bool:
    return any(there(observation, name) for name in ("component", "hasMember", "value[x]", "dataAbsentReason"))


def _to_the_day(observation: dict[str, Tree]) -> bool:
    return len(str(observation.get("effectiveDateTime", "0000-00-00"))) >= len("0000-00-00")


def _in_ucum(observation: dict[str, Tree]) -> bool:
    quantity = observation.get("valueQuantity")
    return not isinstance(quantity, dict) or quantity.get("system", UCUM) == UCUM


def _begins_or_is_due(goal: dict[str, Tree]) -> bool:
    targets = [one for one in listed(goal, "target") if isinstance(one, dict)]
    return there(goal, "start[x]") or any(there(one, "due[x]") for one in targets)


def _one_role_each(team: dict[str, Tree]) -> bool:
    return all(len(listed(one, "role")) < 2 for one in listed(team, "participant") if isinstance(one, dict))


def _named_or_related(person: dict[str, Tree]) -> bool:
    return there(person, "name") or there(person, "relationship")


def _is_survey(observation: dict[str, Tree]) -> bool:
    return any(SURVEY in codings(one) for one in listed(observation, "category"))


def _is_concern(condition: dict[str, Tree]) -> bool:
    return not any(ENCOUNTER_DIAGNOSIS in codings(one) for one in listed(condition, "category"))


def _is_about(coding: tuple[str, str]) -> Callable[[dict[str, Tree]], bool]:
    return lambda observation: coding in codings(observation.get("code"))


def _preference(coding: tuple[str, str], category: str) -> Profile:
    wanted = US_CORE_CATEGORY, category
    rules = (
        must("subject", Needed(), "PR9: subject 1..1"),
        must("subject", To(("Patient",)), "PR9: subject only us-core-patient"),
        must("category", Coded((wanted,), least=0, most=1), "PR9: slice us-core 0..1"),
        wants("category", Coded((wanted,)), "PR9: slice us-core, must support", appended(concept(wanted))),
    )
    return Profile("Observation", (f"{GUIDE}{category}|9.0.0",), rules, _is_about(coding))


_FIT_NARRATIVE = "Write the narrative as generated or additional."
_PLAN_TEXT = (
    must("text.status", Within(NARRATIVES, fix=_FIT_NARRATIVE), "CP9, CP6: required binding us-core-narrative-status"),
    wants("text", Needed(), "CP9, CP6: text, must support; mandatory up to 5.0.1", generated_narrative),
)
_DATES = Holds("", "when the goal begins or is due", _begins_or_is_due, "required", "Say one of both.")

# fmt: off
PLAN_9 = (
    # element             what of it                              source                        made so by
    wants("category",  Coded((ASSESS_PLAN,)), "search: only patient+category is on every server",
                       appended(concept(ASSESS_PLAN))),
    *_PLAN_TEXT,
)
PLAN_6 = (
    must("category",  Coded((ASSESS_PLAN,), most=1), "CP6: slice AssessPlan 1..1", appended(concept(ASSESS_PLAN))),
    must("subject",   To(("Patient",)),              "CP6: subject only us-core-patient"),
    *_PLAN_TEXT,
)
GOAL_9 = (
    wants("",  _DATES, "GO9: start[x] or target.due[x], must support (CONF-0387)"),
)
GOAL_6 = (
    must("subject",  To(("Patient",)), "GO6: subject only us-core-patient"),
    wants("",        _DATES,           "GO6: start[x] or target.due[x], must support"),
)
RESPONSE_9 = (
    *SDC_RESPONSE,
    must("subject",  Needed(), "QR9: subject 1..1"),
)
RESPONSE_6 = (
    *SDC_RESPONSE_3,
    must("subject",  Needed(), "QR6: subject 1..1"),
    must("subject",  To(("Patient",)), "QR6: subject only us-core-patient"),
)
TEAM_9 = (
    must("subject",             Needed(),                                       "CT9, CT6: subject 1..1"),
    must("participant",         Needed(),                                       "CT9, CT6: participant 1..*"),
    must("participant",         Holds("", "each participant has one role", _one_role_each, "structure"),
                                "CT9, CT6: participant.role 1..1", one_role_each),
    must("participant.role",    Needed(),
                                "CT9, CT6: participant.role 1..1; missing data", said_absent(many=True, coded=True)),
    must("participant.member",  Needed(),
                                "CT9, CT6: participant.member 1..1; missing data", said_absent()),
)
TEAM_6 = (
    *TEAM_9,
    must("subject",  To(("Patient",)), "CT6: subject only us-core-patient"),
)
SCREENING = (
    must("category",          Coded((SURVEY,), least=0, most=1),              "OB9: slice survey 1..1"),
    must("subject",           Needed(),                                       "OB9: subject 1..1"),
    must("",                  Holds("us-core-1", "a time of observation is at least to the day", _to_the_day),
                              "OB9"),
    must("dataAbsentReason",  Holds("us-core-2", "a value, parts, members, or why there is none", _says_something),
                              "OB9; missing data", said_absent(coded=True)),
    must("valueQuantity",     Holds("us-core-3", "a unit with a code is from UCUM", _in_ucum, fix="Use UCUM."),
                              "OB9"),
)
REQUEST = (
    must("code",  Needed(), "SR8: code 1..1"),
)
CONCERN = (
    must("code",      Needed(),        "CO8: code 1..1"),
    must("category",  Coded(CONCERNS), "CO8: slice us-core 1..*, required binding"),
)
RELATED = (
    must("active",  Needed(),                                       "RP8: active 1..1; missing data",
                    said_absent(primitive=True)),
    must("",        Holds("us-core-14", "a name or a relationship, or both", _named_or_related, fix="Give one."),
                    "RP8"),
)

US_CORE_9 = Receiver("us-core-9", "US Core 9.0.0", (
    # type                       what it claims                                   what it is held to
    Profile("CarePlan",              (f"{GUIDE}careplan|9.0.0",),                            PLAN_9),
    Profile("Goal",                  (f"{GUIDE}goal|9.0.0",),                                GOAL_9),
    Profile("QuestionnaireResponse", (f"{GUIDE}questionnaireresponse|9.0.0",),               RESPONSE_9),
    Profile("CareTeam",              (f"{GUIDE}careteam|9.0.0",),                            TEAM_9),
    Profile("Observation",           (f"{GUIDE}observation-screening-assessment|9.0.0",),    SCREENING, _is_survey),
    _preference(TREATMENT, "treatment-intervention-preference"),
    _preference(EXPERIENCE, "care-experience-preference"),
    Profile("ServiceRequest",        (f"{GUIDE}servicerequest",),                            REQUEST),
    Profile("Condition",             (f"{GUIDE}condition-problems-health-concerns",),CONCERN, _is_concern, True),
    Profile("RelatedPerson",         (f"{GUIDE}relatedperson",),                             RELATED),
))

US_CORE_6 = Receiver("us-core-6.1", "US Core 6.1.0", (
    # the four that are at hand; 6.1.0 has the others too
    Profile("CarePlan",              (f"{GUIDE}careplan|6.1.0",),                            PLAN_6),
    Profile("Goal",                  (f"{GUIDE}goal|6.1.0",),                                GOAL_6),
    Profile("QuestionnaireResponse", (f"{GUIDE}questionnaireresponse|6.1.0",),               RESPONSE_6),
    Profile("CareTeam",              (f"{GUIDE}careteam|6.1.0",),                            TEAM_6),
))
# fmt: on
