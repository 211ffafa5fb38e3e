"""Objects of a document: what stands there is found with its place, what is of another form is passed over."""

from __future__ import annotations

from typing import Any

import pytest

from mappings.nodes import claims, has_node, nodes, numbered, pairs, resources, with_contained

PLAN = {"resourceType": "CarePlan", "contained": [None, {"resourceType": "Goal"}]}
BUNDLE = {"resourceType": "Bundle", "entry": [5, {"resource": PLAN}, {"resource": None}], "contained": [{"id": "a"}]}
ODD: list[Any] = [None, True, "x", 5, [], {}, [None], [[]], {"a": 1}]


def test_an_object_is_found_at_any_depth() -> None:
    """The document itself, one in a list of lists, and none where none is."""
    for tree in ({"a": 1}, {"b": [[{"a": 1}]]}, {"b": {"b": [None, {"b": {"a": 1}}]}}):
        assert has_node(tree, lambda node: "a" in node)
    assert not has_node({"b": ["a", {"b": "a"}, [[]]]}, lambda node: "a" in node)


def test_the_resources_of_a_bundle_are_found_where_they_stand() -> None:
    """The Bundle first, then each entry; an entry without a resource has none."""
    assert list(resources(BUNDLE)) == [((), BUNDLE), (("entry", 1, "resource"), PLAN)]
    assert list(resources(PLAN)) == [((), PLAN)]
    assert list(resources({**BUNDLE, "resourceType": "List"})) == [((), {**BUNDLE, "resourceType": "List"})]


def test_what_is_contained_comes_with_what_contains_it() -> None:
    """Each resource, and behind it those that it contains."""
    at = ("entry", 1, "resource")
    assert list(with_contained(BUNDLE)) == [
        ((), BUNDLE, BUNDLE),
        (("contained", 0), {"id": "a"}, BUNDLE),
        (at, PLAN, PLAN),
        ((*at, "contained", 1), {"resourceType": "Goal"}, PLAN),
    ]


def test_claims_are_the_texts_of_meta_profile() -> None:
    """With their positions; what is no text claims nothing."""
    assert list(claims({"meta": {"profile": ["a", None, "b"]}})) == [(0, "a"), (2, "b")]


def test_codes_of_a_concept_come_with_their_systems() -> None:
    """Of one concept or a list of them; a coding without system or code has no pair."""
    codings = [{"system": "s", "code": "a"}, {"code": "b"}, {"system": "s"}, None, {"system": ["s"], "code": "a"}]
    assert pairs({"coding": codings}) == [("s", "a")]
    assert pairs([{"coding": codings}, None, {"coding": codings[:1]}]) == [("s", "a")] * 2


@pytest.mark.parametrize("odd", ODD)
def test_what_is_of_another_form_holds_nothing(odd: Any) -> None:
    """In each place where an object or a list could stand."""
    assert nodes(odd, "entry") == nodes({"entry": odd}, "entry") == []
    assert list(numbered(odd, "entry")) == list(numbered({"entry": odd}, "entry")) == []
    bundle = {"resourceType": "Bundle", "entry": odd, "contained": odd, "meta": odd}
    assert list(with_contained(bundle)) == [((), bundle, bundle)]
    assert pairs(odd) == pairs({"coding": odd}) == []
    assert list(claims(bundle)) == list(claims({"meta": {"profile": odd}})) == []
