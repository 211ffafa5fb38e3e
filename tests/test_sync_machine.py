"""Whatever both sides do between runs, and whatever goes wrong in them: in the end both hold the same."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from sync_world import goal, plan, world

from adapter.sync.books import balanced

ELEMENTS = {
    "description": st.sampled_from([{"text": text} for text in ("walk", "sleep", "call")]),
    "startDate": st.sampled_from([None, "2026-01-01", "2026-02"]),
    "note": st.sampled_from([None, [{"text": "one"}], [{"text": "two"}, {"text": "one"}]]),
}
edits = st.fixed_dictionaries({}, optional=ELEMENTS)  # type: ignore[arg-type]
faults = st.sampled_from(["lost", "500", "503", "html", "truncated", "409", "412", "422", "drop"])
picks = st.integers(0, 20)


class Sync(RuleBasedStateMachine):
    """Goals and a plan that gathers them, on both sides."""

    def __init__(self) -> None:
        super().__init__()
        self.open = ExitStack()

    @initialize()
    def begin(self) -> None:
        self.folder = self.open.enter_context(tempfile.TemporaryDirectory())
        self.both = self.open.enter_context(world(Path(self.folder)))
        self.number = 0
        for text in ("walk", "sleep"):
            self.create_here({"description": {"text": text}})
            self.create_there({"description": {"text": text}})
        self.gather(0, 1)
        self.both.sync()

    def teardown(self) -> None:
        if hasattr(self, "both"):
            self.settle()
        self.open.close()

    def pick(self, ids: Any, pick: int) -> str | None:
        known = sorted(ids)
        return known[pick % len(known)] if known else None

    @rule(edit=edits)
    def create_here(self, edit: dict[str, Any]) -> None:
        self.number += 1
        self.both.put("Goal", f"ours-{self.number}", {**goal("walk", "Patient/ada"), **present(edit)})

    @rule(edit=edits)
    def create_there(self, edit: dict[str, Any]) -> None:
        self.number += 1
        self.both.there.put("Goal", f"theirs-{self.number}", {**goal("walk", "Patient/p1"), **present(edit)})

    @rule(first=picks, second=picks)
    def gather(self, first: int, second: int) -> None:
        goals = {self.pick(self.both.here("Goal"), n) for n in (first, second)} - {None}
        references = [{"reference": f"Goal/{own}"} for own in sorted(goals, key=str)]
        self.both.put("CarePlan", "plan", plan("plan", "Patient/ada", **({"goal": references} if goals else {})))

    @rule(pick=picks, edit=edits)
    def edit_here(self, pick: int, edit: dict[str, Any]) -> None:
        if own := self.pick(self.both.here("Goal"), pick):
            self.both.edit("Goal", own, **edit)

    @rule(pick=picks, edit=edits)
    def edit_there(self, pick: int, edit: dict[str, Any]) -> None:
        if own := self.pick(self.both.there.all("Goal"), pick):
            self.both.there.edit("Goal", own, **edit)

    @rule(pick=picks, here=edits, there=edits)
    def edit_both(self, pick: int, here: dict[str, Any], there: dict[str, Any]) -> None:
        with self.both.store.read() as tx:
            linked = {link.local_id: link.remote_id for link in tx.links.each("clinic", "Goal", "linked")}
        alive = [o for o in self.both.here("Goal") if linked.get(o) in self.both.there.all("Goal")]
        if own := self.pick(alive, pick):
            self.both.edit("Goal", own, **here)
            self.both.there.edit("Goal", linked[own], **there)

    @rule(pick=picks)
    def delete_here(self, pick: int) -> None:
        mentioned = {one["reference"] for body in self.both.here("CarePlan").values() for one in body.get("goal", [])}
        if own := self.pick([own for own in self.both.here("Goal") if f"Goal/{own}" not in mentioned], pick):
            self.both.delete("Goal", own)

    @rule(pick=picks)
    def delete_there(self, pick: int) -> None:
        plans = self.both.there.all("CarePlan").values()
        mentioned = {one["reference"] for body in plans for one in body.get("goal", [])}
        if own := self.pick([own for own in self.both.there.all("Goal") if f"Goal/{own}" not in mentioned], pick):
            self.both.there.delete("Goal", own)

    @rule(
        wrong=st.lists(
            st.tuples(st.sampled_from(["GET", "POST", "PUT", "PUT", "DELETE"]), faults), min_size=1, max_size=4
        )
    )
    def sync_through_faults(self, wrong: list[tuple[str, str]]) -> None:
        for method, fault in wrong:
            self.both.there.fault(method, "Goal|CarePlan", fault)
        assert balanced(self.both.sync().run.books)
        self.both.there.faults.clear()

    @rule(choice=st.sampled_from(["ours", "theirs"]))
    def sync_and_decide(self, choice: str) -> None:
        assert balanced(self.both.sync().run.books)
        self.decide(choice)

    def decide(self, choice: str) -> None:
        with self.both.store.read() as tx:
            open_ones = [conflict.id for conflict in tx.conflicts.each()]
        for number in open_ones:
            self.both.resolve(number, choice)

    @invariant()
    def nothing_is_created_twice(self) -> None:
        if hasattr(self, "both"):
            borne = [i["value"] for body in self.both.there.all("Goal").values() for i in body.get("identifier", [])]
            assert len(borne) == len(set(borne))

    def settle(self) -> None:
        """Let it all come to rest: runs and decisions until a run has nothing to do; then both sides say the same."""
        for _ in range(6):
            result = self.both.sync(allow_deletions=True)
            if not result.actions:
                break
            self.decide("ours")
        assert [(a.verb, a.state, a.reason, a.outcome) for a in result.actions] == []
        here = sorted(map(said, self.both.here("Goal").values()))
        kept = self.kept_there()
        assert here == sorted(said(body) for own, body in self.both.there.all("Goal").items() if own not in kept)

    def kept_there(self) -> set[str]:
        """What was deleted here and is not ours to delete there."""
        with self.both.store.read() as tx:
            return {link.remote_id for link in tx.links.each("clinic", "Goal", "ended")}


def present(edit: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in edit.items() if value is not None}


def said(body: dict[str, Any]) -> str:
    return str([body.get(name) for name in ELEMENTS])


TestSync = Sync.TestCase
TestSync.settings = settings(
    max_examples=8, stateful_step_count=10, deadline=None, suppress_health_check=list(HealthCheck)
)
