"""The report of `planbridge check` for code scanning: SARIF 2.1.0.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html. A file is named as it was given; what fails to be a
URI in a name is percent-encoded, nothing else. Errors have the level `error`, warnings `warning`, all else `note`.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from hashlib import sha256
from typing import Any
from urllib.parse import quote

from adapter.cli.files import shown
from adapter.cli.judging import Found, Judged
from adapter.cli.report import Report
from adapter.cli.tallies import Tally
from mappings.check.rules import RULES, Finding


class Sarif(Report):
    """For code scanning: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html."""

    def __init__(self, write: Callable[[str], object], fails: tuple[str, ...]) -> None:
        super().__init__(write, fails)
        self.rules: dict[str, tuple[int, Finding]] = {}
        self.begun = False
        write(f'{{"$schema": {json.dumps(_SCHEMA)}, "version": "2.1.0", "runs": [{{"results": [\n')

    def add(self, one: Judged) -> None:
        for found in one.found:
            f = found.finding
            self.rules.setdefault(f.rule, (len(self.rules), f))
            self.write(",\n" if self.begun else "")
            self.begun = True
            self.write(json.dumps(self._result(one.name, found), ensure_ascii=False))

    def end(self, tally: Tally) -> None:
        driver = {
            "name": "planbridge",
            "semanticVersion": _version(),
            "rules": [_rule(f) for _, f in self.rules.values()],
        }
        said = [{"level": "error", "message": {"text": shown(text)}} for text in tally.unread]
        invocation = {"executionSuccessful": not said, "toolExecutionNotifications": said, "properties": tally.record()}
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
            "ruleIndex": self.rules[f.rule][0],
            "level": _LEVELS.get(f.severity, "note"),
            "message": {"text": said},
            "locations": [place],
            "partialFingerprints": {"planbridgeFinding/v1": _fingerprint(name, f)},
            "properties": {"level": f.level, "code": f.code, **({"link": f.link} if f.link else {})},
        }


_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS = {"fatal": "error", "error": "error", "warning": "warning"}


def uri(name: str) -> str:
    """Return a path as it was given as a URI reference: what no URI may hold is percent-encoded, nothing else."""
    start, slash, rest = os.fsencode(name.replace(os.sep, "/")).partition(b"/")
    return quote(start, safe="@!$&'()*+,;=~-._") + quote(slash + rest, safe="/:@!$&'()*+,;=~-._")


def _rule(f: Finding) -> dict[str, Any]:
    """Return a rule as the report lists it: what it says, and the page that says it, of the release it was met in."""
    known = RULES.get(f.rule)
    release = "R5" if "/fhir/R5/" in f.link else "R4"
    page = known.link(release) if known else f.link
    says = (known.says if known else f.text).removesuffix(".") + "."
    said = f"{says} {page}".strip()
    return {
        "id": f.rule,
        "shortDescription": {"text": says},
        "fullDescription": {"text": says},
        **({"helpUri": page} if page else {}),
        "help": {"text": said, "markdown": f"{says} [{page}]({page})" if page else says},
        "defaultConfiguration": {"level": _LEVELS.get(f.severity, "note")},
        "properties": {"tags": ["FHIR", f.level]},
    }


def _fingerprint(name: str, f: Finding) -> str:
    return sha256(json.dumps([uri(name), f.rule, f.path]).encode()).hexdigest()[:32]


def _version() -> str:
    from importlib.metadata import version

    return version("planbridge")
