"""Every element of the four main types is a row of its table, or its docstring says that it is carried, and why.

The elements come from fhir.resources (mappings/check/shapes.py), not from us.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest

from mappings.check.shapes import SHAPES
from mappings.lens.combinators import Table
from mappings.tables.care_plan import CARE_PLAN
from mappings.tables.form_extensions import EXCHANGE, LIMITS, LOGIC, RUNNING, SHOWN
from mappings.tables.goal import GOAL
from mappings.tables.questionnaire import ITEM, QUESTIONNAIRE
from mappings.tables.questionnaire_response import ASSESSMENT

# fmt: off
TABLES_OF = {
    # type                    table           module
    "CarePlan":              (CARE_PLAN,     "care_plan"),
    "Goal":                  (GOAL,          "goal"),
    "Questionnaire":         (QUESTIONNAIRE, "questionnaire"),
    "QuestionnaireResponse": (ASSESSMENT,    "questionnaire_response"),
}
# fmt: on


def elements(kind: str, path: tuple[str, ...] = (), within: frozenset[str] = frozenset()) -> Iterator[tuple[str, ...]]:
    """Yield the path of each element of a type and of the backbone elements in it, each recursion once."""
    for field in SHAPES["R4"][kind].fields.values():
        if field.twin or field.name == "resourceType":
            continue
        yield (*path, field.name)
        root = path[0] if path else kind
        if field.type.startswith(root.split(".")[0]) and field.type not in within:
            below = (*(path or (kind,)), field.name)
            yield from elements(field.type, below, within | {field.type})


def inside(lens: Any) -> Iterator[Table]:
    """Yield the tables that a row leads to."""
    if isinstance(lens, Table):
        yield lens
        return
    if hasattr(lens, "table"):
        yield lens.table()
    for name in ("inner", "item"):
        if hasattr(lens, name):
            yield from inside(getattr(lens, name))
    for _, way in getattr(lens, "ways", ()):
        yield from inside(way)


def is_row(table: Table, path: tuple[str, ...]) -> bool:
    """Tell whether a table has a row for an element, the parts of backbone elements included."""
    name, below = path[0], path[1:]
    rows = [row for field, row in table.rows if field is not None and row.owns(name)]
    if not below:
        return bool(rows) and name not in ("extension", "modifierExtension")
    return any(is_row(one, below) for row in rows for one in inside(row))


def carried(module: str) -> dict[str, str]:
    """Return the elements that a table's docstring says are carried, each with its reason."""
    said = import_module(f"mappings.tables.{module}").__doc__ or ""
    lines = re.findall(r"^ {4}(\w+(?:, \w+)*) {2,}(\S.*)$", said, re.MULTILINE)
    return {name: why for names, why in lines for name in names.split(", ")}


@pytest.mark.parametrize("kind", sorted(TABLES_OF))
def test_every_element_is_a_row_or_said_to_be_carried(kind: str) -> None:
    """No element is neither; none is both."""
    table, module = TABLES_OF[kind]
    said = carried(module)
    paths = [path[1:] if path[0] == kind else path for path in elements(kind)]
    parts = {"id", "extension", "modifierExtension"}  # of a backbone element: carried as the root's are
    lost = [
        ".".join(path)
        for path in paths
        if not is_row(table, path) and path[-1] not in (parts if len(path) > 1 else said)
    ]
    both = [name for name in said if is_row(table, (name,))]
    assert len(paths) > 20
    assert (lost, both) == ([], [])


def test_each_extension_stands_in_one_part_of_an_item() -> None:
    """No two parts of an item read one url: a fact stands in one row."""
    own = [row.url for _, row in ITEM.rows if hasattr(row, "url")]
    urls = own + [row.url for part in (SHOWN, LIMITS, LOGIC, EXCHANGE) for _, row in part.rows]
    form = [row.url for part in (RUNNING, LIMITS, LOGIC, EXCHANGE) for _, row in part.rows]
    form += [row.url for _, row in QUESTIONNAIRE.rows if hasattr(row, "url")]
    assert sorted(set(urls)) == sorted(urls)
    assert sorted(set(form)) == sorted(form)
