"""HL7's own validator judges what R4 <-> R5 makes of the corpus and the fixtures: no error that the original had not.

What it says anew and cannot be avoided, or is wrong about, stands in a list, each with the specification's sentence.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from peers import CORPUS, ROOT, skip
from peers.referee import SEVERE, Finding, judge

from mappings import convert
from mappings.tree import NotJSON, dump, parse

pytestmark = pytest.mark.peers

OTHER = {"R4": "R5", "R5": "R4"}
IS_SHORT = os.environ.get("PEERS_SHORT", "") not in ("", "0")
BATCH = 150
"""Files that one process of the validator judges: it has 300 seconds for them."""

# fmt: off
UNAVOIDABLE = {
    # what the validator says                                 why it may say so
    r"is not valid \(invalid Version '[45]\.0'\)":
        "wrong: the url is as https://hl7.org/fhir/versions.html#extensions defines it ('http://hl7.org/fhir/[version]/"
        "StructureDefinition/extension-[Path]'); without network it knows no version but its own",
    r"context invariant 'type='choice' or type='open-choice''":
        "the extension's definition for R5 names two codes that R5's item-type has not (it has coding): no R5 document "
        "can satisfy it",
    r"context invariant 'type='display''":
        "the original breaks it, too: the definition of questionnaire-displayCategory for R5 has the rule, that for R4 "
        "has not",
    r"allows for the types \[Expression\] but found type string|Constraint failed: exp-1":
        "cqf-calculatedValue is a string by its R4 definition and an Expression by that for R5; in which language R4's "
        "string is nobody knows",
    r"questionnaire-item-control#legal":
        "R4's code system questionnaire-item-control has no legal; the extension's value is as its author wrote it",
    r"fhir/resource-types#\w+, |The value provided \('\w+, ":
        "the original has the same value, several names of types in one code; only the R4 definition binds it",
    r"The value provided \('float'\) was not found":
        "the original has the same code; the message names another version of the list",
    r"Constraint failed: que-1:":
        "R4's que-1: 'Group items must have nested items, display items cannot have nested items'; R5's que-1b, that "
        "'Groups should have items', is a warning",
    r"Constraint failed: bdl-15|appears inside Bundle whose entry is missing a fullUrl":
        "R5's bdl-15: 'Bundle resources where type is not transaction, transaction-response, batch, or batch-response "
        "or when the request is a POST SHALL have Bundle.entry.fullUrl populated'; a fullUrl cannot be made up",
    r"Constraint failed: (bdl-3c|enc-2|spd-1|tim-8|con-[345])":
        "rules that R5 has and R4 has not, broken by what the R4 document says: no element of ours",
    r"(itemWeight|ordinalValue) is not allowed to be used at this point":
        "the original has it in the same place: context rules of extensions differ between the packages for R4 and R5",
    r"unknown name 'Media'":
        "R5 has no Media: a type that only one release has passes as it stands",
    r"Canonical URLs must be absolute URLs":
        "the original has the same value; only the R4 rules look at it",
    r"must be an? (JSON Array|Object), not|Condition\.clinicalStatus: minimum|questionnaire: minimum required = 1":
        "the original is no JSON of its release in that place, which the validator says in other words",
    r"Constraint failed: ref-2":
        "R5's ref-2: 'At least one of reference, identifier and display SHALL be present (unless an extension is "
        "provided)'; the R4 document has none of them, which R4 allows",
    r"is not in valueset: http://hl7.org/fhir/ValueSet/languages":
        "wrong: R4 binds Patient.communication.language as preferred, 'limited to AllLanguages', which has the code; "
        "the validator says in the same breath that a coding from it 'is recommended'",
}
# fmt: on
ONE_RULE = {"que-1a": "que-1", "que-1b": "que-1", "que-1c": "que-1"}
"""Rules that R5 divided: https://hl7.org/fhir/R5/questionnaire.html#invs"""


@pytest.mark.parametrize("release", ["R4", "R5"])
def test_the_referee_finds_no_new_error_in_a_converted_document(release: str, tmp_path: Path) -> None:
    """Every corpus file and fixture of a release, said in the other: what is new about it stands in the list."""
    files = list(originals(release))
    if not files:
        skip(f"referee on {release} said in {OTHER[release]}", "neither ../shared/corpus nor fixtures are here")
    made = [said(file, release, tmp_path / f"{n}.json") for n, file in enumerate(files)]
    before, after = judged(files, release), judged(made, OTHER[release])
    new = {file: list(news(before[file], after[there])) for file, there in zip(files, made, strict=True)}
    known = Counter(why for found in new.values() for each in found if (why := reason(each)))
    sound = [file for file in files if not severe(before[file])]
    print(
        f"\nreferee, {release} -> {OTHER[release]}: {len(files)} files, {len(sound)} of them without an error;",
        f"{sum(not found for found in new.values())} and {sum(not new[file] for file in sound)} without a new one",
    )
    for why, count in known.most_common():
        print(f"  {count:4} {why}")
    assert [f"{file.name}: {each}" for file, found in new.items() for each in found if not reason(each)] == []


def originals(release: str) -> Iterator[Path]:
    """Yield the documents of a release: the corpus, or a slice of it, and the people of fixtures/."""
    found = sorted((CORPUS / release.lower()).glob("*/*.json"))[:: 10 if IS_SHORT else 1]
    for file in [*found, *sorted(ROOT.glob(f"fixtures/*/{release.lower()}/*.json"))]:
        try:
            parse(file.read_bytes())
        except NotJSON:
            continue
        yield file


def said(file: Path, release: str, there: Path) -> Path:
    """Write a document as the other release says it."""
    there.write_bytes(dump(convert(parse(file.read_bytes()), release, OTHER[release])))
    return there


def judged(files: list[Path], release: str) -> dict[Path, list[Finding]]:
    """Return what the validator says of files, some at a time."""
    found: dict[Path, list[Finding]] = {}
    for start in range(0, len(files), BATCH):
        found |= judge(files[start : start + BATCH], release=release)
    return found


def severe(findings: list[Finding]) -> list[Finding]:
    """Return the errors of what was found."""
    return [each for each in findings if each.severity in SEVERE]


def news(before: list[Finding], after: list[Finding]) -> Iterator[Finding]:
    """Yield the errors of a converted document that its original had not, wherever they stand."""
    had = Counter(same(each.text) for each in severe(before))
    for each in severe(after):
        had[same(each.text)] -= 1
        if had[same(each.text)] < 0:
            yield each


def same(text: str) -> str:
    """Return a message without what the release alone changes in it: a rule by its name, a url without its version."""
    if rule := re.match(r"Constraint failed: ([\w-]+)", text):
        return ONE_RULE.get(rule[1], rule[1])
    return re.sub(r"\|[\d.]+|RequestGroup|RequestOrchestration", "", text)


def reason(found: Finding) -> str:
    """Return why something may be said anew, or nothing."""
    return next((why for pattern, why in UNAVOIDABLE.items() if re.search(pattern, found.text)), "")
