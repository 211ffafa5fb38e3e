"""Provenance, as what the person said to a plan, as a review of it, and as where any record comes from.

https://hl7.org/fhir/R4/provenance.html

`by` are the agents of type author, `recorded_by` the one of type enterer, `others` all other agents. The activity of an
agreement says what was agreed, in codes of ours, so that it is no extension and reaches whom the plan reaches.

Carried, not read: policy, signature (it is of the bytes as they were).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mappings.lens.documents import Desk, View
from mappings.lens.lists import Each, One
from mappings.lens.notation import at, choice, const, each, extension, table
from mappings.lens.parts import Holding, Slice
from mappings.lens.variants import OTHERWISE, Variants, coded
from mappings.model import values as v
from mappings.model.review import Agreement, Doer, Origin, Review, Used
from mappings.nodes import pairs
from mappings.tables.coded import coded_concept
from mappings.tables.datatypes import (
    BY_ID,
    CONCEPT,
    DATE,
    DATE_TIME,
    IDENTIFIER,
    PERIOD,
    REFERENCE,
    TEXT,
    codes,
    concepts,
    references,
)
from mappings.tables.held import held
from mappings.tables.primitives import ANSWERED, INSTANT
from mappings.tables.record import record
from mappings.terms.systems import LOCAL, PARTICIPANT_TYPE, TERMS
from mappings.tree import Tree

KNOWN_AS = LOCAL + "known-as"
"""Local: the record's own identifiers. Provenance has no identifier."""
DUE = LOCAL + "review-due"
"""Local: when a review was to be. Provenance tells of what was done."""
WITH_PERSON = LOCAL + "with-person"
"""Local: whether the person took part."""
CHANGES = LOCAL + "review-changes"
"""Local: what was changed, in words."""
AUTHOR, ENTERER = "author", "enterer"
# https://hl7.org/fhir/R4/valueset-provenance-entity-role.html
ROLE = codes("derivation revision quotation source removal")
OTHER_ROLE = codes("derivation revision quotation removal")

# fmt: off
ANSWERS = {
    # the clinic's word     local: no code system that this project has seen says what a person says to a plan
    "agreed":              (TERMS, "plan-agreed"),
    "partly":              (TERMS, "plan-partly-agreed"),
    "declined":            (TERMS, "plan-declined"),
}
# fmt: on
ASKED = "plan-agreement"
"""Local: that the person was asked; what they said is not known."""
AGREEMENT_MARK = coded("activity", TERMS, ASKED, *(code for _, code in ANSWERS.values()))
REVIEW_MARK = coded("activity", TERMS, "plan-review", display="Review of the plan with the person")


class Answer:
    """What the person said, as the activity; where that is not known, that they were asked."""

    name = "activity"
    inner = coded_concept(ANSWERS)
    _at = at(name, inner)

    def owns(self, name: str) -> bool:
        return self._at.owns(name)

    def read(self, raw: Tree, view: View) -> Any:
        return self._at.read(raw, view)

    def write(self, raw: Tree, was: Any, now: Any, desk: Desk) -> Tree:
        if now is None:
            return {**raw, "activity": {"coding": [{"system": TERMS, "code": ASKED}]}}
        return self._at.write(raw, was, now, desk)


def of_type(code: str) -> Callable[[Tree], bool]:
    """Return the test whether an agent is of one type."""
    return lambda agent: isinstance(agent, dict) and (PARTICIPANT_TYPE, code) in pairs(agent.get("type"))


def is_other(agent: Tree) -> bool:
    """Tell whether an agent has neither of the two types that have fields of their own."""
    return not of_type(AUTHOR)(agent) and not of_type(ENTERER)(agent)


def is_source(entity: Tree) -> bool:
    """Tell whether an entity is what something rests on."""
    return isinstance(entity, dict) and bool(entity.get("role") == "source")


def is_otherwise_used(entity: Tree) -> bool:
    """Tell whether an entity was used in another way."""
    return not is_source(entity)


def _agent(code: str) -> Holding:
    return Holding({"type": {"coding": [{"system": PARTICIPANT_TYPE, "code": code}]}}, "who", REFERENCE)


# fmt: off
DOER = table(Doer,
    ("kind",     at("type", CONCEPT)),
    ("roles",    concepts("role")),
    ("named",    at("who", REFERENCE)),
    ("for_whom", at("onBehalfOf", REFERENCE)))

USED       = table(Used, ("role", at("role", ROLE)), ("record", at("what", REFERENCE)))
OTHER_USED = table(Used, ("role", at("role", OTHER_ROLE)), ("record", at("what", REFERENCE)))

ENTERED_BY = Slice("agent", One(Each(_agent(ENTERER), mine=of_type(ENTERER))))
WHEN       = choice("occurred", Period=(v.Period, PERIOD), DateTime=(v.DateTime, DATE_TIME))
ROWS = (
    const("resourceType", "Provenance"),
    *record(ENTERED_BY, at("recorded", INSTANT), held(KNOWN_AS, "valueIdentifier", IDENTIFIER)),
    ("about",  references("target")),
    ("place",  at("location", REFERENCE)),
    ("reason", concepts("reason")),
    ("by",     Slice("agent", Each(_agent(AUTHOR), BY_ID, mine=of_type(AUTHOR)))),
    ("others", Slice("agent", Each(DOER, mine=is_other))))

AGREEMENT = table(Agreement,
    *ROWS,
    ("date",      WHEN),
    ("agreement", Answer()),
    ("used",      at("entity", each(USED))),
    root=True)

REVIEW = table(Review,
    *ROWS,
    ("due",         extension(DUE, at("valueDate", DATE))),
    ("with_person", extension(WITH_PERSON, at("valueCode", ANSWERED))),
    ("changes",     extension(CHANGES, at("valueString", TEXT))),
    ("done",        WHEN),
    ("evidence",    Slice("entity", Each(Holding({"role": "source"}, "what", REFERENCE), BY_ID, mine=is_source))),
    ("used",        Slice("entity", Each(OTHER_USED, mine=is_otherwise_used))),
    root=True)

ORIGIN = table(Origin,
    *ROWS,
    ("done", WHEN),
    ("kind", at("activity", CONCEPT)),
    ("used", at("entity", each(USED))),
    root=True)
# fmt: on

PROVENANCE = Variants((AGREEMENT_MARK, AGREEMENT), (REVIEW_MARK, REVIEW), (OTHERWISE, ORIGIN))
