"""Ids and references are rewritten in the bytes and come back as they were."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.sync.translate import (
    Target,
    incoming,
    incoming_tree,
    outgoing,
    outgoing_tree,
    relinked,
)
from mappings.check.references import references_in
from mappings.tree import NotJSON, Unfaithful, parse

BASE = "https://ehr.example/fhir"
CORPUS = Path(__file__).parents[2] / "shared" / "corpus"

THERE = {("Goal", "7"): "aa-1", ("Patient", "1"): "aa-2", ("CarePlan", "c.1"): "aa-3", ("Goal", "aa-1"): "aa-4"}
HERE = {(kind, local): remote for (kind, remote), local in THERE.items()}


def known(kind: str, remote: str) -> str | None:
    return THERE.get((kind, remote))


def remote_of(kind: str, local: str) -> str | None:
    return HERE.get((kind, local))


# fmt: off
FORMS = [
    ("Goal/7",                        "Goal/aa-1"),
    ("Goal/7/_history/3",             "Goal/aa-1/_history/3"),
    (f"{BASE}/Goal/7",                "Goal/aa-1"),
    ("Goal/aa-1",                     "Goal/aa-4"),                     # their id may look like one of ours
    ("Practitioner/9",                f"{BASE}/Practitioner/9"),
    (f"{BASE}/Practitioner/9",        f"{BASE}/Practitioner/9"),
    ("https://other.example/Goal/7",  "https://other.example/Goal/7"),
    ("#goal",                         "#goal"),
    ("urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0", "urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0"),
    ("Patient?identifier=a|b",        "Patient?identifier=a|b"),
    ("", ""),
]
# fmt: on


@pytest.mark.parametrize(("theirs", "ours"), FORMS)
def test_forms(theirs: str, ours: str) -> None:
    """Each form of a literal has one form on our side, and goes back as it came."""
    sent = json.dumps({"id": "1", "subject": {"reference": theirs}}).encode()
    kept = incoming(sent, BASE, known, "local")
    assert json.loads(kept) == {"id": "local", "subject": {"reference": ours}}
    assert outgoing(kept, BASE, remote_of, "1", like=sent) == (sent, ())


def test_what_is_no_reference_is_left_alone() -> None:
    """Canonicals, uris, urls and ids below the root stay, however much they look like references."""
    sent = b"""{"resourceType":"CarePlan","id":"c.1","instantiatesUri":["Goal/7"],"instantiatesCanonical":["Goal/7"],
        "contained":[{"resourceType":"Goal","id":"g","subject":{"reference":"Patient\\/1"},"addresses":[]}],
        "extension":[{"url":"Goal/7","valueUri":"Goal/7","extension":[{"url":"x","valueReference":{"reference":
        "Goal/7" , "display":"Goal/7","_reference":{"id":"Goal/7"}}}]}], "goal":[ {"reference":"#g"} ],
        "text":{"status":"generated","div":"Goal/7"},"n":1.50}"""
    kept = incoming(sent, BASE, known, "local")
    expected = sent.replace(b'"id":"c.1"', b'"id":"local"', 1)
    expected = expected.replace(b'"Patient\\/1"', b'"Patient/aa-2"').replace(b'"Goal/7" ,', b'"Goal/aa-1" ,')
    assert kept == expected
    assert outgoing(kept, BASE, remote_of, "c.1", like=sent) == (sent, ())


def test_a_target_that_is_not_there_yet_is_named() -> None:
    """A local reference without a record on that server is reported, once, and left as it is."""
    ours = b'{"id":"a","goal":[{"reference":"Goal/new"},{"reference":"Goal/new"},{"reference":"Goal/aa-1"}]}'
    sent, missing = outgoing(ours, BASE, remote_of, "c.1")
    assert missing == ("Goal/new",)
    assert json.loads(sent)["goal"] == [{"reference": "Goal/new"}] * 2 + [{"reference": "Goal/7"}]


def test_a_target_that_arrives_later_is_linked() -> None:
    """An address held because its target was unknown becomes local once that is linked; it goes back as it came."""
    came = b'{"id":"c.1","goal":[{"reference":"Goal/7"},{"reference":"Practitioner/9"}]}'
    before = incoming(came, BASE, lambda kind, remote: None, "aa-3")
    after = relinked(before, BASE, known)
    assert after == incoming(came, BASE, known, "aa-3")
    assert outgoing(after, BASE, remote_of, "c.1", like=came) == (came, ())


def test_one_document_may_spell_a_target_in_two_ways() -> None:
    """Relative here, absolute there: each place keeps its own spelling."""
    came = json.dumps({"id": "1", "a": {"reference": "Goal/7"}, "b": {"reference": f"{BASE}/Goal/7"}}).encode()
    assert outgoing(incoming(came, BASE, known, "x"), BASE, remote_of, "1", like=came) == (came, ())


def test_trees_as_bytes() -> None:
    """Trees are translated as bytes are, and what names nothing is the same object."""
    came = {"resourceType": "Goal", "id": "7", "target": [{"dueDate": "2026"}], "subject": {"reference": "Patient/1"}}
    kept = incoming_tree(came, BASE, known, "aa-1")
    assert kept == parse(incoming(json.dumps(came).encode(), BASE, known, "aa-1"))
    assert kept["target"] is came["target"]
    assert outgoing_tree(kept, BASE, remote_of, "7", like=came) == (came, ())
    assert "id" not in outgoing_tree(kept, BASE, remote_of, "")[0]


ids = st.text("abcXYZ019-.", min_size=1, max_size=12)
kinds = st.sampled_from(["Goal", "Patient", "CarePlan", "Practitioner", "Organization"])
local_form = st.builds(
    "{}/{}{}".format, kinds, ids | st.sampled_from(["7", "1", "c.1"]), st.sampled_from(["", "/_history/3"])
)
literals = st.one_of(
    local_form,
    local_form.map(f"{BASE}/".__add__),
    local_form.map("https://other.example/".__add__),
    st.text('aG1/#?:é"\\ ', max_size=9),
)
values = st.recursive(
    st.text('aé"\\/', max_size=5) | st.integers() | st.booleans() | st.none(),
    lambda below: (
        st.lists(below, max_size=3)
        | st.dictionaries(st.sampled_from(["reference", "id", "url", "valueUri", "item"]), below | literals, max_size=4)
    ),
    max_leaves=20,
)


@given(st.dictionaries(st.sampled_from(["subject", "reference", "contained"]), values | literals, max_size=4), ids)
def test_there_and_back_is_the_same(body: dict[str, object], remote_id: str) -> None:
    """outgoing(incoming(x)) is x, byte for byte, whatever x is."""
    came = json.dumps({"id": remote_id, **body}).encode()
    kept = incoming(came, BASE, known, "local-1")
    assert outgoing(kept, BASE, remote_of, remote_id, like=came)[0] == came


def test_the_corpus_there_and_back() -> None:
    """Every public document of a synced type comes back byte for byte, also without a memory of its spelling."""
    files = sorted(CORPUS.glob("r[45]/*/*.json"))
    if not files:
        pytest.skip("needs ../shared/corpus")
    seen = 0
    for file in files:
        came = file.read_bytes()
        try:
            tree = parse(came)
        except Unfaithful:
            tree = {}
        except NotJSON:
            continue
        named = {text.partition("/")[::2] for _, text in references_in(tree)}
        links = {pair: f"local-{n}" for n, pair in enumerate(sorted(named)) if n % 2}
        back = {(kind, local): remote for (kind, remote), local in links.items()}
        kept = incoming(came, BASE, lambda kind, remote, links=links: links.get((kind, remote)), "ours")
        remote_id = tree.get("id", "")
        assert outgoing(kept, BASE, lambda kind, local, back=back: back.get((kind, local)), remote_id) == (came, ())
        seen += bool(named)
    assert seen > 200


def test_targets_read_like_literals() -> None:
    """A target prints as the literal that names it."""
    assert str(Target("Goal", "7", "/_history/3")) == "Goal/7/_history/3"
