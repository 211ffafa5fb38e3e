"""The main job on real input: the corpus in HAPI FHIR's JPA server, our program beside it, killed wherever it hurts.

make test-peers                all of it          PEERS_SHORT=1    a slice of the corpus, all kills in one run
PEERS_SEED=11                  which records      PEERS_KEEP=DIR   leave the folders there to look at
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from peers import CORPUS, skip
from peers.corpus import Corpus, gather
from peers.hapi import hapi, require_hapi, snapshot
from peers.loading import Loaded, load
from peers.wire import Server

pytestmark = pytest.mark.peers

IS_SHORT = os.environ.get("PEERS_SHORT", "") not in ("", "0")
SEED = int(os.environ.get("PEERS_SEED", "11"))


@dataclass(frozen=True, slots=True)
class Prepared:
    """A loaded EHR, as a folder to start from as often as one likes."""

    corpus: Corpus
    loaded: Loaded
    data: Path


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prepared]:
    require_hapi("real input")
    if not CORPUS.is_dir():
        skip("real input", "../shared/corpus is not beside the project")
    folder = tmp_path_factory.mktemp("hapi")
    every = 6 if IS_SHORT else 1
    corpus = gather(CORPUS, every)
    began = time.monotonic()
    with hapi(folder / "data") as running:
        started = time.monotonic() - began
        loaded = load(corpus, Server(running.base))
    snapshot(folder / "data", folder / "loaded")
    print(f"\nHAPI ready after {started:.0f} s, corpus loaded after {time.monotonic() - began:.0f} s")
    for file, reason in {**corpus.left_out, **loaded.refused}.items():
        print(f"not loaded: {Path(file).name}: {reason}")
    print(f"at the EHR: {dict(loaded.counts)}, {len(loaded.subjects)} persons with records")
    assert loaded.shortfalls(1 / every) == []
    yield Prepared(corpus, loaded, folder / "loaded")
    shutil.rmtree(folder)


def test_the_corpus_lies_at_the_ehr(prepared: Prepared) -> None:
    """At least 45 CarePlans, 40 Goals, 45 responses and all their subjects are there; what is refused is named."""
    assert prepared.loaded.shortfalls(1 / 6 if IS_SHORT else 1) == []
    assert len(prepared.loaded.refused) <= 3
