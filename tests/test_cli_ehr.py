"""`planbridge ehr`: a server is asked what it can take; nothing is written to it and nothing half-written here."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from scripted_server import Say, ScriptedServer

from adapter.cli import main
from adapter.settings import load_settings

KIND = {
    "resourceType": "CapabilityStatement",
    "status": "active",
    "kind": "instance",
    "software": {"name": "Some EHR\x1b[31m", "version": "3"},
    "fhirVersion": "4.0.1",
    "format": ["application/fhir+json"],
    "rest": [
        {
            "mode": "server",
            "resource": [
                {
                    "type": "CarePlan",
                    "interaction": [{"code": "read"}, {"code": "search-type"}],
                    "searchParam": [{"name": "patient", "type": "reference"}],
                },
                {"type": "QuestionnaireResponse", "interaction": [{"code": "create"}]},
            ],
        }
    ],
}
AS = ["--relation", "other", "--organization", "urn:oid:1.2|clinic", "--purpose", "TREAT"]


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ScriptedServer]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PLANBRIDGE_CONFIG", raising=False)
    monkeypatch.setattr("time.sleep", lambda _: None)
    running = ScriptedServer()
    running.script = [Say(body=KIND)]
    yield running
    running.stop()


def test_an_ehr_is_added(server: ScriptedServer, capsys: pytest.CaptureFixture[str]) -> None:
    """It stands in the settings, its abilities are printed, and only /metadata was read."""
    assert main(["ehr", "add", "clinic", server.url, *AS, "--token-env", "CLINIC_TOKEN", "--timeout", "20"]) == 0
    out = capsys.readouterr().out
    assert [line.split() for line in out.splitlines() if line.startswith("CarePlan")] == [
        ["CarePlan", "per", "person", "none", "none", "reading", "again", "QuestionnaireResponse"]
    ]
    assert "\x1b" not in out
    assert [(a.method, a.path) for a in server.asked] == [("GET", "/fhir/metadata")]
    ehr = load_settings().ehr("clinic")
    assert (ehr.url, ehr.token_env, ehr.read_timeout) == (server.url, "CLINIC_TOKEN", 20.0)


def test_the_answer_as_json(server: ScriptedServer, capsys: pytest.CaptureFixture[str]) -> None:
    """`--json` is one document for programs."""
    assert main(["ehr", "add", "clinic", server.url, *AS, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    plan = next(row for row in told["types"] if row["type"] == "CarePlan")
    assert (plan["pull"], plan["push"], plan["instead"]) == ("per person", "none", "QuestionnaireResponse")
    assert main(["ehr", "show", "clinic", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == told


# fmt: off
FAULTS = {
    "a web page":       (Say(200, b"<html></html>", kind="text/html"),            "web page"),
    "401":              (Say(401),                                                "token"),
    "404":              (Say(404),                                                "base address"),
    "500":              (Say(500),                                                "failed"),
    "503":              (Say(503),                                                "busy"),
    "a redirect":       (Say(302, headers={"Location": "http://evil.example/"}),  "another address"),
    "cut short":        (Say(200, KIND, cut=50),                                  "cut short"),
    "nothing":          (Say(200),                                                "empty"),
    "another resource": (Say(200, {"resourceType": "Patient"}),                   "no CapabilityStatement"),
    "a client":         (Say(200, {"resourceType": "CapabilityStatement"}),       "nothing about a server"),
    "brackets":         (Say(200, b"[" * 100_000),                                "no CapabilityStatement"),
    "NaN":              (Say(200, b'{"resourceType":"CapabilityStatement","x":NaN}'), "NaN"),
}
# fmt: on


@pytest.mark.parametrize(("say", "text"), FAULTS.values(), ids=FAULTS)
def test_a_server_that_does_not_answer_is_not_added(
    server: ScriptedServer, capsys: pytest.CaptureFixture[str], say: Say, text: str
) -> None:
    """A clear message, exit 2, and no settings."""
    server.script = [say]
    assert main(["ehr", "add", "clinic", server.url, *AS]) == 2
    assert text in capsys.readouterr().err
    assert not Path("planbridge.toml").exists()


def test_nobody_there(server: ScriptedServer, capsys: pytest.CaptureFixture[str]) -> None:
    """An unreachable server is a message."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/fhir"
    assert main(["ehr", "add", "clinic", url, *AS]) == 2
    assert "no connection to the server" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "key"),
    [
        (["clinic", "ftp://x", *AS], "url"), (["Clinic", "http://x", *AS], "ehr.Clinic"),
        (["clinic", "http://169.254.169.254/", *AS], "link-local"),
        (["clinic", "http://x", *AS[:3], "clinic", *AS[4:]], "organization"),
        (["clinic", "http://x", *AS, "--timeout", "soon"], "read_timeout"),
        (["clinic", "http://x", *AS, "--timeout", "nan"], "read_timeout"),
        (["clinic", "https://x", *AS, "--token-env", "eyJhbGciOi.J9"], "token_env"),
        (["clinic", "http://x.example", *AS, "--token-env", "TOKEN"], "https only"),
        (["clinic", "https://x", *AS, "--ca-bundle", "nowhere.pem"], "ca_bundle"),
    ],
)  # fmt: skip
def test_wrong_words_ask_nobody(
    server: ScriptedServer, capsys: pytest.CaptureFixture[str], words: list[str], key: str
) -> None:
    """What is wrong is said before anything is asked or written."""
    assert main(["ehr", "add", *words]) == 2
    assert key in capsys.readouterr().err
    assert (server.asked, Path("planbridge.toml").exists()) == ([], False)


def test_a_name_is_taken_once(server: ScriptedServer, capsys: pytest.CaptureFixture[str]) -> None:
    """A second EHR of the same name is refused and the first stays."""
    main(["ehr", "add", "clinic", server.url, *AS])
    before = Path("planbridge.toml").read_bytes()
    assert main(["ehr", "add", "clinic", "http://other.example", *AS]) == 2
    assert (Path("planbridge.toml").read_bytes(), len(server.asked)) == (before, 1)


def test_another_version_of_fhir_is_a_finding(server: ScriptedServer, capsys: pytest.CaptureFixture[str]) -> None:
    """A server that speaks R5 is added, and the exit code says that it cannot be exchanged with yet."""
    server.script = [Say(body=KIND | {"fhirVersion": "5.0.0"})]
    assert main(["ehr", "add", "clinic", server.url, *AS]) == 1
    assert "it speaks FHIR 5.0.0" in capsys.readouterr().out


def test_the_ehrs_are_listed(server: ScriptedServer, capsys: pytest.CaptureFixture[str]) -> None:
    """`list` shows the settings without asking anybody; an unknown name is answered with the known ones."""
    assert main(["ehr", "list"]) == 0
    assert "No EHR yet" in capsys.readouterr().out
    main(["ehr", "add", "clinic", server.url, *AS])
    capsys.readouterr()
    assert main(["ehr", "list"]) == 0
    assert "urn:oid:1.2|clinic" in capsys.readouterr().out
    assert main(["ehr", "show", "clinik"]) == 2
    assert "Known: clinic" in capsys.readouterr().err
    assert len(server.asked) == 1
