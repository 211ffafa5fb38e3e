"""The application: limits, headers and how refusals are told, around whatever routes are registered in it."""

from __future__ import annotations

import logging
import traceback
import uuid
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from adapter.disclosure.recorder import Recorder
from adapter.gateway.fhir import FHIR
from adapter.gateway.hot import HotReads
from adapter.gateway.native import Native
from adapter.gateway.outcome import FHIR_JSON, PROBLEM_JSON, Refusal, outcome, problem, refusal
from adapter.gateway.releases import BASES
from adapter.gateway.who import Tokens
from adapter.store import SearchError, Store, StoreError, VersionConflict

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

LOG = logging.getLogger("planbridge.gateway")

MAX_BODY = 8 * 1024 * 1024
"""Bytes of a body that is read. The largest public Questionnaire seen has 1.6 MB."""

# fmt: off
HEADERS = (
    ("Cache-Control",             "no-store"),
    ("Content-Security-Policy",   "default-src 'none'; frame-ancestors 'none'"),
    ("Referrer-Policy",           "no-referrer"),
    ("Strict-Transport-Security", "max-age=31536000"),
    ("X-Content-Type-Options",    "nosniff"),
)
CODES = {
    # status  FHIR issue-type      what is wrong, in our words
    400: ("invalid",               "the request cannot be understood"),
    404: ("not-supported",         "there is nothing at this address; see /fhir/R4/metadata"),
    405: ("not-supported",         "this is not done at this address; see /fhir/R4/metadata"),
    413: ("too-long",              "the body is larger than is read here"),
    414: ("too-long",              "the address is longer than is read here"),
    415: ("not-supported",         "a body of this kind is not read here"),
    431: ("too-long",              "the headers are longer than is read here"),
}
# fmt: on


Application = Flask


def _random_id() -> str:
    return str(uuid.uuid4())


def gateway(
    store: Store,
    *,
    version: str = "",
    require_if_match: bool = False,
    new_id: Callable[[], str] = _random_id,
    recorder: Recorder | None = None,
) -> Application:
    """Return the gateway over a store, a WSGI application. Further blueprints may be registered in it."""
    app = _bare()
    recorder, tokens = recorder or Recorder(store), Tokens(store)
    for served in BASES:
        FHIR(
            store, recorder, tokens, served, version=version, require_if_match=require_if_match, new_id=new_id
        ).register(app)
    Native(store, recorder, tokens, new_id=new_id).register(app)
    app.wsgi_app = Guarded(HotReads(app.wsgi_app, store, recorder, tokens))  # type: ignore[method-assign]
    return app


def _bare() -> Application:
    """Return an application without routes: it refuses everything as a gateway should."""
    app = Flask("planbridge", static_folder=None, template_folder=None)
    app.config.update(MAX_CONTENT_LENGTH=MAX_BODY, MAX_FORM_MEMORY_SIZE=64 * 1024, MAX_FORM_PARTS=100)
    app.url_map.strict_slashes = False
    app.url_map.merge_slashes = False
    app.register_error_handler(Refusal, _told)
    app.register_error_handler(HTTPException, _told_by_flask)
    app.register_error_handler(StoreError, _told_by_store)
    app.register_error_handler(Exception, _failed)
    return app


class Guarded:
    """WSGI around an application: each answer bears HEADERS, but for those that it sets itself.

    Here and not in Flask's after_request, where it would cost a third of a read.
    """

    def __init__(self, inner: WSGIApplication) -> None:
        self._inner = inner

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request."""

        def start(status: str, headers: list[tuple[str, str]], *rest: Any) -> Callable[[bytes], object]:
            names = {name for name, _ in headers}
            return start_response(status, headers + [pair for pair in HEADERS if pair[0] not in names], *rest)

        return self._inner(environ, start)


def _told(refused: Exception) -> Response:
    assert isinstance(refused, Refusal)
    if request.path.startswith("/fhir/"):
        answer = Response(outcome(refused.issues), refused.status, content_type=FHIR_JSON)
    else:
        answer = Response(problem(refused.status, refused.issues), refused.status, content_type=PROBLEM_JSON)
    answer.headers.update(refused.headers)
    return answer


def _told_by_flask(error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    status = error.code or 500
    if status < 400 and error.response is not None:  # a redirect
        return Response(status=status, headers={"Location": error.response.headers.get("Location", "/")})
    code, text = CODES.get(status, ("processing", "the request is not done"))
    allowed = {name: value for name, value in error.get_headers() if name == "Allow"}
    return _told(refusal(status, code, text, **allowed))


def _told_by_store(error: Exception) -> Response:
    if isinstance(error, SearchError):
        return _told(refusal(400, "value", str(error)))
    if isinstance(error, VersionConflict):
        return _told(refusal(409, "conflict", "somebody else wrote first", "Read the record again."))
    LOG.error("store: %s", type(error.__cause__ or error).__name__)
    return _told(refusal(503, "transient", "the store cannot be used now; nothing was done", Retry_After="5"))


def _failed(error: Exception) -> Response:
    """A fault of ours. The log says where, never what: a message may hold a person's value."""
    frames = traceback.extract_tb(error.__traceback__)
    LOG.error("%s at %s", type(error).__name__, " < ".join(f"{f.name}:{f.lineno}" for f in reversed(frames[-6:])))
    return _told(refusal(500, "exception", "this is a fault of Planbridge; nothing was done"))
