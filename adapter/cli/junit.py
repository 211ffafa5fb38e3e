"""The report of `planbridge check` for build servers: JUnit's XML, a test case a file.

What fails the run is a case's failure, all else its output; what could not be read is a case with an error. Shape:
https://github.com/testmoapp/junitxml
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from html import escape
from typing import TextIO

from adapter.cli.files import shown
from adapter.cli.judging import Judged
from adapter.cli.report import Report, line
from adapter.cli.tallies import Tally, counted

LISTED = 1000
"""Findings listed of one file in JUnit, at most: NDJSON may have millions."""


class JUnit(Report):
    """For build servers: a test case a file; what fails the run is its failure, all else its output."""

    def __init__(self, write: Callable[[str], object], fails: tuple[str, ...]) -> None:
        super().__init__(write, fails)
        self.cases: TextIO = tempfile.SpooledTemporaryFile(2**20, "w+", encoding="utf-8")  # type: ignore[assignment]  # noqa: SIM115
        self.name = ""
        self.files = self.failed = 0
        self.begun = self.last = time.monotonic()
        self.told: tuple[list[str], list[str]] = ([], [])
        self.counts = [0, 0]

    def add(self, one: Judged) -> None:
        if one.name != self.name:
            self._case()
            self.name = one.name
        for found in one.found:
            which = found.finding.severity not in self.fails
            self.counts[which] += 1
            if self.counts[which] <= LISTED:
                self.told[which].append(line(one.name, found))

    def end(self, tally: Tally) -> None:
        self._case()
        for text in tally.unread:
            self.cases.write(f'<testcase classname="planbridge check" name={_attribute(text)} time="0.000">')
            self.cases.write(f'<error message={_attribute(text)} type="unread"/></testcase>\n')
        tests, errors = self.files + len(tally.unread), len(tally.unread)
        took = f'time="{self.last - self.begun:.3f}"'
        counts = f'name="planbridge check" tests="{tests}" failures="{self.failed}" errors="{errors}" {took}'
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S")
        self.write(f'<?xml version="1.0" encoding="UTF-8"?>\n<testsuites {counts}>\n')
        self.write(f'<testsuite {counts} skipped="0" timestamp="{now}" hostname="localhost">\n')
        self.cases.seek(0)
        while part := self.cases.read(2**16):
            self.write(part)
        self.cases.close()
        self.write(f"<system-out>{_xml(tally.text())}</system-out>\n</testsuite>\n</testsuites>\n")

    def _case(self) -> None:
        if not self.name:
            return
        folder, _, file = self.name.rpartition("/")
        last, self.last = self.last, time.monotonic()
        self.files += 1
        self.failed += self.counts[0] > 0
        name = f"classname={_attribute(folder or '.')} name={_attribute(file)}"
        self.cases.write(f'<testcase {name} time="{self.last - last:.3f}">')
        for n, lines in enumerate(self.told):
            if self.counts[n] > LISTED:
                lines.append(f"... and {self.counts[n] - LISTED} more")
        failed, others = (_xml("\n".join(lines)) for lines in self.told)
        if failed:
            first = _attribute(counted(self.counts[0], "finding"))
            self.cases.write(f'<failure message={first} type="finding">{failed}</failure>')
        if others:
            self.cases.write(f"<system-out>{others}</system-out>")
        self.cases.write("</testcase>\n")
        self.told, self.counts = ([], []), [0, 0]


def _xml(text: str) -> str:
    return escape(_clean(text), quote=False)


def _attribute(text: str) -> str:
    return f'"{escape(_clean(shown(text)))}"'


def _clean(text: str) -> str:
    """Return text without what XML 1.0 cannot hold: https://www.w3.org/TR/xml/#charsets."""
    return "".join(c if c == "\n" or (c.isprintable() and c not in "\ufffe\uffff") else "\ufffd" for c in text)
