"""Understanding as a number, proved by ablation: a leaf is understood when changing it changes the native value.

Counted are the leaves of resources whose type has a table, contained ones under their own type. Apart stand
narrative (`text`), `meta`, `resourceType` and ids of resources and elements.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, is_dataclass
from functools import cache
from typing import Any, NamedTuple

from mappings.lens.documents import Docs, View
from mappings.tree import Number, Path, Tree, fhirpath, leaves, replaced

ASIDE = frozenset({"text", "meta", "id", "resourceType", "contained"})
"""Properties of a resource that are not counted."""


@dataclass(frozen=True, slots=True)
class CountedLeaf:
    """A leaf that counts: under which resource type, where in the document, of which type that is, and its edit."""

    kind: str
    path: Path
    document: str
    edited: Tree

    @property
    def fhirpath(self) -> str:
        """Where it stands, in words."""
        return fhirpath(self.document, self.path)


@dataclass(frozen=True, slots=True)
class Coverage:
    """The leaves of one document: `understood` with an edit that proves it, `carried` by FHIRPath."""

    understood: tuple[CountedLeaf, ...]
    carried_leaves: tuple[CountedLeaf, ...]

    @property
    def carried(self) -> tuple[str, ...]:
        return tuple(leaf.fhirpath for leaf in self.carried_leaves)

    def counts(self) -> dict[str, tuple[int, int]]:
        """Return resource type -> (understood, leaves)."""
        found: dict[str, tuple[int, int]] = {}
        for leaves_, plus in ((self.understood, 1), (self.carried_leaves, 0)):
            for leaf in leaves_:
                yes, all_ = found.get(leaf.kind, (0, 0))
                found[leaf.kind] = (yes + plus, all_ + 1)
        return found


def coverage(docs: Docs, root: str, value: Callable[[Docs, str], Any]) -> Coverage:
    """Change each counted leaf of a document in turn and look whether the native value changes.

    An object whose reading is remembered and stands in the native value is read anew alone: where that changes, so
    does the whole. Where it does not, or nothing is remembered, the whole document is read anew.
    """
    from mappings.tables import TABLES

    tree, original = docs[root], value(docs, root)
    stands, view = _objects_in(original), View(docs, root)
    understood, carried = [], []
    for inside, resource in _resources(tree, frozenset(TABLES)):
        kind = resource["resourceType"]
        table = TABLES[kind].table_at(resource)
        for below, leaf in _counted(resource):
            path = (*inside, *below)
            codes = _codes_of(table, tuple(0 if type(step) is int else step for step in below))
            near = _nearest(tree, path, docs, stands)
            for edited in edits(leaf, codes):
                alone = near is not None and near.read(replaced(near.node, near.path, edited), view) != near.value
                if alone or value(docs.replaced({root: replaced(tree, path, edited)}), root) != original:
                    understood.append(CountedLeaf(kind, path, tree["resourceType"], edited))
                    break
            else:
                carried.append(CountedLeaf(kind, path, tree["resourceType"], leaf))
    return Coverage(tuple(understood), tuple(carried))


class _Near(NamedTuple):
    """An object whose reading is remembered: its JSON, how it is read, as what, and the way from it to a leaf."""

    node: Tree
    table: Any
    key: str | None
    value: Any
    path: Path

    def read(self, node: Tree, view: View) -> Any:
        return self.table.read(node, view, self.key)


def _nearest(tree: Tree, path: Path, docs: Docs, stands: set[int]) -> _Near | None:
    """Return the innermost object around a leaf that is remembered and whose value is one of those that stand."""
    found, node = None, tree
    for n, step in enumerate(path):
        hit = docs.memo.get(id(node))
        if hit is not None and hit[0] is node and id(hit[3]) in stands:
            found = _Near(node, hit[1], hit[2], hit[3], path[n:])
        node = node[step]
    return found


def _objects_in(value: Any) -> set[int]:
    """Return the identities of the native objects that a value is made of, as far as they count when it is compared."""
    found: set[int] = set()
    left = [value]
    while left:
        one = left.pop()
        if type(one) is tuple:
            left += one
        elif id(one) not in found and (names := _compared(one.__class__)):
            found.add(id(one))
            left += (getattr(one, name) for name in names)
    return found


@cache
def _compared(native: Any) -> tuple[str, ...]:
    """Return the fields of a native type that count when its values are compared; none of any other type."""
    return tuple(field.name for field in fields(native) if field.compare) if is_dataclass(native) else ()


def _resources(tree: Tree, kinds: frozenset[str], path: Path = ()) -> Iterator[tuple[Path, Tree]]:
    """Yield the resources of these types, a document and what it contains, each with its path."""
    if not isinstance(tree, dict):
        return
    kind = tree.get("resourceType")
    if isinstance(kind, str) and kind in kinds:
        yield path, tree
    inside = tree.get("contained")
    for n, resource in enumerate(inside if isinstance(inside, list) else ()):
        yield from _resources(resource, kinds, (*path, "contained", n))


def _counted(resource: Tree) -> Iterator[tuple[Path, Tree]]:
    """Yield path and value of each leaf of a resource that counts."""
    for name, below in resource.items():
        if name not in ASIDE:
            yield from (found for found in leaves(below, (name,)) if found[0][-1] != "id")


def edits(leaf: Tree, codes: tuple[str, ...] = ()) -> Iterator[Tree]:
    """Yield other values that might stand at a leaf, the likeliest first: `codes` is the closed list it is from."""
    if isinstance(leaf, bool):
        yield not leaf
    elif isinstance(leaf, Number):
        yield Number("7" if leaf != Number("7") else "8")
        yield Number("7.50")
    elif isinstance(leaf, str):
        if codes:
            yield codes[(codes.index(leaf) + 1) % len(codes) if leaf in codes else 0]
        yield from _other_dates(leaf)
        yield leaf + "x"


def _other_dates(text: str) -> Iterator[str]:
    if re.match(r"\d{4}(-|$)", text):
        yield str(int(text[:4]) % 9998 + 1).zfill(4) + text[4:].replace("-02-29", "-02-28")
    if re.fullmatch(r"\d\d:\d\d:\d\d(\.\d+)?", text):
        yield f"{(int(text[:2]) + 1) % 24:02d}{text[2:]}"


@cache
def _codes_of(table: Any, path: Path) -> tuple[str, ...]:
    """Return the closed list at a path of a table, positions left out: forms ask the same of a thousand items."""
    return _codes_at(table, path)


def _codes_at(lens: Any, path: Path) -> tuple[str, ...]:
    """Walk a table, which is data, along a path and return the closed list of codes that stands at its end."""
    if lens is None:
        return ()
    if not path:
        return tuple(getattr(getattr(lens, "render", None), "known", ()))
    if path[-1] == "code" and hasattr(lens, "wire"):
        return tuple(lens.wire)
    step, below = path[0], path[1:]
    if isinstance(step, int):
        return _codes_at(lens.item, below) if hasattr(lens, "item") else _codes_at(getattr(lens, "inner", None), path)
    if hasattr(lens, "rows"):
        return next((found for _, row in lens.rows if row.owns(step) and (found := _codes_at(row, path))), ())
    if hasattr(lens, "ways"):
        return _codes_at(dict(lens.ways).get(step), path)
    if hasattr(lens, "kinds"):
        return next((_codes_at(inner, below) for suffix, _, inner in lens.kinds if step == lens.base + suffix), ())
    if hasattr(lens, "table"):
        return _codes_at(lens.table(), path)
    if hasattr(lens, "list"):
        return _codes_at(lens.list, below) if lens.owns(step) else ()
    name, inner = getattr(lens, "name", None), getattr(lens, "inner", None)
    return _codes_at(inner, path if name is None else below) if name in (None, step) else ()
