"""The one gate: what leaves, as whom, and that it is on record before it does."""

from __future__ import annotations

import ast
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from adapter.disclosure.consent import Actor
from adapter.disclosure.gate import Released, ReleasedDocument, may, release, release_name
from adapter.disclosure.recorder import Recorder
from adapter.store import Store, StoreError
from adapter.store.disclosures import Disclosed, Disclosure
from mappings.terms.systems import LOCAL
from mappings.tree import dump, from_plain, parse

NOW = datetime(2026, 3, 15, tzinfo=UTC)
CLINIC = ("urn:oid:1.2", "clinic")
PROGRAMME = Actor("desk", "programme", purposes=("TREAT",))
PARTNER = Actor("clinic", "partner", organization=CLINIC, purposes=("TREAT",))
PERSON = Actor("anna", "person", person="Patient/anna", purposes=("PATRQT",))
SERVICE = Actor("lab", "ehr", "service-organisation", purposes=("TREAT",))


def consent(*, classes: tuple[str, ...] = (), status: str = "active", effect: str = "permit") -> dict[str, Any]:
    role = {"system": "http://terminology.hl7.org/CodeSystem/v3-ParticipationType", "code": "IRCP"}
    scope = {"system": "http://terminology.hl7.org/CodeSystem/consentscope", "code": "patient-privacy"}
    provision: dict[str, Any] = {
        "type": effect,
        "actor": [{"role": {"coding": [role]}, "reference": {"identifier": {"system": CLINIC[0], "value": CLINIC[1]}}}],
        "purpose": [{"system": "http://terminology.hl7.org/CodeSystem/v3-ActReason", "code": "TREAT"}],
    }
    if classes:
        provision["class"] = [{"system": "http://hl7.org/fhir/resource-types", "code": kind} for kind in classes]
    return {
        "resourceType": "Consent",
        "status": status,
        "scope": {"coding": [scope]},
        "category": [{"text": "disclosure"}],
        "patient": {"reference": "Patient/anna"},
        "provision": provision,
    }


# fmt: off
RECORDS: dict[str, dict[str, Any]] = {
    "Patient/anna":       {"resourceType": "Patient", "birthDate": "1990"},
    "Goal/sing":          {"resourceType": "Goal", "extension": [{"url": LOCAL + "share", "valueCode": "role-only"}],
                           "text": {"status": "generated", "div": "<div/>"}, "subject": {"reference": "Patient/anna"},
                           "addresses": [{"reference": "Condition/alcohol", "display": "Alcohol use disorder"},
                                         {"reference": "Condition/elsewhere"}]},
    "Condition/alcohol":  {"resourceType": "Condition", "subject": {"reference": "Patient/anna"}},
    "Goal/plain":         {"resourceType": "Goal", "subject": {"reference": "Patient/anna"}, "priority": 1.50},
    "Goal/ben":           {"resourceType": "Goal", "subject": {"reference": "Patient/ben"}},
    "Questionnaire/q":    {"resourceType": "Questionnaire", "contained": [{"resourceType": "ValueSet", "id": "v"}],
                           "item": [{"linkId": "1", "answerValueSet": "#v"}]},
    "Practitioner/p":     {"resourceType": "Practitioner"},
}
# fmt: on


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "store.sqlite") as store:
        with store.write() as tx:
            for reference, record in RECORDS.items():
                tx.documents.put(*reference.split("/"), dump(from_plain(record)))
        yield store


def put(store: Store, reference: str, record: dict[str, Any]) -> None:
    with store.write() as tx:
        tx.documents.put(*reference.split("/"), dump(from_plain(record)))


def released(store: Store, actor: Actor, *references: str, purpose: str = "TREAT") -> Released:
    with store.write() as tx:
        found = [tx.documents.get(*reference.split("/")) for reference in references]
        return release(tx, actor, purpose, [f for f in found if f], channel="test", now=NOW)


def bodies(given: Released) -> dict[str, Any]:
    return {f"{one.type}/{one.id}": parse(one.body) for one in given.documents}


def last(store: Store) -> Disclosure:
    with store.read() as tx:
        [newest] = tx.disclosures.latest(1)
        return newest


def test_the_programme_gets_the_stored_bytes(store: Store) -> None:
    """Within the programme a document leaves as it is served: nothing parsed, nothing taken away."""
    with store.read() as tx:
        stored = tx.documents.get("Goal", "sing")
    assert stored
    [given] = released(store, PROGRAMME, "Goal/sing").documents
    assert given == ReleasedDocument("Goal", "sing", 1, stored.last_updated, stored.served, 'W/"1"')


def test_without_consent_nothing_leaves_and_the_record_says_why(store: Store) -> None:
    """To a partner whom no consent names nothing is released; the refusal is on record by reason code."""
    given = released(store, PARTNER, "Goal/sing", "Patient/anna", "Practitioner/p")
    assert given.documents == ()
    found = last(store)
    assert (found.id, found.outcome, found.recipient) == (given.disclosure, "withheld", "|".join(CLINIC))
    assert [one.reason for one in found.documents] == ["no-consent", "no-consent", "no-person"]


def test_a_consent_opens_what_it_names_and_nothing_else(store: Store) -> None:
    """A consent to goals releases goals of that person, redacted: no extension of ours, no reference to the rest."""
    put(store, "Consent/c", consent(classes=("Goal",)))
    given = released(store, PARTNER, "Goal/sing", "Goal/plain", "Condition/alcohol", "Goal/ben", "Patient/anna")
    assert set(bodies(given)) == {"Goal/sing", "Goal/plain"}
    goal = bodies(given)["Goal/sing"]
    assert goal["addresses"] == [{"reference": "Condition/elsewhere"}]
    assert goal["subject"] == {"reference": "Patient/anna"}
    assert not {"extension", "text"} & set(goal)
    assert [(one.id, one.reason) for one in last(store).documents] == [
        ("sing", ""), ("plain", ""), ("alcohol", "type-not-named"), ("ben", "no-consent"), ("anna", "type-not-named"),
    ]  # fmt: skip


def test_a_contained_resource_is_a_record_of_its_type(store: Store) -> None:
    """A contained Condition leaves with its Goal only where a consent names Conditions, too."""
    record = {
        **RECORDS["Goal/plain"],
        "contained": [{"resourceType": "Condition", "id": "c"}],
        "addresses": [{"reference": "#c"}],
    }
    put(store, "Goal/plain", record)
    put(store, "Consent/c", consent(classes=("Goal",)))
    assert not {"contained", "addresses"} & set(bodies(released(store, PARTNER, "Goal/plain"))["Goal/plain"])
    put(store, "Consent/c", consent(classes=("Goal", "Condition")))
    assert {"contained", "addresses"} <= set(bodies(released(store, PARTNER, "Goal/plain"))["Goal/plain"])


def test_a_revocation_holds_from_its_commit(store: Store) -> None:
    """The moment a consent is inactive or deleted, or a denial stands beside it, nothing leaves."""
    put(store, "Consent/c", consent())
    assert released(store, PARTNER, "Goal/plain").documents
    put(store, "Consent/c", consent(status="inactive"))
    assert not released(store, PARTNER, "Goal/plain").documents
    put(store, "Consent/c", consent())
    put(store, "Consent/d", consent(effect="deny"))
    assert not released(store, PARTNER, "Goal/plain").documents
    with store.write() as tx:
        tx.documents.delete("Consent", "d")
    assert released(store, PARTNER, "Goal/plain").documents
    with store.write() as tx:
        tx.documents.delete("Consent", "c")
    assert not released(store, PARTNER, "Goal/plain").documents


def test_a_consent_that_no_tree_can_hold_denies(store: Store) -> None:
    """A Consent with duplicate keys beside a good permit denies all: nobody can say what it says."""
    put(store, "Consent/c", consent())
    odd = dump(from_plain(consent())).replace(b'"status":"active"', b'"status":"active","status":"inactive"')
    with store.write() as tx:
        tx.documents.put("Consent", "odd", odd, flag="unfaithful")
    assert not released(store, PARTNER, "Goal/plain").documents


def test_who_needs_no_consent(store: Store) -> None:
    """Persons read their own records and no others'; a service organisation reads all but our extensions."""
    assert set(bodies(released(store, PERSON, "Goal/plain", "Goal/ben", "Patient/anna", purpose="PATRQT"))) == {
        "Goal/plain",
        "Patient/anna",
    }
    goal = bodies(released(store, SERVICE, "Goal/sing", "Goal/ben"))["Goal/sing"]
    assert len(goal["addresses"]) == 2
    assert "extension" not in goal


def test_an_instrument_is_about_nobody(store: Store) -> None:
    """A Questionnaire is released whole to whoever has a registered purpose, and to nobody else."""
    whole = bodies(released(store, PARTNER, "Questionnaire/q"))["Questionnaire/q"]
    assert "contained" in whole
    assert not released(store, PARTNER, "Questionnaire/q", purpose="HMARKT").documents


def test_what_no_tree_can_hold_stays_within_the_programme(store: Store) -> None:
    """A document with duplicate keys cannot be redacted: the programme gets its bytes, an outsider nothing."""
    put(store, "Consent/c", consent())
    odd = b'{"resourceType":"Goal","subject":{"reference":"Patient/anna"},"note":[],"note":[]}'
    with store.write() as tx:
        tx.documents.put("Goal", "odd", odd, flag="unfaithful")
    assert not released(store, SERVICE, "Goal/odd").documents
    assert b'"note":[],"note":[]' in released(store, PROGRAMME, "Goal/odd").documents[0].body


def test_naming_a_person_needs_leave(store: Store) -> None:
    """A request may name a person only to whom that person's Patient may be disclosed; both answers are on record."""
    with store.write() as tx:
        assert release_name(tx, PARTNER, "TREAT", "Patient/anna", channel="test", now=NOW) is None
    assert (last(store).outcome, last(store).reason) == ("withheld", "no-consent")
    put(store, "Consent/c", consent())
    with store.write() as tx:
        leave = release_name(tx, PARTNER, "TREAT", "Patient/anna", channel="test", now=NOW)
        assert release_name(tx, PARTNER, "TREAT", "Patient/nobody", channel="test", now=NOW) is None
    assert leave
    assert (leave.person, leave.documents) == ("Patient/anna", ())


def test_a_deletion_is_known_only_to_who_could_read(store: Store) -> None:
    """A tombstone keeps its person: who could not read the record does not learn that it was deleted."""
    with store.write() as tx:
        gone = tx.documents.delete("Goal", "sing")
        assert may(tx, PROGRAMME, "TREAT", gone, NOW).allowed
        assert not may(tx, PARTNER, "TREAT", gone, NOW).allowed
    [tombstone] = released(store, PROGRAMME, "Goal/sing").documents
    assert (tombstone.deleted, tombstone.body) == (True, b"")


def test_the_record_and_the_change_stand_or_fall_together(store: Store) -> None:
    """In a writing transaction the record is part of it: rolled back, nothing was disclosed."""
    with store.read() as tx:
        before = tx.disclosures.count()

    def fail_later() -> None:
        with store.write() as tx:
            release(tx, PROGRAMME, "TREAT", [], channel="test", now=NOW)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_later()
    with store.read() as tx:
        assert tx.disclosures.count() == before


def test_without_a_record_nothing_leaves(store: Store) -> None:
    """Where the record cannot be written, by the transaction or by the recorder, there is no Released."""

    def full(_: Disclosure) -> int:
        raise StoreError("disk full")

    with store.read() as tx:
        found = tx.documents.get("Goal", "sing")
        assert found
        with pytest.raises(StoreError):
            release(tx, PROGRAMME, "TREAT", [found], channel="test", now=NOW, record=full)
    with store.read() as tx, pytest.raises(StoreError):  # a reading transaction cannot write it
        release(tx, PROGRAMME, "TREAT", [found], channel="test", now=NOW)


def test_many_records_share_a_commit(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Eight threads record at once: each gets the number of its own record, in fewer transactions than records."""
    recorder, commits, numbers = Recorder(store), 0, {}
    write = store.write

    def counted() -> Any:
        nonlocal commits
        commits += 1
        return write()

    monkeypatch.setattr(store, "write", counted)

    def run(me: int) -> None:
        for n in range(20):
            new = Disclosure(f"actor-{me}-{n}", "TREAT", "test", "", (Disclosed("Goal", "g", n),), "released")
            numbers[new.actor] = recorder.record(new)

    threads = [threading.Thread(target=run, args=(me,)) for me in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with store.read() as tx:
        assert all((found := tx.disclosures.get(number)) and found.actor == actor for actor, number in numbers.items())
    assert len(set(numbers.values())) == 160
    assert commits < 160


def test_a_recorder_that_cannot_write_says_so_to_everyone(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the store takes no record, whoever waits for one gets a StoreError, and the next try may succeed."""

    def refuse() -> Any:
        raise StoreError("busy")

    recorder = Recorder(store)
    with monkeypatch.context() as broken:
        broken.setattr(store, "write", refuse)
        with pytest.raises(StoreError, match="nothing leaves"):
            recorder.record(Disclosure("a", "TREAT", "test", "", (), "released"))
    assert recorder.record(Disclosure("a", "TREAT", "test", "", (), "released"))


def test_only_the_gate_makes_a_released() -> None:
    """No other module of the program calls Released(...), and calling it without the gate's token fails."""
    with pytest.raises(TypeError):
        Released((), 1)
    root = Path(__file__).parent.parent / "adapter"
    makers = {
        file.relative_to(root).as_posix()
        for file in root.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] in ("Released", "ReleasedDocument")
    }
    assert makers == {"disclosure/gate.py"}
