"""A file of FHIR JSON is taken apart into the resources that it brings, each with its own bytes and an id.

    a resource                                         itself
    a Bundle: transaction, batch, collection, searchset   each entry's resource
    any other Bundle (document, message, history)      itself: it means something only as a whole

An id that FHIR allows is kept. Otherwise one is made, always the same for the same file: from the entry's fullUrl,
from the id that is not allowed, else from the bytes. References within the Bundle follow, in the bytes:
https://hl7.org/fhir/R4/bundle.html#references
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from uuid import NAMESPACE_URL, uuid5

from adapter.store.index import ID, TYPE, references
from mappings.terms.systems import LOCAL
from mappings.tree import NotJSON, Path, Tree, parse, slices, spans

APART = frozenset({"transaction", "batch", "collection", "searchset"})

_MADE = uuid5(NAMESPACE_URL, LOCAL + "made-id")
_RELATIVE = re.compile(rf"({TYPE.pattern})/([^/?#|]+)")
_BOM = "\ufeff"


@dataclass(frozen=True, slots=True)
class Brought:
    """A resource of a file. `at` is its place in the file: ("entry", 3, "resource"), or () for the file itself."""

    type: str
    id: str
    body: bytes
    tree: Tree
    at: Path


@dataclass(frozen=True, slots=True)
class NotBrought:
    """A place of a file that brings nothing, why, and what to do. `line` and `column` are set where reading failed."""

    at: Path
    text: str
    fix: str = ""
    line: int = 0
    column: int = 0


def take_apart(data: bytes) -> Iterator[Brought | NotBrought]:
    """Yield what a file brings, entry by entry, and what of it cannot be loaded."""
    try:
        tree = parse(data)
    except NotJSON as error:
        yield NotBrought((), error.text, error.issue.fix, error.line, error.column)
        return
    if (why := _refused(tree, ())) is not None:
        yield why
    elif tree["resourceType"] != "Bundle" or tree.get("type") not in APART:
        yield _brought(data, tree, (), "", {})
    else:
        yield from _entries(data, tree)


def _entries(data: bytes, bundle: Tree) -> Iterator[Brought | NotBrought]:
    entries = bundle.get("entry", [])
    if not isinstance(entries, list):
        yield NotBrought(("entry",), "Bundle.entry is not a list")
        return
    bodies = iter(slices(data, ("entry", None, "resource")))
    found: list[tuple[Path, Tree, str, bytes]] = []
    for position, entry in enumerate(entries):
        at: Path = ("entry", position, "resource")
        if not isinstance(entry, dict) or "resource" not in entry:
            yield NotBrought(at[:2], "the entry has no resource", "Only resources are loaded; deletions are not done.")
            continue
        body, full_url = next(bodies), entry.get("fullUrl")
        if (why := _refused(entry["resource"], at)) is not None:
            yield why
        else:
            found.append((at, entry["resource"], full_url if type(full_url) is str else "", body))
    names = {url: f"{tree['resourceType']}/{_id(tree, url, body)}" for _, tree, url, body in found if url}
    for at, tree, url, body in found:
        yield _brought(body, tree, at, url, names)


def _refused(tree: Tree, at: Path) -> NotBrought | None:
    if not isinstance(tree, dict):
        return NotBrought(at, "not a FHIR resource: a resource is a JSON object")
    kind = tree.get("resourceType")
    if type(kind) is str and TYPE.fullmatch(kind):
        return None
    if "entity" in tree:
        return NotBrought(at, "the programme's own JSON, not FHIR", "Translate it first: planbridge convert")
    return NotBrought((*at, "resourceType") if kind else at, "not a FHIR resource: resourceType names no type")


def _id(tree: Tree, full_url: str, body: bytes) -> str:
    """Return the id of a resource: its own, else one that is made of what there is."""
    own = tree.get("id")
    if type(own) is str and own:
        return own if ID.fullmatch(own) else _made(tree["resourceType"], own)
    last = re.split(r"[/:]", full_url)[-1]
    return last if ID.fullmatch(last) else _made(tree["resourceType"], sha256(body).hexdigest())


def _made(kind: str, name: str) -> str:
    return str(uuid5(_MADE, f"{kind}/{name}"))


def _brought(body: bytes, tree: Tree, at: Path, full_url: str, names: dict[str, str]) -> Brought:
    kind, id_ = tree["resourceType"], _id(tree, full_url, body)

    def renamed(reference: str) -> str:
        if reference in names:
            return names[reference]
        found = _RELATIVE.fullmatch(reference)
        return f"{found[1]}/{_made(found[1], found[2])}" if found and not ID.fullmatch(found[2]) else reference

    if tree.get("id", id_) != id_ or any(renamed(one) != one for one in references(tree)):
        body = _rewritten(body, id_, renamed)
        tree = parse(body)
    return Brought(kind, id_, body, tree, at)


def _rewritten(body: bytes, id_: str, renamed: Callable[[str], str]) -> bytes:
    """Return the bytes with another id and other references, all else as it came (a byte order mark apart)."""
    text = body.decode("utf-8").removeprefix(_BOM)
    parts: list[str] = []
    done = 0
    changes = sorted(
        (start, end, path) for path, _, start, end in spans(text) if path[-1:] in {("id",), ("reference",)}
    )
    for start, end, path in changes:
        if path == ("id",):
            parts += text[done:start], json.dumps(id_)
        elif path[-1] == "reference" and text[start] == '"':
            parts += text[done:start], _written(text[start:end], renamed)
        else:
            continue
        done = end
    return "".join((*parts, text[done:])).encode()


def _written(token: str, renamed: Callable[[str], str]) -> str:
    was = json.loads(token)
    new = renamed(was)
    return token if new == was else json.dumps(new, ensure_ascii=False)
