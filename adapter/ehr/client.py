"""Asking an EHR server and telling it: one request at a time, each answer judged, each write sent once.

A token goes to the configured server and to nobody else; redirects are not followed and proxies of the environment not
used. Reads are asked again while the server is busy or away, at most as often as the settings say; a write never.
https://hl7.org/fhir/R4/http.html
"""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote, urlsplit

import requests

from adapter.ehr.bundle import Entry, RawPage, etag, read_page, read_record
from adapter.ehr.errors import (
    Busy,
    EHRError,
    Failed,
    Gone,
    LostAnswer,
    NotFHIR,
    NotFound,
    Strayed,
    TooLarge,
    Unreachable,
    by_status,
)
from adapter.ehr.outcome import issues_of, words_of
from adapter.ehr.query import ID, PERSONS, TYPE, Query, Released, ReleasedDocument, named_by, token
from adapter.ehr.wire import FHIR_JSON, Reply, Silent, Wire, instant, json_of, retry_after
from adapter.origin import BadAddress, followed
from adapter.settings import EHR

_READ = {"Accept": FHIR_JSON, "Cache-Control": "no-cache"}  # HAPI answers a search from its cache for 60 s otherwise
_SEARCH = _READ | {"Prefer": "handling=strict"}  # a parameter that is not understood is to be refused, not ignored
_WRITE = {"Accept": FHIR_JSON, "Prefer": "return=representation"}
_METHOD = {"create": "POST", "update": "PUT", "delete": "DELETE"}
_BAD = {"fatal", "error"}


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server answered to a read or a write.

    status          HTTP status
    type, id        of the record as the server names it; "" where it did not say
    etag            ready for If-Match: as the server wrote it, else made from meta.versionId; "" without versions
    last_modified   instant or HTTP date as the server wrote it; may be empty
    location        as the server wrote it; never followed
    body            the record as the server holds it now; b"" where it was not sent along
    flag            "" | unfaithful: the body cannot be held as a tree (duplicate keys, lone surrogates)
    """

    status: int
    type: str = ""
    id: str = ""
    etag: str = ""
    last_modified: str = ""
    location: str = ""
    body: bytes = b""
    flag: str = ""


def _now() -> datetime:
    return datetime.now(UTC)


class Client:
    """One EHR server. Every method raises the errors of adapter.ehr.errors; each `text` begins with the EHR's name.

    clock, sleep, chance   for tests: the time now (UTC), waiting, a number from 0 to 1
    """

    def __init__(
        self,
        ehr: EHR,
        *,
        session: requests.Session | None = None,
        clock: Callable[[], datetime] = _now,
        sleep: Callable[[float], None] | None = None,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self.ehr = ehr
        self._clock, self._sleep, self._chance = clock, sleep or time.sleep, chance
        self._wire = Wire(ehr, session)

    def close(self) -> None:
        """Close the connections."""
        self._wire.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # ---- reads

    def metadata(self) -> Answer:
        """Read the server's CapabilityStatement, with the token if there is one already."""
        reply = self._ask(f"{self.ehr.url}/metadata", _READ, "metadata", needs_token=False)
        with self._about("metadata"):
            body = json_of(reply)
            if not re.search(rb'"resourceType"\s*:\s*"CapabilityStatement"', body):
                raise NotFHIR("the answer is no CapabilityStatement: is url the base address of a FHIR server?")
        return Answer(reply.status, "CapabilityStatement", etag=etag(reply.headers.get("ETag", "")), body=body)

    def read(self, type: str, id: str, *, released: Released | None = None) -> Answer:  # noqa: A002
        """Read one record as it is now. A person's record is named by its id, so it takes leave from the gate."""
        if type in PERSONS:
            named_by(released)
        reply = self._ask(self._url(type, id), _READ, f"read {type}")
        with self._about(f"read {type}"):
            return _answer(reply, read_record(json_of(reply), type))

    def pages(self, query: Query) -> Iterator[RawPage]:
        """Ask and yield page after page until `page.last`. What ends early raises: what came is then not the whole."""
        yield from self._pages(f"{self.ehr.url}/{query.path(self.ehr.page_size)}", "searchset", f"search {query.type}")

    def history(self, type: str, since: str = "") -> Iterator[RawPage]:  # noqa: A002
        """Yield the versions of all records of a type, newest first, deletions among them; names nobody.

        `since`: an instant; versions made then or later.
        """
        moment = f"&_since={quote(since, safe='')}" if since else ""
        first = f"{self._url(type)}/_history?_count={self.ehr.page_size}{moment}"
        yield from self._pages(first, "history", f"history of {type}")

    def _pages(self, first: str, kind: str, deed: str) -> Iterator[RawPage]:
        here, seen = first, {first}
        for _ in range(self.ehr.max_pages):
            reply = self._ask(here, _SEARCH, deed)
            with self._about(deed):
                page = read_page(json_of(reply), kind, instant(reply.headers.get("Date", "")))
                here = _next(here, page.next_link, seen)
            yield page
            if page.last:
                return
        raise TooLarge(f"{self.ehr.name}: {deed}: more pages than max_pages allows")

    # ---- writes

    def create(self, released: Released, *, identifier: tuple[str, str] | None = None) -> Answer:
        """Create the one released document. `identifier`: ask the server not to, if it has a record that bears it."""
        only_if = {"If-None-Exist": f"identifier={quote(token(*identifier), safe='')}"} if identifier else {}
        document = _only(released)
        return self._written(self._tell("create", document, "", only_if), document.type, "")

    def update(self, released: Released, remote_id: str, *, if_match: str = "") -> Answer:
        """Replace the server's record by the one released document. `if_match`: the etag it was read with."""
        document = _only(released)
        return self._written(self._tell("update", document, remote_id, _guard(if_match)), document.type, remote_id)

    def delete(self, released: Released, remote_id: str, *, if_match: str = "") -> Answer:
        """Delete the server's record that stands for the one released document. One that is gone is a success."""
        document = _only(released)
        try:
            reply = self._tell("delete", document, remote_id, _guard(if_match))
        except (NotFound, Gone) as gone:
            return Answer(gone.status, document.type, remote_id)
        return Answer(reply.status, document.type, remote_id, etag=etag(reply.headers.get("ETag", "")))

    def _written(self, reply: Reply, type: str, id: str) -> Answer:  # noqa: A002
        """The answer to a write that the server says it did. Raises LostAnswer if it does not say to which record."""
        try:
            found = read_record(json_of(reply), type)
        except NotFHIR:
            found = None
        outcome = issues_of(reply.body)
        if found is None and reply.body.strip() and (not outcome or any(i.severity in _BAD for i in outcome)):
            text = "the answer is neither the record nor a report of success"
            raise LostAnswer(self._text(f"write {type}", text), status=reply.status, issues=outcome)
        path = urlsplit(reply.headers.get("Location", "")).path
        place = re.search(rf"(?:^|/){type}/({ID.pattern})(?:/_history/[^/]+)?/?$", path)
        names = {name for name in (id, found.id if found else "", place[1] if place else "") if name}
        if len(names) != 1 or reply.status == 202:
            text = "the server does not say which record it wrote"
            raise LostAnswer(self._text(f"write {type}", text), status=reply.status)
        return _answer(reply, found or Entry(type, names.pop(), b""))

    # ---- the wire

    def _url(self, type: str, id: str = "") -> str:  # noqa: A002
        if not TYPE.fullmatch(type) or (id and not ID.fullmatch(id)):
            raise ValueError("not a resource type, or no id that can stand in a URL")
        return f"{self.ehr.url}/{type}/{id}" if id else f"{self.ehr.url}/{type}"

    def _ask(self, url: str, headers: dict[str, str], deed: str, *, needs_token: bool = True) -> Reply:
        """Send a read until it is answered or the settings' patience ends."""
        for attempt in range(1, self.ehr.attempts + 1):
            try:
                reply = self._wire.exchange("GET", url, headers | self._wire.credentials(needed=needs_token), None)
                self._raise_for(reply, deed, write=False)
                return reply
            except Silent as silent:
                why = "did not answer within read_timeout" if silent.late else "closed the connection without an answer"
                error: EHRError = Unreachable(self._text(deed, f"the server {why}"), lasting=silent.late)
            except (Unreachable, Busy) as caught:
                error = caught
            if attempt == self.ehr.attempts or (isinstance(error, Unreachable) and error.lasting):
                raise error
            self._sleep(self._pause(attempt, error.wait))
        raise AssertionError("attempts is at least 1")

    def _pause(self, attempt: int, asked: float | None) -> float:
        """Seconds until the next try: what the server asked, else doubling; spread, lest clients come as one."""
        wait = asked if asked is not None else 0.5 * 2 ** (attempt - 1)
        return min(wait + self._chance() * max(wait / 4, 0.1), self.ehr.longest_wait)

    def _tell(self, verb: str, document: ReleasedDocument, id: str, guard: dict[str, str]) -> Reply:  # noqa: A002
        """Send a write, once."""
        body = b"" if verb == "delete" else document.body
        if not body and verb != "delete":
            raise TypeError("the released document has no body: it was deleted")
        content = {"Content-Type": FHIR_JSON} if body else {}
        headers = _WRITE | content | guard | self._wire.credentials()
        deed = f"{verb} {document.type}"
        try:
            reply = self._wire.exchange(_METHOD[verb], self._url(document.type, id), headers, body or None)
        except Silent as silent:
            why = "no answer came in time" if silent.late else "the connection broke before an answer came"
            raise LostAnswer(self._text(deed, f"{why}: it may have been done")) from None
        self._raise_for(reply, deed, write=True)
        return reply

    # ---- judging

    def _raise_for(self, reply: Reply, deed: str, *, write: bool) -> None:
        """Raise the error that a status means. After a write, a failure that may have come too late is LostAnswer."""
        if reply.status == 200 or (write and reply.status in (201, 202, 204)):
            return
        kind, text = by_status(reply.status)
        if write and kind is Failed:
            kind, text = LostAnswer, "the server failed: it may have been done"
        raise kind(
            self._text(deed, f"{text} ({reply.status})"),
            status=reply.status,
            issues=issues_of(reply.body),
            said=words_of(reply.body),
            wait=retry_after(reply.headers.get("Retry-After", ""), self._clock()),
        )

    def _text(self, deed: str, text: str) -> str:
        return f"{self.ehr.name}: {deed}: {text}"

    @contextmanager
    def _about(self, deed: str) -> Iterator[None]:
        """Say whose answer it was, and to what, where its judge could not know."""
        try:
            yield
        except NotFHIR as error:
            raise type(error)(self._text(deed, error.text)) from None


def _next(here: str, link: str, seen: set[str]) -> str:
    """The address of the next page, "" after the last. Raises Strayed."""
    if not link:
        return ""
    try:
        there = followed(here, link)
    except BadAddress as error:
        raise Strayed(f"the next page is not followed: {error}") from None
    if there in seen:
        raise Strayed("the next pages lead in a circle")
    seen.add(there)
    return there


def _only(released: Released) -> ReleasedDocument:
    if len(released.documents) != 1:
        raise TypeError("a write takes one document that the gate released")
    return released.documents[0]


def _answer(reply: Reply, record: Entry) -> Answer:
    return Answer(
        status=reply.status,
        type=record.type,
        id=record.id,
        etag=etag(reply.headers.get("ETag", "")) or record.etag,
        last_modified=record.last_updated or reply.headers.get("Last-Modified", ""),
        location=reply.headers.get("Location", ""),
        body=record.body,
        flag=record.flag,
    )


def _guard(text: str) -> dict[str, str]:
    if text and not etag(text):
        raise ValueError("not an etag")
    return {"If-Match": etag(text)} if text else {}
