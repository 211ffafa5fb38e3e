"""The laws of the three-way merge, over generated documents and edits: nothing is lost, mixed or made up."""

from __future__ import annotations

import json
from collections import Counter

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from merge_documents import ANSWERS, FORM, PLAN, edited, told

from mappings.merge import carry, difference, merge3
from mappings.merge.align import woven
from mappings.terms.units import label_at
from mappings.tree import Number, dump, from_plain, get

laws = settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))

# Generated cases: a resource-like base of which every leaf is told apart, and two sides that edit it at random.


@st.composite
def bases(draw):
    """A document of one of the types above, with parts dropped and list items repeated; each leaf its own text."""
    at = iter(range(10_000))

    def some(node, name=""):
        if isinstance(node, dict):
            kept = {k: v for k, v in node.items() if k in FIXED or draw(st.integers(0, 5))}
            return {k: some(v, k) for k, v in kept.items()}
        if isinstance(node, list) and node and isinstance(node[0], dict):
            return [some(item) for item in node for _ in range(draw(st.integers(0, 2)))]
        if isinstance(node, list):
            return [some(item) for item in node]
        return node if name in FIXED or node is None else f"b{next(at)}"

    return some(draw(st.sampled_from([PLAN, FORM, ANSWERS])))


FIXED = {"resourceType", "status", "instantiatesUri", "_instantiatesUri"}
WITHIN = {"linkId", "reference", "url", "coding"}  # keys go with their items: a new key alone is a case of its own


def nodes(tree, path=()):
    yield path
    inner = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for step, node in inner:
        yield from nodes(node, (*path, step))


def edits(tree, draws, mark):
    """The tree after random edits: leaves changed, elements and items added, removed and moved. Fresh texts only."""
    for n, (kind, where, more) in enumerate(draws):
        copy = json.loads(dump(tree))
        places = [p for p in nodes(copy) if p and not (FIXED | WITHIN) & set(p) and p[0] not in ("id", "meta", "text")]
        if not places:
            return tree
        *holder, last = places[where % len(places)]
        held = get(copy, tuple(holder))
        if isinstance(held, list):
            item = held.pop(last)
            if kind == "move":
                held.insert(more % (len(held) + 1), item)
            elif kind == "add":
                held[last:last] = [item, fresh(item, f"{mark}{n}")]
            elif kind == "change":
                held.insert(last, fresh(item, f"{mark}{n}"))
        elif kind == "change":
            held[last] = fresh(held[last], f"{mark}{n}")
        elif kind == "add":
            held[("language", "description", "comment", "_comment")[more % 4]] = {"text": f"{mark}{n}"}
        else:
            del held[last]
        tree = pruned(from_plain(copy))
    return tree


def fresh(node, mark):
    if isinstance(node, dict):
        return {k: v if k in FIXED else fresh(v, f"{mark}.{k}") for k, v in node.items()}
    if isinstance(node, list):
        return [fresh(item, f"{mark}.{n}") for n, item in enumerate(node)]
    return mark


def pruned(tree):
    """FHIR has neither empty objects nor empty lists."""
    if isinstance(tree, dict):
        return {k: p for k, v in tree.items() if (p := pruned(v)) not in ({}, [])}
    return [p for v in tree if (p := pruned(v)) not in ({}, [])] if isinstance(tree, list) else tree


EDITS = st.lists(
    st.tuples(st.sampled_from(["change", "drop", "add", "move"]), st.integers(0, 9999), st.integers(0, 99)), max_size=4
)
CASES = st.builds(
    lambda base, both, ours, theirs: (
        pruned(base),
        edits(edits(pruned(base), both, "s"), ours, "o"),
        edits(edits(pruned(base), both, "s"), theirs, "t"),
    ),
    bases(),
    EDITS.map(lambda draws: draws[:1]),
    EDITS,
    EDITS,
)


ANY_JSON = st.dictionaries(
    st.sampled_from(["text", "_text", "id", "meta", "contained", "activity", "note", "goal", "status", "item"]),
    st.recursive(
        st.none() | st.booleans() | st.text(max_size=2) | st.just(Number("1.0")),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["detail", "resourceType", "id", "_id", "reference", "url"]), inner, max_size=3
            )
        ),
        max_leaves=8,
    ),
    max_size=4,
)


class TestLaws:
    @laws
    @given(CASES)
    def test_where_one_side_changed_nothing_the_other_stands(self, case):
        """merge3(b, b, t) is t, and merge3(b, o, b) is o: the very object, key order and all."""
        base, ours, theirs = case
        kind = base["resourceType"]
        same = edited(base, lambda _: None)
        assert merge3(kind, base, same, theirs).tree is theirs
        assert merge3(kind, base, ours, same).tree is (ours if ours != base else same)

    @laws
    @given(CASES)
    def test_the_same_change_on_both_sides_is_no_clash(self, case):
        """merge3(b, x, x) == x."""
        base, ours, _ = case
        assert merge3(base["resourceType"], base, ours, edited(ours, lambda _: None)).tree == ours

    @laws
    @given(CASES)
    def test_both_sides_changes_stand_and_nothing_else(self, case):
        """Merged, a document says what both sides say and what either added since: no more, no less."""
        base, ours, theirs = case
        outcome = merge3(base["resourceType"], base, ours, theirs)
        if not outcome.conflicts:
            b, o, t = told(base), told(ours), told(theirs)
            assert told(outcome.tree) == (o & t) | (o - b) | (t - b)

    @laws
    @given(CASES)
    def test_clashes_do_not_depend_on_who_is_who(self, case):
        """Sides exchanged, the same places clash; where none does, the documents say the same."""
        base, ours, theirs = case
        one, other = (merge3(base["resourceType"], base, *sides) for sides in ((ours, theirs), (theirs, ours)))
        assert Counter(c.reason for c in one.conflicts) == Counter(c.reason for c in other.conflicts)
        assert one.conflicts or told(one.tree) == told(other.tree)

    @laws
    @given(CASES)
    def test_what_neither_side_touched_stays_as_it_was(self, case):
        """An element that is equal in all three is equal in the merge, and so is its place among the others."""
        base, ours, theirs = case
        tree = merge3(base["resourceType"], base, ours, theirs).tree
        if tree is not None:
            untouched = [k for k in base if base[k] == ours.get(k) == theirs.get(k)]
            assert [(k, tree[k]) for k in tree if k in untouched] == [(k, base[k]) for k in theirs if k in untouched]

    @laws
    @given(CASES)
    def test_a_carried_change_stands(self, case):
        """carry() settles every clash for the change: all that it added is there, and nothing that it removed."""
        base, after, onto = case
        told_base, told_after, told_onto = told(base), told(after), told(onto)
        got = told(carry(base["resourceType"], base, after, onto))
        assert told_after - told_base <= got <= told_after | told_onto

    @laws
    @given(CASES)
    def test_a_difference_names_what_changed(self, case):
        """No difference between equals; every change is named at, above or below where the documents differ."""
        base, ours, _ = case
        kind = base["resourceType"]
        changes = difference(kind, base, ours)
        assert difference(kind, ours, edited(ours, lambda _: None)) == ()
        tops = {
            label_at(kind, (), k).removesuffix("[x]") for k in base.keys() | ours.keys() if base.get(k) != ours.get(k)
        }
        assert {c.path.split(".")[1].split("[")[0] for c in changes} == tops - {"id"}

    @given(st.lists(st.integers(0, 20), unique=True), st.lists(st.integers(0, 20), unique=True))
    def test_weaving_keeps_the_leader_and_drops_nothing(self, leader, follower):
        """All of both, each once; the leader's order is kept."""
        result = woven(leader, follower)
        assert sorted(result) == sorted(set(leader) | set(follower))
        assert [x for x in result if x in leader] == leader

    @laws
    @given(st.lists(ANY_JSON, min_size=3, max_size=3))
    def test_no_document_is_too_odd(self, three):
        """Whatever the documents are, both functions answer."""
        outcome = merge3("CarePlan", *({"resourceType": "CarePlan", **tree} for tree in three))
        assert (outcome.tree is None) == bool(outcome.conflicts)
        assert isinstance(difference("CarePlan", three[0], three[1]), tuple)

    def test_no_document_is_too_deep(self):
        """The deepest document that is read is merged, or left to a person where the stack does not reach."""

        def form(prefix):
            items = [{"linkId": "0", "prefix": prefix}]
            for _ in range(98):
                items = [{"linkId": "0", "item": items}]
            return {"resourceType": "Questionnaire", "item": items}

        def from_below(frames):
            return from_below(frames - 1) if frames else merge3("Questionnaire", *map(form, "bot"))

        assert [len(from_below(frames).conflicts) for frames in (0, 400)] == [1, 1]
