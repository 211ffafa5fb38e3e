"""Reports of `planbridge check`, written while documents are judged: text, JSON, SARIF, JUnit.

    text    file:line:column: severity FHIRPath rule: ...       what compilers write and editors follow
    json    every finding with its rule and the page that states it
    sarif   2.1.0, https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
    junit   a test case a file, https://github.com/testmoapp/junitxml

A report begins with its first finding and holds none of them, so that it does not grow with what is judged.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable
from hashlib import sha256
from typing import Any, TextIO
from urllib.parse import quote
from xml.sax.saxutils import escape, quoteattr

from adapter.cli.judging import Found, Judged
from adapter.cli.tallies import Tally
from mappings.check.rules import RULES, Finding

FAILS = {"error": ("fatal", "error"), "warning": ("fatal", "error", "warning")}
"""What --fail-on says -> severities that fail a run."""

LISTED = 1000
"""Findings listed of one file in JUnit, at most: NDJSON may have millions."""


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


def line(name: str, found: Found, painted: Callable[[str, str], str] = lambda text, _: text) -> str:
    """Return a finding as one line."""
    f = found.finding
    where = painted(f"{name}:{found.line}:{found.column}", "1")
    severity = painted(f.severity, _COLOURS.get(f.severity, "36"))
    value = f"  Here: {found.value}" if found.value else ""
    return f"{where}: {severity} {f.path or '(document)'} {f.rule}: {f.text}  {f.fix}".rstrip() + value


_COLOURS = {"fatal": "1;31", "error": "31", "warning": "33", "information": "36"}


class Text(Report):
    """For people, with colour where `colour` says so."""

    colour = False

    def __init__(self, write: Callable[[str], object], fails: tuple[str, ...]) -> None:
        super().__init__(write, fails)
        self.links: set[tuple[str, str]] = set()

    def add(self, one: Judged) -> None:
        for found in one.found:
            f = found.finding
            self.write(line(one.name, found, self._painted) + "\n")
            if f.link:
                self.links.add((f.rule, f.link))

    def end(self, tally: Tally) -> None:
        width = max((len(rule) for rule, _ in self.links), default=0)
        lines = [f"{rule:<{width}}  {link}" for rule, link in sorted(self.links)]
        self.write("\n".join(["", *lines, "", ""]) if lines else "")
        first, _, rest = tally.text().partition("\n")
        painted = self._painted(first, "31" if tally.errors else "33" if tally.warnings else "32")
        self.write(f"{painted}\n{rest}\n" if rest else f"{painted}\n")

    def _painted(self, text: str, how: str) -> str:
        return f"\x1b[{how}m{text}\x1b[0m" if self.colour else text


class Painted(Text):
    """The same on a terminal."""

    colour = True


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


class Sarif(Report):
    """For code scanning: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html."""

    def __init__(self, write: Callable[[str], object], fails: tuple[str, ...]) -> None:
        super().__init__(write, fails)
        self.rules: dict[str, Finding] = {}
        self.begun = False
        write(f'{{"$schema": {json.dumps(_SCHEMA)}, "version": "2.1.0", "runs": [{{"results": [\n')

    def add(self, one: Judged) -> None:
        for found in one.found:
            f = found.finding
            self.rules.setdefault(f.rule, f)
            self.write(",\n" if self.begun else "")
            self.begun = True
            self.write(json.dumps(self._result(one.name, found), ensure_ascii=False))

    def end(self, tally: Tally) -> None:
        driver = {
            "name": "planbridge",
            "semanticVersion": _version(),
            "rules": [_rule(f) for f in self.rules.values()],
        }
        invocation = {"executionSuccessful": True, "properties": tally.record()}
        rest = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "invocations": [invocation]}
        self.write("\n], " + json.dumps(rest, ensure_ascii=False).removeprefix("{") + "]}\n")

    def _result(self, name: str, found: Found) -> dict[str, Any]:
        f = found.finding
        said = " ".join(part for part in (f.text, f.fix, f"Here: {found.value}" if found.value else "") if part)
        place = {
            "physicalLocation": {
                "artifactLocation": {"uri": uri(name)},
                "region": {"startLine": max(found.line, 1), "startColumn": max(found.column, 1)},
            },
            **({"logicalLocations": [{"fullyQualifiedName": f.path}]} if f.path else {}),
        }
        return {
            "ruleId": f.rule,
            "ruleIndex": list(self.rules).index(f.rule),
            "level": _SARIF_LEVELS.get(f.severity, "note"),
            "message": {"text": said},
            "locations": [place],
            "partialFingerprints": {"planbridgeFinding/v1": _fingerprint(name, f)},
            "properties": {"level": f.level, "code": f.code, **({"link": f.link} if f.link else {})},
        }


_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_SARIF_LEVELS = {"fatal": "error", "error": "error", "warning": "warning"}


def uri(name: str) -> str:
    """Return a path as it was given as a URI reference: what no URI may hold is percent-encoded, nothing else."""
    return quote(name.replace(os.sep, "/"), safe="/:@!$&'()*+,;=~-._")


def _rule(f: Finding) -> dict[str, Any]:
    known = RULES.get(f.rule)
    says = known.says if known else f.text
    return {
        "id": f.rule,
        "shortDescription": {"text": says if says.endswith(".") else f"{says}."},
        **({"helpUri": f.link} if f.link else {}),
        "help": {"text": f"{says} {f.link}".strip()},
        "defaultConfiguration": {"level": _SARIF_LEVELS.get(f.severity, "note")},
        "properties": {"tags": [f.level]},
    }


def _fingerprint(name: str, f: Finding) -> str:
    return sha256(json.dumps([uri(name), f.rule, f.path]).encode()).hexdigest()[:32]


def _version() -> str:
    from importlib.metadata import version

    return version("planbridge")


class JUnit(Report):
    """For build servers: a test case a file; what fails the run is its failure, all else its output."""

    def __init__(self, write: Callable[[str], object], fails: tuple[str, ...]) -> None:
        super().__init__(write, fails)
        self.cases: TextIO = tempfile.SpooledTemporaryFile(2**20, "w+", encoding="utf-8")  # type: ignore[assignment]  # noqa: SIM115
        self.name = ""
        self.files = self.failed = 0
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
        counts = f'tests="{self.files}" failures="{self.failed}" errors="0"'
        self.write(f'<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="planbridge check" {counts}>\n')
        self.write(f'<testsuite name="planbridge check" {counts} skipped="0">\n')
        self.cases.seek(0)
        while part := self.cases.read(2**16):
            self.write(part)
        self.cases.close()
        self.write(f"<system-out>{_xml(tally.text())}</system-out>\n</testsuite>\n</testsuites>\n")

    def _case(self) -> None:
        if not self.name:
            return
        folder, _, file = self.name.rpartition("/")
        self.files += 1
        self.failed += self.counts[0] > 0
        self.cases.write(f"<testcase classname={_attribute(folder or '.')} name={_attribute(file)}>")
        for n, lines in enumerate(self.told):
            if self.counts[n] > LISTED:
                lines.append(f"... and {self.counts[n] - LISTED} more")
        failed, others = (_xml("\n".join(lines)) for lines in self.told)
        if failed:
            first = _attribute(f"{self.counts[0]} finding{'' if self.counts[0] == 1 else 's'}")
            self.cases.write(f'<failure message={first} type="finding">{failed}</failure>')
        if others:
            self.cases.write(f"<system-out>{others}</system-out>")
        self.cases.write("</testcase>\n")
        self.told, self.counts = ([], []), [0, 0]


def _xml(text: str) -> str:
    return escape(_clean(text))


def _attribute(text: str) -> str:
    return quoteattr(_clean(text))


def _clean(text: str) -> str:
    """Return text without what XML 1.0 cannot hold: https://www.w3.org/TR/xml/#charsets."""
    return "".join(c if c == "\n" or (c.isprintable() and c not in "\ufffe\uffff") else "\ufffd" for c in text)


# fmt: off
FORMATS: dict[str, type[Report]] = {
    "text":  Text,
    "json":  Json,
    "sarif": Sarif,
    "junit": JUnit,
}
# fmt: on
