"""Whether an item of a form is enabled by what a response answers: yes, no, or None where it cannot be said.

What cannot be said is an expression (SDC's enableWhenExpression), a value that cannot be compared, and where several
repetitions of the question asked for would answer differently.

https://hl7.org/fhir/R5/questionnaire-definitions.html#Questionnaire.item.enableWhen, whose words on several answers
and on precision R4 does not have; nothing in R4 speaks against them.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable

from mappings.check.answers.form import SDC, Form, Question, instance, shared
from mappings.check.answers.values import chosen, compared, is_wanted, kind_of
from mappings.nodes import Node, nodes, numbered
from mappings.tree import Path, Tree

EXPRESSIONS = (
    SDC + "enableWhenExpression",
    "http://phr.kanta.fi/StructureDefinition/fiphr-ext-questionnaire-enablewhen",
)

_MOST = 100
"""Occurrences of a question that are looked at; where so many are equally near, the form is in error anyway."""

# fmt: off
_ORDERS: dict[str, Callable[[int], bool]] = {
    # operator, as R5 defines it: https://hl7.org/fhir/R5/valueset-questionnaire-enable-operator.html
    ">":    lambda order: order > 0,
    "<":    lambda order: order < 0,
    ">=":   lambda order: order >= 0,
    "<=":   lambda order: order <= 0,
}
# fmt: on


class Answers:
    """The answers of a response to a form, by linkId, each with the place of its item, in the order of places."""

    __slots__ = ("_by_link", "_form", "_said")

    def __init__(self, response: Tree, form: Form) -> None:
        self._form = form
        self._said: dict[tuple[int, Path], bool | None] = {}
        self._by_link: dict[str, tuple[list[Path], list[Node]]] = defaultdict(lambda: ([], []))
        waiting: list[tuple[Path, Tree]] = [((), response)]
        while waiting:
            at, holder = waiting.pop()
            link = holder.get("linkId") if at and isinstance(holder, dict) else None
            if isinstance(link, str):
                paths, items = self._by_link[link]
                paths.append(at)
                items.append(holder)
            below = [((*at, "answer", n), one) for n, one in numbered(holder, "answer")] if link is not None else []
            below += [((*at, "item", n), one) for n, one in numbered(holder, "item")]
            waiting += reversed(below)

    def enabled(self, question: Question, at: Path) -> bool | None:
        """Return whether an item of the form is enabled at a place of the response, its own or its holder's."""
        conditions = nodes(question.item, "enableWhen")
        if any(url in question.extensions for url in EXPRESSIONS):
            return None
        if not conditions:
            return True
        said = [self._met(question, one, at) for one in conditions]
        if question.item.get("enableBehavior") == "any":
            return True if True in said else None if None in said else False
        if len(said) > 1 and question.item.get("enableBehavior") != "all":
            return True if set(said) == {True} else None  # que-12 demands to say which
        return False if False in said else None if None in said else True

    def _met(self, question: Question, condition: Node, at: Path) -> bool | None:
        link = condition.get("question")
        asked = self._form.known.get(link) if isinstance(link, str) else None
        if asked is None:
            return _holds(condition, [])  # the form lacks the question: nobody can have answered it
        around = instance(at, shared(question, asked))
        key = (id(condition), around)
        if key not in self._said:
            self._said[key] = self._weighed(condition, str(link), around)
        return self._said[key]

    def _weighed(self, condition: Node, link: str, around: Path) -> bool | None:
        """Return whether a condition holds for the answers within an item of the response.

        The specification sends from there to preceding and following repetitions, HL7's validator does not: both
        must say the same.
        """
        paths, items = self._by_link.get(link, ([], []))
        start = bisect_left(paths, around)
        end = start
        while end < len(paths) and paths[end][: len(around)] == around and end - start <= _MOST:
            end += 1
        near = items[start:end] or [{}, *items[: _MOST + 1]]
        if len(near) > _MOST:
            return None
        said = {_holds(condition, nodes(item, "answer")) for item in near}
        return said.pop() if len(said) == 1 else None


def _holds(condition: Node, answers: list[Node]) -> bool | None:
    """Return whether the answers to a question meet a condition.

    != is read differently: "no answer has a value that is equal" (the specification), "one answer is not" (HL7's
    validator, and with it most renderers). Both must agree.
    """
    operator = condition.get("operator")
    key, wanted = chosen(condition, "answer")
    valued = [answer for answer in answers if chosen(answer)[0]]
    if operator == "exists":
        exists = bool(valued) if bool(valued) == bool(answers) else None
        return None if exists is None or not isinstance(wanted, bool) else exists is wanted
    if not key or wanted is None:
        return None
    said = [_one(str(operator), kind_of(key, "answer"), *chosen(one), wanted) for one in valued]
    if operator == "!=":
        return said[0] if said and len(set(said)) == 1 else None
    return True if True in said else None if None in said else False


def _one(operator: str, kind: str, key: str, value: Tree, wanted: Tree) -> bool | None:
    if value is None or kind_of(key) != kind:
        return None
    if operator in ("=", "!="):
        same = is_wanted(kind, value, wanted)
        return same if same is None or operator == "=" else not same
    order = _order(kind, value, wanted)
    meets = _ORDERS.get(operator)
    return None if order is None or meets is None else meets(order)


def _order(kind: str, value: Tree, wanted: Tree) -> int | None:
    """Return how an answer stands to the one of a condition, texts by their characters and yes after no."""
    if kind in ("Boolean", "String") and type(value) is type(wanted):
        return int(value > wanted) - int(value < wanted)
    return compared(kind, value, wanted)
