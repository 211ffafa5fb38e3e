"""What is asked of an object of one type that has certain names in it: the plan that the quick pass (quick/) follows.

Of the type's invariants most depend on names alone, or on names and codes; such a rule is asked once, of the first
object, in a form that notes what the rule reads.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from mappings.check.invariants import Invariant
from mappings.check.quick.asked import Judge, State
from mappings.check.shapes import Field, Shape
from mappings.nodes import Node
from mappings.tree import Tree

OFTEN = 500
"""Times that a plan is gone through before a function is made of it."""

_AT_MOST = 2048  # codes that stand together of which the rules left are kept


@dataclass(frozen=True, slots=True)
class Plan:
    """What is asked of an object with these names.

    names   empty where one is unknown: such a plan is not kept
    fits    whether they may stand together, as far as names tell
    judges  what each value is asked, in their order
    rules   invariants that read values, and are left to ask
    codes   reads those of the values that are one of a few, None where none is
    known   values that `codes` read -> the rules left to ask of objects with these
    also    what is asked of several of its values together, and of its extensions
    """

    names: tuple[str, ...]
    fits: bool
    judges: tuple[Judge, ...]
    rules: tuple[Invariant, ...]
    codes: Callable[[Node], Any] | None
    known: dict[Any, tuple[Invariant, ...]]
    also: tuple[Judge, ...]
    shape: Shape

    def judge(self, often: Callable[[Plan], None]) -> Judge:
        """Return who says whether an object with these names is certainly sound; each of its values is asked.

        `often` is told when it was asked OFTEN.
        """
        fits, judges, rules, also, uses = self.fits, self.judges, self.rules, self.also, 0

        def judge(node: Tree, state: State) -> bool:
            nonlocal uses
            uses += 1
            if uses == OFTEN:
                often(self)
            sound = fits
            for one, value in zip(judges, node.values()):  # noqa: B905 - strict takes as long as the rest of it
                if not one(value, state):
                    sound = False
            for further in also:
                if not further(node, state):
                    sound = False
            if sound and rules:
                for rule in self.left(node):
                    if rule.broken(node):
                        return False
            return sound

        return judge

    def left(self, node: Node) -> tuple[Invariant, ...]:
        """Return the rules that are to be asked of objects with the codes of this one, whose values are sound."""
        if self.codes is None:
            return self.rules
        values = self.codes(node)
        left = self.known.get(values)
        if left is None:
            if len(self.known) >= _AT_MOST:
                self.known.clear()
            left = self.known[values] = tuple(rule for rule in self.rules if self._is_left(rule, node))
        return left

    def _is_left(self, rule: Invariant, node: Node) -> bool:
        broken, read = traced(rule, node)
        fields = self.shape.fields
        return broken or not all(name in fields and is_finite(fields[name]) for name in read)


class Traced(dict[str, Tree]):
    """An object that notes the names whose values are read."""

    def __init__(self, node: Node) -> None:
        super().__init__(node)
        self.read: set[str] = set()

    def get(self, name: str, default: Tree = None) -> Tree:
        if name in self:
            self.read.add(name)
        return super().get(name, default)

    def __getitem__(self, name: str) -> Tree:
        self.read.add(name)
        return super().__getitem__(name)

    def items(self) -> Any:
        self.read.update(self)
        return super().items()

    def values(self) -> Any:
        self.read.update(self)
        return super().values()


def traced(rule: Invariant, node: Node) -> tuple[bool, set[str]]:
    """Return whether a rule is broken in an object, and whose values it read to say so."""
    traced = Traced(node)
    return rule.broken(traced), traced.read


def is_finite(field: Field) -> bool:
    """Return whether a value that is sound is one of a few: true or false, or one of a list of codes."""
    return not field.many and (field.type == "boolean" or isinstance(field.codes, frozenset))
