"""A recording proxy on loopback between us and a FHIR server: the only witness of what really went over the wire.

The client sees one server, at the proxy's address: the server's own base URL is replaced in what it answers (links,
Location, references) and put back in what it is sent, so that `next` links stay on the same origin.
"""

from __future__ import annotations

import http.client
import re
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote_plus, urlsplit

from mappings.tree import NotJSON, Tree, parse

HOP_BY_HOP = frozenset({"connection", "keep-alive", "transfer-encoding", "host", "content-length", "accept-encoding"})
READS = frozenset({"GET", "HEAD", "OPTIONS"})
OURS = "urn:ietf:rfc:3986"
"""The system of the identifiers that our store gives its records."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request as we sent it, and the status that came back (0: the answer was lost on the way)."""

    method: str
    url: str
    body: bytes
    status: int

    @property
    def is_write(self) -> bool:
        """Whether it asks the server to change something: a search by POST does not."""
        return self.method not in READS and not self.url.partition("?")[0].endswith("/_search")

    @property
    def created(self) -> list[str]:
        """The identifiers of ours that it asks the server to create a record for; where there is none, the URL."""
        return [name for tree in self._to_create() for name in _identifiers(tree) or [f"{self.url} without identifier"]]

    def _to_create(self) -> Iterator[Tree]:
        if not self.is_write:
            return
        try:
            tree = parse(self.body)
        except NotJSON:
            return
        if tree.get("resourceType") == "Bundle":
            entries = tree.get("entry", [])
            yield from (e["resource"] for e in entries if e.get("request", {}).get("method") == "POST")
        elif self.method == "POST" or (self.method == "PUT" and self.status == 201):
            yield tree

    def names(self, term: str) -> bool:
        """Return whether the URL or the body contains a term as a word of its own."""
        word = re.compile(rf"(?<![A-Za-z0-9.\-]){re.escape(term)}(?![A-Za-z0-9\-])", re.IGNORECASE)
        return bool(word.search(unquote_plus(self.url)) or word.search(self.body.decode("utf-8", "replace")))


def _identifiers(tree: Tree) -> list[str]:
    """Our identifiers of a record, else those it has: a response has room for one, and then that one tells it apart."""
    held = tree.get("identifier", [])
    known = [i for i in (held if isinstance(held, list) else [held]) if "value" in i]
    return [f"{i.get('system', '')}|{i['value']}" for i in ([i for i in known if i.get("system") == OURS] or known)]


@dataclass(slots=True)
class Record:
    """All exchanges in the order of their answers; `between` cuts a part out."""

    exchanges: list[Exchange] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, exchange: Exchange) -> None:
        """Write down one exchange."""
        with self.lock:
            self.exchanges.append(exchange)

    def __len__(self) -> int:
        return len(self.exchanges)

    def between(self, start: int, end: int | None = None) -> Record:
        """Return what came after the first `start` exchanges, up to the first `end`."""
        return Record(self.exchanges[start:end])

    def writes(self) -> list[Exchange]:
        """Return the requests that ask for a change."""
        return [e for e in self.exchanges if e.is_write]

    def creates(self) -> Counter[str]:
        """Return how often each identifier of ours was asked to be created."""
        return Counter(name for e in self.exchanges for name in e.created)

    def naming(self, terms: Iterable[str]) -> list[tuple[str, Exchange]]:
        """Return each (term, exchange) in which a URL or a body names one of these terms."""
        return [(term, e) for term in terms for e in self.exchanges if e.names(term)]


@dataclass(frozen=True, slots=True)
class Proxy:
    """A running proxy: the base URL to give to the client, and what it has seen."""

    base: str
    record: Record


@contextmanager
def recording(
    upstream: str, lose: Callable[[str, str, int], bool] | None = None, *, terse: bool = False
) -> Iterator[Proxy]:
    """Run a proxy before the server at base URL `upstream`.

    `lose(method, url, status)` says of an answer that came whether it gets lost on its way back to us. A `terse`
    server does not send along what it wrote, so that we have to read it back.
    """
    record, at = Record(), urlsplit(upstream)
    server = _Server(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    own = f"http://127.0.0.1:{server.server_port}{at.path}"
    server.setup = _Setup(at.hostname or "", at.port or 80, upstream.encode(), own.encode(), record, lose, terse)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield Proxy(own, record)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@dataclass(frozen=True, slots=True)
class _Setup:
    host: str
    port: int
    theirs: bytes
    own: bytes
    record: Record
    lose: Callable[[str, str, int], bool] | None
    terse: bool


class _Server(ThreadingHTTPServer):
    setup: _Setup

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that was killed leaves its connection: nothing to report."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def log_message(self, *_: Any) -> None:
        """The record is the log."""

    def _forward(self) -> None:
        use = self.server.setup
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        try:
            status, headers, answer = self._ask(body.replace(use.own, use.theirs))
        except (OSError, http.client.HTTPException):
            status, headers, answer = 502, {}, b""
        lost = use.lose is not None and use.lose(self.command, self.path, status)
        exchange = Exchange(self.command, self.path, body, 0 if lost else status)
        use.record.add(exchange)
        if use.terse and exchange.is_write and status < 300:
            answer = b""
        if lost:
            self.close_connection = True
            return
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value.replace(use.theirs.decode(), use.own.decode()))
        answer = answer.replace(use.theirs, use.own)
        if self.command != "HEAD":
            self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer)

    def _ask(self, body: bytes) -> tuple[int, Mapping[str, str], bytes]:
        sent = {name: value for name, value in self.headers.items() if name.lower() not in HOP_BY_HOP}
        with closing(
            http.client.HTTPConnection(self.server.setup.host, self.server.setup.port, timeout=300)
        ) as upstream:
            upstream.request(self.command, self.path, body or None, sent)
            answer = upstream.getresponse()
            kept = {name: value for name, value in answer.getheaders() if name.lower() not in HOP_BY_HOP}
            return answer.status, kept, answer.read()

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _forward
