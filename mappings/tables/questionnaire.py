"""Questionnaire: https://hl7.org/fhir/R4/questionnaire.html

Read of SDC's extensions: item control, option prefix, and the weight of an answer (ordinalValue on the coding or the
option). Carried, not read: the others, contact, useContext, effectivePeriod's twins, `_` twins.
"""

from __future__ import annotations

from mappings.lens.combinators import Table
from mappings.lens.members import Later
from mappings.lens.notation import at, choice, const, each, extension, primitives, table
from mappings.model import EnableWhen, Instrument, Item, Option, StartValue
from mappings.model import values as v
from mappings.tables.datatypes import (
    ATTACHMENT,
    BOOLEAN,
    CODE,
    CODING,
    CONCEPT,
    DATE,
    DATE_TIME,
    NUMBER,
    PERIOD,
    QUANTITY,
    REFERENCE,
    TEXT,
    TIME,
    URI,
    WHOLE,
    codes,
    concepts,
    identifiers,
    identity,
)
from mappings.tables.weights import WEIGHT

# https://hl7.org/fhir/R4/valueset-publication-status.html
STATUS = codes("draft active retired unknown")
# https://hl7.org/fhir/R4/valueset-item-type.html
TYPE = codes(
    "group display question boolean decimal integer date dateTime time string text url choice open-choice attachment"
    " reference quantity"
)
# https://hl7.org/fhir/R4/valueset-questionnaire-enable-operator.html
OPERATOR = codes("exists = != > < >= <=")
# https://hl7.org/fhir/R4/valueset-questionnaire-enable-behavior.html
BEHAVIOR = codes("all any")
ITEM_CONTROL = "http://hl7.org/fhir/StructureDefinition/questionnaire-itemControl"
"""https://hl7.org/fhir/R4/extension-questionnaire-itemcontrol.html"""
OPTION_PREFIX = "http://hl7.org/fhir/StructureDefinition/questionnaire-optionPrefix"
"""https://hl7.org/fhir/R4/extension-questionnaire-optionprefix.html"""

# Kinds of value, suffix by suffix: https://hl7.org/fhir/R4/questionnaire-definitions.html#Questionnaire.item.initial.value[x]
_KINDS = {
    "Boolean": (v.Fact, BOOLEAN),
    "Decimal": (v.Number, NUMBER),
    "Integer": (v.Whole, WHOLE),
    "Date": (v.Date, DATE),
    "DateTime": (v.DateTime, DATE_TIME),
    "Time": (v.Time, TIME),
    "String": (str, TEXT),
    "Uri": (v.Uri, URI),
    "Attachment": (v.Attachment, ATTACHMENT),
    "Coding": (v.Coding, CODING),
    "Quantity": (v.Quantity, QUANTITY),
    "Reference": (v.Ref, REFERENCE),
}


def kinds(*suffixes: str) -> dict[str, tuple[type, object]]:
    """Return the kinds with these suffixes, all without any."""
    return {suffix: _KINDS[suffix] for suffix in suffixes or _KINDS}


# fmt: off
OPTION = table(Option,
    ("value",       choice("value", **kinds("Integer", "Date", "Time", "String", "Coding", "Reference"))),
    ("preselected", at("initialSelected", BOOLEAN)),
    ("weight",      WEIGHT),
    ("label",       extension(OPTION_PREFIX, at("valueString", TEXT))))

ENABLE_WHEN = table(EnableWhen,
    ("item",    at("question", TEXT)),
    ("compare", at("operator", OPERATOR)),
    ("value",   choice("answer", **kinds(
        "Boolean", "Decimal", "Integer", "Date", "DateTime", "Time", "String", "Coding", "Quantity", "Reference"))))

INITIAL = table(StartValue, ("value", choice("value", **kinds())))

ITEM: Table = table(Item,
    ("linkId",       at("linkId", TEXT)),
    ("defined_by",   at("definition", URI)),
    ("codings",      at("code", each(CODING, identity("system", "code")))),
    ("label",        at("prefix", TEXT)),
    ("text",         at("text", TEXT)),
    ("type",         at("type", TYPE)),
    ("control",      extension(ITEM_CONTROL, at("valueCodeableConcept", CONCEPT))),
    ("enable_when",  at("enableWhen", each(ENABLE_WHEN))),
    ("enable_how",   at("enableBehavior", BEHAVIOR)),
    ("required",     at("required", BOOLEAN)),
    ("repeats",      at("repeats", BOOLEAN)),
    ("fixed",        at("readOnly", BOOLEAN)),
    ("longest",      at("maxLength", WHOLE)),
    ("options_from", at("answerValueSet", URI)),
    ("options",      at("answerOption", each(OPTION, identity("value")))),
    ("start_values", at("initial", each(INITIAL))),
    ("items",        at("item", each(Later(lambda: ITEM), identity("linkId")))))

QUESTIONNAIRE = table(Instrument,
    const("resourceType", "Questionnaire"),
    ("url",          at("url", URI)),
    ("identifiers",  identifiers()),
    ("version",      at("version", TEXT)),
    ("machine_name", at("name", TEXT)),
    ("title",        at("title", TEXT)),
    ("made_from",    primitives("derivedFrom", URI)),
    ("status",       at("status", STATUS)),
    ("trial",        at("experimental", BOOLEAN)),
    ("for_types",    primitives("subjectType", CODE)),
    ("dated",        at("date", DATE_TIME)),
    ("published_by", at("publisher", TEXT)),
    ("about",        at("description", TEXT)),
    ("why",          at("purpose", TEXT)),
    ("licence",      at("copyright", TEXT)),
    ("approved_on",  at("approvalDate", DATE)),
    ("reviewed_on",  at("lastReviewDate", DATE)),
    ("period",       at("effectivePeriod", PERIOD)),
    ("codings",      at("code", each(CODING, identity("system", "code")))),
    ("valid_in",     concepts("jurisdiction")),
    ("items",        at("item", each(ITEM, identity("linkId")))),
    root=True)
# fmt: on
