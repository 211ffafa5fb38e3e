"""The laws over real documents that nobody here wrote: ../shared/corpus. Every understood leaf of every file is edited.

Prints how many leaves were edited, which dependents were touched, and how much is understood.
"""

from __future__ import annotations

import re
import statistics
from collections import Counter, defaultdict
from pathlib import Path

import pytest

from mappings import native
from mappings import tree as jt
from mappings.lens.documents import DEPENDENTS, Docs, Refused
from mappings.tables import TABLES
from mappings.translate import read, write

CORPUS = Path(__file__).resolve().parents[2] / "shared" / "corpus" / "r4"
WITH_NARRATIVE = 2  # leaves of a file that are edited with its narrative in place; making one costs a whole reading

pytestmark = pytest.mark.skipif(not CORPUS.is_dir(), reason="../shared/corpus is not here")


def documents(*kinds: str):
    """Yield (file, tree) of every corpus file of these types that a tree can hold."""
    for file in sorted(CORPUS.glob("*/*.json")):
        try:
            tree = jt.parse(file.read_bytes())
        except jt.NotJSON:
            continue  # duplicate keys: kept as bytes, never read (tests/test_tree.py)
        if tree.get("resourceType") in (kinds or TABLES):
            yield file, tree


def test_every_file_reads_and_what_is_not_changed_is_not_written():
    """Law 2: each file reads; the same value writes nothing; native JSON gives the same value back."""
    count = 0
    for file, tree in documents():
        docs = Docs("R4", {"X/1": tree})
        found = read(docs, "X/1")
        if found.value is None:
            assert [i.rule for i in found.issues] == ["read/modifier"], file.name
            continue
        again, issues = native.load(native.dump(found.value))
        assert (again, issues) == (found.value, ()), file.name
        assert not write(docs, f"{tree['resourceType']}/1", was=found.value, now=again)
        count += 1
    assert count > 370


@pytest.mark.parametrize("kind", sorted(TABLES))
def test_every_understood_leaf_is_edited_and_nothing_else_changes(kind, capsys):
    """Law 3 and ablation: a leaf edited through the model changes itself and its declared dependents; and back."""
    edited, dependents = 0, Counter()
    for file, tree in documents(kind):
        whole = {f"{kind}/1": tree}
        bare = {f"{kind}/1": {k: v for k, v in tree.items() if k != "text"}}
        docs = Docs("R4", bare)
        leaves = read(docs, f"{kind}/1").coverage.understood
        for n, leaf in enumerate(leaves):
            use = docs if n >= WITH_NARRATIVE else Docs("R4", whole)
            dependents += edit_one(use, f"{kind}/1", leaf, file.name)
            edited += 1
    with capsys.disabled():
        print(f"\n{kind}: {edited} leaves edited, dependents {dict(dependents)}")
    assert edited or not any(True for _ in documents(kind))
    assert set(dependents) <= set(DEPENDENTS)


def edit_one(docs: Docs, ref: str, leaf, name: str) -> Counter:
    """Edit one leaf through the model, there and back; return which dependents were touched."""
    original = docs[ref]
    by_hand = jt.replaced(original, leaf.path, leaf.edited)
    was, now = read(docs, ref).value, read(docs.replaced({ref: by_hand}), ref).value
    try:
        out = write(docs, ref, was=was, now=now)
    except Refused as refused:  # what recognises an entity is understood as the entity itself
        assert refused.issue.rule == "write/other-entity", f"{name}: {leaf.fhirpath}"
        return Counter()
    there = docs.replaced(out)
    assert read(there, ref).value == now, f"{name}: {leaf.fhirpath} does not read back"
    touched = Counter(i.rule.removeprefix("dependent/") for i in out.issues if i.rule.startswith("dependent/"))
    places = [i.path for i in out.issues]
    for path in differences(there[ref], by_hand):
        if leaf.path[-1] == "url" and path[: len(leaf.path) - 2] == leaf.path[:-2]:
            touched["extension"] += 1
        elif leaf.path[-1] == "system" and path == leaf.path[: len(path)]:
            touched["system"] += 1
        else:
            assert any(declared(place, original["resourceType"], path) for place in places), (
                f"{name}: editing {leaf.fhirpath} changed {jt.fhirpath('', path)}: {places}"
            )
    back = there.replaced(write(there, ref, was=now, now=was))
    assert read(back, ref).value == was, f"{name}: {leaf.fhirpath} does not go back"
    if not touched:
        assert back[ref] == original, f"{name}: {leaf.fhirpath} does not restore"
    return touched


def differences(a, b, path=()):
    """Yield the paths of leaves (and removed parts) in which two trees differ, identity first."""
    if a is b or (type(a) is type(b) and not isinstance(a, dict | list) and a == b):
        return
    if isinstance(a, dict) and isinstance(b, dict):
        for key in {**a, **b}:
            if key not in a or key not in b:
                yield (*path, key)
            else:
                yield from differences(a[key], b[key], (*path, key))
        if [k for k in a if k in b] != [k for k in b if k in a]:
            yield path
    elif isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
        for n, (x, y) in enumerate(zip(a, b, strict=True)):
            yield from differences(x, y, (*path, n))
    else:
        yield path


def declared(place: str, kind: str, path) -> bool:
    """Tell whether a reported place covers a path; positions in it may be those of the native list."""

    def plain(text: str) -> str:
        return re.sub(r"\[\d+\]|extension\('[^']*'\)|\.resolve\(\)", "", text).replace("..", ".")

    return plain(jt.fhirpath(kind, path)).startswith(plain(place)) or plain(place).endswith("contained")


def test_understanding_is_a_number(capsys):
    """The median over files is at least 70 % for CarePlan, Goal and QuestionnaireResponse."""
    shares, sums = defaultdict(list), defaultdict(lambda: [0, 0])
    for _, tree in documents():
        kind = tree["resourceType"]
        counts = read(Docs("R4", {"X/1": tree}), "X/1").coverage.counts()
        for inner, (yes, all_) in counts.items():
            sums[inner][0] += yes
            sums[inner][1] += all_
        if kind in counts:
            shares[kind].append(counts[kind][0] / counts[kind][1])
    medians = {kind: statistics.median(found) for kind, found in shares.items()}
    with capsys.disabled():
        for kind, (yes, all_) in sorted(sums.items()):
            print(
                f"\n{kind}: median {medians[kind]:.0%} of {len(shares[kind])} files,",
                f"sum {yes}/{all_} = {yes / all_:.1%}",
                end="",
            )
        print()
    assert min(medians[kind] for kind in ("CarePlan", "Goal", "QuestionnaireResponse")) >= 0.70
