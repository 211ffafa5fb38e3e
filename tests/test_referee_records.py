"""HL7's validator confirms the defects of records and registries, but for those that it is known not to see."""

from __future__ import annotations

from pathlib import Path

import pytest
from peers.referee import SEVERE, Finding, judge
from record_defects import ERRORS, WARNED, rows

from mappings.tree import dump

pytestmark = [pytest.mark.peers, pytest.mark.referee]


@pytest.mark.parametrize("release", ["R4", "R5"])
def test_the_referee_confirms_each_defect_of_records(release: str, tmp_path: Path) -> None:
    """It finds no error in what is sound, an error in each defect, and a warning where the rule is one."""
    table = [row for row in (*ERRORS, *rows(WARNED)) if row[1] == release]
    mild = {name for name, *_ in rows(WARNED)}
    files = []
    for number, (_, _, _, sound, defect) in enumerate(table):
        files += [tmp_path / f"{number}-sound.json", tmp_path / f"{number}-defect.json"]
        files[-2].write_bytes(dump(sound))
        files[-1].write_bytes(dump(defect))
    verdicts = judge(files, release=release)
    said = [verdicts[file] for file in files]
    wrong = []
    for (name, *_), sound, defect in zip(table, said[::2], said[1::2], strict=True):
        if any(one.severity in SEVERE for one in sound):
            wrong.append((name, "unsound", [str(one) for one in sound if one.severity in SEVERE]))
        elif not _news(sound, defect, ("warning",) if name in mild else SEVERE):
            wrong.append((name, "unconfirmed", []))
    assert wrong == []


def _news(sound: list[Finding], defect: list[Finding], severities: tuple[str, ...]) -> bool:
    """Return whether more is said of the defect than of the sound one."""
    old = {(one.at, one.text) for one in sound}
    return any(one.severity in severities and (one.at, one.text) not in old for one in defect)
