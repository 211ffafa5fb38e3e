"""Each run of a sync with what it planned and what came of it: the books."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, select, update

from adapter.store.errors import StoreError
from adapter.store.records import columns, record, values
from adapter.store.schema import actions, runs

if TYPE_CHECKING:
    from adapter.store.store import Transaction


@dataclass(frozen=True, slots=True)
class Run:
    """A run. `state` is the sync engine's word (open, planned, applying, done, failed); `books` its counts."""

    ehr: str
    state: str
    started: str = ""
    ended: str = ""
    books: dict[str, Any] = field(default_factory=dict)
    id: int = 0


@dataclass(frozen=True, slots=True)
class Action:
    """One thing that a run does with one record, in the order of the plan.

    side     pull | push
    detail   bytes that belong to the engine: the element diff, the bodies it was planned from
    state    planned | done | set-aside ..., outcome: why, in a code without values
    """

    run: int
    position: int
    side: str
    verb: str
    type: str
    local_id: str = ""
    remote_id: str = ""
    reason: str = ""
    detail: bytes = b""
    state: str = "planned"
    outcome: str = ""


_all_runs = select(*columns(Run, runs))
_all_actions = select(*columns(Action, actions))


class Runs:
    """The runs of one transaction."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def start(self, ehr: str, state: str = "open") -> Run:
        """Begin a run."""
        new = Run(ehr, state, started=self._tx.at)
        row = {"tenant": self._tx.tenant, **values(new, without=("id",))}
        [number] = self._tx.change(insert(runs).values(row)).inserted_primary_key or (0,)
        return replace(new, id=number)

    def change(self, run: Run, **changes: Any) -> Run:
        """Change a run and return it: `change(run, state="done", ended=tx.at, books={...})`. Raises StoreError."""
        new = replace(run, **changes)
        mine = (runs.c.tenant == self._tx.tenant, runs.c.id == run.id)
        if self._tx.change(update(runs).where(*mine).values(values(new, without=("id",)))).rowcount != 1:
            raise StoreError(f"there is no run {run.id}")
        return new

    def get(self, id: int) -> Run | None:  # noqa: A002
        """Return one run."""
        return next(iter(self._read(runs.c.id == id)), None)

    def latest(self, ehr: str, *states: str) -> Run | None:
        """Return the last run with an EHR, in one of those states if any are named."""
        wanted = [runs.c.state.in_(states)] if states else []
        return next(iter(self._read(runs.c.ehr == ehr, *wanted)), None)

    def each(self, ehr: str | None = None) -> Iterator[Run]:
        """Yield the runs, newest first."""
        return iter(self._read(*([runs.c.ehr == ehr] if ehr else [])))

    def _read(self, *wanted: Any) -> list[Run]:
        query = _all_runs.where(runs.c.tenant == self._tx.tenant, *wanted).order_by(runs.c.id.desc())
        return [record(Run, row) for row in self._tx.rows(query)]

    # ---- actions

    def plan(self, planned: Iterable[Action]) -> None:
        """Write the actions of a run down."""
        rows = [{"tenant": self._tx.tenant, **values(one)} for one in planned]
        if rows:
            self._tx.change(insert(actions), rows)

    def actions(self, run: int, *states: str) -> Iterator[Action]:
        """Yield the actions of a run in the order of the plan, in those states if any are named."""
        wanted = [actions.c.state.in_(states)] if states else []
        query = _all_actions.where(actions.c.tenant == self._tx.tenant, actions.c.run == run, *wanted)
        return (record(Action, row) for row in self._tx.rows(query.order_by(actions.c.position)))

    def settle(self, action: Action, state: str, outcome: str = "") -> Action:
        """Say what became of an action. Raises StoreError where it is not in the state that the caller has seen."""
        new = replace(action, state=state, outcome=outcome)
        seen = (
            actions.c.tenant == self._tx.tenant,
            actions.c.run == action.run,
            actions.c.position == action.position,
            actions.c.state == action.state,
        )
        if self._tx.change(update(actions).where(*seen).values(state=state, outcome=outcome)).rowcount != 1:
            raise StoreError(f"action {action.position} of run {action.run} is {action.state} no more")
        return new
