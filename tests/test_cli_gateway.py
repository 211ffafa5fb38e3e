"""`planbridge client` and `planbridge serve` as they are called."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from adapter.cli import main
from adapter.store import Store

CLINIC = "urn:oid:1.2|clinic"


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "store.sqlite"
    monkeypatch.setenv("PLANBRIDGE_STORE", str(file))
    monkeypatch.chdir(tmp_path)
    with Store.open(file) as made, made.write() as tx:
        tx.documents.put("Patient", "anna", b'{"resourceType":"Patient","identifier":[{"system":"urn:x","value":"1"}]}')
    return file


def test_a_token_is_shown_once_and_only_its_hash_kept(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`client add` prints the token; neither the list nor the file holds it."""
    assert main(["client", "add", "desk", "--role", "programme"]) == 0
    token = re.findall(r"token: (\S+)", capsys.readouterr().out)[0]
    assert main(["client", "list"]) == 0
    assert token not in capsys.readouterr().out
    assert token.encode() not in b"".join(file.read_bytes() for file in store.parent.iterdir())


def test_each_role_needs_what_belongs_to_it(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A person is found by identifier; a partner names organization and purposes; the list shows it."""
    assert main(["client", "add", "a", "--role", "person", "--person", "urn:x|1"]) == 0
    assert (
        main(["client", "add", "c", "--role", "partner", "--organization", CLINIC, "--purpose", "TREAT", "--json"]) == 0
    )
    capsys.readouterr()
    assert main(["client", "list", "--json"]) == 0
    listed = {
        each["name"]: (each["role"], each["for"], each["purposes"]) for each in json.loads(capsys.readouterr().out)
    }
    assert listed == {"a": ("person", "Patient/anna", ""), "c": ("partner", CLINIC, "TREAT")}


# fmt: off
REFUSED = [
    # arguments                                                             exit code
    (["a", "--role", "person"],                                             2),
    (["a", "--role", "person", "--person", "urn:x|2"],                      1),
    (["a", "--role", "person", "--person", "urn:x|1", "--purpose", "TREAT"], 2),
    (["a", "--role", "partner", "--organization", CLINIC],                  2),
    (["a", "--role", "partner", "--organization", "clinic", "--purpose", "TREAT"], 2),
    (["a", "--role", "partner", "--organization", CLINIC, "--purpose", "to treat"], 2),
    (["a", "--role", "programme", "--organization", CLINIC],                2),
    (["a b", "--role", "programme"],                                        2),
]
# fmt: on


@pytest.mark.parametrize(("words", "code"), REFUSED, ids=range(len(REFUSED)))
def test_what_does_not_fit_is_refused(
    store: Path, capsys: pytest.CaptureFixture[str], words: list[str], code: int
) -> None:
    """Each row of REFUSED: said on one line, and no client made."""
    assert main(["client", "add", *words]) == code
    assert capsys.readouterr().err.startswith("planbridge client: ")
    with Store.open(store) as made, made.read() as tx:
        assert tx.clients.all() == ()


def test_a_name_is_taken_once_and_can_be_removed(store: Path) -> None:
    """A second client of a name is refused; after its removal the name is free; removing nobody is exit code 1."""
    add, remove = ["client", "add", "desk", "--role", "programme"], ["client", "remove", "desk"]
    assert [main(words) for words in (add, add, remove, remove, add)] == [0, 2, 0, 1, 0]


def test_serve_says_where_it_is_and_stops_when_told(store: Path) -> None:
    """`serve` prints its address, answers there, refuses without a token, and ends with 0 on SIGTERM."""
    with subprocess.Popen(
        [sys.executable, "-m", "adapter", "serve", "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as server:
        try:
            assert server.stdout
            address = re.findall(r"http://127\.0\.0\.1:\d+/fhir/R4", server.stdout.readline())[0]
            with urllib.request.urlopen(f"{address}/metadata", timeout=10) as answer:
                assert answer.status == 200
                assert answer.headers["Server"] is None
            with pytest.raises(urllib.error.HTTPError, match="401") as refused:
                urllib.request.urlopen(f"{address}/Patient/anna", timeout=10)
            refused.value.close()
        finally:
            server.send_signal(signal.SIGTERM)
            _, told = server.communicate(timeout=10)
    assert (server.returncode, told) == (0, "")


def test_serve_says_when_it_cannot_listen(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An address that is not this machine's, or a port that is none: said on one line, and exit code 2."""
    assert main(["serve", "--host", "192.0.2.1", "--port", "0"]) == 2
    assert capsys.readouterr().err.startswith("planbridge serve: ")
    with pytest.raises(SystemExit, match="2"):
        main(["serve", "--port", "99999"])
