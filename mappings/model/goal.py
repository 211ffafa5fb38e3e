"""Goal and Target: what the person wants, in their words and the clinic's, and how one would know."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from mappings.model.values import (
    Code,
    Concept,
    Date,
    Fact,
    Identifier,
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
class Goal:
    """One goal of one person. `lifecycle` is where the work stands, `achievement` how it goes; they are apart."""

    RESOURCE: ClassVar[str] = "Goal"

    identifiers: tuple[Identifier, ...] = ()
    person: Ref | None = None
    own_words: Text | None = None
    clinic_words: Concept | None = None
    lifecycle: Code | None = None
    lifecycle_reason: str | None = None
    achievement: Concept | None = None
    achievement_date: Date | None = None
    priority: Concept | None = None
    kinds: tuple[Concept, ...] = ()
    begins: Date | Concept | None = None
    targets: tuple[Target, ...] = ()
    acceptance: tuple[Acceptance, ...] = ()
    set_by: Ref | None = None
    needs: tuple[Ref, ...] = ()
    outcomes: tuple[Concept, ...] = ()
    evidence: tuple[Ref, ...] = ()
    notes: tuple[Note, ...] = ()
