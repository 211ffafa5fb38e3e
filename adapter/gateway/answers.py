"""What leaves by HTTP is put together here, from `Released` only; records keep their bytes, also inside a Bundle.

https://hl7.org/fhir/R4/http.html · https://hl7.org/fhir/R4/bundle.html
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from email.utils import format_datetime
from functools import lru_cache
from http import HTTPStatus
from uuid import uuid4

import orjson
from flask import Response

from adapter.disclosure.gate import Released, ReleasedDocument
from adapter.gateway.outcome import FHIR_JSON, outcome
from mappings.issues import Issue

Link = tuple[str, str]
"""Relation and address: ("next", "http://…")."""


@lru_cache(maxsize=4096)
def http_date(instant: str) -> str:
    """Return an ISO instant as HTTP writes it: "Sun, 15 Mar 2026 12:00:00 GMT"."""
    return format_datetime(datetime.fromisoformat(instant), usegmt=True)


def json_answer(body: bytes, status: int = 200, media: str = FHIR_JSON) -> Response:
    """Return an answer that holds nothing from the store: a statement, an outcome."""
    return Response(body, status, content_type=media)


def record_answer(one: ReleasedDocument, media: str, *, status: int = 200, location: str = "") -> Response:
    """Return one record with its version: ETag, Last-Modified and, where it is new, its Location."""
    headers = record_headers(one, media) + ([("Location", location)] if location else [])
    return Response(one.body, status, headers)


def record_headers(one: ReleasedDocument, media: str) -> list[tuple[str, str]]:
    """Return the headers that go with a record."""
    return [("Content-Type", media), ("ETag", one.etag), ("Last-Modified", http_date(one.last_updated))]


def searchset(
    released: Released, base: str, links: Iterable[Link], media: str, issues: Sequence[Issue] = ()
) -> Response:
    """Return a page of search results; issues (what was ignored) go along as an outcome."""
    entries = [
        b'{"fullUrl":%s,"resource":%s,"search":{"mode":"match"}}' % (_full_url(base, one), one.body)
        for one in released.documents
    ]
    if issues:
        name = orjson.dumps(uuid4().urn)
        entries.append(b'{"fullUrl":%s,"resource":%s,"search":{"mode":"outcome"}}' % (name, outcome(issues)))
    return Response(_bundle("searchset", links, entries), content_type=media)


def total(number: int, links: Iterable[Link], media: str) -> Response:
    """Return a search result without records: how many this client may read."""
    return Response(_bundle("searchset", links, [], number), content_type=media)


def history(released: Released, base: str, links: Iterable[Link], media: str) -> Response:
    """Return versions of a record, newest first; a deletion is an entry without a resource."""
    entries = []
    for one in released.documents:
        method, status = ("DELETE", 204) if one.deleted else ("PUT", 200) if one.version > 1 else ("PUT", 201)
        about = {
            "request": {"method": method, "url": f"{one.type}/{one.id}"},
            "response": {
                "status": f"{status} {HTTPStatus(status).phrase}",
                "etag": one.etag,
                "lastModified": one.last_updated,
            },
        }
        resource = b"" if one.deleted else b'"resource":%s,' % one.body
        entries.append(b'{"fullUrl":%s,%s%s' % (_full_url(base, one), resource, orjson.dumps(about)[1:]))
    return Response(_bundle("history", links, entries), content_type=media)


def _full_url(base: str, one: ReleasedDocument) -> bytes:
    return orjson.dumps(f"{base}/{one.type}/{one.id}")


def _bundle(kind: str, links: Iterable[Link], entries: Sequence[bytes], number: int | None = None) -> bytes:
    """Return a Bundle; its entries are bytes already. Without entries it has no such element, for none is empty."""
    head = {
        "resourceType": "Bundle",
        "type": kind,
        **({} if number is None else {"total": number}),
        "link": [{"relation": relation, "url": url} for relation, url in links],
    }
    if not entries:
        return orjson.dumps(head)
    return orjson.dumps(head)[:-1] + b',"entry":[' + b",".join(entries) + b"]}"
