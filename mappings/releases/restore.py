"""An edit made in the other release, applied to the document as it is stored.

The edited document is read back whole; what nobody changed stays the stored document's own objects, in its key
order. A cross-version extension holds what the writer's release cannot say, so that to drop one deletes nothing: it
returns, and an Issue says so. One that the writer's elements contradict gives way to them.
"""

from __future__ import annotations

from dataclasses import dataclass

from mappings.issues import Issue
from mappings.merge.align import LIKE, PLACED, align, woven
from mappings.merge.carry import carry
from mappings.releases.carried import BASE, OTHER
from mappings.releases.engine import Memo, Origins, Walk
from mappings.releases.rows import listed
from mappings.terms.keys import key_at
from mappings.tree import Path, Tree, fhirpath

ElementPath = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Restored:
    """The stored document with the edit, and what is to be said of it."""

    tree: Tree
    issues: tuple[Issue, ...] = ()


def put_back(
    stored: Tree,
    release: str,
    served_release: str,
    served: Tree,
    edited: Tree,
    *,
    returning: bool = True,
    memo: Memo | None = None,
) -> Restored:
    """Return the stored document with what changed from `served` to `edited`.

    stored           the document, in its own `release`
    served           what was given out of it, in `served_release`: its conversion, or a part of that
    edited           what came back
    returning        a cross-version extension that was dropped returns; not where who edits knows what it says
    memo             what `served` was made with: nodes of it that stand in `edited` become again what they were

    What is served of the result is `edited` again, but for extensions that returned or gave way.
    """
    if release == served_release:
        return Restored(edited)
    issues: list[Issue] = []
    root = str(edited.get("resourceType")) if isinstance(edited, dict) else "Resource"
    whole = _Returning(release, root, issues).node(served, edited, root, (), ()) if returning else edited
    origins = Origins({} if memo is None else memo)
    after = Walk(served_release, forced=True, proved=False, origins=origins).resource(whole)
    again = Walk(release, proved=False, memo=memo).resource(after)
    if again != whole and not _alike(again, whole):
        after = Walk(served_release).resource(whole)  # not valid, and would not come back: kept whole
    elif again != whole:
        text = "an extension said otherwise than the elements, or stood elsewhere: the elements hold"
        issues.append(Issue(root, "informational", text, "", "warning", "release/gave-way"))
    before = Walk(served_release, proved=False, origins=origins.met()).resource(served)
    if before != stored:
        kind = str(stored.get("resourceType")) if isinstance(stored, dict) else "Resource"
        after = carry(kind, before, after, stored)
    return Restored(shared(stored, after), tuple(issues))


def born(tree: Tree, from_: str, to: str) -> Tree:
    """Return a document that is new, written in one release and born in the other: what elements can say they say."""
    after = Walk(from_, forced=True, proved=False).resource(tree)
    again = Walk(to, proved=False).resource(after)
    return after if again == tree or _alike(again, tree) else Walk(from_).resource(tree)


def shared(old: Tree, new: Tree, resource: str = "Resource", path: ElementPath = ()) -> Tree:
    """Return the new tree, built of the old one's objects and in its key order wherever they say the same."""
    if old is new or (type(old) is type(new) and old == new):
        return old
    if isinstance(old, dict) and isinstance(new, dict):
        named = new.get("resourceType")
        resource, path = (named, ()) if isinstance(named, str) else (resource, path)
        keys = [key for key in woven(list(old), list(new)) if key in new]
        return {k: shared(old[k], new[k], resource, (*path, k)) if k in old else new[k] for k in keys}
    if isinstance(old, list) and isinstance(new, list):
        came_from = {j: i for i, j in align(key_at(resource, path), old, new, PLACED).items()}
        taken = set(came_from.values())
        free = (i for i in range(len(old)) if i not in taken)  # an item whose key was edited is still that item
        came_from |= dict(zip([j for j in range(len(new)) if j not in came_from], free, strict=False))
        return [
            shared(old[came_from[j]], item, resource, path) if j in came_from else item for j, item in enumerate(new)
        ]
    return new


def _is_carried(extension: Tree, release: str) -> bool:
    url = extension.get("url") if isinstance(extension, dict) else None
    return isinstance(url, str) and url.startswith(BASE[release])


def _bare(tree: Tree) -> Tree:
    """Return a tree without cross-version extensions."""
    if isinstance(tree, list):
        return [_bare(item) for item in tree]
    if not isinstance(tree, dict):
        return tree
    kept = {}
    for key, value in tree.items():
        said = value
        if key == "extension" and isinstance(value, list):
            said = [x for x in value if not any(_is_carried(x, release) for release in OTHER)]
        said = _bare(said)
        if said not in ({}, []) or said == value:
            kept[key] = said
    return kept


def _alike(one: Tree, other: Tree) -> bool:
    """Tell whether two trees say the same, cross-version extensions and the order of extensions apart."""
    return bool(_sorted(_bare(one)) == _sorted(_bare(other)))


def _sorted(tree: Tree) -> Tree:
    if isinstance(tree, list):
        return [_sorted(item) for item in tree]
    if not isinstance(tree, dict):
        return tree
    said = {key: _sorted(value) for key, value in tree.items()}
    if isinstance(said.get("extension"), list):
        said["extension"] = sorted(said["extension"], key=lambda x: str(x.get("url")) if isinstance(x, dict) else "")
    return said


class _Returning:
    """Puts back the extensions for a release that an edit dropped from nodes that are still there."""

    def __init__(self, release: str, root: str, issues: list[Issue]) -> None:
        self.release, self.root, self.issues = release, root, issues

    def node(self, served: Tree, edited: Tree, resource: str, path: ElementPath, at: Path) -> Tree:
        """Return the edited node with what returns to it."""
        if served is edited or served == edited:
            return edited
        if isinstance(served, dict) and isinstance(edited, dict):
            named = edited.get("resourceType")
            resource, path = (named, ()) if isinstance(named, str) else (resource, path)
            return self._object(served, edited, resource, path, at)
        if isinstance(served, list) and isinstance(edited, list):
            pairs = align(key_at(resource, path), _bare(served), _bare(edited), LIKE)
            came_from = {j: i for i, j in pairs.items()}
            return [
                self.node(served[came_from[j]], item, resource, path, (*at, j)) if j in came_from else item
                for j, item in enumerate(edited)
            ]
        return edited

    def _object(
        self, served: dict[str, Tree], edited: dict[str, Tree], resource: str, path: ElementPath, at: Path
    ) -> Tree:
        whole: dict[str, Tree] = {}
        for key, value in edited.items():
            was = served.get(key)
            if key == "extension":
                whole[key] = value
            elif key.startswith("_") and key in served and served.get(key[1:]) != edited.get(key[1:]):
                bare = _bare(value)  # the extension spoke of another value
                whole |= {key: bare} if bare not in ({}, []) else {}
            elif key in served:
                whole[key] = self.node(was, value, resource, (*path, key), (*at, key))
            else:
                whole[key] = value
        for key, was in served.items():  # the twin of a value that is still the same
            name = key[1:]
            if key.startswith("_") and key not in edited and name in edited and edited[name] == served.get(name):
                back = self.node(was, _emptied(was), resource, (*path, name), (*at, name))
                whole |= {key: back} if back not in ({}, []) else {}
        return self._extended(served, whole, at)

    def _extended(self, served: dict[str, Tree], whole: dict[str, Tree], at: Path) -> Tree:
        was, now = listed(served.get("extension")), listed(whole.get("extension"))
        held = {x["url"] for x in now if _is_carried(x, self.release)}
        dropped = [x for x in was if _is_carried(x, self.release) and x["url"] not in held]
        if not dropped:
            return whole
        text = "what this release cannot say is not deleted by dropping its extension: it returned"
        self.issues.append(Issue(fhirpath(self.root, at), "informational", text, "", "information", "release/returned"))
        return {**whole, "extension": [*dropped, *now]}


def _emptied(twin: Tree) -> Tree:
    return [{} if isinstance(x, dict) else x for x in twin] if isinstance(twin, list) else {}
