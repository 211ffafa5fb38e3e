"""The rules that a response is judged by against its questionnaire, in words, each with what would mend it.

https://hl7.org/fhir/R4/questionnaireresponse.html#notes, https://hl7.org/fhir/R4/questionnaire-definitions.html
"""

from __future__ import annotations

from dataclasses import dataclass

from mappings.check.findings import finding as finding_of
from mappings.check.rules import RULES, Finding, Rule
from mappings.tree import Path

_RESPONSE = "questionnaireresponse.html#notes"
_ITEM = "questionnaire-definitions.html#Questionnaire.item"
_SDC = "https://hl7.org/fhir/uv/sdc/StructureDefinition-sdc-questionnaire-"
_LIMITS = "https://hl7.org/fhir/extensions/StructureDefinition-"


@dataclass(frozen=True, slots=True)
class _Row:
    rule: str
    code: str
    severity: str
    page: str
    says: str
    fix: str


# fmt: off
_ROWS = (
    _Row("not-checked", "informational", "information", _RESPONSE,
         "Whether answers fit can be said by whoever has the form that the response names",
         "Give the questionnaire too, among the files or in the Bundle, with the url and version that are named here."),
    _Row("unknown-item", "not-found", "error", _RESPONSE,
         "Each item of a response has the linkId of an item of its questionnaire",
         "Correct the linkId, or take the item away."),
    _Row("misplaced", "structure", "error", _RESPONSE,
         "Items of a response are nested as those of the questionnaire are",
         "Move the item to where its questionnaire has it."),
    _Row("nesting", "structure", "error", _RESPONSE,
         "Items below a question stand in its answer, items below a group in the group",
         "Move them into answer.item."),
    _Row("order", "structure", "error", _RESPONSE,
         "Items of a response stand in the order of the questionnaire",
         "Put the items in the questionnaire's order."),
    _Row("required", "required", "error", f"{_ITEM}.required",
         "A required item is answered in a response that is completed or amended",
         "Answer it, or let the status be in-progress."),
    _Row("repeats", "structure", "error", f"{_ITEM}.repeats",
         "Only an item that repeats has several answers, or as a group stands several times",
         "Keep one of them."),
    _Row("apart", "structure", "warning", _RESPONSE,
         "The answers to a question that repeats stand together in one item",
         "Put the answers into one item."),
    _Row("disabled", "business-rule", "error", f"{_ITEM}.enableWhen",
         "An item is answered only while its conditions make it enabled",
         "Take the answer away, or correct the answer that the condition asks for."),
    _Row("type", "value", "error", f"{_ITEM}.type",
         "An answer is of the type that the question asks for",
         "Write the answer with the value[x] of the item's type."),
    _Row("group-answer", "structure", "error", _RESPONSE,
         "A group has items and no answers",
         "Answer the questions of the group."),
    _Row("display-answer", "structure", "error", _RESPONSE,
         "A display item is only shown: it has no answer and no items",
         "Take the answer away."),
    _Row("option", "code-invalid", "error", f"{_ITEM}.answerOption",
         "The answer is one of the options of the question",
         "Choose one of the options; a Coding by its system and code."),
    _Row("value-set", "code-invalid", "error", f"{_ITEM}.answerValueSet",
         "The answer is in the value set of the question",
         "Choose a code of the value set, with its system."),
    _Row("value-set-not-checked", "informational", "information", f"{_ITEM}.answerValueSet",
         "Whether an answer is in a value set can be said by whoever has the value set",
         "Contain the value set in the questionnaire with its codes, or give it beside it."),
    _Row("exclusive", "business-rule", "error", f"{_LIMITS}questionnaire-optionExclusive.html",
         "An option that excludes the others is chosen alone",
         "Keep this option or the others."),
    _Row("min-value", "value", "error", f"{_LIMITS}minValue.html",
         "The answer is not below the least value that is allowed",
         "Correct the value."),
    _Row("max-value", "value", "error", f"{_LIMITS}maxValue.html",
         "The answer is not above the greatest value that is allowed",
         "Correct the value."),
    _Row("max-length", "value", "error", f"{_ITEM}.maxLength",
         "The answer has at most as many characters as the question allows",
         "Shorten the text."),
    _Row("min-length", "value", "error", f"{_LIMITS}minLength.html",
         "The answer has at least as many characters as the question demands",
         "Say more."),
    _Row("decimal-places", "value", "error", f"{_LIMITS}maxDecimalPlaces.html",
         "The answer has at most as many decimal places as the question allows",
         "Round the value as the form asks."),
    _Row("min-occurs", "required", "error", f"{_LIMITS}questionnaire-minOccurs.html",
         "An item that is answered has at least as many answers as it demands",
         "Add the answers that are missing."),
    _Row("max-occurs", "structure", "error", f"{_LIMITS}questionnaire-maxOccurs.html",
         "An item has at most as many answers as it allows",
         "Take the answers away that are too many."),
    _Row("limit-unit", "value", "error", f"{_SDC}maxQuantity.html",
         "A quantity is compared with its limit by the code and system of their units",
         "Give the quantity the system and code of a unit that the limit can be compared with."),
    _Row("unit", "value", "error", f"{_LIMITS}questionnaire-unitOption.html",
         "A quantity has one of the units that the question allows, by system and code",
         "Give the quantity in one of these units, with its system and code."),
    _Row("regex", "value", "error", f"{_LIMITS}regex.html",
         "The whole text matches the regular expression of its question",
         "Write it as the question says; entryFormat tells how in words where the form has it."),
    _Row("regex-not-checked", "informational", "information", f"{_LIMITS}regex.html",
         "Whether a text matches can be said by whoever knows the whole language of the expression",
         "Write the expression without looking ahead or behind, back references and named classes."),
    _Row("lines", "value", "warning", "valueset-item-type.html",
         "A string should not contain carriage return or newline characters; several lines are of type text",
         "Write it in one line, or let the question be of type text."),
    _Row("mime-type", "value", "error", f"{_LIMITS}mimeType.html",
         "An attachment has a contentType that the question allows",
         "Attach something of such a type, and say its contentType."),
    _Row("max-size", "value", "error", f"{_LIMITS}maxSize.html",
         "An attachment is not larger than the question allows",
         "Attach something smaller."),
    _Row("reference-type", "value", "error", f"{_LIMITS}questionnaire-referenceResource.html",
         "The answer refers to a resource of a type that the question allows",
         "Refer to a resource of one of these types."),
    _Row("period", "business-rule", "warning", "questionnaire-definitions.html#Questionnaire.effectivePeriod",
         "A form is answered while it is meant to be in use",
         "Correct the date, or name the version of the form that was in use then."),
    _Row("subject", "business-rule", "warning", "questionnaire-definitions.html#Questionnaire.subjectType",
         "A response is about a subject of a type that its questionnaire names, if it names any",
         "Refer to a subject of one of these types, or name the questionnaire that was asked."),
    _Row("not-a-questionnaire", "invalid", "error",
         "questionnaireresponse-definitions.html#QuestionnaireResponse.questionnaire",
         "A response names the questionnaire that it answers, and no other kind of resource",
         "Name the url of the questionnaire."),
    _Row("display", "invalid", "warning", f"{_ITEM}.answerOption",
         "The display of a code is the one that its option or value set has",
         "Write this display, or correct the code: one of them is not what was chosen."),
    _Row("text", "invalid", "error", "questionnaireresponse-definitions.html#QuestionnaireResponse.item.text",
         "The text of an item is the one of its questionnaire, or a translation that is written there",
         "Write the questionnaire's text, leave it out, or name the version of the form that asked it so."),
)
# fmt: on
RULES.update(
    {f"answer/{r.rule}": Rule(f"answer/{r.rule}", "answer", r.code, r.severity, r.says, r.page) for r in _ROWS}
)
FIXES = {f"answer/{r.rule}": r.fix for r in _ROWS}
"""Rule id -> what would mend it. The rules are in `RULES`."""


def finding(rule: str, root: str, at: Path, what: str, release: str) -> Finding:
    """Return a finding of this level, with what its rule says would mend it."""
    return finding_of(rule, root, at, what, FIXES[rule], release=release)
