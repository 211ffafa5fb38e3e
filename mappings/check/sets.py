"""Documents that lie together: references between them, and responses against the questionnaires beside them.

    found = check_set({"r4/plan.json": tree, "r4/phq-9.json": form, "r4/answers.json": response}, "R4")
    found["r4/answers.json"] -> [Finding(level="answer", ...)]

For commands that read a folder: add what this returns for a name to what `check` says of that document. Names are the
caller's, and mean nothing here; a Bundle stands under one name, its entries know each other and the other documents.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import islice

from mappings.check.answer_values import Node, nodes
from mappings.check.answers import finding, judge_answers
from mappings.check.findings import MAX_FINDINGS, place
from mappings.check.references import nowhere
from mappings.check.rules import SPECIFICATION, Finding
from mappings.tree import Path, Tree


def check_set(docs: Mapping[str, Tree], release: str, *, beside: Iterable[Tree] = ()) -> dict[str, list[Finding]]:
    """Return name -> findings of the levels reference and answer, for each document; at most MAX_FINDINGS each.

    A reference leads nowhere where the documents hold others of its type: one document alone is sent without the rest.
    `beside` are questionnaires and value sets that are at hand and not judged here; those of `docs` come first.

    `release` is the one of all these documents; call it once for each release of a folder. A name whose document is no
    FHIR resource has no findings. Never raises for any trees; an unknown release raises KeyError.
    """
    SPECIFICATION[release]
    resources = {name: list(_resources(tree)) for name, tree in docs.items()}
    canonicals = _Canonicals(one for each in resources.values() for _, one in each).else_of(beside)
    names = {
        f"{one.get('resourceType')}/{one.get('id')}" for each in resources.values() for _, one in each if "id" in one
    }
    alone = len(docs) == 1  # what it refers to of its own type need not be beside it
    found: dict[str, list[Finding]] = {}
    for name, tree in docs.items():
        named = set() if alone else names
        mine = found[name] = _nowhere(tree, named, release)
        for at, one in resources[name]:
            if one.get("resourceType") == "QuestionnaireResponse":
                mine += _moved(_of_response(one, canonicals, release), tree, at)
        del mine[MAX_FINDINGS:]
    return found


def check_answers(response: Tree, release: str) -> list[Finding]:
    """Return what is wrong with the answers of one response, when all there is beside it is what it contains."""
    return _of_response(response, _Canonicals(()), release) if isinstance(response, dict) else []


def _nowhere(tree: Tree, named: set[str], release: str) -> list[Finding]:
    try:
        return list(islice(nowhere(tree, named, release, together=False), MAX_FINDINGS))
    except RecursionError:
        return []  # which `check` says


class _Canonicals:
    """Questionnaires and value sets by what may name them: url, url|version, Type/id."""

    def __init__(self, resources: Iterator[Node] | tuple[Node, ...]) -> None:
        self.forms: dict[str, list[Node]] = defaultdict(list)
        self.value_sets: dict[str, Node] = {}
        for one in resources:
            kind, url = one.get("resourceType"), one.get("url")
            if kind == "Questionnaire":
                for name in (url, f"{url}|{one.get('version')}", f"Questionnaire/{one.get('id')}"):
                    if isinstance(name, str):
                        self.forms[name].append(one)
            elif kind == "ValueSet" and isinstance(url, str):
                self.value_sets.setdefault(url, one)
                self.value_sets[f"{url}|{one.get('version')}"] = one

    def else_of(self, beside: Iterable[Tree]) -> _Canonicals:
        """Return these and, under the names that none of them has, what lies beside them."""
        others = _Canonicals(one for each in beside for _, one in _resources(each))
        for name, forms in others.forms.items():
            self.forms.setdefault(name, forms)
        self.value_sets = others.value_sets | self.value_sets
        return self


def _of_response(response: Node, canonicals: _Canonicals, release: str) -> list[Finding]:
    named = response.get("questionnaire")
    if not isinstance(named, str):
        # R5 demands the element, R4's notes allow a response without one; what is no text has its own finding
        what = "" if "questionnaire" in response or release == "R5" else "the response names no questionnaire"
    elif named.startswith("#"):
        inner = [one for one in nodes(response, "contained") if f"#{one.get('id')}" == named]
        if inner:
            return judge_answers(response, inner[0], release, value_sets=canonicals.value_sets)
        what = ""  # ref-1 has said it
    else:
        forms = canonicals.forms.get(named, [])
        if len(forms) == 1 or (forms and all(one == forms[0] for one in forms)):
            return judge_answers(response, forms[0], release, value_sets=canonicals.value_sets)
        others = canonicals.forms.get(named.partition("|")[0])
        what = "the questionnaire is not at hand"
        if forms:
            what = "several questionnaires have this url, and the response does not say which version"
        elif others:
            what = "the questionnaire is at hand in another version only"
    at = ("questionnaire",)
    return [finding("answer/not-checked", "QuestionnaireResponse", at, what, release)] if what else []


def _resources(tree: Tree) -> Iterator[tuple[Path, Node]]:
    """Yield a document and the entries of a Bundle, each with its place."""
    if not isinstance(tree, dict):
        return
    yield (), tree
    entries = tree.get("entry") if tree.get("resourceType") == "Bundle" else None
    for n, entry in enumerate(entries if isinstance(entries, list) else ()):
        inner = entry.get("resource") if isinstance(entry, dict) else None
        if isinstance(inner, dict):
            yield ("entry", n, "resource"), inner


def _moved(findings: list[Finding], tree: Node, at: Path) -> list[Finding]:
    """Return findings of an entry as those of its Bundle."""
    if not at:
        return findings
    return [
        replace(one, at=(*at, *one.at), path=place(str(tree.get("resourceType")), (*at, *one.at))) for one in findings
    ]
