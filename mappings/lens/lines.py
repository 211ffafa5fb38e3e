"""Python being written from a table: its lines, and how things are called in it."""

from __future__ import annotations

import keyword
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from mappings.lens.combinators import Const, Either, Table

# fmt: off
TAKEN = frozenset({
    *keyword.kwlist, "bool", "desk", "dict", "found", "hit", "it", "key", "len", "list", "name", "new", "node", "now",
    "numbered", "raw", "said", "several", "str", "token", "tuple", "type", "value", "view", "was",
})
"""What a field's variable is not called."""
# fmt: on


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


def place_of(table: Table, name: str) -> str:
    """Return what a table reads, as the docstrings say it: the resource type, else the table's name."""
    consts = (row for _, row in table.rows if isinstance(row, Const))
    return next((row.value for row in consts if row.name == "resourceType"), name.upper())


def local(field: str) -> str:
    """Return the local variable that holds a field."""
    return field + "_" if field in TAKEN else field


def names_of(row: Any) -> list[str]:
    """Return names that a row may own, to be told apart from those of a value[x] without asking."""
    if isinstance(row, Either):
        return [name for _, way in row.ways for name in names_of(way)]
    return [name for name in (getattr(row, "name", None), getattr(row, "of", None)) if isinstance(name, str)]
