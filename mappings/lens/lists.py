"""Lists: items matched by origin token, identity, equality, then order; what is not ours stays where it stood."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from mappings.lens.align import Identity, align, numbered
from mappings.lens.combinators import Leaf, in_order
from mappings.lens.documents import MISSING, OPAQUE, Desk, View
from mappings.tree import Tree


@dataclass(frozen=True, slots=True)
class Each:
    """A list of objects as a tuple of native values, each with its origin token where the native value holds one.

    Items that are not `mine`, or not readable, stay behind the neighbour they stood behind.
    """

    item: Any
    identity: Identity | None = None
    mine: Callable[[Tree], bool] | None = None

    def _read(self, raw: Tree, view: View) -> list[tuple[int, Any]]:
        found = []
        read = self.item.read
        for at, (token, node) in enumerate(numbered(raw)):
            if self.mine is None or self.mine(node):
                value = read(node, view, token)
                if value is not OPAQUE and value is not None:
                    found.append((at, value))
        return found

    def read(self, raw: Tree, view: View) -> Any:
        if raw is MISSING:
            return None
        if type(raw) is not list:
            return OPAQUE
        return tuple([value for _, value in self._read(raw, view)])

    def write(self, raw: Tree, was: Any, now: Any, desk: Desk) -> Tree:
        raw = raw if type(raw) is list else []
        old = self._read(raw, desk.view)
        now = now or ()
        if len(now) < len(old):
            self._refuse_twins(raw, old, now, desk)
        matched = align(old, now, self.identity)
        after = self._after(raw, old, matched) if len(old) < len(raw) else {}
        out = after.pop(None, [])
        for n, (value, found) in enumerate(zip(now, matched, strict=True)):
            if found is None:
                place, before, node = None, None, MISSING
            else:
                place, before = old[found]
                node = raw[place]
            if before is not value and before != value:
                desk.path.append(f"[{n}]")
                node = self.item.write(node, before, value, desk)
                desk.path.pop()
            if node is not MISSING:
                out.append(node)
            if place is not None and after:
                out += after.pop(place, ())
        out += [node for nodes in after.values() for node in nodes]
        if len(out) == len(raw) and all(new is node for new, node in zip(out, raw, strict=True)):
            return raw or MISSING  # only members changed, in documents of their own
        return out or MISSING

    def _after(
        self, raw: list[Tree], old: list[tuple[int, Any]], matched: list[int | None]
    ) -> dict[int | None, list[Tree]]:
        """Return what is not ours by the place of the staying item that it stands behind, None for before all."""
        mine_at = {at for at, _ in old}
        stays = {old[found][0] for found in matched if found is not None}
        after: dict[int | None, list[Tree]] = defaultdict(list)
        last: int | None = None
        for at, node in enumerate(raw):
            if at in stays:
                last = at
            elif at not in mine_at:
                after[last].append(node)
        return after

    def _refuse_twins(self, raw: list[Tree], old: list[tuple[int, Any]], now: Sequence[Any], desk: Desk) -> None:
        """Refuse to guess which of two items that read alike and are not alike was taken out."""
        unsaid = [value for value in now if getattr(value, "key", None) is None]
        for at, value in old if unsaid else ():
            twins = [other for other, same in old if same == value and raw[other] != raw[at]]
            left = sum(1 for other in now if other == value)
            if twins and left < len(twins) + 1 and any(other == value for other in unsaid):
                raise desk.refuse(
                    "two items read alike here but differ in what was not read; which one stays is not said",
                    "Send each item with the `key` that it was read with.",
                    "multiple-matches",
                    "write/ambiguous",
                )


@dataclass(frozen=True, slots=True)
class One:
    """The only item of its kind in a list. Several are OPAQUE: the first match would be a guess."""

    inner: Each

    def read(self, raw: Tree, view: View) -> Any:
        if raw is MISSING:
            return None
        if type(raw) is not list:
            return OPAQUE
        mine = [x for x in raw if self.inner.mine is None or self.inner.mine(x)]
        if not mine:
            return None
        return OPAQUE if len(mine) > 1 else self.inner.item.read(mine[0], view, None)

    def write(self, raw: Tree, was: Any, now: Any, desk: Desk) -> Tree:
        if was is None and type(raw) is list:
            raw = [x for x in raw if self.inner.mine is not None and not self.inner.mine(x)]
        return self.inner.write(raw, () if was is None else (was,), () if now is None else (now,), desk)


@dataclass(frozen=True, slots=True)
class Primitives:
    """A list of primitives and the list of its `_` twins, kept in step: `given: [null, "x"]` with `_given`."""

    name: str
    leaf: Leaf

    def owns(self, name: str) -> bool:
        return name.removeprefix("_") == self.name

    def _read(self, raw: Tree, view: View) -> list[tuple[int, Any]]:
        return [(at, v) for at, x in enumerate(raw) if (v := self.leaf.read(x, view)) is not OPAQUE]

    def read(self, raw: Tree, view: View) -> Any:
        values = raw.get(self.name, MISSING)
        if values is MISSING:
            return None
        return tuple([v for _, v in self._read(values, view)]) if type(values) is list else OPAQUE

    def write(self, raw: Tree, was: Any, now: Any, desk: Desk) -> Tree:
        values = raw.get(self.name)
        values = values if type(values) is list else []
        twins = raw.get("_" + self.name)
        twins = twins if type(twins) is list and len(twins) == len(values) else [None] * len(values)
        old = self._read(values, desk.view)
        mine_at = {at for at, _ in old}
        pairs = [(self.leaf.write(MISSING, None, value, desk), None) for value in now or ()]
        for n, found in enumerate(align(old, now or ())):
            if found is not None and old[found][1] == (now or ())[n]:
                pairs[n] = (values[old[found][0]], twins[old[found][0]])
            elif found is not None and twins[old[found][0]] is not None:
                desk.lose("twin", "_" + self.name)
        pairs += [(x, t) for at, (x, t) in enumerate(zip(values, twins, strict=True)) if at not in mine_at]
        node = {k: v for k, v in raw.items() if not self.owns(k)}
        return in_order(raw, node | self._lists(pairs))

    def _lists(self, pairs: list[tuple[Tree, Tree]]) -> dict[str, Tree]:
        made: dict[str, Tree] = {self.name: [x for x, _ in pairs]} if pairs else {}
        return made | ({"_" + self.name: [t for _, t in pairs]} if any(t is not None for _, t in pairs) else {})


@dataclass(frozen=True, slots=True)
class Inside:
    """What one extension says: `inner` is a row over the extension object."""

    url: str
    inner: Any

    def read(self, raw: Tree, view: View, key: str | None = None) -> Any:
        return self.inner.read(raw, view) if type(raw) is dict else OPAQUE

    def write(self, raw: Tree, was: Any, now: Any, desk: Desk) -> Tree:
        if now is None:
            return MISSING
        return self.inner.write({"url": self.url} if raw is MISSING else raw, was, now, desk)


@dataclass(frozen=True, slots=True)
class Extension:
    """Extensions of a node with one url: the only one (`One`), or all of them (`Each`)."""

    url: str
    list: Each | One

    def owns(self, name: str) -> bool:
        return name == "extension"

    def read(self, raw: Tree, view: View) -> Any:
        return self.list.read(raw.get("extension", MISSING), view) or None

    def write(self, raw: Tree, was: Any, now: Any, desk: Desk) -> Tree:
        desk.path.append(f"extension('{self.url}')")
        new = self.list.write(raw.get("extension", MISSING), was, now, desk)
        desk.path.pop()
        return {k: v for k, v in raw.items() if k != "extension"} if new is MISSING else {**raw, "extension": new}
