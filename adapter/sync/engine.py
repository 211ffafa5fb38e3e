"""One run: settle what is open, ask, plan, apply exactly that, close the books. Under one lease, so never two at once.

plan(work, valid)          nothing is written to the server; the plan is stored and can be applied later
apply(work, valid)         the same, then each action
apply(work, valid, run=7)  exactly the stored plan of run 7; what has changed since is set aside
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from adapter.store import Transaction
from adapter.store.runs import Action, Run
from adapter.sync.books import REPLANNED, Account, balanced, waits
from adapter.sync.decide import SENT, Verb
from adapter.sync.failpoints import commit_point
from adapter.sync.land import Hand, land
from adapter.sync.order import Key
from adapter.sync.people import Person, rostered
from adapter.sync.plan import Basis, make
from adapter.sync.pull import pull
from adapter.sync.push import push
from adapter.sync.settle import settle_all
from adapter.sync.sides import Valid
from adapter.sync.work import Work

ROUNDS = 3
"""How often a run looks again at records that somebody else wrote to at the same moment."""


class NoSuchPlan(Exception):  # noqa: N818 - says what happened
    """There is no stored plan of that number for this EHR that is still to be applied."""


@dataclass
class Result:
    """What a run came to.

    code  0 done, 1 something waits for a person or the next run, 2 something failed
    """

    run: Run
    actions: list[Action]
    failures: list[str] = field(default_factory=list)

    @property
    def code(self) -> int:
        if self.failures or not balanced(self.run.books):
            return 2
        return 1 if waits(self.run.books) else 0


def plan(work: Work, valid: Valid, *, allow_deletions: bool = False) -> Result:
    """Look and plan. Nothing is written to the server. Raises Taken where another run is at work."""
    return _leased(work, lambda: _planned(work, Hand(work, valid), allow_deletions))


def apply(work: Work, valid: Valid, *, run: int | None = None, allow_deletions: bool = False) -> Result:
    """Plan and do it, or do a stored plan. Raises Taken, NoSuchPlan."""
    return _leased(work, lambda: _applied(work, Hand(work, valid), run, allow_deletions))


def _leased(work: Work, deed: Callable[[], Result]) -> Result:
    work.begin()
    try:
        commit_point("lease taken")
        return deed()
    finally:
        work.end()


def _planned(work: Work, hand: Hand, allow_deletions: bool) -> Result:
    with work.write() as tx:
        run = tx.runs.start(work.ehr)
    work.run = run.id
    settle_all(hand)
    people = pull(work)
    account = Account()
    with work.store.read() as tx:
        made = make(work, tx, people, hand.valid, allow_deletions=allow_deletions)
    with work.write() as tx:
        account.opened(work, tx, made)
        run = tx.runs.change(run, state="planned", books=account.books(tx, run.id, work.failures))
        actions = list(tx.runs.actions(run.id))
    commit_point("plan stored")
    return Result(run, actions, work.failures)


def _applied(work: Work, hand: Hand, number: int | None, allow_deletions: bool) -> Result:
    if number is None:
        planned = _planned(work, hand, allow_deletions)
        run = planned.run
    else:
        run = _stored(work, number)
        work.run = run.id
        settle_all(hand)
    with work.write() as tx:
        run = tx.runs.change(run, state="applying")
        account = Account.of(run)
        actions = list(tx.runs.actions(run.id))
    for _ in range(ROUNDS):
        contested = _do(hand, actions)
        if not contested or work.halted:
            break
        actions = _look_again(work, hand, run, account, contested)
    commit_point("plan done")
    with work.write() as tx:
        actions = list(tx.runs.actions(run.id))
        if number is None:
            _close_conflicts(work, tx, actions)
        state = "failed" if work.failures else "done"
        run = tx.runs.change(run, state=state, ended=tx.at, books=account.books(tx, run.id, work.failures))
    commit_point("books closed")
    return Result(run, actions, work.failures)


def _stored(work: Work, number: int) -> Run:
    with work.store.read() as tx:
        run = tx.runs.get(number)
    if run is None or run.ehr != work.ehr or run.state != "planned":
        raise NoSuchPlan(f"run {number} is no plan for {work.ehr} that is still to be applied")
    return run


def _do(hand: Hand, actions: Iterable[Action]) -> set[Key]:
    """Do actions in their order, and return the records that somebody else wrote to at the same moment."""
    work, todo = hand.work, list(actions)
    states: dict[int, str] = {}
    contested: set[Key] = set()
    hand.adopting = {
        **hand.adopting,
        **{(one.type, one.remote_id): one.local_id for one in todo if one.verb == Verb.ADOPT},
    }
    for number, action in enumerate(todo):
        basis = Basis.read(action.detail)
        if action.state == "planned":
            after = _one(hand, action, basis, states)
            if after.state == REPLANNED:
                contested.add((action.type, action.local_id))
            states[action.position] = after.state
            if number % 25 == 24:
                work.say(f"{number + 1} of {len(todo)} done")
        else:
            states[action.position] = action.state
    return contested


def _one(hand: Hand, action: Action, basis: Basis, states: dict[int, str]) -> Action:
    verb = Verb(action.verb)
    blocked = next((n for n in basis.needs if states.get(n, "done") not in ("done", "skip")), None)
    if blocked is not None or (verb in SENT and hand.work.halted):
        with hand.work.write() as tx:
            replanned = states.get(blocked) == REPLANNED if blocked is not None else False
            reason = "changed-since" if replanned else "stopped" if blocked is None else "blocked"
            return tx.runs.settle(action, "set-aside", reason)
    if verb in SENT:
        return push(hand, action, basis)
    return land(hand, action, basis)


def _look_again(work: Work, hand: Hand, run: Run, account: Account, contested: set[Key]) -> list[Action]:
    """Plan anew for the records that somebody else wrote to while we did."""
    with work.store.read() as tx:
        people: list[Person] = rostered(work, tx)
        made = make(work, tx, people, hand.valid, only=frozenset(contested), allow_deletions=True)
    with work.write() as tx:
        before = sum(1 for _ in tx.runs.actions(run.id))
        made.actions = [_shifted(action, before) for action in made.actions]
        for key in contested:
            hand.moved.pop(key, None)
        account.continued(tx, made, contested)
    return made.actions


def _shifted(action: Action, by: int) -> Action:
    basis = Basis.read(action.detail)
    moved = replace(basis, needs=tuple(need + by for need in basis.needs))
    return replace(action, position=action.position + by, detail=moved.written())


def _close_conflicts(work: Work, tx: Transaction, actions: list[Action]) -> None:
    """Close conflicts that are none any more: one side came round to the other."""
    open_ones = {(action.type, action.local_id) for action in actions if action.state == "conflict"}
    for conflict in list(tx.conflicts.each(work.ehr)):
        if (conflict.type, conflict.local_id) not in open_ones:
            tx.conflicts.resolve(conflict, "came round: the sides do not differ any more")
