"""What R4 itself can say in two ways, of which only one goes on into R5: brought into that form before the walk.

`before` takes an R4 resource to the form that R5 has, `after` brings it back; both are R4 to R4, and pure.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mappings.tree import Tree

Reshape = Callable[[dict[str, Tree]], dict[str, Tree]]


@dataclass(frozen=True, slots=True)
class Reshaped:
    """The two ways of one resource type."""

    before: Reshape
    after: Reshape


RESHAPED: dict[str, Reshaped] = {}
