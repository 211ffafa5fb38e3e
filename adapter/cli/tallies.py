"""What came of a run of `planbridge check`: how much was judged, against what, and what was found."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from adapter.cli.files import shown
from adapter.cli.judging import Judged
from mappings.check.rules import LEVELS
from mappings.releases.which import BY

JUDGED_BY = {
    "R4": "FHIR R4 (4.0.1; its structure by R4B, 4.3.0)",
    "R5": "FHIR R5 (5.0.0)",
}
# fmt: off
_LEVELS = {
    "json":       "JSON",
    "structure":  "structure",
    "binding":    "codes of bindings",
    "invariant":  "invariants",
    "reference":  "references",
    "answer":     "responses against their questionnaires",
    "profile":    "profiles (those claimed)",
    "instrument": "codes of known instruments",
}
# fmt: on
NOT_JUDGED = "value sets that may not be shipped"


class NotJudged(NamedTuple):
    """What was not judged, what would make it so, and the page that says why it matters."""

    rule: str
    what: str
    fix: str
    link: str


@dataclass
class Tally:
    """Counts over all documents.

    releases   (release, what told) -> documents; `why` is the reason in full where there was one FHIR document
    left       (what was not judged, page) -> places; `first` is where it was met first
    unread     what could not be read, in words
    profiles   guides and profiles that were asked for
    kept       findings that the baseline knows; `gone` those that it knows and that are not there any more
    """

    files: int = 0
    lines: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    releases: Counter[tuple[str, str]] = field(default_factory=Counter)
    severities: Counter[str] = field(default_factory=Counter)
    why: str = ""
    kept: int = 0
    gone: int = 0
    left: Counter[NotJudged] = field(default_factory=Counter)
    first: dict[NotJudged, str] = field(default_factory=dict)
    unread: list[str] = field(default_factory=list)
    profiles: tuple[str, ...] = ()
    _last: str = ""

    def add(self, one: Judged) -> None:
        """Count a document with the findings that are reported of it."""
        self.files += one.name != self._last
        self._last = one.name
        self.lines += one.line > 0
        self.kinds[one.kind] += 1
        if one.kind == "FHIR":
            self.releases[one.which.release, one.which.by] += 1
            self.why = one.which.why
        for each in one.left:
            f = each.finding
            what = NotJudged(f.rule, f.text.partition(". ")[0], f.fix, f.link)
            self.left[what] += 1
            self.first.setdefault(what, f"{shown(one.name)}:{each.line}:{each.column}")
        self.severities.update(found.finding.severity for found in one.found)

    @property
    def errors(self) -> int:
        """Findings that are errors."""
        return self.severities["fatal"] + self.severities["error"]

    @property
    def warnings(self) -> int:
        """Findings that are warnings."""
        return self.severities["warning"]

    def text(self) -> str:
        """Return the summary in lines: how much, and against what it was judged."""
        lines = f" ({counted(self.lines, 'line')} of NDJSON)" if self.lines else ""
        found = f"{counted(self.errors, 'error')}, {counted(self.warnings, 'warning')}"
        said = [f"{counted(self.files, 'file')} judged{lines}: {found}."]
        said += [f"{n} against {JUDGED_BY[release]}: {why}." for release, n, why in self.against()]
        if self.kinds["native"]:
            said.append(f"{self.kinds['native']} against the programme's own model.")
        if self.kinds[""]:
            said.append(f"{self.kinds['']} not read as JSON, so not judged further.")
        if self.unread:
            said.append(f"{counted(len(self.unread), 'path')} could not be read: see standard error.")
        if self.kinds["FHIR"]:
            said.append(f"Levels: {judged(self.profiles)}.")
            said.append(f"Not judged: {NOT_JUDGED}.")
        said += self._left()
        if self.kept:
            said.append(f"{counted(self.kept, 'finding')} of the baseline not shown.")
        if self.gone:
            said.append(f"{counted(self.gone, 'finding')} of the baseline gone: write it anew with --write-baseline.")
        return "\n".join(said)

    def _left(self) -> list[str]:
        """Return what was not judged, each once, whichever release's page says so."""
        places: Counter[tuple[str, str]] = Counter()
        first: dict[tuple[str, str], str] = {}
        for one, n in self.left.items():
            places[one.what, one.fix] += n
            first.setdefault((one.what, one.fix), self.first[one])
        return [
            f"Not judged at {counted(n, 'place')}, first {first[what, fix]}: {what}.  {fix}".rstrip()
            for (what, fix), n in sorted(places.items())
        ]

    def against(self) -> list[tuple[str, int, str]]:
        """Return (release, documents, why) for each release that documents were judged as."""
        found = []
        for release in sorted({release for release, _ in self.releases}):
            parts = {by: n for (of, by), n in sorted(self.releases.items()) if of == release}
            n = sum(parts.values())
            if sum(self.releases.values()) == 1:
                why = self.why
            elif len(parts) == 1:
                why = BY[next(iter(parts))]
            else:
                why = ", ".join(f"{some} {BY[by]}" for by, some in parts.items())
            found.append((release, n, why))
        return found

    def record(self) -> dict[str, Any]:
        """Return the same for programs."""
        return {
            "against": {
                "releases": [
                    {"release": release, "means": JUDGED_BY[release], "by": by, "documents": n}
                    for (release, by), n in sorted(self.releases.items())
                ],
                "levels": list(LEVELS),
                "profiles": list(self.profiles),
                "judged": judged(self.profiles),
                "not_judged": NOT_JUDGED,
                "not_held": [
                    {"rule": one.rule, "text": one.what, "fix": one.fix, "link": one.link, "places": n}
                    | {"first": self.first[one]}
                    for one, n in sorted(self.left.items())
                ],
            },
            "unread": self.unread,
            "summary": {
                "files": self.files,
                "lines": self.lines,
                "kinds": {kind or "unread": n for kind, n in self.kinds.items()},
                "severities": dict(self.severities),
                "baseline": {"kept": self.kept, "gone": self.gone},
            },
        }


def judged(profiles: tuple[str, ...] = ()) -> str:
    """Return the levels that are judged, in words; `profiles` are those that were asked for."""
    said = _LEVELS | ({"profile": f"profiles (those claimed, and {', '.join(profiles)})"} if profiles else {})
    return ", ".join(said[level] for level in LEVELS)


def counted(number: int, noun: str) -> str:
    """Return "1 file", "2 files"."""
    return f"{number} {noun}{'' if number == 1 else 's'}"
