"""Native JSON: is this a document in the programme's own words? The hook that the command line calls."""

from __future__ import annotations

from mappings.check.rules import Finding
from mappings.tree import Tree


def judge(tree: Tree) -> list[Finding]:
    """Return the findings of one native document."""
    raise NotImplementedError(tree)
