"""Bundles: each rule finds its one defect, and passes the sound Bundle of each type."""

from __future__ import annotations

from typing import Any

import pytest

from mappings.check import check
from mappings.tree import Number

U = "urn:uuid:53fefa32-fcbb-4ff8-8a92-55ee120877b7"
GOAL = {
    "resourceType": "Goal",
    "id": "1",
    "lifecycleStatus": "active",
    "description": {"text": "To sing"},
    "subject": {"display": "Ana"},
}
PAPER = {
    "resourceType": "Composition",
    "status": "final",
    "type": {"text": "Plan"},
    "date": "2026",
    "author": [{"display": "Lee"}],
    "title": "Plan",
}
NAMED = {"identifier": {"system": "https://clinic.example/papers", "value": "1"}, "timestamp": "2026-11-22T09:00:00Z"}
SELF = {"link": [{"relation": "self", "url": "https://x.example/Goal"}]}
DONE = {"response": {"status": "201"}}
ONE = {"fullUrl": U, "resource": GOAL}


def asked(method: str) -> dict[str, Any]:
    """Return the request of an entry."""
    return {"request": {"method": method, "url": "Goal"}}


def bundle(of: str, *entries: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return a Bundle of a type."""
    return {"resourceType": "Bundle", "type": of, **more, **({"entry": list(entries)} if entries else {})}


BOTH = "R4 R5"
AT = "https://x.example/fhir/"
# fmt: off
DEFECTS: list[tuple[str, str, dict[str, Any]]] = [
    (BOTH, "bdl-1",              bundle("collection", ONE, total=Number("1"))),
    (BOTH, "bdl-2",              bundle("collection", ONE | {"search": {"mode": "match"}})),
    ("R4", "bdl-3",              bundle("collection", ONE | asked("POST"))),
    ("R4", "bdl-3",              bundle("transaction", ONE)),
    ("R5", "bdl-3a",             bundle("collection", ONE | asked("POST"))),
    ("R5", "bdl-3b",             bundle("history", ONE | asked("POST"))),
    ("R5", "bdl-3c",             bundle("transaction", ONE | asked("GET"))),
    ("R5", "bdl-3d",             bundle("batch-response", ONE)),
    ("R4", "bdl-4",              bundle("collection", ONE | DONE)),
    ("R4", "bdl-4",              bundle("batch-response", ONE)),
    ("R4", "bdl-5",              bundle("collection", {"fullUrl": U})),
    (BOTH, "bdl-7",              bundle("collection", ONE, ONE)),
    (BOTH, "bdl-8",              bundle("collection", ONE | {"fullUrl": AT + "Goal/1/_history/2"})),
    (BOTH, "bdl-9",              bundle("document", ONE | {"resource": PAPER}, timestamp="2026-11-22T09:00:00Z")),
    (BOTH, "bdl-10",             bundle("document", ONE | {"resource": PAPER}, identifier=NAMED["identifier"])),
    (BOTH, "bdl-11",             bundle("document", ONE, **NAMED)),
    (BOTH, "bdl-11",             bundle("document", **NAMED)),
    (BOTH, "bdl-12",             bundle("message", ONE)),
    ("R5", "bdl-13",             bundle("subscription-notification", ONE)),
    ("R5", "bdl-14",             bundle("history", ONE | asked("PATCH") | DONE)),
    ("R5", "bdl-15",             bundle("collection", {"resource": GOAL})),
    ("R5", "bdl-18",             bundle("searchset", ONE)),
    (BOTH, "invariant/link-twice", bundle("searchset", ONE, link=SELF["link"] * 2)),
    (BOTH, "invariant/search-outcome", bundle("searchset", ONE | {"search": {"mode": "outcome"}}, **SELF)),
    ("R4", "invariant/full-url", bundle("collection", {"resource": GOAL})),
    (BOTH, "invariant/full-url", bundle("collection", ONE | {"fullUrl": "Goal/1"})),
    (BOTH, "invariant/full-url", bundle("collection", ONE | {"fullUrl": AT + "Goal/2"})),
    (BOTH, "invariant/full-url", bundle("collection", ONE | {"fullUrl": AT + "CarePlan/1"})),
]
SOUND = [
    bundle("collection", ONE),
    bundle("collection", ONE | {"fullUrl": AT + "Goal/1"}),
    bundle("collection", ONE | {"fullUrl": "https://x.example/goals/one"}),
    bundle("collection", *(ONE | {"resource": GOAL | {"meta": {"versionId": one}}} for one in "12")),
    bundle("transaction", ONE | asked("POST"), {"resource": GOAL} | asked("PUT"), asked("DELETE")),
    bundle("transaction-response", DONE),
    bundle("history", ONE | asked("PUT") | DONE, {"fullUrl": U} | asked("DELETE") | DONE),
    bundle("document", ONE | {"resource": PAPER}, **NAMED),
    bundle("searchset", ONE | {"search": {"mode": "match"}}, total=Number("1"), **SELF),
    bundle("collection"),
]
# fmt: on
RULES_SEEN = {rule for _, rule, _ in DEFECTS}
EACH = [(release, rule, tree) for releases, rule, tree in DEFECTS for release in releases.split()]


@pytest.mark.parametrize(("release", "rule", "tree"), EACH, ids=[f"{n}-{one[1]}" for n, one in enumerate(EACH)])
def test_each_defect_is_found(release: str, rule: str, tree: dict[str, Any]) -> None:
    """One defect, one rule."""
    assert {found.rule for found in check(tree, release=release)} == {rule}


@pytest.mark.parametrize("release", ["R4", "R5"])
@pytest.mark.parametrize("tree", SOUND, ids=[f"{n}-{one['type']}" for n, one in enumerate(SOUND)])
def test_a_sound_bundle_has_no_finding(release: str, tree: dict[str, Any]) -> None:
    """A Bundle of each type, as the specification has it."""
    assert check(tree, release=release) == []
