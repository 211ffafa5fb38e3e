"""The whole job between our program and a real EHR, step by step, each through a door that any user has.

    enrol        persons, consents, roster; the EHR is connected
    sync         plan, look, apply
    edit_here    a hundred records through the native API      edit_there   thirty at the EHR itself
    delete_here  three through the gateway                     delete_there three at the EHR

Which records are chosen depends on the seed and on their names at the EHR, so that every run chooses alike.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mappings.tree import Tree, parse, pretty
from peers import ROOT
from peers.command import KILLED, Done, Home
from peers.corpus import Record
from peers.edits import ENTITY, PLACES, Edit, choose, edited, edited_there, scalars
from peers.people import ORGANIZATION, PURPOSE, Person, consent, write_down
from peers.proxy import Proxy
from peers.targets import PERSON_SYSTEM
from peers.wire import Answer, Server

EHR = "clinic"
FIXTURES = (ROOT / "fixtures" / "asha", ROOT / "fixtures" / "marcus")
CREATED = (
    *("CarePlan", "Goal", "Questionnaire", "QuestionnaireResponse"),
    *("ServiceRequest", "CareTeam", "Condition", "Observation"),
    *("MedicationRequest", "MedicationStatement", "RelatedPerson", "RiskAssessment", "EpisodeOfCare"),
    "DocumentReference",
)
SYNCED = (*CREATED, "Patient", "Consent")


@dataclass(frozen=True, slots=True)
class Size:
    """How much is done: edits here (of them at most a quarter Questionnaires), edits there, deletions a side."""

    here: int
    there: int
    clashes: int
    deletions: int


WHOLE = Size(here=100, there=30, clashes=10, deletions=3)
SHORT = Size(here=20, there=9, clashes=3, deletions=1)


@dataclass(frozen=True, slots=True)
class Stage:
    """Where it plays: our program's folder, the proxy that it talks to, the server behind it, the persons, the seed."""

    home: Home
    proxy: Proxy
    server: Server
    persons: list[Person]
    seed: int
    size: Size = WHOLE

    @property
    def silent(self) -> set[str]:
        """The persons at the EHR who gave no consent."""
        return {person.there for person in self.persons if not person.consents}


def enrol(stage: Stage) -> None:
    """Load the persons and their consents, connect the EHR, put everybody on its roster."""
    folder = stage.home.folder / "people"
    write_down(stage.persons, folder)
    stage.home.call("load", str(folder)).ok()
    whose = ("--relation", "other", "--organization", "|".join(ORGANIZATION), "--purpose", PURPOSE)
    stage.home.call("ehr", "add", EHR, stage.proxy.base, *whose).ok()
    everybody = [f"{PERSON_SYSTEM}|{person.number}" for person in stage.persons]
    stage.home.call("roster", "add", "--ehr", EHR, *everybody).ok()


def welcome(stage: Stage) -> list[str]:
    """Take the two persons of the fixtures in: known at the EHR by their identifier, their plans there not at all.

    Return the references of what is ours to create there.
    """
    people = [parse((folder / "r4" / f"{folder.name}.json").read_bytes()) for folder in FIXTURES]
    for patient in people:
        known = {"resourceType": "Patient", "id": f"pt-{patient['id']}", "identifier": patient["identifier"]}
        assert stage.server.send("PUT", f"Patient/pt-{patient['id']}", known).status == 201
    agreed = stage.home.folder / "agreed"
    agreed.mkdir()
    for patient in people:
        (agreed / f"{patient['id']}.json").write_bytes(pretty(consent(patient["id"])))
    stage.home.call("load", *(str(folder / "r4") for folder in FIXTURES), str(agreed)).ok()
    stage.home.call("roster", "add", "--ehr", EHR, *(f"Patient/{patient['id']}" for patient in people)).ok()
    return [ref for folder in FIXTURES for ref in _references(folder) if ref.split("/")[0] in CREATED]


def _references(folder: Path) -> list[str]:
    trees = [parse(file.read_bytes()) for file in sorted((folder / "r4").glob("*.json"))]
    return [f"{tree['resourceType']}/{tree['id']}" for tree in trees]


def sync(stage: Stage) -> Done:
    """Plan, look, apply exactly that plan; return what `sync apply --json` said."""
    run = stage.home.call("sync", "plan", EHR, "--json").ok(0, 1).json["run"]
    return stage.home.call("sync", "apply", EHR, "--plan", str(run), "--json").ok(0, 1)


def sync_killed(stage: Stage, points: Iterable[str], killed: list[str]) -> Done:
    """Apply, killed at each of these commit points in turn as far as the run passes them, and then finish.

    Add to `killed` the points at which that happened.
    """
    for point in points:
        done = stage.home.call("sync", "apply", EHR, env={"PLANBRIDGE_KILL_AT": point})
        if done.code == KILLED:
            killed.append(point)
        else:
            done.ok(0, 1)
    return stage.home.call("sync", "apply", EHR, "--json").ok(0, 1)


def links(stage: Stage) -> dict[str, str]:
    """Return which record there is which record here: {"Goal/theirs": "Goal/ours"}."""
    from adapter.store import Store

    with closing(Store.open(stage.home.folder / ".planbridge" / "store.sqlite")) as store, store.read() as tx:
        return {
            f"{link.remote_type}/{link.remote_id}": f"{link.type}/{link.local_id}"
            for link in tx.links.each(EHR)
            if link.status == "linked"
        }


def editable(stage: Stage) -> dict[str, str]:
    """Return the links whose record here is not read-only: what came in as invalid FHIR is carried, not edited."""
    from adapter.store import Store

    with closing(Store.open(stage.home.folder / ".planbridge" / "store.sqlite")) as store, store.read() as tx:
        sound = {f"{d.type}/{d.id}" for d in tx.documents.each() if not d.flag}
    return {there: here for there, here in links(stage).items() if here in sound}


def ours(stage: Stage) -> dict[str, Tree]:
    """Return all live documents of our store, as trees by reference."""
    from adapter.store import Store

    with closing(Store.open(stage.home.folder / ".planbridge" / "store.sqlite")) as store, store.read() as tx:
        return {f"{d.type}/{d.id}": parse(d.body) for d in tx.documents.each() if d.flag != "unfaithful"}


class Gateway:
    """The running gateway as the programme's own client sees it."""

    def __init__(self, address: str, token: str) -> None:
        self.native, self.fhir = Server(f"{address}/api"), Server(f"{address}/fhir/R4")
        self._who = {"Authorization": f"Bearer {token}"}

    def read(self, entity: str, own: str) -> tuple[dict[str, Any], str]:
        """Return a record in native JSON and its ETag. Raises LookupError where the gateway does not give it."""
        answer = self.native.send("GET", f"{PLACES[entity]}/{own}", headers=self._who | {"Accept": "application/json"})
        if answer.status != 200:
            raise LookupError(f"status {answer.status}: {answer.tree.get('detail', '')}")
        return json.loads(answer.body), answer.headers["etag"]

    def write(self, entity: str, own: str, native: Mapping[str, Any], etag: str) -> Answer:
        """Write a record in native JSON over the version that was read."""
        said = {"Accept": "application/json", "Content-Type": "application/json", "If-Match": etag}
        return self.native.send("PUT", f"{PLACES[entity]}/{own}", json.dumps(native).encode(), self._who | said)

    def delete(self, reference: str) -> Answer:
        """Delete a record through the FHIR face."""
        return self.fhir.send("DELETE", reference, headers=self._who)


def eligible(stage: Stage, there: Mapping[str, Tree]) -> dict[str, Record]:
    """Return the records at the EHR that the scenario may touch: of the four types, about a person whom both know."""
    known = {person.there for person in stage.persons}
    found = {ref: Record(tree, "") for ref, tree in there.items() if ref.split("/")[0] in ENTITY}
    return {ref: r for ref, r in found.items() if r.subject in known or ref.startswith("Questionnaire/")}


def edit_here(stage: Stage, gateway: Gateway, there: Mapping[str, Tree]) -> list[Edit]:
    """Edit records through the native API; return the edits, each under the record's name at the EHR."""
    here, rng = editable(stage), random.Random(stage.seed)
    records = {}
    for reference in sorted(eligible(stage, there).keys() & here.keys()):
        entity = ENTITY[reference.split("/")[0]]
        try:
            records[reference] = (entity, gateway.read(entity, here[reference].split("/")[1])[0])
        except LookupError as error:
            print(f"not shown in native JSON: {reference}: {error}")
    forms = {ref: held for ref, held in records.items() if held[0] == "Instrument"}
    rest = {ref: held for ref, held in records.items() if held[0] != "Instrument"}
    quarter = stage.size.here // 4
    edits = choose(forms, quarter, rng) + choose(rest, stage.size.here - quarter, rng)
    for edit in edits:
        entity, own = records[edit.reference][0], here[edit.reference].split("/")[1]
        native, etag = gateway.read(entity, own)  # anew: the ETag of a plan covers its members, edited perhaps just now
        answer = gateway.write(entity, own, edited(native, edit), etag)
        assert answer.status in (200, 204), f"{edit}: {answer.status} {answer.body[:500]!r}"
    return edits


def edit_there(stage: Stage, edits: Iterable[Edit], there: Mapping[str, Tree]) -> tuple[list[Edit], list[Edit]]:
    """Edit records at the EHR itself; return (edits that clash with ours, edits that do not).

    A third clashes: the same element as ours, another value. A third is of records that we edited in another element,
    never of responses, which are one unit. A third is of records that we did not edit.
    """
    rng = random.Random(stage.seed + 1)
    mine = {edit.reference: edit for edit in edits}
    sent = {ref: edit for ref, edit in mine.items() if _about(there[ref]) not in stage.silent}
    clashing = [edit for edit in sent.values() if edit.op in ("set", "clear")]
    merging = [edit for edit in sent.values() if edit not in clashing and edit.field.entity != "Assessment"]
    untouched = sorted(eligible(stage, there).keys() - mine.keys())
    rest = stage.size.there - stage.size.clashes
    clashes = [_there(edit.reference, edit, n, rng) for n, edit in enumerate(rng.sample(clashing, stage.size.clashes))]
    peaceful = [_there(edit.reference, None, n, rng) for n, edit in enumerate(rng.sample(merging, rest // 2), 100)]
    peaceful += [_there(ref, None, n, rng) for n, ref in enumerate(rng.sample(untouched, rest - rest // 2), 200)]
    for edit in (*clashes, *peaceful):
        tree = edited_there(there[edit.reference], edit)
        answer = stage.server.send("PUT", edit.reference, tree)
        assert answer.status == 200, f"{edit}: {answer.reason}"
    return clashes, peaceful


def _about(tree: Tree) -> str:
    return Record(tree, "").subject


def _there(reference: str, clash: Edit | None, number: int, rng: random.Random) -> Edit:
    field = clash.field if clash else rng.choice(scalars(ENTITY[reference.partition("/")[0]]))
    return Edit(reference, field, "set", f"Edited there {number}")


def needed(there: Mapping[str, Tree]) -> set[str]:
    """Return the records that others refer to: servers that enforce references do not let them go."""
    return {need for tree in there.values() for need in Record(tree, "").needs}


def delete_here(stage: Stage, gateway: Gateway, spare: Iterable[str], there: Mapping[str, Tree]) -> list[str]:
    """Delete records that came from the EHR and that nothing refers to; return their names there."""
    here = editable(stage)
    left = (eligible(stage, there).keys() & here.keys()) - set(spare) - needed(there)
    chosen = random.Random(stage.seed + 2).sample(sorted(left), stage.size.deletions)
    for reference in chosen:
        answer = gateway.delete(here[reference])
        assert answer.status in (200, 204), f"{reference}: {answer.status} {answer.body[:300]!r}"
    return chosen


def delete_there(stage: Stage, spare: Iterable[str], there: Mapping[str, Tree]) -> list[str]:
    """Delete records at the EHR that nothing there refers to; return their names."""
    left = sorted(eligible(stage, there).keys() - needed(there) - set(spare))
    random.Random(stage.seed + 3).shuffle(left)
    gone: list[str] = []
    for reference in left:
        if len(gone) == stage.size.deletions:
            break
        if stage.server.send("DELETE", reference).status in (200, 204):
            gone.append(reference)
    assert len(gone) == stage.size.deletions
    return gone
