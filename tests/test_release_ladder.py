"""Which release a document is of: each step of the ladder, in both commands, which say the same release and reason.

asked for -> its profile -> elements and codes of one release -> a folder named r4 or r5 -> the project's setting -> R4
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from adapter.cli import main

BASE = "http://hl7.org/fhir"
GOAL: dict[str, Any] = {
    "resourceType": "Goal",
    "lifecycleStatus": "active",
    "description": {"text": "x"},
    "subject": {"display": "y"},
}
FORM: dict[str, Any] = {"resourceType": "Questionnaire", "status": "draft", "item": [{"linkId": "1", "type": "coding"}]}


def claims(url: str) -> dict[str, Any]:
    return {**GOAL, "meta": {"profile": [url]}}


# fmt: off
LADDER = {
    # step                 document                                          file               asked  setting
    #                      release, why
    "asked for":           (claims(f"{BASE}/5.0/StructureDefinition/Goal"),  "r5/a.json",       "R4",  "R5",
                            "R4", "asked for"),
    "profile":             (claims(f"{BASE}/us/core/StructureDefinition/us-core-goal"), "r5/a.json", "", "R5",
                            "R4", "its profile is of R4"),
    "profile of R5":       (claims(f"{BASE}/5.0/StructureDefinition/Goal"),  "r4/a.json",       "",    "R4",
                            "R5", "its profile is of R5"),
    "profile of SDC":      ({**FORM, "meta": {"profile": [f"{BASE}/uv/sdc/StructureDefinition/sdc-questionnaire"]}},
                                                                             "r5/a.json",       "",    "R5",
                            "R4", "its profile is of R4"),
    "elements":            ({**GOAL, "continuous": True},                    "r4/a.json",       "",    "R4",
                            "R5", "Goal.continuous as it stands there is of R5 and not of R4"),
    "codes":               (FORM,                                            "r4/a.json",       "",    "R4",
                            "R5", "Questionnaire.item.type as it stands there is of R5 and not of R4"),
    "folder":              (GOAL,                                            "r5/a.json",       "",    "R4",
                            "R5", "it lies in a folder named R5"),
    "a folder above":      (GOAL,                                            "R5/x/y/a.json",   "",    "",
                            "R5", "it lies in a folder named R5"),
    "the nearest folder":  (GOAL,                                            "r4/r5/a.json",    "",    "R4",
                            "R5", "it lies in a folder named R5"),
    "setting":             (GOAL,                                            "x/a.json",        "",    "R5",
                            "R5", "the project's setting"),
    "nothing":             (GOAL,                                            "x/a.json",        "",    "",
                            "R4", "nothing tells, so R4"),
}
# fmt: on


@pytest.mark.parametrize("step", LADDER)
def test_each_step_of_the_ladder(
    step: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is nearer the document decides, and the summary of both commands says it in the same words."""
    tree, name, asked, setting, release, why = LADDER[step]
    monkeypatch.chdir(tmp_path)
    put(tmp_path / name, tree)
    if setting:
        Path("planbridge.toml").write_text(f'[check]\nrelease = "{setting}"\n')
    main(["check", name, *(["--release", asked] if asked else [])])
    assert re.search(rf"^1 against FHIR {release} \(.*\): {re.escape(why)}\.$", capsys.readouterr().out, re.MULTILINE)
    to = "R5" if release == "R4" else "R4"
    assert main(["convert", name, "--to", to, *(["--from", asked] if asked else [])]) < 2
    assert f"read as FHIR {release}: {why}" in capsys.readouterr().err


def test_a_folder_of_both_releases(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each document by its own release; both summaries count how many were told by what, alike."""
    monkeypatch.chdir(tmp_path)
    put(tmp_path / "in/r4/a.json", GOAL)
    put(tmp_path / "in/r4/b.json", {**GOAL, "continuous": True})
    put(tmp_path / "in/r5/a.json", GOAL)
    put(tmp_path / "in/mixed/a.json", {**GOAL, "continuous": True})
    put(tmp_path / "in/mixed/b.json", claims(f"{BASE}/us/core/StructureDefinition/us-core-goal"))
    put(tmp_path / "in/mixed/c.json", GOAL)
    main(["check", "--format", "json", "in"])
    told = json.loads(capsys.readouterr().out)["against"]["releases"]
    assert {(one["release"], one["by"]): one["documents"] for one in told} == {
        ("R4", "default"): 1,
        ("R4", "folder"): 1,
        ("R4", "profile"): 1,
        ("R5", "elements"): 2,
        ("R5", "folder"): 1,
    }
    main(["check", "in"])
    said = capsys.readouterr().out
    assert ": 1 nothing tells, 1 by the folder's name, 1 by their profile.\n" in said
    assert ": 2 by their elements, 1 by the folder's name.\n" in said
    main(["convert", "in", "--to", "R5", "--out", "out"])
    said = capsys.readouterr().out
    for part in ("1 as R4 (nothing tells)", "1 as R4 (by their profile)", "2 as R5 (by their elements)"):
        assert part in said


def put(file: Path, tree: Any) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(tree))
