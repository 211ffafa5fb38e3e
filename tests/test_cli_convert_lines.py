"""`planbridge convert` on NDJSON: one line in, one line out, in order, whatever stands on the line before."""

from __future__ import annotations

import gzip
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from adapter.cli import main
from adapter.cli.ndjson import Line, Stream, opened

GOAL = {
    "resourceType": "Goal", "id": "g", "lifecycleStatus": "active",
    "description": {"text": "To sing"}, "subject": {"reference": "Patient/p"},
}  # fmt: skip
IN_R5 = {**GOAL, "id": "r5", "continuous": True}


def lines(*documents: object) -> bytes:
    return b"".join(json.dumps(one).encode() + b"\n" for one in documents)


def goals(number: int) -> list[dict[str, object]]:
    return [{**GOAL, "id": f"g{n}"} for n in range(number)]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def piped(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(io.BytesIO(data))))  # type: ignore[arg-type]


class TestLines:
    def test_each_line_is_translated_in_order(self, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """A file to standard output: as many lines, the ids in order; the summary stands beside it."""
        Path("x.ndjson").write_bytes(lines(*goals(5)))
        assert main(["convert", "x.ndjson"]) == 0
        said = capsys.readouterr()
        assert [json.loads(line)["id"] for line in said.out.splitlines()] == [f"g{n}" for n in range(5)]
        assert said.err == "5 written\nread as FHIR: 5 as R4 (nothing tells)\n"

    def test_a_pipe_goes_there_and_back(
        self, here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """`cat x.ndjson | planbridge convert - --to native | planbridge convert -` gives the documents again."""
        piped(monkeypatch, lines(*goals(3)))
        assert main(["convert", "-", "--to", "native"]) == 0
        piped(monkeypatch, capsys.readouterr().out.encode())
        assert main(["convert", "-"]) == 0
        assert [json.loads(line) for line in capsys.readouterr().out.splitlines()] == goals(3)

    @pytest.mark.parametrize(("given", "made"), [("x.ndjson.gz", "y.jsonl"), ("x.jsonl", "y.ndjson.gz")])
    def test_compressed_files_are_read_and_written(self, here: Path, given: str, made: str) -> None:
        """By the ending of the name, on both sides."""
        data = lines(*goals(3))
        Path(given).write_bytes(gzip.compress(data) if given.endswith("gz") else data)
        assert main(["convert", given, "--to", "R5", "--out", made]) == 0
        back = Path(made).read_bytes()
        back = gzip.decompress(back) if made.endswith("gz") else back
        assert [json.loads(line)["id"] for line in back.splitlines()] == ["g0", "g1", "g2"]

    def test_a_compressed_pipe_is_seen_by_its_first_bytes(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """gzip on standard input."""
        piped(monkeypatch, gzip.compress(lines(*goals(2))))
        assert main(["convert", "-"]) == 0
        assert capsys.readouterr().out.count("\n") == 2

    def test_a_folder_of_exports_becomes_a_folder(self, here: Path) -> None:
        """Documents and NDJSON side by side, each under its own name."""
        Path("in").mkdir()
        Path("in/goals.ndjson").write_bytes(lines(*goals(2)))
        Path("in/goal.json").write_text(json.dumps(GOAL))
        assert main(["convert", "in", "--out", "out"]) == 0
        assert len(Path("out/goals.ndjson").read_bytes().splitlines()) == 2
        assert json.loads(Path("out/goal.json").read_bytes())["entity"] == "Goal"

    def test_a_line_that_tells_no_release_is_as_the_last_that_does(
        self, here: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """An R5 export stays R5 where a line fits both; --from says it for all."""
        Path("x.ndjson").write_bytes(lines(GOAL, IN_R5, GOAL))
        assert main(["convert", "x.ndjson", "--to", "R4"]) == 0
        said = capsys.readouterr().err
        assert "2 written; left as they are: 1 R4 already\n" in said
        assert "read as FHIR: 1 as R4 (nothing tells); 1 as R5 (by their elements); 1 as R5 (as those beside" in said
        assert main(["convert", "x.ndjson", "--to", "R4", "--from", "R5"]) == 0


class TestBadLines:
    def test_a_broken_line_is_a_finding_and_the_rest_goes_on(
        self, here: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """file:line for each of them, blank lines counted; exit 1; no value is printed."""
        first, second = lines(*goals(2)).splitlines()
        bad = [
            b"{",
            b"[" * 100_000,
            b'{"entity":"Goal","own_words":{"text":"sing"},"x":1}',
            b'{"a":1,"a":2}',
            b"\xff",
            b"3",
        ]
        Path("x.ndjson").write_bytes(b"\n".join([first, b"", *bad, second]))
        assert main(["convert", "x.ndjson"]) == 1
        said = capsys.readouterr()
        assert [json.loads(line)["id"] for line in said.out.splitlines()] == ["g0", "g1"]
        found = [line.split(":")[1] for line in said.err.splitlines() if line.startswith("x.ndjson:")]
        assert (found, "sing" in said.err) == (["3", "4", "5", "6", "7", "8"], False)

    def test_all_that_is_wrong_with_a_document_is_said_with_its_line(
        self, here: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """It is translated even so."""
        wrong = {**GOAL, "lifecycleStatus": "singing", "target": [{"detailString": "x"}]}
        Path("x.ndjson").write_bytes(lines(GOAL, wrong))
        assert main(["convert", "x.ndjson"]) == 1
        said = capsys.readouterr()
        assert said.out.count("\n") == 2
        rules = [line.split()[3] for line in said.err.splitlines() if line.startswith("x.ndjson:2:")]
        assert rules == ["binding/required:", "gol-1:"]

    def test_a_line_that_is_too_long_is_passed_over(self, tmp_path: Path) -> None:
        """Not more than is read is ever held; the next line is read."""
        (tmp_path / "x.ndjson").write_bytes(b"a" * 95 + b"\n" + b"b" * 3 + b"\n" + b"c" * 20)
        with opened(str(tmp_path / "x.ndjson")) as stream:
            found = list(stream.lines(10))
        assert [(line.number, line.data, bool(line.issue)) for line in found] == [
            (1, b"", True), (2, b"bbb", False), (3, b"", True)
        ]  # fmt: skip

    def test_a_broken_gzip_is_said_and_what_came_before_is_kept(
        self, here: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """Exit 2: it could not be read to its end."""
        whole = gzip.compress(b"".join(lines({**GOAL, "id": os.urandom(9).hex()}) for _ in range(400)))
        Path("x.ndjson.gz").write_bytes(whole[:-200])
        assert main(["convert", "x.ndjson.gz"]) == 2
        said = capsys.readouterr()
        assert said.out.count("\n") > 100
        assert "planbridge convert: x.ndjson.gz: cannot be read further" in said.err

    @pytest.mark.parametrize(
        ("words", "why"),
        [
            (["x.ndjson", "--out", "x.ndjson"], "is read here and never written over"),
            (["x.ndjson", "--out", "y.ndjson"], "is there already: --force replaces it"),
            (["x.ndjson", "y.ndjson", "--out", "z.ndjson"], "--out names one"),
            (["x.ndjson", "--out", "z.json"], ""),
            (["x.ndjson", "g.json"], "give --out DIR"),
            (["x.ndjson", "--onto", "g.json"], "--onto takes documents"),
        ],
    )
    def test_what_could_not_run_is_said(
        self, here: Path, words: list[str], why: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """Exit 2, nothing on standard output, what is read stays as it is."""
        for name in ("x.ndjson", "y.ndjson", "g.json"):
            Path(name).write_bytes(lines(GOAL))
        assert main(["convert", *words]) == (2 if why else 0)
        said = capsys.readouterr()
        assert why in said.err
        assert Path("x.ndjson").read_bytes() == lines(GOAL)


def test_memory_is_flat_on_a_long_file(tmp_path: Path) -> None:
    """Twenty times as many lines take no more memory: peak of the process, within 5 MB."""
    script = """
import sys
from adapter.cli import main
assert main(sys.argv[1:]) == 0
print(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""
    if not Path("/proc/self/status").exists():
        pytest.skip("the peak of a process is read from /proc, which is not on this machine")
    peak = {}
    for number in (100, 2000):
        file = tmp_path / f"{number}.ndjson"
        file.write_bytes(lines({**GOAL, "note": [{"text": "x" * 3000}]}) * number)
        out = tmp_path / f"out{number}.ndjson"
        words = [sys.executable, "-c", script, "convert", str(file), "--to", "native", "--out", str(out)]
        done = subprocess.run(words, capture_output=True, text=True, check=True)
        peak[number] = int(done.stdout.split()[-1])
        assert out.read_bytes().count(b"\n") == number
    assert peak[2000] - peak[100] < 5_000


def test_a_stream_is_read_once_and_counts_its_lines() -> None:
    """Blank lines are counted and not yielded; a line end of Windows is no part of the line."""
    stream = Stream(io.BytesIO(b"a\r\n\n \nb"))
    assert list(stream.lines()) == [Line(1, b"a"), Line(4, b"b")]
