"""`planbridge check`: what is wrong in FHIR or native files, with line, column and reason.

Works on the user's own files and never on the store. A value is printed only where it is asked for.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from contextlib import ExitStack
from typing import TYPE_CHECKING

from adapter.cli.files import files, progress, shown

if TYPE_CHECKING:
    from adapter.cli.baseline import Baseline
    from adapter.cli.judging import Judging
    from adapter.cli.reports import Report

_EPILOG = """\
examples:
  planbridge check goal.json                 one file; a Bundle is judged entry by entry
  planbridge check fixtures/ exports/        every .json, .ndjson and .jsonl file below these folders, .gz too; a
                                             response finds its questionnaire in any of them
  curl -s URL | planbridge check -           what stands on standard input, one document or NDJSON
  planbridge check --release R5 plan.json    against R5, whatever the document tells
  planbridge check --profile us-core-9 exports/
                                             by a guide's profiles, too, not only by those that documents claim
  planbridge check --plan people/            what plans lack: therapies that serve no need, goals without the
                                             person's own words, reviews due, plans of two people that are alike
  planbridge check --round-trip fixtures/    that translating each fixture there and back changes nothing
  planbridge check --format sarif fixtures/ > check.sarif
                                             for code scanning; json for programs, junit for build servers
  planbridge check --write-baseline known.json old/
  planbridge check --baseline known.json old/
                                             a folder with old findings: only new ones are shown, and fail
  planbridge new fixture goal                a sound document to begin with

A finding reads:  file:line:column: severity FHIRPath rule: what is wrong.  What would mend it
What the rules say, and the page that says it, stands below; then what was judged, as which release, by which levels,
and what was not judged and why. Warnings are what may be right and seldom is: only --fail-on warning makes them fail.
Files in the programme's own JSON ("entity": "Goal") are judged by its model, all others as FHIR.
Profiles: those that a document claims in meta.profile, and --profile: a guide (us-core-9, -8, -7, -6.1, sdc-4, abdm,
mcc, gravity-3) or a profile's canonical, without |version the newest. A name that is not held lists those that are.
A document's release is --release; else its profile, elements or codes that only one release has, a parent folder named
r4 or r5, the project's setting, the documents beside it; else R4. The summary says which and why.
Values are printed with --show-values, or where planbridge.toml says that its people are made up:
  [check]
  synthetic = true
  release = "R4"
Nothing is written but a baseline, nothing is looked up on the network.

exit code: 0 nothing found that fails (warnings may stand, but for --fail-on warning), 1 findings, JSON that is broken
among them, 2 could not run (no such file, unreadable)
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add what `planbridge check` takes."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = _EPILOG
    add = parser.add_argument
    add("paths", nargs="+", metavar="PATH", help="file or folder; - is standard input")
    add("--release", choices=("R4", "R5"), default="", help="FHIR release (default: what tells, see below)")
    add("--profile", action="append", default=[], metavar="NAME|URL", help="judge by this guide or profile, too")
    add("--format", choices=("text", "json", "sarif", "junit"), default="text", help="form of the report")
    add("--show-values", action="store_true", help="show what stands at the place of a finding")
    add("--fail-on", choices=("error", "warning"), default="error", help="what ends with exit code 1 (default: error)")
    add("--baseline", metavar="FILE", help="findings that are known, and not shown")
    add("--write-baseline", metavar="FILE", help="make all that is found now known")
    add("--plan", action="store_true", help="judge plans by the model's rules, too")
    add("--round-trip", action="store_true", help="prove that translating there and back changes nothing")


def run(args: argparse.Namespace) -> int:
    """Judge files; return 0 without findings that fail, 1 with, 2 where something could not be read."""
    from adapter.cli.baseline import Baseline, BaselineError
    from adapter.cli.judging import ProfileError
    from adapter.settings import SettingsError

    if args.baseline and args.write_baseline:
        return _cannot(["--baseline shows what is new, --write-baseline makes all known: give one of them"])
    try:
        judging = judging_of(args)
        known = Baseline.read(args.baseline) if args.baseline else None
        made = Baseline(args.write_baseline) if args.write_baseline else None
        return _run(args, judging, known, made)
    except (SettingsError, BaselineError, ProfileError) as error:
        return _cannot([str(error)])


def _run(args: argparse.Namespace, judging: Judging, known: Baseline | None, made: Baseline | None) -> int:
    from adapter.cli.tallies import Tally, counted

    tally, report = Tally(profiles=judging.profiles), _report(args)
    with ExitStack() as stack:
        judging.advance = _progress(stack, args)
        for one in judging.judged(args.paths, tally.unread):
            if made is not None:
                made.add(one)
                tally.kept += len(one.found)
                one.found = []
            if known is not None:
                new = known.new(one)
                tally.kept += len(one.found) - len(new)
                one.found = new
            tally.add(one)
            report.add(one)
    if known is not None:
        tally.gone = known.left.total()
    report.end(tally)
    sys.stdout.flush()
    if made is not None:
        made.write()
        print(f"planbridge check: {counted(tally.kept, 'finding')} written to {args.write_baseline}", file=sys.stderr)
    if tally.unread:
        return _cannot(tally.unread)
    return int(tally.errors + (tally.warnings if args.fail_on == "warning" else 0) > 0)


def judging_of(args: argparse.Namespace) -> Judging:
    """Return how to judge, as the arguments and the project's settings have it. Raises SettingsError, ProfileError."""
    from adapter.cli.judging import Judging
    from adapter.settings import load_settings

    settings = load_settings(args.config)
    further = []
    if args.plan:
        from adapter.cli.plans import Plans

        further.append(Plans().look)
    if args.round_trip:
        from adapter.cli.round_trip import look

        further.append(look)
    values = args.show_values or settings.synthetic
    return Judging(args.release, settings.release, tuple(further), values, tuple(args.profile))


def _report(args: argparse.Namespace) -> Report:
    from adapter.cli.reports import FAILS, report_of

    out = sys.stdout
    encoding = out.encoding or "utf-8"

    def write(text: str) -> None:
        out.write(text.encode(encoding, "backslashreplace").decode(encoding))

    painted = out.isatty() and not os.environ.get("NO_COLOR")
    return report_of(args.format, write, FAILS[args.fail_on], painted=painted)


def _progress(stack: ExitStack, args: argparse.Namespace) -> Callable[[int], object]:
    """Show how far it is, in bytes, on a terminal; findings that are printed on the same one say it themselves."""
    if sys.stdout.isatty() or not sys.stderr.isatty() or "-" in args.paths:
        return lambda _: None
    from adapter.cli.judging import READ, size_of

    return stack.enter_context(progress("check", sum(map(size_of, files(args.paths, [], READ)))))


def _cannot(lines: list[str]) -> int:
    for line in lines:
        print(f"planbridge check: {shown(line)}", file=sys.stderr)
    return 2
