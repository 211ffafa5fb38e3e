"""Responses against their forms beside HL7's own validator: those of the corpus, and drawn ones with one edit each.

make test-referee, or PEERS_SHORT=1 make test-referee for a tenth of the edits.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from answer_forms import FORMS
from drawn_answers import answered, edits
from peers import CORPUS, ROOT, skip
from peers.answer_agreement import STOPPED, ours, theirs, unmet, why_ours, why_theirs
from peers.referee import judge

from mappings.check.sets import check_set
from mappings.tree import NotJSON, Tree, dump, parse

pytestmark = [pytest.mark.peers, pytest.mark.referee]

EVERY = 30 if os.environ.get("PEERS_SHORT") else 3
"""Of so many edits one is judged."""

Pair = tuple[str, Tree, Tree]
"""Name, response, form."""


def _drawn(release: str) -> list[Pair]:
    pairs: list[Pair] = []
    for name, form in FORMS[release].items():
        response = answered(form, release)
        pairs += [(name, response, form), *list(edits(response, form))[::EVERY]]
    return pairs


def _of_corpus(release: str) -> list[Pair]:
    """Return each response whose form is at hand, the fixtures' too; by canonical, or contained."""
    if not CORPUS.is_dir():
        skip("responses of the corpus", "../shared/corpus is not beside the project")
    folders = [CORPUS / release.lower(), *(ROOT / "fixtures").glob(f"*/{release.lower()}")]
    held = [(file.name, one) for folder in folders for file in sorted(folder.rglob("*.json")) for one in _within(file)]
    forms: dict[Any, Tree] = {}
    for _, one in held:
        if one.get("resourceType") == "Questionnaire":
            for name in (one.get("url"), f"Questionnaire/{one.get('id')}"):
                forms.setdefault(name, one)
    pairs = []
    for name, one in held:
        named = one.get("questionnaire")
        if one.get("resourceType") == "QuestionnaireResponse" and isinstance(named, str):
            inner = [each for each in one.get("contained", []) if f"#{each.get('id')}" == named]
            form = inner[0] if inner else forms.get(named.partition("|")[0])
            if form is not None:
                pairs.append((name, one, form))
    return pairs


def _within(file: Path) -> Iterator[Any]:
    try:
        tree = parse(file.read_bytes())
    except NotJSON:
        return
    if isinstance(tree, dict):
        entries = tree.get("entry") if tree.get("resourceType") == "Bundle" else None
        found = [entry.get("resource") for entry in entries] if isinstance(entries, list) else [tree]
        yield from (one for one in found if isinstance(one, dict))


@pytest.mark.parametrize("release", FORMS)
@pytest.mark.parametrize("of", [_of_corpus, _drawn], ids=["corpus", "drawn"])
def test_both_find_the_same_in_answers(of: Any, release: str, tmp_path: Path) -> None:
    """By place and rule, both say the same of each response; where one is alone, the specification says why."""
    pairs = of(release)
    folder = tmp_path / "forms"
    folder.mkdir()
    urls: dict[bytes, str] = {}
    files: dict[Path, tuple[str, dict[str, Tree], Tree]] = {}
    for number, (name, response, form) in enumerate(pairs):
        docs = {"": response}
        if not str(response.get("questionnaire")).startswith("#"):
            key = dump(form | {"url": ""})
            url = urls.setdefault(key, f"https://forms.example/{len(urls)}")
            docs = {"": response | {"questionnaire": url}, "form": form | {"url": url}}
            (folder / f"{url.rpartition('/')[2]}.json").write_bytes(dump(docs["form"]))
        file = tmp_path / f"{number}.json"
        file.write_bytes(dump(docs[""]))
        files[file] = name, docs, form
    both, stopped = 0, 0
    alone, reasons = list[str](), Counter[str]()
    for file, verdict in judge(list(files), release=release, know=[folder]).items():
        name, docs, form = files[file]
        if any(STOPPED.search(found.text) for found in verdict):
            stopped += 1
            continue
        they, we = theirs(verdict), ours(check_set(docs, release)[""])
        theirs_alone, ours_alone = list(unmet(they, we)), list(unmet(we, they))
        both += len(they) - len(theirs_alone)
        for said, why in [
            *((said, why_theirs(said, form, we)) for said in theirs_alone),
            *((said, why_ours(said)) for said in ours_alone),
        ]:
            reasons[why] += 1
            if not why:
                alone.append(f"{name}: {said.rule} {said.place}: {said.text[:120]}")
    print(f"\n{len(pairs)} {release} responses, {stopped} that it cannot judge; {both} errors are both sides'")
    for why, count in reasons.most_common():
        print(f"  {count:5}  {why}")
    assert alone == []
