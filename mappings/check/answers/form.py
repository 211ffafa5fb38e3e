"""A questionnaire as it is asked of its responses: each item once, with its options, limits and place in the form.

What the two releases say differently stands in `READINGS`, a row each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property

from mappings.check.answers.patterns import Pattern
from mappings.check.answers.values import are_alike, chosen, key_of, kind_of, number, whole
from mappings.nodes import Node, nodes
from mappings.tree import Path, Tree

# fmt: off
_TYPES = {
    # item.type     the types of its answers   https://hl7.org/fhir/R4/valueset-item-type.html, R5 the same but choices
    "boolean":      ("Boolean",),
    "decimal":      ("Decimal",),
    "integer":      ("Integer",),
    "date":         ("Date",),
    "dateTime":     ("DateTime",),
    "time":         ("Time",),
    "string":       ("String",),
    "text":         ("String",),
    "url":          ("Uri",),
    "choice":       ("Coding",),
    "open-choice":  ("Coding", "String"),
    "coding":       ("Coding",),
    "attachment":   ("Attachment",),
    "reference":    ("Reference",),
    "quantity":     ("Quantity",),
}
_CHOICES = {
    # item.type     what else is an answer than what is listed
    "choice":       "optionsOnly",
    "open-choice":  "optionsOrString",
}
# fmt: on
_SAME_VALUE = {"Decimal": ("Integer",), "DateTime": ("Date",)}
"""Types of answers -> other types that their options are written in: there are no options of these two."""
_LISTED = frozenset({*_CHOICES, "coding"})
"""Types of items whose options may be of other types; R5 says that they should not, and has forms that are."""
_OPTION_TYPES = frozenset({"Coding", "Integer", "Date", "Time", "String", "Reference"})
"""Types of options: https://hl7.org/fhir/R4/questionnaire-definitions.html#Questionnaire.item.answerOption.value_x_"""

CORE = "http://hl7.org/fhir/StructureDefinition/"
SDC = "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-"


@dataclass(frozen=True, slots=True)
class Reading:
    """What a release says of responses where the other says something else.

    holds   whether a required group holds what it must, given its item of the response
    """

    holds: Callable[[Node], bool]


def answers_something(item: Node) -> bool:
    """Return whether an item or one below it has an answer; a reason why there is none is one."""
    waiting = [item]
    while waiting:
        one = waiting.pop()
        for answer in nodes(one, "answer"):
            if chosen(answer)[0] or "extension" in answer:
                return True
            waiting += nodes(answer, "item")
        waiting += nodes(one, "item")
    return False


# fmt: off
READINGS = {
    # https://hl7.org/fhir/R4/questionnaire-definitions.html#Questionnaire.item.required:
    # "required groups must contain at least one child element"
    "R4": Reading(holds=lambda item: bool(nodes(item, "item"))),
    # https://hl7.org/fhir/R5/questionnaire-definitions.html#Questionnaire.item.required:
    # "If the required item is a group, it must have at least one descendant question which has an answer"
    "R5": Reading(holds=answers_something),
}
# fmt: on


@dataclass(eq=False)
class Question:
    """One item of a form, or the form itself at the root. `within` are the items around it, the outermost first."""

    item: Node
    within: tuple[Question, ...] = ()
    below: list[Question] = field(default_factory=list)

    @cached_property
    def link(self) -> str:
        """Return its linkId, "" where it has none."""
        link = self.item.get("linkId")
        return link if isinstance(link, str) else ""

    @cached_property
    def kind(self) -> str:
        """Return item.type, "" where it is no text."""
        kind = self.item.get("type")
        return kind if isinstance(kind, str) else ""

    @cached_property
    def turn(self) -> dict[str, int]:
        """Return linkId -> position of the items directly below."""
        return {one.link: n for n, one in reversed(list(enumerate(self.below))) if one.link}

    @cached_property
    def extensions(self) -> dict[str, list[Tree]]:
        """Return url -> values."""
        found: dict[str, list[Tree]] = {}
        for one in nodes(self.item, "extension"):
            if isinstance(one.get("url"), str):
                found.setdefault(one["url"], []).append(chosen(one)[1])
        return found

    def said(self, url: str) -> Tree:
        """Return the value of an extension, or None."""
        return self.extensions.get(url, [None])[0]

    def count(self, name: str) -> int | None:
        """Return the whole number of an extension by HL7, or None."""
        return whole(self.said(CORE + name))

    def range_of(self, kind: str) -> tuple[Tree, Tree]:
        """Return the least and greatest answer of a type that are allowed, None where there is no limit."""
        low, high = self.said(CORE + "minValue"), self.said(CORE + "maxValue")
        if kind == "Quantity":
            low = self.said(SDC + "minQuantity") or low
            high = self.said(SDC + "maxQuantity") or high
        return low, high

    @cached_property
    def max_length(self) -> int | None:
        """Return how many characters an answer may have at most."""
        return whole(self.item.get("maxLength"))

    @cached_property
    def max_bytes(self) -> int | None:
        """Return how many bytes an attachment may have at most.

        R4's own page says "in MB"; the extension as it is published for both releases since says "in bytes", which is
        what forms have and what HL7's validator counts: https://hl7.org/fhir/extensions/StructureDefinition-maxSize.html
        Less than one byte is said by who means megabytes, and limits nothing here.
        """
        most = number(self.said(CORE + "maxSize"))
        return None if most is None or not 1 <= most < 1 << 60 else int(most)

    @cached_property
    def pattern(self) -> Pattern | None:
        """Return what a text must be like, or None."""
        written = self.said(CORE + "regex")
        return Pattern(str.__str__(written)) if isinstance(written, str) else None

    # ---- what may be answered

    @cached_property
    def constraint(self) -> str:
        """Return what else is an answer than what is listed: optionsOnly, optionsOrString, optionsOrType.

        R4 says it by the type: https://hl7.org/fhir/R4/valueset-item-type.html
        """
        said = self.item.get("answerConstraint")
        return str(said) if isinstance(said, str) else _CHOICES.get(self.kind, "optionsOnly")

    @cached_property
    def options(self) -> dict[str, dict[object, Node]]:
        """Return type -> key of its value -> option."""
        found: dict[str, dict[object, Node]] = {}
        for one in nodes(self.item, "answerOption"):
            key, value = chosen(one)
            if key:
                found.setdefault(kind_of(key), {}).setdefault(key_of(kind_of(key), value), one)
        return found

    def option(self, kind: str, value: Tree) -> Node | None:
        """Return the option that an answer is. Numbers and moments are the same in another type."""
        key = key_of(kind, value)
        for of in (kind, *_SAME_VALUE.get(kind, ())):
            if key is not None and key in self.options.get(of, {}):
                return self.options[of][key]
        return None

    def tells(self, kind: str, value: Tree) -> bool:
        """Return whether it can be said that an answer is none of the options: both are written in the same way."""
        if kind != "Reference":
            return key_of(kind, value) is not None
        return are_alike(key_of(kind, value), *self.options.get(kind, {}))

    def excludes_others(self, key: str, value: Tree) -> bool:
        """Return whether an answer is an option that is chosen alone."""
        option = self.option(kind_of(key), value) if key else None
        alone = CORE + "questionnaire-optionExclusive"
        return any(one.get("url") == alone and chosen(one)[1] is True for one in nodes(option, "extension"))

    @cached_property
    def types(self) -> frozenset[str]:
        """Return the types that an answer may have: the item's, those of its options, free text where it is open."""
        types = set(_TYPES.get(self.kind, ()))
        if self.kind in _LISTED and self.options:
            types = (types & {"String"}) | (set(self.options) & _OPTION_TYPES)
        if types and self.constraint == "optionsOrString":
            types.add("String")
        return frozenset(types)

    def is_free(self, kind: str) -> bool:
        """Return whether an answer of this type need not be listed."""
        return self.constraint == "optionsOrType" or (kind == "String" and self.constraint == "optionsOrString")

    @cached_property
    def units(self) -> list[Node]:
        """Return the units of which a quantity has one: questionnaire-unitOption."""
        if self.said(SDC + "unitOpen") not in (None, "optionsOnly"):
            return []
        return [one for one in self.extensions.get(CORE + "questionnaire-unitOption", []) if isinstance(one, dict)]

    def texts(self, name: str) -> list[str]:
        """Return the values of an extension by HL7 that are texts."""
        return [str.__str__(one) for one in self.extensions.get(CORE + name, []) if isinstance(one, str)]


class Form:
    """A questionnaire whose items are found by linkId. Never raises for any tree but RecursionError."""

    def __init__(self, tree: Tree) -> None:
        self.tree: Node = tree if isinstance(tree, dict) else {}
        self.root = Question(self.tree)
        self.known: dict[str, Question] = {}
        waiting = [self.root]
        while waiting:
            holder = waiting.pop()
            within = (*holder.within, holder)
            holder.below = [Question(item, within) for item in nodes(holder.item, "item")]
            waiting += reversed(holder.below)
            if holder.link and holder is not self.root:
                self.known.setdefault(holder.link, holder)

    @property
    def language(self) -> Tree:
        """Return the language that the form says it is in."""
        return self.tree.get("language")


def shared(one: Question, other: Question) -> int:
    """Return how deep in the form the innermost item is that both are, or are in; 0 for the form itself."""
    a, b = (*one.within, one), (*other.within, other)
    depth = 0
    for here, there in zip(a, b, strict=False):
        if here is not there:
            break
        depth += 1
    return depth - 1


def instance(at: Path, depth: int) -> Path:
    """Return the path of the item of a response, at or around a path, that stands at a depth of the form."""
    steps = list(_item_ends(at))
    return at[: steps[depth - 1]] if 0 < depth <= len(steps) else ()


def _item_ends(at: Path) -> Iterable[int]:
    return (n + 1 for n in range(1, len(at), 2) if at[n - 1] == "item")
