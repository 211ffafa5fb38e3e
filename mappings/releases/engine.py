"""One walk over a document that says it in the other release: children first, then each node by the rows of its type.

What a row says is read back at once; what does not come back the same goes along as a cross-version extension, in
front of the node's own. On the way back such an extension is believed while the elements still say what it says.
At last each resource is read back whole: one that would not come back, because it is not valid, is kept as JSON text.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mappings.issues import Issue
from mappings.releases.carried import BASE, OTHER, Unsayable, as_json, from_json, packed, unpacked
from mappings.releases.kinds import EXTENSION, NAMES, RESOURCE, Kind, resource_kind
from mappings.releases.reshaped import RESHAPED
from mappings.releases.rows import Part, Row, listed
from mappings.tree import Path, Tree, fhirpath

Node = dict[str, Tree]
Memo = dict[tuple[int, int, str], tuple[Tree, Tree]]
"""Nodes that were walked, by identity: (node, type, release) -> the node, kept alive, and what it became."""


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
            self.note(path, "", text, rule="release/kept-whole")
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
            self.note(path, reshape.path, reshape.text, rule="release/reshaped", severity="information")
        said = self.node(before, kind, path)
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

    def node(self, tree: Tree, kind: Kind, path: Path) -> Tree:
        """Return a node as the other release says it; the very node where nothing differs."""
        if not isinstance(tree, dict):
            return tree
        key = (id(tree), id(kind), self.frm)
        if self.memo is not None and key in self.memo:
            return self.memo[key][1]
        said = self._moved(self._children(tree, kind, path), kind, path, tree)
        if self.memo is not None:
            self.memo[key] = tree, said
        return said

    def _children(self, tree: Node, kind: Kind, path: Path) -> Node:
        changed: Node = {}
        for key, value in tree.items():
            if not isinstance(value, dict | list):
                continue
            child = kind.child(key, self.frm)
            if child is None:
                continue
            say: Callable[[Tree, Path], Tree] = (
                self.resource if child is RESOURCE else lambda x, at, c=child: self.node(x, c, at)  # type: ignore[misc]
            )
            if isinstance(value, list):
                new = [say(x, (*path, key, n)) for n, x in enumerate(value)]
                if any(a is not b for a, b in zip(new, value, strict=True)):
                    changed[key] = new
            elif (said := say(value, (*path, key))) is not value:
                changed[key] = said
        return tree | changed if changed else tree

    def _moved(self, node: Node, kind: Kind, path: Path, origin: Node) -> Node:
        if not kind.always and kind.table[self.frm].keys().isdisjoint(node) and not _may_hold(node, kind, self.to):
            return node
        here = _Here(self, kind, node, path)
        if self.forced:
            return _shift(node, kind, self.frm, here, believe=_anywhere, origin=origin)
        there = _Silent(kind, node)
        said = _shift(node, kind, self.frm, here, believe=_in_front, origin=origin)
        if _may_hold(node, kind, self.to) and _shift(said, kind, self.to, there, believe=_in_front) != node:
            said = _shift(node, kind, self.frm, here, believe=_nothing, origin=origin)
        return said

    def note(self, path: Path, name: str, text: str, *, rule: str, fix: str = "", severity: str = "warning") -> None:
        """Report something about an element of the node at a path."""
        if self.issues is None:
            return
        root, _ = self._roots[0] if self._roots else ("Resource", ())
        where = fhirpath(root, (*path, *([name] if name else [])))
        issue = Issue(where, "informational", text, fix, severity, rule)
        if issue not in self.issues[-50:]:
            self.issues.append(issue)


class _Silent:
    """Where a conversion is tried: nothing is reported, and what is inside is taken as it stands."""

    def __init__(self, kind: Kind, node: Node) -> None:
        self.kind, self.node, self.field, self.url, self.beside = kind, node, kind.field, kind.url, node.get

    def note(self, name: str, text: str, *, rule: str, fix: str = "", severity: str = "warning") -> None:
        """Say nothing."""

    def silent(self) -> _Silent:
        """Return the same place, where a conversion is tried."""
        return _Silent(self.kind, self.node)

    @staticmethod
    def carried(extension: Tree) -> Tree:
        """Return an extension as it stands in the other release's document."""
        return extension


class _Here(_Silent):
    def __init__(self, walk: Walk, kind: Kind, node: Node, path: Path) -> None:
        super().__init__(kind, node)
        self._walk, self._path = walk, path

    def note(self, name: str, text: str, *, rule: str, fix: str = "", severity: str = "warning") -> None:
        self._walk.note(self._path, name, text, rule=rule, fix=fix, severity=severity)

    def carried(self, extension: Tree) -> Tree:  # type: ignore[override]
        """Return an extension with the datatypes inside it as the other release says them."""
        return Walk(self._walk.frm, proved=False).node(extension, EXTENSION, ())


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


def _may_hold(node: Node, kind: Kind, release: str) -> bool:
    exts = node.get("extension")
    return isinstance(exts, list) and any(_stands_for(each, kind.urls[release]) for each in exts)


def _shift(node: Node, kind: Kind, frm: str, here: Any, *, believe: Believe, origin: Node | None = None) -> Node:
    """Return a node by the rows of its type, its children untouched.

    origin   the node before its children were said in the other release: of that an extension holds a part
    """
    to, table = OTHER[frm], kind.table[frm]
    exts = node.get("extension")
    held, own = believe(exts, kind.urls[to]) if isinstance(exts, list) else ([], exts)
    hints, unread = _read(held, kind, to)
    parts: dict[Row, Part] = {}
    origins: dict[Row, Part] = {}
    for key, value in node.items():
        if (row := table.get(key)) is not None:
            parts.setdefault(row, {})[key] = value
            origins.setdefault(row, {})[key] = value if origin is None else origin[key]
    if unread:
        own = [*unread, *listed(own)]
    if not parts and not hints and not kind.always:
        return node
    made: dict[Row, Part] = {}
    carried: list[Tree] = []
    for row in kind.rows:
        if row in parts or row in hints or row.always:
            part = parts.get(row, {})
            made[row], kept = _through(row, part, origins.get(row, {}), hints.get(row), frm=frm, here=here)
            made[row] = dict(made[row])
            carried += map(here.carried, kept)
    said: Node = {}
    for key, value in node.items():
        row = table.get(key)
        if row is not None:  # under its own name where that stays, else what the row says stands in its place
            part = made[row]
            names = [key] if key in part else [name for name in part if name not in parts[row]]
            said |= {name: part.pop(name) for name in names}
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


def _through(row: Row, part: Part, origin: Part, hint: Part | None, *, frm: str, here: Any) -> tuple[Part, list[Tree]]:
    """Return what a row says of a part in the other release, and the extensions that hold what it cannot say."""
    to, silent = OTHER[frm], here.silent()
    made = row.go(part, to, here) if hint is None else row.restored(part, hint, to, here)
    if row.go(made, frm, silent) == part:
        return made, []
    for candidate, held in zip(row.candidates(part), row.candidates(origin), strict=False):
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
        kept = [as_json(_url(row, part, frm, here.kind), origin)]
    name = next(iter(part), "").removeprefix("_")
    text = f"{to} has no element that says this: it goes along as an extension"
    here.note(name, text, rule="release/carried", severity="information")
    return made, kept


def _url(row: Row, part: Part, frm: str, kind: Kind) -> str:
    names = [*row.names(frm), *row.names(OTHER[frm])]
    present = next((n for n in names if n in part or f"_{n}" in part), names[0])
    return row.standard or kind.url(frm, present)


def _packed(row: Row, part: Part, home: str, kind: Kind) -> list[Tree]:
    made: list[Tree] = []
    for name in row.names(home):
        about = kind.field(home, name)
        own = {k: part[k] for k in (name, f"_{name}") if k in part}
        if own and about is not None:
            made += packed(row.standard or kind.url(home, name), {name: about}, own, home)
    if not made or part.keys() - {k for n in row.names(home) for k in (n, f"_{n}")}:
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
