"""The least that each resource type demands: what `planbridge new fixture` writes. Pure.

The documents name each other by the ids that they are given: put into one folder, they are the records of one person.
"""

from __future__ import annotations

from typing import Any

from mappings.lens.documents import Docs
from mappings.native import ENTITIES
from mappings.native import dump as native_dump
from mappings.releases import converted
from mappings.translate import read
from mappings.tree import from_plain, pretty

_TERMS = "http://terminology.hl7.org/CodeSystem/"
_LOINC = "http://loinc.org"
_TEST = {"system": f"{_TERMS}v3-ActReason", "code": "HTEST"}  # test health data: it is nobody's
_PERSON = {"reference": "Patient/patient"}
_WORDS = {"text": "(in a few words)"}


def _coded(system: str, code: str) -> dict[str, Any]:
    return {"coding": [{"system": _TERMS + system, "code": code}]}


# fmt: off
_LEAST: dict[str, dict[str, Any]] = {
    # type                   what R4 demands of it, and what makes it one of the programme's
    "Appointment":           {"status": "booked", "start": "2026-01-05T10:00:00Z", "end": "2026-01-05T11:00:00Z",
                              "participant": [{"actor": _PERSON, "status": "accepted"}]},
    "CarePlan":              {"status": "active", "intent": "plan", "title": "(the plan's name)", "subject": _PERSON,
                              "addresses": [{"reference": "Condition/condition"}], "goal": [{"reference": "Goal/goal"}],
                              "activity": [{"reference": {"reference": "ServiceRequest/servicerequest"}}]},
    "CareTeam":              {"status": "active", "subject": _PERSON},
    "Condition":             {"clinicalStatus": _coded("condition-clinical", "active"),
                              "verificationStatus": _coded("condition-ver-status", "confirmed"),
                              "category": [_coded("condition-category", "problem-list-item")],
                              "code": _WORDS, "subject": _PERSON},
    "Consent":               {"status": "active", "scope": _coded("consentscope", "patient-privacy"),
                              "category": [{"coding": [{"system": _LOINC, "code": "59284-0"}]}], "patient": _PERSON,
                              "policy": [{"uri": "https://example.org/policy"}], "provision": {"type": "permit"}},
    "DocumentReference":     {"status": "current", "subject": _PERSON,
                              "content": [{"attachment": {"contentType": "application/pdf",
                                                          "url": "https://example.org/document.pdf"}}]},
    "EpisodeOfCare":         {"status": "active", "patient": _PERSON},
    "Goal":                  {"lifecycleStatus": "active", "description": {"text": "(the goal, in clinical words)"},
                              "subject": _PERSON, "expressedBy": _PERSON,
                              "extension": [{"url": "http://hl7.org/fhir/StructureDefinition/originalText",
                                             "valueString": "(the person's own words)"}]},
    "MedicationRequest":     {"status": "active", "intent": "order", "medicationCodeableConcept": _WORDS,
                              "subject": _PERSON},
    "MedicationStatement":   {"status": "active", "medicationCodeableConcept": _WORDS, "subject": _PERSON},
    "Observation":           {"status": "final", "code": _WORDS, "subject": _PERSON,
                              "effectiveDateTime": "2026-01-05", "valueString": "(what was found)"},
    "Patient":               {"name": [{"text": "(a name)"}]},
    "Provenance":            {"target": [{"reference": "CarePlan/careplan"}], "recorded": "2026-01-05T10:00:00Z",
                              "agent": [{"who": {"display": "(who did it)"}}]},
    "Questionnaire":         {"url": "https://example.org/Questionnaire/form", "version": "1", "title": "(its name)",
                              "status": "draft", "item": [{"linkId": "1", "text": "(a question)", "type": "string"}]},
    "QuestionnaireResponse": {"questionnaire": "https://example.org/Questionnaire/form|1", "status": "completed",
                              "subject": _PERSON, "authored": "2026-01-05T10:00:00Z",
                              "item": [{"linkId": "1", "answer": [{"valueString": "(an answer)"}]}]},
    "RelatedPerson":         {"patient": _PERSON, "relationship": [_WORDS]},
    "RiskAssessment":        {"status": "final", "subject": _PERSON, "occurrenceDateTime": "2026-01-05"},
    "ServiceRequest":        {"status": "active", "intent": "order", "code": _WORDS, "subject": _PERSON,
                              "reasonReference": [{"reference": "Condition/condition"}]},
}
# fmt: on


def kinds() -> dict[str, str]:
    """Return what a fixture may be called, in small letters -> its resource type."""
    words = {name: kind for name, entity in ENTITIES.items() if (kind := getattr(entity, "RESOURCE", "")) in _LEAST}
    return {name.casefold(): kind for name, kind in (words | {kind: kind for kind in _LEAST}).items()}


def fixture(kind: str, form: str) -> bytes:
    """Return the least document of a resource type, as R4, R5 or native JSON. Raises KeyError for another type."""
    name = kind.casefold()
    tree = from_plain({"resourceType": kind, "id": name, "meta": {"security": [_TEST]}, **_LEAST[kind]})
    if form == "R5":
        tree = converted(tree, "R4", "R5").tree
    if form == "native":
        said = native_dump(read(Docs("R4", {f"{kind}/{name}": tree}), f"{kind}/{name}").value)
        return pretty({"entity": said["entity"], "id": name, **said})
    return pretty(tree)
