"""Cases that are rare at any one server and certain among many: what each comes to."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete
from sync_world import World, goal, patient, plan, tallies, world

from adapter.store.roster import Entry
from adapter.store.schema import links

RESPONSE = {"resourceType": "QuestionnaireResponse", "status": "completed", "subject": {"reference": "Patient/ada"}}


@pytest.fixture
def both(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path) as made:
        yield made


def text(record: dict[str, Any] | None) -> str:
    return str((record or {})["description"]["text"])


def test_a_response_keeps_the_identifier_it_has(both: World) -> None:
    """A response has room for one identifier in R4: its own stays and is what a lost create is looked for by."""
    both.put("QuestionnaireResponse", "own", {**RESPONSE, "identifier": {"system": "urn:x", "value": "7"}})
    both.put("QuestionnaireResponse", "none", RESPONSE)
    both.there.fault("POST", "QuestionnaireResponse", "lost", times=2)
    assert both.sync().code == 0
    borne = [body["identifier"]["value"] for body in both.there.all("QuestionnaireResponse").values()]
    assert sorted(borne) == sorted(["7", both.store.identifier("QuestionnaireResponse", "none")[1]])
    assert both.sync().actions == []


@pytest.mark.parametrize("changed_there", [False, True])
def test_a_server_without_versions(tmp_path: Path, changed_there: bool) -> None:
    """Nothing guards a write but our own look: what stands there is compared before it is written to."""
    with world(tmp_path, versioned=False) as both:
        both.there.put("Goal", "one", goal("walk", "Patient/p1"))
        both.sync()
        both.edit("Goal", both.local("Goal", "one"), description={"text": "run"})
        planned = both.plan()
        if changed_there:
            both.there.edit("Goal", "one", note=[{"text": "theirs"}])
        assert both.sync(run=planned.run.id).code == 0
        there = both.there.get("Goal", "one") or {}
        assert (text(there), "note" in there) == ("run", changed_there)
        assert both.sync().actions == []


def test_a_create_asks_the_server_to_look_first(tmp_path: Path) -> None:
    """Where the server offers it, a create is made only if nothing bears our identifier."""
    with world(tmp_path, conditional=True) as both:
        both.put("Goal", "g", goal("walk", "Patient/ada"))
        both.sync()
        [post] = both.there.writes("POST")
        _, value = both.store.identifier("Goal", "g")
        assert "identifier" in post.headers["if-none-exist"]
        assert (both.there.get("Goal", both.remote("Goal", "g")) or {})["identifier"][0]["value"] == value


def test_a_link_that_was_lost_is_found_again(both: World) -> None:
    """A store that has forgotten its links knows its records there by our identifier; what differs a person decides."""
    both.put("Goal", "same", goal("walk", "Patient/ada"))
    both.put("Goal", "other", goal("sleep", "Patient/ada"))
    both.sync()
    both.there.edit("Goal", both.remote("Goal", "other"), description={"text": "rest"})
    with both.store.write() as tx:
        tx.change(delete(links).where(links.c.type == "Goal"))
    result = both.sync()
    assert tallies(result)["pull"] == {"eligible": 3, "adopt": 1, "conflict": 1, "unchanged": 1}
    assert len(both.there.writes("POST")) == 2
    both.resolve(1, "theirs")
    assert both.sync().code == 0
    assert text(both.get("Goal", "other")) == "rest"
    assert both.sync().actions == []


def test_off_the_roster(both: World) -> None:
    """Whoever has left the roster is synced no more, and nothing of theirs is lost when they come back."""
    both.there.put("Goal", "one", goal("walk", "Patient/p1"))
    both.sync()
    own = both.local("Goal", "one")
    with both.store.write() as tx:
        tx.roster.put(Entry("clinic", "Patient/ada", until="2026-02-01"))
    both.there.edit("Goal", "one", description={"text": "run"})
    both.edit("Goal", own, note=[{"text": "ours"}])
    for _ in range(2):
        assert [action.reason for action in both.sync().actions] == ["off-the-roster"]
    assert both.there.writes() == []
    with both.store.write() as tx:
        tx.roster.put(Entry("clinic", "Patient/ada"))
    assert both.sync().code == 0
    for record in (both.get("Goal", own), both.there.get("Goal", "one") or {}):
        assert (text(record), record["note"]) == ("run", [{"text": "ours"}])


def test_a_person_whose_record_there_is_replaced(both: World) -> None:
    """Their Patient is deleted and made anew under another id: the person is linked anew, nobody is deleted here."""
    both.sync()
    both.there.delete("Patient", "p1")
    both.sync()
    assert both.get("Patient", "ada")["identifier"]
    both.there.put("Patient", "p2", patient("1"))
    both.put("Goal", "g", goal("walk", "Patient/ada"))
    both.sync()
    assert (both.there.get("Goal", both.remote("Goal", "g")) or {})["subject"] == {"reference": "Patient/p2"}


def test_a_patient_is_kept_in_step_but_never_made(both: World) -> None:
    """What changes in a Patient goes both ways; what stood differently from the beginning stays."""
    both.there.edit("Patient", "p1", gender="female")
    both.sync()
    assert "gender" not in both.get("Patient", "ada")
    both.there.edit("Patient", "p1", birthDate="1990-01-01")
    both.edit("Patient", "ada", active=True)
    both.sync()
    assert both.get("Patient", "ada")["birthDate"] == "1990-01-01"
    there = both.there.get("Patient", "p1") or {}
    assert (there["active"], there["gender"]) == (True, "female")
    both.put("Patient", "nobody", patient("99"))
    both.sync()
    assert both.there.all("Patient").keys() == {"p1"}


def test_a_consent_is_not_handed_on(both: World) -> None:
    """A consent recorded here governs what goes out from here; it does not go out by itself."""
    both.enroll("bob", "2", consents=True)
    both.there.put("Patient", "p2", patient("2"))
    both.sync()
    assert both.there.all("Consent") == {}


def test_what_our_records_newly_refer_to_is_not_deleted(both: World) -> None:
    """A goal deleted there to which a plan of ours has meanwhile been tied waits for a person."""
    both.there.put("Goal", "one", goal("walk", "Patient/p1"))
    both.put("CarePlan", "c", plan("a", "Patient/ada"))
    both.sync()
    own = both.local("Goal", "one")
    both.edit("CarePlan", "c", goal=[{"reference": f"Goal/{own}"}])
    both.there.delete("Goal", "one")
    assert both.sync().code == 1
    assert own in both.here("Goal")
    both.resolve(1, "ours")
    assert both.sync().code == 0
    [new] = both.there.all("Goal")
    [there] = both.there.all("CarePlan").values()
    assert there["goal"] == [{"reference": f"Goal/{new}"}]
    assert both.sync().actions == []


def test_a_reference_to_what_is_not_carried(both: World) -> None:
    """Our reference to a record that does not go there would name a stranger: the record is not sent, and says why."""
    both.put("Practitioner", "dr", {"resourceType": "Practitioner"})
    both.put("Goal", "g", goal("walk", "Patient/ada", expressedBy={"reference": "Practitioner/dr"}))
    [action] = both.sync().actions
    assert (action.state, action.reason) == ("could-not-be-sent", "target-not-carried")


def test_their_reference_to_what_is_not_carried(both: World) -> None:
    """It is held as that server's address, and goes back as it came when we change something else."""
    both.there.put("Practitioner", "dr", {"resourceType": "Practitioner"})
    both.there.put("Goal", "g", goal("walk", "Patient/p1", expressedBy={"reference": "Practitioner/dr"}))
    both.sync()
    own = both.local("Goal", "g")
    assert both.get("Goal", own)["expressedBy"] == {"reference": f"{both.there.base}/Practitioner/dr"}
    both.edit("Goal", own, description={"text": "run"})
    assert both.sync().code == 0
    assert (both.there.get("Goal", "g") or {})["expressedBy"] == {"reference": "Practitioner/dr"}
