"""Where something may be changed in a document: the path of each value below its root."""

from __future__ import annotations

from collections.abc import Iterator

from mappings.tree import Path, Tree


def places_in(tree: Tree, at: Path = ()) -> Iterator[Path]:
    """Yield the path of each value of a document, below its root, in document order."""
    for step, value in tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ():
        yield (*at, step)
        yield from places_in(value, (*at, step))
