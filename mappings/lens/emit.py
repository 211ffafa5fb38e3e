"""Tables, which are data, written out as Python: the function that reads an object, and the one that reads a list.

What stands here follows the combinators row by row; where it knows no shortcut it calls them, and a row that it does
not know (a class of a table's own) is called as it is. Both are held to be the same in tests/test_compiled.py.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING as NO_DEFAULT
from dataclasses import fields
from typing import Any

from mappings.lens.beside import Part
from mappings.lens.combinators import At, Choice, Either, Leaf, Table
from mappings.lens.lines import Lines, local, names_of, place_of
from mappings.lens.lists import Each, Extension, Inside, One, Primitives
from mappings.lens.members import Later, Linked
from mappings.tree import Number

RESOURCE = frozenset(["id", "extension", "resourceType", "meta", "text", "contained", "language", "implicitRules"])
"""Properties that stand beside those of rows."""


def emit_read(lines: Lines, table: Table, name: str, make: str, reader: Callable[[Table], str]) -> None:
    """Write `read_<name>(raw, view, key)`. `make` says how a value is made, `reader` how another table is read."""
    place = place_of(table, name)
    rows = [(field, row) for field, row in table.rows if field is not None]
    defaults = {f.name: f.default for f in fields(table.native)}
    itself = lines.bind(table, name.upper())
    said = ", said=None" if _is_part(table) else ""
    with lines.block(f"def read_{name}(raw, view, key=None{said}):"):
        lines.add(f'"""{place} as {table.native.__name__}, OPAQUE where nothing of it is ours to read."""')
        with lines.block("if type(raw) is not dict:"):
            lines.add("return None if raw is MISSING else OPAQUE")
        if table.remembered:
            lines.add("hit = view.memo.get(id(raw))")
            with lines.block(f"if hit is not None and hit[1] is {itself} and hit[2] == key:", "read before"):
                lines.add("return hit[3]")
        with lines.block('if "modifierExtension" in raw:'):
            lines.add("return OPAQUE")
        empty = [local(f) for f, _ in rows if defaults[f] == ()]
        none = [local(f) for f, _ in rows if defaults[f] != ()]
        for some, nothing in ((none, "None"), (empty, "()")):
            lines.add(*(" = ".join([*some[n : n + 8], nothing]) for n in range(0, len(some), 8)))
        _Reading(lines, reader, table, name).rows(rows)
        if not table.root or make == "draft filled":
            alone = [*(" is ".join([*none[n : n + 8], "None"]) for n in range(0, len(none), 8))]
            alone += [" and ".join(f"not {f}" for f in empty[n : n + 8]) for n in range(0, len(empty), 8)]
            lines.add("if (", *(f"    {'and ' if n else ''}{some}" for n, some in enumerate(alone)))
            with lines.block("):", "nothing of ours in it"):
                lines.add("return OPAQUE")
        _emit_value(table, {f for f, _ in rows}, make, lines)
        if table.remembered:
            lines.add(f"view.memo[id(raw)] = raw, {itself}, key, new")
        lines.add("return new")


def emit_each(lines: Lines, table: Table, name: str) -> None:
    """Write `each_<name>(nodes, view)`: a list of these objects, mostly of one."""
    token, first = (", token", ', "0"') if table.keyed else ("", "")
    with lines.block(f"def each_{name}(nodes, view):"):
        lines.add(f'"""A list of {place_of(table, name)}, without what of it is not ours to read."""')
        with lines.block("if type(nodes) is not list:"):
            lines.add("return ()")
        with lines.block("if len(nodes) == 1:"):
            lines.add(f"value = read_{name}(nodes[0], view{first})", "return () if value is OPAQUE else (value,)")
        lines.add("found = []")
        with lines.block("for token, node in numbered(nodes):" if table.keyed else "for node in nodes:"):
            lines.add(f"value = read_{name}(node, view{token})")
            with lines.block("if value is not OPAQUE:"):
                lines.add("found.append(value)")
        lines.add("return tuple(found)")


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

    def __init__(self, lines: Lines, reader: Callable[[Table], str], table: Table, name: str) -> None:
        self.lines, self.reader, self.table, self.name = lines, reader, table, name

    def bind(self, part: Any, field: str, what: str = "") -> str:
        """Return how the functions call the row of a field, or another part of it."""
        return self.lines.bind(part, f"{field}_{what}_of_{self.name}" if what else f"{field}_of_{self.name}")

    def rows(self, rows: list[tuple[str, Any]]) -> None:
        extended = [(f, row) for f, row in rows if _urls(row)]
        self._find_choices([_like(row) for _, row in rows if type(_like(row)) is Choice])
        for field, row in rows:
            if (field, row) not in extended:
                self.row(row, "raw", local(field), field)
        self._extensions(extended)

    def row(self, row: Any, node: str, to: str, field: str) -> None:
        """Read a row over the object `node` into the variable `to`, which stays as it is where nothing is found."""
        like, unless, needs = _like(row), getattr(row, "unless", ()), getattr(row, "needs", ())
        call = f"{self.bind(row, field)}.read({node}, view)" if unless or like is row else ""
        if unless:
            with self.lines.block(f"if {_any_in(unless, node)}:"):
                self._called(call, to)
            with self.lines.block("else:"):
                self.row(like, node, to, field)
        elif needs:
            with self.lines.block(f"if {_any_in(needs, node)}:"):
                self._called(call, to)
        elif type(like) is At:
            with self.lines.block(f"if {like.name!r} in {node}:"):
                self.lines.add(f"it = {node}[{like.name!r}]")
                self.value(like.inner, to, field)
        elif type(like) is Choice and node == "raw":
            self._choice(like, to)
        elif type(like) is Either:
            self._either(like, node, to, field)
        elif type(like) is Primitives:
            self._primitives(like, node, to, field)
        else:
            self._called(call, to)

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
                member = self.bind(table, field, "member")
                self.lines.add(f"{to} = value if value.id is None else {member}.joined(value, view)")
        elif type(lens) is Each and lens.mine is None and type(_table(lens.item)) is Table:
            self.lines.add(f"{to} = {self.reader(_table(lens.item)).replace('read_', 'each_', 1)}(it, view)")
        elif type(lens) is Each and lens.mine is None:
            with self.lines.block("if type(it) is list:"):
                self.lines.add("found = []")
                self._items(lens, "numbered(it)", field)
                self.lines.add(f"{to} = tuple(found)")
        else:
            self._called(f"{self.bind(lens, field, 'lens')}.read(it, view)", to)

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
        with self.lines.block(f"for token, node in {pairs}:"):
            if type(table) is Table:
                self.lines.add(f"value = {self.reader(table)}(node, view{', token' if table.keyed else ''})")
                with self.lines.block("if value is not OPAQUE:"):
                    self.lines.add("found.append(value)")
            elif type(table) is Linked and type(table.reference) is Table:
                self.lines.add(f"value = {self.reader(table.reference)}(node, view, token)")
                with self.lines.block("if value is not OPAQUE:"):
                    member = self.bind(table, field, "member")
                    self.lines.add(f"found.append(value if value.id is None else {member}.joined(value, view))")
            else:
                self.lines.add(f"value = {self.bind(each.item, field, 'item')}.read(node, view, token)")
                with self.lines.block("if value is not None and value is not OPAQUE:"):
                    self.lines.add("found.append(value)")

    def _primitives(self, row: Primitives, node: str, to: str, field: str) -> None:
        with self.lines.block(f"if {row.name!r} in {node}:"):
            self.lines.add(f"it = {node}[{row.name!r}]")
            with self.lines.block("if type(it) is list:"):
                self.lines.add("found = []")
                with self.lines.block("for node in it:"):
                    if row.leaf.json is None:
                        self.lines.add(f"value = {self.bind(row.leaf, field, 'leaf')}.read(node, view)")
                    else:
                        self.lines.add("value = None")
                        self._leaf(row.leaf, "node", "value", field)
                    opaque = " and value is not OPAQUE" if row.leaf.json is None else ""
                    with self.lines.block(f"if value is not None{opaque}:"):
                        self.lines.add("found.append(value)")
                self.lines.add(f"{to} = tuple(found)")

    def _either(self, row: Either, node: str, to: str, field: str) -> None:
        names = [name for name, _ in row.ways]
        for name, way in row.ways:
            others = "".join(f" and {other!r} not in {node}" for other in names if other != name)
            with self.lines.block(f"if {name!r} in {node}{others}:"):
                if type(_like(way)) is Choice:
                    self._called(f"{self.bind(way, field)}.read({node}, view)", to)
                else:
                    self.row(way, node, to, field)

    # value[x]: which suffix stands there, where there is but one

    def _find_choices(self, choices: list[Choice]) -> None:
        if not choices:
            return
        plain = RESOURCE | {name for _, row in self.table.rows for name in names_of(row)}
        others = frozenset(name for name in plain if not any(choice.owns(name) for choice in choices))
        other = self.lines.bind(others, f"NOT_X_OF_{self.name}".upper())
        self.lines.add(" = ".join([*(f"{row.base}_x" for row in choices), "None"]))
        with self.lines.block("for name in raw:"), self.lines.block(f"if name not in {other} and name[0:1] != '_':"):
            for n, row in enumerate(choices):
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

    def _extensions(self, rows: list[tuple[str, Any]]) -> None:
        if not rows:
            return
        if _is_part(self.table):
            self.lines.add('said = said or by_url(raw.get("extension"))')
        else:
            self.lines.add('said = by_url(raw["extension"]) if "extension" in raw else None')
        with self.lines.block("if said:"):
            for field, row in rows:
                self._among_extensions(row, field)

    def _among_extensions(self, row: Any, field: str) -> None:
        urls, among = _urls(row), getattr(row, "among", (row,))
        if type(row) is Part:
            names = self.lines.bind(frozenset(urls), f"{field}_URLS_OF_{self.name}".upper())
            with self.lines.block(f"if not {names}.isdisjoint(said):"):
                self.lines.add(f"value = {self.reader(row.inner)}(raw, view, None, said)")
                with self.lines.block("if value is not OPAQUE:"):
                    self.lines.add(f"{local(field)} = value")
            return
        with self.lines.block(f"if {_any_in(urls, 'said')}:"):
            if len(urls) == len(among):
                self.lines.add("several = " + " + ".join(_said(url, len(urls)) for url in urls))
                self._extension(row, among[0], field)
            else:
                self._called(f"{self.bind(row, field)}.read(raw, view)", local(field))

    def _extension(self, row: Any, one: Extension, field: str) -> None:
        if isinstance(one.list, Each):
            self.lines.add("found = []")
            self._items(one.list, "several", field)
            self.lines.add(f"{local(field)} = tuple(found)")
            return
        item = one.list.inner.item
        with self.lines.block("if len(several) == 1:", "" if row is not one else "else which one is not said"):
            self.lines.add("node = several[0][1]")
            if type(item) is Inside and type(item.inner) is At:
                self.row(item.inner, "node", local(field), field)
            else:
                self._called(f"{self.bind(item, field, 'item')}.read(node, view, None)", local(field))
        if row is not one:
            with self.lines.block("else:"):
                self._called(f"{self.bind(row, field)}.read(raw, view)", local(field))


def _said(url: str, of: int) -> str:
    return f"said[{url!r}]" if of == 1 else f"said.get({url!r}, [])"


def _like(row: Any) -> Any:
    """Return the row that a row reads like, where it says so, else the row."""
    return getattr(row, "like", row)


def _any_in(names: tuple[str, ...], node: str) -> str:
    return " or ".join(f"{name!r} in {node}" for name in names)


def _table(lens: Any) -> Any:
    """Return the table that is named late, else what is given."""
    return lens.table() if type(lens) is Later else lens


def _is_part(table: Table) -> bool:
    """Return whether all rows are of extensions, so that a table above may have sorted them by url already."""
    return all(_urls(row) for field, row in table.rows if field is not None)


def _urls(row: Any) -> tuple[str, ...]:
    """Return the urls of the extensions that a row reads, where it reads nothing else; none of any other row."""
    if type(row) is Part:
        inside = [_urls(one) for field, one in row.inner.rows if field is not None]
        return tuple(url for urls in inside for url in urls) if all(inside) and row.gate == "extension" else ()
    among = [_picked(one) for one in getattr(row, "among", (row,))]
    return tuple(url for urls in among for url in urls) if all(among) else ()


def _picked(row: Any) -> tuple[str, ...]:
    if type(row) is not Extension:
        return ()
    mine = (row.list.inner if isinstance(row.list, One) else row.list).mine
    return getattr(mine, "urls", None) or ((row.url,) if getattr(mine, "url", None) == row.url else ())
