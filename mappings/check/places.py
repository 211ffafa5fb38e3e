"""Line and column of many places of a JSON text, for reports that name them all."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from json import JSONDecoder
from re import compile as pattern
from typing import Any

from mappings.tree import Path

_BOM = "\ufeff"
_scan = JSONDecoder(parse_int=str, parse_float=str).raw_decode
_past_blank = pattern(r"[ \t\n\r]*").match

Sought = dict[str | int, Any]
"""The next step of the paths that are looked for -> the steps after it."""


def places(data: bytes, paths: Iterable[Path]) -> dict[Path, tuple[int, int]]:
    """Return path -> (line, column), both from 1: of the key, else of the nearest ancestor that the document has.

    The bytes must be JSON in UTF-8. What lies on no way to a place is passed over by the scanner of `json`.
    """
    wanted = set(paths)
    if not wanted:
        return {}
    text = data.decode("utf-8").removeprefix(_BOM)
    sought: Sought = {}
    for path in wanted:
        steps = sought
        for step in path:
            steps = steps.setdefault(step, {})
    start = _after(text, 0)
    found: dict[Path, int] = {(): start}
    _seek(text, start, sought, (), found)
    lines = [0]
    while (end := text.find("\n", lines[-1])) >= 0:
        lines.append(end + 1)
    return {path: _line_and_column(lines, _nearest(found, path)) for path in wanted}


def _seek(text: str, start: int, sought: Sought, at: Path, found: dict[Path, int]) -> None:
    """Add the offsets of what is sought within the value that begins at an offset."""
    mark = text[start]
    left = sum(isinstance(step, str) == (mark == "{") for step in sought) if mark in "{[" else 0
    here, n = _after(text, start + 1), 0
    while left and text[here] not in "}]":
        step: str | int = n
        begun = here
        if mark == "{":
            step, end = _scan(text, here)
            here = _after(text, _after(text, end) + 1)
        if step in sought:
            found.setdefault((*at, step), begun)
            _seek(text, here, sought[step], (*at, step), found)
            left -= 1
        if left:
            here = _after(text, _scan(text, here)[1])
            if text[here] == ",":
                here = _after(text, here + 1)
        n += 1


def _after(text: str, offset: int) -> int:
    """Return the offset of the first character from here that is no blank."""
    found = _past_blank(text, offset)
    assert found
    return found.end()


def _nearest(found: dict[Path, int], path: Path) -> int:
    return next(found[path[:depth]] for depth in range(len(path), -1, -1) if path[:depth] in found)


def _line_and_column(lines: list[int], offset: int) -> tuple[int, int]:
    line = bisect_right(lines, offset)
    return line, offset - lines[line - 1] + 1
