"""Goal and Target: what the person wants, in their words and the clinic's, and how one would know."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from mappings.model.record import Record
from mappings.model.values import (
    Code,
    Concept,
    Date,
    Fact,
    Note,
    Quantity,
    Range,
    Ratio,
    Ref,
    Text,
    Whole,
    key,
)


@dataclass(frozen=True, slots=True)
class Target:
    """How one would know: measure, value and due date are one unit and never mixed between writers."""

    measure: Concept | None = None
    value: Quantity | Range | Concept | str | Fact | Whole | Ratio | None = None
    due: Date | Quantity | None = None
    key: str | None = key()


@dataclass(frozen=True, slots=True)
class Acceptance:
    """Whether somebody agrees to the goal: agree, disagree or pending."""

    by: Ref | None = None
    status: Code | None = None
    priority: Concept | None = None
    key: str | None = key()


@dataclass(frozen=True, slots=True)
class GoalRelation:
    """How another goal stands to this one: predecessor, successor, replacement, milestone or other."""

    how: Concept | None = None
    goal: Ref | None = None
    key: str | None = key()


@dataclass(frozen=True, slots=True)
class Goal(Record):
    """One goal of one person. `lifecycle` is where the work stands, `achievement` how it goes; they are apart.

    Each has its own date. `ongoing` says that the work goes on once the goal is reached.
    """

    RESOURCE: ClassVar[str] = "Goal"

    person: Ref | None = None
    own_words: Text | None = None
    clinic_words: Concept | None = None
    lifecycle: Code | None = None
    lifecycle_date: Date | None = None
    lifecycle_reason: str | None = None
    rejected_why: Concept | None = None
    achievement: Concept | None = None
    achievement_date: Date | None = None
    ongoing: Fact | None = None
    priority: Concept | None = None
    kinds: tuple[Concept, ...] = ()
    begins: Date | Concept | None = None
    targets: tuple[Target, ...] = ()
    acceptance: tuple[Acceptance, ...] = ()
    set_by: Ref | None = None
    needs: tuple[Ref, ...] = ()
    barriers: tuple[Ref, ...] = ()
    relations: tuple[GoalRelation, ...] = ()
    outcomes: tuple[Concept, ...] = ()
    evidence: tuple[Ref, ...] = ()
    notes: tuple[Note, ...] = ()
    lang: Code | None = None
