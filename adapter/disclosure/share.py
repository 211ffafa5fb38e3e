"""What the programme itself says of who may be told, before any consent is asked: a record's `share`.

    never        stays within the programme and its service organisations, whatever a consent permits
    role-only    goes out as a role: what names the third person (a sponsor, a peer) does not
    by-consent   as consents say; so does a record that says nothing

A `share` that says anything else counts as never. Pure, on trees; what is not touched is shared.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import is_

from mappings.nodes import nodes
from mappings.tables.record import SHARE
from mappings.tree import Tree

NEVER, ROLE_ONLY, BY_CONSENT = "never", "role-only", "by-consent"

NAMING = frozenset({"name", "telecom", "address", "photo", "birthDate", "gender", "identifier", "communication"})
"""What says who a RelatedPerson is: https://hl7.org/fhir/R4/relatedperson.html"""

_MARK = SHARE.encode()


def share_of(tree: Tree) -> str:
    """Return the share of a resource, or "" where it says none."""
    extensions = tree.get("extension") if isinstance(tree, dict) else None
    said = [x for x in extensions if isinstance(x, dict) and x.get("url") == SHARE] if type(extensions) is list else []
    if not said:
        return ""
    word = said[0].get("valueCode") if len(said) == 1 else None
    return word if word in (ROLE_ONLY, BY_CONSENT) else NEVER


def contained_shares(tree: Tree) -> dict[str, str]:
    """Return `#id` -> share of the contained resources of a document."""
    return {f"#{one['id']}": share_of(one) for one in nodes(tree, "contained") if isinstance(one.get("id"), str)}


def may_say_share(body: bytes) -> bool:
    """Return False where the bytes of a document say no share anywhere: then no tree is needed to know."""
    return _MARK in body


def by_role(tree: Tree, is_role_only: Callable[[str], bool]) -> Tree:
    """Return what a stranger may see where third persons are known by their role; the tree itself where none are.

    `is_role_only` is asked about every literal reference; the name beside a reference to such a record goes, too.
    """
    if isinstance(tree, list):
        items = [by_role(item, is_role_only) for item in tree]
        return tree if all(map(is_, items, tree)) else items
    if not isinstance(tree, dict):
        return tree
    hidden: frozenset[str] = frozenset()
    if tree.get("resourceType") == "RelatedPerson" and share_of(tree) == ROLE_ONLY:
        hidden = NAMING | {"text"}
    elif isinstance(tree.get("reference"), str) and is_role_only(tree["reference"]):
        hidden = frozenset({"display", "identifier"})
    kept = {key: by_role(value, is_role_only) for key, value in tree.items() if key.removeprefix("_") not in hidden}
    return tree if len(kept) == len(tree) and all(kept[key] is value for key, value in tree.items()) else kept
