"""In which order records are created there: what a record refers to comes first, a circle is opened and closed again.

    {plan: {goal}, goal: {}}                   goal, plan
    {plan: {request}, request: {plan}}         request without plan, plan, request again

Strongly connected components after R. Tarjan, Depth-first search and linear graph algorithms, SIAM J. Comput. 1 (1972).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Set
from typing import Any, NamedTuple

Key = tuple[str, str]
"""(resource type, local id)"""


class Step(NamedTuple):
    """Write `key`, leaving out its references to `without`; `again` marks the second writing, which has them all."""

    key: Key
    without: frozenset[Key] = frozenset()
    again: bool = False


def ordered(needs: Mapping[Key, Set[Key]], rank: Callable[[Key], Any]) -> list[Step]:
    """Return the steps that create each key of `needs` once all that it refers to is there.

    References to keys that `needs` does not have are there already. Within a circle the key of lowest rank is written
    first, without its references to what follows; these are added when the circle is complete.
    """
    steps = []
    for circle in _components(needs, rank):
        waiting = set(circle)
        unfinished = []
        for key in sorted(circle, key=rank):
            missing = frozenset(needs[key] & waiting)
            waiting.discard(key)
            steps.append(Step(key, missing))
            unfinished += [Step(key, again=True)] if missing else []
        steps += unfinished
    return steps


def _components(needs: Mapping[Key, Set[Key]], rank: Callable[[Key], Any]) -> Iterator[list[Key]]:
    """Yield the strongly connected components, each after all that it refers to. Without recursion."""
    seen: dict[Key, int] = {}
    lowest: dict[Key, int] = {}
    stack: list[Key] = []
    on_stack: set[Key] = set()
    for root in sorted(needs, key=rank):
        if root in seen:
            continue
        work = [(root, iter(sorted(needs[root] & needs.keys(), key=rank)))]
        while work:
            key, below = work[-1]
            if key not in seen:
                seen[key] = lowest[key] = len(seen)
                stack.append(key)
                on_stack.add(key)
            for target in below:
                if target not in seen:
                    work.append((target, iter(sorted(needs[target] & needs.keys(), key=rank))))
                    break
                if target in on_stack:
                    lowest[key] = min(lowest[key], seen[target])
            else:
                work.pop()
                if work:
                    lowest[work[-1][0]] = min(lowest[work[-1][0]], lowest[key])
                if lowest[key] == seen[key]:
                    circle = [stack.pop()]
                    while circle[-1] != key:
                        circle.append(stack.pop())
                    on_stack.difference_update(circle)
                    yield circle
