"""HL7's validator beside level profile: it confirms the table of defects, and agrees over the corpus."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from peers import ROOT, skip
from peers.definitions import PROFILES as DEFINITIONS
from peers.definitions import definitions
from peers.referee import SEVERE, Finding, judge
from profile_defects import DEFECTS, KNOWN_WITH, NRCES, SDC, SOUND, US_CORE

from mappings.check.profile import judge as check_profiles
from mappings.check.profile.definitions import profiles
from mappings.nodes import Node
from mappings.tree import NotJSON, Tree, dump, parse

pytestmark = [pytest.mark.peers, pytest.mark.referee]

CORPUS = ROOT.parent / "shared" / "corpus" / "r4"
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


# fmt: off
HELD_TO = {
    # receiver       the profiles that every resource of their type in the corpus is held to
    "us-core-6.1": (f"{US_CORE}careplan|6.1.0", f"{US_CORE}goal|6.1.0", f"{US_CORE}questionnaireresponse|6.1.0"),
    "us-core-9":   (f"{US_CORE}careplan|9.0.0", f"{US_CORE}goal|9.0.0", f"{US_CORE}questionnaireresponse|9.0.0"),
    "sdc-4":       (f"{SDC}|4.0.0", f"{SDC}-behave|4.0.0", f"{SDC}response|4.0.0"),
    "abdm":        (f"{NRCES}CarePlan|2.0.1",),
}
OURS = {
    # rule                what only we say                  why
    "profile/sdcqr-2":    "HL7's words: a question is represented by a single item with that linkId",
}
THEIRS = (
    # what only the validator says, and where else we say it
    ("minimum required = 1",               "the type demands it: level structure"),
    ("definition allows for the type string but found type uri", "its mistake, see MISTAKEN"),
    ("not found in the value set",         "the type's binding: level binding"),
    ("ext-1",                              "level invariant"),
    ("No code provided",                   "the type's binding: level binding"),
)
# fmt: on


@pytest.mark.parametrize("receiver", HELD_TO)
def test_both_say_the_same_over_the_corpus(receiver: str, tmp_path: Path) -> None:
    """Every resource of the corpus, claiming each profile of its type: what the claim adds, by place, from either.

    Nothing that only we say, nor anything that only the validator says, but what is listed with its reason.
    """
    if not CORPUS.is_dir():
        skip("corpus under profiles", "../shared/corpus is not beside the project")
    claiming: dict[Path, tuple[Path, Tree]] = {}
    bare: list[Path] = []
    for file in sorted(CORPUS.glob("*/*.json")):
        tree = _resource(file)
        mine = [url for url in HELD_TO[receiver] if tree and profiles()[url].type == tree.get("resourceType")]
        if mine:
            bare.append(_written(tmp_path, f"bare-{len(bare)}", _claim(tree)))
        for url in mine:
            claimed = _claim(tree, url)
            claiming[_written(tmp_path, f"claims-{len(claiming)}", claimed)] = bare[-1], claimed
    verdicts = judge([*bare, *claiming], know=definitions(receiver, tmp_path / "stand-ins"))
    only_ours, only_theirs, both = [], [], 0
    for file, (without, tree) in claiming.items():
        said = _said(verdicts[file])
        added = {(_place(at), text) for at, text in said - _said(verdicts[without])}
        found = {one for one in check_profiles(tree, "R4") if one.severity == "error"}
        everywhere = {_place(at) for at, _ in said}
        for one in found:
            both += _is_near(one.path, everywhere)
            if not _is_near(one.path, everywhere) and one.rule not in OURS:
                only_ours.append(f"{file.name} {one.rule} {one.path}")
        for at, text in added:
            if not _is_near(at, {one.path for one in found}) and not any(words in text for words, _ in THEIRS):
                only_theirs.append(f"{file.name} {at}: {text}")
    print(f"referee: {receiver}: {len(claiming)} resources, {both} findings of both, {len(only_ours)} only ours,")
    print(f"         {len(only_theirs)} only the validator's, beside those with a reason")
    assert only_ours == []
    assert only_theirs == []


def _resource(file: Path) -> Node:
    try:
        tree = parse(file.read_bytes())
    except NotJSON:
        return {}
    return tree if isinstance(tree, dict) else {}


def _claim(tree: Node, *urls: str) -> Node:
    """Return a resource that claims these profiles and no other."""
    held = tree.get("meta")
    meta = (
        {key: one for key, one in held.items() if key.removeprefix("_") != "profile"} if isinstance(held, dict) else {}
    )
    if urls:
        meta["profile"] = list(urls)
    rest = {key: one for key, one in tree.items() if key not in {"resourceType", "meta"}}
    return {"resourceType": tree["resourceType"], **({"meta": meta} if meta else {}), **rest}


def _place(at: str) -> str:
    """Return a place as we write it: no names of slices, no comments, valueString for value.ofType(string)."""
    typed = re.sub(r"\.ofType\((\w)(\w*)\)", lambda found: found[1].upper() + found[2], re.sub(r"/\*.*?\*/", "", at))
    return re.sub(r":\w[\w-]*", "", typed)


def _is_near(place: str, others: set[str]) -> bool:
    """Return whether one of the others is the same place, or the element that has it or is in it, to two steps."""

    def ups(at: str) -> list[str]:
        up = re.sub(r"(\[\d+\]|\.[^.\[]+)$", "", at)
        return [at, up, re.sub(r"(\[\d+\]|\.[^.\[]+)$", "", up)]

    return any(other in ups(place) or place in ups(other) for other in others)
