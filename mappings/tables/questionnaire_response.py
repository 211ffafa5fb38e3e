"""QuestionnaireResponse: https://hl7.org/fhir/R4/questionnaireresponse.html

`questionnaire` is a canonical (`url|version`), never rewritten; a form that the response contains comes with it.
R4 allows one identifier. Carried, not read: extensions, `_` twins.
"""

from __future__ import annotations

from typing import Any

from mappings.lens.combinators import Table
from mappings.lens.members import Later, Linked
from mappings.lens.notation import at, choice, const, each, table
from mappings.model import Answer, AnswerItem, Assessment
from mappings.tables.datatypes import (
    DATE_TIME,
    IDENTIFIER,
    MEMBER,
    REFERENCE,
    TEXT,
    URI,
    AsList,
    codes,
    identity,
    references,
)
from mappings.tables.questionnaire import QUESTIONNAIRE, kinds

# https://hl7.org/fhir/R4/valueset-questionnaire-answers-status.html
STATUS = codes("in-progress completed amended entered-in-error stopped")


class Canonical:
    """A canonical as the id of a member: `#q`, `http://…|1.0`."""

    def read(self, raw: Any, view: Any, key: str | None = None) -> Any:
        found = URI.read(raw, view)
        return MEMBER.native(id=str.__str__(found)) if found else found

    def write(self, raw: Any, was: Any, now: Any, desk: Any) -> Any:
        if now is None:
            return URI.write(raw, None, None, desk)
        if (now.display, now.identifier) != (None, None) or now.id is None:
            raise desk.refuse("an instrument is named by url and version alone", "Give `id`, leave the rest out.")
        return str.__str__(now.id)


INSTRUMENT = Linked(Canonical(), lambda: {"Questionnaire": QUESTIONNAIRE}, frozenset(), "Questionnaire")

# fmt: off
ANSWER = table(Answer,
    ("value", choice("value", **kinds())),
    ("items", at("item", each(Later(lambda: ANSWER_ITEM), identity("linkId")))))

ANSWER_ITEM: Table = table(AnswerItem,
    ("linkId",     at("linkId", TEXT)),
    ("defined_by", at("definition", URI)),
    ("text",       at("text", TEXT)),
    ("values",     at("answer", each(ANSWER))),
    ("items",      at("item", each(Later(lambda: ANSWER_ITEM), identity("linkId")))))

QUESTIONNAIRE_RESPONSE = table(Assessment,
    const("resourceType", "QuestionnaireResponse"),
    ("identifiers", at("identifier", AsList(IDENTIFIER))),
    ("fulfils",     references("basedOn")),
    ("belongs_to",  references("partOf")),
    ("instrument",  at("questionnaire", INSTRUMENT)),
    ("status",      at("status", STATUS)),
    ("person",      at("subject", REFERENCE)),
    ("visit",       at("encounter", REFERENCE)),
    ("date",        at("authored", DATE_TIME)),
    ("recorded_by", at("author", REFERENCE)),
    ("answered_by", at("source", REFERENCE)),
    ("answers",     at("item", each(ANSWER_ITEM, identity("linkId")))),
    root=True)
# fmt: on
