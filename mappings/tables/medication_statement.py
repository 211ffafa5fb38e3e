"""MedicationStatement: https://hl7.org/fhir/R4/medicationstatement.html

A naloxone kit that somebody holds is one too: the kit, where it is and since when. That naloxone is held at all is an
Observation's to say (tables/observation.py), which may name the kit as what it rests on.
"""

from __future__ import annotations

from mappings.lens.notation import at, choice, const, table
from mappings.model import values as v
from mappings.model.medication import MedicationTaken
from mappings.tables.datatypes import (
    CONCEPT,
    DATE_TIME,
    PERIOD,
    REFERENCE,
    codes,
    concepts,
    notes,
    references,
)
from mappings.tables.dosage import doses, treatment
from mappings.tables.medication_request import DRUG
from mappings.tables.record import record

# https://hl7.org/fhir/R4/valueset-medication-statement-status.html
STATUS = codes("active completed entered-in-error intended stopped on-hold unknown not-taken")

# fmt: off
MEDICATION_STATEMENT = table(MedicationTaken,
    const("resourceType", "MedicationStatement"),
    *record(recorded_at=at("dateAsserted", DATE_TIME)),
    *treatment(),
    ("fulfils",    references("basedOn")),
    ("belongs_to", references("partOf")),
    ("status",     at("status", STATUS)),
    ("status_why", concepts("statusReason")),
    ("kind",       at("category", CONCEPT)),
    ("drug",       DRUG),
    ("person",     at("subject", REFERENCE)),
    ("visit",      at("context", REFERENCE)),
    ("taken",      choice("effective", DateTime=(v.DateTime, DATE_TIME), Period=(v.Period, PERIOD))),
    ("told_by",    at("informationSource", REFERENCE)),
    ("evidence",   references("derivedFrom")),
    ("purpose",    concepts("reasonCode")),
    ("needs",      references("reasonReference")),
    ("notes",      notes("note")),
    ("doses",      doses("dosage")),
    root=True)
# fmt: on
