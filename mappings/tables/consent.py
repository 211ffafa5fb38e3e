"""Consent: https://hl7.org/fhir/R4/consent.html

The gate does not read this table: adapter/disclosure/grants.py reads the document, and what it does not know means no.

    grantor, signer_authority   Consent.performer: whoever is no RelatedPerson, and the RelatedPerson (an Authority)
    recipients                  provision.actor of role IRCP; other actors apart
    apart                       category PSYTHPN: a consent to tell of counselling notes stands by itself (42 CFR 2.31),
                                and the gate takes no such consent for any other record
    revoked                     local extension; `status` inactive is what others see

Carried, not read: policy and verification of other shape, extensions.
"""

from __future__ import annotations

from typing import Any

from mappings.lens.combinators import Table
from mappings.lens.lists import Each, One
from mappings.lens.members import Later
from mappings.lens.notation import at, choice, const, each, extension, table
from mappings.lens.parts import Holding, Item, Slice, Within
from mappings.model import values as v
from mappings.model.consent import Check, Consent, Exemption, NamedRecord, OtherActor, Policy
from mappings.nodes import pairs
from mappings.tables.coded import coded_concept
from mappings.tables.datatypes import (
    ATTACHMENT,
    BOOLEAN,
    BY_ID,
    CODING,
    CONCEPT,
    DATE_TIME,
    PERIOD,
    REFERENCE,
    URI,
    codes,
    concepts,
    identity,
    references,
)
from mappings.tables.record import record
from mappings.terms.systems import LOCAL, PARTICIPATION, V3_ACT_CODE
from mappings.tree import Tree

REVOKED = LOCAL + "revoked"
"""Local: when a consent was taken back. R4 has a status for it and no date."""
# https://hl7.org/fhir/R4/valueset-consent-state-codes.html
STATUS = codes("draft proposed active rejected inactive entered-in-error")
# https://hl7.org/fhir/R4/valueset-consent-provision-type.html
PERMITS = codes("deny permit")
# https://hl7.org/fhir/R4/valueset-consent-data-meaning.html
HOW = codes("instance related dependents authoredby")
APART = {"counselling-notes": (V3_ACT_CODE, "PSYTHPN")}
RECIPIENT = (PARTICIPATION, "IRCP")


def is_recipient(actor: Tree) -> bool:
    """Tell whether an actor is somebody who may be told."""
    return isinstance(actor, dict) and pairs(actor.get("role")) == [RECIPIENT]


def is_other_actor(actor: Tree) -> bool:
    """Tell whether an actor is named in another role."""
    return not is_recipient(actor)


def is_apart(category: Tree) -> bool:
    """Tell whether a category says that the consent stands apart."""
    return any(pair in APART.values() for pair in pairs(category))


def is_kind(category: Tree) -> bool:
    """Tell whether a category says anything else."""
    return not is_apart(category)


def is_signer(performer: Tree) -> bool:
    """Tell whether somebody signs for the person, as a RelatedPerson."""
    if not isinstance(performer, dict):
        return False
    kind = v.kind_of(str(performer.get("reference", "")))
    return kind == v.Uri("RelatedPerson") or performer.get("type") == "RelatedPerson"


def is_grantor(performer: Tree) -> bool:
    """Tell whether somebody consents for themselves."""
    return not is_signer(performer)


# fmt: off
OTHER_ACTOR = table(OtherActor,
    ("role",  at("role", CONCEPT)),
    ("named", at("reference", REFERENCE)))

NAMED_RECORD = table(NamedRecord,
    ("how",    at("meaning", HOW)),
    ("record", at("reference", REFERENCE)))

POLICY = table(Policy,
    ("by",       at("authority", URI)),
    ("found_at", at("uri", URI)))

CHECK = table(Check,
    ("checked",   at("verified", BOOLEAN)),
    ("with_whom", at("verifiedWith", REFERENCE)),
    ("on",        at("verificationDate", DATE_TIME)))

TO_RECIPIENT = Holding(
    {"role": {"coding": [{"system": RECIPIENT[0], "code": RECIPIENT[1]}]}}, "reference", REFERENCE)


def codings(name: str) -> Any: return at(name, each(CODING, identity("system", "code")))


def rule(exemption: Any) -> tuple[tuple[str, Any], ...]:
    """Return the rows of a provision; `exemption` is the lens of one within it."""
    return (
        ("permits",      at("type", PERMITS)),
        ("period",       at("period", PERIOD)),
        ("recipients",   Slice("actor", Each(TO_RECIPIENT, BY_ID, mine=is_recipient))),
        ("other_actors", Slice("actor", Each(OTHER_ACTOR, mine=is_other_actor))),
        ("actions",      concepts("action")),
        ("labels",       codings("securityLabel")),
        ("purposes",     codings("purpose")),
        ("data_classes", codings("class")),
        ("contents",     concepts("code")),
        ("of_time",      at("dataPeriod", PERIOD)),
        ("records",      at("data", each(NAMED_RECORD))),
        ("exemptions",   at("provision", each(exemption))))


EXEMPTION: Table = table(Exemption, *rule(Later(lambda: EXEMPTION)))

CONSENT = table(Consent,
    const("resourceType", "Consent"),
    *record(),
    ("revoked",          extension(REVOKED, at("valueDateTime", DATE_TIME))),
    ("status",           at("status", STATUS)),
    ("scope",            at("scope", CONCEPT)),
    ("kinds",            Slice("category", Each(CONCEPT, mine=is_kind))),
    ("apart",            Slice("category", One(Each(Item(coded_concept(APART)), mine=is_apart)))),
    ("person",           at("patient", REFERENCE)),
    ("signed_on",        at("dateTime", DATE_TIME)),
    ("grantor",          Slice("performer", Each(REFERENCE, BY_ID, mine=is_grantor))),
    ("signer_authority", Slice("performer", One(Each(REFERENCE, mine=is_signer)))),
    ("held_by",          references("organization")),
    ("signed_form",      choice("source", Attachment=(v.Attachment, ATTACHMENT), Reference=(v.Ref, REFERENCE))),
    ("policies",         at("policy", each(POLICY))),
    ("rule",             at("policyRule", CONCEPT)),
    ("checks",           at("verification", each(CHECK))),
    *((field, Within("provision", row)) for field, row in rule(EXEMPTION)),
    root=True)
# fmt: on
