"""HL7's own validator judges what we write: the fixtures and all that the demo leaves in its stores."""

from __future__ import annotations

import importlib.util
from contextlib import closing
from pathlib import Path

import pytest
from peers import ROOT, skip
from peers.command import Home
from peers.referee import errors, judge

from mappings.tree import NotJSON, parse

pytestmark = pytest.mark.peers


def fhir_files(folder: Path) -> list[Path]:
    """Return the JSON files below a folder that hold a FHIR resource; native ones have no resourceType."""
    found = []
    for file in sorted(folder.rglob("*.json")):
        try:
            tree = parse(file.read_bytes())
        except NotJSON:
            continue
        if isinstance(tree, dict) and "resourceType" in tree:
            found.append(file)
    return found


def test_the_referee_sees_what_is_wrong(tmp_path: Path) -> None:
    """The judge is worth hearing: it passes a sound Goal and finds a planted error."""
    sound, broken = tmp_path / "sound.json", tmp_path / "broken.json"
    goal = b'{"resourceType":"Goal","lifecycleStatus":"%s","description":{"text":"x"},"subject":{"display":"x"}}'
    sound.write_bytes(goal % b"active")
    broken.write_bytes(goal % b"actve")
    assert {Path(found.file) for found in errors(judge([sound, broken]))} == {broken}


@pytest.mark.parametrize("release", ["R4", "R5"])
def test_every_fixture_is_valid(release: str) -> None:
    """HL7's validator finds no error in any FHIR document of fixtures/, in either release."""
    files = [file for folder in sorted((ROOT / "fixtures").glob(f"*/{release.lower()}")) for file in fhir_files(folder)]
    assert list(map(str, errors(judge(files, release=release)))) == []
    print(f"referee: {len(files)} {release} fixtures without an error")


def test_everything_the_demo_holds_is_valid(tmp_path: Path) -> None:
    """HL7's validator finds no error in any document that either side of the demo has afterwards."""
    if importlib.util.find_spec("adapter.cli.demo") is None:
        skip("referee on the demo", "there is no demo yet")
    Home(tmp_path).call("demo", "--once", env={"TMPDIR": str(tmp_path)}).ok()
    files = [
        file for store in sorted(tmp_path.rglob("*.sqlite")) for file in dumped(store, tmp_path / "dump" / store.stem)
    ]
    assert files, "the demo left no store behind to judge"
    assert list(map(str, errors(judge(files)))) == []
    print(f"referee: {len(files)} documents of the demo without an error")


def dumped(store: Path, folder: Path) -> list[Path]:
    """Write each live document of a store, as it is served, to a file of its own."""
    from adapter.store import Store

    folder.mkdir(parents=True)
    with closing(Store.open(store)) as opened, opened.read() as tx:
        documents = list(tx.documents.each())
    files = []
    for document in documents:
        files.append(folder / f"{document.type}-{document.id}.json")
        files[-1].write_bytes(document.served)
    return files
