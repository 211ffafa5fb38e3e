"""Level profile: each profile's sound resource meets it, each defect is found by its rule; what is said of versions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from profile_defects import DEFECTS, PROFILES, SOUND, Defect
from profile_plants import PEOPLE, dressed, plants, sound
from tree_places import places_in

from mappings.check import check
from mappings.check.data import table
from mappings.check.profile import judge, known
from mappings.check.profile import source as profile_source
from mappings.check.profile.constraints import CONSTRAINTS
from mappings.check.profile.definitions import profiles
from mappings.profiles import RECEIVERS
from mappings.tree import Tree, from_plain, replaced

DEFINITIONS = Path(__file__).resolve().parents[2] / "shared" / "profiles"
PLAN = PROFILES["CP6"].partition("|")[0]
BARE_PLAN = {"resourceType": "CarePlan", "status": "active", "intent": "plan", "subject": {"reference": "Patient/p"}}


def replace_texts(tree: Tree, key: str = "") -> Tree:
    """Return a document with what a person could have written made known: texts, displays, values."""
    if isinstance(tree, dict):
        return {name: replace_texts(held, name) for name, held in tree.items()}
    if isinstance(tree, list):
        return [replace_texts(held, key) for held in tree]
    written = {"display", "text", "valueString", "title", "name", "unit", "div"}
    return f"SECRET {tree}" if key in written and isinstance(tree, str) else tree


@pytest.mark.parametrize("short", SOUND)
def test_a_resource_that_meets_its_profile_has_no_finding(short: str) -> None:
    """No error and no warning at any level; a value set that is not held is said, as information."""
    found = check(SOUND[short])
    assert [(one.rule, one.path) for one in found if one.severity != "information"] == []


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda defect: defect.name)
def test_each_defect_is_found_by_its_rule(defect: Defect) -> None:
    """An error of the rule, with what is wrong, the profile that says so, what mends it, and the profile's page."""
    found = [one for one in check(defect.document, levels={"profile"}) if one.rule == f"profile/{defect.rule}"]
    assert found
    for one in found:
        assert (one.severity, one.level) == ("error", "profile")
        assert one.path
        assert one.fix
        assert one.link.startswith("http")


def rules(tree: Any, *asked: str, release: str = "R4") -> list[str]:
    return [one.rule for one in judge(from_plain(tree), release, asked)]


CLAIMING = {**BARE_PLAN, "meta": {"profile": [PLAN]}}


class TestWhichProfile:
    def test_nothing_is_judged_where_nothing_is_claimed(self) -> None:
        """A document that names no profile, or the type itself, has nothing to meet."""
        assert rules(BARE_PLAN) == []
        assert rules({**BARE_PLAN, "meta": {"profile": ["http://hl7.org/fhir/StructureDefinition/CarePlan"]}}) == []

    def test_the_version_decides(self) -> None:
        """US Core 6.1.0 asks for a category, 9.0.0 does not; |6.1 means 6.1.0."""
        for version, wanted in (("6.1.0", True), ("6.1", True), ("7.0.0", True), ("9.0.0", False)):
            found = rules({**BARE_PLAN, "meta": {"profile": [f"{PLAN}|{version}"]}})
            assert ("profile/required" in found) == wanted, version

    def test_without_a_version_the_newest_is_taken_and_said(self) -> None:
        """What was taken and why, and as information what would be an error in another version."""
        found = judge(from_plain(CLAIMING), "R4")
        assert {one.severity for one in found} == {"information"}
        [said] = [one for one in found if one.rule == "profile/version"]
        assert "judged by 9.0.0, the newest of those held here" in said.text
        [other, *_] = [one for one in found if one.rule == "profile/other-version"]
        assert "6.1.0" in other.text
        assert other.path == "CarePlan.category"

    def test_a_guide_that_is_asked_for_says_the_version(self) -> None:
        """Asked for US Core 6.1, a claim without a version means 6.1.0."""
        found = judge(from_plain(CLAIMING), "R4", ["us-core-6.1"])
        assert {one.rule for one in found} == {"profile/required", "profile/slice", "profile/version"}
        assert any("judged by 6.1.0, which is asked for" in one.text for one in found)

    @pytest.mark.parametrize("name", ["us-core-9", "us-core-6.1", "us-core-7", "us-core-8", "sdc-4", "abdm", "mcc"])
    def test_a_guide_holds_each_type_to_its_own_profile(self, name: str) -> None:
        """Names of guides are taken; a resource of a type for which it has no profile is held to nothing."""
        assert known(name) == name
        assert rules({"resourceType": "Patient"}, name) == []

    def test_a_profile_is_asked_for_by_its_canonical(self) -> None:
        """By url|version, and by the url alone; resources of other types are not held to it."""
        assert "profile/slice" in rules(BARE_PLAN, f"{PLAN}|6.1.0")
        assert rules(BARE_PLAN, PLAN) == []
        assert rules({"resourceType": "Goal"}, f"{PLAN}|6.1.0") == []

    def test_an_unknown_name_is_answered_with_those_there_are(self) -> None:
        """LookupError, with the names of the guides and the canonicals."""
        for name in ("us-core-5", f"{PLAN}|3.1.1", ""):
            with pytest.raises(LookupError, match=r"us-core-9.*us-core-careplan"):
                known(name)
            with pytest.raises(LookupError):
                check(b"{}", profiles=[name])

    def test_what_is_not_held_is_said_once(self) -> None:
        """One information for each profile that is named and not held, or in another version only."""
        named = ["https://clinic.example/StructureDefinition/plan", f"{PLAN}|3.1.1"]
        one = {**BARE_PLAN, "meta": {"profile": named}}
        found = judge(from_plain({"resourceType": "Bundle", "entry": [{"resource": one}, {"resource": one}]}), "R4")
        assert [(f.rule, f.severity, f.path) for f in found] == [
            ("profile/not-checked", "information", f"Bundle.entry[0].resource.meta.profile[{n}]") for n in (0, 1)
        ]
        assert "6.1.0" in found[1].text

    def test_a_profile_of_r4_is_not_applied_to_r5(self) -> None:
        """A document that is judged as R5 is not held to a profile of R4; that is said."""
        assert rules({**BARE_PLAN, "meta": {"profile": [f"{PLAN}|6.1.0"]}}, release="R5") == ["profile/not-checked"]
        assert rules(BARE_PLAN, "us-core-6.1", release="R5") == []

    def test_a_profile_of_another_type_is_an_error(self) -> None:
        """A response does not claim a questionnaire's profile, nor a goal's type."""
        response = {"resourceType": "QuestionnaireResponse", "status": "completed"}
        for url in (PROFILES["Q"], "http://hl7.org/fhir/StructureDefinition/Goal"):
            assert rules({**response, "meta": {"profile": [url]}}) == ["profile/wrong-type"]

    def test_entries_and_contained_resources_are_held_to_what_they_claim(self) -> None:
        """Each resource by its own meta, found where it stands."""
        inner = {"resourceType": "Goal", "id": "g", "subject": {"reference": "Group/1"}}
        goal = {**inner, "meta": {"profile": [PROFILES["G6"]]}}
        tree = {"resourceType": "Bundle", "entry": [{"resource": {**BARE_PLAN, "contained": [goal]}}]}
        found = [one for one in judge(from_plain(tree), "R4") if one.severity == "error"]
        assert [one.path for one in found] == ["Bundle.entry[0].resource.contained[0].subject"]

    def test_a_reference_is_followed_within_the_document(self) -> None:
        """By # to what is contained, by fullUrl to an entry: their types count, not what the reference says."""
        goal = {"resourceType": "Goal", "meta": {"profile": [PROFILES["G6"]]}}
        contained = {**goal, "contained": [{"resourceType": "Group", "id": "p"}], "subject": {"reference": "#p"}}
        assert rules(contained) == ["profile/target"]
        full = "urn:uuid:53fefa32-fcbb-4ff8-8a92-55ee120877b7"
        for kind, wanted in (("Patient", []), ("Group", ["profile/target"])):
            entries = [{"fullUrl": full, "resource": {"resourceType": kind}}]
            entries.append({"fullUrl": "x", "resource": {**goal, "subject": {"reference": full}}})
            assert rules({"resourceType": "Bundle", "entry": entries}) == wanted

    def test_a_reference_says_its_type_as_at_the_level_reference(self) -> None:
        """What is of the form of the RESTful API says it; of what is not, nothing is known but that it is wrong, or an
        address of some other kind: https://hl7.org/fhir/R4/references.html#literal
        """

        def said(literal: str) -> list[str]:
            goal = {**SOUND["G6"], "subject": {"reference": literal}}
            return [one.rule for one in check(from_plain(goal)) if one.path.startswith("Goal.subject")]

        for told in ("Group/1", "https://ehr.example/fhir/Group/1", "http://ehr.example/Group/1/_history/2"):
            assert said(told) == ["profile/target"], told
        for malformed in ("clinic/Group/1", "/Group/1", "Group/1/_history/2/3"):
            assert said(malformed) == ["reference/form"], malformed
        for other in ("urn:clinic:Group/1", "ftp://ehr.example/Group/1"):
            assert said(other) == [], other

    @pytest.mark.parametrize("entry", [None, True, 5, {}, [None], [{"fullUrl": [], "resource": {}}], [{"resource": 5}]])
    def test_a_reference_is_followed_in_a_bundle_of_any_form(self, entry: Any) -> None:
        """Entries that are none hold nothing; what is claimed beside them is judged all the same."""
        goal = {"resourceType": "Goal", "meta": {"profile": [PROFILES["G6"]]}, "subject": {"reference": "Group/1"}}
        assert rules({"resourceType": "Bundle", "contained": [goal], "entry": entry}) == ["profile/target"]


class TestFindings:
    def test_a_finding_teaches(self) -> None:
        """What is wrong, the profile and its element, what mends it, and the page of the profile."""
        plan = from_plain({**BARE_PLAN, "category": [{"text": "x"}]})
        [found] = check(plan, profiles=["us-core-6.1"])
        assert found.path == "CarePlan.category"
        assert "none of these is the slice AssessPlan (US Core 6.1.0: " in found.text
        assert "http://hl7.org/fhir/us/core/CodeSystem/careplan-category#assess-plan" in found.fix
        assert found.link == "https://hl7.org/fhir/us/core/STU6.1/StructureDefinition-us-core-careplan.html"

    def test_no_value_is_repeated(self) -> None:
        """What stands in the document stands in no message."""
        found = [one for defect in DEFECTS for one in judge(replace_texts(defect.document), "R4")]
        assert len(found) > len(DEFECTS)
        assert "SECRET" not in str([(one.text, one.fix, one.path, one.link) for one in found])

    def test_two_profiles_that_say_the_same_say_it_once(self) -> None:
        """A form that claims SDC's base and a profile made of it has one finding for one thing."""
        form = SOUND["QB"]
        claims = {**form, "meta": {"profile": [PROFILES["Q"], PROFILES["QB"], PROFILES["QC"]]}}
        found = judge({key: held for key, held in claims.items() if key != "url"}, "R4")
        assert [one.rule for one in found if one.severity == "error"] == ["profile/required"]


class TestData:
    def test_every_profile_can_be_judged_by(self) -> None:
        """Each row is understood, each invariant has its test, each profile a guide's page."""
        for one in profiles().values():
            assert one.root.id == one.type
            assert one.page.startswith("https://")

    def test_the_tables_are_what_the_definitions_say(self) -> None:
        """profiles.tsv and profile_rows.tsv are what profile_source makes of the StructureDefinitions."""
        if not DEFINITIONS.is_dir():
            pytest.skip("../shared/profiles is not beside the project")
        heads, lines = profile_source.rows(profile_source.read(DEFINITIONS))
        assert profile_source.text(profile_source.HEAD, heads) == table("profiles.tsv").read_text("utf-8")
        assert profile_source.text(profile_source.ROW, lines) == table("profile_rows.tsv").read_text("utf-8")

    def test_invariants_have_hl7s_words_and_severity(self) -> None:
        """Each invariant of a definition stands in the table as the definition has it, but for its own mistakes."""
        if not DEFINITIONS.is_dir():
            pytest.skip("../shared/profiles is not beside the project")
        held = [one for one in profile_source.read(DEFINITIONS) if one.guide.name != "us-core-8"]
        elements = [element for one in held for element in one.body["differential"]["element"]]
        rules = [rule for element in elements for rule in element.get("constraint", []) if rule["key"] in CONSTRAINTS]
        assert len({rule["key"] for rule in rules}) > 10
        for rule in rules:
            mine = CONSTRAINTS[rule["key"]]
            assert mine.severity == rule["severity"]
            assert rule["human"].startswith(mine.says) or rule["key"] in {"cnl-1", "us-core-3"}

    @pytest.mark.parametrize("receiver", RECEIVERS)
    def test_it_finds_what_the_receivers_rows_find(self, receiver: str) -> None:
        """Each demand of a receiver's table broken is an error of this level too, and a sound record has none."""
        for profile in RECEIVERS[receiver].profiles:
            assert [one.path for one in judge(sound(profile), "R4") if one.severity == "error"] == []
        for plant in plants(receiver):
            assert any(one.severity == "error" for one in judge(plant.broken, "R4")), str(plant)


@pytest.mark.parametrize("receiver", RECEIVERS)
@pytest.mark.parametrize("name", PEOPLE)
def test_what_receivers_are_sent_meets_their_profiles(name: str, receiver: str) -> None:
    """Of every person of the fixtures: no error at this level in what `convert --for` sends."""
    for ref, tree in dressed(name, receiver)[1].docs.items():
        found = judge(tree, "R4", [receiver])
        assert [(ref, one.rule, one.path) for one in found if one.severity == "error"] == []


@pytest.mark.parametrize("short", SOUND)
def test_no_document_is_too_odd(short: str) -> None:
    """Whatever stands in one place of a resource, it is judged by its profile without an exception."""
    sound = from_plain(SOUND[short])
    for at in places_in(sound):
        for odd in (None, [[]], {"coding": [{}]}):
            assert all(one.level == "profile" for one in judge(replaced(sound, at, odd), "R4")), at
