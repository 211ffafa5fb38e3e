"""Rows under headings, for a terminal and for `less` alike."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def columns(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return rows as aligned columns under their headings, without spaces at line ends."""
    lines = [list(headings), *([cell or "-" for cell in row] for row in rows)]
    widths = [max(len(line[at]) for line in lines) for at in range(len(headings))]
    return "\n".join("  ".join(cell.ljust(w) for cell, w in zip(line, widths, strict=True)).rstrip() for line in lines)
