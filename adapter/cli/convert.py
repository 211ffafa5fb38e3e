"""`planbridge convert`: translate files between FHIR R4 and the programme's own JSON, losing nothing on the way.

Works on the user's own files and never on the store; a file that is read is never written over. A value never stands
in a message.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from adapter.cli.files import files, progress, shown

if TYPE_CHECKING:
    from adapter.cli.document_set import Made, Note, Source

_EPILOG = """\
examples:
  planbridge convert goal.json                      one FHIR document as native JSON, to standard output
  planbridge convert asha/r4 --out asha/native      a folder: a plan is read with the goals, requests and
                                                    responses of the folder that it links to, all as files
  planbridge convert goal-native.json --onto goal.json --out new.json
                                                    an edited native file written back: only what differs
                                                    changes, all else in goal.json stays as it stands
  planbridge convert asha/native --onto asha/r4 --out asha/new
                                                    the same with a folder; what says nothing new keeps its bytes
  planbridge convert asha/native --out asha/r4b     native JSON as FHIR R4, from nothing
  planbridge convert exports/ --report              how much is understood, and what is only carried

  planbridge convert asha/r4 --for us-core-9 --out asha/us-core
                                                    the same FHIR as a receiver wants it: us-core-9, us-core-6.1,
                                                    mcc, sdc-4 or abdm; what only a person can supply is reported

What is translated: CarePlan (Plan), Goal, ServiceRequest (Therapy), Questionnaire (Instrument),
QuestionnaireResponse (Assessment). A Bundle is taken apart. What the native model has no word for stays in the FHIR
document: write back with --onto and nothing of it is lost.

Native JSON, for example: {"entity": "Goal", "own_words": {"text": "I want to sing", "lang": "en"}}
Dates, decimals and texts are strings as written; a value of several kinds stands under its kind:
{"due": {"date": "2026-11"}}, {"value": {"quantity": {"value": "3", "unit": "days"}}}. Members are {"id": "Goal/7"}
with an optional "value". `key` tells equal items apart; keep it where items are moved or taken out.

A message reads:  file:line:column: severity FHIRPath rule: what is wrong.  What would mend it
Values are never printed. A file that is read is never written over, another existing one only with --force.

exit code: 0 done, 1 something could not be translated (the rest is), 2 could not run or a path could not be read
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add what `planbridge convert` takes."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = _EPILOG
    parser.add_argument("paths", nargs="+", metavar="PATH", help="file or folder; - is standard input")
    parser.add_argument("--to", choices=("native", "R4"), help="what to make (default: the other of what is given)")
    parser.add_argument("--onto", metavar="FILE", help="FHIR file or folder that native JSON is written onto")
    parser.add_argument("--out", metavar="DIR|FILE", help="where to write; without it one document to standard output")
    parser.add_argument("--force", action="store_true", help="replace files that are there (never one that is read)")
    parser.add_argument("--for", dest="receiver", metavar="RECEIVER", help="FHIR as us-core-9 ... wants it (see below)")
    parser.add_argument("--report", action="store_true", help="say how much is understood and what is carried")


class _CannotRunError(Exception):
    """Why nothing was written."""


@dataclass
class _Input:
    """What the paths of one argument hold: the files, their documents, and what is to be said of them."""

    files: list[str] = field(default_factory=list)
    sources: list[Source] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)


def run(args: argparse.Namespace) -> int:
    """Translate files; return 0 when all are, 1 when some could not be, 2 when it could not run."""
    found, onto = _read(args.paths), _read([args.onto] if args.onto else [])
    unread = found.unread + onto.unread
    notes = found.notes + onto.notes
    try:
        _may_run(args, onto)
        if args.report:
            print(_report(found.sources))
        if args.out is not None or not args.report:
            made, said, left = _translated(args, found.sources, onto)
            notes += said
            _keep(args, made, [*found.files, *onto.files], left)
            if not (made or notes or unread):
                unread.append("nothing here to translate")
    except _CannotRunError as error:
        unread.append(str(error))
    for line in [*map(str, notes), *(f"planbridge convert: {line}" for line in unread)]:
        print(line, file=sys.stderr)
    return 2 if unread else int(any(note.issue.severity in {"error", "fatal"} for note in notes))


def _may_run(args: argparse.Namespace, onto: _Input) -> None:
    if args.onto is not None and not any(not one.native for one in onto.sources):
        raise _CannotRunError("--onto: no FHIR document to write onto")
    if args.receiver is not None:
        from mappings.profiles import RECEIVERS

        if args.receiver not in RECEIVERS:
            raise _CannotRunError(f"--for: no such receiver; there are {', '.join(RECEIVERS)}")
        if args.onto is not None or args.to == "native":
            raise _CannotRunError("--for makes FHIR of FHIR: leave --onto and --to out")
    if args.onto is not None and args.to == "native":
        raise _CannotRunError("--onto writes FHIR: leave --to out")
    folders = [path for path in args.paths if os.path.isdir(path)]  # noqa: PTH112 - answers for names too long for Path
    if folders and args.out is None and not args.report:
        raise _CannotRunError("a folder is translated into a folder: give --out DIR")


def _read(paths: list[str]) -> _Input:
    from adapter.cli.document_set import Source, taken
    from mappings.check import MAX_BYTES

    read = _Input()
    named = [(name, path) for path in paths for name in files([path], read.unread)]
    with progress("read", len(named)) as advance:
        for name, path in named:
            advance()
            try:
                data = sys.stdin.buffer.read(MAX_BYTES + 1) if name == "-" else _bytes(name, MAX_BYTES + 1)
            except (OSError, ValueError) as error:
                read.unread.append(f"{shown(name)}: {getattr(error, 'strerror', None) or 'cannot be read'}")
                continue
            if len(data) > MAX_BYTES:
                read.unread.append(f"{shown(name)}: larger than {MAX_BYTES // 2**20} MiB")
                continue
            read.files.append(name)
            place = "document.json" if name == "-" else os.path.relpath(name, path) if name != path else Path(name).name
            for one in taken("standard input" if name == "-" else shown(name), place, data, named=name == path):
                (read.sources if isinstance(one, Source) else read.notes).append(one)  # type: ignore[arg-type]
    return read


def _bytes(name: str, most: int) -> bytes:
    with Path(name).open("rb") as file:
        return file.read(most)


def _report(sources: list[Source]) -> str:
    from adapter.cli.document_set import coverages
    from adapter.cli.understood import report

    with progress("report", len(sources)) as advance:
        return report(coverage for _, coverage in zip(_each(advance), coverages(sources), strict=False))


def _each(advance: Callable[[], None]) -> Iterator[None]:
    while True:
        advance()
        yield


def _translated(
    args: argparse.Namespace, sources: list[Source], onto: _Input
) -> tuple[list[Made], list[Note], Counter[str]]:
    """Return what was made of the documents, what is to be said of them, and what was left as it is."""
    from adapter.cli.document_set import Made, misplaced, to_fhir, to_native
    from mappings.tables import TABLES

    if args.receiver is not None:
        from adapter.cli.receiver import outfitted

        return outfitted(sources, args.receiver)
    fhir = [one for one in sources if not one.native]
    native = [one for one in sources if one.native]
    to_R4 = args.to == "R4" or (args.to is None and args.onto is not None)
    wanted = [one for one in fhir if one.named or one.type in TABLES]
    left = Counter(f"{one.type} (no table)" for one in fhir if one not in wanted)
    said: list[Made | Note] = []
    if args.to == "native":
        said += misplaced(native, "this is native JSON already")
    else:
        base = [one for one in onto.sources if not one.native]
        said += misplaced([one for one in onto.sources if one.native], "native JSON is written onto FHIR")
        said += to_fhir(native, base, whole=not onto.notes)
    if to_R4:
        said += misplaced(fhir, "this is FHIR already")
    else:
        said += to_native(fhir, wanted)
    made = [one for one in said if isinstance(one, Made)]
    return made, [one for one in said if not isinstance(one, Made)], left


def _keep(args: argparse.Namespace, made: list[Made], read: list[str], left: Counter[str]) -> None:
    """Write what was made: to standard output where no other place is given, else into files, all or none."""
    if args.out is None:
        if len(made) > 1:
            raise _CannotRunError(f"{len(made)} documents came of this: give --out DIR")
        for one in made:
            sys.stdout.buffer.write(one.data)
            sys.stdout.flush()
        return
    out = Path(args.out)
    one_file = not out.is_dir() and (out.suffix.lower() == ".json" or out.is_file())
    if one_file and len(made) > 1:
        raise _CannotRunError(f"{len(made)} documents came of this, and --out names one file")
    targets = {(out if one_file else out / one.place): one for one in made}
    _refuse(targets, made, [Path(name) for name in read if name != "-"], force=args.force)
    for n, (target, one) in enumerate(targets.items()):
        try:
            _write(target, one.data)
        except OSError as error:
            why = error.strerror or "cannot be written"
            raise _CannotRunError(f"{shown(str(target))}: {why}; {n} of {len(made)} are written") from None
    changed = sum(one.changed for one in made)
    same = f", {len(made) - changed} with the bytes they had" if changed < len(made) else ""
    others = f"; left as they are: {', '.join(f'{n} {what}' for what, n in sorted(left.items()))}" if left else ""
    print(f"{changed} written{same}{others}")


def _refuse(targets: dict[Path, Made], made: list[Made], read: list[Path], *, force: bool) -> None:
    """Raise _CannotRunError where a file that is read, or one that is there, would be written over."""
    if len(targets) < len(made):
        raise _CannotRunError("two documents would become one file; translate them apart")
    sources = {_real(path) for path in read}
    for target, one in targets.items():
        if _real(target) in sources:
            raise _CannotRunError(f"{shown(str(target))} is read here and never written over: give another --out")
        try:
            there = target.read_bytes() if target.exists() else None
        except OSError as error:
            raise _CannotRunError(f"{shown(str(target))}: {error.strerror or 'cannot be written'}") from None
        if there is not None and there != one.data and not force:
            raise _CannotRunError(f"{shown(str(target))} is there already: --force replaces it")


def _real(path: Path) -> tuple[int, int] | str:
    """Return what a path is, whichever name it goes by: the file itself, else its place."""
    try:
        found = path.stat()
    except (OSError, ValueError):
        return os.path.realpath(path)
    return found.st_dev, found.st_ino


def _write(target: Path, data: bytes) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{target.name}.part")
    try:
        part.write_bytes(data)
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
