"""A set of files as documents that are read and written together: FHIR to native JSON and back. Pure.

    taken(name, place, data)   a file -> Source, several for a Bundle
    to_native(sources)         FHIR -> Made, the native value of each; what they link to in the set comes with them
    to_fhir(sources, base)     native -> Made, from nothing or onto the documents of `base`

What cannot be translated becomes a Note that says where and why; the rest goes on.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from mappings.check.native import is_native, judge
from mappings.check.places import places
from mappings.issues import Issue
from mappings.lens.coverage import Coverage
from mappings.lens.documents import ID, Docs, Refused
from mappings.model import Plan
from mappings.model.plan import completed
from mappings.native import ENTITIES, dump, load
from mappings.tables import TABLES
from mappings.translate import Written, read, write
from mappings.tree import NotJSON, Path, Tree, parse, pretty
from mappings.tree import dump as compact

_TOO_DEEP = Issue("", "too-costly", "the document is nested too deeply", "Flatten it.", rule="convert/depth")


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """One document of a file.

    name    the file, as it is shown
    place   where its translation stands below the output folder: "plans/7.json"
    data    the bytes of the file; `at` is the document's place in it: ("entry", 3, "resource") in a Bundle
    named   the user named this very file, so that passing over it needs a word
    given   the id that an entry without one is given
    """

    name: str
    place: str
    data: bytes
    tree: Tree
    at: Path = ()
    named: bool = False
    given: str = ""

    @property
    def native(self) -> bool:
        return is_native(self.tree)

    @property
    def type(self) -> str:
        """The FHIR resource type, "" for a native document of no known entity."""
        if self.native:
            entity = self.tree["entity"]
            known = ENTITIES.get(entity) if type(entity) is str else None
            return str(getattr(known, "RESOURCE", ""))
        return str(self.tree["resourceType"])

    @property
    def id(self) -> str:
        """Its own id or the one it was given, "" where it has none."""
        found = self.tree.get("id")
        return found if type(found) is str else self.given

    @property
    def reference(self) -> str:
        """How others of the set name it; for one without id a name that nobody uses, always the same."""
        return f"{self.type}/{self.id or uuid5(NAMESPACE_URL, self.place)}"


@dataclass(frozen=True, slots=True)
class Note:
    """Something to be said of a file; line and column are 0 where it has no place in the file."""

    name: str
    line: int
    column: int
    issue: Issue

    def __str__(self) -> str:
        where = f"{self.name}:{self.line}:{self.column}" if self.line else self.name
        text = self.issue.text if self.issue.text.endswith(".") else f"{self.issue.text}."
        path = self.issue.path or "(document)"
        return f"{where}: {self.issue.severity} {path} {self.issue.rule}: {text}  {self.issue.fix}".rstrip()


@dataclass(frozen=True, slots=True)
class Made:
    """A translated document: where it belongs below the output folder, its bytes, and whether they are new."""

    place: str
    data: bytes
    changed: bool = True


def taken(name: str, place: str, data: bytes, *, named: bool = False) -> Iterator[Source | Note]:
    """Yield the documents of a file, and what is to be said of what is none."""
    try:
        tree = parse(data)
    except NotJSON as error:
        problem = Issue("", error.issue.code, error.text, error.issue.fix, "fatal", error.issue.rule)
        yield Note(name, error.line, error.column, problem)
        return
    if isinstance(tree, dict) and tree.get("resourceType") == "Bundle":
        yield from _entries(name, place, data)
    elif is_native(tree) or (isinstance(tree, dict) and type(tree.get("resourceType")) is str):
        yield Source(name, place, data, tree, (), named)
    else:
        fix = 'FHIR names its "resourceType", the programme\'s own JSON its "entity".'
        yield Note(name, 1, 1, Issue("", "structure", "neither FHIR nor native JSON", fix, rule="convert/unknown"))


def _entries(name: str, place: str, data: bytes) -> Iterator[Source | Note]:
    """A Bundle is taken apart as `planbridge load` takes it: ids are made where there are none, references follow."""
    from adapter.store.bundles import Brought, take_apart

    folder = place.removesuffix(".json")
    for one in take_apart(data):
        if isinstance(one, Brought):
            yield Source(name, f"{folder}/{one.type}-{one.id}.json", data, one.tree, one.at, given=one.id)
        else:
            line, column = (one.line, one.column) if one.line else places(data, [one.at])[one.at]
            yield Note(name, line, column, Issue("", "structure", one.text, one.fix, "error", "convert/entry"))


def misplaced(sources: list[Source], text: str) -> Iterator[Note]:
    """Yield a note on each document that was named and is not asked for here."""
    for one in sources:
        if one.named:
            yield note(one, Issue("", "structure", text, "Leave it out.", rule="convert/misplaced"))


def note(source: Source, issue: Issue, at: Path = ()) -> Note:
    """Return a note on a place of a document."""
    whole = (*source.at, *at)
    line, column = places(source.data, [whole])[whole]
    return Note(source.name, line, column, issue)


def document_set(sources: Iterable[Source]) -> tuple[Docs, dict[Source, str], list[Note]]:
    """Return FHIR documents as one set, the name of each in it, and what is to be said of names that are not unique.

    Two different documents of one type and id are both read, but nothing can link to either.
    """
    named: dict[str, list[Source]] = defaultdict(list)
    for source in sources:
        named[source.reference].append(source)
    trees: dict[str, Tree] = {}
    names: dict[Source, str] = {}
    notes = []
    for reference, same in named.items():
        first, alike = same[0], all(other.tree == same[0].tree for other in same)
        if not alike:
            text = f"{len(same)} different documents of this type and id are here, so no link to them is followed"
            fix = "Give each its own id, or translate them apart."
            notes.append(note(first, Issue(first.type, "duplicate", text, fix, "warning", "convert/twins"), ("id",)))
        for n, source in enumerate(same):
            names[source] = reference if alike and n == 0 else f"{reference}#{n}"
            trees[names[source]] = source.tree
    return Docs("R4", trees), names, notes


def to_native(sources: list[Source], wanted: list[Source]) -> Iterator[Made | Note]:
    """Yield the native JSON of the wanted documents of a set of FHIR, or why there is none."""
    docs, names, notes = document_set(sources)
    yield from notes
    for source in wanted:
        try:
            found = read(docs, names[source])
            if found.value is not None:
                said = dump(found.value)
                name = {"id": source.id} if source.id else {}
                yield Made(source.place, pretty({"entity": said["entity"], **name, **said}))
            for issue in found.unread:  # why there is no value
                yield note(source, replace(issue, severity="error"), (issue.path.rpartition(".")[2],))
        except RecursionError:
            yield note(source, _TOO_DEEP)


def coverages(sources: list[Source]) -> Iterator[Coverage]:
    """Yield what is understood of each FHIR document of the set."""
    docs, names, _ = document_set(one for one in sources if not one.native)
    for source, name in names.items():
        if source.type in TABLES:
            yield read(Docs("R4", docs), name).coverage  # a new set: what it remembers goes with it


def to_fhir(sources: list[Source], base: list[Source], *, whole: bool = True) -> Iterator[Made | Note]:
    """Yield the FHIR documents that native ones say: those they name, and what they hold by value.

    With `base` only what differs from its documents changes; one that says nothing new keeps its bytes. Where two
    sources say different things of one document, nothing of either is made. Unless base is the `whole` of what there is
    to write onto, nothing is made from nothing, for it might be in what could not be read.
    """
    docs, names, notes = document_set(base)
    yield from notes
    there = {names[source]: source for source in base}
    said: list[_Said] = []
    for source in sources:
        if findings := judge(source.tree):
            where = places(source.data, [finding.at for finding in findings])
            yield from (Note(source.name, *where[finding.at], finding) for finding in findings)
            continue
        target = _target(source, there)
        if isinstance(target, Issue):
            yield note(source, target, ("id",))
            continue
        try:
            out = _written(source, target, docs, whole=whole)
        except Refused as refused:
            yield Note(source.name, 0, 0, refused.issue)
        except RecursionError:
            yield note(source, _TOO_DEEP)
        else:
            yield from (Note(source.name, 0, 0, issue) for issue in out.issues)
            said.append(_Said(source, target, out))
    yield from _together(said, there)


@dataclass(frozen=True, slots=True, eq=False)
class _Said:
    """What one native document says: the FHIR document that it is, and those that it changes."""

    source: Source
    target: str
    out: Written


def _target(source: Source, there: dict[str, Source]) -> str | Issue:
    """Return the reference of the document that a native one is, or why that is not clear."""
    for name, known in there.items():  # in the same place below its folder, so that twins keep apart
        if (known.place, known.type, known.id) == (source.place, source.type, source.id):
            return name
    if source.reference in there:
        return source.reference
    if source.id and any(known.named for known in there.values()):
        text = "the document to write onto is another record: type or id differ"
        return Issue("id", "conflict", text, "Give the document that this was read from.", rule="convert/other")
    if source.id and not ID.fullmatch(source.id):
        fix = "An id is 1 to 64 of A-Z, a-z, 0-9, - and ."
        return Issue("id", "value", "this is no id that FHIR allows", fix, rule="convert/id")
    if source.id:
        return source.reference
    alike = [name for name, known in there.items() if known.type == source.type]
    if not there or len(alike) == 1:
        return alike[0] if there else source.reference
    text = f"{len(alike)} documents to write onto are of this type, and no id says which one is meant"
    return Issue("id", "required", text, 'Write its "id".', rule="convert/which")


def _written(source: Source, target: str, docs: Docs, *, whole: bool) -> Written:
    value, _ = load(source.tree)
    found = read(docs, target) if target in docs else None
    if found is not None and found.value is None:
        raise Refused(replace(found.unread[0], severity="error"))
    complete = partial(completed, plan=value) if isinstance(value, Plan) else _as_it_is
    out = write(docs, target, was=found and found.value, now=value, inline=True, complete=complete)
    for reference in out.keys() - docs.keys():
        kind, _, name = reference.partition("/")
        if not ID.fullmatch(name):
            text = "a member held by value needs an id that FHIR allows"
            raise Refused(Issue(kind, "value", text, "Write its type, a slash and its id.", rule="convert/id"))
        if not whole:
            text = "not among what could be read to write onto"
            raise Refused(Issue(kind, "not-found", text, "Mend the file, or take it away.", rule="convert/unread"))
    return out


def _as_it_is(value: Any) -> Any:
    return value


def _together(said: list[_Said], there: dict[str, Source]) -> Iterator[Made | Note]:
    """Yield what all say, each document once, but for those who contradict each other."""
    claims: dict[str, list[_Said]] = defaultdict(list)
    for one in said:
        for reference in one.out:
            claims[reference].append(one)
    torn = {one: ref for ref, ones in claims.items() if _differ(ref, ones) for one in ones}
    torn |= {one: ref for one in said for ref in one.out if ref in there and there[ref].at}
    own_places = {one.target: one.source.place for one in said} | {ref: known.place for ref, known in there.items()}
    for one, reference in torn.items():
        kind = reference.partition("/")[0]
        text, fix = "two files say different things of this document, so neither was written", "Say it in one."
        if reference in there and there[reference].at:
            text, fix = "this document stands in a Bundle, which is not written onto", "Give it its own file."
        yield Note(one.source.name, 0, 0, Issue(kind, "conflict", text, fix, rule="convert/conflict"))
    for reference, ones in claims.items():
        if torn.keys() & ones:
            continue
        one, (kind, _, name) = ones[0], reference.partition("/")
        if there and reference not in there:
            text = "made from nothing: what is written onto has no such document"
            yield Note(one.source.name, 0, 0, Issue(kind, "informational", text, "", "information", "convert/new"))
        beside = f"{one.source.place.rpartition('/')[0]}/{kind}-{name}.json".removeprefix("/")
        named = reference != one.target or bool(one.source.id)
        data = _bytes(one.out[reference], name if named else "", there.get(reference))
        yield Made(own_places.get(reference, beside), data)
    for one in said:
        known = there.get(one.target)
        if one not in torn and one.target not in claims and known is not None and not known.at:
            yield Made(known.place, known.data, changed=False)


def _differ(reference: str, ones: list[_Said]) -> bool:
    return any(one.out[reference] != ones[0].out[reference] for one in ones)


def _bytes(tree: Tree, name: str, was: Source | None) -> bytes:
    """Return a document with its id as JSON, indented unless it stood on one line."""
    if name and "id" not in tree:
        tree = {"resourceType": tree["resourceType"], "id": name, **tree}
    return compact(tree) if was is not None and b"\n" not in was.data.strip() else pretty(tree)
