"""What a report of `planbridge check` is, and a finding as one line of text."""

from __future__ import annotations

from collections.abc import Callable

from adapter.cli.files import shown
from adapter.cli.judging import Found, Judged
from adapter.cli.tallies import Tally

NOWHERE = "(document)"
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


def line(name: str, found: Found, text: str = "") -> str:
    """Return a finding as one line that says all of it; `text` in place of its own."""
    f = found.finding
    said = f"{text or f.text}  {remedy(found)}".rstrip()
    return f"{shown(name)}:{found.line}:{found.column}: {f.severity} {f.path or NOWHERE} {f.rule}: {said}"


def remedy(found: Found) -> str:
    """Return what would mend it, and what stands there, where values may be shown."""
    return f"{found.finding.fix}  Here: {found.value}".strip() if found.value else found.finding.fix
