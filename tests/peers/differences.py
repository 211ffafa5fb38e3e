"""Why HL7's validator and `check` differ on a mutation: what one of them alone says, with the specification's sentence.

What neither table explains fails the test.
"""

from __future__ import annotations

import re

# fmt: off
_THEIRS = (
    # what it says                                          why we do not
    (r"OIDs must be valid \((?:1\.2\.3|2\.999|0\.1)\)",
     "these are OIDs: urn:oid:[0-2](\\.(0|[1-9][0-9]*))+, https://hl7.org/fhir/R4/datatypes.html#oid"),
    (r"Not a valid time \(null\)",
     "the expression of a time ends with (\\.[0-9]+)?: https://hl7.org/fhir/R4/datatypes.html#time"),
    (r"The value '0e0' is not a valid decimal",
     "the expression of a decimal ends with ([eE][+-]?[0-9]+)?: https://hl7.org/fhir/R4/datatypes.html#decimal"),
    (r"The base64 content in the \w+ element is not valid base64",
     "R4 allows white space in base64: (\\s*([0-9a-zA-Z\\+\\/=]){4}\\s*)+, https://hl7.org/fhir/R4/datatypes.html"),
    (r"Stated Attachment Size null",
     "an extension in place of the size states none: https://hl7.org/fhir/R4/extensibility.html#Special-Case"),
    (r"is not in valueset: http://hl7.org/fhir/ValueSet/(?:all-)?languages",
     "it looks languages up by two letters; the value set has all of BCP 47: "
     "https://hl7.org/fhir/R4/valueset-all-languages.html"),
    (r"value set '(?:CurrencyCode|Currencies|UCUM Codes|UCUMCodes)'|No code provided.*|Error processing unit",
     "ISO 4217 and UCUM are not held: said by binding/not-checked"),
    (r"Questions with an enableWhen must have a value",
     "an element is there when its extensions are: https://hl7.org/fhir/R4/extensibility.html#Special-Case"),
    (r"Constraint failed: tim-[45]",
     "an extension in place of a duration states none that is negative"),
    (r"Coding.system must be an absolute reference",
     "a system that starts with # may be of a contained code system"),
    (r"Code ZZ is not valid for system: urn:iso:std:iso:3166",
     "ISO 3166 is not held: said by binding/not-checked"),
    (r"Found \"</p >\"",
     "ETag ::= '</' Name S? '>': https://www.w3.org/TR/xml/#NT-ETag"),
    (r"Invalid attribute name.*'(?:start|value)'",
     "the XPath of txt-1 names start and value: https://hl7.org/fhir/R4/narrative.html#Narrative"),
    (r"Constraint failed: rng-2",
     "it compares what is of one unit by name, and calls all else wrong; we compare what is of one code or unit"),
    (r"The URL 'https://tools.ietf.org/html/rfc4122'",
     "a list of its own of systems that were in use"),
    (r"(?:Canonical URLs|Extension\.url) must be (?:an )?absolute.*",
     "a scheme is of either case: https://www.rfc-editor.org/rfc/rfc3986#section-3.1"),
    (r"Specified profile type was",
     "what a profile is of is judged where it is known"),
    (r"id value 'a b' is not valid",
     "it takes Element.id of an extension for an id: https://hl7.org/fhir/R5/element-definitions.html#Element.id"),
)
_OURS = {
    # our rule                     why it does not
    "ele-1":                       "hasValue() or (children().count() > id.count()): an id is no content",
    "structure/twin":              "null values are used to fill out both arrays: https://hl7.org/fhir/R4/json.html#primitive",
    "structure/empty":             "an array is never empty: https://hl7.org/fhir/R4/json.html#null",
    "structure/base64Binary":      "= stands only at the end: https://www.rfc-editor.org/rfc/rfc4648#section-4",
    "binding/required":            "media types and languages have a grammar: https://www.rfc-editor.org/rfc/rfc6838#section-4.2,"
                                   " https://www.rfc-editor.org/rfc/rfc5646#section-2.1",
    "structure/integer":           "[0]|[-+]?[1-9][0-9]*: https://hl7.org/fhir/R4/datatypes.html#integer",
    "structure/unsignedInt":       "[0]|([1-9][0-9]*): https://hl7.org/fhir/R4/datatypes.html#unsignedInt",
    "structure/unknown-element":   "Resource.id has no extensions, in no release's JSON schema stands _id;"
                                   " valueMeta is not in the classes of R4B",
    "structure/xhtml":             "the narrative is one <div>: https://hl7.org/fhir/R4/narrative.html#xhtml",
    "txt-1":                       "the content is XML: https://www.w3.org/TR/xml/, https://hl7.org/fhir/R4/narrative.html#xhtml",
    "json":                        "https://www.rfc-editor.org/rfc/rfc8259#section-7",
    "json-duplicate-key":          "names are unique, or readers differ: https://www.rfc-editor.org/rfc/rfc8259#section-4",
    "json-surrogate":              "https://www.rfc-editor.org/rfc/rfc8259#section-8.2",
    "rng-2":                       "low SHALL have a lower value than high: its boundaries of negative numbers and of"
                                   " numbers without unit overlap",
    "exp-2":                       "The name must be a valid variable name in most computer languages; it loses the"
                                   " expression's end in reading it",
    "per-1":                       "start SHALL have a lower or equal value than end: its boundaries of a year and a"
                                   " day of the year before overlap",
    "structure/unknown-resource-type": "it reads on and says what it does not know in it",
    "structure/no-resource-type":  "it says so of no place",
    "structure/markdown":          "markdown is a FHIR string, of at most 1 MB: https://hl7.org/fhir/R5/datatypes.html#markdown",
    "invariant/label-twice":       "it looks at a resource's own labels only",
}
# fmt: on

FELL_OVER = ("Cannot invoke", "null")
"""What it says of a document that it fell over, in its own code: no verdict."""


def theirs_alone(text: str) -> str:
    """Return why we do not say what it says, "" where that is not known."""
    return next((reason for words, reason in _THEIRS if re.search(words, text)), "")


def ours_alone(rule: str) -> str:
    """Return why it does not say what we say, "" where that is not known."""
    return _OURS.get(rule, "")
