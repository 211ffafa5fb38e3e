"""What `planbridge check` reads: pipes, compressed files, folders whose documents speak of each other."""

from __future__ import annotations

import contextlib
import gzip
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tree_places import places_in

from adapter.cli import judging, main, opening
from mappings.tree import dump, from_plain, parse, replaced

TEAM = '{"resourceType": "CareTeam", "status": "active"}'
BAD = '{"resourceType": "CareTeam", "status": "busy"}'
URL = "https://example.org/Questionnaire/sleep"
# fmt: off
FORM = {"resourceType": "Questionnaire", "url": URL, "version": "2", "status": "active",
        "item": [{"linkId": "1", "text": "Hours", "type": "integer"}]}
GOAL = {"resourceType": "Goal", "lifecycleStatus": "active", "description": {"text": "x"}}
ANSWERS = {"resourceType": "QuestionnaireResponse", "questionnaire": f"{URL}|2", "status": "completed",
           "authored": "2026-01-05", "subject": {"display": "x"},
           "item": [{"linkId": "1", "answer": [{"valueString": "seven"}]}]}
# fmt: on


def report(capsys: pytest.CaptureFixture[str], *words: str | Path) -> tuple[int, dict[str, Any]]:
    """Return the exit code and the report for programs."""
    code = main(["check", "--format", "json", *map(str, words)])
    return code, json.loads(capsys.readouterr().out)


def rules(told: dict[str, Any]) -> list[str]:
    return [one["rule"] for one in told["findings"]]


def not_checked(told: dict[str, Any]) -> list[str]:
    return [one["rule"] for one in told["against"]["not_held"]]


def put(folder: Path, **documents: Any) -> Path:
    """Write documents as files of a folder; return it."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, tree in documents.items():
        (folder / f"{name}.json").write_text(json.dumps(tree))
    return folder


# ---- pipes


@pytest.mark.parametrize("name", ["pipe", "pipe.json", "pipe.ndjson"])
def test_a_pipe_is_read_as_it_comes(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What a shell gives as <(...) is read like standard input, NDJSON too."""
    os.mkfifo(tmp_path / name)
    writer = threading.Thread(target=lambda: (tmp_path / name).write_text(f"{TEAM}\n{BAD}\n"))
    writer.start()
    code, told = report(capsys, tmp_path / name)
    writer.join()
    assert (code, rules(told), told["findings"][0]["line"]) == (1, ["binding/required"], 2)


def test_a_slow_writer_is_waited_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Somebody who has opened the pipe may take their time."""
    os.mkfifo(tmp_path / "pipe")

    def write() -> None:
        with (tmp_path / "pipe").open("w") as out:
            time.sleep(0.1)
            out.write(BAD)

    writer = threading.Thread(target=write)
    writer.start()
    assert rules(report(capsys, tmp_path / "pipe")[1]) == ["binding/required"]
    writer.join()


def test_a_pipe_that_nobody_writes_into_ends_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """2 and one line, in a folder too; the files beside it are judged."""
    monkeypatch.setattr(opening, "PATIENCE", 0.05)
    os.mkfifo(tmp_path / "a.json")
    (tmp_path / "b.json").write_text(BAD)
    assert main(["check", str(tmp_path)]) == 2
    said = capsys.readouterr()
    assert said.err.count("\n") == 1
    assert "a pipe into which nobody wrote" in said.err
    assert "b.json:1:30: error" in said.out


# ---- compression


def test_a_compressed_document_is_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """By its first bytes, whatever it is called; .json.gz in a folder."""
    (tmp_path / "a.json.gz").write_bytes(gzip.compress(BAD.encode()))
    (tmp_path / "b.json").write_bytes(gzip.compress(BAD.encode()))
    assert rules(report(capsys, tmp_path)[1]) == ["binding/required"] * 2


def test_a_compressed_file_that_is_cut_or_huge_is_a_finding(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The first is broken, of the second no more is unpacked than is judged."""
    (tmp_path / "a.json.gz").write_bytes(gzip.compress(BAD.encode())[:-9])
    with gzip.open(tmp_path / "b.json.gz", "wb", 1) as file:
        for _ in range(40):
            file.write(b" " * 2**20)
    code, told = report(capsys, tmp_path)
    assert (code, rules(told), told["summary"]["lines"]) == (1, ["json", "json-size"], 0)


# ---- forms of other folders


@pytest.mark.parametrize("first", ["a", "z"])
def test_a_form_of_another_folder_is_at_hand(first: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Wherever it lies among what is given, before the response or after it; given alone, its lack is said once."""
    put(tmp_path / first, form=FORM)
    here = put(tmp_path / "m", one=ANSWERS, two=ANSWERS)
    code, told = report(capsys, tmp_path)
    assert (code, set(rules(told)), not_checked(told)) == (1, {"answer/type"}, [])
    assert {Path(one["file"]).parent.name for one in told["findings"]} == {"m"}
    code, told = report(capsys, here)
    assert (code, rules(told), not_checked(told)) == (0, [], ["answer/not-checked"])
    assert told["against"]["not_held"][0]["places"] == 2
    main(["check", str(here)])
    said = capsys.readouterr().out
    assert said.count("the questionnaire is not at hand") == 1
    assert f"Not judged at 2 places, first {here}/one.json:1:" in said
    assert "Give the questionnaire too" in said


def test_forms_in_ndjson_and_bundles_are_at_hand(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An export has a file a type; a Bundle in another folder may hold the form."""
    (tmp_path / "Questionnaire.ndjson").write_text(json.dumps(FORM))
    (tmp_path / "QuestionnaireResponse.ndjson").write_text(f"{json.dumps(ANSWERS)}\n" * 2)
    assert rules(report(capsys, tmp_path)[1]) == ["answer/type"] * 2
    (tmp_path / "Questionnaire.ndjson").unlink()
    entry = {"fullUrl": "urn:uuid:6f2bd0ff-fd0b-4c4e-9ad3-1e2f1f4e9b11", "resource": FORM}
    put(tmp_path / "b", bundle={"resourceType": "Bundle", "type": "collection", "entry": [entry]})
    assert rules(report(capsys, tmp_path)[1]) == ["answer/type"] * 2


def test_a_form_that_tells_no_release_is_at_hand_in_either(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """R5 responses in one file of an export, in another the form, which fits both releases."""
    (tmp_path / "Questionnaire.ndjson").write_text(json.dumps(FORM))
    for release in ("r4", "r5"):
        (tmp_path / release).mkdir()
        (tmp_path / release / "QuestionnaireResponse.ndjson").write_text(json.dumps(ANSWERS))
    assert rules(report(capsys, tmp_path)[1]) == ["answer/type"] * 2


def test_a_form_of_the_same_folder_comes_first(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Another form of that name elsewhere changes nothing; one of another release is not meant."""
    put(tmp_path / "a", form=FORM, answers=ANSWERS)
    put(tmp_path / "b", form={**FORM, "item": [{"linkId": "1", "text": "Hours", "type": "string"}]})
    assert rules(report(capsys, tmp_path)[1]) == ["answer/type"]
    put(tmp_path / "c" / "r5", answers={**ANSWERS, "questionnaire": f"{URL}5|2"})
    put(tmp_path / "c" / "r4", form={**FORM, "url": f"{URL}5"})
    assert not_checked(report(capsys, tmp_path / "c")[1]) == ["answer/not-checked"]


def test_a_folder_that_is_too_large_to_be_held_has_no_false_alarm(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether a reference leads nowhere is not said where not all is seen; forms are found all the same."""
    goals: dict[str, Any] = {
        f"g{n}": {**GOAL, "id": f"g{n}", "subject": {"reference": f"Patient/p{9 - n}"}} for n in range(9)
    }
    people: dict[str, Any] = {f"p{n}": {"resourceType": "Patient", "id": f"p{n}"} for n in range(1, 10)}
    put(tmp_path, **goals, **people, answers=ANSWERS, zform=FORM)
    assert rules(report(capsys, tmp_path)[1]) == ["answer/type"]
    monkeypatch.setattr(judging, "TOGETHER", 700)
    assert rules(report(capsys, tmp_path)[1]) == ["answer/type"]
    monkeypatch.undo()
    (tmp_path / "p1.json").unlink()
    assert rules(report(capsys, tmp_path)[1]) == ["answer/type", "reference/nowhere"]


# ---- names, ends


def test_files_are_named_as_they_were_given(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Programs read the name itself, whatever it holds; a terminal is not written to by it."""
    monkeypatch.chdir(tmp_path)
    for name in ("new\nline.json", "\x1b[31m.json", "c:d.json", "a%20#?.json"):
        Path(name).write_text(BAD)
    names = {one["file"] for one in report(capsys, ".")[1]["findings"]}
    assert names == {f"./{name}" for name in ("new\nline.json", "\x1b[31m.json", "c:d.json", "a%20#?.json")}
    for form in ("text", "junit"):
        main(["check", "--format", form, "."])
        said = capsys.readouterr().out
        assert "\x1b" not in said
        assert "new\nline" not in said
    main(["check", "--format", "sarif", "c:d.json", "a%20#?.json"])
    results = json.loads(capsys.readouterr().out)["runs"][0]["results"]
    uris = [one["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for one in results]
    assert uris == ["c%3Ad.json", "a%2520%23%3F.json"]


def test_links_in_a_ring_end(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A folder that links to itself is read once; a link to itself, or to nothing, ends with 2 and one line each."""
    (tmp_path / "team.json").write_text(TEAM)
    (tmp_path / "ring").symlink_to(".")
    code, told = report(capsys, tmp_path)
    assert (code, told["summary"]["files"]) == (0, 1)
    (tmp_path / "self.json").symlink_to("self.json")
    (tmp_path / "none.json").symlink_to("nothing")
    assert main(["check", str(tmp_path)]) == 2
    assert capsys.readouterr().err.count("planbridge check: ") == 2


def test_what_is_not_read_stands_in_every_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever only reads the report sees it: a path that was not read, a run that was not successful."""
    (tmp_path / "team.json").write_text(TEAM)
    words = [str(tmp_path / "team.json"), str(tmp_path / "none.json")]
    code, told = report(capsys, *words)
    assert (code, len(told["unread"])) == (2, 1)
    main(["check", "--format", "sarif", *words])
    [invocation] = json.loads(capsys.readouterr().out)["runs"][0]["invocations"]
    assert (invocation["executionSuccessful"], len(invocation["toolExecutionNotifications"])) == (False, 1)


RUN = "import sys; from adapter.cli import main; sys.exit(main())"


def test_a_closed_pipe_and_an_interrupt_are_quiet(tmp_path: Path) -> None:
    """`| head`, and Ctrl-C: no traceback; the exit code says that it did not come to its end."""
    (tmp_path / "a.ndjson").write_text(f"{BAD}\n" * 20_000)
    words = [sys.executable, "-c", RUN, "check", str(tmp_path)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as ran:
        assert ran.stdout is not None
        assert ran.stderr is not None
        ran.stdout.readline()
        ran.stdout.close()
        assert (ran.stderr.read(), ran.wait()) == (b"", 2)
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as ran:
        assert ran.stdout is not None
        ran.stdout.readline()
        ran.send_signal(signal.SIGINT)
        _, said = ran.communicate()
        assert (said, ran.returncode) == (b"interrupted\n", 2)


# ---- whatever a document holds

WEIRD: list[Any] = [
    None, True, {}, [], [[]], [None], "", "x" * 300, "#x", "2026-02-30", 5, -0.0, {"resourceType": "Goal"}, [{}],
    [[{"a": 1}]], {"reference": ["x"]}, {"coding": "x"}, {"extension": [{"url": []}]}, {"resourceType": ["x"]},
    {"div": 5},
]  # fmt: skip
"""Values that stand where they do not belong."""


def odd(files: list[Path], each: int) -> Iterator[bytes]:
    """Yield documents in which one to three values were replaced."""
    chance = random.Random(7)
    for file in files:
        tree = parse(file.read_bytes())
        where = list(places_in(tree))
        for _ in range(each):
            changed = tree
            for at in chance.sample(where, chance.choice((1, 1, 2, 3))):
                with contextlib.suppress(LookupError, TypeError, AttributeError):  # an earlier change took it away
                    changed = replaced(changed, at, from_plain(chance.choice(WEIRD)))
            yield dump(changed)


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["--plan", "--round-trip", "--show-values"],
        ["--profile", "us-core-9", "--profile", "us-core-6.1", "--profile", "sdc-4", "--profile", "mcc"],
        ["--release", "R5", "--format", "sarif"],
        ["--release", "R4", "--format", "junit"],
    ],
    ids=" ".join,
)
def test_nothing_that_a_document_holds_is_a_fault(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two hundred documents of every kind with values that do not belong: judged to the end, every one."""
    files = sorted((Path(__file__).resolve().parents[1] / "fixtures").glob("*/*/*.json"))[::9]
    (tmp_path / "odd.ndjson").write_bytes(b"\n".join(odd(files, 2)))
    assert main(["check", *words, str(tmp_path)]) == 1
    assert "planbridge-fault" not in capsys.readouterr().out


def test_values_that_do_not_belong_in_a_response_are_no_fault(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each value of a response in turn is something else, its form at hand; and each value of the form."""
    for weird in ({}, [], None, [[]], True):
        trees = [
            (replaced(from_plain(ANSWERS), at, weird), FORM) for at in places_in(ANSWERS) if at[0] != "questionnaire"
        ]
        trees += [(ANSWERS, replaced(from_plain(FORM), at, weird)) for at in places_in(FORM) if at != ("url",)]
        for answers, form in trees:
            bundle = {"resourceType": "Bundle", "type": "collection"}
            bundle["entry"] = [{"resource": answers}, {"resource": form}]  # type: ignore[assignment]
            (tmp_path / "bundle.json").write_bytes(dump(from_plain(bundle)))
            main(["check", str(tmp_path)])
            assert "planbridge-fault" not in capsys.readouterr().out


def test_a_fault_of_ours_is_a_finding(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says where in the program and not what; the other documents are judged."""

    def broken(tree: Any, **_: Any) -> list[Any]:
        if "name" in tree:
            raise ValueError(tree["name"])
        return []

    monkeypatch.setattr(judging, "check", broken)
    put(tmp_path, one={"resourceType": "CareTeam", "name": "Asha"}, two={"resourceType": "CareTeam"})
    code, told = report(capsys, tmp_path)
    assert (code, rules(told), told["summary"]["files"]) == (1, ["planbridge-fault"], 2)
    assert "ValueError at test_cli_check_files.py:" in told["findings"][0]["text"]
    assert "Asha" not in json.dumps(told)


def test_a_first_finding_waits_for_nothing_that_is_not_needed(tmp_path: Path) -> None:
    """Neither the native model nor the libraries of the other commands are imported to judge a FHIR file."""
    (tmp_path / "bad.json").write_text(BAD)
    heavy = ("fhir", "pydantic", "mappings.model", "mappings.native", "marshmallow", "flask", "sqlalchemy", "rich")
    code = (
        "import sys; from adapter.cli import main; main(); "
        f"print([name for name in {heavy} if name in sys.modules], file=sys.stderr)"
    )
    words = [sys.executable, "-c", code, "check", str(tmp_path)]
    ran = subprocess.run(words, capture_output=True, text=True, check=True)
    assert ran.stderr == "[]\n"
    assert "binding/required" in ran.stdout
