"""What every record says of itself: by which numbers it is known, who wrote it down and when, and who may be told."""

from __future__ import annotations

from dataclasses import dataclass

from mappings.model.values import Code, DateTime, Identifier, Ref


@dataclass(frozen=True, slots=True)
class Record:
    """The fields that every entity has. An entity inherits them; its own come after.

    sensitivity   what in it needs special care: substance-use, mental-health, legal ... (tables/record.py lists them)
    share         never, role-only (that it exists and which role, not who) or by-consent; absent: as consent says
    """

    identifiers: tuple[Identifier, ...] = ()
    recorded_by: Ref | None = None
    recorded_at: DateTime | None = None
    sensitivity: tuple[Code, ...] = ()
    share: Code | None = None
