"""Everything that a plan is made from, laid out: who is linked, what arrived, what we hold."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from uuid import UUID, uuid5

from adapter.disclosure.gate import View
from adapter.store import Document, Transaction
from adapter.store.inbox import Arrival
from adapter.store.index import subject
from adapter.store.links import Link
from adapter.sync.judge import Facts, Judgement, judged
from adapter.sync.order import Key
from adapter.sync.people import Person
from adapter.sync.pull import lenient
from adapter.sync.scope import CARRIED
from adapter.sync.sides import Names, Sides, Valid
from adapter.sync.translate import incoming_tree
from adapter.sync.work import Work
from mappings.tree import Tree


class Desk:
    """What one plan is made from, as one transaction sees it."""

    def __init__(self, work: Work, tx: Transaction, people: list[Person], valid: Valid) -> None:
        self.work, self.tx, self.valid = work, tx, valid
        self.view: View = work.view(tx)
        self.people = {person.here: person for person in people}
        links = [link for link in tx.links.each(work.ehr) if link.status != "gone"]
        self.links = {(link.type, link.local_id): link for link in links}
        self.linked = sum(link.status == "linked" for link in links)
        self.unsettled = {(s.type, s.local_id) for s in tx.outbox.each(work.ehr, "sent", "unknown")}
        self._of_remote = {(link.remote_type, link.remote_id): (link.type, link.local_id) for link in links}
        self.arrivals = {self._key(arrival): arrival for arrival in tx.inbox.each(work.ehr)}
        here = {remote: local_id for remote, (_, local_id) in self._of_remote.items()}
        here |= {(a.type, a.remote_id): own for (_, own), a in self.arrivals.items() if a.body and a.type != "Patient"}
        there = {(kind, local_id): remote_id for (kind, remote_id), local_id in here.items()}
        self.names = Names(work.peer.base_url, here, there)

    def _key(self, arrival: Arrival) -> Key:
        known = self._of_remote.get((arrival.type, arrival.remote_id))
        return known or (arrival.type, self._ours_by_identifier(arrival) or adopted_id(self.work, arrival))

    def _ours_by_identifier(self, arrival: Arrival) -> str:
        """Return which of our unlinked records bears this identifier of ours, "" if none: a link that was lost."""
        tree = lenient(arrival.body or b"")
        borne = tree.get("identifier") if isinstance(tree, dict) else None
        values = {one.get("value") for one in (borne if isinstance(borne, list) else [borne]) if isinstance(one, dict)}
        if not any(isinstance(value, str) and value.startswith("urn:uuid:") for value in values):
            return ""
        return next((own for own, value in self._unlinked(arrival.type) if value in values), "")

    def _unlinked(self, resource_type: str) -> Iterator[tuple[str, str]]:
        for document in self.tx.documents.each(resource_type):
            if (resource_type, document.id) not in self.links:
                yield document.id, self.work.store.identifier(resource_type, document.id)[1]

    def records(self) -> Iterator[Sides]:
        """Yield every record that either side has something of, by type, ours first."""
        rest = dict(self.arrivals)
        for kind, row in CARRIED.items():
            met = set()
            for document in self.tx.documents.each(kind):
                key = kind, document.id
                met.add(key)
                arrival, link = rest.pop(key, None), self.links.get(key)
                if arrival is None and not (self._on_the_roster(document) and (link or row.created)):
                    continue
                yield self.sides(key, link, document, arrival)
            for key, link in self.links.items():
                if link.type == kind and key not in met:
                    document_gone = self.tx.documents.get(kind, link.local_id)
                    yield self.sides(key, link, document_gone, rest.pop(key, None))
        for key, arrival in rest.items():
            if arrival.type in CARRIED and arrival.type != "Patient":
                yield self.sides(key, None, self.tx.documents.get(*key), arrival)

    def _on_the_roster(self, document: Document) -> bool:
        return not document.subject or document.subject in self.people

    def sides(self, key: Key, link: Link | None, ours: Document | None, arrival: Arrival | None) -> Sides:
        """Return one record as both sides have it. `seen` is the gate's eye on ours, or on what arrives as ours."""
        document = ours or self._to_be(key, arrival)

        def seen(tree: Tree) -> Tree:
            return self.view.redacted(document, tree)

        return Sides(key[0], key[1], link, ours, arrival, self.names, seen)

    def _to_be(self, key: Key, arrival: Arrival | None) -> Document:
        tree = lenient(arrival.body or b"") if arrival is not None else None
        named = incoming_tree(tree, self.names.base_url, self.names.known, key[1]) if isinstance(tree, dict) else {}
        return Document(*key, 0, "R4", "", False, "", "pulled", subject(*key, named), b"")

    def judge(self, sides: Sides) -> Judgement:
        """Return what a record needs."""
        about = sides.ours.subject if sides.ours else ""
        person = self.people.get(about)
        standing = "off-the-roster" if about and person is None else person.standing if person else ""
        return judged(
            sides,
            Facts(
                self.valid,
                self.work.store.identifier(sides.type, sides.local_id),
                may=sides.ours is None or self.view.may(sides.ours).allowed,
                standing="" if standing == "linked" else standing,
                unsettled=(sides.type, sides.local_id) in self.unsettled,
                offers=self._offers,
            ),
        )

    def _offers(self, resource_type: str, deed: str) -> bool:
        """Whether the server does this; where it cannot be asked nothing is sent anyway."""
        return self.work.halted or self.work.peer.offers(resource_type, deed)

    def people_waiting(self) -> list[Person]:
        """Return who is on the roster and not linked."""
        return [person for person in self.people.values() if person.standing != "linked"]

    def patients_waiting(self) -> list[Arrival]:
        """Return the Patients that bear an identifier of somebody on the roster and could not be linked."""
        return [one for key, one in self.arrivals.items() if one.type == "Patient" and key not in self.links]


def adopted_id(work: Work, arrival: Arrival) -> str:
    """Return our id of a record that we adopt: the same however often it is tried."""
    return str(uuid5(UUID(work.store.key), f"{work.ehr}/{arrival.type}/{arrival.remote_id}"))


def digest(arrival: Arrival | None) -> str:
    """Return what tells one version of an arrival from another."""
    if arrival is None:
        return ""
    return "deleted" if arrival.deleted else sha256(arrival.body or b"").hexdigest()
