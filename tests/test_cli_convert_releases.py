"""`planbridge convert --to R5 | R4`, which release a file is taken for and why, and the report over both."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from adapter.cli import main
from mappings.releases.which import settled, which
from mappings.tree import NotJSON, parse

ROOT = Path(__file__).resolve().parents[1]
ASHA = ROOT / "fixtures" / "asha"
CORPUS = ROOT.parent / "shared" / "corpus"

PLAN: dict[str, Any] = {
    "resourceType": "CarePlan", "id": "p", "status": "active", "intent": "plan",
    "subject": {"reference": "Patient/a"}, "activity": [{"detail": {"status": "scheduled"}}],
}  # fmt: skip
GOAL: dict[str, Any] = {"resourceType": "Goal", "id": "g", "lifecycleStatus": "active"}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def written(folder: str) -> dict[str, bytes]:
    return {f.name: f.read_bytes() for f in Path(folder).rglob("*") if f.is_file()}


class TestWhich:
    # fmt: off
    @pytest.mark.parametrize(("tree", "folders", "asked", "release", "by"), [
        (GOAL,                                              (),              "",   "R4", "default"),
        (GOAL,                                              ("a", "r5"),     "",   "R5", "folder"),
        (GOAL,                                              ("R4", "r5"),    "",   "R4", "folder"),
        (GOAL,                                              ("r4",),         "R5", "R5", "asked"),
        (PLAN,                                              ("r5",),         "",   "R4", "elements"),
        ({**GOAL, "continuous": True},                      ("r4",),         "",   "R5", "elements"),
        ({"resourceType": "RequestOrchestration"},          (),              "",   "R5", "elements"),
        ({"resourceType": "Questionnaire", "item": [{"type": "coding"}]}, (), "",  "R5", "elements"),
        ({"resourceType": "Questionnaire", "item": [{"type": "choice"}]}, (), "",  "R4", "elements"),
        ({"resourceType": "QuestionnaireResponse", "identifier": [{}]},   (), "",  "R5", "elements"),
        ({**PLAN, "meta": {"profile": ["http://hl7.org/fhir/us/core/StructureDefinition/us-core-careplan"]}},
                                                            (),              "",   "R4", "profile"),
        ({**GOAL, "meta": {"profile": ["http://hl7.org/fhir/5.0/StructureDefinition/Goal"]}},
                                                            (),              "",   "R5", "profile"),
        ({**GOAL, "extension": [{"url": "http://hl7.org/fhir/5.0/StructureDefinition/extension-Goal.continuous"}]},
                                                            (),              "",   "R4", "elements"),
        ({"resourceType": "Bundle", "entry": [{"resource": PLAN}]}, (),      "",   "R4", "elements"),
        ({**PLAN, "custodian": {"display": "x"}},           ("r5",),         "",   "R5", "folder"),  # as many for each
        ({"resourceType": "STU3"},                          (),              "",   "R4", "default"),
        (["no resource"],                                   (),              "",   "R4", "default"),
    ])
    def test_the_first_that_tells_decides(
        self, tree: Any, folders: tuple[str, ...], asked: str, release: str, by: str
    ) -> None:
        """Asked for, profile, elements and codes, folder, R4: in this order."""
        found = which(tree, folders=folders, asked=asked)
        assert (found.release, found.by) == (release, by)

    def test_documents_that_lie_together_tell_each_other(self) -> None:
        """A Goal that fits both is R5 beside an R5 plan; where the others disagree it stays as it was."""
        fits, r5, r4 = which(GOAL), which({**GOAL, "continuous": True}), which(PLAN)
        assert [one.release for one in settled([fits, r5])] == ["R5", "R5"]
        assert [one.by for one in settled([fits, r5, r4])] == ["default", "elements", "elements"]

    def test_the_corpus_is_told_apart(self) -> None:
        """Without its folders' names: what tells is right, but for three files that mix both releases."""
        if not CORPUS.is_dir():
            pytest.skip("../shared/corpus is not beside the project")
        found: Counter[tuple[str, str, str]] = Counter()
        for folder in ("r4", "r5"):
            for file in (CORPUS / folder).rglob("*.json"):
                try:
                    told = which(parse(file.read_bytes()))
                except NotJSON:
                    continue
                found[folder.upper(), told.release, told.by] += 1
        print(f"\n{dict(found)}")
        by_elements = {key: n for key, n in found.items() if key[2] == "elements"}
        assert sum(n for (true, said, _), n in by_elements.items() if true != said) == 3
        assert sum(n for (*_, by), n in found.items() if by in ("elements", "profile")) > 450


class TestToRelease:
    def test_a_folder_goes_to_r5_and_comes_back(self, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """Every type; what needed an extension is said by its FHIRPath; back, the JSON is what it was."""
        assert main(["convert", str(ASHA / "r4"), "--to", "R5", "--out", "r5"]) == 0
        said = capsys.readouterr()
        assert "information CarePlan.activity[2].detail release/" in said.err
        assert "written\nread as FHIR: " in said.out
        assert main(["convert", "r5", "--to", "R4", "--out", "back"]) == 0
        before = {f.name: json.loads(f.read_bytes()) for f in (ASHA / "r4").iterdir()}
        assert {name: json.loads(data) for name, data in written("back").items()} == before

    def test_a_bundle_stays_a_bundle(self, here: Path) -> None:
        """Its entries are converted in it."""
        Path("b.json").write_text(
            json.dumps({"resourceType": "Bundle", "type": "batch", "entry": [{"resource": PLAN}]})
        )
        main(["convert", "b.json", "--to", "R5", "--out", "c.json"])
        made = json.loads(Path("c.json").read_bytes())
        assert (made["resourceType"], "detail" in str(made["entry"][0]["resource"]["activity"][0].keys())) == (
            "Bundle", False,
        )  # fmt: skip

    def test_native_becomes_r5_and_r5_native(self, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """From nothing in R5, read again: the same native values, but for the tokens of list items."""
        assert main(["convert", str(ASHA / "native"), "--to", "R5", "--out", "r5"]) == 0
        assert main(["convert", "r5", "--out", "n"]) == 0
        assert "as R5 (" in capsys.readouterr().out
        goal = "asha-goal-singing.json"
        before, after = json.loads((ASHA / "native" / goal).read_bytes()), json.loads(Path("n", goal).read_bytes())
        assert after["own_words"] == before["own_words"]
        assert after.keys() == before.keys()

    def test_native_is_written_onto_r5(self, here: Path) -> None:
        """What it is written onto decides the release; what says nothing new keeps its bytes."""
        assert main(["convert", str(ASHA / "r4"), "--to", "R5", "--out", "r5"]) == 0
        assert main(["convert", "r5", "--out", "n"]) == 0
        assert main(["convert", "n", "--onto", "r5", "--out", "back"]) == 0
        assert written("back") == {name: data for name, data in written("r5").items() if name in written("back")}
        assert main(["convert", "n", "--onto", "r5", "--to", "R4", "--out", "back2"]) == 2

    def test_the_wrong_is_converted_and_said(self, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """A document that breaks rules goes over and comes back, with all that is wrong, once."""
        Path("p.json").write_text(json.dumps({**PLAN, "status": "sung", "intent": None, "x": 1}))
        assert main(["convert", "p.json", "--to", "R5", "--out", "q.json"]) == 1
        said = capsys.readouterr().err
        assert [rule for rule in ("binding/required", "structure/null", "structure/unknown-element") if rule in said]
        assert "sung" not in said
        main(["convert", "q.json", "--to", "R4", "--from", "R5", "--out", "again.json"])
        assert json.loads(Path("again.json").read_bytes()) == json.loads(Path("p.json").read_bytes())


class TestReport:
    def test_it_is_json_for_programs(self, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """Exactly types -> files, leaves, understood, median, carried; nothing else on standard output."""
        Path("g.json").write_text(
            json.dumps({**GOAL, "x-own": 1, "description": {"text": "x", "extension": [{"url": "u"}]}})
        )
        assert main(["convert", "g.json", "--report", "--format", "json"]) == 0
        assert json.loads(capsys.readouterr().out) == {
            "types": {
                "Goal": {
                    "files": 1, "leaves": 4, "understood": 2, "median": 0.5,
                    "carried": {"Goal": 1, "Goal.description.extension.url": 1},
                }
            }
        }  # fmt: skip

    def test_both_releases_are_counted_together(self, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """r4 and r5 folders, Bundles and NDJSON: a file each, under the document's type."""
        for folder, goal in (("r4", GOAL), ("r5", {**GOAL, "continuous": True})):
            Path(folder).mkdir()
            Path(folder, "g.json").write_text(json.dumps(goal))
        Path("b.json").write_text(
            json.dumps({"resourceType": "Bundle", "type": "batch", "entry": [{"resource": GOAL}]})
        )
        Path("x.ndjson").write_text((json.dumps(GOAL) + "\n") * 2)
        assert main(["convert", "--report", "."]) == 0
        said = capsys.readouterr().out
        assert said.splitlines()[1].split()[:4] == ["Goal", "5", "6", "6"]
        assert "read as FHIR: " in said

    def test_what_is_carried_stands_by_count(self, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """The most frequent path first, without positions."""
        Path("g.json").write_text(
            json.dumps({**GOAL, "y-own": 1, "note": [{"text": "x", "id": "1", "_text": {"id": "i"}}]})
        )
        shutil.copy("g.json", "h.json")
        assert main(["convert", ".", "--report"]) == 0
        rows = [line.split() for line in capsys.readouterr().out.split("carried, that is")[1].splitlines()[1:] if line]
        counts = [int(row[0]) for row in rows if row[0].isdigit()]
        assert counts == sorted(counts, reverse=True)


def test_the_projects_setting_says_what_tells_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`[check] release` of planbridge.toml holds for documents that tell nothing; what cannot be read ends it."""
    (tmp_path / "team.json").write_text('{"resourceType": "CareTeam", "status": "active"}')
    (tmp_path / "mine.toml").write_text('[check]\nrelease = "R5"\n')
    words = ["--config", str(tmp_path / "mine.toml"), "convert", str(tmp_path / "team.json")]
    assert main(words) == 0
    assert "read as FHIR R5: the project's setting" in capsys.readouterr().err
    (tmp_path / "mine.toml").write_text('[check]\nrelease = "R3"\n')
    assert main(words) == 2
    assert "check.release: must be R4 or R5" in capsys.readouterr().err
