"""One line that makes the files of a folder tests of a project: each is sound, or its test says what is wrong.

    # tests/test_fixtures.py
    from adapter.testing import fixtures

    test_fixtures = fixtures("fixtures")

Options are those of `planbridge check`, by name: fixtures("fixtures", fail_on="warning", baseline="known.json",
plan=True, round_trip=True, show_values=True, release="R5", profile="us-core-9").
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from adapter.cli.baseline import Baseline
from adapter.cli.check import arguments, judging_of
from adapter.cli.files import files, shown
from adapter.cli.judging import READ
from adapter.cli.report import FAILS, line


def fixtures(*paths: str | Path, **options: str | bool | Sequence[str]) -> Callable[[str], None]:
    """Return a pytest test with a case for each file, named as the file is.

    `paths` are files and folders, as seen from where pytest is called, else from the test's own folder or one above it.
    Raises TypeError for an option that check has not. What cannot be read, and a folder without a file, is a case that
    fails.
    """
    import pytest

    test_file = sys._getframe(1).f_globals.get("__file__", ".")
    args = _arguments([_found(Path(path), Path(test_file)) for path in paths], options)
    verdict = cache(lambda: _verdict(args))
    unread: list[str] = []
    names = [shown(name) for name in files(args.paths, unread, READ)]

    @pytest.mark.parametrize("file", [*names, *unread])
    def test(file: str) -> None:
        """The file is sound."""
        said = verdict().get(file, [f"planbridge check: {file}"])
        if said:
            pytest.fail("\n".join(said), pytrace=False)

    return test


def _verdict(args: argparse.Namespace) -> dict[str, list[str]]:
    """Return file -> its findings that fail, as lines; what cannot be read is not among them."""
    known = Baseline.read(args.baseline) if args.baseline else None
    said: dict[str, list[str]] = {}
    for one in judging_of(args).judged(args.paths, []):
        found = known.new(one) if known else one.found
        lines = [line(one.name, each) for each in found if each.finding.severity in FAILS[args.fail_on]]
        said.setdefault(shown(one.name), []).extend(lines)
    return said


def _found(path: Path, test_file: Path) -> str:
    folders: Iterator[Path] = iter((Path(), *test_file.absolute().parents))
    return next((str(folder / path) for folder in folders if (folder / path).exists()), str(path))


def _arguments(paths: list[str], options: dict[str, Any]) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    arguments(parser)
    args = parser.parse_args(["--", *paths])
    if unknown := options.keys() - vars(args).keys() | options.keys() & {"paths"}:
        raise TypeError(f"planbridge check has no option {', '.join(sorted(unknown))}")
    vars(args).update(options, config=None)
    if isinstance(args.profile, str):
        args.profile = [args.profile]
    return args
