"""Each document with one defect is found, by the rule that it breaks; a sound one has no finding."""

from __future__ import annotations

from collections import Counter

import pytest
from defects import DEFECTS, Defect
from sound_documents import SOUND

from mappings.check import check
from mappings.check.sets import check_set
from mappings.tree import dump


def found(defect: Defect) -> bool:
    """Return whether `check` names the rule that is broken; a rule that ends in / stands for any of its level."""
    document, release = defect.document, defect.release
    said = [*check(document, release=release), *check_set({"": document}, release)[""]]
    if defect.rule.endswith("/"):
        return any(finding.level == defect.level for finding in said)
    return any(finding.rule == defect.rule and finding.level == defect.level for finding in said)


@pytest.mark.parametrize("release", SOUND)
@pytest.mark.parametrize("kind", SOUND["R4"])
def test_the_sound_originals_have_no_finding(release: str, kind: str) -> None:
    """What the defects are planted in is sound, so that each finding comes from its defect."""
    document = SOUND[release][kind]
    assert [*check(document, release=release), *check_set({"": document}, release)[""]] == []


def test_there_are_defects_of_each_level_in_both_releases() -> None:
    """At least 120 different documents; each level, in both releases; each type."""
    assert len({(defect.release, dump(defect.document)) for defect in DEFECTS}) == len(DEFECTS) >= 120
    assert len({defect.name for defect in DEFECTS}) == len(DEFECTS)
    counted = Counter((defect.release, defect.level) for defect in DEFECTS)
    print(f"\n{dict(counted)}")
    levels = ("structure", "binding", "invariant", "reference", "answer", "profile")
    assert set(counted) == {(release, level) for release in SOUND for level in levels}


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda d: d.name)
def test_each_defect_is_found(defect: Defect) -> None:
    """One defect, and `check` names the rule that it breaks."""
    assert found(defect)
