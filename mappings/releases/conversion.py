"""A FHIR resource of one release as the other release says it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from mappings.issues import Issue
from mappings.lens.documents import Refused
from mappings.releases.carried import OTHER
from mappings.releases.engine import Walk
from mappings.tree import MAX_DEPTH, Number, Tree, from_plain, to_plain


@dataclass(frozen=True, slots=True)
class Converted:
    """A converted document, and what is to be said of it: where it needed an extension, a substitute, a reason."""

    tree: Tree
    issues: tuple[Issue, ...] = ()


def convert(resource: Mapping[str, Any], from_: str, to: str) -> Any:
    """Return a FHIR resource as another release says it: a plain dict for a plain dict, a Tree for a Tree.

    resource   a resource of the release `from_`, which stays as it is; Bundles and contained resources included
    from_, to  "R4" or "R5"

    A type that neither release knows passes as it stands. Raises Refused for what is no JSON object or is nested too
    deeply, ValueError for an unknown release.
    """
    if not isinstance(resource, Mapping):
        issue = Issue("Resource", "structure", "this is no FHIR resource", "Give a JSON object with a resourceType.")
        raise Refused(issue)
    if not _is_plain(resource):
        return converted(resource, from_, to).tree
    return to_plain(converted(from_plain(resource), from_, to).tree)


def converted(tree: Tree, from_: str, to: str) -> Converted:
    """Return a document as another release says it, with an Issue for each loss and notice, by FHIRPath of `from_`.

    Raises as `convert` does.
    """
    for release in (from_, to):
        if release not in OTHER:
            raise ValueError(f"release {release!r} is not one of {', '.join(OTHER)}")
    if from_ == to:
        return Converted(tree)
    issues: list[Issue] = []
    try:
        said = Walk(from_, issues=issues).resource(tree)
    except RecursionError:
        text = f"nested deeper than {MAX_DEPTH} levels"
        raise Refused(Issue("Resource", "too-costly", text, "Flatten it.", "fatal")) from None
    return Converted(said, tuple(issues))


def _is_plain(node: Any) -> bool:
    """Return whether numbers stand as Python's own. A tree holds them as text."""
    if isinstance(node, Mapping):
        return any(_is_plain(value) for value in node.values())
    if isinstance(node, list | tuple):
        return any(_is_plain(value) for value in node)
    return isinstance(node, int | float | Decimal) and not isinstance(node, bool | Number)
