"""A run killed with -9 at any commit point and run again comes to the same: on both sides, once, books balanced."""

from __future__ import annotations

import copy
import multiprocessing
import re
import shutil
import signal
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sync_process
from fhir_server import FHIRServer, Seen
from sync_world import World, goal, patient, plan

from adapter.ehr.client import Client
from adapter.store import Store
from adapter.sync import engine
from adapter.sync.failpoints import COMMIT_POINTS
from mappings.check import is_usable

SPAWN = multiprocessing.get_context("forkserver")
SPAWN.set_forkserver_preload(["adapter.wiring", "adapter.sync.engine", "mappings.check.structure", "requests"])

AGAIN = ("page stored:3", "landed:2", "planned:2", "sent:4", "answered:2", "acknowledged:4")
CASES = [*COMMIT_POINTS, *AGAIN]


@dataclass
class Scene:
    """Two sides with everything still to do, kept so that it can be set up again and again."""

    there: FHIRServer
    folder: Path
    records: dict[Any, Any]
    ids: int

    def again(self, folder: Path) -> Path:
        """Set both sides up as they were, and return our store."""
        with self.there.lock:
            self.there.records, self.there.ids = copy.deepcopy(self.records), self.ids
            self.there.seen.clear()
        shutil.copytree(self.folder, folder)
        return folder / "store.sqlite"

    def run(self, path: Path, kill_at: str = "") -> tuple[int, Any]:
        """Run once in a process of its own and return its exit code and what it came to."""
        answers = SPAWN.SimpleQueue()
        process = SPAWN.Process(target=sync_process.run, args=(str(path), self.there.base, kill_at, answers))
        process.start()
        process.join(60)
        code = process.exitcode
        assert code is not None
        answer = None if answers.empty() else answers.get()
        process.close()
        answers.close()
        return code, answer

    def outcome(self, path: Path) -> dict[str, Any]:
        """Both sides, records named by what they say instead of by their ids."""
        with Store.open(path) as store:
            here = World(store, self.there)
            ours = {kind: here.here(kind) for kind in ("Goal", "CarePlan", "ServiceRequest", "Patient")}
            with store.read() as tx:
                conflicts = [(one.type, one.paths) for one in tx.conflicts.each("clinic")]
                links = Counter((link.type, link.status) for link in tx.links.each("clinic"))
        theirs = {kind: self.there.all(kind) for kind in ours}
        return {"here": named(ours), "there": named(theirs), "conflicts": conflicts, "links": links}


def named(sides: dict[str, dict[str, dict[str, Any]]]) -> dict[str, list[str]]:
    names = {f"{k}/{i}": f"{k}:{label(b)}" for k, records in sides.items() for i, b in records.items()}
    return {
        kind: sorted(
            re.sub(r"'([A-Z]\w+/[^']+)'", lambda found: names.get(found[1], "?"), str(sorted(body.items())))
            for body in records.values()
        )
        for kind, records in sides.items()
    }


def label(body: dict[str, Any]) -> str:
    return str(body.get("title") or body.get("description") or body.get("code") or body.get("identifier"))


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    folder = tmp_path_factory.mktemp("scene")
    with FHIRServer(clock=datetime.now(UTC), silent=frozenset({"CarePlan"})) as there:
        store = Store.open(folder / "store.sqlite")
        both = World(store, there)
        both.enroll("ada", "1")
        there.put("Patient", "p1", patient("1"))
        for own in ("merged", "clash", "lost", "left", "pulled"):
            there.put("Goal", own, goal(own, "Patient/p1"))
        both.put("Goal", "dropped", goal("dropped", "Patient/ada"))
        with Client(both.ehr) as client:
            engine.apply(both.work(client), is_usable)
        there.edit("Goal", "merged", startDate="2026-01-01")
        both.edit("Goal", both.local("Goal", "merged"), note=[{"text": "ours"}])
        there.edit("Goal", "clash", description={"text": "theirs"})
        both.edit("Goal", both.local("Goal", "clash"), description={"text": "ours"})
        there.edit("Goal", "pulled", note=[{"text": "theirs"}])
        there.delete("Goal", "lost")
        both.delete("Goal", both.local("Goal", "left"))
        both.delete("Goal", "dropped")
        there.put("CarePlan", "new", plan("new", "Patient/p1", goal=[{"reference": "Goal/pulled"}]))
        both.put("Goal", "g", goal("created", "Patient/ada"))
        request = {"resourceType": "ServiceRequest", "status": "active", "intent": "plan", "code": {"text": "r"}}
        about = {"subject": {"reference": "Patient/ada"}, "basedOn": [{"reference": "CarePlan/c"}]}
        both.put("ServiceRequest", "r", {**request, **about})
        activity = [{"reference": {"reference": "ServiceRequest/r"}}]
        both.put("CarePlan", "c", plan("created", "Patient/ada", goal=[{"reference": "Goal/g"}], activity=activity))
        store.close()
        yield Scene(there, folder, copy.deepcopy(there.records), there.ids)


@pytest.fixture(scope="module")
def undisturbed(scene: Scene, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What a run that nobody disturbs comes to."""
    path = scene.again(tmp_path_factory.mktemp("undisturbed") / "copy")
    code, answer = scene.run(path)
    assert (code, answer[:2], answer[3]) == (0, (1, True), [])
    outcome = scene.outcome(path)
    assert outcome["conflicts"] == [("Goal", ("Goal.description",))]
    assert outcome["links"] == {
        ("Patient", "linked"): 1,
        ("Goal", "linked"): 4,
        ("Goal", "gone"): 2,
        ("Goal", "ended"): 1,
        ("CarePlan", "linked"): 2,
        ("ServiceRequest", "linked"): 1,
    }
    return outcome


def creates(seen: list[Seen]) -> Counter[str]:
    return Counter(str(one.body["identifier"][-1]["value"]) for one in seen if one.method == "POST")


@pytest.mark.parametrize("point", CASES)
def test_killed_and_run_again(scene: Scene, undisturbed: dict[str, Any], point: str, tmp_path: Path) -> None:
    """Killed at a point and run again: both sides as if nobody had, one create for each identifier, balanced books."""
    path = scene.again(tmp_path / "copy")
    killed, _ = scene.run(path, point)
    assert killed == -signal.SIGKILL, f"the point {point} was never passed"
    code, answer = scene.run(path)
    assert (code, answer[1], answer[3]) == (0, True, [])
    assert scene.outcome(path) == undisturbed
    assert set(creates(scene.there.writes("POST")).values()) == {1}
    writes = len(scene.there.writes())
    assert scene.run(path)[0] == 0
    assert (len(scene.there.writes()), scene.outcome(path)) == (writes, undisturbed)
