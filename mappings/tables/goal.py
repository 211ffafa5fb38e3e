"""Goal: https://hl7.org/fhir/R4/goal.html

Carried, not read: language, implicitRules, extensions but for the two below, and `_` twins. `statusDate` is the date
of the achievement where both are known (Gravity SDOHCC-Goal 3.0.0 ties it so); R4 has one date for two statuses.
"""

from __future__ import annotations

from mappings.lens.notation import at, choice, const, each, extension, extensions, table
from mappings.model import Acceptance, Goal, Target
from mappings.model import values as v
from mappings.tables.datatypes import (
    BOOLEAN,
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
    identifiers,
    notes,
    references,
)
from mappings.tables.words import OWN_WORDS

# https://hl7.org/fhir/R4/valueset-goal-status.html
LIFECYCLE = codes("proposed planned accepted active on-hold completed cancelled entered-in-error rejected")
# https://hl7.org/fhir/R4/extension-goal-acceptance.html, value set goal-acceptance-status
ACCEPTANCE_STATUS = codes("agree disagree pending")
ACCEPTANCE_URL = "http://hl7.org/fhir/StructureDefinition/goal-acceptance"

# fmt: off
ACCEPTANCE = table(Acceptance,
    const("url", ACCEPTANCE_URL),
    ("by",       extension("individual", at("valueReference", REFERENCE))),
    ("status",   extension("status", at("valueCode", ACCEPTANCE_STATUS))),
    ("priority", extension("priority", at("valueCodeableConcept", CONCEPT))))

TARGET = table(Target,
    ("measure", at("measure", CONCEPT)),
    ("value",   choice("detail",
        Quantity=(v.Quantity, QUANTITY), Range=(v.Range, RANGE), CodeableConcept=(v.Concept, CONCEPT),
        String=(str, TEXT), Boolean=(v.Fact, BOOLEAN), Integer=(v.Whole, WHOLE), Ratio=(v.Ratio, RATIO))),
    ("due",     choice("due", Date=(v.Date, DATE), Duration=(v.Quantity, QUANTITY))))

GOAL = table(Goal,
    const("resourceType", "Goal"),
    ("identifiers",      identifiers()),
    ("own_words",        OWN_WORDS),
    ("lifecycle",        at("lifecycleStatus", LIFECYCLE)),
    ("achievement",      at("achievementStatus", CONCEPT)),
    ("kinds",            concepts("category")),
    ("priority",         at("priority", CONCEPT)),
    ("clinic_words",     at("description", CONCEPT)),
    ("person",           at("subject", REFERENCE)),
    ("begins",           choice("start", Date=(v.Date, DATE), CodeableConcept=(v.Concept, CONCEPT))),
    ("targets",          at("target", each(TARGET))),
    ("achievement_date", at("statusDate", DATE)),
    ("lifecycle_reason", at("statusReason", TEXT)),
    ("set_by",           at("expressedBy", REFERENCE)),
    ("acceptance",       extensions(ACCEPTANCE_URL, ACCEPTANCE)),
    ("needs",            references("addresses")),
    ("notes",            notes("note")),
    ("outcomes",         concepts("outcomeCode")),
    ("evidence",         references("outcomeReference")),
    root=True)
# fmt: on
