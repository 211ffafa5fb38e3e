"""A place in several versions of a document at once, and the name under which the tables know it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any, Final, TypeVar

from mappings.tree import Path, Tree, fhirpath

Name = TypeVar("Name")

Object = dict[str, Tree]
Items = Sequence[Tree]

Row = tuple[int | None, ...]
"""Position of one list item in each version; None in a version that does not have it."""


class _Absent:
    def __repr__(self) -> str:
        return "ABSENT"


ABSENT: Final[Any] = _Absent()
"""Nothing stands there. Not None, which is a JSON null."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands.

    root       type of the document
    resource   type of the resource that it stands in: a contained one is a resource of its own
    path       element names from that resource, without positions
    where      path from the root of the document, in each version; None in a version that does not have it
    """

    root: str
    resource: str
    path: tuple[str, ...]
    where: tuple[Path | None, ...]

    @classmethod
    def of_root(cls, resource_type: str, versions: int) -> Place:
        """Return the place of whole documents of a type."""
        return cls(resource_type, resource_type, (), ((),) * versions)

    @property
    def absent(self) -> Tree:
        """What stands for nothing here. A server may own all of `meta`, add it and drop it: no meta is an empty one."""
        return {} if self.path == ("meta",) else ABSENT

    def into(self, name: str) -> Place:
        """Return the place of an element of the object that stands here."""
        return Place(self.root, self.resource, (*self.path, name), self.step((name,) * len(self.where)))

    def item(self, row: Row, *versions: Tree) -> Place:
        """Return the place of an item of the list that stands here; `versions` of it tell a resource's type."""
        for version in versions:
            named = version.get("resourceType") if isinstance(version, dict) else None
            if isinstance(named, str):
                return Place(self.root, named, (), self.step(row))
        return Place(self.root, self.resource, self.path, self.step(row))

    def choice(self, label: str, held: Sequence[Object]) -> Place:
        """Return the place of an element that each version may hold under another name: `start[x]`, `_status`."""
        bare = label.removesuffix("[x]")
        return Place(self.root, self.resource, (*self.path, bare), self.step([next(iter(p), bare) for p in held]))

    def step(self, steps: Sequence[str | int | None]) -> tuple[Path | None, ...]:
        """Return the paths one step on in each version; None is no step."""
        return tuple(None if at is None or to is None else (*at, to) for at, to in zip(self.where, steps, strict=True))

    def shown(self, *order: int) -> str:
        """Return the FHIRPath in the first version, in this order, that has the place; a choice without its type."""
        found = next(path for n in order if (path := self.where[n]) is not None)
        return fhirpath(self.root, found if not found or isinstance(found[-1], int) else (*found[:-1], self.path[-1]))

    def is_servers(self, name: str) -> bool:
        """Return whether a server writes the element of itself, so that its change is nobody's."""
        if not self.path:
            return name == "id" and () in self.where
        return self.path == ("meta",) and name in ("versionId", "lastUpdated")


def grouped(name_of: Callable[[str], Name], versions: Sequence[Object]) -> dict[Name, list[Object]]:
    """Return the parts of each version of an object, by the element or unit that their JSON names belong to."""
    groups: dict[Name, list[Object]] = {}
    for n, version in enumerate(versions):
        for name, node in version.items():
            groups.setdefault(name_of(name), [{} for _ in versions])[n][name] = node
    return groups


def zipped(part: Object, name: str) -> list[tuple[Tree, Tree]] | None:
    """Return a list of primitives and its `_` twin as one list of pairs; None if the part holds no lists."""
    values, twins = part.get(name, []), part.get(f"_{name}", [])
    return list(zip_longest(values, twins)) if isinstance(values, list) and isinstance(twins, list) else None


def unzipped(name: str, pairs: Sequence[tuple[Tree, Tree]]) -> Object:
    """Return pairs as a list of primitives and its `_` twin, each only where it says something."""
    sides = {name: [value for value, _ in pairs], f"_{name}": [twin for _, twin in pairs]}
    return {name: nodes for name, nodes in sides.items() if any(node is not None for node in nodes)}
