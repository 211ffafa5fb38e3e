"""DocumentReference, as a paper of any kind and as an advance directive.

https://hl7.org/fhir/R4/documentreference.html

A directive is known by its category, as US Core and IPS have it (LOINC 42348-3). What it says stands in extensions of
ours:

    "extension": [{"url": ".../refuses", "extension": [{"url": "words", "valueString": "…", "_valueString": {...}},
                                                       {"url": "about", "valueCodeableConcept": {...}}]},
                  {"url": ".../representative", "valueReference": {...}},  in order
                  {"url": ".../invoked", "valuePeriod": {...}}, ...]

Carried, not read: masterIdentifier (the archive's), context but for its encounters and period (the archive's index).
"""

from __future__ import annotations

from mappings.lens.lists import Each
from mappings.lens.notation import at, const, each, extension, extensions, one_extension, table
from mappings.lens.parts import Slice, Within
from mappings.lens.variants import OTHERWISE, Variants, coded
from mappings.model.document import AdvanceDirective, Copy, Document, Registration, Relation, Wish
from mappings.nodes import pairs
from mappings.tables.datatypes import (
    ATTACHMENT,
    CODING,
    CONCEPT,
    DATE,
    PERIOD,
    REFERENCE,
    TEXT,
    codes,
    concepts,
    references,
)
from mappings.tables.held import held
from mappings.tables.primitives import INSTANT
from mappings.tables.record import record
from mappings.tables.words import Said
from mappings.terms.systems import LOCAL, LOINC
from mappings.tree import Tree

MADE_ON, WANTS, REFUSES = LOCAL + "made-on", LOCAL + "wants", LOCAL + "refuses"
"""Local: when a directive was made, what the person wants, what they refuse."""
REPRESENTATIVE, INVOKED, REGISTERED = LOCAL + "representative", LOCAL + "invoked", LOCAL + "registered"
"""Local: who speaks for the person (in order), when it was in force, where it is registered."""
DIRECTIVE = coded("category", LOINC, "42348-3", display="Advance healthcare directives", listed=True)
"""HL7/fhir-ips, section Advance Directives; HL7/US-Core us-core-adi-documentreference"""
# https://hl7.org/fhir/R4/valueset-document-reference-status.html
STATUS = codes("current superseded entered-in-error")
# https://hl7.org/fhir/R4/valueset-composition-status.html
WRITTEN_STATUS = codes("preliminary final amended entered-in-error")
# https://hl7.org/fhir/R4/valueset-document-relationship-type.html
HOW = codes("replaces transforms signs appends")


def is_kind(category: Tree) -> bool:
    """Tell whether a category says anything but that this is a directive."""
    return not any(pair in DIRECTIVE.codings for pair in pairs(category))


# fmt: off
COPY = table(Copy,
    ("file",       at("attachment", ATTACHMENT)),
    ("written_as", at("format", CODING)))

RELATION = table(Relation,
    ("how",    at("code", HOW)),
    ("record", at("target", REFERENCE)))

REGISTRATION = table(Registration,
    const("url", REGISTERED),
    ("place",  extension("place", at("valueString", TEXT))),
    ("number", extension("number", at("valueString", TEXT))),
    ("on",     extension("on", at("valueDate", DATE))))

ROWS = (
    const("resourceType", "DocumentReference"),
    *record(recorded_at=at("date", INSTANT)),
    ("status",         at("status", STATUS)),
    ("written_status", at("docStatus", WRITTEN_STATUS)),
    ("kind",           at("type", CONCEPT)),
    ("person",         at("subject", REFERENCE)),
    ("written_by",     references("author")),
    ("attested_by",    at("authenticator", REFERENCE)),
    ("custodian",      at("custodian", REFERENCE)),
    ("relations",      at("relatesTo", each(RELATION))),
    ("title",          at("description", TEXT)),
    ("labels",         concepts("securityLabel")),
    ("files",          at("content", each(COPY))),
    ("visits",         Within("context", references("encounter"))),
    ("of_time",        Within("context", at("period", PERIOD))))

DOCUMENT = table(Document, *ROWS, ("kinds", concepts("category")), root=True)
# fmt: on


def wishes(url: str) -> object:
    """Return the row of what is wanted or refused."""
    # fmt: off
    wish = table(Wish,
        const("url", url),
        ("words", extension("words", Said())),
        ("about", extension("about", at("valueCodeableConcept", CONCEPT))))
    # fmt: on
    return extensions(url, wish)


# fmt: off
ADVANCE_DIRECTIVE = table(AdvanceDirective,
    *ROWS,
    ("kinds",           Slice("category", Each(CONCEPT, mine=is_kind))),
    ("made_on",         extension(MADE_ON, at("valueDate", DATE))),
    ("wants",           wishes(WANTS)),
    ("refuses",         wishes(REFUSES)),
    ("representatives", held(REPRESENTATIVE, "valueReference", REFERENCE)),
    ("invoked",         held(INVOKED, "valuePeriod", PERIOD)),
    ("registered",      one_extension(REGISTERED, REGISTRATION)),
    root=True)
# fmt: on

DOCUMENT_REFERENCE = Variants((DIRECTIVE, ADVANCE_DIRECTIVE), (OTHERWISE, DOCUMENT))
