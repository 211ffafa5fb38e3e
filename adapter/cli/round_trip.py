"""The laws, proved of files: what translating there and back must not change. For `planbridge check --round-trip`.

FHIR -> native -> FHIR      each document that has a table; not a byte is to change
R4 -> R5 -> R4              and from R5 to R4 and back; every document
native -> FHIR -> native    each native document; every field is to come back
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from adapter.cli.apart import apart
from adapter.cli.document_set import TOO_DEEP, document_set
from adapter.cli.from_native import to_fhir
from adapter.cli.judging import Judged
from adapter.cli.sources import Made, Source
from mappings.check.findings import place, within
from mappings.check.rules import Finding
from mappings.issues import Issue
from mappings.lens.documents import Docs, Refused
from mappings.native import dump as native_dump
from mappings.native import load
from mappings.releases import converted
from mappings.releases.which import RELEASES
from mappings.tables import TABLES
from mappings.translate import read, write
from mappings.tree import Path, Tree, dump, parse

# fmt: off
_LAWS = {
    "law/native":   "FHIR -> native -> FHIR changes no byte of a document in which nothing was edited.",
    "law/releases": "R4 -> R5 -> R4, and R5 -> R4 -> R5, is the document as it was.",
    "law/fhir":     "native -> FHIR -> native is the document as it was.",
}
# fmt: on


def look(documents: list[Judged]) -> Iterator[tuple[Judged, Finding]]:
    """Yield where the laws do not hold of documents that lie together; a Bundle whole, and entry by entry."""
    sources = {source: one for n, one in enumerate(documents) for source in apart(one, n)}
    for one in documents:
        kind = one.tree.get("resourceType") if one.kind == "FHIR" and isinstance(one.tree, dict) else None
        if isinstance(kind, str):
            yield from ((one, finding) for finding in _of_release(one.tree, kind, one.which.release))
    for release in RELEASES:
        here = [source for source in sources if not source.native and source.release == release]
        docs, names, _ = document_set(here, release)
        for source, name in names.items():
            for finding in _of_fhir(docs, name, source) if source.type in TABLES else ():
                yield sources[source], within(finding, "Bundle", source.at)
    for source, one in sources.items():
        if source.native:
            for finding in _of_native(source):
                yield one, finding


def _of_release(tree: Tree, kind: str, release: str) -> Iterator[Finding]:
    try:
        other = next(one for one in RELEASES if one != release)
        back = converted(converted(tree, release, other).tree, other, release).tree
        if back != tree:  # in the order of its keys as far as it can be had
            yield _broken("law/releases", kind, _differs(tree, back))
    except Refused as refused:
        yield _refused("law/releases", refused.issue)
    except RecursionError:
        yield _refused("law/releases", TOO_DEEP)


def _of_fhir(docs: Docs, name: str, source: Source) -> Iterator[Finding]:
    try:
        if (was := read(docs, name).value) is not None:
            now, issues = load(parse(dump(native_dump(was))))
            changed = {} if issues else write(docs, name, was=was, now=now)
            if issues or changed:
                at = () if issues or name not in changed else _differs(source.tree, changed[name])
                yield _broken("law/native", source.type, at)
    except Refused as refused:
        yield _refused("law/native", refused.issue)
    except RecursionError:
        yield _refused("law/native", TOO_DEEP)


def _of_native(source: Source) -> Iterator[Finding]:
    was, issues = load(source.tree)
    if was is None or any(issue.severity in ("error", "fatal") for issue in issues):
        return  # what is wrong with it is said already
    made = {
        one.place: one.data for one in to_fhir([replace(source, place="document.json")], []) if isinstance(one, Made)
    }
    if "document.json" not in made:
        return  # and so is why nothing can be made of it
    docs = {place: parse(data) for place, data in made.items()}
    named = {f"{tree['resourceType']}/{tree.get('id', '0')}": tree for tree in docs.values()}
    own = docs["document.json"]
    now = read(Docs("R4", named), f"{own['resourceType']}/{own.get('id', '0')}").value
    if was != now:  # but for keys of items, which the document gives
        before, after = (parse(dump(native_dump(one))) if one is not None else None for one in (was, now))
        yield _broken("law/fhir", str(source.tree["entity"]), _differs(before, after))


def _differs(one: Tree, other: Tree, at: Path = ()) -> Path:
    """Return the first place at which two trees differ."""
    if isinstance(one, dict) and isinstance(other, dict):
        for key in (*one, *(key for key in other if key not in one)):
            if key not in one or key not in other or one[key] != other[key]:
                return _differs(one.get(key), other.get(key), (*at, key))
    if isinstance(one, list) and isinstance(other, list):
        for n, (mine, its) in enumerate(zip(one, other, strict=False)):
            if mine != its:
                return _differs(mine, its, (*at, n))
    return at


def _broken(rule: str, kind: str, at: Path) -> Finding:
    fix = "This is a mistake of Planbridge: please report it with the document's structure, without its values."
    text = f"the way there and back changes this. {_LAWS[rule]}"
    return Finding(place(kind, at), "exception", text, fix, "error", rule, at, "law")


def _refused(rule: str, issue: Issue) -> Finding:
    text = f"the law could not be proved: {issue.text}. {_LAWS[rule]}"
    return Finding(issue.path, issue.code, text, issue.fix, "error", rule, (), "law")
