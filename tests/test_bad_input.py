"""What a person sees when an EHR answers badly: a clear message and an exit code; nothing is written half."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from peers.command import Done, Home
from peers.fault_server import ANSWERS, BAD_GOALS, CANARY, NUMBER, TRUNCATED, HostileEhr, hostile_ehr
from peers.hapi import free_port
from peers.people import ORGANIZATION, PURPOSE
from peers.targets import PERSON_SYSTEM

from mappings.tree import dump

BAD_PAGES = (*(fault for fault in ANSWERS if fault != "401"), TRUNCATED)
"""401 is not among them: a server that does not know us is asked nothing more."""


@pytest.fixture(scope="module")
def server() -> Iterator[HostileEhr]:
    with hostile_ehr() as running:
        yield running


@pytest.fixture
def ehr(server: HostileEhr) -> HostileEhr:
    """The server, well."""
    server.fault, server.scope = "", ".*"
    server.requests.clear()
    return server


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


@pytest.fixture(scope="module")
def connected(server: HostileEhr, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A programme with one person, connected to the EHR while that is well."""
    server.fault = ""
    home = Home(tmp_path_factory.mktemp("programme"))
    person = {"resourceType": "Patient", "id": "me", "identifier": [{"system": PERSON_SYSTEM, "value": NUMBER}]}
    (home.folder / "person.json").write_bytes(dump(person))
    home.call("load", "person.json").ok()
    add_ehr(home, server.base).ok()
    home.call("roster", "add", "--ehr", "clinic", f"{PERSON_SYSTEM}|{NUMBER}").ok()
    return home.folder


@pytest.fixture
def clinic(connected: Path, tmp_path: Path) -> Home:
    """A copy of that programme."""
    return Home(Path(shutil.copytree(connected, tmp_path / "programme")))


def held(home: Home, kind: str) -> dict[str, str]:
    """Return the flags of the records of a type that the programme's store holds, by title or description."""
    from adapter.store import Store

    with closing(Store.open(home.folder / ".planbridge" / "store.sqlite")) as store, store.read() as tx:
        found = [(re.search(rb"CANARY (\w+)", d.body), d.flag) for d in tx.documents.each(kind)]
    return {name[1].decode(): flag for name, flag in found if name}


@pytest.mark.parametrize("fault", BAD_PAGES)
def test_one_bad_answer_does_not_stop_the_rest(clinic: Home, ehr: HostileEhr, fault: str) -> None:
    """A page of Goals that is none leaves the plans coming in."""
    ehr.fault, ehr.scope = fault, "Goal.*"
    done = clinic.call("sync", "apply", "clinic")
    assert is_clear(done)
    assert (held(clinic, "CarePlan"), held(clinic, "Goal")) == ({"c1": "", "c2": ""}, {})


def test_what_was_missed_comes_when_the_server_is_well_again(clinic: Home, ehr: HostileEhr) -> None:
    """A page that failed has not moved its cursor: the next run has what it would have brought."""
    ehr.fault, ehr.scope = "HTML", "Goal.*"
    assert is_clear(clinic.call("sync", "apply", "clinic"))
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


@pytest.mark.parametrize("fault", ["401", "500"])
def test_a_server_that_is_ill_altogether_fails_the_run(clinic: Home, ehr: HostileEhr, fault: str) -> None:
    """Nothing comes in, nothing is sent, the exit code is 2."""
    ehr.fault = fault
    done = clinic.call("sync", "apply", "clinic")
    assert is_clear(done)
    assert done.code == 2
    assert held(clinic, "CarePlan") == {}
    assert not [request for request in ehr.requests if not request.startswith("GET")]


def test_a_server_that_is_not_there_fails_the_run(clinic: Home) -> None:
    """Unreachable is said as such, and the exit code is 2."""
    settings = clinic.folder / "planbridge.toml"
    settings.write_text(
        re.sub(r"url = .*", f'url = "http://127.0.0.1:{free_port()}/fhir"\nattempts = 1', settings.read_text())
    )
    done = clinic.call("sync", "apply", "clinic")
    assert is_clear(done)
    assert done.code == 2
