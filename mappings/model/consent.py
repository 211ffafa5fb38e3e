"""Consent: who allows or forbids whom to be told what, for which purpose, until when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from mappings.model.record import Record
from mappings.model.values import Attachment, Code, Coding, Concept, DateTime, Fact, Period, Ref, Uri, key


@dataclass(frozen=True, slots=True)
class OtherActor:
    """Somebody whom a consent names in another role than recipient."""

    role: Concept | None = None
    named: Ref | None = None
    key: str | None = key()


@dataclass(frozen=True, slots=True)
class NamedRecord:
    """A record that a consent is about: itself (instance), what it rests on (related, dependents, authoredby)."""

    how: Code | None = None
    record: Ref | None = None
    key: str | None = key()


@dataclass(frozen=True, slots=True)
class Exemption:
    """A rule within a rule: what is allowed within a denial, or denied within a permission."""

    permits: Code | None = None
    period: Period | None = None
    recipients: tuple[Ref, ...] = ()
    other_actors: tuple[OtherActor, ...] = ()
    purposes: tuple[Coding, ...] = ()
    data_classes: tuple[Coding, ...] = ()
    labels: tuple[Coding, ...] = ()
    actions: tuple[Concept, ...] = ()
    contents: tuple[Concept, ...] = ()
    of_time: Period | None = None
    records: tuple[NamedRecord, ...] = ()
    exemptions: tuple[Exemption, ...] = ()
    key: str | None = key()


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy that a consent follows."""

    by: Uri | None = None
    found_at: Uri | None = None
    key: str | None = key()


@dataclass(frozen=True, slots=True)
class Check:
    """Whether a consent was checked, with whom, when."""

    checked: Fact | None = None
    with_whom: Ref | None = None
    on: DateTime | None = None
    key: str | None = key()


@dataclass(frozen=True, slots=True)
class Consent(Record):
    """A person's consent to tell others. The gate reads the document itself (adapter/disclosure/grants.py).

    person             whose records
    grantor            who consents; `signer_authority` the Authority under which somebody else signs
    permits            permit or deny; recipients, purposes, data classes and period narrow it
    revoked            when it was taken back; `status` is then inactive
    apart              counselling-notes: a consent to tell of those stands apart, and covers nothing else
    """

    RESOURCE: ClassVar[str] = "Consent"

    person: Ref | None = None
    status: Code | None = None
    scope: Concept | None = None
    kinds: tuple[Concept, ...] = ()
    apart: Code | None = None
    signed_on: DateTime | None = None
    grantor: tuple[Ref, ...] = ()
    signer_authority: Ref | None = None
    held_by: tuple[Ref, ...] = ()
    signed_form: Attachment | Ref | None = None
    policies: tuple[Policy, ...] = ()
    rule: Concept | None = None
    checks: tuple[Check, ...] = ()
    permits: Code | None = None
    period: Period | None = None
    revoked: DateTime | None = None
    recipients: tuple[Ref, ...] = ()
    other_actors: tuple[OtherActor, ...] = ()
    purposes: tuple[Coding, ...] = ()
    data_classes: tuple[Coding, ...] = ()
    labels: tuple[Coding, ...] = ()
    actions: tuple[Concept, ...] = ()
    contents: tuple[Concept, ...] = ()
    of_time: Period | None = None
    records: tuple[NamedRecord, ...] = ()
    exemptions: tuple[Exemption, ...] = ()
