"""`check` beside HL7's own validator, run now over the same files: how far they agree, and where they do not, why.

make test-referee, or PEERS_SHORT=1 make test-referee for every tenth file of the corpus. Responses against forms that
lie beside them: test_referee_answers.py; single mutations: test_referee_mutations.py; profiles:
test_referee_profiles.py.
"""

from __future__ import annotations

import csv
import os
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from peers import CORPUS, ROOT, skip
from peers.agreement import LEVELS, Said, ours, theirs, unmet, why
from peers.referee import judge

from mappings.check import Finding, check, opened
from mappings.check.sets import check_set
from mappings.tree import NotJSON, Tree, get, parse

pytestmark = [pytest.mark.peers, pytest.mark.referee]

TYPES = {"CarePlan", "Goal", "Questionnaire", "QuestionnaireResponse"}

# Shares of its errors that are ours too, measured over the whole corpus and the fixtures.
# fmt: off
AGREED = {  # level        share     on
            "json":        1.000,  # 2026-11-22: 1 of 1
            "binding":     1.000,  # 2026-11-22: 3 of 3
            "structure":   0.990,  # 2026-11-22: 360 of 361
            "invariant":   0.990,  # 2026-11-22: 380 of 381
            "reference":   1.000,  # 2026-11-22: 5 of 5
}
# fmt: on


@dataclass
class Compared:
    """What both sides said of all files: counts by level, and what one side alone said."""

    files: int = 0
    both: Counter[str] = field(default_factory=Counter)
    named: Counter[str] = field(default_factory=Counter)
    theirs_alone: list[tuple[Path, Said]] = field(default_factory=list)
    ours_alone: list[tuple[Path, Said]] = field(default_factory=list)

    def share(self, level: str) -> float:
        """Return the share of the validator's errors of a level that are ours too."""
        return self.both[level] / self.named[level] if self.named[level] else 1.0


@pytest.fixture(scope="module")
def compared() -> Compared:
    """Both verdicts over the corpus and the fixtures."""
    if not CORPUS.is_dir():
        skip("agreement with the referee", "../shared/corpus is not beside the project")
    done = Compared()
    for release in ("R4", "R5"):
        files = [*_corpus(release), *_fixtures(release)]
        done.files += len(files)
        for file, verdict in judge(files, release=release).items():
            they, we = theirs(verdict), ours(_checked(file.read_bytes(), release))
            alone = list(unmet(they, we))
            done.named.update(said.level for said in they)
            done.both.update(said.level for said in they)
            done.both.subtract(said.level for said in alone)
            done.theirs_alone += [(file, said) for said in alone]
            done.ours_alone += [(file, said) for said in unmet(we, they)]
    return done


def _checked(data: bytes, release: str) -> list[Finding]:
    """Return what `check` says of a document that lies alone, its answers to a contained questionnaire included.

    What the validator was not asked is left out: instruments are no matter of its, and of profiles it knows none but
    those of HL7's extensions, guides left out.
    """
    tree, unread = opened(data)
    said = check(data, release=release) + ([] if unread else check_set({"": tree}, release)[""])
    known = (one for one in said if one.level != "profile" or _is_of_core(one, tree))
    return [one for one in known if one.level != "instrument"]


def _is_of_core(found: Finding, tree: Tree) -> bool:
    """Return whether a finding of level profile is of an extension, and of none that a guide of HL7 defines."""
    urls = []
    with suppress(LookupError):  # what a finding misses does not stand
        for step in found.at:
            tree = get(tree, (step,))
            urls += [str(tree["url"])] if isinstance(tree, dict) and "url" in tree else []
    return found.rule.startswith("profile/extension") and not any("/fhir/uv/" in url for url in urls)


def _corpus(release: str) -> list[Path]:
    with (CORPUS / "MANIFEST.tsv").open(encoding="utf-8", newline="") as lines:
        rows = [row for row in csv.DictReader(lines, delimiter="\t") if row["fhirVersion"] == release]
    files = [CORPUS / row["path"] for row in rows if row["resourceType"] in TYPES]
    return files[::10] if os.environ.get("PEERS_SHORT") else files


def _fixtures(release: str) -> list[Path]:
    return [file for file in sorted((ROOT / "fixtures").glob(f"*/{release.lower()}/*.json")) if _type(file) in TYPES]


def _type(file: Path) -> str:
    try:
        return str(parse(file.read_bytes()).get("resourceType"))
    except NotJSON:
        return ""


def test_how_far_check_agrees_with_the_referee(compared: Compared) -> None:
    """By place and rule: each level's agreement, and each difference with its reason; none falls below what it was."""
    print(f"\n{compared.files} files. HL7's validator's errors, by level, and which of them are ours too:")
    for level in LEVELS[:-1]:
        if compared.named[level]:
            print(f"  {level:10} {compared.both[level]:5} of {compared.named[level]:5}  {compared.share(level):7.1%}")
    print(f"  not judged {compared.named['']:5}")
    _differences("it alone says", compared.theirs_alone)
    _differences("we alone say", compared.ours_alone)
    if not os.environ.get("PEERS_SHORT"):
        assert {level: share for level in AGREED if (share := compared.share(level)) < AGREED[level]} == {}


def test_nothing_is_alarmed_about_that_the_referee_passes(compared: Compared) -> None:
    """What we alone say has a reason with the specification's sentence, or is written down here with its date."""
    alone = Counter(said.rules for file, said in compared.ours_alone if not why(str(file), said))
    assert alone <= Counter(ALONE)


# Errors of ours that it does not have and that have no reason, by rule.
ALONE: dict[str, int] = {}


def _differences(who: str, alone: list[tuple[Path, Said]]) -> None:
    """Print what one side alone says: what has a reason as a count, else each rule with two examples."""
    reasons = Counter(why(str(file), said) for file, said in alone)
    print(f"{who}: {len(alone)}")
    for reason, count in reasons.most_common():
        if reason:
            print(f"  {count:5}  {reason}")
    shown = Counter[str]()
    for file, said in alone:
        if why(str(file), said):
            continue
        kind = f"{said.level} {said.rules.split('|')[0] or said.text[:40]}"
        shown[kind] += 1
        if shown[kind] <= 2:
            print(f"         {kind}: {file.name}: {said.place}: {said.text[:110]}")
    for kind, count in shown.most_common():
        print(f"  {count:5}  {kind}: no reason known")
