"""Objects of a document that nobody has judged yet: what is not of the form that FHIR gives it is passed over."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator

from mappings.tree import Path, Tree

Node = dict[str, Tree]
"""A JSON object of a tree."""


def nodes(holder: Tree, name: str) -> list[Node]:
    """Return the objects of a list; none where it is missing or no list."""
    found = holder.get(name) if isinstance(holder, dict) else None
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def numbered(holder: Tree, name: str) -> Iterator[tuple[int, Node]]:
    """Yield the objects of a list with their positions in it."""
    found = holder.get(name) if isinstance(holder, dict) else None
    for n, one in enumerate(found if isinstance(found, list) else ()):
        if isinstance(one, dict):
            yield n, one


def has_node(tree: Node, test: Callable[[Node], bool]) -> bool:
    """Return whether any object of a document, at whatever depth, passes a test."""
    waiting: list[Tree] = [tree]
    while waiting:
        node = waiting.pop()
        if node.__class__ is dict:
            if test(node):
                return True
            node = node.values()
        for value in node:
            if value.__class__ is dict or value.__class__ is list:
                waiting.append(value)
    return False


def on_the_way(node: Node, visited: Container[int]) -> Iterator[tuple[str, Node, Path]]:
    """Yield (property, object, its path) of the objects in one that are visited (ids of Python)."""
    for key, value in node.items():
        if value.__class__ is dict:
            if id(value) in visited:
                yield key, value, (key,)
        elif value.__class__ is list:
            for position, one in enumerate(value):
                if id(one) in visited:
                    yield key, one, (key, position)


def resources(tree: Tree) -> Iterator[tuple[Path, Node]]:
    """Yield a document and, of a Bundle, the resources of its entries, each with its place."""
    if not isinstance(tree, dict):
        return
    yield (), tree
    if tree.get("resourceType") == "Bundle":
        for n, entry in numbered(tree, "entry"):
            if isinstance(entry.get("resource"), dict):
                yield ("entry", n, "resource"), entry["resource"]


def with_contained(tree: Tree) -> Iterator[tuple[Path, Node, Node]]:
    """Yield (place, resource, itself) of `resources`, and (place, resource, what contains it) of what they contain."""
    for at, whole in resources(tree):
        yield at, whole, whole
        for n, one in numbered(whole, "contained"):
            yield (*at, "contained", n), one, whole


def claims(resource: Node) -> Iterator[tuple[int, str]]:
    """Yield the profiles that a resource says it meets, with their positions in `meta.profile`."""
    meta = resource.get("meta")
    claimed = meta.get("profile") if isinstance(meta, dict) else None
    for n, url in enumerate(claimed if isinstance(claimed, list) else ()):
        if isinstance(url, str):
            yield n, url


def pairs(concept: Tree) -> list[tuple[str, str]]:
    """Return the (system, code) pairs of a CodeableConcept or a list of them; none of what is not of that shape."""
    if isinstance(concept, list):
        return [pair for one in concept for pair in pairs(one)]
    found = [(one.get("system"), one.get("code")) for one in nodes(concept, "coding")]
    return [(system, code) for system, code in found if type(system) is str and type(code) is str]
