"""Native JSON: the model written out, and read again from what people send.

    {"entity": "Goal", "own_words": {"text": "…"}, "targets": [{"key": "0", "value": {"quantity": {…}}}]}

Fields that say nothing are left out. A value that may be of several kinds stands under the name of its kind (KINDS).
Members are always `{"id", "type", "display"}`, with `"value"` holding the member whole where it is at hand; it says its
`"entity"` where its type has several (an Observation may be a Preference, a Score, a UseEvent ...).
Dates, decimals and texts are strings as written. Writing is a walk over the dataclasses; reading is marshmallow's
(mappings/native_schema.py), whose fields are derived from the same dataclasses.
"""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from functools import cache
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from mappings.issues import Issue
from mappings.model import (
    Assessment,
    Goal,
    Instrument,
    Need,
    Plan,
    ReturnToUsePlan,
    Risk,
    SafetyPlan,
    Therapy,
    consent,
    document,
    episode,
    medication,
    person,
    review,
)
from mappings.model import observation as o
from mappings.model import values as v
from mappings.model.form import Formula, Phrase
from mappings.tree import Number

# fmt: off
KINDS: dict[str, type] = {
    # name          native type      for example
    "text":         str,           # "as a string"
    "number":       Number,        # "1.50"
    "whole_number": v.Whole,       # "3"
    "yes_no":       v.Fact,        # "yes"
    "date":         v.Date,        # "2026-11"
    "date_time":    v.DateTime,    # "2026-11-22T09:00:00+05:30"
    "moment":       v.Instant,     # "2026-11-22T09:00:00.000Z"
    "time":         v.Time,        # "08:30:00"
    "link":         v.Uri,
    "code":         v.Code,
    "coding":       v.Coding,
    "concept":      v.Concept,
    "quantity":     v.Quantity,
    "range":        v.Range,
    "ratio":        v.Ratio,
    "period":       v.Period,
    "timing":       v.Timing,
    "ref":          v.Ref,
    "file":         v.Attachment,
    "phrase":       Phrase,        # words with their translations and styling
    "formula":      Formula,
}
ENTITIES: dict[str, type] = {
    "Plan": Plan, "Goal": Goal, "Therapy": Therapy, "Assessment": Assessment, "Instrument": Instrument,
    "SafetyPlan": SafetyPlan, "ReturnToUsePlan": ReturnToUsePlan, "Need": Need, "Risk": Risk,
    "LevelOfCare": o.LevelOfCare, "DomainSummary": o.DomainSummary, "Readiness": o.Readiness,
    "OverdoseReadiness": o.OverdoseReadiness, "Pregnancy": o.Pregnancy, "Preference": o.Preference,
    "Strength": o.Strength, "Barrier": o.Barrier, "UseEvent": o.UseEvent, "Toxicology": o.Toxicology,
    "Outcome": o.Outcome, "Score": o.Score, "Finding": o.Finding,
    "Person": person.Person, "Support": person.Support, "Authority": person.Authority, "Team": person.Team,
    "Episode": episode.Episode, "Attendance": episode.Attendance,
    "Medication": medication.Medication, "MedicationTaken": medication.MedicationTaken,
    "Agreement": review.Agreement, "Review": review.Review, "Origin": review.Origin,
    "Consent": consent.Consent, "AdvanceDirective": document.AdvanceDirective, "Document": document.Document,
}
# fmt: on

_NAMES = {native: name for name, native in KINDS.items()}


@cache
def entities_of(resource_type: str) -> dict[str, type]:
    """Return the entities that a FHIR resource type is read as, by name."""
    return {name: native for name, native in ENTITIES.items() if getattr(native, "RESOURCE", "") == resource_type}


def held(annotation: Any) -> tuple[bool, tuple[type, ...]]:
    """Return whether a field holds a list, and the native types that it or its items may be."""
    if get_origin(annotation) is tuple:
        return True, (get_args(annotation)[0],)
    if get_origin(annotation) in (Union, UnionType):
        return False, tuple(kind for kind in get_args(annotation) if kind is not type(None))
    return False, (annotation,)


@cache
def shape(native: type) -> dict[str, tuple[bool, tuple[type, ...]]]:
    """Return field -> (is a list, kinds) of a native dataclass, in the order of the model."""
    hints = get_type_hints(native)
    return {field.name: held(hints[field.name]) for field in fields(native)}


def dump(value: Any) -> dict[str, Any]:
    """Return an entity (Plan, Goal, Therapy, Assessment, Instrument) as native JSON data."""
    return {"entity": type(value).__name__, **_object(value)}


def _object(value: Any) -> dict[str, Any]:
    made: dict[str, Any] = {}
    if value.__class__ is v.Member:
        made = {"id": value.id, "type": value.type and str.__str__(value.type), "display": value.display}
    for name, (is_list, kinds) in shape(value.__class__).items():
        inner = getattr(value, name)
        if inner is None or inner == () or name in made:
            continue
        if kinds == (Any,):
            made[name] = dump(inner) if len(entities_of(inner.RESOURCE)) > 1 else _object(inner)
            continue
        several = len(kinds) > 1
        made[name] = [_value(one, several) for one in inner] if is_list else _value(inner, several)
    key = made.pop("key", None)
    return made if key is None else {"key": key, **made}


def _value(value: Any, tagged: bool) -> Any:
    said = _object(value) if is_dataclass(value) else str.__str__(value)
    return {_NAMES[type(value)]: said} if tagged else said


def load(data: Any, entity: str | None = None) -> tuple[Any, tuple[Issue, ...]]:
    """Read native JSON data as an entity; return (value, issues), value None where there are issues.

    `entity` is needed where the data does not name it; `id` beside it is read over, for the place says it. Every
    problem is an issue, all at once, its path in the JSON: `targets[0].value.quantity.value`. No issue holds a value.
    """
    from mappings.native_schema import read_entity

    return read_entity(data, entity)
