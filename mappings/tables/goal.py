"""Goal: https://hl7.org/fhir/R4/goal.html

Every element is a row but for these, which are carried:

    id, meta               columns of the store, spliced when served
    text                   the narrative: made anew or kept (mappings/lens/narrative.py)
    contained              read where something refers to it, under its own table
    implicitRules          a rule that says how to read the record: none is known to us, so none is interpreted
    extension              but for the rows below; an unknown one may say anything
    modifierExtension      it must not be interpreted: the record stays unread

The two dates of the two statuses: tables/status_dates.py.
"""

from __future__ import annotations

from mappings.lens.notation import at, choice, const, each, extension, extensions, table
from mappings.model import Acceptance, Goal, GoalRelation, Target
from mappings.model import values as v
from mappings.tables.datatypes import (
    BOOLEAN,
    CODE,
    CONCEPT,
    DATE,
    QUANTITY,
    RANGE,
    RATIO,
    REFERENCE,
    TEXT,
    WHOLE,
    codes,
    concepts,
    notes,
    references,
)
from mappings.tables.held import held
from mappings.tables.record import record
from mappings.tables.status_dates import LIFECYCLE as LIFECYCLE_DATE
from mappings.tables.status_dates import REACHED, Achievement
from mappings.tables.words import OWN_WORDS

# https://hl7.org/fhir/R4/valueset-goal-status.html
LIFECYCLE = codes("proposed planned accepted active on-hold completed cancelled entered-in-error rejected")
# https://hl7.org/fhir/R4/extension-goal-acceptance.html, value set goal-acceptance-status
ACCEPTANCE_STATUS = codes("agree disagree pending")
ACCEPTANCE_URL = "http://hl7.org/fhir/StructureDefinition/goal-acceptance"
RELATIONSHIP = "http://hl7.org/fhir/StructureDefinition/goal-relationship"
"""https://hl7.org/fhir/R4/extension-goal-relationship.html"""
REJECTED = "http://hl7.org/fhir/StructureDefinition/goal-reasonRejected"
"""https://hl7.org/fhir/R4/extension-goal-reasonrejected.html"""
BARRIER = "http://hl7.org/fhir/StructureDefinition/workflow-barrier"
"""https://hl7.org/fhir/extensions/StructureDefinition-workflow-barrier.html"""
CONTINUOUS = "http://hl7.org/fhir/5.0/StructureDefinition/extension-Goal.continuous"
"""R5's Goal.continuous in R4: https://hl7.org/fhir/R5/goal.html"""

# fmt: off
ACCEPTANCE = table(Acceptance,
    const("url", ACCEPTANCE_URL),
    ("by",       extension("individual", at("valueReference", REFERENCE))),
    ("status",   extension("status", at("valueCode", ACCEPTANCE_STATUS))),
    ("priority", extension("priority", at("valueCodeableConcept", CONCEPT))))

RELATION = table(GoalRelation,
    const("url", RELATIONSHIP),
    ("how",  extension("type", at("valueCodeableConcept", CONCEPT))),
    ("goal", extension("target", at("valueReference", REFERENCE))))

TARGET = table(Target,
    ("measure", at("measure", CONCEPT)),
    ("value",   choice("detail",
        Quantity=(v.Quantity, QUANTITY), Range=(v.Range, RANGE), CodeableConcept=(v.Concept, CONCEPT),
        String=(str, TEXT), Boolean=(v.Fact, BOOLEAN), Integer=(v.Whole, WHOLE), Ratio=(v.Ratio, RATIO))),
    ("due",     choice("due", Date=(v.Date, DATE), Duration=(v.Quantity, QUANTITY))))

GOAL = table(Goal,
    const("resourceType", "Goal"),
    *record(),
    ("lang",             at("language", CODE)),
    ("own_words",        OWN_WORDS),
    ("lifecycle",        at("lifecycleStatus", LIFECYCLE)),
    ("achievement",      Achievement()),
    ("kinds",            concepts("category")),
    ("ongoing",          extension(CONTINUOUS, at("valueBoolean", BOOLEAN))),
    ("priority",         at("priority", CONCEPT)),
    ("clinic_words",     at("description", CONCEPT)),
    ("person",           at("subject", REFERENCE)),
    ("begins",           choice("start", Date=(v.Date, DATE), CodeableConcept=(v.Concept, CONCEPT))),
    ("targets",          at("target", each(TARGET))),
    ("lifecycle_date",   LIFECYCLE_DATE),
    ("achievement_date", REACHED),
    ("lifecycle_reason", at("statusReason", TEXT)),
    ("rejected_why",     extension(REJECTED, at("valueCodeableConcept", CONCEPT))),
    ("set_by",           at("expressedBy", REFERENCE)),
    ("acceptance",       extensions(ACCEPTANCE_URL, ACCEPTANCE)),
    ("needs",            references("addresses")),
    ("barriers",         held(BARRIER, "valueReference", REFERENCE)),
    ("relations",        extensions(RELATIONSHIP, RELATION)),
    ("notes",            notes("note")),
    ("outcomes",         concepts("outcomeCode")),
    ("evidence",         references("outcomeReference")),
    root=True)
# fmt: on
