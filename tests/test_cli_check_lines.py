"""`planbridge check` over NDJSON, folders of both releases, and whatever else a path may hold."""

from __future__ import annotations

import gzip
import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from adapter.cli import main
from mappings.check import check_any

TEAM = '{"resourceType": "CareTeam", "status": "active"}'
GOAL = (
    '{"resourceType": "Goal", "lifecycleStatus": "ongoing", "description": {"text": "x"}, "subject": {"display": "y"}}'
)
R5_GOAL = GOAL.replace('"ongoing"', '"active", "continuous": true')


def checked(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, dict[str, Any]]:
    code = main(["check", "--format", "json", *words])
    return code, json.loads(capsys.readouterr().out)


def where(report: dict[str, Any]) -> list[tuple[int, str]]:
    return [(one["line"], one["rule"]) for one in report["findings"]]


@pytest.mark.parametrize("ending", [".ndjson", ".jsonl", ".NDJSON", ".ndjson.gz"])
def test_each_line_is_judged(ending: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A broken line is a finding with its number; those before and after it are judged."""
    data = f"{TEAM}\n\n{GOAL}\n{{broken\n[]\n{GOAL}".encode()
    (tmp_path / f"export{ending}").write_bytes(gzip.compress(data) if ending.endswith("gz") else data)
    code, report = checked(capsys, str(tmp_path))
    assert (code, where(report)) == (
        1,
        [(3, "binding/required"), (4, "json"), (5, "structure/kind"), (6, "binding/required")],
    )
    assert (report["summary"]["files"], report["summary"]["lines"]) == (1, 5)


def test_lines_come_on_standard_input(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Two lines that hold an object each are NDJSON; a compressed stream too."""
    data = f"{TEAM}\n{GOAL}\n".encode()
    for given in (data, gzip.compress(data)):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(io.BytesIO(given))))  # type: ignore[type-var, arg-type]
        assert where(checked(capsys, "-")[1]) == [(2, "binding/required")]


def test_broken_compression_is_a_finding(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What is no gzip, or ends too early, is a finding where it breaks."""
    (tmp_path / "none.ndjson.gz").write_bytes(b"not compressed")
    (tmp_path / "cut.ndjson.gz").write_bytes(gzip.compress(f"{TEAM}\n".encode() * 5)[:-9])
    code, report = checked(capsys, str(tmp_path))
    assert (code, {one["rule"] for one in report["findings"]}) == (1, {"json"})
    assert {Path(one["file"]).name for one in report["findings"]} == {"none.ndjson.gz", "cut.ndjson.gz"}


def test_a_sparse_file_of_two_gigabytes_is_a_finding(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It is not read whole, as a document and as a line; the report says how much is."""
    for name in ("huge.json", "huge.ndjson"):
        with (tmp_path / name).open("wb") as file:
            file.truncate(2**31 if name.endswith(".json") else 2**26)
    code, report = checked(capsys, str(tmp_path))
    assert (code, [one["rule"] for one in report["findings"]]) == (1, ["json-size", "json-size"])
    assert all("judges documents of at most 32 MiB" in one["text"] for one in report["findings"])


def test_memory_does_not_grow_with_the_lines(tmp_path: Path) -> None:
    """Eight times the lines, each with a finding, take no more memory, in any form of report."""
    code = (
        "import resource, sys; from adapter.cli import main; main(sys.argv[1:]); "
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)"
    )
    peaks = []
    for n in (1, 8):
        file = tmp_path / f"{n}.ndjson"
        file.write_text((GOAL + "\n") * 500 * n)
        words = ["check", "--format", "sarif", str(file)]
        ran = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, check=True)
        peaks.append(int(ran.stderr.split()[-1]))
    assert peaks[1] < peaks[0] * 1.1


# ---- against which release


def test_each_document_is_judged_by_its_own_release(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Elements tell, then the folder; the summary says how many and why."""
    for name, data in (("r4/team.json", TEAM), ("r5/team.json", TEAM), ("mixed/goal.json", R5_GOAL)):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text(data)
    assert main(["check", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert "1 against FHIR R4 (4.0.1; its structure by R4B, 4.3.0): by the folder's name.\n" in said
    assert "2 against FHIR R5 (5.0.0): 1 by their elements, 1 by the folder's name.\n" in said
    assert main(["check", "--release", "R4", str(tmp_path)]) == 1
    assert "3 against FHIR R4 (4.0.1; its structure by R4B, 4.3.0): asked for." in capsys.readouterr().out


def test_the_projects_setting_is_asked_last(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What tells nothing is of the release that planbridge.toml says."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "planbridge.toml").write_text('[check]\nrelease = "R5"\n')
    (tmp_path / "team.json").write_text(TEAM)
    main(["check", "team.json"])
    assert "1 against FHIR R5 (5.0.0): the project's setting." in capsys.readouterr().out


def test_lines_that_tell_nothing_are_as_those_before(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A line that tells its release tells that of those that follow it, until another says otherwise."""
    (tmp_path / "a.ndjson").write_text(f"{R5_GOAL}\n{TEAM}\n")
    told = checked(capsys, str(tmp_path))[1]["against"]["releases"]
    assert [(one["release"], one["by"]) for one in told] == [("R5", "elements"), ("R5", "neighbours")]
    r4 = '{"resourceType": "Goal", "expressedBy": {"display": "y"}}'
    (tmp_path / "a.ndjson").write_text(f"{R5_GOAL}\n{r4}\n{TEAM}\n")
    told = checked(capsys, str(tmp_path))[1]["against"]["releases"]
    assert [(one["release"], one["by"]) for one in told] == [("R4", "default"), ("R4", "elements"), ("R5", "elements")]


# fmt: off
BAD = {
    "a list of lists":   b"[" * 100_000,
    "objects in objects": b'{"a":' * 100_000,
    "STU3":              b'{"resourceType": "CapabilityStatement", "fhirVersion": "3.0.2"}',
    "R6":                b'{"resourceType": "CapabilityStatement", "fhirVersion": "6.0.0-ballot3"}',
    "an unknown type":   b'{"resourceType": "CarePlam"}',
    "no type":           b'{"status": "active"}',
    "a type of R2":      b'{"resourceType": "Conformance"}',
    "another encoding":  TEAM.encode("utf-32"),
    "half a surrogate":  b'{"resourceType": "CareTeam", "name": "\\ud800"}',
    "twice":             b'{"resourceType": "CareTeam", "resourceType": "Goal"}',
    "a Bundle of nulls": b'{"resourceType": "Bundle", "type": "collection", "entry": [null, 1, {"resource": []}]}',
    "an entity that is none": b'{"entity": []}',
    "lists in lists":    b'{"resourceType": "ServiceRequest", "occurrenceTiming": {"repeat": {"dayOfWeek": [["x"]]}}}',
    "a key of a name":   b'{"resourceType": "CareTeam", "Asha Kulkarni": 1}',
}
# fmt: on


@pytest.mark.parametrize("name", BAD)
@pytest.mark.parametrize("further", [[], ["--plan", "--round-trip", "--show-values"]], ids=["plain", "all"])
def test_whatever_a_file_holds_is_found_wrong(
    name: str, further: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """An error with a place in every form of report, and never a traceback; as a line of NDJSON too."""
    (tmp_path / "bad.json").write_bytes(BAD[name])
    (tmp_path / "bad.ndjson").write_bytes(BAD[name].replace(b"\n", b" "))
    for form in ("text", "json", "sarif", "junit"):
        assert main(["check", *further, "--format", form, str(tmp_path)]) == 1
        said = capsys.readouterr()
        assert said.err == ""
        assert further or "Asha" not in said.out
    _, found = check_any(BAD[name])
    assert any(one.severity in ("error", "fatal") for one in found)
