"""Plan, Activity and Therapy: what is done, for which need and goal, with whom, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

from mappings.model.goal import Goal
from mappings.model.values import (
    Code,
    Concept,
    DateTime,
    Fact,
    Identifier,
    Member,
    Note,
    Period,
    Quantity,
    Ref,
    Timing,
    Uri,
    key,
)


@dataclass(frozen=True, slots=True)
class Therapy:
    """One therapy or support, however it was written: as a detail of the plan, a contained or a linked request.

    `status` is one of not-started, scheduled, in-progress, on-hold, completed, cancelled, stopped, unknown,
    entered-in-error. A detail has no place for identifiers, person, ordered_by, ordered_on, visit, intent, urgency,
    part_of_plans, notes; a request has none for supplied, each_day.
    """

    RESOURCE: ClassVar[str] = "ServiceRequest"

    identifiers: tuple[Identifier, ...] = ()
    person: Ref | None = None
    kind: Concept | None = None
    kinds: tuple[Concept, ...] = ()
    ordered_as: Code | None = None
    status: Code | None = None
    status_why: Concept | None = None
    intent: Code | None = None
    urgency: Code | None = None
    not_to_be_done: Fact | None = None
    frequency: Timing | Period | DateTime | str | None = None
    setting: Ref | None = None
    settings: tuple[Ref, ...] = ()
    performers: tuple[Ref, ...] = ()
    performer_role: Concept | None = None
    why_this: tuple[Concept, ...] = ()
    needs: tuple[Ref, ...] = ()
    goals: tuple[Ref, ...] = ()
    protocols: tuple[Uri, ...] = ()
    protocol_links: tuple[Uri, ...] = ()
    supplied: Concept | Ref | None = None
    each_day: Quantity | None = None
    amount: Quantity | None = None
    words: str | None = None
    ordered_by: Ref | None = None
    ordered_on: DateTime | None = None
    visit: Ref | None = None
    part_of_plans: tuple[Ref, ...] = ()
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True)
class Activity:
    """A therapy in the plan, and what came of it."""

    therapy: Member | None = None
    outcomes: tuple[Concept, ...] = ()
    evidence: tuple[Ref, ...] = ()
    how_it_goes: tuple[Note, ...] = ()
    key: str | None = key()


@dataclass(frozen=True, slots=True)
class Plan:
    """The person's plan: needs, goals, activities and the team around them, at one time, under one custodian."""

    RESOURCE: ClassVar[str] = "CarePlan"

    identifiers: tuple[Identifier, ...] = ()
    person: Ref | None = None
    title: str | None = None
    summary: str | None = None
    status: Code | None = None
    intent: Code | None = None
    kinds: tuple[Concept, ...] = ()
    period: Period | None = None
    written_on: DateTime | None = None
    custodian: Ref | None = None
    written_by: tuple[Ref, ...] = ()
    visit: Ref | None = None
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


def completed(member: Any, plan: Plan) -> Any:
    """Return a plan's new member with whom it is about and how it is meant, as the plan says.

    FHIR wants a subject of each goal and request, and an intent of each request; a clinic says them once, in the plan.
    """
    if isinstance(member, Goal | Therapy) and member.person is None and plan.person is not None:
        member = replace(member, person=plan.person)
    if isinstance(member, Therapy) and member.intent is None:
        member = replace(member, intent=Code("plan"))
    return member
