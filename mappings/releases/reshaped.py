"""What R4 itself can say in two ways, of which only one goes on into R5: brought into that form before the walk."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mappings.releases.details import inlined, linked
from mappings.tree import Tree

Reshape = Callable[[dict[str, Tree]], dict[str, Tree]]


@dataclass(frozen=True, slots=True)
class Reshaped:
    """The two ways of one resource type, R4 to R4 and pure: `before` a walk to R5, `after` one from it.

    path, text   what is reported where something was reshaped
    """

    before: Reshape
    after: Reshape
    path: str
    text: str


RESHAPED: dict[str, Reshaped] = {
    "CarePlan": Reshaped(
        linked, inlined, "activity", "R5 has no activity.detail: each stands in the plan as a contained request"
    ),
}
