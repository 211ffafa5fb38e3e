"""The native model is MODEL.md's: each field of its rows is a field here, and a made-up person uses it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mappings.native import ENTITIES, shape

ROOT = Path(__file__).resolve().parents[1]

# fmt: off
ROWS = {
    # MODEL.md                 entity and its fields, as native JSON has them; a dot goes into a part
    "Person":                 ("Person", "names name_used pronouns birth_date languages interpreter safe_contact"
                                         " safe_contact.channel safe_contact.when safe_contact.discreet"),
    "Episode":                ("Episode", "programme admitted ended level_received previous ending.code ending.reason"
                                          " aftercare"),
    "LevelOfCare":            ("LevelOfCare", "scheme edition code recommended received difference_reason"),
    "Instrument":             ("Instrument", "url version title status languages items.linkId items.text items.type"
                                             " items.required items.repeats items.options.value items.options.weight"
                                             " items.enable_when items.items"),
    "Assessment":             ("Assessment", "instrument domain date answers answered_by score band safety_flags"),
    "DomainSummary":          ("DomainSummary", "domain dimension.scheme dimension.edition dimension.number rating text"
                                                " evidence"),
    "Need":                   ("Need", "kind code severity remission verification co_occurs disposition.decision"
                                       " disposition.reason"),
    "Risk":                   ("Risk", "kind finding basis assessed_on review_by"),
    "OverdoseReadiness":      ("OverdoseReadiness", "naloxone_held offered_on who_trained tolerance_lost"),
    "Pregnancy":              ("Pregnancy", "status due_date"),
    "Readiness":              ("Readiness", "about importance confidence stage"),
    "Preference":             ("Preference", "kind own_words strength"),
    "Strength":               ("Strength", "text goals"),
    "Barrier":                ("Barrier", "text goals"),
    "Plan":                   ("Plan", "status intent period needs goals activities team custodian person_agreement"
                                       " copy_given_on replaces"),
    "Plan: agreement":        ("Agreement", "agreement date about by"),
    "Goal":                   ("Goal", "own_words clinic_words needs acceptance lifecycle lifecycle_date achievement"
                                       " achievement_date targets priority"),
    "Target":                 ("Goal", "targets.measure targets.value.quantity targets.value.range targets.value.ratio"
                                       " targets.value.concept targets.value.text targets.value.yes_no"
                                       " targets.value.whole_number targets.due.date targets.due.quantity"),
    "Therapy":                ("Therapy", "kind format setting frequency performers needs goals why_this"
                                          " alternatives_discussed status"),
    "Medication":             ("Medication", "drug formulation doses.dose doses.route doses.frequency purpose phase"
                                             " dosing last_taken next_due"),
    "Medication, taken":      ("MedicationTaken", "drug taken"),
    "Support":                ("Support", "role relationship chosen_by frequency contact_ok"),
    "Support, in a team":     ("Team", "people"),
    "SafetyPlan":             ("SafetyPlan", "warning_signs triggers coping people professionals safer_environment"
                                             " reasons_for_living"),
    "ReturnToUsePlan":        ("ReturnToUsePlan", "warning_signs triggers coping people professionals"
                                                  " safer_environment reasons_for_living"),
    "Attendance":             ("Attendance", "activity planned outcome reason"),
    "UseEvent":               ("UseEvent", "approximate_date substance context response told_by"),
    "Toxicology":             ("Toxicology", "specimen collected analytes.result analytes.proof"
                                             " expected_from_medication"),
    "Authority":              ("Authority", "person kind scope begins ends active_when evidence"),
    "AdvanceDirective":       ("AdvanceDirective", "made_on wants refuses representatives invoked registered"),
    "Review":                 ("Review", "due done by with_person evidence changes reason"),
    "Consent":                ("Consent", "grantor signer_authority recipients purposes data_classes period revoked"
                                          " apart"),
    "Outcome":                ("Outcome", "wellbeing days_of_use housing work date evidence"),
}
EVERY = "identifiers recorded_by recorded_at sensitivity share"
# fmt: on


def natives() -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield (file, native JSON) of every made-up person."""
    for file in sorted((ROOT / "fixtures").glob("*/native/*.json")):
        yield file.name, json.loads(file.read_text("utf-8"))


def paths(value: Any, path: str = "") -> Iterator[str]:
    """Yield the path of each field that stands in a native document, list positions left out."""
    for item in value if isinstance(value, list) else [value]:
        if isinstance(item, dict):
            for name, below in item.items():
                here = f"{path}.{name}".removeprefix(".")
                yield here
                yield from paths(below, here)


USED: dict[str, set[str]] = {}
for _, _document in natives():
    USED.setdefault(_document["entity"], set()).update(paths(_document))
    for _activity in _document.get("activities", ()):
        if _activity.get("therapy", {}).get("type") == "ServiceRequest":  # a therapy inside the plan has no file
            USED.setdefault("Therapy", set()).update(paths(_activity["therapy"].get("value", {})))


@pytest.mark.parametrize("row", ROWS)
def test_each_field_of_the_model_is_used_by_somebody(row: str) -> None:
    """Every field of the row stands in the native JSON of at least one made-up person."""
    entity, fields = ROWS[row]
    assert sorted(set(fields.split()) - USED.get(entity, set())) == []


@pytest.mark.parametrize("row", ROWS)
def test_each_field_of_the_model_is_a_field(row: str) -> None:
    """Every field of the row is one of the entity's, down into its parts."""
    entity, fields = ROWS[row]
    for path in fields.split():
        kinds: tuple[Any, ...] = (ENTITIES[entity],)
        for step in path.split("."):
            if (
                step in ("quantity", "range", "ratio", "concept", "text", "yes_no", "whole_number", "date")
                and len(kinds) > 1
            ):
                continue  # the name of a kind
            found = [shape(kind)[step][1] for kind in kinds if step in getattr(kind, "__dataclass_fields__", {})]
            assert found, f"{entity}.{path}"
            kinds = tuple(kind for each in found for kind in each)


def test_every_record_says_what_every_record_can_say() -> None:
    """The five common fields are fields of every entity (but a Provenance has no identifier), and each is used."""
    without = {name for name, native in ENTITIES.items() if not set(EVERY.split()) <= shape(native).keys()}
    assert without == set()
    assert set(EVERY.split()) <= {path for used in USED.values() for path in used}


def test_the_people_are_those_of_the_model() -> None:
    """Eight made-up people, each in native JSON, R4 and R5, with Marathi, Hindi and Spanish among what they say."""
    people = {
        folder.name: {part.name for part in folder.iterdir()}
        for folder in (ROOT / "fixtures").iterdir()
        if folder.is_dir()
    }
    assert set(people) == {"asha", "marcus", "rosa", "imran", "jordan", "thomas", "leela", "sam"}
    assert {name for name, parts in people.items() if parts != {"native", "r4", "r5"}} == set()
    spoken = {found["lang"] for _, document in natives() for found in texts(document)}
    assert {"mr", "hi", "es"} <= spoken


def texts(value: Any) -> Iterator[dict[str, Any]]:
    """Yield each text of somebody that says its language."""
    for item in value if isinstance(value, list) else [value]:
        if isinstance(item, dict):
            if {"text", "lang"} <= item.keys():
                yield item
            for below in item.values():
                yield from texts(below)
