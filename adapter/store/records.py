"""A frozen dataclass is a row: its fields are the columns of the same names."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import fields
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, TypeVar

from sqlalchemy import Table
from sqlalchemy.dialects.sqlite import Insert, insert

if TYPE_CHECKING:
    from dataclasses import Field


class Record(Protocol):
    """Any dataclass."""

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]


R = TypeVar("R", bound=Record)

# What a column cannot hold as it is. Annotations are text here (PEP 563), which is what makes this a table.
_READ: dict[object, Callable[[Any], Any]] = {
    "bool": bool,
    "tuple[str, ...]": lambda text: tuple(json.loads(text)),
    "dict[str, Any]": json.loads,
}
_WRITTEN: dict[object, Callable[[Any], Any]] = {
    "bool": int,
    "tuple[str, ...]": json.dumps,
    "dict[str, Any]": json.dumps,
}


def columns(kind: type[Record], table: Table) -> list[Any]:
    """Return the columns of a table that a dataclass has fields for, in the order of the fields."""
    return [table.c[name] for name in kind.__dataclass_fields__ if name in table.c]


def record(kind: type[R], row: Any) -> R:
    """Return the record of a row of `columns`."""
    return kind(*(_READ.get(f.type, _same)(value) for f, value in zip(fields(kind), row, strict=True)))


def values(of: Record, *, without: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return the columns' values of a record."""
    return {
        name: _WRITTEN.get(f.type, _same)(getattr(of, name))
        for name, f in of.__dataclass_fields__.items()
        if name not in without
    }


def upsert(table: Table, row: dict[str, Any]) -> Insert:
    """Return a statement that puts a row in the place of the one with its primary key, if there is one."""
    statement = insert(table).values(row)
    key = [column.name for column in table.primary_key]
    rest = {name: statement.excluded[name] for name in row if name not in key}
    return statement.on_conflict_do_update(index_elements=key, set_=rest)


def _same(value: Any) -> Any:
    return value
