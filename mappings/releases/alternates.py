"""A reference to what may not stand there in the other release: FHIR's own extension has it, alternate-reference."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mappings.check.shapes import Field
from mappings.tree import Tree

if TYPE_CHECKING:
    from mappings.releases.rows import Here

ALTERNATE = "http://hl7.org/fhir/StructureDefinition/alternate-reference"
"""https://hl7.org/fhir/extensions/StructureDefinition-alternate-reference.html"""


def fitted(value: Tree, mine: Field | None, theirs: Field | None, name: str, here: Here) -> Tree:
    """Return a Reference of an element of one release as the other has it; `mine` and `theirs` are the definitions.

    One that may not lead there becomes an alternate one, an alternate one that may is itself again.
    """
    inner = alternate(value)
    if inner is not None and allows(theirs, inner) and not allows(mine, inner):
        return inner
    if isinstance(value, dict) and allows(mine, value) and not allows(theirs, value):
        here.note(name, "the other release allows no reference to this type here", rule="release/alternate")
        return {"extension": [{"url": ALTERNATE, "valueReference": value}]}
    return value


def allows(about: Field | None, reference: Tree) -> bool:
    """Return whether a reference is to a type that an element leads to; true for what does not say."""
    return about is None or not about.targets or leads_to(reference) in {None, *about.targets}


def may_stand(reference: Tree, release: str, name: str, here: Here) -> bool:
    """Return whether a reference is to a type that a release allows at an element; true for what does not say."""
    return allows(here.field(release, name), reference)


def leads_to(reference: Tree) -> str | None:
    """Return the resource type that a Reference leads to, where it says so: "Goal" for Goal/7."""
    literal, stated = (reference.get(k) for k in ("reference", "type")) if isinstance(reference, dict) else (None, None)
    steps = literal.split("/_history/")[0].split("/") if isinstance(literal, str) else []
    if len(steps) > 1 and steps[-2][:1].isupper():
        return steps[-2]
    return stated if isinstance(stated, str) else None


def alternate(value: Tree) -> Tree:
    """Return the reference that stands in an alternate one, or None."""
    exts = value.get("extension") if isinstance(value, dict) and len(value) == 1 else None
    only = exts[0] if isinstance(exts, list) and len(exts) == 1 else None
    if isinstance(only, dict) and only.keys() == {"url", "valueReference"} and only["url"] == ALTERNATE:
        return only["valueReference"]
    return None
