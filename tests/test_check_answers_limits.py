"""What answers are compared with: regular expressions, value sets, conditions; and how long that takes."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest
from answer_forms import FORMS
from drawn_answers import answered
from hypothesis import given
from hypothesis import strategies as st
from tree_places import places_in

from mappings.check.answers import judge_answers
from mappings.check.answers.patterns import Pattern
from mappings.check.answers.sets import AnswerSets
from mappings.check.answers.units import UCUM
from mappings.tree import Number, Tree, from_plain, replaced

_PARTS = ["a", "[0-9]", "[^a]", "\\d", "\\.", ".", "[a-c.-]", "(a|bc)", "(?:b|)", "(a*b)", "\\w"]
_TIMES = ["", "*", "+", "?", "{2}", "{1,}", "{0,2}", "*?"]
PATTERNS = st.lists(st.tuples(st.sampled_from(_PARTS), st.sampled_from(_TIMES)), max_size=5)


@given(PATTERNS, st.text("ab1c.-", max_size=8))
def test_an_expression_matches_what_others_say_it_does(parts: list[tuple[str, str]], text: str) -> None:
    """On whole texts it agrees with Python's own matcher."""
    written = "".join(part + times for part, times in parts)
    assert Pattern(written).matches(text) == bool(re.fullmatch(written, text, re.ASCII))


@pytest.mark.parametrize("written", ["(?=a)a", "(a)\\1", "\\p{L}", "a++", "(", "[a", "a{", "*", "(){9999}", "[b-a]"])
def test_an_expression_that_is_not_known_is_not_judged(written: str) -> None:
    """It says neither yes nor no, and never raises."""
    assert Pattern(written).matches("a") is None


def test_a_hostile_expression_costs_no_more_than_its_text() -> None:
    """What takes a backtracking matcher years is answered: four times the text, not the square of its time."""
    hostile = Pattern("((a+)+|(a|a)*)*b")
    assert hostile.matches("a" * 5000) is False
    assert _ratio(lambda n: hostile.matches("a" * n), 1000) < 12


def _ratio(work: Any, size: int) -> float:
    def spent(n: int) -> float:
        start = time.process_time()
        work(n)
        return time.process_time() - start

    return min(spent(4 * size) for _ in range(3)) / max(min(spent(size) for _ in range(3)), 1e-6)


# ---- value sets

_SYSTEM = "https://clinic.example/system"


def _set(url: str, *include: dict[str, Any], exclude: Any = None, **more: Any) -> Tree:
    compose = {"include": list(include)} | ({"exclude": exclude} if exclude else {})
    return from_plain({"resourceType": "ValueSet", "url": url, "version": "1", "compose": compose} | more)


def _codes(*codes: str) -> dict[str, Any]:
    return {"system": _SYSTEM, "concept": [{"code": code} for code in codes]}


SETS = AnswerSets(
    [
        _set("ab", _codes("a", "b")),
        _set("bc", _codes("b", "c")),
        _set("both", {"valueSet": ["ab", "bc"]}),
        _set("some", {"valueSet": ["ab"]}, exclude=[_codes("a")]),
        _set("whole", {"system": _SYSTEM}),
        _set("unknown", {"system": "urn:x"}),
        _set("filtered", {"system": _SYSTEM, "filter": [{"property": "p", "op": "=", "value": "v"}]}),
        _set("itself", {"valueSet": ["itself"]}),
        _set("missing", {"valueSet": ["nowhere"]}),
        _set("expanded", expansion={"contains": [{"contains": [{"system": _SYSTEM, "code": "a"}]}]}),
        from_plain(
            {
                "resourceType": "CodeSystem",
                "url": _SYSTEM,
                "content": "complete",
                "concept": [{"code": "a", "concept": [{"code": "d"}]}],
            }
        ),
    ],
    "R4",
)


# fmt: off
HELD = [
    # value set   a      b      d
    ("ab",       True,  True,  False),
    ("ab|1",     True,  True,  False),
    ("both",     False, True,  False),
    ("some",     False, True,  False),
    ("whole",    True,  False, True),
    ("unknown",  False, False, False),
    ("filtered", None,  None,  None),
    ("itself",   None,  None,  None),
    ("missing",  None,  None,  None),
    ("expanded", True,  False, False),
]
# fmt: on


@pytest.mark.parametrize(("value_set", "a", "b", "d"), HELD)
def test_a_value_set_has_what_it_lists(value_set: str, a: bool | None, b: bool | None, d: bool | None) -> None:
    """By its expansion, else by what it includes and excludes; None where that is not at hand."""
    codes = SETS.codes(value_set)
    assert codes is not None
    assert [codes.has(_SYSTEM, code) for code in "abd"] == [a, b, d]


def test_the_specification_s_own_value_sets_are_at_hand() -> None:
    """A form that names one of them is judged without giving it."""
    days = AnswerSets((), "R5").codes("http://hl7.org/fhir/ValueSet/days-of-week")
    assert days is not None
    assert days.has("http://hl7.org/fhir/days-of-week", "mon") is True
    assert days.has("http://hl7.org/fhir/days-of-week", "monday") is False
    assert AnswerSets((), "R5").codes("https://clinic.example/none") is None


def test_a_contained_form_finds_its_value_sets_beside_it() -> None:
    """What is contained holds nothing itself: #id in it names what lies beside it."""
    from mappings.check.sets import check_set

    form = {
        "resourceType": "Questionnaire",
        "id": "f",
        "item": [{"linkId": "1", "type": "choice", "answerValueSet": "#v"}],
    }
    response: dict[str, Any] = {
        "resourceType": "QuestionnaireResponse",
        "questionnaire": "#f",
        "contained": [form, _set("v", _codes("a"), id="v")],
    }
    for code, rules in (("a", []), ("z", ["answer/value-set"])):
        item = {"linkId": "1", "answer": [{"valueCoding": {"system": _SYSTEM, "code": code}}]}
        assert [f.rule for f in check_set({"": from_plain(response | {"item": [item]})}, "R4")[""]] == rules


# ---- size and depth


def _flat(n: int) -> tuple[Tree, Tree]:
    """Return a form of n questions, each asked for by the first, and a response to it."""
    when = [{"question": "0", "operator": "=", "answerInteger": 0}]
    asked: list[Any] = [{"linkId": str(i), "type": "integer", "required": True} for i in range(n)]
    asked[1:] = [one | {"enableWhen": when} for one in asked[1:]]
    given_ = [{"linkId": str(i), "answer": [{"valueInteger": i}]} for i in range(n)]
    return from_plain({"item": given_, "status": "completed"}), from_plain({"item": asked})


def _rows(n: int) -> tuple[Tree, Tree]:
    """Return a form of a group that repeats, with a condition within it, and a response of n of them."""
    cell = {"linkId": "b", "type": "string", "enableWhen": [{"question": "a", "operator": "=", "answerBoolean": True}]}
    row = {"linkId": "row", "type": "group", "repeats": True, "item": [{"linkId": "a", "type": "boolean"}, cell]}
    one = {
        "linkId": "row",
        "item": [
            {"linkId": "a", "answer": [{"valueBoolean": True}]},
            {"linkId": "b", "answer": [{"valueString": "x"}]},
        ],
    }
    return from_plain({"item": [one] * n, "status": "completed"}), from_plain({"item": [row]})


def _picked(n: int) -> tuple[Tree, Tree]:
    """Return a question with n options, and a response that chooses them all."""
    options = [{"valueCoding": {"system": "s", "code": str(i)}} for i in range(n)]
    item = {"linkId": "1", "type": "choice", "repeats": True, "answerOption": options}
    return from_plain({"item": [{"linkId": "1", "answer": options}]}), from_plain({"item": [item]})


def _wrong(n: int) -> tuple[Tree, Tree]:
    """Return n items that the form has elsewhere, out of order."""
    response, form = _flat(n)
    response["item"] = response["item"][::-1]
    return {"item": [{"linkId": "0", "answer": [{"item": response["item"]}]}]}, form


def _judged(pair: tuple[Tree, Tree]) -> object:
    response, form = pair
    return judge_answers(response, form, "R4")


@pytest.mark.parametrize("shape", [_flat, _rows, _picked, _wrong])
def test_time_grows_with_the_size(shape: Any) -> None:
    """Four times the items take about four times the time, not the square of it."""
    pairs = {n: shape(n) for n in (1000, 4000)}
    assert _ratio(lambda n: _judged(pairs[n]), 1000) < 10


@pytest.mark.parametrize("deep", [98, 1000])
def test_depth_is_no_reason_to_raise(deep: int) -> None:
    """What is as deep as a document may be is judged to its end; what is deeper does not raise."""
    response: Any = {"linkId": "x", "answer": [{"valueString": "far down"}]}
    form: Any = {"linkId": "x", "type": "integer"}
    for n in range(deep):
        response = {"linkId": str(n), "item": [response]}
        form = {"linkId": str(n), "type": "group", "required": True, "item": [form]}
    found = judge_answers({"item": [response], "status": "completed"}, {"item": [form]}, "R5")
    assert [f.rule for f in found] == (["answer/type"] if deep < 100 else [])


@pytest.mark.parametrize("release", FORMS)
def test_a_drawn_response_answers_its_form(release: str) -> None:
    """Forms that use all that a form can ask are answered without a finding."""
    for form in FORMS[release].values():
        assert [f.rule for f in judge_answers(answered(form, release), form, release) if f.severity == "error"] == []


ODD: list[Any] = [
    None, True, "", "2026-13-45", "#", [], {}, [None], {"value": None}, {"system": [], "code": {}},
    Number("1e999999999"), Number("1e-999999999"), {"value": Number("1E999999999"), "system": UCUM, "code": "kg"},
]  # fmt: skip


@given(st.sampled_from(sorted(FORMS["R4"])), st.booleans(), st.integers(0, 100_000), st.sampled_from(ODD))
def test_nothing_in_a_form_or_a_response_makes_it_raise(name: str, in_form: bool, place: int, odd: Any) -> None:
    """Whatever stands in one place of either, the other findings are still told."""
    form = FORMS["R4"][name]
    response = answered(form, "R4")
    changed = form if in_form else response
    places = list(places_in(changed))
    changed = replaced(changed, places[place % len(places)], odd)
    pair = (response, changed) if in_form else (changed, form)
    assert isinstance(_judged(pair), list)


@pytest.mark.parametrize(
    ("open_", "rules"), [("optionsOnly", ["answer/unit"]), ("optionsOrString", []), ("", ["answer/unit"])]
)
def test_a_list_of_units_may_be_open(open_: str, rules: list[str]) -> None:
    """SDC's unitOpen says whether other units may be answered; without it the units that are listed are all."""
    listed = {
        "url": "http://hl7.org/fhir/StructureDefinition/questionnaire-unitOption",
        "valueCoding": {"system": UCUM, "code": "kg"},
    }
    opened = {"url": "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-unitOpen", "valueCode": open_}
    extensions = [listed, opened] if open_ else [listed]
    form = from_plain({"item": [{"linkId": "1", "type": "quantity", "extension": extensions}]})
    said = {"valueQuantity": {"value": 3, "system": UCUM, "code": "g"}}
    response = from_plain({"status": "completed", "item": [{"linkId": "1", "answer": [said]}]})
    assert [one.rule for one in judge_answers(response, form, "R4")] == rules
