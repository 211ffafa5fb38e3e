"""The people of fixtures/: sound, complete, sourced code by code, and the same in both forms. Everybody is made up."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from people_records import FIXTURES, PEOPLE, natives, nodes, r4

from adapter.gateway.app import gateway
from adapter.gateway.who import hash_of
from adapter.store import Store
from adapter.store.bundles import Brought, take_apart
from adapter.store.clients import Client
from mappings import convert, native
from mappings.check import check_any
from mappings.lens.documents import ID, Docs
from mappings.tables import TABLES
from mappings.terms.systems import LOCAL
from mappings.translate import read, write
from mappings.tree import parse, pretty

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
        "42348-3": "advance directives: HL7/fhir-ips; HL7/US-Core us-core-adi-documentreference",
    },
    SCT: {
        "66590003 75544000 85005007 442406005 427327003 37344009 449868002":
            "canvas-medical/canvas-plugins value_set/v2022/condition.py",
        "18512000 76168009 108313002 228557008 792901003 20093000 62213004 710081004":
            "canvas-medical/canvas-plugins value_set/v2026/intervention.py",
        "461481000124109": "HL7/us-behavioral-health-profiles ServiceRequest-peer-mentoring-example-1.xml",
        "116154003 133932002": "HL7/fhir-us-mcc MCCCareTeam",
    },
    RXNORM: {
        "1483744 991147 835726": "canvas-medical/canvas-plugins value_set/v2026/medication.py (VSAC MOUD)",
        "198030": "canvas-medical/canvas-plugins value_set/v2022/medication.py: 0.875 MG/HR, the patch of 21 mg",
    },
    "http://hl7.org/fhir/sid/icd-10-cm": {
        "F10.20 F11.20 F12.20 F13.20": "canvas-medical/canvas-plugins value_set/v2022/condition.py"},
    "http://hl7.org/fhir/sid/icd-10": {"F10.2": "WHO ICD-10; several public files"},
    "http://hl7.org/fhir/us/core/CodeSystem/careplan-category": {"assess-plan": "HL7/US-Core us-core-careplan"},
    "http://hl7.org/fhir/questionnaire-item-control": {
        "radio-button check-box": "https://hl7.org/fhir/R4/codesystem-questionnaire-item-control.html"},
    "urn:ietf:bcp:47": {"en es hi ig ml mr nv ur zh-HK": "https://hl7.org/fhir/R4/valueset-all-languages.html"},
    "urn:iso:std:iso:3166": {"US": "https://hl7.org/fhir/R4/valueset-jurisdiction.html"},
    THO + "goal-achievement": {
        "improving in-progress sustaining no-change achieved": "https://hl7.org/fhir/R4/codesystem-goal-achievement.html"},
    THO + "goal-priority": {"high-priority medium-priority": "https://hl7.org/fhir/R4/codesystem-goal-priority.html"},
    THO + "goal-relationship-type": {
        "predecessor": "https://hl7.org/fhir/R4/codesystem-goal-relationship-type.html"},
    THO + "condition-clinical": {
        "active inactive relapse remission": "https://hl7.org/fhir/R4/codesystem-condition-clinical.html"},
    THO + "condition-ver-status": {
        "confirmed provisional": "https://hl7.org/fhir/R4/codesystem-condition-ver-status.html"},
    THO + "condition-category": {"problem-list-item": "https://hl7.org/fhir/R4/codesystem-condition-category.html"},
    THO + "observation-category": {
        "survey social-history laboratory": "https://hl7.org/fhir/R4/codesystem-observation-category.html"},
    THO + "data-absent-reason": {"asked-declined": "https://hl7.org/fhir/R4/codesystem-data-absent-reason.html"},
    THO + "consentscope": {"patient-privacy": "https://hl7.org/fhir/R4/codesystem-consent-scope.html"},
    THO + "v3-ActCode": {"IDSCL OPTIN 42CFRPart2 SUD ETHUD OPIOIDUD MH PSY PSYTHPN": "HL7/UTG v3-ActCode.xml"},
    THO + "v3-ActReason": {"TREAT CAREMGT FAMRQT": "HL7/UTG v3-ActReason.xml"},
    THO + "v3-ParticipationType": {"IRCP": "HL7/UTG v3-ParticipationType.xml"},
    THO + "v3-ParticipationMode": {
        "VERBAL ELECTRONIC WRITTEN": "https://hl7.org/fhir/R4/valueset-questionnaireresponse-mode.html"},
    THO + "v3-RoleCode": {"PRN": "HL7/UTG v3-RoleCode.xml"},
    THO + "provenance-participant-type": {
        "author enterer informant": "https://hl7.org/fhir/R4/codesystem-provenance-participant-type.html"},
    "http://hl7.org/fhir/resource-types": {
        "Appointment CarePlan Condition DocumentReference Goal MedicationRequest Observation Patient ServiceRequest":
            "https://hl7.org/fhir/R4/valueset-resource-types.html"},
    THO + "v2-0136": {"Y": "https://hl7.org/fhir/R4/valueset-yesnodontknow.html"},
    "http://unitsofmeasure.org": {"{score} m mg mg/dL mo wk d h": "UCUM: https://ucum.org/ucum"},
}
# fmt: on


def loaded(data: dict[str, Any]) -> tuple[str, Any]:
    """Return the reference and the value of native JSON."""
    value, issues = native.load(data)
    assert issues == ()
    return f"{value.RESOURCE}/{data['id']}", value


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

    def test_r5_is_what_converting_makes_of_r4(self, person: str) -> None:
        """One R5 file for each R4 file, byte for byte as `convert` writes it; back again it is the R4 file."""
        folder = FIXTURES / person
        given = {file.name: file.read_bytes() for file in (folder / "r5").iterdir()}
        made = {}
        for file in (folder / "r4").iterdir():
            tree = parse(file.read_bytes())
            made[file.name] = pretty(convert(tree, "R4", "R5"))
            assert convert(parse(made[file.name]), "R5", "R4") == tree
        assert given == made

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
            "thomas": {"Barrier", "DomainSummary", "LevelOfCare", "Outcome", "Preference", "Readiness", "Strength",
                       "Toxicology", "UseEvent"},
            "leela": {"Barrier", "LevelOfCare", "Outcome", "Preference", "Readiness", "Strength", "UseEvent"},
            "sam": {"Barrier", "DomainSummary", "Outcome", "Preference", "Readiness", "Score", "Strength"},
        }[person]  # fmt: skip


@pytest.mark.parametrize("person", PEOPLE)
class TestSound:
    def test_check_finds_nothing(self, person: str) -> None:
        """Every file, FHIR and native, is clean; all files are JSON."""
        files = [file for file in (FIXTURES / person).rglob("*") if file.is_file()]
        assert {file.suffix for file in files} == {".json"}
        releases = {"r4": "R4", "r5": "R5", "native": "R4"}
        judged = [(file, check_any(file.read_bytes(), release=releases[file.parent.name])) for file in files]
        # a binding that leaves room for other codes may say that others exist
        found = [(file.name, one) for file, (_, ones) in judged for one in ones]
        assert [(name, str(one)) for name, one in found if one.severity == "error" or one.level != "binding"] == []

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
