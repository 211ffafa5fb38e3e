"""Therapy, in the three ways that R4 says it: activity.detail, and a contained or linked ServiceRequest.

https://hl7.org/fhir/R4/careplan-definitions.html#CarePlan.activity.detail
https://hl7.org/fhir/R4/servicerequest.html

The clinic's status words are those of activity.detail. ServiceRequest has fewer: the word stands exactly in a local
extension where the core code says less (reference/profiles.md, 3.1: "not 1:1, keep the original code").

Carried of ServiceRequest, for no programme of recovery orders by them:

    insurance              whose payment is asked for: payer authorisation is outside the model
    specimen, bodySite     of laboratory and surgical orders
    relevantHistory        the request's own history of versions
    text, contained, meta, implicitRules, modifierExtension and other extensions: as in tables/goal.py

Carried of activity.detail: other extensions, modifierExtension.
"""

from __future__ import annotations

from typing import Any

from mappings.lens.documents import Desk, View
from mappings.lens.notation import at, choice, const, extension, primitives, table
from mappings.model import Therapy
from mappings.model import values as v
from mappings.tables.datatypes import (
    BOOLEAN,
    CODE,
    CONCEPT,
    DATE_TIME,
    IDENTIFIER,
    PERIOD,
    QUANTITY,
    RANGE,
    RATIO,
    REFERENCE,
    TEXT,
    TIMING,
    URI,
    codes,
    concepts,
    notes,
    references,
)
from mappings.tables.held import held
from mappings.tables.record import record
from mappings.tables.refined import Refined
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
FORMAT = LOCAL + "therapy-format"
"""Local: individual, group or family. `category` says what it is, `performerType` who does it; none says with whom."""
ALTERNATIVE = LOCAL + "alternative-discussed"
"""Local: what else was talked over with the person before this was chosen."""
FORMATS = codes("individual group family")


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
    like, unless = _choice, ("extension",)

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


class OneAmount:
    """activity.detail.quantity: a Quantity, where a request's amount may also be a range or a ratio."""

    name = "quantity"
    inner = QUANTITY
    takes = (v.Quantity,)
    like = at(name, inner)

    def owns(self, name: str) -> bool:
        return self.like.owns(name)

    def read(self, raw: Tree, view: View) -> Any:
        return self.like.read(raw, view)

    def write(self, raw: Tree, was: Any, now: Any, desk: Desk) -> Tree:
        if now is not None and type(now) not in self.takes:
            raise desk.refuse("a detail takes one amount", "Give one amount, or hold this as a request.")
        return self.like.write(raw, was, now, desk)


# fmt: off
HOW_CHOSEN = (
    ("format",                 extension(FORMAT, at("valueCode", FORMATS))),
    ("alternatives_discussed", held(ALTERNATIVE, "valueCodeableConcept", CONCEPT)))

DETAIL = table(Therapy,
    ("ordered_as",     at("kind", KIND)),
    ("protocols",      primitives("instantiatesCanonical", URI)),
    ("protocol_links", primitives("instantiatesUri", URI)),
    ("kind",           at("code", CONCEPT)),
    *HOW_CHOSEN,
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
    ("amount",         OneAmount()),
    ("words",          at("description", TEXT)))

SERVICE_REQUEST = table(Therapy,
    const("resourceType", "ServiceRequest"),
    *record(recorded_at=at("authoredOn", DATE_TIME)),
    ("lang",             at("language", CODE)),
    ("protocols",        primitives("instantiatesCanonical", URI)),
    ("protocol_links",   primitives("instantiatesUri", URI)),
    ("part_of_plans",    references("basedOn")),
    ("replaces",         references("replaces")),
    ("ordered_together", at("requisition", IDENTIFIER)),
    ("status",           Refined("status", REQUEST_STATUS,
                                 "draft active on-hold revoked completed entered-in-error unknown", REFINED_STATUS)),
    ("status_why",       extension(STATUS_REASON, at("valueCodeableConcept", CONCEPT))),
    ("intent",           at("intent", INTENT)),
    ("kinds",            concepts("category")),
    ("urgency",          at("priority", PRIORITY)),
    ("not_to_be_done",   at("doNotPerform", BOOLEAN)),
    ("kind",             at("code", CONCEPT)),
    *HOW_CHOSEN,
    ("particulars",      concepts("orderDetail")),
    ("amount",           choice("quantity",
        Quantity=(v.Quantity, QUANTITY), Ratio=(v.Ratio, RATIO), Range=(v.Range, RANGE))),
    ("person",           at("subject", REFERENCE)),
    ("visit",            at("encounter", REFERENCE)),
    ("frequency",        Frequency()),
    ("when_needed",        choice("asNeeded", Boolean=(v.Fact, BOOLEAN), CodeableConcept=(v.Concept, CONCEPT))),
    ("ordered_by",       at("requester", REFERENCE)),
    ("performer_role",   at("performerType", CONCEPT)),
    ("performers",       references("performer")),
    ("setting_kinds",    concepts("locationCode")),
    ("settings",         references("locationReference")),
    ("why_this",         concepts("reasonCode")),
    ("needs",            references("reasonReference")),
    ("goals",            held(PERTAINS_TO_GOAL, "valueReference", REFERENCE)),
    ("evidence",         references("supportingInfo")),
    ("notes",            notes("note")),
    ("words",            at("patientInstruction", TEXT)),
    root=True)
# fmt: on
