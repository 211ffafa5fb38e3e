"""What the quick pass says to be sound, the walk finds nothing in: the same findings with it and without it."""

from __future__ import annotations

import copy
import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sound_documents import SOUND
from test_check_laws import KEYS, ODD, PLAN, RESPONSE
from tree_places import places_in

from mappings.check.answers.conditions import judge_conditions
from mappings.check.findings import MAX_FINDINGS
from mappings.check.links import links
from mappings.check.quick import _KINDS, not_sound
from mappings.check.structure import walk
from mappings.tree import NotJSON, Number, Tree, from_plain, get, parse

HERE = Path(__file__).parents[1]
CORPUS = HERE.parent / "shared" / "corpus"
RELEASES = ("R4", "R5")

BUNDLE: dict[str, Any] = {
    "resourceType": "Bundle",
    "type": "collection",
    "entry": [{"resource": PLAN}, {"resource": RESPONSE}, {"resource": {"resourceType": "Goal", "id": "a"}}],
}
TEXTS = [
    "so\x00it",
    "so\u00a0it",
    "a  b",
    "so ",
    "#",
    "#plan",
    "oid:1.2",
    "urn:oid:1.02",
    "é",
    "a\nb",
    "x" * 5000,
    "\x85",
]
CODES = ["display", "group", "choice", "coding", "exists", "generated", "en", "de_CH"]


def same(tree: Tree, release: str) -> bool:
    """Assert that a walk finds the same where it skips, and return whether it had to visit anything."""
    state = not_sound(tree, release)
    assert walk(tree, release, state) == walk(tree, release)
    assert links(tree, release, state) == links(tree, release)
    assert state is None or state.asks or judge_conditions(tree, release) == []
    return state is None or state.marks > 0


@pytest.mark.parametrize("release", RELEASES)
def test_sound_documents_need_no_walk(release: str) -> None:
    """Nothing of a document without a finding is visited."""
    for tree in SOUND[release].values():
        assert walk(tree, release) == []
        assert not same(tree, release)


@pytest.mark.parametrize("release", RELEASES)
def test_fixtures_and_real_documents_have_the_same_findings(release: str) -> None:
    """Each document, judged as either release, has the same findings with the pass and without."""
    visited = Counter(same(tree, release) for tree in _documents())
    print(f"\n{release}: {visited[False]} documents without a walk, {visited[True]} with one")
    assert visited[False] > 50


def _documents() -> Iterator[Tree]:
    for path in [*sorted((HERE / "fixtures").rglob("*.json")), *sorted(CORPUS.rglob("*.json"))]:
        try:
            tree = parse(path.read_bytes())
        except NotJSON:
            continue
        if isinstance(tree, dict) and "resourceType" in tree:
            yield tree


@pytest.mark.parametrize("release", RELEASES)
def test_broken_documents_have_the_same_findings(release: str) -> None:
    """4,000 sound documents with one to three changes each."""
    draw = random.Random(f"{release} of 5")
    whole = [from_plain(one) for one in (PLAN, RESPONSE, BUNDLE)] + [*SOUND[release].values()] * 2
    visited = Counter(same(_changed(draw, draw.choice(whole)), release) for _ in range(4000))
    print(f"\n{release}: {visited[False]} still sound, {visited[True]} not")
    assert min(visited.values()) > 100


def _changed(draw: random.Random, tree: Tree) -> Tree:
    tree = copy.deepcopy(tree)
    for _ in range(draw.randint(1, 3)):
        places = list(places_in(tree))
        *above, last = draw.choice(places)
        node: Any = get(tree, tuple(above))
        match draw.randrange(9):
            case 0:
                del node[last]
            case 1:
                node[last] = from_plain(draw.choice(ODD))
            case 2:
                node[last] = draw.choice([*TEXTS, *CODES, Number("0"), Number("7"), Number("-1.5")])
            case 3:
                node[last] = [node[last]]
            case 4 if isinstance(node, dict):
                node[draw.choice([*KEYS, f"_{last}", "_given"])] = from_plain(draw.choice(ODD))
            case 5:
                node[last] = copy.deepcopy(get(tree, draw.choice(places)))  # a part of another type, or twice
            case 6 if isinstance(node, dict):
                node[f"_{last}"] = {"id": draw.choice("ab"), "extension": [{"url": "http://a", "valueCode": "b"}]}
            case 7 if isinstance(node, dict):
                node["id"] = draw.choice(["a", "b", "g", "plan"])
            case 8 if isinstance(node, list):
                node.insert(0, node[int(last)])  # one object that stands twice
    return tree


def test_a_finding_deep_inside_is_reached_by_its_own_way() -> None:
    """Of an item among hundreds only those above it are visited."""
    items: list[Any] = [
        {"linkId": str(n), "type": "group", "item": [{"linkId": f"{n}.1", "type": "string"}]} for n in range(300)
    ]
    tree: Tree = {"resourceType": "Questionnaire", "status": "draft", "item": items}
    items[7]["item"][0]["type"] = "strange"
    state = not_sound(tree, "R4")
    assert state is not None
    assert state.visited == {id(tree), id(items[7]), id(items[7]["item"][0])}
    assert state.suspect == {id(items[7]["item"][0])}
    assert [finding.rule for finding in walk(tree, "R4")] == ["binding/required"]


def test_a_value_set_that_is_not_held_is_said_once_where_it_is_met_first() -> None:
    """The pass leaves the form's jurisdiction to the walk; that of what it contains is said with it."""
    place = [{"coding": [{"system": "urn:iso:std:iso:3166", "code": "IN"}]}]
    codes: Tree = {"resourceType": "ValueSet", "id": "a", "status": "draft", "jurisdiction": place}
    form = {"resourceType": "Questionnaire", "status": "draft", "jurisdiction": place * 2, "contained": [codes]}
    form["item"] = [{"linkId": "1", "type": "choice", "answerValueSet": "#a"}]
    for tree in (form, {**form, "contained": [{**codes, "jurisdiction": []}]}, dict(reversed(form.items()))):
        assert same(tree, "R4")
        assert [one.rule for one in walk(tree, "R4")].count("binding/not-checked") == 1


def test_what_stands_twice_is_met_though_it_is_no_text() -> None:
    """Of two items with the same number for a linkId the second is reported, as of two with the same text."""
    for link_id in ("1", Number("1")):
        items = [{"linkId": link_id, "type": "string"} for _ in range(2)]
        form = {"resourceType": "Questionnaire", "status": "draft", "item": items}
        assert same(form, "R4")
        assert [one.rule for one in walk(form, "R4", not_sound(form, "R4"))].count("que-2") == 1


def test_trees_of_other_classes_are_walked_as_a_whole() -> None:
    """A tree that no parser made may hold anything: nothing in it is taken for sound."""

    class Other(dict[str, Tree]):
        pass

    plan = from_plain(PLAN)
    plan["period"] = Other(start=Number("7"))
    assert not_sound(plan, "R4") is None
    assert [one.rule for one in walk(plan, "R4")] == ["structure/dateTime"]


def test_names_of_a_document_are_not_kept() -> None:
    """An object with a name that no element has leaves nothing behind: such a name may be anything."""
    tree = from_plain({**PLAN, "Asha Devi": 1})
    assert same(tree, "R4")
    assert not any("Asha Devi" in names for names in _KINDS["R4"].made["CarePlan", ""].plans)


def test_more_findings_than_are_listed_are_cut_alike() -> None:
    """The list ends at the same finding."""
    tree = from_plain({"resourceType": "Goal", "note": [{"text": 1, "x": 1}] * MAX_FINDINGS})
    assert same(tree, "R4")
    assert len(walk(tree, "R4")) == MAX_FINDINGS + 1
