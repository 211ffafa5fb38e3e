"""The client of an EHR server on a real socket, and what its tests share."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from scripted_server import ScriptedServer

from adapter.ehr.client import Client
from adapter.ehr.query import Query
from adapter.settings import EHR

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
GOAL: dict[str, object] = {
    "resourceType": "Goal",
    "id": "g1",
    "meta": {"versionId": "3", "lastUpdated": "2026-01-01T00:00:00Z"},
}
SECRET = "Asha-Kulkarni-secret"
CHUNKED = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"


@dataclass(frozen=True)
class Document:
    type: str
    id: str
    body: bytes


@dataclass(frozen=True)
class Leave:
    documents: tuple[Document, ...] = ()
    disclosure: int = 1
    person: str = ""


LEAVE = Leave((Document("Goal", "ours", b'{"resourceType":"Goal","id":"g1"}'),))
NAMED = Leave(person="Patient/ours")


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    running = ScriptedServer()
    yield running
    running.stop()


@pytest.fixture
def waits() -> list[float]:
    return []


@pytest.fixture
def ehr(server: ScriptedServer) -> EHR:
    return EHR(
        "clinic", server.url, "other", ("urn:x", "1"), "TREAT",
        connect_timeout=2, read_timeout=0.3, answer_timeout=0.6, page_size=2, max_pages=5, max_bytes=100_000,
    )  # fmt: skip


@pytest.fixture
def client(ehr: EHR, waits: list[float]) -> Iterator[Client]:
    with Client(ehr, clock=lambda: NOON, sleep=waits.append, chance=lambda: 0.0) as made:
        yield made


def pages(client: Client) -> list[str]:
    return [r.id for page in client.pages(Query.unnamed("Goal")) for r in page.resources]
