"""What sync needs of an EHR server, and what may go wrong with it. Wiring hands over something that does this.

Trouble.kind       what it means for the run
unreachable, busy  nothing was done; nothing more is asked in this run
denied             the token is not accepted; nothing more is asked in this run
refused            this is not permitted; other requests may be
gone               404 or 410: there is no such record (any more)
conflict           409 or 412: someone else wrote, or something still refers to it
invalid            the server does not accept the record or the question
unreadable         the answer is no FHIR: a page of HTML, cut short, a circle of pages
lost               a write was sent and nobody can say what became of it
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal, Protocol

from adapter.disclosure.gate import Released

Kind = Literal["unreachable", "busy", "denied", "refused", "gone", "conflict", "invalid", "unreadable", "lost"]

STOPS = frozenset({"unreachable", "busy", "denied"})
"""What makes it useless to ask on."""


class Trouble(Exception):  # noqa: N818 - says what it is
    """An EHR server did not do what it was asked. `text` holds no value and may stand in a log; `status` is HTTP's."""

    def __init__(self, kind: Kind, text: str, status: int = 0) -> None:
        super().__init__(text)
        self.kind, self.text, self.status = kind, text, status


class Entry(Protocol):
    """One record of a page: its own bytes (b"" for a deletion), the server's name for this version, when it came."""

    @property
    def type(self) -> str: ...
    @property
    def id(self) -> str: ...
    @property
    def body(self) -> bytes: ...
    @property
    def etag(self) -> str: ...
    @property
    def last_updated(self) -> str: ...
    @property
    def deleted(self) -> bool: ...
    @property
    def flag(self) -> str:
        """ "" | unfaithful (duplicate keys, lone surrogates) | invalid (no JSON at all)."""


class Page(Protocol):
    """One page of a search or a history. `date` is the server's clock, `last` says whether the query is drained."""

    @property
    def resources(self) -> Sequence[Entry]: ...
    @property
    def date(self) -> str: ...
    @property
    def last(self) -> bool: ...


class Answer(Protocol):
    """What a read or a write was answered with: the record as it stands there now; body b"" where it was not sent."""

    @property
    def status(self) -> int: ...
    @property
    def id(self) -> str: ...
    @property
    def etag(self) -> str: ...
    @property
    def body(self) -> bytes: ...
    @property
    def last_modified(self) -> str: ...
    @property
    def flag(self) -> str: ...


class Peer(Protocol):
    """An EHR server. Every method but `offers` may raise Trouble."""

    @property
    def name(self) -> str: ...

    @property
    def base_url(self) -> str: ...

    def offers(self, resource_type: str, deed: str) -> bool:
        """Whether the server says that it does this: read search create update delete history versioned conditional."""

    def everything(self, resource_type: str, since: str = "") -> Iterator[Page]:
        """All records of a type that changed at `since` (an instant) or later. Names nobody."""

    def history(self, resource_type: str, since: str) -> Iterator[Page]:
        """All versions of all records of a type since then, newest first, deletions too. Names nobody."""

    def of_person(self, leave: Released, resource_type: str, parameter: str, remote_id: str) -> Iterator[Page]:
        """All records of a type about one person."""

    def person(self, leave: Released, system: str, value: str) -> Iterator[Page]:
        """The Patients that bear an identifier."""

    def bearing(self, resource_type: str, identifier: tuple[str, str]) -> Iterator[Page]:
        """The records that bear OUR identifier. Not for Patients."""

    def read(self, resource_type: str, remote_id: str, leave: Released | None = None) -> Answer:
        """One record as it is now; to read a Patient takes leave."""

    def create(self, released: Released, identifier: tuple[str, str] | None) -> Answer:
        """Create the one released document; `identifier`: not, if there is one that bears it."""

    def update(self, released: Released, remote_id: str, if_match: str) -> Answer:
        """Replace a record by the one released document."""

    def delete(self, released: Released, remote_id: str, if_match: str) -> Answer:
        """Delete the record that stands for the one released document."""
