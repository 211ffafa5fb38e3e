"""Who sees what at the gateway: partners by consent, persons their own; on every way out the same."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from gateway_world import SECRET, Caller, World, consent, issues, record, world
from werkzeug.test import TestResponse

from mappings.terms.systems import LOCAL
from mappings.tree import Number, parse

CLASSES = "http://hl7.org/fhir/resource-types"


@pytest.fixture
def here(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path) as found:
        yield found


@pytest.fixture
def consented(here: World) -> World:
    """Anna lets the clinic have her plans and goals, not her conditions nor who she is."""
    said = consent()
    said["provision"]["class"] = [{"system": CLASSES, "code": kind} for kind in ("Goal", "CarePlan", "Observation")]
    here.put("Consent/c", said)
    return here


def everything_of(caller: Caller, goal: Any) -> list[TestResponse]:
    """Ask for a record in every way there is."""
    return [
        caller.get("Goal/sing"),
        caller.get("Goal/sing?_format=json"),
        caller("HEAD", "Goal/sing"),
        caller.get("Goal/sing", If_None_Match='W/"1"'),
        caller.get("Goal/sing/_history/1"),
        caller.get("Goal/sing/_history"),
        caller.get("Goal"),
        caller.get("Goal?_id=sing"),
        caller.get("Goal?patient=anna"),
        caller("POST", "Goal/_search", b"_id=sing", Content_Type="application/x-www-form-urlencoded"),
        caller.get("Condition/alcohol"),
        caller.get("Condition?patient=anna"),
        caller.get("Patient/anna"),
        caller("PUT", "Goal/sing", goal),
        caller("PUT", "Goal/sing", goal, If_Match='W/"99"'),
        caller("PUT", "Goal/sing", {**goal, "extension": [{"url": f"{LOCAL}share", "valueCode": "x"}]}),
        caller("POST", "Goal", record("Goal")),
        caller("DELETE", "Goal/sing"),
    ]


def contents(here: World) -> list[tuple[str, int]]:
    with here.store.read() as tx:
        return [(document.reference, document.version) for document in tx.documents.each()]


# fmt: off
REFUSED = [
    # method   address         body                                                 status
    ("POST",   "Consent",      consent(),                                          403),
    ("PUT",    "Patient/anna", record("Patient", id="anna"),                       403),
    ("POST",   "Questionnaire", record("Questionnaire"),                           403),
    ("POST",   "Goal",         record("Goal", "Patient/ben"),                      404),  # ben did not consent
    ("POST",   "Goal",         record("Goal", "Patient/nobody"),                   404),
    ("POST",   "Goal",         record("Goal", "Group/all"),                        422),
    ("POST",   "Condition",    record("Condition"),                                404),  # not one of the types
    ("PUT",    "Goal/free",    record("Goal", id="free"),                          404),  # like a withheld one
    ("PUT",    "Goal/ben",     record("Goal", "Patient/ben", id="ben"),            404),
    ("PUT",    "Goal/sing",    record("Goal", "Patient/ben", id="sing"),           422),  # stays with its person
    ("PUT",    "Goal/sing",    record("Goal", id="sing", addresses=[{"reference": "Condition/alcohol"}]), 422),
    ("PUT",    "Goal/sing",    record("Goal", id="sing", addresses=[{"reference": "Condition/nothing"}]), 422),
    ("PUT",    "Goal/sing",    record("Goal", id="sing", extension=[{"url": f"{LOCAL}x", "valueCode": "y"}]), 422),
    ("DELETE", "Goal/ben",     None,                                               404),
    ("DELETE", "Goal/none",    None,                                               404),
]
# fmt: on


class TestPartner:
    def test_without_consent_nothing_is_there(self, here: World) -> None:
        """Reads, searches and writes of a partner without consent answer like those of what never was."""
        goal = record("Goal", id="sing")
        for answer in everything_of(here.lab, goal):
            assert answer.status_code in (200, 404, 422), answer.data
            if answer.status_code == 200:
                assert "entry" not in parse(answer.data)
        assert here.lab.get("Goal/sing").data == here.lab.get("Goal/none").data
        assert here.desk.read("Goal/sing")["meta"]["versionId"] == "1"

    def test_what_is_withheld_shows_nowhere(self, consented: World) -> None:
        """By no way does a word of a withheld record, or of ours, reach a partner; what is permitted does."""
        goal = consented.clinic.read("Goal/sing")
        assert not {"extension", "addresses", "text"} & set(goal)
        for answer in everything_of(consented.clinic, {**goal, "language": "mr"}):
            assert SECRET.encode() not in answer.data
            assert LOCAL.encode() not in answer.data or answer.status_code == 422  # the refusal names what is ours
            assert b"Condition/" not in answer.data
        assert consented.clinic.found("Goal") == ["Goal/sing", "Goal/new-1"]
        assert consented.clinic.found("Condition") == consented.clinic.found("Patient") == []
        assert consented.clinic.read("CarePlan/plan")["goal"] == [{"reference": "Goal/sing"}]

    def test_a_revocation_holds_at_once(self, consented: World) -> None:
        """The next request after a consent was made inactive finds nothing."""
        assert consented.clinic.get("Goal/sing").status_code == 200
        consented.put("Consent/c", consent(status="inactive"))
        assert consented.clinic.get("Goal/sing").status_code == 404

    def test_the_purpose_counts(self, consented: World) -> None:
        """The first registered purpose is asked for unless another is stated; one not registered is 403."""
        assert consented.clinic.get("Goal/sing", Purpose_Of_Use="TREAT").status_code == 200
        assert consented.clinic.get("Goal/sing", Purpose_Of_Use="HPAYMT").status_code == 404
        assert consented.clinic.get("Goal/sing", Purpose_Of_Use="HMARKT").status_code == 403

    def test_its_write_keeps_what_was_hidden(self, consented: World) -> None:
        """A PUT is a difference against what was served: the edit stands, and so does all that was hidden."""
        before, goal = consented.desk.read("Goal/sing"), consented.clinic.read("Goal/sing")
        answer = consented.clinic("PUT", "Goal/sing", {**goal, "description": {"text": "dance"}}, If_Match='W/"1"')
        assert answer.status_code == 200
        assert parse(answer.data)["description"] == {"text": "dance"}
        after = consented.desk.read("Goal/sing")
        assert (after["extension"], after["addresses"]) == (before["extension"], before["addresses"])
        assert after["description"] == {"text": "dance"}
        assert "text" not in after  # a generated narrative told the state before
        assert consented.clinic.read("Goal/sing") == parse(answer.data)

    def test_sending_back_what_was_served_makes_no_version(self, consented: World) -> None:
        """A PUT of the redacted copy changes nothing."""
        served = consented.clinic.get("Goal/sing").data
        assert consented.clinic("PUT", "Goal/sing", served).headers["ETag"] == 'W/"1"'
        assert "extension" in consented.desk.read("Goal/sing")

    def test_where_both_cannot_stand_a_person_is_asked(self, consented: World) -> None:
        """Removing an element on which something hidden hangs is 409 with its place; nothing changes."""
        hidden = [{"url": f"{LOCAL}said-by", "valueString": "sister"}]
        consented.put("Goal/sing", record("Goal", note=[{"text": "a", "extension": hidden}, {"text": "b"}]))
        goal = consented.clinic.read("Goal/sing")
        answer = consented.clinic("PUT", "Goal/sing", {**goal, "note": [{"text": "b"}]})
        assert (answer.status_code, issues(answer)[0]["expression"]) == (409, ["Goal.note"])
        assert consented.clinic("DELETE", "Goal/sing").status_code == 409
        assert consented.desk.read("Goal/sing")["note"][0]["extension"] == hidden

    @pytest.mark.parametrize(("method", "path", "body", "status"), REFUSED)
    def test_it_writes_only_what_it_may_read(
        self, consented: World, method: str, path: str, body: Any, status: int
    ) -> None:
        """Each row of REFUSED: what a partner may not write, and how it is refused; the store stays as it is."""
        before = contents(consented)
        assert consented.clinic(method, path, body).status_code == status
        assert contents(consented) == before

    def test_withheld_and_missing_references_look_alike(self, consented: World) -> None:
        """A reference is refused in the same words whether its target is withheld or was never there."""
        answers = [
            consented.clinic("PUT", "Goal/sing", record("Goal", id="sing", addresses=[{"reference": target}]))
            for target in ("Condition/alcohol", "Condition/nothing")
        ]
        assert answers[0].data == answers[1].data

    def test_it_may_write_about_who_consented(self, consented: World) -> None:
        """An observation about Anna is taken, read back, and deleted again."""
        made = consented.clinic("POST", "Observation", record("Observation"))
        assert made.status_code == 201
        assert consented.clinic.found("Observation") == ["Observation/new-1"]
        assert consented.clinic("DELETE", "Observation/new-1").status_code == 204
        assert consented.clinic.get("Observation/new-1").status_code == 410

    def test_a_denial_wins(self, consented: World) -> None:
        """A consent that denies what another permits closes it."""
        said = consent()
        said["provision"]["type"] = "deny"
        consented.put("Consent/no", said)
        assert consented.clinic.get("Goal/sing").status_code == 404

    def test_a_copy_is_never_confirmed_as_current(self, consented: World) -> None:
        """A partner's conditional read gets the copy it may have now: consents may have changed, versions not."""
        assert consented.clinic.get("Goal/sing", If_None_Match='W/"1"').status_code == 200


class TestPerson:
    def test_reads_what_is_theirs(self, here: World) -> None:
        """Anna's token finds Anna's records and the instruments, by every way, and nothing of Ben's."""
        assert here.anna.found("Goal") == ["Goal/sing"]
        assert here.anna.found("Patient") == ["Patient/anna"]
        assert here.anna.found("Questionnaire") == ["Questionnaire/q"]
        assert here.anna.read("Goal?_count=0")["total"] == Number("1")
        for path in ("Goal/ben", "Patient/ben", "Goal/ben/_history", "Goal/ben/_history/1"):
            assert here.anna.get(path).status_code == 404

    def test_writes_nothing(self, here: World) -> None:
        """POST, PUT and DELETE of a person's token are 403, before anything is looked up."""
        for method, path in (("POST", "Goal"), ("PUT", "Goal/sing"), ("DELETE", "Goal/sing"), ("DELETE", "Goal/none")):
            assert here.anna(method, path, record("Goal", id="sing") if method != "DELETE" else None).status_code == 403


class TestRecord:
    def test_every_answer_is_on_record(self, consented: World) -> None:
        """What left and what was withheld stands in the record of disclosures, with channel and reason."""
        consented.clinic.get("Goal/sing")
        consented.clinic.get("Condition/alcohol")
        consented.clinic.get("Goal")
        consented.clinic("POST", "Goal", record("Goal"))
        with consented.store.read() as tx:
            made, searched, refused, read = tx.disclosures.latest(4)
        assert (read.channel, read.outcome, read.recipient) == ("fhir-read", "released", "urn:oid:1.2|clinic")
        assert (refused.outcome, refused.documents[0].reason) == ("withheld", "type-not-named")
        assert (searched.outcome, {(d.id, d.reason) for d in searched.documents}) == (
            "partial",
            {("sing", ""), ("ben", "no-consent")},
        )
        assert (made.channel, made.documents[0].id) == ("fhir-create", "new-1")

    def test_a_stale_write_discloses_nothing(self, consented: World) -> None:
        """A 412 holds no record, and none is noted."""
        with consented.store.read() as tx:
            before = tx.disclosures.count()
        assert consented.clinic("PUT", "Goal/sing", record("Goal", id="sing"), If_Match='W/"9"').status_code == 412
        with consented.store.read() as tx:
            assert tx.disclosures.count() == before


# fmt: off
BODIES = {
    # module of the gateway   whose `body` it reads
    "answers.py":            {"one"},       # a ReleasedDocument
    "hot.py":                {"one"},       # a ReleasedDocument
    "native.py":             {"one"},       # a ReleasedDocument
}
# fmt: on


def test_the_gateway_sends_only_what_was_released() -> None:
    """No module of the gateway reads a stored document's bytes but to write onto them; none takes its served form."""
    root = Path(__file__).parent.parent / "adapter" / "gateway"
    for file in root.glob("*.py"):
        attributes = [node for node in ast.walk(ast.parse(file.read_text("utf-8"))) if isinstance(node, ast.Attribute)]
        assert "served" not in {node.attr for node in attributes}, file.name
        assert {ast.unparse(node.value) for node in attributes if node.attr == "body"} == BODIES.get(file.name, set())
