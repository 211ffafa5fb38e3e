"""Tables, which are data, written out as Python: the function that writes the difference between two values."""

from __future__ import annotations

from dataclasses import fields

from mappings.lens.combinators import Table
from mappings.lens.lines import Lines, names_of, place_of


def _owned(table: Table) -> frozenset[str]:
    """Return names that some row owns; there may be more."""
    plain = {name for _, row in table.rows for name in names_of(row)} | {"extension"}
    named = plain | {"_" + name for name in plain}
    return frozenset(name for name in named if any(row.owns(name) for _, row in table.rows))


def emit_write(lines: Lines, table: Table, name: str) -> None:
    """Write `write_<name>(raw, was, now, desk)`: what is one object in both is passed over."""
    place = place_of(table, name)
    native, itself = lines.bind(table.native, table.native.__name__), lines.bind(table, name.upper())
    rows = [(field, row) for field, row in table.rows if field is not None]
    homeless = [f.name for f in fields(table.native) if f.compare and f.name not in dict(rows)]
    with lines.block(f"def write_{name}(raw, was, now, desk):"):
        lines.add(f'"""The difference between two of {native} into {place}; a new one row by row."""')
        with lines.block(f"if type(was) is not {native} or type(now) is not {native} or type(raw) is not dict:"):
            lines.add(f"return {itself}.write_plain(raw, was, now, desk)")
        if table.atomic:
            owned = lines.bind(_owned(table), f"OWNED_BY_{name.upper()}")
            lines.add(f"node = {{**raw}} if {owned}.issuperset(raw) else {itself}.bare(raw, desk)")
        else:
            lines.add("node = raw")
        for field, row in rows:
            lines.add(f"before, after = was.{field}, now.{field}")
            with lines.block("if before is not after and before != after and (before is not None or after != ()):"):
                lines.add(
                    f"node = {lines.bind(row, f'{field}_of_{name}')}.write(node, before or None, after or None, desk)"
                )
        for field in homeless:
            with lines.block(f"if now.{field} is not was.{field} and now.{field} != was.{field}:"):
                lines.add(f"raise {itself}.homeless({field!r}, desk)")
        lines.add("return node or MISSING")
