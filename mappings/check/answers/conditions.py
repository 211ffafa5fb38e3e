"""Conditions of a form: the question that an item is asked for must be one of the form, and outside that item.

https://hl7.org/fhir/R4/questionnaire-definitions.html#Questionnaire.item.enableWhen.question
"""

from __future__ import annotations

from collections.abc import Iterator

from mappings.check.findings import MAX_FINDINGS, finding
from mappings.check.rules import RULES, Finding, Rule
from mappings.nodes import Node, numbered, with_contained
from mappings.tree import Path, Tree

_PAGE = "questionnaire-definitions.html#Questionnaire.item.enableWhen.question"
_MISSING, _WITHIN = "invariant/condition-question", "invariant/condition-within"

# fmt: off
_ROWS = (
    # rule      what the specification says
    (_MISSING,  "enableWhen.question is the linkId of the question whose answer governs whether the item is enabled"),
    (_WITHIN,   "When an item is disabled, all of its descendants are disabled: none of them can enable it"),
)
_FIXES = {
    _MISSING:   "Name the linkId of a question of this form.",
    _WITHIN:    "Ask for a question outside the item, or put the condition on the items within.",
}
# fmt: on
RULES.update({rule: Rule(rule, "invariant", "business-rule", "error", says, _PAGE) for rule, says in _ROWS})

_Place = tuple[Node, "_Place | None"]
"""An item, and the one around it."""


def judge_conditions(tree: Tree, release: str) -> list[Finding]:
    """Return the conditions of a document's questionnaires that cannot be met, at most MAX_FINDINGS. Never raises."""
    found: list[Finding] = []
    for at, form, _ in with_contained(tree):
        for rule, where, what in _broken(form) if form.get("resourceType") == "Questionnaire" else ():
            if len(found) < MAX_FINDINGS:
                root = str(tree.get("resourceType"))
                found.append(finding(rule, root, (*at, *where), what, _FIXES[rule], release=release))
    return found


def _broken(form: Node) -> Iterator[tuple[str, Path, str]]:
    known: dict[str, _Place] = {}
    asking: list[tuple[Node, Path]] = []
    waiting: list[tuple[Node, _Place | None, Path]] = [(form, None, ())]
    while waiting:
        holder, around, at = waiting.pop()
        for n, item in numbered(holder, "item"):
            place = item, around
            if isinstance(item.get("linkId"), str):
                known.setdefault(item["linkId"], place)
            if "enableWhen" in item:
                asking.append((item, (*at, "item", n)))
            if "item" in item:
                waiting.append((item, place, (*at, "item", n)))
    for item, at in asking:
        for n, condition in numbered(item, "enableWhen"):
            link, where = condition.get("question"), (*at, "enableWhen", n, "question")
            if not isinstance(link, str):
                continue
            found = known.get(link)
            if found is None:
                yield _MISSING, where, "the form has no item of this linkId"
            elif found[0] is item:
                yield _WITHIN, where, "the item is asked for its own answer"
            elif _is_within(found, item):
                yield _WITHIN, where, "the question stands within the item"


def _is_within(place: _Place | None, item: Node) -> bool:
    while place is not None:
        if place[0] is item:
            return True
        place = place[1]
    return False
