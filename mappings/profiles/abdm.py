"""ABDM (India) by the NRCES guide 2.0.1: plans, conditions and requests in SNOMED CT, and a record to carry a plan.

ABDM has no record for a plan alone: it travels in a DischargeSummaryRecord, in the section 734163000 (record.py).
Sources, by the short names in the rows: CP, CO, SR, DS = StructureDefinition-{CarePlan, Condition, ServiceRequest,
DischargeSummaryRecord} of the package ndhm.in 2.0.1 (CC0). 6.5.0 lets a condition have an ICD-10 coding beside the
SNOMED CT one, in closed slices; what is sent here, SNOMED CT only, is valid under both. No profile there is for goals,
questionnaires, responses and teams; those go as they are.
"""

from __future__ import annotations

from mappings.profiles.mends import appended, contained_from_name, known_display, only_from, said_absent
from mappings.profiles.record import CARE_PLAN, DischargeSummary
from mappings.profiles.rules import Coded, Holds, Needed, OnlyFrom, Profile, Receiver, must, wants
from mappings.terms.snomed import DISPLAYS, SNOMED
from mappings.tree import Tree

GUIDE = "https://nrces.in/ndhm/fhir/r4/StructureDefinition/"

_PLAN_CATEGORY: Tree = {
    "coding": [{"system": SNOMED, "code": CARE_PLAN, "display": DISPLAYS[CARE_PLAN]}],
    "text": DISPLAYS[CARE_PLAN],
}
"""The guide's own example uses the code of another kind of plan; this one says no more than what the record is."""

_DISPLAY = Needed(fix="Give the display that SNOMED CT has for the code.")


def _has_a_place(request: dict[str, Tree]) -> bool:
    requester = request.get("requester")
    return not isinstance(requester, dict) or "reference" in requester


_PLACE = Holds("", "refers to the record of who asked", _has_a_place, "required", "Give that record.")

# fmt: off
PLAN = (
    # element                        what of it                     source, and how it is made so
    must("category",                 OnlyFrom(SNOMED),              "CP: category.coding.system fixed",
                                     only_from(SNOMED)),
    must("category.coding.display",  _DISPLAY,                      "CP: category.coding.display 1..1", known_display),
    wants("category",                Coded(((SNOMED, CARE_PLAN),)), "CP: category, must support",
                                     appended(_PLAN_CATEGORY)),
    wants("category.text",           Needed(),                      "CP: category.text, must support"),
    wants("goal",                    Needed(),                      "CP: goal, must support"),
)
CONDITION = (
    must("code",                 OnlyFrom(SNOMED), "CO: code.coding.system fixed", only_from(SNOMED)),
    must("code.coding.display",  _DISPLAY,         "CO: code.coding.display 1..1", known_display),
    wants("code.text",           Needed(),         "CO: code.text, must support"),
)
REQUEST = (
    must("code",                 OnlyFrom(SNOMED), "SR: code.coding.system fixed",  only_from(SNOMED)),
    must("code.coding.display",  _DISPLAY,         "SR: code.coding.display 1..1",  known_display),
    must("requester",            _PLACE,           "SR: requester.reference 1..1",  contained_from_name),
)
SUMMARY = (
    must("encounter",            Needed(),         "DS: encounter 1..1",            said_absent()),
)

ABDM = Receiver("abdm", "ABDM, NRCES 2.0.1", (
    Profile("CarePlan",       (f"{GUIDE}CarePlan",),               PLAN),
    Profile("Condition",      (f"{GUIDE}Condition",),              CONDITION, inside=True),
    Profile("ServiceRequest", (f"{GUIDE}ServiceRequest",),         REQUEST),
    Profile("Composition",    (f"{GUIDE}DischargeSummaryRecord",), SUMMARY),
), DischargeSummary())
# fmt: on
