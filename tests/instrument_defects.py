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
    options,
    own,
    planned,
    response,
)

# fmt: off
MORE: list[tuple[str, dict[str, Any], set[tuple[str, str]]]] = [
    # what, the document, (rule, path)
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
    *((f"{code} of {system}", planned(coding(code, system=system)), {("code-form", "category[0].coding[0].code")})
      for system, code in ((SNOMED, "66590004"), (SNOMED, "44254-1"), (SNOMED, "12345"), (LOINC, "66590003"),
                           (LOINC, "PHQ9"), (RXNORM, "F10.20"))),
]
# fmt: on
