"""A change made to one document, made to another: what `merge3` does where only one side can be meant."""

from __future__ import annotations

from mappings.merge.three import settled
from mappings.tree import Tree


def carry(resource_type: str, before: Tree, after: Tree, onto: Tree) -> Tree:
    """Return `onto` with what changed from `before` to `after`.

    `onto` is another form of `before`: what a server made of it, or ours of what it sent. Where the change meets an
    element that stands otherwise in `onto`, the change stands; everything else of `onto` stays, `id` and what a server
    writes of itself among it.
    """
    tree, _ = settled(resource_type, before, after, onto)
    return tree
