"""Labels that a code is known by, and labels that published files give to it by mistake.

A label is not compared with ours as such, for editions and languages differ: it is a mistake where it is that of
another code, or one that is known to be wrong.

    labels.tsv   codes of SNOMED CT beside those of snomed.py; sources as there, and 7 SHIFT-Task-Force/demo-fhir-data,
                 whose input/fsh/valuesets/SUD.fsh has the label that stands here as a mistake
"""

from __future__ import annotations

from importlib.resources import files

from mappings.terms.snomed import DISPLAYS, SNOMED

_ROWS = [
    line.split("\t") for line in (files("mappings.terms") / "labels.tsv").read_text("utf-8").splitlines()[1:] if line
]

KNOWN: dict[str, dict[str, str]] = {SNOMED: {**DISPLAYS, **{code: label for code, _, label, _ in _ROWS}}}
"""system -> code -> label."""

MISTAKEN = {(SNOMED, code, mistake) for code, _, _, mistake in _ROWS if mistake}
"""(system, code, label) of mistakes that were published."""
