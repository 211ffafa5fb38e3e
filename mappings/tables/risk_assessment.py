"""RiskAssessment as Risk: https://hl7.org/fhir/R4/riskassessment.html

One finding a risk: an assessment with several predictions is carried, for which of them is the finding is not said.

Carried, not read: language, implicitRules, prediction.relativeRisk (a population's number, not the person's), a `code`
of another list than ours, extensions but for `review-by` and the record's own, `_` twins.
"""

from __future__ import annotations

from mappings.lens.lists import Each, One
from mappings.lens.notation import at, choice, const, extension, table
from mappings.model import values as v
from mappings.model.need import Risk, RiskFinding
from mappings.tables.datatypes import (
    CONCEPT,
    DATE,
    DATE_TIME,
    NUMBER,
    PERIOD,
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
from mappings.terms.closed_lists import RISK
from mappings.terms.systems import LOCAL
from mappings.tree import Number

REVIEW_BY = LOCAL + "review-by"
"""Local: until when the risk is looked at again."""
# https://hl7.org/fhir/R4/valueset-observation-status.html
STATUS = codes("registered preliminary final amended corrected cancelled entered-in-error unknown")

# fmt: off
FINDING = table(RiskFinding,
    ("of",     at("outcome", CONCEPT)),
    ("chance", choice("probability", Decimal=(Number, NUMBER), Range=(v.Range, RANGE))),
    ("level",  at("qualitativeRisk", CONCEPT)),
    ("within", choice("when", Period=(v.Period, PERIOD), Range=(v.Range, RANGE))),
    ("reason", at("rationale", TEXT)))

RISK_ASSESSMENT = table(Risk,
    const("resourceType", "RiskAssessment"),
    *record(),
    ("review_by",    extension(REVIEW_BY, at("valueDate", DATE))),
    ("fulfils",      at("basedOn", REFERENCE)),
    ("belongs_to",   at("parent", REFERENCE)),
    ("recorded_as",  at("status", STATUS)),
    ("how_assessed", at("method", CONCEPT)),
    ("kind",         at("code", Word(RISK))),
    ("person",       at("subject", REFERENCE)),
    ("visit",        at("encounter", REFERENCE)),
    ("assessed_on",  choice("occurrence", DateTime=(v.DateTime, DATE_TIME), Period=(v.Period, PERIOD))),
    ("need",         at("condition", REFERENCE)),
    ("assessed_by",  at("performer", REFERENCE)),
    ("why",          concepts("reasonCode")),
    ("evidence",     references("reasonReference")),
    ("basis",        references("basis")),
    ("finding",      at("prediction", One(Each(FINDING)))),
    ("safeguards",   at("mitigation", TEXT)),
    ("notes",        notes("note")),
    root=True)
# fmt: on
