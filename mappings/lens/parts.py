"""Rows that share an element: one field of an object within the node, some items of a list, what an item holds.

    Within("period", at("start", DATE_TIME))                 one property of an object that several fields share
    Within("doseAndRate", choice("dose", ...), only=True)    the same in the only item of a list
    Slice("name", One(Each(NAME, mine=usual)))               the items of a list that are `mine`, others stay
    Holding({"status": "accepted"}, "actor", REFERENCE)      an item as the value of one of its properties
    Item(coded_concept(KIND))                                an item that a leaf reads whole

Two rows may share an element; that they do not share what is in it is the table's to say (`mine` apart, other names).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mappings.lens.combinators import Leaf, Row, put
from mappings.lens.documents import MISSING, OPAQUE, Desk, View
from mappings.lens.lists import Each, One
from mappings.tree import Tree


@dataclass(frozen=True, slots=True)
class Within:
    """A row over the object that stands in a property, or (`only`) over the only item of the list there.

    Several items are OPAQUE, and so is an object with a modifier extension.
    """

    of: str
    inner: Row
    only: bool = False

    @property
    def needs(self) -> tuple[str, ...]:
        return (self.of,)

    def owns(self, name: str) -> bool:
        return name.removeprefix("_") == self.of

    def _node(self, raw: Tree) -> Tree:
        """Return the object, MISSING for none, OPAQUE for what is not one."""
        held = raw.get(self.of, MISSING)
        if self.only and type(held) is list:
            held = held[0] if len(held) == 1 else OPAQUE
        elif self.only and held is not MISSING:
            return OPAQUE
        if held is MISSING:
            return MISSING
        return held if type(held) is dict and "modifierExtension" not in held else OPAQUE

    def read(self, raw: Tree, view: View) -> Any:
        node = self._node(raw)
        return None if node is MISSING else OPAQUE if node is OPAQUE else self.inner.read(node, view)

    def write(self, raw: Tree, was: Any, now: Any, desk: Desk) -> Tree:
        node = self._node(raw)
        if node is OPAQUE:
            desk.lose("opaque", self.of)
        old = node if type(node) is dict else {}
        desk.path.append(f"{self.of}[0]" if self.only else self.of)
        new = self.inner.write(old, was, now, desk)
        desk.path.pop()
        if new is node:
            return raw
        made = MISSING if not new else [new] if self.only else new
        return put(raw, self.of, made, desk)


@dataclass(frozen=True, slots=True)
class Slice:
    """Those items of a list that are `mine`, as a tuple (Each) or the only one (One); the others stay as they are."""

    of: str
    list: Each | One

    @property
    def needs(self) -> tuple[str, ...]:
        return (self.of,)

    def owns(self, name: str) -> bool:
        return name.removeprefix("_") == self.of

    def read(self, raw: Tree, view: View) -> Any:
        return self.list.read(raw.get(self.of, MISSING), view) or None

    def write(self, raw: Tree, was: Any, now: Any, desk: Desk) -> Tree:
        old = raw.get(self.of, MISSING)
        desk.path.append(self.of)
        new = self.list.write(old, was, now, desk)
        if (self.list.read(new, desk.view) or None) != (now or None):
            raise desk.refuse(
                "this would be read as another field",
                "Give it in the field that the model has for it.",
                "conflict",
                "write/other-field",
            )
        desk.path.pop()
        return raw if new is old else put(raw, self.of, new, desk)


@dataclass(frozen=True, slots=True)
class Holding:
    """An item of a list as the value of one of its properties; a new one is made from a template."""

    template: Mapping[str, Tree]
    name: str
    inner: Any

    def owns(self, name: str) -> bool:
        return name == self.name

    def read(self, raw: Tree, view: View, key: str | None = None) -> Any:
        if type(raw) is not dict or "modifierExtension" in raw:
            return OPAQUE
        found = self.inner.read(raw.get(self.name, MISSING), view, key)
        return OPAQUE if found is None else found

    def write(self, raw: Tree, was: Any, now: Any, desk: Desk) -> Tree:
        if now is None:
            return MISSING
        node = dict(self.template) if raw is MISSING else raw
        old = node.get(self.name, MISSING)
        desk.path.append(self.name)
        new = self.inner.write(old, was, now, desk)
        desk.path.pop()
        return node if new is old else {**node, self.name: new}


@dataclass(frozen=True, slots=True)
class Item:
    """An item of a list that is read by a leaf as a whole."""

    inner: Leaf

    def read(self, raw: Tree, view: View, key: str | None = None) -> Any:
        return self.inner.read(raw, view)

    def write(self, raw: Tree, was: Any, now: Any, desk: Desk) -> Tree:
        return self.inner.write(raw, was, now, desk)
