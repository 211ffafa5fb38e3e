"""Whether an item of a form is enabled by what a response answers: yes, no, or None where it cannot be said.

What cannot be said is an expression (SDC's enableWhenExpression), a value that cannot be compared, and where several
repetitions of the question asked for would answer differently. https://hl7.org/fhir/R4/questionnaire-definitions.html
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator

from mappings.check.answer_values import Node, chosen, compared, equal, kind_of, nodes, numbered
from mappings.tree import Path, Tree

EXPRESSION = "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-enableWhenExpression"

_ORDERS: dict[str, Callable[[int], bool]] = {
    ">": lambda order: order > 0,
    "<": lambda order: order < 0,
    ">=": lambda order: order >= 0,
    "<=": lambda order: order <= 0,
}


class Answers:
    """The answers of a response, by linkId, each with the place of its item."""

    __slots__ = ("_by_link",)

    def __init__(self, response: Tree) -> None:
        self._by_link: dict[str, list[tuple[Path, Node]]] = defaultdict(list)
        for at, item in _items(response, ()):
            if isinstance(item.get("linkId"), str):
                self._by_link[item["linkId"]].append((at, item))

    def enabled(self, item: Node, at: Path) -> bool | None:
        """Return whether an item of the form is enabled at a place of the response, its own or its holder's."""
        if any(one.get("url") == EXPRESSION for one in nodes(item, "extension")):
            return None
        conditions = nodes(item, "enableWhen")
        if not conditions:
            return True
        said = [self._met(one, at) for one in conditions]
        if item.get("enableBehavior") == "any":
            return True if True in said else None if None in said else False
        if len(said) > 1 and item.get("enableBehavior") != "all" and len(set(said)) > 1:
            return None  # que-12 demands to say which
        return False if False in said else None if None in said else True

    def _met(self, condition: Node, at: Path) -> bool | None:
        met = {_holds(condition, answers) for answers in self._nearest(condition.get("question"), at)}
        return met.pop() if len(met) == 1 else None

    def _nearest(self, link: Tree, at: Path) -> Iterator[list[Node]]:
        """Yield the answers of the occurrences of a question that share most of the way with a place; [] for none."""
        met = self._by_link.get(link, []) if isinstance(link, str) else []
        shared = [_common(path, at) for path, _ in met]
        nearest = max(shared, default=0)
        if not met:
            yield []
        for (_, item), steps in zip(met, shared, strict=True):
            if steps == nearest:
                yield [one for one in nodes(item, "answer") if chosen(one)[0]]


def _holds(condition: Node, answers: list[Node]) -> bool | None:
    """Return whether the answers to a question meet a condition.

    != is read differently: "no answer is equal" (R4's words), "one answer is not" (HL7's validator). Both must agree.
    """
    operator = condition.get("operator")
    key, wanted = chosen(condition, "answer")
    if operator == "exists":
        return bool(answers) is wanted if isinstance(wanted, bool) else None
    if not key or wanted is None:
        return None
    said = [_one(str(operator), kind_of(key, "answer"), *chosen(one), wanted) for one in answers]
    if operator == "!=":
        return said[0] if said and len(set(said)) == 1 else None
    return True if True in said else None if None in said else False


def _one(operator: str, kind: str, key: str, value: Tree, wanted: Tree) -> bool | None:
    if value is None:
        return None
    if kind_of(key) != kind:
        return None
    if operator in ("=", "!="):
        same = equal(kind, value, wanted)
        return same if same is None or operator == "=" else not same
    order = compared(kind, value, wanted)
    meets = _ORDERS.get(operator)
    return None if order is None or meets is None else meets(order)


def _items(holder: Tree, at: Path) -> Iterator[tuple[Path, Node]]:
    for n, item in numbered(holder, "item"):
        here = (*at, "item", n)
        yield here, item
        yield from _items(item, here)
        for m, answer in numbered(item, "answer"):
            yield from _items(answer, (*here, "answer", m))


def _common(one: Path, other: Path) -> int:
    shared = 0
    for a, b in zip(one, other, strict=False):
        if a != b:
            break
        shared += 1
    return shared
