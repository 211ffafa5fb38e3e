"""FHIR's structure as it is held here is what the installed fhir.resources says, and is read without it."""

from __future__ import annotations

import subprocess
import sys

import pytest
from fhir_drawn import codes

from mappings.check import check
from mappings.check.classes import lines
from mappings.check.data import rows, table
from mappings.check.shapes import RELEASES, SHAPES, resource_shape


@pytest.mark.parametrize("release", RELEASES)
def test_the_shapes_are_those_of_the_installed_classes(release: str) -> None:
    """Each type's line is what `python -m mappings.check.shapes` would write now."""
    assert table(f"shapes.{release}.tsv").read_text("utf-8").splitlines() == list(lines(release))


@pytest.mark.parametrize("release", RELEASES)
def test_each_type_of_an_element_is_a_type(release: str) -> None:
    """Whatever an element is said to be, its shape is there, or it is a primitive or any resource."""
    types = {name for name, *_ in rows(f"shapes.{release}.tsv")}
    for name in types:
        for field in SHAPES[release][name].fields.values():
            assert field.test is not None or field.type in types


def test_names_that_are_no_type_have_no_shape() -> None:
    """A data type is no resource, an abstract type is nothing that a document is."""
    assert resource_shape("R4", "CarePlan") is SHAPES["R4"]["CarePlan"]
    for name in ("Period", "Resource", "DomainResource", "Gaol", "", "type"):
        assert resource_shape("R4", name) is None
    with pytest.raises(LookupError):
        SHAPES["R5"]["Gaol"]


@pytest.mark.parametrize(
    "name", ["PackagedProductDefinition", "RegulatedAuthorization", "SubstanceDefinition", "Citation"]
)
def test_what_r4b_added_is_unknown_in_r4(name: str) -> None:
    """HL7's validator says so of each in a plan: https://hl7.org/fhir/R4B/diff.html"""
    plan = {"resourceType": "CarePlan", "contained": [{"resourceType": name, "id": "it"}]}
    assert "structure/unknown-resource-type" in {one.rule for one in check(plan, release="R4")}


@pytest.mark.parametrize("kind", ["ActivityDefinition", "PlanDefinition"])
def test_what_r4b_added_to_a_type_is_unknown_in_r4(kind: str) -> None:
    """The subject of a definition may be a canonical in R4B and R5 alone."""
    definition = {"resourceType": kind, "status": "draft", "subjectCanonical": "https://clinic.example/kinds"}
    assert [(one.rule, one.path) for one in check(definition, release="R4")] == [
        ("structure/unknown-element", f"{kind}.subjectCanonical")
    ]
    assert check(definition, release="R5") == []


def test_what_r4b_wrote_anew_is_not_judged_in_r4() -> None:
    """R4's Evidence has other elements than those that are held."""
    evidence = {"resourceType": "Evidence", "status": "draft", "exposureBackground": {"display": "so"}}
    assert [one.rule for one in check(evidence, release="R4")] == ["structure/not-judged"]


def test_judging_imports_no_class() -> None:
    """Whoever checks a document in either release loads neither fhir.resources nor pydantic."""
    program = (
        "import sys\n"
        "from mappings.check import check\n"
        "for release in ('R4', 'R5'):\n"
        '    assert check(b\'{"resourceType": "Goal", "note": [{"text": 1}]}\', release=release)\n'
        "print([name for name in sys.modules if name.partition('.')[0] in ('fhir', 'fhir_core', 'pydantic')])\n"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert run.stdout.strip() == "[]"


def test_the_tables_of_codes_are_those_of_fhir_resources() -> None:
    """Each required code list of the mapped types equals the one in fhir.resources, where that is not cut with a +."""
    compared = 0
    for release in RELEASES:
        for owner in (name for name, *_ in rows(f"shapes.{release}.tsv") if name.startswith(MAPPED)):
            for field in SHAPES[release][owner].fields.values():
                required = field.bound is not None and field.bound.required and not field.twin
                listed = codes(release, owner, field.name) if required else ()
                if field.bound and listed and "+" not in listed:
                    assert set(listed) == field.bound.values.codes, (release, owner, field.name)
                    compared += 1
    assert compared >= 40


MAPPED = ("Care", "Goal", "Quest", "Service", "Request", "Consent", "Narrative", "Timing", "Identifier", "HumanName")
