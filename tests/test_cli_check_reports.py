"""The reports of `planbridge check` that other programs read, its baseline, and what fails a run."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any
from urllib.parse import unquote
from xml.etree import ElementTree

import pytest
from jsonschema import Draft202012Validator
from report_shapes import SARIF, unlike_junit
from sound_documents import SOUND as SOUND_DOCUMENTS

from adapter.cli import main
from adapter.cli.sarif import uri
from mappings.tree import dump

SOUND = '{"resourceType": "CareTeam", "status": "active"}'
GOAL = """{
  "resourceType": "Goal",
  "lifecycleStatus": "ongoing",
  "description": {"text": "To sing <again> & again"},
  "subject": {"reference": "Patient/asha"},
  "target": [{"dueDate": "2026-13"}]
}
"""
SOUND_PLAN = SOUND_DOCUMENTS["R4"]["CarePlan"]
US_CORE = "http://hl7.org/fhir/us/core/StructureDefinition/us-core"
STU3 = json.dumps({**json.loads(SOUND), "meta": {"profile": ["https://e.org/STU3/x"]}})


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a sound file, a bad one, one with a warning and NDJSON with a broken line; one is in it."""
    below = tmp_path / "old ones"
    below.mkdir()
    (below / "team.json").write_text(SOUND)
    (below / "göal.json").write_text(GOAL)
    (below / "stu3.json").write_text(STU3)
    (below / "lines.ndjson").write_text(f'{SOUND}\n{{"resourceType":\n{SOUND}\n')
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    """Return the exit code and what stands on standard output."""
    code = main(["check", *words])
    return code, capsys.readouterr().out


def found(capsys: pytest.CaptureFixture[str], *words: str) -> list[dict[str, Any]]:
    _, said = run(capsys, "--format", "json", *words)
    return list(json.loads(said)["findings"])


# ---- SARIF


@pytest.mark.parametrize("words", [(), ("--show-values",), ("--fail-on", "warning", "--", "none.json"), ("--plan",)])
def test_sarif_is_what_the_standard_demands(
    words: tuple[str, ...], folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing but what the standard has, all that it demands; results name a rule by id and index; errors are errors.

    (The whole schema of OASIS was held against these reports by hand; its licence does not let it stand here.)
    """
    _, said = run(capsys, "--format", "sarif", *words, "old ones")
    log = json.loads(said)
    assert [error.message for error in Draft202012Validator(SARIF).iter_errors(log)] == []
    [ran] = log["runs"]
    rules, results = ran["tool"]["driver"]["rules"], ran["results"]
    assert len({rule["id"] for rule in rules}) == len(rules)
    ours = ("plan", "law", "native")  # the programme's own rules, which no page of FHIR states
    assert all("helpUri" in rule or rule["properties"]["tags"][-1] in ours for rule in rules)
    assert {rules[result["ruleIndex"]]["id"] == result["ruleId"] for result in results} == {True}
    told = found(capsys, *words, "old ones")
    levels = {"fatal": "error", "error": "error", "warning": "warning"}
    assert [(one["ruleId"], one["level"]) for one in results] == [(f["rule"], levels[f["severity"]]) for f in told]
    regions = [one["locations"][0]["physicalLocation"]["region"] for one in results]
    assert regions == [{"startLine": f["line"], "startColumn": f["column"]} for f in told]
    assert {result["level"] for result in results} == {"error", "warning"}


def test_sarif_names_files_as_they_were_given(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The uri is the path as given, no more encoded than a URI must be."""
    told = found(capsys, "old ones")
    _, said = run(capsys, "--format", "sarif", "old ones")
    results = json.loads(said)["runs"][0]["results"]
    uris = [one["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for one in results]
    assert [unquote(one) for one in uris] == [one["file"] for one in told]
    assert "old%20ones/stu3.json" in uris
    assert uri("fixtures/a-b_c.d/goal~1.json") == "fixtures/a-b_c.d/goal~1.json"


def test_sarif_without_findings_is_a_log(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A sound folder has an empty list of results, which is what clears old alerts."""
    (tmp_path / "team.json").write_text(SOUND)
    code, said = run(capsys, "--format", "sarif", str(tmp_path))
    assert (code, json.loads(said)["runs"][0]["results"]) == (0, [])


# ---- JUnit


def test_junit_has_a_case_a_file(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Counts are those of its cases; what fails the run is a failure with its lines, a warning is output."""
    code, said = run(capsys, "--format", "junit", "old ones")
    root = ElementTree.fromstring(said)
    assert unlike_junit(root) == []
    cases = {case.get("name"): case for case in root.iter("testcase")}
    assert (code, root.get("tests"), root.get("failures"), len(cases)) == (1, "4", "2", 4)
    failed = {name for name, case in cases.items() if case.find("failure") is not None}
    assert failed == {"göal.json", "lines.ndjson"}
    assert "old ones/lines.ndjson:2:" in (cases["lines.ndjson"].findtext("failure") or "")
    assert "structure/other-profile" in (cases["stu3.json"].findtext("system-out") or "")
    _, said = run(capsys, "--format", "junit", "--fail-on", "warning", "old ones")
    assert ElementTree.fromstring(said)[0].get("failures") == "3"


def test_junit_says_what_could_not_be_read(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A case with an error each, so that a server that only reads the report sees it."""
    code, said = run(capsys, "--format", "junit", "old ones/team.json", "none.json")
    root = ElementTree.fromstring(said)
    assert (code, unlike_junit(root)) == (2, [])
    assert [(root.get(name)) for name in ("tests", "failures", "errors")] == ["2", "0", "1"]
    [error] = root.iter("error")
    assert (error.get("message") or "").startswith("none.json: ")


# ---- values


def test_values_are_shown_where_it_is_asked_for(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """`--show-values`, and `[check] synthetic` of the settings, show what stands at the place, long ones cut."""
    name = "old ones/göal.json"
    assert {one.get("value") for one in found(capsys, name)} == {None}
    assert {one["value"] for one in found(capsys, "--show-values", name)} == {'"ongoing"', '"2026-13"'}
    assert 'Here: "ongoing"' in run(capsys, "--show-values", name)[1]
    (folder / "planbridge.toml").write_text("[check]\nsynthetic = true\n")
    for form in ("text", "sarif", "junit"):
        assert "ongoing" in run(capsys, "--format", form, name)[1]
    (folder / "long.json").write_text(GOAL.replace("ongoing", "x" * 500))
    assert max(len(one["value"]) for one in found(capsys, "long.json")) == 80


def test_colour_is_for_terminals(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Escapes stand in what a terminal gets, and nowhere else; NO_COLOR forbids them."""
    assert "\x1b[" not in run(capsys, "old ones")[1]
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    assert "\x1b[31merror\x1b[0m" in run(capsys, "old ones")[1]
    assert "\x1b[" not in run(capsys, "--format", "json", "old ones")[1]
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[" not in run(capsys, "old ones")[1]


# ---- what fails


def test_warnings_fail_where_it_is_asked_for(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A warning ends with 0, with --fail-on warning with 1."""
    name = "old ones/stu3.json"
    assert (run(capsys, name)[0], run(capsys, "--fail-on", "warning", name)[0]) == (0, 1)


def test_settings_that_are_wrong_end_it(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """2, with the key; nothing is judged."""
    (folder / "planbridge.toml").write_text("[check]\nsynthetic = 1\n")
    assert run(capsys, "old ones") == (2, "")


# ---- a baseline


def test_a_baseline_keeps_old_findings_apart(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What was found when it was written is not shown; lines above it do not make it new; a second one is new."""
    before = len(found(capsys, "old ones"))
    assert main(["check", "--write-baseline", "known.json", "old ones"]) == 0
    assert f"{before} findings written" in capsys.readouterr().err
    assert run(capsys, "--baseline", "known.json", "old ones")[0] == 0
    file = folder / "old ones/göal.json"
    file.write_text("\n\n" + GOAL)
    assert found(capsys, "--baseline", "known.json", "./old ones/") == []
    file.write_text(GOAL.replace('[{"dueDate": "2026-13"}]', '[{"dueDate": "2026-13"}, {"dueDate": "2026-14"}]'))
    assert [one["rule"] for one in found(capsys, "--baseline", "known.json", "old ones")] == ["structure/date"]
    file.write_text(SOUND)
    assert "2 findings of the baseline gone" in run(capsys, "--baseline", "known.json", "old ones")[1]


def test_no_value_stands_in_a_baseline(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """File, rule, path and count; neither lines nor values."""
    main(["check", "--show-values", "--write-baseline", "known.json", "old ones"])
    told = json.loads((folder / "known.json").read_text("utf-8"))
    assert told["findings"]["old ones/göal.json"] == {
        "binding/required": {"Goal.lifecycleStatus": 1},
        "structure/date": {"Goal.target.dueDate": 1},
    }


@pytest.mark.parametrize(
    "text", ["", "[]", "{", '{"planbridge": "baseline"}', '{"planbridge": "baseline", "findings": [1]}']
)
def test_what_is_no_baseline_ends_it(text: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """2, and why; so does one that is not there, and both options at once."""
    (folder / "known.json").write_text(text)
    assert main(["check", "--baseline", "known.json", "old ones"]) == 2
    assert capsys.readouterr().err.startswith("planbridge check: known.json: ")
    assert main(["check", "--baseline", "none.json", "old ones"]) == 2
    assert main(["check", "--baseline", "known.json", "--write-baseline", "new.json", "old ones"]) == 2
    assert main(["check", "--write-baseline", "no/such/folder.json", "old ones"]) == 2


# ---- profiles


def test_profiles_are_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A guide's name or a canonical, several of them; the summary says by which it was judged, and as which release."""
    (tmp_path / "plan.json").write_bytes(dump(SOUND_PLAN))
    words = ("--profile", "us-core-6.1", "--profile", f"{US_CORE}-goal", str(tmp_path))
    code, said = run(capsys, *words)
    assert code == 1
    assert " error CarePlan.category profile/slice: " in said
    assert "1 against FHIR R4 (4.0.1; its structure by R4B, 4.3.0): its profile is of R4." in said
    assert f"profiles (those claimed, and us-core-6.1, {US_CORE}-goal)" in said
    assert run(capsys, str(tmp_path))[0] == 0
    report = json.loads(run(capsys, "--format", "json", *words)[1])
    assert report["against"]["profiles"] == ["us-core-6.1", f"{US_CORE}-goal"]
    assert [one["level"] for one in report["findings"]] == ["profile"]


@pytest.mark.parametrize(
    ("words", "told"),
    [(("us-core-99",), "there are us-core-6.1, us-core-7, "), (("us-core-9", "--release", "R5"), "of R4, not of R5")],
)
def test_profiles_that_are_not_held_end_it(
    words: tuple[str, ...], told: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """2 and one line: an unknown name, with those that there are; a release that no profile held is of."""
    assert main(["check", "--profile", *words, "old ones"]) == 2
    said = capsys.readouterr()
    assert (said.out, said.err.count("\n")) == ("", 1)
    assert told in said.err
