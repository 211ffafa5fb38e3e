"""`planbridge convert` on NDJSON: each line is translated by itself, in order, while the next ones are to come."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path

from adapter.cli.document_set import coverages
from adapter.cli.files import progress, shown
from adapter.cli.ndjson import BROKEN, Line, Stream, is_ndjson, opened, written
from adapter.cli.outputs import CannotRunError, free, told
from adapter.cli.sources import Made, Note, Source, taken
from adapter.cli.translation import Task, translated
from adapter.cli.understood import Understood
from mappings.releases.which import BY, Which
from mappings.tree import dump, parse


@dataclass(frozen=True, slots=True)
class Input:
    """One NDJSON: its name as given, its place below an output folder, the folders it lies in; open, or by name.

    setting   the project's release, for lines that tell nothing
    """

    name: str
    place: str
    folders: tuple[str, ...] = ()
    stream: Stream | None = None
    setting: str = ""


@dataclass
class Tally:
    """What came of the lines so far."""

    made: int = 0
    errors: int = 0
    left: Counter[str] = field(default_factory=Counter)
    releases: Counter[tuple[str, str]] = field(default_factory=Counter)
    unread: list[str] = field(default_factory=list)


def targets(inputs: list[Input], out: str | None, read: list[str], *, force: bool) -> dict[str, Path | None]:
    """Return where each input is written, None for standard output. Raises CannotRunError."""
    if out is None or not inputs:
        return {one.name: None for one in inputs}
    folder = Path(out)
    if is_ndjson(out) and not folder.is_dir():
        if len(inputs) > 1:
            raise CannotRunError(f"{len(inputs)} NDJSON files are given, and --out names one")
        found = {inputs[0].name: folder}
    else:
        if folder.is_file():
            raise CannotRunError("--out names a file: NDJSON is written into .ndjson, .ndjson.gz or a folder")
        found = {one.name: folder / one.place for one in inputs}
    if len(set(found.values())) < len(inputs):
        raise CannotRunError("two files would become one; translate them apart")
    free(dict.fromkeys(found.values()), read, force=force)
    return dict(found)


def translate(inputs: list[Input], where: dict[str, Path | None], task: Task, asked: str) -> Tally:
    """Translate the lines of NDJSON; what is to be said is said as it is found. Returns what came of them."""
    tally = Tally()
    for one in inputs:
        try:
            with written(where[one.name]) as write:
                for number, sources, notes in _lines(one, asked, tally, whole=task.to in ("R4", "R5")):
                    for said in (*notes, *translated(task, sources, tally.left)):
                        if isinstance(said, Made):
                            tally.made += 1
                            write(dump(parse(said.data)))
                        else:
                            _say(said, number, tally)
        except OSError as error:
            if isinstance(error, BrokenPipeError):
                raise
            tally.unread.append(f"{shown(str(where[one.name]))}: {error.strerror or 'cannot be written'}")
    return tally


def understand(inputs: list[Input], report: Understood, asked: str) -> Tally:
    """Count what is understood of the lines of NDJSON."""
    tally = Tally()
    for one in inputs:
        for number, sources, notes in _lines(one, asked, tally, whole=False):
            for said in notes:
                _say(said, number, tally)
            for coverage in coverages(sources):
                report.add(coverage)
    return tally


def summary(tally: Tally) -> str:
    """Return in a line what came of the lines."""
    releases = "; ".join(f"{n} as {release} ({BY[by]})" for (release, by), n in sorted(tally.releases.items()))
    return told(tally.made, tally.made, tally.left) + (f"\nread as FHIR: {releases}" if releases else "")


def _say(said: Note, number: int, tally: Tally) -> None:
    if said.issue.rule == "reference/nowhere":
        return  # what it names may stand on another line, which is not looked at
    tally.errors += said.issue.severity in ("error", "fatal")
    print(replace(said, line=number, column=said.column or 1), file=sys.stderr)


def _lines(one: Input, asked: str, tally: Tally, *, whole: bool) -> Iterator[tuple[int, list[Source], list[Note]]]:
    """Yield each line's number, documents, and what is to be said of it. One that tells no release is as
    those before it, where they agree.
    """
    name = "standard input" if one.name == "-" else shown(one.name)
    told: set[str] = set()
    with ExitStack() as stack:
        try:
            stream = one.stream or stack.enter_context(opened(one.name))
            advance = stack.enter_context(progress("translate", stream.size))
            done = 0
            for line in stream.lines():
                advance(stream.read() - done)
                done = stream.read()
                sources, notes = _of_line(line, name, one, asked, whole=whole)
                if len(told) == 1:
                    as_those = Which(min(told), "neighbours")
                    sources = [replace(s, which=as_those) if s.which.by == "default" else s for s in sources]
                told_by = [s.which for s in sources if not s.native]
                told |= {w.release for w in told_by if w.by not in ("default", "neighbours")}
                tally.releases.update((w.release, w.by) for w in told_by)
                yield line.number, sources, notes
        except BROKEN as error:
            tally.unread.append(f"{name}: {getattr(error, 'strerror', None) or 'cannot be read further: broken gzip'}")


def _of_line(line: Line, name: str, one: Input, asked: str, *, whole: bool) -> tuple[list[Source], list[Note]]:
    if line.issue is not None:
        return [], [Note(name, line.number, 1, line.issue)]
    place, beside, setting = f"{one.place}/{line.number}", one.folders, one.setting
    found = list(taken(name, place, line.data, asked=asked, folders=beside, setting=setting, whole=whole))
    return [s for s in found if isinstance(s, Source)], [n for n in found if isinstance(n, Note)]
