"""Only one run at a time works with an EHR, and one that was paused too long learns that it has lost its turn."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select, update

from adapter.store.errors import StoreError
from adapter.store.records import columns, record, upsert, values
from adapter.store.schema import leases as table
from adapter.store.search import stamp

if TYPE_CHECKING:
    from adapter.store.store import Transaction


@dataclass(frozen=True, slots=True)
class Lease:
    """A turn. `token` grows with each new turn (a fencing token); `until` is an ISO instant."""

    ehr: str
    owner: str
    until: str
    token: int


class Taken(StoreError):  # noqa: N818 - says what happened
    """Somebody else has the turn: `lease` says who and until when."""

    def __init__(self, lease: Lease) -> None:
        super().__init__(f"another run works with {lease.ehr} (until {lease.until}, unless it renews)")
        self.lease = lease


class Lost(StoreError):  # noqa: N818 - says what happened
    """The turn was lost: it ran out and somebody else took it."""


class Leases:
    """The leases of one transaction."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def get(self, ehr: str) -> Lease | None:
        """Return the last lease of an EHR, which may have run out."""
        query = select(*columns(Lease, table)).where(table.c.tenant == self._tx.tenant, table.c.ehr == ehr)
        rows = self._tx.rows(query)
        return record(Lease, rows[0]) if rows else None

    def take(self, ehr: str, owner: str, seconds: float, *, over: Lease | None = None) -> Lease:
        """Take the turn. Raises Taken where somebody has it; `over` is a lease whose owner is known to be gone."""
        last = self.get(ehr)
        if last is not None and last.until > self._tx.at and last != over:
            raise Taken(last)
        lease = Lease(ehr, owner, self._from_now(seconds), last.token + 1 if last else 1)
        self._tx.change(upsert(table, {"tenant": self._tx.tenant, **values(lease)}))
        return lease

    def check(self, lease: Lease) -> None:
        """Make sure, in the transaction that writes, that the turn is still ours. Raises Lost."""
        last = self.get(lease.ehr)
        if last is None or last.token != lease.token or last.owner != lease.owner:
            raise Lost(f"another run has taken over the work with {lease.ehr}; nothing was written")

    def renew(self, lease: Lease, seconds: float) -> Lease:
        """Keep the turn for longer. Raises Lost."""
        self.check(lease)
        return self._set(lease, self._from_now(seconds))

    def release(self, lease: Lease) -> None:
        """Give the turn up. Raises Lost."""
        self.check(lease)
        self._set(lease, self._tx.at)

    def _from_now(self, seconds: float) -> str:
        return stamp(datetime.fromisoformat(self._tx.at) + timedelta(seconds=seconds))

    def _set(self, lease: Lease, until: str) -> Lease:
        mine = (table.c.tenant == self._tx.tenant, table.c.ehr == lease.ehr)
        self._tx.change(update(table).where(*mine).values(until=until))
        return Lease(lease.ehr, lease.owner, until, lease.token)
