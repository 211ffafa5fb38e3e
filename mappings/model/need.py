"""Need and Risk: what the person needs help with, what may happen, and what is done about either."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from mappings.model.record import Record
from mappings.model.values import (
    Code,
    Concept,
    Date,
    DateTime,
    Filled,
    Note,
    Number,
    Period,
    Quantity,
    Range,
    Ref,
    key,
)


@dataclass(frozen=True, slots=True)
class Disposition(Filled):
    """What becomes of a need in this plan: addressed, deferred, referred or declined; and why."""

    decision: Code | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Evidence(Filled):
    """What a need shows in: signs, and the records that tell of them."""

    signs: tuple[Concept, ...] = ()
    records: tuple[Ref, ...] = ()
    key: str | None = key()


@dataclass(frozen=True, slots=True)
class Need(Record):
    """What the person needs help with; trauma without its story.

    kind          substance, mental, medical, trauma, social, family
    code          the diagnosis or problem
    course        active, recurrence, return-to-use, inactive, remission, resolved
    remission     early or sustained
    verification  unconfirmed, provisional, differential, confirmed, refuted, entered-in-error
    co_occurs     other needs that come with this one
    """

    RESOURCE: ClassVar[str] = "Condition"

    person: Ref | None = None
    kind: Code | None = None
    kinds: tuple[Concept, ...] = ()
    code: Concept | None = None
    severity: Concept | None = None
    course: Code | None = None
    remission: Code | None = None
    verification: Code | None = None
    co_occurs: tuple[Ref, ...] = ()
    disposition: Disposition | None = None
    began: DateTime | Quantity | Period | Range | str | None = None
    ended: DateTime | Quantity | Period | Range | str | None = None
    where: tuple[Concept, ...] = ()
    asserted_by: Ref | None = None
    asserted_on: DateTime | None = None
    evidence: tuple[Evidence, ...] = ()
    visit: Ref | None = None
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True)
class RiskFinding(Filled):
    """What may happen, how likely it is, within which time, and why one thinks so."""

    of: Concept | None = None
    level: Concept | None = None
    chance: Number | Range | None = None
    within: Period | Range | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Risk(Record):
    """A risk as it was judged on one day: kind is withdrawal, overdose, suicide or violence. No alarm, and no forecast.

    basis         what the judgement rests on
    review_by     until when it is looked at again
    recorded_as   registered, preliminary, final, amended, corrected, cancelled, entered-in-error, unknown
    """

    RESOURCE: ClassVar[str] = "RiskAssessment"

    person: Ref | None = None
    recorded_as: Code | None = None
    kind: Code | None = None
    finding: RiskFinding | None = None
    basis: tuple[Ref, ...] = ()
    assessed_on: DateTime | Period | None = None
    assessed_by: Ref | None = None
    review_by: Date | None = None
    how_assessed: Concept | None = None
    need: Ref | None = None
    why: tuple[Concept, ...] = ()
    evidence: tuple[Ref, ...] = ()
    safeguards: str | None = None
    fulfils: Ref | None = None
    belongs_to: Ref | None = None
    visit: Ref | None = None
    notes: tuple[Note, ...] = ()
