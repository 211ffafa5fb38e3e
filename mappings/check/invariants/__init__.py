"""The specification's invariants that are judged: one row each, with HL7's own words.

A row speaks of one element (an activity, a target, an item) and is broken or not; whatever else is wrong with that
element must not make the test raise. Rules over a whole resource (`que-2`, `dom-*`, `ref-1`) are functions below.
The four types' own rules are here, those of datatypes in datatypes.py, of other types in records.py, events.py and
definitions.py.

Left out: `dom-6` (best practice, of nearly every document), what asks for a resource behind a reference (`prov-2`,
`prov-3`, `obs-9`, `docRef-*`; of `ctm-1`, `enc-2` and `prc-1` is judged what the reference says by itself), `que-1a`
(asks for a status that no value set has), and `con-3` of R4 and `con-2` of R5 (warnings under ids that are errors in
the other release).

https://hl7.org/fhir/R4/conformance-rules.html#constraints
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

from mappings.check.invariants.bundles import BUNDLES
from mappings.check.invariants.datatypes import DATATYPES
from mappings.check.invariants.definitions import DEFINITIONS
from mappings.check.invariants.events import EVENTS
from mappings.check.invariants.narrative import has_loose_link
from mappings.check.invariants.pages import PAGES, WARNINGS
from mappings.check.invariants.presence import Row, count, has, has_choice
from mappings.check.invariants.records import RECORDS
from mappings.check.rules import RULES, Rule
from mappings.nodes import Node, nodes, numbered, pairs
from mappings.tree import Path, Tree


@dataclass(frozen=True, slots=True)
class Invariant:
    """A rule about one element. `at` is the child to point at, `what` and `fix` say it in our words."""

    rule: str
    broken: Callable[[Node], bool]
    at: str
    what: str
    fix: str


def _type_not_in(item: Node, *types: str) -> bool:
    """Judged only where there is a type: a missing one has its own finding."""
    return isinstance(item.get("type"), str) and item["type"] not in types


def _is_display(item: Node) -> bool:
    return bool(item.get("type") == "display")


def _is_group(item: Node) -> bool:
    return bool(item.get("type") == "group")


def _has_options(item: Node) -> bool:
    return "answerOption" in item or "answerValueSet" in item


def _is_its_own_part(observation: Node) -> bool:
    codes = [one.get("code") for one in nodes(observation, "component")]
    return not set(pairs(observation.get("code"))).isdisjoint(pairs(codes))


def _is_over(condition: Node) -> bool:
    return not _OVER.isdisjoint(pairs(condition.get("clinicalStatus")))


def _is_an_error(condition: Node) -> bool:
    return _ERROR in pairs(condition.get("verificationStatus"))


_THO = "http://terminology.hl7.org/CodeSystem/"
_OVER = {(_THO + "condition-clinical", code) for code in ("inactive", "resolved", "remission")}
_ERROR = (_THO + "condition-ver-status", "entered-in-error")
_WITH_OPTIONS = ("decimal", "integer", "date", "dateTime", "time", "string", "quantity")
_WITH_LENGTH = ("boolean", "decimal", "integer", "string", "text", "url")

# fmt: off
_ROWS: tuple[Row, ...] = (
    # rule    releases  elements                      points at
    #         HL7's words
    #         broken where                            what is wrong                 what would mend it
    ("cpl-3", "R4",     "CarePlanActivity",           "detail",
              "Provide a reference or detail, not both",
              lambda a: "reference" in a and "detail" in a,
              "the activity has both", "Keep the reference, or keep the detail."),
    ("gol-1", "R4 R5",  "GoalTarget",                 "measure",
              "Goal.target.measure is required if Goal.target.detail is populated",
              lambda t: has_choice(t, "detail") and "measure" not in t,
              "the target has a detail and no measure", "Say in target.measure what is measured."),
    ("obs-6", "R4 R5",  "Observation",                "dataAbsentReason",
              "dataAbsentReason SHALL only be present if Observation.value[x] is not present",
              lambda o: "dataAbsentReason" in o and has_choice(o, "value"),
              "a value stands beside the reason why there is none", "Keep one of the two."),
    ("obs-7", "R4",     "Observation",                "component",
              "If Observation.code is the same as an Observation.component.code then the value element associated with"
              " the code SHALL NOT be present",
              lambda o: has_choice(o, "value") and _is_its_own_part(o),
              "a component has the code of the whole", "Keep the value, or the component."),
    ("obs-7", "R5",     "Observation",                "component",
              "If Observation.component.code is the same as Observation.code, then Observation.value SHALL NOT be"
              " present (the Observation.component.value[x] holds the value).",
              lambda o: has_choice(o, "value") and _is_its_own_part(o),
              "a component has the code of the whole", "Keep the value, or the component."),
    ("obs-3", "R4 R5",  "ObservationReferenceRange",  "low",
              "Must have at least a low or a high or text",
              lambda r: not any(has(r, name) for name in ("low", "high", "text")),
              "the range says neither from, to nor words", "Add low, high or text."),
    ("con-2", "R4",     "ConditionEvidence",          "code",
              "evidence SHALL have code or details",
              lambda e: "code" not in e and "detail" not in e,
              "the evidence has neither", "Add a code, or refer to what shows it."),
    ("con-4", "R4",     "Condition",                  "clinicalStatus",
              "If condition is abated, then clinicalStatus must be either inactive, resolved, or remission",
              lambda c: has_choice(c, "abatement") and not _is_over(c),
              "the condition has ended and is said to go on", "Correct clinicalStatus, or leave abatement[x] out."),
    ("con-3", "R5",     "Condition",                  "clinicalStatus",
              "If condition is abated, then clinicalStatus must be either inactive, resolved, or remission.",
              lambda c: has_choice(c, "abatement") and not _is_over(c),
              "the condition has ended and is said to go on", "Correct clinicalStatus, or leave abatement[x] out."),
    ("con-5", "R4",     "Condition",                  "clinicalStatus",
              "Condition.clinicalStatus SHALL NOT be present if verification Status is entered-in-error",
              lambda c: "clinicalStatus" in c and _is_an_error(c),
              "a condition entered in error has a clinicalStatus", "Take clinicalStatus away."),
    ("qrs-1", "R4",     "QuestionnaireResponseItem",  "item",
              "Nested item can't be beneath both item and answer",
              lambda i: "answer" in i and "item" in i,
              "the item has both", "Groups nest in item, follow-up questions in answer.item."),
    ("qrs-1", "R5",     "QuestionnaireResponseItem",  "item",
              "Item cannot contain both item and answer",
              lambda i: "answer" in i and "item" in i,
              "the item has both", "Groups nest in item, follow-up questions in answer.item."),
    ("que-1", "R4",     "QuestionnaireItem",          "item",
              "Group items must have nested items, display items cannot have nested items",
              lambda i: _is_group(i) and "item" not in i,
              "the group has no items", "Give it items, or another type."),
    ("que-1", "R4",     "QuestionnaireItem",          "item",
              "Group items must have nested items, display items cannot have nested items",
              lambda i: _is_display(i) and "item" in i,
              "the display item has items", "Make it a group, or move its items."),
    ("que-1b", "R5",    "QuestionnaireItem",          "item",
              "Groups should have items",
              lambda i: _is_group(i) and "item" not in i,
              "the group has no items", "Give it items, or another type."),
    ("que-1c", "R5",    "QuestionnaireItem",          "item",
              "Display items cannot have child items",
              lambda i: _is_display(i) and "item" in i,
              "the display item has items", "Make it a group, or move its items."),
    ("que-3", "R4 R5",  "QuestionnaireItem",          "code",
              "Display items cannot have a \"code\" asserted",
              lambda i: _is_display(i) and "code" in i,
              "the display item has a code", "Take the code away."),
    ("que-4", "R4 R5",  "QuestionnaireItem",          "answerValueSet",
              "A question cannot have both answerOption and answerValueSet",
              lambda i: "answerOption" in i and "answerValueSet" in i,
              "the question has both", "Keep one of them."),
    ("que-5", "R4",     "QuestionnaireItem",          "type",
              "Only 'choice' and 'open-choice' items can have answerValueSet",
              lambda i: _has_options(i) and _type_not_in(i, "choice", "open-choice", *_WITH_OPTIONS),
              "an item of this type has options", "Make it choice or open-choice, or take the options away."),
    ("que-5", "R5",     "QuestionnaireItem",          "type",
              "Only coding, decimal, integer, date, dateTime, time, string or quantity  items can have answerOption or"
              " answerValueSet",
              lambda i: _has_options(i) and _type_not_in(i, "coding", *_WITH_OPTIONS),
              "an item of this type has options", "Make it coding, or take the options away."),
    ("que-6", "R4 R5",  "QuestionnaireItem",          "type",
              "Required and repeat aren't permitted for display items",
              lambda i: _is_display(i) and ("required" in i or "repeats" in i),
              "the display item has required or repeats", "Take required and repeats away."),
    ("que-7", "R4 R5",  "QuestionnaireItemEnableWhen", "operator",
              "If the operator is 'exists', the value must be a boolean",
              lambda e: e.get("operator") == "exists" and has_choice(e, "answer") and not has(e, "answerBoolean"),
              "the answer is no boolean", "Use answerBoolean, or another operator."),
    ("que-8", "R4 R5",  "QuestionnaireItem",          "initial",
              "Initial values can't be specified for groups or display items",
              lambda i: (_is_group(i) or _is_display(i)) and "initial" in i,
              "an item that takes no answer has an initial value", "Take initial away."),
    ("que-9", "R4 R5",  "QuestionnaireItem",          "readOnly",
              "Read-only can't be specified for \"display\" items",
              lambda i: _is_display(i) and "readOnly" in i,
              "the display item has readOnly", "Take readOnly away."),
    ("que-10", "R4",    "QuestionnaireItem",          "maxLength",
              "Maximum length can only be declared for simple question types",
              lambda i: "maxLength" in i and _type_not_in(i, "open-choice", *_WITH_LENGTH),
              "an item of this type has maxLength", "Take maxLength away."),
    # R5's expression asks for 'optionOrString', a code that does not exist: optionsOrString is meant.
    ("que-10", "R5",    "QuestionnaireItem",          "maxLength",
              "Maximum length can only be declared for simple question types",
              lambda i: "maxLength" in i and _type_not_in(i, *_WITH_LENGTH)
              and i.get("answerConstraint") != "optionsOrString",
              "an item of this type has maxLength", "Take maxLength away."),
    ("que-11", "R4",    "QuestionnaireItem",          "initial",
              "If one or more answerOption is present, initial[x] must be missing",
              lambda i: "answerOption" in i and "initial" in i,
              "the question has both", "Mark the option with answerOption.initialSelected instead."),
    ("que-11", "R5",    "QuestionnaireItem",          "initial",
              "If one or more answerOption is present, initial cannot be present.  Use answerOption.initialSelected"
              " instead",
              lambda i: "answerOption" in i and "initial" in i,
              "the question has both", "Mark the option with answerOption.initialSelected instead."),
    # R4's expression counts from three, its words and R5's expression from two: the words are followed.
    ("que-12", "R4 R5", "QuestionnaireItem",          "enableBehavior",
              "If there are more than one enableWhen, enableBehavior must be specified",
              lambda i: count(i, "enableWhen") > 1 and not has(i, "enableBehavior"),
              "the item does not say how its conditions combine", "Add enableBehavior: all or any."),
    ("que-13", "R4 R5", "QuestionnaireItem",          "initial",
              "Can only have multiple initial values for repeating items",
              lambda i: count(i, "initial") > 1 and i.get("repeats") is not True,
              "an item that does not repeat has several", "Keep one initial value, or let the item repeat."),
    ("ext-1", "R4 R5",  "Extension",                  "",
              "Must have either extensions or value[x], not both",
              lambda e: ("extension" in e) == has_choice(e, "value"),
              "the extension has both or neither", "Give it a value, or extensions."),
    ("qty-3", "R4 R5",  "Quantity Age Count Distance Duration", "system",
              "If a code for the unit is present, the system SHALL also be present",
              lambda q: "code" in q and not has(q, "system"),
              "the unit has a code and no system", "Add the system; that of UCUM is http://unitsofmeasure.org."),
    ("att-1", "R4 R5",  "Attachment",                 "contentType",
              "If the Attachment has data, it SHALL have a contentType",
              lambda a: has(a, "data") and not has(a, "contentType"),
              "the attachment has data and no contentType", "Add contentType."),
)

_LINK = "invariant/narrative-link"
_WHOLE = {
    _LINK: "A link within a narrative leads to what has its id, in the narrative or elsewhere in the resource",
    "ele-1": "All FHIR elements must have a @value or children",
    "que-2": "The link ids for groups and questions must be unique within the questionnaire",
    "ref-1": "SHALL have a contained resource if a local reference is provided",
    "dom-2": "If the resource is contained in another resource, it SHALL NOT contain nested Resources",
    "dom-3": "If the resource is contained in another resource, it SHALL be referred to from elsewhere in the resource"
             " or SHALL refer to the containing resource",
    "dom-4": "If a resource is contained in another resource, it SHALL NOT have a meta.versionId or a meta.lastUpdated",
    "dom-5": "If a resource is contained in another resource, it SHALL NOT have a security label",
}
# fmt: on

BY_ELEMENT: dict[tuple[str, str], list[Invariant]] = {}
"""(release, type) -> its invariants. Types are named as in `shapes.py`: "QuestionnaireItem"."""

_WORDS: dict[tuple[str, str], str] = {}


def _declare(rule: str, words: str) -> None:
    severity = "warning" if rule in WARNINGS else "error"
    RULES[rule] = Rule(rule, "invariant", "invariant", severity, words, PAGES[rule.partition("-")[0]])


for _rule, _releases, _types, _at, _says, _broken, _what, _fix in (
    *_ROWS,
    *DATATYPES,
    *RECORDS,
    *EVENTS,
    *DEFINITIONS,
    *BUNDLES,
):
    _declare(_rule, _says)
    for _release in _releases.split():
        _WORDS[_release, _rule] = _says
        for _type in _types.split():
            BY_ELEMENT.setdefault((_release, _type), []).append(Invariant(_rule, _broken, _at, _what, _fix))
for _rule, _says in _WHOLE.items():
    _declare(_rule, _says)


def says(release: str, rule: str) -> str:
    """Return what the specification of a release says by a rule."""
    return _WORDS.get((release, rule)) or RULES[rule].says


Broken = tuple[str, Path, str, str]
"""rule, path within the resource, what is wrong, what would mend it"""


def unresolved(resource: Node, local: list[tuple[Path, str]]) -> Iterator[Broken]:
    """Yield the references by # to what a resource does not contain. `local` are its references that start with #."""
    if not local:
        return
    ids = {one["id"] for one in nodes(resource, "contained") if isinstance(one.get("id"), str)}
    for path, reference in local:
        inside = path[:1] == ("contained",)
        if reference[1:] not in ids and not (reference == "#" and inside):
            yield "ref-1", path, "nothing with this id is contained here", "Contain what is meant, or correct the id."


def of_resource(resource: Node, named: Collection[str] = ()) -> Iterator[Broken]:
    """Yield what is broken in a resource as a whole; it is not contained itself, what it contains is judged with it.

    `named`: ids that are known to be referred to by #; all others are looked for.
    """
    if isinstance(resource.get("contained"), list):
        yield from _of_contained(resource, named)
    if has_loose_link(resource):
        yield _LINK, ("text", "div"), "a link leads to nothing in this resource", "Correct it, or give its end an id."
    if resource.get("resourceType") == "Questionnaire":
        yield from _link_ids(resource)


def _of_contained(resource: Node, named: Collection[str]) -> Iterator[Broken]:
    fragments: list[set[str]] | None = None
    met: set[str] = set()
    for at, inner in enumerate(resource["contained"]):
        if not isinstance(inner, dict):
            continue
        path: Path = ("contained", at)
        meta, name = inner.get("meta"), str(inner.get("id"))
        if isinstance(inner.get("id"), str) and name in met:
            fix = "Give it an id of its own, and those who mean it that reference."
            yield "invariant/unique-contained", (*path, "id"), "an earlier contained resource has the same id", fix
        met.add(name)
        if inner.get("resourceType") == "Questionnaire":
            yield from ((rule, (*path, *at), what, fix) for rule, at, what, fix in _link_ids(inner))
        if "contained" in inner:
            yield "dom-2", (*path, "contained"), "a contained resource contains another", "Move it one level up."
        if isinstance(meta, dict):
            for part in ("versionId", "lastUpdated"):
                if part in meta:
                    yield "dom-4", (*path, "meta", part), "a contained resource has no versions", "Take it away."
            if "security" in meta:
                fix = "Label the resource that contains it."
                yield "dom-5", (*path, "meta", "security"), "a contained resource is labelled", fix
        if name in named:
            continue
        if fragments is None:
            parts = {name: value for name, value in resource.items() if name != "contained"}
            fragments = [_fragments(one) for one in (*resource["contained"], parts)]
        if "#" not in fragments[at] and not any(f"#{name}" in each for each in fragments):
            fix = "Refer to it by # and its id, or take it away."
            yield "dom-3", path, "nothing refers to this contained resource", fix


def _fragments(tree: Tree) -> set[str]:
    """Return each text that starts with #, wherever it stands, up to its version."""
    found: set[str] = set()
    waiting = [tree] if isinstance(tree, dict | list) else []
    while waiting:
        here = waiting.pop()
        for value in here.values() if isinstance(here, dict) else here:
            if value.__class__ is str:
                if value[:1] == "#":
                    found.add(value.partition("|")[0])
            elif isinstance(value, dict | list):
                waiting.append(value)
    return found


def _link_ids(questionnaire: Node) -> Iterator[Broken]:
    seen: set[str] = set()
    for path, item in _items(questionnaire, ()):
        link_id = item.get("linkId")
        if isinstance(link_id, str):
            if link_id in seen:
                yield "que-2", (*path, "linkId"), "an earlier item has the same linkId", "Give it one of its own."
            seen.add(link_id)


def _items(node: Node, path: Path) -> Iterator[tuple[Path, Node]]:
    for n, item in numbered(node, "item"):
        yield (*path, "item", n), item
        yield from _items(item, (*path, "item", n))
