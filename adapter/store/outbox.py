"""What is to be sent to an EHR and what became of it, written down before anything is sent."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import func, insert, select, update

from adapter.store.errors import StoreError
from adapter.store.records import columns, record, values
from adapter.store.schema import outbox as table

if TYPE_CHECKING:
    from adapter.store.store import Transaction

State = Literal["planned", "sent", "unknown", "acked", "conflict", "set-aside", "could-not-be-sent"]


@dataclass(frozen=True, slots=True)
class Sending:
    """One write to an EHR.

    body          the bytes to send; None for a deletion
    if_match      the ETag it is based on, "" for a create
    identifier    our identifier ("system|value") by which a lost create is looked for
    ours_version  our version that is sent
    disclosure    id of the disclosure under which it leaves, 0 before there is one
    state         planned → sent → acked | conflict | unknown | set-aside | could-not-be-sent
    attempts      how often it was sent
    outcome       what the server said, in a code without values: "412", "timeout"
    id, changed   given by the store
    """

    ehr: str
    run: int
    verb: Literal["create", "update", "delete"]
    type: str
    local_id: str
    remote_id: str = ""
    body: bytes | None = None
    if_match: str = ""
    identifier: str = ""
    ours_version: int = 0
    disclosure: int = 0
    state: State = "planned"
    attempts: int = 0
    outcome: str = ""
    changed: str = ""
    id: int = 0


_row = table.c
_all = select(*columns(Sending, table))


class Outbox:
    """The outbox of one transaction."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def add(self, sending: Sending) -> Sending:
        """Write a sending down and return it with its id."""
        row = {"tenant": self._tx.tenant, **values(sending, without=("id",)), "changed": self._tx.at}
        [number] = self._tx.change(insert(table).values(row)).inserted_primary_key or (0,)
        return replace(sending, id=number, changed=self._tx.at)

    def get(self, id: int) -> Sending | None:  # noqa: A002
        """Return one sending."""
        rows = self._tx.rows(_all.where(_row.tenant == self._tx.tenant, _row.id == id))
        return record(Sending, rows[0]) if rows else None

    def move(self, sending: Sending, state: State, **changes: Any) -> Sending:
        """Bring a sending from the state that the caller has seen to another one, and change what else is named.

        Raises StoreError where it is in that state no more: somebody else has dealt with it.
        """
        new = replace(sending, state=state, changed=self._tx.at, **changes)
        seen = (_row.tenant == self._tx.tenant, _row.id == sending.id, _row.state == sending.state)
        if self._tx.change(update(table).where(*seen).values(values(new, without=("id",)))).rowcount != 1:
            raise StoreError(f"sending {sending.id} is {sending.state} no more: read it again")
        return new

    def each(self, ehr: str, *states: State, run: int | None = None) -> Iterator[Sending]:
        """Yield the sendings of an EHR in those states (all, if none is named) and of that run, oldest first."""
        wanted = [*([_row.state.in_(states)] if states else []), *([_row.run == run] if run is not None else [])]
        query = _all.where(_row.tenant == self._tx.tenant, _row.ehr == ehr, *wanted).order_by(_row.id)
        return (record(Sending, row) for row in self._tx.rows(query))

    def counts(self) -> dict[str, dict[str, int]]:
        """Return how many sendings each EHR has, by state."""
        query = select(_row.ehr, _row.state, func.count()).where(_row.tenant == self._tx.tenant)
        found: dict[str, dict[str, int]] = {}
        for ehr, state, count in self._tx.rows(query.group_by(_row.ehr, _row.state).order_by(_row.ehr, _row.state)):
            found.setdefault(ehr, {})[state] = count
        return found
