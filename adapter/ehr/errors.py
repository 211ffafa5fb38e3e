"""What can go wrong with an EHR server, drawn once.

    EHRError                  .text says what happened and what to do; .status is the HTTP status, 0 where none came
    ├── Unreachable           nothing was read or done: name, address, certificate, connection, time
    ├── Refused               401, 403, or no token: this client, or what it asks, is not let in
    ├── NotFound              404
    ├── Gone                  410: deleted, or a search whose pages the server has forgotten
    ├── Conflict              409, 412: someone else wrote
    ├── Invalid               400, 422 and their kin: the server does not accept what was sent or asked
    ├── NotOffered            405, 501: the server does not do this at all
    ├── Moved                 3xx: the server points elsewhere; it is not followed
    ├── Busy                  429, 503, after the tries that the settings allow
    ├── Failed                500 and other 5xx, on a read
    ├── NotFHIR               the answer is not the FHIR JSON that was asked for: HTML, empty, cut short, another type
    │   ├── TooLarge          more bytes or pages than the settings allow
    │   └── Strayed           a next link leads to another server or in a circle
    └── LostAnswer            a write was sent and nobody can say what became of it: settle before it is sent again

`text` holds no body, no value and no query of a URL, so that it may stand in a log. `said` holds the server's own
words, which may name a person: show it to a person, never log it.
"""

# ruff: noqa: N818 - the names say what happened

from __future__ import annotations

from mappings.issues import Issue


class EHRError(Exception):
    """Something went wrong with an EHR server.

    status   HTTP status, 0 where no answer came
    issues   what an OperationOutcome of the server named: code and path, no words of the server
    said     the server's own words, at most 500 characters; may name a person, so never logged
    wait     seconds after which the server wants to be asked again, None where it did not say
    """

    def __init__(
        self, text: str, *, status: int = 0, issues: tuple[Issue, ...] = (), said: str = "", wait: float | None = None
    ) -> None:
        super().__init__(text)
        self.text, self.status, self.issues, self.said, self.wait = text, status, issues, said, wait


class Unreachable(EHRError):
    """No answer came, and nothing was done. `lasting` where asking again would not help (certificate, address)."""

    def __init__(self, text: str, *, lasting: bool = False) -> None:
        super().__init__(text)
        self.lasting = lasting


class Refused(EHRError):
    """401, 403, or no token to show."""


class NotFound(EHRError):
    """404."""


class Gone(EHRError):
    """410: the record was deleted, or the server has forgotten the pages of a search."""


class Conflict(EHRError):
    """409 or 412: someone else wrote since we read. Servers use either."""


class Invalid(EHRError):
    """400, 422 or another 4xx: the server does not accept what was sent or asked."""


class NotOffered(EHRError):
    """405 or 501: the server does not do this at all."""


class Moved(EHRError):
    """3xx: redirects are not followed, for a token goes to nobody but the configured server."""


class Busy(EHRError):
    """429 or 503, after all tries."""


class Failed(EHRError):
    """The server failed while answering a read."""


class NotFHIR(EHRError):
    """The answer is not the FHIR JSON that was asked for."""


class TooLarge(NotFHIR):
    """More bytes or more pages than the settings allow."""


class Strayed(NotFHIR):
    """A next link leads to another server or in a circle: what was read so far is not the whole."""


class LostAnswer(EHRError):
    """A write was sent and its fate is unknown: no answer, or a failure after which it may have been done.

    It is never sent again by itself: look for it first (create: by our identifier; update, delete: by reading).
    """


# fmt: off
BY_STATUS: dict[int, tuple[type[EHRError], str]] = {
    # status  kind        what to do
    400:     (Invalid,    "the server does not accept what was asked or sent"),
    401:     (Refused,    "the server does not accept the token: has it expired, does token_env name it?"),
    403:     (Refused,    "the server does not allow this: ask its administrator for the permission"),
    404:     (NotFound,   "the server has no such record, or url is not its base address"),
    405:     (NotOffered, "the server does not offer this"),
    409:     (Conflict,   "someone else wrote in between"),
    410:     (Gone,       "the record was deleted, or the server has forgotten the pages of this search: ask again"),
    412:     (Conflict,   "someone else wrote in between"),
    422:     (Invalid,    "the server does not accept the record"),
    429:     (Busy,       "the server asks for patience: try later, or less often"),
    501:     (NotOffered, "the server does not offer this"),
    503:     (Busy,       "the server is busy or down for maintenance: try later"),
}
# fmt: on


def by_status(status: int) -> tuple[type[EHRError], str]:
    """Return the kind of error and the words for an HTTP status that is no success."""
    if status in BY_STATUS:
        return BY_STATUS[status]
    if 300 <= status < 400:
        return Moved, "the server points to another address, which is not followed: if it has moved, set url"
    if 400 <= status < 500:
        return Invalid, "the server does not accept what was asked or sent"
    if status >= 500:
        return Failed, "the server failed: try later, and tell its administrator if it stays so"
    return NotFHIR, "the server answered without what was asked for"
