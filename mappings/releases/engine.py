"""One walk over a document that says it in the other release: children first, then each node by the rows of its type.

At last each resource is read back whole: one that would not come back, because it is not valid, is kept as JSON text.
"""

from __future__ import annotations

from mappings.issues import Issue
from mappings.nodes import Node
from mappings.releases.carried import BASE, OTHER, Unsayable, as_json, from_json
from mappings.releases.kinds import EXTENSION, NAMES, RESOURCE, Kind, Way, resource_kind
from mappings.releases.reshaped import RESHAPED
from mappings.releases.rows import Note
from mappings.releases.shift import Meant, Tried, anywhere, in_front, may_hold, nothing, placed, shift
from mappings.tree import Path, Tree, fhirpath

Memo = dict[int, tuple[Tree, Way, Tree]]
"""Nodes by identity: the node, kept alive, its way when it was walked last, and what it became. What it became stands
there, too, with the way back."""


class Origins:
    """The nodes that those of a converted document were made of; an edit leaves most of them as they are."""

    def __init__(self, memo: Memo) -> None:
        self._memo = memo
        self._met: Memo = {}

    def of(self, tree: Node, way: Way) -> Tree | None:
        """Return what a node was made of, None where it is not known."""
        known = self._memo.get(id(tree))
        if known is None or (known[1] is not way and (known[1] is not way.back or known[2] is not tree)):
            return None
        self._met[id(tree)] = known
        return known[2]

    def met(self) -> Origins:
        """Return only those that were asked for."""
        return Origins(self._met)


class Walk:
    """A walk from one release to the other.

    forced    believe extensions wherever they stand in their list, and drop those that the elements contradict:
              for a document that somebody edited. Otherwise only what would come back the same is believed.
    proved    read each resource back, and keep whole what does not come back
    memo      nodes that were walked before
    origins   what nodes were made of, where this is the way back
    """

    def __init__(
        self,
        frm: str,
        *,
        forced: bool = False,
        proved: bool = True,
        memo: Memo | None = None,
        origins: Origins | None = None,
        issues: list[Issue] | None = None,
    ) -> None:
        self.frm, self.to = frm, OTHER[frm]
        self.forced, self.proved, self.memo, self.origins, self.issues = forced, proved, memo, origins, issues
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
            said = placed(said, {"extension": [kept, *(exts if isinstance(exts, list) else [])]}, kind.rank[self.to])
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
        if self.origins is not None and (origin := self.origins.of(tree, way)) is not None:
            return origin
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
        holds = "extension" in said and may_hold(said, way.urls)
        if holds or not way.is_same(said):
            said = self._moved(said, way.kind, path, tree, holds=holds)
        elif alone:
            return tree
        if self.memo is not None:
            self.memo[id(tree)] = tree, way, said
            if said is not tree:
                self.memo[id(said)] = said, way.back, tree
        return said

    def _moved(self, node: Node, kind: Kind, path: Path, origin: Node, *, holds: bool) -> Node:
        here = Meant(kind, node, self.frm, self._carried)
        if self.forced:
            said = shift(node, here, believe=anywhere, origin=origin)
        else:
            said = shift(node, here, believe=in_front, origin=origin)
            if holds and shift(said, Tried(kind, node, self.to), believe=in_front) != node:
                said = shift(node, here, believe=nothing, origin=origin)
        for note in here.notes:
            self.note(path, note)
        return said

    def _carried(self, extension: Tree) -> Tree:
        return Walk(self.frm, proved=False).node(extension, EXTENSION.ways[self.frm], ())

    def note(self, path: Path, note: Note) -> None:
        """Report something about an element of the node at a path."""
        if self.issues is None:
            return
        root, _ = self._roots[0] if self._roots else ("Resource", ())
        where = fhirpath(root, (*path, *([note.name] if note.name else [])))
        issue = Issue(where, "informational", note.text, note.fix, note.severity, note.rule)
        if issue not in self.issues[-50:]:
            self.issues.append(issue)
