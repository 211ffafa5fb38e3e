"""Document and AdvanceDirective: a paper about the person, and what they want should they not be able to say so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from mappings.model.record import Record
from mappings.model.values import Attachment, Code, Coding, Concept, Date, Instant, Period, Ref, Text, key


@dataclass(frozen=True, slots=True)
class Copy:
    """One rendering of a paper: the file, and by which rules it is written."""

    file: Attachment | None = None
    written_as: Coding | None = None
    key: str | None = key()


@dataclass(frozen=True, slots=True)
class Relation:
    """How a paper stands to another: `how` is replaces, transforms, signs or appends."""

    how: Code | None = None
    record: Ref | None = None
    key: str | None = key()


@dataclass(frozen=True, slots=True)
class Document(Record):
    """A paper about the person, and where its file lies."""

    RESOURCE: ClassVar[str] = "DocumentReference"

    recorded_at: Instant | None = None  # FHIR wants the moment
    person: Ref | None = None
    status: Code | None = None
    written_status: Code | None = None
    kind: Concept | None = None
    kinds: tuple[Concept, ...] = ()
    title: str | None = None
    written_by: tuple[Ref, ...] = ()
    attested_by: Ref | None = None
    custodian: Ref | None = None
    files: tuple[Copy, ...] = ()
    relations: tuple[Relation, ...] = ()
    of_time: Period | None = None
    visits: tuple[Ref, ...] = ()
    labels: tuple[Concept, ...] = ()


@dataclass(frozen=True, slots=True)
class Wish:
    """Something wanted or refused: in the person's words, and what it is about."""

    words: Text | None = None
    about: Concept | None = None
    key: str | None = key()


@dataclass(frozen=True, slots=True)
class Registration:
    """With whom a directive is registered, under which number, since when."""

    place: str | None = None
    number: str | None = None
    on: Date | None = None


@dataclass(frozen=True, slots=True)
class AdvanceDirective(Record):
    """What the person decided beforehand, for a time when they cannot say it.

    made_on           when it was made; recorded_at is when it came to the record
    wants, refuses    what they want, what they do not
    representatives   who speaks for them, the first one first
    invoked           from when to when it was in force; an open end is now
    """

    RESOURCE: ClassVar[str] = "DocumentReference"

    recorded_at: Instant | None = None
    person: Ref | None = None
    status: Code | None = None
    made_on: Date | None = None
    wants: tuple[Wish, ...] = ()
    refuses: tuple[Wish, ...] = ()
    representatives: tuple[Ref, ...] = ()
    invoked: tuple[Period, ...] = ()
    registered: Registration | None = None
    written_status: Code | None = None
    kind: Concept | None = None
    kinds: tuple[Concept, ...] = ()
    title: str | None = None
    written_by: tuple[Ref, ...] = ()
    attested_by: Ref | None = None
    custodian: Ref | None = None
    files: tuple[Copy, ...] = ()
    relations: tuple[Relation, ...] = ()
    of_time: Period | None = None
    visits: tuple[Ref, ...] = ()
    labels: tuple[Concept, ...] = ()
