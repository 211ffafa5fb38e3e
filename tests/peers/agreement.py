"""What HL7's validator says, in our words: level, rule and place of each of its findings, and how far we agree.

Its messages carry no rule but the names of invariants; the table reads the rest off its sentences. A place is the same
where one lies within the other: it points at a CarePlan whose status is missing, we at the status.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from mappings.check import Finding as Ours
from peers.referee import SEVERE
from peers.referee import Finding as Theirs

LEVELS = ("json", "structure", "binding", "invariant", "reference", "answer", "profile", "")
"""The last one is what no level of ours judges: terminologies, best practice."""


@dataclass(frozen=True, slots=True)
class Said:
    """One finding of either side: level, our rule id (| between those that may be meant), place as we write it."""

    level: str
    rules: str
    place: str
    text: str

    def meets(self, other: Said) -> bool:
        """Return whether both speak of the same rule in the same place."""
        rules = set(self.rules.split("|")) & set(other.rules.split("|"))
        return bool(rules) and (not rules.isdisjoint(_ANYWHERE) or near(self.place, other.place))


_PRIMITIVE = "|".join(
    f"structure/{name}"
    for name in ("kind", "boolean", "integer", "integer64", "unsignedInt", "positiveInt", "decimal", "string",
                 "markdown", "code", "id", "uri", "url", "canonical", "oid", "uuid", "base64Binary", "date",
                 "dateTime", "instant", "time", "xhtml")
)  # fmt: skip
_FORM = "structure/null|structure/empty|structure/list-expected|structure/not-repeating|structure/unknown-element"
_URIS = "structure/uri|structure/url|structure/canonical|structure/oid|structure/uuid"
_ABSENT = "structure/required|ele-1|structure/null|structure/empty|structure/kind|structure/not-repeating"
"""What is of the wrong form does not count for it, so that it misses it too."""

_PARTS = "profile/extension-part|profile/extension-value|ext-1"

_CONDITIONS = "invariant/condition-question|invariant/condition-within"
_DATES = "structure/date|structure/dateTime|structure/instant|structure/time|structure/real-date"

# fmt: off
_TABLE = (
    # level       rules                             its sentence; what is in brackets is the child that it speaks of
    ("profile",   _PARTS,                           r"Slice 'Extension|Sub-extension url|Extension\.value\[x\]: m|"
                                                    r"Extension\.extension.*(?:minimum required|max allowed) ="),
    ("profile",   "profile/extension-value|ext-1",  r"The (?:Extension|Profile) .* definition (?:allows|is) for"),
    ("profile",   "profile/extension-modifier",     r"The Extension .* must not be used as"),
    ("profile",   "profile/extension-context",      r"The (?:modifier )?extension .* is not allowed to be used"),
    ("",          "missing in a profile",           r"(?:Extension|.*StructureDefinition/(?!{core}\|)).*"
                                                    r"(?:minimum required|max allowed) ="),
    ("structure", _ABSENT,                          r"[A-Za-z.]*?\.(\w+(?:\[x\])?): minimum required ="),
    ("structure", "structure/unknown-element|structure/choice|structure/comments", r"Unrecognized property '(.*?)'"),
    ("structure", f"{_FORM}|{_PRIMITIVE}",          r"class com\.google\.gson|For input string|The property '\w+' is|"
                                                    r"This (?:base )?property must be an? (?:Array|object)"),
    ("structure", "structure/null|structure/kind",  r"The property \w+ must be an? .*, not a Null"),
    ("structure", "structure/not-repeating|structure/kind",
                                                    r"The property \w+ must be an Array, not an (?:Array|Object)"),
    ("structure", "structure/kind",                 r"The property \w+ must be an Array, not a Primitive"),
    ("structure", "structure/list-expected",        r"The property \w+ must be a JSON Array, not an?"),
    ("structure", "structure/not-repeating",        r"The property \w+ must be an Object, not an Array"),
    ("structure", "structure/kind",                 r"The property \w+ must be"),
    ("structure", "structure/null",                 r"This property must be a simple value, not a Null"),
    ("structure", "structure/not-repeating|structure/kind", r"This property must be a simple value, not an Array"),
    ("structure", "structure/kind|" + _PRIMITIVE,   r"This property must be a simple value"),
    ("structure", "structure/empty",                r"Array cannot be empty|Object must have some|value cannot be"),
    ("structure", _PRIMITIVE,                       r"Error parsing JSON: the primitive value must be"),
    ("structure", "structure/string|structure/markdown|structure/code|structure/uri|structure/id",
                                                    r"value is longer than permitted maximum length"),
    ("structure", "structure/integer|structure/positiveInt|structure/unsignedInt|structure/integer64",
                                                    r"The value .* is not a valid integer|value is \w+ than permitted"),
    ("structure", "structure/decimal",              r"The value .* is not a valid decimal"),
    ("structure", "structure/base64Binary",         r"The value .* is not a valid Base64"),
    ("structure", "structure/code",                 r"The code .* is not valid \(whitespace"),
    ("structure", "structure/id",                   r"Invalid Resource id|id value .* is not valid"),
    ("structure", _URIS,                            r"URI values cannot|(?:OID|UUID)s must"),
    ("structure", _PRIMITIVE,                       r"Element value .* does not meet"),
    ("structure", "structure/base64Binary",         r"The base64 content|Base64 encoded values"),
    ("structure", "structure/required|structure/unknown-element", r"Extension.url is required"),
    ("structure", "structure/unknown-resource-type|structure/no-resource-type|structure/kind",
                                                    r"Unable to find resourceType|This content cannot be parsed|"
                                                    r"HAPI-1971|Expected a com.google.gson.JsonObject"),
    ("json",      "json|json-surrogate",            r"com\.google\.gson\.stream\.Malformed|Comments are not allowed|"
                                                    r"Error parsing JSON: Error parsing JSON source|Input length =|"
                                                    r"The JSON property .* has no quotes|HAPI-1777"),
    ("invariant", "invariant/attachment-size|structure/unsignedInt|structure/integer64", r"Stated Attachment Size"),
    ("invariant", "invariant/attachment-hash",      r"The hash of the data did not match"),
    ("invariant", "invariant/label-twice",          r"Duplicate Security Label"),
    ("invariant", "invariant/identifier-uri",       r"if identifier.system is 'urn:ietf:rfc:3986'"),
    ("invariant", "invariant/narrative-link",       r"(?:Hyperlink|Image source) '#.* does not resolve"),
    ("invariant", "txt-1|structure/xhtml",          r"Wrong name(?:space)? on the XHTML|Elements of type|Hyperlink|"
                                                    r"Found block structures|Invalid entity in the XHTML|"
                                                    r"The URL is not valid"),
    ("structure", _DATES,                         r"Not a valid (?:date|instant|time)|If a date has a time|"
                                                    r".*Invalid date/time format"),
    ("structure", "structure/xhtml|txt-1",          r"Error parsing XHTML"),
    ("structure", "structure/unknown-resource-type|structure/no-resource-type", r"Contained resource does not appear"),
    ("json",      "json-duplicate-key",             r"The JSON property .* is a duplicate"),
    ("invariant", "txt-1",                          r"Invalid (?:element|attribute) name"),
    ("invariant", "dom-3",                          r"The contained resource .* is not referenced to from elsewhere"),
    ("invariant", "ref-1",                          r"Unable to resolve resource with reference '#"),
    ("invariant", "invariant/unique-id",            r"Duplicate id value"),
    ("invariant", "invariant/unique-contained",     r"Duplicate ID for contained"),
    ("invariant", "invariant/condition-question",   r"Unable to find an item with the linkId"),
    ("invariant", "invariant/condition-within",     r"Questions with an enableWhen cannot refer|"
                                                    r"Target for this question"),
    ("answer",    "answer/",                        r"LinkId .* not found in|Structural Error|No response answer|"
                                                    r"Only one response|Item has answer, even|Expected answer and|"
                                                    r"Answer value must be|The code .* is not in the set of permitted|"
                                                    r"Option list has no|The answer .* is longer|If text exists|"
                                                    r"Items (?:not )?of type|.*not in the options value set|"
                                                    r"No sub-items|The \w+ .* is not in the set of permitted|"
                                                    r"The \w+ .* is (?:less|greater) than the allowed|"
                                                    r"Selected answer .* is an|The value .* has (?:a unit|too)|"
                                                    r"The quantity .* cannot be compared|"
                                                    r"The answer .* (?:is shorter|does not conform)|"
                                                    r"The (?:max|min)imum number of answers|The attachment is too|"
                                                    r"(?:The|A) mime type"),
    ("binding",   "binding/required|structure/code|structure/twin", r"No code provided, and a code is required|"
                                                    r"Code .* is not in valueset|The value provided .* was not found"),
    ("binding",   "binding/required",               r"The value provided .* is required from|"
                                                    r"None of the codings provided .* required from"),
    ("reference", "reference/",                     r"Unknown code 'http://(?:terminology\.)?hl7\.org/"
                                                    r"(?!fhir/(?:expression-language|item-type|fhir-types)#)"),
    ("binding",   "binding/required",               r"Unknown code 'http://hl7\.org/fhir/item-type#"),
    ("reference", "reference/",                     r"Invalid Resource target type|Unable to find a profile match|"
                                                    r"The type .* is not a valid Target|.* is not a valid reference|"
                                                    r"Canonical URL .* wrong type"),
    ("reference", "reference/|ref-1",               r"The URL value '#.* no matching target"),
    ("invariant", _CONDITIONS,                      r"Unable to find an item with the linkId|Target for this question|"
                                                    r"Questions with an enableWhen|The target of this enableWhen"),
    ("invariant", "invariant/absolute-extension",   r"Extension.url must be an absolute"),
    ("invariant", "invariant/absolute-system",      r"(?:Coding|Identifier)\.system must be an absolute|"
                                                    r"URI values in ValueSet.compose.include.system must be absolute"),
    ("invariant", "invariant/system-of-code",       r"The Coding references a value set"),
    ("invariant", "invariant/absolute-canonical|invariant/absolute-url", r"Canonical URLs .*must be absolute"),
)
# fmt: on
_CORE = "(?:CarePlan|Goal|Questionnaire|QuestionnaireResponse|[A-Z][A-Za-z]+)"
_READ = [(level, rules, re.compile(words.replace("{core}", _CORE))) for level, rules, words in _TABLE]

_AS = {"ele-1": "ele-1|structure/empty"}
"""Invariants that we find as another rule."""

_ANYWHERE = {"invariant/unique-id", "que-2", "invariant/label-twice"}
"""Rules over a whole resource: which of the two is the second depends on the order in which one walks; it points at
another element than that which it speaks of."""

NOT_JUDGED = {
    # what it says that no level of ours judges: a word of its sentence -> why
    "missing in a profile": "cardinality by an extension's profile",
    "Extension url 'http://hl7.org/fhir/4.0/": "it knows fewer cross-version extensions than the rule for them allows",
    "Resource requires an id": "id of a contained resource: said by its code",
    "No definition could be found": "needs packages that it was not given",
    "fhir/fhir-types#": "several types in one code of an extension: no coding, and its binding is its definition's",
    "fhir/expression-language#": "language of an expression: the binding is extensible, a warning of ours",
    "Unknown code": "code of a code system that is not HL7's own",
    "Unknown Code System": "needs a terminology",
    "Wrong Display Name": "needs a terminology",
    "Error processing unit": "grammar of UCUM",
}


_NO_BLANK = (
    "its reader lets two attributes follow without a blank; XHTML is XML, which asks for one: "
    "https://www.w3.org/TR/xml/#NT-STag"
)
IN_SENSE = {
    # what it says of an extension by the letter of its definition: a word of its sentence -> the sense that we follow
    "questionnaire-displayCategory is not allowed": "R4 keeps the category of display items from them; R5 corrects it",
    "invariant 'type='choice' or": "R5 has no type choice: coding is meant",
    "%extension.valueInteger=": "in FHIRPath that is nothing: once at most, or none at least, is meant to be allowed",
}
KNOWN = {
    # (file, rule): why one side is alone
    ("lforms__fhirpath-expression-on-repeating-items.R4.json", "que-2"): "its expression counts the linkIds of a "
    "contained response too; the rule speaks of those within the questionnaire",
    ("lforms__Argonaut-questionnaire-questionnaire-example-asq3.json", "txt-1"): _NO_BLANK,
    ("lformsr5__Argonaut-questionnaire-questionnaire-example-asq3.json", "txt-1"): _NO_BLANK,
    ("lforms__qr-with-answerValueSet-matrix.json", "structure/required"): "it reads on after a key that stands twice",
}


def ours(findings: Iterable[Ours]) -> list[Said]:
    """Return our errors; each of the level answer stands for the one rule answer/."""
    return [
        Said(f.level, f"{f.level}/" if f.level in {"answer", "reference"} else f.rule, f.path, f.text)
        for f in findings
        if f.severity in SEVERE
    ]


def theirs(findings: Iterable[Theirs]) -> list[Said]:
    """Return its errors, each rule at a place once: it often says one thing in two sentences."""
    said: dict[tuple[str, str], Said] = {}
    for found in findings:
        if found.severity in SEVERE:
            one = _read(found)
            said.setdefault((one.rules, one.place), one)
    return list(said.values())


def _read(found: Theirs) -> Said:
    at = place(found.at)
    if named := re.match(r"Constraint failed: ([a-z]+-\d+[a-z]?)", found.text):
        return Said("invariant", _AS.get(named[1], named[1]), at, found.text)
    for level, rules, words in _READ:
        if said := words.match(found.text):
            if level == "binding" and re.search(r"extension\[\d+\]\.value\w*$", at):
                return Said("profile", "profile/extension-code", at, found.text)
            child = said[1].removeprefix("_") if said.re.groups and said[1] else ""
            return Said(level, rules, f"{at}.{child}" if child else at, found.text)
    return Said("", "", at, found.text)


def place(path: str) -> str:
    """Return its path as we write it: contained[0], valueCoding; value[x] stays where it does not say the type."""
    path = re.sub(r"/\*.*?\*/|\[url='[^']*'\]", "", path)
    return re.sub(r"\.ofType\((\w)(\w*)\)", lambda typed: typed[1].upper() + typed[2], path)


def near(one: str, other: str) -> bool:
    """Return whether one place lies within the other."""
    return (
        not one
        or not other
        or all(_same(here, there) for here, there in zip(one.split("."), other.split("."), strict=False))
    )


def _same(one: str, other: str) -> bool:
    """Return whether two steps are one: value[x] is valueCoding too, and item is any of the list."""
    for open_, full in ((one, other), (other, one)):
        if full.startswith(open_.removesuffix("[x]")) and (
            open_.endswith("[x]") or full[len(open_) :][:1] in {"", "["}
        ):
            return True
    return False


def unmet(some: Iterable[Said], others: list[Said]) -> Iterator[Said]:
    """Yield what the others do not say."""
    return (said for said in some if not any(said.meets(other) for other in others))


def why(file: str, said: Said) -> str:
    """Return why one side is alone with a finding, "" where that is not known."""
    if said.level:
        known = KNOWN.get((Path(file).name, said.rules.split("|")[0]), "")
        if said.rules == "reference/" and said.place.endswith("uantity.code"):
            known = (
                "it takes any text for a unit; UCUM's have a grammar, and hours and lbs are none of them: ucum.org/ucum"
            )
        return known or next((reason for words, reason in IN_SENSE.items() if words in said.text), "")
    return next((reason for words, reason in NOT_JUDGED.items() if words in said.text or words == said.rules), "")
