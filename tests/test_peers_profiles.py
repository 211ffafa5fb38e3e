"""HL7's own validator judges what receivers are sent, with the receivers' definitions at hand.

That it finds nothing means something because the profile is claimed, its definition was found, and a record in which
one demand of that profile is broken is found to be wrong, each demand in turn. MCC's definitions are not at hand: what
MCC demands beyond US Core is judged by our own rows, what it takes from US Core by the validator.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from peers import ROOT, skip
from peers.definitions import PROFILES, at_hand, definitions
from peers.referee import MISTAKEN, SEVERE, Finding, errors, judge
from profile_plants import NOW, Plant, person, plants, sound
from profile_plants import PEOPLE as EVERYBODY

from adapter.cli import main
from mappings.lens.documents import Docs
from mappings.profiles import RECEIVERS, outfit, violations
from mappings.profiles.mcc import GUIDE as MCC
from mappings.tree import Tree, pretty

pytestmark = pytest.mark.peers

PEOPLE = EVERYBODY if os.environ.get("PEERS_SHORT", "") in ("", "0") else EVERYBODY[:1]
"""PEERS_SHORT=1: one person goes out under each receiver, and every plant is tried all the same."""


# fmt: off
DEAF = {
    # invariant   why the validator finds no breach of it
    "sdcqr-2":    "it begins with (QuestionnaireResponse|...), which the validator takes for empty; SDC 4 states"
                  " it again for items within answers as qrs-2, and that is found",
}
# fmt: on


@dataclass
class Judged:
    """One run of the validator over all that a receiver is sent and all that is planted for it.

    sent      person -> the files of what is sent
    written   what `planbridge convert --for` wrote of the first person
    sound     a sound record for each profile
    broken    file -> plant; `bare` is the same record without its claim, at the same place
    """

    verdicts: dict[Path, list[Finding]] = field(default_factory=dict)
    sent: dict[str, dict[Path, Tree]] = field(default_factory=dict)
    written: list[Path] = field(default_factory=list)
    sound: list[Path] = field(default_factory=list)
    broken: dict[Path, Plant] = field(default_factory=dict)
    bare: dict[Path, Path] = field(default_factory=dict)

    def said(self, file: Path) -> set[tuple[str, str]]:
        """Return place and text of each error of a file."""
        return {(one.at, one.text) for one in self.verdicts[file] if one.severity in SEVERE}

    def errors_of(self, files: Iterable[Path]) -> list[str]:
        left: list[str] = []
        for file in files:
            found = errors({file: self.verdicts[file]})
            mistaken = any(words in one.text for one in self.verdicts[file] for words in MISTAKEN)
            # In a Bundle it comes back at each reference to that person, and to what refers to them. What else is
            # wrong with one of these records has an error of its own.
            follow = [one for one in found if mistaken and "able to find a profile match for" in one.text]
            left += [str(one) for one in found if one not in follow]
        return left


def put(folder: Path, name: str, tree: Tree) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{name}.json"
    file.write_bytes(pretty(tree))
    return file


def sent(name: str, receiver: str) -> Docs:
    """Return a person's whole set as a receiver wants it, every plan in its own record where there are records."""
    docs = person(name)
    ready = docs
    for plan in [ref for ref in docs if ref.startswith("CarePlan/")]:
        ready = ready.replaced(dict(outfit(docs, plan, receiver, when=NOW).docs))
    return ready


@pytest.fixture(scope="module", params=RECEIVERS)
def judged(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Judged]:
    receiver: str = request.param
    if not PROFILES.is_dir():
        skip(f"profiles of {receiver}", "../shared/profiles is not beside the project")
    home, all_of = tmp_path_factory.mktemp(receiver), Judged()
    for name in PEOPLE:
        ready = sent(name, receiver).items()
        all_of.sent[name] = {put(home / name, ref.replace("/", "-"), tree): tree for ref, tree in ready}
        for ref, tree in ready:
            if ref.startswith("Questionnaire/"):
                put(home / "forms", f"{name}-{ref.partition('/')[2]}", tree)
    source, target = ROOT / "fixtures" / PEOPLE[0] / "r4", home / "written"
    assert main(["convert", str(source), "--for", receiver, "--out", str(target)]) == 0
    all_of.written = sorted(target.glob("*.json"))
    all_of.sound = [put(home / "sound", str(n), sound(one)) for n, one in enumerate(RECEIVERS[receiver].profiles)]
    for n, plant in enumerate(plants(receiver)):
        file = put(home / "broken", str(n), plant.broken)
        all_of.broken[file] = plant
        all_of.bare[file] = put(home / "bare", str(n), {k: v for k, v in plant.broken.items() if k != "meta"})
    files = [file for docs in all_of.sent.values() for file in docs] + all_of.written + all_of.sound
    files += [*all_of.broken, *all_of.bare.values()]
    all_of.verdicts = judge(files, know=[*definitions(receiver, home / "stand-ins"), home / "forms"])
    return receiver, all_of


def unchecked(findings: list[Finding]) -> set[str]:
    """Return the profiles that the validator says it could not find."""
    return {found.text.split("'")[1] for found in findings if "has not been checked" in found.text}


def test_everybody_is_valid_under_the_receivers_profiles(judged: tuple[str, Judged]) -> None:
    """No error in any document of any person of the fixtures, as sent, nor in what `convert --for` writes."""
    receiver, found = judged
    for name, docs in found.sent.items():
        claims = sum("profile" in tree.get("meta", {}) for tree in docs.values())
        wrong = len(found.errors_of(docs))
        print(f"referee: {name} for {receiver}: {len(docs)} documents, {claims} claim a profile, {wrong} errors")
    assert found.errors_of(file for docs in found.sent.values() for file in docs) == []
    assert found.errors_of(found.written) == []


def test_every_profile_was_applied(judged: tuple[str, Judged]) -> None:
    """What is meant by a profile claims it, and the validator found each definition that is at hand."""
    receiver, found = judged
    for docs in found.sent.values():
        for file, tree in docs.items():
            wanted = {url for profile in RECEIVERS[receiver].profiles_of(tree) for url in profile.urls}
            assert wanted <= set(tree.get("meta", {}).get("profile", [])), file.name
            missed = unchecked(found.verdicts[file])
            assert missed == {url for url in wanted if not at_hand(url, receiver)}, file.name
            assert all(url.startswith(MCC) for url in missed)


def test_our_own_rows_find_nothing(judged: tuple[str, Judged]) -> None:
    """Also where no definition is at hand: nothing that MCC demands, as far as we know it, is left open."""
    receiver, found = judged
    for name, docs in found.sent.items():
        whole = Docs("R4", {f"{tree['resourceType']}/{tree['id']}": tree for tree in docs.values()})
        left = [issue for issue in violations(whole, receiver) if issue.severity == "error"]
        assert left == [], name


def test_every_planted_violation_is_found(judged: tuple[str, Judged]) -> None:
    """Of each profile: a sound record is sound, and each demand broken in it is an error of the validator, and of ours.

    It is the profile that finds it: of the same record without its claim the validator does not say so.
    """
    receiver, found = judged
    assert found.errors_of(found.sound) == []
    theirs = {file for file, bare in found.bare.items() if found.said(file) - found.said(bare)}
    judge_has_it = {file for file, plant in found.broken.items() if is_judged(plant, receiver)}
    print(f"referee: {receiver}: {len(judge_has_it & theirs)} of {len(judge_has_it)} planted violations found")
    assert sorted(str(found.broken[file]) for file in judge_has_it - theirs) == []
    for plant in found.broken.values():
        left = violations(Docs("R4", {f"{plant.profile.type}/x": plant.broken}), receiver)
        assert any(issue.severity == "error" for issue in left), str(plant)


def is_judged(plant: Plant, receiver: str) -> bool:
    """Say whether the definition that states a row is at hand, and one that the validator can hear."""
    ours = plant.rule.source.startswith(("mccCarePlan", "MCC"))
    deaf = getattr(plant.rule.demand, "key", "") in DEAF
    return not ours and not deaf and any(at_hand(url, receiver) for url in plant.profile.urls)
