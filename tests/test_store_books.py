"""The books beside the documents: clients, disclosures, links, inbox, cursors, outbox, runs, conflicts, leases."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from adapter.store import Store, StoreError, Transaction
from adapter.store.clients import Client
from adapter.store.conflicts import Conflict
from adapter.store.disclosures import Disclosed, Disclosure
from adapter.store.inbox import Arrival
from adapter.store.leases import Lost, Taken
from adapter.store.links import Link
from adapter.store.outbox import Sending
from adapter.store.roster import Entry
from adapter.store.runs import Action

LINK = Link("clinic", "Goal", "g1", "Goal", "77", 'W/"1"', b"{ours}", b"{theirs}", 3)
CONFLICT = Conflict("clinic", "Goal", "g1", "77", b"bo", b"bt", b"o", b"t", ("Goal.target[0]",), "clash")


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.at = datetime(2026, 1, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(tmp_path: Path, clock: Clock) -> Iterator[Store]:
    with Store.open(tmp_path / "store.sqlite", now=clock) as store:
        yield store


@pytest.fixture
def tx(store: Store) -> Iterator[Transaction]:
    with store.write() as tx:
        yield tx


def test_client_is_found_by_its_token(store: Store) -> None:
    """A client is found by the hash of its token, inside a transaction and on the hot path, until it is removed."""
    with store.write() as tx:
        added = tx.clients.add(Client("clinic", "partner", "hash", organization="npi|1", purposes=("TREAT", "HPAYMT")))
        assert tx.clients.by_token("hash") == added
        assert tx.clients.by_token("other") is None
    assert store.hot_client("hash") == added
    with store.write() as tx:
        assert tx.clients.remove("clinic")
        assert not tx.clients.remove("clinic")
    assert store.hot_client("hash") is None


def test_client_name_is_taken_once(tx: Transaction) -> None:
    """A second client of the same name is refused, with what to do."""
    tx.clients.add(Client("clinic", "partner", "hash"))
    with pytest.raises(StoreError, match="choose another name"):
        tx.clients.add(Client("clinic", "programme", "other"))
    assert [one.role for one in tx.clients.all()] == ["partner"]


def test_disclosures_keep_their_documents(tx: Transaction) -> None:
    """A batch of disclosures comes back whole, in order, each with its documents and what was held back."""
    released, held_back = Disclosed("Goal", "g1", 2), Disclosed("Goal", "g2", 1, "no-consent")
    first = Disclosure("clinic", "TREAT", "gateway", "npi|1", (released, held_back), "partial")
    second = Disclosure("clinic", "TREAT", "gateway", "npi|1", (released,), "released", at="2025-12-31T00:00:00.000Z")
    third = Disclosure("clinic", "TREAT", "gateway", "npi|1", (), "withheld", "no-purpose")
    ids = tx.disclosures.add_many([first, second, third])
    told = [replace(one, id=id_, at=one.at or tx.at) for one, id_ in zip([first, second, third], ids, strict=True)]
    assert tx.disclosures.count() == 3
    assert tx.disclosures.get(ids[1]) == told[1]
    assert tx.disclosures.of("Goal", "g2") == (told[0],)
    assert tx.disclosures.latest() == tuple(reversed(told))


def test_link_is_found_from_both_sides(tx: Transaction) -> None:
    """A link is found by our id and by theirs, with the bytes of the last agreement as they were."""
    tx.links.put(LINK)
    assert tx.links.get("clinic", "Goal", "g1") == tx.links.by_remote("clinic", "Goal", "77") == LINK


def test_remote_record_has_one_living_link(store: Store) -> None:
    """Two records of ours cannot be linked to one of theirs, until the first link has ended."""
    with store.write() as tx:
        tx.links.put(LINK)
    with pytest.raises(StoreError), store.write() as tx:
        tx.links.put(replace(LINK, local_id="g2"))
    with store.write() as tx:
        tx.links.put(replace(LINK, status="ended"))
        tx.links.put(replace(LINK, local_id="g2"))
        assert tx.links.by_remote("clinic", "Goal", "77") == replace(LINK, local_id="g2")
        assert tx.links.counts() == {"clinic": {"ended": 1, "linked": 1}}
        assert [link.local_id for link in tx.links.each("clinic", "Goal", "linked")] == ["g2"]


def test_inbox_keeps_the_last_arrival(tx: Transaction) -> None:
    """Of one record the inbox keeps what came last, bytes as they are, deletions too."""
    came = Arrival("clinic", "Goal", "77", 'W/"1"', "2026-01-01T00:00:00Z", b'{"a":1.50}', run=4)
    tx.inbox.put(came)
    assert tx.inbox.get("clinic", "Goal", "77") == came
    gone = Arrival("clinic", "Goal", "77", "", "", None, deleted=True, run=5)
    tx.inbox.put(gone)
    assert list(tx.inbox.each("clinic")) == [gone]
    tx.inbox.remove("clinic", "Goal", "77")
    assert list(tx.inbox.each("clinic", "Goal")) == []


def test_cursor_moves_with_its_page(store: Store) -> None:
    """A page whose transaction fails leaves the cursor where it was."""
    with store.write() as tx:
        tx.cursors.move("clinic", "Goal?", "2026-01-01T00:00:00Z")
    with pytest.raises(ZeroDivisionError), store.write() as tx:  # noqa: PT012 - the transaction is what fails
        tx.inbox.put(Arrival("clinic", "Goal", "78", "", "", b"{}"))
        tx.cursors.move("clinic", "Goal?", str(1 / 0))
    with store.read() as tx:
        cursor = tx.cursors.get("clinic", "Goal?")
        assert cursor is not None
        assert (cursor.position, list(tx.inbox.each("clinic"))) == ("2026-01-01T00:00:00Z", [])


def test_sending_is_moved_by_one(tx: Transaction) -> None:
    """Of two who have seen a sending planned, one moves it; the other is told."""
    planned = tx.outbox.add(Sending("clinic", 1, "create", "Goal", "g1", body=b"{}", identifier="sys|u"))
    sent = tx.outbox.move(planned, "sent", attempts=1)
    with pytest.raises(StoreError, match="planned no more"):
        tx.outbox.move(planned, "sent")
    acked = tx.outbox.move(sent, "acked", remote_id="77", outcome="201")
    assert (tx.outbox.get(planned.id), tx.outbox.counts()) == (acked, {"clinic": {"acked": 1}})
    assert list(tx.outbox.each("clinic", "planned", "sent")) == []
    assert list(tx.outbox.each("clinic", run=1)) == [acked]


def test_run_does_what_was_planned(tx: Transaction) -> None:
    """A run keeps its plan in order, each action is settled once, and its books come back."""
    run = tx.runs.start("clinic")
    plan = [Action(run.id, at, "pull", "adopt", "Goal", remote_id=str(at), detail=b"\x00") for at in range(3)]
    tx.runs.plan(reversed(plan))
    assert list(tx.runs.actions(run.id)) == plan
    tx.runs.settle(plan[1], "done")
    with pytest.raises(StoreError):
        tx.runs.settle(plan[1], "done")
    assert [one.position for one in tx.runs.actions(run.id, "planned")] == [0, 2]
    done = tx.runs.change(run, state="done", ended=tx.at, books={"pull": {"adopt": 1}})
    assert (tx.runs.get(run.id), tx.runs.latest("clinic"), tx.runs.latest("clinic", "open")) == (done, done, None)


def test_conflict_waits_and_is_kept(tx: Transaction) -> None:
    """A record has one open conflict, brought up to date; a resolved one stays readable with all its sides."""
    first = tx.conflicts.put(CONFLICT)
    again = tx.conflicts.put(replace(CONFLICT, theirs=b"t2"))
    assert (again.id, tx.conflicts.counts()) == (first.id, {"clinic": 1})
    decided = tx.conflicts.resolve(again, "theirs")
    with pytest.raises(StoreError, match="not open"):
        tx.conflicts.resolve(again, "ours")
    newer = tx.conflicts.put(CONFLICT)
    assert list(tx.conflicts.each("clinic")) == [newer]
    assert list(tx.conflicts.each(state=None)) == [decided, newer]
    assert (decided.theirs, decided.paths) == (b"t2", ("Goal.target[0]",))


def test_lease_is_held_by_one(store: Store, clock: Clock) -> None:
    """A second run is refused while the lease lasts; the owner of one that was taken over learns it before writing."""
    with store.write() as tx:
        mine = tx.leases.take("clinic", "a", 60)
        with pytest.raises(Taken) as refused:
            tx.leases.take("clinic", "b", 60)
        mine = tx.leases.renew(mine, 90)
        assert refused.value.lease.owner == "a"
    clock.at += timedelta(seconds=91)
    with store.write() as tx:
        theirs = tx.leases.take("clinic", "b", 60)
        with pytest.raises(Lost):
            tx.leases.check(mine)
        tx.leases.release(theirs)
        assert tx.leases.take("clinic", "a", 60).token == 3


def test_lease_of_a_dead_run_is_taken_over(tx: Transaction) -> None:
    """Whoever knows the owner to be gone takes its lease over without waiting, but only the lease that it has seen."""
    dead = tx.leases.take("clinic", "dead", 60)
    alive = tx.leases.take("clinic", "alive", 60, over=dead)
    with pytest.raises(Taken):
        tx.leases.take("clinic", "third", 60, over=dead)
    tx.leases.check(alive)


def test_roster_says_whom_and_when(tx: Transaction) -> None:
    """A person on the roster is covered from the first to the last day, both included."""
    entry = tx.roster.put(Entry("clinic", "Patient/p1", "2026-01-01", "2026-03-31"))
    assert [entry.covers(day) for day in ("2025-12-31", "2026-01-01", "2026-03-31", "2026-04-01")] == [
        False, True, True, False,
    ]  # fmt: skip
    assert tx.roster.get("clinic", "Patient/p1") == entry
    assert tx.roster.all("other") == ()
    assert tx.roster.remove("clinic", "Patient/p1")
    assert tx.roster.all() == ()
