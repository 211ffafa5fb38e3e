"""What was hidden from a writer survives its write: the hidden parts are put back onto what it sent.

    stored   what stands here              {"text": …, "note": [{"text": "a", "extension": [ours]}]}
    served   what the writer was shown     {           "note": [{"text": "a"}]}
    sent     what it wrote                 {           "note": [{"text": "a"}, {"text": "b"}]}
    result                                 {           "note": [{"text": "a", "extension": [ours]}, {"text": "b"}]}

This is no merge of two people's changes (mappings.merge): `served` is `stored` with parts left out, so the hidden parts
go back to exactly where they were, and everything else is as the writer says. Where the writer removed or replaced
what a hidden part hangs on, a person has to decide: a Clash.
"""

from __future__ import annotations

from collections.abc import Sequence

from mappings.merge import Clash, Merge
from mappings.merge.align import LIKE, align, woven
from mappings.merge.place import ABSENT, unzipped, zipped
from mappings.terms.keys import key_at
from mappings.tree import Path, Tree, fhirpath

HANGS_ON = "something the programme keeps hangs on what was changed here"

Object = dict[str, Tree]


def restore(resource_type: str, stored: Tree, served: Tree, sent: Tree) -> Merge:
    """Return what to store for a writer that was served a redacted copy; `tree` is None where there are conflicts.

    `served` must come from `redact` on `stored`. Nothing changed: `stored` itself. A generated narrative that was
    hidden does not return over a change, for it tells the state before; one that people wrote stays.
    """
    if sent == served:
        return Merge(stored)
    restorer = _Restorer(resource_type)
    tree = restorer.value(_At(resource_type, (), ()), stored, served, sent)
    if restorer.clashes:
        return Merge(None, tuple(restorer.clashes))
    if "text" not in served and "text" not in sent and tree.get("text", {}).get("status") == "generated":
        tree = {name: node for name, node in tree.items() if name != "text"}
    return Merge(tree)


class _At:
    """A place: the resource's type and element names, for the key table, and the path in what was sent."""

    __slots__ = ("names", "resource", "where")

    def __init__(self, resource: str, names: tuple[str, ...], where: Path) -> None:
        self.resource, self.names, self.where = resource, names, where

    def into(self, name: str) -> _At:
        return _At(self.resource, (*self.names, name), (*self.where, name))

    def item(self, node: Tree, at: int) -> _At:
        named = node.get("resourceType") if isinstance(node, dict) else None
        if isinstance(named, str):
            return _At(named, (), (*self.where, at))
        return _At(self.resource, self.names, (*self.where, at))


class _Restorer:
    def __init__(self, root: str) -> None:
        self.root = root
        self.clashes: list[Clash] = []

    def value(self, at: _At, stored: Tree, served: Tree, sent: Tree) -> Tree:
        if sent == served:
            return stored
        if served == stored:
            return sent
        if served is ABSENT and isinstance(stored, dict):
            served = {}
        versions = stored, served, sent
        if all(isinstance(version, dict) for version in versions):
            return self.object(at, *versions)
        if all(version is ABSENT or isinstance(version, list) for version in versions):
            return self.items(at, *([] if version is ABSENT else version for version in versions)) or ABSENT
        return self.clash(at)

    def object(self, at: _At, stored: Object, served: Object, sent: Object) -> Tree:
        whole: Object = {}
        order = woven(list(sent), list(stored))
        for name in dict.fromkeys(name.removeprefix("_") for name in order):
            names = name, f"_{name}"
            held = [{n: version[n] for n in names if n in version} for version in (stored, served, sent)]
            if name == "text" and names[0] not in served and names[0] in sent:
                whole |= held[2]  # a narrative that the writer tells anew
            elif any(isinstance(part.get(names[1]), list) for part in held):
                whole |= self.pairs(at.into(name), name, held)
            else:
                whole |= {n: self.value(at.into(n), *(part.get(n, ABSENT) for part in held)) for n in names}
        return {name: whole[name] for name in order if whole.get(name, ABSENT) is not ABSENT}

    def pairs(self, at: _At, name: str, held: Sequence[Object]) -> Object:
        """A list of primitives and its `_` twin are one list of pairs."""
        stored, served, sent = (zipped(part, name) for part in held)
        if stored is None or served is None or sent is None:
            self.clash(at)
            return {}
        return unzipped(name, self.items(at, stored, served, sent))

    def items(self, at: _At, stored: Sequence[Tree], served: Sequence[Tree], sent: Sequence[Tree]) -> list[Tree]:
        home = _embedded(served, stored)
        kept = align(key_at(at.resource, at.names), served, sent, LIKE)
        for i, node in enumerate(served):
            if i not in kept and stored[home[i]] != node:
                self.clash(at)
        sender = {kept[i]: i for i in kept}
        whole: dict[tuple[str, int | None], Tree] = {
            ("sent", j): self.value(at.item(node, j), stored[home[i]], served[i], node)
            if (i := sender.get(j, -1)) >= 0
            else node
            for j, node in enumerate(sent)
        }
        shown = {k: kept.get(i) for i, k in enumerate(home)}
        places = [("sent", shown[k]) if k in shown else ("hidden", k) for k in range(len(stored))]
        whole |= {("hidden", k): node for k, node in enumerate(stored) if k not in shown}
        return [whole[place] for place in woven([*whole][: len(sent)], [place for place in places if place in whole])]

    def clash(self, at: _At) -> Tree:
        self.clashes.append(Clash(fhirpath(self.root, at.where), HANGS_ON, theirs=at.where))
        return ABSENT


def _embedded(served: Sequence[Tree], stored: Sequence[Tree]) -> list[int]:
    """Return for each item served which stored item it is: the first behind the one before that holds it."""
    home: list[int] = []
    k = -1
    for item in served:
        k = next((n for n in range(k + 1, len(stored)) if _is_part(item, stored[n])), len(stored))
        if k == len(stored):
            raise ValueError("what was served is no redaction of what is stored")
        home.append(k)
    return home


def _is_part(shown: Tree, whole: Tree) -> bool:
    if shown is whole or shown == whole or shown is None:
        return True
    if isinstance(shown, dict) and isinstance(whole, dict):
        return all(name in whole and _is_part(node, whole[name]) for name, node in shown.items())
    if isinstance(shown, tuple) and isinstance(whole, tuple):
        return all(_is_part(*both) for both in zip(shown, whole, strict=True))
    if isinstance(shown, list) and isinstance(whole, list):
        try:
            return len(_embedded(shown, whole)) == len(shown)
        except ValueError:
            return False
    return False
