"""Observation, read as the entity that its code names: https://hl7.org/fhir/R4/observation.html

    code                                   entity              its value and components
    LOINC 75773-2, 95541-9                 Preference          the person's own words; strength
    LOINC 82810-3                          Pregnancy           status; 11778-8, when the child is due
    LOINC of a total, or ours for a score  Score               the score; interpretation is the band
    ours, one for each                     LevelOfCare, DomainSummary, OverdoseReadiness, Readiness, Strength,
                                           Barrier, UseEvent, Toxicology, Outcome
    any other                              Finding             as FHIR has it (mappings/tables/finding.py)

Parts of an entity are components with our own codes. A fact that is neither yes nor no says why in dataAbsentReason.
Carried, not read, in the entities above (Finding reads them, but for the first four): language, implicitRules,
extensions but for those below, `_` twins; basedOn, partOf, focus, issued, interpretation, specimen where an entity has
no row for it; category, which the code implies; bodySite, method, device, referenceRange, hasMember, further
components, for a programme's own statements have none; the words of `code`.
"""

from __future__ import annotations

from typing import Any

from mappings.lens.beside import Part as Together
from mappings.lens.combinators import Table
from mappings.lens.documents import OPAQUE, Desk, View
from mappings.lens.lists import Each, Inside, One
from mappings.lens.notation import at, choice, each, extension, extensions, table
from mappings.lens.parts import Slice
from mappings.lens.variants import OTHERWISE, Coded, Marked, Variants
from mappings.model import observation as o
from mappings.model import values as v
from mappings.tables.datatypes import (
    CONCEPT,
    DATE_TIME,
    QUANTITY,
    REFERENCE,
    TEXT,
    WHOLE,
    codes,
    references,
)
from mappings.tables.finding import FINDING, observed
from mappings.tables.primitives import ANSWERED, INSTANT
from mappings.tables.service_request import PERTAINS_TO_GOAL
from mappings.tables.worded import Answer, Naming, Word
from mappings.tables.words import Said
from mappings.terms import closed_lists as terms
from mappings.terms.systems import LOCAL
from mappings.tree import Tree

CATEGORY = terms.THO + "observation-category"
"""https://hl7.org/fhir/R4/codesystem-observation-category.html"""
EXPECTED_FROM_MEDICATION = LOCAL + "expected-from-medication"
"""Local: whether the result is what a medication explains."""
PROOF = LOCAL + "toxicology-proof"
"""Local: whether a result is a screen's or confirmed."""


class OwnWords(Said):
    """value[x] as words: a string with its language and speaker. Another kind of value is OPAQUE."""

    def owns(self, name: str) -> bool:
        return name.removeprefix("_").startswith("value")

    def read(self, raw: Tree, view: View, key: str | None = None) -> Any:
        mine = [name for name in raw if self.owns(name)]
        return None if not mine else super().read(raw, view) if {*mine} <= {"valueString", "_valueString"} else OPAQUE

    def write(self, raw: Tree, was: Any, now: Any, desk: Desk) -> Tree:
        if was is None and (there := next((name for name in raw if self.owns(name)), None)) is not None:
            desk.lose("opaque", there)
        bare = {k: x for k, x in raw.items() if not self.owns(k)}
        if now is None:
            return bare
        return bare | {
            k: x for k, x in super().write(raw if was is not None else {}, was, now, desk).items() if self.owns(k)
        }


def named(word: str) -> Coded:
    """Return the mark of an entity that has a code of ours."""
    token, display = terms.OBSERVED[word]
    return Coded("code", (terms.parted(token),), display)


def part(word: str, inner: Any) -> Slice:
    """Return the row of the component with a code of ours; `inner` is a row over the component."""
    return component(*terms.PART[word], inner)


def component(token: str, display: str, inner: Any) -> Slice:
    """Return the row of the only component with a code, `system|code`."""
    mark = Coded("code", (terms.parted(token),), display)
    return Slice("component", One(Each(Marked(mark, inner), mine=mark.holds)))


def category(code: str) -> tuple[None, Coded]:
    """Return the category that a new one is given, for receivers who search by it."""
    return (None, Coded("category", ((CATEGORY, code),), "", listed=True))


def word(words: terms.Words, also: terms.Words | None = None) -> Any:
    """Return the row of a value that is one of our words."""
    return choice("value", CodeableConcept=(v.Code, Word(words, also)))


# fmt: off
EFFECTIVE = choice("effective", DateTime=(v.DateTime, DATE_TIME))
STRING = choice("value", String=(str, TEXT))
INTEGER = choice("value", Integer=(v.Whole, WHOLE))
CONCEPT_VALUE = choice("value", CodeableConcept=(v.Concept, CONCEPT))
DATE_VALUE = choice("value", DateTime=(v.DateTime, DATE_TIME))
QUANTITY_VALUE = choice("value", Quantity=(v.Quantity, QUANTITY))
GOALS = extensions(PERTAINS_TO_GOAL, Inside(PERTAINS_TO_GOAL, at("valueReference", REFERENCE)))

PREFERENCE_KIND = Naming({
    "treatment": ((terms.TREATMENT_PREFERENCE, ""),),
    **{kind: ((terms.EXPERIENCE_PREFERENCE, ""), said) for kind, said in terms.PREFERENCE.items()},
}, otherwise=((terms.EXPERIENCE_PREFERENCE, ""),))
TOTAL = Naming({name: (said,) for name, said in terms.TOTALS.items()}, otherwise=(terms.OBSERVED["score"],))
PREGNANCY_CODE = Coded("code", (terms.parted(terms.PREGNANCY_STATUS),))

PREFERENCE = table(o.Preference,
    *observed(),
    ("kind",       PREFERENCE_KIND),
    ("date",       EFFECTIVE),
    ("own_words",  OwnWords()),
    ("strength",   part("strength", word(terms.PREFERENCE_STRENGTH))),
    root=True)

PREGNANCY = table(o.Pregnancy,
    *observed(),
    category("social-history"),
    (None,         PREGNANCY_CODE),
    ("date",       EFFECTIVE),
    ("status",     word(terms.PREGNANCY, terms.PREGNANCY_ALSO)),
    ("due_date",   component(terms.DUE_DATE, "", DATE_VALUE)),
    root=True)

SCORE = table(o.Score,
    *observed(),
    category("survey"),
    ("total_of",   TOTAL),
    ("date",       EFFECTIVE),
    ("score",      choice("value", Quantity=(v.Quantity, QUANTITY), Integer=(v.Whole, WHOLE))),
    ("band",       at("interpretation", One(Each(CONCEPT)))),
    root=True)

LEVEL_OF_CARE = table(o.LevelOfCare,
    *observed(),
    (None,                named("level-of-care")),
    ("date",              EFFECTIVE),
    ("code",              CONCEPT_VALUE),
    ("scheme",            part("scheme", STRING)),
    ("edition",           part("edition", STRING)),
    ("recommended",       part("recommended", CONCEPT_VALUE)),
    ("received",          part("received", CONCEPT_VALUE)),
    ("difference_reason", part("difference-reason", STRING)),
    root=True)

DIMENSION = table(o.Dimension,
    ("scheme",  part("scheme", STRING)),
    ("edition", part("edition", STRING)),
    ("number",  part("dimension", INTEGER)))

DOMAIN_SUMMARY = table(o.DomainSummary,
    *observed(),
    category("survey"),
    (None,         named("domain-summary")),
    ("date",       EFFECTIVE),
    ("rating",     choice("value", Integer=(v.Whole, WHOLE), CodeableConcept=(v.Concept, CONCEPT))),
    ("domain",     part("domain", word(terms.DOMAIN))),
    ("dimension",  Together(DIMENSION, gate="component")),
    ("text",       part("summary", OwnWords())),
    root=True)

OVERDOSE_READINESS = table(o.OverdoseReadiness,
    *observed(),
    category("social-history"),
    (None,             named("overdose-readiness")),
    ("date",           EFFECTIVE),
    ("naloxone_held",  part("naloxone-held", Answer())),
    ("offered_on",     part("offered-on", DATE_VALUE)),
    ("who_trained",    part("who-trained", STRING)),
    ("tolerance_lost", part("tolerance-lost", Answer())),
    root=True)

READINESS = table(o.Readiness,
    *observed(),
    category("survey"),
    (None,         named("readiness")),
    ("about",      at("focus", One(Each(REFERENCE)))),
    ("date",       EFFECTIVE),
    ("importance", part("importance", INTEGER)),
    ("confidence", part("confidence", INTEGER)),
    ("stage",      part("stage", word(terms.STAGE_OF_CHANGE))),
    root=True)

STRENGTH, BARRIER = (table(native,
    *observed(),
    (None,    named(word_)),
    ("goals", GOALS),
    ("date",  EFFECTIVE),
    ("text",  OwnWords()),
    root=True) for native, word_ in ((o.Strength, "strength"), (o.Barrier, "barrier")))

USE_EVENT = table(o.UseEvent,
    *observed(),
    category("social-history"),
    (None,               named("use-event")),
    ("approximate_date", EFFECTIVE),
    ("substance",        part("substance", CONCEPT_VALUE)),
    ("context",          part("context", STRING)),
    ("response",         part("response", STRING)),
    root=True)

ANALYTE = table(o.Analyte,
    ("proof",     extension(PROOF, at("valueCode", codes(" ".join(terms.PROOF))))),
    ("substance", at("code", CONCEPT)),
    ("result",    choice("value",
        CodeableConcept=(v.Concept, CONCEPT), Quantity=(v.Quantity, QUANTITY), String=(str, TEXT))))

TOXICOLOGY = table(o.Toxicology,
    *observed(),
    category("laboratory"),
    (None,                       named("toxicology")),
    ("expected_from_medication", extension(EXPECTED_FROM_MEDICATION, at("valueCode", ANSWERED))),
    ("fulfils",                  references("basedOn")),
    ("collected",                EFFECTIVE),
    ("reported_at",              at("issued", INSTANT)),
    ("specimen",                 at("specimen", REFERENCE)),
    ("analytes",                 at("component", each(ANALYTE))),
    root=True)

OUTCOME = table(o.Outcome,
    *observed(),
    category("survey"),
    (None,          named("outcome")),
    ("date",        EFFECTIVE),
    ("wellbeing",   part("wellbeing", QUANTITY_VALUE)),
    ("days_of_use", part("days-of-use", INTEGER)),
    ("days_asked",  part("days-asked", INTEGER)),
    ("housing",     part("housing", CONCEPT_VALUE)),
    ("work",        part("work", CONCEPT_VALUE)),
    root=True)

_OURS: tuple[tuple[str, Table], ...] = (
    ("level-of-care", LEVEL_OF_CARE), ("domain-summary", DOMAIN_SUMMARY), ("overdose-readiness", OVERDOSE_READINESS),
    ("readiness", READINESS), ("strength", STRENGTH), ("barrier", BARRIER), ("use-event", USE_EVENT),
    ("toxicology", TOXICOLOGY), ("outcome", OUTCOME),
)
OBSERVATION = Variants(
    # what recognises it       table
    (PREFERENCE_KIND,          PREFERENCE),
    (PREGNANCY_CODE,           PREGNANCY),
    (TOTAL,                    SCORE),
    *((named(word_), entity) for word_, entity in _OURS),
    (OTHERWISE,                FINDING))
# fmt: on
