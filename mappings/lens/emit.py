"""Tables, which are data, written out as Python: one function that reads an object, one that writes its difference.

What stands here follows the combinators row by row; where it knows no shortcut it calls them, and a row that it does
not know (a class of a table's own) is called as it is. Both are held to be the same in tests/test_compiled.py.
"""

from __future__ import annotations

import keyword
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import MISSING as NO_DEFAULT
from dataclasses import fields
from typing import Any

from mappings.lens.combinators import At, Choice, Const, Either, Leaf, Table
from mappings.lens.lists import Each, Extension, Inside, One, Primitives
from mappings.lens.members import Later, Linked
from mappings.tree import Number

# fmt: off
TAKEN = frozenset({
    *keyword.kwlist, "bool", "desk", "dict", "found", "hit", "it", "key", "len", "list", "name", "new", "node", "now",
    "numbered", "raw", "said", "several", "str", "token", "tuple", "type", "value", "view", "was",
})
"""What a field's variable is not called."""
# fmt: on


RESOURCE = frozenset(["id", "extension", "resourceType", "meta", "text", "contained", "language", "implicitRules"])
"""Properties that stand beside those of rows."""


class Lines:
    """Python being written. `bind` gives the name under which the functions know an object."""

    def __init__(self, bind: Callable[[Any, str], str]) -> None:
        self.text: list[str] = []
        self.bind = bind
        self._depth = 0

    def add(self, *lines: str) -> None:
        self.text += ["    " * self._depth + line if line else "" for line in lines]

    @contextmanager
    def block(self, head: str, comment: str = "") -> Iterator[None]:
        self.add(f"{head}  # {comment}" if comment else head)
        self._depth += 1
        yield
        self._depth -= 1


def _place(table: Table, name: str) -> str:
    """Return what a table reads, as the docstrings say it: the resource type, else the table's name."""
    consts = (row for _, row in table.rows if isinstance(row, Const))
    return next((row.value for row in consts if row.name == "resourceType"), name.upper())


def local(field: str) -> str:
    """Return the local variable that holds a field."""
    return field + "_" if field in TAKEN else field


def emit_read(lines: Lines, table: Table, name: str, make: str, reader: Callable[[Table], str]) -> None:
    """Write `read_<name>(raw, view, key)`. `make` says how a value is made, `reader` how another table is read."""
    place = _place(table, name)
    rows = [(field, row) for field, row in table.rows if field is not None]
    defaults = {f.name: f.default for f in fields(table.native)}
    itself = lines.bind(table, name.upper())
    with lines.block(f"def read_{name}(raw, view, key=None):"):
        lines.add(f'"""{place} as {table.native.__name__}, OPAQUE where nothing of it is ours to read."""')
        with lines.block("if type(raw) is not dict:"):
            lines.add("return None if raw is MISSING else OPAQUE")
        if table.local and not table.atomic:
            lines.add("hit = view.memo.get(id(raw))")
            with lines.block(f"if hit is not None and hit[1] is {itself} and hit[2] == key:", "read before"):
                lines.add("return hit[3]")
        with lines.block('if "modifierExtension" in raw:'):
            lines.add("return OPAQUE")
        empty = [local(f) for f, _ in rows if defaults[f] == ()]
        none = [local(f) for f, _ in rows if defaults[f] != ()]
        for some, nothing in ((none, "None"), (empty, "()")):
            lines.add(*(" = ".join([*some[n : n + 8], nothing]) for n in range(0, len(some), 8)))
        _Reading(lines, reader, table).rows(rows)
        if not table.root or make == "draft filled":
            alone = [*(" is ".join([*none[n : n + 8], "None"]) for n in range(0, len(none), 8))]
            alone += [" and ".join(f"not {f}" for f in empty[n : n + 8]) for n in range(0, len(empty), 8)]
            lines.add("if (", *(f"    {'and ' if n else ''}{some}" for n, some in enumerate(alone)))
            with lines.block("):", "nothing of ours in it"):
                lines.add("return OPAQUE")
        _emit_value(table, {f for f, _ in rows}, make, lines)
        if table.local and not table.atomic:
            lines.add(f"view.memo[id(raw)] = raw, {itself}, key, new")
        lines.add("return new")


def _emit_value(table: Table, read: set[str], make: str, lines: Lines) -> None:
    """Make the value: as a draft whose fields are set and which then becomes the frozen value, else by its class."""
    native = lines.bind(table.native, table.native.__name__)
    held = {}
    for field in fields(table.native):
        name = local(field.name)
        constant = field.default is None or field.default == ()
        default = repr(field.default) if constant else lines.bind(field.default, f"{field.name}_default".upper())
        if field.name == "key" and table.keyed:
            held["key"] = "key"
        elif field.name not in read:
            held[field.name] = default
        elif field.default is NO_DEFAULT:
            held[field.name] = name
            with lines.block(f"if {name} is None:", "there is none without it"):
                lines.add("return OPAQUE")
        else:
            held[field.name] = name if constant else f"{default} if {name} is None else {name}"
    if not make.startswith("draft"):
        with lines.block("try:"):
            lines.add(f"new = {native}({', '.join(f'{name}={value}' for name, value in held.items())})")
        with lines.block("except ValueError:"):
            lines.add("return OPAQUE")
        return
    lines.add(f"new = Draft{native}()", *(f"new.{name} = {value}" for name, value in held.items()))
    lines.add(f"new.__class__ = {native}")
    if make == "draft checked":
        with lines.block("try:"):
            lines.add("new.__post_init__()")
        with lines.block("except ValueError:"):
            lines.add("return OPAQUE")


class _Reading:
    """The reading half, row by row."""

    def __init__(self, lines: Lines, reader: Callable[[Table], str], table: Table) -> None:
        self.lines, self.reader, self.table = lines, reader, table

    def rows(self, rows: list[tuple[str, Any]]) -> None:
        choices = [(f, row) for f, row in rows if type(row) is Choice]
        extended = [(f, row) for f, row in rows if type(row) is Extension and _by_url(row)]
        self._find_choices(choices)
        for field, row in rows:
            if (field, row) in choices:
                self._choice(row, local(field))
            elif (field, row) not in extended:
                self.row(row, "raw", local(field), field)
        self._extensions(extended)

    def row(self, row: Any, node: str, to: str, field: str) -> None:
        """Read a row over the object `node` into the variable `to`, which stays as it is where nothing is found."""
        row = _like(row)
        if _is_at(row):
            with self.lines.block(f"if {row.name!r} in {node}:"):
                self.lines.add(f"it = {node}[{row.name!r}]")
                self.value(row.inner, to, field)
        elif type(row) is Either:
            self._either(row, node, to, field)
        elif type(row) is Primitives:
            self._primitives(row, node, to, field)
        elif needs := getattr(row, "needs", ()):
            with self.lines.block(f"if {' or '.join(f'{name!r} in {node}' for name in needs)}:"):
                self._called(f"{self.lines.bind(row, field + '_row')}.read({node}, view)", to)
        else:
            self._called(f"{self.lines.bind(row, field + '_row')}.read({node}, view)", to)

    def value(self, lens: Any, to: str, field: str) -> None:
        """Read the JSON value `it` into the variable `to`."""
        table = _table(lens)
        if type(lens) is Leaf and lens.json is not None:
            self._leaf(lens, "it", to, field)
        elif type(table) is Table:
            self.lines.add(f"value = {self.reader(table)}(it, view)")
            with self.lines.block("if value is not OPAQUE:"):
                self.lines.add(f"{to} = value")
        elif type(table) is Linked and type(table.reference) is Table:
            self.lines.add(f"value = {self.reader(table.reference)}(it, view)")
            with self.lines.block("if value is not OPAQUE:"):
                member = self.lines.bind(table, field + "_member")
                self.lines.add(f"{to} = value if value.id is None else {member}.joined(value, view)")
        elif type(lens) is Each and lens.mine is None:
            with self.lines.block("if type(it) is list:"):
                self.lines.add("found = []")
                self._items(lens, "zip(TOKENS, it) if len(it) < 64 else numbered(it)", field)
                self.lines.add(f"{to} = tuple(found)")
        else:
            self._called(f"{self.lines.bind(lens, field + '_lens')}.read(it, view)", to)

    def _called(self, call: str, to: str) -> None:
        self.lines.add(f"value = {call}")
        with self.lines.block("if value is not None and value is not OPAQUE and (value or type(value) is not tuple):"):
            self.lines.add(f"{to} = value")

    def _leaf(self, leaf: Leaf, it: str, to: str, field: str) -> None:
        kind = "Number" if leaf.json is Number else getattr(leaf.json, "__name__", "")
        if leaf.words is None:
            with self.lines.block(f"if type({it}) is {kind} and {it}:"):
                self.lines.add(f"{to} = {it}")
            return
        words = self.lines.bind(leaf.words, field.upper())
        asked = f"text_of({it})" if leaf.json is Number else it
        with self.lines.block(f"if type({it}) is {kind}:"):
            closed = type(leaf.words) is dict
            self.lines.add(f"{to} = {words}.get({asked})" if closed else f"{to} = {words}[{asked}]")

    def _items(self, each: Each, pairs: str, field: str) -> None:
        table = _table(each.item)
        plain = type(table) is Table and not table.keyed and pairs != "several"
        with self.lines.block("for node in it:" if plain else f"for token, node in {pairs}:"):
            if type(table) is Table:
                self.lines.add(f"value = {self.reader(table)}(node, view{', token' if table.keyed else ''})")
                with self.lines.block("if value is not OPAQUE:"):
                    self.lines.add("found.append(value)")
            elif type(table) is Linked and type(table.reference) is Table:
                self.lines.add(f"value = {self.reader(table.reference)}(node, view, token)")
                with self.lines.block("if value is not OPAQUE:"):
                    member = self.lines.bind(table, field + "_member")
                    self.lines.add(f"found.append(value if value.id is None else {member}.joined(value, view))")
            else:
                self.lines.add(f"value = {self.lines.bind(each.item, field + '_item')}.read(node, view, token)")
                with self.lines.block("if value is not None and value is not OPAQUE:"):
                    self.lines.add("found.append(value)")

    def _primitives(self, row: Primitives, node: str, to: str, field: str) -> None:
        with self.lines.block(f"if {row.name!r} in {node}:"):
            self.lines.add(f"it = {node}[{row.name!r}]")
            with self.lines.block("if type(it) is list:"):
                self.lines.add("found = []")
                with self.lines.block("for node in it:"):
                    if row.leaf.json is None:
                        self.lines.add(f"value = {self.lines.bind(row.leaf, field + '_leaf')}.read(node, view)")
                    else:
                        self.lines.add("value = None")
                        self._leaf(row.leaf, "node", "value", field)
                    with self.lines.block("if value is not None and value is not OPAQUE:"):
                        self.lines.add("found.append(value)")
                self.lines.add(f"{to} = tuple(found)")

    def _either(self, row: Either, node: str, to: str, field: str) -> None:
        names = [name for name, _ in row.ways]
        for name, way in row.ways:
            others = "".join(f" and {other!r} not in {node}" for other in names if other != name)
            with self.lines.block(f"if {name!r} in {node}{others}:"):
                self.row(way, node, to, field)

    # value[x]: which suffix stands there, where there is but one

    def _find_choices(self, choices: list[tuple[str, Choice]]) -> None:
        if not choices:
            return
        plain = RESOURCE | {name for _, row in self.table.rows for name in _names(row)}
        others = frozenset(name for name in plain if not any(c.owns(name) for _, c in choices))
        other = self.lines.bind(others, f"not_x_of_{self.table.native.__name__}".upper())
        self.lines.add(" = ".join([*(f"{row.base}_x" for _, row in choices), "None"]))
        with self.lines.block("for name in raw:"), self.lines.block(f"if name not in {other} and name[0:1] != '_':"):
            for n, (_, row) in enumerate(choices):
                size = len(row.base)
                mine = f"name.startswith({row.base!r}) and name[{size}:{size + 1}].isupper()"
                with self.lines.block(f"{'el' if n else ''}if {mine}:"):
                    self.lines.add(f"{row.base}_x = name if {row.base}_x is None else 'two'")

    def _choice(self, row: Choice, to: str) -> None:
        for n, (suffix, _, lens) in enumerate(row.kinds):
            name = row.base + suffix
            with self.lines.block(f"{'el' if n else ''}if {row.base}_x == {name!r}:", f"{row.base}[x]" * (n == 0)):
                self.lines.add(f"it = raw[{name!r}]")
                self.value(lens, to, name)

    # extensions: by url, in one pass over the list

    def _extensions(self, rows: list[tuple[str, Extension]]) -> None:
        if not rows:
            return
        with self.lines.block('if "extension" in raw:'):
            self.lines.add('it = raw["extension"]')
            with self.lines.block("if type(it) is list:"):
                self.lines.add("said = by_url(it)")
                for field, row in rows:
                    with self.lines.block(f"if {row.url!r} in said:"):
                        self.lines.add(f"several = said[{row.url!r}]")
                        self._extension(row, field)

    def _extension(self, row: Extension, field: str) -> None:
        if isinstance(row.list, Each):
            self.lines.add("found = []")
            self._items(row.list, "several", field)
            self.lines.add(f"{local(field)} = tuple(found)")
            return
        item = row.list.inner.item
        with self.lines.block("if len(several) == 1:", "else which one is not said"):
            self.lines.add("node = several[0][1]")
            if type(item) is Inside and _is_at(item.inner):
                self.row(item.inner, "node", local(field), field)
            else:
                self._called(f"{self.lines.bind(item, field + '_item')}.read(node, view, None)", local(field))


def _like(row: Any) -> Any:
    """Return the row that a row reads as, where it says so."""
    return getattr(row, "like", row)


def _is_at(row: Any) -> bool:
    return type(row) is At


def _table(lens: Any) -> Any:
    """Return the table that is named late, else what is given."""
    return lens.table() if type(lens) is Later else lens


def _by_url(row: Extension) -> bool:
    """Tell whether an extension row picks its items by its url."""
    each = row.list.inner if isinstance(row.list, One) else row.list
    return bool(row.owns("extension") and getattr(each.mine, "url", None) == row.url)


def _names(row: Any) -> list[str]:
    """Return names that a row may own, to be told apart from those of a value[x] without asking."""
    if isinstance(row, Either):
        return [name for _, way in row.ways for name in _names(way)]
    return [name for name in (getattr(row, "name", None), getattr(row, "of", None)) if isinstance(name, str)]


def emit_write(lines: Lines, table: Table, name: str) -> None:
    """Write `write_<name>(raw, was, now, desk)`: what is one object in both is passed over."""
    place = _place(table, name)
    native, itself = lines.bind(table.native, table.native.__name__), lines.bind(table, name.upper())
    rows = [(field, row) for field, row in table.rows if field is not None]
    homeless = [f.name for f in fields(table.native) if f.compare and f.name not in dict(rows)]
    with lines.block(f"def write_{name}(raw, was, now, desk):"):
        lines.add(f'"""The difference between two of {native} into {place}; a new one row by row."""')
        with lines.block(f"if type(was) is not {native} or type(now) is not {native} or type(raw) is not dict:"):
            lines.add(f"return {itself}.write_plain(raw, was, now, desk)")
        lines.add(f"node = {itself}.bare(raw, desk)" if table.atomic else "node = raw")
        for field, row in rows:
            lines.add(f"before, after = was.{field}, now.{field}")
            with lines.block("if before is not after and before != after and (before is not None or after != ()):"):
                lines.add(f"node = {lines.bind(row, field + '_row')}.write(node, before or None, after or None, desk)")
        for field in homeless:
            with lines.block(f"if now.{field} is not was.{field} and now.{field} != was.{field}:"):
                lines.add(f"raise {itself}.homeless({field!r}, desk)")
        lines.add("return node or MISSING")
