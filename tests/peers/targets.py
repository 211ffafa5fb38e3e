"""Minimal synthetic resources: what a reference of the corpus needs so that it leads somewhere.

Elements that FHIR R4 requires of each type, and an identifier: https://hl7.org/fhir/R4/resourcelist.html
"""

from __future__ import annotations

from mappings.tree import Tree

PERSON_SYSTEM = "https://peers.example.org/person-number"
TARGET_SYSTEM = "https://peers.example.org/synthetic-target"

_CONCEPT = {"text": "Synthetic"}
_ORDER = {"status": "active", "intent": "order"}
_AMBULATORY = {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"}

# fmt: off
REQUIRED: dict[str, dict[str, Tree]] = {  # "subject" True: whom the record that asks for it is about
    # type               what else R4 requires
    "CarePlan":          {"status": "active", "intent": "plan", "subject": True},
    "CareTeam":          {"status": "active", "subject": True},
    "Condition":         {"code": _CONCEPT, "subject": True},
    "Encounter":         {"status": "finished", "class": _AMBULATORY, "subject": True},
    "Goal":              {"lifecycleStatus": "active", "description": _CONCEPT, "subject": True},
    "Medication":        {"code": _CONCEPT},
    "MedicationRequest": {**_ORDER, "subject": True, "medicationCodeableConcept": _CONCEPT},
    "Observation":       {"status": "final", "code": _CONCEPT, "subject": True},
    "Organization":      {"name": "Synthetic organization"},
    "Practitioner":      {"name": [{"text": "Synthetic practitioner"}]},
    "Procedure":         {"status": "completed", "code": _CONCEPT, "subject": True},
    "Questionnaire":     {"status": "active"},
    "RequestGroup":      {"status": "active", "intent": "plan"},
    "ServiceRequest":    {**_ORDER, "code": _CONCEPT, "subject": True},
    "Substance":         {"code": _CONCEPT},
    "Task":              {"status": "requested", "intent": "order"},
}
# fmt: on


def minimal(kind: str, own: str, subject: str) -> Tree:
    """Return a synthetic resource of this type and id. `subject` is the reference of whom it is about; may be empty."""
    if kind == "Patient":
        return person(own)
    about = {"reference": subject} if subject else {"display": "not stated"}
    rest = {name: about if value is True else value for name, value in REQUIRED.get(kind, {}).items()}
    identifier = [{"system": TARGET_SYSTEM, "value": f"{kind}-{own}"}]
    return {"resourceType": kind, "id": own, "identifier": identifier, **rest}


def person(own: str) -> Tree:
    """Return a synthetic Patient whose family name nobody else bears."""
    name = {"family": f"Testperson-{own.removeprefix('pt-')}", "given": ["Synthetic"]}
    return numbered({"resourceType": "Patient", "id": own, "name": [name], "gender": "unknown"})


def numbered(patient: Tree) -> Tree:
    """Return a Patient with the person number that the roster knows, after the identifiers that it has."""
    own = {"system": PERSON_SYSTEM, "value": number_of(patient["id"])}
    return {**patient, "identifier": [*patient.get("identifier", []), own]}


def number_of(patient_id: str) -> str:
    """Return the person number of a Patient: from its id on the server, but not containing it."""
    return "N-" + patient_id.removeprefix("pt-")[::-1].upper()
