"""A plain view of a FHIR server, for tests that must not look through our own client."""

from __future__ import annotations

import http.client
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from urllib.parse import urlsplit

from mappings.tree import Tree, dump, parse

MIME = "application/fhir+json"
SERVER_KEEPS = ("versionId", "lastUpdated")


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server said: status, headers by lower-case name, bytes."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def tree(self) -> Tree:
        """The body as a JSON tree."""
        return parse(self.body)

    @property
    def reason(self) -> str:
        """The first thing an OperationOutcome says, in at most 160 characters."""
        try:
            said = next(i["diagnostics"] for i in self.tree["issue"] if "diagnostics" in i)
        except (ValueError, KeyError, TypeError, StopIteration):
            return f"status {self.status}"
        return " ".join(said.split())[:160]


class Server:
    """The base URL of a FHIR server, asked over a new connection each time: nothing stale, nothing to close."""

    def __init__(self, base: str, timeout: float = 120) -> None:
        self.base = base
        self._at = urlsplit(base)
        self._timeout = timeout

    def send(self, method: str, path: str, body: Tree = None, headers: Mapping[str, str] | None = None) -> Answer:
        """Send one request. `path` is relative to the base ("Goal/7"), or an absolute URL under it."""
        target = urlsplit(path).path if path.startswith("http") else f"{self._at.path}/{path}".rstrip("/")
        if path.startswith("http") and urlsplit(path).query:
            target += "?" + urlsplit(path).query
        data = body if isinstance(body, bytes) or body is None else dump(body)
        sent = {
            "Accept": MIME,
            "Cache-Control": "no-cache",
            **({"Content-Type": MIME} if data else {}),
            **(headers or {}),
        }
        with closing(http.client.HTTPConnection(self._at.hostname or "", self._at.port, timeout=self._timeout)) as line:
            line.request(method, target, data, sent)
            answer = line.getresponse()
            return Answer(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())

    def read(self, reference: str) -> Tree:
        """Return a resource as a tree. Raises LookupError where the server does not give it."""
        answer = self.send("GET", reference)
        if answer.status != 200:
            raise LookupError(f"{reference}: {answer.reason}")
        return answer.tree

    def search(self, query: str) -> Iterator[Tree]:
        """Yield each resource of a search, following the server's next links."""
        url: str | None = query
        while url:
            answer = self.send("GET", url)
            if answer.status != 200:
                raise LookupError(f"{query}: {answer.reason}")
            page = answer.tree
            yield from (entry["resource"] for entry in page.get("entry", []))
            url = next((link["url"] for link in page.get("link", []) if link["relation"] == "next"), None)

    def everything(self, types: tuple[str, ...]) -> dict[str, Tree]:
        """Return all live resources of these types by reference ("Goal/7")."""
        found = (tree for kind in types for tree in self.search(f"{kind}?_count=200"))
        return {f"{tree['resourceType']}/{tree['id']}": tree for tree in found}


def content(tree: Tree) -> Tree:
    """Return a resource without what the server keeps for itself: version and time."""
    meta = {k: v for k, v in tree.get("meta", {}).items() if k not in SERVER_KEEPS}
    rest = {k: v for k, v in tree.items() if k != "meta"}
    return rest | ({"meta": meta} if meta else {})
