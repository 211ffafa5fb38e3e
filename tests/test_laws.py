"""The laws of the lens, over generated values: what is written is read again, what was not changed is not touched."""

from __future__ import annotations

from dataclasses import replace

import natives
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from mappings import tree as jt
from mappings.lens.documents import MISSING, Desk, Docs, Refused
from mappings.model import values as v
from mappings.tables import TABLES
from mappings.tables.service_request import DETAIL
from mappings.translate import read, write

ENTITIES = [native for kind in sorted(TABLES) for native in TABLES[kind].natives]
laws = settings(
    max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.explicit, Phase.generate]
)

# What is refused, rather than written: the closed list that law 1 leaves out, each with its reason.
REFUSALS = {
    "write/no-element": "a therapy inside the plan has no place for what only a request holds",
    "write/refused": "a value without a code, without a text, or two values for one record",
    "write/ambiguous": "equal items without keys that differ in what was not read",
    "write/too-many": "R4 allows one identifier of a response",
    "write/referenced-member": "a referenced member is not edited through the plan",
    "write/other-entity": "what recognises an entity among those of its resource type is not taken from it",
    "write/other-field": "what the model has a field of its own for is not given in another one",
}


def listed(refused: Refused) -> None:
    """Hold a refusal to the closed list."""
    assert refused.issue.rule in REFUSALS


def two(native: type) -> st.SearchStrategy:
    one = natives.entity(native)
    return st.tuples(one, one)


def fresh(value) -> Docs:
    kind = value.RESOURCE
    ref = f"{kind}/x"
    made = write(Docs("R4", {}), ref, was=None, now=value)
    return Docs("R4", dict(made)) if made else Docs("R4", {ref: {"resourceType": kind}})


@pytest.mark.parametrize("native", ENTITIES)
class TestLaws:
    def test_a_new_document_reads_as_what_was_written(self, native):
        """Law 1, from nothing: read(write(x)) == x."""
        ref = f"{native.RESOURCE}/x"

        @laws
        @given(natives.entity(native))
        def law(value):
            docs = fresh(value)
            assert read(docs, ref).value == value

        law()

    def test_an_edited_document_reads_as_what_was_written(self, native):
        """Law 1, over an edit: read(write(docs, was, x)) == x, whatever stood there before."""
        ref = f"{native.RESOURCE}/x"

        @laws
        @given(two(native))
        def law(pair):
            before, after = pair
            docs = fresh(before)
            was = read(docs, ref).value
            try:
                out = write(docs, ref, was=was, now=after)
            except Refused as refused:
                listed(refused)
                return
            assert read(docs.replaced(out), ref).value == after

        law()

    def test_nothing_changed_writes_nothing(self, native):
        """Law 2: the same value writes no document."""
        ref = f"{native.RESOURCE}/x"

        @laws
        @given(natives.entity(native))
        def law(value):
            docs = fresh(value)
            found = read(docs, ref).value
            assert not write(docs, ref, was=found, now=natives.bare(found))

        law()

    def test_an_edit_leaves_every_other_element_as_it_was(self, native):
        """Law 3: one field edited, every element that is not its row's is the very same object, unknown ones too."""
        ref = f"{native.RESOURCE}/x"

        @laws
        @given(two(native), st.sampled_from([field for field, _ in natives.table_of(native).rows if field]))
        def law(pair, field):
            before, after = pair
            docs = fresh(before)
            docs = docs.replaced({ref: {**docs[ref], "x-unknown": {"kept": [None, jt.Number("1.50")]}}})
            was = read(docs, ref).value
            try:
                out = write(docs, ref, was=was, now=replace(was, **{field: getattr(after, field)}))
            except Refused as refused:
                listed(refused)
                return
            there, row = docs.replaced(out)[ref], dict(natives.table_of(native).rows)[field]
            shared = {"contained", "extension"}  # members and own words stand in lists with others
            other = [name for name in docs[ref] if not row.owns(name) and name not in shared]
            assert all(there[name] is docs[ref][name] for name in other)

        law()

    def test_undo_by_value_restores(self, native):
        """Law 4: writing the old value back gives the old document, but for what the write reported as lost."""
        ref = f"{native.RESOURCE}/x"

        @laws
        @given(two(native))
        def law(pair):
            before, after = pair
            docs = fresh(before)
            was = read(docs, ref).value
            try:
                there = docs.replaced(write(docs, ref, was=was, now=after))
                again = there.replaced(write(there, ref, was=read(there, ref).value, now=was))
            except Refused as refused:
                listed(refused)
                return
            assert _unordered(again[ref]) == _unordered(docs[ref])

        law()


UNORDERED = ("extension", "contained", "component", "category")
"""Lists whose items say what they are: what is taken out and put back stands at the end."""


def _unordered(tree):
    """A tree without the order of keys and of those lists."""
    if isinstance(tree, list):
        return [_unordered(x) for x in tree]
    if not isinstance(tree, dict):
        return tree
    found = {name: _unordered(tree[name]) for name in sorted(tree)}
    return found | {name: sorted(found[name], key=jt.dump) for name in UNORDERED if name in found}


@laws
@given(st.lists(natives.details(), min_size=1, max_size=4), st.data())
def test_therapies_inside_the_plan_are_edited_reordered_and_removed_in_place(therapies, data):
    """Law 1 over activity.detail: any permutation, subset and edit of what stands in the plan reads back."""
    nodes = [{"detail": DETAIL.write(MISSING, None, one, Desk(Docs("R4", {}), "CarePlan/x"))} for one in therapies]
    docs = Docs("R4", {"CarePlan/x": {"resourceType": "CarePlan", "activity": nodes}})
    was = read(docs, "CarePlan/x").value
    kept = data.draw(st.lists(st.sampled_from(was.activities), unique_by=lambda a: a.key))
    edits = data.draw(st.lists(st.none() | natives.details(), min_size=len(kept), max_size=len(kept)))
    now = replace(
        was,
        activities=tuple(
            a if edit is None else replace(a, therapy=v.Member(value=edit)) for a, edit in zip(kept, edits, strict=True)
        ),
    )
    out = write(docs, "CarePlan/x", was=was, now=now)
    after = docs.replaced(out)
    assert all("detail" in node for node in after["CarePlan/x"].get("activity", []))
    assert read(after, "CarePlan/x").value == now


def test_a_parsed_document_is_shared_not_copied():
    """An edit of one target leaves the other one the same object."""
    goal = jt.parse(b'{"resourceType":"Goal","target":[{"dueDate":"2026-01-01"},{"dueDate":"2027-01-01"}]}')
    docs = Docs("R4", {"Goal/1": goal})
    was = read(docs, "Goal/1").value
    now = replace(was, targets=(was.targets[0], replace(was.targets[1], due=v.Date("2028-01-01"))))
    out = write(docs, "Goal/1", was=was, now=now)
    assert out["Goal/1"]["target"][0] is goal["target"][0]
