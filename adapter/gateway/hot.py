"""The one request that is asked all day, a record by its id within the programme, goes around Flask's routing.

Measured: routing and dispatch cost more than the read itself. Same token, same gate, same record, same answer as
`fhir.FHIR.read`; whatever is not plain (no such record, an outsider, a refusal, a query) is left to that.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from adapter.disclosure.gate import release
from adapter.disclosure.recorder import Recorder
from adapter.gateway.answers import record_headers
from adapter.gateway.capabilities import TYPES
from adapter.gateway.negotiate import media_type, versions
from adapter.gateway.outcome import Refusal
from adapter.gateway.releases import BASES
from adapter.gateway.who import Tokens, purpose_of
from adapter.store import Store, StoreError

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

    from adapter.disclosure.gate import ReleasedDocument

_PREFIX = BASES["R4"] + "/"
_TYPES = frozenset(TYPES)


class HotReads:
    """WSGI in front of an application."""

    def __init__(self, inner: WSGIApplication, store: Store, recorder: Recorder, tokens: Tokens) -> None:
        self._inner, self._store, self._recorder, self._tokens = inner, store, recorder, tokens

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a plain read; hand everything else on."""
        kind, _, id_ = environ.get("PATH_INFO", "").removeprefix(_PREFIX).partition("/")
        if kind not in _TYPES or environ["REQUEST_METHOD"] != "GET" or environ.get("QUERY_STRING"):
            return self._inner(environ, start_response)
        try:
            found = self._read(environ, kind, id_)
        except (Refusal, StoreError):
            found = None  # told by who is asked next
        if found is None:
            return self._inner(environ, start_response)
        one, media = found
        if one is None:
            start_response("304 NOT MODIFIED", [("ETag", media)])
            return ()
        start_response("200 OK", [*record_headers(one, media), ("Content-Length", str(len(one.body)))])
        return (one.body,)

    def _read(self, environ: WSGIEnvironment, kind: str, id_: str) -> tuple[ReleasedDocument | None, str] | None:
        """Return the record and its media type; None and its ETag where the client has it; None if it is not plain."""
        actor = self._tokens.bearer(environ.get("HTTP_AUTHORIZATION", ""))
        document = None if actor.outsider else self._store.hot_get(kind, id_)
        if document is None or document.deleted or document.release != "R4":
            return None
        purpose = purpose_of(actor, environ.get("HTTP_PURPOSE_OF_USE", ""))
        media = media_type(environ.get("HTTP_ACCEPT", ""))
        seen = environ.get("HTTP_IF_NONE_MATCH")
        if seen is not None and {str(document.version), "*"} & versions(seen):
            return None, f'W/"{document.version}"'
        released = release(
            None, actor, purpose, (document,), channel="fhir-read", now=self._store.now(), record=self._recorder.record
        )
        return released.documents[0], media
