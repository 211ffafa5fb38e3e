"""A document's resources and codings, each judged by what its instrument says."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from mappings.check.instrument import OTHER_NAMES, is_known
from mappings.check.instrument.codes import Reports, of_coding
from mappings.check.instrument.forms import is_known_link, of_form, of_response
from mappings.check.instrument.scores import of_goal, of_observation
from mappings.check.rules import Finding
from mappings.nodes import Node, has_node, nodes, numbered
from mappings.terms.instruments import DECLINED, ITEMS, LABELS, PANELS, TOTALS, named
from mappings.tree import Path, Tree

_NAMED = ("Questionnaire", "QuestionnaireResponse", "Observation")


def judged(tree: Node, release: str) -> list[Finding]:
    """Return the findings of a document. Raises RecursionError for one that is nested too deeply."""
    if not has_node(tree, _may_be_found):
        return []
    reports = Reports(str(tree.get("resourceType")), release)
    resources, codings = _found(tree)
    for at, one in resources:
        kind = one["resourceType"]
        if kind == "Questionnaire":
            of_form(reports, one, at)
        elif kind == "QuestionnaireResponse":
            of_response(reports, one, at, _own_form(one))
        elif kind == "Observation":
            of_observation(reports, one, at)
        elif kind == "Goal":
            of_goal(reports, one, at)
    for at, one, near in codings:
        if one["system"] in OTHER_NAMES:
            right = OTHER_NAMES[one["system"]]
            reports.add("system", (*at, "system"), f"the uri of this code system is {right}", f"Write {right}.")
        else:
            of_coding(reports, one, at, near)
    return reports.found


def judged_by(response: Node, form: Node, release: str) -> list[Finding]:
    """Return what is found in a response only by its form."""
    alone, beside = Reports("QuestionnaireResponse", release), Reports("QuestionnaireResponse", release)
    of_response(alone, response, (), _own_form(response))
    of_response(beside, response, (), form)
    said = {(one.rule, one.at) for one in alone.found}
    return [one for one in beside.found if (one.rule, one.at) not in said]


_EVERYDAY = frozenset({"LA33-6", "LA32-8", *DECLINED})
"""Answers that any form may have: yes, no, and none."""
_INTERESTING = frozenset({*ITEMS, *TOTALS, *PANELS, *LABELS} - _EVERYDAY)


def _may_be_found(node: Node) -> bool:
    """Return whether anything may be found in an object: most codes are of no instrument, and are as they should be."""
    return (
        ("system" in node and is_known(node["system"]) and _may_be_wrong(node))
        or ("linkId" in node and is_known_link(node["linkId"]))
        or ("resourceType" in node and _is_named(node))
    )


def _may_be_wrong(node: Node) -> bool:
    if "concept" in node:
        return True
    code, label = node.get("code"), node.get("display")
    if not isinstance(code, str):
        return False
    return code in _INTERESTING or _is_wrong(str(node["system"]), code, label if isinstance(label, str) else "")


@lru_cache(maxsize=8192)
def _is_wrong(system: str, code: str, label: str) -> bool:
    if system in OTHER_NAMES:
        return True
    reports = Reports("", "R4")
    of_coding(reports, {"system": system, "code": code, "display": label}, (), None)
    return bool(reports.found)


def _is_named(resource: Node) -> bool:
    """Return whether an instrument is named: in a form's title, in the form of a response, in the text of a score."""
    url, code = resource.get("url") or resource.get("questionnaire"), resource.get("code")
    texts = [resource.get("title"), resource.get("name"), resource.get("id"), url]
    texts += [code.get("text")] if isinstance(code, dict) else []
    return resource["resourceType"] in _NAMED and bool(named(*texts))


def _own_form(response: Node) -> Node | None:
    name = response.get("questionnaire")
    return next((one for one in nodes(response, "contained") if f"#{one.get('id')}" == name), None)


Coding = tuple[Path, Node, Tree]
"""Where a coding stands, the coding, and the text beside it."""


def _found(tree: Node) -> tuple[list[tuple[Path, Node]], list[Coding]]:
    """Return the resources of a document, and its codings of systems that are known, in document order."""
    resources: list[tuple[Path, Node]] = []
    codings: list[Coding] = []
    waiting: list[tuple[Path, Tree, Tree]] = [((), tree, None)]
    while waiting:
        at, node, near = waiting.pop()
        if isinstance(node, list):
            waiting.extend(
                ((*at, n), one, near) for n, one in reversed(list(enumerate(node))) if isinstance(one, dict | list)
            )
            continue
        if isinstance(node.get("resourceType"), str):
            resources.append((at, node))
        if is_known(node.get("system")):
            codings.extend(_codings(at, node, near))
        text = node.get("text")  # of a CodeableConcept; that of an item is its question
        waiting.extend(
            ((*at, key), value, text if key == "coding" else None)
            for key, value in reversed(list(node.items()))
            if isinstance(value, dict | list)
        )
    return resources, codings


def _codings(at: Path, node: Node, near: Tree) -> Iterator[Coding]:
    """Yield a coding, or those of a part of a value set; that part itself, where its system is not named by its uri."""
    if node["system"] in OTHER_NAMES:
        if "code" in node or "concept" in node:
            yield at, node, near
        return
    if isinstance(node.get("code"), str):
        yield at, node, near
    for n, one in numbered(node, "concept"):
        if isinstance(one.get("code"), str):
            yield (*at, "concept", n), {"system": node["system"], **one}, None
