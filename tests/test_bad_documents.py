"""Bad input: all that is wrong with a document, FHIR or native, is said at once, with path, code and fix.

Through `planbridge convert`, through the Python API (`read(...).issues`) and at the gateway.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from test_check_links import RULES_SEEN

from adapter.cli import main
from mappings import Docs, read
from mappings.check import RULES as OF_FHIR
from mappings.check.native import judge
from mappings.check.native_rules import RULES, contradictions, is_after
from mappings.model import values as v
from mappings.releases import converted
from mappings.tree import NotJSON, from_plain, parse

ROOT = Path(__file__).resolve().parents[1]
CORPUS = ROOT.parent / "shared" / "corpus"
SECRET = "canary"

PLAN: dict[str, Any] = {
    "resourceType": "CarePlan",
    "id": "p",
    "contained": [{"resourceType": "Goal", "id": "own", "lifecycleStatus": SECRET, "subject": {"display": SECRET}}],
    "status": "ongoing",
    "intent": "plan",
    "subject": {"reference": "Patient/nobody"},
    "goal": [{"reference": "#own"}, {"reference": "#nowhere"}, {"reference": "Goal/7"}],
    "activity": [
        {"id": "a", "reference": {"reference": "#own"}, "detail": {"status": "scheduled"}},
        {"id": "a", "detail": {"status": SECRET}},
        {"reference": {"reference": "ServiceRequest/1"}},
        {"reference": {"reference": "ServiceRequest/1"}},
    ],
}
GOAL: dict[str, Any] = {
    "resourceType": "Goal",
    "id": "g",
    "lifecycleStatus": "active",
    "subject": {"reference": "Patient/a"},
    "target": [{"detailString": SECRET}],
}
WRONG = {
    # a Goal without description, an unknown code
    ("structure/required", "CarePlan.contained[0].description"),
    ("binding/required", "CarePlan.contained[0].lifecycleStatus"),
    ("binding/required", "CarePlan.status"),
    ("binding/required", "CarePlan.activity[1].detail.status"),
    # a reference to nowhere, contained and in the set
    ("ref-1", "CarePlan.goal[1].reference"),
    ("reference/nowhere", "CarePlan.goal[2].reference"),
    ("reference/nowhere", "CarePlan.activity[2].reference.reference"),
    ("reference/nowhere", "CarePlan.activity[3].reference.reference"),
    # an activity that is a goal
    ("reference/type", "CarePlan.activity[0].reference.reference"),
    # both reference and detail, two activities with one id
    ("cpl-3", "CarePlan.activity[0].detail"),
    ("invariant/unique-id", "CarePlan.activity[1].id"),
    ("reference/twice", "CarePlan.activity[3].reference.reference"),
}


def issues(*trees: dict[str, Any], release: str = "R4") -> set[tuple[str, str]]:
    """Return (rule, path) of all that is wrong with the first of a set."""
    docs = Docs(release, {f"{one['resourceType']}/{one['id']}": from_plain(one) for one in trees})
    return {(one.rule, one.path) for one in read(docs, next(iter(docs))).issues}


class TestFhir:
    def test_all_that_is_wrong_is_said_at_once(self) -> None:
        """The cases of a bad plan, in one reading; each with a code, a text and a fix, none with a value."""
        assert issues(PLAN) == WRONG
        found = read(Docs("R4", {"CarePlan/p": from_plain(PLAN)}), "CarePlan/p")
        assert all(one.code and one.text and one.fix for one in found.issues)
        assert SECRET not in str(found.issues)

    def test_it_is_read_all_the_same(self) -> None:
        """What can be read has its value; what cannot stays in the document."""
        found = read(Docs("R4", {"CarePlan/p": from_plain(PLAN)}), "CarePlan/p")
        assert (found.value.status, str.__str__(found.value.intent), len(found.value.goals)) == (None, "plan", 3)
        assert "CarePlan.activity[0].detail.status" in found.carried

    def test_a_target_needs_a_measure(self) -> None:
        """gol-1, beside what else is missing."""
        assert issues(GOAL) == {("gol-1", "Goal.target[0].measure"), ("structure/required", "Goal.description")}

    def test_in_r5_the_same_is_found(self) -> None:
        """A converted document is wrong where its original was."""
        rules = {rule for rule, _ in issues(converted(from_plain(GOAL), "R4", "R5").tree, release="R5")}
        assert {"gol-1", "structure/required"} <= rules

    def test_nowhere_is_only_where_the_set_could_have_held_it(self) -> None:
        """A person who is not there is no mistake; one of two who is not among them is. A Bundle knows its entries."""
        person, other = {"resourceType": "Patient", "id": "a"}, {"resourceType": "Patient", "id": "b"}
        assert not [one for one in issues(GOAL) | issues(GOAL, person) if one[0].startswith("reference/")]
        assert ("reference/nowhere", "Goal.subject.reference") in issues(GOAL, other)
        entries = [
            {"fullUrl": "urn:uuid:1", "resource": person},
            {"resource": {**GOAL, "subject": {"reference": "urn:uuid:1"}}},
        ]
        bundle = {"resourceType": "Bundle", "id": "b", "type": "collection", "entry": entries}
        assert not [one for one in issues(bundle) if one[0].startswith("reference/")]

    def test_convert_says_it_with_line_and_column_and_translates(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """Exit 1; every rule once a place; the native JSON stands on standard output; no value in a message."""
        (tmp_path / "p.json").write_text(json.dumps(PLAN, indent=1))
        assert main(["convert", str(tmp_path / "p.json")]) == 1
        said = capsys.readouterr()
        assert json.loads(said.out)["entity"] == "Plan"
        found = [line.removeprefix(str(tmp_path)).split(" ") for line in said.err.splitlines() if "p.json:" in line]
        assert {(words[3].rstrip(":"), words[2]) for words in found} == WRONG
        assert all(words[0].count(":") == 3 for words in found)
        assert SECRET not in said.err

    def test_each_rule_of_sets_is_seen_at_work(self) -> None:
        """No rule stands in the catalogue unseen; those of one document have tests of their own."""
        of_sets = {rule for rule in OF_FHIR if OF_FHIR[rule].level == "reference"} - RULES_SEEN - {"reference/code"}
        assert of_sets <= {rule for rule, _ in issues(PLAN)}


# fmt: off
OWN = {"own_words": {"text": "x"}}
TO = {"measure": {"text": "m"}}
LOW, HIGH = {"value": "3", "unit": "d"}, {"value": "1E0", "unit": "d"}
TWO = [{"id": "Goal/1", "value": {"own_words": {"text": said}}} for said in "ab"]
SAID = [{"by": {"id": "Patient/a"}, "status": said} for said in ("agree", "disagree")]
NINE, TEN = "2026-05-01T04:00:00Z", "2026-05-01T10:00:00+05:30"
ANSWERED = {"linkId": "1", "values": [{"value": {"text": "x"}}], "items": [{"linkId": "2"}]}

BROKEN: list[tuple[str, str, dict[str, Any]]] = [
    # rule, below native/   found at, in a document of this entity that says
    ("code",             "Plan.status",                       {"status": SECRET}),
    ("code",             "Instrument.sensitivity[1]",         {"sensitivity": ["legal", SECRET]}),
    ("key",              "Goal.targets[1].key",               {**OWN, "targets": [{"key": "0"}, {"key": "0"}]}),
    ("member-type",      "Plan.goals[0].type",                {"goals": [{"id": "Goal/1", "type": "Patient"}]}),
    ("member-type",      "Plan.person.type",                  {"person": {"id": "Goal/1", "type": "Patient"}}),
    ("period-order",     "Plan.period.end",                   {"period": {"start": "2026-05", "end": "2026-04-30"}}),
    ("period-order",     "Therapy.frequency.period.end",      {"frequency": {"period": {"start": TEN, "end": NINE}}}),
    ("episode-order",    "Episode.ended",                     {"admitted": "2026", "ended": "2025-12"}),
    ("authority-order",  "Authority.ends",                    {"begins": "2026", "ends": "2025"}),
    ("meeting-order",    "Attendance.planned_end",            {"planned": TEN, "planned_end": NINE}),
    ("need-order",       "Need.ended",
        {"began": {"date_time": "2026"}, "ended": {"date_time": "2025"}}),
    ("dose-order",       "Medication.next_due",               {"last_taken": "2026-02", "next_due": "2026-01"}),
    ("consent-order",    "Consent.revoked",                   {"signed_on": "2026-02", "revoked": "2026-01"}),
    ("risk-order",       "Risk.review_by",
        {"assessed_on": {"date_time": "2026"}, "review_by": "2025"}),
    ("life-order",       "Person.died",                       {"birth_date": "1990", "died": {"date_time": "1989"}}),
    ("specimen-order",   "Toxicology.reported_at",            {"collected": "2026-05-02", "reported_at": NINE}),
    ("goal-order",       "Goal.targets[0].due",
        {**OWN, "begins": {"date": "2026"}, "targets": [{"due": {"date": "2025-11"}}]}),
    ("goal-order",       "Goal.achievement_date",
        {**OWN, "begins": {"date": "2026"}, "achievement_date": "2025-11"}),
    ("range-order",      "Goal.targets[0].value.range.high",
        {**OWN, "targets": [{**TO, "value": {"range": {"low": LOW, "high": HIGH}}}]}),
    ("at-most",          "Therapy.frequency.timing.repeat.frequency_at_most",
        {"frequency": {"timing": {"repeat": {"frequency": "3", "frequency_at_most": "2"}}}}),
    ("zero-to-ten",      "Readiness.confidence",              {"importance": "10", "confidence": "11"}),
    ("days",             "Outcome.days_of_use",               {"days_of_use": "31", "days_asked": "30"}),
    ("unit",             "Therapy.each_day.system",           {"each_day": {"value": "1", "code": "mg"}}),
    ("two-values",       "Plan.goals[1].value",               {"goals": TWO}),
    ("member-twice",     "Plan.activities[1].therapy.id",
        {"activities": [{"therapy": {"id": "ServiceRequest/1"}}, {"therapy": {"id": "ServiceRequest/1"}}]}),
    ("acceptance-twice", "Goal.acceptance[1].status",         {**OWN, "acceptance": SAID}),
    ("measure",          "Goal.targets[0].measure",           {**OWN, "targets": [{"value": {"text": SECRET}}]}),
    ("words",            "Goal.own_words",                    {"lifecycle": "active"}),
    ("acceptance",       "Goal.lifecycle",
        {**OWN, "lifecycle": "accepted", "acceptance": [{"status": "disagree"}]}),
    ("achieved",         "Goal.achievement",
        {**OWN, "lifecycle": "rejected", "achievement": {"codings": [{"code": "achieved"}]}}),
    ("disposition",      "Need.disposition.reason",           {"disposition": {"decision": "declined"}}),
    ("level",            "LevelOfCare.difference_reason",
        {"recommended": {"text": "3"}, "received": {"text": "2"}}),
    ("pregnancy",        "Pregnancy.due_date",                {"status": "not-pregnant", "due_date": "2026"}),
    ("revoked",          "Consent.status",                    {"status": "active", "revoked": "2026"}),
    ("ending",           "Episode.ended",                     {"ending": {"reason": SECRET}}),
    ("unsaid",           "Finding.unsaid",                    {"value": {"text": SECRET}, "unsaid": "unknown"}),
    ("unsaid-score",     "Score.unsaid",                      {"score": {"whole_number": "3"}, "unsaid": "unknown"}),
    ("score",            "Assessment.score_missing",          {"score": "3", "score_missing": "unknown"}),
    ("answer",           "Assessment.answers[0].items",       {"answers": [ANSWERED]}),
]
# fmt: on


class TestNative:
    @pytest.mark.parametrize(("rule", "path", "data"), BROKEN, ids=[f"{rule}-{path}" for rule, path, _ in BROKEN])
    def test_each_contradiction_is_found_where_it_stands(self, rule: str, path: str, data: dict[str, Any]) -> None:
        """One rule, one place, a fix, no value."""
        [found] = judge({"entity": path.partition(".")[0], **data})
        assert (found.rule, found.path, bool(found.fix and found.code)) == (f"native/{rule}", path, True)
        assert SECRET not in f"{found.text} {found.fix}"

    def test_every_rule_is_seen_at_work(self) -> None:
        """No rule stands in the table that no document breaks."""
        assert {rule.id for rule in RULES} == {f"native/{rule}" for rule, _, _ in BROKEN}

    def test_all_at_once_though_some_is_not_of_the_models_form(self) -> None:
        """What has no form is left out, the rest is judged; what it may have supplied is not found missing."""
        goal = {
            "lifecycle": SECRET,
            "targets": [{"measure": {"text": 1}, "value": {"text": "x"}}, {"value": {"text": "x"}}],
        }
        plan = {"entity": "Plan", "perod": {}, "period": {"start": "2026", "end": "2025"}, "goals": [{"value": goal}]}
        assert Counter(f"{found.rule} {found.path}" for found in judge(plan)) == Counter(
            [
                "native/unknown Plan.perod",
                "native/text Plan.goals[0].value.targets[0].measure.text",
                "native/period-order Plan.period.end",
                "native/code Plan.goals[0].value.lifecycle",
                "native/words Plan.goals[0].value.own_words",
                "native/measure Plan.goals[0].value.targets[1].measure",
            ]
        )

    def test_real_documents_do_not_contradict_themselves(self) -> None:
        """Over all fixtures and the corpus: only goals without words and units without system, as FHIR's rules find."""
        for file in sorted((ROOT / "fixtures").glob("*/native/*.json")):
            assert judge(parse(file.read_bytes())) == [], file.name
        if not CORPUS.is_dir():
            return
        found: Counter[str] = Counter()
        for kind in ("CarePlan", "Goal", "QuestionnaireResponse"):
            for file in sorted((CORPUS / "r4" / kind).glob("*.json")):
                try:
                    docs = Docs("R4", {"it/self": parse(file.read_bytes())})
                except NotJSON:
                    continue
                value = read(docs, "it/self").value
                found.update(rule.id for rule, _ in contradictions(value) if value is not None)
        assert set(found) <= {"native/words", "native/unit"}

    def test_dates_are_compared_as_far_as_both_are_known(self) -> None:
        """What may be right is never found wrong."""
        pairs = {
            ("2026", "2026-01"): False, ("2026-02", "2026-01-31"): True, ("2026-01-01", "2026"): False,
            ("2026-01-01T00:30:00+05:30", "2026-01-01"): False, ("2026-01-02", "2026-01-01T23:59:59Z"): True,
            ("2026-01-01T05:00:00+05:30", "2026-01-01T00:00:00Z"): False,
            ("2016-12-31T23:59:60Z", "2016-12-31T23:59:59Z"): False,
        }  # fmt: skip
        assert {pair: is_after(*map(v.DateTime, pair)) for pair in pairs} == pairs

    def test_convert_says_it_and_translates_what_can_be(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """A contradiction is said with line and column and once; a word of no list keeps a document from being made."""
        whose = {"person": {"id": "Patient/a"}, "lifecycle": "active", "clinic_words": {"text": SECRET}}
        torn = {"entity": "Goal", "id": "g", **whose, "targets": [{"value": {"text": SECRET}}]}
        (tmp_path / "g.json").write_text(json.dumps(torn))
        assert main(["convert", str(tmp_path / "g.json")]) == 1
        said = capsys.readouterr()
        assert json.loads(said.out)["target"] == [{"detailString": SECRET}]
        assert (said.err.count("native/measure"), "gol-1" in said.err, SECRET in said.err) == (1, False, False)
        (tmp_path / "g.json").write_text(json.dumps({**torn, "lifecycle": SECRET, "status": 1}))
        assert main(["convert", str(tmp_path / "g.json")]) == 1
        said = capsys.readouterr()
        assert said.out == ""
        assert [rule in said.err for rule in ("native/measure", "native/code", "native/unknown")] == [True] * 3

    def test_what_fhir_wants_and_nobody_said_is_said(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """Made from nothing, the document is judged as FHIR, too: here nobody says whose goal it is."""
        (tmp_path / "g.json").write_text('{"entity": "Goal", "lifecycle": "active", "clinic_words": {"text": "x"}}')
        assert main(["convert", str(tmp_path / "g.json")]) == 1
        assert "error Goal.subject structure/required: " in capsys.readouterr().err


def test_native_json_of_a_value_is_not_spoiled_by_judging_it() -> None:
    """Judging reads and changes nothing."""
    data = json.loads((ROOT / "fixtures/asha/native/asha-plan.json").read_bytes())
    before = json.dumps(data)
    judge(data)
    assert json.dumps(data) == before
