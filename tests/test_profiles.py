"""What receivers want, without any judge: each row of the tables, what is added, what is moved, what comes back."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from profile_plants import NOW, PEOPLE, dressed, one, person, plan_of, plants, sound

from mappings.lens.documents import Docs
from mappings.merge import carry
from mappings.profiles import RECEIVERS, outfit, violations
from mappings.profiles.rules import there
from mappings.terms.snomed import SNOMED
from mappings.tree import Path as TreePath
from mappings.tree import Tree, dump, from_plain, get, leaves, replaced

ROOT = Path(__file__).resolve().parents[1]
PROFILES = ROOT.parent / "shared" / "profiles"

EVERYONE = pytest.mark.parametrize("name", PEOPLE)
EVERYWHERE = pytest.mark.parametrize("receiver", RECEIVERS)


class TestRows:
    @EVERYWHERE
    def test_a_sound_record_meets_every_demand(self, receiver: str) -> None:
        """The records that the plants are made of break nothing, so that what is found is the plant."""
        for profile in RECEIVERS[receiver].profiles:
            found = violations(one(sound(profile)), receiver)
            assert [str(issue) for issue in found if issue.severity == "error"] == []

    @EVERYWHERE
    def test_each_demand_finds_what_breaks_it(self, receiver: str) -> None:
        """A record with a demand broken that can be mended is reported, as an error with path, code, rule and fix."""
        for plant in plants(receiver):
            found = [issue for issue in violations(one(plant.broken), receiver) if issue.severity == "error"]
            assert found, str(plant)
            assert all(issue.rule.startswith(f"{receiver}/") for issue in found)
            assert all(issue.path and issue.code and issue.fix and issue.text for issue in found)

    @EVERYWHERE
    def test_each_row_names_its_source(self, receiver: str) -> None:
        """No demand without the place that states it."""
        rows = [row for profile in RECEIVERS[receiver].profiles for row in profile.rules]
        assert rows
        assert all(row.source for row in rows)


# ---- what is sent


def under(path: TreePath, moved: set[TreePath]) -> bool:
    return any(path[:n] in moved for n in range(len(path) + 1))


@EVERYONE
@EVERYWHERE
class TestSent:
    def test_the_stored_documents_stay(self, name: str, receiver: str) -> None:
        """Nothing of the set that was given is changed."""
        docs = person(name)
        before = {ref: dump(tree) for ref, tree in docs.items()}
        outfit(docs, plan_of(docs), receiver, when=NOW)
        assert {ref: dump(tree) for ref, tree in docs.items()} == before

    def test_it_adds_only_or_says_what_it_moved(self, name: str, receiver: str) -> None:
        """Every value of a stored document stands in what is sent where it stood, but under what `moved` names."""
        docs, sent = dressed(name, receiver)
        for ref, tree in docs.items():
            moved = {one.at for one in sent.moved if one.document == ref}
            for path, value in leaves(tree):
                assert under(path, moved) or get(sent.docs[ref], path) == value, f"{ref} {path}"

    def test_what_it_moved_elsewhere_is_there(self, name: str, receiver: str) -> None:
        """Where `moved` names a document, that is in the set; nothing is moved that was not there."""
        docs, sent = dressed(name, receiver)
        assert all(one.to == "" or one.to in sent.docs for one in sent.moved)
        assert all(one.document in docs for one in sent.moved)

    def test_an_edit_that_comes_back_is_taken_in(self, name: str, receiver: str) -> None:
        """What a receiver changes goes into the stored document, and nothing that was added for the receiver with it.

        A completed form is one record of what was said: edited, it comes back whole.
        """
        docs, sent = dressed(name, receiver)
        for ref, stored in docs.items():
            out, kind = sent.docs[ref], ref.partition("/")[0]
            moved = {one.at for one in sent.moved if one.document == ref}
            told = [path for path, _ in leaves(stored) if path[-1] in {"title", "authoredOn", "authored", "startDate"}]
            for path in [path for path in told if not under(path, moved)] if out is not stored else ():
                edited = replaced(out, path, "2031-02-03")
                whole = {key: held for key, held in edited.items() if key != "meta" or "meta" in stored}
                wanted = whole if kind == "QuestionnaireResponse" else replaced(stored, path, "2031-02-03")
                assert carry(kind, out, edited, stored) == wanted, f"{ref} {path}"

    def test_what_came_back_unedited_is_nothing(self, name: str, receiver: str) -> None:
        """The same document back is no change: the stored one stands, as the same object."""
        docs, sent = dressed(name, receiver)
        for ref, stored in docs.items():
            assert carry(ref.partition("/")[0], sent.docs[ref], sent.docs[ref], stored) is stored

    def test_sending_again_changes_nothing(self, name: str, receiver: str) -> None:
        """What is ready stays as it is."""
        _, sent = dressed(name, receiver)
        again = outfit(sent.docs, plan_of(sent.docs), receiver, when=NOW)
        assert dict(again.docs) == dict(sent.docs)
        assert again.moved == ()

    def test_nothing_that_is_demanded_is_left_open(self, name: str, receiver: str) -> None:
        """The people of the fixtures go to everybody: no error is left, and each record claims its profiles."""
        _, sent = dressed(name, receiver)
        assert [f"{one.path} {one.rule}" for one in sent.issues if one.severity == "error"] == []
        for tree in sent.docs.values():
            wanted = {url for profile in RECEIVERS[receiver].profiles_of(tree) for url in profile.urls}
            assert wanted <= set(tree.get("meta", {}).get("profile", []))


# ---- whatever comes

NAMES = st.sampled_from(
    [
        "resourceType",
        "id",
        "meta",
        "profile",
        "text",
        "status",
        "category",
        "coding",
        "system",
        "code",
        "display",
        "activity",
        "detail",
        "reference",
        "contained",
        "participant",
        "role",
        "member",
        "item",
        "answer",
        "linkId",
        "answerOption",
        "valueCoding",
        "extension",
        "url",
        "requester",
        "author",
        "subject",
    ]
)
KINDS = st.sampled_from(sorted({profile.type for one in RECEIVERS.values() for profile in one.profiles}))
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers(0, 3) | st.sampled_from(["", "x", "#x", "Patient/p", SNOMED]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=12,
)


@given(KINDS, st.dictionaries(NAMES, ANYTHING, max_size=5), st.sampled_from(sorted(RECEIVERS)))
def test_no_document_is_too_odd(kind: str, said: dict[str, Tree], receiver: str) -> None:
    """Whatever JSON a resource holds, it can be made ready and judged; no value stands in a message."""
    tree = from_plain({**said, "resourceType": kind})
    docs = Docs("R4", {f"{kind}/x": tree})
    sent = outfit(docs, f"{kind}/x", receiver, when=NOW)
    assert docs[f"{kind}/x"] == tree
    assert there(sent.docs[f"{kind}/x"], "resourceType")
