"""The laws of R4 <-> R5, over real documents that nobody here wrote, over broken ones, and over what the lens writes.

Prints how many documents passed each law in each direction.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import natives
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from mappings.check import is_valid
from mappings.check.shapes import SHAPES
from mappings.issues import Issue
from mappings.lens.coverage import edits
from mappings.lens.documents import Docs
from mappings.releases import MOVED, convert, converted, kinds, put_back
from mappings.releases.carried import BASE
from mappings.releases.datatypes import Led
from mappings.releases.engine import Origins
from mappings.releases.questionnaire import AnswerKind
from mappings.releases.rows import Row
from mappings.releases.same import Chosen, Same
from mappings.releases.types import TYPES
from mappings.tables import TABLES
from mappings.translate import read, write
from mappings.tree import NotJSON, Number, Tree, dump, get, leaves, parse, replaced
from mappings.tree import Path as TreePath

CORPUS = Path(__file__).resolve().parents[2] / "shared" / "corpus"
OTHER = {"R4": "R5", "R5": "R4"}
EDITS = 2  # leaves of a file that are edited in the other release
SMALL = 12_000  # bytes of a file that is broken on purpose

with_corpus = pytest.mark.skipif(not CORPUS.is_dir(), reason="../shared/corpus is not here")


def laws(examples: int) -> settings:
    """Return the settings of a law: a conversion is tried often, and not made smaller."""
    phases = [Phase.explicit, Phase.generate]
    return settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck), phases=phases)


def documents(release: str) -> list[tuple[Path, Tree]]:
    """Return (file, tree) of every corpus file of a release that a tree can hold."""
    found = []
    for file in sorted((CORPUS / release.lower()).glob("*/*.json")):
        try:
            found.append((file, parse(file.read_bytes())))
        except NotJSON:
            continue  # duplicate keys: kept as bytes, never converted (tests/test_tree.py)
    return found


@with_corpus
@pytest.mark.parametrize("release", ["R4", "R5"])
def test_there_and_back_is_the_same_document(release, capsys):
    """Each file comes back equal, and valid ones are valid there; none is so broken that it must be kept whole."""
    count: Counter[str] = Counter()
    for file, tree in documents(release):
        before = dump(tree)
        there = converted(tree, release, OTHER[release])
        back = convert(there.tree, OTHER[release], release)
        assert back == tree, file.name
        assert dump(tree) == before, f"{file.name} was changed"
        assert not [issue for issue in there.issues if issue.rule == "release/kept-whole"], file.name
        count["files"] += 1
        count["in the same order of keys"] += dump(back) == before
        if is_valid(tree, release=release):
            assert is_valid(there.tree, release=OTHER[release]), file.name
            count["valid in both"] += 1
    with capsys.disabled():
        print(f"\n{release} -> {OTHER[release]} -> {release}: {dict(count)}")
    assert count["files"] > 100


@with_corpus
@pytest.mark.parametrize("release", ["R4", "R5"])
def test_a_get_after_a_put_in_the_other_release_equals_the_put(release, capsys):
    """Unchanged, the stored document is the same object; leaves edited there are served as they were put."""
    count: Counter[str] = Counter()
    for file, tree in documents(release):
        there = OTHER[release]
        served = convert(tree, release, there)
        assert put_back(tree, release, there, served, served).tree is tree, file.name
        count["unchanged"] += 1
        if len(dump(tree)) > SMALL:
            continue
        for path in editable(served):
            edited = replaced(served, path, get(served, path) + "x")
            put = put_back(tree, release, there, served, edited)
            if [issue.rule for issue in put.issues] == ["release/gave-way"]:
                assert not is_valid(tree, release=release), f"{file.name}: {path}"
                count["leaves edited of what is not valid, where an extension gave way"] += 1
                continue
            assert put.issues == (), f"{file.name}: {path}"
            assert convert(put.tree, release, there) == edited, f"{file.name}: {path}"
            count["leaves edited"] += 1
    with capsys.disabled():
        print(f"\nstored {release}, written in {there}: {dict(count)}")


def editable(tree: Tree) -> list[TreePath]:
    """Return some leaves of text that stand outside of cross-version extensions and mean nothing to the conversion."""
    found = [
        path
        for path, leaf in leaves(tree)
        if isinstance(leaf, str) and not isinstance(leaf, Number) and path[-1] in ("text", "display", "value", "title")
        if not any(step in ("extension", "id") for step in path)
    ]
    return found[:: max(1, len(found) // EDITS)]


MOVING = sorted({name for rows in MOVED.values() for row in rows for name in (*row.r4, *row.r5) if "[" not in name})
PLAIN = sorted({name for kind in ("CarePlan", "CarePlanActivity", "Extension") for name in SHAPES["R5"][kind].fields})
NAMES = [*MOVING, *(f"_{name}" for name in MOVING), *PLAIN]
ABSENT = {"extension": [{"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "unknown"}]}
JUNK = [None, True, "x", "", Number("1.50"), [], {}, [{}], [None], {"a": "b"}, ABSENT, "choice", "coding"]
JUNK += [{"reference": "RequestOrchestration/1"}, {"reference": "RequestGroup/1"}, [{"reference": "#a"}], "CarePlan"]


def paths(tree: Tree, path: TreePath = ()) -> list[TreePath]:
    """Return the path of every node."""
    inner = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    return [path, *(found for step, node in inner for found in paths(node, (*path, step)))]


def broken(tree: Tree, chance: Random) -> Tree:
    """Return a document in which something stands wrong: missing, elsewhere, doubled, renamed, or nonsense."""
    for _ in range(chance.choice([1, 1, 2, 3])):
        known = paths(tree)
        path = chance.choice(known)
        node, step = get(tree, path), path[-1] if path else None
        other = chance.choice([*JUNK, get(tree, chance.choice(known))])
        where = get(tree, path[:-1]) if path else None
        match chance.choice(["put", "drop", "add", "double", "shuffle", "rename"]):
            case "put" if path:
                tree = replaced(tree, path, other)
            case "drop" if isinstance(where, dict):
                tree = replaced(tree, path[:-1], {k: v for k, v in where.items() if k != step})
            case "add" if isinstance(node, dict):
                tree = replaced(tree, path, {**node, chance.choice(NAMES): other})
            case "double" if isinstance(node, list) and node:
                tree = replaced(tree, path, [*chance.sample(node, len(node)), chance.choice(node)])
            case "shuffle" if isinstance(node, dict):
                tree = replaced(tree, path, {key: node[key] for key in chance.sample(list(node), len(node))})
            case "rename" if isinstance(where, dict):
                name = chance.choice(NAMES)
                tree = replaced(tree, path[:-1], {(name if k == step else k): v for k, v in where.items()})
    return tree


@with_corpus
def test_broken_documents_come_back_too(capsys):
    """Whatever stands where in a document of either release, converted before or not: it comes back."""
    known = [(r, tree) for r in OTHER for _, tree in documents(r) if len(dump(tree)) <= SMALL]
    count: Counter[str] = Counter()

    @laws(500)
    @given(st.integers(0, 2**48))
    def law(seed):
        chance = Random(seed)  # drawing each step from Hypothesis takes ten times as long
        release, tree = chance.choice(known)
        if chance.random() < 0.4:
            tree, release = convert(tree, release, OTHER[release]), OTHER[release]
        tree = broken(tree, chance)
        if not isinstance(tree, dict):
            return
        there = convert(tree, release, OTHER[release])
        assert convert(there, OTHER[release], release) == tree
        count[release] += 1
        assert convert(shuffled(tree, chance), release, OTHER[release]) == there

    law()
    with capsys.disabled():
        print(f"\nbroken documents that came back, by release: {dict(count)}")


CONCEPT, LINK = {"coding": [{"system": "urn:s", "code": "c"}]}, {"reference": "Condition/1"}
THINGS = [*JUNK, CONCEPT, [CONCEPT, {"text": "t"}], LINK, [LINK, {"display": "d"}], "2013-06-08T10:00:00Z", "active"]
THINGS += [[{"concept": CONCEPT}, {"reference": LINK}, {"concept": CONCEPT, "reference": LINK}], {"start": "2013"}]
DATATYPES = ("Reference", "Dosage", "SampledData")


def test_whatever_stands_where_a_row_reads_comes_back(capsys):
    """Each row, of each type, meets right and wrong values, its own elements and those of the other release."""
    rows = [(path, row) for path, held in MOVED.items() for row in held]
    count: Counter[str] = Counter()

    @laws(1500)
    @given(st.integers(0, 2**48))
    def law(seed):
        chance = Random(seed)
        (path, row), release = chance.choice(rows), chance.choice(list(OTHER))
        known = [name.replace("[x]", "DateTime") for name in (*row.r4, *row.r5)]
        chosen = chance.sample(known, chance.randint(1, len(known)))
        node = {chance.choice([name, name, f"_{name}"]): chance.choice(THINGS) for name in chosen}
        tree = placed(path, node, release)
        there = convert(tree, release, OTHER[release])
        assert convert(there, OTHER[release], release) == tree
        assert convert(shuffled(tree, chance), release, OTHER[release]) == there
        count[release] += 1

    law()
    with capsys.disabled():
        print(f"\nright and wrong values of {len(rows)} rows that came back, by release: {dict(count)}")


def placed(path: str, node: dict[str, Tree], release: str) -> Tree:
    """Return a resource with a node at a path of R4: CareTeam.participant, Dosage."""
    kind, *steps = path.split(".")
    for step in reversed(steps):
        node = {step: [node]}
    if kind in DATATYPES:
        return {"resourceType": "Basic", "extension": [{"url": "urn:x", f"value{kind}": node}]}
    return {"resourceType": TYPES.get(kind, kind) if release == "R5" else kind, **node}


def shuffled(tree: Tree, chance: Random) -> Tree:
    """Return the same JSON with its keys in another order."""
    if isinstance(tree, list):
        return [shuffled(item, chance) for item in tree]
    if not isinstance(tree, dict):
        return tree
    return {key: shuffled(tree[key], chance) for key in chance.sample(list(tree), len(tree))}


@pytest.mark.parametrize("native", [native for kind in sorted(TABLES) for native in TABLES[kind].natives])
def test_what_the_lens_writes_is_the_same_through_r5(native):
    """A native value written in R5 reads as itself; its R4 document comes back from R5."""
    kind = native.RESOURCE

    @laws(6)
    @given(natives.entity(native))
    def law(value):
        made = write(Docs("R4", {}), f"{kind}/x", was=None, now=value)
        tree = made.get(f"{kind}/x", {"resourceType": kind})
        assert convert(convert(tree, "R4", "R5"), "R5", "R4") == tree
        new = write(Docs("R5", {}), f"{kind}/x", was=None, now=value)
        if new:
            assert read(Docs("R5", new.documents), f"{kind}/x").value == value

    law()


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], None]]:
    """Give what lets every row be asked of every part: none says by itself that it is the same, or how it moves."""

    def forget() -> None:
        kinds.kind.cache_clear()
        kinds.resource_kind.cache_clear()

    def ask_all() -> None:
        for row in (Chosen, Led, Same, AnswerKind):
            monkeypatch.setattr(row, "is_same", Row.is_same)
            monkeypatch.setattr(row, "gist", Row.gist)
        monkeypatch.setattr(Origins, "of", lambda *_: None)
        forget()

    yield ask_all
    forget()


def test_what_is_not_asked_anew_is_as_if_it_were(slow: Callable[[], None]) -> None:
    """A row that says at once that nothing moves, or how a part of its gist moves, says what asking it comes to."""
    chance = Random(5)
    kinds_of = ("choice", "open-choice", "coding", "string", "integer", "reference", "date", "group", "", None)
    options = (
        [{"valueString": "a"}],
        [{"valueCoding": CONCEPT}],
        [{"valueReference": LINK}, {"valueString": "b"}],
        "x",
    )
    more: dict[str, tuple[Tree, ...]] = {
        "answerOption": options,
        "answerConstraint": ("optionsOnly", "optionsOrType", "optionsOrString", 1, None),
    }
    more |= {"answerValueSet": ("http://a", "http://b"), "maxLength": (Number("3"),), "_type": ({"id": "a"},)}
    items: list[Tree] = []
    for _ in range(2_000):
        beside = {name: chance.choice(values) for name, values in more.items() if chance.random() < 0.4}
        items.append({"linkId": "1", "type": chance.choice(kinds_of), **beside})
    forms = [{"resourceType": "Questionnaire", "item": items[n : n + 4]} for n in range(0, len(items), 4)]

    def outcomes() -> list[tuple[bytes, tuple[Issue, ...]]]:
        said = [converted(form, release, OTHER[release]) for form in forms for release in OTHER]
        return [(dump(one.tree), one.issues) for one in said]

    quick = outcomes()
    slow()
    assert outcomes() == quick
    assert sum(len(issues) for _, issues in quick) > 1_000


@with_corpus
def test_what_an_edit_left_alone_is_as_if_it_were_converted_anew(slow: Callable[[], None]) -> None:
    """An edited document of R5, valid or not, is put together of the stored one's nodes: as if all were converted."""
    chance = Random(5)
    changed: list[tuple[str, Tree, Tree]] = []
    for file, tree in documents("R5"):
        if tree.get("resourceType") in TABLES and len(dump(tree)) < SMALL:
            carried = {"url": f"{BASE['R4']}{tree['resourceType']}.{chance.choice(NAMES)}", "valueReference": LINK}
            strange = [(chance.choice(NAMES), chance.choice(JUNK)) for _ in range(4)]
            strange += [("extension", []), ("extension", [carried]), (chance.choice(NAMES), LINK)]
            for one in (tree, *({**tree, name: value} for name, value in strange)):
                where, leaf = chance.choice([x for x in leaves(one) if x[0] != ("resourceType",)])
                changed += [(file.name, one, replaced(one, where, other)) for other in edits(leaf)]

    def outcomes() -> list[tuple[str, bytes, tuple[Issue, ...]]]:
        found = []
        for name, tree, new in changed:
            ref = f"{tree['resourceType']}/1"
            docs = Docs("R5", {ref: tree})
            was, now = read(docs, ref).value, read(docs.replaced({ref: new}), ref).value
            if was is not None and now is not None:
                out = write(docs, ref, was=was, now=now)
                found.append((name, dump(out.get(ref, tree)), out.issues))
        return found

    quick = outcomes()
    slow()
    assert outcomes() == quick
    assert len(quick) > 50


@pytest.mark.parametrize("release", ["R4", "R5"])
def test_a_resource_type_that_is_no_text_is_not_read(release: str) -> None:
    """It has no table, which is said; it is no error."""
    for kind in ({"a": "b"}, ["Goal"], None, True):
        found = read(Docs(release, {"Goal/1": {"resourceType": kind}}), "Goal/1")
        assert (found.value, [issue.rule for issue in found.unread]) == (None, ["read/no-table"])
