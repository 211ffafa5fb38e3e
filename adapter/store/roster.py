"""Whom to keep in step with which EHR, from when and until when."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sqlalchemy import delete, select

from adapter.store.records import columns, record, upsert, values
from adapter.store.schema import roster as table

if TYPE_CHECKING:
    from adapter.store.store import Transaction


@dataclass(frozen=True, slots=True)
class Entry:
    """A person on the roster of an EHR.

    person        "Patient/<id>" of this store
    since, until  dates (2026-01-31), both included; "" is open
    added         when it was entered
    """

    ehr: str
    person: str
    since: str = ""
    until: str = ""
    added: str = ""

    def covers(self, day: str) -> bool:
        """Say whether the person is to be synced on a day (2026-01-31)."""
        return self.since <= day and (not self.until or day <= self.until)


_row = table.c
_all = select(*columns(Entry, table))


class Roster:
    """The roster of one transaction."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def put(self, entry: Entry) -> Entry:
        """Enter a person, or change from when and until when."""
        new = replace(entry, added=entry.added or self._tx.at)
        self._tx.change(upsert(table, {"tenant": self._tx.tenant, **values(new)}))
        return new

    def get(self, ehr: str, person: str) -> Entry | None:
        """Return the entry of a person."""
        return next((one for one in self.all(ehr) if one.person == person), None)

    def all(self, ehr: str | None = None) -> tuple[Entry, ...]:
        """Return the entries, by EHR and person."""
        query = _all.where(_row.tenant == self._tx.tenant, *([_row.ehr == ehr] if ehr else []))
        return tuple(record(Entry, row) for row in self._tx.rows(query.order_by(_row.ehr, _row.person)))

    def remove(self, ehr: str, person: str) -> bool:
        """Take a person off the roster and return whether they stood on it."""
        mine = (_row.tenant == self._tx.tenant, _row.ehr == ehr, _row.person == person)
        return self._tx.change(delete(table).where(*mine)).rowcount > 0
