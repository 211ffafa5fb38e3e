"""How much of FHIR documents the native model understands, type by type, and what is carried: in text and as JSON."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from mappings.check.findings import place
from mappings.lens.coverage import Coverage


@dataclass
class _Kind:
    """What was counted of one resource type: how many files had which (understood, leaves), and the carried paths."""

    files: Counter[tuple[int, int]] = field(default_factory=Counter)
    carried: Counter[str] = field(default_factory=Counter)

    @property
    def understood(self) -> int:
        return sum(yes * times for (yes, _), times in self.files.items())

    @property
    def leaves(self) -> int:
        return sum(all_ * times for (_, all_), times in self.files.items())

    @property
    def median(self) -> float:
        """The share understood, 0 to 1: median over files."""
        return median(yes / all_ for yes, all_ in self.files.elements())


class Understood:
    """The report over documents. Contained resources are counted under their own type.

    Paths are without positions, and end before a key that is no element's name: it may be anything.
    """

    def __init__(self) -> None:
        self._kinds: dict[str, _Kind] = defaultdict(_Kind)

    def add(self, coverage: Coverage) -> None:
        """Count one document."""
        for kind, counted in coverage.counts().items():
            self._kinds[kind].files[counted] += 1
        for leaf in coverage.carried_leaves:
            within = leaf.path
            while within[0] == "contained":
                within = within[2:]
            steps = tuple(step for step in within if isinstance(step, str))
            self._kinds[leaf.kind].carried[place(leaf.kind, steps)] += 1

    def as_json(self) -> str:
        """Return {"types": {type: {"files", "leaves", "understood", "median", "carried": {path: count}}}}."""
        types: dict[str, Any] = {
            name: {
                "files": kind.files.total(),
                "leaves": kind.leaves,
                "understood": kind.understood,
                "median": kind.median,
                "carried": dict(_ranked(kind.carried)),
            }
            for name, kind in sorted(self._kinds.items())
        }
        return json.dumps({"types": types}, indent=2)

    def as_text(self) -> str:
        """Return the report as a table, and what is carried, the most frequent first."""
        if not self._kinds:
            return "nothing to report: no FHIR document of a type with a table"
        lines = [f"{'type':<22}{'files':>6}{'leaves':>9}{'understood':>12}{'median':>10}{'sum':>10}"]
        lines += [_row(name, kind) for name, kind in sorted(self._kinds.items())]
        lines += ["", "A leaf is understood when changing it changes a native field; median over files.", _ASIDE]
        for name, kind in sorted(self._kinds.items()):
            if kind.carried:
                lines += ["", f"{name}: carried, that is kept in the FHIR document and not in native JSON"]
                lines += [f"{count:>8}  {path}" for path, count in _ranked(kind.carried)]
        return "\n".join(lines)


_ASIDE = "Not counted: narrative, meta, ids, and resources of a type without a table."


def _ranked(carried: Counter[str]) -> list[tuple[str, int]]:
    return sorted(carried.items(), key=lambda item: (-item[1], item[0]))


def _row(name: str, kind: _Kind) -> str:
    shares = f"{_percent(kind.median):>10}{_percent(kind.understood / kind.leaves):>10}"
    return f"{name:<22}{kind.files.total():>6}{kind.leaves:>9}{kind.understood:>12}{shares}"


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"
