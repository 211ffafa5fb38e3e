"""Line and column of many places in one pass over a JSON text, for reports that name them all."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable

from mappings.tree import Path, spans

_BOM = "\ufeff"


def places(data: bytes, paths: Iterable[Path]) -> dict[Path, tuple[int, int]]:
    """Return path -> (line, column), both from 1: of the key, else of the nearest ancestor that the document has.

    As `mappings.tree.locate`, which reads the text once for each path. The bytes must be JSON in UTF-8.
    """
    wanted = set(paths)
    if not wanted:
        return {}
    sought = {path[:depth] for path in wanted for depth in range(len(path) + 1)}
    text = data.decode("utf-8").removeprefix(_BOM)
    found: dict[Path, int] = {}
    for path, key, _, _ in spans(text):
        if path in sought:
            found.setdefault(path, key)
    lines = [0]
    while (end := text.find("\n", lines[-1])) >= 0:
        lines.append(end + 1)
    return {path: _line_and_column(lines, _nearest(found, path)) for path in wanted}


def _nearest(found: dict[Path, int], path: Path) -> int:
    return next((found[path[:depth]] for depth in range(len(path), -1, -1) if path[:depth] in found), 0)


def _line_and_column(lines: list[int], offset: int) -> tuple[int, int]:
    line = bisect_right(lines, offset)
    return line, offset - lines[line - 1] + 1
