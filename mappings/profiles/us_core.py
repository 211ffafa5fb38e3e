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
    codings,
    listed,
    must,
    there,
    wants,
)
from mappings.profiles.sdc import RESPONSE as SDC_RESPONSE
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
ENCOUNTER_DIAGNOSIS = "http://terminology.hl7.org/CodeSystem/condition-category", "encounter-diagnosis"
"""A condition of this category has a profile of its own in US Core."""


def concept(coding: tuple[str, str]) -> Tree:
    """Return a coding as a CodeableConcept."""
    system, code = coding
    return {"coding": [{"system": system, "code": code}]}


# ---- what the tables test


def _says_something(observation: dict[str, Tree]) -> bool:
    return any(there(observation, name) for name in ("component", "hasMember", "value[x]", "dataAbsentReason"))


def _begins_or_is_due(goal: dict[str, Tree]) -> bool:
    targets = [one for one in listed(goal, "target") if isinstance(one, dict)]
    return there(goal, "start[x]") or any(there(one, "due[x]") for one in targets)


def _one_role_each(team: dict[str, Tree]) -> bool:
    return all(len(listed(one, "role")) < 2 for one in listed(team, "participant") if isinstance(one, dict))


def _is_survey(observation: dict[str, Tree]) -> bool:
    return any(SURVEY in codings(one) for one in listed(observation, "category"))


def _is_concern(condition: dict[str, Tree]) -> bool:
    return not any(ENCOUNTER_DIAGNOSIS in codings(one) for one in listed(condition, "category"))


def _is_about(coding: tuple[str, str]) -> Callable[[dict[str, Tree]], bool]:
    return lambda observation: coding in codings(observation.get("code"))


def _preference(coding: tuple[str, str], category: str) -> Profile:
    wanted = US_CORE_CATEGORY, category
    rules = (wants("category", Coded((wanted,)), "PR9: slice us-core, must support", appended(concept(wanted))),)
    return Profile("Observation", (f"{GUIDE}{category}|9.0.0",), rules, _is_about(coding))


_PLAN_TEXT = (wants("text", Needed(), "CP9, CP6: text, must support; mandatory up to 5.0.1", generated_narrative),)
_DATES = Holds("", "when the goal begins or is due", _begins_or_is_due, "required", "Say one of both.")

# fmt: off
PLAN_9 = (
    # element             what of it                              source                        made so by
    wants("category",  Coded((ASSESS_PLAN,)), "search: only patient+category is on every server",
                       appended(concept(ASSESS_PLAN))),
    *_PLAN_TEXT,
)
PLAN_6 = (
    must("category",  Coded((ASSESS_PLAN,)), "CP6: slice AssessPlan 1..1", appended(concept(ASSESS_PLAN))),
    *_PLAN_TEXT,
)
GOAL_9 = (
    wants("",  _DATES, "GO9: start[x] or target.due[x], must support (CONF-0387)"),
)
GOAL_6 = (
    wants("",  _DATES, "GO6: start[x] or target.due[x], must support"),
)
TEAM = (
    must("participant",         Holds("", "each participant has one role", _one_role_each, "structure"),
                                "CT9, CT6: participant.role 1..1", one_role_each),
    must("participant.role",    Needed(),
                                "CT9, CT6: participant.role 1..1; missing data", said_absent(many=True, coded=True)),
    must("participant.member",  Needed(),
                                "CT9, CT6: participant.member 1..1; missing data", said_absent()),
)
SCREENING = (
    must("dataAbsentReason",  Holds("us-core-2", "a value, parts, members, or why there is none", _says_something),
                              "OB9; missing data", said_absent(coded=True)),
)
RELATED = (
    must("active",  Needed(), "RP8: active 1..1; missing data", said_absent(primitive=True)),
)

US_CORE_9 = Receiver("us-core-9", "US Core 9.0.0", (
    # type                       what it claims and is held to                    how, and what the guide wants
    Profile("CarePlan",              (f"{GUIDE}careplan|9.0.0",),                            PLAN_9),
    Profile("Goal",                  (f"{GUIDE}goal|9.0.0",),                                GOAL_9),
    Profile("QuestionnaireResponse", (f"{GUIDE}questionnaireresponse|9.0.0",),               SDC_RESPONSE),
    Profile("CareTeam",              (f"{GUIDE}careteam|9.0.0",),                            TEAM),
    Profile("Observation",           (f"{GUIDE}observation-screening-assessment|9.0.0",),    SCREENING, _is_survey),
    _preference(TREATMENT, "treatment-intervention-preference"),
    _preference(EXPERIENCE, "care-experience-preference"),
    Profile("ServiceRequest",        (f"{GUIDE}servicerequest",)),
    Profile("Condition",             (f"{GUIDE}condition-problems-health-concerns",), (), _is_concern, True),
    Profile("RelatedPerson",         (f"{GUIDE}relatedperson",),                             RELATED),
))

US_CORE_6 = Receiver("us-core-6.1", "US Core 6.1.0", (
    # the four that are at hand; 6.1.0 has the others too
    Profile("CarePlan",              (f"{GUIDE}careplan|6.1.0",),                            PLAN_6),
    Profile("Goal",                  (f"{GUIDE}goal|6.1.0",),                                GOAL_6),
    Profile("QuestionnaireResponse", (f"{GUIDE}questionnaireresponse|6.1.0",),               SDC_RESPONSE),
    Profile("CareTeam",              (f"{GUIDE}careteam|6.1.0",),                            TEAM),
))
# fmt: on
