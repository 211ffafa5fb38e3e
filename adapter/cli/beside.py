"""Forms and value sets of all files that are given, for responses that lie in another folder than their form.

They are looked for when a response first needs one, and kept as the bytes that they are, so that memory does not grow
with what is judged.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from adapter.cli.ndjson import BROKEN, is_ndjson
from adapter.cli.ndjson import opened as opened_lines
from adapter.cli.opening import whole
from mappings.check import MAX_BYTES, opened
from mappings.nodes import nodes, resources
from mappings.tree import Tree, dump

MOST_BYTES = 32 * 1024 * 1024
"""Bytes of forms and value sets that are kept, at most; what is met beyond them is not at hand."""

OPEN = 64
"""Forms that are held as trees at once."""

KINDS = ("Questionnaire", "ValueSet")
"""What responses may need beside them."""


@dataclass
class Beside:
    """What responses may name. `files` says where to look; `release_of` gives the release of a document of a file, or
    "" where nothing tells and it may be of either.

    too_many   whether there are more forms than are kept
    """

    files: Callable[[], Iterable[str]]
    release_of: Callable[[Tree, str], str]
    too_many: bool = False
    _held: dict[tuple[str, str], list[int]] | None = None
    _bytes: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._tree = lru_cache(OPEN)(lambda n: opened(self._bytes[n])[0])

    def of(self, responses: Iterable[Tree], known: Iterable[Tree], release: str) -> list[Tree]:
        """Return the forms that responses name and that are not among the known ones, and the value sets of those."""
        known = list(known)
        here = {name for one in known for name in (_text(one, "url"), f"{one.get('url')}|{one.get('version')}")}
        wanted = {_text(one, "questionnaire") for one in responses} - here - {""}
        forms = [form for name in sorted(wanted) for form in self._named(release, name.partition("|")[0])]
        sets = {url for form in (*forms, *known) for url in _value_sets(form)}
        return [*forms, *(one for name in sorted(sets - here - {""}) for one in self._named(release, name))]

    def _named(self, release: str, name: str) -> Iterator[Tree]:
        if self._held is None:
            self._held = self._found()
        for n in self._held.get((release, name)) or self._held.get(("", name)) or ():
            yield self._tree(n)

    def _found(self) -> dict[tuple[str, str], list[int]]:
        held: dict[tuple[str, str], list[int]] = defaultdict(list)
        met: set[tuple[str, bytes]] = set()
        room = MOST_BYTES
        for file in self.files():
            for tree in _documents(file):
                forms = [one for _, one in resources(tree) if one.get("resourceType") in KINDS]
                release = self.release_of(tree, file) if forms else ""
                for one in forms:
                    data = dump(one)
                    if (release, data) in met:
                        continue
                    met.add((release, data))
                    room -= len(data)
                    if room < 0:
                        self.too_many = True
                        return held
                    for name in {_text(one, "url"), f"{one['resourceType']}/{_text(one, 'id')}"}:
                        held[release, name].append(len(self._bytes))
                    self._bytes.append(data)
        return held


def _documents(file: str) -> Iterator[Tree]:
    """Yield the documents of a file that speak of a form; what cannot be read is said where it is judged."""
    try:
        if is_ndjson(file):
            with opened_lines(file) as stream:
                yield from (opened(line.data)[0] for line in stream.lines() if _speaks(line.data))
        elif len(data := whole(file)) <= MAX_BYTES and _speaks(data):
            yield opened(data)[0]
    except (*BROKEN, ValueError):
        return


def _speaks(data: bytes) -> bool:
    return any(f'"{kind}"'.encode() in data for kind in KINDS)


def _text(one: Tree, name: str) -> str:
    found = one.get(name)
    return found if isinstance(found, str) else ""


def _value_sets(form: Tree) -> Iterator[str]:
    """Yield the value sets that the items of a form name."""
    waiting = [form]
    while waiting:
        one = waiting.pop()
        yield _text(one, "answerValueSet").partition("|")[0]
        waiting += nodes(one, "item")
