"""MedicationRequest: https://hl7.org/fhir/R4/medicationrequest.html

A drug is named in place, or is a Medication elsewhere or contained, which is then referred to and not read.

Carried, not read: insurance (payer authorisation is outside the model), substitution and dispenseRequest.initialFill
(the pharmacy's), detectedIssue and eventHistory (records of other systems about the order).
"""

from __future__ import annotations

from mappings.lens.notation import at, choice, const, primitives, table
from mappings.model import values as v
from mappings.model.medication import Medication, Supply
from mappings.tables.datatypes import (
    BOOLEAN,
    CONCEPT,
    DATE_TIME,
    IDENTIFIER,
    PERIOD,
    QUANTITY,
    REFERENCE,
    URI,
    WHOLE,
    codes,
    concepts,
    notes,
    references,
)
from mappings.tables.dosage import doses, treatment
from mappings.tables.held import held
from mappings.tables.record import record
from mappings.tables.service_request import PERTAINS_TO_GOAL, PRIORITY

# https://hl7.org/fhir/R4/valueset-medicationrequest-status.html
STATUS = codes("active on-hold cancelled completed entered-in-error stopped draft unknown")
# https://hl7.org/fhir/R4/valueset-medicationrequest-intent.html
INTENT = codes("proposal plan order original-order reflex-order filler-order instance-order option")

# fmt: off
SUPPLY = table(Supply,
    ("every",      at("dispenseInterval", QUANTITY)),
    ("within",     at("validityPeriod", PERIOD)),
    ("times_more", at("numberOfRepeatsAllowed", WHOLE)),
    ("amount",     at("quantity", QUANTITY)),
    ("lasts",      at("expectedSupplyDuration", QUANTITY)),
    ("by",         at("performer", REFERENCE)))

DRUG = choice("medication", CodeableConcept=(v.Concept, CONCEPT), Reference=(v.Ref, REFERENCE))

MEDICATION_REQUEST = table(Medication,
    const("resourceType", "MedicationRequest"),
    *record(at("recorder", REFERENCE), at("authoredOn", DATE_TIME)),
    *treatment(),
    ("goals",            held(PERTAINS_TO_GOAL, "valueReference", REFERENCE)),
    ("status",           at("status", STATUS)),
    ("status_why",       at("statusReason", CONCEPT)),
    ("intent",           at("intent", INTENT)),
    ("kinds",            concepts("category")),
    ("urgency",          at("priority", PRIORITY)),
    ("not_to_be_done",   at("doNotPerform", BOOLEAN)),
    ("told_by",          choice("reported", Boolean=(v.Fact, BOOLEAN), Reference=(v.Ref, REFERENCE))),
    ("drug",             DRUG),
    ("person",           at("subject", REFERENCE)),
    ("visit",            at("encounter", REFERENCE)),
    ("evidence",         references("supportingInformation")),
    ("ordered_by",       at("requester", REFERENCE)),
    ("given_by",         at("performer", REFERENCE)),
    ("performer_role",   at("performerType", CONCEPT)),
    ("purpose",          concepts("reasonCode")),
    ("needs",            references("reasonReference")),
    ("protocols",        primitives("instantiatesCanonical", URI)),
    ("protocol_links",   primitives("instantiatesUri", URI)),
    ("part_of_plans",    references("basedOn")),
    ("ordered_together", at("groupIdentifier", IDENTIFIER)),
    ("course",           at("courseOfTherapyType", CONCEPT)),
    ("notes",            notes("note")),
    ("doses",            doses("dosageInstruction")),
    ("supply",           at("dispenseRequest", SUPPLY)),
    ("replaces",         at("priorPrescription", REFERENCE)),
    root=True)
# fmt: on
