"""The record of what a reading request discloses is on disk before the answer leaves; many are written at once.

A commit costs a disk flush. Whoever comes while one is under way waits, and the first of those who waited then writes
for all: one transaction, one flush, and no thread that could die unseen.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass

from adapter.store import Store, StoreError
from adapter.store.disclosures import Disclosure

MOST_AT_ONCE = 500
"""Records of one transaction."""


@dataclass(slots=True, eq=False)
class _Waiting:
    new: Disclosure
    number: int = 0
    failed: bool = False


class Recorder:
    """Group commit of disclosures. Safe to share between threads; `record` is a `gate.Record`."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._waiting: list[_Waiting] = []
        self._queue, self._turn = threading.Lock(), threading.Lock()

    def record(self, new: Disclosure) -> int:
        """Return the number of the disclosure when it is on disk. Raises StoreError where it could not be written."""
        mine = _Waiting(new)
        with self._queue:
            self._waiting.append(mine)
        while not (mine.number or mine.failed):
            with self._turn:
                if not (mine.number or mine.failed):
                    self._commit()
        if mine.failed:
            raise StoreError("the record of the disclosure could not be written, so nothing leaves; try again")
        return mine.number

    def _commit(self) -> None:
        with self._queue:
            batch, self._waiting = self._waiting[:MOST_AT_ONCE], self._waiting[MOST_AT_ONCE:]
        durable: list[int] = []
        try:
            with self._store.write() as tx:
                numbers = tx.disclosures.add_many(one.new for one in batch)
            durable = numbers
        except StoreError:
            pass  # each of them learns it below
        finally:
            for one, number in zip(batch, durable or [0] * len(batch), strict=True):
                one.number, one.failed = number, not number
