"""What became of a request whose answer was lost: the server is asked, before anything is sent again.

create   a record that bears its identifier is there: done. None: not done, once a whole run lies between
update   what stands there holds our change: done. The version that it was based on: not done
delete   nothing is there: done. The version that it was based on: not done
else     somebody wrote meanwhile: both versions are compared anew, as arrived
"""

from __future__ import annotations

from collections.abc import Iterator

from adapter.store import Transaction
from adapter.store.inbox import Arrival
from adapter.store.outbox import Sending as Row
from adapter.store.runs import Action
from adapter.sync.agree import same
from adapter.sync.failpoints import commit_point
from adapter.sync.land import Hand
from adapter.sync.peer import Entry, Trouble
from adapter.sync.pull import arrived, lenient
from adapter.sync.push import CHANGED_THERE, Fate, acknowledged, identifier_of, look_at
from adapter.sync.work import Work
from mappings.merge import merge3
from mappings.tree import Tree

NOT_DONE = Fate("set-aside", "set-aside", "not-done")
INTERRUPTED = Fate("set-aside", "set-aside", "interrupted")
MANY = Fate("unknown", "unknown", "many-there")


def settle_all(hand: Hand) -> None:
    """Settle what earlier runs left open, their books included. What cannot be asked stays unknown."""
    work = hand.work
    with work.store.read() as tx:
        rows = list(tx.outbox.each(work.ehr, "planned", "sent", "unknown"))
    for row in rows:
        with work.store.read() as tx:
            action = action_of(tx, row)
        if row.state == "planned":
            with work.write() as tx:
                tx.outbox.move(row, "set-aside", outcome="interrupted")
        elif not work.halted:
            settle(hand, row, action)
    with work.write() as tx:
        for run in [one for one in tx.runs.each(work.ehr) if one.state in ("open", "applying") and one.id != work.run]:
            for action in list(tx.runs.actions(run.id, "planned")):
                tx.runs.settle(action, "set-aside", "interrupted")
            tx.runs.change(run, state="interrupted", ended=tx.at)
    commit_point("settled")


def action_of(tx: Transaction, row: Row) -> Action | None:
    """Return the action that a sending belongs to, if it has no end yet."""
    return next(
        (
            one
            for one in tx.runs.actions(row.run, "planned", "unknown")
            if (one.side, one.type, one.local_id) == ("push", row.type, row.local_id)
        ),
        None,
    )


def settle(hand: Hand, row: Row, action: Action | None, *, at_once: bool = False) -> None:
    """Settle one sending. `at_once`: right after it was sent, when the server may still be at it."""
    work = hand.work
    try:
        if row.verb == "create":
            found = list(_bearing(work, row))
            arrival = arrived(work, found[0]) if len(found) == 1 else None
            fate = None if arrival else MANY if found else NOT_DONE
        else:
            arrival = look_at(work, row.type, row.remote_id, row.local_id)
            fate = Fate("unknown", "unknown", "unknown") if arrival is None else _judged(work, row, arrival)
    except Trouble as trouble:
        work.failed(f"looking for a {row.type}", trouble)
        return
    if at_once and fate is NOT_DONE:
        return
    with work.write() as tx:
        if fate is None:
            assert arrival is not None
            acknowledged(hand, tx, row, arrival, ours_alone=False)
        elif fate.row != row.state or fate.row != "unknown":
            if fate is CHANGED_THERE and arrival is not None:
                tx.inbox.put(arrival)
                work.seen[row.type, row.remote_id] = "inbox"
            tx.outbox.move(row, fate.row, outcome=fate.outcome)
        if action is not None and (fate is None or fate.action != action.state):
            tx.runs.settle(action, *(("done", "") if fate is None else (fate.action, fate.outcome)))
            if fate is None:
                hand.did(tx, action)


def _bearing(work: Work, row: Row) -> Iterator[Entry]:
    """Yield the records there that bear the identifier of a create, each once."""
    identifier = identifier_of(row)
    if identifier is None:
        return
    met = set()
    for page in work.peer.bearing(row.type, identifier):
        for entry in page.resources:
            if entry.type == row.type and entry.id not in met and identifier in _borne(lenient(entry.body)):
                met.add(entry.id)
                yield entry


def _borne(tree: Tree) -> list[tuple[str, str]]:
    borne = tree.get("identifier") if isinstance(tree, dict) else None
    many = borne if isinstance(borne, list) else [borne]
    return [(str(one.get("system", "")), str(one.get("value", ""))) for one in many if isinstance(one, dict)]


def _judged(work: Work, row: Row, found: Arrival) -> Fate | None:
    """Return what became of an update or deletion by what stands there now; None: it was done."""
    if found.deleted:
        return None if row.verb == "delete" else CHANGED_THERE
    if row.if_match and found.etag == row.if_match:
        return NOT_DONE
    with work.store.read() as tx:
        link = tx.links.get(work.ehr, row.type, row.local_id)
    before, now = lenient(link.base_theirs) if link else None, lenient(found.body or b"")
    if not row.if_match and same(before, now):
        return NOT_DONE
    return None if row.verb == "update" and _holds(row.type, before, lenient(row.body or b""), now) else CHANGED_THERE


def _holds(resource_type: str, before: Tree, sent: Tree, now: Tree) -> bool:
    """Whether a version holds all that was changed when it was sent."""
    if not all(isinstance(tree, dict) for tree in (before, sent, now)):
        return False
    merged = merge3(resource_type, before, sent, now)
    return not merged.conflicts and same(merged.tree, now)
