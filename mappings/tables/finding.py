"""What every observation says, and Finding, the general one: https://hl7.org/fhir/R4/observation.html

Carried, not read, in a Finding: language, implicitRules, valueSampledData (a device's curve), extensions but for the
record's own, `_` twins.
"""

from __future__ import annotations

from typing import Any

from mappings.lens.notation import at, choice, const, each, table
from mappings.model import values as v
from mappings.model.observation import Finding, NormalRange, Part
from mappings.tables.datatypes import (
    BOOLEAN,
    CONCEPT,
    DATE_TIME,
    PERIOD,
    QUANTITY,
    RANGE,
    RATIO,
    REFERENCE,
    TEXT,
    TIME,
    TIMING,
    WHOLE,
    concepts,
    notes,
    references,
)
from mappings.tables.primitives import INSTANT
from mappings.tables.record import record
from mappings.tables.risk_assessment import STATUS
from mappings.tables.worded import Word
from mappings.terms.closed_lists import UNSAID


def observed() -> tuple[tuple[str | None, Any], ...]:
    """Return the rows that every entity of Observation has."""
    # fmt: off
    return (
        const("resourceType", "Observation"),
        *record(),
        ("recorded_as", at("status", STATUS)),
        ("person",      at("subject", REFERENCE)),
        ("visit",       at("encounter", REFERENCE)),
        ("told_by",     references("performer")),
        ("unsaid",      at("dataAbsentReason", Word(UNSAID))),
        ("evidence",    references("derivedFrom")),
        ("notes",       notes("note")),
    )
    # fmt: on


def _values() -> Any:
    return choice(
        "value",
        Quantity=(v.Quantity, QUANTITY),
        CodeableConcept=(v.Concept, CONCEPT),
        String=(str, TEXT),
        Boolean=(v.Fact, BOOLEAN),
        Integer=(v.Whole, WHOLE),
        Range=(v.Range, RANGE),
        Ratio=(v.Ratio, RATIO),
        Time=(v.Time, TIME),
        DateTime=(v.DateTime, DATE_TIME),
        Period=(v.Period, PERIOD),
    )


# fmt: off
NORMAL_RANGE = table(NormalRange,
    ("at_least", at("low", QUANTITY)),
    ("at_most",  at("high", QUANTITY)),
    ("kind",     at("type", CONCEPT)),
    ("whose",    concepts("appliesTo")),
    ("ages",     at("age", RANGE)),
    ("words",    at("text", TEXT)))

PART = table(Part,
    ("code",      at("code", CONCEPT)),
    ("value",     _values()),
    ("unsaid",    at("dataAbsentReason", Word(UNSAID))),
    ("judged_as", concepts("interpretation")),
    ("normal",    at("referenceRange", each(NORMAL_RANGE))))

FINDING = table(Finding,
    *observed(),
    ("fulfils",     references("basedOn")),
    ("belongs_to",  references("partOf")),
    ("kinds",       concepts("category")),
    ("code",        at("code", CONCEPT)),
    ("about",       references("focus")),
    ("date",        choice("effective",
        DateTime=(v.DateTime, DATE_TIME), Period=(v.Period, PERIOD), Timing=(v.Timing, TIMING),
        Instant=(v.Instant, INSTANT))),
    ("reported_at", at("issued", INSTANT)),
    ("value",       _values()),
    ("judged_as",   concepts("interpretation")),
    ("where",       at("bodySite", CONCEPT)),
    ("how_found",   at("method", CONCEPT)),
    ("specimen",    at("specimen", REFERENCE)),
    ("found_with",  at("device", REFERENCE)),
    ("normal",      at("referenceRange", each(NORMAL_RANGE))),
    ("parts",       at("component", each(PART))),
    ("includes",    references("hasMember")),
    root=True)
# fmt: on
