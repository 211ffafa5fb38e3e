"""A person's documents as a receiver wants them, and what still keeps them from being so."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from mappings.check.profile import held_to
from mappings.issues import Issue
from mappings.lens.documents import Docs, Refused
from mappings.profiles.abdm import ABDM
from mappings.profiles.mcc import MCC
from mappings.profiles.mends import Desk, Moved, Object
from mappings.profiles.rules import Profile, ProfileIssue, Receiver, Rule, listed, places
from mappings.profiles.sdc import SDC_4
from mappings.profiles.us_core import US_CORE_6, US_CORE_9
from mappings.tree import Path, Tree, fhirpath, get, replaced

RECEIVERS: dict[str, Receiver] = {one.name: one for one in (US_CORE_9, US_CORE_6, MCC, SDC_4, ABDM)}
"""Name -> what that receiver wants. All of them are guides of FHIR R4."""

RELEASE = "R4"


@dataclass(frozen=True, slots=True)
class Outfit:
    """What a receiver is sent.

    docs    the whole set; documents that needed nothing are the same objects, made ones stand beside them
    issues  what was done and, as errors and warnings, what only somebody who knows can mend
    moved   what stands elsewhere or not at all in what is sent; everything else was added to
    """

    docs: Docs
    issues: tuple[Issue, ...] = ()
    moved: tuple[Moved, ...] = ()


def outfit(docs: Docs, root: str, receiver: str, *, when: str = "") -> Outfit:
    """Return the documents of one person or plan as a receiver wants them; `docs` stay as they are.

    `root` is the plan, for receivers who want a plan bound in a record of its own; `when` is the time at which such a
    record is put together, a FHIR dateTime with an offset. What may leave at all is decided before (the gate): a
    narrative that is generated here tells everything that the documents hold.
    A document claims the profile in meta.profile only where nothing that the profile demands is left open.

    Raises KeyError for an unknown receiver or root, Refused where the documents are not FHIR R4.
    """
    wanted, _ = RECEIVERS[receiver], docs[root]
    if docs.release != RELEASE:
        text, fix = f"{wanted.title} is a guide of {RELEASE}", f"Convert the documents to {RELEASE} first."
        raise Refused(Issue("", "not-supported", text, fix, "error", "profile/release"))
    desk = Desk(receiver, docs, when)
    ready = _ready(docs, list(docs), wanted, desk)
    if wanted.record is not None:
        opened = wanted.record.opened(ready, root, desk)
        ready = _ready(ready.replaced(opened), list(opened), wanted, desk)
        for composition in opened:
            ready = ready.replaced(wanted.record.bound(ready, composition, desk))
    return Outfit(ready, (*desk.issues, *violations(ready, receiver)), tuple(desk.moved))


def violations(docs: Docs, receiver: str) -> tuple[Issue, ...]:
    """Return what a receiver's profiles demand or want and the documents do not say, whatever they claim to be.

    Errors are demands of the definitions beyond base FHIR, warnings what the guide wants beside them. Base FHIR itself
    is `mappings.check`. Raises KeyError for an unknown receiver.
    """
    return tuple(issue for ref in docs for issue in _open(RECEIVERS[receiver], ref, docs[ref]))


def _ready(docs: Docs, names: list[str], wanted: Receiver, desk: Desk) -> Docs:
    """Return the set with these documents, and those that this makes of them, made ready."""
    for ref in names:
        desk.docs, desk.document, desk.made = docs, ref, {}
        tree = _mended(docs[ref], wanted, desk)
        docs = docs.replaced({ref: tree, **desk.made})
        names += desk.made
        if isinstance(tree, dict) and not any(one.severity == "error" for one in _open(wanted, ref, tree)):
            docs = docs.replaced({ref: _claimed(tree, wanted)})
    return docs


def _mended(tree: Tree, wanted: Receiver, desk: Desk) -> Tree:
    if not isinstance(tree, dict):
        return tree
    for n, part in enumerate(listed(tree, "contained")):
        if isinstance(part, dict):
            desk.inside = ("contained", n)
            new = _by_rules(part, wanted.profiles_of(part, contained=True), desk)
            tree = tree if new is part else replaced(tree, desk.inside, new)
    desk.inside = ()
    return _by_rules(tree, wanted.profiles_of(tree), desk)


def _by_rules(resource: Object, profiles: Iterator[Profile], desk: Desk) -> Object:
    desk.resource = resource
    for profile in profiles:
        for rule in profile.rules:
            for path, _, name in list(places(desk.resource, rule.at)) if rule.made else ():
                parent = get(desk.resource, path)
                if rule.made is not None and any(True for _ in rule.demand.faults(parent, name)):
                    desk.at = path
                    new = rule.made(parent, name, desk)
                    if new is not parent:
                        desk.resource = replaced(desk.resource, path, new) if path else new
    desk.at = ()
    return desk.resource


def _open(wanted: Receiver, ref: str, tree: Tree) -> Iterator[ProfileIssue]:
    if not isinstance(tree, dict):
        return
    yield from _unmet(wanted, ref, (), tree, whole=tree, profiles=wanted.profiles_of(tree))
    for n, part in enumerate(listed(tree, "contained")):
        if isinstance(part, dict):
            meant = wanted.profiles_of(part, contained=True)
            yield from _unmet(wanted, ref, ("contained", n), part, whole=tree, profiles=meant)


def _unmet(
    wanted: Receiver, ref: str, inside: Path, resource: Object, *, whole: Object, profiles: Iterator[Profile]
) -> Iterator[ProfileIssue]:
    """Yield what the definitions demand, by level profile of check, and what the guide wants beside them."""
    for profile in profiles:
        for found, element in held_to(whole, profile.urls, inside):
            if found.severity == "error":
                rule = f"{wanted.name}/{re.sub(r':[^.]+', '', element) or found.rule}"
                yield ProfileIssue(found.path, found.code, found.text, found.fix, "error", rule, ref, found.at)
        for row in profile.rules:
            for path, parent, name in places(resource, row.at) if row.severity != "error" else ():
                for below, text in row.demand.faults(parent, name):
                    yield _issue(wanted, row, ref, (*inside, *path, *below), text)


def _issue(wanted: Receiver, rule: Rule, ref: str, at: Path, text: str) -> ProfileIssue:
    kind = ref.partition("/")[0]
    name = f"{wanted.name}/{kind}.{rule.at}".removesuffix(".")
    said = f"{text} ({wanted.title}, {rule.source})"
    return ProfileIssue(fhirpath(kind, at), rule.demand.code, said, rule.demand.fix, rule.severity, name, ref, at)


def _claimed(tree: Object, wanted: Receiver) -> Object:
    """Return a document that says which profiles it meets."""
    urls = [url for profile in wanted.profiles_of(tree) for url in profile.urls]
    meta = tree.get("meta")
    held: Object = meta if isinstance(meta, dict) else {}
    new = [url for url in urls if url not in listed(held, "profile")]
    if not new:
        return tree
    claimed = {**held, "profile": [*listed(held, "profile"), *new]}
    if "meta" in tree:
        return {**tree, "meta": claimed}
    head: Object = {key: tree[key] for key in ("resourceType", "id") if key in tree}
    return {**head, "meta": claimed, **tree}
