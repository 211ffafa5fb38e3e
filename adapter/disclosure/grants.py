"""What a FHIR Consent says, as far as every element of it is understood: one table of what is, nothing assumed.

Source: https://hl7.org/fhir/R4/consent.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import date, datetime

from adapter.disclosure.consent import Grant, Identifier
from mappings.tables.record import RECORDED_AT, RECORDED_BY, SENSITIVITY, SHARE
from mappings.tree import Tree

Resolve = Callable[[str], Iterable[Identifier]]
"""Reference literal of an Organization -> the identifiers it bears; nothing where it is not known."""

# fmt: off
INTERPRETED: dict[str, dict[str, str]] = {
    # every element that is read or known not to change the decision; [] marks a list, * is not looked into
    "Consent": {
        "resourceType": "code",  "id": "code",            "meta": "Meta",              "text": "*",
        "identifier": "Identifier[]",                     "status": "code",
        "scope": "CodeableConcept",                       "category": "CodeableConcept[]",
        "patient": "Reference",  "dateTime": "dateTime",  "performer": "Reference[]",  "organization": "Reference[]",
        "sourceAttachment": "Attachment",                 "sourceReference": "Reference",
        "policy": "Policy[]",    "policyRule": "CodeableConcept",
        "verification": "Verification[]",                 "provision": "Provision",
        "extension": "Remark[]",
    },
    "Remark":          {"url": "remark", "valueReference": "Reference", "valueDateTime": "dateTime",
                        "valueCoding": "Coding", "valueCode": "code"},
    "Provision":       {"type": "code", "period": "Period", "actor": "Actor[]", "purpose": "Coding[]",
                        "class": "Coding[]"},
    "Actor":           {"role": "CodeableConcept", "reference": "Reference"},
    "Verification":    {"verified": "boolean", "verifiedWith": "Reference", "verificationDate": "dateTime"},
    "Policy":          {"authority": "uri", "uri": "uri"},
    "Meta":            {"profile": "uri[]", "versionId": "code", "lastUpdated": "dateTime",
                        "source": "uri"},  # which request brought it: HAPI stamps it on everything
    "Identifier":      {"use": "code", "type": "CodeableConcept", "system": "uri", "value": "string",
                        "period": "Period", "assigner": "Reference"},
    "Reference":       {"reference": "uri", "type": "uri", "identifier": "Identifier", "display": "string"},
    "CodeableConcept": {"coding": "Coding[]", "text": "string"},
    "Coding":          {"system": "uri", "version": "string", "code": "code", "display": "string",
                        "userSelected": "boolean"},
    "Period":          {"start": "dateTime", "end": "dateTime"},
    "Attachment":      {"contentType": "code", "language": "code", "data": "string", "url": "uri", "size": "number",
                        "hash": "string", "title": "string", "creation": "dateTime"},
}
# Not interpreted, among others: provision.provision, data, dataPeriod, code, securityLabel, action; other extensions.

OUT_OF_FORCE = frozenset({"draft", "proposed", "rejected", "inactive", "entered-in-error"})
PRIVACY      = ("http://terminology.hl7.org/CodeSystem/consentscope", "patient-privacy")
RECIPIENT    = ("http://terminology.hl7.org/CodeSystem/v3-ParticipationType", "IRCP")
PURPOSES     = "http://terminology.hl7.org/CodeSystem/v3-ActReason"
CLASSES      = "http://hl7.org/fhir/resource-types"
ACT_CODE     = "http://terminology.hl7.org/CodeSystem/v3-ActCode"

# Consent types and policies of v3-ActCode beside which a provision says what it says. Others (EMRGONLY: only in an
# emergency, OPTOUTE: except in an emergency ...) change it, and are not interpreted.
PLAIN_POLICIES = frozenset({"42CFRPart2", "42CFRPart2CD", "HIPAAConsentCD", "IDSCL", "OPTIN", "OPTOUT"})

# What the programme says of the record, not of the consent: who wrote it down and when, how sensitive, who may see it.
REMARKS = frozenset({RECORDED_BY, RECORDED_AT, SENSITIVITY, SHARE})
# fmt: on


def _unknown(_reference: str) -> Iterable[Identifier]:
    return ()


def read_consent(tree: Tree, resolve: Resolve = _unknown) -> Grant:
    """Return what a Consent says. Total: what cannot be read becomes a grant that is not clear, and so means no.

    `resolve` tells the identifiers of an Organization that the Consent names by reference.
    """
    if not isinstance(tree, dict):
        return Grant("", in_force=True, permits=False, clear=False)
    provision = tree.get("provision")
    permits = isinstance(provision, dict) and provision.get("type") == "permit"
    patient, in_force = _patient(tree.get("patient")), _in_force(tree)
    if not _interpreted(tree, "Consent") or not _plain(tree):
        return Grant(patient, in_force, permits, clear=False)
    assert isinstance(provision, dict)
    recipients = [_recipients(actor, resolve) for actor in provision.get("actor", [])]
    purposes = [_code(coding, PURPOSES) for coding in provision.get("purpose", [])]
    classes = [_code(coding, CLASSES) for coding in provision.get("class", [])]
    period = provision.get("period", {})
    return Grant(
        patient,
        in_force,
        permits,
        clear=bool(patient) and all(recipients) and all(purposes) and all(classes),
        start=period.get("start", ""),
        end=period.get("end", ""),
        recipients=frozenset(named for names in recipients for named in names),
        purposes=frozenset(purposes),
        classes=frozenset(classes),
    )


def _plain(tree: dict[str, Tree]) -> bool:
    """True where what stands around the provision leaves its meaning as it is. The shapes are known to be right."""
    concepts = [*tree.get("category", []), *([tree["policyRule"]] if "policyRule" in tree else [])]
    policies = {code for concept in concepts for system, code in _codings(concept) if system == ACT_CODE}
    return (
        tree.get("resourceType") == "Consent"
        and tree.get("status") == "active"
        and _codings(tree.get("scope", {})) == [PRIVACY]
        and policies <= PLAIN_POLICIES
        and all(check.get("verified") is True for check in tree.get("verification", []))
        and tree.get("provision", {}).get("type") in ("permit", "deny")
    )


def _in_force(tree: dict[str, Tree]) -> bool:
    changed = any(key in tree for key in ("_status", "modifierExtension", "implicitRules"))
    status = tree.get("status")
    return changed or not (isinstance(status, str) and status in OUT_OF_FORCE)


_PATIENT = re.compile(r"Patient/[A-Za-z0-9\-.]{1,64}")


def _patient(reference: Tree) -> str:
    literal = reference.get("reference") if isinstance(reference, dict) else None
    return literal if isinstance(literal, str) and _PATIENT.fullmatch(literal) else ""


def _recipients(actor: dict[str, Tree], resolve: Resolve) -> set[Identifier]:
    """Return the identifiers of a named recipient; none where the actor is anything else."""
    who = actor.get("reference", {})
    if _codings(actor.get("role", {})) != [RECIPIENT] or who.get("type", "Organization") != "Organization":
        return set()
    if "identifier" in who:
        found = {(who["identifier"].get("system", ""), who["identifier"].get("value", ""))}
    else:
        found = set(resolve(who.get("reference", "")))
    return {(system, value) for system, value in found if system and value}


def _codings(concept: dict[str, Tree]) -> list[tuple[str, str]]:
    return [(coding.get("system", ""), coding.get("code", "")) for coding in concept.get("coding", [])]


def _code(coding: dict[str, Tree], system: str) -> str:
    return str(coding.get("code", "")) if coding.get("system") == system else ""


def _interpreted(value: Tree, shape: str) -> bool:
    """True where the value has nothing but what INTERPRETED lists, in the JSON type that FHIR gives it."""
    if shape == "*":
        return True
    if shape.endswith("[]"):
        return isinstance(value, list) and bool(value) and all(_interpreted(item, shape[:-2]) for item in value)
    if shape in INTERPRETED:
        rows = INTERPRETED[shape]
        return (
            isinstance(value, dict)
            and bool(value)
            and all(key in rows and _interpreted(item, rows[key]) for key, item in value.items())
        )
    return _PRIMITIVES[shape](value)


def _text(value: Tree) -> bool:
    return type(value) is str and value.strip() == value != ""


_DATE_TIME = re.compile(
    r"\d{4}(-\d\d(-\d\d(T\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d))?)?)?", re.ASCII
)  # https://hl7.org/fhir/R4/datatypes.html#dateTime


def _date_time(value: Tree) -> bool:
    if type(value) is not str or not _DATE_TIME.fullmatch(value):
        return False
    try:
        if len(value) > len("2026-01-01"):
            datetime.fromisoformat(value)
        else:
            date.fromisoformat((value + "-01-01")[:10])
    except ValueError:
        return False
    return True


_PRIMITIVES: dict[str, Callable[[Tree], bool]] = {
    "code": _text,
    "uri": _text,
    "string": _text,
    "dateTime": _date_time,
    "boolean": lambda value: isinstance(value, bool),
    "remark": lambda value: isinstance(value, str) and value in REMARKS,
    "number": lambda value: type(value).__name__ == "Number",
}
