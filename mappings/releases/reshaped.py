"""What R4 itself can say in two ways, of which only one goes on into R5: brought into that form before the walk."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from mappings.nodes import Node
from mappings.releases.details import inlined, linked


class Back(Protocol):
    """Brings a resource back into the form that R4 prefers; `forced` as in Walk."""

    def __call__(self, resource: Node, /, *, forced: bool) -> Node:
        """Return the resource in that form, as far as it can be brought there."""


@dataclass(frozen=True, slots=True)
class Reshaped:
    """The two ways of one resource type, R4 to R4 and pure: `before` a walk to R5, `after` one from it.

    path, text   what is reported where something was reshaped
    """

    before: Callable[[Node], Node]
    after: Back
    path: str
    text: str


RESHAPED: dict[str, Reshaped] = {
    "CarePlan": Reshaped(
        linked, inlined, "activity", "R5 has no activity.detail: each stands in the plan as a contained request"
    ),
}
