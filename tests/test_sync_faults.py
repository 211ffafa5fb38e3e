"""What goes wrong on the way is said, settled, and never done twice or halfway."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from sync_world import SYSTEM, World, goal, patient, plan, tallies, world

from adapter.store.leases import Taken
from adapter.sync import engine


@pytest.fixture
def both(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path) as made:
        yield made


def texts(records: dict[str, dict[str, object]]) -> list[str]:
    return sorted(body["description"]["text"] for body in records.values())  # type: ignore[index]


@pytest.mark.parametrize("fault", ["lost", "html", "truncated"])
def test_a_lost_answer_to_a_create_is_looked_for(both: World, fault: str) -> None:
    """The record was created and nobody heard of it: it is found by our identifier, in the same run, and linked."""
    both.put("Goal", "g", goal("walk", "Patient/ada"))
    both.there.fault("POST", "Goal", fault)
    assert both.sync().code == 0
    assert both.sync().actions == []
    assert texts(both.there.all("Goal")) == ["walk"]
    assert len(both.there.writes("POST")) == 1


@pytest.mark.parametrize("fault", ["lost", "html", "truncated"])
def test_a_lost_answer_to_an_update_is_looked_for(both: World, fault: str) -> None:
    """The change was made and nobody heard of it: it is seen to be there."""
    both.there.put("Goal", "one", goal("walk", "Patient/p1"))
    both.sync()
    both.edit("Goal", both.local("Goal", "one"), description={"text": "run"})
    both.there.fault("PUT", "Goal", fault)
    assert both.sync().code == 0
    assert both.sync().actions == []
    assert len(both.there.writes("PUT")) == 1


def test_a_request_that_was_never_done_is_sent_anew(both: World) -> None:
    """A 500 says nothing: nothing is found in the same run, so the record waits; the next run sends it, once."""
    both.put("Goal", "g", goal("walk", "Patient/ada"))
    both.there.fault("POST", "Goal", "500")
    first = both.sync()
    assert (first.code, [action.state for action in first.actions]) == (1, ["unknown"])
    assert both.sync().code == 0
    assert texts(both.there.all("Goal")) == ["walk"]
    assert both.sync().actions == []


def test_a_lost_answer_after_which_somebody_else_wrote(both: World) -> None:
    """Our change was made, its answer lost, and another writer came after: both changes stand on both sides."""
    both.there.put("Goal", "one", goal("walk", "Patient/p1"))
    both.sync()
    own = both.local("Goal", "one")
    both.edit("Goal", own, description={"text": "run"})
    both.there.fault("PUT", "Goal", "lost")
    both.there.fault("GET", "Goal/one$", "500")  # and the server cannot be asked in this run
    assert both.sync().code == 2
    both.there.edit("Goal", "one", note=[{"text": "theirs"}])
    both.sync()
    both.sync()
    for record in (both.get("Goal", own), both.there.get("Goal", "one") or {}):
        assert (record["description"], record["note"]) == ({"text": "run"}, [{"text": "theirs"}])
    assert both.sync().actions == []


@pytest.mark.parametrize("stale", [412, 409])
def test_somebody_else_writes_at_the_same_moment(both: World, stale: int) -> None:
    """A stale If-Match, 412 or 409, is looked at anew in the same run: nobody's change is lost."""
    both.there.stale = stale
    both.there.put("Goal", "one", goal("walk", "Patient/p1"))
    both.sync()
    own = both.local("Goal", "one")
    both.edit("Goal", own, description={"text": "run"})
    planned = both.plan()
    both.there.edit("Goal", "one", note=[{"text": "theirs"}])
    result = both.sync(run=planned.run.id)
    assert result.code == 0
    for record in (both.get("Goal", own), both.there.get("Goal", "one") or {}):
        assert (record["description"], record["note"]) == ({"text": "run"}, [{"text": "theirs"}])
    assert tallies(result)["push"] == {"eligible": 2, "unchanged": 1, "update-there": 1}
    assert both.sync().actions == []


def test_a_refused_record_stops_no_other(both: World) -> None:
    """What the server does not accept is reported; what refers to it is not sent; everything else is."""
    both.put("Goal", "bad", goal("walk", "Patient/ada"))
    both.put("Goal", "good", goal("sleep", "Patient/ada"))
    both.put("CarePlan", "c", plan("a", "Patient/ada", goal=[{"reference": "Goal/bad"}]))
    both.there.fault("POST", "Goal", "422")
    result = both.sync()
    assert result.code == 1
    states = {(action.type, action.state): action.outcome for action in result.actions}
    assert states[("Goal", "could-not-be-sent")] == "refused"
    assert states[("CarePlan", "set-aside")] == "blocked"
    assert len(both.there.all("Goal")) == 1
    assert both.sync().code == 0
    assert len(both.there.all("CarePlan")) == 1


def test_the_server_goes_away(both: World) -> None:
    """Once it does not answer any more nothing more is sent, and the run says so; the next one goes on."""
    for own in "abc":
        both.put("Goal", own, goal(own, "Patient/ada"))
    both.there.fault("POST", "Goal", "503", times=1)
    result = both.sync()
    assert result.code == 2
    assert [action.state for action in result.actions] == ["set-aside"] * 3
    assert len(both.there.writes("POST")) == 1
    assert both.sync().code == 0
    assert texts(both.there.all("Goal")) == ["a", "b", "c"]


@pytest.mark.parametrize("fault", ["500", "html", "truncated", "401"])
def test_a_question_that_fails_keeps_its_cursor(both: World, fault: str) -> None:
    """A failed question stops no other, and what it would have brought comes with the next run."""
    both.sync()
    both.there.put("Goal", "one", goal("walk", "Patient/p1"))
    both.there.put("CarePlan", "c", plan("a", "Patient/p1"))
    both.there.fault("GET", "Goal/_history", fault)
    first = both.sync()
    assert first.code == 2
    assert len(first.failures) == 1
    assert both.here("Goal") == {}
    assert (both.here("CarePlan") != {}) == (fault != "401")
    assert both.sync().code == 0
    assert texts(both.here("Goal")) == ["walk"]


def test_an_unreachable_server(tmp_path: Path) -> None:
    """Nothing is written, and the run fails."""
    with world(tmp_path) as both:
        both.there.__exit__()
        before = both.versions()
        result = both.sync()
        assert [action.outcome or action.reason for action in result.actions] == ["person-not-asked"]
        assert (result.code, both.versions()) == (2, before)
        both.there.__enter__()


def test_bad_records_among_good_ones(both: World) -> None:
    """No JSON, duplicate keys, invalid FHIR: the good ones arrive, the bad ones are kept as far as they can be."""
    body = json.dumps(goal("good", "Patient/p1"))
    twice = body.replace('"lifecycleStatus"', '"id": "twice", "description": {"text": "x"}, "lifecycleStatus"')
    nan = body.replace('"lifecycleStatus"', '"id": "nan", "x": NaN, "lifecycleStatus"')
    deep = body.replace('"lifecycleStatus"', '"id": "deep", "x": ' + "[" * 9_000 + "]" * 9_000 + ', "lifecycleStatus"')
    both.there.put("Goal", "good", goal("good", "Patient/p1"))
    both.there.put("Goal", "invalid", {**goal("x", "Patient/p1"), "lifecycleStatus": "wrong"})
    for own, raw in (("twice", twice), ("nan", nan), ("deep", deep)):
        both.there.put("Goal", own, goal("x", "Patient/p1"))
        both.there.raw["Goal", own] = raw.encode()
    result = both.sync()
    with both.store.read() as tx:
        flags = sorted(document.flag for document in tx.documents.each("Goal"))
    assert flags == ["", "invalid", "unfaithful"]
    assert tallies(result)["pull"]["could-not-be-read"] == 2
    assert result.code == 1
    assert both.sync().code == 1
    assert both.there.writes() == []


def test_two_runs_at_once(both: World) -> None:
    """A second run is refused while the first is at work; that of a process that died is taken over."""
    with both.store.write() as tx:
        tx.leases.take(both.name, "another-host:1", 3600)
    with pytest.raises(Taken, match="another run works with clinic"):
        both.sync()


def test_unknown_and_ambiguous_persons_wait(both: World) -> None:
    """A person whom nobody there is, or two are, waits with all that is theirs; others do not."""
    both.enroll("bea", "2")
    both.enroll("cyd", "3")
    both.there.put("Patient", "p3", patient("3"))
    both.there.put("Patient", "p33", patient("3"))
    for person in ("ada", "bea", "cyd"):
        both.put("Goal", f"g-{person}", goal(person, f"Patient/{person}"))
    result = both.sync()
    assert texts(both.there.all("Goal")) == ["ada"]
    waiting = sorted((a.type, a.local_id, a.reason) for a in result.actions if a.state == "waiting")
    assert waiting == [
        ("Goal", "g-bea", "person-unmatched"),
        ("Goal", "g-cyd", "person-ambiguous"),
        ("Patient", "bea", "person-unmatched"),
        ("Patient", "cyd", "person-ambiguous"),
    ]
    assert result.code == 1
    both.there.put("Patient", "p2", {"resourceType": "Patient", "identifier": [{"system": SYSTEM, "value": "2"}]})
    both.sync()
    assert texts(both.there.all("Goal")) == ["ada", "bea"]
    assert both.there.all("Patient").keys() == {"p1", "p2", "p3", "p33"}


def test_a_mass_deletion_asks(both: World) -> None:
    """A server that has lost most of what we know is not believed until a person says so."""
    for n in range(30):
        both.there.put("Goal", f"g{n}", goal(str(n), "Patient/p1"))
    both.sync()
    for n in range(25):
        both.there.delete("Goal", f"g{n}")
    assert both.sync().code == 1
    assert len(both.here("Goal")) == 30
    assert both.sync(allow_deletions=True).code == 0
    assert len(both.here("Goal")) == 5


def test_a_plan_is_done_as_it_stands(both: World) -> None:
    """A stored plan is applied as it was; a record that has changed since is set aside; it is applied once."""
    both.put("Goal", "one", goal("walk", "Patient/ada"))
    both.put("Goal", "two", goal("sleep", "Patient/ada"))
    planned = both.plan()
    assert both.there.writes() == []
    both.edit("Goal", "two", description={"text": "rest"})
    both.put("Goal", "three", goal("call", "Patient/ada"))
    result = both.sync(run=planned.run.id)
    assert texts(both.there.all("Goal")) == ["walk"]
    assert [action.outcome for action in result.actions if action.state == "set-aside"] == ["changed-since"]
    with pytest.raises(engine.NoSuchPlan):
        both.sync(run=planned.run.id)
    both.sync()
    assert texts(both.there.all("Goal")) == ["call", "rest", "walk"]


def test_a_target_that_comes_later(both: World) -> None:
    """A plan whose goal could not be asked for refers to it by address, and by our id once it is here."""
    both.there.put("Goal", "one", goal("walk", "Patient/p1"))
    both.there.put("CarePlan", "c", plan("a", "Patient/p1", goal=[{"reference": "Goal/one"}]))
    both.there.fault("GET", "Goal", "500", times=2)
    both.sync()
    own = both.local("CarePlan", "c")
    assert both.get("CarePlan", own)["goal"] == [{"reference": f"{both.there.base}/Goal/one"}]
    both.sync()
    both.sync()
    assert both.get("CarePlan", own)["goal"] == [{"reference": f"Goal/{both.local('Goal', 'one')}"}]
    assert both.sync().actions == []
    assert both.there.writes() == []


def test_a_server_without_history(tmp_path: Path) -> None:
    """Changes come by their date, deletions by asking again for what a person's whole answer lacks."""
    with world(tmp_path, history=False) as both:
        both.there.put("Goal", "one", goal("walk", "Patient/p1"))
        both.there.put("Goal", "two", goal("sleep", "Patient/p1"))
        both.sync()
        both.there.edit("Goal", "one", description={"text": "run"})
        both.there.delete("Goal", "two")
        both.sync()
        assert texts(both.here("Goal")) == ["run"]
        assert both.sync().actions == []


def test_a_server_that_normalises(tmp_path: Path) -> None:
    """What a server makes of our records on writing them is not taken for somebody's edit."""

    def normalise(body: dict[str, object]) -> dict[str, object]:
        kept = {name: node for name, node in body.items() if name != "note"}
        return {**kept, "meta": {"source": "#x", "profile": ["https://ehr.example/p"]}, "language": "en"}

    with world(tmp_path, normalise=normalise) as both:
        both.put("Goal", "g", goal("walk", "Patient/ada", note=[{"text": "n"}]))
        both.sync()
        before = both.get("Goal", "g")
        assert both.sync().actions == []
        both.edit("Goal", "g", description={"text": "run"})
        both.sync()
        both.there.edit("Goal", both.remote("Goal", "g"), startDate="2026-01-01")
        both.sync()
        assert both.get("Goal", "g") == {**before, "description": {"text": "run"}, "startDate": "2026-01-01"}
        assert both.sync().actions == []
