"""Labels that a code is known by, and labels that published files give to it by mistake.

A label is not compared with ours as such, for editions and languages differ: it is a mistake where it is that of
another code, or one that is known to be wrong.

    labels.tsv   codes of SNOMED CT beside those of snomed.py; sources as there, and 7 SHIFT-Task-Force/demo-fhir-data,
                 whose input/fsh/valuesets/SUD.fsh has the label that stands here as a mistake
"""

from __future__ import annotations

import re
from pathlib import Path

from mappings.terms.snomed import DISPLAYS, SNOMED

_LINES = Path(__file__).with_name("labels.tsv").read_text("utf-8").splitlines()
_ROWS = [line.split("\t") for line in _LINES[1:]]

KNOWN: dict[str, dict[str, str]] = {SNOMED: {**DISPLAYS, **{code: label for code, _, label, _ in _ROWS}}}
"""system -> code -> label."""

MISTAKEN = {(SNOMED, code, mistake) for code, _, _, mistake in _ROWS if mistake}
"""(system, code, label) of mistakes that were published."""

RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
"""https://terminology.hl7.org/RxNorm.html"""

ICD_10 = ("http://hl7.org/fhir/sid/icd-10", "http://hl7.org/fhir/sid/icd-10-cm")

# fmt: off
_NAMES_BY_CODE = (
    # systems       codes                                        what their labels name
    # canvas-medical/canvas-plugins canvas_sdk/value_set/v2026/medication.py (VSAC 2.16.840.1.113762.1.4.1046.269)
    ((RXNORM,),     r"864706|864718|991147",                     r"methadone"),
    ((RXNORM,),     r"351264|351265|351267|1010604",             r"buprenorphine"),
    ((RXNORM,),     r"637213|1483744",                           r"naltrexone"),
    ((RXNORM,),     r"197623",                                   r"disulfiram"),
    ((RXNORM,),     r"835726",                                   r"acamprosate"),
    ((RXNORM,),     r"198031",                                   r"nicotine"),
    # https://icd.who.int/browse10/2019/en#/F10-F19: the third character is the substance; F19 is of several
    (ICD_10,        r"F10\b.*",                                  r"alcohol"),
    (ICD_10,        r"F11\b.*",                                  r"opioid|opiate|heroin|opium"),
    (ICD_10,        r"F12\b.*",                                  r"cannab|marijuana"),
    (ICD_10,        r"F13\b.*",                                  r"sedative|hypnotic|anxiolytic|benzodiazepine"),
    (ICD_10,        r"F14\b.*",                                  r"cocaine"),
    (ICD_10,        r"F15\b.*",                                  r"stimulant|amphetamine|caffeine"),
    (ICD_10,        r"F17\b.*",                                  r"nicotine|tobacco|smok"),
)
# fmt: on
NAMED = tuple(
    (system, re.compile(codes), re.compile(f"(?i){names}"))
    for systems, codes, names in _NAMES_BY_CODE
    for system in systems
)
"""(system, its codes, what their labels name): a label that names what other codes of the system are is a mistake."""


def names_another(system: str, code: str, label: str) -> bool:
    """Return whether a label names a drug or a substance that its code is not of, and none that it is of."""
    mine = [names for of, codes, names in NAMED if of == system and codes.fullmatch(code)]
    if not mine or any(names.search(label) for names in mine):
        return False
    return any(of == system and names.search(label) for of, _, names in NAMED)
