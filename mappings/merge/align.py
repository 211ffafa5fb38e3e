"""Which item of one list is which item of another: by declared key, else by equality, else by likeness and order."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from typing import TypeVar

from mappings.terms.keys import Key
from mappings.tree import Tree, leaves

Token = TypeVar("Token")

Pairs = dict[int, int]
"""Position in the old list -> position in the new list."""

Items = dict[int, tuple[Hashable | None, Tree]]
"""Position -> key and item, of those not paired yet."""

Rule = Callable[[Items, Items, Pairs], Iterable[tuple[int, int]]]
"""Finds more pairs among what is left, given those found so far."""

ALIKE = 0.5
"""Share of leaves from which on two items are versions of one. Half: a code and its system outweigh a display."""

NEAR = 8
"""How far an edited item without a key may have moved to be known again. Bounds the work on long lists."""


def align(key: Key, old: Sequence[Tree], new: Sequence[Tree], rules: Sequence[Rule]) -> Pairs:
    """Return which position of `old` is which position of `new`; what is in no pair was removed or added.

    rules   SURE    a key that stands once on each side; then equality, the n-th with the n-th
            LIKE    then sharing at least half of the leaves, the most alike first
            PLACED  then standing in the same gap between paired items, the n-th with the n-th

    Items of different keys are never paired. PLACED is not for who merges inside items: two that have only their
    place in common must not be mixed.
    """
    was: Items = {i: (key(item), item) for i, item in enumerate(old)}
    now: Items = {j: (key(item), item) for j, item in enumerate(new)}
    pairs: Pairs = {}
    for rule in rules:
        for i, j in rule(was, now, pairs):
            pairs[i] = j
            del was[i], now[j]
        if not was or not now:
            break
    return pairs


def frozen(node: Tree) -> Hashable:
    """Return a hashable stand-in for a tree: two are equal exactly when their trees are."""
    if isinstance(node, dict):
        return frozenset((name, frozen(inner)) for name, inner in node.items())
    if isinstance(node, list | tuple):
        return tuple(frozen(inner) for inner in node)
    return node  # type: ignore[no-any-return]


def akin(one: Tree, other: Tree) -> bool:
    """Return whether two items have a leaf in common."""
    return not _told(one).isdisjoint(_told(other))


def woven(leader: Sequence[Token], follower: Sequence[Token]) -> list[Token]:
    """Return the leader's sequence, with what only the follower has put behind its neighbour there."""
    known = set(leader)
    front: list[Token] = []
    behind: dict[Token, list[Token]] = defaultdict(list)
    here = front
    for token in follower:
        if token in known:
            here = behind[token]
        else:
            here.append(token)
    return front + [each for token in leader for each in (token, *behind.get(token, ()))]


def _by_key(was: Items, now: Items, _: Pairs) -> list[tuple[int, int]]:
    here, there = (_places((key, at) for at, (key, _) in side.items() if key is not None) for side in (was, now))
    return [(at[0], there[key][0]) for key, at in here.items() if len(at) == len(there.get(key, ())) == 1]


def _by_equality(was: Items, now: Items, _: Pairs) -> Iterator[tuple[int, int]]:
    here, there = (_places((frozen(item), at) for at, (_, item) in side.items()) for side in (was, now))
    for token in here.keys() & there.keys():
        stayed = set(here[token]).intersection(there[token])  # of several equal items, one that stands where it stood
        moved = ([at for at in side[token] if at not in stayed] for side in (here, there))
        yield from ((at, at) for at in stayed)
        yield from zip(*moved, strict=False)


def _by_likeness(was: Items, now: Items, _: Pairs) -> Iterator[tuple[int, int]]:
    here, there = ([(at, key, _told(item)) for at, (key, item) in side.items()] for side in (was, now))
    found = []
    for n, (i, key, told) in enumerate(here):
        for m in range(max(0, n - NEAR), min(len(there), n + NEAR + 1)):
            j, its_key, its_told = there[m]
            likeness = len(told & its_told) / max(len(told), len(its_told), 1)
            if likeness >= ALIKE and _may_be(key, its_key):
                found.append((-likeness, abs(n - m), i, j))
    taken_here: set[int] = set()
    taken_there: set[int] = set()
    for i, j in (pair[2:] for pair in sorted(found)):
        if i not in taken_here and j not in taken_there:
            taken_here.add(i)
            taken_there.add(j)
            yield i, j


def _by_order(was: Items, now: Items, pairs: Pairs) -> list[tuple[int, int]]:
    gaps: dict[int, deque[int]] = defaultdict(deque)  # paired position before the gap -> positions in it
    gap = -1
    for j in sorted([*now, *pairs.values()]):
        if j in now:
            gaps[gap].append(j)
        else:
            gap = j
    found = []
    gap = -1
    for i in sorted([*was, *pairs]):
        gap = pairs.get(i, gap)
        if i in was and gaps[gap] and _may_be(was[i][0], now[j := gaps[gap].popleft()][0]):
            found.append((i, j))
    return found


SURE: tuple[Rule, ...] = (_by_key, _by_equality)
LIKE: tuple[Rule, ...] = (*SURE, _by_likeness)
PLACED: tuple[Rule, ...] = (*LIKE, _by_order)


def _may_be(key: Hashable | None, other: Hashable | None) -> bool:
    return key is None or other is None or key == other


def _told(item: Tree) -> set[Hashable]:
    """Return an item's leaves, each under its element path: positions would make all behind an insertion differ."""
    return {(tuple(step for step in path if isinstance(step, str)), frozen(leaf)) for path, leaf in leaves(item)}


def _places(tokens: Iterable[tuple[Hashable, int]]) -> dict[Hashable, list[int]]:
    places: dict[Hashable, list[int]] = defaultdict(list)
    for token, at in tokens:
        places[token].append(at)
    return places
