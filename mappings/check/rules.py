"""The rules that a document is judged by: a stable id each, what the specification says, and where it says it.

The words are ours, close to the specification's; those of invariants (`invariants/`) are HL7's own.
Rule ids are kept for good: baselines and reports name them.
"""

from __future__ import annotations

from dataclasses import dataclass

from mappings.issues import Issue
from mappings.tree import Path

LEVELS = ("json", "structure", "binding", "invariant", "reference", "answer", "profile", "instrument")
"""What is judged, in this order. Whoever reads a report sees by them what was not looked at."""

BASE = LEVELS[:4]
"""What FHIR demands of a resource by itself: what breaks it is not taken in as new. What it refers to, what a form asks
and what a profile wants is told and bars nothing."""

USABLE = LEVELS[:3]
"""Levels on which a received document must be sound to be written on. One that only breaks an invariant is kept
writable: 11 of 56 public R4 CarePlans do (measured over the corpus), and an EHR's everyday slip must not bar a plan."""

SPECIFICATION = {"R4": "https://hl7.org/fhir/R4/", "R5": "https://hl7.org/fhir/R5/"}
"""The releases that can be judged, and their pages."""


@dataclass(frozen=True, slots=True)
class Finding(Issue):
    """An issue that knows where it stands in the document.

    at      path in the tree, for `mappings.check.places`; where something is missing, the path that it should have
    level   one of LEVELS, or native
    link    the page of the specification
    line    line and column from 1 where reading itself failed, else 0
    """

    at: Path = ()
    level: str = ""
    link: str = ""
    line: int = 0
    column: int = 0


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. `page` is relative to the release's pages, or a whole address."""

    id: str
    level: str
    code: str
    severity: str
    says: str
    page: str

    def link(self, release: str) -> str:
        """Return the address of the page that states the rule."""
        return self.page if self.page.startswith("https:") else SPECIFICATION[release] + self.page


_RFC = "https://www.rfc-editor.org/rfc/rfc8259"

# fmt: off
_ROWS = (
    # level       rule                    code             severity   page
    #             what the specification says
    ("json",      "json",                 "structure",     "fatal",   "json.html",
                  "FHIR in JSON is JSON (RFC 8259) in UTF-8"),
    ("json",      "json-duplicate-key",   "structure",     "fatal",   f"{_RFC}#section-4",
                  "Readers of JSON disagree on which of two equal keys counts"),
    ("json",      "json-surrogate",       "structure",     "fatal",   f"{_RFC}#section-8.2",
                  "Half a surrogate pair is no character"),
    ("json",      "json-size",            "too-costly",    "fatal",   "json.html",
                  "Planbridge judges documents of at most 32 MiB and 200 levels"),
    ("json",      "findings-cut",         "too-costly",    "error",   "json.html",
                  "At most 1000 findings are listed for one document"),
    ("structure", "no-resource-type",     "required",      "error",   "json.html#resources",
                  "Each resource says what it is: \"resourceType\""),
    ("structure", "unknown-resource-type", "not-supported", "error",  "resourcelist.html",
                  "A resource is of one of the types that the release defines"),
    ("structure", "not-judged",           "informational", "warning", "https://hl7.org/fhir/R4B/diff.html",
                  "R4 is judged by R4B, which has other types in this place"),
    ("structure", "other-release", "not-supported", "error",          "versions.html",
                  "Planbridge judges FHIR R4 and R5"),
    ("structure", "other-profile", "not-supported", "warning",        "versions.html",
                  "Planbridge judges FHIR R4 and R5"),
    ("structure", "unknown-element",      "structure",     "error",   "extensibility.html",
                  "An element has the children that its type defines; anything more is an extension"),
    ("structure", "required",             "required",      "error",   "conformance-rules.html#cardinality",
                  "The element's cardinality starts at 1"),
    ("structure", "choice",               "structure",     "error",   "formats.html#choice",
                  "A choice of types has one value of one type"),
    ("structure", "kind",                 "structure",     "error",   "json.html",
                  "Each element has the JSON form of its type"),
    ("structure", "list-expected",        "structure",     "error",   "json.html#xml",
                  "An element that may repeat is a list even where there is one"),
    ("structure", "not-repeating",        "structure",     "error",   "conformance-rules.html#cardinality",
                  "The element's cardinality ends at 1"),
    ("structure", "null",                 "structure",     "error",   "json.html#null",
                  "A property is never null, but to align values with their extensions in a list"),
    ("structure", "empty",                "structure",     "error",   "json.html#null",
                  "Objects, lists and texts are never empty: what is not there is left out"),
    ("structure", "blank",                "value",         "warning", "datatypes.html#string",
                  "A text should hold more than white space"),
    ("structure", "twin",                 "structure",     "error",   "json.html#primitive",
                  "A list of values and the list of their extensions have the same length"),
    ("invariant", "unique-id",            "duplicate",     "error",   "element.html",
                  "The id of an element is unique within its resource"),
    ("invariant", "unique-contained",     "duplicate",     "error",   "references.html#contained",
                  "The id of a contained resource is unique within the resource that contains it"),
    ("structure", "comments",             "structure",     "error",   "json.html#comments",
                  "fhir_comments ended with DSTU 2"),
    ("structure", "real-date",            "value",         "error",   "datatypes.html#date",
                  "Dates SHALL be valid dates"),
    ("binding",   "required",             "code-invalid",  "error",   "terminologies.html#required",
                  "The binding is required: the code is one of the value set"),
    ("binding",   "extensible",           "code-invalid",  "warning", "terminologies.html#extensible",
                  "The binding is extensible: a code of the value set where one fits, else another or text"),
    ("binding",   "not-checked",          "informational", "information", "terminologies.html#strength",
                  "Whether a code is in a value set can be said by whoever has the value set"),
    ("reference", "code",                 "code-invalid",  "error",   "terminologies.html#code",
                  "A code is one of the code system that it names"),
    ("reference", "nowhere",              "not-found",     "warning", "references.html",
                  "A reference leads to a resource"),
    ("reference", "twice",                "duplicate",     "warning", "careplan-definitions.html#CarePlan.activity",
                  "An activity is one thing that is planned; the same request stands in the plan once"),
    ("reference", "type",                 "value",         "error",   "references.html#Reference",
                  "An element refers to resources of the types that its definition names"),
    ("reference", "said",                 "value",         "error",   "references-definitions.html#Reference.type",
                  "If both Reference.type and Reference.reference are populated, both SHALL be consistent"),
    ("reference", "logical",              "value",         "warning", "references.html#logical",
                  "Reference.type is the type of what is meant, which the element's definition names"),
    ("reference", "blank",                "value",         "error",   "references.html#literal",
                  "A literal reference is a URL"),
    ("reference", "form",                 "value",         "warning", "references.html#literal",
                  "A relative reference is the name of a type of resources and an id"),
    ("reference", "part",                 "not-found",     "error",   "references.html#canonical",
                  "A canonical that is a fragment names a resource contained in this one"),
    ("invariant", "absolute-canonical",   "value",         "error",   "references.html#canonical",
                  "A canonical is the url of a resource, which is absolute, or the fragment of a contained one"),
    ("invariant", "absolute-url",         "value",         "error",   "resource.html#canonical",
                  "The url that identifies a resource is an absolute URI, the same on each server"),
    ("invariant", "absolute-system",      "value",         "error",   "datatypes.html#Coding",
                  "A system is a URI that means the same everywhere: it is absolute"),
    ("invariant", "system-of-code",       "code-invalid",  "error",   "datatypes-definitions.html#Coding.system",
                  "The system of a code is the code system that defines it"),
    ("invariant", "absolute-extension",   "value",         "error",   "extensibility.html#Extension",
                  "The url of an extension SHALL be a URI for its definition: absolute, but for parts of an extension"),
    ("profile",   "extension-context",    "structure",     "error",   "defining-extensions.html#context",
                  "An extension stands where its definition says that it may be used"),
    ("profile",   "extension-value",      "structure",     "error",   "defining-extensions.html",
                  "The definition of an extension says which types its value has, or that it has parts"),
    ("profile",   "extension-part",       "structure",     "error",   "defining-extensions.html",
                  "The definition of an extension says which parts it has, and how many"),
    ("profile",   "extension-code",       "code-invalid",  "error",   "terminologies.html#required",
                  "The value is bound to a value set by the definition of the extension"),
    ("profile",   "extension-modifier",   "structure",     "error",   "extensibility.html#modifierExtension",
                  "What changes the meaning of an element is a modifierExtension, all else an extension"),
)

_PRIMITIVES = (
    # type           what the specification says
    ("boolean",      "A boolean is true or false, without quotation marks"),
    ("integer",      "An integer is a whole number from -2147483648 to 2147483647"),
    ("unsignedInt",  "An unsignedInt is a whole number from 0 to 2147483647"),
    ("positiveInt",  "A positiveInt is a whole number from 1 to 2147483647"),
    ("integer64",    "An integer64 is a whole number of 64 bits, written as text"),
    ("decimal",      "A decimal is a JSON number, without quotation marks"),
    ("string",       "A string is text of at most 1048576 characters"),
    ("markdown",     "A markdown is text of at most 1048576 characters"),
    ("code",         "A code has no blank at its ends and only single blanks inside"),
    ("id",           "An id is 1 to 64 of A-Z, a-z, 0-9, - and ."),
    ("uri",          "A uri has no white space"),
    ("url",          "A url has no white space"),
    ("canonical",    "A canonical has no white space"),
    ("oid",          "An oid is urn:oid: and numbers with dots"),
    ("uuid",         "A uuid is urn:uuid: and hexadecimal digits in lower case, 8-4-4-4-12"),
    ("base64Binary", "A base64Binary is base64 (RFC 4648)"),
    ("date",         "A date is YYYY, YYYY-MM or YYYY-MM-DD"),
    ("dateTime",     "A dateTime is YYYY, YYYY-MM, YYYY-MM-DD or YYYY-MM-DDThh:mm:ss with Z or an offset"),
    ("instant",      "An instant is YYYY-MM-DDThh:mm:ss with Z or an offset"),
    ("time",         "A time is hh:mm:ss, without an offset"),
    ("xhtml",        "The narrative is one <div> of XHTML"),
)
# fmt: on


def _id(level: str, rule: str) -> str:
    return rule if level == "json" else f"{level}/{rule}"


RULES: dict[str, Rule] = {
    _id(level, rule): Rule(_id(level, rule), level, code, severity, says, page)
    for level, rule, code, severity, page, says in _ROWS
} | {
    f"structure/{of}": Rule(f"structure/{of}", "structure", "value", "error", says, f"datatypes.html#{of}")
    for of, says in _PRIMITIVES
}
"""Rule id -> rule. `invariants/` adds its own."""
