"""`planbridge convert`: translate files between FHIR and the programme's own JSON, and between R4 and R5.

Nothing is lost on the way. Works on the user's own files and never on the store; a file that is read is never written
over. A value never stands in a message.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from adapter.cli.files import files, folders_of, progress, shown

if TYPE_CHECKING:
    from adapter.cli.sources import Made, Note, Source
    from adapter.cli.streams import Input, Tally
    from adapter.cli.translation import Task

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
  planbridge convert asha/native --to R5 --out r5   native JSON as FHIR R5, from nothing (R4 without --to)
  planbridge convert asha/r4 --to R5 --out asha/r5  FHIR as the other release says it, every type, back the same way
  planbridge convert export.ndjson.gz --out native.ndjson.gz
  cat export.ndjson | planbridge convert - --to native
                                                    NDJSON, one document a line, in order, of any length
  planbridge convert exports/ --report              how much is understood, and what is only carried

  planbridge convert asha/r4 --for us-core-9 --out asha/us-core
                                                    the same FHIR as a receiver wants it: us-core-9, us-core-6.1,
                                                    mcc, sdc-4 or abdm; what only a person can supply is reported

What is translated to native JSON: the types that the model has an entity for (planbridge schema shows its fields).
What it has no word for stays in the FHIR document: write back with --onto and nothing of it is lost. A Bundle is taken
apart, but for --to R4 and R5. Each line of NDJSON is a document set of its own.

A document's release is what --from says; else its profile, elements or codes that only one release has, a parent
folder named r4 or r5, the project's setting ([check] release in planbridge.toml), the documents beside it; else R4.
Which it was and why is said.

Native JSON, for example: {"entity": "Goal", "own_words": {"text": "I want to sing", "lang": "en"}}
Dates, decimals and texts are strings as written; a value of several kinds stands under its kind:
{"due": {"date": "2026-11"}}, {"value": {"quantity": {"value": "3", "unit": "days"}}}. Members are {"id": "Goal/7"}
with an optional "value". `key` tells equal items apart; keep it where items are moved or taken out.

All that is wrong with a document is said at once; it is translated as far as it can be. A message reads:
  file:line:column: severity FHIRPath rule: what is wrong.  What would mend it
Values are never printed. A file that is read is never written over, another existing one only with --force.

exit code: 0 done, 1 a document is wrong or could not be translated (the rest is), 2 could not run or read a path
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add what `planbridge convert` takes."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = _EPILOG
    parser.add_argument("paths", nargs="+", metavar="PATH", help="file or folder; - is standard input")
    to = ("native", "R4", "R5")
    parser.add_argument("--to", choices=to, default="", help="what to make (default: native of FHIR, R4 of native)")
    parser.add_argument("--from", dest="given", choices=to[1:], default="", help="release of the FHIR that is given")
    parser.add_argument("--onto", metavar="FILE", help="FHIR file or folder that native JSON is written onto")
    parser.add_argument("--out", metavar="DIR|FILE", help="where to write; without it to standard output")
    parser.add_argument("--force", action="store_true", help="replace files that are there (never one that is read)")
    parser.add_argument("--for", dest="receiver", metavar="RECEIVER", help="FHIR as us-core-9 ... wants it (see above)")
    parser.add_argument("--report", action="store_true", help="say how much is understood and what is carried")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="form of the report (default: text)")


@dataclass
class _Given:
    """What the paths of one argument hold: files, their documents, NDJSON still to be read, and what is to be said."""

    files: list[str] = field(default_factory=list)
    sources: list[Source] = field(default_factory=list)
    streams: list[Input] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    errors: int = 0


def run(args: argparse.Namespace) -> int:
    """Translate files; return 0 when all are, 1 when some are wrong or could not be, 2 when it could not run."""
    from adapter.cli.outputs import CannotRunError
    from adapter.settings import SettingsError, load_settings

    try:
        args.setting = load_settings(args.config).release
    except SettingsError as error:
        print(f"planbridge convert: {error}", file=sys.stderr)
        return 2
    given, onto = _read(args, args.paths), _read(args, [args.onto] if args.onto else [])
    given.notes, given.unread = given.notes + onto.notes, given.unread + onto.unread
    try:
        task = _task(args, given, onto)
        if args.report:
            _report(args, given)
        else:
            _translate(args, given, task, [*given.files, *onto.files])
    except CannotRunError as error:
        given.unread.append(str(error))
    for line in [*given.notes, *(f"planbridge convert: {line}" for line in given.unread)]:
        print(line, file=sys.stderr)
    wrong = given.errors + sum(note.issue.severity in {"error", "fatal"} for note in given.notes)
    return 2 if given.unread else int(wrong > 0)


def _task(args: argparse.Namespace, given: _Given, onto: _Given) -> Task:
    """Return what is asked for. Raises CannotRunError where the arguments do not go together."""
    from adapter.cli.outputs import CannotRunError
    from adapter.cli.translation import Task

    base = [one for one in onto.sources if not one.native]
    releases = sorted({one.release for one in base})
    if args.report and (args.out, args.onto, args.receiver, args.to) != (None, None, None, ""):
        raise CannotRunError("--report writes nothing: leave --out, --onto, --for and --to out")
    if args.format == "json" and not args.report:
        raise CannotRunError("--format is the form of --report")
    if args.receiver is not None:
        _may_outfit(args)
    if args.onto is not None:
        if not base:
            raise CannotRunError("--onto: no FHIR document to write onto")
        if args.to == "native":
            raise CannotRunError("--onto writes FHIR: leave --to out")
        if given.streams or onto.streams:
            raise CannotRunError("--onto takes documents, not NDJSON")
        if args.to not in ("", *releases):
            raise CannotRunError(f"--onto is FHIR {' and '.join(releases)}: what is written onto it is, too")
    folders = [path for path in args.paths if os.path.isdir(path)]  # noqa: PTH112 - answers for names too long for Path
    if folders and args.out is None and not args.report:
        raise CannotRunError("a folder is translated into a folder: give --out DIR")
    return Task(args.to, tuple(onto.sources), not onto.notes)


def _may_outfit(args: argparse.Namespace) -> None:
    from adapter.cli.outputs import CannotRunError
    from mappings.profiles import RECEIVERS

    if args.receiver not in RECEIVERS:
        raise CannotRunError(f"--for: no such receiver; there are {', '.join(RECEIVERS)}")
    if args.onto is not None or args.to:
        raise CannotRunError("--for makes FHIR of FHIR: leave --onto and --to out")


# ---- reading


def _read(args: argparse.Namespace, paths: list[str]) -> _Given:
    """Return the documents of files, and the NDJSON among them, which is not read yet."""
    from adapter.cli.ndjson import ENDINGS, is_ndjson
    from adapter.cli.sources import together
    from adapter.cli.streams import Input

    read = _Given()
    named = [(name, path) for path in paths for name in files([path], read.unread, (".json", *ENDINGS))]
    with progress("read", len(named)) as advance:
        for name, path in named:
            advance()
            place = os.path.relpath(name, path) if name != path else Path(name).name
            if is_ndjson(name) and name != "-":
                read.files.append(name)
                read.streams.append(Input(name, place, folders_of(name), setting=args.setting))
            else:
                _read_one(args, read, name, "document.json" if name == "-" else place, named=name == path)
    read.sources = together(read.sources)
    return read


def _read_one(args: argparse.Namespace, read: _Given, name: str, place: str, *, named: bool) -> None:
    from adapter.cli.ndjson import BROKEN, Stream, standard_input
    from adapter.cli.sources import Source, taken
    from adapter.cli.streams import Input
    from mappings.check import MAX_BYTES

    try:
        data = standard_input() if name == "-" else _bytes(name, MAX_BYTES + 1)
    except (*BROKEN, ValueError) as error:
        read.unread.append(f"{shown(name)}: {getattr(error, 'strerror', None) or 'cannot be read'}")
        return
    read.files.append(name)
    if isinstance(data, Stream):
        read.streams.append(Input(name, "document.ndjson", (), data, args.setting))
        return
    if len(data) > MAX_BYTES:
        read.unread.append(f"{shown(name)}: larger than {MAX_BYTES // 2**20} MiB")
        return
    whole = args.to in ("R4", "R5")
    name_shown, folders = ("standard input", ()) if name == "-" else (shown(name), folders_of(name))
    asked, setting = args.given, args.setting
    for one in taken(name_shown, place, data, named=named, asked=asked, folders=folders, setting=setting, whole=whole):
        (read.sources if isinstance(one, Source) else read.notes).append(one)  # type: ignore[arg-type]


def _bytes(name: str, most: int) -> bytes:
    with Path(name).open("rb") as file:
        return file.read(most)


# ---- what is asked for


def _report(args: argparse.Namespace, given: _Given) -> None:
    """Print how much is understood."""
    from adapter.cli.document_set import coverages
    from adapter.cli.sources import releases_said
    from adapter.cli.streams import understand
    from adapter.cli.understood import Understood

    report = Understood()
    with progress("report", len(given.sources)) as advance:
        for coverage in coverages(given.sources):
            report.add(coverage)
            advance()
    _tell(given, understand(given.streams, report, args.given))
    print(report.as_json() if args.format == "json" else report.as_text())
    if args.format == "text" and given.sources:
        print(f"\n{releases_said(given.sources)}")


def _translate(args: argparse.Namespace, given: _Given, task: Task, read: list[str]) -> None:
    """Translate and write the documents, then the NDJSON. Raises CannotRunError before anything is written."""
    from adapter.cli.sources import Made, releases_said
    from adapter.cli.streams import summary, targets, translate
    from adapter.cli.translation import translated

    left: Counter[str] = Counter()
    where = targets(given.streams, args.out, read, force=args.force)
    said: Iterable[Made | Note] = _outfitted(args, given, left) or translated(task, given.sources, left)
    made: list[Made] = []
    for one in said:
        (made if isinstance(one, Made) else given.notes).append(one)  # type: ignore[arg-type]
    if given.streams and given.sources and args.out is None:
        _cannot("documents and NDJSON came of this: give --out DIR")
    if given.sources or not given.streams:
        _keep(args, given, made, read, left)
        if line := releases_said(given.sources):
            print(line, file=sys.stderr if args.out is None else sys.stdout)
    if given.streams:
        tally = translate(given.streams, where, task, args.given)
        _tell(given, tally)
        print(summary(tally), file=sys.stderr if args.out is None else sys.stdout)
    if not (made or given.notes or given.unread or given.streams):
        given.unread.append("nothing here to translate")


def _cannot(text: str) -> None:
    from adapter.cli.outputs import CannotRunError

    raise CannotRunError(text)


def _tell(given: _Given, tally: Tally) -> None:
    given.errors += tally.errors
    given.unread += tally.unread


def _outfitted(args: argparse.Namespace, given: _Given, left: Counter[str]) -> list[Made | Note]:
    if args.receiver is None:
        return []
    from adapter.cli.receiver import outfitted

    if given.streams:
        _cannot("--for takes documents, not NDJSON")
    made, notes, others = outfitted(given.sources, args.receiver)
    left.update(others)
    return [*made, *notes]


def _keep(args: argparse.Namespace, given: _Given, made: list[Made], read: list[str], left: Counter[str]) -> None:
    """Write what was made: to standard output where no other place is given, else into files.

    What came in one line of standard input goes out in one line, for whoever is next in the pipe.
    """
    from adapter.cli.outputs import keep, told
    from mappings.tree import dump, parse

    if args.out is not None:
        keep(Path(args.out), made, read, force=args.force)
        print(told(len(made), sum(one.changed for one in made), left))
        return
    if len(made) > 1:
        _cannot(f"{len(made)} documents came of this: give --out DIR")
    in_a_line = read == ["-"] and not any(b"\n" in one.data.strip() for one in given.sources)
    for one in made:
        sys.stdout.buffer.write(dump(parse(one.data)) + b"\n" if in_a_line and one.changed else one.data)
        sys.stdout.flush()
