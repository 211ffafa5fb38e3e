"""Questionnaire: https://hl7.org/fhir/R4/questionnaire.html

What SDC and HL7's core say in extensions (units, limits, expressions, columns ...) stands in tables/form_extensions.py,
read as parts of an item: `shown`, `limits`, `logic`, `exchange`. Every element is a row but for these, which are
carried:

    id, meta               columns of the store, spliced when served
    text                   the narrative: made anew or kept (mappings/lens/narrative.py)
    contained              value sets and other forms: a terminology is not an instrument
    implicitRules          a rule that says how to read the record: none is known to us, so none is interpreted
    extension              but for the rows; an unknown one may say anything
    modifierExtension      it must not be interpreted: the form, or the item, stays unread
"""

from __future__ import annotations

from typing import Any

from mappings.lens.beside import Beside, Part, Worded
from mappings.lens.combinators import Table
from mappings.lens.documents import Desk, View
from mappings.lens.members import Later
from mappings.lens.notation import at, choice, const, each, primitives, table
from mappings.model import form as f
from mappings.model import instrument as i
from mappings.model import values as v
from mappings.tables.datatypes import (
    ATTACHMENT,
    CODING,
    CONCEPT,
    PERIOD,
    QUANTITY,
    RANGE,
    REFERENCE,
    concepts,
    identity,
)
from mappings.tables.form_extensions import (
    ASK,
    EXCHANGE,
    HL7,
    LIMITS,
    LOGIC,
    RENDERINGS,
    RUNNING,
    SDC,
    SHOWN,
    STYLING,
    either,
    many,
    one,
)
from mappings.tables.people import CHANNEL
from mappings.tables.primitives import BOOLEAN, CODE, DATE, DATE_TIME, NUMBER, TEXT, TIME, URI, WHOLE, codes
from mappings.tables.record import record
from mappings.tables.translations import TRANSLATION, translations, worded
from mappings.tables.weights import WEIGHT
from mappings.terms.systems import LOCAL
from mappings.tree import Tree

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
FORM_LANGUAGE = LOCAL + "form-language"
"""Local: a language in which a form can be asked; Questionnaire.language is the one that it is written in."""
R5_COPYRIGHT_LABEL = "http://hl7.org/fhir/5.0/StructureDefinition/extension-Questionnaire.copyrightLabel"
"""R5's Questionnaire.copyrightLabel in R4: https://hl7.org/fhir/R5/questionnaire.html"""
AUTHOR = HL7 + "questionnaireresponse-author"
"""https://hl7.org/fhir/R4/extension-questionnaireresponse-author.html, seen on prefilled answers too"""

# Kinds of value: https://hl7.org/fhir/R4/questionnaire-definitions.html#Questionnaire.item.initial.value[x]
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
_STYLES = (TRANSLATION, *RENDERINGS.values())


def kinds(*suffixes: str) -> dict[str, tuple[type, object]]:
    """Return the kinds with these suffixes, all without any."""
    return {suffix: _KINDS[suffix] for suffix in suffixes or _KINDS}


def _style(name: str) -> Any:
    return Beside(name, Part(STYLING))


class Choosable:
    """The value of an option: a text with translations or styling is a Phrase, so that they are one unit."""

    _value = like = choice("value", **kinds("Integer", "Date", "Time", "String", "Coding", "Reference"))
    unless = ("_valueString",)
    _beside = table(f.Phrase, ("translations", translations("valueString")), ("style", _style("valueString")))
    _words = Worded("valueString", TEXT, _STYLES)
    takes = (*(native for _, native, _ in _value.kinds), f.Phrase)

    def owns(self, name: str) -> bool:
        return self._value.owns(name)

    def read(self, raw: Tree, view: View) -> Any:
        found = self._value.read(raw, view)
        if type(found) is not str or "_valueString" not in raw:
            return found
        beside = self._beside.read_plain(raw, view)
        return f.Phrase(found, beside.translations, beside.style) if beside else found

    def write(self, raw: Tree, was: Any, now: Any, desk: Desk) -> Tree:
        if type(now) is f.Phrase and now.words is None:
            raise desk.refuse("a phrase needs its words", "Give the words, or leave the translations out.", "required")
        if type(was) in (str, f.Phrase) and type(now) in (str, f.Phrase):
            before, after = _parts(was), _parts(now)
            for row, old, new in zip((self._words, *self._rows), before, after, strict=True):
                raw = row.write(raw, old or None, new or None, desk) if old != new else raw
            return raw
        raw = self._value.write(raw, _parts(was)[0], _parts(now)[0], desk)
        for row, new in zip(self._rows, _parts(now)[1:], strict=True):
            raw = row.write(raw, None, new, desk) if new else raw
        return raw

    @property
    def _rows(self) -> tuple[Any, ...]:
        return tuple(row for _, row in self._beside.rows)


def _parts(value: Any) -> tuple[Any, Any, Any]:
    return (value.words, value.translations, value.style) if type(value) is f.Phrase else (value, (), None)


# fmt: off
OPTION = table(i.Option,
    ("value",       Choosable()),
    ("preselected", at("initialSelected", BOOLEAN)),
    ("weight",      WEIGHT),
    ("label",       one(ASK + "optionPrefix",    "String")),
    ("alone",       one(ASK + "optionExclusive", "Boolean")),
    ("picture",     one(SDC + "itemAnswerMedia", "Attachment")))

ENABLE_WHEN = table(i.EnableWhen,
    ("item",    at("question", TEXT)),
    ("compare", at("operator", OPERATOR)),
    ("value",   choice("answer", **kinds(
        "Boolean", "Decimal", "Integer", "Date", "DateTime", "Time", "String", "Coding", "Quantity", "Reference"))))

INITIAL = table(i.StartValue,
    ("value", choice("value", **kinds())),
    ("by",    one(AUTHOR, "Reference")))

ITEM: Table = table(i.Item,
    ("linkId",       at("linkId", TEXT)),
    ("defined_by",   at("definition", URI)),
    ("codings",      at("code", each(CODING, identity("system", "code")))),
    ("label",        Worded("prefix", TEXT, _STYLES)),
    ("label_style",  _style("prefix")),
    ("text",         Worded("text", TEXT, _STYLES)),
    ("translations", translations("text")),
    ("text_style",   _style("text")),
    ("type",         at("type", TYPE)),
    ("control",      one(ASK + "itemControl", "CodeableConcept")),
    ("weight",       WEIGHT),
    ("shown",        Part(SHOWN)),
    ("limits",       Part(LIMITS)),
    ("logic",        Part(LOGIC)),
    ("exchange",     Part(EXCHANGE)),
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

PUBLISHER = table(i.Publisher,                                   # https://hl7.org/fhir/R4/metadatatypes.html#ContactDetail
    ("named",    at("name", TEXT)),
    ("channels", at("telecom", each(CHANNEL))))

SETTING = table(i.Setting,                                       # https://hl7.org/fhir/R4/metadatatypes.html#UsageContext
    ("kind",  at("code", CODING)),
    ("value", choice("value", CodeableConcept=(v.Concept, CONCEPT), Quantity=(v.Quantity, QUANTITY),
                     Range=(v.Range, RANGE), Reference=(v.Ref, REFERENCE))))

QUESTIONNAIRE = table(i.Instrument,
    const("resourceType", "Questionnaire"),
    *record(),
    ("lang",               at("language", CODE)),
    ("languages",          many(FORM_LANGUAGE, "Code")),
    ("url",                at("url", URI)),
    ("version",            at("version", TEXT)),
    ("versions_by",        either(HL7 + "artifact-versionAlgorithm", Coding=v.Coding, String=str)),
    ("machine_name",       at("name", TEXT)),
    ("title",              Worded("title", TEXT, _STYLES)),
    ("title_translations", translations("title")),
    ("title_style",        _style("title")),
    ("made_from",          primitives("derivedFrom", URI)),
    ("status",             at("status", STATUS)),
    ("trial",              at("experimental", BOOLEAN)),
    ("for_types",          primitives("subjectType", CODE)),
    ("dated",              at("date", DATE_TIME)),
    ("published_by",       at("publisher", TEXT)),
    ("contacts",           at("contact", each(PUBLISHER))),
    ("about",              worded("description")),
    ("about_translations", translations("description")),
    ("settings",           at("useContext", each(SETTING))),
    ("valid_in",           concepts("jurisdiction")),
    ("why",                at("purpose", TEXT)),
    ("licence",            at("copyright", TEXT)),
    ("licence_label",      one(HL7 + "artifact-copyrightLabel", "String", R5_COPYRIGHT_LABEL)),
    ("approved_on",        at("approvalDate", DATE)),
    ("reviewed_on",        at("lastReviewDate", DATE)),
    ("period",             at("effectivePeriod", PERIOD)),
    ("codings",            at("code", each(CODING, identity("system", "code")))),
    ("design_note",        one(HL7 + "designNote", "Markdown")),
    ("running",            Part(RUNNING)),
    ("logic",              Part(LOGIC)),
    ("exchange",           Part(EXCHANGE)),
    ("limits",             Part(LIMITS)),
    ("items",              at("item", each(ITEM, identity("linkId")))),
    root=True)
# fmt: on
