"""`planbridge check`: what is wrong in FHIR or native files, with line, column and reason.

Works on the user's own files and never on the store. A value never stands in what it prints.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from adapter.cli.files import files, progress, shown
from mappings.check.rules import SPECIFICATION, Finding

_JUDGED_BY = {
    "R4": "FHIR R4 (4.0.1; its structure by R4B, 4.3.0)",
    "R5": "FHIR R5 (5.0.0)",
}
_JUDGED = "JSON, structure, codes of required bindings, invariants"
_NOT_JUDGED = "extensible bindings, references between documents, responses against their questionnaires, profiles"

_EPILOG = """\
examples:
  planbridge check goal.json                 one file; a Bundle is judged entry by entry
  planbridge check fixtures/ exports/        every .json file below these folders
  curl -s URL | planbridge check -           what stands on standard input
  planbridge check --release R5 plan.json    against R5 instead of R4
  planbridge check --format json fixtures/   for programs: every finding with its rule and the page that states it

A finding reads:  file:line:column: severity FHIRPath rule: what is wrong. What the rule says.  What would mend it
Files in the programme's own JSON ("entity": "Goal") are judged by its model, all others as FHIR.
Values are never printed. Nothing is written, nothing is looked up on the network.

exit code: 0 no errors (warnings may stand), 1 at least one error, 2 could not run (no such file, unreadable)
"""


@dataclass
class Judged:
    """One file: its name as given, what it is (FHIR, native or unread), its findings with line and column."""

    name: str
    kind: str = ""
    findings: list[tuple[int, int, Finding]] = field(default_factory=list)


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add what `planbridge check` takes."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = _EPILOG
    parser.add_argument("paths", nargs="+", metavar="PATH", help="file or folder; - is standard input")
    parser.add_argument("--release", choices=sorted(SPECIFICATION), default="R4", help="FHIR release (default: R4)")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="form of the report (default: text)")


def run(args: argparse.Namespace) -> int:
    """Judge files; return 0 without errors, 1 with, 2 where a path could not be read."""
    unread: list[str] = []
    names = list(files(args.paths, unread))
    judged: list[Judged] = []
    with progress("check", len(names)) as advance:
        for name in names:
            try:
                data = _bytes(name)
            except OSError as error:
                unread.append(f"{shown(name)}: {error.strerror or 'cannot be read'}")
            else:
                judged.append(_judge(name, data, args.release))
            advance()
    _say((_as_json if args.format == "json" else _as_text)(judged, args.release))
    for line in unread:
        print(f"planbridge check: {line}", file=sys.stderr)
    if unread:
        return 2
    return int(any(finding.severity in {"error", "fatal"} for file in judged for _, _, finding in file.findings))


def _bytes(name: str) -> bytes:
    """Return the bytes of a file, at most one more than are judged: /dev/zero ends too."""
    from mappings.check import MAX_BYTES

    if name == "-":
        return sys.stdin.buffer.read(MAX_BYTES + 1)
    with Path(name).open("rb") as file:
        return file.read(MAX_BYTES + 1)


def _judge(name: str, data: bytes, release: str) -> Judged:
    from mappings.check import check_any
    from mappings.check.places import places

    kind, findings = check_any(data, release=release)
    where = places(data, [finding.at for finding in findings if not finding.line])
    placed = [(*((f.line, f.column) if f.line else where[f.at]), f) for f in findings]
    return Judged("standard input" if name == "-" else shown(name), kind, sorted(placed, key=lambda p: p[:2]))


def _as_text(judged: list[Judged], release: str) -> str:
    lines = [
        f"{file.name}:{line}:{column}: {f.severity} {f.path or '(document)'} {f.rule}: {f.text}  {f.fix}".rstrip()
        for file in judged
        for line, column, f in file.findings
    ]
    links = sorted({(f.rule, f.link) for file in judged for _, _, f in file.findings if f.link})
    width = max((len(rule) for rule, _ in links), default=0)
    lines += ["", *(f"{rule:<{width}}  {link}" for rule, link in links), ""] if links else []
    return "\n".join([*lines, _summary(judged, release)])


def _summary(judged: list[Judged], release: str) -> str:
    severities = Counter(finding.severity for file in judged for _, _, finding in file.findings)
    errors, warnings = severities["fatal"] + severities["error"], severities["warning"]
    kinds = Counter(file.kind for file in judged)
    said = f"{_counted(len(judged), 'file')} judged: {_counted(errors, 'error')}, {_counted(warnings, 'warning')}."
    if kinds["FHIR"]:
        said += f"\n{kinds['FHIR']} against {_JUDGED_BY[release]}: {_JUDGED}. Not judged: {_NOT_JUDGED}."
    if kinds["native"]:
        said += f"\n{kinds['native']} against the programme's own model."
    if kinds[""]:
        said += f"\n{kinds['']} not read as JSON, so not judged further."
    return said


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _as_json(judged: list[Judged], release: str) -> str:
    findings = [_record(file.name, line, column, f) for file in judged for line, column, f in file.findings]
    kinds = Counter(file.kind or "unread" for file in judged)
    severities = Counter(finding["severity"] for finding in findings)
    summary = {"files": len(judged), "kinds": dict(kinds), "severities": dict(severities)}
    against = {"release": release, "means": _JUDGED_BY[release], "judged": _JUDGED, "not_judged": _NOT_JUDGED}
    return json.dumps({"against": against, "summary": summary, "findings": findings}, indent=2, ensure_ascii=False)


def _record(name: str, line: int, column: int, finding: Finding) -> dict[str, Any]:
    return {
        "file": name,
        "line": line,
        "column": column,
        "severity": finding.severity,
        "path": finding.path,
        "rule": finding.rule,
        "level": finding.level,
        "code": finding.code,
        "text": finding.text,
        "fix": finding.fix,
        "link": finding.link,
    }


def _say(text: str) -> None:
    encoding = sys.stdout.encoding or "utf-8"
    print(text.encode(encoding, "backslashreplace").decode(encoding))
