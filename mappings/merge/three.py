"""Three-way merge: one document with what each side changed since they last agreed, or where a person must decide."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from operator import itemgetter

from mappings.merge.align import LIKE, PLACED, SURE, akin, align, woven
from mappings.merge.place import ABSENT, Items, Object, Place, Row, grouped, unzipped, zipped
from mappings.terms.keys import element, key_at
from mappings.terms.units import WHOLE, Unit, inside, label_at, unit_at, whole
from mappings.tree import Path, Tree

BOTH = "changed on both sides"
ADDED = "added on both sides, not the same"
REMOVED = "removed on one side, changed on the other"
REPLACED = "replaced on both sides, not by the same"
MOVED = "put in another order on both sides"
DEEP = "nested too deeply to be merged"

ENVELOPE = ("id", "meta", "text")
"""Elements of a resource that are about it, not of it: they never make it clash as a whole."""


@dataclass(frozen=True, slots=True)
class Clash:
    """One place that a person has to decide.

    path      FHIRPath, positions as in base, else as in theirs, else as in ours; a choice without its type
    reason    what both sides did, and why it is not mixed; no values
    base, ours, theirs    path in each version; nothing may stand there, and it is None where not even a list item does
    """

    path: str
    reason: str
    base: Path | None = None
    ours: Path | None = None
    theirs: Path | None = None


@dataclass(frozen=True, slots=True)
class Merge:
    """The merged document, or None and the clashes that stand against it."""

    tree: Tree
    conflicts: tuple[Clash, ...] = ()


def merge3(resource_type: str, base: Tree, ours: Tree, theirs: Tree) -> Merge:
    """Return theirs with what ours changed since base: also "the difference base -> ours, applied to theirs".

    - Where one side changed nothing, the other's very object is returned.
    - Changes in different elements both stand; in one element, unit (mappings/terms/units) or datatype they clash,
      unless they are the same change. Removing what the other side changed is a clash, too.
    - List items are known by their keys (mappings/terms/keys): what one side added, removed or moved stays so.
    - `id`, `meta.versionId` and `meta.lastUpdated` are theirs. A narrative never clashes: changed on both sides,
      ours stands (and describes our version: a generated one is to be made anew).
    - Names and items keep the order of theirs; what only ours has stands behind its neighbour.

    Raises nothing for what the documents say; shares with them what it does not change.
    """
    tree, clashes = settled(resource_type, base, ours, theirs)
    return Merge(None, clashes) if clashes else Merge(tree)


def settled(resource_type: str, base: Tree, ours: Tree, theirs: Tree) -> tuple[Tree, tuple[Clash, ...]]:
    """Return the merged document in which ours stands wherever the two clash, and the clashes."""
    merger, root = _Merger(), Place.of_root(resource_type, 3)
    try:
        tree = merger.value(root, base, ours, theirs)
    except RecursionError:  # a document may be as deep as MAX_DEPTH, and the caller's stack deep already
        return ours, (Clash(resource_type, DEEP, *root.where),)
    return {} if tree is ABSENT else tree, tuple(merger.clashes)


class _Merger:
    """Merges from the root down, notes each clash and goes on with ours."""

    def __init__(self) -> None:
        self.clashes: list[Clash] = []

    def value(self, at: Place, base: Tree, ours: Tree, theirs: Tree) -> Tree:
        """Merge what stands at one place, or is ABSENT there."""
        if ours in (base, theirs):
            return theirs
        if theirs == base:
            return ours
        versions = base, ours, theirs
        if inside(at.resource, at.path) and all(isinstance(version, dict) for version in versions):
            return self.object(at, base, ours, theirs)
        if all(version is ABSENT or isinstance(version, list) for version in versions):
            return self.items(at, *([] if version is ABSENT else version for version in versions))
        self.clash(at, _what(*versions), WHOLE.get(element(at.resource, at.path), ""))
        return ours

    def object(self, at: Place, base: Object, ours: Object, theirs: Object) -> Tree:
        """Merge the elements of an object, unit by unit."""
        is_one = not at.path and _is_one(at.resource, base, ours, theirs)
        if is_one:
            self.clash(at, _what(base, ours, theirs), whole(at.resource, base, ours, theirs))
        merged: Object = {}
        for unit, parts in grouped(partial(unit_at, at.resource, at.path), (base, ours, theirs)).items():
            merged |= parts[1] if is_one and unit.elements[0] not in ENVELOPE else self.unit(at, unit, parts)
        return {name: merged[name] for name in woven(list(theirs), list(ours)) if name in merged} or ABSENT

    def unit(self, at: Place, unit: Unit, parts: list[Object]) -> Object:
        """Merge what base, ours and theirs hold of one unit of an object."""
        base, ours, theirs = parts
        name = unit.elements[0]
        if ours in (base, theirs) or at.is_servers(name):
            return theirs
        if theirs == base or (not at.path and name == "text"):
            return ours
        if not unit.because and not name.endswith("[x]"):
            return self.element(at.into(name), name, parts)
        for label, held in grouped(partial(label_at, at.resource, at.path), parts).items():
            if held[1] != held[2]:
                self.clash(at.choice(label, held), _what(*parts), unit.because)
        return ours

    def element(self, at: Place, name: str, parts: list[Object]) -> Object:
        """Merge one element: a value, or a primitive with its `_` twin."""
        if not any(f"_{name}" in part for part in parts):
            node = self.value(at, *(part.get(name, at.absent) for part in parts))
            return {} if node is ABSENT else {name: node}
        base, ours, theirs = (zipped(part, name) for part in parts)
        if base is None or ours is None or theirs is None:
            self.clash(at, _what(*parts))
            return parts[1]
        pairs = self.items(at, base, ours, theirs)
        return {} if pairs is ABSENT else unzipped(name, pairs)

    def items(self, at: Place, *versions: Items) -> Tree:
        """Merge a list item by item, then put the items in order. An empty list is no list."""
        rows = _rows(at, *versions)
        replaced = list(_replaced(rows, *versions))
        for row in replaced:
            self.clash(at.item(row), REMOVED if None in row else REPLACED)
        gone = {(None, None, k) for _, _, k in replaced}
        rows = [row for row in rows if row not in gone]
        kept = {row: node for row in rows if (node := self.item(at, row, versions)) is not ABSENT}
        return [kept[row] for row in self.order(at, rows) if row in kept] or ABSENT

    def item(self, at: Place, row: Row, lists: tuple[Items, ...]) -> Tree:
        """Merge one item, of which one or two versions may have nothing."""
        base, ours, theirs = (ABSENT if n is None else items[n] for n, items in zip(row, lists, strict=True))
        if base is ABSENT and isinstance(ours, dict) and isinstance(theirs, dict):
            base = {}  # both sides added the item of this key: what they say of it is merged
        return self.value(at.item(row, theirs, ours), base, ours, theirs)

    def order(self, at: Place, rows: list[Row]) -> list[Row]:
        """Return the rows as they stand in theirs; as in ours, where only ours moved what all three have."""
        ours, theirs = (sorted((row for row in rows if row[n] is not None), key=itemgetter(n)) for n in (1, 2))
        was, by_us, by_them = ([row for row in side if None not in row] for side in (rows, ours, theirs))
        if by_us in (was, by_them):
            return woven(theirs, ours)
        if by_them != was:
            self.clash(at, MOVED)
        return woven(ours, theirs)

    def clash(self, at: Place, what: str, because: str = "") -> None:
        self.clashes.append(Clash(at.shown(0, 2, 1), f"{what}: {because}" if because else what, *at.where))


def _what(base: Tree, ours: Tree, theirs: Tree) -> str:
    if base is ABSENT or base == {}:
        return ADDED
    return REMOVED if any(version is ABSENT or version == {} for version in (ours, theirs)) else BOTH


def _is_one(resource_type: str, *versions: Object) -> bool:
    """Return whether a resource that both sides changed is one unit, or not of one type any more."""
    base, ours, theirs = ({n: node for n, node in v.items() if n not in ENVELOPE} for v in versions)
    if ours in (base, theirs) or theirs == base:
        return False
    types = [version["resourceType"] for version in (base, ours, theirs) if "resourceType" in version]
    return any(named != types[0] for named in types) or bool(whole(resource_type, base, ours, theirs))


def _rows(at: Place, base: Items, ours: Items, theirs: Items) -> list[Row]:
    """Return which item is which: those of base in its order, then what ours, theirs or both of them added."""
    key = key_at(at.resource, at.path)
    rules = LIKE if inside(at.resource, at.path) else PLACED
    to_ours, to_theirs = align(key, base, ours, rules), align(key, base, theirs, rules)
    by_us = sorted(set(range(len(ours))).difference(to_ours.values()))
    by_them = sorted(set(range(len(theirs))).difference(to_theirs.values()))
    same = align(key, [ours[j] for j in by_us], [theirs[k] for k in by_them], SURE)
    both = {by_us[n]: by_them[m] for n, m in same.items()}
    shared = set(both.values())
    return [
        *((i, to_ours.get(i), to_theirs.get(i)) for i in range(len(base))),
        *((None, j, both.get(j)) for j in by_us),
        *((None, None, k) for k in by_them if k not in shared),
    ]


def _replaced(rows: list[Row], base: Items, ours: Items, theirs: Items) -> Iterator[Row]:
    """Yield what both sides removed, where both put something else in its place, or one something akin to it.

    An item with another key is another item. But where one side removed an item and the other gave it a new key or
    new words, what was removed must not come back under them unasked.
    """
    only_ours = {j for i, j, k in rows if i is None and k is None}
    only_theirs = {k for i, j, k in rows if i is None and j is None}
    here, there = 0, 0
    for i, j, k in rows:
        if i is None:
            return
        if j is None and k is None:
            by_us, by_them = here in only_ours, there in only_theirs
            if by_us and by_them:
                yield i, here, there
            elif by_us and akin(base[i], ours[here]):
                yield i, here, None
            elif by_them and akin(base[i], theirs[there]):
                yield i, None, there
            here, there = here + by_us, there + by_them
        here, there = here if j is None else j + 1, there if k is None else k + 1
