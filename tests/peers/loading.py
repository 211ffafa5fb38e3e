"""Loading a corpus into a FHIR server that enforces references: targets first, circles in one transaction.

A file that the server refuses is named with the server's reason; where others refer to it, a synthetic one stands in.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from mappings.tree import Tree
from peers.corpus import Corpus, Record
from peers.targets import minimal
from peers.wire import Server

AT_LEAST = {"CarePlan": 45, "Goal": 40, "QuestionnaireResponse": 45}
"""What must lie on the server afterwards, or the claim "real input" is not kept."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """What came of it: the refused files with the reason, and what the server then holds, by type."""

    refused: Mapping[str, str]
    counts: Mapping[str, int]
    subjects: frozenset[str]

    def shortfalls(self, share: float = 1.0) -> list[str]:
        """Return what there is too little of; `share` is the part of the corpus that was loaded."""
        least = {kind: int(number * share) for kind, number in AT_LEAST.items()}
        return [
            f"{kind}: {self.counts.get(kind, 0)} of {n}" for kind, n in least.items() if self.counts.get(kind, 0) < n
        ]


def layers(records: Mapping[str, Record]) -> Iterator[list[Record]]:
    """Yield the records in layers, each needing only earlier ones; last, if any, what refers to itself in a circle."""
    waiting, there = dict(records), set[str]()
    while waiting:
        ready = [ref for ref in sorted(waiting) if not (waiting[ref].needs & records.keys()) - there]
        if not ready:
            yield list(waiting.values())
            return
        there.update(ready)
        yield [waiting.pop(ref) for ref in ready]


def load(corpus: Corpus, server: Server) -> Loaded:
    """Put a corpus on a server and count, there, what it then has."""
    refused = {}
    asked_for = {need for record in corpus.records.values() for need in record.needs}
    for layer in layers(corpus.records):
        known = {record.reference for record in layer}
        if any(record.needs & known for record in layer):
            refused.update(_together(layer, server))
            continue
        for record in layer:
            answer = server.send("PUT", record.reference, record.tree)
            if answer.status >= 400:
                refused[record.file or record.reference] = answer.reason
                if record.reference in asked_for:
                    _stand_in(record, server)
    return Loaded(refused, *count(server))


def count(server: Server) -> tuple[Counter[str], frozenset[str]]:
    """Return how many resources of each synced type a server holds, and the subjects that it can show."""
    found = server.everything(("CarePlan", "Goal", "Questionnaire", "QuestionnaireResponse"))
    records = [Record(tree, "") for tree in found.values()]
    subjects = {record.subject for record in records if record.subject.startswith("Patient/")}
    there = {subject for subject in subjects if server.send("GET", subject).status == 200}
    assert subjects == there, f"subjects that the server does not have: {sorted(subjects - there)}"
    return Counter(ref.split("/")[0] for ref in found), frozenset(subjects)


def transaction(trees: Iterable[Tree]) -> Tree:
    """Return a transaction Bundle that puts each resource under its own id."""
    entries = [
        {"resource": tree, "request": {"method": "PUT", "url": f"{tree['resourceType']}/{tree['id']}"}}
        for tree in trees
    ]
    return {"resourceType": "Bundle", "type": "transaction", "entry": entries}


def _together(records: list[Record], server: Server) -> dict[str, str]:
    answer = server.send("POST", "", transaction(record.tree for record in records))
    return {record.file: answer.reason for record in records} if answer.status >= 400 else {}


def _stand_in(record: Record, server: Server) -> None:
    kind, own = record.reference.split("/")
    answer = server.send("PUT", record.reference, minimal(kind, own, record.subject))
    assert answer.status < 400, f"even a synthetic {record.reference} is refused: {answer.reason}"
