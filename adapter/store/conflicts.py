"""Where both sides changed the same: everything that is needed to decide, kept until somebody has."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import func, insert, select, update

from adapter.store.errors import StoreError
from adapter.store.records import columns, record, values
from adapter.store.schema import conflicts as table

if TYPE_CHECKING:
    from adapter.store.store import Transaction


@dataclass(frozen=True, slots=True)
class Conflict:
    """A conflict over one record.

    base_ours, base_theirs  what both sides last agreed on; ours, theirs: what each has made of it (b"": deleted)
    paths                   FHIRPaths of the elements in question
    reason                  code of why nobody but a person can decide
    decision                what was decided, and by whom, when it is resolved
    opened, closed, id      given by the store
    """

    ehr: str
    type: str
    local_id: str
    remote_id: str
    base_ours: bytes
    base_theirs: bytes
    ours: bytes
    theirs: bytes
    paths: tuple[str, ...]
    reason: str
    state: Literal["open", "resolved"] = "open"
    decision: str = ""
    opened: str = ""
    closed: str = ""
    id: int = 0


_row = table.c
_all = select(*columns(Conflict, table))


class Conflicts:
    """The conflicts of one transaction."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def put(self, conflict: Conflict) -> Conflict:
        """Open a conflict, or bring the open one over the same record up to date, and return it with its id."""
        open_one = self.of(conflict.ehr, conflict.type, conflict.local_id)
        if open_one is None:
            new = replace(conflict, state="open", opened=self._tx.at)
            row = {"tenant": self._tx.tenant, **values(new, without=("id",))}
            [number] = self._tx.change(insert(table).values(row)).inserted_primary_key or (0,)
            return replace(new, id=number)
        return self._write(replace(conflict, state="open", opened=open_one.opened, id=open_one.id))

    def get(self, id: int) -> Conflict | None:  # noqa: A002
        """Return one conflict, open or resolved."""
        return next(iter(self._read(_row.id == id)), None)

    def of(self, ehr: str, type: str, local_id: str) -> Conflict | None:  # noqa: A002 - FHIR's word
        """Return the open conflict over a record."""
        wanted = (_row.ehr == ehr, _row.type == type, _row.local_id == local_id, _row.state == "open")
        return next(iter(self._read(*wanted)), None)

    def each(self, ehr: str | None = None, state: str | None = "open") -> Iterator[Conflict]:
        """Yield conflicts, oldest first: the open ones, or all with state=None."""
        return iter(self._read(*([_row.ehr == ehr] if ehr else []), *([_row.state == state] if state else [])))

    def resolve(self, conflict: Conflict, decision: str) -> Conflict:
        """Close a conflict with what was decided; both versions stay readable. Raises StoreError if it is not open."""
        now = self.get(conflict.id)
        if now is None or now.state != "open":
            raise StoreError(f"conflict {conflict.id} is not open")
        return self._write(replace(now, state="resolved", decision=decision, closed=self._tx.at))

    def counts(self) -> dict[str, int]:
        """Return how many conflicts are open, by EHR."""
        mine = (_row.tenant == self._tx.tenant, _row.state == "open")
        query = select(_row.ehr, func.count()).where(*mine).group_by(_row.ehr).order_by(_row.ehr)
        return {row[0]: row[1] for row in self._tx.rows(query)}

    def _read(self, *wanted: Any) -> list[Conflict]:
        query = _all.where(_row.tenant == self._tx.tenant, *wanted).order_by(_row.id)
        return [record(Conflict, row) for row in self._tx.rows(query)]

    def _write(self, conflict: Conflict) -> Conflict:
        mine = (_row.tenant == self._tx.tenant, _row.id == conflict.id)
        self._tx.change(update(table).where(*mine).values(values(conflict, without=("id",))))
        return conflict
