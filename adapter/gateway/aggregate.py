"""A plan is an aggregate: what it names is read and written with it, in one transaction, under one ETag.

    CarePlan ── goal, activity, addresses, careTeam, supportingInfo, the agreement ──> the records that these name

Pure but for reading the store that it is handed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import is_dataclass
from typing import Any

from adapter.disclosure.releases import stored
from adapter.store import Document, Transaction
from adapter.store.index import literal, mentions
from mappings.lens.documents import Docs
from mappings.model.values import Member, Ref
from mappings.nodes import nodes
from mappings.tables.care_plan import PERSON_AGREEMENT
from mappings.tree import NotJSON, Tree

MEMBERS = ("goal", "activity", "addresses", "careTeam", "supportingInfo")
"""Elements of a CarePlan whose targets are its members: https://hl7.org/fhir/R4/careplan.html"""


def gathered(tx: Transaction, root: Document, named: Iterable[tuple[str, str]] = ()) -> dict[str, Document]:
    """Return a record and its living members by reference, the record first. `named` are further members."""
    tree = tree_of(root)
    found = {root.reference: root}
    wanted = set(named)
    if root.type == "CarePlan" and isinstance(tree, dict):
        wanted |= mentions({name: tree[name] for name in MEMBERS if name in tree})
        wanted |= mentions(_agreement(tree))
    for target in sorted(wanted):
        document = tx.documents.get(*target)
        if document is not None and not document.deleted:
            found.setdefault(document.reference, document)
    return found


def _agreement(plan: dict[str, Tree]) -> Tree:
    """Return the extensions of a plan that name what the person said to it."""
    return [one for one in nodes(plan, "extension") if one.get("url") == PERSON_AGREEMENT]


def etag_of(documents: Mapping[str, Document]) -> str:
    """Return the ETag of an aggregate: another one as soon as any member has another version."""
    versions = "\n".join(sorted(f"{ref}/{one.version}" for ref, one in documents.items()))
    return f'W/"{hashlib.sha256(versions.encode()).hexdigest()[:32]}"'


def docs_of(documents: Mapping[str, Document]) -> Docs:
    """Return the document set of records; those that no tree can hold are not in it."""
    trees = {ref: tree_of(one) for ref, one in documents.items()}
    return Docs("R4", {ref: tree for ref, tree in trees.items() if tree is not None})


def tree_of(document: Document) -> Tree:
    """Return the stored tree of a record as R4 says it, None for one that no tree can hold."""
    try:
        return stored(document, "R4")
    except NotJSON:
        return None


def named_in(value: Any) -> set[tuple[str, str]]:
    """Return the records that the members of a native value name."""
    if isinstance(value, tuple):
        return {target for one in value for target in named_in(one)}
    if not is_dataclass(value):
        return set()
    here = {target} if isinstance(value, Member) and value.id and (target := literal(value.id)) else set()
    return here | {target for name in value.__dataclass_fields__ for target in named_in(getattr(value, name))}


def about(value: Any) -> str:
    """Return the person of a native value as a reference, "" for none."""
    person: Ref | None = getattr(value, "person", None)
    return person.id or "" if person is not None else ""
