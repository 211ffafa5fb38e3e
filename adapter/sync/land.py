"""Doing one action on our side: what arrived is written here with its link, in one transaction, or not at all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from adapter.store import Transaction
from adapter.store.conflicts import Conflict
from adapter.store.links import Link
from adapter.store.runs import Action
from adapter.sync.decide import Verb
from adapter.sync.desk import digest
from adapter.sync.failpoints import commit_point
from adapter.sync.order import Key
from adapter.sync.plan import Basis
from adapter.sync.sides import Sides, Valid, landing
from adapter.sync.translate import relinked
from adapter.sync.work import Work
from mappings.tree import Tree, dump


class LiveNames:
    """Which record is which, as one transaction sees it; what this run adopts counts as linked."""

    def __init__(self, work: Work, tx: Transaction, adopting: Mapping[Key, str]) -> None:
        self.base_url = work.peer.base_url
        self._ehr, self._links, self._adopting = work.ehr, tx.links, adopting

    def known(self, resource_type: str, remote_id: str) -> str | None:
        link = self._links.by_remote(self._ehr, resource_type, remote_id)
        return link.local_id if link and link.status != "gone" else self._adopting.get((resource_type, remote_id))

    def remote_of(self, resource_type: str, local_id: str) -> str | None:
        link = self._links.get(self._ehr, resource_type, local_id)
        return link.remote_id if link and link.status != "gone" else None


@dataclass
class Hand:
    """What the actions of one run are done with.

    adopting  records there that this run adopts, by (type, id there), and the id that they get here
    moved     what this run has made of a record's basis: later actions on it rest on that
    """

    work: Work
    valid: Valid
    adopting: Mapping[Key, str] = field(default_factory=dict)
    moved: dict[Key, tuple[int, str]] = field(default_factory=dict)

    def sides(self, tx: Transaction, action: Action) -> Sides:
        """Return the record of an action as both sides have it now."""
        key = action.type, action.local_id
        link, ours = tx.links.get(self.work.ehr, *key), tx.documents.get(*key)
        link = None if link is not None and link.status == "gone" else link
        arrival = tx.inbox.get(self.work.ehr, action.type, action.remote_id) if action.remote_id else None
        view = self.work.view(tx)

        def seen(tree: Tree) -> Tree:
            return tree if ours is None else view.redacted(ours, tree)

        return Sides(*key, link, ours, arrival, LiveNames(self.work, tx, self.adopting), seen)

    def stands(self, sides: Sides, basis: Basis) -> bool:
        """Whether a record is still what the plan rested on, but for what this run itself has done to it."""
        moved = self.moved.get((sides.type, sides.local_id))
        now = sides.ours.version if sides.ours else 0, sides.link.etag if sides.link else ""
        if moved is not None:
            return now == moved and sides.arrival is None
        return (*now, digest(sides.arrival)) == (basis.ours, basis.etag, basis.arrived)

    def did(self, tx: Transaction, action: Action) -> None:
        """Remember what an action made of its record's basis."""
        link, ours = tx.links.get(self.work.ehr, action.type, action.local_id), tx.documents.get(*_key(action))
        etag = link.etag if link and link.status != "gone" else ""
        self.moved[_key(action)] = (ours.version if ours else 0, etag)


def _key(action: Action) -> Key:
    return action.type, action.local_id


def land(hand: Hand, action: Action, basis: Basis) -> Action:
    """Do one action here and return it with what became of it."""
    with hand.work.write() as tx:
        sides = hand.sides(tx, action)
        if not hand.stands(sides, basis):
            return tx.runs.settle(action, "set-aside", "changed-since")
        verb, reason = Verb(action.verb), action.reason
        if verb is Verb.DELETE_HERE and tx.documents.links_to(sides.type, sides.local_id):
            verb, reason = Verb.CONFLICT, "referred-to"
        if verb is Verb.CONFLICT:
            tx.conflicts.put(_conflict(hand.work.ehr, sides, reason, basis))
            after = tx.runs.settle(action, "conflict", reason)
        elif verb in (Verb.ADOPT, Verb.UPDATE_HERE, Verb.MERGE):
            hindrance = _written(hand, tx, sides, action)
            after = tx.runs.settle(action, "set-aside" if hindrance else "done", hindrance)
        else:
            _ended(hand.work.ehr, tx, sides, verb)
            after = tx.runs.settle(action, "done")
        hand.did(tx, action)
    commit_point({Verb.CONFLICT: "conflict kept", Verb.UNLINK: "unlinked"}.get(verb, "landed"))
    return after


def _written(hand: Hand, tx: Transaction, sides: Sides, action: Action) -> str:
    """Write what arrived into our document and the link. Returns why not, "" when it is done."""
    if action.reason == "target-arrived":
        _relinked(tx, sides)
        return ""
    arrival = sides.arrival
    assert arrival is not None
    if action.reason == "found-again":
        assert sides.ours is not None
        body, base_ours, version, origin = b"", dump(sides.shown), sides.ours.version, True
    else:
        landed = landing(sides, hand.valid)
        if landed.hindrance:
            return landed.hindrance
        expected = sides.ours.version if sides.ours and not sides.ours.deleted else None
        body, base_ours, origin = landed.body, landed.base_ours, bool(sides.link and sides.link.ours_is_origin)
        born = "pulled" if sides.ours is None or sides.ours.deleted else sides.ours.born
        version = tx.documents.put(
            sides.type,
            sides.local_id,
            body,
            born=born,  # type: ignore[arg-type]  # what the store gave it
            flag=landed.flag,
            expected=expected,
        ).version
    tx.links.put(
        Link(
            hand.work.ehr,
            sides.type,
            sides.local_id,
            arrival.type,
            arrival.remote_id,
            arrival.etag,
            base_ours,
            arrival.body or b"",
            version,
            ours_is_origin=origin,
        )
    )
    tx.inbox.remove(hand.work.ehr, arrival.type, arrival.remote_id)
    return ""


def _relinked(tx: Transaction, sides: Sides) -> None:
    """Write references whose targets have arrived as local ones: in our document and our form of the agreement."""
    assert sides.ours is not None
    assert sides.link is not None
    ours = tx.documents.put(
        sides.type,
        sides.local_id,
        sides.here,
        born=sides.ours.born,  # type: ignore[arg-type]
        expected=sides.ours.version,
    )
    base = relinked(sides.link.base_ours, sides.names.base_url, sides.names.known)
    tx.links.put(replace(sides.link, base_ours=base, ours_version=ours.version))


def _ended(ehr: str, tx: Transaction, sides: Sides, verb: Verb) -> None:
    """End a link: theirs is gone, or ours is and theirs stays."""
    assert sides.link is not None
    if verb is Verb.DELETE_HERE and sides.ours is not None:
        tx.documents.delete(sides.type, sides.local_id, expected=sides.ours.version)
    tx.links.put(replace(sides.link, status="ended" if verb is Verb.UNLINK else "gone"))
    tx.inbox.remove(ehr, sides.link.remote_type, sides.link.remote_id)


def _conflict(ehr: str, sides: Sides, reason: str, basis: Basis) -> Conflict:
    return Conflict(
        ehr,
        sides.type,
        sides.local_id,
        sides.remote_id,
        sides.link.base_ours if sides.link else b"",
        sides.link.base_theirs if sides.link else b"",
        sides.ours.body if sides.ours else b"",
        (sides.arrival.body or b"") if sides.arrival else b"",
        tuple(path for path, _ in basis.changes),
        reason,
    )
