"""The invariants of profiles, by their keys: HL7's words, and the test of each.

A test is given the value that the invariant stands on, its type where the element is a choice, and the resource; it
says whether the invariant is broken, and must not raise for whatever else is wrong there. What an invariant measures
and is not there, as where only an extension stands, breaks it: an expression holds where its result is true.

Sources: the StructureDefinitions of profiles.tsv. A key that is there and not here fails a test.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from mappings.check.bindings import read_value_sets
from mappings.check.invariants.presence import has, has_choice
from mappings.check.profile import PAGE
from mappings.check.rules import RULES, Rule
from mappings.nodes import Node, pairs
from mappings.terms.systems import UCUM
from mappings.tree import Tree

_CORE = "http://hl7.org/fhir/StructureDefinition/"
_SDC = "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-"
_R5 = "http://hl7.org/fhir/5.0/StructureDefinition/extension-"
_ALGORITHM = _CORE + "artifact-versionAlgorithm"
_VERSIONS = "http://hl7.org/fhir/version-algorithm"
_LAUNCH = "http://hl7.org/fhir/uv/sdc/CodeSystem/launchContext"
_THO = "http://terminology.hl7.org/CodeSystem/"
_US_CORE = "http://hl7.org/fhir/us/core/"

VALUE_SETS = "profile_value_sets.tsv"
"""The value sets of the guides, as value_sets.tsv has the specification's."""

Test = Callable[[Tree, str, Node], bool]


@dataclass(frozen=True, slots=True)
class Constraint:
    """An invariant. `at` is the child to point at, "" for the element itself; `fix` says what would mend it."""

    key: str
    severity: str
    says: str
    at: str
    what: str
    fix: str
    broken: Test


def _on(test: Callable[[Node], bool]) -> Test:
    """Return a test of an object."""
    return lambda value, _kind, _resource: isinstance(value, dict) and test(value)


def listed(node: Tree, name: str) -> list[Node]:
    """Return the objects of a list, or the one object, none where it is missing."""
    found = node.get(name) if isinstance(node, dict) else None
    return [one for one in (found if isinstance(found, list) else [found]) if isinstance(one, dict)]


def extensions(node: Tree, url: str) -> list[Node]:
    """Return the extensions of an object that have this url."""
    return [one for one in listed(node, "extension") if one.get("url") == url]


def _objects(tree: Tree) -> Iterator[Node]:
    waiting = [tree]
    while waiting:
        here = waiting.pop()
        if isinstance(here, dict):
            yield here
            waiting += here.values()
        elif isinstance(here, list):
            waiting += here


def _is_type(item: Node, name: str) -> bool:
    return bool(item.get("type") == name)


def _has_options(item: Node) -> bool:
    return has(item, "answerOption") or has(item, "answerValueSet")


def _has_unit(item: Node) -> bool:
    return any(extensions(item, _CORE + name) for name in ("questionnaire-unitOption", "questionnaire-unitValueSet"))


def _quantity_without_unit(item: Node) -> bool:
    waiting, found = [item], False
    while waiting:
        here = waiting.pop()
        found = found or (_is_type(here, "quantity") and not _has_unit(here))
        waiting += listed(here, "item")
    return found


def _no_semver(form: Node) -> bool:
    codings = [one.get("valueCoding") for one in extensions(form, _ALGORITHM)]
    return any(
        not isinstance(one, dict) or (one.get("system"), one.get("code")) != (_VERSIONS, "semver") for one in codings
    )


def _asked_twice(items: list[Node]) -> bool:
    """Two questions with values beside each other have one linkId."""
    answered = [one for one in items if any(has_choice(answer, "value") for answer in listed(one, "answer"))]
    links = [one["linkId"] for one in answered if isinstance(one.get("linkId"), str)]
    return len(set(links)) < len(links)


def _within(node: Node) -> Iterator[Node]:
    """Yield the items and answers within an item or a response, at any depth: repeat(answer | item)."""
    waiting = [*listed(node, "item"), *listed(node, "answer")]
    while waiting:
        here = waiting.pop()
        yield here
        waiting += [*listed(here, "item"), *listed(here, "answer")]


def _twice_within(item: Node) -> bool:
    return any(_asked_twice(listed(one, "item")) for one in _within(item))


def _twice_anywhere(response: Node) -> bool:
    return _asked_twice(listed(response, "item")) or _twice_within(response)


_LAUNCHED = {
    "patient": {"Patient"},
    "user": {"Patient", "Practitioner", "PractitionerRole", "RelatedPerson", "Organization", "Device"},
    "encounter": {"Encounter"},
    "location": {"Location"},
    "study": {"ResearchStudy"},
}


def _other_type_than_named(launch: Node) -> bool:
    names = [one.get("valueCoding") for one in extensions(launch, "name")]
    types = {str(one.get("valueCode")) for one in extensions(launch, "type")}
    named = {str(one.get("code")) for one in names if isinstance(one, dict) and one.get("system") == _LAUNCH}
    return any(not types <= allowed for name, allowed in _LAUNCHED.items() if name in named)


def _is_sdoh(record: Node) -> bool:
    return (_US_CORE + "CodeSystem/us-core-category", "sdoh") in pairs(record.get("category"))


def _is_diagnosis_or_concern(condition: Node) -> bool:
    url = _US_CORE + "ValueSet/us-core-problem-or-health-concern"
    wanted = {(_THO + "condition-category", "encounter-diagnosis"), *read_value_sets(VALUE_SETS)[f"{url}|9.0.0"].pairs}
    return not wanted.isdisjoint(pairs(condition.get("category")))


def _matches(pattern: str) -> Callable[[Tree], bool]:
    return lambda value: not isinstance(value, str) or re.match(pattern, value) is not None


_NAME, _URL = _matches(r"[A-Z]([A-Za-z0-9_]){1,254}$"), _matches(r"[^|# ]+$")
_ALREADY = "An item cannot have both initial.value and initialExpression"
_ONCE = "Give the question once, with all its answers."

# fmt: off
_ROWS: tuple[tuple[str, str, str, str, str, str, Test], ...] = (
    # key           severity   HL7's words
    #               points at              what is wrong            what would mend it
    #               broken where
    ("cnl-0",       "warning", "Name should be usable as an identifier for the module by machine processing"
                               " applications such as code generation",
                    "name",                "the name is no identifier", "Letters, digits and _, a capital first.",
                    _on(lambda f: not _NAME(f.get("name")))),
    ("cnl-1",       "warning", "URL should not contain | or # - these characters make processing canonical references"
                               " problematic",
                    "",                    "the url has | or # in it", "Leave them out.",
                    lambda value, _kind, _resource: not _URL(value)),
    ("sdc-1",       "error",   "An item cannot have an answerExpression if answerOption or answerValueSet is already"
                               " present.",
                    "",                    "the item has options and an expression for them", "Keep one of the two.",
                    _on(lambda i: bool(extensions(i, _SDC + "answerExpression")) and _has_options(i))),
    ("sdc-2",       "error",   "If version is present, versionAlgorithm must be present.",
                    "",                    "the version stands without how versions compare",
                                           "Add the extension artifact-versionAlgorithm.",
                    _on(lambda f: has(f, "version") and not extensions(f, _ALGORITHM))),
    ("sdc-3",       "warning", "Semver is the preferred version algorithm - package machinery doesn't work well with"
                               " artifacts using alternate versioning schemes",
                    "",                    "versions are compared in another way than semver", "",
                    _on(_no_semver)),
    ("que-1a",      "error",   "Group items must have nested items when Questionnaire is complete",
                    "item",                "the group has no items", "Give it items.",
                    lambda i, _kind, form: form.get("status") == "complete" and isinstance(i, dict)
                                           and _is_type(i, "group") and "item" not in i),
    ("que-1b",      "warning", "Groups should have items",
                    "item",                "the group has no items", "Give it items.",
                    _on(lambda i: _is_type(i, "group") and "item" not in i)),
    ("que-1c",      "error",   "Display items cannot have child items",
                    "item",                "a display item has items", "Make it a group, or move them out.",
                    _on(lambda i: _is_type(i, "display") and "item" in i)),
    ("que-14",      "warning", "Can only have answerConstraint if answerOption, answerValueSet, or answerExpression are"
                               " present. (This is a warning because other extensions may serve the same purpose)",
                    "",                    "answers are limited to options, and there are none", "Give the options.",
                    _on(lambda i: bool(extensions(i, _R5 + "Questionnaire.item.answerConstraint"))
                                  and not _has_options(i) and not extensions(i, _SDC + "answerExpression"))),
    ("que-15",      "error",   "Link ids must be 255 characters or less",
                    "",                    "the linkId is longer", "Shorten it.",
                    lambda value, _kind, _resource: value is None or (isinstance(value, str) and len(value) > 255)),
    ("sdc-base-1",  "error",   "AnswerOption.valueCoding must have at least one of code or display",
                    "",                    "the option has neither", "Give the code.",
                    _on(lambda c: not has(c, "code") and not has(c, "display"))),
    ("sdc-base-2",  "error",   "If code exists, system must exist",
                    "system",              "the code has no system", "Name the code system.",
                    _on(lambda c: has(c, "code") and not has(c, "system"))),
    ("sdc-base-4",  "error",   "Reference must have at least one of reference, display, and identifier",
                    "",                    "the reference says nothing", "Say what it refers to.",
                    _on(lambda r: not any(has(r, name) for name in ("reference", "display", "identifier")))),
    ("sdc-behave-1", "error",  _ALREADY,
                    "initial",             "the item has both", "Keep one of the two.",
                    _on(lambda i: "initial" in i and bool(extensions(i, _SDC + "initialExpression")))),
    ("sdc-behave-2", "error",  "An item cannot have both enableWhen and enableWhenExpression",
                    "enableWhen",          "the item has both", "Keep one of the two.",
                    _on(lambda i: "enableWhen" in i and bool(extensions(i, _SDC + "enableWhenExpression")))),
    ("sdc-behave-3", "warning", "For items of type 'quantity', it is best practice to include either a 'unitOption' or"
                                " 'unitValueSet' extension to provide a list of valid units.",
                    "",                    "a quantity is asked for and no unit is offered", "Offer the units.",
                    _on(_quantity_without_unit)),
    ("sdc-pop-1",   "error",   _ALREADY,
                    "initial",             "the item has both", "Keep one of the two.",
                    _on(lambda i: "initial" in i and bool(extensions(i, _SDC + "initialExpression")))),
    ("sdc-pop-2",   "error",   "The observationLinkPeriod extension must appear at least once in the Questionnaire",
                    "",                    "it stands nowhere", "Say of which items earlier observations count.",
                    _on(lambda f: not any(one.get("url") == _SDC + "observationLinkPeriod" for one in _objects(f)))),
    ("sdc-obsn-1",  "error",   "Display items cannot be extracted to Observations.",
                    "",                    "a display item is to be extracted", "Take the extension away.",
                    _on(lambda i: _is_type(i, "display") and bool(extensions(i, _SDC + "observationExtract")))),
    ("sdc-inv1",    "error",   "FHIR query language not allowed.",
                    "language",            "the condition is a query", "Say it in FHIRPath or CQL.",
                    _on(lambda e: e.get("language") == "application/x-fhir-query")),
    ("sdc-lcext-1", "error",   "Types must be from the specified value set of resource types based on name",
                    "",                    "the context of this name is of another type", "Correct the type.",
                    _on(_other_type_than_named)),
    ("sdcqr-1",     "warning", "Subject SHOULD be present (searching is difficult without subject).  Almost all"
                               " QuestionnaireResponses should be with respect to some sort of subject.",
                    "subject",             "the subject is missing", "Say of whom it speaks.",
                    _on(lambda r: "subject" not in r)),
    ("sdcqr-2",     "error",   "When repeats=true for a group, it'll be represented with multiple items with the same"
                               " linkId in the QuestionnaireResponse.  For a question, it'll be represented by a single"
                               " item with that linkId with multiple answers.",
                    "item",                "a question stands twice in one place", _ONCE,
                    _on(_twice_anywhere)),
    ("sdcqr-3",     "error",   "Can either have source or source extension, but not both",
                    "source",              "the source is said twice", "Keep one.",
                    _on(lambda r: len(listed(r, "source")) + len(extensions(r, _R5 + "QuestionnaireResponse.source"))
                                  > 1)),
    ("qrs-2",       "error",   "Repeated answers are combined in the answers array of a single item",
                    "",                    "a question stands twice in one place", _ONCE,
                    _on(_twice_within)),
    ("us-core-1",   "error",   "Datetime must be at least to day.",
                    "",                    "the time is a month or a year", "Give the day.",
                    lambda value, kind, _resource: kind == "dateTime" and len(str(value or "")) < 10),
    ("us-core-2",   "error",   "If there is no component or hasMember element then either a value[x] or a data absent"
                               " reason must be present",
                    "",                    "neither is there", "Give the value, or say why there is none.",
                    _on(lambda o: not any(has(o, name) for name in ("component", "hasMember", "dataAbsentReason"))
                                  and not has_choice(o, "value"))),
    ("us-core-3",   "error",   "The system SHALL be UCUM for coded quantity units.",
                    "system",              "the unit is of another system", "Code it in UCUM.",
                    lambda value, kind, _resource: kind == "Quantity" and isinstance(value, dict)
                                                   and has(value, "system") and value.get("system") != UCUM),
    ("us-core-14",  "error",   "Either a name or a relationship SHALL be provided (or both)",
                    "name",                "neither is there", "Give one.",
                    _on(lambda p: "name" not in p and "relationship" not in p)),
    ("SDOH-Con-1",  "error",   "Can only have a max of one asserter.",
                    "asserter",            "the asserter is said twice", "Keep one.",
                    _on(lambda c: "asserter" in c and bool(extensions(
                        c, "http://hl7.org/fhir/us/sdoh-clinicalcare/StructureDefinition/SDOHCC-ExtensionConditionAsserter"
                    )))),
    ("SDOH-Con-2",  "error",   "At least one Condition.category SHALL be encounter-diagnosis, problem-list-item, or"
                               " health-concern",
                    "category",            "none is", "Add one of them.",
                    _on(lambda c: not _is_diagnosis_or_concern(c))),
    ("SDOH-Con-3",  "error",   "At least one Condition.category SHALL be sdoh",
                    "category",            "none is", "Add it.",
                    _on(lambda c: not _is_sdoh(c))),
)
# fmt: on

CONSTRAINTS: dict[str, Constraint] = {row[0]: Constraint(*row) for row in _ROWS}
"""Key -> invariant."""

RULES |= {
    f"profile/{key}": Rule(f"profile/{key}", "profile", "invariant", one.severity, one.says.removesuffix("."), PAGE)
    for key, one in CONSTRAINTS.items()
}
