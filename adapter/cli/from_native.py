"""Native documents as FHIR, from nothing or onto the documents that they were read from. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from adapter.cli.document_set import TOO_DEEP, document_set, like
from adapter.cli.sources import Made, Note, Source, note, notes
from mappings.check.native import judge, stops
from mappings.check.native_rules import same_in_fhir
from mappings.check.references import check_in
from mappings.check.rules import Finding
from mappings.issues import Issue
from mappings.lens.documents import ID, Docs, Refused
from mappings.model import Plan
from mappings.model.plan import completed
from mappings.native import load
from mappings.translate import Written, read, write
from mappings.tree import Tree, pretty


def to_fhir(
    sources: list[Source], base: list[Source], *, whole: bool = True, release: str = "R4"
) -> Iterator[Made | Note]:
    """Yield the FHIR documents that native ones say: those they name, and what they hold by value.

    With `base` only what differs from its documents changes; one that says nothing new keeps its bytes. Where two
    sources say different things of one document, nothing of either is made. Unless base is the `whole` of what there is
    to write onto, nothing is made from nothing, for it might be in what could not be read. All is of one release.
    """
    docs, names, wrong = document_set(base, release)
    yield from wrong
    there = {names[source]: source for source in base}
    said: list[_Said] = []
    for source in sources:
        findings = judge(source.tree)
        yield from notes(source, [(finding, finding.at) for finding in findings])
        target = _target(source, there)
        if isinstance(target, Issue):
            yield note(source, target, ("id",))
        elif not any(stops(finding) for finding in findings):
            try:
                out = _written(source, target, docs, whole=whole)
                yield from (Note(source.name, 0, 0, issue) for issue in out.issues)
                said.append(_Said(source, target, out, frozenset(same_in_fhir(finding.rule) for finding in findings)))
            except Refused as refused:
                yield Note(source.name, 0, 0, refused.issue)
            except RecursionError:
                yield note(source, TOO_DEEP)
    after = docs.replaced({ref: tree for one in said for ref, tree in one.out.items()})
    for one in said:
        for reference in one.out:
            new = (issue for issue in _new_mistakes(docs, after, reference) if not {issue.rule, issue.path} & one.found)
            yield from (Note(one.source.name, 0, 0, issue) for issue in new)
    yield from _together(said, there)


def _new_mistakes(before: Docs, after: Docs, reference: str) -> list[Finding]:
    """Return the rules of FHIR that a document breaks now and did not break before."""
    known = {(one.rule, one.path) for one in check_in(before, reference)} if reference in before else set()
    return [one for one in check_in(after, reference) if (one.rule, one.path) not in known]


@dataclass(frozen=True, slots=True, eq=False)
class _Said:
    """What one native document says: the FHIR document that it is, and those that it changes.

    `found` are the rules of FHIR that it was found to break before it was translated.
    """

    source: Source
    target: str
    out: Written
    found: frozenset[str] = frozenset()


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
    return pretty(tree) if was is None else like(was.data, tree)
