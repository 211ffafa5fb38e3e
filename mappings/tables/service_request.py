"""Therapy, in the three ways that R4 says it: activity.detail, and a contained or linked ServiceRequest.

https://hl7.org/fhir/R4/careplan-definitions.html#CarePlan.activity.detail
https://hl7.org/fhir/R4/servicerequest.html

The clinic's status words are those of activity.detail. ServiceRequest has fewer: the word stands exactly in a local
extension where the core code says less (reference/profiles.md, 3.1: "not 1:1, keep the original code").

Carried, not read, of ServiceRequest: replaces, requisition, orderDetail, asNeeded[x], locationCode, insurance,
supportingInfo, specimen, bodySite, quantityRange, quantityRatio, relevantHistory.
"""

from __future__ import annotations

from typing import Any

from mappings.lens.combinators import At
from mappings.lens.documents import MISSING, OPAQUE, Desk, View
from mappings.lens.notation import at, choice, const, extension, extensions, primitives, table
from mappings.model import Therapy
from mappings.model import values as v
from mappings.tables.datatypes import (
    BOOLEAN,
    CONCEPT,
    DATE_TIME,
    PERIOD,
    QUANTITY,
    REFERENCE,
    TEXT,
    TIMING,
    URI,
    codes,
    concepts,
    identifiers,
    notes,
    references,
)
from mappings.terms.systems import LOCAL
from mappings.tree import Tree

# https://hl7.org/fhir/R4/valueset-care-plan-activity-status.html
STATUS = codes("not-started scheduled in-progress on-hold completed cancelled stopped unknown entered-in-error")
# https://hl7.org/fhir/R4/valueset-care-plan-activity-kind.html
KIND = codes(
    "Appointment CommunicationRequest DeviceRequest MedicationRequest NutritionOrder Task ServiceRequest"
    " VisionPrescription"
)
# https://hl7.org/fhir/R4/valueset-request-intent.html
INTENT = codes("proposal plan directive order original-order reflex-order filler-order instance-order option")
# https://hl7.org/fhir/R4/valueset-request-priority.html
PRIORITY = codes("routine urgent asap stat")

# fmt: off
REQUEST_STATUS = {
    # the clinic's word     ServiceRequest.status   says it whole
    "not-started":         ("draft",                True),
    "scheduled":           ("active",               False),
    "in-progress":         ("active",               True),
    "on-hold":             ("on-hold",              True),
    "completed":           ("completed",            True),
    "cancelled":           ("revoked",              False),
    "stopped":             ("revoked",              True),
    "unknown":             ("unknown",              True),
    "entered-in-error":    ("entered-in-error",     True),
}
# fmt: on
REFINED_STATUS = LOCAL + "therapy-status"
"""Local: the clinic's status word where ServiceRequest.status says less."""
STATUS_REASON = "http://hl7.org/fhir/StructureDefinition/request-statusReason"
"""https://hl7.org/fhir/R4/extension-request-statusreason.html"""
PERTAINS_TO_GOAL = "http://hl7.org/fhir/StructureDefinition/resource-pertainsToGoal"
"""https://hl7.org/fhir/R4/extension-resource-pertainstogoal.html"""
SCHEDULED_STRING = LOCAL + "therapy-schedule"
"""Local: when, in words; ServiceRequest.occurrence[x] has no string."""


class RefinedStatus:
    """ServiceRequest.status and, where it says less than the clinic's word, that word in a local extension."""

    name = "status"
    inner = codes("draft active on-hold revoked completed unknown entered-in-error")
    _word = extension(REFINED_STATUS, at("valueCode", STATUS))
    _core = at("status", inner)

    def owns(self, name: str) -> bool:
        return self._core.owns(name)

    def read(self, raw: Tree, view: View) -> Any:
        core = raw.get("status", MISSING)
        if core is MISSING:
            return None
        word = self._word.read(raw, view)
        if word and REQUEST_STATUS[str.__str__(word)] == (core, False):
            return word
        plain = (w for w, (code, whole) in REQUEST_STATUS.items() if whole and code == core)
        return next((v.Code(w) for w in plain), OPAQUE)

    def write(self, raw: Tree, was: Any, now: Any, desk: Desk) -> Tree:
        if now is not None and now not in map(v.Code, REQUEST_STATUS):
            raise desk.refuse(
                "this value has no code here", "Use one of the values that the model names.", "code-invalid"
            )
        core, whole = REQUEST_STATUS[str.__str__(now)] if now is not None else (None, True)
        word = self._word.read(raw, desk.view)
        if word is not None and word is not OPAQUE:
            desk.lose("status")
            raw = self._word.write(raw, word, None, desk)
        if raw.get("status") != core:
            raw = self._core.write(raw, was, None if core is None else v.Code(core), desk)
        return raw if whole else self._word.write(raw, None, now, desk)


class Frequency:
    """occurrence[x]; a schedule in words stands in a local extension beside it."""

    name = "occurrence"
    _choice = choice(
        "occurrence",
        Timing=(v.Timing, TIMING),
        Period=(v.Period, PERIOD),
        DateTime=(v.DateTime, DATE_TIME),
    )
    _words = extension(SCHEDULED_STRING, at("valueString", TEXT))

    def owns(self, name: str) -> bool:
        return self._choice.owns(name)

    def read(self, raw: Tree, view: View) -> Any:
        found = self._choice.read(raw, view)
        return self._words.read(raw, view) if found is None else found

    def write(self, raw: Tree, was: Any, now: Any, desk: Desk) -> Tree:
        if type(was) is str:
            raw = self._words.write(raw, was, None, desk)
            was = None
        if type(now) is str:
            raw = self._choice.write(raw, was, None, desk)
            return self._words.write(raw, None, now, desk)
        return self._choice.write(raw, was, now, desk)


class GoalReference:
    """One pertainsToGoal extension as the reference in it."""

    name = "valueReference"
    _at: At = at("valueReference", REFERENCE)

    def read(self, raw: Tree, view: View, key: str | None = None) -> Any:
        inner = raw.get("valueReference", MISSING) if isinstance(raw, dict) else MISSING
        found = REFERENCE.read(inner, view, key)
        return OPAQUE if found is None else found

    def write(self, raw: Tree, was: Any, now: Any, desk: Desk) -> Tree:
        node = {"url": PERTAINS_TO_GOAL} if raw is MISSING else raw
        return self._at.write(node, was, now, desk)


# fmt: off
DETAIL = table(Therapy,
    ("ordered_as",     at("kind", KIND)),
    ("protocols",      primitives("instantiatesCanonical", URI)),
    ("protocol_links", primitives("instantiatesUri", URI)),
    ("kind",           at("code", CONCEPT)),
    ("why_this",       concepts("reasonCode")),
    ("needs",          references("reasonReference")),
    ("goals",          references("goal")),
    ("status",         at("status", STATUS)),
    ("status_why",     at("statusReason", CONCEPT)),
    ("not_to_be_done", at("doNotPerform", BOOLEAN)),
    ("frequency",      choice("scheduled",
        Timing=(v.Timing, TIMING), Period=(v.Period, PERIOD), String=(str, TEXT))),
    ("setting",        at("location", REFERENCE)),
    ("performers",     references("performer")),
    ("supplied",       choice("product", CodeableConcept=(v.Concept, CONCEPT), Reference=(v.Ref, REFERENCE))),
    ("each_day",       at("dailyAmount", QUANTITY)),
    ("amount",         at("quantity", QUANTITY)),
    ("words",          at("description", TEXT)))

SERVICE_REQUEST = table(Therapy,
    const("resourceType", "ServiceRequest"),
    ("identifiers",    identifiers()),
    ("protocols",      primitives("instantiatesCanonical", URI)),
    ("protocol_links", primitives("instantiatesUri", URI)),
    ("part_of_plans",  references("basedOn")),
    ("status",         RefinedStatus()),
    ("status_why",     extension(STATUS_REASON, at("valueCodeableConcept", CONCEPT))),
    ("intent",         at("intent", INTENT)),
    ("kinds",          concepts("category")),
    ("urgency",        at("priority", PRIORITY)),
    ("not_to_be_done", at("doNotPerform", BOOLEAN)),
    ("kind",           at("code", CONCEPT)),
    ("amount",         choice("quantity", Quantity=(v.Quantity, QUANTITY))),
    ("person",         at("subject", REFERENCE)),
    ("visit",          at("encounter", REFERENCE)),
    ("frequency",      Frequency()),
    ("ordered_on",     at("authoredOn", DATE_TIME)),
    ("ordered_by",     at("requester", REFERENCE)),
    ("performer_role", at("performerType", CONCEPT)),
    ("performers",     references("performer")),
    ("settings",       references("locationReference")),
    ("why_this",       concepts("reasonCode")),
    ("needs",          references("reasonReference")),
    ("goals",          extensions(PERTAINS_TO_GOAL, GoalReference())),
    ("notes",          notes("note")),
    ("words",          at("patientInstruction", TEXT)),
    root=True)
# fmt: on
