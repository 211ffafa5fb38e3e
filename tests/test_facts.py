"""One fact, one place: where the facts stand that FHIR has no plain element for."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mappings import from_fhir, to_fhir
from mappings import tree as jt
from mappings.lens.documents import Docs, Refused
from mappings.model import Assessment, Goal, Instrument, Item, Option, Plan, SafetyFlag, SafetyPlan, Therapy
from mappings.model import values as v
from mappings.model.form import Limits, Phrase
from mappings.tables.own_forms import RETURN_TO_USE_PLAN, SAFETY_PLAN, SECTIONS
from mappings.tables.questionnaire_response import QUESTIONNAIRE_RESPONSE
from mappings.tables.status_dates import ACHIEVEMENT_DATE, LIFECYCLE_DATE
from mappings.tables.weights import ITEM_WEIGHT, ORDINAL
from mappings.translate import read, write

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures"
JUNE, JULY = v.Date("2026-06-01"), v.Date("2026-07-01")
BETTER = v.Concept(text="improving")


def extensions(node: dict[str, Any]) -> dict[str, Any]:
    """Return what each extension of a node holds, by url."""
    return {x["url"]: next(value for name, value in x.items() if name != "url") for x in node.get("extension", ())}


class TestTwoDates:
    """Goal.statusDate is one date for two statuses (reference: fidelity-traps A3)."""

    @pytest.mark.parametrize(
        ("goal", "core", "beside"),
        [
            (Goal(lifecycle_date=JUNE), JUNE, {}),
            (Goal(achievement=BETTER, achievement_date=JULY), JULY, {}),
            (Goal(achievement=BETTER, lifecycle_date=JUNE, achievement_date=JULY), JULY, {LIFECYCLE_DATE: JUNE}),
            (Goal(lifecycle_date=JUNE, achievement_date=JULY), JUNE, {ACHIEVEMENT_DATE: JULY}),
        ],
    )
    def test_each_date_has_its_place(self, goal: Goal, core: v.Date, beside: dict[str, v.Date]) -> None:
        """statusDate tells of the achievement where there is one, else of the lifecycle; the other stands beside."""
        made = to_fhir(goal)
        assert made["statusDate"] == str.__str__(core)
        assert extensions(made) == {url: str.__str__(date) for url, date in beside.items()}
        assert from_fhir(made) == goal

    def test_a_date_keeps_its_meaning_when_an_achievement_comes(self) -> None:
        """The lifecycle's date moves aside when the achievement is written: it does not become the achievement's."""
        before = to_fhir(Goal(lifecycle_date=JUNE))
        after = to_fhir(replace(from_fhir(before), achievement=BETTER), onto=before)
        assert "statusDate" not in after
        assert from_fhir(after) == Goal(lifecycle_date=JUNE, achievement=BETTER)


class TestWeights:
    """R4's ordinalValue and SDC 4's itemWeight are one fact."""

    def test_a_new_weight_stands_in_both(self) -> None:
        """Whoever reads either of them scores alike."""
        form = Instrument(items=(Item(options=(Option(value="never", weight=v.Number("0")),)),))
        option = to_fhir(form)["item"][0]["answerOption"][0]
        assert extensions(option) == {ORDINAL: 0, ITEM_WEIGHT: 0}

    def test_one_alone_stays_alone(self) -> None:
        """An edit changes the weight where it stands and adds no other."""
        coding = {"code": "a", "extension": [{"url": ORDINAL, "valueDecimal": 1}]}
        form = {"resourceType": "Questionnaire", "item": [{"linkId": "1", "answerOption": [{"valueCoding": coding}]}]}
        was = from_fhir(form)
        option = was.items[0].options[0]
        heavier = replace(option, value=replace(option.value, weight=v.Number("3")))
        now = replace(was, items=(replace(was.items[0], options=(heavier,)),))
        changed = to_fhir(now, onto=form)["item"][0]["answerOption"][0]["valueCoding"]
        assert extensions(changed) == {ORDINAL: 3}

    def test_two_that_differ_are_no_weight(self) -> None:
        """Which of them is meant is not ours to say."""
        both = [{"url": ORDINAL, "valueDecimal": 1}, {"url": ITEM_WEIGHT, "valueDecimal": 2}]
        option = {"valueString": "often", "extension": both}
        form = from_fhir({"resourceType": "Questionnaire", "item": [{"linkId": "1", "answerOption": [option]}]})
        assert form.items[0].options[0].weight is None


class TestWords:
    """Translations stand beside the text that they translate."""

    HINDI = v.Translation(v.Code("hi"), "थकान")
    ITEM = Item(linkId="1", text="Feeling tired", translations=(HINDI,), limits=Limits(at_most=v.Whole("2")))

    def test_a_text_is_corrected_without_losing_its_translations(self) -> None:
        """The translation is a fact of its own; what else stood in the twin spoke of the old text and goes."""
        form = to_fhir(Instrument(items=(self.ITEM,)))
        form["item"][0]["_text"]["extension"].append({"url": "http://example.org/x", "valueBoolean": True})
        was = from_fhir(form)
        now = replace(was, items=(replace(was.items[0], text="Being tired"),))
        after = to_fhir(now, onto=form)
        assert [x["url"].rsplit("/", 1)[1] for x in after["item"][0]["_text"]["extension"]] == ["translation"]
        assert from_fhir(after) == now

    def test_an_option_with_a_translation_is_one_phrase(self) -> None:
        """A text and what it is in another language are chosen together."""
        form = Instrument(items=(Item(options=(Option(value=Phrase("often", (self.HINDI,))),)),))
        made = to_fhir(form)
        assert made["item"][0]["answerOption"][0]["valueString"] == "often"
        assert from_fhir(made) == form

    def test_a_phrase_needs_its_words(self) -> None:
        """A translation of nothing is refused, not written."""
        with pytest.raises(Refused):
            to_fhir(Instrument(items=(Item(options=(Option(value=Phrase(None, (self.HINDI,))),)),)))


def test_a_safety_flag_survives_an_incomplete_form() -> None:
    """No total, and why; the flag stands all the same."""
    sam = Assessment(
        status=v.Code("in-progress"),
        score_missing=v.Code("not-asked"),
        safety_flags=(SafetyFlag(v.Code("suicide"), "44260-8"),),
    )
    assert from_fhir(to_fhir(sam)) == sam
    assert from_fhir(to_fhir(sam)).score is None


def test_how_a_therapy_was_chosen_stands_in_a_request_and_in_a_detail() -> None:
    """Format and alternatives are the plan's to say, wherever the therapy stands."""
    chosen = Therapy(format=v.Code("family"), alternatives_discussed=(v.Concept(text="residential treatment"),))
    activity = {"detail": {"status": "in-progress", "extension": to_fhir(chosen)["extension"]}}
    plan = from_fhir({"resourceType": "CarePlan", "activity": [activity]})
    assert plan.activities[0].therapy.value == replace(chosen, status=v.Code("in-progress"))


def test_a_plan_that_tells_what_to_do_reads_as_a_directive() -> None:
    """R5's intent `directive` has no code in R4: it is not read as a mere plan."""
    plan = Plan(status=v.Code("active"), intent=v.Code("directive"))
    assert to_fhir(plan)["intent"] == "plan"
    assert from_fhir(to_fhir(plan)) == plan
    docs = Docs("R5", dict(write(Docs("R5", {}), "CarePlan/p", was=None, now=plan)))
    assert docs["CarePlan/p"]["intent"] == "directive"


def test_a_need_that_is_only_said_is_a_need() -> None:
    """R5 lets a plan name its need by concept alone: it is read, and written back, in both releases."""
    plan = {"resourceType": "CarePlan", "addresses": [{"concept": {"text": "grief"}}, {"reference": {"display": "x"}}]}
    said = from_fhir(plan, "R5")
    assert [need.concept for need in said.needs] == [v.Concept(text="grief"), None]
    assert to_fhir(said, "R5") == plan
    assert from_fhir(to_fhir(said)) == said


class TestOwnForms:
    """A safety plan is a response to our own form, told in the person's words."""

    PLAN = SafetyPlan(
        status=v.Code("completed"),
        warning_signs=(v.Text("I stop answering the phone", v.Code("en"), "Sam"),),
        reasons_for_living=(v.Text("my granddaughter"),),
    )

    def test_it_is_recognised_by_its_form(self) -> None:
        """Written from nothing it names the form and reads as what it is; a later version reads as an assessment."""
        made = to_fhir(self.PLAN)
        assert made["questionnaire"] == f"{SAFETY_PLAN}|1.0"
        assert from_fhir(made) == self.PLAN
        assert type(from_fhir({**made, "questionnaire": f"{SAFETY_PLAN}|9"})) is Assessment
        assert len(QUESTIONNAIRE_RESPONSE.natives) == 3

    def test_a_new_section_stands_where_the_form_has_it(self) -> None:
        """Sections come in the form's order, whatever the order of writing."""
        made = to_fhir(self.PLAN)
        more = to_fhir(replace(from_fhir(made), coping=(v.Text("walk"),)), onto=made)
        assert [item["linkId"] for item in more["item"]] == ["warning-signs", "coping", "reasons-for-living"]

    def test_the_form_asks_what_the_plan_holds(self) -> None:
        """Each form among the fixtures has the sections of the model, each with its question."""
        forms = [
            form
            for file in FIXTURES.glob("*/r4/*.json")
            if (form := jt.parse(file.read_bytes())).get("url") in (SAFETY_PLAN, RETURN_TO_USE_PLAN)
        ]
        asked = [[(item["linkId"], item["text"]) for item in form["item"]] for form in forms]
        assert asked == [list(SECTIONS.values())] * len(forms)


def test_an_activity_has_its_own_title() -> None:
    """The extension careplan-activity-title is the activity's, not the request's."""
    url = "http://hl7.org/fhir/StructureDefinition/careplan-activity-title"
    node = {"extension": [{"url": url, "valueString": "Thursdays"}], "reference": {"reference": "Task/1"}}
    tree = jt.from_plain({"resourceType": "CarePlan", "activity": [node]})
    assert read(Docs("R4", {"CarePlan/1": tree}), "CarePlan/1").value.activities[0].title == "Thursdays"
