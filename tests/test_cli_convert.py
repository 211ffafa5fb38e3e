"""`planbridge convert`: what it makes, what it keeps, what it refuses, and that it writes over nothing it read."""

from __future__ import annotations

import io
import json
import re
import shutil
import sys
from pathlib import Path

import pytest

from adapter.cli import main

ROOT = Path(__file__).resolve().parents[1]
ASHA, MARCUS = ROOT / "fixtures" / "asha", ROOT / "fixtures" / "marcus"
CORPUS = ROOT.parent / "shared" / "corpus" / "r4"

GOAL = b"""{
\t"resourceType": "Goal",   "id": "g",
\t"lifecycleStatus": "active", "x-unknown": [1.50, 1E2, -0],
\t"description": {"text": "To sing", "_text": {"id": "t"}},\r
\t"subject": {"reference": "Patient/p"}
}
"""
SOUND = b"""{
  "resourceType": "Goal", "id": "g", "lifecycleStatus": "active",
  "description": {"text": "To sing"}, "subject": {"reference": "Patient/p"}
}
"""
NATIVE = {"entity": "Goal", "id": "g", "lifecycle": "active", "clinic_words": {"text": "To sing"}}
WORDS = ("sing", "Patient/p")  # values: never in a message


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in, with one Goal."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "goal.json").write_bytes(GOAL)
    return tmp_path


def native(path: Path | str, **changed: object) -> None:
    """Write the native Goal, with changes, to a file."""
    Path(path).write_text(json.dumps({**NATIVE, "person": {"id": "Patient/p"}, **changed}))


def written(folder: Path) -> dict[str, bytes]:
    return {str(f.relative_to(folder)): f.read_bytes() for f in sorted(folder.rglob("*")) if f.is_file()}


class TestToNative:
    def test_one_document_goes_to_standard_output(self, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """FHIR in, the programme's own JSON out, indented; which release it was taken for is said beside it."""
        Path("goal.json").write_bytes(SOUND)
        assert main(["convert", "goal.json"]) == 0
        said = capsys.readouterr()
        assert json.loads(said.out) == {**NATIVE, "person": {"id": "Patient/p"}}
        assert (said.out.count("\n") > 5, said.err) == (True, "read as FHIR R4: nothing tells, so R4\n")

    def test_standard_input_is_read(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        """`-` stands for one document on standard input; what came in one line goes out in one."""
        for data, lines in ((SOUND, 11), (SOUND.replace(b"\n", b""), 1)):
            monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
            assert main(["convert", "-"]) == 0
            said = capsys.readouterr().out
            assert (json.loads(said)["entity"], said.count("\n")) == ("Goal", lines)

    def test_a_folder_is_a_document_set(self, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """A plan comes with the values of what it links to; each member has its own file."""
        assert main(["convert", str(ASHA / "r4"), "--out", "out"]) == 0
        plan = json.loads((here / "out" / "asha-plan.json").read_text())
        assert [goal["value"]["lifecycle"] for goal in plan["goals"]] == ["active"] * 3
        assert (
            plan["goals"][0]["value"]["targets"]
            == json.loads((here / "out/asha-goal-singing.json").read_text())["targets"]
        )
        written_, read = capsys.readouterr().out.splitlines()
        assert written_ == f"{len(list((ASHA / 'r4').iterdir()))} written"
        assert re.fullmatch(r"read as FHIR: \d+ as R4 \(by their elements\); \d+ as R4 \(by the folder's name\)", read)

    def test_a_bundle_is_taken_apart(self, here: Path) -> None:
        """Each entry of a mapped type becomes a file; links between entries hold."""
        url = "urn:uuid:1b7ac3f0-0000-4000-8000-000000000001"
        goal = {"fullUrl": url, "resource": {key: x for key, x in json.loads(SOUND).items() if key != "id"}}
        whose = {"status": "active", "intent": "plan", "subject": {"reference": "Patient/p"}}
        plan = {"resource": {"resourceType": "CarePlan", "id": "p", **whose, "goal": [{"reference": url}]}}
        bundle = {"resourceType": "Bundle", "type": "collection", "entry": [goal, plan]}
        Path("all.json").write_text(json.dumps(bundle))
        assert main(["convert", "all.json", "--out", "out"]) == 0
        plan = json.loads((here / "out/all/CarePlan-p.json").read_text())
        assert plan["goals"][0]["value"]["lifecycle"] == "active"
        assert len(written(here / "out")) == 2


class TestOnto:
    def test_what_says_nothing_new_keeps_its_bytes(
        self, here: Path, capsysbinary: pytest.CaptureFixture[bytes]
    ) -> None:
        """Law 2 on the command line: white space, literals and unknown elements included."""
        native("n.json")
        assert main(["convert", "n.json", "--onto", "goal.json"]) == 0
        assert capsysbinary.readouterr().out == GOAL

    def test_only_what_differs_changes(self, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """One field edited: every other value, as it was written."""
        native("n.json", lifecycle="on-hold")
        assert main(["convert", "n.json", "--onto", "goal.json", "--out", "new.json"]) == 0
        before, after = json.loads(GOAL), json.loads((here / "new.json").read_text())
        assert after == before | {"lifecycleStatus": "on-hold"}
        assert "1.50,\n    1E2,\n    -0" in (here / "new.json").read_text()

    def test_what_went_with_an_edit_is_said(self, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """What stood unread inside an edited value goes, and the message names the place and no value."""
        native("n.json", clinic_words={"text": "Dance"})
        assert main(["convert", "n.json", "--onto", "goal.json", "--out", "new.json"]) == 0
        said = capsys.readouterr().err
        assert said.startswith("n.json: information Goal.description._text dependent/")
        assert not [word for word in (*WORDS, "Dance") if word in said]

    def test_a_whole_folder_comes_back_byte_for_byte(self, here: Path) -> None:
        """Both people: to native and back onto the same folder, nothing differs."""
        for person in (ASHA, MARCUS):
            assert main(["convert", str(person / "r4"), "--out", "n"]) == 0
            assert main(["convert", "n", "--onto", str(person / "r4"), "--out", "back"]) == 0
            back = written(here / "back")
            assert back == {name: (person / "r4" / name).read_bytes() for name in back}
            assert back.keys() == written(here / "n").keys()
            shutil.rmtree("n")
            shutil.rmtree("back")

    def test_an_edit_in_a_members_own_file_is_not_undone_by_its_plan(self, here: Path) -> None:
        """The plan still holds the goal as it was: that is no edit, so the goal's own file is what counts."""
        shutil.copytree(ASHA / "native", "n")
        goal = json.loads(Path("n/asha-goal-singing.json").read_text())
        Path("n/asha-goal-singing.json").write_text(json.dumps({**goal, "lifecycle": "completed"}))
        assert main(["convert", "n", "--onto", str(ASHA / "r4"), "--out", "back"]) == 0
        changed = [name for name, data in written(here / "back").items() if data != (ASHA / "r4" / name).read_bytes()]
        assert changed == ["asha-goal-singing.json"]

    def test_two_files_that_contradict_each_other_are_not_written(
        self, here: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """An edit in the goal's file and another in the plan that holds it: a person decides, the rest goes on."""
        shutil.copytree(ASHA / "native", "n")
        goal, plan = (json.loads(Path(f"n/asha-{name}.json").read_text()) for name in ("goal-singing", "plan"))
        plan["goals"][0]["value"]["lifecycle"] = "on-hold"
        Path("n/asha-goal-singing.json").write_text(json.dumps({**goal, "lifecycle": "completed"}))
        Path("n/asha-plan.json").write_text(json.dumps(plan))
        assert main(["convert", "n", "--onto", str(ASHA / "r4"), "--out", "back"]) == 1
        assert capsys.readouterr().err.count("Goal convert/conflict: two files say different things") == 2
        assert len(written(here / "back")) == len(written(here / "n")) - 2

    def test_another_record_is_not_written_onto(self, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """The ids differ: nobody's goal becomes somebody else's."""
        native("n.json", id="other")
        assert main(["convert", "n.json", "--onto", "goal.json", "--out", "new.json"]) == 1
        assert "n.json:1:20: error id convert/other: " in capsys.readouterr().err
        assert not Path("new.json").exists()

    def test_a_document_that_must_not_be_interpreted_is_not_written_onto(
        self, here: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """A modifier extension may change what the document says: refused in both directions."""
        Path("goal.json").write_text('{"resourceType":"Goal","id":"g","modifierExtension":[{"url":"http://x"}]}')
        native("n.json")
        assert main(["convert", "n.json", "--onto", "goal.json"]) == 1
        assert main(["convert", "goal.json"]) == 1
        assert capsys.readouterr().err.count("error Goal.modifierExtension read/modifier: ") == 2

    def test_what_cannot_be_read_is_not_replaced_by_something_new(
        self, here: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """A broken file to write onto is no reason to make its document from nothing, without what it carried."""
        Path("base").mkdir()
        Path("base/goal.json").write_bytes(GOAL[:-5])
        Path("base/other.json").write_text('{"resourceType": "Patient", "id": "p"}')
        native("n.json")
        assert main(["convert", "n.json", "--onto", "base", "--out", "new"]) == 1
        assert "n.json: error Goal convert/unread: " in capsys.readouterr().err
        assert not Path("new").exists()


class TestFromNothing:
    def test_native_json_becomes_fhir(self, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """With its id, and a document of its own for each member that is held by value."""
        goal = {"lifecycle": "active", "clinic_words": {"text": "To sing"}}
        goals = [{"value": goal}, {"id": "Goal/g", "value": goal}]
        plan = {"entity": "Plan", "id": "p", "status": "active", "person": {"id": "Patient/p"}, "goals": goals}
        plan["intent"] = "plan"
        Path("plan.json").write_text(json.dumps(plan))
        assert main(["convert", "plan.json", "--out", "out"]) == 0
        made = {name: json.loads(data) for name, data in written(here / "out").items()}
        assert {"plan.json", "Goal-g.json"} < made.keys()
        assert made["Goal-g.json"] == {
            "resourceType": "Goal", "id": "g", "lifecycleStatus": "active", "description": {"text": "To sing"},
            "subject": {"reference": "Patient/p"},
        }  # fmt: skip
        assert made["plan.json"]["goal"][1] == {"reference": "Goal/g"}

    def test_more_than_one_document_needs_a_folder(self, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """Standard output takes one document."""
        assert main(["convert", str(ASHA / "native" / "asha-plan.json")]) == 2
        said = capsys.readouterr()
        assert ("came of this: give --out DIR" in said.err, said.out) == (True, "")

    def test_a_refused_write_shows_its_issue(self, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """File, FHIRPath, rule, reason and remedy; the others are written."""
        native("a.json", lifecycle="singing")
        native("b.json", id="b")
        assert main(["convert", "a.json", "b.json", "--out", "out"]) == 1
        said = capsys.readouterr().err
        assert said.startswith("a.json:1:31: error Goal.lifecycle native/code: this word is not in the field's list.")
        assert not [word for word in WORDS if word in said]
        assert list(written(here / "out")) == ["b.json"]

    @pytest.mark.parametrize("name", ["../../g", "a b", "g/_history/1", ""])
    def test_no_name_leads_out_of_the_folder(self, here: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
        """A member's id becomes a file name only where FHIR allows it."""
        plan = {"entity": "Plan", "id": "p", "goals": [{"id": f"Goal/{name}", "value": {"lifecycle": "active"}}]}
        Path("plan.json").write_text(json.dumps(plan))
        before = written(here)
        assert main(["convert", "plan.json", "--out", "out/deep"]) == 1
        assert written(here) == before


class TestNothingIsWrittenOver:
    # fmt: off
    @pytest.mark.parametrize("words", [
        ["goal.json", "--out", "goal.json"],
        ["goal.json", "--out", "./x/../goal.json"],
        ["goal.json", "--out", "."],
        ["goal.json", "--out", "hard.json"],
        ["goal.json", "--out", "soft.json"],
        ["n.json", "--onto", "goal.json", "--out", "goal.json"],
        ["n.json", "--onto", "goal.json", "--out", "n.json"],
        ["n.json", "--onto", "goal.json", "--out", "soft.json"],
    ])
    def test_what_is_read(self, here: Path, words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
        """Whichever name the file goes by, with --force too: exit 2, and nothing has changed."""
        native("n.json", lifecycle="on-hold")
        Path("x").mkdir()
        Path("hard.json").hardlink_to("goal.json")
        Path("soft.json").symlink_to("goal.json")
        before = written(here)
        assert main(["convert", *words, "--force"]) == 2
        assert "is read here and never written over" in capsys.readouterr().err
        assert written(here) == before

    def test_what_is_there_already_unless_forced(self, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """All or none: where one file is in the way none is written. The same bytes are in nobody's way."""
        Path("out").mkdir()
        Path("out/asha-goal-mornings.json").write_text("mine")
        words = ["convert", str(ASHA / "r4"), "--out", "out"]
        assert main(words) == 2
        assert "asha-goal-mornings.json is there already: --force" in capsys.readouterr().err
        assert list(written(here / "out")) == ["asha-goal-mornings.json"]
        assert (main([*words, "--force"]), main(words)) == (0, 0)

    def test_two_documents_never_become_one_file(self, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """Files of one name from two folders."""
        for folder in ("a", "b"):
            Path(folder).mkdir()
            shutil.copy("goal.json", folder)
        assert main(["convert", "a", "b", "--out", "out"]) == 2
        assert "two documents would become one file" in capsys.readouterr().err


class TestBadInput:
    def test_one_bad_file_does_not_stop_the_others(self, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """Each with file, line, column, reason; exit 1; no value in any message."""
        bad = {
            "depth.json": b"[" * 100_000,
            "empty.json": b"",
            "list.json": b'["sing"]',
            "nan.json": b'{"resourceType": "Goal",\n "x": NaN}',
            "native.json": b'{"entity": "Goal", "own_words": {"text": "sing"},\n "targets": [{"valu": "sing"}]}',
            "surrogate.json": b'{"resourceType": "Goal", "x": "\\ud800"}',
            "twice.json": b'{"resourceType": "Goal",\n "id": "a", "id": "sing"}',
            "utf16.json": '{"entity": "Goal"}'.encode("utf-16"),
            "what.json": b'{"entity": ["sing"]}',
        }
        for name, data in bad.items():
            Path(name).write_bytes(data)
        Path("goal.json").write_bytes(SOUND)
        assert main(["convert", ".", "--out", "out"]) == 1
        said = capsys.readouterr().err.replace("read as FHIR R4: nothing tells, so R4\n", "")
        assert sorted(line.split(":")[0].removeprefix("./") for line in said.splitlines()) == sorted(bad)
        assert "native.json:2:15: error Goal.targets[0].valu native/unknown: " in said
        assert "nan.json:2:" in said
        assert not [word for word in WORDS if word in said]
        assert list(written(here / "out")) == ["goal.json"]

    # fmt: off
    @pytest.mark.parametrize(("words", "why"), [
        (["no.json"],                                        "No such file"),
        (["x" * 5000],                                       "File name too long"),
        (["."],                                              "give --out DIR"),
        (["goal.json", "--onto", "no.json"],                 "No such file"),
        (["n.json", "--onto", "n.json"],                     "no FHIR document to write onto"),
        (["goal.json", "--onto", "goal.json", "--to", "native"], "leave --to out"),
        (["empty", "--out", "out"],                          "no .json, .ndjson, .jsonl"),
        ([".", "--out", "all.json"],                         "--out names one file"),
        (["goal.json", "--out", "soft.json"],                "is there already"),
        (["goal.json", "--report", "--out", "out"],          "--report writes nothing"),
        (["goal.json", "--format", "json"],                  "--format is the form of --report"),
        (["n.json", "--onto", "goal.json", "--to", "R5"],    "--onto is FHIR R4"),
    ])
    def test_what_could_not_run_is_said(
        self, here: Path, words: list[str], why: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """Exit 2, one line, nothing written."""
        native("n.json")
        Path("empty").mkdir()
        Path("all.json").write_text("{}")
        Path("soft.json").symlink_to("all.json")
        before = written(here)
        assert main(["convert", *words]) == 2
        assert why in capsys.readouterr().err
        assert written(here) == before

    def test_what_needs_no_translation_is_said_of_a_named_file(
        self, here: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """R4 to R4, native to native, a type without a table: exit 1 and why."""
        native("n.json")
        Path("practitioner.json").write_text('{"resourceType": "Practitioner"}')
        assert main(["convert", "goal.json", "--to", "R4"]) == 1
        assert main(["convert", "n.json", "--to", "native"]) == 1
        assert main(["convert", "practitioner.json"]) == 1
        said = capsys.readouterr().err
        assert [said.count(word) for word in ("R4 already", "native JSON already", "no table")] == [1, 1, 1]


class TestReport:
    def test_it_counts_by_type_and_names_what_is_carried(self, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """Files, leaves, understood, median and sum; carried paths without positions; nothing else is printed."""
        assert main(["convert", "goal.json", "--report"]) == 0
        said = capsys.readouterr().out
        assert "Goal                       1        6           3    50.0 %    50.0 %" in said
        assert "       3  Goal\n" in said  # a key that is no element's name is not repeated
        assert not [word for word in (*WORDS, "x-unknown") if word in said]

    def test_contained_resources_are_counted_under_their_own_type(self, capsys: pytest.CaptureFixture[str]) -> None:
        """The plans contain two requests: six in all; what no table reaches is named."""
        assert main(["convert", str(ASHA / "r4"), str(MARCUS / "r4"), "--report"]) == 0
        said = capsys.readouterr().out
        counted = dict(line.split()[:2] for line in said.splitlines()[1:] if line[:1].isalpha())
        assert counted.items() >= {
            "CarePlan": "3", "Goal": "7", "Questionnaire": "3", "QuestionnaireResponse": "4", "ServiceRequest": "6",
        }.items()  # fmt: skip
        assert any(line.startswith("       1  ") for line in said.splitlines())


def test_the_corpus_goes_through_and_comes_back_byte_for_byte(here: Path) -> None:
    """Documents that nobody here wrote, to native JSON and back onto themselves; forms are test_corpus.py's."""
    if not CORPUS.is_dir():
        pytest.skip("../shared/corpus is not beside the project")
    folders = [str(CORPUS / kind) for kind in ("CarePlan", "Goal", "QuestionnaireResponse")]
    assert main(["convert", *folders, "--out", "n"]) == 1  # one has duplicate keys, one a modifier extension
    back: dict[str, bytes] = {}
    for folder in folders:
        main(["convert", "n", "--onto", folder, "--out", Path(folder).name])
        back |= {f"{Path(folder).name}/{name}": data for name, data in written(here / Path(folder).name).items()}
    own = {name: data for name, data in back.items() if (CORPUS / name).is_file()}
    assert len(own) >= 150
    assert [name for name, data in own.items() if data != (CORPUS / name).read_bytes()] == []
