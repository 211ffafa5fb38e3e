"""The combinators: few, closed, readable as data, each with both directions side by side.

    Leaf        one JSON primitive                       TEXT, DATE, codes("draft active")
    At          one property and its `_` twin            at("dueDate", DATE)
    Table       an object as a native value              table(Target, ("due", at("dueDate", DATE)), ...)
    Choice      value[x]: the type picks the suffix      choice("value", Quantity=(Quantity, QUANTITY), ...)
    Either      two ways of saying one thing             Either((("reference", ...), ("detail", ...)), wanted)
    Const       written when new                         const("resourceType", "Goal")
  lists.py
    Each        a list of objects                        each(TARGET, identity=...)
    One         the only item of its kind in a list      within extension()
    Primitives  a list of primitives and its `_` twin    primitives("instantiatesUri", URI)
    Extension   the extensions of one url                extension(url, at("valueString", TEXT))
  members.py
    Linked      a member: reference and resource         Linked(MEMBER, tables, owned, "Goal")
    Later       a table named before it stands           Later(lambda: ITEM)

A lens reads a raw value (or the node it stands in) and gives a native value, None for absent, or OPAQUE for what is
present and not ours to read. It writes only where `was != now`, copies the node it changes and shares the rest.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING as NO_DEFAULT
from dataclasses import dataclass, field, fields
from typing import Any, Protocol

from mappings.lens.documents import MISSING, OPAQUE, Desk, Refused, View
from mappings.tree import Tree


class Lens(Protocol):
    """Both directions of one fact."""

    def read(self, raw: Tree, view: View) -> Any:
        """Return the native value, None for absent, OPAQUE for what is not ours."""

    def write(self, raw: Tree, was: Any, now: Any, desk: Desk) -> Tree:
        """Return the JSON for `now`, MISSING for nothing. Called only where `was != now`."""


class Row(Lens, Protocol):
    """A lens over a whole node; it owns some of the node's properties.

    A class of a table's own may say, for the compiler (emit.py), what it reads like in short: `needs`, properties
    without any of which it finds nothing; `like`, a row that reads the same, `unless` one of these properties is there;
    or `among`, extension rows of which the only one that is there reads the same. Its writing is its own.
    """

    def owns(self, name: str) -> bool:
        """Tell whether a property (or its `_` twin) is this row's."""


class Unreadable(Exception):  # noqa: N818 - a signal between a leaf and its reader
    """The value is not of the shape that a leaf reads."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """One primitive. `parse` raises Unreadable for what it does not read; `render` is its inverse.

    `json` and `words` say to the compiler (compiled.py) what `parse` does, where it is no more than this: a value of
    exactly that JSON type is read as what `words` has for it (None: not read), or, without words, as it stands where
    it is not empty.
    """

    native: type
    parse: Callable[[Tree], Any]
    render: Callable[[Any], Tree]
    json: type | None = None
    words: dict[Any, Any] | None = field(default=None, compare=False, repr=False)

    def read(self, raw: Tree, view: View) -> Any:
        if raw is MISSING:
            return None
        try:
            return self.parse(raw)
        except Unreadable:
            return OPAQUE

    def write(self, raw: Tree, was: Any, now: Any, desk: Desk) -> Tree:
        if now is None:
            return MISSING
        rendered = self.render(now)
        if rendered is MISSING:
            raise desk.refuse(
                "this value has no code here", "Use one of the values that the model names.", "code-invalid"
            )
        return rendered


@dataclass(frozen=True, slots=True)
class At:
    """One property of a node and its primitive-extension twin."""

    name: str
    inner: Lens

    def owns(self, name: str) -> bool:
        return name.removeprefix("_") == self.name

    def read(self, raw: Tree, view: View) -> Any:
        return self.inner.read(raw.get(self.name, MISSING), view)

    def write(self, raw: Tree, was: Any, now: Any, desk: Desk) -> Tree:
        old = raw.get(self.name, MISSING)
        if was is None and old is not MISSING and self.inner.read(old, desk.view) is OPAQUE:
            desk.lose("opaque", self.name)
        desk.path.append(self.name)
        new = self.inner.write(old, was, now, desk)
        desk.path.pop()
        return raw if new is old else put(raw, self.name, new, desk)


def put(node: Tree, name: str, value: Tree, desk: Desk) -> Tree:
    """Return the node with a property set or (MISSING) taken out, in its place; the `_` twin goes, with a word."""
    twin = "_" + name
    if twin in node:
        desk.lose("twin", twin)
    if value is MISSING:
        return {k: v for k, v in node.items() if k not in (name, twin)}
    if twin in node:
        return {k: v for k, v in {**node, name: value}.items() if k != twin}
    return {**node, name: value}


@dataclass(slots=True, eq=False)
class Made:
    """A table's functions, once compiled.py has made them; without origin token, `read` gives a value without one."""

    read: Callable[..., Any] | None = None
    write: Callable[[Tree, Any, Any, Desk], Tree] | None = None


def _compiled(table: Table) -> Made:
    from mappings.lens.compiled import compiled  # at first use: a start that translates nothing pays nothing

    return compiled(table)


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """An object as a native dataclass: rows of (field, row lens); field None is written when the object is new.

    An object in which no row finds anything is OPAQUE, and so is one with a modifier extension: it must not be
    interpreted (https://hl7.org/fhir/R4/extensibility.html#modifierExtension). `atomic`: whatever stands unread in it
    goes when it is edited. `local`: nothing in it depends on another document, so readings are remembered.

    What the rows say is run as functions that compiled.py makes of them; `read_plain` and `write_plain` ask the rows
    themselves.
    """

    native: type
    rows: tuple[tuple[str | None, Row], ...]
    atomic: bool = False
    root: bool = False
    local: bool = True
    keyed: bool = False
    made: Made = field(default_factory=Made, init=False, repr=False)

    @property
    def natives(self) -> tuple[type, ...]:
        """The native types that this reads: one. A resource type with several is a Variants."""
        return (self.native,)

    def table_at(self, raw: Tree) -> Table:
        """Return the table that reads an object: this one."""
        return self

    def table_of(self, native: type) -> Table | None:
        """Return the table of a native type, None where it is of another resource type."""
        return self if native is self.native else None

    def read(self, raw: Tree, view: View, key: str | None = None) -> Any:
        return (self.made.read or _compiled(self).read)(raw, view, key)  # type: ignore[misc]

    @property
    def remembered(self) -> bool:
        """Whether readings are kept for the set: of one object each, where reading it again would cost."""
        own = [row for _, row in self.rows if not row.owns("extension")]
        inside = any(type(row) is At and type(row.inner) is not Leaf for row in own)
        return self.local and not self.atomic and (inside or len(own) > 6)

    def read_plain(self, raw: Tree, view: View, key: str | None = None) -> Any:
        """Read row by row."""
        if raw is MISSING:
            return None
        if type(raw) is not dict:
            return OPAQUE
        if self.remembered:
            hit = view.memo.get(id(raw))
            if hit is not None and hit[1] is self and hit[2] == key:
                return hit[3]
        value = self._read_rows(raw, view, key)
        if self.remembered and value is not OPAQUE:
            view.memo[id(raw)] = raw, self, key, value
        return value

    def _read_rows(self, raw: Tree, view: View, key: str | None) -> Any:
        if "modifierExtension" in raw:
            return OPAQUE
        found = {}
        for name, lens in self.rows:
            if name is not None:
                value = lens.read(raw, view)
                if value is not None and value is not OPAQUE and value != ():
                    found[name] = value
        if not found and not self.root:
            return OPAQUE
        if any(f.default is NO_DEFAULT and f.name not in found for f in fields(self.native)):
            return OPAQUE
        if key is not None and self.keyed:
            found["key"] = key
        try:
            return self.native(**found)
        except ValueError:
            return OPAQUE

    def write(self, raw: Tree, was: Any, now: Any, desk: Desk) -> Tree:
        return (self.made.write or _compiled(self).write)(raw, was, now, desk)  # type: ignore[misc]

    def write_plain(self, raw: Tree, was: Any, now: Any, desk: Desk) -> Tree:
        """Write row by row."""
        if now is None:
            return MISSING
        node: Tree = raw if was is not None and type(raw) is dict else {}
        if self.atomic:
            node = self.bare(node, desk)
        covered = set()
        for name, lens in self.rows:
            if name is None:
                if was is None:
                    node = lens.write(node, None, now, desk)
                continue
            covered.add(name)
            before, after = getattr(was, name, None), getattr(now, name)
            if before != after and not (before is None and after == ()):
                node = lens.write(node, before or None, after or None, desk)
        for one in fields(now):
            no_element = one.name not in covered and one.compare
            if no_element and getattr(now, one.name) != getattr(was, one.name, one.default):
                raise self.homeless(one.name, desk)
        return node or MISSING

    def bare(self, node: Tree, desk: Desk) -> Tree:
        """Return an atomic object without what no row owns, and say so."""
        kept = {k: v for k, v in node.items() if any(lens.owns(k) for _, lens in self.rows)}
        for name in node:
            if name not in kept:
                desk.lose("inside", name)
        return kept

    def homeless(self, name: str, desk: Desk) -> Refused:
        """Return the refusal of a field for which the object has no element."""
        return desk.refuse(
            f"there is no element for '{name.replace('_', ' ')}' here",
            "Leave it empty, or hold this as a resource of its own.",
            "not-supported",
            "write/no-element",
        )


def in_order(like: Tree, node: dict[str, Tree]) -> dict[str, Tree]:
    return {k: node[k] for k in [*(k for k in like if k in node), *(k for k in node if k not in like)]}


@dataclass(frozen=True, slots=True)
class Choice:
    """value[x]: each kind has its own native type, which picks the suffix. A choice owns all suffixes and twins."""

    base: str
    kinds: tuple[tuple[str, type, Any], ...]  # suffix, native type, lens

    def owns(self, name: str) -> bool:
        plain = name.removeprefix("_")
        return plain.startswith(self.base) and plain[len(self.base) : len(self.base) + 1].isupper()

    def read(self, raw: Tree, view: View) -> Any:
        base, size = self.base, len(self.base)
        hits = [name for name in raw if name.startswith(base) and name[size : size + 1].isupper()]
        if not hits:
            return None
        if len(hits) > 1:
            return OPAQUE
        for suffix, _, lens in self.kinds:
            if hits[0] == self.base + suffix:
                return lens.read(raw[hits[0]], view)
        return OPAQUE

    def write(self, raw: Tree, was: Any, now: Any, desk: Desk) -> Tree:
        mine = [name for name in raw if self.owns(name)]
        kind = next((k for k in self.kinds if type(now) is k[1]), None)
        if now is not None and kind is None:
            raise desk.refuse(f"{self.base}[x] does not take this kind of value", "Use a kind that the model names.")
        name = None if kind is None else self.base + kind[0]
        keep = name if was is not None and name in raw and type(was) is type(now) else None
        if was is None and mine:
            desk.lose("opaque", mine[0])
        for other in mine:
            if other.startswith("_") and (was is not None):
                desk.lose("twin", other)
        bare = {k: v for k, v in raw.items() if k not in mine or k == keep}
        if kind is None or name is None:
            return bare
        desk.path.append(name)
        new = kind[2].write(raw[name] if keep else MISSING, was if keep else None, now, desk)
        desk.path.pop()
        return in_order(raw, bare | {name: new})


@dataclass(frozen=True, slots=True)
class Either:
    """One native value that a node may say in two ways; as it is said, else as it has room and the receiver wants.

    ways     property -> row lens, in the order in which they are looked for
    wanted   the way for a new value, and for one that has been given an id
    """

    ways: tuple[tuple[str, Row], ...]
    wanted: Callable[[Any, Desk], str]

    def owns(self, name: str) -> bool:
        return any(row.owns(name) for _, row in self.ways)

    def _said(self, raw: Tree) -> list[str]:
        return [name for name, _ in self.ways if name in raw]

    def read(self, raw: Tree, view: View) -> Any:
        said = self._said(raw)
        if not said:
            return None
        return OPAQUE if len(said) > 1 else dict(self.ways)[said[0]].read(raw, view)

    def write(self, raw: Tree, was: Any, now: Any, desk: Desk) -> Tree:
        said = self._said(raw)
        ways = dict(self.ways)
        old = said[0] if len(said) == 1 and was is not None else None
        new = old if old is not None and getattr(now, "id", None) is None else self.wanted(now, desk)
        if old is not None and new != old:
            raw, was = ways[old].write(raw, was, None, desk), None
        elif was is None:
            for name in said:
                desk.lose("opaque", name)
            raw = {k: v for k, v in raw.items() if not self.owns(k)}
        return ways[new].write(raw, was, now, desk)


@dataclass(frozen=True, slots=True)
class Const:
    """A property with a fixed value, written when the object is new."""

    name: str
    value: Tree

    def owns(self, name: str) -> bool:
        return name == self.name

    def read(self, raw: Tree, view: View) -> Any:
        return None

    def write(self, raw: Tree, was: Any, now: Any, desk: Desk) -> Tree:
        return {self.name: self.value, **raw}
