"""The demo does what it shows, from nothing and by itself, and says so when something is not as it claims."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from adapter.cli.demo.door import Answer, Door
from adapter.cli.demo.houses import Houses, houses
from adapter.cli.demo.likeness import differing
from adapter.cli.demo.story import Story
from adapter.cli.demo.teller import Teller

ROOT = Path(__file__).resolve().parents[1]


def demo(folder: Path, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "adapter", "demo", *words],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8", **env},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="module")
def done(folder: Path) -> subprocess.CompletedProcess[str]:
    return demo(folder, "--once", PLANBRIDGE_STORE=str(folder / "own.sqlite"))


def test_the_demo_holds_what_it_claims(done: subprocess.CompletedProcess[str], folder: Path) -> None:
    """From an empty folder: every claim holds, exit code 0, and the store that the user has is not touched."""
    assert (done.returncode, done.stderr) == (0, ""), done.stdout[-3000:]
    assert "the books balance" in done.stdout
    assert "✗" not in done.stdout
    assert not (folder / "own.sqlite").exists()


def test_the_readme_shows_what_the_demo_prints(done: subprocess.CompletedProcess[str]) -> None:
    """Each line of the README's output is printed, but for made-up ids and the time that it took."""
    [shown] = re.findall(r"```text\n(3 Plan.*?)\nIt keeps serving", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)
    printed = {without_ids(line) for line in done.stdout.splitlines()}
    told = [line for line in shown.splitlines() if line.strip() not in ("", "...")]
    assert [line for line in told if without_ids(line) not in printed] == []


def without_ids(line: str) -> str:
    return re.sub(r"[0-9a-f]{8}…| [\d.]+ s$", "", line).rstrip()


@dataclass(frozen=True, slots=True)
class Forgetful(Door):
    """A server that leaves one record of each type out of its searches."""

    def every(self, kind: str) -> Iterator[Any]:
        records = Door.every(self, kind)
        next(records, None)
        return records


@dataclass(frozen=True, slots=True)
class Generous(Door):
    """A gateway that gives the programme's records to a partner whom no consent names."""

    def ask(self, method: str, path: str, body: object = None, **headers: str) -> Answer:
        return Answer(200, "", {})


@pytest.fixture
def both(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Houses]:
    monkeypatch.chdir(tmp_path)
    with houses(None, quietly=True) as running:
        yield running


def test_what_does_not_hold_is_named(both: Houses) -> None:
    """A record lost on the other side and a gate that stands open are each found, named, and make the exit code 1."""
    said = io.StringIO()
    teller = Teller(said)
    wrong = replace(both, theirs=Forgetful(both.theirs.address, both.theirs.token), as_stranger=Generous("", ""))
    story = Story(wrong, teller)
    for step in (story.two_sides, story.who_may_have_what, story.look_first, story.apply):
        step()
    assert teller.verdict() == 1
    assert any("records arrived" in failure for failure in teller.failures)
    assert any("employer" in failure for failure in teller.failures)
    assert all(failure in said.getvalue() for failure in teller.failures)


def test_likeness_sees_what_was_lost_and_nothing_else() -> None:
    """Ids, versions and where references lead belong to a side; a word that is missing is a difference."""
    goal = {"resourceType": "Goal", "id": "a", "subject": {"reference": "Patient/x"}, "note": [{"text": "1"}]}
    there = {**goal, "id": "b", "meta": {"versionId": "7"}, "subject": {"reference": "Patient/y"}}
    there["identifier"] = [{"system": "urn:ietf:rfc:3986", "value": "urn:uuid:0"}]
    assert differing([goal], [there]) == {}
    assert differing([goal], [{**there, "note": [{"text": "2"}]}]) == {"Goal": 2}


def test_a_port_that_is_taken_is_said(both: Houses, tmp_path: Path) -> None:
    """A port that was asked for and is not to be had ends the demo with 2 and what to do."""
    done = demo(tmp_path, "--once", "--port", both.ours.address.rpartition(":")[2])
    assert (done.returncode, done.stdout) == (2, "")
    assert "choose another: planbridge demo --port N" in done.stderr
