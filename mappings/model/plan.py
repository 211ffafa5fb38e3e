"""Plan, Activity and Therapy: what is done, for which need and goal, with whom, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any, ClassVar

from mappings.model.record import Record
from mappings.model.values import (
    Code,
    Concept,
    Date,
    DateTime,
    Fact,
    Identifier,
    Member,
    Note,
    Period,
    Quantity,
    Range,
    Ratio,
    Ref,
    Timing,
    Translation,
    Uri,
    key,
)


@dataclass(frozen=True, slots=True)
class Therapy(Record):
    """One therapy or support, however it was written: as a detail of the plan, a contained or a linked request.

    kind                     CBT, motivational interviewing, family therapy ...; `kinds` are the request's categories
    format                   individual, group or family
    status                   not-started, scheduled, in-progress, on-hold, completed, cancelled, stopped, unknown,
                             entered-in-error
    frequency                when and how often; `when_needed` when it is for the person to say
    needs, goals, why_this   what it serves, and why this one
    alternatives_discussed   what else was talked over with the person
    recorded_at              when it was ordered

    A detail has no place for what only a request says (identifiers, person, ordered_by, intent ...); a request has
    none for supplied, each_day. What has no place is refused, never dropped.
    """

    RESOURCE: ClassVar[str] = "ServiceRequest"

    person: Ref | None = None
    kind: Concept | None = None
    kinds: tuple[Concept, ...] = ()
    format: Code | None = None
    ordered_as: Code | None = None
    status: Code | None = None
    status_why: Concept | None = None
    intent: Code | None = None
    urgency: Code | None = None
    not_to_be_done: Fact | None = None
    frequency: Timing | Period | DateTime | str | None = None
    when_needed: Fact | Concept | None = None
    setting: Ref | None = None
    settings: tuple[Ref, ...] = ()
    setting_kinds: tuple[Concept, ...] = ()
    performers: tuple[Ref, ...] = ()
    performer_role: Concept | None = None
    why_this: tuple[Concept, ...] = ()
    alternatives_discussed: tuple[Concept, ...] = ()
    needs: tuple[Ref, ...] = ()
    goals: tuple[Ref, ...] = ()
    protocols: tuple[Uri, ...] = ()
    protocol_links: tuple[Uri, ...] = ()
    supplied: Concept | Ref | None = None
    each_day: Quantity | None = None
    amount: Quantity | Range | Ratio | None = None
    particulars: tuple[Concept, ...] = ()
    words: str | None = None
    ordered_by: Ref | None = None
    ordered_together: Identifier | None = None
    visit: Ref | None = None
    part_of_plans: tuple[Ref, ...] = ()
    replaces: tuple[Ref, ...] = ()
    evidence: tuple[Ref, ...] = ()
    notes: tuple[Note, ...] = ()
    lang: Code | None = None


@dataclass(frozen=True, slots=True)
class Activity:
    """A therapy, medication or appointment in the plan, and what came of it."""

    title: str | None = None
    therapy: Member | None = None
    outcomes: tuple[Concept, ...] = ()
    evidence: tuple[Ref, ...] = ()
    how_it_goes: tuple[Note, ...] = ()
    key: str | None = key()


@dataclass(frozen=True, slots=True)
class Plan(Record):
    """The person's plan: needs, goals, activities and the team around them, at one time, under one custodian.

    recorded_at        when it was written
    person_agreement   the record of what the person said to it: agreed, partly, declined, and when
    copy_given_on      when the person was given a copy
    evidence           what it rests on and goes with: assessments, episode, preferences, safety plan ...
    """

    RESOURCE: ClassVar[str] = "CarePlan"

    person: Ref | None = None
    title: str | None = None
    title_translations: tuple[Translation, ...] = ()
    summary: str | None = None
    summary_translations: tuple[Translation, ...] = ()
    status: Code | None = None
    intent: Code | None = None
    kinds: tuple[Concept, ...] = ()
    period: Period | None = None
    custodian: Ref | None = None
    written_by: tuple[Ref, ...] = ()
    visit: Ref | None = None
    person_agreement: Member | None = None
    copy_given_on: Date | None = None
    team: tuple[Member, ...] = ()
    needs: tuple[Member, ...] = ()
    goals: tuple[Member, ...] = ()
    activities: tuple[Activity, ...] = ()
    evidence: tuple[Member, ...] = ()
    protocols: tuple[Uri, ...] = ()
    protocol_links: tuple[Uri, ...] = ()
    fulfils: tuple[Ref, ...] = ()
    replaces: tuple[Ref, ...] = ()
    part_of_plans: tuple[Ref, ...] = ()
    notes: tuple[Note, ...] = ()
    lang: Code | None = None


def completed(member: Any, plan: Plan) -> Any:
    """Return a plan's new member with whom it is about and how it is meant, as the plan says.

    FHIR wants a subject of each goal and request, and an intent of each request; a clinic says them once, in the plan.
    """
    known = {field.name for field in fields(member)} if is_dataclass(member) else set()
    if "person" in known and member.person is None and plan.person is not None:
        member = replace(member, person=plan.person)
    if isinstance(member, Therapy) and member.intent is None:
        member = replace(member, intent=Code("plan"))
    return member
