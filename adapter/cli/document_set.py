"""A set of FHIR documents that are read together: as native JSON, as what is understood of them, as another release.

    to_native(sources, wanted)     FHIR -> Made, the native value of each; what it links to in the set comes with it
    to_release(sources, "R5")      FHIR -> Made, as the other release says it

Pure. What cannot be translated becomes a Note that says where and why; the rest goes on. What is translated is judged,
too: all that is wrong with a document is said at once.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from adapter.cli.sources import Made, Note, Source, at_of, misplaced, note, notes
from mappings.check import check
from mappings.check.references import references_in
from mappings.issues import Issue
from mappings.lens.coverage import Coverage
from mappings.lens.documents import Docs, Refused
from mappings.native import dump
from mappings.releases import converted
from mappings.tables import TABLES
from mappings.translate import read
from mappings.tree import Tree, pretty
from mappings.tree import dump as compact

TOO_DEEP = Issue("", "too-costly", "the document is nested too deeply", "Flatten it.", rule="convert/depth")


def document_set(sources: Iterable[Source], release: str = "R4") -> tuple[Docs, dict[Source, str], list[Note]]:
    """Return FHIR documents as one set, the name of each in it, and what is to be said of names that are not unique.

    Two different documents of one type and id are both read, but nothing can link to either.
    """
    named: dict[str, list[Source]] = defaultdict(list)
    for source in sources:
        named[source.reference].append(source)
    trees: dict[str, Tree] = {}
    names: dict[Source, str] = {}
    said = []
    for reference, same in named.items():
        first, alike = same[0], all(other.tree == same[0].tree for other in same)
        if not alike:
            text = f"{len(same)} different documents of this type and id are here, so no link to them is followed"
            fix = "Give each its own id, or translate them apart."
            said.append(note(first, Issue(first.type, "duplicate", text, fix, "warning", "convert/twins"), ("id",)))
        for n, source in enumerate(same):
            names[source] = reference if alike and n == 0 else f"{reference}#{n}"
            trees[names[source]] = source.tree
    return Docs(release, trees), names, said


def _sets(sources: Iterable[Source]) -> Iterator[tuple[Docs, dict[Source, str], list[Note]]]:
    """Yield the documents of each release as one set."""
    by_release: dict[str, list[Source]] = defaultdict(list)
    for source in sources:
        by_release[source.release].append(source)
    for release in sorted(by_release):
        yield document_set(by_release[release], release)


def to_native(sources: list[Source], wanted: list[Source]) -> Iterator[Made | Note]:
    """Yield the native JSON of the wanted documents of a set of FHIR, and all that is wrong with them."""
    asked = set(wanted)
    for docs, names, said in _sets(sources):
        yield from said
        for source, name in names.items():
            if source not in asked:
                continue
            try:
                found = read(docs, name)
                if found.value is not None:
                    yield Made(source.place, pretty(_native(found.value, source.id)))
                wrong = [replace(issue, severity="error") for issue in found.unread]  # why there is no value
                yield from notes(source, [(one, at_of(one)) for one in (*wrong, *found.issues[len(wrong) :])])
            except RecursionError:
                yield note(source, TOO_DEEP)


def _native(value: Any, name: str) -> Tree:
    said = dump(value)
    return {"entity": said["entity"], **({"id": name} if name else {}), **said}


def to_release(sources: list[Source], release: str, left: Counter[str]) -> Iterator[Made | Note]:
    """Yield FHIR documents as another release says them, what needed an extension there, and all that is wrong.

    Those that are of this release already are left as they are, and counted.
    """
    yield from misplaced(
        [one for one in sources if one.release == release], f"this is {release} already", left, f"{release} already"
    )
    for source in sources:
        if source.release == release:
            continue
        try:
            said = converted(source.tree, source.release, release)
            yield Made(source.place, like(source.data, said.tree))
            wrong = check(source.tree, release=source.release)
            yield from notes(source, [(one, at_of(one)) for one in (*wrong, *said.issues)])
        except Refused as refused:
            yield note(source, refused.issue)
        except RecursionError:
            yield note(source, TOO_DEEP)


def like(data: bytes, tree: Tree) -> bytes:
    """Return a document as JSON, indented unless the one that it came of stood on one line."""
    return pretty(tree) if b"\n" in data.strip() else compact(tree) + (b"\n" if data.endswith(b"\n") else b"")


def coverages(sources: Iterable[Source]) -> Iterator[Coverage]:
    """Yield what is understood of each FHIR document of the set, read with the documents that it leads to."""
    for docs, names, _ in _sets(one for one in sources if not one.native):
        for source, name in names.items():
            if source.type in TABLES:
                yield read(_reached(docs, name), name).coverage


def _reached(docs: Docs, name: str) -> Docs:
    """Return the set of what a document leads to: what is remembered of it goes with it."""
    met: dict[str, Tree] = {}
    waiting = [name]
    while waiting:
        here = waiting.pop()
        if here in docs and here not in met:
            met[here] = docs[here]
            waiting += (reference for _, reference in references_in(docs[here]))
    return Docs(docs.release, met)
