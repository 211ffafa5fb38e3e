"""HL7's own validator judges what plans link to, said in the other release: what was sound is sound there."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest
from peers import CORPUS, skip
from peers.referee import errors, judge
from test_releases_linked import NO_PLACE, OF_THE_PLAN, OTHER, documents

from mappings.releases import converted
from mappings.tree import Tree, dump

pytestmark = pytest.mark.peers

EVERY = 1 if os.environ.get("PEERS_SHORT", "") in ("", "0") else 8
"""PEERS_SHORT=1: every eighth document."""

# Errors that a conversion cannot help, by what the validator says, and why.
UNAVOIDABLE = {
    r"is not valid \(invalid Version '[45]\.0'\)": "the validator was not given the other release's definitions; the"
    " specification defines the url: https://hl7.org/fhir/R5/versions.html#extensions",
    r"'All Languages'": "R5 binds languages to codes, R4 prefers some: of a language in words R5 has no code."
    " https://hl7.org/fhir/R5/patient-definitions.html: 'Binding: All Languages (required)'",
    r"is not in valueset: http://hl7\.org/fhir/ValueSet/languages": "the validator is wrong: R4 prefers these codes and"
    " requires none. https://hl7.org/fhir/R4/valueset-languages.html",
    r"spd-1": "R5: 'If an expression is present, there SHALL be a processingMode', which R4 does not demand",
    r"extension http://hl7\.org/fhir/StructureDefinition/(itemWeight|ordinalValue) is not allowed": "the extension's"
    " definitions for R4 and R5 allow it in different places; it stays where it was",
}


def linked(release: str) -> Iterator[dict[str, Tree]]:
    """Yield each resource of fixtures and corpus that plans link to, each once."""
    seen: set[bytes] = set()
    for _, tree in documents(release):
        if tree["resourceType"] not in {*OF_THE_PLAN, *NO_PLACE} and dump(tree) not in seen:
            seen.add(dump(tree))
            yield tree


@pytest.mark.parametrize("release", ["R4", "R5"])
def test_what_is_sound_is_sound_in_the_other_release(
    release: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each sound document of fixtures and corpus goes to the other release without an error that is not on the list."""
    if not CORPUS.is_dir():
        skip("HL7 validator", "../shared/corpus is not here")
    before: list[Path] = []
    after: list[Path] = []
    for at, tree in enumerate(islice(linked(release), 0, None, EVERY)):
        said = converted(tree, release, OTHER[release]).tree
        for files, side, document in ((before, "was", tree), (after, "is", said)):
            files.append(tmp_path / f"{at:04}-{tree['resourceType']}-{side}.json")
            files[-1].write_bytes(dump(document))
    was, now = judge(before, release=release), judge(after, release=OTHER[release])
    sound = [made for old, made in zip(before, after, strict=True) if not errors({old: was[old]})]
    new = [x for x in errors({made: now[made] for made in sound}) if not any(re.search(p, x.text) for p in UNAVOIDABLE)]
    with capsys.disabled():
        print(f"\n{release} -> {OTHER[release]}: {len(before)} judged, {len(sound)} sound, new errors: {len(new)}")
    assert new == []
