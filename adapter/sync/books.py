"""Did it all go over? Every record that a run looked at has one outcome; pull and push are counted apart.

    pull   what the server showed, and what earlier runs had left: adopt, update-here, merge, delete-here, unchanged …
    push   what we hold of persons on the roster and of nobody: create, update-there, delete-there, unchanged …
           (a record of a circle of references is written twice, and counts twice)

The outcomes are counted from the actions as they are written down, so that anybody can count them again.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from adapter.store import Transaction
from adapter.store.runs import Action, Run
from adapter.sync.decide import FOR_A_PERSON
from adapter.sync.order import Key
from adapter.sync.plan import Plan
from adapter.sync.work import Work

REPLANNED = "replanned"
"""State of an action in whose place a later one of the same run stands."""

WAITS = frozenset({*map(str, FOR_A_PERSON), "set-aside", "unknown"})


def outcome(action: Action) -> str:
    """Return the column in which an action is counted; one that is still to be done counts as done."""
    return action.verb if action.state in ("done", "planned") else action.state


def counted(tx: Transaction, run: int) -> dict[str, Counter[str]]:
    """Count a run's actions, once more or for the first time."""
    found: dict[str, Counter[str]] = {"pull": Counter(), "push": Counter()}
    for action in tx.runs.actions(run):
        if action.state != REPLANNED:
            found[action.side][outcome(action)] += 1
    return found


def balanced(of: dict[str, Any]) -> bool:
    """Whether every eligible record has an outcome, and no more than one."""
    return all(
        sum(number for name, number in of[side].items() if name != "eligible") == of[side]["eligible"]
        for side in ("pull", "push")
        if side in of
    )


def waits(of: dict[str, Any]) -> bool:
    """Whether anything waits for a person or for the next run."""
    return any(of.get(side, {}).get(name) for side in ("pull", "push") for name in WAITS)


@dataclass
class Account:
    """What the books of a run are made from besides its actions.

    eligible  how many records were looked at, by side
    idle      of these, how many needed no action, and why, by side
    """

    eligible: Counter[str] = field(default_factory=Counter)
    idle: dict[str, Counter[str]] = field(default_factory=lambda: {"pull": Counter(), "push": Counter()})

    @classmethod
    def of(cls, run: Run) -> Account:
        """Take the account of a stored plan up again."""
        kept = run.books.get("account", {})
        idle = {side: Counter(kept.get("idle", {}).get(side, {})) for side in ("pull", "push")}
        return cls(Counter(kept.get("eligible", {})), idle)

    def opened(self, work: Work, tx: Transaction, made: Plan) -> None:
        """Write the plan of a run down, and count what was looked at for it."""
        tx.runs.plan(made.actions)
        for arrival in made.spent:
            tx.inbox.remove(work.ehr, arrival.type, arrival.remote_id)
        pulled = [action for action in made.actions if action.side == "pull"]
        relinked = {(one.type, one.remote_id) for one in pulled if one.reason == "target-arrived"}  # nothing arrived
        left = {(one.type, one.remote_id) for one in pulled} - relinked  # some of earlier runs
        left |= {(one.type, one.remote_id) for one in made.spent}
        self.eligible["pull"] = len(left | work.seen.keys()) + len(relinked)
        self.idle["pull"] = Counter(state for state in work.seen.values() if state != "inbox")
        self.idle["pull"]["unchanged"] += len(made.spent)
        self.idle["push"] = Counter(made.idle)
        self.eligible["push"] = made.eligible

    def continued(self, tx: Transaction, made: Plan, contested: set[Key]) -> None:
        """Write down what a run adds to its plan for records whose first action there is void."""
        tx.runs.plan(made.actions)
        self.eligible["pull"] += sum(action.side == "pull" for action in made.actions)
        self.eligible["push"] += sum(action.side == "push" for action in made.actions)
        self.eligible["push"] += sum(made.idle.values()) - len(contested)
        self.idle["push"] += made.idle

    def books(self, tx: Transaction, run: int, failures: list[str]) -> dict[str, Any]:
        """Return the books as they stand."""
        done = counted(tx, run)
        sides = {side: {"eligible": self.eligible[side], **dict(sorted((self.idle[side] + done[side]).items()))}
                 for side in ("pull", "push")}  # fmt: skip
        kept = {"eligible": dict(self.eligible), "idle": {side: dict(n) for side, n in self.idle.items()}}
        return {**sides, "failures": list(failures), "account": kept}
