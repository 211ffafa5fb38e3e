"""Codes of known instruments against their questions, answers, weights and scores, wherever they stand.

    documents.py   what is judged in a document           rules.py   the rules in words
    forms.py       questionnaires and responses           codes.py   a code by itself
    options.py     the answers that a form offers         shape.py   forms with codes of their own
    scores.py      observations and goals
    mappings/terms/instruments.py, labels.py                         the facts, with their sources

Nothing is said of an instrument that is not known, of another language's labels, or of a deployment's own codes.
An answer is never repeated in a finding. A document that has nothing of this loads none of it.
"""

from __future__ import annotations

from collections.abc import Iterator

from mappings.check.rules import Finding
from mappings.nodes import Node, has_node
from mappings.terms.systems import LOINC, UCUM
from mappings.tree import Tree

SYSTEMS = frozenset(
    {
        LOINC,
        "http://snomed.info/sct",
        "http://hl7.org/fhir/sid/icd-10",
        "http://hl7.org/fhir/sid/icd-10-cm",
        "http://www.nlm.nih.gov/research/umls/rxnorm",
    }
)
"""The code systems that are judged here."""

_OIDS = {
    LOINC: "2.16.840.1.113883.6.1",
    "http://snomed.info/sct": "2.16.840.1.113883.6.96",
    "http://www.nlm.nih.gov/research/umls/rxnorm": "2.16.840.1.113883.6.88",
    UCUM: "2.16.840.1.113883.6.8",
}


def _spellings(uri: str) -> Iterator[str]:
    rest = uri.removeprefix("http://")
    for named in {rest, f"www.{rest}".replace("www.www.", "www."), rest.removeprefix("www.")}:
        yield from (f"{scheme}://{named}{end}" for scheme in ("http", "https") for end in ("", "/"))


OTHER_NAMES = {name: uri for uri, oid in _OIDS.items() for name in (*_spellings(uri), f"urn:oid:{oid}") if name != uri}
"""What is written for the uri of a code system, and the uri itself. "If a URI is defined here, it SHALL be used in
preference to any other identifying mechanisms": https://hl7.org/fhir/R4/terminologies-systems.html"""


def is_known(system: Tree) -> bool:
    """Return whether codes of a system are judged here, by its uri or by what is written for it."""
    return isinstance(system, str) and (system in SYSTEMS or system in OTHER_NAMES)


def judge_instruments(tree: Tree, release: str) -> list[Finding]:
    """Return what contradicts a known instrument or code in one document. Never raises.

    A response is judged by what it says itself; where its form is at hand, `judge_response_by` says the rest.
    """
    if not isinstance(tree, dict) or not has_node(tree, _is_of_interest):
        return []
    from mappings.check.instrument.documents import judged

    try:
        return judged(tree, release)
    except RecursionError:
        return []  # which `check` says


def judge_response_by(response: Tree, form: Tree, release: str) -> list[Finding]:
    """Return what is found in a response only by its form: whose items' codes stand in the form alone. Never raises."""
    if not isinstance(response, dict) or not isinstance(form, dict) or not has_node(form, _is_of_interest):
        return []
    from mappings.check.instrument.documents import judged_by

    try:
        return judged_by(response, form, release)
    except RecursionError:
        return []  # which `check` says


def _names_bam(text: Tree) -> bool:
    """Return whether a text may name the one instrument that is told by its name alone, for it has no codes."""
    return isinstance(text, str) and ("BAM" in text or "rief Addiction" in text or "rief addiction" in text)


def _is_of_interest(node: Node) -> bool:
    """Return whether an object may be judged here, or something in it."""
    return is_known(node.get("system")) or "linkId" in node or _names_bam(node.get("text"))
