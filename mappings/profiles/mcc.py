"""MCC eCare Plan: the plan of a person with several chronic conditions, on top of US Core 6.1.

The guide states no licence, so that its definitions are not at hand and these facts stand for them: HL7/fhir-us-mcc,
input/resources/structuredefinition/{mccCarePlan, MCCGoal, MCCCareTeam, MCCServiceRequest, MCCQuestionnaireResponse}
and the example careplan-for-bundle, which shows how the custodian is said. A plan describes no activity in place:
activities are requests that it refers to.
"""

from __future__ import annotations

from mappings.profiles.mends import copied
from mappings.profiles.requests import details_linked
from mappings.profiles.rules import Holds, Needed, Never, Profile, Receiver, extensions, must, wants
from mappings.profiles.sdc import RESPONSE as SDC_RESPONSE
from mappings.profiles.us_core import GOAL_6, PLAN_6, TEAM
from mappings.profiles.us_core import GUIDE as US_CORE
from mappings.tree import Tree

GUIDE = "http://hl7.org/fhir/us/mcc/StructureDefinition/"
CUSTODIAN = GUIDE + "custodian"
"""Extension of CarePlan, 0..1, a reference: who keeps the plan. R5 has an element for it."""


def _custodian_beside_author(plan: dict[str, Tree]) -> bool:
    return "author" not in plan or bool(extensions(plan, CUSTODIAN))


_CUSTODIAN = Holds("", "the custodian, where the plan names who is responsible", _custodian_beside_author)

# fmt: off
PLAN = (
    # element                what of it                             source, and how it is made so
    must("activity.detail",  Never(),                               "mccCarePlan: max 0", details_linked),
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
MCC = Receiver("mcc", "MCC eCare Plan", (
    # type                   what it claims                                                        what it is held to
    Profile("CarePlan",       (f"{GUIDE}mccCarePlan",       f"{US_CORE}careplan|6.1.0"),           PLAN),
    Profile("Goal",           (f"{GUIDE}MCCGoal",           f"{US_CORE}goal|6.1.0"),               GOAL),
    Profile("CareTeam",       (f"{GUIDE}MCCCareTeam",       f"{US_CORE}careteam|6.1.0"),           TEAM),
    Profile("ServiceRequest", (f"{GUIDE}MCCServiceRequest",)),
    Profile("QuestionnaireResponse",
            (f"{GUIDE}MCCQuestionnaireResponse", f"{US_CORE}questionnaireresponse|6.1.0"),         SDC_RESPONSE),
))
# fmt: on
