"""To an EHR outside the programme nothing goes without consent: neither a body nor a name in an address."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from sync_world import World, goal, patient, plan, world

from mappings.terms.systems import LOCAL


@pytest.fixture
def both(tmp_path: Path) -> Iterator[World]:
    """Ada consents, Bob does not; both are on the roster and known there."""
    with world(tmp_path, "other") as made:
        made.enroll("bob", "2")
        made.there.put("Patient", "p2", patient("2"))
        yield made


def seen(both: World) -> str:
    """All that the server was ever sent: addresses and bodies."""
    return json.dumps([(one.path, one.body) for one in both.there.seen])


def test_nothing_names_who_did_not_consent(both: World) -> None:
    """Bob's records arrive by unnamed questions; nothing of his leaves, not even his identifier in an address."""
    for own, person in (("ga", "p1"), ("gb", "p2")):
        both.there.put("Goal", own, goal(own, f"Patient/{person}"))
    both.sync()
    assert {body["subject"]["reference"] for body in both.here("Goal").values()} == {"Patient/ada", "Patient/bob"}
    both.put("Goal", "new", goal("bob's own", "Patient/bob"))
    both.edit("Goal", both.local("Goal", "gb"), description={"text": "bob's edit"})
    both.edit("Goal", both.local("Goal", "ga"), description={"text": "ada's edit"})
    result = both.sync()
    assert result.run.books["push"]["withheld"] == 2
    assert "ada's edit" in seen(both)
    for trace in ("bob", "p2", "%7C2", "|2"):
        assert trace not in seen(both)
    assert result.code == 0


def test_what_a_stranger_may_not_see_is_not_sent_and_not_lost(both: World) -> None:
    """Our own extensions stay here, whatever the other side writes."""
    mine = [{"url": LOCAL + "safe-contact", "valueBoolean": True}]
    both.put("Goal", "g", goal("walk", "Patient/ada", extension=mine))
    both.sync()
    remote = both.remote("Goal", "g")
    assert "safe-contact" not in seen(both)
    both.there.edit("Goal", remote, description={"text": "run"})
    both.sync()
    assert both.get("Goal", "g")["extension"] == mine
    assert both.get("Goal", "g")["description"] == {"text": "run"}
    both.edit("Goal", "g", startDate="2026-01-01")
    both.sync()
    assert (both.there.get("Goal", remote) or {})["startDate"] == "2026-01-01"
    assert "safe-contact" not in seen(both)
    assert both.sync().actions == []


def test_a_withdrawn_consent_stops_what_is_on_its_way(both: World) -> None:
    """A plan made under consent is applied after its end: what it would have sent is withheld."""
    both.put("Goal", "g", goal("walk", "Patient/ada"))
    planned = both.plan()
    both.edit("Consent", "consent-ada", status="inactive")
    result = both.sync(run=planned.run.id)
    assert [action.state for action in result.actions] == ["withheld"]
    assert both.there.writes() == []


def test_every_question_and_sending_is_recorded(both: World) -> None:
    """Each name in an address and each body sent has its disclosure, and refusals have theirs."""
    both.put("Goal", "g", goal("walk", "Patient/ada"))
    both.sync()
    with both.store.read() as tx:
        found = {(one.channel, one.outcome, one.documents[0].type) for one in tx.disclosures.latest()}
    assert found == {("sync question", "released", "Patient"), ("sync push", "released", "Goal")}


def test_their_own_references_stay(both: World) -> None:
    """A plan of theirs that refers to what we may not tell them keeps that reference when we change the plan."""
    both.there.put("Goal", "gb", goal("x", "Patient/p2"))
    both.there.put("CarePlan", "c", plan("a", "Patient/p1", goal=[{"reference": "Goal/gb"}]))
    both.sync()
    both.edit("CarePlan", both.local("CarePlan", "c"), title="b")
    assert both.sync().code == 0
    there = both.there.get("CarePlan", "c") or {}
    assert (there["title"], there["goal"]) == ("b", [{"reference": "Goal/gb"}])
