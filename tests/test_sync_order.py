"""Records are created after what they refer to, and circles are closed."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from adapter.sync.order import Key, Step, ordered
from adapter.sync.scope import RANK


def rank(key: Key) -> tuple[int, str]:
    return RANK[key[0]], key[1]


PLAN, GOAL, REQUEST = ("CarePlan", "p"), ("Goal", "g"), ("ServiceRequest", "r")


def test_targets_first() -> None:
    """What a plan gathers is created before the plan."""
    assert ordered({PLAN: {GOAL, REQUEST}, GOAL: set(), REQUEST: set()}, rank) == [
        Step(GOAL),
        Step(REQUEST),
        Step(PLAN),
    ]


def test_a_circle() -> None:
    """A request that is based on the plan that lists it is created without it and completed afterwards."""
    assert ordered({PLAN: {REQUEST}, REQUEST: {PLAN}}, rank) == [
        Step(REQUEST, frozenset({PLAN})),
        Step(PLAN),
        Step(REQUEST, again=True),
    ]


def test_a_long_chain_needs_no_recursion() -> None:
    """Ten thousand goals in a row are ordered."""
    chain = {("Goal", f"{n:05}"): {("Goal", f"{n + 1:05}")} for n in range(10_000)}
    steps = ordered(chain, rank)
    assert [step.key for step in steps] == sorted(chain, reverse=True)


keys = st.tuples(st.sampled_from(["Goal", "ServiceRequest", "CarePlan"]), st.sampled_from("abcd"))


@given(st.dictionaries(keys, st.sets(keys, max_size=4), max_size=9))
def test_every_reference_has_its_target(needs: dict[Key, set[Key]]) -> None:
    """Each key is created once; each reference is there when it is sent, or left out and added once."""
    there: set[Key] = set()
    complete: set[Key] = set()
    for step in ordered(needs, rank):
        assert (step.key in there) == step.again
        sent = {target for target in needs[step.key] if target in needs} - step.without
        assert sent <= there
        assert step.without <= needs[step.key]
        assert not step.without & (there - {step.key})
        there.add(step.key)
        if not step.without:
            assert step.key not in complete
            complete.add(step.key)
    assert complete == needs.keys()


@given(st.dictionaries(keys, st.sets(keys, max_size=4), max_size=9))
def test_only_circles_are_opened(needs: dict[Key, set[Key]]) -> None:
    """A reference is left out only where its target leads back to the record."""
    for step in ordered(needs, rank):
        for target in step.without:
            reached, ahead = set(), [target]
            while ahead:
                key = ahead.pop()
                if key not in reached and key in needs:
                    reached.add(key)
                    ahead += needs[key]
            assert step.key in reached
