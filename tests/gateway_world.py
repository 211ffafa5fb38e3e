"""A gateway with a few records and clients, called as WSGI: what the gateway's tests stand on. Everybody is made up."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from werkzeug.test import Client as Browser
from werkzeug.test import TestResponse

from adapter.gateway.app import gateway
from adapter.gateway.who import hash_of
from adapter.store import Store
from adapter.store.clients import Client
from mappings.terms.systems import LOCAL
from mappings.tree import Tree, dump, from_plain, parse

BASE = "/fhir/R4"
CLINIC = "urn:oid:1.2|clinic"
TERMS = "http://terminology.hl7.org/CodeSystem"
ANNA, BEN = "Patient/anna", "Patient/ben"

CLIENTS = (
    Client("desk", "programme", hash_of("desk")),
    Client("clinic", "partner", hash_of("clinic"), organization=CLINIC, purposes=("TREAT", "HPAYMT")),
    Client("lab", "partner", hash_of("lab"), organization="urn:oid:1.2|lab", purposes=("TREAT",)),
    Client("anna", "person", hash_of("anna"), person=ANNA),
)


def concept(system: str, code: str) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code}]}


def record(kind: str, subject: str = ANNA, **rest: Any) -> dict[str, Any]:
    """Return a valid resource of a type about a person."""
    about = {"reference": subject}
    # fmt: off
    needed: dict[str, dict[str, Any]] = {
        "Appointment":           {"status": "booked", "start": "2026-03-02T09:00:00Z", "end": "2026-03-02T09:50:00Z",
                                  "participant": [{"actor": about, "status": "accepted"}]},
        "CarePlan":              {"status": "active", "intent": "plan", "subject": about},
        "CareTeam":              {"status": "active", "subject": about},
        "Condition":             {"clinicalStatus": concept(f"{TERMS}/condition-clinical", "active"), "subject": about},
        "Consent":               consent(subject),
        "DocumentReference":     {"status": "current", "subject": about,
                                  "content": [{"attachment": {"url": "https://example.org/d"}}]},
        "EpisodeOfCare":         {"status": "active", "patient": about},
        "Goal":                  {"lifecycleStatus": "active", "description": {"text": "sing again"}, "subject": about},
        "MedicationRequest":     {"status": "active", "intent": "order", "subject": about,
                                  "medicationCodeableConcept": {"text": "naltrexone"}},
        "MedicationStatement":   {"status": "active", "subject": about,
                                  "medicationCodeableConcept": {"text": "naloxone"}},
        "Observation":           {"status": "final", "code": {"text": "mood"}, "subject": about},
        "Patient":               {"birthDate": "1990-01-02"},
        "Provenance":            {"target": [about], "recorded": "2026-01-02T03:04:05Z", "agent": [{"who": about}]},
        "Questionnaire":         {"url": "https://example.org/q", "status": "active",
                                  "item": [{"linkId": "1", "type": "string", "text": "How are you?"}]},
        "QuestionnaireResponse": {"status": "completed", "questionnaire": "https://example.org/q", "subject": about},
        "RelatedPerson":         {"patient": about},
        "RiskAssessment":        {"status": "final", "subject": about},
        "ServiceRequest":        {"status": "active", "intent": "order", "subject": about},
    }
    # fmt: on
    return {"resourceType": kind, **needed[kind], **rest}


def consent(subject: str = ANNA, recipient: str = CLINIC, purpose: str = "TREAT", **rest: Any) -> dict[str, Any]:
    """Return a Consent that permits one recipient one purpose."""
    system, _, value = recipient.partition("|")
    return {
        "resourceType": "Consent",
        "status": "active",
        "scope": concept(f"{TERMS}/consentscope", "patient-privacy"),
        "category": [concept("http://loinc.org", "59284-0")],
        "patient": {"reference": subject},
        "policyRule": concept(f"{TERMS}/v3-ActCode", "42CFRPart2"),
        "provision": {
            "type": "permit",
            "actor": [
                {
                    "role": concept(f"{TERMS}/v3-ParticipationType", "IRCP"),
                    "reference": {"identifier": {"system": system, "value": value}},
                }
            ],
            "purpose": [{"system": f"{TERMS}/v3-ActReason", "code": purpose}],
        },
        **rest,
    }


SECRET = "Alcohol use disorder"
# fmt: off
RECORDS: dict[str, dict[str, Any]] = {
    ANNA:               record("Patient", identifier=[{"system": "urn:x", "value": "1"}]),
    BEN:                record("Patient"),
    "Goal/sing":        record("Goal", text={"status": "generated", "div": '<div xmlns="http://www.w3.org/1999/xhtml">sing</div>'},
                               extension=[{"url": f"{LOCAL}share", "valueCode": "role-only"}],
                               addresses=[{"reference": "Condition/alcohol", "display": SECRET}]),
    "Goal/ben":         record("Goal", BEN),
    "Condition/alcohol": record("Condition", code={"text": SECRET}),
    "CarePlan/plan":    record("CarePlan", goal=[{"reference": "Goal/sing"}, {"reference": "Goal/ben"}]),
    "Questionnaire/q":  record("Questionnaire"),
}
# fmt: on


@dataclass
class Caller:
    """A client that sends its token and FHIR JSON."""

    http: Browser
    token: str
    headers: dict[str, str] = field(default_factory=dict)

    def __call__(self, method: str, path: str, body: Any = None, **headers: str) -> TestResponse:
        """Send a request; headers are given with underscores."""
        sent = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/fhir+json"} | self.headers
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        data = body if isinstance(body, bytes) or body is None else dump(from_plain(body))
        address = path if path.startswith(("/fhir", "/api")) else f"{BASE}/{path}"
        return self.http.open(address, method=method, data=data, headers={k: v for k, v in sent.items() if v})

    def get(self, path: str, **headers: str) -> TestResponse:
        return self("GET", path, **headers)

    def read(self, path: str) -> Tree:
        """Return the tree that is found there."""
        found = self.get(path)
        assert found.status_code == 200, found.get_data(as_text=True)
        return parse(found.data)

    def found(self, path: str) -> list[str]:
        """Return type/id of each match of a search, all its pages."""
        references: list[str] = []
        while path:
            page = self.read(path)
            references += [
                f"{entry['resource']['resourceType']}/{entry['resource']['id']}"
                for entry in page.get("entry", [])
                if entry["search"]["mode"] == "match"
            ]
            path = next(
                (link["url"].partition("localhost")[2] for link in page["link"] if link["relation"] == "next"), ""
            )
        return references


@dataclass
class World:
    """A store, and one caller for each of CLIENTS."""

    store: Store
    http: Browser

    def __getattr__(self, name: str) -> Caller:
        if name not in ("nobody", *(client.name for client in CLIENTS)):
            raise AttributeError(name)
        return Caller(self.http, name)

    def put(self, reference: str, tree: dict[str, Any]) -> None:
        """Put a record into the store, not through the gateway."""
        with self.store.write() as tx:
            tx.documents.put(*reference.split("/"), dump(from_plain(tree)))


@cache
def _filled() -> bytes:
    """Return a store's file with CLIENTS and RECORDS in it, made once."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "store.sqlite"
        with Store.open(file) as store, store.write() as tx:
            for client in CLIENTS:
                tx.clients.add(client)
            for reference, tree in RECORDS.items():
                tx.documents.put(*reference.split("/"), dump(from_plain(tree)))
        return file.read_bytes()


@contextmanager
def world(folder: Path, **settings: Any) -> Iterator[World]:
    """Yield a world in a folder. New records get the ids new-1, new-2 ..."""
    numbers = itertools.count(1)
    (folder / "store.sqlite").write_bytes(_filled())
    with Store.open(folder / "store.sqlite") as store:
        app = gateway(store, version="1", new_id=lambda: f"new-{next(numbers)}", **settings)
        yield World(store, Browser(app))


def issues(answer: TestResponse) -> list[dict[str, Any]]:
    """Return the issues of an OperationOutcome; the answer must be one."""
    assert answer.headers["Content-Type"] == "application/fhir+json", answer.headers
    tree = parse(answer.data)
    assert tree["resourceType"] == "OperationOutcome"
    assert tree["issue"]
    return list(tree["issue"])
