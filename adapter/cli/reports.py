"""Reports of `planbridge check`, written while documents are judged: text, JSON, SARIF, JUnit.

    text    file:line:column: severity FHIRPath rule: what.  Remedy      what compilers write and editors follow
    json    every finding with its rule and the page that states it
    sarif   sarif.py: 2.1.0
    junit   junit.py: a test case a file

A report begins with its first finding and holds none of them, so that it does not grow with what is judged.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from adapter.cli.files import shown
from adapter.cli.judging import Found, Judged
from adapter.cli.report import FAILS, NOWHERE, Report, line, remedy
from adapter.cli.tallies import Tally

__all__ = ["FAILS", "FORMATS", "Report", "line", "report_of"]

_COLOURS = {"fatal": "1;31", "error": "31", "warning": "33", "information": "36"}
_WIDEST = 48
"""Columns that a path is widened to on a terminal, at most."""


class Text(Report):
    """For people and editors: a line a finding; what the rules say, and where, once at the end."""

    colour = False

    def __init__(self, write: Callable[[str], object], fails: tuple[str, ...]) -> None:
        super().__init__(write, fails)
        self.rules: dict[str, tuple[str, dict[str, None]]] = {}

    def add(self, one: Judged) -> None:
        self._findings(one)
        for found in one.found:
            f = found.finding
            says = f.text.partition(". ")[2] or f.text
            self.rules.setdefault(f.rule, (says, {}))[1].update({f.link: None} if f.link else {})

    def end(self, tally: Tally) -> None:
        if self.rules:
            self.write("\nRules\n")
        for rule, (says, links) in sorted(self.rules.items()):
            self.write(f"{_painted(rule, '1', self.colour)}: {says}\n" + "".join(f"  {link}\n" for link in links))
        first, *rest = tally.text().splitlines()
        self.write("\n" if self.rules else "")
        how = "31" if tally.errors or tally.unread else "33" if tally.warnings else "32"
        for text in (_painted(first, how, self.colour), *rest):
            self.write(f"{text}\n")

    def _findings(self, one: Judged) -> None:
        for found in one.found:
            self.write(line(one.name, found, _what(found)) + "\n")


class Painted(Text):
    """The same on a terminal: in colour, the findings of a file in columns, what would mend each below it."""

    colour = True

    def _findings(self, one: Judged) -> None:
        places = [f"{shown(one.name)}:{found.line}:{found.column}:" for found in one.found]
        wide = max(map(len, places), default=0)
        severities = max((len(found.finding.severity) for found in one.found), default=0)
        paths = min(max((len(found.finding.path) for found in one.found), default=0), _WIDEST)
        for where, found in zip(places, one.found, strict=True):
            f, fix = found.finding, remedy(found)
            severity = _painted(f"{f.severity:<{severities}}", _COLOURS.get(f.severity, "36"))
            path, rule = _painted(f"{f.path or NOWHERE:<{paths}}", "1"), _painted(f.rule, "2")
            self.write(f"{where:<{wide}} {severity} {path} {_what(found)}  {rule}\n" + (f"    {fix}\n" if fix else ""))


def _painted(text: str, how: str, colour: bool = True) -> str:
    return f"\x1b[{how}m{text}\x1b[0m" if colour else text


def _what(found: Found) -> str:
    """Return what is wrong at the place of a finding; what its rule says stands apart."""
    what, _, says = found.finding.text.partition(". ")
    return f"{what}." if says else what


class Json(Report):
    """For programs."""

    _begun = False

    def add(self, one: Judged) -> None:
        for found in one.found:
            self.write(",\n" if self._begun else '{"findings": [\n')
            self._begun = True
            self.write(json.dumps(_record(one.name, found), ensure_ascii=False))

    def end(self, tally: Tally) -> None:
        self.write("\n],\n" if self._begun else '{"findings": [],\n')
        self.write(json.dumps(tally.record(), indent=1, ensure_ascii=False).removeprefix("{\n") + "\n")


def _record(name: str, found: Found) -> dict[str, Any]:
    f = found.finding
    return {
        "file": name,
        "line": found.line,
        "column": found.column,
        "severity": f.severity,
        "path": f.path,
        "rule": f.rule,
        "level": f.level,
        "code": f.code,
        "text": f.text,
        "fix": f.fix,
        "link": f.link,
        **({"value": found.value} if found.value else {}),
    }


FORMATS = ("text", "json", "sarif", "junit")


def report_of(form: str, write: Callable[[str], object], fails: tuple[str, ...], *, painted: bool = False) -> Report:
    """Return a report of one of FORMATS that begins to be written."""
    if form == "sarif":
        from adapter.cli.sarif import Sarif

        return Sarif(write, fails)
    if form == "junit":
        from adapter.cli.junit import JUnit

        return JUnit(write, fails)
    return Json(write, fails) if form == "json" else (Painted if painted else Text)(write, fails)
