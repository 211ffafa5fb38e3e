"""Both sides converge, a server's normalisation is never an edit, and nothing that was withheld is lost."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from adapter.sync.agree import Agreed, bare, decided, same, sent, united
from mappings.merge.carry import carry
from mappings.tree import Number

Goal = dict[str, Any]

texts = st.sampled_from(["walk", "sleep", "call", "rest"])
notes = st.lists(st.builds(lambda text: {"text": text}, texts), max_size=3, unique_by=lambda note: note["text"])
targets = st.lists(
    st.builds(lambda m, n: {"measure": {"text": m}, "detailInteger": Number(str(n))}, texts, st.integers(0, 3)),
    max_size=3,
    unique_by=lambda target: target["measure"]["text"],
)
elements = st.fixed_dictionaries(
    {"description": st.builds(lambda text: {"text": text}, texts)},
    optional={
        "lifecycleStatus": st.sampled_from(["active", "on-hold"]),
        "achievementStatus": st.builds(lambda text: {"text": text}, texts),
        "startDate": st.sampled_from(["2026", "2026-01", "2026-01-02"]),
        "note": notes,
        "target": targets,
        "addresses": st.lists(
            st.builds(lambda n: {"reference": f"Condition/{n}"}, st.integers(1, 4)),
            max_size=3,
            unique_by=lambda reference: reference["reference"],
        ),
        "extension": st.lists(
            st.builds(lambda n: {"url": f"https://x.example/{n}", "valueBoolean": True}, st.integers(1, 3)),
            max_size=2,
            unique_by=lambda extension: extension["url"],
        ),
    },
)
goals = elements.map(lambda found: {"resourceType": "Goal", "id": "g", **{k: v for k, v in found.items() if v != []}})


def changed(goal: Goal, edit: dict[str, Any]) -> Goal:
    return {name: node for name, node in {**goal, **edit}.items() if node not in (None, [])}


edits = st.fixed_dictionaries(
    {},
    optional={
        "description": st.builds(lambda text: {"text": text}, texts),
        "lifecycleStatus": st.sampled_from(["active", "on-hold"]),
        "startDate": st.sampled_from([None, "2026", "2026-02"]),
        "note": notes,
        "target": targets,
    },
)


def kept(goal: Goal) -> Goal:
    """What a server makes of a goal: it adds an identifier and a profile, and drops what it does not know."""
    left = {name: node for name, node in goal.items() if name != "extension"}
    return {**left, "identifier": [{"value": "server"}], "meta": {"profile": ["p"], "versionId": "4"}}


@given(goals, edits)
def test_only_they_changed(goal: Goal, edit: dict[str, Any]) -> None:
    """Where only they changed something they keep theirs, we take the change alone, and nothing is left to send."""
    agreed = Agreed(goal, kept(goal))
    theirs = changed(agreed.theirs, edit)
    out = united("Goal", agreed, goal, theirs)
    assert out.there is theirs
    assert out.here == changed(goal, edit)
    assert sent("Goal", Agreed(out.agreed, theirs), out.here) is theirs


@given(goals, edits)
def test_only_we_changed(goal: Goal, edit: dict[str, Any]) -> None:
    """Where only we changed something ours stays as it is, and they get the change and nothing else."""
    agreed = Agreed(goal, kept(goal))
    ours = changed(goal, edit)
    out = united("Goal", agreed, ours, agreed.theirs)
    assert same(out.here, ours)
    assert same(out.there, changed(agreed.theirs, edit))
    assert out.agreed == goal


@given(goals, edits, edits)
def test_what_is_sent_is_what_was_merged(goal: Goal, ours: Goal, theirs: Goal) -> None:
    """Single elements stand on both sides as whoever changed them left them."""
    agreed = Agreed(goal, kept(goal))
    here, there = changed(goal, ours), changed(agreed.theirs, theirs)
    out = united("Goal", agreed, here, there)
    for name in ("description", "lifecycleStatus", "startDate") if not out.clashes else ():
        by = here if here.get(name) != goal.get(name) else there
        assert out.here.get(name) == out.there.get(name) == by.get(name)


@given(goals, edits, edits)
def test_both_converge(goal: Goal, ours: Goal, theirs: Goal) -> None:
    """Once both hold the outcome, neither has anything to say."""
    agreed = Agreed(goal, kept(goal))
    out = united("Goal", agreed, changed(goal, ours), changed(agreed.theirs, theirs))
    if not out.clashes:
        again = united("Goal", Agreed(out.here, out.there), out.here, out.there)
        assert (again.here, again.there) == (out.here, out.there)


@given(goals, edits, edits, st.booleans())
def test_a_decision_always_settles(goal: Goal, ours: Goal, theirs: Goal, for_us: bool) -> None:
    """Whatever clashed, a decision leaves nothing open, and what it says is what is sent."""
    agreed = Agreed(goal, kept(goal))
    here, there = changed(goal, ours), changed(agreed.theirs, theirs)
    out = decided("Goal", agreed, here, there, for_us=for_us)
    assert not out.clashes
    for name, wish in (ours if for_us else theirs).items():
        if name in ("lifecycleStatus", "description", "startDate") and wish != goal.get(name):
            assert out.there.get(name) == out.here.get(name) == wish
    again = united("Goal", Agreed(out.here, out.there), out.here, out.there)
    assert (again.here, again.there) == (out.here, out.there)


@given(goals, goals, goals)
def test_a_carried_change_is_all_there(before: Goal, after: Goal, onto: Goal) -> None:
    """A change carried onto anything decides every single element that it touches."""
    made = carry("Goal", before, after, onto)
    for name in ("description", "startDate"):
        if before.get(name) != after.get(name):
            assert made.get(name) == after.get(name)
        else:
            assert made.get(name) == onto.get(name)


@given(goals, goals)
def test_carrying_onto_itself(before: Goal, after: Goal) -> None:
    """Carried onto what it was made to, a change gives what it made of it; no change gives the same object."""
    assert same(carry("Goal", before, after, before), after)
    assert carry("Goal", before, before, after) is after


def test_what_a_server_writes_of_itself_is_no_change() -> None:
    """id, versionId, lastUpdated and source say nothing about the record."""
    one = {"id": "1", "meta": {"versionId": "1", "lastUpdated": "x", "source": "#a"}, "status": "active"}
    assert same(one, {"status": "active"})
    assert bare({"meta": {"profile": ["p"], "source": "#a"}}) == {"meta": {"profile": ["p"]}}
