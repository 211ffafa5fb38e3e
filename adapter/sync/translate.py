"""The same record named twice: ids and reference literals rewritten in the bytes, everything else as it came.

    as that server says it          as our document says it            when
    Goal/7                          Goal/<our id>                      Goal/7 is linked
    Goal/7/_history/3               Goal/<our id>/_history/3           the same, a version named
    https://ehr/fhir/Goal/7         Goal/<our id>                      the same, by its address
    Practitioner/9                  https://ehr/fhir/Practitioner/9    not linked: held as that server's address
    #x, urn:uuid:…, Patient?…       as they are                        not an address of a record

Canonicals, uris and urls are not references and are never touched. Going back, a reference is spelled as that
server last spelled it (`like`), else relative, so that `outgoing(incoming(x), like=x)` is x, byte for byte.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from mappings.check.references import references_in
from mappings.tree import Path, Tree, spans

Known = Callable[[str, str], str | None]
"""(resource type, id on one side) -> id on the other side, None where the two are not linked."""

_LITERAL = re.compile(r"([A-Z][A-Za-z]{1,63})/([A-Za-z0-9\-.]{1,64})((?:/_history/[A-Za-z0-9\-.]{1,64})?(?:#[!-~]*)?)")
_BOM = b"\xef\xbb\xbf"


class Target(NamedTuple):
    """What a reference names: `rest` is its version and fragment, as written."""

    type: str
    id: str
    rest: str = ""

    def __str__(self) -> str:
        return f"{self.type}/{self.id}{self.rest}"


def relative(literal: str) -> Target | None:
    """Return what a literal like `Goal/7/_history/3` names; None for any other form."""
    found = _LITERAL.fullmatch(literal)
    return Target(*found.groups()) if found else None


def held(literal: str, base_url: str) -> Target | None:
    """Return what an address below `base_url` names; None for any other literal."""
    base = base_url.rstrip("/") + "/"
    return relative(literal[len(base) :]) if literal.startswith(base) else None


# --- one literal


def inward(literal: str, base_url: str, known: Known) -> str:
    """Return a literal of that server as our document says it."""
    named = relative(literal) or held(literal, base_url)
    if named is None:
        return literal
    local = known(named.type, named.id)
    if local is not None:
        return str(named._replace(id=local))
    return literal if held(literal, base_url) else f"{base_url.rstrip('/')}/{named}"


def outward(literal: str, base_url: str, remote_of: Known) -> tuple[Target | None, bool]:
    """Return what a literal of our document names on that server, and whether that is not there yet."""
    ours = relative(literal)
    if ours is None:
        return held(literal, base_url), False
    remote = remote_of(ours.type, ours.id)
    return (None, True) if remote is None else (ours._replace(id=remote), False)


# --- documents as bytes


def incoming(data: bytes, base_url: str, known: Known, local_id: str) -> bytes:
    """Return a document of that server as ours: with our id and our references, everything else as it came.

    data must be JSON; duplicate keys and lone surrogates are carried through.
    """

    def ours(path: Path, text: str, raw: str) -> str:
        if path == ("id",):
            return json.dumps(local_id)
        return _spelled(inward(text, base_url, known), text, raw)

    return _rewritten(data, ours)


def outgoing(
    data: bytes, base_url: str, remote_of: Known, remote_id: str, like: bytes = b""
) -> tuple[bytes, tuple[str, ...]]:
    """Return our document as that server names things, and the local references that are not there yet.

    like: the document as that server last had it; its spelling of references and of its id is kept.
    """
    spelling = Spelling(_literals(like), base_url) if like else Spelling((), base_url)
    missing: dict[str, None] = {}

    def theirs(path: Path, text: str, raw: str) -> str:
        if path == ("id",):
            return spelling.id_token(remote_id)
        target, absent = outward(text, base_url, remote_of)
        if absent:
            missing[text] = None
        return raw if target is None else spelling.token(path, target, text, raw)

    return _rewritten(data, theirs), tuple(missing)


def relinked(data: bytes, base_url: str, known: Known) -> bytes:
    """Return our document with addresses below `base_url` made local where their target has since been linked."""

    def ours(path: Path, text: str, raw: str) -> str:
        named = None if path == ("id",) else held(text, base_url)
        local = known(named.type, named.id) if named else None
        return raw if named is None or local is None else json.dumps(str(named._replace(id=local)))

    return _rewritten(data, ours)


class Spelling:
    """How a server spelled its references the last time we saw the document."""

    def __init__(self, literals: Iterator[tuple[Path, str, str]] | tuple[()], base_url: str) -> None:
        self._at: dict[Path, tuple[Target, str]] = {}
        self._of: dict[Target, str] = {}
        self._id = ""
        for path, text, raw in literals:
            if path == ("id",):
                self._id = raw
            elif named := relative(text) or held(text, base_url):
                self._at[path] = (named, raw)
                self._of.setdefault(named, raw)

    def token(self, path: Path, target: Target, text: str = "", raw: str = "") -> str:
        """Return the JSON string for a target: as it stood at this path, else anywhere, else relative."""
        stood, token = self._at.get(path, (None, ""))
        if stood == target:
            return token
        return self._of.get(target) or _spelled(str(target), text, raw)

    def id_token(self, remote_id: str) -> str:
        return self._id if self._id and json.loads(self._id) == remote_id else json.dumps(remote_id)


def _spelled(literal: str, text: str, raw: str) -> str:
    return raw if raw and literal == text else json.dumps(literal)


def _literals(data: bytes) -> Iterator[tuple[Path, str, str]]:
    """Yield path, value and raw token of the root's `id` and of each Reference.reference of a JSON document."""
    return ((path, text, raw) for path, text, raw, _, _ in _marks(data.removeprefix(_BOM).decode()))


def _marks(source: str) -> Iterator[tuple[Path, str, str, int, int]]:
    for path, _, start, end in spans(source):
        if path and source[start] == '"' and (path[-1] == "reference" or path == ("id",)):
            raw = source[start:end]
            yield path, json.loads(raw), raw, start, end


def _rewritten(data: bytes, replace: Callable[[Path, str, str], str]) -> bytes:
    mark = _BOM if data.startswith(_BOM) else b""
    source = data[len(mark) :].decode()
    parts, done = [], 0
    for path, text, raw, start, end in _marks(source):
        parts += [source[done:start], replace(path, text, raw)]
        done = end
    return mark + "".join((*parts, source[done:])).encode("utf-8", "surrogatepass")


# --- documents as trees, for merging


def incoming_tree(tree: Tree, base_url: str, known: Known, local_id: str) -> Tree:
    """Return a tree of that server as ours; parts that name nothing are shared."""
    moved = _mapped(tree, (), lambda _, text: inward(text, base_url, known))
    return {**moved, "id": local_id} if "id" in moved else moved


def outgoing_tree(
    tree: Tree, base_url: str, remote_of: Known, remote_id: str, like: Tree = None
) -> tuple[Tree, tuple[str, ...]]:
    """Return our tree as that server names things, and the local references that are not there yet.

    An empty remote_id leaves the id out, for a record that is to be created there.
    """
    spelling = Spelling(((path, text, json.dumps(text)) for path, text in references_in(like)), base_url)
    missing: dict[str, None] = {}

    def theirs(path: Path, text: str) -> str:
        target, absent = outward(text, base_url, remote_of)
        if absent:
            missing[text] = None
        return text if target is None else json.loads(spelling.token(path, target))

    moved = _mapped(tree, (), theirs)
    if not remote_id:
        moved = {key: value for key, value in moved.items() if key != "id"}
    elif "id" in moved:
        moved = {**moved, "id": remote_id}
    else:
        moved = {"resourceType": moved.get("resourceType"), "id": remote_id} | moved
    return moved, tuple(missing)


def _mapped(tree: Tree, path: Path, literal: Callable[[Path, str], str]) -> Tree:
    if isinstance(tree, dict):
        parts = {
            key: literal((*path, key), value)
            if key == "reference" and type(value) is str
            else _mapped(value, (*path, key), literal)
            for key, value in tree.items()
        }
        return tree if all(parts[key] is value for key, value in tree.items()) else parts
    if isinstance(tree, list):
        items = [_mapped(value, (*path, at), literal) for at, value in enumerate(tree)]
        return tree if all(new is old for new, old in zip(items, tree, strict=True)) else items
    return tree
