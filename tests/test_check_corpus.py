"""Real documents: `check` agrees with fhir.resources and with HL7's validator, and each difference has its reason."""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from mappings.check import Finding, check

CORPUS = Path(__file__).parents[2] / "shared" / "corpus"
pytestmark = pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus (../shared/corpus) is not on this machine")

# What fhir.resources accepts and the specification forbids: our own stricter rules.
STRICTER = {
    "structure/choice": "it counts a null as absent, so a second value beside it is not seen",
    "structure/decimal": "it takes text for a number",
    "structure/empty": "it takes {} and [] for absent",
    "structure/id": "it allows 255 characters, and / in contained ids",
    "structure/null": "it takes null for absent",
    "structure/uri": "its pattern is not anchored",
}

# What fhir.resources refuses and the specification allows:
LAXER = {
    # its Extension has no _valueString, which https://hl7.org/fhir/R4/json.html#primitive gives to each primitive
    "r4/Questionnaire/sdc__Questionnaire-CardiologyForm.json",
}


@pytest.fixture(scope="module")
def judged() -> dict[str, list[Finding]]:
    return {row["path"]: check(_bytes(row["path"]), release=row["fhirVersion"]) for row in _manifest()}


def _manifest() -> list[dict[str, str]]:
    with (CORPUS / "MANIFEST.tsv").open() as file:
        return list(csv.DictReader(file, delimiter="\t"))


def _bytes(path: str) -> bytes:
    return (CORPUS / path).read_bytes()


def _errors(findings: list[Finding]) -> list[Finding]:
    return [finding for finding in findings if finding.severity in {"error", "fatal"}]


def test_what_fhir_resources_accepts_has_no_finding_but_by_our_stricter_rules(judged: dict[str, Any]) -> None:
    """Each structure finding on an accepted file is by a rule that is named above with its reason."""
    accepted = [row["path"] for row in _manifest() if row["fhir.resources-8.3.0"] == "pass"]
    counts = Counter(f.rule for path in accepted for f in _errors(judged[path]) if f.level in {"json", "structure"})
    print(f"\n{len(accepted)} accepted files, findings by our stricter rules: {dict(counts)}")
    assert set(counts) <= set(STRICTER)


def test_what_fhir_resources_refuses_has_a_finding(judged: dict[str, Any]) -> None:
    """Each refused file has an error, but for those whose reason to be sound is named above."""
    refused = [row["path"] for row in _manifest() if row["fhir.resources-8.3.0"] == "FAIL"]
    assert {path for path in refused if not _errors(judged[path])} == LAXER


@pytest.mark.parametrize("release", ["r4", "r5"])
def test_invariants_are_those_that_the_official_validator_finds(judged: dict[str, Any], release: str) -> None:
    """Whatever invariant we find broken in a file, HL7's validator finds too (its lists end at five lines)."""
    verdicts = json.loads((CORPUS / "verdicts" / f"{release}.json").read_text())
    ours_alone, theirs_alone, both = Counter[str](), Counter[str](), Counter[str]()
    for path, lines in verdicts.items():
        ours = {f.rule for f in _errors(judged[path]) if f.level == "invariant"}
        theirs = _invariants(lines)
        both.update(ours & theirs)
        theirs_alone.update(theirs - ours)
        if len(lines) < 5:
            ours_alone.update(ours - theirs)
    print(f"\n{release}: agreed {dict(both)}, not ours yet {dict(theirs_alone)}")
    assert both
    assert not ours_alone


def _invariants(lines: list[str]) -> set[str]:
    failed = {found[1] for line in lines if (found := re.search(r"Constraint failed: ([a-z]+-\d+[a-z]?)", line))}
    return failed | {rule for words, rule in _IN_WORDS.items() if any(words in line for line in lines)}


# Rules that HL7's validator names in words only.
_IN_WORDS = {
    "not referenced to from elsewhere": "dom-3",
    "Duplicate id value": "invariant/unique-id",
    "Duplicate ID for contained resource": "invariant/unique-contained",
    "Canonical URLs must be absolute URLs": "invariant/absolute-canonical",
    "Canonical URLs in contained resources must be absolute": "invariant/absolute-url",
    "system must be an absolute reference": "invariant/absolute-system",
    "include.system must be absolute": "invariant/absolute-system",
    "references a value set, not a code system": "invariant/system-of-code",
    "Extension.url must be an absolute URL": "invariant/absolute-extension",
    "which is referenced in the enableWhen": "invariant/condition-question",
    "cannot refer to an inner question": "invariant/condition-within",
    "can't reference itself": "invariant/condition-within",
}
