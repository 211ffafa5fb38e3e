"""What a read at the gateway costs beside a Flask route that returns constant bytes: token, ETag, the gate's decision.

    python tests/bench_gateway.py

Medians of interleaved rounds, called as WSGI without a socket, in CPU time. The durable record of the disclosure waits
for the disk: it is left out of the ratio and stated apart, in time that passes.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask import Flask, Response
from werkzeug.test import EnvironBuilder

from adapter.disclosure.recorder import Recorder
from adapter.gateway.app import gateway
from adapter.gateway.who import hash_of, new_token
from adapter.store import Store
from adapter.store.clients import Client
from adapter.store.disclosures import Disclosure
from mappings.tree import dump

ROUNDS, CALLS = 15, 200
MOST = 2.0
"""Times the constant route that a read may cost."""


class Unrecorded(Recorder):
    """A recorder that writes nothing, to measure what the rest costs."""

    def record(self, new: Disclosure) -> int:
        return 1


def bench_gateway() -> float:
    """Print both sides and return the ratio of a read to the constant route."""
    with tempfile.TemporaryDirectory() as folder, Store.open(Path(folder) / "store.sqlite") as store:
        token = new_token()
        body = care_plan()
        with store.write() as tx:
            tx.clients.add(Client("desk", "programme", hash_of(token)))
            document = tx.documents.put("CarePlan", "p", body)
        sides = {
            "constant bytes": caller(constant(document.served), "/plan", token),
            "gateway read": caller(gateway(store, recorder=Unrecorded(store)), "/fhir/R4/CarePlan/p", token),
            "gateway read, not modified": caller(
                gateway(store, recorder=Unrecorded(store)), "/fhir/R4/CarePlan/p", token, seen='W/"1"'
            ),
        }
        recorded = caller(gateway(store), "/fhir/R4/CarePlan/p", token)
        times = interleaved(sides)
        waited = interleaved({"on record": recorded}, rounds=3, calls=30, clock=time.perf_counter)["on record"]
    base = times["constant bytes"]
    print(f"one read of a {len(document.served)} byte CarePlan, µs of CPU (medians of {ROUNDS} rounds of {CALLS})")
    for name, taken in times.items():
        print(f"  {name:<28} {taken:9.1f}   {taken / base:6.2f} x")
    print(f"  with its durable record, one client alone: {waited:.0f} µs of time")
    return times["gateway read"] / base


def care_plan() -> bytes:
    note = {"text": "What matters to me. " * 20}
    plan = {"resourceType": "CarePlan", "id": "p", "status": "active", "intent": "plan", "note": [note] * 16}
    return dump(plan | {"subject": {"reference": "Patient/a"}})


def constant(body: bytes) -> Flask:
    app = Flask("constant", static_folder=None)
    app.add_url_rule("/plan", view_func=lambda: Response(body, content_type="application/fhir+json"))
    return app


def caller(app: Flask, path: str, token: str, seen: str = "") -> Callable[[], None]:
    headers = {"Authorization": f"Bearer {token}", "Accept": "application/fhir+json"}
    if seen:
        headers["If-None-Match"] = seen
    environ = EnvironBuilder(path, headers=headers).get_environ()

    def call() -> None:
        status = ""

        def start(given: str, *_: Any) -> Any:
            nonlocal status
            status = given

        for _ in app.wsgi_app(dict(environ), start):
            pass
        assert status[0] in "23", status

    return call


def interleaved(
    sides: dict[str, Callable[[], None]],
    rounds: int = ROUNDS,
    calls: int = CALLS,
    clock: Callable[[], float] = time.process_time,
) -> dict[str, float]:
    """Return the median µs of a call of each side."""
    taken: dict[str, list[float]] = {name: [] for name in sides}
    for call in sides.values():
        call()
    for _ in range(rounds):
        for name, call in sides.items():
            start = clock()
            for _ in range(calls):
                call()
            taken[name].append((clock() - start) / calls * 1e6)
    return {name: statistics.median(values) for name, values in taken.items()}


if __name__ == "__main__":
    raise SystemExit(0 if bench_gateway() <= MOST else 1)
