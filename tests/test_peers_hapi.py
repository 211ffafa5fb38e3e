"""The main job on real input: the corpus in HAPI FHIR's JPA server, our program beside it, killed wherever it hurts.

    make test-peers                all of it          PEERS_SHORT=1    a slice of the corpus, all kills in one play
    PEERS_SEED=11                  which records

Nothing of our own is believed: both sides, the wire and the people's deeds are compared from outside.
"""

from __future__ import annotations

import os
import shutil
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from peers import CORPUS, skip
from peers.command import Home
from peers.corpus import Corpus, gather
from peers.hapi import hapi, require_hapi, restore, snapshot
from peers.loading import Loaded, load
from peers.people import people, terms
from peers.play import play
from peers.played import Played
from peers.proxy import recording
from peers.scenario import SHORT, WHOLE, Size, Stage
from peers.verdict import control, here_is_as_there, same_result, the_books_say_so, the_wire_is_clean
from peers.verdict import there_is_as_it_should_be as there_is_right
from peers.wire import Server

from adapter.sync.failpoints import COMMIT_POINTS

pytestmark = pytest.mark.peers

IS_SHORT = os.environ.get("PEERS_SHORT", "") not in ("", "0")
SEED = int(os.environ.get("PEERS_SEED", "11"))
EVERY, SIZE = (5, SHORT) if IS_SHORT else (1, WHOLE)


@dataclass(frozen=True, slots=True)
class Loading:
    """A loaded EHR, as a folder to start from as often as one likes."""

    corpus: Corpus
    loaded: Loaded
    data: Path
    size: Size


def loading(folder: Path, every: int, size: Size) -> Loading:
    """Load each n-th file of the corpus into a new HAPI, stop it, and say what came of it."""
    corpus, began = gather(CORPUS, every), time.monotonic()
    with hapi(folder / "data") as running:
        ready = time.monotonic() - began
        loaded = load(corpus, Server(running.base))
    snapshot(folder / "data", folder / "loaded")
    shutil.rmtree(folder / "data")
    print(
        f"\nHAPI ready after {ready:.0f} s, {len(corpus.records)} records loaded after {time.monotonic() - began:.0f} s"
    )
    for file, reason in {**corpus.left_out, **loaded.refused}.items():
        print(f"not loaded: {Path(file).name}: {reason}")
    print(f"at the EHR: {dict(loaded.counts)}, {len(loaded.subjects)} persons with records")
    return Loading(corpus, loaded, folder / "loaded", size)


@pytest.fixture(scope="module")
def real_input(tmp_path_factory: pytest.TempPathFactory) -> Loading:
    require_hapi("real input")
    if not CORPUS.is_dir():
        skip("real input", "../shared/corpus is not beside the project")
    return loading(tmp_path_factory.mktemp("real-input"), EVERY, SIZE)


@contextmanager
def stage(loaded: Loading, folder: Path, *, terse: bool = False) -> Iterator[Stage]:
    """A programme of its own and a copy of the loaded EHR, with the proxy between them."""
    restore(loaded.data, folder / "ehr")
    home = Home(folder / "programme")
    home.folder.mkdir()
    with hapi(folder / "ehr") as running, recording(running.base, terse=terse) as proxy:
        persons = people(loaded.corpus, SEED)
        yield Stage(home, proxy, Server(running.base), persons, SEED, loaded.size)
    shutil.rmtree(folder / "ehr")


def judged(where: Stage, played: Played, corpus: Corpus) -> list[str]:
    """Return all that does not hold after a play, whether anybody was killed in it or not."""
    silent = [person for person in where.persons if not person.consents]
    theirs = [ref for ref, record in corpus.records.items() if record.subject in where.silent]
    itself = control(where.server, played.wire, where.proxy.base)
    return [
        *there_is_right(played, itself),
        *here_is_as_there(played, itself, where.proxy.base),
        *the_wire_is_clean(where.proxy.record, terms(silent, corpus), theirs),
        *(f"{e.method} {e.url}: a write in the third run" for e in played.idle.writes()),
    ]


def print_books(played: Played, seconds: float) -> None:
    """Print what the runs said of themselves, and what was done to deserve it."""
    deeds = played.deeds
    for name, book in zip(("pull all", "push and pull", "nothing"), played.books, strict=True):
        for side in ("pull", "push"):
            counts = " + ".join(f"{n} {what}" for what, n in sorted(book[side].items()) if what != "eligible" and n)
            print(f"{name:14} {side}  {book[side]['eligible']} eligible = {counts}")
    ops = ", ".join(f"{n} {op}" for op, n in Counter(edit.op for edit in (*deeds.sent, *deeds.withheld)).most_common())
    print(f"edited here    {len(deeds.sent) + len(deeds.withheld)} ({ops}), {len(deeds.withheld)} of them withheld")
    print(f"edited there   {len(deeds.clashes)} in the same element, {len(deeds.peaceful)} elsewhere; {seconds:.0f} s")


@pytest.fixture(scope="module")
def undisturbed(real_input: Loading, tmp_path_factory: pytest.TempPathFactory) -> tuple[Played, list[str]]:
    """The play with nobody killed, and all that does not hold after it."""
    with stage(real_input, tmp_path_factory.mktemp("undisturbed")) as where:
        began = time.monotonic()
        played = play(where)
        print_books(played, time.monotonic() - began)
        return played, judged(where, played, real_input.corpus)


def test_the_corpus_lies_at_the_ehr(real_input: Loading) -> None:
    """At least 45 CarePlans, 40 Goals, 45 responses and all their subjects are there; what is refused is named."""
    assert real_input.loaded.shortfalls(1 / EVERY) == []
    assert len(real_input.loaded.refused) <= 3


def test_everything_went_over(undisturbed: tuple[Played, list[str]]) -> None:
    """No create twice, no write in the second run, nothing of the five, nothing but the edits there, the same here."""
    played, wrong = undisturbed
    assert wrong == []
    assert len(played.wire.creates()) == len(played.deeds.created)


def test_the_books_agree_with_a_count_from_outside(undisturbed: tuple[Played, list[str]]) -> None:
    """What the ledger says is what both sides' records say."""
    assert the_books_say_so(undisturbed[0]) == []


def test_killed_at_every_commit_point_in_turn(
    real_input: Loading, undisturbed: tuple[Played, list[str]], tmp_path: Path
) -> None:
    """The same play, its runs killed with -9 at one commit point after the other and called again: the same result."""
    killed: list[str] = []
    with stage(real_input, tmp_path, terse=True) as where:
        began = time.monotonic()
        played = play(where, COMMIT_POINTS, killed, first_too=not IS_SHORT)
        points = f"{len(set(killed))} of {len(COMMIT_POINTS)} commit points"
        print(f"\nkilled {len(killed)} times at {points}; {time.monotonic() - began:.0f} s")
        assert [*judged(where, played, real_input.corpus), *same_result(played, undisturbed[0])] == []
    assert set(COMMIT_POINTS) - set(killed) == set()


@pytest.fixture(scope="module")
def part(tmp_path_factory: pytest.TempPathFactory) -> tuple[Loading, Played]:
    """A fifth of the corpus, and the play on it with nobody killed: for many plays."""
    if IS_SHORT:
        skip("killed at each commit point alone", "left out of the short form, which kills at all of them in one play")
    require_hapi("killed at each commit point alone")
    loaded = loading(tmp_path_factory.mktemp("part"), 5, SHORT)
    with stage(loaded, tmp_path_factory.mktemp("part-undisturbed")) as where:
        return loaded, play(where)


@pytest.mark.parametrize("point", ["any"] if IS_SHORT else COMMIT_POINTS)
def test_killed_at_one_commit_point(part: tuple[Loading, Played], tmp_path: Path, point: str) -> None:
    """Each commit point by itself, from the same start: the first time that it is passed, and the third."""
    loaded, undisturbed = part
    killed: list[str] = []
    with stage(loaded, tmp_path, terse=point == "read back") as where:
        played = play(where, [point, f"{point}:3"], killed)
        assert [*judged(where, played, loaded.corpus), *same_result(played, undisturbed)] == []
    assert killed
