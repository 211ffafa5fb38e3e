"""MCC eCare Plan: the plan of a person with several chronic conditions, on top of US Core 6.1.

The guide states no licence, so that its definitions are not at hand and these facts stand for them: HL7/fhir-us-mcc,
input/resources/structuredefinition/{mccCarePlan, MCCGoal, MCCCareTeam, MCCServiceRequest, MCCQuestionnaireResponse}
and the example careplan-for-bundle, which shows how the custodian is said. A plan describes no activity in place:
activities are requests that it refers to.
"""

from __future__ import annotations

from mappings.profiles.mends import copied
from mappings.profiles.requests import details_linked
from mappings.profiles.rules import Holds, Needed, Never, Profile, Receiver, codings, extensions, listed, must, wants
from mappings.profiles.us_core import GOAL_6, PLAN_6, REQUEST, RESPONSE_6, TEAM_6
from mappings.profiles.us_core import GUIDE as US_CORE
from mappings.terms.snomed import SNOMED
from mappings.tree import Tree

GUIDE = "http://hl7.org/fhir/us/mcc/StructureDefinition/"
CUSTODIAN = GUIDE + "custodian"
"""Extension of CarePlan, 0..1, a reference: who keeps the plan. R5 has an element for it."""
PATIENT, CAREGIVER = (SNOMED, "116154003"), (SNOMED, "133932002")
"""MCCCareTeam, slices of participant."""


def _custodian_beside_author(plan: dict[str, Tree]) -> bool:
    return "author" not in plan or bool(extensions(plan, CUSTODIAN))


def _custodian_once(plan: dict[str, Tree]) -> bool:
    return len(extensions(plan, CUSTODIAN)) < 2


def _patients(team: dict[str, Tree]) -> list[dict[str, Tree]]:
    members = [one for one in listed(team, "participant") if isinstance(one, dict)]
    return [one for one in members if any(PATIENT in codings(role) for role in listed(one, "role"))]


def _one_patient(team: dict[str, Tree]) -> bool:
    return len(_patients(team)) < 2


def _patient_for_themselves(team: dict[str, Tree]) -> bool:
    return not any("onBehalfOf" in one for one in _patients(team))


_CUSTODIAN = Holds("", "the custodian, where the plan names who is responsible", _custodian_beside_author)
_ONE_CUSTODIAN = Holds("", "the custodian stands once", _custodian_once, "structure")
_ONE_PERSON = Holds("", "the person stands once in the team", _one_patient, "structure")
_NO_BEHALF = Holds("", "the person is there on nobody's behalf", _patient_for_themselves, "structure")

# fmt: off
PLAN = (
    # element                what of it                             source, and how it is made so
    must("activity.detail",  Never(),                               "mccCarePlan: max 0", details_linked),
    must("extension",        _ONE_CUSTODIAN,                        "mccCarePlan: extension custodian 0..1"),
    wants("extension",       _CUSTODIAN,                            "mccCarePlan: custodian, author discouraged",
                             copied("author", CUSTODIAN)),
    *PLAN_6,
    wants("contributor",     Needed(),                              "mccCarePlan: contributor, must support"),
    wants("careTeam",        Needed(),                              "mccCarePlan: careTeam, must support"),
    wants("addresses",       Needed(),                              "mccCarePlan: addresses, must support"),
    wants("activity",        Needed(),                              "mccCarePlan: activity, must support"),
)
GOAL = (
    *GOAL_6,
    wants("achievementStatus",  Needed(), "MCCGoal: achievementStatus, must support"),
    wants("expressedBy",        Needed(), "MCCGoal: expressedBy, must support"),
    wants("addresses",          Needed(), "MCCGoal: addresses, must support"),
)
TEAM = (
    *TEAM_6,
    must("participant",  _ONE_PERSON,   "MCCCareTeam: slice patient-as-team-member 0..1"),
    must("participant",  _NO_BEHALF,    "MCCCareTeam: patient-as-team-member.onBehalfOf max 0"),
)

MCC = Receiver("mcc", "MCC eCare Plan", (
    # type                   what it claims                                                        what it is held to
    Profile("CarePlan",       (f"{GUIDE}mccCarePlan",       f"{US_CORE}careplan|6.1.0"),           PLAN),
    Profile("Goal",           (f"{GUIDE}MCCGoal",           f"{US_CORE}goal|6.1.0"),               GOAL),
    Profile("CareTeam",       (f"{GUIDE}MCCCareTeam",       f"{US_CORE}careteam|6.1.0"),           TEAM),
    Profile("ServiceRequest", (f"{GUIDE}MCCServiceRequest",),                                      REQUEST),
    Profile("QuestionnaireResponse",
            (f"{GUIDE}MCCQuestionnaireResponse", f"{US_CORE}questionnaireresponse|6.1.0"),         RESPONSE_6),
))
# fmt: on
