"""The judges of the peer tests are tried on a small play: they pass what is right and find each thing that is not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest
from peers.edits import FIELDS, Edit, edited_there
from peers.played import Deeds, Played
from peers.proxy import OURS, Exchange, Record
from peers.verdict import here_is_as_there, same_result, the_books_say_so, the_wire_is_clean, there_is_as_it_should_be

from mappings.tree import Tree, dump

BASE = "http://ehr.example/fhir"
TITLE = next(field for field in FIELDS if field.element == "title")
SENT, CLASH = Edit("CarePlan/a", TITLE, "set", "Edited here 1"), Edit("CarePlan/b", TITLE, "set", "Edited here 2")
THEIRS = Edit("CarePlan/b", TITLE, "set", "Edited there 1")


def plan(own: str, version: int = 1, **more: Tree) -> Tree:
    """Return a CarePlan as a server holds it."""
    return {"resourceType": "CarePlan", "id": own, "meta": {"versionId": str(version)}, "title": "t", **more}


def small_play() -> Played:
    """Two records at the EHR, one edited here, one on both sides; one record of ours that is created there."""
    before = {"CarePlan/a": plan("a"), "CarePlan/b": plan("b")}
    there_1 = before | {"CarePlan/b": edited_there(plan("b", 2), THEIRS)}
    new = plan("9", identifier=[{"system": OURS, "value": "urn:uuid:1"}], goal=[{"reference": "Goal/x"}])
    there = there_1 | {"CarePlan/a": edited_there(plan("a", 2), SENT), "CarePlan/9": new}
    here_1 = {"CarePlan/ours-b": edited_there(plan("ours-b"), CLASH)}
    here_1 |= {"CarePlan/ours-a": edited_there(plan("ours-a"), SENT)}
    here_1 |= {"CarePlan/ours-9": plan("ours-9", goal=[{"reference": f"{BASE}/Goal/x"}])}
    wire = Record([Exchange("PUT", "/fhir/CarePlan/a", b"{}", 200), Exchange("POST", "/fhir/CarePlan", dump(new), 201)])
    return Played(
        Deeds([SENT, CLASH], [], [THEIRS], [], [], [], ["CarePlan/ours-9"]),
        before,
        there_1,
        here_1,
        there,
        dict(here_1),
        {"CarePlan/a": "CarePlan/ours-a", "CarePlan/b": "CarePlan/ours-b"},
        {"CarePlan/a": "CarePlan/ours-a", "CarePlan/b": "CarePlan/ours-b", "CarePlan/9": "CarePlan/ours-9"},
        [
            {"pull": {"adopt": 2}, "push": {}, "balanced": True},
            {"pull": {"conflict": 1}, "push": {"create": 1, "update-there": 1}, "balanced": True},
            {"pull": {"conflict": 1}, "push": {}, "balanced": True},
        ],
        wire,
        Record(),
    )


def wrong(played: Played) -> list[str]:
    """Return what all judges say."""
    return [
        *there_is_as_it_should_be(played, {}),
        *here_is_as_there(played, {}, BASE),
        *the_wire_is_clean(played.wire, ["N-17"], ["CarePlan/secret"]),
        *the_books_say_so(played),
        *same_result(played, small_play()),
    ]


def test_what_is_right_passes() -> None:
    """A play in which everything went as it should is found without fault."""
    assert wrong(small_play()) == []


def there(played: Played, **records: Tree) -> Played:
    """Return the play with other records at the EHR in the end; None takes one away."""
    changed = {**played.there, **{f"CarePlan/{own}": tree for own, tree in records.items()}}
    return replace(played, there={ref: tree for ref, tree in changed.items() if tree is not None})


def wire(played: Played, *more: Exchange) -> Played:
    """Return the play with more exchanges on the wire."""
    return replace(played, wire=Record([*played.wire.exchanges, *more]))


def books(played: Played, run: int, side: str, **counts: int) -> Played:
    """Return the play with other counts in the books."""
    said: list[Mapping[str, Any]] = [{**book} for book in played.books]
    said[run] = {**said[run], side: said[run][side] | {name.replace("_", "-"): n for name, n in counts.items()}}
    return replace(played, books=said)


_AGAIN = small_play().wire.exchanges[-1]

# fmt: off
FAULTS: dict[str, Callable[[Played], Played]] = {
    "an edit did not arrive":           lambda p: there(p, a=plan("a", 2)),
    "an edit was overwritten there":    lambda p: there(p, b=edited_there(plan("b", 3), CLASH)),
    "something else was changed":       lambda p: there(p, a=edited_there(plan("a", 2, description="x"), SENT)),
    "an identical write too many":      lambda p: there(p, a=edited_there(plan("a", 3), SENT)),
    "a record was lost there":          lambda p: there(p, a=None),
    "a record is there twice":          lambda p: there(p, c=plan("10")),
    "a change did not arrive here":     lambda p: replace(p, here={**p.here, "CarePlan/ours-a": plan("ours-a")}),
    "a record was lost here":           lambda p: replace(p, here={"CarePlan/ours-b": p.here["CarePlan/ours-b"]}),
    "created twice":                    lambda p: wire(p, _AGAIN),
    "a person named in an address":     lambda p: wire(p, Exchange("GET", "/fhir/Patient?identifier=N-17", b"", 200)),
    "a person named in a body":         lambda p: wire(p, Exchange("PUT", "/fhir/CarePlan/a", b'{"x":"N-17"}', 200)),
    "a write to a record withheld":     lambda p: wire(p, Exchange("DELETE", "/fhir/CarePlan/secret", b"", 200)),
    "a record withheld read by its id": lambda p: wire(p, Exchange("GET", "/fhir/CarePlan/secret", b"", 200)),
    "books that count too much":        lambda p: books(p, 1, "push", update_there=2),
    "books that count too little":      lambda p: books(p, 0, "pull", adopt=1),
    "a third run that does something":  lambda p: books(p, 2, "push", update_there=1),
    "books that do not balance":        lambda p: replace(p, books=[*p.books[:2], {**p.books[2], "balanced": False}]),
}
# fmt: on


@pytest.mark.parametrize("fault", FAULTS)
def test_what_is_wrong_is_found(fault: str) -> None:
    """Each thing that must not happen makes at least one judge speak."""
    assert wrong(FAULTS[fault](small_play())) != []
