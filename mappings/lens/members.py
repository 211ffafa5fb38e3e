"""Members: what a document refers to, contained or of the set, and tables that name each other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from mappings.lens.combinators import Table
from mappings.lens.documents import MISSING, OPAQUE, Desk, View
from mappings.lens.variants import Variants
from mappings.tree import Tree


@dataclass(frozen=True, slots=True, eq=False)
class Linked:
    """A member: the reference as it stands, and the resource it names where the set has it.

    reference   the lens of the reference object, giving a native value with `id` and room for `value`
    tables      resource type -> Table; called late, for tables name each other
    owned       types that may be edited through this member; contained resources always may
    kind        the type that a new member without id is given
    """

    reference: Any
    tables: Callable[[], dict[str, Table | Variants]]
    owned: frozenset[str]
    kind: str

    def read(self, raw: Tree, view: View, key: str | None = None) -> Any:
        found = self.reference.read(raw, view, key)
        return found if found is None or found is OPAQUE or found.id is None else self.joined(found, view)

    def joined(self, found: Any, view: View) -> Any:
        """Return a member that was just read, with the value that it names where the set has it."""
        target = view.resolve(found.id)
        if target is None:
            return found
        tree, within = target
        table = self.tables().get(str(tree.get("resourceType"))) if isinstance(tree, dict) else None
        value = table.read(tree, within) if table is not None else None
        return found if value is None or value is OPAQUE else found.given(value)

    def write(self, raw: Tree, was: Any, now: Any, desk: Desk) -> Tree:
        if now is None:
            return MISSING
        if now.id is None and now.value is not None:
            kept = was.id if was is not None else None
            now = now.named(kept or desk.new_reference(_kind_of(now, self.kind), now.key or desk.at()))
        before = was.holding(None) if was is not None else None
        node = raw
        if before != now.holding(None):
            node = self.reference.write(raw, before, now.holding(None), desk)
        if now.value is not None:
            self._write_value(now, desk)
        return node

    def _write_value(self, now: Any, desk: Desk) -> None:
        current = desk.current(now.id)
        view = desk.view if now.id.startswith("#") else View(desk.docs, now.id)
        kind = current["resourceType"] if current is not MISSING else self._kind(now)
        table = self.tables().get(kind)
        was = table.read(current, view) if table is not None and current is not MISSING else None
        if was == now.value:
            return
        if table is None or type(now.value) not in table.natives:
            raise desk.refuse(f"a {kind} is not held by value here", "Leave `value` out.", "not-supported")
        if now.id in desk.changed or now.id[1:] in desk.contained:
            raise desk.refuse(
                "two members have one id and different values", "Say one value for one record.", "conflict"
            )
        if current is not MISSING and not now.id.startswith("#") and kind not in self.owned:
            raise desk.refuse(
                "this member is referenced, not owned: it is not edited through the plan",
                "Edit the record where it stands.",
                "business-rule",
                "write/referenced-member",
            )
        if was is OPAQUE:
            raise desk.refuse("this record must not be interpreted (modifierExtension)", "Edit it where it was made.")
        value = now.value if current is not MISSING else desk.complete(now.value)
        with desk.inside(now.id):
            new = table.write(current, was, value, desk)
            new = _named(new, now.id[1:]) if now.id.startswith("#") else with_contained(current, new, desk)
        desk.put(now.id, new)

    def _kind(self, now: Any) -> str:
        return _kind_of(now, self.kind) if now.id.startswith("#") else now.id.split("/")[0]


def _kind_of(now: Any, otherwise: str) -> str:
    """Return the resource type that a new member's value is of."""
    return str(getattr(type(now.value), "RESOURCE", otherwise))


def _named(tree: Tree, name: str) -> Tree:
    return tree if tree.get("id") == name else {"resourceType": tree["resourceType"], "id": name, **tree}


def with_contained(old: Tree, new: Tree, desk: Desk) -> Tree:
    """Put edited contained resources in, and take out those that this write left without a reference."""
    before = old.get("contained") if isinstance(old, dict) else None
    inside = list(before) if isinstance(before, list) else []
    ids = [x.get("id") if isinstance(x, dict) else None for x in inside]
    for name, tree in desk.contained.items():
        if name in ids:
            inside[ids.index(name)] = tree
        else:
            inside.append(tree)
            ids.append(name)
    if not inside:
        return new
    whole = {**new, "contained": inside} if desk.contained else new
    left = _left(old, whole) & set(ids) if isinstance(old, dict) else set()
    gone = left - _fragments(whole) if left else left
    if gone:
        desk.lose("contained", "contained")
        inside = [x for x, name in zip(inside, ids, strict=True) if name not in gone]
    if not desk.contained and not gone:
        return new
    if inside:
        place = {"resourceType": new["resourceType"], "id": new.get("id", MISSING), "contained": inside}
        head = {k: v for k, v in place.items() if v is not MISSING}
        return {**new, "contained": inside} if "contained" in new else {**head, **new, "contained": inside}
    return {k: v for k, v in new.items() if k != "contained"}


def _left(old: Tree, new: Tree) -> set[str]:
    """Return the names of contained resources that a document referred to where it now says something else."""
    if old is new:
        return set()
    if isinstance(old, dict) and isinstance(new, dict):
        pairs = [(value, new.get(key)) for key, value in old.items()]
    elif isinstance(old, list) and isinstance(new, list):
        pairs = list(zip_longest(old, new))
    else:
        return _fragments(old)
    return {name for one, other in pairs if one is not other for name in _left(one, other)}


def _fragments(node: Tree) -> set[str]:
    """Return the names of contained resources that a document refers to, as reference, canonical or uri."""
    if isinstance(node, dict):
        return {name for value in node.values() for name in _fragments(value)}
    if isinstance(node, list):
        return {name for value in node for name in _fragments(value)}
    return {node[1:]} if isinstance(node, str) and node.startswith("#") and len(node) > 1 else set()


@dataclass(frozen=True, slots=True, eq=False)
class Later:
    """A table that is named before it stands: an item within an item."""

    table: Callable[[], Table]

    def read(self, raw: Tree, view: View, key: str | None = None) -> Any:
        return self.table().read(raw, view, key)

    def write(self, raw: Tree, was: Any, now: Any, desk: Desk) -> Tree:
        return self.table().write(raw, was, now, desk)
