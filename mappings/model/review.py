"""Agreement, Review and Origin: what the person said to a plan, how it was looked at again, where a record is from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from mappings.model.record import Record
from mappings.model.values import Answered, Code, Concept, Date, DateTime, Instant, Period, Ref, key


@dataclass(frozen=True, slots=True)
class Doer:
    """Somebody else who took part, and as what."""

    kind: Concept | None = None
    roles: tuple[Concept, ...] = ()
    named: Ref | None = None
    for_whom: Ref | None = None
    key: str | None = key()


@dataclass(frozen=True, slots=True)
class Used:
    """A record that was used: `role` is derivation, revision, quotation, source or removal."""

    role: Code | None = None
    record: Ref | None = None
    key: str | None = key()


@dataclass(frozen=True, slots=True)
class Origin(Record):
    """Where records come from: who made or changed them, when, from what, why."""

    RESOURCE: ClassVar[str] = "Provenance"

    recorded_at: Instant | None = None  # FHIR wants the moment
    about: tuple[Ref, ...] = ()
    kind: Concept | None = None
    done: DateTime | Period | None = None
    by: tuple[Ref, ...] = ()
    others: tuple[Doer, ...] = ()
    used: tuple[Used, ...] = ()
    reason: tuple[Concept, ...] = ()
    place: Ref | None = None


@dataclass(frozen=True, slots=True)
class Agreement(Record):
    """What the person said to a plan.

    about       the plan
    agreement   agreed, partly or declined
    date        when; `by` who said so, the person or who has authority
    """

    RESOURCE: ClassVar[str] = "Provenance"

    recorded_at: Instant | None = None
    about: tuple[Ref, ...] = ()
    agreement: Code | None = None
    date: DateTime | Period | None = None
    by: tuple[Ref, ...] = ()
    others: tuple[Doer, ...] = ()
    used: tuple[Used, ...] = ()
    reason: tuple[Concept, ...] = ()
    place: Ref | None = None


@dataclass(frozen=True, slots=True)
class Review(Record):
    """A plan looked at again.

    about         the plan
    due, done     when it was to be, when it was
    with_person   whether the person took part
    evidence      the assessments and findings it rests on
    changes       what was changed, in words; the versions of the plan show it in full
    """

    RESOURCE: ClassVar[str] = "Provenance"

    recorded_at: Instant | None = None
    about: tuple[Ref, ...] = ()
    due: Date | None = None
    done: DateTime | Period | None = None
    by: tuple[Ref, ...] = ()
    with_person: Answered | None = None
    others: tuple[Doer, ...] = ()
    evidence: tuple[Ref, ...] = ()
    used: tuple[Used, ...] = ()
    changes: str | None = None
    reason: tuple[Concept, ...] = ()
    place: Ref | None = None
