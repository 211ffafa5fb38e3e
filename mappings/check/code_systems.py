"""Codes of known code systems: whether the system that a coding names has such a code, bound or not.

Those that others than HL7 keep are in registries.py.
data/code_systems.tsv holds the systems of HL7's packages that are complete there (the column `source` names them), a
release each: http://hl7.org/fhir/..., http://terminology.hl7.org/CodeSystem/... A code counts as known that either
release's list has: terminologies grow between releases of FHIR, and a document may be newer than its release. The
pack of extensions counts for the release that it is made for alone: the other has these systems in its own package.

https://hl7.org/fhir/R4/terminologies.html#code
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from mappings.check.data import rows
from mappings.check.registries import KEPT
from mappings.tree import Tree

_PACK = "hl7.fhir.uv.extensions."


class _CodeSystem(NamedTuple):
    """The codes of a system; `folded` where case does not tell codes apart."""

    codes: frozenset[str]
    folded: bool

    def has(self, code: str) -> bool:
        return (code.casefold() if self.folded else code) in self.codes


def is_unknown(coding: dict[str, Tree], release: str) -> bool:
    """Return whether a coding (or a quantity) names a system that is held and a code that it has not."""
    system, code = coding.get("system"), coding.get("code")
    if system.__class__ is not str or code.__class__ is not str:
        return False
    if system in KEPT:
        return not KEPT[system](code)
    return system in _held(release) and not _of(system, release).has(code)


@cache
def _of(system: str, release: str) -> _CodeSystem:
    """Return a system that is held, made when a coding first names it."""
    held = _held(release)[system]
    folded = any(case == "any" for case, _ in held)
    codes = " ".join(codes for _, codes in held)
    return _CodeSystem(frozenset((codes.casefold() if folded else codes).split(" ")), folded)


@cache
def _held(release: str) -> dict[str, list[tuple[str, str]]]:
    """Return system -> (whether case counts, its codes), a row for each release that has it."""
    found: dict[str, list[tuple[str, str]]] = {}
    for of, system, _, source, case, codes in rows("code_systems.tsv"):
        if of == release or not source.startswith(_PACK):
            found.setdefault(system, []).append((case, codes))
    return found
