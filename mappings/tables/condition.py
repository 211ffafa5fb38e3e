"""Condition as Need: https://hl7.org/fhir/R4/condition.html

`kind` is the category with our coding, `kinds` are the others (problem-list-item ...). Remission beyond the course,
and what becomes of the need in the plan, stand in local extensions; FHIR has no element for either.

Carried, not read: language, implicitRules, stage (its meaning differs by disease; severity and remission say it here),
text and display beside a code of a closed list (they say it again), extensions but for those below, `_` twins.
"""

from __future__ import annotations

from typing import Any

from mappings.lens.lists import Each, Inside, One
from mappings.lens.notation import at, choice, const, each, extension, extensions, one_extension, table
from mappings.lens.parts import Slice
from mappings.model import values as v
from mappings.model.need import Disposition, Evidence, Need
from mappings.nodes import pairs
from mappings.tables.datatypes import (
    CONCEPT,
    DATE_TIME,
    PERIOD,
    QUANTITY,
    RANGE,
    REFERENCE,
    TEXT,
    codes,
    concepts,
    notes,
    references,
)
from mappings.tables.record import record
from mappings.tables.worded import Word
from mappings.terms.closed_lists import COURSE, DISPOSITION, NEED, REMISSION, VERIFICATION, parted
from mappings.terms.systems import LOCAL
from mappings.tree import Tree

CO_OCCURS = "http://hl7.org/fhir/StructureDefinition/condition-related"
"""https://hl7.org/fhir/R4/extension-condition-related.html: an unspecified relationship with another condition"""
ASSERTED_ON = "http://hl7.org/fhir/StructureDefinition/condition-assertedDate"
"""https://hl7.org/fhir/R4/extension-condition-asserteddate.html; US Core must support"""
REMISSION_URL = LOCAL + "remission"
"""Local: how long a remission has lasted; Condition.clinicalStatus says only that there is one."""
DISPOSITION_URL = LOCAL + "disposition"
"""Local: what becomes of a need in the plan, and why."""

_KINDS = {parted(token) for token, _ in NEED.values()}


def ours(category: Tree) -> bool:
    """Tell whether a category is the kind of a need."""
    return not _KINDS.isdisjoint(pairs(category))


def others(category: Tree) -> bool:
    """Tell whether a category is not the kind of a need."""
    return not ours(category)


def _when(base: str) -> Any:
    return choice(base,
        DateTime=(v.DateTime, DATE_TIME), Age=(v.Quantity, QUANTITY), Period=(v.Period, PERIOD),
        Range=(v.Range, RANGE), String=(str, TEXT))  # fmt: skip


# fmt: off
DISPOSITION_TABLE = table(Disposition,
    const("url", DISPOSITION_URL),
    ("decision", extension("decision", at("valueCode", codes(" ".join(DISPOSITION))))),
    ("reason",   extension("reason", at("valueString", TEXT))))

EVIDENCE = table(Evidence,
    ("signs",   concepts("code")),
    ("records", references("detail")))

CONDITION = table(Need,
    const("resourceType", "Condition"),
    *record(recorded_by=at("recorder", REFERENCE), recorded_at=at("recordedDate", DATE_TIME)),
    ("co_occurs",    extensions(CO_OCCURS, Inside(CO_OCCURS, at("valueReference", REFERENCE)))),
    ("asserted_on",  extension(ASSERTED_ON, at("valueDateTime", DATE_TIME))),
    ("remission",    extension(REMISSION_URL, at("valueCode", codes(" ".join(REMISSION))))),
    ("disposition",  one_extension(DISPOSITION_URL, DISPOSITION_TABLE)),
    ("course",       at("clinicalStatus", Word(COURSE))),
    ("verification", at("verificationStatus", Word(VERIFICATION))),
    ("kind",         Slice("category", One(Each(Word(NEED), mine=ours)))),
    ("kinds",        Slice("category", Each(CONCEPT, mine=others))),
    ("severity",     at("severity", CONCEPT)),
    ("code",         at("code", CONCEPT)),
    ("where",        concepts("bodySite")),
    ("person",       at("subject", REFERENCE)),
    ("visit",        at("encounter", REFERENCE)),
    ("began",        _when("onset")),
    ("ended",        _when("abatement")),
    ("asserted_by",  at("asserter", REFERENCE)),
    ("evidence",     at("evidence", each(EVIDENCE))),
    ("notes",        notes("note")),
    root=True)
# fmt: on
