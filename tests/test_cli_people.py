"""`planbridge roster` and `planbridge consent`: who is meant, what is permitted, and what the gate makes of it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from adapter.cli import main
from adapter.cli.consent import permit
from adapter.disclosure.consent import Actor, decide
from adapter.disclosure.grants import read_consent
from adapter.settings import EHR, add_ehr
from adapter.store import Store
from mappings.tree import Tree, dump

CLINIC = ("urn:oid:1.2", "clinic")
BACKWARDS = ["--from", "2026-02-01", "--until", "2026-01-01"]
PEOPLE: dict[str, list[dict[str, str]]] = {
    "p1": [{"system": "urn:mrn", "value": "secret-1"}],
    "p2": [{"system": "urn:mrn", "value": "secret-2"}, {"system": "urn:mrn", "value": "secret-both"}],
    "p3": [{"system": "urn:mrn", "value": "secret-both"}],
}


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PLANBRIDGE_CONFIG", raising=False)
    monkeypatch.delenv("PLANBRIDGE_STORE", raising=False)
    add_ehr("planbridge.toml", EHR("clinic", "https://ehr.example.org/fhir", "other", CLINIC, "TREAT"))
    with Store.open(Path(".planbridge/store.sqlite")) as store, store.write() as tx:
        for own, identifiers in PEOPLE.items():
            tx.documents.put("Patient", own, dump({"resourceType": "Patient", "id": own, "identifier": identifiers}))


def consents() -> list[tuple[str, Tree]]:
    with Store.open(Path(".planbridge/store.sqlite")) as store, store.read() as tx:
        return [(d.subject, json.loads(d.body)) for d in tx.documents.each("Consent")]


def listed(capsys: pytest.CaptureFixture[str], *words: str) -> Any:
    capsys.readouterr()
    assert main([*words, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


# ---- roster


def test_people_are_entered_by_identifier(capsys: pytest.CaptureFixture[str]) -> None:
    """Whom, with which EHR, from when and until when; entered again, the days change."""
    assert main(["roster", "add", "--ehr", "clinic", "urn:mrn|secret-1", "Patient/p3", "--from", "2026-01-01"]) == 0
    assert main(["roster", "add", "--ehr", "clinic", "urn:mrn|secret-1", "--until", "2026-12-31"]) == 0
    found = listed(capsys, "roster", "list")["roster"]
    assert [(e["ehr"], e["person"], e["since"], e["until"]) for e in found] == [
        ("clinic", "Patient/p1", "", "2026-12-31"),
        ("clinic", "Patient/p3", "2026-01-01", ""),
    ]


def test_who_is_not_known_waits_and_the_others_are_entered(capsys: pytest.CaptureFixture[str]) -> None:
    """An identifier of nobody, or of two, is said without being repeated; exit 1."""
    words = ["urn:mrn|secret-9", "urn:mrn|secret-both", "nonsense", "Patient/p9", "urn:mrn|secret-1"]
    assert main(["roster", "add", "--ehr", "clinic", *words]) == 1
    out, err = capsys.readouterr()
    assert [line.split(":")[1].strip() for line in err.splitlines()] == ["person 1", "person 2", "person 3", "person 4"]
    assert "secret" not in out + err
    assert [e["person"] for e in listed(capsys, "roster", "list")["roster"]] == ["Patient/p1"]


def test_people_are_taken_off(capsys: pytest.CaptureFixture[str]) -> None:
    """Who is taken off does not stand there any more; taking off twice is said."""
    main(["roster", "add", "--ehr", "clinic", "Patient/p1", "Patient/p2"])
    assert main(["roster", "remove", "--ehr", "clinic", "urn:mrn|secret-1"]) == 0
    assert main(["roster", "remove", "--ehr", "clinic", "urn:mrn|secret-1"]) == 1
    assert [e["person"] for e in listed(capsys, "roster", "list", "--ehr", "clinic")["roster"]] == ["Patient/p2"]


@pytest.mark.parametrize(
    "words",
    [
        ["--ehr", "clinik", "Patient/p1"],
        ["--ehr", "clinic", "Patient/p1", *BACKWARDS],
    ],
)
def test_a_wrong_roster_entry_changes_nothing(capsys: pytest.CaptureFixture[str], words: list[str]) -> None:
    """An unknown EHR, or an end before the beginning, is refused."""
    assert main(["roster", "add", *words]) == 2
    assert listed(capsys, "roster", "list") == {"roster": []}


@pytest.mark.parametrize("text", ["2026-2-1", "2026-02-30", "tomorrow", "20260101"])
def test_a_day_is_a_day(text: str) -> None:
    """A date that is none is refused by the command line itself."""
    with pytest.raises(SystemExit) as caught:
        main(["roster", "add", "--ehr", "clinic", "Patient/p1", "--from", text])
    assert caught.value.code == 2


# ---- consent


def test_a_consent_permits_what_it_names(capsys: pytest.CaptureFixture[str]) -> None:
    """The gate reads what was recorded as exactly this permission and no other."""
    words = ["--patient", "urn:mrn|secret-1", "--recipient", "|".join(CLINIC), "--purpose", "TREAT", "CAREMGT"]
    assert main(["consent", "add", *words, "--class", "CarePlan", "Goal"]) == 0
    assert "secret" not in "".join(capsys.readouterr())
    ((subject, tree),) = consents()
    assert subject == "Patient/p1"
    grant, now = read_consent(tree), datetime(2031, 1, 1, tzinfo=UTC)

    def may(type_: str = "Goal", purpose: str = "TREAT", organization: tuple[str, str] = CLINIC) -> bool:
        actor = Actor("clinic", "ehr", "other", organization, purposes=("TREAT", "CAREMGT", "HPAYMT"))
        return decide(actor, purpose, resource_type=type_, subject=subject, consents=[grant], now=now).allowed

    assert (may(), may("CarePlan", "CAREMGT")) == (True, True)
    others = (may("Condition"), may(purpose="HPAYMT"), may(organization=("urn:oid:1.2", "other")))
    assert others == (False, False, False)


def test_a_consent_ends(capsys: pytest.CaptureFixture[str]) -> None:
    """What was revoked permits nothing; revoking twice, or nothing, is said."""
    words = ["--patient", "Patient/p2", "--recipient", "|".join(CLINIC), "--purpose", "TREAT"]
    main(["consent", "add", *words])
    (row,) = listed(capsys, "consent", "list", "--patient", "urn:mrn|secret-2")["consents"]
    assert (row["person"], row["today"], row["types"]) == ("Patient/p2", "permits", ["all"])
    assert main(["consent", "revoke", row["id"]]) == 0
    assert main(["consent", "revoke", row["id"]]) == 0
    assert "already" in capsys.readouterr().out
    assert [c["today"] for c in listed(capsys, "consent", "list")["consents"]] == ["not in force"]
    ((_, tree),) = consents()
    assert not read_consent(tree).in_force
    assert main(["consent", "revoke", "nowhere"]) == 2


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["--patient", "urn:mrn|secret-9", "--recipient", "urn:x|1", "--purpose", "TREAT"], 1),
        (["--patient", "urn:mrn|secret-both", "--recipient", "urn:x|1", "--purpose", "TREAT"], 1),
        (["--patient", "Patient/p1", "--recipient", "clinic", "--purpose", "TREAT"], 2),
        (["--patient", "Patient/p1", "--recipient", "urn:x|1", "--purpose", "TREAT", *BACKWARDS], 2),
    ],
)  # fmt: skip
def test_a_wrong_consent_is_not_recorded(capsys: pytest.CaptureFixture[str], words: list[str], code: int) -> None:
    """Who or what is not understood is no consent."""
    assert main(["consent", "add", *words]) == code
    assert "secret" not in "".join(capsys.readouterr())
    assert consents() == []


@pytest.mark.parametrize("words", [["--purpose", "TREATT"], ["--purpose", "TREAT", "--class", "Careplan"]])
def test_a_misspelt_consent_is_refused(words: list[str]) -> None:
    """A purpose or type that does not exist would permit nothing and seem to: it is refused."""
    with pytest.raises(SystemExit) as caught:
        main(["consent", "add", "--patient", "Patient/p1", "--recipient", "urn:x|1", *words])
    assert (caught.value.code, consents()) == (2, [])


def test_a_recipient_that_nobody_is_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    """A consent for a recipient that the settings do not know is recorded, with a word about it."""
    words = ["--patient", "Patient/p1", "--recipient", "urn:x|1", "--purpose", "TREAT"]
    assert main(["consent", "add", *words, "--json"]) == 0
    out, err = capsys.readouterr()
    assert json.loads(out)["patient"] == {"reference": "Patient/p1"}
    assert "recipient" in err


def test_the_document_is_a_consent() -> None:
    """It has what HL7's rules ask for (ppc-1, ppc-2), the structure of the type, and every element has its reason."""
    from fhir.resources.R4B.consent import Consent

    tree = permit(
        id="c1", patient="Patient/p1", recipient=CLINIC, purposes=["TREAT", "TREAT"], classes=["Goal"],
        since="2026-01-01", until="2026-12-31", signed="2026-01-01T00:00:00+00:00",
    )  # fmt: skip
    Consent.model_validate(tree)
    assert len(tree["provision"]["purpose"]) == 1
    assert {"policyRule", "patient", "scope", "category"} <= set(tree)
