"""Compiled and interpreted tables are the same: values, trees, issues, refusals, and which objects are shared."""

from __future__ import annotations

import ast
import copy
import linecache
import os
import pickle
import random
import subprocess
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import FrozenInstanceError, fields, replace
from pathlib import Path
from typing import Any

import natives
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from mappings import tree as jt
from mappings.lens.combinators import Table
from mappings.lens.compiled import _COMPILED, compiled, source
from mappings.lens.documents import Docs, Refused
from mappings.model import Goal
from mappings.model import values as v
from mappings.tables import TABLES
from mappings.translate import read, write

CORPUS = Path(__file__).resolve().parents[2] / "shared" / "corpus" / "r4"
EXAMPLES = int(os.environ.get("PLANBRIDGE_LAWS", "0"))  # as in tests/test_laws.py
laws = settings(
    max_examples=EXAMPLES or 6,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.generate],
)
NATIVES = sorted({n for one in TABLES.values() for n in one.natives}, key=lambda n: n.__name__)


@contextmanager
def interpreted() -> Iterator[None]:
    """Ask the rows themselves, table by table, as the definition has it."""
    kept = Table.read, Table.write
    Table.read, Table.write = Table.read_plain, Table.write_plain  # type: ignore[method-assign]
    try:
        yield
    finally:
        Table.read, Table.write = kept  # type: ignore[method-assign]


def said(tree: jt.Tree, ref: str, edit: Any = None) -> Any:
    """Return all that reading a document, and writing an edit of it, comes to; origin tokens and sharing included."""
    docs = Docs("R4", {ref: tree})
    found = read(docs, ref)
    told: list[Any] = [repr(found.value), found.unread]
    if edit is None or found.value is None:
        return told
    try:
        out = write(docs, ref, was=found.value, now=edit(found.value))
    except Refused as refused:
        return [*told, refused.issue]
    shared = [name for name, value in out.get(ref, {}).items() if value is tree.get(name)]
    return [*told, {name: jt.dump(one) for name, one in out.items()}, out.issues, shared]


def same(tree: jt.Tree, ref: str, edit: Any = None) -> None:
    """Hold the compiled functions to the rows."""
    with interpreted():
        expected = said(tree, ref, edit)
    assert said(tree, ref, edit) == expected


def written(value: Any) -> jt.Tree:
    ref = f"{type(value).RESOURCE}/x"
    return write(Docs("R4", {}), ref, was=None, now=value).get(ref, {"resourceType": type(value).RESOURCE})


@pytest.mark.parametrize("native", NATIVES, ids=lambda n: n.__name__)
def test_they_agree_on_what_is_generated(native: type) -> None:
    """Read and written alike: a new document, another value over it, one of its fields set or cleared."""

    @laws
    @given(st.tuples(natives.entity(native), natives.entity(native)), st.randoms(use_true_random=False))
    def law(pair: tuple[Any, Any], chance: random.Random) -> None:
        before, after = pair
        tree, ref = written(before), f"{native.RESOURCE}/x"  # type: ignore[attr-defined]
        with interpreted():
            assert jt.dump(written(before)) == jt.dump(tree)
        field = chance.choice([f.name for f in fields(native)])  # type: ignore[arg-type]
        same(tree, ref, lambda was: after)
        same(tree, ref, lambda was: with_field(was, after, field))
        same(broken(tree, chance), ref, lambda was: with_field(was, after, field))

    law()


def with_field(was: Any, after: Any, field: str) -> Any:
    """Return a value with one field as another one has it; the other one, where a broken document reads as another."""
    return replace(was, **{field: getattr(after, field)}) if type(was) is type(after) else after


ILL: tuple[jt.Tree, ...] = (None, True, "", "x", [], {}, jt.Number("1.50"), [None], ["x", None], {"x": 1}, [[]], [{}])


def broken(tree: jt.Tree, chance: random.Random) -> jt.Tree:
    """Return a document with some of its parts in another shape, doubled, or under a name that a choice may own."""
    for _ in range(chance.randint(1, 3)):
        paths = [path for path, _ in jt.leaves(tree) if path != ("resourceType",)]
        if not paths:
            return tree
        path = chance.choice(paths)
        path = path[: chance.randint(1, len(path))]
        there = jt.get(tree, path)
        other = chance.choice([*ILL, [there], [there, there], {"modifierExtension": [], "x": there}])
        tree = jt.replaced(tree, path, other)
        if isinstance(path[-1], str):
            parent = jt.get(tree, path[:-1])
            name = chance.choice(["modifierExtension", "_" + path[-1], path[-1] + "X", "valueString", "extension"])
            if chance.random() < 0.3 and name not in parent:
                tree = jt.replaced(tree, path[:-1], {**parent, name: there})
        if tree.get("resourceType") is None:
            return tree
    return tree


@pytest.mark.skipif(not CORPUS.is_dir(), reason="../shared/corpus is not here")
def test_they_agree_on_real_documents(capsys: pytest.CaptureFixture[str]) -> None:
    """Every corpus file of a type that has a table, and each file with a field cleared."""
    count = 0
    for n, file in enumerate(sorted(CORPUS.glob("*/*.json"))):
        try:
            tree = jt.parse(file.read_bytes())
        except jt.NotJSON:
            continue
        kind = tree.get("resourceType")
        if kind in TABLES and file.stat().st_size < 60_000:
            bare = {name: value for name, value in tree.items() if name != "text"}  # making one costs a whole reading
            same(bare, f"{kind}/1", lambda was, n=n: cleared(was, n))
            count += 1
    with capsys.disabled():
        print(f"\ncompiled and interpreted agree on {count} corpus files")
    assert count > 300


def cleared(value: Any, n: int) -> Any:
    """Return a value without one of the fields that it has."""
    held = [f for f in fields(value) if getattr(value, f.name) not in (None, ())]
    return replace(value, **{held[n % len(held)].name: held[n % len(held)].default}) if held else value


class TestSource:
    def test_it_is_python_that_reads_as_the_table(self) -> None:
        """Each table has functions named after it, each with a docstring."""
        for kind, one in TABLES.items():
            for node in ast.parse(source(one)).body:
                assert isinstance(node, ast.FunctionDef), kind
                assert ast.get_docstring(node), node.name
        assert "def read_goal(raw, view, key=None):" in source(TABLES["Goal"])
        assert "'lifecycleStatus' in raw" in source(TABLES["Goal"])

    def test_a_traceback_shows_its_lines(self) -> None:
        """Where a generated function fails, one sees which row it was at."""
        table = TABLES["Goal"]
        with pytest.raises(AttributeError) as caught:
            compiled(table).read({"resourceType": "Goal"}, None)  # type: ignore[arg-type, misc]
        assert "hit = view.memo.get(id(raw))" in "".join(traceback.format_exception(caught.value))
        linecache.checkcache()
        assert linecache.getline("<mappings.lens.compiled goal>", 1).startswith("def read_goal")

    def test_it_can_be_printed(self) -> None:
        """python -m mappings.lens.compiled Goal"""
        root = Path(__file__).resolve().parents[1]
        line = [sys.executable, "-m", "mappings.lens.compiled", "Goal"]
        told = subprocess.run(line, cwd=root, capture_output=True, text=True, check=True).stdout
        assert "def read_goal(raw, view, key=None):" in told
        assert "def write_goal(raw, was, now, desk):" in told

    def test_tables_are_compiled_at_first_use(self) -> None:
        """Importing the tables compiles none of them."""
        script = "import sys, mappings.translate; print('mappings.lens.compiled' in sys.modules)"
        root = Path(__file__).resolve().parents[1]
        told = subprocess.run([sys.executable, "-c", script], cwd=root, capture_output=True, text=True, check=True)
        assert told.stdout.strip() == "False"

    def test_values_are_made_by_the_functions_where_they_can_be(self) -> None:
        """No table falls back on the combinators for its reading."""
        for one in TABLES.values():
            source(one)
        plain = [one.name for one in _COMPILED.values() if f"def read_{one.name}(" not in one.source]
        assert plain == []


def test_a_value_that_was_read_is_as_frozen_as_one_that_was_made() -> None:
    """It cannot be changed, and is copied, compared, hashed and pickled like any other."""
    docs = Docs("R4", {"Goal/1": jt.parse(b'{"resourceType":"Goal","priority":{"text":"high"},"startDate":"2026"}')})
    found = read(docs, "Goal/1").value
    made = Goal(priority=v.Concept(text="high"), begins=v.Date("2026"))
    assert (found, type(found), repr(found)) == (made, Goal, repr(made))
    assert copy.deepcopy(found) == pickle.loads(pickle.dumps(found)) == made
    assert hash(found) == hash(made)
    with pytest.raises(FrozenInstanceError):
        found.lang = None
