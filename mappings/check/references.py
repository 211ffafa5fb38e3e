"""References of one document of a set: what they name, and whether the set has it.

That a set lacks somebody is no mistake of it: most documents are sent without the people that they speak of. So a
reference leads nowhere only where the set could have held what it names: it holds others of that type, or the document
is read together with it (the goals and requests of a plan). References by # are judged by `ref-1`.

https://hl7.org/fhir/R4/references.html
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

from mappings.check.document import by_itself
from mappings.check.findings import MAX_FINDINGS, finding
from mappings.check.links import LITERAL
from mappings.check.rules import Finding
from mappings.nodes import nodes
from mappings.tree import Path, Tree

if TYPE_CHECKING:
    from mappings.lens.documents import Docs

READ_TOGETHER = {
    ("CarePlan", "goal", "reference"),
    ("CarePlan", "activity", "reference", "reference"),
    ("CarePlan", "activity", "plannedActivityReference", "reference"),
}
"""Elements whose resources are part of the native value: type of the document, then the names on the way."""


def check_in(docs: Docs, root: str) -> list[Finding]:
    """Return what is wrong with one document of a set, at most MAX_FINDINGS: by itself, and references to nowhere.

    Never raises for a document that the set has.
    """
    tree = docs[root]
    found = by_itself(tree, docs.release)
    try:
        found += nowhere(tree, docs, docs.release)
    except RecursionError:
        return found  # which `walk` has said
    return found[:MAX_FINDINGS]


def nowhere(tree: Tree, named: Collection[str], release: str, *, together: bool = True) -> Iterator[Finding]:
    """Yield the references of a document that lead to none of the resources `named` ("Goal/7"), where one should.

    `together`: whether what is read together with it must be there, though no other of its type is.
    """
    kind = tree.get("resourceType") if isinstance(tree, dict) else None
    if not isinstance(kind, str):
        return
    known = {*named, *_entries(tree)}
    held = {reference.partition("/")[0] for reference in known}
    planned: set[str] = set()
    for at, reference in references_in(tree):
        steps = (kind, *(step for step in at if isinstance(step, str)))
        if steps in READ_TOGETHER and steps[1] == "activity":
            if reference in planned:
                what = "an earlier activity names the same request"
                yield finding("reference/twice", kind, at, what, _FIXES["reference/twice"], release=release)
            planned.add(reference)
        literal = LITERAL.fullmatch(reference)
        to = literal[1] if literal else None
        whole = reference.partition("/_history/")[0]
        if whole in known or reference.startswith("#"):
            continue
        if reference.startswith("urn:") or (
            to is not None and whole.count("/") == 1 and ((together and steps in READ_TOGETHER) or to in held)
        ):
            what = "none of the documents given is this one"
            yield finding("reference/nowhere", kind, at, what, _FIXES["reference/nowhere"], release=release)


def _entries(bundle: Tree) -> Iterator[str]:
    """Yield the names under which the resources of a Bundle are known in it."""
    for entry in nodes(bundle, "entry") if bundle.get("resourceType") == "Bundle" else ():
        inner = entry.get("resource")
        yield str(entry.get("fullUrl"))
        if isinstance(inner, dict):
            yield f"{inner.get('resourceType')}/{inner.get('id')}"


_FIXES = {
    "reference/nowhere": "Give the document that is meant too, or correct the reference.",
    "reference/twice": "Keep one of them, or name the request that is meant.",
}


def references_in(node: Tree, at: Path = ()) -> Iterator[tuple[Path, str]]:
    """Yield the path and text of each literal reference of a document, those of contained resources too."""
    if isinstance(node, dict):
        for key, inner in node.items():
            if key == "reference" and isinstance(inner, str):
                yield (*at, key), inner
            else:
                yield from references_in(inner, (*at, key))
    elif isinstance(node, list):
        for n, inner in enumerate(node):
            yield from references_in(inner, (*at, n))
