"""What differs between two versions of a resource, element by element as a person would read it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Literal

from mappings.merge.align import LIKE, PLACED, align
from mappings.merge.place import ABSENT, Items, Object, Place, grouped, zipped
from mappings.terms.keys import key_at
from mappings.terms.units import inside, label_at
from mappings.tree import Tree

Kind = Literal["added", "removed", "changed"]


@dataclass(frozen=True, slots=True)
class Change:
    """One element that differs: its FHIRPath and how. No values, so that it may stand in a log.

    Positions are those of the newer version, of the older one for what was removed. A list's own path, changed:
    its items stand in another order.
    """

    path: str
    kind: Kind


def difference(resource_type: str, older: Tree, newer: Tree) -> tuple[Change, ...]:
    """Return the changes from one version to another, in the order of the newer, what was removed last.

    Elements of datatypes are not told apart: `Goal.target[0]`, not its due date. An element, its `_` twin and all
    types of a choice are one: `Goal.start`. What a server writes of itself (id, versionId, lastUpdated) is no change.
    """
    return tuple(_value(Place.of_root(resource_type, 2), older, newer))


def _value(at: Place, older: Tree, newer: Tree) -> Iterator[Change]:
    if older == newer:
        return
    versions = older, newer
    if inside(at.resource, at.path) and all(isinstance(version, dict) for version in versions):
        yield from _object(at, older, newer)
    elif all(version is ABSENT or isinstance(version, list) for version in versions):
        yield from _items(at, *([] if version is ABSENT else version for version in versions))
    else:
        yield _change(at, older is ABSENT, newer is ABSENT)


def _object(at: Place, older: Object, newer: Object) -> Iterator[Change]:
    for label, (now, was) in grouped(partial(label_at, at.resource, at.path), (newer, older)).items():
        if now == was or at.is_servers(label):
            continue
        old, new = zipped(was, label), zipped(now, label)
        if now.keys() | was.keys() == {label}:
            here = at.into(label)
            yield from _value(here, was.get(label, here.absent), now.get(label, here.absent))
        elif label.endswith("[x]") or old is None or new is None:
            yield _change(at.choice(label, (was, now)), not was, not now)
        else:
            yield from _items(at.into(label), old, new)


def _items(at: Place, older: Items, newer: Items) -> Iterator[Change]:
    rules = LIKE if inside(at.resource, at.path) else PLACED
    pairs = align(key_at(at.resource, at.path), older, newer, rules)
    came_from = {j: i for i, j in pairs.items()}
    for j, item in enumerate(newer):
        i = came_from.get(j)
        yield from _value(at.item((i, j), item), ABSENT if i is None else older[i], item)
    if sorted(pairs) != [i for _, i in sorted(came_from.items())]:
        yield Change(at.shown(1, 0), "changed")
    for i, item in enumerate(older):
        if i not in pairs:
            yield from _value(at.item((i, None), item), item, ABSENT)


def _change(at: Place, added: bool, removed: bool) -> Change:
    return Change(at.shown(0), "removed") if removed else Change(at.shown(1), "added" if added else "changed")
