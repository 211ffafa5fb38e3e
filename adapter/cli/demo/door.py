"""How the demo asks both sides: over HTTP, as anybody with a token would."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.error import HTTPError, URLError

FHIR = "application/fhir+json"
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # loopback needs no proxy of the environment
_SECONDS = 30


class NoAnswer(Exception):  # noqa: N818 - says what happened
    """A server of the demo did not answer, or with what is no JSON."""


@dataclass(frozen=True, slots=True)
class Answer:
    """HTTP status, ETag, and the body as data; None where it is empty."""

    status: int
    etag: str
    body: Any


@dataclass(frozen=True, slots=True)
class Door:
    """A server, and the token of one of its clients. `address` is without a path: "http://127.0.0.1:8410"."""

    address: str
    token: str

    def ask(self, method: str, path: str, body: object = None, **headers: str) -> Answer:
        """Ask once: `ask("PUT", "/api/goals/g1", goal, If_Match='"3"')`. Raises NoAnswer."""
        kind = "application/json" if path.startswith("/api/") else FHIR
        sent = {"Authorization": f"Bearer {self.token}", "Accept": kind}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        if body is not None:
            sent["Content-Type"] = kind
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.address}{path}", data, sent, method=method)  # noqa: S310 - our own
        try:
            with _DIRECT.open(request, timeout=_SECONDS) as answer:
                return _answer(answer.status, answer.headers.get("ETag", ""), answer.read())
        except HTTPError as error:
            return _answer(error.code, "", error.read())
        except (URLError, OSError) as error:
            raise NoAnswer(f"{self.address} does not answer ({type(error).__name__})") from None

    def read(self, reference: str) -> Any:
        """Return a FHIR record, None where it is not given."""
        found = self.ask("GET", f"/fhir/R4/{reference}")
        return found.body if found.status == 200 else None

    def every(self, kind: str) -> Iterator[Any]:
        """Yield all records of a type that this client may read, page after page."""
        path = f"/fhir/R4/{kind}?_count=100"
        while path:
            page = self.ask("GET", path).body
            yield from (entry["resource"] for entry in page.get("entry", []))
            following = next((link["url"] for link in page.get("link", []) if link["relation"] == "next"), "")
            path = following.removeprefix(self.address)


def _answer(status: int, etag: str, body: bytes) -> Answer:
    try:
        return Answer(status, etag, json.loads(body) if body else None)
    except ValueError:
        raise NoAnswer("a server answered with what is no JSON") from None
