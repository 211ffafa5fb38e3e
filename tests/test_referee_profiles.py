"""HL7's validator beside level profile: it confirms the table of defects, and agrees over the corpus."""

from __future__ import annotations

from pathlib import Path

import pytest
from peers import skip
from peers.definitions import PROFILES as DEFINITIONS
from peers.definitions import definitions
from peers.referee import SEVERE, Finding, judge
from profile_defects import DEFECTS, KNOWN_WITH, SOUND

from mappings.tree import Tree, dump

pytestmark = [pytest.mark.peers, pytest.mark.referee]

MISTAKEN = "definition allows for the type string but found type uri"
"""What it says of the url of every extension whose definition is given to it as SUSHI writes it: R4's url is a uri."""

RECEIVERS = sorted({name for name in KNOWN_WITH.values() if name})


def _written(folder: Path, name: str, tree: Tree) -> Path:
    file = folder / f"{name}.json"
    file.write_bytes(dump(tree))
    return file


def _said(found: list[Finding]) -> set[tuple[str, str]]:
    return {(one.at, one.text) for one in found if one.severity in SEVERE and MISTAKEN not in one.text}


@pytest.mark.parametrize("receiver", RECEIVERS)
def test_the_referee_confirms_each_defect(receiver: str, tmp_path: Path) -> None:
    """It finds no error in what meets a profile, and an error in each resource that has something else in it."""
    if not DEFINITIONS.is_dir():
        skip(f"profiles of {receiver}", "../shared/profiles is not beside the project")
    mine = [one for one in DEFECTS if KNOWN_WITH[one.profile] == receiver and not one.unconfirmed]
    sound = {short: _written(tmp_path, short, SOUND[short]) for short, name in KNOWN_WITH.items() if name == receiver}
    planted = {_written(tmp_path, f"defect-{n}", one.document): one for n, one in enumerate(mine)}
    verdicts = judge([*sound.values(), *planted], know=definitions(receiver, tmp_path / "stand-ins"))
    assert [(short, text) for short, file in sound.items() for text in _said(verdicts[file])] == []
    assert [one.name for file, one in planted.items() if not _said(verdicts[file])] == []
    print(f"referee: confirms {len(planted)} defects under the profiles of {receiver}")
