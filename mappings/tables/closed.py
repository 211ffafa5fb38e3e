"""Which words a native field may hold, asked of the tables themselves: they know what they can write."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

from mappings.lens.combinators import Table
from mappings.lens.documents import Desk, Docs, Refused
from mappings.model.values import Code
from mappings.native import shape
from mappings.tables import TABLES

_NOBODYS = Code("planbridge-no-such-word")


@cache
def closed_lists() -> dict[tuple[type, str], tuple[str, ...]]:
    """Return (native type, field) -> the words that may stand there, for each field whose list is closed.

    A list is closed where every table that has a row for the field refuses a word that nobody knows. Of the words
    that are written anywhere in a row, its own are those that it takes.
    """
    found: dict[tuple[type, str], dict[str, None]] = {}
    open_: set[tuple[type, str]] = set()
    for table in dict.fromkeys(one for one in _parts(list(TABLES.values()), set()) if isinstance(one, Table)):
        for field, row in table.rows:
            is_list, kinds = shape(table.native)[field] if field else (False, ())
            if kinds != (Code,):
                continue
            mark = (table.native, str(field))
            if _takes(row, _NOBODYS, is_list):
                open_.add(mark)
                continue
            words = dict.fromkeys(
                word for part in _parts(row, set()) for word in getattr(getattr(part, "render", None), "known", ())
            )
            found.setdefault(mark, {}).update((w, None) for w in words if _takes(row, Code(w), is_list))
    return {mark: tuple(words) for mark, words in found.items() if words and mark not in open_}


def _takes(row: Any, word: Code, is_list: bool) -> bool:
    try:
        row.write({}, None, (word,) if is_list else word, Desk(Docs("R4", {}), "CarePlan/new"))
    except Refused:
        return False
    return True


def _parts(lens: Any, met: set[int]) -> Iterator[Any]:
    """Yield a lens and all that it is made of, each once; tables that are named late are called for."""
    if id(lens) in met:
        return
    met.add(id(lens))
    if isinstance(lens, dict | tuple | list):
        for one in lens.values() if isinstance(lens, dict) else lens:
            yield from _parts(one, met)
    elif type(lens).__module__.startswith(("mappings.lens", "mappings.tables")):
        yield lens
        for name in dir(lens):
            inner = None if name.startswith("__") else getattr(lens, name)
            if name in ("table", "tables") and callable(inner):
                inner = inner()
            if not isinstance(inner, type):
                yield from _parts(inner, met)
