"""Two sides are kept in step: what changes on one arrives on the other, once, and nothing else does."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sync_world import World, goal, plan, tallies, world

from adapter.sync.books import balanced


@pytest.fixture
def both(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path) as made:
        yield made


def test_what_they_have_is_adopted(both: World) -> None:
    """Their records of a person of the roster arrive under our ids, with our references."""
    both.there.put("Goal", "g1", goal("walk", "Patient/p1"))
    both.there.put("CarePlan", "c1", plan("a", "Patient/p1", goal=[{"reference": "Goal/g1"}]))
    result = both.sync()
    assert result.failures == []
    [(own, body)] = both.here("CarePlan").items()
    assert body["subject"] == {"reference": "Patient/ada"}
    assert body["goal"] == [{"reference": f"Goal/{both.local('Goal', 'g1')}"}]
    assert own == both.local("CarePlan", "c1")
    assert tallies(result)["pull"] == {"eligible": 3, "adopt": 2, "person linked": 1}
    assert result.code == 0
    assert both.there.writes() == []


def test_what_we_have_is_created_once(both: World) -> None:
    """Our records of a person of the roster are created there with our identifier, targets first, circles closed."""
    both.put("Goal", "g", goal("walk", "Patient/ada"))
    both.put(
        "ServiceRequest",
        "r",
        {
            "resourceType": "ServiceRequest",
            "status": "active",
            "intent": "plan",
            "subject": {"reference": "Patient/ada"},
            "basedOn": [{"reference": "CarePlan/c"}],
        },
    )
    activity = [{"reference": {"reference": "ServiceRequest/r"}}]
    both.put("CarePlan", "c", plan("a", "Patient/ada", goal=[{"reference": "Goal/g"}], activity=activity))
    result = both.sync()
    assert result.failures == []
    [request] = both.there.all("ServiceRequest").values()
    [careplan] = both.there.all("CarePlan").values()
    assert request["basedOn"] == [{"reference": f"CarePlan/{both.remote('CarePlan', 'c')}"}]
    assert careplan["goal"] == [{"reference": f"Goal/{both.remote('Goal', 'g')}"}]
    assert careplan["subject"] == {"reference": "Patient/p1"}
    system, value = both.store.identifier("CarePlan", "c")
    assert careplan["identifier"] == [{"system": system, "value": value}]
    assert [seen.method for seen in both.there.writes()] == ["POST", "POST", "POST", "PUT"]
    assert tallies(result)["push"] == {"eligible": 5, "create": 3, "unchanged": 1, "update-there": 1}
    assert result.code == 0


def test_a_second_run_does_nothing(both: World) -> None:
    """After a run nothing is left to do, on either side."""
    both.there.put("Goal", "g1", goal("walk", "Patient/p1"))
    both.put("Goal", "g", goal("sleep", "Patient/ada"))
    both.sync()
    before, writes = both.versions(), len(both.there.writes())
    result = both.sync()
    assert both.versions() == before
    assert len(both.there.writes()) == writes
    assert result.actions == []
    assert result.code == 0


def test_edits_go_both_ways(both: World) -> None:
    """An edit there arrives here, an edit here arrives there, two of different elements are merged."""
    for own in ("one", "two", "three"):
        both.there.put("Goal", own, goal("walk", "Patient/p1"))
    both.sync()
    one, two, three = (both.local("Goal", own) for own in ("one", "two", "three"))
    both.there.edit("Goal", "one", lifecycleStatus="on-hold")
    both.edit("Goal", two, lifecycleStatus="cancelled")
    both.there.edit("Goal", "three", lifecycleStatus="completed")
    both.edit("Goal", three, note=[{"text": "well done"}])
    result = both.sync()
    assert both.get("Goal", one)["lifecycleStatus"] == "on-hold"
    assert both.there.get("Goal", "two")["lifecycleStatus"] == "cancelled"  # type: ignore[index]
    for merged in (both.get("Goal", three), both.there.get("Goal", "three") or {}):
        assert (merged["lifecycleStatus"], merged["note"]) == ("completed", [{"text": "well done"}])
    assert tallies(result)["pull"] == {"eligible": 4, "merge": 1, "unchanged": 2, "update-here": 1}
    assert tallies(result)["push"] == {"eligible": 4, "unchanged": 2, "update-there": 2}
    assert {seen.headers.get("if-match") for seen in both.there.writes("PUT")} == {'W/"1"', 'W/"2"'}
    assert both.sync().actions == []


def test_a_conflict_waits_and_nothing_else_does(both: World) -> None:
    """What both sides changed waits with all its sides; a second run leaves it one conflict; the rest goes on."""
    both.there.put("Goal", "one", goal("walk", "Patient/p1"))
    both.there.put("Goal", "two", goal("sleep", "Patient/p1"))
    both.sync()
    one = both.local("Goal", "one")
    both.there.edit("Goal", "one", description={"text": "run"})
    both.edit("Goal", one, description={"text": "swim"})
    both.there.edit("Goal", "two", description={"text": "rest"})
    result = both.sync()
    assert result.code == 1
    assert both.get("Goal", both.local("Goal", "two"))["description"] == {"text": "rest"}
    again = both.sync()
    assert again.code == 1
    with both.store.read() as tx:
        [conflict] = tx.conflicts.each(both.name, state=None)
    assert conflict.paths == ("Goal.description",)
    assert (b"swim" in conflict.ours, b"run" in conflict.theirs, b"walk" in conflict.base_ours) == (True, True, True)
    assert both.there.writes() == []


@pytest.mark.parametrize(("choice", "text"), [("ours", "swim"), ("theirs", "run")])
def test_a_decision_settles_a_conflict(both: World, choice: str, text: str) -> None:
    """What a person decided stands on both sides after the next run; what only one side changed stands anyway."""
    both.there.put("Goal", "one", goal("walk", "Patient/p1"))
    both.sync()
    one = both.local("Goal", "one")
    both.there.edit("Goal", "one", description={"text": "run"}, startDate="2026-02-02")
    both.edit("Goal", one, description={"text": "swim"}, note=[{"text": "daily"}])
    both.sync()
    both.resolve(1, choice)
    assert both.sync().code == 0
    for record in (both.get("Goal", one), both.there.get("Goal", "one") or {}):
        assert record["description"] == {"text": text}
        assert (record["startDate"], record["note"]) == ("2026-02-02", [{"text": "daily"}])
    assert both.sync().actions == []


def test_deletions(both: World) -> None:
    """Theirs deleted there is deleted here; theirs deleted here is kept there; ours deleted here is deleted there."""
    both.there.put("Goal", "one", goal("walk", "Patient/p1"))
    both.there.put("Goal", "two", goal("sleep", "Patient/p1"))
    both.put("Goal", "ours", goal("call", "Patient/ada"))
    both.put("Goal", "kept", goal("rest", "Patient/ada"))
    both.sync()
    two, ours = both.local("Goal", "two"), both.remote("Goal", "ours")
    both.there.delete("Goal", "one")
    both.delete("Goal", two)
    both.delete("Goal", "ours")
    both.there.delete("Goal", both.remote("Goal", "kept"))
    result = both.sync()
    assert set(both.here("Goal")) == {"kept"}
    assert set(both.there.all("Goal")) == {"two"}
    assert ours not in both.there.all("Goal")
    assert tallies(result)["pull"] == {"eligible": 5, "conflict": 1, "delete-here": 1, "unchanged": 3}
    assert {k: v for k, v in tallies(result)["push"].items() if "unchanged" not in k} == {
        "eligible": 5,
        "conflict": 1,
        "delete-there": 1,
        "unlink": 1,
    }
    both.resolve(1, "ours")
    both.sync()
    assert {body["description"]["text"] for body in both.there.all("Goal").values()} == {"sleep", "rest"}
    assert both.sync().actions == []


def test_books_balance_and_can_be_counted_again(both: World) -> None:
    """Each record that was looked at has one outcome."""
    both.there.put("Goal", "one", goal("walk", "Patient/p1"))
    both.there.put("Patient", "p9", {"resourceType": "Patient"})
    both.there.put("Goal", "else", goal("walk", "Patient/p9"))
    both.put("Goal", "ours", goal("call", "Patient/ada"))
    for result in (both.sync(), both.sync()):
        assert balanced(result.run.books)
