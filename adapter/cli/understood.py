"""How much of FHIR documents the native model understands, type by type, and what is carried: the report in text."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from statistics import median

from mappings.check.structure import place
from mappings.lens.coverage import Coverage


@dataclass
class _Kind:
    """What was counted of one resource type: per file (understood, leaves), and the carried paths."""

    files: list[tuple[int, int]] = field(default_factory=list)
    carried: Counter[str] = field(default_factory=Counter)


def report(coverages: Iterable[Coverage]) -> str:
    """Return the report over documents. Contained resources are counted under their own type.

    Paths are without positions, and end before a key that is no element's name: it may be anything.
    """
    kinds: dict[str, _Kind] = defaultdict(_Kind)
    for coverage in coverages:
        for kind, counted in coverage.counts().items():
            kinds[kind].files.append(counted)
        for leaf in coverage.carried_leaves:
            within = leaf.path[2:] if leaf.path[0] == "contained" else leaf.path
            kinds[leaf.kind].carried[place(leaf.kind, tuple(step for step in within if isinstance(step, str)))] += 1
    if not kinds:
        return "nothing to report: no FHIR document of a type with a table"
    lines = [f"{'type':<22}{'files':>6}{'leaves':>9}{'understood':>12}{'median':>10}{'sum':>10}"]
    lines += [_row(kind, kinds[kind].files) for kind in sorted(kinds)]
    lines += ["", "A leaf is understood when changing it changes a native field; median over files.", _ASIDE]
    for kind in sorted(kinds):
        if kinds[kind].carried:
            lines += ["", f"{kind}: carried, that is kept in the FHIR document and not in native JSON"]
            ranked = sorted(kinds[kind].carried.items(), key=lambda item: (-item[1], item[0]))
            lines += [f"{count:>8}  {path}" for path, count in ranked]
    return "\n".join(lines)


_ASIDE = "Not counted: narrative, meta, ids, and resources of a type without a table."


def _row(kind: str, files: list[tuple[int, int]]) -> str:
    understood, leaves = (sum(column) for column in zip(*files, strict=True))
    middle = median(yes / all_ for yes, all_ in files)
    shares = f"{_percent(middle):>10}{_percent(understood / leaves):>10}"
    return f"{kind:<22}{len(files):>6}{leaves:>9}{understood:>12}{shares}"


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"
