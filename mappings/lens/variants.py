"""One resource type read as several native entities: an Observation may be a preference, a score, a use event.

    OBSERVATION = Variants(
        # what recognises it, written when new     table
        (coded("code", LOCAL_TERMS, "use-event"),  USE_EVENT),
        (OTHERWISE,                                FINDING))

The first mark that holds decides; the last table is general and its mark holds always. No row of a table writes what
recognises another one, and no edit takes away what recognises its own: where a value would, the write is refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from mappings.lens.combinators import Row, Table
from mappings.lens.documents import MISSING, OPAQUE, Desk, View
from mappings.nodes import pairs
from mappings.tree import Tree


class Mark(Protocol):
    """What recognises an entity among those of its resource type; a row of its table, or a const of it."""

    def holds(self, raw: Tree) -> bool:
        """Tell whether an object is of this entity."""

    def put(self, raw: Tree) -> Tree:
        """Return an object that is of this entity; one that is stays the same object."""


class Otherwise:
    """The mark of the general entity: whatever no other one is."""

    def holds(self, raw: Tree) -> bool:
        return True

    def put(self, raw: Tree) -> Tree:
        return raw


OTHERWISE = Otherwise()


@dataclass(frozen=True, slots=True)
class Coded:
    """A CodeableConcept (or a list of them) that has one of these codings; the first one is written when new.

    name       the element, for example "code"
    codings    (system, code) pairs, any of which recognises the entity
    display    how the first one is called, "" for none
    listed     the element is a list, for example `category`
    """

    name: str
    codings: tuple[tuple[str, str], ...]
    display: str = ""
    listed: bool = False

    def holds(self, raw: Tree) -> bool:
        return isinstance(raw, dict) and any(pair in self.codings for pair in pairs(raw.get(self.name)))

    def owns(self, name: str) -> bool:
        return name.removeprefix("_") == self.name

    def read(self, raw: Tree, view: View) -> Any:
        return None

    def write(self, raw: Tree, was: Any, now: Any, desk: Desk) -> Tree:
        return self.put(raw)

    def put(self, raw: Tree) -> Tree:
        if self.holds(raw):
            return raw
        system, code = self.codings[0]
        coding = {"system": system, "code": code} | ({"display": self.display} if self.display else {})
        made: Tree = {"coding": [coding]}
        return {**raw, self.name: [made, *raw.get(self.name, [])] if self.listed else made}


def coded(name: str, system: str, *codes: str, display: str = "", listed: bool = False) -> Coded:
    """Return the mark of an element that has one of these codes of one system."""
    return Coded(name, tuple((system, code) for code in codes), display, listed)


class Variants:
    """One resource type as several native entities; it stands where a Table stands. Raises TypeError for a bad list.

    natives     the native types, in the order in which they are looked for, the general one last
    """

    __slots__ = ("_by_native", "natives", "variants")

    def __init__(self, *variants: tuple[Mark, Table]) -> None:
        self.variants = variants
        self.natives: tuple[type, ...] = tuple(table.native for _, table in variants)
        self._by_native = {table.native: (mark, table) for mark, table in variants}
        if len(self._by_native) != len(variants):
            raise TypeError("two variants give one native type")
        if not variants or not isinstance(variants[-1][0], Otherwise):
            raise TypeError("the last variant is the general one: its mark is OTHERWISE")

    def table_at(self, raw: Tree) -> Table:
        """Return the table that reads an object."""
        return next(table for mark, table in self.variants if mark.holds(raw))

    def table_of(self, native: type) -> Table | None:
        """Return the table of a native type, None where it is of another resource type."""
        found = self._by_native.get(native)
        return None if found is None else found[1]

    def read(self, raw: Tree, view: View, key: str | None = None) -> Any:
        if raw is MISSING:
            return None
        return OPAQUE if type(raw) is not dict else self.table_at(raw).read(raw, view, key)

    def write(self, raw: Tree, was: Any, now: Any, desk: Desk) -> Tree:
        if now is None:
            return MISSING
        mark, table = self._by_native[type(now)]
        if was is not None and type(was) is not type(now):
            raise desk.refuse(
                f"this record is a {type(was).__name__} and does not become a {type(now).__name__}",
                "Make a new record, and end this one where it was made.",
                "business-rule",
                "write/other-entity",
            )
        new = table.write(raw, was, now, desk)
        new = mark.put(new) if was is None and isinstance(new, dict) else new
        if (found := self.table_at(new)) is not table:
            raise desk.refuse(
                f"a record with this code is a {found.native.__name__}",
                "Give it as that, or with another code.",
                "business-rule",
                "write/other-entity",
            )
        return new


@dataclass(frozen=True, slots=True)
class Marked:
    """An item of a list that a mark recognises, and a row over it: a component by its code."""

    mark: Mark
    inner: Row

    def read(self, raw: Tree, view: View, key: str | None = None) -> Any:
        if type(raw) is not dict or "modifierExtension" in raw:
            return OPAQUE
        return self.inner.read(raw, view)

    def write(self, raw: Tree, was: Any, now: Any, desk: Desk) -> Tree:
        if now is None:
            return MISSING
        return self.inner.write(self.mark.put({}) if raw is MISSING else raw, was, now, desk)
