"""Entities of people, care and consent: one whole example of each in native JSON, the FHIR it makes, and back."""

from __future__ import annotations

import json
import re
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from natives import bare

from mappings import native
from mappings.check import check_any
from mappings.lens.combinators import Table
from mappings.lens.documents import Docs, Refused
from mappings.lens.notation import at, table
from mappings.lens.parts import Within
from mappings.model import values as v
from mappings.model.person import Support
from mappings.tables import TABLES
from mappings.tables.datatypes import DATE_TIME, PERIOD
from mappings.terms.systems import LOCAL
from mappings.translate import read, write
from mappings.tree import Tree, dump, to_plain

EXAMPLES = json.loads(Path(__file__).with_name("entities.json").read_text("utf-8"))
"""Name of an entity -> native JSON that uses every field of the entity itself."""


def made(entity: str) -> tuple[str, Docs, Any]:
    """Return the reference, the documents and the value of an example."""
    value, issues = native.load(EXAMPLES[entity])
    assert issues == ()
    reference = f"{value.RESOURCE}/x"
    return reference, Docs("R4", dict(write(Docs("R4", {}), reference, was=None, now=value))), value


@pytest.mark.parametrize("entity", EXAMPLES)
class TestEachEntity:
    def test_the_example_uses_every_field(self, entity: str) -> None:
        """What is not in an example is not shown to work."""
        named = {field.name for field in fields(native.ENTITIES[entity])}
        assert EXAMPLES[entity].keys() - {"entity"} == named

    def test_it_is_read_as_it_was_written(self, entity: str) -> None:
        """Native JSON -> FHIR -> native JSON: the same, as the same entity."""
        reference, docs, value = made(entity)
        again = read(docs, reference).value
        assert again == value
        assert native.dump(bare(again)) == EXAMPLES[entity]

    def test_the_fhir_is_sound_and_wholly_understood(self, entity: str) -> None:
        """check finds no error; no leaf that we write is one that we only carry, but for constants of FHIR's."""
        reference, docs, _ = made(entity)
        assert [str(found) for found in check_any(dump(docs[reference]))[1] if found.severity == "error"] == []
        constants = re.compile(r"coding\[\d+\]\.(system|code|display)$|\.(url|status|use|role)$")
        assert [leaf for leaf in read(docs, reference).carried if not constants.search(leaf)] == []

    def test_nothing_that_another_server_adds_is_lost(self, entity: str) -> None:
        """Each single field taken out, and put back: the document is the one it was, but for the order of lists."""
        reference, docs, value = made(entity)
        tree = {**docs[reference], "x-theirs": [None]}
        there = Docs("R4", {reference: tree})
        for field in fields(value):
            was = read(there, reference).value
            less = type(value)(**{f.name: getattr(was, f.name) for f in fields(was) if f.name != field.name})
            cut = there.replaced(write(there, reference, was=was, now=less))
            back = cut.replaced(write(cut, reference, was=read(cut, reference).value, now=was))
            assert _loose(back[reference]) == _loose(tree)


def _loose(tree: Tree) -> Any:
    if isinstance(tree, list):
        return sorted((_loose(x) for x in tree), key=repr)
    return {k: _loose(tree[k]) for k in sorted(tree)} if isinstance(tree, dict) else tree


def fhir(entity: str) -> dict[str, Any]:
    reference, docs, _ = made(entity)
    return dict(to_plain(docs[reference]))


def test_the_name_in_use_is_the_usual_one() -> None:
    """Person.name_used and Person.names are one list in FHIR, told apart by use."""
    assert [name.get("use") for name in fhir("Person")["name"]] == ["official", "usual"]


def test_a_support_may_be_a_role_alone() -> None:
    """A sponsor has a role and a relationship, and no name that would expose a third person."""
    tree = fhir("Support")
    assert not {"name", "telecom", "address", "birthDate"} & dict(to_plain(_sponsor())).keys()
    assert tree["resourceType"] == "RelatedPerson"


def _sponsor() -> Tree:
    sponsor = Support(person=v.Ref(id="Patient/p"), role=v.Code("sponsor"), share=v.Code("role-only"))
    return write(Docs("R4", {}), "RelatedPerson/s", was=None, now=sponsor)["RelatedPerson/s"]


def test_an_authority_is_told_from_a_support() -> None:
    """Both are RelatedPersons; a relationship of ours tells any reader that somebody may decide, and its kind."""
    relationships = [one["coding"][0]["code"] for one in fhir("Authority")["relationship"] if "coding" in one]
    assert relationships[:1] == ["authority"]
    assert "HPOWATT" in relationships


@pytest.mark.parametrize(
    ("word", "code"), [("agreed", "plan-agreed"), ("declined", "plan-declined"), (None, "plan-agreement")]
)
def test_what_the_person_said_is_no_extension(word: str | None, code: str) -> None:
    """It goes where the plan goes; that somebody was asked and said nothing is not an agreement."""
    value = native.load({"entity": "Agreement", **({"agreement": word} if word else {})})[0]
    tree = write(Docs("R4", {}), "Provenance/a", was=None, now=value).get("Provenance/a")
    if tree is not None:
        assert tree["activity"]["coding"][0]["code"] == code
        assert read(Docs("R4", {"Provenance/a": tree}), "Provenance/a").value == value


def test_the_answer_to_a_plan_can_be_taken_back() -> None:
    """agreed -> not known -> declined: it stays an agreement, and never says more than the person did."""
    _, docs, value = made("Agreement")
    for word in (None, "declined"):
        was = read(docs, "Provenance/x").value
        now = native.load({**EXAMPLES["Agreement"], "agreement": word})[0]
        docs = docs.replaced(write(docs, "Provenance/x", was=was, now=now))
        assert read(docs, "Provenance/x").value == now
    assert type(value) is type(now)


@pytest.mark.parametrize(
    ("outcome", "status", "said"),
    [
        ("attended", "fulfilled", 0),
        ("part", "fulfilled", 1),
        ("cancelled-by-person", "cancelled", 1),
        ("no-contact", "noshow", 0),
    ],
)
def test_attendance_says_more_than_a_status(outcome: str, status: str, said: int) -> None:
    """FHIR's code for everybody, the clinic's exact word beside it where the code says less."""
    value = native.load({"entity": "Attendance", "outcome": outcome})[0]
    tree = write(Docs("R4", {}), "Appointment/x", was=None, now=value)["Appointment/x"]
    assert (tree["status"], len(tree.get("extension", ()))) == (status, said)


def test_a_split_dose_is_two_doses() -> None:
    """Methadone in the morning and in the evening: two dosages, in order."""
    assert [dose["doseAndRate"][0]["doseQuantity"]["unit"] for dose in fhir("Medication")["dosageInstruction"]] == [
        "mg",
        "mg",
    ]


def test_a_consent_says_who_signed_and_by_what_authority() -> None:
    """performer holds both: the person who consents, and the authority of whoever signs for them."""
    assert [one["reference"] for one in fhir("Consent")["performer"]] == ["Patient/leela", "RelatedPerson/brother"]


def test_what_has_a_field_of_its_own_is_refused_elsewhere() -> None:
    """A recipient among the other actors would be read as a recipient: say it there."""
    actor = {
        "role": {"codings": [{"system": "http://terminology.hl7.org/CodeSystem/v3-ParticipationType", "code": "IRCP"}]}
    }
    value = native.load({"entity": "Consent", "other_actors": [{**actor, "named": {"id": "Organization/1"}}]})[0]
    with pytest.raises(Refused) as refused:
        write(Docs("R4", {}), "Consent/x", was=None, now=value)
    assert refused.value.issue.rule == "write/other-field"


def test_a_general_paper_is_no_directive_and_a_general_provenance_no_review() -> None:
    """What nothing of ours marks is read as the general entity of its type."""
    found = {
        kind: type(
            read(Docs("R4", {f"{kind}/x": {"resourceType": kind, "status": "current"}}), f"{kind}/x").value
        ).__name__
        for kind in ("DocumentReference", "Provenance", "RelatedPerson")
    }
    assert found == {"DocumentReference": "Document", "Provenance": "Origin", "RelatedPerson": "Support"}


def test_two_rows_of_one_element_do_not_share_what_is_in_it() -> None:
    """begins and ends are two halves of one period; two rows for one half are refused when the table is made."""
    with pytest.raises(TypeError):
        table(
            v.Period,
            ("start", Within("period", at("start", DATE_TIME))),
            ("end", Within("period", at("start", DATE_TIME))),
        )
    with pytest.raises(TypeError):
        table(v.Period, ("start", Within("period", at("start", DATE_TIME))), ("end", at("period", PERIOD)))


def test_every_entity_has_what_every_record_says() -> None:
    """identifiers, recorded_by, recorded_at, sensitivity and share: a row each, whatever the type."""
    common = {"identifiers", "recorded_by", "recorded_at", "sensitivity", "share"}
    tables: list[Table] = [TABLES[one.RESOURCE].table_of(one) for one in native.ENTITIES.values()]
    assert [t.native.__name__ for t in tables if common - {field for field, _ in t.rows}] == []


def test_ours_stays_ours() -> None:
    """Nothing that only the programme knows stands in an element of FHIR's: safe contact, share, role of a support."""
    person = fhir("Person")
    ours = [one for one in person["extension"] if one["url"].startswith(LOCAL)]
    assert "her own mobile" not in json.dumps({**person, "extension": []}, ensure_ascii=False)
    assert "her own mobile" in json.dumps(ours, ensure_ascii=False)
