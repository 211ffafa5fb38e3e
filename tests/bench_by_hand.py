"""The Goal of the bench, read and written as one would by hand: the floor under any lens.

No errors are looked for, nothing is checked, nothing unknown is kept; that is what makes it a floor and no translation.
"""

from __future__ import annotations

from typing import Any

from mappings.tree import Tree


class Thing:
    """One value; which fields it has is what is put into it."""

    __slots__ = ("a", "b", "c", "d", "e")

    def __init__(self, a: Any = None, b: Any = None, c: Any = None, d: Any = None, e: Any = None) -> None:
        self.a, self.b, self.c, self.d, self.e = a, b, c, d, e


def _concept(raw: Tree) -> Thing:
    return Thing([Thing(x.get("system"), x.get("code"), x.get("display")) for x in raw["coding"]], raw.get("text"))


def _quantity(raw: Tree) -> Thing:
    return Thing(raw.get("value"), raw.get("comparator"), raw.get("unit"), raw.get("system"), raw.get("code"))


def _reference(raw: Tree) -> Thing:
    return Thing(raw.get("reference"), raw.get("display"))


def _target(raw: Tree) -> Thing:
    held = raw.get("detailRange")
    amount = _quantity(raw["detailQuantity"]) if held is None else None
    return Thing(
        _concept(raw["measure"]),
        raw.get("dueDate"),
        amount,
        Thing(_quantity(held["low"]), _quantity(held["high"])) if held is not None else None,
    )


def read_by_hand(raw: Tree) -> dict[str, Any]:
    """Return what a Goal says."""
    [words] = raw["extension"]
    return {
        "identifiers": [Thing(x["use"], x["system"], x["value"]) for x in raw["identifier"]],
        "own_words": Thing(words["valueString"], words["_valueString"]["extension"][0]["valueString"]),
        "lifecycle": raw["lifecycleStatus"],
        "achievement": _concept(raw["achievementStatus"]),
        "kinds": [_concept(x) for x in raw["category"]],
        "priority": _concept(raw["priority"]),
        "clinic_words": _concept(raw["description"]),
        "person": _reference(raw["subject"]),
        "begins": raw["startDate"],
        "targets": [_target(x) for x in raw["target"]],
        "achievement_date": raw["statusDate"],
        "set_by": _reference(raw["expressedBy"]),
        "needs": [_reference(x) for x in raw["addresses"]],
        "notes": [Thing(x["authorString"], x["time"], x["text"]) for x in raw["note"]],
        "evidence": [_reference(x) for x in raw["outcomeReference"]],
    }


def _filled(**held: Tree) -> Tree:
    return {name: value for name, value in held.items() if value is not None}


def _of_concept(one: Thing) -> Tree:
    return {"coding": [_filled(system=x.a, code=x.b, display=x.c) for x in one.a], "text": one.b}


def _of_quantity(one: Thing) -> Tree:
    return _filled(value=one.a, comparator=one.b, unit=one.c, system=one.d, code=one.e)


def _of_reference(one: Thing) -> Tree:
    return _filled(reference=one.a, display=one.b)


def _of_target(one: Thing) -> Tree:
    held = {"measure": _of_concept(one.a), "dueDate": one.b}
    if one.c is not None:
        return {**held, "detailQuantity": _of_quantity(one.c)}
    return {**held, "detailRange": {"low": _of_quantity(one.d.a), "high": _of_quantity(one.d.b)}}


def write_by_hand(goal: dict[str, Any]) -> dict[str, Tree]:
    """Return the Goal that says this."""
    words = goal["own_words"]
    said_by = {"url": "https://planbridge.dev/fhir/said-by", "valueString": words.b}
    uttered = {"url": "http://hl7.org/fhir/StructureDefinition/originalText", "valueString": words.a}
    return {
        "resourceType": "Goal",
        "extension": [{**uttered, "_valueString": {"extension": [said_by]}}],
        "identifier": [{"use": x.a, "system": x.b, "value": x.c} for x in goal["identifiers"]],
        "lifecycleStatus": goal["lifecycle"],
        "achievementStatus": _of_concept(goal["achievement"]),
        "category": [_of_concept(x) for x in goal["kinds"]],
        "priority": _of_concept(goal["priority"]),
        "description": _of_concept(goal["clinic_words"]),
        "subject": _of_reference(goal["person"]),
        "startDate": goal["begins"],
        "target": [_of_target(x) for x in goal["targets"]],
        "statusDate": goal["achievement_date"],
        "expressedBy": _of_reference(goal["set_by"]),
        "addresses": [_of_reference(x) for x in goal["needs"]],
        "note": [{"authorString": x.a, "time": x.b, "text": x.c} for x in goal["notes"]],
        "outcomeReference": [_of_reference(x) for x in goal["evidence"]],
    }
