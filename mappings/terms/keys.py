"""What tells the items of a list apart, and which elements are one choice: once, for the lens and for the merge.

Two items of a list are the same item when their declared keys are equal; what has no key is matched by equality,
then by order. Places are FHIR element paths as the specification writes them, without positions; R4 and R5 stand
side by side where they differ. Sources: https://hl7.org/fhir/R4/ and https://hl7.org/fhir/R5/, the page of each type.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import lru_cache

from mappings.tree import Tree

Key = Callable[[Tree], Hashable | None]
"""Reads the identity of one list item; None where the item does not state it."""


def _text(item: Tree, steps: tuple[str, ...]) -> str | None:
    for step in steps:
        if not isinstance(item, dict):
            return None
        item = item.get(step)
    return item if isinstance(item, str) else None


def by(*fields: str) -> Key:
    """Key an item by the texts of its fields. The last one must be there: an Identifier may lack its system."""
    steps = [tuple(field.split(".")) for field in fields]

    def key(item: Tree) -> Hashable | None:
        found = tuple(_text(item, step) for step in steps)
        return None if found[-1] is None else found

    return key


def first(*keys: Key) -> Key:
    """Key an item by the first of several keys that it states."""

    def key(item: Tree) -> Hashable | None:
        return next(((at, found) for at, one in enumerate(keys) if (found := one(item)) is not None), None)

    return key


def concept(field: str = "") -> Key:
    """Key an item by the codes of a CodeableConcept: the item itself or one of its fields. Text alone is no key."""

    def key(item: Tree) -> Hashable | None:
        node = item.get(field) if field and isinstance(item, dict) else item
        codings = node.get("coding") if isinstance(node, dict) else None
        if not isinstance(codings, list):
            return None
        return frozenset(found for coding in codings if (found := CODING(coding)) is not None) or None

    return key


def value(item: Tree) -> Hashable | None:
    """Key an item by its `value[x]`: the code of a Coding, the target of a Reference, else the literal itself."""
    if not isinstance(item, dict):
        return None
    for name, node in item.items():
        if name.startswith("value"):
            found = node if isinstance(node, str) else CODING(node) or REFERENCE(node)
            return None if found is None else (name, found)
    return None


# fmt: off
LINK_ID    = by("linkId")
IDENTIFIER = by("system", "value")
CODING     = by("system", "code")
REFERENCE  = first(by("reference"), by("identifier.system", "identifier.value"))
CONCEPT    = concept()
CODEABLE   = first(by("reference.reference"), concept("concept"))                               # R5 CodeableReference
ACTIVITY   = first(by("reference.reference"), by("plannedActivityReference.reference"))         # R4, R5

KEYS: dict[str, Key | None] = {
    # element                                      identity of an item
    "CarePlan.basedOn":                            REFERENCE,
    "CarePlan.replaces":                           REFERENCE,
    "CarePlan.partOf":                             REFERENCE,
    "CarePlan.category":                           CONCEPT,
    "CarePlan.contributor":                        REFERENCE,
    "CarePlan.careTeam":                           REFERENCE,
    "CarePlan.addresses":                          first(REFERENCE, CODEABLE),     # R4 Reference, R5 CodeableReference
    "CarePlan.supportingInfo":                     REFERENCE,
    "CarePlan.goal":                               REFERENCE,
    "CarePlan.activity":                           ACTIVITY,                       # a detail (R4) has no identity
    "CarePlan.activity.outcomeCodeableConcept":    CONCEPT,
    "CarePlan.activity.outcomeReference":          REFERENCE,
    "CarePlan.activity.performedActivity":         CODEABLE,
    "CarePlan.activity.progress":                  None,                           # notes have no identity
    "CarePlan.activity.detail.reasonCode":         CONCEPT,
    "CarePlan.activity.detail.reasonReference":    REFERENCE,
    "CarePlan.activity.detail.goal":               REFERENCE,
    "CarePlan.activity.detail.performer":          REFERENCE,
    "CarePlan.note":                               None,

    "Goal.category":                               CONCEPT,
    "Goal.target":                                 None,                           # two may share a measure
    "Goal.addresses":                              REFERENCE,
    "Goal.note":                                   None,
    "Goal.outcomeCode":                            CONCEPT,
    "Goal.outcomeReference":                       REFERENCE,
    "Goal.outcome":                                CODEABLE,

    "Questionnaire.contact":                       by("name"),
    "Questionnaire.useContext":                    by("code.system", "code.code"),
    "Questionnaire.jurisdiction":                  CONCEPT,
    "Questionnaire.code":                          CODING,
    "Questionnaire.item":                          LINK_ID,
    "Questionnaire.item.code":                     CODING,
    "Questionnaire.item.enableWhen":               by("question"),
    "Questionnaire.item.answerOption":             value,
    "Questionnaire.item.initial":                  value,

    "QuestionnaireResponse.basedOn":               REFERENCE,
    "QuestionnaireResponse.partOf":                REFERENCE,
    "QuestionnaireResponse.item":                  LINK_ID,
    "QuestionnaireResponse.item.answer":           value,

    "Patient.name":                                None,                           # `use` may repeat
    "Patient.address":                             None,
    "Patient.contact":                             None,
    "Patient.contact.relationship":                CONCEPT,
    "Patient.photo":                               by("url"),
    "Patient.communication":                       concept("language"),
    "Patient.generalPractitioner":                 REFERENCE,
    "Patient.link":                                by("other.reference"),

    "ServiceRequest.basedOn":                      REFERENCE,
    "ServiceRequest.replaces":                     REFERENCE,
    "ServiceRequest.category":                     CONCEPT,
    "ServiceRequest.orderDetail":                  CONCEPT,                        # R5: parameters, no identity
    "ServiceRequest.orderDetail.parameter":        concept("code"),
    "ServiceRequest.performer":                    REFERENCE,
    "ServiceRequest.location":                     CODEABLE,
    "ServiceRequest.locationCode":                 CONCEPT,
    "ServiceRequest.locationReference":            REFERENCE,
    "ServiceRequest.reason":                       CODEABLE,
    "ServiceRequest.reasonCode":                   CONCEPT,
    "ServiceRequest.reasonReference":              REFERENCE,
    "ServiceRequest.insurance":                    REFERENCE,
    "ServiceRequest.supportingInfo":               first(REFERENCE, CODEABLE),
    "ServiceRequest.specimen":                     REFERENCE,
    "ServiceRequest.bodySite":                     CONCEPT,
    "ServiceRequest.focus":                        REFERENCE,
    "ServiceRequest.note":                         None,
    "ServiceRequest.patientInstruction":           None,
    "ServiceRequest.relevantHistory":              REFERENCE,

    "CareTeam.category":                           CONCEPT,
    "CareTeam.participant":                        by("member.reference"),
    "CareTeam.participant.role":                   CONCEPT,
    "CareTeam.reason":                             CODEABLE,
    "CareTeam.reasonCode":                         CONCEPT,
    "CareTeam.reasonReference":                    REFERENCE,
    "CareTeam.managingOrganization":               REFERENCE,
    "CareTeam.note":                               None,

    "Condition.category":                          CONCEPT,
    "Condition.bodySite":                          CONCEPT,
    "Condition.participant":                       by("actor.reference"),
    "Condition.stage":                             None,
    "Condition.stage.assessment":                  REFERENCE,
    "Condition.evidence":                          CODEABLE,                       # R4: codes and details, no identity
    "Condition.evidence.code":                     CONCEPT,
    "Condition.evidence.detail":                   REFERENCE,
    "Condition.note":                              None,

    "Observation.basedOn":                         REFERENCE,
    "Observation.triggeredBy":                     by("observation.reference"),
    "Observation.partOf":                          REFERENCE,
    "Observation.category":                        CONCEPT,
    "Observation.focus":                           REFERENCE,
    "Observation.performer":                       REFERENCE,
    "Observation.interpretation":                  CONCEPT,
    "Observation.note":                            None,
    "Observation.referenceRange":                  None,
    "Observation.referenceRange.appliesTo":        CONCEPT,
    "Observation.hasMember":                       REFERENCE,
    "Observation.derivedFrom":                     REFERENCE,
    "Observation.component":                       concept("code"),
    "Observation.component.interpretation":        CONCEPT,
    "Observation.component.referenceRange":        None,
    "Observation.component.referenceRange.appliesTo": CONCEPT,

    "Consent.category":                            CONCEPT,
    "Consent.performer":                           REFERENCE,
    "Consent.organization":                        REFERENCE,
    "Consent.grantor":                             REFERENCE,
    "Consent.grantee":                             REFERENCE,
    "Consent.manager":                             REFERENCE,
    "Consent.controller":                          REFERENCE,
    "Consent.sourceAttachment":                    by("url"),
    "Consent.sourceReference":                     REFERENCE,
    "Consent.regulatoryBasis":                     CONCEPT,
    "Consent.policy":                              by("authority", "uri"),
    "Consent.policyText":                          REFERENCE,
    "Consent.verification":                        by("verifiedWith.reference"),
    "Consent.provision":                           None,
    "Consent.provision.actor":                     by("reference.reference"),
    "Consent.provision.action":                    CONCEPT,
    "Consent.provision.securityLabel":             CODING,
    "Consent.provision.purpose":                   CODING,
    "Consent.provision.class":                     CODING,
    "Consent.provision.documentType":              CODING,
    "Consent.provision.resourceType":              CODING,
    "Consent.provision.code":                      CONCEPT,
    "Consent.provision.data":                      by("reference.reference"),
}
"""Identity of list items by element path. Lists of plain texts are not here: equality tells texts apart."""

ANYWHERE: dict[str, Key] = {
    # name                 identity of an item, whatever holds the list
    "contained":           by("id"),
    "extension":           by("url"),
    "modifierExtension":   by("url"),
    "identifier":          IDENTIFIER,
    "telecom":             IDENTIFIER,   # ContactPoint: system and value
    "coding":              CODING,
    "tag":                 CODING,
    "security":            CODING,
}

RECURSIVE: dict[str, str] = {
    # type                    element that holds itself, at any depth
    "Questionnaire":          "item",
    "QuestionnaireResponse":  "item",         # item.item and item.answer.item
    "Consent":                "provision",
}

CHOICES: tuple[str, ...] = (
    "CarePlan.activity.detail.product[x]",
    "CarePlan.activity.detail.scheduled[x]",
    "Goal.start[x]",
    "Goal.target.detail[x]",
    "Goal.target.due[x]",
    "Questionnaire.versionAlgorithm[x]",
    "Questionnaire.item.enableWhen.answer[x]",
    "Questionnaire.item.answerOption.value[x]",
    "Questionnaire.item.initial.value[x]",
    "QuestionnaireResponse.item.answer.value[x]",
    "Patient.deceased[x]",
    "Patient.multipleBirth[x]",
    "ServiceRequest.quantity[x]",
    "ServiceRequest.occurrence[x]",
    "ServiceRequest.asNeeded[x]",
    "ServiceRequest.orderDetail.parameter.value[x]",
    "ServiceRequest.patientInstruction.instruction[x]",
    "CareTeam.participant.coverage[x]",
    "Condition.onset[x]",
    "Condition.abatement[x]",
    "Observation.instantiates[x]",
    "Observation.effective[x]",
    "Observation.value[x]",
    "Observation.component.value[x]",
    "Consent.source[x]",
    "MedicationRequest.reported[x]",
    "MedicationRequest.medication[x]",
    "MedicationStatement.medication[x]",
    "MedicationStatement.effective[x]",
    "Extension.value[x]",
    "Annotation.author[x]",
    "UsageContext.value[x]",
)
"""Choice elements: of `start[x]` one at most stands, and it owns startDate, startCodeableConcept and their twins."""

DATATYPES: dict[str, str] = {
    # name of an element    its datatype, where the datatype has a choice
    "extension":            "Extension",
    "modifierExtension":    "Extension",
    "note":                 "Annotation",
    "progress":             "Annotation",
    "useContext":           "UsageContext",
}
# fmt: on

_PREFIXES: dict[str, list[str]] = {}
for _row in CHOICES:
    _holder, _, _name = _row.removesuffix("[x]").rpartition(".")
    _PREFIXES.setdefault(_holder, []).append(_name)


def element(resource_type: str, path: tuple[str, ...]) -> str:
    """Return the path under which the tables know an element: `Questionnaire.item` at every depth of items."""
    again = RECURSIVE.get(resource_type)
    if again in path:
        path = path[len(path) - 1 - path[::-1].index(again) :]
    return ".".join((resource_type, *path))


def _nothing(item: Tree) -> Hashable | None:  # noqa: ARG001 - a Key
    return None


@lru_cache(maxsize=4096)
def key_at(resource_type: str, path: tuple[str, ...]) -> Key:
    """Return the key of the list at a path. Where none is declared or stated, an item's own `id` is its key."""
    declared = KEYS.get(element(resource_type, path)) or (ANYWHERE.get(path[-1]) if path else None)
    return first(declared or _nothing, by("id"))


def key_of(resource_type: str, path: tuple[str, ...], item: Tree) -> Hashable | None:
    """Return what identifies an item of the list at a path, or None: then equality tells items apart, then order.

    resource_type   type of the resource that holds the list; for what is inside a contained resource, its type
    path            element names from that resource, without positions: ("activity", "detail", "goal")
    """
    return key_at(resource_type, path)(item)


@lru_cache(maxsize=4096)
def choice_of(resource_type: str, path: tuple[str, ...], name: str) -> str | None:
    """Return the choice that a name belongs to: `choice_of("Goal", (), "_startDate") == "start"`; None if to none.

    path is that of the object which holds the name.
    """
    bare = name.removeprefix("_")
    holder = DATATYPES.get(path[-1]) if path else None
    for prefix in _PREFIXES.get(holder or element(resource_type, path), ()):
        if bare.startswith(prefix) and bare[len(prefix) : len(prefix) + 1].isupper():
            return prefix
    return None
