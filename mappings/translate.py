"""Reading and writing whole documents: the lens as its users call it.

    docs = Docs("R4", {"CarePlan/1": tree, "Goal/7": tree2})    # or "R5"
    found = read(docs, "CarePlan/1")                            # Reading: value, issues, carried
    out = write(docs, "CarePlan/1", was=found.value, now=edited)  # {reference: tree}, only what changed

The laws (tests/test_laws.py): what is written is read again; nothing changed writes nothing; an edit leaves every
other JSON value as it was, but for its declared dependents; undo restores.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from mappings.issues import Issue
from mappings.lens.coverage import Coverage, coverage
from mappings.lens.documents import MISSING, OPAQUE, Desk, Docs, Refused, View
from mappings.lens.members import with_contained
from mappings.lens.narrative import narrative
from mappings.releases.sets import LENS, in_lens, named, out_of_lens
from mappings.tables import TABLES
from mappings.tree import Tree, from_plain, to_plain

RELEASES = ("R4", "R5")


@dataclass(frozen=True)
class Reading:
    """What a document says in the programme's words.

    value    the native value; None for a document that must not be interpreted
    unread   why there is no value
    """

    docs: Docs
    root: str
    value: Any
    unread: tuple[Issue, ...] = ()

    @cached_property
    def issues(self) -> tuple[Issue, ...]:
        """All that is wrong with the document, at once; it is carried all the same.

        Why there is no value, each rule of FHIR that it breaks (mappings/check), each reference that leads nowhere in
        the set. Judged when first asked for.
        """
        from mappings.check.references import check_in

        return (*self.unread, *check_in(self.docs, self.root))

    @cached_property
    def coverage(self) -> Coverage:
        """What was understood and what was carried, leaf by leaf, proved by ablation."""
        return coverage(self.docs, self.root, _value)

    @property
    def carried(self) -> tuple[str, ...]:
        """FHIRPaths of the leaves that no native field holds; they stay in the document."""
        return self.coverage.carried


@dataclass(frozen=True, slots=True)
class Written(Mapping[str, Tree]):
    """The documents that a write changed, by reference, and what it has to say of them."""

    documents: dict[str, Tree] = field(default_factory=dict)
    issues: tuple[Issue, ...] = ()

    def __getitem__(self, reference: str) -> Tree:
        return self.documents[reference]

    def __iter__(self) -> Iterator[str]:
        return iter(self.documents)

    def __len__(self) -> int:
        return len(self.documents)


def _value(docs: Docs, root: str) -> Any:
    lens, own = in_lens(docs), named(root, docs.release, LENS)
    tree = lens[own]
    table = TABLES.get(tree["resourceType"])
    return None if table is None else table.read(tree, View(lens, own))


def read(docs: Docs, root: str) -> Reading:
    """Read one document of the set with what it contains and links to. Raises KeyError where the set has it not."""
    lens, own = in_lens(docs), named(root, docs.release, LENS)
    tree = lens[own]
    kind = tree.get("resourceType") if isinstance(tree, dict) else None
    if not isinstance(kind, str) or kind not in TABLES:
        text = "this resource type has no table" if isinstance(kind, str) else "this is no FHIR resource"
        fix = f"Types with a table: {', '.join(sorted(TABLES))}."
        return Reading(docs, root, None, (Issue(str(kind or root), "not-supported", text, fix, rule="read/no-table"),))
    value = TABLES[kind].read(tree, View(lens, own))
    if value is OPAQUE:
        text = "a modifier extension may change what this says; it is carried and not interpreted"
        path = f"{kind}.modifierExtension"
        return Reading(docs, root, None, (Issue(path, "not-supported", text, "", "warning", "read/modifier"),))
    return Reading(docs, root, value)


def write(
    docs: Docs,
    root: str,
    *,
    was: Any,
    now: Any,
    linked_by_default: bool = True,
    inline: bool = False,
    complete: Callable[[Any], Any] = lambda value: value,
) -> Written:
    """Write the difference between two native values into the set; return only the documents that changed.

    `root` is the reference of the document; for a new one the set has it not and `was` is None. A new therapy without
    id becomes a request of its own (`linked_by_default`, else a contained one), but stands in the plan as its detail
    where only a detail has room for it, or where it has room and `inline` asks for it. `complete` fills in what a new
    member leaves to its plan to say.
    Raises Refused, with its Issue, for what the lens does not write.
    """
    if was is now or was == now:
        return Written()
    if now is None:
        raise ValueError("a document is not ended by writing nothing into it")
    if docs.release != LENS:
        lens, own = in_lens(docs), named(root, docs.release, LENS)
        out = write(lens, own, was=was, now=now, linked_by_default=linked_by_default, inline=inline, complete=complete)
        documents, notices = out_of_lens(docs, out.documents)
        return Written(documents, (*out.issues, *notices))
    desk = Desk(docs, root, linked_by_default=linked_by_default, inline=inline, complete=complete)
    kind = root.split("/", maxsplit=1)[0]
    table = TABLES[kind]
    if type(now) not in table.natives:
        names = ", ".join(native.__name__ for native in table.natives)
        raise desk.refuse(f"a {kind} is written from {names}", "Give that kind of value.")
    old = docs.get(root, MISSING)
    new = table.write(old, was, now, desk)
    new = with_contained(old, new, desk)
    changed = {root: new} | desk.changed
    changed = {ref: tree for ref, tree in changed.items() if tree is not docs.get(ref)}
    done = {ref: _with_narrative(docs, ref, tree, changed, desk) for ref, tree in changed.items()}
    return Written(done, tuple(desk.issues))


def _with_narrative(docs: Docs, ref: str, tree: Tree, changed: dict[str, Tree], desk: Desk) -> Tree:
    text = tree.get("text") if isinstance(tree, dict) else None
    if not isinstance(text, dict):
        return tree
    kind = tree["resourceType"]
    if text.get("status") != "generated":
        words = f"the narrative is '{text.get('status')}', written by somebody: it was kept and may now differ"
        issue = Issue(f"{kind}.text", "informational", words, "Read it over.", "warning", "write/narrative-kept")
        desk.issues.append(issue)
        return tree
    div = narrative(read(docs.replaced({**changed, ref: tree}), ref))
    desk.issues.append(
        Issue(
            f"{kind}.text",
            "informational",
            "the generated narrative was made anew",
            "",
            "information",
            "dependent/narrative",
        )
    )
    return {**tree, "text": {**text, "div": div}}


def from_fhir(resource: Mapping[str, Any], release: str = "R4") -> Any:
    """Return the native value of one FHIR resource given as a plain dict, which stays as it is.

    Raises Refused for a type that has no table and for a resource that must not be interpreted.
    """
    _known(release)
    tree = from_plain(resource)
    found = read(Docs(release, {_reference(tree): tree}), _reference(tree))
    if found.value is None:
        raise Refused(found.unread[0])
    return found.value


def to_fhir(native: Any, release: str = "R4", onto: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return a native value as one FHIR resource, a plain dict; `onto` an existing resource only what differs changes.

    New therapies of a plan are contained, for there is one document only. What is given stays as it is.
    Raises Refused for what FHIR has no place for.
    """
    _known(release)
    if onto is None:
        kind = type(native).RESOURCE
        out = write(Docs(release, {}), f"{kind}/new", was=None, now=native, linked_by_default=False)
        return dict(to_plain(out[f"{kind}/new"]))
    tree = from_plain(onto)
    ref = _reference(tree)
    docs = Docs(release, {ref: tree})
    out = write(docs, ref, was=read(docs, ref).value, now=native, linked_by_default=False)
    return dict(to_plain(out.get(ref, tree)))


def _reference(tree: Tree) -> str:
    kind = tree.get("resourceType") if isinstance(tree, dict) else None
    return f"{kind}/{tree.get('id', 'this') if isinstance(tree, dict) else 'this'}"


def _known(release: str) -> None:
    if release not in RELEASES:
        raise ValueError(f"release {release!r} is not one of {', '.join(RELEASES)}")
