"""Episode and Attendance: a stay with the programme from admission to ending, and who came to what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from mappings.model.record import Record
from mappings.model.values import Code, Concept, DateTime, Instant, Period, Ref, Whole, key


@dataclass(frozen=True, slots=True)
class Ending:
    """How an episode ended: completed, left early by choice, moved on ..., and why."""

    code: Concept | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class TreatedNeed:
    """A need that is met in an episode; `role` as admission or discharge diagnosis, `order` 1 is the first."""

    need: Ref | None = None
    role: Concept | None = None
    order: Whole | None = None
    key: str | None = key()


@dataclass(frozen=True, slots=True)
class EarlierStatus:
    """Where an episode stood before, and when."""

    status: Code | None = None
    period: Period | None = None
    key: str | None = key()


@dataclass(frozen=True, slots=True)
class Episode(Record):
    """One stay with the programme.

    status           planned, waitlist, active, onhold, finished, cancelled, entered-in-error
    level_received   the level of care received, once in each scheme that is in use
    previous         the episode before, on a readmission
    aftercare        what follows
    """

    RESOURCE: ClassVar[str] = "EpisodeOfCare"

    person: Ref | None = None
    status: Code | None = None
    programme: Ref | None = None
    admitted: DateTime | None = None
    ended: DateTime | None = None
    level_received: tuple[Concept, ...] = ()
    previous: Ref | None = None
    ending: Ending | None = None
    aftercare: tuple[Concept, ...] = ()
    needs: tuple[TreatedNeed, ...] = ()
    key_worker: Ref | None = None
    teams: tuple[Ref, ...] = ()
    referrals: tuple[Ref, ...] = ()
    earlier: tuple[EarlierStatus, ...] = ()


@dataclass(frozen=True, slots=True)
class Participant:
    """Somebody else who is to come: `needed` is required, optional or information-only, `reply` what they said."""

    named: Ref | None = None
    roles: tuple[Concept, ...] = ()
    needed: Code | None = None
    reply: Code | None = None
    key: str | None = key()


@dataclass(frozen=True, slots=True)
class Attendance(Record):
    """What was planned for a time, and whether the person came.

    activity   the therapies or requests that it carries out
    planned    when it begins; `planned_end` when it ends, `minutes` how long it takes
    outcome    attended, part, cancelled-by-person, cancelled-by-programme, no-contact; before that booked, pending ...
    reason     why it was cancelled
    """

    RESOURCE: ClassVar[str] = "Appointment"

    person: Ref | None = None
    activity: tuple[Ref, ...] = ()
    planned: Instant | None = None
    planned_end: Instant | None = None
    minutes: Whole | None = None
    outcome: Code | None = None
    reason: Concept | None = None
    kinds: tuple[Concept, ...] = ()
    format: Concept | None = None
    people: tuple[Participant, ...] = ()
    why: tuple[Concept, ...] = ()
    needs: tuple[Ref, ...] = ()
    title: str | None = None
    words: str | None = None
    remark: str | None = None
    evidence: tuple[Ref, ...] = ()
