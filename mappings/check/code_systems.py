"""Codes of HL7's own code systems: whether the system that a coding names has such a code, bound or not.

data/code_systems.tsv holds the systems of HL7's packages that are complete there (the column `source` names them), a
release each: http://hl7.org/fhir/..., http://terminology.hl7.org/CodeSystem/... A code counts as known that either
release's list has: terminologies grow between releases of FHIR, and a document may be newer than its release.

https://hl7.org/fhir/R4/terminologies.html#code
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from mappings.check.findings import MAX_FINDINGS, finding
from mappings.check.rules import Finding
from mappings.tree import Path, Tree

_OURS = ("http://hl7.org/fhir/", "http://terminology.hl7.org/CodeSystem/")
_EXPANDED = "contains"
"""What an expansion says is its terminology server's: https://hl7.org/fhir/R4/valueset-definitions.html#ValueSet.expansion"""
_FIX = "Correct the code, or name the system that it is of."


class _CodeSystem(NamedTuple):
    """The codes of a system; `folded` where case does not tell codes apart."""

    codes: frozenset[str]
    folded: bool

    def has(self, code: str) -> bool:
        return (code.casefold() if self.folded else code) in self.codes


def judge_codes(tree: Tree, release: str) -> list[Finding]:
    """Return the codings whose system is held and has no such code, at most MAX_FINDINGS. Never raises for any tree."""
    if not isinstance(tree, dict) or not _has_unknown(tree):
        return []
    root = str(tree.get("resourceType"))
    what = "the code system has no such code"
    places = (at for at, _ in zip(_unknown(tree, ()), range(MAX_FINDINGS), strict=False))
    return [finding("reference/code", root, (*at, "code"), what, _FIX, release=release) for at in places]


def _has_unknown(tree: Tree) -> bool:
    """Return whether there is any, without saying where: in most documents there is none."""
    waiting = [tree]
    while waiting:
        here = waiting.pop()
        if isinstance(here, dict):
            if "system" in here and _is_unknown(here):
                return True
            waiting += [value for name, value in here.items() if isinstance(value, dict | list) and name != _EXPANDED]
        else:
            waiting += [value for value in here if isinstance(value, dict | list)]
    return False


def _unknown(here: Tree, at: Path) -> Iterator[Path]:
    if isinstance(here, dict):
        if "system" in here and _is_unknown(here):
            yield at
        for name, value in here.items():
            if name != _EXPANDED:
                yield from _unknown(value, (*at, name))
    elif isinstance(here, list):
        for n, value in enumerate(here):
            yield from _unknown(value, (*at, n))


def _is_unknown(coding: dict[str, Tree]) -> bool:
    system, code = coding["system"], coding.get("code")
    if not isinstance(system, str) or not isinstance(code, str) or not system.startswith(_OURS):
        return False
    held = _code_systems().get(system)
    return held is not None and not held.has(code)


@cache
def _code_systems() -> dict[str, _CodeSystem]:
    held: dict[str, _CodeSystem] = {}
    lines = (files("mappings.check") / "data" / "code_systems.tsv").read_text("utf-8").splitlines()
    for line in lines[1:]:
        _, system, _, _, case, codes = line.split("\t")
        folded = case == "any"
        known = frozenset((codes.casefold() if folded else codes).split(" "))
        before = held.get(system)
        held[system] = (
            _CodeSystem(known | before.codes, folded)
            if before and before.folded == folded
            else _CodeSystem(known, folded)
        )
    return held
