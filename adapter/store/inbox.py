"""What the pages of an EHR brought and nobody has looked at yet: one row for each record of theirs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, and_, delete, select

from adapter.store.records import columns, record, upsert, values
from adapter.store.schema import inbox as table

if TYPE_CHECKING:
    from adapter.store.store import Transaction


@dataclass(frozen=True, slots=True)
class Arrival:
    """A record as it came.

    etag, last_updated  as the server says them, "" where it does not
    body                its bytes; None for a deletion
    run                 id of the run that drained it
    flag                "" | "invalid" | "unfaithful", as of documents
    """

    ehr: str
    type: str
    remote_id: str
    etag: str
    last_updated: str
    body: bytes | None
    deleted: bool = False
    run: int = 0
    flag: str = ""


_row = table.c
_all = select(*columns(Arrival, table))


class Inbox:
    """The inbox of one transaction."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def put(self, arrival: Arrival) -> None:
        """Keep what came; what came later takes the place of what came before of the same record."""
        self._tx.change(upsert(table, {"tenant": self._tx.tenant, **values(arrival)}))

    def get(self, ehr: str, type: str, remote_id: str) -> Arrival | None:  # noqa: A002 - FHIR's word
        """Return what came of one record."""
        rows = self._tx.rows(_all.where(self._is(ehr, type, remote_id)))
        return record(Arrival, rows[0]) if rows else None

    def each(self, ehr: str, type: str | None = None) -> Iterator[Arrival]:  # noqa: A002
        """Yield what came from an EHR, by type and remote id."""
        query = _all.where(_row.tenant == self._tx.tenant, _row.ehr == ehr, *([_row.type == type] if type else []))
        return (record(Arrival, row) for row in self._tx.rows(query.order_by(_row.type, _row.remote_id)))

    def remove(self, ehr: str, type: str, remote_id: str) -> None:  # noqa: A002
        """Forget what came of one record: it has been dealt with."""
        self._tx.change(delete(table).where(self._is(ehr, type, remote_id)))

    def clear(self, ehr: str) -> None:
        """Forget all that came from an EHR."""
        self._tx.change(delete(table).where(_row.tenant == self._tx.tenant, _row.ehr == ehr))

    def _is(self, ehr: str, type: str, remote_id: str) -> ColumnElement[bool]:  # noqa: A002
        return and_(_row.tenant == self._tx.tenant, _row.ehr == ehr, _row.type == type, _row.remote_id == remote_id)
