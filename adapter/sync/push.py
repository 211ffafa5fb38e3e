"""Doing one action there, so that a lost answer, a crash or somebody else's write never does it twice or halfway.

    planned   leave of the gate recorded, bytes written down          one transaction
    sent      written down as sent; then the request                  one transaction
    acked     what the server keeps now is the new agreement          one transaction

An answer that never comes leaves `unknown`: settled by looking (adapter.sync.settle) before anything is sent again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from adapter.disclosure.gate import Released, Seen, release
from adapter.store import Document, Transaction
from adapter.store.inbox import Arrival
from adapter.store.links import Link
from adapter.store.outbox import Sending as Row
from adapter.store.outbox import State as RowState
from adapter.store.runs import Action
from adapter.sync.decide import Verb
from adapter.sync.failpoints import commit_point
from adapter.sync.land import Hand, LiveNames
from adapter.sync.peer import Answer, Trouble
from adapter.sync.people import Person, leave
from adapter.sync.plan import Basis
from adapter.sync.pull import lenient, look
from adapter.sync.sides import (
    Identifier,
    Sides,
    looked_for_by,
    on_the_wire,
    says_the_same,
    sending,
    unidentified,
)
from adapter.sync.translate import incoming_tree, relinked
from adapter.sync.work import Work
from mappings.merge import difference
from mappings.tree import Tree, dump, parse

CHANNEL = "sync push"
VERBS = {Verb.CREATE: "create", Verb.UPDATE_THERE: "update", Verb.DELETE_THERE: "delete"}


@dataclass(frozen=True)
class Fate:
    """What became of a sending: its state, that of its action, and why."""

    row: RowState
    action: str
    outcome: str = ""


FIRST_VERSION = frozenset({'W/"1"', '"1"'})
"""What most servers call a record that nobody has written to since it was created."""

# fmt: off
FATES: dict[str, Fate] = {
    # trouble        the sending                              what it means
    "lost":         Fate("unknown",           "unknown",           "unknown"),
    "invalid":      Fate("could-not-be-sent", "could-not-be-sent", "refused"),
    "refused":      Fate("could-not-be-sent", "could-not-be-sent", "refused"),
    "unreadable":   Fate("could-not-be-sent", "could-not-be-sent", "refused"),
    "unreachable":  Fate("set-aside",         "set-aside",         "stopped"),
    "busy":         Fate("set-aside",         "set-aside",         "stopped"),
    "denied":       Fate("set-aside",         "set-aside",         "stopped"),
}
CHANGED_THERE = Fate("conflict",          "replanned",         "changed-there")
REFUSED       = Fate("could-not-be-sent", "could-not-be-sent", "refused")
# fmt: on


def push(hand: Hand, action: Action, basis: Basis) -> Action:
    """Do one action there and return it with what became of it. Never raises Trouble."""
    work = hand.work
    prepared = _prepare(hand, action, basis)
    if isinstance(prepared, Action):
        return prepared
    released, row = prepared
    commit_point("planned")
    if row.verb == "update" and not row.if_match and (stopped := _unprotected(hand, action, row)):
        return stopped
    with work.write() as tx:
        row = tx.outbox.move(row, "sent", attempts=row.attempts + 1)
    commit_point("sent")
    try:
        answer = _request(work, released, row)
    except Trouble as trouble:
        return _troubled(hand, action, row, trouble)
    commit_point("answered")
    body = answer.body or _read_back(work, row, answer)
    with work.write() as tx:
        there = Arrival(work.ehr, row.type, answer.id or row.remote_id, answer.etag, "", body)
        acknowledged(hand, tx, row, there, ours_alone=row.verb != "create" or answer.status == 201)
        after = tx.runs.settle(action, "done")
        hand.did(tx, action)
    commit_point("acknowledged")
    return after


def _prepare(hand: Hand, action: Action, basis: Basis) -> Action | tuple[Released, Row]:
    """Take the gate's leave and write the bytes down; or say why nothing is sent."""
    work = hand.work
    with work.write() as tx:
        sides = hand.sides(tx, action)
        if not hand.stands(sides, basis) or sides.ours is None:
            return tx.runs.settle(action, "set-aside", "changed-since")
        identifier = work.store.identifier(*_key(action))
        ready: list[Tree] = []

        def as_sent(_: Document, seen: Seen) -> bytes:
            shown = Sides(sides.type, sides.local_id, sides.link, sides.ours, None, sides.names, seen)
            found = sending(shown, identifier if sides.link is None else None, frozenset(basis.without))
            if found.tree is None or found.missing:
                raise _NothingToSendError("blocked" if found.missing else "")
            ready.append(found.tree)
            return on_the_wire(shown, found.tree)

        try:
            released = release(
                tx, work.actor, work.purpose, [sides.ours], channel=CHANNEL, now=work.now(), as_sent=as_sent
            )
        except _NothingToSendError as nothing:
            return tx.runs.settle(action, *(("set-aside", "blocked") if nothing.reason else ("skip", "")))
        if not released.documents:
            return tx.runs.settle(action, "withheld", "withheld")
        by = looked_for_by(ready[0]) if ready and sides.link is None else None
        row = tx.outbox.add(
            Row(
                work.ehr,
                action.run,
                VERBS[Verb(action.verb)],  # type: ignore[arg-type]
                sides.type,
                sides.local_id,
                sides.link.remote_id if sides.link else "",
                released.documents[0].body or None,
                sides.link.etag if sides.link else "",
                "|".join(by) if by else "",
                sides.ours.version,
                released.disclosure,
            )
        )
    return released, row


class _NothingToSendError(Exception):
    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def _key(record: Action | Row) -> tuple[str, str]:
    return record.type, record.local_id


def identifier_of(row: Row) -> Identifier | None:
    """Return the identifier by which a create is looked for."""
    system, bar, value = row.identifier.partition("|")
    return (system, value) if bar else None


def _request(work: Work, released: Released, row: Row) -> Answer:
    if row.verb == "create":
        conditional = identifier_of(row) if work.peer.offers(row.type, "conditional") else None
        return work.peer.create(released, conditional)
    if row.verb == "update":
        return work.peer.update(released, row.remote_id, row.if_match)
    return work.peer.delete(released, row.remote_id, row.if_match)


def _read_back(work: Work, row: Row, answer: Answer) -> bytes:
    """Ask what the server kept, where it did not say. Somebody else's later write is not taken for it."""
    if row.verb == "delete":
        return b""
    try:
        found = look_at(work, row.type, answer.id or row.remote_id, row.local_id)
    except Trouble:
        return b""
    commit_point("read back")
    return found.body or b"" if found is not None and found.etag == answer.etag else b""


def look_at(work: Work, resource_type: str, remote_id: str, local_id: str) -> Arrival | None:
    """Read one record there; None where it is a person whom the gate does not let us name. Raises Trouble."""
    if resource_type != "Patient":
        return look(work, resource_type, remote_id)
    granted = leave(work, Person(f"Patient/{local_id}", remote_id, "linked", nameable=True))
    return look(work, resource_type, remote_id, granted) if granted is not None else None


def _unprotected(hand: Hand, action: Action, row: Row) -> Action | None:
    """Where the server gives no version to go by: read, compare, only then write. None where nothing has changed."""
    try:
        found = look_at(hand.work, row.type, row.remote_id, row.local_id)
    except Trouble as trouble:
        return _troubled(hand, action, row, trouble)
    with hand.work.write() as tx:
        link = tx.links.get(hand.work.ehr, *_key(row))
        if found is not None and link is not None and says_the_same(found.body or b"", link.base_theirs):
            return None
        if found is not None:
            tx.inbox.put(found)
        return ended(tx, row, CHANGED_THERE, action)


# --- what became of it


def ended(tx: Transaction, row: Row, fate: Fate, action: Action, status: int = 0) -> Action:
    """Write down what became of a sending and of its action."""
    tx.outbox.move(row, fate.row, outcome=str(status or fate.outcome))
    return tx.runs.settle(action, fate.action, fate.outcome)


def acknowledged(hand: Hand, tx: Transaction, row: Row, there: Arrival, *, ours_alone: bool = True) -> None:
    """Write the new agreement down: what was sent, and what stands there now (without a body: what was sent).

    ours_alone: what stands there is surely what our write made of it. If not, what differs there beyond our change may
    be somebody else's later edit: then what we sent is the agreement, and what stands there counts as arrived.
    """
    work, key = hand.work, _key(row)
    link = tx.links.get(work.ehr, *key)
    tx.outbox.move(row, "acked")
    if row.verb == "delete":
        if link is not None:
            tx.links.put(replace(link, status="gone"))
        return
    kept, etag = there.body or b"", there.etag
    if not isinstance(lenient(kept), dict):
        kept = row.body or b""
    elif not ours_alone and _more_than_sent(row, link, kept, etag):
        tx.inbox.put(there)
        work.seen[row.type, there.remote_id] = "inbox"
        kept, etag = row.body or b"", ""
    tx.links.put(
        Link(
            work.ehr,
            *key,
            remote_type=row.type,
            remote_id=there.remote_id,
            etag=etag,
            base_ours=_agreed_form(hand, tx, row),
            base_theirs=kept,
            ours_version=row.ours_version,
            ours_is_origin=row.verb == "create" or bool(link and link.ours_is_origin),
        )
    )


def _more_than_sent(row: Row, link: Link | None, kept: bytes, etag: str) -> bool:
    """Whether a record there differs from what we sent in more than what we changed."""
    if row.verb == "create" and etag in FIRST_VERSION:
        return False
    sent, now = lenient(row.body or b""), lenient(kept)
    if row.verb == "create" or link is None:
        return bool(difference(row.type, sent, now))
    before = lenient(link.base_theirs)
    ours = {change.path for change in difference(row.type, before, sent)}
    return any(change.path not in ours for change in difference(row.type, before, now))


def _agreed_form(hand: Hand, tx: Transaction, row: Row) -> bytes:
    """Return our form of what was sent: of a new record those bytes, of a change our version that it was made from."""
    work, names = hand.work, LiveNames(hand.work, tx, hand.adopting)
    if row.verb == "create":
        sent = incoming_tree(parse(row.body or b""), work.peer.base_url, names.known, row.local_id)
        return dump(unidentified(sent, work.store.identifier(*_key(row))))
    ours = tx.documents.version(*_key(row), row.ours_version)
    assert ours is not None
    return dump(work.view(tx).redacted(ours, parse(relinked(ours.body, work.peer.base_url, names.known))))


def _troubled(hand: Hand, action: Action, row: Row, trouble: Trouble) -> Action:
    """Write down why a request was not answered with success, and look where that is not clear."""
    work = hand.work
    if trouble.kind == "conflict" or (trouble.kind == "gone" and row.verb != "create"):
        return _contested(hand, action, row, trouble)
    fate = FATES["invalid" if trouble.kind == "gone" else trouble.kind]
    with work.write() as tx:
        after = ended(tx, row, fate, action, trouble.status)
        lost = tx.outbox.get(row.id)
    if fate.outcome == "stopped":
        work.failed(f"{row.verb} {row.type}", trouble)
    if fate.row != "unknown" or lost is None:
        return after
    from adapter.sync.settle import settle

    settle(hand, lost, after, at_once=True)
    with work.store.read() as tx:
        return next(one for one in tx.runs.actions(action.run) if one.position == action.position)


def _contested(hand: Hand, action: Action, row: Row, trouble: Trouble) -> Action:
    """409, 412, 404 or 410: read what stands there. Ours already, theirs anew, or simply not accepted."""
    work = hand.work
    try:
        found = look_at(work, row.type, row.remote_id, row.local_id) if row.remote_id else None
    except Trouble as second:
        return _troubled(hand, action, row, second)
    with work.write() as tx:
        link = tx.links.get(work.ehr, *_key(row))
        if found is None or link is None:
            return ended(tx, row, REFUSED, action, trouble.status)
        if row.verb == "delete" and found.deleted:
            acknowledged(hand, tx, row, found)
            return tx.runs.settle(action, "done")
        if not found.deleted and says_the_same(found.body or b"", row.body or b""):
            acknowledged(hand, tx, row, found)
            return tx.runs.settle(action, "done")
        if not found.deleted and says_the_same(found.body or b"", link.base_theirs):
            if found.etag in ("", row.if_match):
                return ended(tx, row, REFUSED, action, trouble.status)
            tx.links.put(replace(link, etag=found.etag))
        tx.inbox.put(found)
        work.seen[row.type, row.remote_id] = "inbox"
        return ended(tx, row, CHANGED_THERE, action, trouble.status)
