"""Native JSON: is this a document in the programme's own words, as `mappings/native.py` reads it?"""

from __future__ import annotations

import re
from collections.abc import Iterator

from mappings.check.rules import Finding
from mappings.check.structure import MAX_FINDINGS, place
from mappings.issues import Issue
from mappings.tree import Path, Tree

_STEP = re.compile(r"\[(\d+)\]|([^.\[\]]+)")


def is_native(tree: Tree) -> bool:
    """Return whether a document says that it is native: it names an entity and is no FHIR resource."""
    return isinstance(tree, dict) and "entity" in tree and "resourceType" not in tree


def judge(tree: Tree) -> list[Finding]:
    """Return the findings of one native document, at most MAX_FINDINGS."""
    from mappings.native import load

    try:
        _, issues = load(tree)
    except RecursionError:
        issues = (Issue("", "too-costly", "the document is nested too deeply", "Flatten it.", rule="native/depth"),)
    root = tree.get("entity") if isinstance(tree, dict) else None
    return [_finding(issue, root if isinstance(root, str) else "") for issue in issues[:MAX_FINDINGS]]


def stops(finding: Finding) -> bool:
    """Return whether a finding keeps a native document from being translated: it is not of the model's form."""
    return finding.severity in ("fatal", "error")


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
