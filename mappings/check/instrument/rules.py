"""The rules of known instruments and codes, in words. What would mend a finding depends on the code: it is said there.

The facts are in mappings/terms/instruments.py and labels.py, each with its source.
"""

from __future__ import annotations

from mappings.check.rules import RULES, Rule

_ANSWERS = "https://loinc.org/kb/users-guide/loinc-answers/"
_PANELS = "https://loinc.org/panels/"
_DIGITS = "https://loinc.org/kb/users-guide/calculating-mod-10-check-digits/"
_WEIGHTS = "https://hl7.org/fhir/extensions/StructureDefinition-itemWeight.html"
_CODING = "datatypes.html#Coding"

# fmt: off
_ROWS = (
    # rule            code             severity   page
    #                 what it says
    ("item",          "code-invalid",  "error",   _PANELS,
                      "Each question of an instrument has the code of that question, and no other"),
    ("item-missing",  "incomplete",    "warning", _PANELS,
                      "A form that calls itself an instrument asks all of its questions, or it is another instrument"),
    ("answer",        "code-invalid",  "error",   _ANSWERS,
                      "The answers to a question of an instrument are those of its list"),
    ("answer-missing", "incomplete",   "error",   _ANSWERS,
                      "A question of an instrument offers every answer of its list"),
    ("display",       "invalid",       "error",   _CODING,
                      "The display of a code is a name of what the code means"),
    ("weight",        "value",         "error",   _WEIGHTS,
                      "An answer weighs what its instrument says"),
    ("no-weight",     "required",      "error",   _WEIGHTS,
                      "Where a score is made of weights, each answer has one: without it, it counts as nothing"),
    ("total",         "code-invalid",  "error",   _PANELS,
                      "A score has the code of its own instrument's score"),
    ("panel",         "code-invalid",  "error",   _PANELS,
                      "The code of a panel is that of the questions that stand in it, and no score"),
    ("range",         "value",         "error",   _PANELS,
                      "A score is a whole number in its instrument's range"),
    ("sum",           "business-rule", "error",   _PANELS,
                      "The score is the sum of the answers' weights"),
    ("no-total",      "business-rule", "warning", _PANELS,
                      "BAM has three scores, of use, risk and protective factors, and no total"),
    ("not-this",      "business-rule", "warning", _PANELS,
                      "Only the instrument itself is scored as the instrument: one that was changed has other scores"),
    ("no-such-code",  "code-invalid",  "error",   _DIGITS,
                      "The last digit of a LOINC code is its check digit; a code with another one does not exist"),
    ("check-digit",   "code-invalid",  "warning", _DIGITS,
                      "The last digit of a LOINC code is its check digit; a code with another one does not exist"),
    ("system",        "code-invalid",  "warning", "terminologies-systems.html",
                      "A code system that has a uri in FHIR is named by it, and in no other way"),
    ("code-form",     "code-invalid",  "warning", "terminologies-systems.html",
                      "A code is written as its system writes codes; one that is not is of another system, or of none"),
    ("partial",       "business-rule", "warning", _PANELS,
                      "A score is that of all questions: where one is not answered, there is none"),
    ("period",        "code-invalid",  "error",   "icd.html",
                      "ICD codes are written with their period"),
)
# fmt: on
PREFIX = "instrument/"
RULES.update(
    {
        PREFIX + rule: Rule(PREFIX + rule, "instrument", code, severity, says, page)
        for rule, code, severity, page, says in _ROWS
    }
)
