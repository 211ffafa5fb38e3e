"""What a report of `planbridge check` is, and a finding as one line of text."""

from __future__ import annotations

from collections.abc import Callable

from adapter.cli.files import shown
from adapter.cli.judging import Found, Judged
from adapter.cli.tallies import Tally

FAILS = {"error": ("fatal", "error"), "warning": ("fatal", "error", "warning")}
"""What --fail-on says -> severities that fail a run."""


class Report:
    """One form of report. `write` takes text; what is passed to `add` is not kept."""

    def __init__(self, write: Callable[[str], object], fails: tuple[str, ...]) -> None:
        self.write, self.fails = write, fails

    def add(self, one: Judged) -> None:
        """Report the findings of one document."""
        raise NotImplementedError

    def end(self, tally: Tally) -> None:
        """Report what came of all."""
        raise NotImplementedError


def line(name: str, found: Found) -> str:
    """Return a finding as one line that says all of it."""
    f = found.finding
    value = f"  Here: {found.value}" if found.value else ""
    where = f"{shown(name)}:{found.line}:{found.column}"
    return f"{where}: {f.severity} {f.path or '(document)'} {f.rule}: {f.text}  {f.fix}".rstrip() + value
