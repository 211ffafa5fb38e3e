"""Person, Support, Authority and Team: whom a plan is for, who stands by them, who may decide for them, who works."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from mappings.model.record import Record
from mappings.model.values import (
    Answered,
    Code,
    Concept,
    Date,
    DateTime,
    Fact,
    Note,
    Period,
    Ref,
    Timing,
    Whole,
    key,
)


@dataclass(frozen=True, slots=True)
class Name:
    """A name as it is written. `use` is official, nickname, old ...; the name a person goes by is Person.name_used."""

    text: str | None = None
    family: str | None = None
    given: tuple[str, ...] = ()
    prefix: tuple[str, ...] = ()
    suffix: tuple[str, ...] = ()
    use: Code | None = None
    period: Period | None = None
    key: str | None = key()


@dataclass(frozen=True, slots=True)
class Channel:
    """A number or address by which somebody is reached: `kind` is phone, email, sms ...; `order` 1 is tried first."""

    kind: Code | None = None
    value: str | None = None
    use: Code | None = None
    order: Whole | None = None
    period: Period | None = None
    key: str | None = key()


@dataclass(frozen=True, slots=True)
class Address:
    """Where somebody lives or gets letters, whole (`text`) or in parts."""

    text: str | None = None
    lines: tuple[str, ...] = ()
    city: str | None = None
    district: str | None = None
    state: str | None = None
    postcode: str | None = None
    country: str | None = None
    use: Code | None = None
    kind: Code | None = None
    period: Period | None = None
    key: str | None = key()


@dataclass(frozen=True, slots=True)
class Language:
    """A language in which one can talk with somebody."""

    language: Concept | None = None
    first_choice: Fact | None = None
    key: str | None = key()


@dataclass(frozen=True, slots=True)
class SafeContact:
    """How the person can be reached without anybody learning of the programme. Never leaves it."""

    channel: str | None = None
    when: str | None = None
    discreet: Fact | None = None


@dataclass(frozen=True, slots=True)
class Contact:
    """Somebody to turn to for the person: next of kin, employer, in an emergency."""

    relationship: tuple[Concept, ...] = ()
    called: Name | None = None
    reached_by: tuple[Channel, ...] = ()
    lives_at: Address | None = None
    organisation: Ref | None = None
    period: Period | None = None
    key: str | None = key()


@dataclass(frozen=True, slots=True)
class Person(Record):
    """Whom all this is for.

    name_used         what they go by; `names` are all others
    interpreter       whether one is needed
    recorded_gender   as the administration has it: male, female, other, unknown
    died              yes, no, or when
    programme         who keeps this record
    in_use            whether the record is
    """

    RESOURCE: ClassVar[str] = "Patient"

    names: tuple[Name, ...] = ()
    name_used: Name | None = None
    pronouns: Concept | None = None
    birth_date: Date | None = None
    recorded_gender: Code | None = None
    languages: tuple[Language, ...] = ()
    interpreter: Fact | None = None
    safe_contact: SafeContact | None = None
    reached_by: tuple[Channel, ...] = ()
    lives_at: tuple[Address, ...] = ()
    contacts: tuple[Contact, ...] = ()
    doctors: tuple[Ref, ...] = ()
    programme: Ref | None = None
    died: Fact | DateTime | None = None
    in_use: Fact | None = None


@dataclass(frozen=True, slots=True)
class Support(Record):
    """Somebody who stands by the person.

    role           family, peer, sponsor or community-resource
    relationship   sister, neighbour, fellow member ...
    chosen_by      who asked for them; usually the person
    frequency      how often they are in touch
    contact_ok     whether the programme may contact them

    A sponsor is recorded by role only, without names, reached_by, lives_at: they would expose a third person.
    """

    RESOURCE: ClassVar[str] = "RelatedPerson"

    person: Ref | None = None
    role: Code | None = None
    relationship: tuple[Concept, ...] = ()
    chosen_by: Ref | None = None
    frequency: Timing | None = None
    contact_ok: Answered | None = None
    names: tuple[Name, ...] = ()
    reached_by: tuple[Channel, ...] = ()
    lives_at: tuple[Address, ...] = ()
    languages: tuple[Language, ...] = ()
    birth_date: Date | None = None
    recorded_gender: Code | None = None
    period: Period | None = None
    in_use: Fact | None = None


@dataclass(frozen=True, slots=True)
class Authority(Record):
    """Somebody's authority to decide for the person. It never implies that they may be told anything.

    person         for whom
    kind           parent, guardian, nominated-representative or proxy
    scope          what about: treatment, admission, money ...
    begins, ends   from when, to when (`from` is a word of Python's)
    active_when    under which condition, in words: "when two doctors find that she cannot decide"
    evidence       the directive, order or form it rests on
    """

    RESOURCE: ClassVar[str] = "RelatedPerson"

    person: Ref | None = None
    kind: Code | None = None
    scope: tuple[Concept, ...] = ()
    begins: DateTime | None = None
    ends: DateTime | None = None
    active_when: str | None = None
    evidence: tuple[Ref, ...] = ()
    relationship: tuple[Concept, ...] = ()
    names: tuple[Name, ...] = ()
    reached_by: tuple[Channel, ...] = ()
    lives_at: tuple[Address, ...] = ()
    languages: tuple[Language, ...] = ()
    birth_date: Date | None = None
    recorded_gender: Code | None = None
    in_use: Fact | None = None


@dataclass(frozen=True, slots=True)
class TeamMember:
    """One person or organisation of a team, or a role alone: a sponsor is not named."""

    roles: tuple[Concept, ...] = ()
    named: Ref | None = None
    for_whom: Ref | None = None
    period: Period | None = None
    key: str | None = key()


@dataclass(frozen=True, slots=True)
class Team(Record):
    """Those who work with the person, by role: the person, family, peers, staff, places."""

    RESOURCE: ClassVar[str] = "CareTeam"

    title: str | None = None
    person: Ref | None = None
    status: Code | None = None
    kinds: tuple[Concept, ...] = ()
    visit: Ref | None = None
    period: Period | None = None
    people: tuple[TeamMember, ...] = ()
    why: tuple[Concept, ...] = ()
    needs: tuple[Ref, ...] = ()
    programmes: tuple[Ref, ...] = ()
    reached_by: tuple[Channel, ...] = ()
    notes: tuple[Note, ...] = ()
