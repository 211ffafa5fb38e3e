"""What either side should hold, from the last agreement and what each has made of it since.

The last agreement is a pair: servers normalise what they keep, and an outsider is not shown everything, so that the
same agreed record is `agreed.ours` here and `agreed.theirs` there. All trees are in our names (adapter.sync.translate),
ours as the other side may see it; `carry` makes a change that was made to one of the pair to the other.

    ahead     = what we changed, made to what they had
    merge3(what they had, ahead, what they have)               finds what both changed
    here      = what they changed, made to what we have
    agreed    = what they changed, made to what we had
    there     = the difference of these two, made to what they have

So neither a server's normalisation nor what was withheld from it ever comes back as an edit. Pure.
"""

from __future__ import annotations

from typing import NamedTuple

from mappings.merge import Clash, merge3
from mappings.merge.carry import carry
from mappings.tree import Tree


class Agreed(NamedTuple):
    """The last agreement: our form and theirs, both in our names."""

    ours: Tree
    theirs: Tree


class Outcome(NamedTuple):
    """What a merge leads to. Trees are None where there are clashes.

    here     what we should hold
    there    what they should hold, in our names
    agreed   our form of the agreement once `theirs` is accepted as the other: what differs from it is still to be sent
    """

    here: Tree
    there: Tree
    agreed: Tree
    clashes: tuple[Clash, ...] = ()


def bare(tree: Tree) -> Tree:
    """Return a record without what a server writes of itself: id, meta.versionId, lastUpdated, source."""
    if not isinstance(tree, dict):
        return tree
    rest = {name: node for name, node in tree.items() if name not in ("id", "meta")}
    meta = tree.get("meta")
    if isinstance(meta, dict):
        meta = {name: node for name, node in meta.items() if name not in ("versionId", "lastUpdated", "source")}
    return {**rest, "meta": meta} if meta else rest


def same(one: Tree, other: Tree) -> bool:
    """Whether two versions of a record say the same."""
    return one is other or bool(bare(one) == bare(other))


def sent(resource_type: str, agreed: Agreed, ours: Tree) -> Tree:
    """Return what they should hold when only we have changed the record."""
    return carry(resource_type, agreed.ours, ours, agreed.theirs)


def united(resource_type: str, agreed: Agreed, ours: Tree, theirs: Tree) -> Outcome:
    """Return what both should hold when either may have changed the record."""
    merged = merge3(resource_type, agreed.theirs, sent(resource_type, agreed, ours), theirs)
    if merged.conflicts:
        return Outcome(None, None, None, merged.conflicts)
    return decided(resource_type, agreed, ours, theirs, for_us=False)


def decided(resource_type: str, agreed: Agreed, ours: Tree, theirs: Tree, *, for_us: bool) -> Outcome:
    """Return what both should hold when a person has decided: where both changed the same, one side stands."""
    onward = carry(resource_type, agreed.theirs, theirs, agreed.ours)
    if for_us:
        here = carry(resource_type, agreed.ours, ours, onward)
    else:
        here = carry(resource_type, agreed.theirs, theirs, ours)
    return Outcome(here, sent(resource_type, Agreed(onward, theirs), here), onward)
