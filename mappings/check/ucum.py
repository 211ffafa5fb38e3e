"""Whether a text is a unit of The Unified Code for Units of Measure, in the case in which FHIR writes it: mg/kg/d.

data/units.tsv holds its prefixes and its units, `metric` those that take a prefix. The grammar is that of
https://ucum.org/ucum#section-Full-and-Limited-Conformance: units, numbers and {annotations}, each to a power, between
points and slashes, and in parentheses.

This product includes all or a portion of the UCUM table, UCUM codes, and UCUM definitions or is derived from it,
subject to a license from Regenstrief Institute, Inc. and The UCUM Organization. Your use of the UCUM table, UCUM
codes, UCUM definitions also is subject to this license, a copy of which is available at https://ucum.org/license. The
current complete UCUM table, UCUM Specification are available for download at https://ucum.org.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache, lru_cache

from mappings.check.data import rows

UCUM = "http://unitsofmeasure.org"

_LONGEST = 200
"""Characters of a code that is judged; units in use have some twenty."""

_INNER = re.compile(r"\(([^()]*)\)")


@lru_cache(maxsize=4096)
def is_unit(code: str) -> bool:
    """Return whether a code is a unit of UCUM; one of more than 200 characters passes."""
    if len(code) > _LONGEST:
        return True
    rest, is_term = code, _grammar()
    while found := _INNER.search(rest):
        if not is_term(found[1]):
            return False
        rest = f"{rest[: found.start()]}1{rest[found.end() :]}"
    return is_term(rest) is not None


@cache
def _grammar() -> Callable[[str], re.Match[str] | None]:
    """Return the test of a unit without parentheses."""
    codes: dict[str, list[str]] = {"prefix": [], "metric": [], "plain": []}
    for kind, _version, _source, listed in rows("units.tsv"):
        codes[kind] += listed.split(" ")
    prefix, metric, plain = (_one_of(codes[kind]) for kind in ("prefix", "metric", "plain"))
    unit = rf"(?:{prefix}?{metric}|{plain})(?:[+-]?[0-9]+)?"
    part = rf"(?:(?:{unit}|[0-9]+)(?:{{[^{{}}]*}})?|{{[^{{}}]*}})"
    return re.compile(rf"/?{part}(?:[./]{part})*").fullmatch


def _one_of(codes: list[str]) -> str:
    return f"(?:{'|'.join(re.escape(code) for code in sorted(codes, key=len, reverse=True))})"
