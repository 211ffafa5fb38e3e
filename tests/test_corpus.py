"""The laws over real documents that nobody here wrote: ../shared/corpus, in both releases, valid or not.

Each file reads; what is not changed is not written; every understood leaf is edited once through the model, there and
back, and the difference is that leaf and its declared dependents. How many documents and edits passed is printed.

`make test` edits every understood leaf of every file in R4; in R5, where each edit is converted there and back, of each
file the first leaf of each path (positions apart) and every 40th one beside. PLANBRIDGE_LAWS=1: every leaf there too.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from tree_differences import differences

from mappings import native
from mappings import tree as jt
from mappings.lens.coverage import CountedLeaf
from mappings.lens.documents import DEPENDENTS, Docs, Refused
from mappings.releases.sets import named
from mappings.tables import TABLES
from mappings.translate import RELEASES, read, write

CORPUS = Path(__file__).resolve().parents[2] / "shared" / "corpus"
STEP = {"R4": 1, "R5": 1 if os.environ.get("PLANBRIDGE_LAWS") else 40}
WITH_NARRATIVE = 2  # leaves of a file that are edited with its narrative in place; making one costs a whole reading

pytestmark = pytest.mark.skipif(not CORPUS.is_dir(), reason="../shared/corpus is not here")


def documents(release: str, *kinds: str) -> Iterator[tuple[Path, jt.Tree]]:
    """Yield (file, tree) of every corpus file of these types that a tree can hold."""
    wanted = {named(f"{kind}/1", "R4", release).split("/")[0] for kind in kinds or TABLES}
    for file in sorted((CORPUS / release.lower()).glob("*/*.json")):
        try:
            tree = jt.parse(file.read_bytes())
        except jt.NotJSON:
            continue  # duplicate keys: kept as bytes, never read (tests/test_tree.py)
        if tree.get("resourceType") in wanted:
            yield file, tree


@pytest.mark.parametrize("release", RELEASES)
def test_every_file_reads_and_what_is_not_changed_is_not_written(release, capsys):
    """Law 2: each file reads; the same value writes nothing; native JSON gives the same value back."""
    count, unread = Counter(), 0
    for file, tree in documents(release):
        kind = tree["resourceType"]
        docs = Docs(release, {f"{kind}/1": tree})
        found = read(docs, f"{kind}/1")
        if found.value is None:
            assert [i.rule for i in found.unread] == ["read/modifier"], file.name
            unread += 1
            continue
        again, issues = native.load(native.dump(found.value))
        assert (again, issues) == (found.value, ()), file.name
        assert not write(docs, f"{kind}/1", was=found.value, now=again)
        count[kind] += 1
    with capsys.disabled():
        print(f"\n{release}: {sum(count.values())} documents passed law 2: {dict(count)}; not interpreted: {unread}")
    assert sum(count.values()) > {"R4": 450, "R5": 100}[release]


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize("kind", sorted(TABLES))
def test_every_understood_leaf_is_edited_and_nothing_else_changes(kind, release, capsys):
    """Law 3 and ablation: a leaf edited through the model changes itself and its declared dependents; and back."""
    files, edited, dependents, refused = 0, 0, Counter(), Counter()
    for file, tree in documents(release, kind):
        ref = f"{tree['resourceType']}/1"
        bare = Docs(release, {ref: {k: v for k, v in tree.items() if k != "text"}})
        whole = Docs(release, {ref: tree})
        found = read(bare, ref).coverage.understood
        for n, leaf in enumerate(sampled(found, STEP[release])):
            try:
                dependents += edit_one(whole if n < WITH_NARRATIVE else bare, ref, leaf, file.name)
                edited += 1
            except Refused as no:
                refused[no.issue.rule] += 1
        files += 1
    if not files:
        return  # the corpus has none of this type: its laws are those over generated values
    with capsys.disabled():
        print(
            f"\n{release} {kind}: {files} documents, {edited} edits passed laws 1, 3, 4; dependents {dict(dependents)}"
        )
        if refused:
            print(f"  refused: {dict(refused)}")
    assert edited
    assert set(dependents) <= set(DEPENDENTS) | {"release"}  # R5: an extension that the elements contradict gives way
    assert set(refused) <= {"write/other-entity"}


def sampled(leaves: tuple[CountedLeaf, ...], step: int) -> Iterator[CountedLeaf]:
    """Yield the first leaf of each path, and every so many-th one."""
    met: set[str] = set()
    for n, leaf in enumerate(leaves):
        path = re.sub(r"\[\d+\]", "", leaf.fhirpath)
        if path not in met or n % step == 0:
            met.add(path)
            yield leaf


# Leaves that the lens' release holds in another shape, so that more than the leaf is written anew, and why.
RESHAPED = {
    ("R5", r"^QuestionnaireResponse\.identifier\.value$"): "an object where R5 has a list: written as R5 has it",
    ("R5", r"^Consent\..*resourceType"): "R5 has a list a code system where R4 has one list",
}


def reshaped(release: str, leaf: CountedLeaf) -> bool:
    """Tell whether a leaf is one of those."""
    return any(release == of and re.search(where, leaf.fhirpath) for of, where in RESHAPED)


def edit_one(docs: Docs, ref: str, leaf: CountedLeaf, name: str) -> Counter:
    """Edit one leaf through the model, there and back; return which dependents were touched."""
    original = docs[ref]
    by_hand = jt.replaced(original, leaf.path, leaf.edited)
    was, now = read(docs, ref).value, read(docs.replaced({ref: by_hand}), ref).value
    out = write(docs, ref, was=was, now=now)
    there = docs.replaced(out)
    assert read(there, ref).value == now, f"{name}: {leaf.fhirpath} does not read back"
    touched = Counter(i.rule.removeprefix("dependent/") for i in out.issues if i.rule.startswith("dependent/"))
    if any(i.rule == "release/gave-way" for i in out.issues) or reshaped(docs.release, leaf):
        touched["release"] += 1
    places = [i.path for i in out.issues] + [original["resourceType"]] * reshaped(docs.release, leaf)
    for path in differences(there[ref], by_hand):
        if of_the_extension(leaf.path, path):
            touched["extension"] += 1
        elif of_the_code(leaf.path, path) or alone(by_hand, leaf.path, path):
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


def of_the_extension(leaf: jt.Path, path: jt.Path) -> bool:
    """Tell whether a path is the extension that the leaf is the url of, what holds it, or its list."""
    if leaf[-1] != "url" or "extension" not in leaf:
        return False
    held = path[: len(leaf) - 2] == leaf[:-2]
    return held or (path == leaf[: len(path)] and "extension" in leaf[: len(path) + 1])


def of_the_code(leaf: jt.Path, path: jt.Path) -> bool:
    """Tell whether a path is the code of a closed list that the leaf belongs to, or what stands for no code there."""
    held = len(leaf) - (leaf[-1] == "system")
    return (leaf[-1] in ("system", "code") and path[:held] == leaf[: min(held, len(path))]) or path == leaf


def alone(tree: jt.Tree, leaf: jt.Path, path: jt.Path) -> bool:
    """Tell whether nothing but the leaf stands at a path: where it cannot be read any more, nothing is left there."""
    return path == leaf[: len(path)] and len(list(jt.leaves(jt.get(tree, path)))) == 1


def declared(place: str, kind: str, path) -> bool:
    """Tell whether a reported place covers a path; positions in it may be those of the native list."""

    def plain(text: str) -> str:
        return re.sub(r"\[\d+\]|extension\('[^']*'\)|\.resolve\(\)", "", text).replace("..", ".")

    return plain(jt.fhirpath(kind, path)).startswith(plain(place)) or plain(place).endswith("contained")
