"""What HL7's core and SDC say of a form and its questions in extensions: each url once, with its value.

    HL7   http://hl7.org/fhir/StructureDefinition/…          https://hl7.org/fhir/extensions/
    ASK   …/questionnaire-…                                   https://hl7.org/fhir/R4/questionnaire-profiles.html
    SDC   http://hl7.org/fhir/uv/sdc/StructureDefinition/…   https://hl7.org/fhir/uv/sdc/artifacts.html

The url of an extension is its source; those of SDC 4 stand in its profiles (sdc-questionnaire-behave, -pop-exp,
-extr-obsn ...). An extension with another kind of value than its definition gives is OPAQUE: carried and reported.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from mappings.lens.lists import Extension, One
from mappings.lens.notation import at, choice, const, extension, extensions, table
from mappings.model import form as f
from mappings.model import values as v
from mappings.tables.datatypes import ATTACHMENT, CODING, CONCEPT, QUANTITY, REFERENCE
from mappings.tables.held import held
from mappings.tables.primitives import BOOLEAN, CODE, DATE, DATE_TIME, NUMBER, TEXT, TIME, URI, WHOLE
from mappings.tree import Tree

HL7 = "http://hl7.org/fhir/StructureDefinition/"
ASK = HL7 + "questionnaire-"
SDC = "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-"
CPG = "http://hl7.org/fhir/uv/cpg/StructureDefinition/cpg-"
R5_ITEM = "http://hl7.org/fhir/5.0/StructureDefinition/extension-Questionnaire.item."

_KINDS = {
    "Attachment": ATTACHMENT, "Boolean": BOOLEAN, "Canonical": URI, "Code": CODE, "CodeableConcept": CONCEPT,
    "Coding": CODING, "Date": DATE, "DateTime": DATE_TIME, "Decimal": NUMBER, "Duration": QUANTITY, "Id": TEXT,
    "Integer": WHOLE, "Markdown": TEXT, "Quantity": QUANTITY, "Reference": REFERENCE, "String": TEXT, "Time": TIME,
    "Uri": URI, "Url": URI,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Named:
    """An extension of one of several urls: the one that is written, and older names of the same thing."""

    urls: tuple[str, ...]

    def __call__(self, node: Tree) -> bool:
        return isinstance(node, dict) and node.get("url") in self.urls


def _also(row: Extension, older: tuple[str, ...]) -> Extension:
    if not older:
        return row
    each = row.list.inner if isinstance(row.list, One) else row.list
    each = replace(each, mine=Named((row.url, *older)))
    return Extension(row.url, One(each) if isinstance(row.list, One) else each)


def one(url: str, kind: str, *older: str) -> Extension:
    """Return the row of the one extension with this url and kind of value: `one(ASK + "hidden", "Boolean")`.

    `older` are urls under which the same extension was known: read, and kept where they stand.
    """
    return _also(extension(url, at("value" + kind, FORMULA if kind == "Expression" else _KINDS[kind])), older)


def many(url: str, kind: str, *older: str) -> Extension:
    """Return the row of all extensions with this url, as a tuple of their values."""
    return _also(held(url, "value" + kind, FORMULA if kind == "Expression" else _KINDS[kind]), older)


def either(url: str, **kinds: type) -> Extension:
    """Return the row of the one extension with this url whose value may be of several kinds."""
    lenses = {kind: (native, FORMULA if kind == "Expression" else _KINDS[kind]) for kind, native in kinds.items()}
    return extension(url, choice("value", **lenses))


def all_of(url: str, native: type, *rows: tuple[str, Any]) -> Extension:
    """Return the row of all extensions with this url, each with extensions within."""
    return extensions(url, table(native, const("url", url), *rows))


def _limit(url: str) -> Extension:
    return either(
        url, Integer=v.Whole, Decimal=v.Number, Date=v.Date, DateTime=v.DateTime, Time=v.Time, Quantity=v.Quantity
    )


# fmt: off
FORMULA = table(f.Formula,                                       # https://hl7.org/fhir/R4/metadatatypes.html#Expression
    ("about",   at("description", TEXT)),
    ("named",   at("name", TEXT)),
    ("lang",    at("language", CODE)),
    ("written", at("expression", TEXT)),
    ("kept_at", at("reference", URI)))

RENDERINGS = {
    "css":      HL7 + "rendering-style",
    "markdown": HL7 + "rendering-markdown",
    "xhtml":    HL7 + "rendering-xhtml",
    "formula":  HL7 + "cqf-expression",
    "computed": HL7 + "cqf-calculatedValue",
}
STYLING = table(f.Styling,
    ("css",      one(RENDERINGS["css"],      "String")),
    ("markdown", one(RENDERINGS["markdown"], "String")),
    ("xhtml",    one(RENDERINGS["xhtml"],    "String")),
    ("formula",  one(RENDERINGS["formula"],  "Expression")),
    ("computed", one(RENDERINGS["computed"], "String")))

SHOWN = table(f.Shown,
    ("hidden",          one(ASK + "hidden",            "Boolean")),
    ("direction",       one(ASK + "choiceOrientation", "Code")),
    ("columns",         all_of(SDC + "choiceColumn", f.Column,
        ("of",             one("path",       "String")),
        ("heading",        one("label",      "String")),
        ("breadth",        one("width",      "Quantity")),
        ("stands_for_it",  one("forDisplay", "Boolean")))),
    ("other_heading",   one(SDC + "openLabel",         "String")),
    ("hint",            one(HL7 + "entryFormat",       "String")),
    ("purpose",         one(ASK + "displayCategory",   "CodeableConcept")),
    ("folded",          one(SDC + "collapsible",       "Code")),
    ("short",           one(SDC + "shortText",         "String")),
    ("picture",         one(SDC + "itemMedia",         "Attachment")),
    ("links",           many(ASK + "supportLink",      "Uri")),
    ("when_shown",      one(ASK + "usageMode",         "Code")),
    ("when_not_asked",  one(R5_ITEM + "disabledDisplay", "Code")),           # R5: hidden, protected
    ("step",            one(ASK + "sliderStepValue",   "Integer")),
    ("breadth",         one(SDC + "width",             "Quantity")),
    ("keyboard",        one(SDC + "keyboard",          "Code")),
    ("may_be_left_out", one(SDC + "optionalDisplay",   "Boolean")),
    ("css",             one(HL7 + "rendering-style",   "String")),
    ("xhtml",           one(HL7 + "rendering-xhtml",   "String")),
    ("design_note",     one(HL7 + "designNote",        "Markdown")))

_CONSTRAINT = (
    ("rule",     one("key", "Id")),
    ("why",      one("requirements", "String")),
    ("severity", one("severity", "Code")),
    ("holds",    either("expression", String=str, Expression=f.Formula)),
    ("says",     one("human", "String")),
    ("places",   many("location", "String")))

LIMITS = table(f.Limits,
    ("measured_in",      one(ASK + "unit",                   "Coding")),
    ("units",            many(ASK + "unitOption",            "Coding")),
    ("units_from",       one(ASK + "unitValueSet",           "Canonical")),
    ("other_units",      one(SDC + "unitOpen",               "Code")),
    ("other_units_from", one(SDC + "unitSupplementalSystem", "Canonical")),
    ("least",            _limit(HL7 + "minValue")),
    ("most",             _limit(HL7 + "maxValue")),
    ("least_amount",     one(SDC + "minQuantity",            "Quantity")),
    ("most_amount",      one(SDC + "maxQuantity",            "Quantity")),
    ("shortest",         one(HL7 + "minLength",              "Integer")),
    ("pattern",          one(HL7 + "regex",                  "String")),
    ("decimals",         one(HL7 + "maxDecimalPlaces",       "Integer")),
    ("at_least",         one(ASK + "minOccurs",              "Integer")),
    ("at_most",          one(ASK + "maxOccurs",              "Integer")),
    ("other_answers",    one(R5_ITEM + "answerConstraint",   "Code")),       # R5: optionsOnly, -OrType, -OrString
    ("repeats_answers",  one(ASK + "answerRepeats",          "Boolean")),
    ("file_types",       many(HL7 + "mimeType",              "Code")),
    ("largest_file",     one(HL7 + "maxSize",                "Decimal")),
    ("record_types",     many(ASK + "referenceResource",     "Code", ASK + "allowedResource")),
    ("record_profiles",  many(ASK + "referenceProfile",      "Canonical")),
    ("records_where",    one(ASK + "referenceFilter",        "String")),
    ("constraints",      all_of(ASK + "constraint",       f.Constraint, *_CONSTRAINT)),
    ("form_constraints", all_of(HL7 + "targetConstraint", f.Constraint, *_CONSTRAINT)))

LOGIC = table(f.Logic,
    ("starts_as",   one(SDC + "initialExpression",    "Expression", ASK + "initialExpression")),
    ("always",      one(SDC + "calculatedExpression", "Expression")),
    ("asked_when",  one(SDC + "enableWhenExpression", "Expression")),
    ("choices",     one(SDC + "answerExpression",     "Expression")),
    ("proposals",   one(SDC + "candidateExpression",  "Expression")),
    ("toggles",     all_of(SDC + "answerOptionsToggleExpression", f.Toggle,
        ("choices",    many("option", "Coding")),
        ("when",       one("expression", "Expression")))),
    ("filled_from", one(SDC + "itemPopulationContext", "Expression")),
    ("goes_into",   either(SDC + "itemExtractionContext", Expression=f.Formula, Code=v.Code)),
    ("lookups",     all_of(SDC + "contextExpression", f.Lookup,
        ("heading",    one("label", "String")),
        ("finds",      one("expression", "Expression")))),
    ("names",       many(HL7 + "variable",            "Expression")),
    ("formula",     one(HL7 + "cqf-expression",       "Expression")))

_CONDITIONS = (
    ("at",               one("fullUrl",         "String")),
    ("record_id",        one("resourceId",      "String")),
    ("if_none_match",    one("ifNoneMatch",     "String")),
    ("if_changed_since", one("ifModifiedSince", "String")),
    ("if_match",         one("ifMatch",         "String")),
    ("if_none_exist",    one("ifNoneExist",     "String")))

EXCHANGE = table(f.Exchange,
    ("found_within",        one(SDC + "observationLinkPeriod", "Duration")),
    ("becomes_observation", either(SDC + "observationExtract", Boolean=v.Fact, Code=v.Code)),
    ("observation_kinds",   many(SDC + "observation-extract-category", "CodeableConcept")),
    ("observation_entries", all_of(SDC + "observationExtractEntry", f.Entry, *_CONDITIONS)),
    ("is_person",           one(SDC + "isSubject",             "Boolean")),
    ("form",                one(SDC + "subQuestionnaire",      "Canonical")),
    ("lookup_form",         one(SDC + "lookupQuestionnaire",   "Canonical")),
    ("records",             all_of(SDC + "definitionExtract", f.NewRecord,
        ("of",                 one("definition", "Canonical")), *_CONDITIONS)),
    ("record_values",       all_of(SDC + "definitionExtractValue", f.NewValue,
        ("of",                 one("definition", "Uri")),
        ("fixed",              either("fixed-value", Coding=v.Coding, CodeableConcept=v.Concept, Code=v.Code,
                                      String=str, Uri=v.Uri, Boolean=v.Fact, Decimal=v.Number, Integer=v.Whole,
                                      Date=v.Date, DateTime=v.DateTime, Quantity=v.Quantity)),
        ("computed",           one("expression", "Expression")))),
    ("templates",           all_of(SDC + "templateExtract", f.FromTemplate,
        ("of",                 one("template", "Reference")), *_CONDITIONS)),
    ("new_ids",             many(SDC + "extractAllocateId",    "String")),
    ("fhir_type",           one(ASK + "fhirType",              "String")),
    ("terminologies",       many(SDC + "preferredTerminologyServer", "Url", HL7 + "preferredTerminologyServer")),
    ("terminology",         one(HL7 + "terminology-server",    "Url")),
    ("choices_source",      one(CPG + "answerValueSetSource",  "Canonical",
                                "http://hl7.org/fhir/uv/StructureDefinition/cpg-answerValueSetSource")),
    ("defined_outside",     one(ASK + "externallydefined",     "Uri",
                                "http://lhcforms.nlm.nih.gov/fhir/StructureDefinition/questionnaire-externallydefined")),
    ("to_be_signed",        many(ASK + "signatureRequired",    "CodeableConcept")))

RUNNING = table(f.Running,
    ("openings",          all_of(SDC + "launchContext", f.Opening,
        ("named",            either("name", Coding=v.Coding, Id=str)),
        ("kinds",            many("type", "Code")),
        ("about",            one("description", "String")))),
    ("libraries",         many(HL7 + "cqf-library",            "Canonical")),
    ("entry",             many(SDC + "entryMode",              "Code")),
    ("sends_to",          one(SDC + "endpoint",                "Uri")),
    ("answered_by_kinds", many(SDC + "performerType",          "Code")),
    ("assembly",          one(SDC + "assemble-expectation",    "Code")),
    ("assembled_from",    many(SDC + "assembledFrom",          "Canonical")),
    ("maps_in",           many(SDC + "sourceStructureMap",     "Canonical")),
    ("maps_out",          many(SDC + "targetStructureMap",     "Canonical")),
    ("queries",           many(SDC + "sourceQueries",          "Reference")),
    ("bundle",            one(SDC + "templateExtractBundle",   "Reference")),
    ("filled_for",        one(SDC + "prepopulate-subject",     "Reference")),
    ("knowledge",         many(CPG + "knowledgeCapability",    "Code")),
    ("knowledge_form",    many(CPG + "knowledgeRepresentationLevel", "Code")))
# fmt: on
