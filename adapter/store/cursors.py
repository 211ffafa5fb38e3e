"""How far each query of each EHR has been drained. A cursor moves in the transaction that stores the last page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import delete, select

from adapter.store.records import columns, record, upsert
from adapter.store.schema import cursors as table

if TYPE_CHECKING:
    from adapter.store.store import Transaction


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where the next pull of a query begins.

    query     the query whole, but for the position: two filters never share a cursor
    position  the closed lower end: what has this time is asked for again
    moved     when it moved
    """

    ehr: str
    query: str
    position: str
    moved: str = ""


_row = table.c


class Cursors:
    """The cursors of one transaction."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def get(self, ehr: str, query: str) -> Cursor | None:
        """Return the cursor of a query, None where it was never drained."""
        return next((one for one in self.all(ehr) if one.query == query), None)

    def all(self, ehr: str) -> tuple[Cursor, ...]:
        """Return the cursors of an EHR, by query."""
        query = select(*columns(Cursor, table)).where(_row.tenant == self._tx.tenant, _row.ehr == ehr)
        return tuple(record(Cursor, row) for row in self._tx.rows(query.order_by(_row.query)))

    def move(self, ehr: str, query: str, position: str) -> None:
        """Say that everything of a query before `position` is stored. Call it where the last page is stored."""
        row = {"tenant": self._tx.tenant, "ehr": ehr, "query": query, "position": position, "moved": self._tx.at}
        self._tx.change(upsert(table, row))

    def forget(self, ehr: str) -> None:
        """Forget an EHR's cursors: the next pull reads everything."""
        self._tx.change(delete(table).where(_row.tenant == self._tx.tenant, _row.ehr == ehr))
