"""Documents that lie together: references between them, and responses against the questionnaires beside them.

    found = check_set({"r4/plan.json": tree, "r4/phq-9.json": form, "r4/answers.json": response}, "R4")
    found["r4/answers.json"] -> [Finding(level="answer", ...)]

For commands that read a folder: add what this returns for a name to what `check` says of that document. Names are the
caller's, and mean nothing here; a Bundle stands under one name, its entries know each other and the other documents.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import islice

from mappings.check.answers.beside import AtHand
from mappings.check.findings import MAX_FINDINGS, within
from mappings.check.instrument import judge_response_by
from mappings.check.references import nowhere
from mappings.check.rules import SPECIFICATION, Finding
from mappings.nodes import resources
from mappings.tree import Tree, as_tree


def check_set(docs: Mapping[str, Tree], release: str, *, beside: Iterable[Tree] = ()) -> dict[str, list[Finding]]:
    """Return name -> findings of reference, answer and instrument for each document; at most MAX_FINDINGS each.

    A reference leads nowhere where the documents hold others of its type: one document alone is sent without the rest.
    `beside` are questionnaires and value sets that are at hand and not judged here; those of `docs` come first.

    `release` is the one of all these documents; call it once for each release of a folder. A name whose document is no
    FHIR resource has no findings. Documents are trees, or what Python's json reads. Never raises for any of them; an
    unknown release raises KeyError.
    """
    SPECIFICATION[release]
    docs, beside = {name: as_tree(one) for name, one in docs.items()}, [as_tree(one) for one in beside]
    held = {name: list(resources(tree)) for name, tree in docs.items()}
    given = (one for each in beside for _, one in resources(each))
    hand = AtHand((one for each in held.values() for _, one in each), release, beside=given)
    names = {f"{one.get('resourceType')}/{one.get('id')}" for each in held.values() for _, one in each if "id" in one}
    alone = len(docs) == 1  # what it refers to of its own type need not be beside it
    found: dict[str, list[Finding]] = {}
    for name, tree in docs.items():
        named = set() if alone else names
        mine = found[name] = _nowhere(tree, named, release)
        for at, one in held[name]:
            if one.get("resourceType") == "QuestionnaireResponse":
                by_form = judge_response_by(one, hand.form_of(one), release)
                mine += (within(each, str(tree.get("resourceType")), at) for each in (*hand.judged(one), *by_form))
        del mine[MAX_FINDINGS:]
    return found


def _nowhere(tree: Tree, named: set[str], release: str) -> list[Finding]:
    try:
        return list(islice(nowhere(tree, named, release, together=False), MAX_FINDINGS))
    except RecursionError:
        return []  # which `check` says
