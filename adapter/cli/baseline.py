"""A baseline: the findings that a folder had when checking began, so that only new ones are shown.

    {"planbridge": "baseline", "findings": {"plans/7.json": {"binding/required": {"Goal.lifecycleStatus": 1}}}}

They are kept by file, rule and path, and counted. Lines, and positions in lists, are not part of it: what is written
above a finding does not make it new. Files are named as seen from the folder that the baseline lies in.
"""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from adapter.cli.judging import STANDARD_INPUT, Found, Judged

Key = tuple[str, str, str]
"""File, rule, FHIRPath without positions."""


class BaselineError(Exception):
    """Why a baseline cannot be used or written."""


class Baseline:
    """Findings that are known. `file` is where they stand; `left` is how many of each are still to be met."""

    def __init__(self, file: str, left: Mapping[Key, int] = {}) -> None:
        self.file, self.left = file, Counter(left)
        self.folder = os.path.realpath(os.path.dirname(file) or ".")  # noqa: PTH120 - as for files

    @classmethod
    def read(cls, file: str) -> Baseline:
        """Return the baseline of a file. Raises BaselineError."""
        try:
            told = json.loads(Path(file).read_bytes())
        except OSError as error:
            raise BaselineError(f"{file}: {error.strerror or 'cannot be read'}") from None
        except (ValueError, RecursionError):
            raise BaselineError(f"{file}: is not JSON") from None
        try:
            if told["planbridge"] != "baseline":
                raise ValueError
            return cls(file, {key: int(n) for key, n in _keys(told["findings"])})
        except (LookupError, TypeError, ValueError, AttributeError):
            raise BaselineError(f"{file}: is no baseline. Write one with --write-baseline") from None

    def new(self, one: Judged) -> list[Found]:
        """Return the findings that the baseline does not know; those that it knows are met."""
        found = []
        for each in one.found:
            key = self._key(one, each)
            if self.left[key] > 0:
                self.left[key] -= 1
            else:
                found.append(each)
        return found

    def add(self, one: Judged) -> None:
        """Make the findings of a document known."""
        self.left.update(self._key(one, each) for each in one.found)

    def write(self) -> None:
        """Write what is known. Raises BaselineError."""
        tree: dict[str, Any] = {}
        for (file, rule, path), n in sorted(self.left.items()):
            tree.setdefault(file, {}).setdefault(rule, {})[path] = n
        text = json.dumps({"planbridge": "baseline", "findings": tree}, indent=1, ensure_ascii=False)
        part = Path(f"{self.file}.part")
        try:
            part.write_text(text + "\n", "utf-8", "backslashreplace")
            part.replace(self.file)
        except OSError as error:
            raise BaselineError(f"{self.file}: {error.strerror or 'cannot be written'}") from None

    def _key(self, one: Judged, found: Found) -> Key:
        name = one.name
        if name != STANDARD_INPUT:
            name = os.path.relpath(os.path.realpath(name), self.folder).replace(os.sep, "/")
        return name, found.finding.rule, re.sub(r"\[\d+\]", "", found.finding.path)


def _keys(told: dict[str, Any]) -> list[tuple[Key, Any]]:
    return [
        ((file, rule, path), n)
        for file, rules in told.items()
        for rule, paths in rules.items()
        for path, n in paths.items()
    ]
