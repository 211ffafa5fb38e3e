"""What an outsider sees, and that what was hidden from it survives its writes."""

from __future__ import annotations

from collections import Counter
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.disclosure.redaction import redact
from adapter.disclosure.restore import restore
from mappings.terms.systems import LOCAL
from mappings.tree import Path, Tree, dump, get, leaves, replaced

HIDDEN = {"Goal/hidden", "Condition/hidden", "#hidden"}
OURS = {"url": LOCAL + "said-by", "valueString": "sister"}
THEIRS = {"url": "https://elsewhere.example/x", "valueString": "kept"}

PLAN: Tree = {
    "resourceType": "CarePlan",
    "id": "p",
    "meta": {"versionId": "3", "lastUpdated": "2026-01-01T00:00:00.000Z", "profile": ["https://example.org/p"]},
    "text": {"status": "generated", "div": "<div>plan</div>"},
    "contained": [
        {"resourceType": "ServiceRequest", "id": "cbt", "status": "active", "code": {"text": "CBT"}},
        {"resourceType": "Condition", "id": "kept", "code": {"coding": [{"system": "s", "code": "1"}], "text": "pain"}},
    ],
    "status": "active",
    "intent": "plan",
    "category": [{"coding": [{"system": "s", "code": "a"}, {"system": "s", "code": "b"}], "text": "Both"}],
    "title": "My plan",
    "subject": {"reference": "Patient/anna", "display": "Anna"},
    "period": {"start": "2026-01-01", "end": "2026-06-30"},
    "addresses": [{"reference": "Condition/1", "display": "first"}, {"reference": "Condition/2"}],
    "goal": [{"reference": "Goal/1"}, {"reference": "Goal/2", "display": "second"}],
    "activity": [
        {"reference": {"reference": "#cbt"}},
        {
            "detail": {
                "kind": "ServiceRequest",
                "code": {"text": "walk"},
                "status": "in-progress",
                "description": "each day",
            }
        },
        {"outcomeCodeableConcept": [{"text": "went"}], "reference": {"reference": "ServiceRequest/9"}},
    ],
    "note": [{"text": "first note", "time": "2026-01-02"}, {"text": "second note"}, {"text": "third"}],
}
PERSON: Tree = {
    "resourceType": "Patient",
    "id": "anna",
    "name": [{"family": "Kulkarni", "given": ["Anna", "B", "C"], "_given": [None, {"extension": [THEIRS]}, None]}],
    "telecom": [{"system": "phone", "value": "1"}, {"system": "email", "value": "2"}],
    "birthDate": "1991-02-03",
    "communication": [{"language": {"coding": [{"system": "urn:ietf:bcp:47", "code": "mr"}]}, "preferred": True}],
}


def withheld(reference: str) -> bool:
    return reference in HIDDEN


def objects(tree: Tree, path: Path = ()) -> list[Path]:
    found = [path] if isinstance(tree, dict) else []
    for step, node in tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ():
        if step != "text" or path:
            found += objects(node, (*path, step))
    return found


def sprinkled(tree: Tree, pick: Random) -> Tree:
    """The tree with our extensions on some objects and primitives, and references to what is withheld."""
    for _ in range(pick.randrange(1, 6)):
        path = pick.choice([p for p in objects(tree) if p[:1] != ("meta",)])
        node: dict[str, Any] = dict(get(tree, path))
        texts = [
            key for key, value in node.items() if isinstance(value, str) and f"_{key}" not in node and key[0] != "_"
        ]
        what = pick.randrange(4)
        if what == 0 and texts and not set(node) & {"url", "reference"}:
            node["_" + pick.choice([t for t in texts if t not in ("resourceType", "id")] or ["status"])] = {
                "extension": [OURS]
            }
        elif what == 1 and not path and "goal" in node:
            at, kind = pick.choice([("goal", "Goal"), ("addresses", "Condition")])
            items = list(node[at])
            items.insert(pick.randrange(len(items) + 1), {"reference": f"{kind}/hidden", "display": "Secret"})
            node[at] = items
        elif what == 2 and not path and "contained" in node:
            node["contained"] = [
                *node["contained"],
                {"resourceType": "Condition", "id": "hidden", "code": {"text": "x"}},
            ]
            node["activity"] = [*node["activity"], {"reference": {"reference": "#hidden"}}]
        elif "url" not in node:
            ours = dict(OURS, valueString=str(pick.random()))
            node["extension"] = pick.sample(
                [ours, *node.get("extension", [THEIRS])], 1 + len(node.get("extension", [THEIRS]))
            )
        tree = replaced(tree, path, node)
    return tree


def edited(tree: Tree, pick: Random) -> Tree:
    """The tree after one edit of an outsider: a text changed, an item added, moved or removed, an element added."""
    kind = pick.choice(["change", "change", "add", "move", "remove", "element"])
    lists = [p for p, _ in walked(tree) if isinstance(get(tree, p), list) and p[:1] != ("meta",)]
    if kind == "change":
        spots = [
            p
            for p, leaf in leaves(tree)
            if isinstance(leaf, str) and p[0] not in ("meta", "id", "resourceType", "text")
        ]
        path = pick.choice([p for p in spots if p[-1] not in ("id", "resourceType", "url", "reference")])
        return replaced(tree, path, "changed")
    if kind == "element":
        return replaced(tree, (), {**tree, "description": "new"})
    path = pick.choice(
        [p for p in lists if not (isinstance(p[-1], str) and (p[-1].startswith("_") or p[-1] == "given"))]
    )
    items = list(get(tree, path))
    if kind == "add":
        items.insert(pick.randrange(len(items) + 1), {"text": "added by the outsider"})
    elif kind == "move":
        items = pick.sample(items, len(items))
    elif len(items) > 1:
        items.pop(pick.randrange(len(items)))
    return replaced(tree, path, items)


def walked(tree: Tree, path: Path = ()) -> list[tuple[Path, Tree]]:
    found = [(path, tree)]
    for step, node in tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ():
        found += walked(node, (*path, step))
    return found


def hidden_parts(tree: Tree) -> Counter[bytes]:
    """All that an outsider must not see, wherever it stands."""
    return Counter(
        dump(node)
        for _, node in walked(tree)
        if isinstance(node, dict)
        and (
            str(node.get("url", "")).startswith(LOCAL)
            or str(node.get("reference")) in HIDDEN
            or node.get("id") == "hidden"
        )
    )


def told(tree: Tree) -> Tree:
    return {key: value for key, value in tree.items() if key != "text"}


worlds = st.builds(
    lambda pick, base: (sprinkled(base, pick), pick), st.randoms(use_true_random=False), st.sampled_from([PLAN, PERSON])
)


@given(worlds)
def test_nothing_hidden_is_shown(world: tuple[Tree, Random]) -> None:
    """No part that is withheld stands in what is shown, nor does a narrative; the rest does, in its order."""
    stored, _ = world
    shown = redact(stored, withheld)
    assert not hidden_parts(shown)
    if not hidden_parts(stored):
        assert shown is stored
        return
    assert "text" not in shown
    kept = [leaf for path, leaf in leaves(stored) if path[0] != "text"]
    left = iter(kept)
    assert all(leaf in left for _, leaf in leaves(shown))


@pytest.mark.parametrize("tree", [PLAN, PERSON])
def test_nothing_to_hide_nothing_touched(tree: Tree) -> None:
    """A document with nothing to hide is shown as it is: the same object, its narrative too."""
    assert redact(tree, withheld) is tree


@given(worlds)
def test_what_was_only_read_is_kept_whole(world: tuple[Tree, Random]) -> None:
    """Sending back what was served changes nothing."""
    stored, _ = world
    served = redact(stored, withheld)
    assert restore(stored["resourceType"], stored, served, served).tree is stored


@given(worlds)
def test_an_edit_and_the_hidden_both_survive(world: tuple[Tree, Random]) -> None:
    """After a write the writer sees what it sent and all that was hidden is there; or else a person is asked."""
    stored, pick = world
    served = redact(stored, withheld)
    sent = edited(served, pick)
    merged = restore(stored["resourceType"], stored, served, sent)
    if merged.tree is None:
        assert merged.conflicts
        return
    assert told(redact(merged.tree, withheld)) == told(sent)
    assert hidden_parts(merged.tree) == hidden_parts(stored)


def test_a_person_is_rarely_asked() -> None:
    """Of a thousand edits beside hidden parts fewer than one in twelve needs a person."""
    asked = 0
    for seed in range(1000):
        pick = Random(seed)
        stored = sprinkled(PLAN, pick)
        served = redact(stored, withheld)
        asked += restore("CarePlan", stored, served, edited(served, pick)).tree is None
    assert 0 < asked < 1000 / 12


# fmt: off
EXAMPLES = [
    # what, stored, shown
    ("an extension and its container",
     {"resourceType": "Patient", "birthDate": "1990", "_birthDate": {"extension": [OURS]}},
     {"resourceType": "Patient", "birthDate": "1990"}),
    ("one of two extensions",
     {"resourceType": "Patient", "extension": [OURS, THEIRS]},
     {"resourceType": "Patient", "extension": [THEIRS]}),
    ("an extension inside another's",
     {"resourceType": "Patient", "extension": [{"url": "https://a", "extension": [OURS]}]},
     {"resourceType": "Patient"}),
    ("positions of a primitive list",
     {"resourceType": "Patient", "given": [None, "x"], "_given": [{"extension": [OURS]}, None]},
     {"resourceType": "Patient", "given": ["x"]}),
    ("positions that others need",
     {"resourceType": "Patient", "given": ["a", "x"], "_given": [{"extension": [OURS]}, {"extension": [THEIRS]}]},
     {"resourceType": "Patient", "given": ["a", "x"], "_given": [None, {"extension": [THEIRS]}]}),
    ("a reference with its display, and the activity that was nothing else",
     {"resourceType": "CarePlan", "activity": [{"id": "a", "reference": {"reference": "Goal/hidden", "display": "S"}}]},
     {"resourceType": "CarePlan"}),
    ("a reference in an extension of others",
     {"resourceType": "CarePlan", "extension": [{"url": "https://a", "valueReference": {"reference": "Goal/hidden"}}]},
     {"resourceType": "CarePlan"}),
    ("a contained resource that is withheld",
     {"resourceType": "CarePlan", "contained": [{"resourceType": "Condition", "id": "hidden"}],
      "addresses": [{"reference": "#hidden"}, {"reference": "Condition/1"}]},
     {"resourceType": "CarePlan", "addresses": [{"reference": "Condition/1"}]}),
    ("the narrative with it, not the texts of concepts",
     {"resourceType": "Goal", "text": {"div": "x"}, "extension": [OURS], "description": {"text": "sing"}},
     {"resourceType": "Goal", "description": {"text": "sing"}}),
]
# fmt: on


@pytest.mark.parametrize(("stored", "shown"), [row[1:] for row in EXAMPLES], ids=[row[0] for row in EXAMPLES])
def test_what_goes(stored: Tree, shown: Tree) -> None:
    """Each row of EXAMPLES: what is stored, and what an outsider sees of it."""
    assert redact(stored, withheld) == shown


def test_a_removed_element_with_something_hidden_asks_a_person() -> None:
    """An outsider who removes a note on which our extension hangs does not clear it unseen."""
    stored = {"resourceType": "Goal", "note": [{"text": "a", "extension": [OURS]}, {"text": "b"}]}
    merged = restore("Goal", stored, redact(stored, withheld), {"resourceType": "Goal", "note": [{"text": "b"}]})
    assert [clash.path for clash in merged.conflicts] == ["Goal.note"]


def test_a_generated_narrative_does_not_return_over_a_change() -> None:
    """What a generated narrative said before an edit is not told after it; a narrative that people wrote stays."""
    for status, stays in (("generated", False), ("additional", True)):
        stored = {"resourceType": "Goal", "text": {"status": status}, "extension": [OURS], "description": {"text": "a"}}
        merged = restore(
            "Goal", stored, redact(stored, withheld), {"resourceType": "Goal", "description": {"text": "b"}}
        )
        assert ("text" in merged.tree) is stays
