"""Native JSON: is this a document in the programme's own words, as `mappings/native.py` reads it?"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

from mappings.check.findings import MAX_FINDINGS, place
from mappings.check.rules import Finding
from mappings.issues import Issue
from mappings.tree import Path, Tree

_STEP = re.compile(r"\[(\d+)\]|([^.\[\]]+)")


def is_native(tree: Tree) -> bool:
    """Return whether a document says that it is native: it names an entity and is no FHIR resource."""
    return isinstance(tree, dict) and "entity" in tree and "resourceType" not in tree


def judge(tree: Tree) -> list[Finding]:
    """Return the findings of one native document, at most MAX_FINDINGS."""
    root = tree.get("entity") if isinstance(tree, dict) else None
    _, issues = read_native(tree)
    return [_finding(issue, root if isinstance(root, str) else "") for issue in issues[:MAX_FINDINGS]]


_AGAIN = 8
"""How often what is not of the model's form is left out: what held nothing else is empty then, and goes too."""


def read_native(data: Tree, entity: str | None = None) -> tuple[Any, list[Issue]]:
    """Read native JSON as `mappings.native.load` does, and judge what it says: (value, issues), all at once.

    The value is None where the JSON has not the model's form; what else it says is judged even so. An issue of severity
    "warning" is no reason to refuse.
    """
    from mappings.check.native_rules import contradictions, issue_of
    from mappings.native import load

    try:
        value, issues = load(data, entity)
        rest, more, spoilt = value, issues, [tuple(steps(issue.path)) for issue in issues]
        for _ in range(_AGAIN):
            if rest is not None or not more:
                break
            data = _without(data, more)
            rest, more = load(data, entity)
            spoilt += [tuple(steps(issue.path)) for issue in more]
        broken = () if rest is None else contradictions(rest, MAX_FINDINGS)
        found = [issue_of(rule, at) for rule, at in broken if not any(_touch(at, bad) for bad in spoilt)]
    except RecursionError:
        return None, [Issue("", "too-costly", "the document is nested too deeply", "Flatten it.", rule="native/depth")]
    return value, [*issues, *found]


def _without(data: Tree, issues: Iterable[Issue]) -> Tree:
    """Return native JSON without the fields that are not of the model's form."""
    for path in {tuple(steps(issue.path)) for issue in issues}:
        here = max((n for n, step in enumerate(path) if isinstance(step, str)), default=None)
        if here is not None:
            data = _cut(data, path[: here + 1])
    return data


def _cut(node: Tree, path: Path) -> Tree:
    step, below = path[0], path[1:]
    if isinstance(node, dict) and step in node:
        return {**node, step: _cut(node[step], below)} if below else {k: x for k, x in node.items() if k != step}
    if isinstance(node, list) and isinstance(step, int) and step < len(node) and below:
        return [*node[:step], _cut(node[step], below), *node[step + 1 :]]
    return node


def _touch(at: Path, bad: Path) -> bool:
    """Whether one place is within the other: what was left out there may be what a rule misses."""
    return at[: len(bad)] == bad[: len(at)]


def stops(finding: Finding) -> bool:
    """Return whether a finding keeps a native document from being translated: no value can be made or written of it."""
    return finding.rule in ("native/code", "native/two-values") or finding.rule not in _judgements()


@cache
def _judgements() -> frozenset[str]:
    from mappings.check.native_rules import RULES

    return frozenset(rule.id for rule in RULES)


def _finding(issue: Issue, root: str) -> Finding:
    at: Path = tuple(steps(issue.path))
    return Finding(
        path=place(root if root.isalpha() else "entity", at),
        code=issue.code,
        text=f"{issue.text}.",
        fix=issue.fix,
        severity=issue.severity,
        rule=issue.rule or f"native/{issue.code}",
        at=at,
        level="native",
    )


def steps(path: str) -> Iterator[str | int]:
    """Yield "targets", 0, "value" for `targets[0].value`. A key with dots ends at its first: its ancestor is shown."""
    for found in _STEP.finditer(path):
        yield int(found[1]) if found[1] else found[2]
