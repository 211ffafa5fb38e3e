"""The notation of the tables: short names for the combinators, and what is refused when a table is made."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from mappings.lens.align import Identity
from mappings.lens.beside import Part
from mappings.lens.combinators import At, Choice, Const, Either, Leaf, Row, Table
from mappings.lens.lists import Each, Extension, Inside, One, Primitives
from mappings.lens.members import Linked
from mappings.lens.parts import Slice, Within
from mappings.tree import Tree


# The short names under which tables are written.
# fmt: off
def at(name: str, inner: Any) -> At: return At(name, inner)
def each(item: Any, identity: Identity | None = None) -> Each: return Each(item, identity)
def const(name: str, value: Tree) -> tuple[None, Const]: return (None, Const(name, value))
def primitives(name: str, leaf: Leaf) -> Primitives: return Primitives(name, leaf)
# fmt: on


def extension(url: str, inner: Row) -> Extension:
    """Return the row of the one extension with this url; `inner` is a row over the extension object."""
    return Extension(url, One(Each(Inside(url, inner), mine=_Has(url))))


def extensions(url: str, item: Any) -> Extension:
    """Return the row of all extensions with this url, as a tuple; the item writes its own url."""
    return Extension(url, Each(item, mine=_Has(url)))


def one_extension(url: str, item: Any) -> Extension:
    """Return the row of the one extension with this url, as an object of its own; the item writes its own url."""
    return Extension(url, One(Each(item, mine=_Has(url))))


@dataclass(frozen=True, slots=True)
class _Has:
    url: str

    def __call__(self, node: Tree) -> bool:
        return isinstance(node, dict) and bool(node.get("url") == self.url)


def choice(base: str, **kinds: tuple[type, Any]) -> Choice:
    """Return the lens of `base[x]`: `choice("due", Date=(Date, DATE), Duration=(Duration, DURATION))`."""
    types = [native for native, _ in kinds.values()]
    if len(set(types)) != len(types):
        raise TypeError(f"{base}[x]: two kinds share one native type")
    return Choice(base, tuple((suffix, native, lens) for suffix, (native, lens) in kinds.items()))


def table(native: type, *rows: tuple[str | None, Any], atomic: bool = False, root: bool = False) -> Table:
    """Return the lens of an object. Raises TypeError where two rows own one property or a row has no field."""
    names = {field.name for field in fields(native)}
    for field, _ in rows:
        if field is not None and field not in names:
            raise TypeError(f"{native.__name__} has no field {field!r}")
    _refuse_overlap(native, [row for _, row in rows])
    local = not any(_reaches_out(row) for _, row in rows)
    return Table(native, tuple(rows), atomic, root, local, "key" in names)


def _refuse_overlap(native: type, rows: list[Any]) -> None:
    rows = [one for row in rows for one in ([r for _, r in row.inner.rows] if isinstance(row, Part) else [row])]
    plain = [row for row in rows if not isinstance(row, Extension | Slice | Within)]
    for n, row in enumerate(plain):
        for name in _names(row):
            if any(other.owns(name) for other in plain[n + 1 :]):
                raise TypeError(f"{native.__name__}: two rows own {name!r}")
    sharing = [row for row in rows if isinstance(row, Slice | Within)]
    for row in sharing:
        if any(other.owns(row.of) for other in plain):
            raise TypeError(f"{native.__name__}: two rows own {row.of!r}")
    for name in {row.of for row in sharing}:
        _refuse_overlap(native, [row.inner for row in sharing if isinstance(row, Within) and row.of == name])
    urls = [row.url for row in rows if isinstance(row, Extension)]
    if len(set(urls)) != len(urls):
        raise TypeError(f"{native.__name__}: two rows own one extension")


def _names(row: Any) -> list[str]:
    if isinstance(row, Choice):
        return [row.base + suffix for suffix, _, _ in row.kinds]
    if isinstance(row, Either):
        return [name for _, way in row.ways for name in _names(way)]
    return [row.name] if hasattr(row, "name") else []


def _reaches_out(lens: Any) -> bool:
    if isinstance(lens, Linked):
        return True
    if isinstance(lens, Table):
        return not lens.local
    if isinstance(lens, Choice):
        return any(_reaches_out(inner) for _, _, inner in lens.kinds)
    if isinstance(lens, Either):
        return any(_reaches_out(row) for _, row in lens.ways)
    return any(_reaches_out(getattr(lens, name)) for name in ("inner", "item", "list") if hasattr(lens, name))
