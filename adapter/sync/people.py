"""Who is who: a person on the roster is the one Patient there that bears an identifier of theirs. Never by name.

Whom the gate lets us name is asked for by identifier; anybody else is recognised among the Patients that unnamed
questions bring. None or more than one on either side: the person waits, and so does what is about them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

from adapter.disclosure.gate import Released, release_name
from adapter.store import Criteria, Document, Transaction
from adapter.store.inbox import Arrival
from adapter.store.links import Link
from adapter.sync.failpoints import commit_point
from adapter.sync.peer import Entry, Trouble
from adapter.sync.translate import Known
from adapter.sync.work import Work
from mappings.nodes import nodes
from mappings.tree import NotJSON, Tree, parse

Identifier = tuple[str, str]
Standing = Literal["linked", "person-unmatched", "person-ambiguous", "person-not-seen", "person-not-asked"]

CHANNEL = "sync question"


@dataclass(frozen=True, slots=True)
class Person:
    """A person on the roster.

    here      "Patient/<id>" of our store
    there     id of their Patient, "" until linked
    standing  linked, or why not: a hindrance of adapter.sync.decide
    nameable  the gate would let us name them in a question
    """

    here: str
    there: str
    standing: Standing
    nameable: bool
    identifiers: tuple[Identifier, ...] = ()


def identifiers_of(tree: Tree) -> tuple[Identifier, ...]:
    """Return the identifiers of a Patient that name a system: a bare number identifies nobody."""
    return tuple(
        (str(one["system"]), str(one["value"]))
        for one in nodes(tree, "identifier")
        if all(type(one.get(name)) is str and one[name] for name in ("system", "value"))
    )


def rostered(work: Work, tx: Transaction) -> list[Person]:
    """Return the persons whom the roster names today, with what is known of them."""
    view = work.view(tx)
    people = []
    for entry in tx.roster.all(work.ehr):
        _, _, own = entry.person.partition("/")
        document = tx.documents.get("Patient", own) if entry.covers(work.today) else None
        if document is None or document.deleted:
            continue
        link = tx.links.get(work.ehr, "Patient", own)
        nameable = view.may(document).allowed
        if link is not None and link.status == "linked":
            people.append(Person(entry.person, link.remote_id, "linked", nameable))
            continue
        borne = identifiers_of(_tree(document.body))
        double = any(_bearers(tx, one) > 1 for one in borne)
        standing: Standing = "person-ambiguous" if double else "person-unmatched" if nameable else "person-not-seen"
        people.append(Person(entry.person, "", standing, nameable, () if double else borne))
    return people


def _bearers(tx: Transaction, identifier: Identifier) -> int:
    from adapter.store.search import Clause, Wanted

    clause = Clause("identifier", (Wanted(*identifier),))
    return len(tx.documents.search("Patient", Criteria("Patient", (clause,)), count=2).documents)


def leave(work: Work, person: Person) -> Released | None:
    """Return the gate's leave to name a person in a question, recorded; None where there is none."""
    with work.write() as tx:
        return release_name(tx, work.actor, work.purpose, person.here, channel=CHANNEL, now=work.now())


def ask(work: Work, people: Iterable[Person]) -> dict[str, list[Entry] | None]:
    """Ask for each person who may be named and is not linked, and return the Patients there that bear an identifier.

    None where the server could not be asked.
    """
    found: dict[str, list[Entry] | None] = {}
    for person in people:
        if person.standing == "linked" or not person.nameable or not person.identifiers:
            continue
        found[person.here] = None
        granted = leave(work, person) if not work.halted else None
        if granted is None:
            continue
        try:
            entries = [
                entry
                for identifier in person.identifiers
                for page in work.peer.person(granted, *identifier)
                for entry in page.resources
                if entry.type == "Patient" and not entry.deleted and identifier in identifiers_of(_tree(entry.body))
            ]
        except Trouble as trouble:
            work.failed("Patient by identifier", trouble)
        else:
            found[person.here] = list({entry.id: entry for entry in entries}.values())
    return found


def link(work: Work, people: Iterable[Person], asked: dict[str, list[Entry] | None]) -> list[Person]:
    """Link each person whose Patient there was found once, and return all with their new standing."""
    after = []
    with work.write() as tx:
        swept = [(arrival, set(identifiers_of(_tree(arrival.body or b"")))) for arrival in _swept(work, tx)]
        for person in people:
            if person.standing == "linked":
                after.append(person)
                continue
            answered = asked.get(person.here, [])
            if answered is None:
                after.append(replace(person, standing="person-not-asked"))
                continue
            there = {entry.id: _arrival(work, entry) for entry in answered}
            there |= {one.remote_id: one for one, borne in swept if borne.intersection(person.identifiers)}
            after.append(_linked(work, tx, person, list(there.values())))
    commit_point("persons linked")
    return after


def _linked(work: Work, tx: Transaction, person: Person, there: list[Arrival]) -> Person:
    if not there:
        return person
    arrival = there[0]
    taken = tx.links.by_remote(work.ehr, "Patient", arrival.remote_id)
    if len(there) > 1 or (taken is not None and taken.status == "linked"):
        return Person(person.here, "", "person-ambiguous", person.nameable)
    document = tx.documents.get(*person.here.split("/", 1))
    assert isinstance(document, Document)
    tx.links.put(
        Link(
            work.ehr,
            "Patient",
            document.id,
            "Patient",
            arrival.remote_id,
            arrival.etag,
            base_ours=document.body,
            base_theirs=arrival.body or b"",
            ours_version=document.version,
        )
    )
    tx.inbox.remove(work.ehr, "Patient", arrival.remote_id)
    work.seen["Patient", arrival.remote_id] = "person linked"
    return Person(person.here, arrival.remote_id, "linked", person.nameable)


def _arrival(work: Work, entry: Entry) -> Arrival:
    return Arrival(work.ehr, "Patient", entry.id, entry.etag, entry.last_updated, entry.body, run=work.run)


def _swept(work: Work, tx: Transaction) -> list[Arrival]:
    """Patients that unnamed questions brought and that are nobody's yet."""
    return [one for one in tx.inbox.each(work.ehr, "Patient") if not _is_linked(work, tx, one) and not one.deleted]


def _is_linked(work: Work, tx: Transaction, arrival: Arrival) -> bool:
    found = tx.links.by_remote(work.ehr, "Patient", arrival.remote_id)
    return found is not None and found.status == "linked"


def _tree(body: bytes) -> Tree:
    try:
        return parse(body)
    except NotJSON:
        return None


def persons_there(people: Iterable[Person]) -> Known:
    """Return which Patient there is whom of the roster here."""
    linked = {person.there: person.here.partition("/")[2] for person in people if person.standing == "linked"}
    return lambda kind, remote_id: linked.get(remote_id) if kind == "Patient" else None
