"""Each table as two plain Python functions, made at first use: what the combinators say, without asking them each time.

    python -m mappings.lens.compiled Goal      prints those of a resource type and of every table that they call

A traceback shows their lines. The combinators (Table.read_plain, Table.write_plain) are the definition; the functions
are compared with them in tests/test_compiled.py.
"""

from __future__ import annotations

import linecache
import re
import sys
from dataclasses import MISSING as NO_DEFAULT
from dataclasses import dataclass, fields
from itertools import chain, count
from threading import RLock
from typing import Any

from mappings.lens.align import numbered
from mappings.lens.combinators import Leaf, Made, Table
from mappings.lens.documents import MISSING, OPAQUE
from mappings.lens.emit import emit_each, emit_read
from mappings.lens.emit_write import emit_write
from mappings.lens.lines import Lines
from mappings.lens.variants import Variants
from mappings.model import values
from mappings.tree import Number, Tree

_LOCK = RLock()


@dataclass(slots=True)
class Compiled:
    """A table's functions: `read_<name>` and `write_<name>`, their source, and the tables that they call."""

    table: Table
    name: str
    source: str
    calls: dict[int, Table]


def compiled(table: Table) -> Made:
    """Return the functions of a table, made now where they were not yet."""
    with _LOCK:
        if table.made.read is None:
            waiting: list[Compiled] = []
            _compile(table, waiting)
            for one in waiting:  # tables may call each other: none is let out before all are there
                one.table.made.write, one.table.made.read = (_NAMES[f"{way}_{one.name}"] for way in ("write", "read"))
        return table.made


def source(table: Table | Variants) -> str:
    """Return the Python of a table's functions and of those that they call, the called ones first."""
    tables = [one for _, one in table.variants] if isinstance(table, Variants) else [table]
    found: dict[int, Compiled] = {}
    met: set[int] = set()

    def visit(one: Table) -> None:
        if id(one) not in met:
            met.add(id(one))
            for other in _COMPILED[id(one)].calls.values():
                visit(other)
            found[id(one)] = _COMPILED[id(one)]

    for one in tables:
        compiled(one)
        visit(one)
    return "\n\n".join(one.source for one in found.values())


def _compile(table: Table, waiting: list[Compiled]) -> None:
    name = _free(_name_of(table, table.native.__name__).lower().strip("_"), "read_")
    one = _COMPILED[id(table)] = Compiled(table, name, "", {})
    _NAMES[f"read_{name}"] = table.read_plain  # until it is there

    def reader(other: Table) -> str:
        one.calls.setdefault(id(other), other)
        if id(other) not in _COMPILED:
            _compile(other, waiting)
        return f"read_{_COMPILED[id(other)].name}"

    lines = Lines(_bind)
    make = _making(table)
    if make is not None:
        emit_read(lines, table, name, make, reader)
        lines.add("", "")
        emit_each(lines, table, name)
        lines.add("", "")
    emit_write(lines, table, name)
    one.source = "\n".join(lines.text) + "\n"
    file = f"<mappings.lens.compiled {name}>"
    exec(compile(one.source, file, "exec"), _NAMES)  # noqa: S102 - made of our own tables, never of input
    linecache.cache[file] = len(one.source), None, one.source.splitlines(keepends=True), file
    waiting.append(one)


# ---- names: all functions live in one namespace, so that tables may call each other


def _bind(thing: Any, hint: str) -> str:
    found = _BOUND.get(id(thing))
    if found is None:
        found = _BOUND[id(thing)] = _free(_name_of(thing, hint))
        _NAMES[found] = thing
    return found


def _free(name: str, before: str = "") -> str:
    name = re.sub(r"\W", "_", name)
    others = (f"{name}_{i}" for i in count(2))
    return next(n for n in chain((name,), others) if before + n not in _NAMES)


def _name_of(thing: Any, hint: str) -> str:
    """Return how the tables' own modules call a table or the words of a leaf, else the hint."""
    if isinstance(thing, Table | dict):
        for module, held in list(sys.modules.items()):
            if module.startswith("mappings.tables."):
                for name, value in vars(held).items():
                    if value is thing or (isinstance(value, Leaf) and value.words is thing):
                        return name
    return hint


# ---- values: a draft has the slots of its native type, is not frozen, and becomes the value when all are set


def _making(table: Table) -> str | None:
    """Return how a table's value is made, None where only the combinators can tell."""
    read = [field for field, _ in table.rows if field is not None]
    needed = {f.name for f in fields(table.native) if f.default is NO_DEFAULT}
    if len(set(read)) != len(read) or not needed <= set(read):
        return None
    draft = _draft(table.native)
    if draft is None:
        return "called"
    _NAMES[f"Draft{_bind(table.native, table.native.__name__)}"] = draft
    after = getattr(table.native, "__post_init__", None)
    return "draft" if after is None else "draft filled" if after is values.Filled.__post_init__ else "draft checked"


def _draft(native: type) -> type | None:
    """Return a class of the same layout whose objects may be filled in and then made `native`, None where none is."""
    if "__slots__" not in vars(native) or any(not field.init for field in fields(native)):
        return None
    plain = {name: getattr(object, name) for name in ("__init__", "__setattr__", "__delattr__")}
    draft = type(f"Draft{native.__name__}", native.__bases__, {"__slots__": vars(native)["__slots__"], **plain})
    try:
        draft().__class__ = native
    except TypeError:
        return None
    return draft


# ---- what the functions call


def by_url(nodes: Tree) -> dict[str, list[tuple[str, Tree]]]:
    """Return the extensions of a list by their url, each with its place in the list; none of what is no list."""
    if type(nodes) is not list:
        return {}
    if len(nodes) == 1:
        url = nodes[0].get("url") if type(nodes[0]) is dict else None
        return {url: [("0", nodes[0])]} if type(url) is str else {}
    found: dict[str, list[tuple[str, Tree]]] = {}
    for token, node in numbered(nodes):
        url = node.get("url") if type(node) is dict else None
        if type(url) is str:
            if url in found:
                found[url].append((token, node))
            else:
                found[url] = [(token, node)]
    return found


_COMPILED: dict[int, Compiled] = {}
_BOUND: dict[int, str] = {}
_NAMES: dict[str, Any] = {
    "MISSING": MISSING,
    "OPAQUE": OPAQUE,
    "by_url": by_url,
    "numbered": numbered,
    "Number": Number,
    "text_of": str.__str__,
}


def main(kinds: list[str]) -> None:
    """Print the functions of these resource types."""
    from mappings.tables import TABLES

    for kind in kinds or sorted(TABLES):
        for native in TABLES[kind].natives:
            if (table := TABLES[kind].table_of(native)) is not None:
                sys.stdout.write(source(table) + "\n\n")


if __name__ == "__main__":
    from mappings.lens.compiled import main as printed  # the module under its own name, not a second one

    printed(sys.argv[1:])
