"""Understanding as a number: how much of real documents the lens understands, and the clinical paths, all of them.

Counted are leaves of resources whose type has a table (mappings/lens/coverage.py), over ../shared/corpus and fixtures.
"""

from __future__ import annotations

import re
import statistics
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mappings import convert
from mappings import tree as jt
from mappings.check import check
from mappings.lens.coverage import Coverage
from mappings.lens.documents import Docs
from mappings.tables.clinical import CLINICAL
from mappings.tables.weights import ITEM_WEIGHT, ORDINAL
from mappings.terms.systems import LOCAL
from mappings.translate import RELEASES, read

ROOT = Path(__file__).resolve().parents[1]
CORPUS = ROOT.parent / "shared" / "corpus"
# fmt: off
AT_LEAST = {
    # type                   median  sum
    "CarePlan":              (0.95,  0.90),
    "Goal":                  (0.95,  0.90),
    "QuestionnaireResponse": (0.95,  0.90),
    "Questionnaire":         (0.85,  0.85),
}
# fmt: on
JUDGED = {*AT_LEAST, "ServiceRequest"}


def trees(files: Iterator[Path]) -> Iterator[tuple[str, jt.Tree]]:
    """Yield the name and tree of each file of a judged type that a tree can hold."""
    for file in sorted(files):
        try:
            tree = jt.parse(file.read_bytes())
        except jt.NotJSON:
            continue
        if isinstance(tree, dict) and tree.get("resourceType") in JUDGED:
            yield file.name, tree


def covered(tree: jt.Tree, release: str) -> Coverage:
    """Return what of one document is understood."""
    return read(Docs(release, {"X/1": tree}), "X/1").coverage


@pytest.mark.parametrize("release", RELEASES)
def test_enough_is_understood(release: str, capsys: Any) -> None:
    """Median over files and sum over leaves, for the four types, in both releases."""
    if not CORPUS.is_dir():
        pytest.skip("../shared/corpus is not here")
    shares: dict[str, list[float]] = defaultdict(list)
    sums: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for _, tree in trees((CORPUS / release.lower()).glob("*/*.json")):
        counts = covered(tree, release).counts()
        for kind, (yes, all_) in counts.items():
            sums[kind][0] += yes
            sums[kind][1] += all_
        if (kind := tree["resourceType"]) in counts:
            shares[kind].append(counts[kind][0] / counts[kind][1])
    with capsys.disabled():
        for kind in AT_LEAST:
            yes, all_ = sums[kind]
            median = statistics.median(shares[kind])
            print(
                f"\n{release} {kind}: median {median:.1%} of {len(shares[kind])} files, {yes}/{all_} = {yes / all_:.1%}"
            )
    for kind, (median, whole) in AT_LEAST.items():
        assert statistics.median(shares[kind]) >= median, kind
        assert sums[kind][0] / sums[kind][1] >= whole, kind


def documents() -> Iterator[tuple[str, jt.Tree]]:
    """Yield the R4 documents of fixtures and corpus, and the corpus' R5 documents as R4."""
    yield from trees((ROOT / "fixtures").glob("*/r4/*.json"))
    if CORPUS.is_dir():
        yield from trees((CORPUS / "r4").glob("*/*.json"))
        for name, tree in trees((CORPUS / "r5").glob("*/*.json")):
            yield name, convert(tree, "R5", "R4")


def clinical(tree: jt.Tree, path: jt.Path) -> str | None:
    """Return the clinical path that a leaf stands under, None where it stands under none."""
    said, node = [tree["resourceType"]], tree
    for n, step in enumerate(path):
        node = node[step]
        if step == "extension" or (isinstance(step, int) and path[n - 1] != "extension"):
            continue
        if isinstance(step, int):
            said.append(f"extension({node.get('url') if isinstance(node, dict) else None})")
        elif not (step == "item" and said[-1] == "item"):
            said.append(step)
    for end in range(len(said), 1, -1):
        if ".".join(said[:end]) in CLINICAL:
            inner = any(step.startswith("extension(") for step in said[end:])
            return None if inner and not said[end - 1].startswith("extension(") else ".".join(said[:end])
    return None


def said_elsewhere(tree: jt.Tree, place: str, path: jt.Path) -> bool:
    """Tell whether a leaf says what stands elsewhere: one of two equal weights; a question of our own form."""
    if path[-1] == "url":
        return place.endswith((f"({ORDINAL})", f"({ITEM_WEIGHT})"))
    return place == "QuestionnaireResponse.item.text" and str(tree.get("questionnaire")).startswith(LOCAL)


def unsound(tree: jt.Tree) -> tuple[str, ...]:
    """Return the places of a document that break FHIR's structure, or must not be interpreted (modifierExtension)."""
    marked = [path[: path.index("modifierExtension")] for path, _ in jt.leaves(tree) if "modifierExtension" in path]
    broken = [x.path for x in check(tree) if x.level in ("structure", "binding")]
    return (*broken, *(jt.fhirpath(tree["resourceType"], path) for path in marked))


def test_the_clinical_paths_are_understood_completely(capsys: Any) -> None:
    """100 % of the valid leaves on each clinical path, over fixtures and corpus; every fixture's is valid."""
    yes: Counter[str] = Counter()
    no: dict[str, list[str]] = defaultdict(list)
    for name, tree in documents():
        found = covered(tree, "R4")
        own = [leaf for leaf in found.understood if leaf.path[0] != "contained"]
        yes.update(place for leaf in own if (place := clinical(tree, leaf.path)))
        lost = [leaf for leaf in found.carried_leaves if leaf.path[0] != "contained"]
        bad = unsound(tree) if any(clinical(tree, leaf.path) for leaf in lost) else ()
        for leaf in lost:
            place = clinical(tree, leaf.path)
            if place and not leaf.fhirpath.startswith(bad) and not said_elsewhere(tree, place, leaf.path):
                no[place].append(f"{name}: {leaf.fhirpath}")
    seen = [place for place in CLINICAL if yes[place]]
    with capsys.disabled():
        print(f"\n{sum(yes.values())} leaves on {len(seen)} of {len(CLINICAL)} clinical paths, all understood")
        print("not seen in corpus or fixtures:", ", ".join(p for p in CLINICAL if p not in seen))
    assert dict(no) == {}
    assert len(seen) > 80


def test_each_clinical_path_has_its_reason() -> None:
    """A path is spelled as FHIR spells it and says what goes wrong without it."""
    assert [path for path, why in CLINICAL.items() if not why or not re.match(r"[A-Z]\w+\.\w+", path)] == []


def test_what_an_object_shows_alone_the_whole_document_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leaves tried within the object that holds them are the same as those tried by reading the whole anew."""
    few = [tree for name, tree in documents() if len(jt.dump(tree)) < 6_000]
    quick = [covered(tree, "R4") for tree in few]
    monkeypatch.setattr("mappings.lens.coverage._nearest", lambda *_: None)
    assert [covered(tree, "R4") for tree in few] == quick
    assert sum(len(found.understood) for found in quick) > 1_000
