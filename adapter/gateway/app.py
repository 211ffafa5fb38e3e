"""The application: limits, headers and how refusals are told, around whatever routes are registered in it."""

from __future__ import annotations

import logging
import traceback
import uuid
from collections.abc import Callable

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from adapter.disclosure.recorder import Recorder
from adapter.gateway.fhir import FHIR
from adapter.gateway.outcome import FHIR_JSON, PROBLEM_JSON, Refusal, outcome, problem, refusal
from adapter.store import SearchError, Store, StoreError, VersionConflict

LOG = logging.getLogger("planbridge.gateway")

MAX_BODY = 8 * 1024 * 1024
"""Bytes of a body that is read. The largest public Questionnaire seen has 1.6 MB."""

# fmt: off
HEADERS = {
    "Cache-Control":             "no-store",
    "Content-Security-Policy":   "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy":           "no-referrer",
    "Strict-Transport-Security": "max-age=31536000",
    "X-Content-Type-Options":    "nosniff",
}
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
    store: Store, *, version: str = "", require_if_match: bool = False, new_id: Callable[[], str] = _random_id
) -> Application:
    """Return the gateway over a store, a WSGI application. Further blueprints may be registered in it."""
    app = bare_application()
    fhir = FHIR(store, Recorder(store), version=version, require_if_match=require_if_match, new_id=new_id)
    app.register_blueprint(fhir.blueprint())
    return app


def bare_application() -> Application:
    """Return an application without routes: it refuses everything as a gateway should."""
    app = Flask("planbridge", static_folder=None, template_folder=None)
    app.config.update(MAX_CONTENT_LENGTH=MAX_BODY, MAX_FORM_MEMORY_SIZE=64 * 1024, MAX_FORM_PARTS=100)
    app.url_map.strict_slashes = False
    app.url_map.merge_slashes = False
    app.after_request(_guarded)
    app.register_error_handler(Refusal, _told)
    app.register_error_handler(HTTPException, _told_by_flask)
    app.register_error_handler(StoreError, _told_by_store)
    app.register_error_handler(Exception, _failed)
    return app


def _guarded(answer: Response) -> Response:
    for name, value in HEADERS.items():
        answer.headers.setdefault(name, value)
    return answer


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
