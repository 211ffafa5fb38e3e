"""What a person decides about a conflict, made into a new agreement: what is still to be sent goes with the next run.

    ours     where both changed the same, ours stands; what else they changed is taken over
    theirs   the other way round
    a file   stands here as it is, and goes there

A deletion is taken or not: `ours` of a record deleted there creates it there anew, `theirs` deletes it here too.
"""

from __future__ import annotations

from dataclasses import replace

from adapter.store import Document, Transaction
from adapter.store.conflicts import Conflict
from adapter.store.inbox import Arrival
from adapter.store.links import Link
from adapter.store.runs import Action
from adapter.sync.agree import decided
from adapter.sync.land import Hand
from adapter.sync.sides import Sides, restored, unidentified
from adapter.sync.translate import incoming
from adapter.sync.work import Work
from mappings.tree import NotJSON, Tree, dump, parse


class CannotDecide(Exception):  # noqa: N818 - says what happened
    """The decision cannot be carried out. The message says why and what to do."""


def resolve(work: Work, hand: Hand, number: int, choice: str, body: bytes = b"") -> Conflict:
    """Carry out a decision ("ours", "theirs" or "with", then `body` is the record). Raises CannotDecide."""
    with work.write() as tx:
        conflict = tx.conflicts.get(number)
        if conflict is None or conflict.ehr != work.ehr or conflict.state != "open":
            raise CannotDecide(f"there is no open conflict {number} with {work.ehr}")
        action = Action(0, 0, "pull", "conflict", conflict.type, conflict.local_id, conflict.remote_id)
        sides = hand.sides(tx, action)
        if sides.arrival is None or (sides.arrival.body or b"") != conflict.theirs or _ours(sides) != conflict.ours:
            raise CannotDecide("one side has changed since: run planbridge sync plan, then look at the conflict again")
        _Decision(work, hand, tx, sides, sides.arrival).carry_out(choice, body)
        tx.inbox.remove(work.ehr, conflict.type, conflict.remote_id)
        return tx.conflicts.resolve(conflict, choice)


def _ours(sides: Sides) -> bytes:
    return sides.ours.body if sides.ours else b""


class _Decision:
    def __init__(self, work: Work, hand: Hand, tx: Transaction, sides: Sides, arrival: Arrival) -> None:
        self.work, self.hand, self.tx, self.sides, self.arrival = work, hand, tx, sides, arrival
        self.alive = sides.ours is not None and not sides.ours.deleted

    def carry_out(self, choice: str, body: bytes) -> None:
        if self.arrival.deleted:
            self._deleted_there(choice, body)
        elif not self.alive and choice == "ours":
            self._stay_deleted()
        elif choice == "with":
            self._stand(self._read(body), self.sides.theirs)
        elif not self.alive or self.sides.theirs is None:
            self._as_theirs(choice)
        else:
            self._merged(for_us=choice == "ours")

    def _deleted_there(self, choice: str, body: bytes) -> None:
        if choice == "theirs":
            self.tx.documents.delete(self.sides.type, self.sides.local_id)
        elif choice == "with":
            self._put(dump(self._read(body)))
        if self.sides.link is not None:
            self.tx.links.put(replace(self.sides.link, status="gone"))

    def _stay_deleted(self) -> None:
        link = self.sides.link
        assert link is not None
        status = link.status if link.ours_is_origin else "ended"
        self._link(link.base_ours, status=status)

    def _as_theirs(self, choice: str) -> None:
        if choice == "ours":
            raise CannotDecide("their version cannot be read faithfully, so ours cannot be sent: choose theirs")
        names = self.sides.names
        came = incoming(self.arrival.body or b"", names.base_url, names.known, self.sides.local_id)
        theirs = self.sides.theirs
        flag = "unfaithful" if theirs is None else "" if self.hand.valid(theirs) else "invalid"
        ours = self.tx.documents.put(
            self.sides.type,
            self.sides.local_id,
            came,
            born="pulled",
            flag=flag,  # type: ignore[arg-type]
        )
        self._link(came, ours)

    def _merged(self, *, for_us: bool) -> None:
        sides, agreed = self.sides, self.sides.agreed
        if agreed is None:
            self._without_past(for_us=for_us)
            return
        outcome = decided(sides.type, agreed, sides.shown, sides.theirs, for_us=for_us)
        here, clashes = restored(sides, outcome.here)
        if clashes and for_us:
            here = sides.tree
        elif clashes:
            here = outcome.here
        if not self.hand.valid(here):
            raise CannotDecide("what would come of it is no valid record: edit the record and give it with --with")
        self._link(dump(outcome.agreed), self._put(dump(here)))

    def _without_past(self, *, for_us: bool) -> None:
        """Nobody remembers an agreement: one side stands whole."""
        assert self.sides.ours is not None
        identifier = self.work.store.identifier(self.sides.type, self.sides.local_id)
        theirs = dump(unidentified(self.sides.theirs, identifier))
        self._link(theirs, self.sides.ours if for_us else self._put(theirs))

    def _stand(self, tree: Tree, theirs: Tree) -> None:
        if theirs is None:
            raise CannotDecide("their version cannot be read faithfully, so ours cannot be sent: choose theirs")
        agreed = self.sides.agreed
        base = theirs if agreed is None else decided(self.sides.type, agreed, agreed.ours, theirs, for_us=False).agreed
        self._link(dump(base), self._put(dump(tree)))

    def _read(self, body: bytes) -> Tree:
        try:
            tree = parse(body)
        except NotJSON as error:
            raise CannotDecide(f"the file is not JSON that can be kept: {error}") from None
        if not isinstance(tree, dict) or tree.get("resourceType") != self.sides.type:
            raise CannotDecide(f"the file is no {self.sides.type}")
        if not self.hand.valid(tree):
            raise CannotDecide("the file is no valid record: planbridge check says what is wrong with it")
        return tree

    def _put(self, body: bytes) -> Document:
        born = self.sides.ours.born if self.sides.ours and self.alive else "pulled"
        return self.tx.documents.put(self.sides.type, self.sides.local_id, body, born=born)  # type: ignore[arg-type]

    def _link(self, base_ours: bytes, ours: Document | None = None, status: str = "linked") -> None:
        old, arrival = self.sides.link, self.arrival
        self.tx.links.put(
            Link(
                self.work.ehr,
                self.sides.type,
                self.sides.local_id,
                arrival.type,
                arrival.remote_id,
                arrival.etag,
                base_ours,
                arrival.body or b"",
                ours.version if ours else old.ours_version if old else 0,
                status,  # type: ignore[arg-type]
                bool(old.ours_is_origin) if old else True,
            )
        )
