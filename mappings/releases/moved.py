"""What R4 and R5 call or place differently, once: MOVED, by the R4 path of the type that holds it.

Who adds a difference adds one row in the file of its family. The forms are in rows.py. What only one release has
needs no row: it goes along as a cross-version extension (kinds.py makes those rows from the definitions).
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module

from mappings.releases.rows import Row

FAMILIES = (
    "datatypes",
    "care_plan",
    "goal",
    "questionnaire",
    "questionnaire_response",
    "request",
    "medication",
    "people",
    "clinical",
    "scheduling",
    "consent",
    "documents",
)
"""The files of this package that hold rows: each a table ROWS, {R4 path of the type: its rows}."""


def _gathered() -> Mapping[str, tuple[Row, ...]]:
    found: dict[str, tuple[Row, ...]] = {}
    for family in FAMILIES:
        for path, rows in import_module(f"mappings.releases.{family}").ROWS.items():
            found[path] = (*found.get(path, ()), *rows)
    return found


MOVED: Mapping[str, tuple[Row, ...]] = _gathered()
