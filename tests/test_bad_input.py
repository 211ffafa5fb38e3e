"""What a person sees when an EHR answers badly: a clear message and an exit code; nothing is written half."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from peers import skip
from peers.command import Done, Home
from peers.fault_server import ANSWERS, BAD_GOALS, CANARY, NUMBER, TRUNCATED, HostileEhr, hostile_ehr
from peers.hapi import free_port
from peers.people import ORGANIZATION, PURPOSE
from peers.targets import PERSON_SYSTEM

from mappings.tree import dump

BAD_PAGES = (*ANSWERS, TRUNCATED)


@pytest.fixture
def ehr() -> Iterator[HostileEhr]:
    with hostile_ehr() as server:
        yield server


def add_ehr(home: Home, url: str) -> Done:
    """Connect an EHR of relation `other` under the name clinic."""
    whose = ("--organization", "|".join(ORGANIZATION), "--purpose", PURPOSE)
    return home.call("ehr", "add", "clinic", url, "--relation", "other", *whose)


def is_clear(done: Done) -> bool:
    """Whether a call failed as it should: it says something, nothing of the records, and shows no traceback."""
    assert "Traceback" not in done.said, done.said[-2000:]
    assert CANARY not in done.said, "a record's text stands in a message"
    assert len(done.said) < 5000
    return done.code in (1, 2) and len(done.said.strip()) > 20


@pytest.mark.parametrize("fault", [*ANSWERS, TRUNCATED])
def test_an_ehr_that_answers_badly_is_not_added(tmp_path: Path, ehr: HostileEhr, fault: str) -> None:
    """`ehr add` says what came instead of a CapabilityStatement, and leaves no settings behind."""
    ehr.fault = fault
    done = add_ehr(Home(tmp_path), ehr.base)
    assert is_clear(done)
    assert done.code == 2
    assert not (tmp_path / "planbridge.toml").exists()


def test_an_ehr_that_is_not_there_is_not_added(tmp_path: Path) -> None:
    """A refused connection is named as such."""
    done = add_ehr(Home(tmp_path), f"http://127.0.0.1:{free_port()}/fhir")
    assert is_clear(done)
    assert re.search("reach|connect|refuse", done.said)


@pytest.fixture
def clinic(tmp_path: Path, ehr: HostileEhr) -> Home:
    """A programme with one person, connected to the EHR while that was well."""
    if importlib.util.find_spec("adapter.cli.sync") is None:
        skip("bad input through sync", "planbridge sync does not exist yet")
    home = Home(tmp_path)
    person = {"resourceType": "Patient", "id": "me", "identifier": [{"system": PERSON_SYSTEM, "value": NUMBER}]}
    (tmp_path / "person.json").write_bytes(dump(person))
    home.call("load", "person.json").ok()
    add_ehr(home, ehr.base).ok()
    home.call("roster", "add", "--ehr", "clinic", "Patient/me").ok()
    return home


def held(home: Home, kind: str) -> dict[str, str]:
    """Return the flags of the records of a type that the programme's store holds, by title or description."""
    from adapter.store import Store

    with closing(Store.open(home.folder / ".planbridge" / "store.sqlite")) as store, store.read() as tx:
        found = [(re.search(rb"CANARY (\w+)", d.body), d.flag) for d in tx.documents.each(kind)]
    return {name[1].decode(): flag for name, flag in found if name}


@pytest.mark.parametrize("fault", BAD_PAGES)
def test_one_bad_answer_does_not_stop_the_rest(clinic: Home, ehr: HostileEhr, fault: str) -> None:
    """A page of Goals that is none leaves the plans coming in; when the server is well again, the Goals follow."""
    ehr.fault, ehr.scope = fault, "Goal.*"
    done = clinic.call("sync", "apply", "clinic")
    assert is_clear(done)
    assert (held(clinic, "CarePlan"), held(clinic, "Goal")) == ({"c1": "", "c2": ""}, {})
    ehr.fault = ""
    clinic.call("sync", "apply", "clinic").ok()
    assert held(clinic, "Goal") == {"g1": "", "g2": ""}


@pytest.mark.parametrize("fault", BAD_GOALS)
def test_one_bad_record_does_not_stop_the_others(clinic: Home, ehr: HostileEhr, fault: str) -> None:
    """A record that is wrong, or no JSON, is flagged or left out; its neighbours come in."""
    ehr.fault, ehr.scope = fault, "Goal.*"
    done = clinic.call("sync", "apply", "clinic")
    assert "Traceback" not in done.said
    assert CANARY not in done.said
    goals = held(clinic, "Goal")
    assert (goals.pop("g1"), goals.pop("g2")) == ("", "")
    assert all(goals.values())
    assert held(clinic, "CarePlan") == {"c1": "", "c2": ""}


@pytest.mark.parametrize("fault", ["401", "500", "HTML"])
def test_a_server_that_is_ill_altogether_fails_the_run(clinic: Home, ehr: HostileEhr, fault: str) -> None:
    """Nothing comes in, nothing is written half, the exit code is 2, and the next run is whole."""
    ehr.fault = fault
    done = clinic.call("sync", "apply", "clinic")
    assert is_clear(done)
    assert done.code == 2
    assert held(clinic, "CarePlan") == {}
    assert not [request for request in ehr.requests if not request.startswith("GET")]
    ehr.fault = ""
    clinic.call("sync", "apply", "clinic").ok()
    assert held(clinic, "CarePlan") == {"c1": "", "c2": ""}
