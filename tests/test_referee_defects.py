"""HL7's validator confirms the table of defects: each says more than its sound original, which says nothing wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
from defects import DEFECTS
from peers.referee import SEVERE, judge
from sound_documents import SOUND

from mappings.tree import Tree, dump

pytestmark = [pytest.mark.peers, pytest.mark.referee]

NEWS = (*SEVERE, "warning", "information")


@pytest.mark.parametrize("release", SOUND)
def test_the_referee_confirms_each_defect(release: str, tmp_path: Path) -> None:
    """It finds no error in what is sound, and something new in each document with a defect; an error but for bindings
    that are extensible and rules that the specification calls warnings."""
    sound = {_written(tmp_path, f"sound-{kind}", tree): kind for kind, tree in SOUND[release].items()}
    mine = [defect for defect in DEFECTS if defect.release == release]
    planted = {_written(tmp_path, str(number), defect.document): defect for number, defect in enumerate(mine)}
    verdicts = judge([*sound, *planted], release=release)
    said = {file: {(f.severity, f.at, f.text) for f in found} for file, found in verdicts.items()}
    assert [(kind, said[file]) for file, kind in sound.items() if any(s in SEVERE for s, *_ in said[file])] == []
    usual = {kind: said[file] for file, kind in sound.items()}
    unconfirmed = []
    for file, defect in planted.items():
        news = {severity for severity, *_ in said[file] - usual[defect.type]}
        mild = defect.rule in {"binding/extensible", "que-1b"}
        if news.isdisjoint(NEWS if mild else SEVERE):
            unconfirmed.append(defect.name)
    assert unconfirmed == []
    print(f"referee: confirms {len(planted)} defects of {release}")


def _written(folder: Path, name: str, tree: Tree) -> Path:
    file = folder / f"{name}.json"
    file.write_bytes(dump(tree))
    return file
