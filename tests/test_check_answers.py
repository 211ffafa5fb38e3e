"""A response is judged against its questionnaire: each rule by one defect, and none where the answers are sound."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mappings.check.answers import judge_answers
from mappings.check.answers.rules import FIXES
from mappings.check.rules import RULES
from mappings.check.sets import check_set
from mappings.tree import from_plain, parse

FIXTURES = Path(__file__).parent.parent / "fixtures"
CODES, URL = "http://example.org/codes", "http://example.org/Questionnaire/q"
HL7 = "http://hl7.org/fhir/StructureDefinition/"
SDC = "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-"


def _limit(url: str, **value: Any) -> dict[str, Any]:
    return {"url": HL7 + url, **value}


def _coding(code: str, **more: str) -> dict[str, Any]:
    return {"valueCoding": {"system": CODES, "code": code, **more}}


def _item(link: str, *answers: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"linkId": link, **({"answer": list(answers)} if answers else {}), **more}


_ONLY = {"extension": [_limit("questionnaire-optionExclusive", valueBoolean=True)]}
_RANGE = [_limit("minValue", valueInteger=1), _limit("maxValue", valueInteger=10)]
_COUNT = [_limit("questionnaire-minOccurs", valueInteger=2), _limit("questionnaire-maxOccurs", valueInteger=2)]
_TO = [_limit("questionnaire-referenceResource", valueCode="Patient")]
_IF = {"question": "any", "operator": "=", "answerBoolean": True}
_KG = {"system": "http://unitsofmeasure.org", "code": "kg"}
_LB, _CM = _KG | {"code": "[lb_av]"}, _KG | {"code": "cm"}
_OTHER = _coding("b", display="B")
# fmt: off
FORM: dict[str, Any] = {
    "resourceType": "Questionnaire", "id": "q", "url": URL, "version": "1", "status": "active",
    "effectivePeriod": {"start": "2026-01-01", "end": "2026-12-31"},
    "contained": [{"resourceType": "ValueSet", "id": "vs", "status": "active",
                   "compose": {"include": [{"system": CODES, "concept": [{"code": "y"}]}]}}],
    "item": [
        {"linkId": "group", "type": "group", "text": "Group", "item": [
            {"linkId": "any", "type": "boolean", "required": True},
            {"linkId": "many", "type": "integer", "required": True, "enableWhen": [_IF], "extension": _RANGE,
             "item": [{"linkId": "which", "type": "string", "maxLength": 5,
                       "extension": [_limit("minLength", valueInteger=2)]}]},
            {"linkId": "pick", "type": "choice", "repeats": True,
             "answerOption": [_coding("a", display="A"), _OTHER, _coding("none") | _ONLY]},
            {"linkId": "twice", "type": "string", "repeats": True, "extension": _COUNT},
            {"linkId": "listed", "type": "choice", "answerValueSet": "#vs"},
            {"linkId": "far", "type": "choice", "answerValueSet": "http://example.org/far"},
        ]},
        {"linkId": "thanks", "type": "display"},
        {"linkId": "amount", "type": "decimal", "extension": [_limit("maxDecimalPlaces", valueInteger=1)]},
        {"linkId": "who", "type": "reference", "extension": _TO},
        {"linkId": "rows", "type": "group", "repeats": True,
         "item": [{"linkId": "cell", "type": "string", "repeats": True}]},
        {"linkId": "word", "type": "string", "extension": [_limit("regex", valueString="[a-z]+")]},
        {"linkId": "ahead", "type": "string", "extension": [_limit("regex", valueString="(?=a).*")]},
        {"linkId": "weight", "type": "quantity", "extension": [
            *(_limit("questionnaire-unitOption", valueCoding=one) for one in (_KG, _LB, _CM, {"display": "stone"})),
            {"url": f"{SDC}maxQuantity", "valueQuantity": {"value": 200, **_KG}}]},
        {"linkId": "scan", "type": "attachment", "extension": [
            _limit("mimeType", valueCode="image/*"), _limit("maxSize", valueDecimal=10)]},
    ],
}
SOUND: dict[str, Any] = {
    "resourceType": "QuestionnaireResponse", "questionnaire": f"{URL}|1", "status": "completed",
    "authored": "2026-12-31",
    "item": [
        _item("group", text="Group", item=[
            _item("any", {"valueBoolean": True}),
            _item("many", {"valueInteger": 3, "item": [_item("which", {"valueString": "beer"})]}),
            _item("pick", _coding("a", display="a "), _coding("b")),
            _item("twice", {"valueString": "1"}, {"valueString": "2"}),
            _item("listed", _coding("y")),
        ]),
        _item("thanks"), _item("amount", {"valueDecimal": 1.5}),
        _item("who", {"valueReference": {"reference": "Patient/1"}}),
        _item("rows", item=[_item("cell", {"valueString": "1"})]),
        _item("rows", item=[_item("cell", {"valueString": "2"}, {"valueString": "3"})]),
        _item("word", {"valueString": "song"}),
        _item("weight", {"valueQuantity": {"value": 61.5, "unit": "kilos", **_KG}}),
        _item("scan", {"valueAttachment": {"contentType": "image/png", "data": "AAAA"}}),
    ],
}

Change = Callable[[Any, Any], object]
"""Plants a defect, given the items of the response and those of its group."""


def _answer(n: int, **value: Any) -> Change:
    return lambda items, group: group[n].update(answer=[value])


def _attached(*kind: str, **more: str) -> dict[str, Any]:
    return {"valueAttachment": {**({"contentType": kind[0]} if kind else {}), **more}}


DEFECTS: list[tuple[str, str, Change]] = [
    ("unknown-item",   "item[9].linkId", lambda i, g: i.append(_item("other", {"valueString": "x"}))),
    ("misplaced",      "item[9]", lambda i, g: i.append(g.pop(2))),
    ("nesting",        "item[0].item[1].item", lambda i, g: g[1].update(item=g[1]["answer"][0].pop("item"))),
    ("order",          "item[2]", lambda i, g: i.insert(1, i.pop(2))),
    ("required",       "item[0].item", lambda i, g: g.pop(1)),
    ("required",       "item[0].item[1]", lambda i, g: g[1].pop("answer")),
    ("repeats",        "item[2].answer[1]", lambda i, g: i[2]["answer"].append({"valueDecimal": 2})),
    ("repeats",        "item[3]", lambda i, g: i.insert(3, _item("amount", {"valueDecimal": 2}))),
    ("apart",          "item[4].item[1]", lambda i, g: i[4]["item"].append(_item("cell", {"valueString": "4"}))),
    ("disabled",       "item[0].item[1]", lambda i, g: g[0].update(answer=[{"valueBoolean": False}])),
    ("type",           "item[2].answer[0].valueInteger", lambda i, g: i[2].update(answer=[{"valueInteger": 1}])),
    ("type",           "item[0].item[2].answer[0].valueString", _answer(2, valueString="A")),
    ("group-answer",   "item[0].answer", lambda i, g: i[0].update(answer=[{"valueString": "x"}])),
    ("display-answer", "item[1]", lambda i, g: i[1].update(answer=[{"valueString": "x"}])),
    ("option",         "item[0].item[2].answer[0].valueCoding", _answer(2, **_coding("z"))),
    ("option",         "item[0].item[2].answer[0].valueCoding", _answer(2, valueCoding={"code": "a"})),
    ("value-set",      "item[0].item[4].answer[0].valueCoding", _answer(4, **_coding("z"))),
    ("value-set-not-checked", "item[0].item[5].answer[0].valueCoding",
                       lambda i, g: g.append(_item("far", _coding("y")))),
    ("exclusive",      "item[0].item[2].answer[2]", lambda i, g: g[2]["answer"].append(_coding("none"))),
    ("min-value",      "item[0].item[1].answer[0].valueInteger", _answer(1, valueInteger=0)),
    ("max-value",      "item[0].item[1].answer[0].valueInteger", _answer(1, valueInteger=11)),
    ("max-length",     "item[0].item[1].answer[0].item[0].answer[0].valueString",
                       _answer(1, valueInteger=3, item=[_item("which", {"valueString": "spirits"})])),
    ("min-length",     "item[0].item[1].answer[0].item[0].answer[0].valueString",
                       _answer(1, valueInteger=3, item=[_item("which", {"valueString": "x"})])),
    ("decimal-places", "item[2].answer[0].valueDecimal", lambda i, g: i[2].update(answer=[{"valueDecimal": 1.25}])),
    ("min-occurs",     "item[0].item[3].answer", _answer(3, valueString="1")),
    ("max-occurs",     "item[0].item[3].answer", lambda i, g: g[3]["answer"].append({"valueString": "3"})),
    ("reference-type", "item[3].answer[0].valueReference",
                       lambda i, g: i[3].update(answer=[{"valueReference": {"reference": "Group/1"}}])),
    ("display",        "item[0].item[2].answer[0].valueCoding.display", _answer(2, **_coding("a", display="B"))),
    ("regex",          "item[6].answer[0].valueString", lambda i, g: i[6].update(answer=[{"valueString": "Song"}])),
    ("regex-not-checked", "item[7].answer[0].valueString",
                       lambda i, g: i.insert(7, _item("ahead", {"valueString": "b"}))),
    ("lines",          "item[5].item[0].answer[0].valueString",
                       lambda i, g: i[5]["item"][0].update(answer=[{"valueString": "a\nb"}])),
    ("unit",           "item[7].answer[0].valueQuantity",
                       lambda i, g: i[7].update(answer=[{"valueQuantity": {"value": 9, **_KG, "code": "g"}}])),
    ("limit-unit",     "item[7].answer[0].valueQuantity",
                       lambda i, g: i[7].update(answer=[{"valueQuantity": {"value": 9, "unit": "stone"}}])),
    ("max-value",      "item[7].answer[0].valueQuantity",
                       lambda i, g: i[7].update(answer=[{"valueQuantity": {"value": 201, **_KG}}])),
    ("max-value",      "item[7].answer[0].valueQuantity",
                       lambda i, g: i[7].update(answer=[{"valueQuantity": {"value": 441, **_LB}}])),
    ("limit-unit",     "item[7].answer[0].valueQuantity",
                       lambda i, g: i[7].update(answer=[{"valueQuantity": {"value": 4, **_CM}}])),
    ("mime-type",      "item[8].answer[0].valueAttachment", lambda i, g: i[8].update(answer=[_attached("text/plain")])),
    ("mime-type",      "item[8].answer[0].valueAttachment", lambda i, g: i[8].update(answer=[_attached()])),
    ("max-size",       "item[8].answer[0].valueAttachment",
                       lambda i, g: i[8].update(answer=[_attached("image/png", data="AAAA" * 4)])),
    ("text",           "item[0].text", lambda i, g: i[0].update(text="Another")),
]
# fmt: on


def _planted(change: Change) -> dict[str, Any]:
    response = copy.deepcopy(SOUND)
    change(response["item"], response["item"][0]["item"])
    return response


def _found(response: Any, form: Any = FORM, release: str = "R4") -> list[tuple[str, str]]:
    return [(f.rule, f.path) for f in judge_answers(from_plain(response), from_plain(form), release)]


def test_sound_answers_have_no_finding() -> None:
    """A response that answers its questionnaire is silent, and so is one in progress that lacks what is required."""
    assert _found(SOUND) == []
    unfinished = _planted(lambda items, group: group.pop(1))
    assert _found(unfinished | {"status": "in-progress"}) == []


@pytest.mark.parametrize(("rule", "place", "change"), DEFECTS, ids=[f"{n}-{row[0]}" for n, row in enumerate(DEFECTS)])
def test_each_defect_is_found_where_it_stands(rule: str, place: str, change: Change) -> None:
    """One defect is one finding, with its place, a fix and a link, and never the answer."""
    found = judge_answers(from_plain(_planted(change)), from_plain(FORM), "R4")
    assert [(f.rule, f.path) for f in found] == [(f"answer/{rule}", f"QuestionnaireResponse.{place}")]
    assert found[0].fix
    assert found[0].level == "answer"
    assert found[0].link.startswith("https://hl7.org/fhir/")
    assert "spirits" not in found[0].text


def test_every_rule_has_a_defect() -> None:
    """No rule stands in the table that is never seen to be broken; not-checked is seen below."""
    seen_below = {"answer/not-checked", "answer/period", "answer/subject", "answer/not-a-questionnaire"}
    assert {f"answer/{rule}" for rule, _, _ in DEFECTS} | seen_below == set(FIXES)
    assert {rule for rule in RULES if RULES[rule].level == "answer"} == set(FIXES)


def test_a_form_is_answered_while_it_is_in_use() -> None:
    """A response from before or after the form's effective period is warned about; its edges belong to it."""
    said = [
        (day, _found(SOUND | {"authored": day})) for day in ("2025-12-31", "2026-01-01", "2026", "2027-01-01T00:00:00Z")
    ]
    late = [("answer/period", "QuestionnaireResponse.authored")]
    assert said == [("2025-12-31", late), ("2026-01-01", []), ("2026", []), ("2027-01-01T00:00:00Z", late)]


def test_a_form_says_of_whom_it_may_be_asked() -> None:
    """ "The types of subjects that can be the subject of responses created for the questionnaire"; none: of anybody."""
    group = SOUND | {"subject": {"reference": "Group/1"}}
    assert _found(group) == _found(group, FORM | {"subjectType": ["Patient", "Group"]}) == []
    assert _found(group, FORM | {"subjectType": ["Patient"]}) == [("answer/subject", "QuestionnaireResponse.subject")]


@pytest.mark.parametrize("release", ["R4", "R5"])
def test_what_a_response_names_is_a_questionnaire(release: str) -> None:
    """A url that another resource beside it has is no questionnaire's, and then nothing is said of its answers."""
    plan = from_plain({"resourceType": "PlanDefinition", "url": URL, "status": "active"})
    found = check_set({"a": from_plain(SOUND | {"questionnaire": f"{URL}|1"}), "b": plan}, release)["a"]
    assert [(f.rule, f.path) for f in found] == [("answer/not-a-questionnaire", "QuestionnaireResponse.questionnaire")]


@pytest.mark.parametrize(
    ("said", "rules"),
    [
        ({"valueString": "Action"}, []),
        ({"valueString": "act"}, []),
        ({"valueString": "Aktion"}, []),
        ({"valueString": "Relapse"}, ["answer/value-set"]),
        ({"valueCoding": {"system": CODES, "code": "act", "display": "Aktion"}}, []),
        ({"valueCoding": {"system": CODES, "code": "act", "display": "Relapse"}}, ["answer/display"]),
    ],
)
def test_answers_go_by_the_names_of_a_value_set(said: dict[str, Any], rules: list[str]) -> None:
    """A text is the code or a name of what is listed, and the display of a code is a name that it has there."""
    action = {"code": "act", "display": "Action", "designation": [{"value": "Aktion"}]}
    listed = {"resourceType": "ValueSet", "id": "vs", "compose": {"include": [{"system": CODES, "concept": [action]}]}}
    kind = "string" if "valueString" in said else "coding"
    form = {"contained": [listed], "item": [{"linkId": "1", "type": kind, "answerValueSet": "#vs"}]}
    assert [rule for rule, _ in _found({"status": "completed", "item": [_item("1", said)]}, form, "R5")] == rules


@pytest.mark.parametrize("release", ["R4", "R5"])
def test_value_sets_that_nothing_is_bound_to_are_held_too(release: str) -> None:
    """Forms list their answers by HL7's small value sets: what is in one is known."""
    url = "http://hl7.org/fhir/ValueSet/yesnodontknow"
    kind = {"R4": "choice", "R5": "coding"}[release]
    form = {"item": [{"linkId": "1", "type": kind, "answerValueSet": url}]}
    for code, rules in (("Y", []), ("X", ["answer/value-set"])):
        answer = {"valueCoding": {"system": "http://terminology.hl7.org/CodeSystem/v2-0136", "code": code}}
        assert [rule for rule, _ in _found({"item": [_item("1", answer)]}, form, release)] == rules


def test_references_of_one_form_are_told_apart() -> None:
    """Of two references as Type/id it is said whether they are the same; of other forms it cannot be."""
    asked = {"question": "who", "operator": "=", "answerReference": {"reference": "Practitioner/a"}}
    gated = {"linkId": "g", "type": "string", "enableWhen": [asked]}
    form = {"item": [{"linkId": "who", "type": "reference"}, gated]}
    for link, rules in (
        ("Practitioner/a", []),
        ("Practitioner/b", ["answer/disabled"]),
        ("https://clinic.example/fhir/Practitioner/a", []),
    ):
        who = _item("who", {"valueReference": {"reference": link}})
        response = {"status": "completed", "item": [who, _item("g", {"valueString": "x"})]}
        assert [rule for rule, _ in _found(response, form)] == rules


@pytest.mark.parametrize(
    ("constraint", "answer", "rules"),
    [
        (None, {"valueString": "x"}, []),
        (None, {"valueString": "own"}, ["answer/option"]),
        ("optionsOrType", {"valueString": "own"}, []),
        ("optionsOrString", {"valueString": "own"}, []),
        ("optionsOrType", {"valueInteger": 1}, ["answer/type"]),
    ],
)
def test_r5_says_how_far_options_bind(constraint: str | None, answer: dict[str, Any], rules: list[str]) -> None:
    """answerConstraint decides whether an answer that is no option is one."""
    item = {"linkId": "1", "type": "string", "answerOption": [{"valueString": "x"}]}
    item |= {"answerConstraint": constraint} if constraint else {}
    response = {"status": "completed", "item": [_item("1", answer)]}
    assert [rule for rule, _ in _found(response, {"item": [item]}, "R5")] == rules


def _gate(operator: str, answers: list[int], behavior: str = "any", **more: Any) -> list[str]:
    condition = {"question": "n", "operator": operator, **(more or {"answerInteger": 5})}
    never = {"question": "none", "operator": "exists", "answerBoolean": True}
    gated = {"linkId": "g", "type": "string", "enableWhen": [condition, never], "enableBehavior": behavior}
    form = {"item": [{"linkId": "n", "type": "integer", "repeats": True}, gated]}
    asked = [_item("n", *({"valueInteger": n} for n in answers))] if answers else []
    response = {"status": "completed", "item": [*asked, _item("g", {"valueString": "x"})]}
    return [rule for rule, _ in _found(response, form)]


def test_conditions_are_weighed_as_the_specification_says() -> None:
    """Operators and enableBehavior enable or do not; what two readings see differently is left alone."""
    off = ["answer/disabled"]
    assert [_gate("=", [5]), _gate("=", [4]), _gate("=", [])] == [[], off, off]
    assert [_gate(">", [6]), _gate(">", [5]), _gate("<=", [5]), _gate(">=", [4])] == [[], off, [], off]
    assert [_gate("!=", [4]), _gate("!=", [5]), _gate("!=", []), _gate("!=", [4, 5])] == [[], off, [], []]
    assert [_gate("exists", [], answerBoolean=False), _gate("exists", [1], answerBoolean=False)] == [[], off]
    assert _gate("=", [5], "all") == off


def test_the_form_is_found_beside_the_response() -> None:
    """By url and version, in a folder or a Bundle, or contained; else one finding says that nothing was judged."""
    wrong, form = from_plain(_planted(DEFECTS[0][2])), from_plain(FORM)
    bundle = {"resourceType": "Bundle", "entry": [{"resource": form}, {"resource": wrong}]}
    within = wrong | {"questionnaire": "#q", "contained": [form]}

    def said(**docs: Any) -> list[tuple[str, str]]:
        return [(f.rule, f.path) for found in check_set(docs, "R4").values() for f in found]

    path = "QuestionnaireResponse.item[9].linkId"
    assert said(a=wrong, b=form) == said(a=within) == [("answer/unknown-item", path)]
    assert said(a=bundle) == [("answer/unknown-item", "Bundle.entry[1].resource.item[9].linkId")]
    nowhere = [("answer/not-checked", "QuestionnaireResponse.questionnaire")]
    for named in (f"{URL}|1#part", URL, "Questionnaire/q"):
        assert said(a=wrong | {"questionnaire": named}, b=form) == [("answer/unknown-item", path)]
    assert said(a=wrong) == said(a=wrong | {"questionnaire": f"{URL}|2"}, b=form) == nowhere


@pytest.mark.parametrize("release", ["R4", "R5"])
def test_fixtures_have_no_findings(release: str) -> None:
    """All people's records together: every response answers its questionnaire."""
    docs = {str(file): parse(file.read_bytes()) for file in FIXTURES.glob(f"*/{release.lower()}/*.json")}
    assert "QuestionnaireResponse" in {tree["resourceType"] for tree in docs.values()}
    found = [f for findings in check_set(docs, release).values() for f in findings if f.level == "answer"]
    assert found == []


def test_what_python_reads_is_judged_as_trees_are() -> None:
    """Numbers of Python's own are the numbers of the form and the response, whose limits are kept or broken."""
    for rule, place, change in DEFECTS:
        plain = {"a": _planted(change) | {"questionnaire": URL}, "b": FORM}
        found = check_set(plain, "R4")["a"]
        assert found == check_set(from_plain(plain), "R4")["a"]
        assert (f"answer/{rule}", f"QuestionnaireResponse.{place}") in [(one.rule, one.path) for one in found]


def test_any_two_trees_can_be_judged() -> None:
    """What is no response or no questionnaire is no reason to raise, and what is found is a finding of answers."""
    odds: tuple[Any, ...] = (
        None,
        [],
        {},
        "x",
        {"item": [None, {"linkId": 1, "answer": [{"valueCoding": []}]}]},
        {"item": {"item": 1}},
    )
    for odd in odds:
        for other in (odd, FORM, SOUND):
            assert {rule.partition("/")[0] for rule, _ in (*_found(odd, other), *_found(other, odd))} <= {"answer"}
