"""A small FHIR server in memory: ids and versions of its own, If-Match, history, search, and faults when asked.

    with FHIRServer() as there:
        there.put("Patient", "1", {...})
        there.fault("POST", "Goal", "lost")     the next create of a Goal is done, and its answer is lost

Strict where real servers are: references are enforced, ids of creates are its own, an identical PUT makes no version,
a stale If-Match is refused. It shares no code with what it tests.
"""

from __future__ import annotations

import copy
import json
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from fhir_pieces import bare, identifiers, instant, outcome, references, statement, subject

# fmt: off
TYPES = (
    "Patient", "Questionnaire", "Condition", "Observation", "CareTeam", "Goal", "ServiceRequest",
    "QuestionnaireResponse", "CarePlan", "Consent", "Practitioner",
)
# fmt: on


@dataclass
class Version:
    """One version of a record; `body` is None for a deletion."""

    body: dict[str, Any] | None
    version: int
    at: str


@dataclass
class Seen:
    """One request that came in, and the status that it was answered with."""

    method: str
    path: str
    body: Any
    headers: dict[str, str]
    status: int = 0


@dataclass
class FHIRServer:
    """The records, what was asked, and the faults that are still to happen.

    stale        status of a stale If-Match: 412, or 409 as HAPI answers
    types_with_history, conditional   what /metadata states
    normalise    what the server makes of a body before it keeps it
    versioned    it gives its versions a name; else there is nothing to guard a write by
    silent       types whose writes are answered without a body
    raw          bytes that stand in an answer for a record, whatever they are
    """

    stale: int = 412
    history: bool = True
    conditional: bool = False
    enforce: bool = True
    silent: frozenset[str] = frozenset()
    versioned: bool = True
    page: int = 7
    base_path: str = "/fhir"
    normalise: Callable[[dict[str, Any]], dict[str, Any]] = field(default=lambda body: body)
    records: dict[tuple[str, str], list[Version]] = field(default_factory=dict)
    raw: dict[tuple[str, str], bytes] = field(default_factory=dict)
    seen: list[Seen] = field(default_factory=list)
    faults: list[tuple[str, str, str]] = field(default_factory=list)
    lock: threading.RLock = field(default_factory=threading.RLock)
    clock: datetime = datetime(2026, 3, 1, 8, tzinfo=UTC)
    ids: int = 1000

    def __enter__(self) -> FHIRServer:
        handler = type("Handler", (_Handler,), {"there": self})
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._http.daemon_threads = True
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self._http.server_address[1]}{self.base_path}"

    # ---- for tests

    def put(self, kind: str, id_: str, body: dict[str, Any]) -> None:
        """Keep a record as if another client had written it."""
        with self.lock:
            self._keep(kind, id_, {**body, "resourceType": kind, "id": id_})

    def edit(self, kind: str, id_: str, **elements: Any) -> None:
        """Change elements of a record as if another client had; None removes one."""
        with self.lock:
            body = {k: v for k, v in {**(self.get(kind, id_) or {}), **elements}.items() if v is not None}
            self._keep(kind, id_, body)

    def delete(self, kind: str, id_: str) -> None:
        with self.lock:
            self._append(kind, id_, None)

    def get(self, kind: str, id_: str) -> dict[str, Any] | None:
        with self.lock:
            versions = self.records.get((kind, id_))
            return copy.deepcopy(versions[-1].body) if versions else None

    def all(self, kind: str) -> dict[str, dict[str, Any]]:
        """The living records of a type by id, without what the server writes of itself."""
        with self.lock:
            return {
                id_: {k: v for k, v in copy.deepcopy(versions[-1].body).items() if k not in ("id", "meta")}
                for (its, id_), versions in sorted(self.records.items())
                if its == kind and versions[-1].body is not None
            }

    def writes(self, method: str = "") -> list[Seen]:
        with self.lock:
            return [s for s in self.seen if s.method in ([method] if method else ["POST", "PUT", "DELETE"])]

    def fault(self, method: str, path: str, kind: str, times: int = 1) -> None:
        """Let the next requests whose method and path fit (a regular expression) go wrong.

        lost: done, but the answer never comes. 500, 503, 409, 412, 422, 401: answered so, not done.
        html, truncated, empty: answered so; a write is done. drop: not done, connection closed.
        """
        self.faults += [(method, path, kind)] * times

    # ---- keeping

    def _tick(self) -> str:
        self.clock += timedelta(milliseconds=250)
        return self.clock.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def _append(self, kind: str, id_: str, body: dict[str, Any] | None) -> Version:
        versions = self.records.setdefault((kind, id_), [])
        made = Version(body, len(versions) + 1, self._tick())
        if body is not None:
            version = {"versionId": str(made.version)} if self.versioned else {}
            meta = {**body.get("meta", {}), **version, "lastUpdated": made.at}
            made.body = {"resourceType": kind, "id": id_, "meta": meta} | {
                k: v for k, v in body.items() if k not in ("resourceType", "id", "meta")
            }
        versions.append(made)
        return made

    def _keep(self, kind: str, id_: str, body: dict[str, Any]) -> Version:
        body = self.normalise(body)
        versions = self.records.get((kind, id_))
        if versions and versions[-1].body is not None and bare(versions[-1].body) == bare({**body, "id": id_}):
            return versions[-1]
        return self._append(kind, id_, body)

    # ---- answering

    def answer(self, method: str, target: str, headers: dict[str, str], body: Any) -> tuple[int, dict[str, str], Any]:
        url = urlsplit(target)
        parts = [unquote(p) for p in url.path.removeprefix(self.base_path).strip("/").split("/")]
        asked = [(k, v) for k, v in parse_qsl(url.query, keep_blank_values=True)]
        if parts == ["metadata"]:
            return 200, {}, statement(TYPES, history=self.history, conditional=self.conditional)
        if parts[0] not in TYPES:
            return 404, {}, outcome("not-supported")
        if parts[-1] == "_history" and len(parts) == 2:
            return self._history(parts[0], asked, target)
        if len(parts) == 1:
            return self._search(parts[0], asked, target) if method == "GET" else self._create(parts[0], headers, body)
        return getattr(self, f"_{method.lower()}")(parts[0], parts[1], headers, body)

    def _living(self, kind: str) -> Iterator[tuple[str, Version]]:
        for (its, id_), versions in self.records.items():
            if its == kind and versions[-1].body is not None:
                yield id_, versions[-1]

    def _search(self, kind: str, asked: list[tuple[str, str]], target: str) -> tuple[int, dict[str, str], Any]:
        found = list(self._living(kind))
        offset = 0
        for name, value in asked:
            if name == "identifier":
                found = [(i, v) for i, v in found if value in identifiers(v.body)]
            elif name == "_lastUpdated":
                found = [(i, v) for i, v in found if v.at >= instant(value.removeprefix("ge"))]
            elif name == "patient":
                wanted = {value, f"Patient/{value.removeprefix('Patient/')}"}
                found = [(i, v) for i, v in found if subject(v.body) in wanted]
            elif name == "_offset":
                offset = int(value)
            elif name != "_count":
                return 400, {}, outcome("invalid")
        return 200, {}, self._paged("searchset", target, offset, [
            {"fullUrl": f"{self.base}/{kind}/{i}", "resource": v.body, "search": {"mode": "match"}} for i, v in found
        ])  # fmt: skip

    def _history(self, kind: str, asked: list[tuple[str, str]], target: str) -> tuple[int, dict[str, str], Any]:
        if not self.history:
            return 405, {}, outcome("not-supported")
        since = instant(dict(asked).get("_since", "")) if dict(asked).get("_since") else ""
        found = sorted(
            ((i, v) for (its, i), versions in self.records.items() if its == kind for v in versions if v.at >= since),
            key=lambda pair: pair[1].at,
            reverse=True,
        )
        return 200, {}, self._paged("history", target, int(dict(asked).get("_offset", 0)), [
            {
                "fullUrl": f"{self.base}/{kind}/{i}",
                **({"resource": v.body} if v.body is not None else {}),
                "request": {
                    "method": "DELETE" if v.body is None else "PUT" if v.version > 1 else "POST",
                    "url": f"{kind}/{i}/_history/{v.version}",
                },
                "response": {"status": "200", "etag": f'W/"{v.version}"', "lastModified": v.at},
            }
            for i, v in found
        ])  # fmt: skip

    def _paged(self, kind: str, target: str, offset: int, entries: list[Any]) -> dict[str, Any]:
        here = f"{self.base.removesuffix(self.base_path)}{target}"
        links = [{"relation": "self", "url": here}]
        if offset + self.page < len(entries):
            bare = re.sub(r"[?&]_offset=\d+", "", here)
            mark = "&" if "?" in bare else "?"
            links.append({"relation": "next", "url": f"{bare}{mark}_offset={offset + self.page}"})
        return {
            "resourceType": "Bundle",
            "type": kind,
            "link": links,
            "entry": entries[offset : offset + self.page],
        }

    def _create(self, kind: str, headers: dict[str, str], body: Any) -> tuple[int, dict[str, str], Any]:
        if problem := self._problem(kind, body):
            return problem
        if wanted := headers.get("if-none-exist"):
            value = dict(parse_qsl(wanted)).get("identifier", "")
            same = [(i, v) for i, v in self._living(kind) if value in identifiers(v.body)]
            if len(same) > 1:
                return 412, {}, outcome("multiple-matches")
            if same:
                return self._written(200, kind, same[0][0], same[0][1])
        self.ids += 1
        return self._written(201, kind, str(self.ids), self._keep(kind, str(self.ids), body))

    def _get(self, kind: str, id_: str, _headers: dict[str, str], _body: Any) -> tuple[int, dict[str, str], Any]:
        versions = self.records.get((kind, id_))
        if not versions:
            return 404, {}, outcome("not-found")
        if versions[-1].body is None:
            return 410, {}, outcome("deleted")
        return self._written(200, kind, id_, versions[-1])

    def _put(self, kind: str, id_: str, headers: dict[str, str], body: Any) -> tuple[int, dict[str, str], Any]:
        versions = self.records.get((kind, id_))
        if not versions or versions[-1].body is None:
            return 404 if not versions else 410, {}, outcome("not-found")
        if stale := self._stale(headers, versions):
            return stale
        if (problem := self._problem(kind, body)) or body.get("id") != id_:
            return problem or (400, {}, outcome("invalid"))
        return self._written(200, kind, id_, self._keep(kind, id_, body))

    def _delete(self, kind: str, id_: str, headers: dict[str, str], _body: Any) -> tuple[int, dict[str, str], Any]:
        versions = self.records.get((kind, id_))
        if not versions or versions[-1].body is None:
            return 404 if not versions else 410, {}, outcome("not-found")
        if stale := self._stale(headers, versions):
            return stale
        living = (v.body for k in TYPES for i, v in self._living(k) if (k, i) != (kind, id_))
        if self.enforce and any(f"{kind}/{id_}" in references(body) for body in living):
            return 409, {}, outcome("conflict")
        self._append(kind, id_, None)
        return 204, {}, None

    def _stale(self, headers: dict[str, str], versions: list[Version]) -> tuple[int, dict[str, str], Any] | None:
        wanted = headers.get("if-match")
        if wanted is not None and wanted != f'W/"{versions[-1].version}"':
            return self.stale, {}, outcome("conflict")
        return None

    def _problem(self, kind: str, body: Any) -> tuple[int, dict[str, str], Any] | None:
        if not isinstance(body, dict) or body.get("resourceType") != kind:
            return 400, {}, outcome("invalid")
        for literal in references(body) if self.enforce else ():
            target, _, id_ = literal.partition("/")
            if re.fullmatch(r"[A-Z]\w+/[^/?#]+", literal) and self.get(target, id_) is None:
                return 422, {}, outcome("processing")
        return None

    def _written(self, status: int, kind: str, id_: str, kept: Version) -> tuple[int, dict[str, str], Any]:
        headers = {"Location": f"{self.base}/{kind}/{id_}"}
        if self.versioned:
            headers = {"ETag": f'W/"{kept.version}"', "Location": f"{self.base}/{kind}/{id_}/_history/{kept.version}"}
        return status, headers, kept.body


class _Handler(BaseHTTPRequestHandler):
    there: FHIRServer
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one packet
    disable_nagle_algorithm = True

    def _serve(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        raw = self.rfile.read(length)
        headers = {k.lower(): v for k, v in self.headers.items()}
        with self.there.lock:
            body = json.loads(raw) if raw else None
            seen = Seen(self.command, self.path, body, headers)
            self.there.seen.append(seen)
            fault = next((f for f in self.there.faults if f[0] == self.command and re.search(f[1], self.path)), None)
            if fault:
                self.there.faults.remove(fault)
            kind = fault[2] if fault else ""
            if kind == "drop":
                self.close_connection = True
                return
            if kind.isdigit():
                status, extra, answer = int(kind), {}, outcome("exception")
            else:
                status, extra, answer = self.there.answer(self.command, self.path, headers, body)
            seen.status = status
        if kind == "lost":
            self.close_connection = True
            return
        if self.there.silent and self.command in ("POST", "PUT") and status < 300:
            answer = None if answer and answer["resourceType"] in self.there.silent else answer
        content, mime = b"" if answer is None else self._bytes(answer), "application/fhir+json"
        if kind == "html":
            content, mime = b"<html><body>Sign in</body></html>", "text/html"
        self.send_response(status)
        for name, value in extra.items():
            self.send_header(name, value)
        self.send_header("Content-Type", mime)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if kind == "truncated":
            content, self.close_connection = content[: len(content) // 2], True
        self.wfile.write(b"" if kind == "empty" else content)

    def _bytes(self, answer: Any) -> bytes:
        """The JSON of an answer, in which a record with raw bytes is those bytes."""
        content = json.dumps(answer).encode()
        for (kind, id_), raw in self.there.raw.items():
            if kept := self.there.get(kind, id_):
                content = content.replace(json.dumps(kept).encode(), raw)
        return content

    do_GET = do_POST = do_PUT = do_DELETE = _serve

    def date_time_string(self, timestamp: float | None = None) -> str:
        """The server's own clock, in its Date header too."""
        return format_datetime(self.there.clock, usegmt=True)

    def log_message(self, *_: object) -> None:  # type: ignore[override]
        """Say nothing."""
