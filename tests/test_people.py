"""Who the people of fixtures/ are: their words, their consents, and what their stories need to hold."""

from __future__ import annotations

from datetime import UTC, datetime

from people_records import FIXTURES, PEOPLE, natives, nodes, r4, told

from adapter.disclosure.consent import Actor, decide
from adapter.disclosure.grants import read_consent
from adapter.disclosure.share import NEVER, share_of
from mappings.terms.systems import LOCAL
from mappings.tree import Number


class TestWhoTheyAre:
    def test_everybody_speaks_for_themselves(self) -> None:
        """Each goal has the person's own words in their language, and who said them."""
        said = {
            person: {
                (data["own_words"]["lang"], data["own_words"]["said_by"])
                for data in natives(person).values()
                if data["entity"] == "Goal"
            }
            for person in PEOPLE
        }
        assert said == {
            "asha": {("mr", "Asha")}, "marcus": {("en", "Marcus")}, "rosa": {("es", "Rosa")},
            "imran": {("hi", "Imran"), ("ur", "Imran")}, "jordan": {("en", "Jordan")},
            "thomas": {("en", "Thomas")}, "leela": {("ml", "Leela"), ("en", "Leela")}, "sam": {("en", "Sam")},
        }  # fmt: skip

    def test_a_therapy_is_said_in_three_ways(self) -> None:
        """Linked, contained and inside the plan: all are native therapies."""
        for person in ("asha", "marcus"):
            activities = r4(person)[f"CarePlan/{person}-plan"]["activity"]
            ways = {"detail" if "detail" in one else one["reference"]["reference"][0] for one in activities}
            assert ways == {"detail", "#", "S"}

    def test_a_declined_question_is_kept_as_declined(self) -> None:
        """Asha was asked about her faith and chose not to say: not unknown, not empty, not no."""
        faith = r4("asha")["Observation/asha-preference-faith"]
        assert faith["dataAbsentReason"]["coding"][0]["code"] == "asked-declined"
        assert not [name for name in faith if name.startswith("value")]

    def test_the_sponsor_stands_by_role_only(self) -> None:
        """A sponsor's name would expose a third person: there is none, nor a reference."""
        [sponsor] = [
            p for p in r4("marcus")["CareTeam/marcus-team"]["participant"] if p["role"][0]["text"] == "Sponsor"
        ]
        assert sponsor.keys() == {"role"}

    def test_the_employers_clinic_gets_nothing(self) -> None:
        """Marcus's consent permits those it names; his employer's clinic is not among them, and is named nowhere."""
        grant = read_consent(r4("marcus")["Consent/marcus-consent"])
        system = LOCAL + "local/organization"
        now = datetime(2026, 11, 22, tzinfo=UTC)
        answers = {
            name: decide(
                Actor(name, "ehr", "other", (system, name), purposes=("TREAT",)),
                "TREAT",
                resource_type="CarePlan",
                subject="Patient/marcus",
                consents=[grant],
                now=now,
            ).reason
            for name in ("riverbend-family-health", "sandbox-ehr", "employers-clinic")
        }
        assert answers == {
            "riverbend-family-health": "consent",
            "sandbox-ehr": "consent",
            "employers-clinic": "recipient-not-named",
        }
        assert "employer" not in "".join(f.read_text() for f in (FIXTURES / "marcus" / "r4").iterdir()).lower()

    def test_obstetrics_sees_dose_and_due_date(self) -> None:
        """Of Rosa's records the consent to obstetrics opens her doses, the due date and that she speaks Spanish."""
        seen = told("rosa", "san-telmo-obstetrics")
        assert seen == {
            "MedicationRequest/rosa-methadone", "MedicationRequest/rosa-methadone-once", "Observation/rosa-pregnancy",
            "Observation/rosa-preference-language",
        }  # fmt: skip
        assert share_of(r4("rosa")["DocumentReference/rosa-court-referral"]) == NEVER
        others = {ref: tree for ref, tree in r4("rosa").items() if ref != "DocumentReference/rosa-court-referral"}
        assert "court" not in str(others).lower()

    def test_nothing_of_imrans_is_marked_failed(self) -> None:
        """After the return to use his goals stand as he set them, each accepted, none worse or given up."""
        imran = natives("imran")
        goals = [data for data in imran.values() if data["entity"] == "Goal"]
        assert {goal["lifecycle"] for goal in goals} == {"active"}
        how = {goal["achievement"]["codings"][0]["code"] for goal in goals}
        assert how <= {"in-progress", "improving", "sustaining", "achieved"}
        assert {need["course"] for need in imran.values() if need["entity"] == "Need"} == {"active"}
        review = imran["imran-review-october"]
        assert review["with_person"] == "yes"
        assert "Observation/imran-use-october" in [one["id"] for one in review["evidence"]]
        assert {"id": "Patient/imran"} in [{"id": one["id"]} for one in review["by"] if "id" in one]

    def test_jordan_alone_consents(self) -> None:
        """Every consent is Jordan's own; no parent signs one, and their authority ends on the 18th birthday."""
        jordan = natives("jordan")
        consents = [data for data in jordan.values() if data["entity"] == "Consent"]
        assert {one["id"] for consent in consents for one in consent["grantor"]} == {"Patient/jordan"}
        assert not [consent for consent in consents if "signer_authority" in consent]
        born = jordan["jordan"]["birth_date"]
        parents = [data for data in jordan.values() if data["entity"] == "Authority"]
        assert {(one["begins"], one["ends"]) for one in parents} == {(born, f"{int(born[:4]) + 18}{born[4:]}")}
        plan = jordan["jordan-plan"]["period"]
        assert plan["start"] < parents[0]["ends"] < plan["end"]

    def test_jordans_consents_open_no_more_than_they_say(self) -> None:
        """The practice sees plan, goals and needs but what is kept back; the school, since it was revoked, nothing."""
        seen = told("jordan", "alder-street-pediatrics")
        assert {reference.partition("/")[0] for reference in seen} == {"CarePlan", "Goal", "Condition"}
        assert "Condition/jordan-home" not in seen
        assert told("jordan", "port-alder-high") == set()
        family = r4("jordan")["Consent/jordan-consent-family"]["provision"]
        assert {one["reference"]["reference"].partition("-")[2] for one in family["data"]} == {
            "family-therapy", "family-october"}  # fmt: skip

    def test_thomas_has_one_plan_on_two_levels_and_a_new_one_on_his_return(self) -> None:
        """A step down revises the plan; leaving ends it by his own choice; four months later a new plan replaces it."""
        thomas = natives("thomas")
        spring, now = thomas["thomas-plan-spring"], thomas["thomas-plan"]
        levels = [one["id"] for one in spring["evidence"] if one["id"].startswith("Observation/thomas-level")]
        assert len(levels) == 2
        assert thomas["thomas-level-march-outpatient"].keys() >= {"recommended", "received", "difference_reason"}
        assert [one["id"] for one in now["replaces"]] == ["CarePlan/thomas-plan-spring"]
        first, second = thomas["thomas-episode-spring"], thomas["thomas-episode-autumn"]
        assert first["ending"]["code"]["text"] == "Left early by choice"
        assert first["ended"] == spring["period"]["end"] < second["admitted"] == now["period"]["start"]
        assert second["previous"]["id"] == "EpisodeOfCare/thomas-episode-spring"
        outcomes = {one["outcome"] for one in thomas.values() if one["entity"] == "Attendance"}
        assert outcomes >= {"attended", "part", "cancelled-by-person", "cancelled-by-programme", "no-contact"}

    def test_leelas_no_is_kept(self) -> None:
        """One goal is the doctor's, not hers: it is proposed, nothing serves it, and she agrees to the plan in part."""
        leela = natives("leela")
        goal = leela["leela-goal-injection"]
        assert {(one["by"].get("id"), one["status"]) for one in goal["acceptance"]} == {
            ("Patient/leela", "disagree"), (None, "agree")}  # fmt: skip
        assert goal["lifecycle"] == "proposed"
        serving = [one for one in leela.values() if one["entity"] in ("Therapy", "Medication")]
        assert not [one for one in serving for served in one["goals"] if served["id"] == "Goal/leela-goal-injection"]
        assert leela["leela-agreement"]["agreement"] == "partly"

    def test_leelas_brother_decides_only_while_the_directive_is_invoked(self) -> None:
        """It refuses one medicine and names him first; his signature stands for those days, and opens nothing since."""
        leela = natives("leela")
        directive, signed = leela["leela-directive"], leela["leela-consent-september"]
        assert directive["representatives"][0]["id"] == "RelatedPerson/leela-brother"
        assert signed["signer_authority"]["id"] == "RelatedPerson/leela-brother"
        assert "haloperidol" in directive["refuses"][0]["about"]["text"]
        [invoked] = directive["invoked"]
        assert invoked == signed["period"]
        assert (signed["status"], signed["revoked"][:10]) == ("inactive", invoked["end"])
        drugs = {one["drug"]["concept"]["text"] for one in leela.values() if one["entity"].startswith("Medication")}
        assert "haloperidol" not in str(drugs).lower()

    def test_sams_flag_survives_the_form(self) -> None:
        """PHQ-9 with item 9 answered and others not: a flag and a reason, no total, and a safety plan the same day."""
        sam = natives("sam")
        form = sam["sam-phq9-october"]
        assert [(flag["kind"], flag["linkId"]) for flag in form["safety_flags"]] == [("suicide", "44260-8")]
        assert len(form["answers"][0]["items"]) < 9
        assert not form.keys() & {"score", "band"}
        assert form["score_missing"] == "not-performed"
        assert sam["sam-safety-plan"]["date"][:10] == form["date"][:10]
        assert not [one for one in sam.values() if one["entity"] == "Score" and "october" in one["evidence"][0]["id"]]

    def test_what_sam_keeps_to_himself_stays(self) -> None:
        """What he said of ceremony is never told; in recovery for seven years is a remission, sustained."""
        said = [r4("sam")[f"Observation/sam-{name}-ceremony"] for name in ("strength", "preference")]
        assert {share_of(one) for one in said} == {NEVER}
        need = natives("sam")["sam-alcohol"]
        assert (need["course"], need["remission"]) == ("remission", "sustained")

    def test_wording_ships_only_where_its_licence_allows(self) -> None:
        """PHQ-9 comes with its notice; of AUDIT-C there are codes and weights, no word of a question or an answer."""
        asha = r4("asha")
        assert "No permission required to reproduce" in asha["Questionnaire/phq-9"]["copyright"]
        for name in ("Questionnaire/audit-c", "QuestionnaireResponse/asha-audit-c-august"):
            assert not [node for node in nodes(asha[name]["item"]) if {"text", "display"} & node.keys()]
        assert asha["Questionnaire/audit-c"]["item"][0]["answerOption"][4]["extension"][0]["valueDecimal"] == Number(
            "4"
        )
