"""May this recipient have this record of this person, for this purpose, now? A pure answer from the person's consents.

    Consent tree -> grants.read_consent -> Grant      what it says, as far as every element of it is understood
    decide(actor, purpose, type, subject, grants, now) -> Decision

A permit permits only the recipients and purposes that it names; naming none, nobody. A deny that names none denies
everyone. Deny wins, order never matters. What is not interpreted means no: such a permit permits nothing, such a
denial, and a consent that does not say which of the two it is, denies all.
Source: https://hl7.org/fhir/R4/consent.html
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Kind = Literal["programme", "person", "partner", "ehr"]
Relation = Literal["same-programme", "service-organisation", "other"]
Identifier = tuple[str, str]
"""(system, value)"""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks.

    name          as registered; stands in the record of the disclosure
    organization  (system, value) by which a Consent names this recipient
    person        "Patient/<id>" of a person who reads their own records, else ""
    purposes      v3-ActReason codes that this actor is registered for
    """

    name: str
    kind: Kind
    relation: Relation = "other"
    organization: Identifier | None = None
    person: str = ""
    purposes: tuple[str, ...] = ()

    @property
    def outsider(self) -> bool:
        """True where our own extensions, and what consent withholds, must not be seen."""
        return self.kind != "programme" and self.relation != "same-programme"

    @property
    def stranger(self) -> bool:
        """True for whom a consent is needed: neither the programme, nor who works for it, nor the person."""
        return self.kind in ("partner", "ehr") and self.relation == "other"


@dataclass(frozen=True, slots=True)
class Decision:
    """`reason` is a key of REASONS: a code, never content."""

    allowed: bool
    reason: str


# fmt: off
REASONS = {
    # code                     what it means to those who administer the programme
    "programme":              "the programme itself",
    "same-programme":         "registered as part of the same programme",
    "service-organisation":   "registered as a qualified service organisation of the programme",
    "own-record":             "the person reads their own record",
    "instrument":             "an instrument is about nobody; the purpose is registered",
    "consent":                "a consent of the person names this recipient and this purpose",
    # why not, the strongest reason first
    "not-own-record":         "a person reads only their own records",
    "purpose-not-registered": "the client is not registered for this purpose",
    "no-person":              "the record names no person; such records stay within the programme",
    "not-readable":           "the record is kept as bytes that no tree can hold, so nothing in it could be hidden",
    "no-clock":               "the time is not known, so no consent can be found valid",
    "never-shared":           "the programme keeps this record to itself, whatever a consent permits",
    "consent-denies":         "a consent of the person denies it",
    "denial-unclear":         "a denial, or a consent that does not say which it is, is not wholly interpreted",
    "consent-unclear":        "the consent has an element that is not interpreted, so it permits nothing",
    "consent-not-now":        "the consent has not begun or has ended",
    "type-not-named":         "the consent names other kinds of records",
    "purpose-not-named":      "the consent names other purposes, or none",
    "recipient-not-named":    "the consent names other recipients, or none",
    "no-consent":             "no active consent of the person",
}
# fmt: on
_YES = {reason: Decision(True, reason) for reason in REASONS}
_STRENGTH = {reason: at for at, reason in enumerate(REASONS)}


@dataclass(frozen=True, slots=True)
class Grant:
    """What one Consent says. `grants.read_consent` reads it.

    patient     "Patient/<id>"; "" where that is not readable, which then counts for whoever it was found for
    in_force    False only where the status plainly says so (draft, rejected, inactive ...)
    permits     provision.type is permit; anything else denies
    clear       every element is interpreted
    start, end  as written, FHIR date or dateTime, "" where open
    recipients, purposes, classes: empty = none named
    """

    patient: str
    in_force: bool
    permits: bool
    clear: bool
    start: str = ""
    end: str = ""
    recipients: frozenset[Identifier] = frozenset()
    purposes: frozenset[str] = frozenset()
    classes: frozenset[str] = frozenset()

    def valid(self, now: datetime) -> bool:
        """True within the period; a date without a zone is that day where the clock of `now` stands."""
        return _begun(self.start, now) and not _over(self.end, now)


def decide(
    actor: Actor, purpose: str, *, resource_type: str, subject: str, consents: Iterable[Grant], now: datetime
) -> Decision:
    """Decide on one record of a resource type about `subject`, the "Patient/<id>" or "" for nobody.

    `consents` are those of that person; others among them count for nothing.
    """
    if actor.kind == "programme":
        return _YES["programme"]
    if actor.relation in ("same-programme", "service-organisation") and actor.kind != "person":
        return _YES[actor.relation]
    if actor.kind == "person" and subject:
        own = subject == actor.person
        return Decision(own, "own-record" if own else "not-own-record")
    if purpose not in actor.purposes:
        return Decision(False, "purpose-not-registered")
    if not subject:
        return _YES["instrument"] if resource_type == "Questionnaire" else Decision(False, "no-person")
    if now.tzinfo is None:
        return Decision(False, "no-clock")
    found = {
        _answer(grant, actor, purpose, resource_type, now)
        for grant in consents
        if grant.in_force and grant.patient in ("", subject)
    }
    if "consent" in found and not found & {"consent-denies", "denial-unclear"}:
        return _YES["consent"]
    return Decision(False, min(found - {"consent", ""}, key=_STRENGTH.__getitem__, default="no-consent"))


def _answer(grant: Grant, actor: Actor, purpose: str, resource_type: str, now: datetime) -> str:
    if not grant.clear:
        return "consent-unclear" if grant.permits else "denial-unclear"
    named = actor.organization in grant.recipients
    meant = purpose in grant.purposes
    covered = not grant.classes or resource_type in grant.classes
    if grant.permits:
        if not named:
            return "recipient-not-named"
        if not meant:
            return "purpose-not-named"
        if not covered:
            return "type-not-named"
        return "consent" if grant.valid(now) else "consent-not-now"
    applies = (named or not grant.recipients) and (meant or not grant.purposes) and covered and grant.valid(now)
    return "consent-denies" if applies else ""


def _begun(start: str, now: datetime) -> bool:
    if len(start) <= len("2026-01-01"):
        return start <= now.isoformat()[: len(start)]
    return datetime.fromisoformat(start) <= now


def _over(end: str, now: datetime) -> bool:
    if not end:
        return False
    if len(end) <= len("2026-01-01"):
        return now.isoformat()[: len(end)] > end
    return datetime.fromisoformat(end) <= now
