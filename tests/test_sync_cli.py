"""`planbridge sync` from the command line: what a person sees, what a program reads, and the exit codes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sync_world import World, goal, world

from adapter.cli import main
from adapter.settings import add_ehr


class Desk:
    """The command line over a store and a server."""

    def __init__(self, both: World, settings: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.both, self._settings, self._capsys = both, settings, capsys

    def __call__(self, *words: str) -> tuple[int, str, str]:
        code = main(["--config", str(self._settings), "sync", *words])
        out, err = self._capsys.readouterr()
        return code, out, err

    def json(self, *words: str) -> Any:
        return json.loads(self(*words, "--json")[1])


@pytest.fixture
def desk(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    monkeypatch.setenv("PLANBRIDGE_STORE", str(tmp_path / "store.sqlite"))
    with world(tmp_path, clock=datetime.now(UTC)) as both:
        add_ehr(tmp_path / "planbridge.toml", both.ehr)
        both.there.put("Goal", "one", goal("walk", "Patient/p1"))
        both.put("Goal", "g", goal("sleep", "Patient/ada"))
        yield Desk(both, tmp_path / "planbridge.toml", capsys)


def test_plan_look_apply(desk: Desk) -> None:
    """A plan is shown and nothing is written; applied by its number it does exactly that; then nothing is left."""
    code, out, err = desk("plan", "clinic")
    assert code == 0
    assert "Nothing was written to clinic. To do this: planbridge sync apply clinic --plan 1" in out
    assert "Goal/g" in out
    assert "Goal: 1 seen" in err
    assert desk.both.there.writes() == []
    code, out, _ = desk("apply", "clinic", "--plan", "1")
    assert code == 0
    assert "pull  2 eligible = 1 adopt + 1 person linked" in out
    assert "push  2 eligible = 1 create + 1 unchanged" in out
    assert "The books balance." in out
    assert len(desk.both.there.writes()) == 1
    assert desk.json("apply", "clinic")["actions"] == []


def test_a_conflict_from_end_to_end(desk: Desk) -> None:
    """A conflict is listed, shown element by element, resolved, and gone."""
    desk("apply", "clinic")
    own = desk.both.local("Goal", "one")
    desk.both.there.edit("Goal", "one", description={"text": "run"})
    desk.both.edit("Goal", own, description={"text": "swim"})
    assert desk("apply", "clinic")[0] == 1
    [listed] = desk.json("conflicts", "clinic")["conflicts"]
    assert (listed["local_id"], listed["paths"]) == (own, ["Goal.description"])
    code, out, _ = desk("conflicts", "clinic", "show", "1")
    assert code == 0
    assert [line.split()[0] for line in out.splitlines()[-3:]] == ["base", "ours", "theirs"]
    assert desk("conflicts", "clinic", "resolve", "1")[0] == 2
    assert desk("conflicts", "clinic", "resolve", "1", "--theirs")[0] == 0
    assert desk("apply", "clinic")[0] == 0
    assert desk.both.get("Goal", own)["description"] == {"text": "run"}
    assert desk("conflicts", "clinic")[:2] == (0, "No conflict with clinic is open.\n")


def test_a_conflict_resolved_with_a_file(desk: Desk, tmp_path: Path) -> None:
    """The record of a file stands on both sides; one that is not valid is refused with the reason."""
    desk("apply", "clinic")
    own = desk.both.local("Goal", "one")
    desk.both.there.edit("Goal", "one", description={"text": "run"})
    desk.both.edit("Goal", own, description={"text": "swim"})
    desk("apply", "clinic")
    file = tmp_path / "goal.json"
    file.write_text(json.dumps({**goal("both", "Patient/ada"), "id": own, "lifecycleStatus": "wrong"}))
    code, _, err = desk("conflicts", "clinic", "resolve", "1", "--with", str(file))
    assert (code, "no valid record" in err) == (2, True)
    file.write_text(json.dumps({**goal("both", "Patient/ada"), "id": own}))
    assert desk("conflicts", "clinic", "resolve", "1", "--with", str(file))[0] == 0
    assert desk("apply", "clinic")[0] == 0
    for record in (desk.both.get("Goal", own), desk.both.there.get("Goal", "one") or {}):
        assert record["description"] == {"text": "both"}


def test_status(desk: Desk) -> None:
    """The last runs with their books, links and open conflicts."""
    desk("apply", "clinic")
    assert desk("status", "clinic")[0] == 0
    found = desk.json("status", "clinic")
    assert (found["links"], found["runs"][0]["books"]["balanced"]) == ({"linked": 3}, True)


def test_failures_are_said(desk: Desk) -> None:
    """An unknown EHR, a plan that is none, a server that is away: exit code 2 and a sentence, no traceback."""
    assert desk("apply", "nowhere")[0] == 2
    code, _, err = desk("apply", "clinic", "--plan", "99")
    assert (code, err) == (2, "planbridge sync: run 99 is no plan for clinic that is still to be applied\n")
    desk.both.there.fault("GET", ".", "drop", times=99)
    code, out, err = desk("apply", "clinic")
    assert code == 2
    assert "the server closed the connection" in err
    assert "! " in out
