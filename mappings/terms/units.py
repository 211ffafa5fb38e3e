"""What a merge never mixes: elements that are one clinical statement, of which two people may not each write half.

Changed on one side, a unit goes over as it is; changed on both sides, to different ends, a person decides.
A single element needs no row: a text, a code, a date is one by itself. So is every datatype: CodeableConcept, Coding,
Quantity, Range, Ratio, Period, Timing, Dosage, Annotation, HumanName, Address, ContactPoint, Attachment, Identifier,
Reference, Extension. A merge goes inside the resource, what it contains, and the elements of INSIDE; nowhere else.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from mappings.terms.keys import choice_of, element
from mappings.tree import Tree

# fmt: off
INSIDE: frozenset[str] = frozenset({
    "CarePlan.activity",
    "CarePlan.activity.detail",
    "Questionnaire.item",
    "QuestionnaireResponse.item",
})
"""Elements, besides resources and their `meta`, whose parts two sides may change independently."""

WHOLE: dict[str, str] = {
    # a resource or list item          because
    "Consent":                         "recipients, purposes and period of a permission qualify one another",
    "MedicationRequest":               "drug, dose, route and timing are one order",
    "MedicationStatement":             "drug, dose and time taken are one statement",
    "RiskAssessment":                  "what may happen, how likely, why and when it was judged are one judgement",
    "Goal.target":                     "measure, value and due date are one target",
    "CareTeam.participant":            "a role is one person's role for its period",
    "Patient.contact":                 "an address or number belongs to the person named beside it",
    "Patient.link":                    "who is the same person, and how, is one statement",
}

FINISHED: dict[str, tuple[str, ...]] = {
    # resource                         statuses in which it is whole
    "QuestionnaireResponse":           ("completed", "amended"),
}
FINISHED_BECAUSE = "a completed form is the record of what was said"

TOGETHER: tuple[tuple[str, tuple[str, ...], str], ...] = (
    # holder                      elements                                                   because
    ("Goal",                      ("lifecycleStatus", "statusReason", "achievementStatus", "statusDate"),
                                  "a status, its reason, its date and what was achieved are one statement"),
    ("CarePlan.activity.detail",  ("status", "statusReason"),
                                  "a status and its reason are one statement"),
    ("CarePlan.activity.detail",  ("kind", "code", "description", "doNotPerform",
                                   "product[x]", "dailyAmount", "quantity", "scheduled[x]"),
                                  "what is to be done, whether, how much and when are one order"),
    ("ServiceRequest",            ("code", "orderDetail", "doNotPerform", "quantity[x]", "occurrence[x]", "asNeeded[x]",
                                   "bodySite", "patientInstruction"),
                                  "what is to be done, whether, how much and when are one order"),
    ("Condition",                 ("clinicalStatus", "verificationStatus", "abatement[x]"),
                                  "whether it is present, how sure and until when are one statement (con-3 to con-5)"),
    ("Condition",                 ("code", "severity", "stage"),
                                  "severity and stage qualify the diagnosis"),
    ("Observation",               ("status", "code", "value[x]", "dataAbsentReason", "interpretation", "component",
                                   "referenceRange", "effective[x]", "method", "bodySite", "specimen"),
                                  "what was found, how, when and how sure it is are one finding"),
    ("QuestionnaireResponse",     ("author", "authored", "source"),
                                  "who answered, who wrote it down and when are one statement"),
    ("QuestionnaireResponse.item", ("answer",),
                                  "what a person answered to one question is one answer, however many were chosen"),
    ("Questionnaire.item",        ("text", "code", "definition"),
                                  "a code names the question as it was worded"),
    ("Questionnaire.item",        ("type", "answerOption", "answerValueSet", "answerConstraint", "initial",
                                   "enableWhen", "enableBehavior"),
                                  "which answers there are and when the question is asked decide the score together"),
)
# fmt: on


@dataclass(frozen=True, slots=True)
class Unit:
    """Elements of one object that are written together. `because` is empty for an element that stands alone."""

    elements: tuple[str, ...]
    because: str = ""


_UNITS = {(holder, name): Unit(names, because) for holder, names, because in TOGETHER for name in names}


@lru_cache(maxsize=4096)
def label_at(resource_type: str, path: tuple[str, ...], name: str) -> str:
    """Return the element that a JSON name belongs to: `_status` to `status`, `startDate` to `start[x]`."""
    choice = choice_of(resource_type, path, name)
    return f"{choice}[x]" if choice else name.removeprefix("_")


@lru_cache(maxsize=4096)
def unit_at(resource_type: str, path: tuple[str, ...], name: str) -> Unit:
    """Return the unit that a JSON name belongs to; `path` is that of the object which holds the name."""
    label = label_at(resource_type, path, name)
    return _UNITS.get((element(resource_type, path), label)) or Unit((label,))


@lru_cache(maxsize=4096)
def inside(resource_type: str, path: tuple[str, ...]) -> bool:
    """Return whether a merge goes inside the object at a path."""
    return path in ((), ("meta",)) or element(resource_type, path) in INSIDE


def whole(resource_type: str, *versions: Tree) -> str:
    """Return why a resource is one unit as a whole, judged by all its versions; empty if it is not."""
    if resource_type in WHOLE:
        return WHOLE[resource_type]
    finished = FINISHED.get(resource_type, ())
    return FINISHED_BECAUSE if any(version.get("status") in finished for version in versions) else ""
