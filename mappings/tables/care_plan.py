"""CarePlan: https://hl7.org/fhir/R4/careplan.html

An activity is a `detail`, or a reference to a request that the plan contains or that stands beside it; all are one
native member. What the plan makes (OWNED, and all that it contains) is edited through it; whatever else it names is
referenced. Every element is a row but for these, which are carried:

    id, meta               columns of the store, spliced when served
    text                   the narrative: made anew or kept (mappings/lens/narrative.py)
    contained              read where something refers to it, under its own table
    implicitRules          a rule that says how to read the record: none is known to us, so none is interpreted
    extension              but for the rows below; an unknown one may say anything
    modifierExtension      it must not be interpreted: the record stays unread
"""

from __future__ import annotations

from dataclasses import fields
from functools import cache
from typing import Any

from mappings.lens.combinators import Either
from mappings.lens.documents import Desk
from mappings.lens.lists import Each
from mappings.lens.members import Linked
from mappings.lens.notation import at, const, extension, primitives, table
from mappings.model import Activity, Plan, Therapy
from mappings.tables.datatypes import (
    BY_ID,
    CODE,
    CONCEPT,
    DATE,
    DATE_TIME,
    MEMBER,
    PERIOD,
    REFERENCE,
    TEXT,
    URI,
    codes,
    concepts,
    notes,
    references,
)
from mappings.tables.record import record
from mappings.tables.refined import Refined
from mappings.tables.service_request import DETAIL, SERVICE_REQUEST
from mappings.tables.translations import translations, worded
from mappings.terms.systems import LOCAL

# https://hl7.org/fhir/R4/valueset-request-status.html and CarePlan.status
STATUS = codes("draft active on-hold revoked completed entered-in-error unknown")
# fmt: off
INTENT = {
    # the clinic's word   R4's CarePlan.intent   says it whole
    "proposal":          ("proposal",            True),
    "plan":              ("plan",                True),
    "order":             ("order",               True),
    "option":            ("option",              True),
    "directive":         ("plan",                False),   # R5 only
}
# fmt: on
"""https://hl7.org/fhir/R4/valueset-care-plan-intent.html, https://hl7.org/fhir/R5/valueset-care-plan-intent.html"""
R5_INTENT = "http://hl7.org/fhir/5.0/StructureDefinition/extension-CarePlan.intent"
"""R5's code where R4 has none (HL7/fhir-xver-r5-r4 0.1.1)."""
R5_ADDRESSES = "http://hl7.org/fhir/5.0/StructureDefinition/extension-CarePlan.addresses"
"""R5's concept of a need, where R4 has a reference alone (HL7/fhir-xver-r5-r4 0.1.1)."""
DATATYPE = "http://hl7.org/fhir/StructureDefinition/_datatype"
"""Which datatype of another release an extension holds: https://hl7.org/fhir/versions.html#extensions"""
ACTIVITY_TITLE = "http://hl7.org/fhir/StructureDefinition/careplan-activity-title"
"""https://hl7.org/fhir/R4/extension-careplan-activity-title.html"""
PERSON_AGREEMENT = LOCAL + "person-agreement"
"""Local: the Provenance that says what the person said to the plan: agreed, partly, declined."""
COPY_GIVEN_ON = LOCAL + "copy-given-on"
"""Local: when the person was given a copy."""

OWNED = frozenset({"Appointment", "CareTeam", "Goal", "MedicationRequest", "Provenance", "ServiceRequest"})
"""Types that are edited through the plan. A Condition, an Observation, a response stand for themselves."""


@cache
def _tables() -> dict[str, Any]:
    from mappings.tables import TABLES

    return TABLES


class NeedConcept:
    """What a need is: in R5 a CodeableReference has it, in R4 an extension beside or instead of the reference."""

    _concept = extension("concept", at("valueCodeableConcept", CONCEPT))

    def owns(self, name: str) -> bool:
        return name == "extension"

    def read(self, raw: Any, view: Any) -> Any:
        return self._concept.read(raw, view)

    def write(self, raw: Any, was: Any, now: Any, desk: Desk) -> Any:
        if "extension" not in raw:
            raw = {**raw, "extension": [{"url": DATATYPE, "valueString": "CodeableReference"}]}
        return self._concept.write(raw, was, now, desk)


NEED = table(MEMBER.native, *MEMBER.rows, ("concept", extension(R5_ADDRESSES, NeedConcept())), atomic=True)


def members(kind: str, reference: Any = MEMBER) -> Linked:
    """Return the lens of one member that is a `kind` when it is new."""
    return Linked(reference, _tables, OWNED, kind)


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
        if now is not None and (now.id, now.display, now.identifier, now.concept) != (None,) * 4:
            raise desk.refuse("a therapy inside the plan has no name of its own", "Leave display and identifier out.")
        was, now = was and was.value, now and now.value
        return at("detail", DETAIL).write(raw, was, now, desk)


_DETAIL, _REQUEST = ({field for field, _ in one.rows if field} for one in (DETAIL, SERVICE_REQUEST))


def where(activity: Any, desk: Desk) -> str:
    """Return where a new activity stands: what has a name, and what has room nowhere else, decides; then the desk."""
    if activity is None or not isinstance(activity.value, Therapy):
        return "reference"
    if (activity.id, activity.display, activity.identifier, activity.concept) != (None,) * 4:
        return "reference"
    said = {field.name for field in fields(activity.value) if getattr(activity.value, field.name) not in (None, ())}
    if said <= _REQUEST:
        return "detail" if desk.inline and said <= _DETAIL else "reference"
    return "detail" if said <= _DETAIL else "reference"


# fmt: off
ACTIVITY = table(Activity,
    ("title",       extension(ACTIVITY_TITLE, at("valueString", TEXT))),
    ("outcomes",    concepts("outcomeCodeableConcept")),
    ("evidence",    references("outcomeReference")),
    ("how_it_goes", notes("progress")),
    ("therapy",     Either((
        ("reference", at("reference", members("ServiceRequest"))),
        ("detail",    Inline())), wanted=where)))

CARE_PLAN = table(Plan,
    const("resourceType", "CarePlan"),
    *record(recorded_at=at("created", DATE_TIME)),
    ("lang",                 at("language", CODE)),
    ("protocols",            primitives("instantiatesCanonical", URI)),
    ("protocol_links",       primitives("instantiatesUri", URI)),
    ("fulfils",              references("basedOn")),
    ("replaces",             references("replaces")),
    ("part_of_plans",        references("partOf")),
    ("status",               at("status", STATUS)),
    ("intent",               Refined("intent", INTENT, "proposal plan order option", R5_INTENT, within=True)),
    ("kinds",                concepts("category")),
    ("title",                worded("title")),
    ("title_translations",   translations("title")),
    ("summary",              worded("description")),
    ("summary_translations", translations("description")),
    ("person",               at("subject", REFERENCE)),
    ("visit",                at("encounter", REFERENCE)),
    ("period",               at("period", PERIOD)),
    ("custodian",            at("author", REFERENCE)),
    ("written_by",           references("contributor")),
    ("person_agreement",     extension(PERSON_AGREEMENT, at("valueReference", members("Provenance")))),
    ("copy_given_on",        extension(COPY_GIVEN_ON, at("valueDate", DATE))),
    ("team",                 at("careTeam", Each(members("CareTeam"), BY_ID))),
    ("needs",                at("addresses", Each(members("Condition", NEED), BY_ID))),
    ("evidence",             at("supportingInfo", Each(members("QuestionnaireResponse"), BY_ID))),
    ("goals",                at("goal", Each(members("Goal"), BY_ID))),
    ("activities",           at("activity", Each(ACTIVITY))),
    ("notes",                notes("note")),
    root=True)
# fmt: on
