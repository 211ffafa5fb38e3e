"""Level profile: each profile's sound resource meets it, each defect is found by its rule; what is said of versions."""

from __future__ import annotations

import pytest
from profile_defects import DEFECTS, SOUND, Defect

from mappings.check import check
from mappings.check.profile import judge

FINDINGS_OF_OTHERS = {"information"}


@pytest.mark.parametrize("short", SOUND)
def test_a_resource_that_meets_its_profile_has_no_finding(short: str) -> None:
    """No error and no warning at any level; a value set that is not held is said, as information."""
    found = check(SOUND[short])
    assert [(one.rule, one.path) for one in found if one.severity not in FINDINGS_OF_OTHERS] == []


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda defect: defect.name)
def test_each_defect_is_found_by_its_rule(defect: Defect) -> None:
    """An error of the rule, with what is wrong, the profile that says so, what mends it, and the profile's page."""
    found = [one for one in judge(defect.document, "R4") if one.rule == f"profile/{defect.rule}"]
    assert found
    for one in found:
        assert (one.severity, one.level) == ("error", "profile")
        assert one.path
        assert one.fix
        assert one.link.startswith("http")
