"""Edits as people make them, in the programme's words here and in FHIR there, each on one named element.

set       a field gets another value        add       a list gets one item more
clear     a field is emptied                remove    a list loses its first item
                                            reorder   a list is turned round
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from mappings.tree import Tree

OPS = ("set", "clear", "add", "remove", "reorder")
ENTITY = {"CarePlan": "Plan", "Goal": "Goal", "QuestionnaireResponse": "Assessment", "Questionnaire": "Instrument"}
PLACES = {"Plan": "plans", "Goal": "goals", "Assessment": "assessments", "Instrument": "instruments"}
"""Where the native API has them: /api/plans ..."""


class Field(NamedTuple):
    """A row of the table: a native field, the FHIR element it stands for, and what may stand in it."""

    entity: str
    name: str
    element: str
    holds: str
    ops: tuple[str, ...]


_SCALAR, _FIXED, _LIST = ("set", "clear"), ("set",), ("add", "remove", "reorder")


def day(words: str) -> str:
    """Return a moment that words like "Edited here 7" stand for: others for other words."""
    month, number = 3 if "there" in words else 2, int(words.rsplit(maxsplit=1)[-1])
    return f"2026-{month:02}-{number % 28 + 1:02}T09:{number % 60:02}:00+05:30"


# fmt: off
FIELDS = (
    # entity        native field        FHIR element    holds       may be
    Field("Plan",       "title",            "title",        "text",     _SCALAR),
    Field("Plan",       "summary",          "description",  "text",     _SCALAR),
    Field("Plan",       "kinds",            "category",     "concept",  _LIST),
    Field("Plan",       "notes",            "note",         "note",     _LIST),
    Field("Goal",       "clinic_words",     "description",  "concept",  _FIXED),
    Field("Goal",       "lifecycle_reason", "statusReason", "text",     _SCALAR),
    Field("Goal",       "priority",         "priority",     "concept",  _SCALAR),
    Field("Goal",       "kinds",            "category",     "concept",  _LIST),
    Field("Goal",       "targets",          "target",       "target",   _LIST),
    Field("Goal",       "notes",            "note",         "note",     _LIST),
    Field("Assessment", "date",             "authored",     "day",      _SCALAR),
    Field("Assessment", "answers",          "item",         "item",     _LIST),
    Field("Instrument", "title",            "title",        "text",     _SCALAR),
    Field("Instrument", "published_by",     "publisher",    "text",     _SCALAR),
    Field("Instrument", "licence",          "copyright",    "text",     _SCALAR),
    Field("Instrument", "items",            "item",         "item",     ("reorder",)),
    Field("Instrument", "codings",          "code",         "coding",   _LIST),
)
HERE: dict[str, Callable[[str], Any]] = {  # a value in native JSON
    "text":    lambda words: words,
    "day":     day,
    "concept": lambda words: {"text": words},
    "note":    lambda words: {"text": words},
    "target":  lambda words: {"measure": {"text": words}, "due": {"date": "2027-01-31"}},
    "item":    lambda words: {"linkId": f"added {words}", "text": words},
    "coding":  lambda words: {"system": "https://peers.example.org/codes", "code": words.replace(" ", "-")},
}
THERE: dict[str, Callable[[str], Tree]] = {  # the same in FHIR R4
    "text":    lambda words: words,
    "day":     day,
    "concept": lambda words: {"text": words},
    "note":    lambda words: {"text": words},
    "target":  lambda words: {"measure": {"text": words}, "dueDate": "2027-01-31"},
    "item":    lambda words: {"linkId": f"added {words}", "text": words},
    "coding":  lambda words: {"system": "https://peers.example.org/codes", "code": words.replace(" ", "-")},
}
# fmt: on


@dataclass(frozen=True, slots=True)
class Edit:
    """What was done to one record: where, how, with which words."""

    reference: str
    field: Field
    op: str
    words: str


def possible(entity: str, native: Mapping[str, Any]) -> list[tuple[Field, str]]:
    """Return each (field, operation) that this record allows."""
    return [(field, op) for field in FIELDS if field.entity == entity for op in field.ops if _allows(field, op, native)]


def _allows(field: Field, op: str, native: Mapping[str, Any]) -> bool:
    now = native.get(field.name)
    if op == "clear":
        return now is not None
    if op == "remove":
        return bool(now) and (field.name != "answers" or len(now or []) > 1)
    return op != "reorder" or (isinstance(now, list) and len(now) > 1 and now[0] != now[-1])


def edited(native: Mapping[str, Any], edit: Edit) -> dict[str, Any]:
    """Return a record's native JSON after one edit. What is given stays as it is."""
    return _with(native, edit.field.name, edit.op, HERE[edit.field.holds](edit.words))


def edited_there(tree: Tree, edit: Edit) -> Tree:
    """Return a FHIR resource after the same edit, made by hand in FHIR."""
    return _with(tree, edit.field.element, edit.op, THERE[edit.field.holds](edit.words))


def _with(record: Mapping[str, Any], name: str, op: str, value: Any) -> dict[str, Any]:
    now = record.get(name)
    makers: dict[str, Callable[[], Any]] = {
        "set": lambda: value,
        "clear": lambda: None,
        "add": lambda: [*(now or []), value],
        "remove": lambda: (now or [])[1:],
        "reorder": lambda: (now or [])[::-1],
    }
    made = makers[op]()
    rest = {held: inner for held, inner in record.items() if held != name}
    return rest if made in (None, []) else rest | {name: made}


def scalars(entity: str) -> list[Field]:
    """Return the fields of an entity that hold one value, which either side may set."""
    return [field for field in FIELDS if field.entity == entity and "set" in field.ops]


def choose(records: Mapping[str, tuple[str, Mapping[str, Any]]], number: int, rng: random.Random) -> list[Edit]:
    """Return edits of different records, the operations in turn so that each occurs often.

    `records`: reference -> (entity, native JSON). Raises AssertionError where the records do not allow so many.
    """
    order = sorted(records)
    rng.shuffle(order)
    edits: list[Edit] = []
    for reference in order:
        if len(edits) == number:
            break
        entity, native = records[reference]
        allowed = possible(entity, native)
        if not allowed:
            continue
        turn = OPS[len(edits) % len(OPS) :] + OPS[: len(edits) % len(OPS)]
        op = next(op for op in turn if any(can == op for _, can in allowed))
        field = rng.choice([field for field, can in allowed if can == op])
        edits.append(Edit(reference, field, op, f"Edited here {len(edits) + 1}"))
    assert len(edits) == number, f"only {len(edits)} of {number} records allow an edit"
    return edits


def changed_elements(before: Tree, after: Tree) -> set[str]:
    """Return the elements of a resource that differ between two states; `_x` counts as `x`."""
    return {name.removeprefix("_") for name in {*before, *after} if before.get(name) != after.get(name)}
