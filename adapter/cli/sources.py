"""The documents of files: FHIR or native, each with its place in its file, and what is to be said of it. Pure.

taken(name, place, data)   a file -> Source, several for a Bundle; Note for what is none
together(sources)          documents that lie together tell each other's release
notes(source, issues)      what is wrong, with line and column
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from uuid import NAMESPACE_URL, uuid5

from mappings.check.native import is_native, steps
from mappings.check.places import places
from mappings.check.rules import Finding
from mappings.issues import Issue
from mappings.native import ENTITIES
from mappings.releases.which import BY, NOTHING_TELLS, Which, settled, which
from mappings.tree import NotJSON, Path, Tree, parse


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """One document of a file.

    name    the file, as it is shown
    place   where its translation stands below the output folder: "plans/7.json"
    data    the bytes of the file; `at` is the document's place in it: ("entry", 3, "resource") in a Bundle
    named   the user named this very file, so that passing over it needs a word
    given   the id that an entry without one is given
    which   the release that it is of, if it is FHIR, and what tells
    """

    name: str
    place: str
    data: bytes
    tree: Tree
    at: Path = ()
    named: bool = False
    given: str = ""
    which: Which = NOTHING_TELLS

    @property
    def release(self) -> str:
        """The FHIR release that the document is of."""
        return self.which.release

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


def taken(
    name: str,
    place: str,
    data: bytes,
    *,
    named: bool = False,
    asked: str = "",
    folders: Iterable[str] = (),
    setting: str = "",
    whole: bool = False,
) -> Iterator[Source | Note]:
    """Yield the documents of a file, and what is to be said of what is none.

    asked    the release that FHIR is read as, "" to find out; `folders` are those that the file lies in, nearest first
    setting  the project's release, for what tells nothing
    whole    a Bundle is one document and not taken apart
    """
    try:
        tree = parse(data)
    except NotJSON as error:
        problem = Issue("", error.issue.code, error.text, error.issue.fix, "fatal", error.issue.rule)
        yield Note(name, error.line, error.column, problem)
        return
    if is_native(tree):
        yield Source(name, place, data, tree, (), named)
    elif not isinstance(tree, dict) or type(tree.get("resourceType")) is not str:
        fix = 'FHIR names its "resourceType", the programme\'s own JSON its "entity".'
        yield Note(name, 1, 1, Issue("", "structure", "neither FHIR nor native JSON", fix, rule="convert/unknown"))
    elif tree["resourceType"] != "Bundle" or whole:
        yield Source(
            name, place, data, tree, (), named, which=which(tree, asked=asked, folders=folders, setting=setting)
        )
    else:
        yield from _entries(name, place, data, which(tree, asked=asked, folders=folders, setting=setting))


def _entries(name: str, place: str, data: bytes, of: Which) -> Iterator[Source | Note]:
    """A Bundle is taken apart as `planbridge load` takes it: ids are made where there are none, references follow."""
    from adapter.store.bundles import Brought, take_apart

    folder = place.removesuffix(".json")
    for one in take_apart(data):
        if isinstance(one, Brought):
            yield Source(name, f"{folder}/{one.type}-{one.id}.json", data, one.tree, one.at, given=one.id, which=of)
        else:
            line, column = (one.line, one.column) if one.line else places(data, [one.at])[one.at]
            yield Note(name, line, column, Issue("", "structure", one.text, one.fix, "error", "convert/entry"))


def together(sources: list[Source]) -> list[Source]:
    """Return the documents with the release that those of their folder tell, where they themselves tell nothing."""
    folders: dict[str, list[Source]] = defaultdict(list)
    for one in sources:
        folders[one.name.rpartition("/")[0]].append(one)
    of = {
        one: found
        for beside in folders.values()
        for one, found in zip(beside, settled([one.which for one in beside]), strict=True)
    }
    return [one if of[one] is one.which else replace(one, which=of[one]) for one in sources]


def releases_said(sources: Iterable[Source]) -> str:
    """Return a line that says as which release the FHIR documents were read and why, "" where there were none."""
    found = [one.which for one in sources if not one.native]
    if len(found) == 1:
        return f"read as FHIR {found[0].release}: {found[0].why}"
    counted = sorted(Counter((one.release, one.by) for one in found).items())
    parts = "; ".join(f"{n} as {release} ({BY[by]})" for (release, by), n in counted)
    return f"read as FHIR: {parts}" if parts else ""


def misplaced(sources: list[Source], text: str, left: Counter[str], what: str) -> Iterator[Note]:
    """Yield a note on each document that was named and is not asked for here; count the others as `what`."""
    for one in sources:
        if one.named:
            yield note(one, Issue("", "structure", text, "Leave it out.", rule="convert/misplaced"))
        else:
            left[what] += 1


def note(source: Source, issue: Issue, at: Path = ()) -> Note:
    """Return a note on a place of a document."""
    return next(notes(source, [(issue, at)]))


def notes(source: Source, issues: Iterable[tuple[Issue, Path]]) -> Iterator[Note]:
    """Yield notes on places of a document, in one look at its text."""
    known = [(issue, (*source.at, *at)) for issue, at in issues]
    where = places(source.data, [at for _, at in known])
    for issue, at in sorted(known, key=lambda one: where[one[1]]):
        yield Note(source.name, *where[at], issue)


def at_of(issue: Issue) -> Path:
    """Return the path in the tree that an issue speaks of: a finding knows it, else its FHIRPath says."""
    return issue.at if isinstance(issue, Finding) else tuple(steps(issue.path))[1:]
