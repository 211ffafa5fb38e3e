"""Each constraint of HL7's definitions of the four types and their datatypes is judged, or left out for a reason."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mappings.check import RULES
from mappings.check.invariants import BY_ELEMENT

PROFILES = Path(__file__).parents[2] / "shared" / "profiles"
pytestmark = pytest.mark.skipif(not PROFILES.is_dir(), reason="the definitions (../shared/profiles) are not here")

LEFT_OUT = {
    "dom-6": "best practice, of nearly every document",
    "que-1a": "asks for a status, complete, that no value set has",
    "con-2": "R5: a warning under the id of an error of R4",
    "con-3": "R4: a warning under the id of an error of R5",
    "ctm-1": "asks for the resource behind a reference",
    "obs-9": "asks for the resource behind a reference",
    "prov-1": "asks for the resource behind a reference",
    "prov-2": "asks for the resource behind a reference",
    "prov-3": "asks for the resource behind a reference",
    "ppc-2": "asks for the system 'something', which no code has",
    "ppc-3": "asks for the system 'something', which no code has",
    "ppc-4": "asks for the system 'something', which no code has",
    "ppc-5": "asks for the system 'something', which no code has",
}


def _constraints(release: str) -> Iterator[tuple[str, str]]:
    for file in sorted((PROFILES / release.lower()).glob("*.json")):
        definition: dict[str, Any] = json.loads(file.read_bytes())
        if definition["resourceType"] == "StructureDefinition":
            for element in definition["snapshot"]["element"]:
                yield from ((one["key"], element["path"]) for one in element.get("constraint", []))


@pytest.mark.parametrize("release", ["R4", "R5"])
def test_each_constraint_of_the_definitions_is_judged(release: str) -> None:
    """What a definition constrains has a rule of this release; what has none is named with its reason."""
    whole = {rule for rule in RULES if rule.partition("-")[0] in {"dom", "ele", "que", "ref"}}
    ours = {rule.rule for (of, _), rules in BY_ELEMENT.items() if of == release for rule in rules} | whole
    keys = {key for key, _ in _constraints(release)}
    print(f"\n{release}: {len(keys)} constraints, {len(keys & ours)} judged: {' '.join(sorted(keys))}")
    assert (len(keys) > 50, keys - ours - set(LEFT_OUT)) == (True, set())
