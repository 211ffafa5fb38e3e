"""What an outsider is shown of a record: our own extensions go, references to what is withheld, and then the narrative.

Pure, on trees (mappings.tree): what is not touched is shared, and a tree with nothing to hide comes back itself.
`restore` brings back what was hidden when the outsider writes.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import is_

from mappings.nodes import nodes
from mappings.terms.systems import LOCAL
from mappings.tree import Tree

Withheld = Callable[[str], bool]
"""Reference literal, or `#id` of a contained resource -> may this actor not know of it?"""


class _Gone:
    """Stands where nothing is left."""


_GONE = _Gone()


def redact(tree: Tree, withheld: Withheld) -> Tree:
    """Return what an outsider may see of a resource that the outsider may read.

    `withheld` is asked about every literal reference, and as "#id" about every contained resource. Containers that are
    left empty go too, and with any of it the narrative.
    """
    shown = _shown(tree, withheld)
    if shown is tree or isinstance(shown, _Gone):
        return tree
    return without_narrative(shown)


def contained_types(tree: Tree) -> dict[str, str]:
    """Return `#id` -> resource type of the contained resources of a document."""
    return {
        f"#{one['id']}": str(one.get("resourceType", ""))
        for one in nodes(tree, "contained")
        if isinstance(one.get("id"), str)
    }


def _shown(node: Tree, withheld: Withheld) -> Tree | _Gone:
    if isinstance(node, dict):
        return _shown_object(node, withheld)
    if isinstance(node, list):
        return _shown_list(node, withheld)
    return node


def _shown_object(node: dict[str, Tree], withheld: Withheld) -> Tree | _Gone:
    if isinstance(node.get("reference"), str) and withheld(node["reference"]):
        return _GONE
    kept: dict[str, Tree] = {}
    for key, value in node.items():
        after = (
            _shown_twins(value, withheld) if _are_twins(key, value) else _shown(_open(key, value, withheld), withheld)
        )
        if not isinstance(after, _Gone):
            kept[key] = after
    if len(kept) == len(node) and all(kept[key] is value for key, value in node.items()):
        return node
    kept = _aligned(kept, node)
    idle = {"id"} if "resourceType" in node else {"id", "url"}  # an extension without its value says nothing
    return kept if kept.keys() - idle else _GONE


def _open(key: str, value: Tree, withheld: Withheld) -> Tree | _Gone:
    """Return a list without the items that go as a whole: our extensions, contained resources that are withheld."""
    if not isinstance(value, list):
        return value
    if key in ("extension", "modifierExtension"):
        left = [item for item in value if not _ours(item)]
    elif key == "contained":
        left = [part for part in value if not _hidden_part(part, withheld)]
    else:
        return value
    if len(left) == len(value):
        return value
    return left or _GONE


def _shown_list(items: list[Tree], withheld: Withheld) -> Tree | _Gone:
    left = [item for item in (_shown(item, withheld) for item in items) if not isinstance(item, _Gone)]
    if items and not left:
        return _GONE
    return items if len(left) == len(items) and all(map(is_, left, items)) else left


def _are_twins(key: str, value: Tree) -> bool:
    return key.startswith("_") and isinstance(value, list)


def _shown_twins(items: list[Tree], withheld: Withheld) -> Tree | _Gone:
    """`_given` beside `given`: positions belong together, so what goes leaves a null."""
    after = [_shown(item, withheld) for item in items]
    left = [None if isinstance(item, _Gone) else item for item in after]
    if all(map(is_, left, items)):
        return items
    return left if any(item is not None for item in left) else _GONE


def _aligned(kept: dict[str, Tree], node: dict[str, Tree]) -> dict[str, Tree]:
    """Drop the positions of a primitive list that held nothing but a twin that went: [null, "x"] -> ["x"]."""
    for twin in [key for key in node if key.startswith("_") and isinstance(node[key], list)]:
        values, twins = kept.get(twin[1:]), kept.get(twin)
        if twins is node[twin] or not isinstance(values, list):
            continue
        pairs = [(v, t) for v, t in zip(values, twins or [None] * len(values), strict=False)]
        full = [(v, t) for v, t in pairs if v is not None or t is not None]
        kept = {**kept, twin[1:]: [v for v, _ in full], twin: [t for _, t in full]}
        kept = {k: v for k, v in kept.items() if k not in (twin[1:], twin) or any(item is not None for item in v)}
    return kept


def _ours(extension: Tree) -> bool:
    url = extension.get("url") if isinstance(extension, dict) else None
    return isinstance(url, str) and url.startswith(LOCAL)


def _hidden_part(part: Tree, withheld: Withheld) -> bool:
    return isinstance(part, dict) and isinstance(part.get("id"), str) and withheld(f"#{part['id']}")


def without_narrative(node: Tree) -> Tree:
    """Return the tree without the narrative of any resource in it. (`text` of a concept is no narrative.)"""
    if isinstance(node, dict):
        idle = "text" if "resourceType" in node else ""
        return {key: without_narrative(value) for key, value in node.items() if key != idle}
    return [without_narrative(item) for item in node] if isinstance(node, list) else node
