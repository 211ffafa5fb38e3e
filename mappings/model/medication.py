"""Medication: what is ordered, and what is taken. An order and what a person takes are different facts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from mappings.model.record import Record
from mappings.model.values import (
    Code,
    Concept,
    DateTime,
    Fact,
    Identifier,
    Note,
    Period,
    Quantity,
    Range,
    Ratio,
    Ref,
    Timing,
    Uri,
    Whole,
    key,
)


@dataclass(frozen=True, slots=True)
class Dose:
    """How much, by which way, how often: one unit, never mixed between writers. A split dose is two of them.

    words     the instruction as a whole; `to_person` as it is said to the person
    at_most   within a time; `at_most_once` in one taking, `at_most_ever` in a lifetime
    order     doses of one number are taken together, others after another
    """

    words: str | None = None
    to_person: str | None = None
    dose: Quantity | Range | None = None
    dose_kind: Concept | None = None
    flow: Quantity | Range | Ratio | None = None
    route: Concept | None = None
    frequency: Timing | None = None
    when_needed: Fact | Concept | None = None
    where_on_body: Concept | None = None
    how: Concept | None = None
    further: tuple[Concept, ...] = ()
    at_most: Ratio | None = None
    at_most_once: Quantity | None = None
    at_most_ever: Quantity | None = None
    order: Whole | None = None
    key: str | None = key()


@dataclass(frozen=True, slots=True)
class Supply:
    """How much is given out: `amount` each time, to last so long, so many times more, every so often, within a time."""

    amount: Quantity | None = None
    lasts: Quantity | None = None
    times_more: Whole | None = None
    every: Quantity | None = None
    within: Period | None = None
    by: Ref | None = None


@dataclass(frozen=True, slots=True)
class Medication(Record):
    """A medication as it is ordered.

    drug          what; `formulation` film, tablet, extended-release injection ...
    doses         dose, route and frequency
    purpose       what for, in words or codes; `needs` the same by record
    phase         starting, stabilising, continuing or tapering
    dosing        observed, take-home or injected
    recorded_at   when it was ordered; `recorded_by` who entered it, `ordered_by` whose order it is
    """

    RESOURCE: ClassVar[str] = "MedicationRequest"

    person: Ref | None = None
    drug: Concept | Ref | None = None
    formulation: Concept | None = None
    doses: tuple[Dose, ...] = ()
    purpose: tuple[Concept, ...] = ()
    phase: Code | None = None
    dosing: Code | None = None
    last_taken: DateTime | None = None
    next_due: DateTime | None = None
    status: Code | None = None
    status_why: Concept | None = None
    intent: Code | None = None
    kinds: tuple[Concept, ...] = ()
    urgency: Code | None = None
    not_to_be_done: Fact | None = None
    told_by: Fact | Ref | None = None
    course: Concept | None = None
    supply: Supply | None = None
    needs: tuple[Ref, ...] = ()
    goals: tuple[Ref, ...] = ()
    ordered_by: Ref | None = None
    ordered_together: Identifier | None = None
    given_by: Ref | None = None
    performer_role: Concept | None = None
    visit: Ref | None = None
    part_of_plans: tuple[Ref, ...] = ()
    replaces: Ref | None = None
    protocols: tuple[Uri, ...] = ()
    protocol_links: tuple[Uri, ...] = ()
    evidence: tuple[Ref, ...] = ()
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True)
class MedicationTaken(Record):
    """A medication as it is taken, or held: what somebody says of it, whatever was ordered.

    taken         when, or from when to when
    recorded_at   when it was said; `told_by` who said so
    """

    RESOURCE: ClassVar[str] = "MedicationStatement"

    person: Ref | None = None
    drug: Concept | Ref | None = None
    formulation: Concept | None = None
    doses: tuple[Dose, ...] = ()
    purpose: tuple[Concept, ...] = ()
    phase: Code | None = None
    dosing: Code | None = None
    last_taken: DateTime | None = None
    next_due: DateTime | None = None
    taken: DateTime | Period | None = None
    told_by: Ref | None = None
    status: Code | None = None
    status_why: tuple[Concept, ...] = ()
    kind: Concept | None = None
    needs: tuple[Ref, ...] = ()
    fulfils: tuple[Ref, ...] = ()
    belongs_to: tuple[Ref, ...] = ()
    visit: Ref | None = None
    evidence: tuple[Ref, ...] = ()
    notes: tuple[Note, ...] = ()
