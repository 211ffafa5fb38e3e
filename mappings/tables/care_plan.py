"""CarePlan: https://hl7.org/fhir/R4/careplan.html

An activity is a `detail`, or a reference to a request that the plan contains or that stands beside it; all are one
native Therapy. Goals, requests and what the plan contains are owned by the plan and edited through it; whatever else
it names is referenced. Carried, not read: language, implicitRules, extensions, `_` twins, contained resources of
types that have no table (RequestGroup, Task, CareTeam, Condition ...).
"""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from mappings.lens.combinators import Either, Table
from mappings.lens.documents import Desk
from mappings.lens.lists import Each
from mappings.lens.members import Linked
from mappings.lens.notation import at, const, primitives, table
from mappings.model import Activity, Plan
from mappings.tables.datatypes import (
    BY_ID,
    DATE_TIME,
    MEMBER,
    PERIOD,
    REFERENCE,
    TEXT,
    URI,
    codes,
    concepts,
    identifiers,
    notes,
    references,
)
from mappings.tables.goal import GOAL
from mappings.tables.questionnaire_response import QUESTIONNAIRE_RESPONSE
from mappings.tables.service_request import DETAIL, SERVICE_REQUEST

# https://hl7.org/fhir/R4/valueset-request-status.html and CarePlan.status
STATUS = codes("draft active on-hold revoked completed entered-in-error unknown")
# https://hl7.org/fhir/R4/valueset-care-plan-intent.html
INTENT = codes("proposal plan order option")

MEMBERS: dict[str, Table] = {
    "Goal": GOAL,
    "ServiceRequest": SERVICE_REQUEST,
    "QuestionnaireResponse": QUESTIONNAIRE_RESPONSE,
}


def members(kind: str) -> Linked:
    """Return the lens of one member that is a `kind` when it is new."""
    return Linked(MEMBER, lambda: MEMBERS, frozenset({"Goal", "ServiceRequest"}), kind)


class Inline:
    """activity.detail as a member without id: the therapy stands in the plan itself."""

    name = "detail"
    inner = DETAIL

    def owns(self, name: str) -> bool:
        return name.removeprefix("_") == self.name

    def read(self, raw: Any, view: Any) -> Any:
        found = DETAIL.read(raw.get("detail"), view)
        return MEMBER.native(value=found) if found else found

    def write(self, raw: Any, was: Any, now: Any, desk: Desk) -> Any:
        if now is not None and (now.id, now.display, now.identifier) != (None, None, None):
            raise desk.refuse("a therapy inside the plan has no name of its own", "Leave display and identifier out.")
        was, now = was and was.value, now and now.value
        return at("detail", DETAIL).write(raw, was, now, desk)


_DETAIL, _REQUEST = ({field for field, _ in one.rows if field} for one in (DETAIL, SERVICE_REQUEST))


def where(therapy: Any, desk: Desk) -> str:
    """Return where a new therapy stands: what has a name, and what has room nowhere else, decides; then the desk."""
    if therapy is None or therapy.value is None or (therapy.id, therapy.display, therapy.identifier) != (None,) * 3:
        return "reference"
    said = {field.name for field in fields(therapy.value) if getattr(therapy.value, field.name) not in (None, ())}
    if said <= _REQUEST:
        return "detail" if desk.inline and said <= _DETAIL else "reference"
    return "detail" if said <= _DETAIL else "reference"


# fmt: off
ACTIVITY = table(Activity,
    ("outcomes",    concepts("outcomeCodeableConcept")),
    ("evidence",    references("outcomeReference")),
    ("how_it_goes", notes("progress")),
    ("therapy",     Either((
        ("reference", at("reference", members("ServiceRequest"))),
        ("detail",    Inline())), wanted=where)))

CARE_PLAN = table(Plan,
    const("resourceType", "CarePlan"),
    ("identifiers",    identifiers()),
    ("protocols",      primitives("instantiatesCanonical", URI)),
    ("protocol_links", primitives("instantiatesUri", URI)),
    ("fulfils",        references("basedOn")),
    ("replaces",       references("replaces")),
    ("part_of_plans",  references("partOf")),
    ("status",         at("status", STATUS)),
    ("intent",         at("intent", INTENT)),
    ("kinds",          concepts("category")),
    ("title",          at("title", TEXT)),
    ("summary",        at("description", TEXT)),
    ("person",         at("subject", REFERENCE)),
    ("visit",          at("encounter", REFERENCE)),
    ("period",         at("period", PERIOD)),
    ("written_on",     at("created", DATE_TIME)),
    ("custodian",      at("author", REFERENCE)),
    ("written_by",     references("contributor")),
    ("team",           at("careTeam", Each(members("CareTeam"), BY_ID))),
    ("needs",          at("addresses", Each(members("Condition"), BY_ID))),
    ("evidence",       at("supportingInfo", Each(members("QuestionnaireResponse"), BY_ID))),
    ("goals",          at("goal", Each(members("Goal"), BY_ID))),
    ("activities",     at("activity", Each(ACTIVITY))),
    ("notes",          notes("note")),
    root=True)
# fmt: on
