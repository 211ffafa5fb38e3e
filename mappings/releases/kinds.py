"""A type as both releases define it, its elements side by side, and for each that differs the row that moves it."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from functools import cache, cached_property

from mappings.check.shapes import SHAPES, Field, Shape, resource_shape
from mappings.releases.carried import BASE, OTHER
from mappings.releases.moved import MOVED
from mappings.releases.rows import Only, Part, Row, Settled
from mappings.releases.same import Chosen, Demanded, Same, Stray, differs
from mappings.releases.types import OTHERS, TYPES

NAMES = {"R4": TYPES, "R5": OTHERS}
"""Release -> its name of a resource type -> the other release's."""


class Way(dict[str, "Way | None"]):
    """A type as it goes from one release to the other: property -> the way of what stands under it, or None."""

    def __init__(self, kind: Kind, frm: str) -> None:
        super().__init__()
        self.kind, self.frm = kind, frm

    def __missing__(self, key: str) -> Way | None:
        kind = self.kind.child(key, self.frm)
        found = None if kind is None else kind.ways[self.frm]
        if key in self.known:  # only what is defined is remembered: a document may hold any name
            self[key] = found
        return found

    @cached_property
    def back(self) -> Way:
        """The way back."""
        return self.kind.ways[OTHER[self.frm]]

    @cached_property
    def known(self) -> dict[str, Field]:
        """The JSON properties that a release defines, the one that is left first."""
        shapes = [shape.fields for shape in (self.kind.shape[OTHER[self.frm]], self.kind.shape[self.frm]) if shape]
        return {name: about for fields in shapes for name, about in fields.items()}

    @cached_property
    def urls(self) -> dict[str, dict[str, Row]]:
        """The extensions that stand for an element of the release that is gone to."""
        return self.kind.urls[OTHER[self.frm]]

    @cached_property
    def alike(self) -> Callable[[Part], bool]:
        """Whether a node is the same in both by its keys alone: none of them may differ, or hold what does."""
        if self.kind.always:
            return _never
        holding = {name for name, about in self.known.items() if about.test is None}
        return frozenset({"resourceType", "extension"} | holding | self.kind.table[self.frm].keys()).isdisjoint

    @cached_property
    def is_same(self) -> Callable[[Part], bool]:
        """Whether the rows certainly say the same of a node, what is inside it and its extensions apart."""
        if not all(row.tells for row in self.kind.always):
            return _never
        table = self.kind.table[self.frm]
        same: Callable[[Part], bool] = frozenset(key for key, row in table.items() if not row.tells).isdisjoint
        for row in self.kind.rows:
            if row.tells:
                same = _both(same, row.is_same)
        return same


class Kind:
    """One type. Where a release does not have it, its shape is None and its nodes pass as they stand.

    path     release -> FHIR path: "CarePlan.activity", "Timing.repeat"
    settled  (release that is left, row, gist of a part) -> how such a part moves, once that was tried
    """

    def __init__(self, shape: dict[str, Shape | None], path: dict[str, str]) -> None:
        self.shape, self.path = shape, path
        self.settled: dict[Hashable, Settled] = {}
        self.ways = {release: Way(self, release) for release in shape}

    def field(self, release: str, name: str) -> Field | None:
        """Return an element of this type as a release defines it, or None."""
        shape = self.shape[release]
        return None if shape is None else shape.fields.get(name)

    def url(self, release: str, name: str) -> str:
        """Return the url of the cross-version extension that holds a release's element; a choice has one for all."""
        about = self.field(release, name)
        return f"{BASE[release]}{self.path[release]}.{(about.choice if about else '') or name}"

    @cached_property
    def rows(self) -> tuple[Row, ...]:
        """All rows of the type: those of MOVED, then those that its definitions make."""
        four, five = (self.shape[release] for release in ("R4", "R5"))
        if four is None or five is None:
            return ()
        said = [row for each in MOVED.get(self.path["R4"], ()) for row in each.spread(four.fields, five.fields)]
        strays = [Stray((key,), ()) for key in five.fields.keys() - four.fields.keys()]
        strays += [Stray((), (key,)) for key in four.fields.keys() - five.fields.keys()]
        return (*said, *self._made(four, five, said), *sorted(strays, key=lambda row: (row.r4, row.r5)))

    @staticmethod
    def _made(four: Shape, five: Shape, said: list[Row]) -> Iterator[Row]:
        owned = {r: {n for row in said for n in row.names(r)} for r in ("R4", "R5")}
        for demanding, mine, theirs in (("R4", four, five), ("R5", five, four)):
            for choice in {*mine.choices} - {*theirs.choices}:
                every = tuple(n for n, f in mine.fields.items() if f.choice == choice and not f.twin)
                names = tuple(n for n in every if n in theirs.fields)
                if any(name in owned[release] for name in every for release in owned):
                    continue
                if names:
                    yield Chosen(names, demanding, mine.fields)
                else:
                    sides: dict[str, tuple[str, ...]] = {"R4": (), "R5": (), demanding: every}
                    told = next((n for n in every if n.endswith("String")), every[0])
                    yield Demanded(sides["R4"], sides["R5"], mine.fields[told])
                owned = {release: {*held, *(names or every)} for release, held in owned.items()}
        for name, about in {**four.fields, **five.fields}.items():
            if about.twin or (name in owned["R4"] and name in owned["R5"]):
                continue
            old = four.fields.get(name) if name not in owned["R4"] else None
            new = five.fields.get(name) if name not in owned["R5"] else None
            if old is None and new is None:
                continue
            if old is None or new is None:
                release, mine = ("R5", five) if old is None else ("R4", four)
                held: dict[str, tuple[str, ...]] = {"R4": (), "R5": (), release: (name,)}
                why = f"{release} only, by its definition"
                needed = name in mine.required
                yield Demanded(held["R4"], held["R5"], about) if needed else Only(held["R4"], held["R5"], why)
            elif differs(old, new, four, five):
                yield Same(old, new, four, five)

    @cached_property
    def table(self) -> dict[str, dict[str, Row]]:
        """Release -> JSON property that it defines -> the row that it belongs to; those of the other one are strays."""
        found: dict[str, dict[str, Row]] = {}
        for release, known in self.shape.items():
            keys = [(k, row) for row in self.rows for n in row.names(release) for k in (n, f"_{n}")]
            found[release] = {k: row for k, row in keys if isinstance(row, Stray) or (known and k in known.fields)}
        return found

    @cached_property
    def always(self) -> tuple[Row, ...]:
        """The rows that say something where nothing stands."""
        return tuple(row for row in self.rows if row.always)

    @cached_property
    def urls(self) -> dict[str, dict[str, dict[str, Row]]]:
        """Release -> url of an extension that stands for an element of it -> the element's name, or names -> its row.

        The types of a choice have one url.
        """
        found: dict[str, dict[str, dict[str, Row]]] = {"R4": {}, "R5": {}}
        for row in self.rows:
            for release in ("R4", "R5"):
                for name in row.names(release):
                    found[release].setdefault(row.standard or self.url(release, name), {})[name] = row
        return found

    @cached_property
    def rank(self) -> dict[str, dict[str, int]]:
        """Release -> JSON property -> its place in the specification's order."""
        return {release: _ranks(shape) for release, shape in self.shape.items()}

    def child(self, key: str, frm: str) -> Kind | None:
        """Return the type of what stands under a property, RESOURCE for a resource, None for a primitive."""
        to, name = OTHER[frm], key.removeprefix("_")
        about = self.field(frm, key) or self.field(to, key)
        if about is None or about.test is not None:
            return None
        if about.type == "Resource":
            return RESOURCE
        mine = self.shape[frm] or self.shape[to]
        if mine is not None and mine.name == about.type:
            return self
        twins: dict[str, str | None] = {r: about.type if _has(r, about.type) else None for r in (frm, to)}
        other = name
        if twins[to] is None:
            row = self.table[frm].get(name) if self.rows else None
            other = (row.counterpart(name, frm) if row else None) or name
            across = self.field(to, other)
            if across is not None and across.test is None and not _has(frm, across.type):
                twins[to] = across.type
        is_part = mine is not None and about.type.startswith(mine.name)
        paths = {r: f"{self.path[r]}.{n}" if is_part else about.type for r, n in ((frm, name), (to, other))}
        return kind(twins["R4"], twins["R5"], paths["R4"], paths["R5"])


def _never(_: Part) -> bool:
    """Return that no node is the same by its keys: a row says something where nothing stands."""
    return False


def _both(one: Callable[[Part], bool], other: Callable[[Part], bool]) -> Callable[[Part], bool]:
    return lambda node: one(node) and other(node)


def _has(release: str, name: str) -> bool:
    try:
        return bool(SHAPES[release][name])
    except LookupError:
        return False


def _ranks(shape: Shape | None) -> dict[str, int]:
    order = ("resourceType", *(shape.order if shape else ()))
    return {key: 2 * n + side for n, name in enumerate(order) for side, key in enumerate((name, f"_{name}"))}


@cache
def kind(four: str | None, five: str | None, path4: str, path5: str) -> Kind:
    """Return the type that has these names and paths in R4 and R5."""
    shapes = {r: SHAPES[r][name] if name else None for r, name in (("R4", four), ("R5", five))}
    return Kind(shapes, {"R4": path4, "R5": path5})


RESOURCE = Kind({"R4": None, "R5": None}, {"R4": "Resource", "R5": "Resource"})
"""A resource of any type."""

EXTENSION = kind("Extension", "Extension", "Extension", "Extension")


@cache
def resource_kind(name: str, frm: str) -> Kind | None:
    """Return the type of a resource by its name in a release; None where neither knows it."""
    own = {frm: name, OTHER[frm]: NAMES[frm].get(name, name)}
    if resource_shape(frm, name) is None:  # a name of the other release does not belong here
        own = dict.fromkeys(own, name)
    known = {release: each if resource_shape(release, each) is not None else None for release, each in own.items()}
    if not any(known.values()):
        return None
    return kind(known["R4"], known["R5"], own["R4"], own["R5"])
