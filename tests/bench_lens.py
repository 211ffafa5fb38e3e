"""What reading a document in the programme's words and writing it back costs beside one orjson round trip of its bytes.

    python tests/bench_lens.py

Both sides start and end with bytes. Medians of interleaved rounds; each call reads a new document set, so that nothing
is remembered from the call before.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import orjson

from mappings.lens.documents import Docs
from mappings.model import values as v
from mappings.translate import read, write
from mappings.tree import Tree, dump, parse

ROUNDS, CALLS = 9, 100


def bench_lens() -> None:
    """Print what a dense Goal and a CarePlan of 7 kB take, in microseconds and as a ratio."""
    for kind, body in (("Goal", dense_goal()), ("CarePlan", care_plan())):
        times = interleaved(sides(kind, body))
        base = times["orjson loads + dumps"]
        print(f"{kind} of {len(body)} bytes, µs (medians of {ROUNDS} rounds of {CALLS})")
        for name, taken in times.items():
            print(f"  {name:<28} {taken:9.1f}   {taken / base:6.2f} x")


def sides(kind: str, body: bytes) -> dict[str, Callable[[], bytes]]:
    """Return what is compared: name -> a call that takes the bytes and gives bytes."""
    root = f"{kind}/x"
    same = read(Docs("R4", {root: parse(body)}), root).value  # equal to what is read, and not the same object
    tree = parse(body)
    edited = {"Goal": {"lifecycle": v.Code("completed")}, "CarePlan": {"status": v.Code("completed")}}[kind]

    def there_and_back(now: Callable[[Any], Any]) -> bytes:
        docs = Docs("R4", {root: parse(body)})
        was = read(docs, root).value
        out = write(docs, root, was=was, now=now(was))
        return dump(out[root]) if root in out else body

    def only_read() -> bytes:
        read(Docs("R4", {root: parse(body)}), root)
        return body

    assert there_and_back(lambda _: same) == body
    assert sum(a != b for a, b in zip(body, there_and_back(lambda was: replace(was, **edited)), strict=False))
    return {
        "orjson loads + dumps": lambda: orjson.dumps(orjson.loads(body)),
        "strict parse": lambda: parse(body),
        "dump": lambda: dump(tree),
        "parse, read": only_read,
        "parse, read, write unchanged": lambda: there_and_back(lambda _: same),
        "parse, read, edit, write, dump": lambda: there_and_back(lambda was: replace(was, **edited)),
    }


def concept(text: str, code: str) -> Tree:
    return {"coding": [{"system": "http://example.org/terms", "code": code, "display": text}], "text": text}


def dense_goal() -> bytes:
    """Return a Goal of about 2 kB with nearly every element that the table reads, and some that it carries."""
    said_by = {"url": "https://planbridge.dev/fhir/said-by", "valueString": "the person"}
    words = {"url": "http://hl7.org/fhir/StructureDefinition/originalText", "valueString": "I want to sing again"}
    target = {"measure": concept("Evenings of practice", "practice"), "dueDate": "2026-02-16"}
    amount = {"value": 1, "comparator": ">=", "unit": "evenings", "system": "http://unitsofmeasure.org", "code": "1"}
    goal = {
        "resourceType": "Goal",
        "id": "x",
        "meta": {"versionId": "3", "lastUpdated": "2026-01-05T10:00:00.000Z"},
        "extension": [words | {"_valueString": {"extension": [said_by]}}],
        "identifier": [{"use": "official", "system": "urn:ietf:rfc:3986", "value": "urn:uuid:goal"}],
        "lifecycleStatus": "active",
        "achievementStatus": concept("Improving", "improving"),
        "category": [concept("What matters", "matters"), concept("Family", "family")],
        "priority": concept("High", "high-priority"),
        "description": concept("Sings before others", "sings"),
        "subject": {"reference": "Patient/1", "display": "The person"},
        "startDate": "2025-08-18",
        "target": [target | {"detailQuantity": amount}, target | {"detailRange": {"low": amount, "high": amount}}],
        "statusDate": "2025-11-03",
        "_statusDate": {"id": "kept"},
        "expressedBy": {"reference": "Patient/1"},
        "addresses": [{"reference": "Condition/1"}, {"reference": "Condition/2"}],
        "note": [{"authorString": "A counsellor", "time": "2025-11-03T10:00:00+05:30", "text": "Sang two lines."}],
        "outcomeReference": [{"reference": "Observation/1"}],
    }
    return orjson.dumps(goal)


def care_plan() -> bytes:
    """Return a CarePlan of about 7 kB: details, contained and linked requests, notes, what it carries."""
    weekly = {"repeat": {"frequency": 1, "period": 1, "periodUnit": "wk", "dayOfWeek": ["mon"], "duration": 50}}
    note = {"authorString": "A counsellor", "time": "2025-11-03T10:00:00+05:30", "text": "He came, and stayed. " * 3}
    contained = [
        {
            "resourceType": "ServiceRequest",
            "id": f"t{n}",
            "status": "active",
            "intent": "plan",
            "code": concept("Family session", f"family-{n}"),
            "subject": {"reference": "Patient/1"},
            "occurrenceTiming": weekly,
            "reasonCode": [concept("He asked for it", "asked")],
        }
        for n in range(4)
    ]
    details = [
        {
            "progress": [note],
            "detail": {
                "code": concept("Group", f"group-{n}"),
                "status": "in-progress",
                "goal": [{"reference": "Goal/1"}],
                "scheduledTiming": weekly,
                "performer": [{"display": "The circle itself"}],
                "description": "As they arrange it. " * 3,
            },
        }
        for n in range(6)
    ]
    plan = {
        "resourceType": "CarePlan",
        "id": "x",
        "contained": contained,
        "extension": [{"url": "http://example.org/unknown", "valueString": "carried"}],
        "identifier": [{"system": "urn:ietf:rfc:3986", "value": "urn:uuid:plan"}],
        "status": "active",
        "intent": "plan",
        "category": [concept("Recovery plan", "recovery")],
        "title": "The plan",
        "description": "Evenings with the family. " * 4,
        "subject": {"reference": "Patient/1"},
        "period": {"start": "2025-08-18", "end": "2026-02-16"},
        "created": "2025-08-18T12:00:00+05:30",
        "addresses": [{"reference": f"Condition/{n}"} for n in range(3)],
        "goal": [{"reference": f"Goal/{n}"} for n in range(4)],
        "activity": [*details, *({"reference": {"reference": f"#t{n}"}} for n in range(4))],
        "note": [note] * 5,
    }
    return orjson.dumps(plan)


def interleaved(calls: dict[str, Callable[[], bytes]]) -> dict[str, float]:
    """Return the median time of each call in microseconds of CPU."""
    taken: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(ROUNDS):
        for name, call in calls.items():
            start = time.process_time()
            for _ in range(CALLS):
                call()
            taken[name].append((time.process_time() - start) / CALLS * 1e6)
    return {name: statistics.median(values) for name, values in taken.items()}


if __name__ == "__main__":
    bench_lens()
