"""Appointment: https://hl7.org/fhir/R4/appointment.html

The person is the participant that is a Patient; the others are `people`. Who did not come is not a status of theirs:
`noshow` is read as no contact, and what `cancelled` and `fulfilled` leave open stands in a local extension.

Carried, not read: specialty and serviceCategory (hospital directories), priority (iCal's), slot, requestedPeriod
(booking, before anything is planned).
"""

from __future__ import annotations

from mappings.lens.lists import Each, One
from mappings.lens.notation import at, const, table
from mappings.lens.parts import Holding, Slice
from mappings.model.episode import Attendance, Participant
from mappings.tables.datatypes import (
    CONCEPT,
    DATE_TIME,
    REFERENCE,
    TEXT,
    WHOLE,
    codes,
    concepts,
    references,
)
from mappings.tables.primitives import INSTANT
from mappings.tables.record import record
from mappings.tables.refined import Refined
from mappings.terms.systems import LOCAL
from mappings.tree import Tree

ATTENDANCE = LOCAL + "attendance"
"""Local: the clinic's word where Appointment.status says less."""

# fmt: off
OUTCOME = {
    # the clinic's word            Appointment.status     says it whole
    "attended":                   ("fulfilled",           True),
    "part":                       ("fulfilled",           False),
    "cancelled":                  ("cancelled",           True),
    "cancelled-by-person":        ("cancelled",           False),
    "cancelled-by-programme":     ("cancelled",           False),
    "no-contact":                 ("noshow",              True),
    "proposed":                   ("proposed",            True),
    "pending":                    ("pending",             True),
    "booked":                     ("booked",              True),
    "waitlist":                   ("waitlist",            True),
    "arrived":                    ("arrived",             True),
    "checked-in":                 ("checked-in",          True),
    "entered-in-error":           ("entered-in-error",    True),
}
# https://hl7.org/fhir/R4/valueset-appointmentstatus.html, each of which one word says whole
STATUS = " ".join(core for core, whole in OUTCOME.values() if whole)
# https://hl7.org/fhir/R4/valueset-participantrequired.html
NEEDED = codes("required optional information-only")
# https://hl7.org/fhir/R4/valueset-participationstatus.html
REPLY = codes("accepted declined tentative needs-action")
# fmt: on


def is_person(node: Tree) -> bool:
    """Tell whether a participant is the person whose appointment it is."""
    actor = node.get("actor") if isinstance(node, dict) else None
    if not isinstance(actor, dict):
        return False
    return str(actor.get("reference", "")).startswith("Patient/") or actor.get("type") == "Patient"


def is_somebody_else(node: Tree) -> bool:
    """Tell whether a participant is anybody else."""
    return not is_person(node)


# fmt: off
PARTICIPANT = table(Participant,
    ("roles",  concepts("type")),
    ("named",  at("actor", REFERENCE)),
    ("needed", at("required", NEEDED)),
    ("reply",  at("status", REPLY)))

APPOINTMENT = table(Attendance,
    const("resourceType", "Appointment"),
    *record(recorded_at=at("created", DATE_TIME)),
    ("outcome",     Refined("status", OUTCOME, STATUS, ATTENDANCE)),
    ("reason",      at("cancelationReason", CONCEPT)),
    ("kinds",       concepts("serviceType")),
    ("format",      at("appointmentType", CONCEPT)),
    ("why",         concepts("reasonCode")),
    ("needs",       references("reasonReference")),
    ("title",       at("description", TEXT)),
    ("evidence",    references("supportingInformation")),
    ("planned",     at("start", INSTANT)),
    ("planned_end", at("end", INSTANT)),
    ("minutes",     at("minutesDuration", WHOLE)),
    ("remark",      at("comment", TEXT)),
    ("words",       at("patientInstruction", TEXT)),
    ("activity",    references("basedOn")),
    ("person",      Slice("participant", One(Each(
        Holding({"status": "accepted"}, "actor", REFERENCE), mine=is_person)))),
    ("people",      Slice("participant", Each(PARTICIPANT, mine=is_somebody_else))),
    root=True)
# fmt: on
