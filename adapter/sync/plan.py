"""A run's actions, in the order in which they are done, each with what it rests on. Reads the store, writes nothing.

What arrived is dealt with first; then what is sent, a reference's target before what refers to it; deletions last.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from adapter.store import Transaction
from adapter.store.inbox import Arrival
from adapter.store.runs import Action
from adapter.sync.decide import DONE, Verb, Verdict, too_many
from adapter.sync.desk import Desk, digest
from adapter.sync.judge import Judgement
from adapter.sync.order import Key, Step, ordered
from adapter.sync.people import Person
from adapter.sync.scope import CARRIED, RANK
from adapter.sync.sides import Valid, leave_out
from adapter.sync.translate import relative
from adapter.sync.work import Work
from mappings.merge import Change, Clash


@dataclass(frozen=True)
class Basis:
    """What an action rests on: if any of it is another when its turn comes, it is set aside.

    ours      our version, 0 where we have none
    etag      what the server called the version that we last agreed on
    arrived   digest of what arrived, "" where nothing did
    without   references that are left out, to be added when their targets are there
    needs     positions of the actions that must be done before
    """

    ours: int = 0
    etag: str = ""
    arrived: str = ""
    without: tuple[str, ...] = ()
    needs: tuple[int, ...] = ()
    changes: tuple[tuple[str, str], ...] = ()

    def written(self) -> bytes:
        return json.dumps(self.__dict__).encode()

    @classmethod
    def read(cls, detail: bytes) -> Basis:
        found = json.loads(detail)
        return cls(**{name: _tuples(value) for name, value in found.items()})


def _tuples(value: Any) -> Any:
    return tuple(map(_tuples, value)) if isinstance(value, list) else value


@dataclass
class Plan:
    """The actions of a run, and how many records need none.

    eligible  records of ours that were looked at
    idle      of these, how many need nothing, by why: unchanged, conflict
    spent     what arrived and turned out to be nothing new
    """

    actions: list[Action] = field(default_factory=list)
    eligible: int = 0
    idle: Counter[str] = field(default_factory=Counter)
    spent: list[Arrival] = field(default_factory=list)


def make(
    work: Work,
    tx: Transaction,
    people: list[Person],
    valid: Valid,
    *,
    allow_deletions: bool = False,
    only: frozenset[Key] = frozenset(),
) -> Plan:
    """Plan a run from what the store holds: our documents, the links, the inbox. `only`: these records, no others."""
    desk = Desk(work, tx, people, valid)
    plan = Plan()
    found = []
    for sides in desk.records():
        if only and (sides.type, sides.local_id) not in only:
            continue
        judgement = desk.judge(sides)
        alive = sides.ours is not None and not sides.ours.deleted
        plan.eligible += alive or judgement.there is not None
        if alive and judgement.there is None:
            plan.idle["conflict" if judgement.here and judgement.here.verb is Verb.CONFLICT else "unchanged"] += 1
        if judgement.here is not None or judgement.there is not None:
            found.append(judgement)
        elif sides.arrival is not None:
            plan.spent.append(sides.arrival)
    if not allow_deletions:
        found = _braked(found, desk.linked)
    plan.actions = Writer(work.run).written(found, desk, with_people=not only)
    plan.eligible += sum(one.side == "push" and one.type == "Patient" and not one.remote_id for one in plan.actions)
    plan.eligible += sum(one.reason == "again" for one in plan.actions)
    return plan


def _braked(found: list[Judgement], linked: int) -> list[Judgement]:
    deletions = (Verb.DELETE_HERE, Verb.DELETE_THERE)
    number = sum(v.verb in deletions for j in found for v in (j.here, j.there) if v is not None)
    if not too_many(number, linked):
        return found
    held = Verdict(Verb.WAITING, "many-deletions")
    return [
        replace(
            j,
            here=held if j.here is not None and j.here.verb in deletions else j.here,
            there=held if j.there is not None and j.there.verb in deletions else j.there,
        )
        for j in found
    ]


class Writer:
    """Puts what records need in order, as the actions of a run."""

    def __init__(self, run: int) -> None:
        self._run = run
        self._actions: list[Action] = []
        self._at: dict[tuple[str, Key], int] = {}

    def written(self, found: list[Judgement], desk: Desk, *, with_people: bool = True) -> list[Action]:
        """Return the actions: people, what arrived, what is sent, deletions there."""
        for person in desk.people_waiting() if with_people else ():
            own = person.here.partition("/")[2]
            self._say("push", Verdict(Verb.WAITING, person.standing), ("Patient", own))
        for arrival in desk.patients_waiting() if with_people else ():
            verdict = Verdict(Verb.WAITING, "person-ambiguous")
            self._say("pull", verdict, ("Patient", ""), arrival.remote_id)
        for judgement in sorted(found, key=_deletions_last):
            if judgement.here is not None:
                self._write("pull", judgement, judgement.here)
        sent = {_key(j): j for j in found if j.there and j.there.verb in (Verb.CREATE, Verb.UPDATE_THERE)}
        self._sent(_targeted(sent, desk), desk)
        rest = [j for j in found if j.there is not None and _key(j) not in sent]
        for judgement in sorted(rest, key=_rank, reverse=True):
            assert judgement.there is not None
            self._write("push", judgement, judgement.there)
        return self._actions

    def _sent(self, sent: Mapping[Key, Judgement], desk: Desk) -> None:
        going = {k: j for k, j in sent.items() if j.there is not None and j.there.verb in DONE}
        needs = {key: _missing(judgement) & going.keys() for key, judgement in going.items()}
        for step in ordered(needs, lambda key: (RANK[key[0]], key[1])):
            self._step(step, going[step.key], needs[step.key], desk)
        for key in sorted(sent.keys() - going.keys()):
            there = sent[key].there
            assert there is not None
            self._write("push", sent[key], there)

    def _step(self, step: Step, judgement: Judgement, needs: set[Key], desk: Desk) -> None:
        own = self._at.get(("push", step.key))
        before = [self._at["push", key] for key in sorted(needs - step.without) if ("push", key) in self._at]
        if step.again:
            verdict = Verdict(Verb.UPDATE_THERE, "again")
            self._write("push", judgement, verdict, needs=(*before, *([own] if own is not None else [])))
            return
        assert judgement.there is not None
        assert judgement.sending is not None
        without = tuple(sorted(x for x in judgement.sending.missing if _named(x) in step.without))
        verdict = judgement.there
        if without and not desk.valid(leave_out(judgement.sending.tree, frozenset(without))):
            verdict = Verdict(Verb.COULD_NOT_BE_SENT, "circle")
        self._write("push", judgement, verdict, needs=tuple(before), without=without)

    def _write(
        self,
        side: str,
        judgement: Judgement,
        verdict: Verdict,
        *,
        needs: tuple[int, ...] = (),
        without: tuple[str, ...] = (),
    ) -> None:
        sides = judgement.sides
        if side == "push" and judgement.follows:
            needs = (*needs, self._at["pull", _key(judgement)])
        changes: tuple[Change | Clash, ...] = judgement.changes.get("here" if side == "pull" else "there", ())
        if verdict.verb is Verb.CONFLICT and judgement.landing is not None:
            changes = judgement.landing.clashes
        basis = Basis(
            sides.ours.version if sides.ours else 0,
            sides.link.etag if sides.link else "",
            digest(sides.arrival),
            without,
            needs,
            tuple((change.path, getattr(change, "kind", "clash")) for change in changes),
        )
        self._at.setdefault((side, _key(judgement)), len(self._actions))
        self._say(side, verdict, _key(judgement), sides.remote_id, basis)

    def _say(self, side: str, verdict: Verdict, key: Key, remote_id: str = "", basis: Basis | None = None) -> None:
        state = "planned" if verdict.verb in DONE or verdict.verb is Verb.CONFLICT else str(verdict.verb)
        detail = (basis or Basis()).written()
        position = len(self._actions)
        self._actions.append(
            Action(self._run, position, side, str(verdict.verb), *key, remote_id, verdict.reason, detail, state)
        )


def _rank(judgement: Judgement) -> tuple[int, str]:
    return RANK[judgement.sides.type], judgement.sides.local_id


def _deletions_last(judgement: Judgement) -> tuple[bool, int, str]:
    """What refers to a record is brought up to date before the record is deleted."""
    return bool(judgement.here and judgement.here.verb is Verb.DELETE_HERE), *_rank(judgement)


def _key(judgement: Judgement) -> Key:
    return judgement.sides.type, judgement.sides.local_id


def _named(literal: str) -> Key:
    named = relative(literal)
    return (named.type, named.id) if named else ("", literal)


def _missing(judgement: Judgement) -> set[Key]:
    return {_named(literal) for literal in judgement.sending.missing} if judgement.sending else set()


def _targeted(sent: Mapping[Key, Judgement], desk: Desk) -> dict[Key, Judgement]:
    """Return what is to be sent, with a word on each whose targets will not be there, and on what refers to it."""
    left = dict(sent)
    while True:
        going = {key for key, j in left.items() if j.there is not None and j.there.verb in DONE}
        stuck = {key: _missing(left[key]) - going for key in going if _missing(left[key]) - going}
        if not stuck:
            return left
        for key, targets in stuck.items():
            left[key] = replace(left[key], there=_without_target(targets, desk))


def _without_target(targets: set[Key], desk: Desk) -> Verdict:
    for kind, own in sorted(targets):
        document = desk.tx.documents.get(kind, own) if kind in CARRIED else None
        if document is None or document.deleted:
            return Verdict(Verb.COULD_NOT_BE_SENT, "target-not-carried")
    return Verdict(Verb.WAITING, "target-not-there")
