"""Documents about instruments with one mistake each, beyond those that were published (instrument_mistakes.py)."""

from __future__ import annotations

from typing import Any

from instrument_mistakes import (
    BAM_TOTAL,
    LOINC,
    PHQ_9,
    RXNORM,
    SNOMED,
    asked,
    changed,
    coding,
    form,
    options,
    own,
    planned,
    response,
)

# fmt: off
MORE: list[tuple[str, dict[str, Any], set[tuple[str, str]]]] = [
    # what, the document, (rule, path)
    ("the title of another instrument", form("gad-7", title="PHQ-9", name="Gad7", url="urn:gad-7"),
        {("not-this", "title")}),
    ("an answer twice", changed(PHQ_9, options(2, lambda o: o.insert(2, o[1]))),
        {("answer", "item[2].answerOption[2].valueCoding.code")}),
    ("a score that is a text", changed(PHQ_9, lambda t: t["item"][9].update(type="string")),
        {("range", "item[9].type")}),
    ("a score without one of the answers", changed(response("phq-9", 8, 1), lambda t: t["item"].pop(3)),
        {("partial", "item[8].answer")}),
    ("nine questions of ten",
        own("DAST-10", *(asked(f"q{n}", "yes-no") for n in range(9)), {**BAM_TOTAL, "code": [coding("82667-7")]}),
        {("not-this", "title")}),
    ("an answer that a goal cannot aim at", {"resourceType": "Goal", "target": [
        {"measure": {"coding": [coding("44250-9")]}, "detailCodeableConcept": {"coding": [coding("LA18926-8")]}}]},
        {("answer", "target[0].detailCodeableConcept.coding[0].code")}),
    *((f"a code of {system}", planned(coding(code, system=system)), {("system", "category[0].coding[0].system")})
      for system, code in (("https://loinc.org", "44250-9"), ("http://loinc.org/", "44250-9"),
                           ("urn:oid:2.16.840.1.113883.6.96", "66590003"), ("http://snomed.info/sct/", "66590003"),
                           ("http://nlm.nih.gov/research/umls/rxnorm", "1483744"))),
    ("a unit of http://unitsofmeasure.org/", {"resourceType": "Goal", "target": [
        {"detailQuantity": {"value": 5, "code": "kg", "system": "http://unitsofmeasure.org/"}}]},
        {("system", "target[0].detailQuantity.system")}),
    ("answers of http://www.loinc.org", form("phq-9", contained=[{"resourceType": "ValueSet", "compose": {"include": [
        {"system": "http://www.loinc.org", "concept": [{"code": "LA6568-5"}, {"code": "LA6569-3"}]}]}}]),
        {("system", "contained[0].compose.include[0].system")}),
    *((f"{code} of {system}", planned(coding(code, system=system)), {("code-form", "category[0].coding[0].code")})
      for system, code in ((SNOMED, "66590004"), (SNOMED, "44254-1"), (SNOMED, "12345"), (LOINC, "66590003"),
                           (LOINC, "PHQ9"), (RXNORM, "F10.20"))),
]
# fmt: on
