"""What a run works with, handed from step to step: store, server, clock, lease; and what it has seen so far."""

from __future__ import annotations

import os
import socket
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from adapter.disclosure.consent import Actor
from adapter.disclosure.gate import View
from adapter.store import Store, Transaction
from adapter.store.leases import Lease, Taken
from adapter.store.search import stamp
from adapter.sync.order import Key
from adapter.sync.peer import Peer, Trouble

LEASE_SECONDS = 300.0
"""A run that is silent for so long has lost its turn. One whose process has died loses it at once."""

Say = Callable[[str], None]
"""Takes one line of progress. It names types and counts, never a person."""


@dataclass
class Work:
    """One run.

    actor, purpose   who the server is to the gate, and what for
    overlap          seconds that a sweep reaches back behind the last one
    failures         what could not be asked, in words without values; any makes the run end with 2
    seen             each record that the server showed in this run, and what became of it: inbox, unchanged ...
    """

    store: Store
    peer: Peer
    actor: Actor
    purpose: str
    overlap: int = 120
    say: Say = lambda _: None
    run: int = 0
    failures: list[str] = field(default_factory=list)
    seen: dict[Key, str] = field(default_factory=dict)
    halted: bool = False
    _lease: Lease | None = None

    @property
    def ehr(self) -> str:
        return self.peer.name

    @property
    def today(self) -> str:
        """The day by which the roster is read."""
        return self.store.now().date().isoformat()

    def now(self) -> datetime:
        return self.store.now()

    def view(self, tx: Transaction) -> View:
        """Return the gate's eye: what the server may see."""
        return View(tx, self.actor, self.purpose, self.now())

    def failed(self, deed: str, trouble: Trouble) -> None:
        """Note what could not be asked, and whether it is any use to ask on."""
        from adapter.sync.peer import STOPS

        self.failures.append(f"{deed}: {trouble.text}")
        self.say(f"{deed}: {trouble.text}")
        self.halted = self.halted or trouble.kind in STOPS

    @property
    def tally(self) -> Counter[str]:
        return Counter(self.seen.values())

    # ---- the lease

    def begin(self) -> None:
        """Take the turn. Raises Taken where another run has it; a turn whose process has died is taken over."""
        with self.store.write() as tx:
            try:
                self._lease = tx.leases.take(self.ehr, _me(), LEASE_SECONDS)
            except Taken as taken:
                if not _died(taken.lease.owner):
                    raise
                self._lease = tx.leases.take(self.ehr, _me(), LEASE_SECONDS, over=taken.lease)

    @contextmanager
    def write(self) -> Iterator[Transaction]:
        """Give a writing transaction in which the turn is still ours. Raises Lost."""
        assert self._lease is not None
        with self.store.write() as tx:
            if self._lease.until < stamp(self.now() + timedelta(seconds=LEASE_SECONDS / 2)):
                self._lease = tx.leases.renew(self._lease, LEASE_SECONDS)
            else:
                tx.leases.check(self._lease)
            yield tx

    def end(self) -> None:
        """Give the turn up."""
        assert self._lease is not None
        with self.store.write() as tx:
            tx.leases.release(self._lease)


def _me() -> str:
    return f"{socket.gethostname()}:{os.getpid()}"


def _died(owner: str) -> bool:
    """Whether the owner of a lease is a process of this machine that is no more."""
    host, _, pid = owner.rpartition(":")
    if host != socket.gethostname() or not pid.isdigit() or int(pid) == os.getpid():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False
