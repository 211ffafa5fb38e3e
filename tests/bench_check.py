"""What judging real documents costs beside one orjson round trip of their bytes, and what others take for it.

    python tests/bench_check.py               ends with 1 where something takes over twice what is to be reached
    python tests/bench_check.py --referee     HL7's own validator too, warm, over the same files in the same run

All documents of the four types in ../shared/corpus that are strict JSON, in one process. In each round each side goes
once through all documents of a type, one side after the other; given is the least of the rounds, as what else the
machine does only adds to it. Sums are over the documents: a large one weighs as much as it costs.
"""

from __future__ import annotations

import argparse
import csv
import gc
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import orjson
from bench_lens import AMENDED, DONE

from mappings.check import LEVELS, check
from mappings.lens.documents import Docs
from mappings.translate import read, write
from mappings.tree import NotJSON, dump, parse, to_plain

CORPUS = Path(__file__).parents[2] / "shared" / "corpus"
KINDS = ("CarePlan", "Goal", "Questionnaire", "QuestionnaireResponse")
ROUNDS = 7

TO_REFERENCES = ("json", "structure", "binding", "invariant", "reference")
WITH_PROFILES = (*TO_REFERENCES, "profile")
BASE = "orjson loads + dumps"
VALIDATE = "fhir.resources: model_validate of a dict"
RECEIVED = "strict parse + check + read + write + dump"
CHECK = "check: levels up to references"
REACH = {CHECK: 12.0, "check: with profiles": 25.0, RECEIVED: 16.0}
"""At most so many round trips, over all documents."""

REFEREE_REACH = 40.0
"""HL7's validator takes at least so many times as long."""


@dataclass(frozen=True, slots=True)
class Document:
    """One file of the corpus: its bytes, and as plain Python."""

    path: Path
    kind: str
    release: str
    data: bytes
    plain: Any


EDITS: dict[str, Callable[[Any], Any]] = {
    "CarePlan": lambda plan: replace(plan, status=DONE),
    "Goal": lambda goal: replace(goal, lifecycle=DONE),
    "Questionnaire": lambda form: replace(form, title="Weeks"),
    "QuestionnaireResponse": lambda response: replace(response, status=AMENDED),
}


def documents() -> Iterator[Document]:
    """Yield the documents that are timed, without a byte order mark."""
    with (CORPUS / "MANIFEST.tsv").open() as file:
        rows = [row for row in csv.DictReader(file, delimiter="\t") if Path(row["path"]).parts[1] in KINDS]
    for row in rows:
        data = (CORPUS / row["path"]).read_bytes().removeprefix(b"\xef\xbb\xbf")
        kind, release = Path(row["path"]).parts[1], row["fhirVersion"]
        try:
            tree = parse(data)
        except NotJSON:
            continue
        yield Document(CORPUS / row["path"], kind, release, data, to_plain(tree))


def received(edit: Callable[[str, Any], Any]) -> Callable[[Document], bytes]:
    """Return what a document goes through that is received, edited and served."""

    def side(one: Document) -> bytes:
        tree, root = parse(one.data), f"{one.kind}/x"
        check(tree, release=one.release, levels=TO_REFERENCES)
        docs = Docs(one.release, {root: tree})
        was = read(docs, root).value
        now = edit(one.kind, was) if was is not None else was  # a few have nothing that is read
        return dump(write(docs, root, was=was, now=now).get(root, tree))

    return side


def sides() -> dict[str, Callable[[Document], object]]:
    """Return what is timed over each document, the base first."""
    return {
        BASE: lambda one: orjson.dumps(orjson.loads(one.data)),
        "strict parse": lambda one: parse(one.data),
        CHECK: lambda one: check(one.data, release=one.release, levels=TO_REFERENCES),
        "check: with profiles": lambda one: check(one.data, release=one.release, levels=WITH_PROFILES),
        "check: all levels": lambda one: check(one.data, release=one.release, levels=LEVELS),
        RECEIVED: received(lambda _, was: was),
        RECEIVED + ", edited": received(lambda kind, was: EDITS[kind](was)),
        VALIDATE: validated,
    }


def validated(one: Document) -> None:
    """Let fhir.resources validate a dict, R4 by R4B."""
    from fhir.resources import get_fhir_model_class as r5
    from fhir.resources.R4B import get_fhir_model_class as r4

    try:
        {"R4": r4, "R5": r5}[one.release](one.kind).model_validate(one.plain)
    except (ValueError, KeyError, TypeError):  # it refuses some, each in its own way
        return


def measured(given: list[Document]) -> dict[str, dict[str, float]]:
    """Return kind -> side -> least seconds of CPU for all documents of the kind."""
    rounds: list[dict[tuple[str, str], float]] = []
    for one in given:
        for side in sides().values():
            side(one)
    gc.collect()
    gc.freeze()  # what is only held for the measurement is not looked at in it
    for _ in range(ROUNDS):
        taken = {}
        for kind in KINDS:
            for name, side in sides().items():
                of = [one for one in given if one.kind == kind]
                start = time.process_time()
                for one in of:
                    side(one)
                taken[kind, name] = time.process_time() - start
        rounds.append(taken)
    return {k: {n: min(taken[k, n] for taken in rounds) for n in sides()} for k in KINDS}


def bench_check() -> bool:
    """Print each side as a multiple of the base, by type and in sum; return whether all stay in twice their reach."""
    given = list(documents())
    size = sum(len(one.data) for one in given)
    taken = measured(given)
    print(f"{len(given)} documents of {size} bytes, the least of {ROUNDS} rounds, in round trips of orjson")
    print(f"{'':<46}" + "".join(f"{kind:>23}" for kind in (*KINDS, "all")))
    fits = True
    for name in sides():
        parts = [taken[kind][name] / taken[kind][BASE] for kind in KINDS]
        whole = sum(taken[kind][name] for kind in KINDS) / sum(taken[kind][BASE] for kind in KINDS)
        reach = REACH.get(name)
        fits = fits and (reach is None or whole <= 2 * reach)
        told = f"   (at most {reach:.0f})" if reach else ""
        print(f"{name:<46}" + "".join(f"{part:>23.1f}" for part in (*parts, whole)) + told)
    ours, theirs = (sum(taken[kind][name] for kind in KINDS) for name in (CHECK, VALIDATE))
    print(f"fhir.resources takes {theirs / ours:.1f} times as long as the levels up to references")
    return fits


def bench_referee() -> bool:
    """Print how many times as long HL7's validator takes, warm; return whether that is at least half of the reach."""
    from peers.hapi import TOOL, missing

    if why := missing():
        print(f"HL7's validator: not measured: {why}")
        return True
    given = list(documents())
    ours = theirs = 0.0
    for release in ("R4", "R5"):
        of = [one for one in given if one.release == release]
        names = "".join(f"{one.path}\n" for one in of)
        command = [sys.executable, str(TOOL), "referee", "--release", release]
        done = subprocess.run(command, input=names * 2, capture_output=True, text=True, timeout=1200, check=True)
        warm = [json.loads(line)["ms"] for line in done.stdout.splitlines()][len(of) :]
        mine = []
        for _ in range(ROUNDS):
            start = time.perf_counter()
            for one in of:
                check(one.data, release=release, levels=TO_REFERENCES)
            mine.append((time.perf_counter() - start) * 1000)
        ours, theirs = ours + statistics.median(mine), theirs + sum(warm)
        taken = f"HL7's validator {sum(warm):.0f} ms, check {statistics.median(mine):.1f} ms"
        print(f"{release}: {len(of)} documents, {taken}")
    print(f"HL7's validator, warm, takes {theirs / ours:.0f} times as long   (at least {REFEREE_REACH:.0f})")
    return theirs / ours >= REFEREE_REACH / 2


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--referee", action="store_true", help="HL7's own validator beside it")
    asked = arguments.parse_args()
    if not CORPUS.is_dir():
        print("nothing is measured: the corpus (../shared/corpus) is not on this machine")
        sys.exit(0)
    sound = bench_check()
    if asked.referee:
        sound = bench_referee() and sound
    sys.exit(not sound)
