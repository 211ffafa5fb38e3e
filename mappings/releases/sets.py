"""A set of documents of any release, as the lens sees it: the tables are R4's, every other release is converted.

Who reads pays for what is new: nodes that two sets share are converted once (by identity, as trees never change).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from mappings.issues import Issue
from mappings.lens.documents import Docs
from mappings.releases.engine import Memo, Walk
from mappings.releases.kinds import NAMES
from mappings.releases.restore import born, put_back
from mappings.tree import Tree

LENS = "R4"
"""The release whose elements the tables name."""

_PLACE = (0, 0, "in the lens' release")


@dataclass(slots=True)
class _Beside:
    """What a set remembers of its conversion."""

    read: Docs = field(default_factory=lambda: Docs(LENS, {}))
    nodes: Memo = field(default_factory=dict)
    roots: dict[int, tuple[Tree, Tree]] = field(default_factory=dict)


def _beside(docs: Docs) -> _Beside:
    beside: _Beside = docs.memo.setdefault(_PLACE, (None, _Beside()))[1]
    return beside


def in_lens(docs: Docs) -> Docs:
    """Return a set in the lens' release; the set itself where it is in it."""
    if docs.release == LENS:
        return docs
    beside = _beside(docs)
    trees: dict[str, Tree] = {}
    for reference, tree in docs.items():
        known = beside.roots.get(id(tree))
        if known is None:
            said = Walk(docs.release, proved=False, memo=beside.nodes).resource(tree)
            known = beside.roots[id(tree)] = (tree, said)
        trees[named(reference, docs.release, LENS)] = known[1]
    return Docs(LENS, trees, like=beside.read)


def named(reference: str, from_: str, to: str) -> str:
    """Return a reference with the name that a release has for its type: RequestGroup/1 is RequestOrchestration/1."""
    kind, _, rest = reference.partition("/")
    other = NAMES[from_].get(kind) if from_ != to else None
    return reference if other is None else f"{other}/{rest}"


def out_of_lens(docs: Docs, changed: Mapping[str, Tree]) -> tuple[dict[str, Tree], tuple[Issue, ...]]:
    """Return documents that a write changed, as they stand in the set's own release, and what is to be said of them.

    docs      the set that was written
    changed   the changed documents by reference, both in the lens' release
    """
    if docs.release == LENS:
        return dict(changed), ()
    was, memo = in_lens(docs), _beside(docs).nodes
    said: dict[str, Tree] = {}
    issues: list[Issue] = []
    for reference, tree in changed.items():
        own = named(reference, LENS, docs.release)
        if own in docs:
            done = put_back(docs[own], docs.release, LENS, was[reference], tree, returning=False, memo=memo)
            said[own] = done.tree
            issues += done.issues
        else:
            said[own] = born(tree, LENS, docs.release)
    return said, tuple(issues)
