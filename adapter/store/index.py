"""By which words a document is found: one table of search parameters, read from the tree when it is put.

Only elements that stand at the top of a resource, which all of these do:
https://hl7.org/fhir/R4/searchparameter-registry.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from mappings.lens.documents import Refused
from mappings.tree import Tree

ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")
TYPE = re.compile(r"[A-Z][A-Za-z]{0,63}")
_LITERAL = re.compile(rf"({TYPE.pattern})/({ID.pattern})(?:/_history/{ID.pattern})?")


class Parameter(NamedTuple):
    """A search parameter of a resource type, the element it reads, and how.

    kind    identifier, code, concept: tokens · reference, patient (references to Patient only), actor (the same of
            participants) · canonical · uri
    system  the code system of a bare code, which the document leaves unsaid: HL7 names it as the binding's value set
    """

    name: str
    kind: str
    element: str
    system: str


class Term(NamedTuple):
    """One indexed value: a token's system and code, a reference's type and id (or "" and a URL), "" and a URI."""

    param: str
    system: str
    value: str


Terms = dict[str, set[Term]]
"""The terms of a document by FHIR release: as each shows it."""

RELEASES = ("R4", "R5")
"""Releases in which documents can be searched."""

_ABOUT = (
    "CarePlan Goal QuestionnaireResponse ServiceRequest CareTeam Condition Observation DocumentReference"
    " MedicationRequest MedicationStatement RiskAssessment"
)
_OF_PATIENT = "Consent EpisodeOfCare RelatedPerson"
_IDENTIFIED = f"{_ABOUT} {_OF_PATIENT} Appointment Patient Questionnaire"
_CATEGORISED = (
    "CarePlan Goal ServiceRequest CareTeam Condition Observation Consent DocumentReference MedicationRequest"
    " MedicationStatement"
)

# fmt: off
_ROWS = (
    # parameter         kind          element            resource types           code system of a bare code
    ("identifier",        "identifier", "identifier",      _IDENTIFIED,             ""),
    ("subject",           "reference",  "subject",         _ABOUT,                  ""),
    ("patient",           "patient",    "subject",         _ABOUT,                  ""),
    ("patient",           "patient",    "patient",         _OF_PATIENT,             ""),
    ("patient",           "patient",    "subject",         "Consent",               ""),  # where R5 has it
    ("patient",           "actor",      "participant",     "Appointment",           ""),
    ("patient",           "patient",    "target",          "Provenance",            ""),
    ("target",            "reference",  "target",          "Provenance",            ""),
    ("status",            "code",       "status",          "CarePlan",              "request-status"),
    ("status",            "code",       "status",          "ServiceRequest",        "request-status"),
    ("status",            "code",       "status",          "Questionnaire",         "publication-status"),
    ("status",            "code",       "status",          "QuestionnaireResponse", "questionnaire-answers-status"),
    ("status",            "code",       "status",          "CareTeam",              "care-team-status"),
    ("status",            "code",       "status",          "Observation",           "observation-status"),
    ("status",            "code",       "status",          "Consent",               "consent-state-codes"),
    ("status",            "code",       "status",          "Appointment",           "appointmentstatus"),
    ("status",            "code",       "status",          "DocumentReference",     "document-reference-status"),
    ("status",            "code",       "status",          "EpisodeOfCare",         "episode-of-care-status"),
    ("status",            "code",       "status",    "MedicationRequest",     "CodeSystem/medicationrequest-status"),
    ("status",            "code",       "status",    "MedicationStatement",   "CodeSystem/medication-statement-status"),
    ("lifecycle-status",  "code",       "lifecycleStatus", "Goal",                  "goal-status"),
    ("category",          "concept",    "category",        _CATEGORISED,            ""),
    ("questionnaire",     "canonical",  "questionnaire",   "QuestionnaireResponse", ""),
    ("url",               "uri",        "url",             "Questionnaire",         ""),
    # Any other type is only stored: it is found by its identifier and its person.
    ("identifier",        "identifier", "identifier",      "*",                     ""),
    ("subject",           "reference",  "subject",         "*",                     ""),
    ("patient",           "patient",    "subject",         "*",                     ""),
    ("patient",           "patient",    "patient",         "*",                     ""),
)
# fmt: on

_BY_TYPE: dict[str, tuple[Parameter, ...]] = {
    kind: tuple(
        Parameter(name, how, element, "http://hl7.org/fhir/" + system if system else "")
        for name, how, element, types, system in _ROWS
        if kind in types.split()
    )
    for kind in " ".join(row[3] for row in _ROWS).split()
}


def parameters(type: str) -> tuple[Parameter, ...]:  # noqa: A002 - FHIR's word
    """Return the indexed search parameters of a resource type (`_id` and `_lastUpdated` are every type's)."""
    return _BY_TYPE.get(type, _BY_TYPE["*"])


def terms(type: str, tree: Tree) -> set[Term]:  # noqa: A002
    """Return what a document of that type is found by. What is not shaped as FHIR says is not indexed."""
    found: set[Term] = set()
    for name, kind, element, system in parameters(type):
        for value in _list(tree.get(element)):
            found.update(Term(name, *pair) for pair in _READ[kind](value, system))
    return found


def terms_in(release: str, type: str, tree: Tree) -> Terms:  # noqa: A002
    """Return what a document, born in a release, is found by in each release: the other one searches its conversion."""
    from mappings.releases import convert

    try:
        return {each: terms(type, tree if each == release else convert(tree, release, each)) for each in RELEASES}
    except Refused:  # what cannot be said in the other release is not found there
        return {release: terms(type, tree)}


def subject(type: str, id: str, tree: Tree) -> str:  # noqa: A002
    """Return "Patient/<id>" of the person whom a document is about, or "" if it names nobody of this store.

    A type without an element for it is about the one person whom its parts name; where they name two, about nobody.
    """
    if type == "Patient":
        return f"Patient/{id}"
    for element in ("subject", "patient"):
        for kind, name in _reference(tree.get(element), ""):
            if kind == "Patient":
                return f"Patient/{name}"
    named = {
        f"Patient/{name}"
        for element, inside in _PARTS.get(type, ())
        for part in _list(tree.get(element))
        for kind, name in _reference(part.get(inside) if inside and isinstance(part, dict) else part, "")
        if kind == "Patient"
    }
    return named.pop() if len(named) == 1 else ""


_PARTS = {"Appointment": (("participant", "actor"),), "Provenance": (("target", ""), ("agent", "who"))}
"""Type -> (element, the reference in it, "" for the element itself) of the parts that may name its person."""


def mentions(tree: Tree) -> set[tuple[str, str]]:
    """Return type and id of all that a document refers to by a relative literal reference, at any depth."""
    return {target for text in references(tree) if (target := literal(text)) is not None}


def mentions_in(body: bytes) -> set[tuple[str, str]]:
    """Return the mentions of a document that no tree can hold: each of its duplicate keys counts."""
    return mentions(json.loads(body.decode("utf-8-sig"), object_pairs_hook=_Pairs, parse_int=str))


def literal(reference: str) -> tuple[str, str] | None:
    """Return ("Goal", "g1") for "Goal/g1" or "Goal/g1/_history/2", None for any other reference."""
    found = _LITERAL.fullmatch(reference)
    return (found[1], found[2]) if found else None


class _Pairs(list[tuple[str, Any]]):
    """A JSON object with all its members, duplicate ones too."""


def references(node: Tree | _Pairs) -> Iterator[str]:
    """Yield each Reference.reference of a tree, contained resources included."""
    if isinstance(node, dict | _Pairs):
        for key, value in node.items() if isinstance(node, dict) else node:
            if key == "reference" and isinstance(value, str):
                yield value
            else:
                yield from references(value)
    elif isinstance(node, list):
        for item in node:
            yield from references(item)


def _list(value: Tree) -> list[Tree]:
    return value if isinstance(value, list) else [value]


def _text(value: Tree) -> str:
    return value if type(value) is str else ""


def _identifier(value: Tree, _: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict) and _text(value.get("value")):
        yield _text(value.get("system")), value["value"]


def _code(value: Tree, system: str) -> Iterator[tuple[str, str]]:
    if _text(value):
        yield "", value  # `|active`: the element itself names no system
        yield system, value


def _concept(value: Tree, _: str) -> Iterator[tuple[str, str]]:
    for coding in _list(value.get("coding")) if isinstance(value, dict) else ():
        if isinstance(coding, dict) and _text(coding.get("code")):
            yield _text(coding.get("system")), coding["code"]


def _reference(value: Tree, _: str) -> Iterator[tuple[str, str]]:
    text = _text(value.get("reference")) if isinstance(value, dict) else ""
    if text and not text.startswith("#"):
        yield literal(text) or ("", text)


def _patient(value: Tree, _: str) -> Iterator[tuple[str, str]]:
    # An absolute URL says its type in the last segment but one: http://ehr.example/fhir/Patient/7
    yield from (
        pair for pair in _reference(value, "") if pair[0] == "Patient" or pair[1].split("/")[-2:-1] == ["Patient"]
    )


def _actor(value: Tree, _: str) -> Iterator[tuple[str, str]]:
    yield from _patient(value.get("actor") if isinstance(value, dict) else None, "")


def _canonical(value: Tree, _: str) -> Iterator[tuple[str, str]]:
    if _text(value):
        url, _, version = value.partition("|")
        yield version, url


def _uri(value: Tree, _: str) -> Iterator[tuple[str, str]]:
    if _text(value):
        yield "", value


_READ = {
    "identifier": _identifier,
    "code": _code,
    "concept": _concept,
    "reference": _reference,
    "patient": _patient,
    "actor": _actor,
    "canonical": _canonical,
    "uri": _uri,
}
