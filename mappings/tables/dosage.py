"""Dosage: https://hl7.org/fhir/R4/dosage.html

Atomic: drug, dose, route and timing are one order (mappings/terms/units.py). Of several doseAndRate (a rate that was
asked for and one that was worked out) none is read: which one holds is not said.
"""

from __future__ import annotations

from typing import Any

from mappings.lens.notation import at, choice, each, extension, table
from mappings.lens.parts import Within
from mappings.model import values as v
from mappings.model.medication import Dose
from mappings.tables.datatypes import (
    BOOLEAN,
    CONCEPT,
    DATE_TIME,
    QUANTITY,
    RANGE,
    RATIO,
    TEXT,
    TIMING,
    WHOLE,
    codes,
    concepts,
)
from mappings.terms.systems import LOCAL

FORMULATION = LOCAL + "formulation"
"""Local: film, tablet, injection ...; only the Medication resource has `form`, and a drug is mostly named in place."""
PHASE = LOCAL + "medication-phase"
"""Local: where the treatment stands. courseOfTherapyType (continuous, acute, seasonal) says another thing."""
DOSING = LOCAL + "medication-dosing"
"""Local: whether it is taken before staff, taken home, or injected."""
LAST_TAKEN, NEXT_DUE = LOCAL + "last-taken", LOCAL + "next-due"
"""Local: when it was last taken, when it is due next."""
PHASES = codes("starting stabilising continuing tapering")
DOSINGS = codes("observed take-home injected")


def _dose(inner: Any) -> Within:
    return Within("doseAndRate", inner, only=True)


# fmt: off
DOSE = table(Dose,
    ("order",         at("sequence", WHOLE)),
    ("words",         at("text", TEXT)),
    ("further",       concepts("additionalInstruction")),
    ("to_person",     at("patientInstruction", TEXT)),
    ("frequency",     at("timing", TIMING)),
    ("when_needed",   choice("asNeeded", Boolean=(v.Fact, BOOLEAN), CodeableConcept=(v.Concept, CONCEPT))),
    ("where_on_body", at("site", CONCEPT)),
    ("route",         at("route", CONCEPT)),
    ("how",           at("method", CONCEPT)),
    ("dose_kind",     _dose(at("type", CONCEPT))),
    ("dose",          _dose(choice("dose", Range=(v.Range, RANGE), Quantity=(v.Quantity, QUANTITY)))),
    ("flow",          _dose(choice("rate",
        Ratio=(v.Ratio, RATIO), Range=(v.Range, RANGE), Quantity=(v.Quantity, QUANTITY)))),
    ("at_most",       at("maxDosePerPeriod", RATIO)),
    ("at_most_once",  at("maxDosePerAdministration", QUANTITY)),
    ("at_most_ever",  at("maxDosePerLifetime", QUANTITY)),
    atomic=True)
# fmt: on


def treatment() -> tuple[tuple[str, Any], ...]:
    """Return the rows that an order and a statement of what is taken have alike and FHIR has no element for."""
    return (
        ("formulation", extension(FORMULATION, at("valueCodeableConcept", CONCEPT))),
        ("phase", extension(PHASE, at("valueCode", PHASES))),
        ("dosing", extension(DOSING, at("valueCode", DOSINGS))),
        ("last_taken", extension(LAST_TAKEN, at("valueDateTime", DATE_TIME))),
        ("next_due", extension(NEXT_DUE, at("valueDateTime", DATE_TIME))),
    )


def doses(name: str) -> Any:
    """Return the row of a list of dosages."""
    return at(name, each(DOSE))
