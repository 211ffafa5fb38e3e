"""Laws of `check`: it never raises, never repeats a value, and lets nothing through that fhir.resources refuses."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tree_places import places_in

from mappings.check import BASE, check, check_any, is_valid
from mappings.check.places import places
from mappings.tree import Path, dump, from_plain, get, parse, spans, to_plain

PLAN: dict[str, Any] = {
    "resourceType": "CarePlan",
    "id": "plan",
    "meta": {"lastUpdated": "2026-11-22T09:00:00.000Z", "profile": ["http://example.org/profile"]},
    "contained": [
        {"resourceType": "Goal", "id": "g", "lifecycleStatus": "active", "description": {"text": "a"}, "subject": {}}
    ],
    "status": "active",
    "intent": "plan",
    "category": [{"coding": [{"system": "http://snomed.info/sct", "code": "38717003"}], "text": "b"}],
    "subject": {"reference": "Patient/asha", "display": "c"},
    "period": {"start": "2026-01", "end": "2026-12-31T10:00:00+05:30"},
    "goal": [{"reference": "#g"}],
    "instantiatesUri": ["urn:a", None],
    "_instantiatesUri": [None, {"extension": [{"url": "http://a", "valueCode": "d"}]}],
    "activity": [
        {
            "detail": {
                "status": "scheduled",
                "doNotPerform": False,
                "scheduledTiming": {"repeat": {"frequency": 1, "period": 1.5, "periodUnit": "wk"}},
                "quantity": {"value": 2, "code": "mg", "system": "http://unitsofmeasure.org"},
            }
        }
    ],
    "note": [{"time": "2026-11-22", "text": "e"}],
}
PLAN["contained"][0]["subject"] = {"display": "f"}
RESPONSE: dict[str, Any] = {
    "resourceType": "QuestionnaireResponse",
    "status": "completed",
    "authored": "2026-11-22",
    "item": [
        {
            "linkId": "1",
            "answer": [{"valueDecimal": 1.5, "item": [{"linkId": "2", "answer": [{"valueDate": "2026"}]}]}],
        },
        {"linkId": "2", "answer": [{"valueCoding": {"code": "a"}}, {"valueBoolean": True}, {"valueInteger": 3}]},
    ],
}
ODD: list[Any] = [
    *[None, True, False, 0, -1, 7, 1.5, 2**40, "", " ", "x", "a b", "true", "1", "1.5", "2026", "2026-02-30"],
    *["2026-11-22T09:00:00Z", "24:00:00", "http://a", "#g", "a" * 70],
    *[[], {}, [None], [{}], ["x"], [1], {"id": "a"}, {"x": 1}, {"value": "a"}, {"reference": "#h"}, [[]]],
    *[{"extension": [{"url": "http://a", "valueString": "b"}]}, {"resourceType": "Goal"}, {"resourceType": "Gaol"}],
]
KEYS = ["colour", "_status", "status", "id", "text", "extension", "valueString", "resourceType", "value", "contained"]

# Where fhir.resources refuses and the specification allows; nothing else may be let through.
# - it counts a choice as missing when its value is replaced by an extension (R4 extensibility.html#Special-Case)
ALLOWED_BY_THE_SPECIFICATION = ("Expect any of field value from this list",)


def trees(keys: st.SearchStrategy[str]) -> st.SearchStrategy[Any]:
    return st.recursive(
        st.sampled_from(ODD) | st.text(max_size=8),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=6),
        max_leaves=30,
    ).map(from_plain)


@st.composite
def broken(draw: st.DrawFn) -> dict[str, Any]:
    """A sound document with one to three changes: something removed, replaced, added or doubled."""
    tree = from_plain(draw(st.sampled_from([PLAN, RESPONSE])))
    for _ in range(draw(st.integers(1, 3))):
        *above, last = draw(st.sampled_from(list(places_in(tree))))
        tree = copy.deepcopy(tree)
        parent = get(tree, tuple(above))
        match draw(st.sampled_from(["remove", "replace", "add", "wrap"])):
            case "remove":
                del parent[last]
            case "replace":
                parent[last] = from_plain(draw(st.sampled_from(ODD)))
            case "wrap":
                parent[last] = [parent[last]]
            case "add" if isinstance(parent, dict):
                parent[draw(st.sampled_from(KEYS))] = from_plain(draw(st.sampled_from(ODD)))
    return dict(tree)


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_no_bytes_make_it_raise(data: bytes) -> None:
    """Whatever the bytes, `check` answers."""
    assert isinstance(check(data), list)


@settings(deadline=None)
@given(trees(st.sampled_from([*KEYS, "item", "type", "answer", "enableWhen", "reference"])), st.sampled_from("45"))
def test_no_tree_makes_it_raise(tree: Any, release: str) -> None:
    """Whatever the tree, `check` answers, in both releases."""
    for root in ({"resourceType": "Questionnaire"}, {"resourceType": "CarePlan"}, {"resourceType": "Bundle"}):
        judged = {**tree, **root} if isinstance(tree, dict) else tree
        assert isinstance(check(judged, release=f"R{release}"), list)


@settings(deadline=None)
@given(trees(st.sampled_from(["entity", "targets", "value", "key", "own_words", "text", "a.b", "items", "answers"])))
def test_no_native_tree_makes_it_raise(tree: Any) -> None:
    """Whatever a document says that calls itself native, it is judged."""
    for entity in ("Plan", "Goal", "Assessment", "Instrument", "Nothing", 7):
        judged = {**tree, "entity": entity} if isinstance(tree, dict) else tree
        assert check_any(judged)[0] in {"native", "FHIR"}


def test_trees_deeper_than_python_recurses_are_a_finding() -> None:
    """A tree that no parser of ours made is judged too, however deep it is."""
    item: dict[str, Any] = {"linkId": "0"}
    for _ in range(5000):
        item = {"linkId": "1", "type": "group", "item": [item]}
    assert check({"resourceType": "Questionnaire", "status": "draft", "item": [item]})[-1].rule == "json-size"


@settings(deadline=None, max_examples=300)
@given(broken())
def test_what_fhir_resources_refuses_is_refused(tree: dict[str, Any]) -> None:
    """The authority on structure is never laxer than we are, but where the specification is."""
    assert not is_valid(tree) or _accepted(tree)


def _accepted(tree: dict[str, Any]) -> bool:
    from fhir.resources.R4B import get_fhir_model_class

    try:
        get_fhir_model_class(tree["resourceType"]).model_validate(to_plain(tree))
    except Exception as error:  # it raises KeyError and TypeError too
        return any(reason in str(error) for reason in ALLOWED_BY_THE_SPECIFICATION)
    return True


@settings(deadline=None)
@given(broken())
def test_no_finding_repeats_a_value(tree: dict[str, Any]) -> None:
    """Path, text and fix never hold what a document says: each text is made a mark and none is seen again."""
    marked = _marked(tree)
    said = json.dumps([(f.path, f.text, f.fix, f.link) for f in check(marked)])
    assert "SECRET" not in said


def _marked(tree: Any) -> Any:
    if isinstance(tree, dict):
        return {k: v if k == "resourceType" else _marked(v) for k, v in tree.items()}
    if isinstance(tree, list):
        return [_marked(v) for v in tree]
    return f"SECRET {tree}" if isinstance(tree, str) else tree


@settings(deadline=None)
@given(broken())
def test_every_finding_has_its_place_in_the_text(tree: dict[str, Any]) -> None:
    """Line and column of all findings in one pass are those that are found one by one, reading the whole text."""
    data = json.dumps(to_plain(tree), indent=2).encode()
    paths = [finding.at for finding in check(parse(data))]
    assert places(data, paths) == {path: _located(data.decode(), path) for path in paths}


def _located(text: str, path: Path) -> tuple[int, int]:
    key = max((len(at), key) for at, key, _, _ in spans(text) if path[: len(at)] == at)[1]
    return text.count("\n", 0, key) + 1, key - text.rfind("\n", 0, key)


@pytest.mark.parametrize("sound", [PLAN, RESPONSE], ids=["plan", "response"])
def test_what_the_laws_start_from_is_sound(sound: dict[str, Any]) -> None:
    """The documents that are broken above have no finding of their own, and fhir.resources accepts them."""
    tree = parse(dump(from_plain(sound)))
    assert _accepted(tree)
    assert check(tree, levels=BASE) == []


@pytest.mark.parametrize("release", ["R4", "R5"])
@pytest.mark.parametrize("odd", [3, 1.5, 2**70, True])
def test_what_python_reads_is_judged_as_its_bytes_are(odd: Any, release: str) -> None:
    """Numbers of Python's own, where numbers belong and where not: the findings of the document that they are of."""
    for whole in (PLAN, RESPONSE):
        for at in (one for one in places_in(whole) if one[-1] != "resourceType"):
            tree = copy.deepcopy(whole)
            get(tree, at[:-1])[at[-1]] = odd
            assert check(tree, release=release) == check(json.dumps(tree).encode(), release=release)
