"""The profiles of the receivers as HL7's validator is given them, and what stands in for definitions not at hand.

The definition files name extensions and value sets that are not among them; where the validator cannot find one, it
says that it cannot judge and calls that an error. Each such extension is stood in for by one that allows any value,
and each value set of a required binding by the codes that `check` has.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from mappings.check.bindings import read_value_sets
from mappings.check.profile.constraints import VALUE_SETS
from peers import ROOT

PROFILES = ROOT.parent / "shared" / "profiles"

# fmt: off
FOLDERS = {
    # receiver      the folders of definitions, in the order in which the validator reads them: the last of one url wins
    "us-core-9":   ("sdc-4", "us-core-8.0.0", "us-core-9.0.0"),
    "us-core-6.1": ("sdc-4", "us-core-6.1.0"),
    "mcc":         ("sdc-4", "us-core-6.1.0"),
    "sdc-4":       ("sdc-4",),
    "abdm":        ("nrces-2.0.1",),
}
# fmt: on

US_CORE = "http://hl7.org/fhir/us/core/ValueSet/"
CODES = {
    US_CORE + name: tuple(read_value_sets(VALUE_SETS)[f"{US_CORE}{name}|9.0.0"].pairs)
    for name in ("us-core-problem-or-health-concern", "us-core-narrative-status")
}
"""Value sets of required bindings: canonical -> (system, code)."""


def definitions(receiver: str, folder: Path) -> list[Path]:
    """Return the folders that the validator is to know for a receiver; stand-ins are written into `folder`."""
    known = [PROFILES / name for name in FOLDERS[receiver]]
    files = [file for place in known for file in sorted(place.glob("StructureDefinition-*.json"))]
    read = [json.loads(file.read_bytes()) for file in files]
    at_hand = {one["url"] for one in read}
    folder.mkdir(parents=True, exist_ok=True)
    made = [_extension(url) for url in sorted(set(_extensions(read)) - at_hand)]
    made += [_value_set(url, codes) for url, codes in CODES.items()]
    for n, one in enumerate(made):
        (folder / f"stand-in-{n}.json").write_text(json.dumps(one), "utf-8")
    return [*known, folder]


def at_hand(url: str, receiver: str) -> bool:
    """Return whether the definition that a canonical names, by url or url|version, is among a receiver's."""
    bare, _, version = url.partition("|")
    files = [file for name in FOLDERS[receiver] for file in (PROFILES / name).glob("StructureDefinition-*.json")]
    read = (json.loads(file.read_bytes()) for file in files)
    return any(one["url"] == bare and version in ("", one.get("version")) for one in read)


def _extensions(read: Iterable[dict[str, Any]]) -> Iterator[str]:
    for one in read:
        for part in ("differential", "snapshot"):
            for element in one.get(part, {}).get("element", []):
                for kind in element.get("type", []):
                    if kind.get("code") == "Extension":
                        yield from (url.partition("|")[0] for url in kind.get("profile", []))


def _extension(url: str) -> dict[str, Any]:
    return {
        "resourceType": "StructureDefinition",
        "url": url,
        "name": "StandIn",
        "status": "active",
        "fhirVersion": "4.0.1",
        "kind": "complex-type",
        "abstract": False,
        "context": [{"type": "element", "expression": "Element"}],
        "type": "Extension",
        "baseDefinition": "http://hl7.org/fhir/StructureDefinition/Extension",
        "derivation": "constraint",
        "differential": {
            "element": [
                {"id": "Extension", "path": "Extension"},
                {"id": "Extension.url", "path": "Extension.url", "fixedUri": url},
            ]
        },
    }


def _value_set(url: str, codes: Iterable[tuple[str, str]]) -> dict[str, Any]:
    include = [{"system": system, "concept": [{"code": code}]} for system, code in codes]
    return {"resourceType": "ValueSet", "url": url, "status": "active", "compose": {"include": include}}
