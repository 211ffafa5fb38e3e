"""The people of fixtures/: sound, complete, sourced code by code, and the same in both forms. Everybody is made up."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from adapter.disclosure.consent import Actor, decide
from adapter.disclosure.grants import read_consent
from adapter.disclosure.share import NEVER, share_of
from adapter.gateway.app import gateway
from adapter.gateway.who import hash_of
from adapter.store import Store
from adapter.store.bundles import Brought, take_apart
from adapter.store.clients import Client
from mappings import native
from mappings.check import check_any
from mappings.lens.documents import ID, Docs
from mappings.tables import TABLES
from mappings.terms.systems import LOCAL
from mappings.translate import read, write
from mappings.tree import Number, Tree, parse, pretty

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures"
PEOPLE = tuple(sorted(folder.name for folder in FIXTURES.iterdir() if folder.is_dir()))
SERVED = ("CarePlan", "CareTeam", "Condition", "Consent", "Goal", "Observation", "Patient", "Questionnaire",
          "QuestionnaireResponse", "ServiceRequest")  # fmt: skip

# fmt: off
LOINC, SCT, RXNORM = "http://loinc.org", "http://snomed.info/sct", "http://www.nlm.nih.gov/research/umls/rxnorm"
THO = "http://terminology.hl7.org/CodeSystem/"
SOURCES: dict[str, dict[str, str]] = {
    # system -> codes: where each was seen. Ours, marked local below LOCAL, are ours to give.
    LOINC: {
        "44249-1 44250-9 44255-8 44259-0 44254-1 44251-7 44258-2 44252-5 44253-3 44260-8 69722-7 44261-6"
        " LA6568-5 LA6569-3 LA6570-1 LA6571-9 LA6572-7 LA6573-5 LA6575-0 LA6574-3":
            "PHQ-9: HL7/US-Core input/examples/Questionnaire-phq-9-example.json",
        "72109-2 68518-0 68519-8 68520-6 75626-2 LA6270-8 LA18926-8 LA18927-6 LA18928-4 LA18929-2 LA15694-5 LA15695-2"
        " LA18930-0 LA18931-8 LA18932-6 LA18933-4 LA18876-5 LA18891-4 LA18934-2":
            "AUDIT-C: HL7/US-Core Questionnaire-AUDIT-C.json; jmandel/ktc-questionnaire-starters generate.py",
        "75773-2 95541-9": "treatment and care experience preference: HL7/US-Core, Observation profiles",
        "69737-5 69725-0 68509-9 69733-4 69734-2 69735-9 69689-8 69736-7 70274-6":
            "GAD-7: beda-software/fhir-emr gad-7.yaml; jmandel/ktc-questionnaire-starters generate.py",
        "82810-3 LA15173-0 11778-8": "pregnancy: https://hl7.org/fhir/uv/ips/ValueSet-pregnancy-status-uv-ips.html",
        "LA29518-0 LA29519-8 LA29520-6": "https://hl7.org/fhir/extensions/ValueSet-pronouns.html",
    },
    SCT: {
        "66590003 75544000 85005007 442406005": "canvas-medical/canvas-plugins value_set/v2022/condition.py",
        "18512000 76168009 108313002 228557008 792901003":
            "canvas-medical/canvas-plugins value_set/v2026/intervention.py",
        "461481000124109": "HL7/us-behavioral-health-profiles ServiceRequest-peer-mentoring-example-1.xml",
        "116154003 133932002": "HL7/fhir-us-mcc MCCCareTeam",
    },
    RXNORM: {"1483744 991147": "canvas-medical/canvas-plugins value_set/v2026/medication.py (VSAC MOUD)"},
    "http://hl7.org/fhir/sid/icd-10-cm": {
        "F11.20 F12.20": "canvas-medical/canvas-plugins value_set/v2022/condition.py"},
    "http://hl7.org/fhir/sid/icd-10": {"F10.2": "WHO ICD-10; several public files"},
    "http://hl7.org/fhir/us/core/CodeSystem/careplan-category": {"assess-plan": "HL7/US-Core us-core-careplan"},
    "http://hl7.org/fhir/questionnaire-item-control": {
        "radio-button check-box": "https://hl7.org/fhir/R4/codesystem-questionnaire-item-control.html"},
    "urn:ietf:bcp:47": {"en es hi ur zh-HK": "https://hl7.org/fhir/R4/valueset-all-languages.html"},
    "urn:iso:std:iso:3166": {"US": "https://hl7.org/fhir/R4/valueset-jurisdiction.html"},
    THO + "goal-achievement": {
        "improving in-progress sustaining no-change achieved": "https://hl7.org/fhir/R4/codesystem-goal-achievement.html"},
    THO + "goal-priority": {"high-priority medium-priority": "https://hl7.org/fhir/R4/codesystem-goal-priority.html"},
    THO + "goal-relationship-type": {
        "predecessor": "https://hl7.org/fhir/R4/codesystem-goal-relationship-type.html"},
    THO + "condition-clinical": {"active": "https://hl7.org/fhir/R4/codesystem-condition-clinical.html"},
    THO + "condition-ver-status": {
        "confirmed provisional": "https://hl7.org/fhir/R4/codesystem-condition-ver-status.html"},
    THO + "condition-category": {"problem-list-item": "https://hl7.org/fhir/R4/codesystem-condition-category.html"},
    THO + "observation-category": {
        "survey social-history laboratory": "https://hl7.org/fhir/R4/codesystem-observation-category.html"},
    THO + "data-absent-reason": {"asked-declined": "https://hl7.org/fhir/R4/codesystem-data-absent-reason.html"},
    THO + "consentscope": {"patient-privacy": "https://hl7.org/fhir/R4/codesystem-consent-scope.html"},
    THO + "v3-ActCode": {"IDSCL OPTIN 42CFRPart2 SUD OPIOIDUD MH PSYTHPN": "HL7/UTG v3-ActCode.xml"},
    THO + "v3-ActReason": {"TREAT CAREMGT FAMRQT": "HL7/UTG v3-ActReason.xml"},
    THO + "v3-ParticipationType": {"IRCP": "HL7/UTG v3-ParticipationType.xml"},
    THO + "v3-ParticipationMode": {
        "VERBAL ELECTRONIC": "https://hl7.org/fhir/R4/valueset-questionnaireresponse-mode.html"},
    THO + "v3-RoleCode": {"PRN": "HL7/UTG v3-RoleCode.xml"},
    THO + "provenance-participant-type": {
        "author enterer informant": "https://hl7.org/fhir/R4/codesystem-provenance-participant-type.html"},
    "http://hl7.org/fhir/resource-types": {
        "Appointment CarePlan Condition Goal MedicationRequest Observation Patient":
            "https://hl7.org/fhir/R4/valueset-resource-types.html"},
    THO + "v2-0136": {"Y": "https://hl7.org/fhir/R4/valueset-yesnodontknow.html"},
    "http://unitsofmeasure.org": {"{score} mg mo wk d h": "UCUM: https://ucum.org/ucum"},
}
# fmt: on


def r4(person: str) -> dict[str, Tree]:
    """Return the FHIR documents of a person by reference."""
    trees = [parse(file.read_bytes()) for file in sorted((FIXTURES / person / "r4").iterdir())]
    return {f"{tree['resourceType']}/{tree['id']}": tree for tree in trees}


def natives(person: str) -> dict[str, Any]:
    """Return the native JSON of a person by file name."""
    return {file.stem: json.loads(file.read_bytes()) for file in sorted((FIXTURES / person / "native").iterdir())}


def loaded(data: dict[str, Any]) -> tuple[str, Any]:
    """Return the reference and the value of native JSON."""
    value, issues = native.load(data)
    assert issues == ()
    return f"{value.RESOURCE}/{data['id']}", value


def nodes(tree: Tree) -> Iterator[dict[str, Tree]]:
    if isinstance(tree, dict):
        yield tree
    for inner in tree.values() if isinstance(tree, dict) else tree if isinstance(tree, list) else ():
        yield from nodes(inner)


def told(person: str, name: str) -> set[str]:
    """Return the references that an organisation of another house may see, for treatment, in the months of the plan."""
    docs = r4(person)
    consents = [read_consent(tree) for reference, tree in docs.items() if reference.startswith("Consent/")]
    actor = Actor(name, "ehr", "other", (LOCAL + "local/organization", name), purposes=("TREAT",))
    answers = {
        reference: decide(
            actor,
            "TREAT",
            resource_type=tree["resourceType"],
            subject=f"Patient/{person}",
            consents=consents,
            now=datetime(2025, 12, 15, tzinfo=UTC),
        )
        for reference, tree in docs.items()
        if tree["resourceType"] != "Questionnaire"
    }
    return {ref for ref, answer in answers.items() if answer.allowed and share_of(docs[ref]) != NEVER}


@pytest.mark.parametrize("person", PEOPLE)
class TestBothForms:
    def test_the_native_files_are_what_reading_the_folder_gives(self, person: str) -> None:
        """One native file for each document of a type with a table, byte for byte as `convert` writes it."""
        docs = Docs("R4", r4(person))
        given = {f.name: f.read_bytes() for f in (FIXTURES / person / "native").iterdir()}
        made = {}
        for reference, tree in docs.items():
            if tree["resourceType"] in TABLES:
                said = native.dump(read(docs, reference).value)
                made[f"{tree['id']}.json"] = pretty({"entity": said["entity"], "id": tree["id"], **said})
        assert given == made

    def test_the_native_files_alone_make_documents_that_read_back_equal(self, person: str) -> None:
        """From nothing: a plan with its members, goals, therapies, forms and answers; nothing is refused."""
        for data in natives(person).values():
            reference, value = loaded(data)
            docs = Docs("R4", dict(write(Docs("R4", {}), reference, was=None, now=value)))
            assert read(docs, reference).value == value

    def test_the_native_files_say_nothing_new(self, person: str) -> None:
        """Law 2 on real plans: written onto the FHIR folder they change nothing."""
        docs = Docs("R4", r4(person))
        for data in natives(person).values():
            reference, value = loaded(data)
            assert not write(docs, reference, was=read(docs, reference).value, now=value)

    def test_a_plan_carries_its_members(self, person: str) -> None:
        """Needs, goals, therapies, evidence and team stand in the plan whole, where their type has a table."""
        plan = natives(person)[f"{person}-plan"]
        held = [member for name in ("needs", "goals", "evidence", "team") for member in plan[name]]
        held += [activity["therapy"] for activity in plan["activities"]]
        assert [m["id"] for m in held if ("value" in m) != ((m["id"] or "#")[0] == "#" or m["type"] in TABLES)] == []

    def test_each_observation_is_what_it_says(self, person: str) -> None:
        """Preferences, scores, readiness for an overdose: each its own entity, none a Finding."""
        docs = Docs("R4", r4(person))
        found = {ref: type(read(docs, ref).value).__name__ for ref in docs if ref.startswith("Observation/")}
        assert set(found.values()) == {
            "asha": {"Preference", "Score"},
            "marcus": {"OverdoseReadiness", "Preference"},
            "rosa": {"Barrier", "DomainSummary", "LevelOfCare", "OverdoseReadiness", "Preference", "Pregnancy",
                     "Readiness", "Strength", "Toxicology"},
            "imran": {"Barrier", "DomainSummary", "LevelOfCare", "Outcome", "Preference", "Readiness", "Strength",
                      "UseEvent"},
            "jordan": {"Barrier", "DomainSummary", "LevelOfCare", "Outcome", "Preference", "Readiness", "Score",
                       "Strength"},
        }[person]  # fmt: skip


@pytest.mark.parametrize("person", PEOPLE)
class TestSound:
    def test_check_finds_nothing(self, person: str) -> None:
        """Every file, FHIR and native, is clean; all files are JSON."""
        files = [file for file in (FIXTURES / person).rglob("*") if file.is_file()]
        assert {file.suffix for file in files} == {".json"}
        releases = {"r4": "R4", "r5": "R5", "native": "R4"}
        judged = [(file, check_any(file.read_bytes(), release=releases[file.parent.name])) for file in files]
        assert [f"{file.name}: {found}" for file, (_, findings) in judged for found in findings] == []

    def test_names_are_readable_and_links_hold(self, person: str) -> None:
        """Ids are words, files are named by them, and a literal reference leads to a document of the folder."""
        docs = r4(person)
        for reference, tree in docs.items():
            assert ID.fullmatch(tree["id"])
            assert not tree["id"].isdigit()
            assert (FIXTURES / person / "r4" / f"{tree['id']}.json").is_file()
            inside = {f"#{one['id']}" for one in tree.get("contained", ())}
            literals = {node["reference"] for node in nodes(tree) if isinstance(node.get("reference"), str)}
            assert (reference, literals - docs.keys() - inside) == (reference, set())

    def test_every_code_has_a_source(self, person: str) -> None:
        """A code is in the table above or is ours, marked local; its display is the code system's."""
        known = {(s, code) for s, rows in SOURCES.items() for codes in rows for code in codes.split()}
        used = {
            (node["system"], node["code"])
            for tree in r4(person).values()
            for node in nodes(tree)
            if "system" in node and "code" in node and not node["system"].startswith(LOCAL + "local/")
        }
        assert used - known == set()

    def test_people_are_known_by_identifier(self, person: str) -> None:
        """A roster matches by identifier, never by demographics."""
        patient = r4(person)[f"Patient/{person}"]
        assert patient["identifier"][0]["system"].startswith(LOCAL)

    def test_it_loads_and_is_served(self, person: str, tmp_path: Path) -> None:
        """The store takes every document as valid; the gateway serves each of its types byte for byte but for meta."""
        with Store.open(tmp_path / "store.sqlite") as store:
            with store.write() as tx:
                tx.clients.add(Client("desk", "programme", hash_of("desk"), "", "", (), ""))
                for file in sorted((FIXTURES / person / "r4").iterdir()):
                    [one] = take_apart(file.read_bytes())
                    assert isinstance(one, Brought)
                    tx.documents.put(one.type, one.id, one.body)
            browser = gateway(store).test_client()
            for reference, tree in r4(person).items():
                if tree["resourceType"] in SERVED:
                    answer = browser.get(f"/fhir/R4/{reference}", headers={"Authorization": "Bearer desk"})
                    assert answer.status_code == 200
                    assert {k: v for k, v in parse(answer.data).items() if k != "meta"} == tree
            answer = browser.get(f"/api/plans/{person}-plan", headers={"Authorization": "Bearer desk"})
            assert answer.json == json.loads((FIXTURES / person / "native" / f"{person}-plan.json").read_bytes())


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

    def test_wording_ships_only_where_its_licence_allows(self) -> None:
        """PHQ-9 comes with its notice; of AUDIT-C there are codes and weights, no word of a question or an answer."""
        asha = r4("asha")
        assert "No permission required to reproduce" in asha["Questionnaire/phq-9"]["copyright"]
        for name in ("Questionnaire/audit-c", "QuestionnaireResponse/asha-audit-c-august"):
            assert not [node for node in nodes(asha[name]["item"]) if {"text", "display"} & node.keys()]
        assert asha["Questionnaire/audit-c"]["item"][0]["answerOption"][4]["extension"][0]["valueDecimal"] == Number(
            "4"
        )
