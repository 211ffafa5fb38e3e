"""A small HTTP server on loopback that answers as a test says, down to the single byte."""

from __future__ import annotations

import json
import socket
import ssl
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any


@dataclass
class Asked:
    """One request as it arrived."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Say:
    """One answer. `raw` goes out instead of everything else; `cut` closes after so many bytes of the body."""

    status: int = 200
    body: bytes | dict[str, object] = b""
    headers: dict[str, str] = field(default_factory=dict)
    kind: str = "application/fhir+json"
    raw: bytes | None = None
    cut: int | None = None
    reset: bool = False
    before: Callable[[], object] | None = None


class ScriptedServer:
    """`server.script` is a list of answers, the last of which repeats, or a function from the request to the answer."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.script: list[Say] | Callable[[Asked], Say] = [Say()]
        self.connections = 0
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self) -> None:
                outer.connections += 1
                super().setup()

            def handle_one_request(self) -> None:
                try:
                    super().handle_one_request()
                except (ConnectionError, TimeoutError, ssl.SSLError):
                    self.close_connection = True

            def do(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                request = Asked(self.command, self.path, dict(self.headers.items()), self.rfile.read(length))
                outer.asked.append(request)
                outer.answer(self, request)

            do_GET = do_POST = do_PUT = do_DELETE = do

            def log_message(self, *_: object) -> None:
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self._http.block_on_close = False
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """Base address, without a slash at the end."""
        return f"http://127.0.0.1:{self._http.server_address[1]}/fhir"

    def secure(self, certificate: Path) -> None:
        """Speak TLS from now on, with this certificate and key."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        self._http.socket = context.wrap_socket(self._http.socket, server_side=True, do_handshake_on_connect=False)

    def stop(self) -> None:
        """Stop listening."""
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    def answer(self, handler: BaseHTTPRequestHandler, request: Asked) -> None:
        """Answer one request by the script."""
        if callable(self.script):
            say = self.script(request)
        else:
            say = self.script.pop(0) if len(self.script) > 1 else self.script[0]
        if say.before:
            say.before()
        if say.reset:  # RST instead of FIN
            handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            handler.connection.close()
            handler.close_connection = True
            return
        if say.raw is not None:
            handler.wfile.write(say.raw)
            handler.close_connection = True
            return
        body = json.dumps(say.body).encode() if isinstance(say.body, dict) else say.body
        handler.send_response_only(say.status)
        headers = {"Content-Type": say.kind, "Content-Length": str(len(body))} | say.headers
        for name, value in headers.items():
            if value:
                handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(body if say.cut is None else body[: say.cut])
        handler.close_connection |= say.cut is not None or not headers["Content-Length"]


def bundle(*resources: dict[str, object], kind: str = "searchset", **links: str) -> dict[str, Any]:
    """A page of records; `self` and `next` links are given as `self_=` and `next=`."""
    return {
        "resourceType": "Bundle",
        "type": kind,
        "link": [{"relation": name.rstrip("_"), "url": url} for name, url in links.items()],
        "entry": [{"fullUrl": f"urn:x/{r.get('id')}", "resource": r, "search": {"mode": "match"}} for r in resources],
    }
