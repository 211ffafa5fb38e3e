"""What is to be done with one record: the table is whole, and what stands in the way is said."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.sync.decide import (
    DONE,
    HINDRANCES,
    IN_THE_WAY,
    INTENDED,
    REASONS,
    State,
    Verb,
    Verdict,
    intended,
    settled,
    too_many,
)

POSSIBLE = {
    (ours, theirs)
    for ours, theirs in itertools.product(State, State)
    if {ours, theirs} != {State.ABSENT, State.SAME}  # nobody agreed alone
}


def test_the_table_is_whole() -> None:
    """Every pair that can be has a row, and no other."""
    assert INTENDED.keys() == POSSIBLE


def test_nothing_is_deleted_that_somebody_changed() -> None:
    """A deletion meets a change only as a conflict."""
    for (ours, theirs), verdicts in INTENDED.items():
        if {ours, theirs} == {State.GONE, State.CHANGED}:
            assert {verdict.verb for verdict in verdicts} == {Verb.CONFLICT}


def test_a_strangers_record_is_never_deleted_there() -> None:
    """What did not come from us is only unlinked."""
    assert Verb.DELETE_THERE not in {from_them.verb for from_them, _ in INTENDED.values()}


def test_their_deletion_never_deletes_what_came_from_us() -> None:
    """The programme's own record is not deleted because a copy of it was."""
    assert Verb.DELETE_HERE not in {from_us.verb for _, from_us in INTENDED.values()}


def test_agreed_means_nothing_to_do() -> None:
    """Where neither side changed anything nothing is done."""
    assert intended(State.SAME, State.SAME, from_us=True) == Verdict(Verb.SKIP)


def test_every_reason_has_words() -> None:
    """All that the tables name is said in words."""
    named = {name for names in IN_THE_WAY.values() for name in names}
    assert named == HINDRANCES.keys()
    assert {verdict.reason for pair in INTENDED.values() for verdict in pair} <= REASONS.keys()


@pytest.mark.parametrize("verb", [Verb.CREATE, Verb.UPDATE_THERE, Verb.DELETE_THERE])
def test_nothing_leaves_without_consent(verb: Verb) -> None:
    """Whatever is to be sent, a missing consent withholds it."""
    assert settled(Verdict(verb), {"withheld": True}) == Verdict(Verb.WITHHELD, "withheld")


@given(st.sampled_from(sorted(POSSIBLE)), st.booleans(), st.sets(st.sampled_from(sorted(HINDRANCES))))
def test_a_hindrance_only_ever_prevents(pair: tuple[State, State], from_us: bool, holding: set[str]) -> None:
    """With something in the way a record is handled as intended or not at all, never otherwise."""
    intention = intended(*pair, from_us=from_us)
    verdict = settled(intention, dict.fromkeys(holding, True))
    assert verdict == intention or verdict.verb not in DONE


def test_mass_deletion() -> None:
    """More than twenty and more than a twentieth ask first."""
    assert [too_many(*pair) for pair in [(20, 20), (21, 1000), (21, 420), (21, 419)]] == [False, False, False, True]
