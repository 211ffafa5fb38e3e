"""`check` beside HL7's validator over single mutations of sound documents: it says of each what the validator says.

make test-referee judges every twentieth; PEERS_MUTATIONS=1 all of them (some 17,000, ten minutes).
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from peers.agreement import Said, ours, theirs, why
from peers.differences import FELL_OVER, ours_alone, theirs_alone
from peers.mutations import bases, fields_of, mutations
from peers.mutations_by_hand import by_hand
from peers.referee import SEVERE, Finding, judge
from rich_documents import FOUR

from mappings.check import check
from mappings.check.shapes import SHAPES
from mappings.tree import dump

EVERY = 1 if os.environ.get("PEERS_MUTATIONS") else 20
BATCH = 2000
LEVELS = {"json", "structure", "binding", "invariant"}


@pytest.mark.parametrize("release", ["R4", "R5"])
def test_the_rich_documents_are_sound(release: str) -> None:
    """What is mutated has no error of ours; extensions of ours have no definition."""
    assert [f for tree in bases(release).values() for f in check(tree, release=release) if f.severity in SEVERE] == []


@pytest.mark.parametrize("release", ["R4", "R5"])
def test_each_element_stands_in_a_rich_document(release: str) -> None:
    """Each element of the four types and of the datatypes of extensions' values is mutated."""
    met = {(shape.name, field.name) for tree in bases(release).values() for _, field, shape in fields_of(release, tree)}
    types = {shape for shape, _ in met} - {"Element"}
    wanted = {(of, f.name) for of in types for f in SHAPES[release][of].fields.values() if not f.twin}
    missing = wanted - met
    by_other_means = {"id", "extension", "modifierExtension", "contained", "implicitRules"}
    left = {(of, name) for of, name in missing if name not in by_other_means} - LEFT
    assert (left, set(FOUR) <= types) == (set(), True)


LEFT = {
    # elements that an invariant, or the depth of what is made, keeps out of the rich documents
    ("Meta", "profile"), ("DataRequirement", "profile"), ("TriggerDefinition", "timingDate"),
    ("TriggerDefinition", "timingDateTime"), ("TriggerDefinition", "timingReference"),
    ("TriggerDefinition", "timingTiming"), ("SampledData", "offsets"), ("TimingRepeat", "when"),
    ("TimingRepeat", "offset"), ("DataRequirementCodeFilter", "searchParam"),
    ("DataRequirementDateFilter", "searchParam"), ("QuestionnaireItem", "answerConstraint"),
}  # fmt: skip


@pytest.mark.peers
@pytest.mark.referee
@pytest.mark.parametrize("release", ["R4", "R5"])
def test_mutations_are_judged_as_the_referee_judges_them(release: str, tmp_path: Path) -> None:
    """Each mutation is an error for both, or for neither, or the difference has its reason."""
    documents = {name: data for at, (name, data) in enumerate(_documents(release)) if at % EVERY == 0}
    counts, unexplained = Counter[str](), []
    reasons = Counter[str]()
    for name, data, said in _judged(documents, release, tmp_path):
        verdict, reason = _compared(data, said, release)
        counts[verdict] += 1
        if reason:
            reasons[f"{verdict}: {reason}"] += 1
        elif verdict not in {"both", "neither", "it fell over", "other levels"}:
            unexplained.append(f"{name}: {verdict}: {[f.text[:90] for f in said if f.severity in SEVERE][:2]}")
    print(f"\nreferee: {len(documents)} mutations of {release}: {dict(counts)}")
    for reason, count in reasons.most_common():
        print(f"  {count:5}  {reason}")
    assert unexplained == [], "\n".join(unexplained)


def _documents(release: str) -> Iterator[tuple[str, bytes]]:
    for mutation in mutations(release):
        yield mutation.name, dump(mutation.document)
    for name, document in by_hand(release):
        yield name, document if isinstance(document, bytes) else dump(document)


def _judged(documents: dict[str, bytes], release: str, folder: Path) -> Iterator[tuple[str, bytes, list[Finding]]]:
    named = list(documents.items())
    for start in range(0, len(named), BATCH):
        files = {folder / f"{at}.json": each for at, each in enumerate(named[start : start + BATCH])}
        for file, (_, data) in files.items():
            file.write_bytes(data)
        for file, said in judge(list(files), release=release).items():
            yield *files[file], said


def _compared(data: bytes, said: list[Finding], release: str) -> tuple[str, str]:
    """Return who finds an error, and why one alone does."""
    severe = [found for found in said if found.severity in SEVERE]
    if any(found.text.startswith(FELL_OVER[0]) or found.text == FELL_OVER[1] for found in severe):
        return "it fell over", ""
    we = [one for one in ours(check(data, release=release)) if one.level in LEVELS]
    they = [one for one in theirs(severe) if not why("", one)]
    others = [one for one in they if one.level not in LEVELS and one.level]
    if others and not we:
        return "other levels", ""
    if not they or not we:
        return _alone([one.text for one in severe] if they else [], we)
    if any(one.meets(other) for one in they for other in we) or any(one.level == "json" for one in we):
        return "both", ""
    reason = _reason(one.text for one in severe) or ours_alone(we[0].rules)
    return "both, by other rules", reason


def _alone(they: list[str], we: list[Said]) -> tuple[str, str]:
    if they:
        return "it alone", _reason(they)
    if we:
        return "we alone", ours_alone(we[0].rules)
    return "neither", ""


def _reason(texts: Iterable[str]) -> str:
    return next((reason for text in texts if (reason := theirs_alone(text))), "")
