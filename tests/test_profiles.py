"""What receivers want, without any judge: each row of the tables, what is added, what is moved, what comes back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

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
        """Every row that demands something reports it broken, as an error with path, code, rule and fix."""
        for plant in plants(receiver):
            found = [issue for issue in violations(one(plant.broken), receiver) if issue.severity == "error"]
            wanted = f"{receiver}/{plant.profile.type}.{plant.rule.at}".removesuffix(".")
            assert wanted in {issue.rule for issue in found}, str(plant)
            assert all(issue.path and issue.code and issue.fix and issue.text for issue in found)

    @EVERYWHERE
    def test_each_row_names_its_source(self, receiver: str) -> None:
        """No demand without the place that states it."""
        rows = [row for profile in RECEIVERS[receiver].profiles for row in profile.rules]
        assert rows
        assert all(row.source for row in rows)


# ---- the tables against the definition files

# fmt: off
ELSEWHERE = {
    # element of a definition that no row repeats   why
    "CarePlan.category.coding.system":   "category, OnlyFrom",
    "Condition.code.coding.system":      "code, OnlyFrom",
    "ServiceRequest.code.coding.system": "code, OnlyFrom",
    "ServiceRequest.requester.reference": "requester, Holds: a reference",
    "Composition.type.coding":           "type, Holds: the one coding",
    "Composition.type.coding.system":    "type, Holds: the one coding",
    "Composition.type.coding.code":      "type, Holds: the one coding",
    "Observation.code":                  "decides which profile is meant",
    "CareTeam.participant.role":         "participant, Holds: one role; participant.role, Needed",
    "Questionnaire.item.type":           "base R4",
    "Observation.effective[x]":          "us-core-1",
    "Observation.value[x]":              "us-core-3",
    "Observation.category.us-core":      "category, Coded",
    "QuestionnaireResponse.item.answer.value[x]": "max 1 in base R4",
    "QuestionnaireResponse.questionnaire.extension": "an extension of a primitive; validators see to it",
}
BASE = {"required binding": {"CarePlan.status", "CarePlan.intent", "Goal.lifecycleStatus", "CareTeam.status",
                             "Condition.clinicalStatus", "Condition.verificationStatus",
                             "Condition.category", "Observation.category", "ServiceRequest.category"}}
NOT_REPEATED = {"que-1a": "R5's complete", "que-1c": "base R4's que-1", "sdcqr-2": "the same as qrs-2"}
# fmt: on


def stated(definition: dict[str, Any]) -> set[tuple[str, str]]:
    """Return (element, what) of each thing that a differential demands: minimum, maximum of 0, fixed value, error."""
    found = set()
    for element in definition["differential"]["element"]:
        path, ident = element["path"], element["id"]
        if ":" in ident and "section" in ident:
            continue  # sections that are not sent; those that are have fixed codes in record.py
        if element.get("min", 0) >= 1 and "." in path:
            found.add((path, "min"))
        if element.get("max") == "0":
            found.add((path, "max 0"))
        if any(key.startswith(("fixed", "pattern")) for key in element):
            found.add((path, "fixed"))
        if element.get("binding", {}).get("strength") == "required" and path not in BASE["required binding"]:
            found.add((path, "binding"))
        for rule in element.get("constraint", []):
            if rule["severity"] == "error" and rule.get("source", definition["url"]) == definition["url"]:
                found.add((path, rule["key"]))
    return found


FILES = {
    "us-core-9": ("us-core-9.0.0", "us-core-8.0.0"),
    "us-core-6.1": ("us-core-6.1.0",),
    "sdc-4": ("sdc-4",),
    "abdm": ("nrces-2.0.1",),
}


@pytest.mark.parametrize("receiver", FILES)
def test_the_tables_hold_what_the_definitions_demand(receiver: str) -> None:
    """Each minimum, fixed value, required binding and error of a claimed definition is a row, or listed why not."""
    if not PROFILES.is_dir():
        pytest.skip("../shared/profiles is not beside the project")
    files = [file for folder in FILES[receiver] for file in (PROFILES / folder).glob("StructureDefinition-*.json")]
    read = [json.loads(file.read_bytes()) for file in files]
    for profile in RECEIVERS[receiver].profiles:
        url, _, version = profile.urls[0].partition("|")
        meant = [one for one in read if one["url"] == url and version in ("", one.get("version"))]
        names = {url} | {one["baseDefinition"] for one in meant}
        family = meant + [one for one in read if one["url"] in names - {url}]
        assert family, f"{url} is not at hand"
        rows = {row.at.replace("*", "") for row in profile.rules if row.severity == "error"}
        keys = {getattr(row.demand, "key", "") for row in profile.rules}
        missing = [
            (path, what)
            for definition in family
            for path, what in sorted(stated(definition))
            if path not in ELSEWHERE and path.partition(".")[2] not in rows and what not in keys | set(NOT_REPEATED)
        ]
        assert missing == [], url


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
