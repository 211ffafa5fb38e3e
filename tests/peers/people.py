"""The programme's side of the corpus: the same persons under our ids, with their consents, but for a few who gave none.

Of those few nothing may arrive at the EHR: not a record, not a name, not a number, not even in an address.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from mappings.tree import Tree, leaves, pretty
from peers.corpus import ROOTS, Corpus, references
from peers.targets import PERSON_SYSTEM

ORGANIZATION = ("https://peers.example.org/organization", "clinic-1")
PURPOSE = "TREAT"
WITHOUT_CONSENT = 5
_TERMINOLOGY = "http://terminology.hl7.org/CodeSystem"


@dataclass(frozen=True, slots=True)
class Person:
    """One person: the number that both sides know, the reference there, the Patient here, and whether they consent."""

    number: str
    there: str
    patient: Tree
    consents: bool

    @property
    def here(self) -> str:
        """The reference in our store."""
        return f"Patient/{self.patient['id']}"

    @property
    def consent(self) -> Tree:
        """A consent to disclosure to ORGANIZATION for PURPOSE, as our store holds it."""
        return consent(self.patient["id"])


def people(corpus: Corpus, seed: int) -> list[Person]:
    """Return all persons of a corpus; five of those who have records, chosen by the seed, give no consent."""
    subjects = sorted({r.subject for kind in ROOTS for r in corpus.of(kind) if r.subject.startswith("Patient/")})
    silent = set(random.Random(seed).sample(subjects, WITHOUT_CONSENT))
    return [_person(record.tree, record.reference, record.reference not in silent) for record in corpus.of("Patient")]


def _person(there: Tree, reference: str, consents: bool) -> Person:
    number = there["identifier"][-1]
    own = "person-" + sha256(reference.encode()).hexdigest()[:8]
    patient = {"resourceType": "Patient", "id": own, "identifier": [number]}
    if "name" in there:
        patient["name"] = there["name"]
    return Person(number["value"], reference, patient, consents)


def consent(patient_id: str) -> Tree:
    """Return a Consent of one person that permits ORGANIZATION to have their records for PURPOSE."""
    system, value = ORGANIZATION
    recipient = {"coding": [{"system": f"{_TERMINOLOGY}/v3-ParticipationType", "code": "IRCP"}]}
    return {
        "resourceType": "Consent",
        "id": f"consent-{patient_id}",
        "status": "active",
        "scope": {"coding": [{"system": f"{_TERMINOLOGY}/consentscope", "code": "patient-privacy"}]},
        "category": [{"coding": [{"system": f"{_TERMINOLOGY}/v3-ActCode", "code": "IDSCL"}]}],
        "patient": {"reference": f"Patient/{patient_id}"},
        "policyRule": {"coding": [{"system": f"{_TERMINOLOGY}/v3-ActCode", "code": "OPTIN"}]},
        "provision": {
            "type": "permit",
            "actor": [{"role": recipient, "reference": {"identifier": {"system": system, "value": value}}}],
            "purpose": [{"system": f"{_TERMINOLOGY}/v3-ActReason", "code": PURPOSE}],
        },
    }


def write_down(persons: Iterable[Person], folder: Path) -> None:
    """Write each Patient and each Consent given as a file for `planbridge load`."""
    folder.mkdir(parents=True, exist_ok=True)
    for person in persons:
        for tree in (person.patient, *([person.consent] if person.consents else [])):
            (folder / f"{tree['resourceType']}-{tree['id']}.json").write_bytes(pretty(tree))


def terms(silent: Sequence[Person], corpus: Corpus) -> list[str]:
    """Return the words by which these persons could be recognised: numbers, ids on both sides, names of their own."""
    ids = [word for p in silent for word in (p.number, p.there.split("/")[1], p.patient["id"])]
    theirs = {p.there for p in silent}
    others = {
        word.casefold()
        for record in corpus.records.values()
        if record.reference not in theirs and record.subject not in theirs
        for _, value in leaves(record.tree)
        if isinstance(value, str)
        for word in (value, *value.split())
    }
    names = [
        str(value)
        for p in silent
        for path, value in leaves(p.patient.get("name", []))
        if path[-1] == "family" or (len(path) > 1 and path[-2] == "given")
    ]
    names += [
        str(node["display"])
        for record in corpus.records.values()
        for _, node in references(record.tree)
        if node["reference"] in theirs and "display" in node
    ]
    return ids + [name for name in dict.fromkeys(names) if len(name) > 3 and name.casefold() not in others]


__all__ = ["ORGANIZATION", "PERSON_SYSTEM", "PURPOSE", "Person", "consent", "people", "terms", "write_down"]
