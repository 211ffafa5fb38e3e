"""Each receiver's own wishes, one by one: what US Core, SDC, MCC and ABDM are sent, and `planbridge convert --for`."""

from __future__ import annotations

from pathlib import Path

import pytest
from profile_plants import NOW, PEOPLE, dressed, one, person, plan_of, sound

from adapter.cli import main
from mappings.lens.documents import Docs, Refused
from mappings.profiles import RECEIVERS, outfit
from mappings.profiles.rules import listed
from mappings.terms.snomed import DISPLAYS, SNOMED
from mappings.terms.systems import LOCAL
from mappings.tree import get, leaves

ROOT = Path(__file__).resolve().parents[1]


class TestReceivers:
    def test_us_core_finds_the_plan_by_its_category(self) -> None:
        """A plan without the category assess-plan is given it, for only patient+category is searched everywhere."""
        plan = {
            "resourceType": "CarePlan",
            "id": "c",
            "status": "active",
            "intent": "plan",
            "subject": {"display": "x"},
        }
        for receiver in ("us-core-9", "us-core-6.1", "mcc"):
            tree = outfit(one(plan), "CarePlan/c", receiver).docs["CarePlan/c"]
            assert tree["category"][0]["coding"][0]["code"] == "assess-plan"
            assert tree["text"]["status"] == "generated"

    def test_a_narrative_that_somebody_wrote_stays(self) -> None:
        """`additional` is kept; `extensions`, which US Core does not take, is reported and kept."""
        div = '<div xmlns="http://www.w3.org/1999/xhtml">by hand</div>'
        plan = {
            "resourceType": "CarePlan",
            "id": "c",
            "status": "active",
            "intent": "plan",
            "subject": {"display": "x"},
        }
        for status, rules in (("additional", set()), ("extensions", {"us-core-9/CarePlan.text.status"})):
            sent = outfit(one({**plan, "text": {"status": status, "div": div}}), "CarePlan/c", "us-core-9")
            assert sent.docs["CarePlan/c"]["text"]["div"] == div
            assert {issue.rule for issue in sent.issues if issue.severity == "error"} == rules

    def test_what_does_not_conform_claims_nothing(self) -> None:
        """meta.profile is an assertion: a response without its questionnaire does not make it."""
        response = {"resourceType": "QuestionnaireResponse", "id": "r", "status": "completed", "authored": "2026"}
        sent = outfit(one(response), "QuestionnaireResponse/r", "sdc-4")
        assert "meta" not in sent.docs["QuestionnaireResponse/r"]
        assert {(issue.path, issue.code) for issue in sent.issues if issue.severity == "error"} == {
            ("QuestionnaireResponse.questionnaire", "required")
        }

    def test_facts_are_not_invented(self) -> None:
        """Bare records come back with an error for each fact that only somebody can know, and without those facts."""
        for kind, wanted in (("CareTeam", {"subject", "participant"}), ("ServiceRequest", {"code"})):
            sent = outfit(one({"resourceType": kind, "id": "x"}), f"{kind}/x", "us-core-9")
            assert {issue.rule.rpartition(".")[2] for issue in sent.issues if issue.severity == "error"} == wanted
            assert not wanted & set(sent.docs[f"{kind}/x"])

    def test_a_missing_member_is_said_to_be_unknown(self) -> None:
        """A sponsor by role only: the mandatory member says that it is not known, and the desk warns."""
        team = {"resourceType": "CareTeam", "id": "t", "subject": {"reference": "Patient/p"}}
        sent = outfit(one({**team, "participant": [{"role": [{"text": "Sponsor"}]}]}), "CareTeam/t", "us-core-9")
        member = sent.docs["CareTeam/t"]["participant"][0]["member"]
        assert member["extension"][0]["valueCode"] == "unknown"
        assert [issue.rule for issue in sent.issues if issue.severity == "warning"] == ["us-core-9/absent"]

    def test_two_roles_are_sent_once_each(self) -> None:
        """US Core has one role a participant; who has two is named twice, and the place is said."""
        who = {"role": [{"text": "Counsellor"}, {"text": "Prescriber"}], "member": {"display": "x"}}
        team = {"resourceType": "CareTeam", "id": "t", "subject": {"display": "x"}, "participant": [who]}
        sent = outfit(one(team), "CareTeam/t", "us-core-9")
        assert [part["role"] for part in sent.docs["CareTeam/t"]["participant"]] == [[role] for role in who["role"]]
        assert [moved.at for moved in sent.moved] == [("participant",)]

    def test_weights_go_under_both_names(self) -> None:
        """SDC 4: itemWeight beside ordinalValue, with the number as it was written."""
        docs, sent = dressed("asha", "sdc-4")
        form = next(ref for ref in docs if ref.startswith("Questionnaire/"))
        weights = [tree for path, tree in leaves(sent.docs[form]) if path[-1] == "valueDecimal"]
        stored = [tree for path, tree in leaves(docs[form]) if path[-1] == "valueDecimal"]
        assert stored
        assert len(weights) == 2 * len(stored)

    @pytest.mark.parametrize(
        ("version", "code"), [("1.0.0", "semver"), ("2026-01-05", "date"), ("7", "integer"), ("2.1a", "natural")]
    )
    def test_how_versions_compare_is_seen_from_the_version(self, version: str, code: str) -> None:
        """SDC 4 wants to know how versions of a form compare (sdc-2)."""
        form = {"resourceType": "Questionnaire", "id": "q", "url": "http://example.org/q", "version": version}
        tree = outfit(one({**form, "status": "active"}), "Questionnaire/q", "sdc-4").docs["Questionnaire/q"]
        assert tree["extension"][0]["valueCoding"]["code"] == code

    def test_answers_given_apart_are_sent_together(self) -> None:
        """R4 let a question stand twice; SDC wants its answers in one place."""
        items = [{"linkId": "a", "answer": [{"valueString": text}]} for text in "xy"]
        response = sound(RECEIVERS["sdc-4"].profiles[1])
        sent = outfit(one({**response, "item": items}), "QuestionnaireResponse/x", "sdc-4")
        assert sent.docs["QuestionnaireResponse/x"]["item"] == [
            {"linkId": "a", "answer": [{"valueString": "x"}, {"valueString": "y"}]}
        ]

    def test_abdm_is_sent_snomed_with_its_displays(self) -> None:
        """Codings of other systems stay at home; a SNOMED CT code that we know has its display; text is kept."""
        codings = [
            {"system": SNOMED, "code": "75544000"},
            {"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "F11.20"},
        ]
        condition = {"resourceType": "Condition", "id": "c", "subject": {"display": "x"}, "code": {"coding": codings}}
        sent = outfit(one(condition), "Condition/c", "abdm")
        display = DISPLAYS["75544000"]
        assert sent.docs["Condition/c"]["code"] == {
            "coding": [{"system": SNOMED, "code": "75544000", "display": display}]
        }
        assert [moved.at for moved in sent.moved] == [("code",)]

    def test_abdm_keeps_the_words_of_a_code_that_stays_at_home(self) -> None:
        """A concept without SNOMED CT goes as text, from its own display; one without words is reported."""
        for display, left in (("Opioid use", {"text": "Opioid use"}), (None, None)):
            coding = {"system": "http://example.org/codes", "code": "x", **({"display": display} if display else {})}
            condition = {
                "resourceType": "Condition",
                "id": "c",
                "subject": {"display": "x"},
                "code": {"coding": [coding]},
            }
            sent = outfit(one(condition), "Condition/c", "abdm")
            assert sent.docs["Condition/c"]["code"] == (left or {"coding": [coding]})
            assert any(issue.severity == "error" for issue in sent.issues) == (left is None)

    def test_abdm_binds_a_plan_into_a_discharge_summary(self) -> None:
        """Section 734163000 refers to the plan; the Bundle holds the composition first and all that it leads to."""
        docs, sent = dressed("asha", "abdm")
        [bundle] = [tree for ref, tree in sent.docs.items() if ref.startswith("Bundle/")]
        entries = [entry["resource"] for entry in bundle["entry"]]
        section = entries[0]["section"][0]
        assert (bundle["type"], bundle["timestamp"], entries[0]["resourceType"]) == ("document", NOW, "Composition")
        assert section["code"]["coding"][0]["code"] == "734163000"
        assert section["entry"] == [{"reference": plan_of(docs)}]
        assert {"CarePlan", "Patient", "Goal", "Condition"} <= {entry["resourceType"] for entry in entries}

    def test_abdm_needs_to_know_when(self) -> None:
        """Without the hour at which it is put together there is no document, and the error says so."""
        docs = person("asha")
        sent = outfit(docs, plan_of(docs), "abdm")
        assert not any(ref.startswith("Bundle/") for ref in sent.docs)
        assert "Composition.date" in {issue.path for issue in sent.issues if issue.severity == "error"}

    def test_who_is_named_by_identifier_is_contained_for_abdm(self) -> None:
        """SR demands a reference to who asked: the party is contained, with what the reference said of it."""
        who = {"type": "Practitioner", "identifier": {"value": "7"}, "display": "Dr N"}
        request = sound(RECEIVERS["abdm"].profiles[2])
        tree = outfit(one({**request, "requester": who}), "ServiceRequest/x", "abdm").docs["ServiceRequest/x"]
        assert tree["requester"] == {"reference": "#requester", **who}
        assert tree["contained"] == [
            {
                "resourceType": "Practitioner",
                "id": "requester",
                "identifier": [{"value": "7"}],
                "name": [{"text": "Dr N"}],
            }
        ]

    def test_guides_of_r4_refuse_another_release(self) -> None:
        """A set of R5 is refused with what to do; an unknown receiver and root are errors of the caller."""
        plan = {"CarePlan/c": {"resourceType": "CarePlan", "id": "c"}}
        with pytest.raises(Refused) as refused:
            outfit(Docs("R5", plan), "CarePlan/c", "us-core-9")
        assert refused.value.issue.fix
        with pytest.raises(KeyError):
            outfit(Docs("R4", plan), "CarePlan/c", "nobody")
        with pytest.raises(KeyError):
            outfit(Docs("R4", plan), "CarePlan/d", "mcc")


class TestDetails:
    """An activity that a plan describes in place goes to MCC as a request of its own."""

    def test_no_detail_is_sent(self) -> None:
        """Every activity refers to a request that is in the set."""
        for name in PEOPLE:
            _, sent = dressed(name, "mcc")
            for tree in (tree for ref, tree in sent.docs.items() if ref.startswith("CarePlan/")):
                for activity in listed(tree, "activity"):
                    assert "detail" not in activity
                    target = activity["reference"].get("reference", "")
                    inside = {f"#{part['id']}" for part in listed(tree, "contained")}
                    assert not target or target in sent.docs or target in inside

    def test_a_detail_says_the_same_as_a_request(self) -> None:
        """Each value of a detail of the fixtures stands in the request, or is the kind, or a status in other words.

        What stands in an extension there is the programme's own and goes to nobody.
        """
        for name in PEOPLE:
            docs, sent = dressed(name, "mcc")
            for move in sent.moved:
                if move.to and move.at[-1] == "detail":
                    held = [value for _, value in leaves(sent.docs[move.to])]
                    detail = get(docs[move.document], move.at)
                    lost = [path for path, value in leaves(detail) if value not in held]
                    assert all(x["url"].startswith(LOCAL) for x in detail.get("extension", ()))
                    assert {path[0] for path in lost} <= {"kind", "status", "extension"}, (
                        f"{move.document} {move.at} {lost}"
                    )

    def test_the_same_activity_is_the_same_request(self) -> None:
        """Sent twice, a request has the same id, and refers to its plan."""
        first, second = (dressed("asha", "mcc")[1].docs for _ in range(2))
        assert set(first) == set(second)
        made = [ref for ref in first if ref not in person("asha")]
        assert made
        assert all(first[ref]["basedOn"] == [{"reference": plan_of(first)}] for ref in made)

    def test_what_refers_into_the_plan_stays_in_the_plan(self) -> None:
        """A detail for a contained goal becomes a contained request, for nobody outside could follow the reference."""
        goal = {"resourceType": "Goal", "id": "g", "lifecycleStatus": "active", "description": {"text": "x"}}
        detail = {"status": "scheduled", "code": {"text": "walk"}, "goal": [{"reference": "#g"}]}
        plan = sound(RECEIVERS["mcc"].profiles[0]) | {"contained": [goal], "activity": [{"detail": detail}]}
        docs = outfit(one(plan), "CarePlan/x", "mcc").docs
        [request] = [part for part in docs["CarePlan/x"]["contained"] if part["resourceType"] == "ServiceRequest"]
        assert set(docs) == {"CarePlan/x"}
        assert docs["CarePlan/x"]["activity"] == [{"reference": {"reference": f"#{request['id']}", "display": "walk"}}]

    def test_what_a_request_cannot_say_is_named(self) -> None:
        """A detail with a drug goes as a medication order; what that cannot hold is said, part by part."""
        performers = [{"display": "a"}, {"display": "b"}]
        detail = {"status": "in-progress", "productCodeableConcept": {"text": "x"}, "performer": performers}
        plan = sound(RECEIVERS["mcc"].profiles[0]) | {"activity": [{"detail": detail}]}
        sent = outfit(one(plan), "CarePlan/x", "mcc")
        assert ("activity", 0, "detail.performer") in {move.at for move in sent.moved}
        assert any(ref.startswith("MedicationRequest/") for ref in sent.docs)

    def test_a_kind_that_demands_more_than_a_detail_says_becomes_a_service_request(self) -> None:
        """An appointment demands who has accepted: the detail goes as ServiceRequest, and the kind is named."""
        for kind, sent_as in (("Appointment", "ServiceRequest"), ("Task", "Task")):
            detail = {"kind": kind, "status": "scheduled", "code": {"text": "walk"}}
            plan = sound(RECEIVERS["mcc"].profiles[0]) | {"activity": [{"detail": detail}]}
            sent = outfit(one(plan), "CarePlan/x", "mcc")
            assert [ref.partition("/")[0] for ref in sent.docs if ref != "CarePlan/x"] == [sent_as]
            named = ("activity", 0, "detail.kind") in {move.at for move in sent.moved}
            assert named == (kind != sent_as)

    def test_a_detail_that_can_be_no_request_stays_and_is_an_error(self) -> None:
        """Without a status that is known nothing is made up: the detail stays, MCC's demand is left open."""
        plan = sound(RECEIVERS["mcc"].profiles[0]) | {"activity": [{"detail": {"status": "sometime"}}]}
        sent = outfit(one(plan), "CarePlan/x", "mcc")
        assert sent.docs["CarePlan/x"]["activity"] == plan["activity"]
        assert "mcc/CarePlan.activity.detail" in {issue.rule for issue in sent.issues if issue.severity == "error"}


class TestCommand:
    def test_a_folder_goes_out_for_a_receiver(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """planbridge convert --for: all documents, what was moved with file and line, no extension of our own."""
        folder = ROOT / "fixtures" / "marcus" / "r4"
        assert main(["convert", str(folder), "--for", "mcc", "--out", str(tmp_path / "mcc")]) == 0
        told = capsys.readouterr()
        made = {file.name: file.read_bytes() for file in (tmp_path / "mcc").iterdir()}
        assert {file.name for file in folder.glob("*.json")} < set(made)
        assert b"https://planbridge.dev/fhir/therapy-schedule" not in b"".join(made.values())
        assert "marcus-plan.json:" in told.err
        assert "mcc/moved" in told.err

    def test_what_needed_nothing_keeps_its_bytes(self, tmp_path: Path) -> None:
        """A record that the receiver has no wish for is copied byte for byte."""
        folder = ROOT / "fixtures" / "asha" / "r4"
        main(["convert", str(folder), "--for", "sdc-4", "--out", str(tmp_path / "sdc")])
        assert (tmp_path / "sdc" / "asha-cbt.json").read_bytes() == (folder / "asha-cbt.json").read_bytes()

    def test_only_known_receivers_and_fhir(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """An unknown receiver is answered with those that there are; --for takes neither --onto nor --to native."""
        plan = str(ROOT / "fixtures" / "asha" / "r4" / "asha-plan.json")
        assert main(["convert", plan, "--for", "nobody"]) == 2
        assert "us-core-9" in capsys.readouterr().err
        assert main(["convert", plan, "--for", "mcc", "--to", "native"]) == 2
