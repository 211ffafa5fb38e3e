"""Both sides of a sync in one place: our store in a file, a FHIR server in memory, one clock, people on the roster."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from fhir_server import FHIRServer

from adapter.disclosure.consent import Actor
from adapter.ehr.client import Client
from adapter.settings import EHR
from adapter.store import Store
from adapter.store.roster import Entry
from adapter.sync import conflicts, engine
from adapter.sync.land import Hand
from adapter.sync.work import Work
from adapter.wiring import EHRPeer, actor_of
from mappings.check import is_usable

SYSTEM = "https://registry.example/id"
CLINIC = ("https://registry.example/clinics", "clinic")

Tree = dict[str, Any]


def patient(number: str) -> Tree:
    return {"resourceType": "Patient", "identifier": [{"system": SYSTEM, "value": number}]}


def goal(text: str, subject: str, **more: Any) -> Tree:
    return {
        "resourceType": "Goal",
        "lifecycleStatus": "active",
        "description": {"text": text},
        "subject": {"reference": subject},
        **more,
    }


def plan(title: str, subject: str, **more: Any) -> Tree:
    return {
        "resourceType": "CarePlan",
        "status": "active",
        "intent": "plan",
        "title": title,
        "subject": {"reference": subject},
        **more,
    }


def consent(person: str) -> Tree:
    """A consent of a person that lets the clinic have everything for treatment."""
    code = "http://terminology.hl7.org/CodeSystem/"
    recipient = {"coding": [{"system": code + "v3-ParticipationType", "code": "IRCP"}]}
    return {
        "resourceType": "Consent",
        "status": "active",
        "scope": {"coding": [{"system": code + "consentscope", "code": "patient-privacy"}]},
        "category": [{"coding": [{"system": code + "v3-ActCode", "code": "IDSCL"}]}],
        "policyRule": {"coding": [{"system": code + "v3-ActCode", "code": "OPTIN"}]},
        "patient": {"reference": person},
        "provision": {
            "type": "permit",
            "actor": [
                {"role": recipient, "reference": {"identifier": {"system": CLINIC[0], "value": CLINIC[1]}}},
            ],
            "purpose": [{"system": code + "v3-ActReason", "code": "TREAT"}],
        },
    }


@dataclass
class World:
    """Our store and their server."""

    store: Store
    there: FHIRServer
    relation: str = "same-programme"
    name: str = "clinic"

    @property
    def ehr(self) -> EHR:
        return EHR(self.name, self.there.base, self.relation, CLINIC, "TREAT", attempts=1, private_network=True)

    def work(self, client: Client) -> Work:
        actor: Actor = actor_of(self.ehr)
        return Work(self.store, EHRPeer(client), actor, "TREAT")

    def sync(self, **options: Any) -> engine.Result:
        """Plan and apply."""
        self.there.clock += timedelta(minutes=10)
        with Client(self.ehr) as client:
            return engine.apply(self.work(client), is_usable, **options)

    def plan(self, **options: Any) -> engine.Result:
        self.there.clock += timedelta(minutes=10)
        with Client(self.ehr) as client:
            return engine.plan(self.work(client), is_usable, **options)

    def resolve(self, number: int, choice: str, body: bytes = b"") -> None:
        with Client(self.ehr) as client:
            work = self.work(client)
            work.begin()
            conflicts.resolve(work, Hand(work, is_usable), number, choice, body)
            work.end()

    # ---- our side

    def put(self, kind: str, own: str, tree: Tree, **options: Any) -> None:
        with self.store.write() as tx:
            tx.documents.put(kind, own, json.dumps({**tree, "id": own}).encode(), **options)

    def edit(self, kind: str, own: str, **elements: Any) -> None:
        """Change elements of one of our records; None removes one."""
        body = {k: v for k, v in {**self.get(kind, own), **elements}.items() if v is not None}
        self.put(kind, own, body)

    def delete(self, kind: str, own: str) -> None:
        with self.store.write() as tx:
            tx.documents.delete(kind, own)

    def get(self, kind: str, own: str) -> Tree:
        with self.store.read() as tx:
            document = tx.documents.get(kind, own)
        assert document is not None
        assert not document.deleted
        found: Tree = json.loads(document.body)
        return found

    def here(self, kind: str) -> dict[str, Tree]:
        """Our living records of a type, by id, without id and meta."""
        with self.store.read() as tx:
            found = {document.id: json.loads(document.body) for document in tx.documents.each(kind)}
        return {own: {k: v for k, v in body.items() if k not in ("id", "meta")} for own, body in found.items()}

    def versions(self) -> dict[str, int]:
        with self.store.read() as tx:
            return {document.reference: document.version for document in tx.documents.each()}

    def local(self, kind: str, remote_id: str) -> str:
        """Our id of a record there."""
        with self.store.read() as tx:
            link = tx.links.by_remote(self.name, kind, remote_id)
        assert link is not None
        return link.local_id

    def remote(self, kind: str, own: str) -> str:
        with self.store.read() as tx:
            link = tx.links.get(self.name, kind, own)
        assert link is not None
        return link.remote_id

    def enroll(self, own: str, number: str, *, consents: bool = False) -> None:
        """A person here and on the roster; there, they are Patient/<number>."""
        self.put("Patient", own, patient(number))
        with self.store.write() as tx:
            tx.roster.put(Entry(self.name, f"Patient/{own}"))
        if consents:
            self.put("Consent", f"consent-{own}", consent(f"Patient/{own}"))


@contextmanager
def world(folder: Path, relation: str = "same-programme", **server: Any) -> Iterator[World]:
    """A store and a server with one person on both sides: Patient/ada here, Patient/p1 there."""
    with FHIRServer(**server) as there:
        store = Store.open(folder / "store.sqlite", now=lambda: there.clock)
        try:
            made = World(store, there, relation)
            made.enroll("ada", "1", consents=relation == "other")
            there.put("Patient", "p1", patient("1"))
            yield made
        finally:
            store.close()


def tallies(result: engine.Result) -> dict[str, dict[str, int]]:
    """The books without what is zero."""
    return {side: {k: v for k, v in result.run.books[side].items() if v} for side in ("pull", "push")}
