"""`planbridge new fixture`: a sound document to begin a fixture with, of one type, as FHIR R4 or R5 or native JSON."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

_EPILOG = """\
examples:
  planbridge new fixture goal                         a Goal of FHIR R4, to standard output
  planbridge new fixture CarePlan --as R5 --out plan.json
  planbridge new fixture plan --as native --out fixtures/plan.json

KIND is a FHIR resource type or the programme's word for it: Goal, CarePlan or plan, QuestionnaireResponse or
assessment ... Without one that is known, all are listed. What is written holds what FHIR demands and nothing else, is
marked as test data, names people that nobody is, and is found sound by planbridge check. Edit it from there.

exit code: 0 done, 2 could not (no such kind, the file is there already)
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add what `planbridge new` takes."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = _EPILOG
    parser.add_argument("what", choices=("fixture",), help="what to begin")
    parser.add_argument("kind", metavar="KIND", help="FHIR resource type, or the programme's word: plan, goal ...")
    parser.add_argument("--as", dest="form", choices=("R4", "R5", "native"), default="R4", help="(default: R4)")
    parser.add_argument("--out", metavar="FILE", help="where to write; without it to standard output")


def run(args: argparse.Namespace) -> int:
    """Write the document; return 0, or 2 where there is no such kind or the file cannot be written."""
    from adapter.cli.fixture import fixture, kinds

    known = kinds()
    kind = known.get(args.kind.casefold())
    if kind is None:
        words = ", ".join(sorted(set(known.values())))
        return _cannot(f"there is no such kind. Known: {words}, and the programme's words for them")
    data = fixture(kind, args.form)
    if args.out is None:
        sys.stdout.buffer.write(data)
        sys.stdout.flush()
        return 0
    try:
        with Path(args.out).open("xb") as file:
            file.write(data)
    except FileExistsError:
        return _cannot("--out is there already, and nothing is written over")
    except (OSError, ValueError) as error:
        return _cannot(f"--out: {getattr(error, 'strerror', None) or 'cannot be written'}")
    print(f"{args.out}: a {kind} to begin with; planbridge check finds it sound")
    return 0


def _cannot(text: str) -> int:
    print(f"planbridge new: {text}", file=sys.stderr)
    return 2
