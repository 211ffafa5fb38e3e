"""Which item of an edited list is which item of the old one: by origin token, identity, equality, then order."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import Any

Identity = Callable[[Any], Hashable | None]

_TOKENS = tuple(str(place) for place in range(64))


def numbered(nodes: Sequence[Any]) -> Iterator[tuple[str, Any]]:
    """Return (origin token, node) pairs of a list: the token is the place in it as text."""
    if len(nodes) > len(_TOKENS):
        return zip(map(str, range(len(nodes))), nodes, strict=True)
    return zip(_TOKENS, nodes)  # noqa: B905 - there are more tokens; `strict` itself takes time


def align(old: Sequence[tuple[int, Any]], new: Sequence[Any], identity: Identity | None = None) -> list[int | None]:
    """Return for each new value the place in `old` that it came from, or None for one that is new.

    `old` are (position in the document, value) pairs; the position written as text is the value's origin token.
    Each old value is taken once. Order decides only between values that carry no token and no declared identity.
    """
    if len(old) == len(new) and all(getattr(v, "key", None) == str(at) for (at, _), v in zip(old, new, strict=True)):
        return list(range(len(new)))
    found: list[int | None] = [None] * len(new)
    free = dict.fromkeys(range(len(old)))
    tokens = {str(position): at for at, (position, _) in enumerate(old)}

    def take(at_new: int, at_old: int) -> None:
        found[at_new] = at_old
        del free[at_old]

    for n, value in enumerate(new):
        key = getattr(value, "key", None)
        if key is not None and tokens.get(key) in free:
            take(n, tokens[key])
    if identity is not None:
        known: dict[Hashable, list[int]] = {}
        for at in free:
            if (name := identity(old[at][1])) is not None:
                known.setdefault(name, []).append(at)
        for n, value in enumerate(new):
            if found[n] is None and (name := identity(value)) is not None and known.get(name):
                take(n, known[name].pop(0))
    for n, value in enumerate(new):
        if found[n] is None and (same := next((at for at in free if old[at][1] == value), None)) is not None:
            take(n, same)
    for n, value in enumerate(new):
        named = getattr(value, "key", None) is not None or (identity is not None and identity(value) is not None)
        if found[n] is None and not named and free:
            at = next(iter(free))
            if identity is None or identity(old[at][1]) is None:
                take(n, at)
    return found
