"""One node by the rows of its type: what they say of it in the other release, and extensions for what they cannot say.

What a row says is read back at once; what does not come back the same goes along as a cross-version extension, in
front of the node's own. On the way back such an extension is believed while the elements still say what it says.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from mappings.check.shapes import Field
from mappings.nodes import Node
from mappings.releases.carried import OTHER, Unsayable, as_json, packed, unpacked
from mappings.releases.kinds import Kind
from mappings.releases.rows import UNKNOWN, Note, Part, Row, Settled, listed
from mappings.tree import Tree


class Tried:
    """Where a conversion is tried: nothing is reported, and what is inside is taken as it stands."""

    __slots__ = ("frm", "kind", "node")

    def __init__(self, kind: Kind, node: Node, frm: str) -> None:
        self.kind, self.node, self.frm = kind, node, frm

    def field(self, release: str, name: str) -> Field | None:
        """Return an element of this type as a release defines it, or None."""
        return self.kind.field(release, name)

    def url(self, release: str, name: str) -> str:
        """Return the url of the cross-version extension that holds a release's element."""
        return self.kind.url(release, name)

    def beside(self, name: str) -> Tree:
        """Return another property of the node, None where there is none."""
        return self.node.get(name)

    def note(self, name: str, text: str, *, rule: str, fix: str = "", severity: str = "warning") -> None:
        """Say nothing."""

    def through(self, row: Row, part: Part, origin: Node, hint: Part | None) -> tuple[Part, list[Tree]]:
        """Return what a row says of a part in the other release, and the extensions that hold what it cannot say."""
        made, _, kept = _through(row, part, origin, hint, self)
        return made, kept

    def silent(self) -> Tried:
        """Return the same place, where a conversion is tried."""
        return self


class Meant(Tried):
    """Where a conversion is made: what is to be said of it is gathered, and how a part of some gist moves is kept.

    carry   returns an extension with the datatypes inside it as the other release says them
    """

    __slots__ = ("_carry", "notes")

    def __init__(self, kind: Kind, node: Node, frm: str, carry: Callable[[Tree], Tree]) -> None:
        super().__init__(kind, node, frm)
        self._carry = carry
        self.notes: list[Note] = []

    def note(self, name: str, text: str, *, rule: str, fix: str = "", severity: str = "warning") -> None:
        self.notes.append(Note(name, text, rule, fix, severity))

    def through(self, row: Row, part: Part, origin: Node, hint: Part | None) -> tuple[Part, list[Tree]]:
        gist = row.gist(part) if hint is None else None
        key = None if gist is None else (self.frm, row, tuple(gist.items()))
        if key is not None and (known := self.kind.settled.get(key)) is not None:
            self.notes += known.notes
            return {name: known.put.get(name, part.get(name)) for name in known.order}, known.kept
        before = len(self.notes)
        made, held, kept = _through(row, part, origin, hint, self)
        kept = [self._carry(each) for each in kept]
        if gist is not None and key is not None and all(x is UNKNOWN or gist[name] == x for name, x in held.items()):
            put = {name: value for name, value in made.items() if value is not part.get(name)}
            self.kind.settled[key] = Settled(tuple(made), put, kept, tuple(self.notes[before:]))
        return made, kept

    def silent(self) -> Tried:
        return Tried(self.kind, self.node, self.frm)


Believe = Callable[[list[Tree], dict[str, dict[str, Row]]], tuple[list[Tree], list[Tree]]]
"""Parts the extensions of a node into those that are believed and those that are its own."""


def _stands_for(each: Tree, urls: dict[str, dict[str, Row]]) -> bool:
    return isinstance(each, dict) and isinstance(each.get("url"), str) and each["url"] in urls


def in_front(exts: list[Tree], urls: dict[str, dict[str, Row]]) -> tuple[list[Tree], list[Tree]]:
    """Believe those that stand in front of all others."""
    end = next((n for n, each in enumerate(exts) if not _stands_for(each, urls)), len(exts))
    return exts[:end], exts[end:]


def anywhere(exts: list[Tree], urls: dict[str, dict[str, Row]]) -> tuple[list[Tree], list[Tree]]:
    """Believe all, wherever they stand."""
    return [x for x in exts if _stands_for(x, urls)], [x for x in exts if not _stands_for(x, urls)]


def nothing(exts: list[Tree], _: dict[str, dict[str, Row]]) -> tuple[list[Tree], list[Tree]]:
    """Believe none."""
    return [], exts


def may_hold(node: Node, urls: dict[str, dict[str, Row]]) -> bool:
    """Return whether one of a node's extensions has a url that stands for an element."""
    exts = node["extension"]
    if urls and isinstance(exts, list):
        for each in exts:
            if isinstance(each, dict) and isinstance(url := each.get("url"), str) and url in urls:
                return True
    return False


def shift(node: Node, here: Tried, *, believe: Believe, origin: Node | None = None) -> Node:
    """Return a node by the rows of its type, its children untouched; the very node where the rows say the same.

    origin   the node before its children were said in the other release: of that an extension holds a part
    """
    kind, to, table = here.kind, OTHER[here.frm], here.kind.table[here.frm]
    exts = node.get("extension")
    held, own = believe(exts, kind.urls[to]) if isinstance(exts, list) else ([], exts)
    hints, unread = _read(held, kind, to) if held else ({}, [])
    parts: dict[Row, Part] = {}
    for key, value in node.items():
        if (row := table.get(key)) is not None:
            parts.setdefault(row, {})[key] = value
    if unread:
        own = [*unread, *listed(own)]
    if not parts and not hints and not kind.always:
        return node
    made: dict[Row, Part] = {}
    carried: list[Tree] = []
    only_one = len(parts) == 1 and not hints and not kind.always
    for row in parts if only_one else [x for x in kind.rows if x in parts or x in hints or x.always]:
        part = parts.setdefault(row, {})
        made[row], kept = here.through(row, part, origin or node, hints.get(row))
        carried += kept
    if made == parts and not held and not carried:
        return node
    said: Node = {}
    made = {row: part.copy() for row, part in made.items()}
    for key, value in node.items():
        row = table.get(key)
        if row is None:
            if key != "extension" or not isinstance(own, list):
                said[key] = value
            elif carried or own or not held:
                said[key] = carried + own
        elif key in made[row]:  # under its own name where that stays, else what the row says stands in its place
            said[key] = made[row].pop(key)
        else:
            said |= {name: made[row].pop(name) for name in [*made[row]] if name not in parts[row]}
    late: Part = {key: value for part in made.values() for key, value in part.items()}
    if carried and not isinstance(exts, list):
        late["extension"] = carried
    return placed(said, late, kind.rank[to])


def _read(held: list[Tree], kind: Kind, home: str) -> tuple[dict[Row, Part], list[Tree]]:
    """Return what extensions say for each row, and those that could not be read."""
    by_url: dict[str, list[Tree]] = {}
    for each in held:
        by_url.setdefault(each["url"], []).append(each)
    hints: dict[Row, Part] = {}
    unread: list[Tree] = []
    for url, group in by_url.items():
        rows = kind.urls[home][url]
        shape = kind.shape[home]
        mine = {name: shape.fields[name] for name in rows if shape and name in shape.fields}
        try:
            part = unpacked(group, mine, home)
        except Unsayable:
            unread += group
            continue
        row = rows.get(next(iter(part), "").removeprefix("_")) or next(iter(rows.values()))
        hints.setdefault(row, {}).update(part)
    return hints, unread


class _Through(NamedTuple):
    """What a row says of a part in the other release, and what of the part it cannot say, with its extensions."""

    made: Part
    held: Part
    kept: list[Tree]


def _through(row: Row, part: Part, origin: Node, hint: Part | None, here: Tried) -> _Through:
    frm, silent = here.frm, here.silent()
    to = OTHER[frm]
    made = row.go(part, to, here) if hint is None else row.restored(part, hint, to, here)
    if row.go(made, frm, silent) == part:
        return _Through(made, {}, [])
    was = {key: origin[key] for key in part}
    for candidate, held in zip(row.candidates(part), row.candidates(was), strict=False):
        if row.restored(made, candidate, frm, silent) != part:
            continue
        try:
            kept = _packed(row, held, frm, here.kind)
            again, unread = _read(kept, here.kind, frm)
        except Unsayable:
            continue
        if not unread and again.get(row) == held:
            break
    else:
        held, kept = was, [as_json(_url(row, part, frm, here.kind), was)]
    name = next(iter(part), "").removeprefix("_")
    text = f"{to} has no element that says this: it goes along as an extension"
    here.note(name, text, rule="release/carried", severity="information")
    return _Through(made, held, kept)


def _url(row: Row, part: Part, frm: str, kind: Kind) -> str:
    names = [*row.names(frm), *row.names(OTHER[frm])]
    present = next((n for n in names if n in part or f"_{n}" in part), names[0])
    return row.standard or kind.url(frm, present)


def _packed(row: Row, part: Part, home: str, kind: Kind) -> list[Tree]:
    made: list[Tree] = []
    held = 0
    for name in row.names(home):
        own = {k: part[k] for k in (name, f"_{name}") if k in part}
        if own and (about := kind.field(home, name)) is not None:
            made += packed(row.standard or kind.url(home, name), {name: about}, own, home)
            held += len(own)
    if not made or held < len(part):
        raise Unsayable
    return made


def placed(node: Node, late: Part, rank: dict[str, int]) -> Node:
    """Return a node with more properties, each where the specification lists it."""
    if not late:
        return node
    keys = [key for key in node if key not in late]
    for key in sorted(late, key=lambda k: rank.get(k, 0)):
        mine = rank.get(key, 0)
        at = next((n for n, k in enumerate(keys) if rank.get(k, -1) > mine), len(keys))
        keys.insert(at, key)
    whole = {**node, **late}
    return {key: whole[key] for key in keys}
