"""`planbridge check`: what it prints, what it returns, and that no file makes it fail."""

from __future__ import annotations

import doctest
import io
import json
import re
import sys
from pathlib import Path

import pytest

from adapter.cli import main

SOUND = '{"resourceType": "CareTeam", "status": "active"}'
GOAL = """{
  "resourceType": "Goal",
  "lifecycleStatus": "ongoing",
  "description": {"text": "To sing at Asha's wedding"},
  "subject": {"reference": "Patient/asha"}
}
"""
NATIVE = '{"entity": "Goal", "own_words": {"text": "To sing"}}'


def test_a_finding_reads_as_compilers_write_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """File, line, column, severity, FHIRPath, rule, reason and remedy stand on one line; what the rule says, with its
    page, once below; then what was judged.
    """
    file = tmp_path / "goal.json"
    file.write_text(GOAL)
    assert main(["check", str(file)]) == 1
    said = capsys.readouterr().out
    assert said.startswith(
        f"{file}:3:3: error Goal.lifecycleStatus binding/required: this code is not in the value set"
    )
    assert "\nbinding/required: The binding is required: the code is one of the value set.\n  https://hl7.org" in said
    assert "1 file judged: 1 error, 0 warnings.\n1 against FHIR R4 (4.0.1;" in said


def test_nothing_of_the_document_is_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Neither the wrong value nor a right one stands in the report, in either form."""
    (tmp_path / "goal.json").write_text(GOAL)
    main(["check", str(tmp_path)])
    main(["check", "--format", "json", str(tmp_path)])
    said = capsys.readouterr().out
    assert said.count("Goal.lifecycleStatus") == 2
    assert not [value for value in ("ongoing", "sing", "asha") if value in said]


def test_a_sound_folder_is_clean(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit 0: every .json file below the folder was judged, FHIR and native; hidden folders were not."""
    (tmp_path / "a").mkdir()
    (tmp_path / ".git").mkdir()
    (tmp_path / "team.json").write_text(SOUND)
    (tmp_path / "a" / "goal.JSON").write_text(NATIVE)
    (tmp_path / "a" / "notes.txt").write_text("not ours")
    (tmp_path / ".git" / "broken.json").write_text("{")
    assert main(["check", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert "2 files judged: 0 errors, 0 warnings." in said
    assert "1 against the programme's own model." in said


def test_native_files_are_judged_by_the_model(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A native file has findings with line and column too."""
    file = tmp_path / "goal.json"
    file.write_text('{"entity": "Goal",\n "targets": [{"valu": 1}]}')
    assert main(["check", str(file)]) == 1
    assert f"{file}:2:15: error Goal.targets[0].valu native/unknown: " in capsys.readouterr().out


def test_bundles_are_judged_entry_by_entry(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The place of a finding in a Bundle names the entry."""
    entries = f'[{{"resource": {SOUND}}}, {{"resource": {GOAL}}}]'
    (tmp_path / "bundle.json").write_text(f'{{"resourceType": "Bundle", "type": "collection", "entry": {entries}}}')
    assert main(["check", str(tmp_path)]) == 1
    assert "Bundle.entry[1].resource.lifecycleStatus binding/required" in capsys.readouterr().out


def test_standard_input_is_read(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """`-` judges what stands on standard input."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(GOAL.encode())))
    assert main(["check", "-"]) == 1
    assert capsys.readouterr().out.startswith("standard input:3:3: error Goal.lifecycleStatus")


def test_a_program_reads_every_finding_as_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`--format json` says the same, with level, FHIR issue-type and the page that states the rule."""
    (tmp_path / "goal.json").write_text(GOAL)
    assert main(["check", "--format", "json", str(tmp_path)]) == 1
    [finding] = json.loads(capsys.readouterr().out)["findings"]
    assert (finding["line"], finding["rule"], finding["level"], finding["code"], finding["link"]) == (
        3,
        "binding/required",
        "binding",
        "code-invalid",
        "https://hl7.org/fhir/R4/valueset-goal-status.html",
    )


def test_the_release_is_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What R5 has and R4 has not is a finding in R4 only; the report says against what was judged."""
    file = tmp_path / "goal.json"
    file.write_text(GOAL.replace('"ongoing"', '"active", "continuous": true'))
    words = ["check", str(file), "--release"]
    assert (main([*words, "R4"]), main([*words, "R5"])) == (1, 0)
    assert "against FHIR R5 (5.0.0)" in capsys.readouterr().out


BAD_FILES = {
    "binary": b"\x89PNG\r\n\x1a\n\x00\x00\xff\xfe",
    "empty": b"",
    "utf-16": SOUND.encode("utf-16"),
    "latin-1": '{"resourceType": "Goal", "id": "\u00e9"}'.encode("latin-1"),
    "a page of HTML": b"<!doctype html><html><body>502</body></html>",
    "a list": b"[]",
    "a number": b"1e400",
    "half a document": GOAL.encode()[:60],
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_bad_files_are_findings(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Whatever a file holds, it is one finding with a place, and the sound file beside it is judged."""
    (tmp_path / "bad.json").write_bytes(BAD_FILES[name])
    (tmp_path / "sound.json").write_text(SOUND)
    assert main(["check", str(tmp_path)]) == 1
    assert "2 files judged: 1 error, 0 warnings." in capsys.readouterr().out


def test_what_cannot_be_read_is_said_and_the_rest_judged(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """No such file, a folder without files, a name that is too long: exit 2, and still a report on the others."""
    (tmp_path / "sound.json").write_text(SOUND)
    (tmp_path / "none").mkdir()
    paths = ["/no/such/file.json", str(tmp_path / "none"), "x" * 5000, str(tmp_path / "sound.json")]
    assert main(["check", *paths]) == 2
    said = capsys.readouterr()
    assert said.err.count("planbridge check: ") == 3
    assert "\n3 paths could not be read: see standard error.\n" in said.out
    assert "1 file judged: 0 errors" in said.out


def test_names_of_files_cannot_write_to_the_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Control characters and bytes that are no text are shown as a replacement sign."""
    (tmp_path / "\x1b[31m\udcff.json").write_text(GOAL)
    assert main(["check", str(tmp_path)]) == 1
    assert "\x1b" not in capsys.readouterr().out


README = (Path(__file__).resolve().parents[1] / "README.md").read_text("utf-8")


def test_the_readme_shows_what_is_printed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file and the report that the README shows are a file and its report, line by line to the last one."""
    held, told = README.partition("$ cat goal.json\n")[2].partition("```")[0].split("$ planbridge check goal.json\n")
    (tmp_path / "goal.json").write_text(held)
    monkeypatch.chdir(tmp_path)
    assert main(["check", "goal.json"]) == 1
    assert capsys.readouterr().out == told


def test_the_readme_shows_what_python_answers() -> None:
    """Each call of the README's session has the output that stands below it."""
    [session] = re.findall(r"```pycon\n(.*?)```", README, re.DOTALL)
    parsed = doctest.DocTestParser().get_doctest(session, {}, "README.md", "README.md", 0)
    said: list[str] = []
    assert doctest.DocTestRunner().run(parsed, out=said.append) == (0, 4), "".join(said)
