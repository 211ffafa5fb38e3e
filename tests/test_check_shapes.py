"""FHIR's structure as it is held here is what the installed fhir.resources says, and is read without it."""

from __future__ import annotations

import subprocess
import sys

import pytest
from fhir_drawn import codes

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
