"""What the gateway does, once: the routes are made from this table, and so is what `/metadata` says.

https://hl7.org/fhir/R4/capabilitystatement.html
"""

from __future__ import annotations

from typing import NamedTuple

import orjson

from adapter.gateway.releases import VERSIONS
from adapter.store import supported

# fmt: off
TYPES = (
    "Appointment", "CarePlan", "CareTeam", "Condition", "Consent", "DocumentReference", "EpisodeOfCare", "Goal",
    "MedicationRequest", "MedicationStatement", "Observation", "Patient", "Provenance", "Questionnaire",
    "QuestionnaireResponse", "RelatedPerson", "RiskAssessment", "ServiceRequest",
)


class Interaction(NamedTuple):
    """An interaction by its FHIR code, and how it is asked for. `view` is the name of what does it in fhir.py."""

    code: str
    method: str
    path: str
    view: str


INTERACTIONS = tuple(Interaction(*row) for row in (
    # code               method    path below the base                view
    ("read",             "GET",    "/<kind>/<id>",                    "read"),
    ("vread",            "GET",    "/<kind>/<id>/_history/<version>", "vread"),
    ("update",           "PUT",    "/<kind>/<id>",                    "update"),
    ("delete",           "DELETE", "/<kind>/<id>",                    "delete"),
    ("history-instance", "GET",    "/<kind>/<id>/_history",           "history"),
    ("create",           "POST",   "/<kind>",                         "create"),
    ("search-type",      "GET",    "/<kind>",                         "search"),
    ("search-type",      "POST",   "/<kind>/_search",                 "search"),
))


class Operation(NamedTuple):
    """An operation on a type, by its name and definition, and how it is asked for. `view` does it in fhir.py."""

    name: str
    method: str
    path: str
    view: str
    definition: str


OPERATIONS = tuple(Operation(*row) for row in (
    # name      method  path below the base   view        definition
    ("validate", "POST", "/<kind>/$validate", "validate", "http://hl7.org/fhir/OperationDefinition/Resource-validate"),
))

PARAMETER_TYPES = {
    "_id": "token", "identifier": "token", "status": "token", "lifecycle-status": "token", "category": "token",
    "subject": "reference", "patient": "reference", "questionnaire": "reference", "target": "reference", "url": "uri",
    "_lastUpdated": "date",
}
# fmt: on

SECURITY = (
    "A bearer token of a registered client. Within the programme no consent is needed; a person reads their own "
    "records; to everyone else a record is there only as far as an active Consent of the person names them and "
    "their purpose. What may not be read is not found."
)


def statement(base: str, version: str, *, require_if_match: bool, release: str = "R4") -> bytes:
    """Return the CapabilityStatement of the gateway at a base address, where it speaks a release."""
    tree = {
        "resourceType": "CapabilityStatement",
        "id": "planbridge",
        "name": "Planbridge",
        "title": "Planbridge gateway",
        "status": "active",
        "date": "2026-01-01",
        "publisher": "Planbridge",
        "kind": "instance",
        "software": {"name": "Planbridge", "version": version},
        "implementation": {"description": "A recovery programme's plans, goals and assessments", "url": base},
        "fhirVersion": VERSIONS[release][0],
        "format": ["application/fhir+json", "json"],
        "rest": [
            {
                "mode": "server",
                "documentation": "POST Bundle/$validate judges a Bundle; Bundles are not kept.",
                "security": {"description": SECURITY},
                "resource": [_resource(kind, require_if_match) for kind in TYPES],
            }
        ],
    }
    return orjson.dumps(tree)


def _resource(kind: str, require_if_match: bool) -> dict[str, object]:
    return {
        "type": kind,
        "interaction": [{"code": code} for code in dict.fromkeys(each.code for each in INTERACTIONS)],
        "versioning": "versioned-update" if require_if_match else "versioned",
        "readHistory": True,
        "updateCreate": True,
        "conditionalCreate": False,
        "conditionalRead": "not-match",
        "conditionalUpdate": False,
        "conditionalDelete": "not-supported",
        "operation": [{"name": each.name, "definition": each.definition} for each in OPERATIONS],
        "searchParam": [{"name": name, "type": PARAMETER_TYPES[name]} for name in supported(kind)],
    }
