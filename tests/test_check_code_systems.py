"""Codes of HL7's own code systems: what a system does not have is found wherever it stands, bound or not."""

from __future__ import annotations

from typing import Any

import pytest
from defects import planted
from sound_documents import SOUND

from mappings.check import check, is_valid

THO = "http://terminology.hl7.org/CodeSystem/"
ACHIEVED = {"coding": [{"system": THO + "goal-achievement", "code": "reached"}]}


def found(document: Any, release: str) -> list[str]:
    return [one.path for one in check(document, release=release) if one.rule == "reference/code"]


@pytest.mark.parametrize("release", ["R4", "R5"])
class TestCodes:
    def test_a_code_that_its_system_lacks_is_found(self, release: str) -> None:
        """The binding of achievementStatus is preferred: no level of bindings asks for it."""
        goal = planted(SOUND[release]["Goal"], "achievementStatus", ACHIEVED)
        assert found(goal, release) == ["Goal.achievementStatus.coding[0].code"]

    def test_what_the_system_has_and_what_is_not_held_passes(self, release: str) -> None:
        """A local system, LOINC and a code of the system itself; a system that is no text has its own finding."""
        for system, code in (
            ("https://clinic.example/goals", "reached"),
            ("http://loinc.org", "reached"),
            (THO + "goal-achievement", "achieved"),
            (["x"], "reached"),
        ):
            achieved = {"coding": [{"system": system, "code": code}]}
            goal = planted(SOUND[release]["Goal"], "achievementStatus", achieved)
            assert found(goal, release) == []

    def test_case_counts_where_the_system_says_so(self, release: str) -> None:
        """goal-achievement tells codes apart by case."""
        achieved = {"coding": [{"system": THO + "goal-achievement", "code": "Achieved"}]}
        goal = planted(SOUND[release]["Goal"], "achievementStatus", achieved)
        assert found(goal, release) == ["Goal.achievementStatus.coding[0].code"]

    def test_extensions_and_contained_resources_are_looked_into(self, release: str) -> None:
        """Wherever a coding stands."""
        control = {"system": "http://hl7.org/fhir/questionnaire-item-control", "code": "wheel"}
        extension = {
            "url": "http://hl7.org/fhir/StructureDefinition/questionnaire-itemControl",
            "valueCodeableConcept": {"coding": [control]},
        }
        form = planted(SOUND[release]["Questionnaire"], "item[1].extension", [extension])
        assert found(form, release) == ["Questionnaire.item[1].extension[0].valueCodeableConcept.coding[0].code"]


def test_codes_that_moved_to_the_extensions_pack_are_known() -> None:
    """R5's package left the codes of extensions to the pack, which has more of them than R4: "legal" is one."""
    control = {"system": "http://hl7.org/fhir/questionnaire-item-control", "code": "legal"}
    extension = {
        "url": "http://hl7.org/fhir/StructureDefinition/questionnaire-itemControl",
        "valueCodeableConcept": {"coding": [control]},
    }
    assert found(planted(SOUND["R5"]["Questionnaire"], "item[1].extension", [extension]), "R5") == []
    assert len(found(planted(SOUND["R4"]["Questionnaire"], "item[1].extension", [extension]), "R4")) == 1


def test_it_bars_no_write() -> None:
    """Terminologies grow: such a code is told, and the record taken."""
    goal = planted(SOUND["R4"]["Goal"], "achievementStatus", ACHIEVED)
    assert found(goal, "R4")
    assert is_valid(goal)
