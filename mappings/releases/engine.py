"""One walk over a document that says it in the other release: children first, then each node by the rows of its type.

What a row says is read back at once; what does not come back the same goes along as a cross-version extension, in
front of the node's own. On the way back such an extension is believed while the elements still say what it says.
At last each resource is read back whole: one that would not come back, because it is not valid, is kept as JSON text.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from mappings.check.shapes import Field
from mappings.issues import Issue
from mappings.nodes import Node
from mappings.releases.carried import BASE, OTHER, Unsayable, as_json, from_json, packed, unpacked
from mappings.releases.kinds import EXTENSION, NAMES, RESOURCE, Kind, Way, resource_kind
from mappings.releases.reshaped import RESHAPED
from mappings.releases.rows import UNKNOWN, Note, Part, Row, Settled, listed
from mappings.tree import Path, Tree, fhirpath

Memo = dict[int, tuple[Tree, Way, Tree]]
"""Nodes that were walked, by identity: the node, kept alive, as what it was walked last, and what it became."""


class Walk:
    """A walk from one release to the other.

    forced    believe extensions wherever they stand in their list, and drop those that the elements contradict:
              for a document that somebody edited. Otherwise only what would come back the same is believed.
    proved    read each resource back, and keep whole what does not come back
    """

    def __init__(
        self,
        frm: str,
        *,
        forced: bool = False,
        proved: bool = True,
        memo: Memo | None = None,
        issues: list[Issue] | None = None,
    ) -> None:
        self.frm, self.to = frm, OTHER[frm]
        self.forced, self.proved, self.memo, self.issues = forced, proved, memo, issues
        self._roots: list[tuple[str, Path]] = []

    def resource(self, tree: Tree, path: Path = ()) -> Tree:
        """Return a resource as the other release says it; what neither release knows as one is returned as it is."""
        name = tree.get("resourceType") if isinstance(tree, dict) else None
        kind = resource_kind(name, self.frm) if isinstance(name, str) else None
        if kind is None:
            return tree
        whole = self._whole(tree, path)
        return self._said(tree, kind, path) if whole is tree else whole

    def _said(self, tree: Node, kind: Kind, path: Path) -> Tree:
        if not self._roots:
            self._roots.append((str(tree["resourceType"]), path))
        said = self._plain(tree, kind, path)
        if self.proved and not self._comes_back(said, tree, path):
            text = "this is not valid and would not come back: it is kept whole beside"
            self.note(path, Note("", text, "release/kept-whole"))
            exts = said.get("extension")
            kept = as_json(self._whole_url(tree), tree)
            said = _placed(said, {"extension": [kept, *(exts if isinstance(exts, list) else [])]}, kind.rank[self.to])
        return said

    def _comes_back(self, said: Node, tree: Node, path: Path) -> bool:
        """Return whether a resource comes back, at least if what was kept whole inside it is kept again."""
        if Walk(self.to, proved=False).resource(said, path) == tree:
            return True
        back, kind = Walk(self.to), resource_kind(str(said["resourceType"]), self.to)
        return kind is not None and back._plain(said, kind, path) == tree

    def _plain(self, tree: Node, kind: Kind, path: Path) -> Tree:
        reshape = RESHAPED.get(kind.path["R4"]) if path[-2:-1] != ("contained",) else None
        before = reshape.before(tree) if reshape and self.frm == "R4" else tree
        if reshape and before is not tree:
            self.note(path, Note(reshape.path, reshape.text, "release/reshaped", severity="information"))
        said = self.node(before, kind.ways[self.frm], path)
        name = NAMES[self.frm].get(tree["resourceType"])
        if name is not None:
            said = {key: name if key == "resourceType" else value for key, value in said.items()}
        return reshape.after(said, forced=self.forced) if reshape and self.to == "R4" else said

    def _whole_url(self, tree: Node) -> str:
        return BASE[self.frm] + str(tree["resourceType"])

    def _whole(self, tree: Node, path: Path) -> Tree:
        """Return the resource that was kept whole on the way here, if the rest still says the same; else the tree."""
        exts = tree.get("extension")
        if not isinstance(exts, list) or not exts or not isinstance(exts[0], dict):
            return tree
        url = exts[0].get("url")
        if not isinstance(url, str) or not url.startswith(BASE[self.to]) or "." in url.removeprefix(BASE[self.to]):
            return tree
        try:
            kept = from_json(exts[0])
        except Unsayable:
            return tree
        again = Walk(self.to).resource(kept, path)
        return kept if again == tree else tree

    def node(self, tree: Node, way: Way, path: Path) -> Tree:
        """Return a node as the other release says it; the very node where nothing differs."""
        if way.kind is RESOURCE:
            return self.resource(tree, path)
        if self.memo is not None and (known := self.memo.get(id(tree))) is not None and known[1] is way:
            return known[2]
        said, alone = tree, True
        for key, value in tree.items():
            of = type(value)
            if of is dict:
                child = way[key]
                if child is not None and not child.alike(value):
                    alone = False
                    one = self.node(value, child, (*path, key))
                    if one is not value:
                        said = {**said, key: one}
            elif of is list and (child := way[key]) is not None:
                alike, many = child.alike, value
                for n, x in enumerate(value):
                    if type(x) is dict and not alike(x):
                        alone = False
                        one = self.node(x, child, (*path, key, n))
                        if one is not x:
                            many = value.copy() if many is value else many
                            many[n] = one
                if many is not value:
                    said = {**said, key: many}
        holds = "extension" in said and _may_hold(said, way.urls)
        if holds or not way.is_same(said):
            said = self._moved(said, way.kind, path, tree, holds=holds)
        elif alone:
            return tree
        if self.memo is not None:
            self.memo[id(tree)] = tree, way, said
        return said

    def _moved(self, node: Node, kind: Kind, path: Path, origin: Node, *, holds: bool) -> Node:
        here = _Here(kind, node, self.frm)
        if self.forced:
            said = _shift(node, here, believe=_anywhere, origin=origin)
        else:
            said = _shift(node, here, believe=_in_front, origin=origin)
            if holds and _shift(said, _Silent(kind, node, self.to), believe=_in_front) != node:
                said = _shift(node, here, believe=_nothing, origin=origin)
        for note in here.notes:
            self.note(path, note)
        return said

    def note(self, path: Path, note: Note) -> None:
        """Report something about an element of the node at a path."""
        if self.issues is None:
            return
        root, _ = self._roots[0] if self._roots else ("Resource", ())
        where = fhirpath(root, (*path, *([note.name] if note.name else [])))
        issue = Issue(where, "informational", note.text, note.fix, note.severity, note.rule)
        if issue not in self.issues[-50:]:
            self.issues.append(issue)


class _Silent:
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

    def silent(self) -> _Silent:
        """Return the same place, where a conversion is tried."""
        return self


class _Here(_Silent):
    __slots__ = ("notes",)

    def __init__(self, kind: Kind, node: Node, frm: str) -> None:
        super().__init__(kind, node, frm)
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
        kept = [self._carried(each) for each in kept]
        if gist is not None and key is not None and all(x is UNKNOWN or gist[name] == x for name, x in held.items()):
            put = {name: value for name, value in made.items() if value is not part.get(name)}
            self.kind.settled[key] = Settled(tuple(made), put, kept, tuple(self.notes[before:]))
        return made, kept

    def silent(self) -> _Silent:
        return _Silent(self.kind, self.node, self.frm)

    def _carried(self, extension: Tree) -> Tree:
        """Return an extension with the datatypes inside it as the other release says them."""
        return Walk(self.frm, proved=False).node(extension, EXTENSION.ways[self.frm], ())


Believe = Callable[[list[Tree], dict[str, dict[str, Row]]], tuple[list[Tree], list[Tree]]]
"""Parts the extensions of a node into those that are believed and those that are its own."""


def _stands_for(each: Tree, urls: dict[str, dict[str, Row]]) -> bool:
    return isinstance(each, dict) and isinstance(each.get("url"), str) and each["url"] in urls


def _in_front(exts: list[Tree], urls: dict[str, dict[str, Row]]) -> tuple[list[Tree], list[Tree]]:
    end = next((n for n, each in enumerate(exts) if not _stands_for(each, urls)), len(exts))
    return exts[:end], exts[end:]


def _anywhere(exts: list[Tree], urls: dict[str, dict[str, Row]]) -> tuple[list[Tree], list[Tree]]:
    return [x for x in exts if _stands_for(x, urls)], [x for x in exts if not _stands_for(x, urls)]


def _nothing(exts: list[Tree], _: dict[str, dict[str, Row]]) -> tuple[list[Tree], list[Tree]]:
    return [], exts


def _may_hold(node: Node, urls: dict[str, dict[str, Row]]) -> bool:
    exts = node["extension"]
    if urls and isinstance(exts, list):
        for each in exts:
            if isinstance(each, dict) and isinstance(url := each.get("url"), str) and url in urls:
                return True
    return False


def _shift(node: Node, here: _Silent, *, believe: Believe, origin: Node | None = None) -> Node:
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
        if row is not None:  # under its own name where that stays, else what the row says stands in its place
            part = made[row]
            for name in [key] if key in part else [name for name in part if name not in parts[row]]:
                said[name] = part.pop(name)
        elif key == "extension" and isinstance(own, list):
            if carried or own or not held:
                said[key] = carried + own
        else:
            said[key] = value
    late: Part = {key: value for part in made.values() for key, value in part.items()}
    if carried and not isinstance(exts, list):
        late["extension"] = carried
    return _placed(said, late, kind.rank[to])


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


def _through(row: Row, part: Part, origin: Node, hint: Part | None, here: _Silent) -> _Through:
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


def _placed(node: Node, late: Part, rank: dict[str, int]) -> Node:
    """Return a node with more properties, each where the specification lists it."""
    if not late:
        return node
    keys = [key for key in node if key not in late]
    for key in sorted(late, key=lambda k: rank.get(k, 0)):
        mine = rank.get(key, 0)
        at = next((n for n, k in enumerate(keys) if rank.get(k, -1) > mine), len(keys))
        keys.insert(at, key)
    return {key: late.get(key, node.get(key)) for key in keys}
