"""One sync run in a process of its own, which may be killed on the way. Imported afresh in each: kept light."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from adapter.ehr.client import Client
from adapter.settings import EHR
from adapter.store import Store
from adapter.sync import engine
from adapter.sync.books import balanced
from adapter.sync.work import Work
from adapter.wiring import EHRPeer, actor_of
from mappings.check import is_usable


def run(path: str, base: str, kill_at: str, answers: Any) -> None:
    """Run once over a store and a server; put (exit code, books balance, number of actions, failures)."""
    os.environ["PLANBRIDGE_KILL_AT"] = kill_at
    clinic = ("https://registry.example/clinics", "clinic")
    ehr = EHR("clinic", base, "same-programme", clinic, "TREAT", attempts=1, private_network=True)
    with Store.open(Path(path)) as store, Client(ehr) as client:
        result = engine.apply(Work(store, EHRPeer(client), actor_of(ehr), "TREAT"), is_usable)
        answers.put((result.code, balanced(result.run.books), len(result.actions), result.failures))
