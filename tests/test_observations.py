"""What is observed, needed and at risk: one example of each entity, whole, with the FHIR that it makes."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import pytest

from mappings import native
from mappings.check import check
from mappings.lens.documents import MISSING, Desk, Docs, Refused, View
from mappings.lens.variants import OTHERWISE, Variants, coded
from mappings.model import Need, Plan, Preference, Risk
from mappings.model import observation as o
from mappings.model import values as v
from mappings.tables import TABLES
from mappings.tables.observation import OBSERVATION, PREFERENCE
from mappings.terms import closed_lists as terms
from mappings.translate import from_fhir, read, to_fhir, write
from mappings.tree import Tree, from_plain

LOCAL = "https://planbridge.dev/fhir/"
LOINC = "http://loinc.org"
PERSON, WHEN = {"id": "Patient/rosa"}, "2026-03-02"


def said(entity: str, **facts: Any) -> dict[str, Any]:
    """Return native JSON of an observation about the person."""
    return {"entity": entity, "person": PERSON, "recorded_as": "final", **facts}


def part(code: str) -> str:
    return f"{LOCAL}local/part|{code}"


# fmt: off
EXAMPLES: dict[str, dict[str, Any]] = {
    "Need": {
        "entity": "Need", "person": PERSON, "recorded_by": {"id": "Practitioner/1"}, "recorded_at": WHEN,
        "sensitivity": ["opioid-use"], "share": "by-consent", "kind": "substance",
        "kinds": [{"codings": [{"system": terms.THO + "condition-category", "code": "problem-list-item"}]}],
        "code": {"text": "Opioid use disorder", "codings": [{"system": "http://snomed.info/sct", "code": "75544000"}]},
        "severity": {"text": "severe"}, "course": "return-to-use", "remission": "early", "verification": "confirmed",
        "co_occurs": [{"id": "Condition/fear"}], "disposition": {"decision": "deferred", "reason": "After the birth"},
        "began": {"date_time": "2019"}, "asserted_by": {"display": "Dr Rivera"}, "asserted_on": WHEN,
        "evidence": [{"signs": [{"text": "Craving"}], "records": [{"id": "Observation/use"}]}],
        "notes": [{"text": "She asks that it be said so."}]},
    "Risk": {
        "entity": "Risk", "person": PERSON, "recorded_as": "final", "kind": "withdrawal",
        "finding": {"of": {"text": "A seizure"}, "level": {"text": "high"}, "chance": {"number": "0.2"},
                    "reason": "An earlier one in withdrawal"},
        "basis": [{"id": "Observation/use"}], "assessed_on": {"date_time": WHEN}, "review_by": "2026-03-09",
        "assessed_by": {"id": "Practitioner/1"}, "safeguards": "Withdrawal management in hospital"},
    "LevelOfCare": said("LevelOfCare", date=WHEN, scheme="ASAM", edition="4", code={"text": "3.1"},
        recommended={"text": "3.1"}, received={"text": "2.1"}, difference_reason="No bed near her children"),
    "DomainSummary": said("DomainSummary", date=WHEN, domain="social-environment",
        dimension={"scheme": "ASAM", "edition": "4", "number": "5"}, rating={"whole_number": "2"},
        text={"text": "Su hermana la acompaña.", "lang": "es"}, evidence=[{"id": "QuestionnaireResponse/1"}]),
    "OverdoseReadiness": said("OverdoseReadiness", date=WHEN, naloxone_held="yes", offered_on=WHEN,
        who_trained="her sister", tolerance_lost="not-asked"),
    "Pregnancy": said("Pregnancy", date=WHEN, status="pregnant", due_date="2026-07-06"),
    "Readiness": said("Readiness", date=WHEN, about={"id": "Goal/home"}, importance="9", confidence="6",
        stage="preparation"),
    "Preference": said("Preference", date=WHEN, kind="language", strength="must",
        own_words={"text": "En español, con intérprete.", "lang": "es", "said_by": "Rosa"}),
    "Strength": said("Strength", date=WHEN, text={"text": "She knows her mornings."}, goals=[{"id": "Goal/home"}]),
    "Barrier": said("Barrier", date=WHEN, text={"text": "The bus comes twice a day."}, goals=[{"id": "Goal/home"}]),
    "UseEvent": said("UseEvent", approximate_date="2026-02", substance={"text": "heroin"}, context="After a funeral",
        response="Called her peer", told_by=[{"id": "Patient/rosa"}]),
    "Toxicology": said("Toxicology", collected=WHEN, specimen={"display": "oral fluid"},
        expected_from_medication="yes", reported_at="2026-03-03T09:00:00Z", analytes=[
            {"substance": {"text": "methadone"}, "result": {"text": "detected"}, "proof": "confirmed"},
            {"substance": {"text": "fentanyl"}, "result": {"concept": {"text": "not detected"}}, "proof": "screen"}]),
    "Outcome": said("Outcome", date=WHEN, wellbeing={"value": "7", "unit": "of 10"}, days_of_use="1", days_asked="30",
        housing={"text": "with her sister"}, work={"text": "on leave"}, evidence=[{"id": "QuestionnaireResponse/1"}]),
    "Score": said("Score", date=WHEN, total_of="phq-9", score={"quantity": {"value": "9", "unit": "{score}"}},
        band={"text": "mild"}, evidence=[{"id": "QuestionnaireResponse/1"}]),
    "Finding": said("Finding", date={"period": {"start": WHEN}}, code={"text": "Blood pressure"},
        kinds=[{"text": "vital signs"}], judged_as=[{"text": "usual"}], where={"text": "left arm"},
        parts=[{"code": {"text": "systolic"}, "value": {"quantity": {"value": "118", "unit": "mmHg"}},
                "normal": [{"at_most": {"value": "130"}}]},
               {"code": {"text": "diastolic"}, "unsaid": "error"}]),
}
EXAMPLES["Toxicology"]["analytes"][0]["result"] = {"concept": {"text": "detected"}}

MADE: dict[str, dict[str, Any]] = {
    # entity              elements of the FHIR that it makes, each in short
    "Need":              {"clinicalStatus": terms.THO + "condition-clinical|relapse",
                          "verificationStatus": terms.THO + "condition-ver-status|confirmed",
                          "recordedDate": WHEN, "onsetDateTime": "2019"},
    "Risk":              {"code": LOCAL + "local/risk|withdrawal", "occurrenceDateTime": WHEN},
    "LevelOfCare":       {"code": LOCAL + "local/observation|level-of-care", "valueCodeableConcept": "3.1",
                          part("received"): "2.1", part("scheme"): "ASAM"},
    "DomainSummary":     {"valueInteger": 2, part("domain"): LOCAL + "local/domain|social-environment",
                          part("dimension"): 5, part("edition"): "4", part("summary"): "Su hermana la acompaña."},
    "OverdoseReadiness": {part("naloxone-held"): True, part("who-trained"): "her sister",
                          part("tolerance-lost"): terms.THO + "data-absent-reason|not-asked"},
    "Pregnancy":         {"code": LOINC + "|82810-3", "valueCodeableConcept": LOINC + "|LA15173-0",
                          LOINC + "|11778-8": "2026-07-06"},
    "Readiness":         {"focus": [{"reference": "Goal/home"}], part("importance"): 9, part("confidence"): 6,
                          part("stage"): LOCAL + "local/stage-of-change|preparation"},
    "Preference":        {"code": LOINC + "|95541-9", "valueString": "En español, con intérprete.",
                          part("strength"): LOCAL + "local/preference-strength|must"},
    "Strength":          {"code": LOCAL + "local/observation|strength", "valueString": "She knows her mornings."},
    "Barrier":           {"code": LOCAL + "local/observation|barrier"},
    "UseEvent":          {"effectiveDateTime": "2026-02", part("substance"): "heroin"},
    "Toxicology":        {"effectiveDateTime": WHEN, "issued": "2026-03-03T09:00:00Z"},
    "Outcome":           {part("days-of-use"): 1, part("days-asked"): 30, part("housing"): "with her sister"},
    "Score":             {"code": LOINC + "|44261-6", "interpretation": [{"text": "mild"}]},
    "Finding":           {"effectivePeriod": {"start": WHEN}},
}
# fmt: on


def loaded(entity: str) -> Any:
    value, issues = native.load(EXAMPLES[entity])
    assert issues == ()
    return value


def short(said: Any) -> Any:
    """Return a concept as its first `system|code`, else its text; other values as they are."""
    if not isinstance(said, dict) or not {"coding", "text"} & said.keys():
        return said
    first = next(iter(said.get("coding", [])), None)
    return said["text"] if first is None else f"{first['system']}|{first['code']}"


def facts(tree: dict[str, Any]) -> dict[str, Any]:
    """Return the elements of a resource in short, its components by their code."""
    found = {name: short(said) for name, said in tree.items()}
    for one in tree.get("component", []):
        value = next((x for name, x in one.items() if name.startswith(("value", "dataAbsent"))), None)
        found[short(one["code"])] = short(value)
    return found


@pytest.mark.parametrize("entity", EXAMPLES)
class TestEachEntity:
    def test_it_makes_this_fhir_and_reads_back(self, entity: str) -> None:
        """Native JSON to FHIR, and the same value back; the FHIR holds what the table above says."""
        value = loaded(entity)
        made = to_fhir(value)
        found = facts(made)
        assert {name: found.get(name) for name in MADE[entity]} == MADE[entity]
        assert from_fhir(made) == value

    def test_its_fhir_is_valid(self, entity: str) -> None:
        """Structure, bindings and invariants of R4."""
        found = check(from_plain(to_fhir(loaded(entity))))
        assert [(one.rule, one.path) for one in found if one.severity == "error"] == []

    def test_its_native_json_comes_back(self, entity: str) -> None:
        """dump(load(x)) holds all that x holds; keys of list items come with it."""
        value = loaded(entity)
        assert native.load(native.dump(value)) == (value, ())

    def test_every_field_of_it_has_a_row(self, entity: str) -> None:
        """No field of an entity is without an element."""
        value = loaded(entity)
        table = TABLES[value.RESOURCE].table_of(type(value))
        assert table is not None
        assert {field.name for field in fields(value)} == {name for name, _ in table.rows if name}

    def test_nothing_of_it_is_carried_unread(self, entity: str) -> None:
        """What the lens writes, it understands, but for the codes that every record of this kind has."""
        docs = Docs("R4", {"X/1": from_plain(to_fhir(loaded(entity)))})
        marks = ("category", "code.coding", "display")
        assert [path for path in read(docs, "X/1").carried if not any(mark in path for mark in marks)] == []


class TestEntitiesOfOneType:
    def test_the_code_says_which_entity_it_is(self) -> None:
        """LOINC of a preference, of a pregnancy, of a total; ours; anything else is a Finding."""
        # fmt: off
        codes = {
            (LOINC, "75773-2"):                        Preference(kind=v.Code("treatment")),
            (LOINC, "95541-9"):                        Preference(),
            (LOINC, "82810-3"):                        o.Pregnancy(),
            (LOINC, "75626-2"):                        o.Score(total_of=v.Code("audit-c")),
            (LOCAL + "local/observation", "score"):    o.Score(),
            (LOCAL + "local/observation", "barrier"):  o.Barrier(),
            (LOINC, "8480-6"):                         None,
        }
        # fmt: on
        for (system, code), expected in codes.items():
            found = from_fhir({"resourceType": "Observation", "code": {"coding": [{"system": system, "code": code}]}})
            assert found == expected or (expected is None and type(found) is o.Finding)

    def test_an_entity_does_not_become_another(self) -> None:
        """A preference is not edited into a score: the answer says so and nothing is written."""
        made = to_fhir(loaded("Preference"))
        with pytest.raises(Refused) as refused:
            to_fhir(loaded("Score"), onto=made)
        assert refused.value.issue.rule == "write/other-entity"

    def test_a_finding_does_not_take_the_code_of_an_entity(self) -> None:
        """What would be read as a preference is refused as a finding, new or edited."""
        taken = v.Concept(codings=(v.Coding(system=v.Uri(LOINC), code=v.Code("95541-9")),))
        for onto in (None, to_fhir(loaded("Finding"))):
            with pytest.raises(Refused) as refused:
                to_fhir(replace(loaded("Finding"), code=taken), onto=onto)
            assert refused.value.issue.rule == "write/other-entity"

    def test_a_preference_without_a_kind_keeps_its_code(self) -> None:
        """Taking the kind away leaves the general code: it stays a preference."""
        made = to_fhir(replace(loaded("Preference"), kind=None), onto=to_fhir(loaded("Preference")))
        assert made["code"] == {"coding": [{"system": LOINC, "code": "95541-9"}]}

    def test_pregnancy_is_read_in_snomed_too(self) -> None:
        """US Core says it in SNOMED CT; an edit of something else leaves that as it was."""
        theirs = {
            "resourceType": "Observation",
            "status": "final",
            "code": {"coding": [{"system": LOINC, "code": "82810-3"}]},
            "valueCodeableConcept": {"coding": [{"system": "http://snomed.info/sct", "code": "77386006"}]},
        }
        was = from_fhir(theirs)
        assert was.status == v.Code("pregnant")
        made = to_fhir(replace(was, due_date=v.DateTime("2026-07-06")), onto=theirs)
        assert made["valueCodeableConcept"] == theirs["valueCodeableConcept"]

    def test_variants_end_with_the_general_one(self) -> None:
        """A list without a general table, or with one native type twice, is refused when it is made."""
        mark = coded("code", LOINC, "1")
        for bad in (((mark, PREFERENCE),), ((mark, PREFERENCE), (OTHERWISE, PREFERENCE)), ()):
            with pytest.raises(TypeError):
                Variants(*bad)

    def test_what_is_no_object_is_not_ours(self) -> None:
        """A list where a resource belongs is OPAQUE; nothing is None; writing None is nothing."""
        view = View(Docs("R4", {}), "Observation/1")
        assert not OBSERVATION.read([], view)
        assert OBSERVATION.read(MISSING, view) is None
        assert OBSERVATION.write({}, None, None, Desk(Docs("R4", {}), "Observation/1")) is MISSING


class TestMembers:
    def test_a_member_of_a_plan_says_its_entity(self) -> None:
        """Evidence may be a preference: its value says so, and without saying so it is refused."""
        data = {"entity": "Plan", "evidence": [{"id": "Observation/1", "value": EXAMPLES["Preference"]}]}
        plan, issues = native.load(data)
        assert (type(plan.evidence[0].value), issues) == (Preference, ())
        assert native.dump(plan)["evidence"][0]["value"]["entity"] == "Preference"
        untold = {k: x for k, x in EXAMPLES["Preference"].items() if k != "entity"}
        _, issues = native.load({**data, "evidence": [{"id": "Observation/1", "value": untold}]})
        assert [issue.path for issue in issues] == ["evidence[0].value.entity"]

    def test_a_new_need_and_a_new_preference_come_with_the_plan(self) -> None:
        """A plan made with both makes three documents, each of its type, and reads them back whole."""
        plan = Plan(
            needs=(v.Member(id="Condition/n", value=loaded("Need")),),
            evidence=(v.Member(id="Observation/p", value=loaded("Preference")), v.Member(value=loaded("Risk"))),
        )
        docs = Docs("R4", dict(write(Docs("R4", {}), "CarePlan/1", was=None, now=plan)))
        assert sorted(ref.split("/")[0] for ref in docs) == ["CarePlan", "Condition", "Observation", "RiskAssessment"]
        found = read(docs, "CarePlan/1").value
        held = [type(member.value) for member in (*found.needs, *found.evidence)]
        assert held == [Need, Preference, Risk]


def test_a_fact_is_never_a_bare_boolean() -> None:
    """Yes, no, unknown, not asked, declined: each comes and goes; another reason is carried."""
    for word in ("yes", "no", "unknown", "not-asked", "declined"):
        value = o.OverdoseReadiness(naloxone_held=v.Answered(word))
        made: Tree = to_fhir(value)
        assert from_fhir(made) == value
        for other in ("no", "unknown"):
            assert from_fhir(to_fhir(o.OverdoseReadiness(naloxone_held=v.Answered(other)), onto=made)) == (
                o.OverdoseReadiness(naloxone_held=v.Answered(other))
            )
    made["component"][0]["dataAbsentReason"]["coding"][0]["code"] = "masked"
    assert from_fhir(made).naloxone_held is None
