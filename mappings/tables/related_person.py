"""RelatedPerson, as somebody who stands by the person and as somebody with authority to decide for them.

https://hl7.org/fhir/R4/relatedperson.html

An Authority has the relationship `authority` of ours, which says to any reader that there is one, and beside it its
kind. A Support's role is a local extension: whom somebody leans on stays in the programme.

Carried, not read: photo.
"""

from __future__ import annotations

from mappings.lens.lists import Each, Inside, One
from mappings.lens.notation import at, const, extension, extensions, table
from mappings.lens.parts import Item, Slice, Within
from mappings.lens.variants import OTHERWISE, Variants, coded
from mappings.model.person import Authority, Support
from mappings.nodes import pairs
from mappings.tables.coded import coded_concept
from mappings.tables.datatypes import (
    BOOLEAN,
    CONCEPT,
    DATE,
    DATE_TIME,
    PERIOD,
    REFERENCE,
    TEXT,
    TIMING,
    codes,
    concepts,
)
from mappings.tables.people import ALL_NAMES, GENDER, LANGUAGES, LIVES_AT, REACHED_BY
from mappings.tables.primitives import ANSWERED
from mappings.tables.record import record
from mappings.terms.systems import LOCAL, TERMS, V3_ROLE_CODE
from mappings.tree import Tree

ROLE, CHOSEN_BY = LOCAL + "support-role", LOCAL + "chosen-by"
"""Local: family, peer, sponsor or community-resource; who asked for them."""
FREQUENCY, CONTACT_OK = LOCAL + "contact-frequency", LOCAL + "contact-ok"
"""Local: how often they are in touch; whether the programme may contact them."""
SCOPE, ACTIVE_WHEN, EVIDENCE = LOCAL + "authority-scope", LOCAL + "active-when", LOCAL + "authority-evidence"
"""Local: what somebody may decide, under which condition, and what that rests on."""

SUPPORT_ROLE = codes("family peer sponsor community-resource")
AUTHORITY = coded("relationship", TERMS, "authority", listed=True)
"""Local: that somebody may decide for the person. No code system that this project has seen has one for all kinds."""

# fmt: off
KIND = {
    # the clinic's word             HL7/UTG v3-RoleCode.xml
    "parent":                      (V3_ROLE_CODE, "PRN"),
    "guardian":                    (V3_ROLE_CODE, "GUARD"),
    "proxy":                       (V3_ROLE_CODE, "HPOWATT"),
    "nominated-representative":    (TERMS, "nominated-representative"),   # local; India's Mental Healthcare Act
}
# fmt: on


def is_kind(node: Tree) -> bool:
    """Tell whether a relationship is a kind of authority."""
    return any(pair in KIND.values() for pair in pairs(node))


def is_bond(node: Tree) -> bool:
    """Tell whether a relationship says how people are bound to each other."""
    return not is_kind(node) and not any(pair in AUTHORITY.codings for pair in pairs(node))


# fmt: off
SUPPORT = table(Support,
    const("resourceType", "RelatedPerson"),
    *record(),
    ("role",            extension(ROLE, at("valueCode", SUPPORT_ROLE))),
    ("chosen_by",       extension(CHOSEN_BY, at("valueReference", REFERENCE))),
    ("frequency",       extension(FREQUENCY, at("valueTiming", TIMING))),
    ("contact_ok",      extension(CONTACT_OK, at("valueCode", ANSWERED))),
    ("in_use",          at("active", BOOLEAN)),
    ("person",          at("patient", REFERENCE)),
    ("relationship",    concepts("relationship")),
    ("names",           ALL_NAMES),
    ("reached_by",      REACHED_BY),
    ("recorded_gender", at("gender", GENDER)),
    ("birth_date",      at("birthDate", DATE)),
    ("lives_at",        LIVES_AT),
    ("period",          at("period", PERIOD)),
    ("languages",       LANGUAGES),
    root=True)

DECIDER = table(Authority,
    const("resourceType", "RelatedPerson"),
    *record(),
    ("scope",           extensions(SCOPE, Inside(SCOPE, at("valueCodeableConcept", CONCEPT)))),
    ("active_when",     extension(ACTIVE_WHEN, at("valueString", TEXT))),
    ("evidence",        extensions(EVIDENCE, Inside(EVIDENCE, at("valueReference", REFERENCE)))),
    ("in_use",          at("active", BOOLEAN)),
    ("person",          at("patient", REFERENCE)),
    ("kind",            Slice("relationship", One(Each(Item(coded_concept(KIND)), mine=is_kind)))),
    ("relationship",    Slice("relationship", Each(CONCEPT, mine=is_bond))),
    ("names",           ALL_NAMES),
    ("reached_by",      REACHED_BY),
    ("recorded_gender", at("gender", GENDER)),
    ("birth_date",      at("birthDate", DATE)),
    ("lives_at",        LIVES_AT),
    ("begins",          Within("period", at("start", DATE_TIME))),
    ("ends",            Within("period", at("end", DATE_TIME))),
    ("languages",       LANGUAGES),
    root=True)
# fmt: on

RELATED_PERSON = Variants((AUTHORITY, DECIDER), (OTHERWISE, SUPPORT))
