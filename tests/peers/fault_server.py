"""A small EHR that answers as bad servers do: the same few good records, and one fault at a time.

    all        unreachable, 401, 403, 404, 500, an HTML page, half a body      in answer to whatever the scope covers
    one page   NaN, a hundred thousand brackets                           the page is not JSON
    one record invalid, duplicate keys, a lone surrogate                  the page is sound, one Goal of it is not

Every text in it bears the word CANARY, which must not turn up in what we print or log.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from mappings.tree import Tree, dump
from peers.targets import PERSON_SYSTEM
from peers.wire import MIME

CANARY = "CANARY"
NUMBER = "N-1"
SYNCED = (
    *("CarePlan", "Goal", "Questionnaire", "QuestionnaireResponse", "Patient"),
    *("ServiceRequest", "CareTeam", "Condition", "Observation", "Consent"),
)
META = {"versionId": "1", "lastUpdated": "2024-05-01T08:00:00.000Z"}
ABOUT = {"subject": {"reference": "Patient/p1"}}

GOOD: tuple[Tree, ...] = (
    {
        "resourceType": "Patient",
        "id": "p1",
        "meta": META,
        "identifier": [{"system": PERSON_SYSTEM, "value": NUMBER}],
        "name": [{"family": f"{CANARY}-family"}],
    },
    *(
        {"resourceType": "Goal", "id": own, "meta": META, "lifecycleStatus": "active"}
        | ABOUT
        | {"description": {"text": f"{CANARY} {own}"}}
        for own in ("g1", "g2")
    ),
    *(
        {"resourceType": "CarePlan", "id": own, "meta": META, "status": "active", "intent": "plan"}
        | ABOUT
        | {"title": f"{CANARY} {own}"}
        for own in ("c1", "c2")
    ),
)


def outcome(code: str) -> bytes:
    """Return an OperationOutcome of one error, as bytes."""
    return dump({"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": code}]})


_HEAD = b'{"resourceType":"Goal","id":"bad","meta":{"versionId":"1","lastUpdated":"2024-05-01T08:00:00.000Z"},'
_REST = b'"subject":{"reference":"Patient/p1"},"description":{"text":"CANARY bad"}}'

# fmt: off
BAD_GOALS = {  # one Goal among good ones
    "invalid":        _HEAD + b'"lifecycleStatus":["CANARY"],"target":"CANARY",' + _REST,
    "duplicate keys": _HEAD + b'"lifecycleStatus":"active","lifecycleStatus":"completed",' + _REST,
    "lone surrogate": _HEAD + b'"lifecycleStatus":"active","note":[{"text":"CANARY \\ud800"}],' + _REST,
    "NaN":            _HEAD + b'"lifecycleStatus":"active","target":[{"detailInteger":NaN}],' + _REST,
}
ANSWERS = {  # the whole answer: status, content type, body
    "401":            (401, MIME,        outcome("login")),
    "403":            (403, MIME,        outcome("forbidden")),
    "404":            (404, MIME,        outcome("not-found")),
    "500":            (500, "text/plain", b"CANARY at java.lang.Thread.run"),
    "HTML":           (200, "text/html", b"<!DOCTYPE html><html><body>CANARY Please sign in</body></html>"),
    "brackets":       (200, MIME,        b"[" * 100_000),
}
# fmt: on
TRUNCATED = "truncated"
FAULTS = (*ANSWERS, TRUNCATED, *BAD_GOALS)


@dataclass(slots=True)
class HostileEhr:
    """A running server. `fault` (one of FAULTS, or "") hits requests whose path matches `scope`; both may change."""

    base: str
    requests: list[str]
    fault: str = ""
    scope: str = ".*"


@contextmanager
def hostile_ehr() -> Iterator[HostileEhr]:
    """Run the server on loopback; without a fault it behaves."""
    server = _Server(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    server.ehr = HostileEhr(f"http://127.0.0.1:{server.server_port}/fhir", [])
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield server.ehr
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(ThreadingHTTPServer):
    ehr: HostileEhr

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up in the middle of a fault is no error here."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def log_message(self, *_: Any) -> None:
        """The list of requests is the log."""

    def do_GET(self) -> None:
        ehr, path = self.server.ehr, urlsplit(self.path).path.removeprefix("/fhir/")
        ehr.requests.append(f"{self.command} {self.path}")
        fault = ehr.fault if re.fullmatch(ehr.scope, path) else ""
        if fault in ANSWERS:
            self._say(*ANSWERS[fault])
            return
        status, body = answer(ehr.base, path, urlsplit(self.path).query, BAD_GOALS.get(fault))
        self._say(status, MIME, body, len(body) // 2 if fault == TRUNCATED else len(body))

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.ehr.requests.append(f"{self.command} {self.path}")
        self._say(403, MIME, outcome("forbidden"))

    do_PUT = do_DELETE = do_PATCH = do_POST

    def _say(self, status: int, kind: str, body: bytes, really: int | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[:really])
        self.close_connection = really is not None and really < len(body)


def answer(base: str, path: str, query: str, extra: bytes | None) -> tuple[int, bytes]:
    """Return status and body of a sound read or search; `extra` is one more Goal, as bytes."""
    kind, _, rest = path.partition("/")
    if path == "metadata":
        return 200, dump(capabilities())
    held = [r for r in GOOD if r["resourceType"] == kind]
    if rest and rest != "_history":
        one = next((r for r in held if r["id"] == rest.partition("/")[0]), None)
        return (200, dump(one)) if one else (404, outcome("not-found"))
    bodies = [dump(r) for r in held if _asked_for(r, parse_qs(query))] + ([extra] if extra and kind == "Goal" else [])
    entries = b",".join(b'{"resource":' + body + b"}" for body in bodies)
    link = dump([{"relation": "self", "url": f"{base}/{path}?{query}"}])
    form = b"history" if rest else b"searchset"
    return 200, b'{"resourceType":"Bundle","type":"%s","link":%s,"entry":[%s]}' % (form, link, entries)


def _asked_for(resource: Tree, query: dict[str, list[str]]) -> bool:
    number = query.get("identifier", [""])[0].rpartition("|")[2]
    since = query.get("_lastUpdated", query.get("_since", [""]))[0].lstrip("get")
    mine = {i["value"] for i in resource.get("identifier", [])}
    return (not number or number in mine) and since[:19] <= META["lastUpdated"]


def capabilities() -> Tree:
    """Return a CapabilityStatement for the types that are synced: read, search and history."""
    params = [
        {"name": n, "type": t} for n, t in (("_lastUpdated", "date"), ("patient", "reference"), ("identifier", "token"))
    ]
    acts = [{"code": code} for code in ("read", "search-type", "history-type", "create", "update", "delete")]
    resource = [{"type": t, "interaction": acts, "versioning": "versioned", "searchParam": params} for t in SYNCED]
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": "2024-05-01",
        "kind": "instance",
        "fhirVersion": "4.0.1",
        "format": ["json"],
        "rest": [{"mode": "server", "resource": resource}],
    }
