"""A web address taken apart strictly: what a browser would forgive is refused here.

An address with a user name, a backslash or a control character reads differently to different programs
(`http://127.0.0.1\\@good` has host `good` for Python), so it is no address at all.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import SplitResult, urljoin, urlsplit

DEFAULT_PORTS = {"http": 80, "https": 443}
_ODD = re.compile(r"[\x00-\x20\x7f-\U0010ffff\\<>\"]")


class BadAddress(ValueError):  # noqa: N818 - says what the address is
    """The text is no address that is used here. Its message never repeats the address."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Scheme, host and port: whom one talks to. `Origin("https", "ehr.example.org", 443)`."""

    scheme: str
    host: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}" + ("" if DEFAULT_PORTS[self.scheme] == self.port else f":{self.port}")


def origin(url: str) -> Origin:
    """Return whom an absolute URL addresses. Raises BadAddress."""
    return _taken_apart(url)[0]


def base_address(text: str) -> str:
    """Return the base address of a server in one spelling, without a slash at the end. Raises BadAddress."""
    peer, parts = _taken_apart(text)
    if parts.query or parts.fragment or text.rstrip().endswith(("?", "#")):
        raise BadAddress("give the base address alone, without ? or #")
    return str(peer) + parts.path.rstrip("/")


def followed(here: str, link: str) -> str:
    """Return the absolute address of a link found at `here`. Raises BadAddress if it leads to another server."""
    if _ODD.search(link):
        raise BadAddress("the link has a space, a control character, a backslash or a letter beyond ASCII")
    there = urljoin(here, link)
    peer, parts = _taken_apart(there)
    if peer != origin(here):
        raise BadAddress("the link leads to another server")
    return str(peer) + parts.path + (f"?{parts.query}" if parts.query else "")


def _taken_apart(url: str) -> tuple[Origin, SplitResult]:
    if _ODD.search(url):
        raise BadAddress("an address has no space, control character, backslash or letter beyond ASCII")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise BadAddress("the address cannot be read") from None
    if parts.scheme not in DEFAULT_PORTS:
        raise BadAddress("an address starts with http:// or https://")
    if "@" in parts.netloc:
        raise BadAddress("an address has no user name or password")
    if not parts.hostname or port == 0:
        raise BadAddress("the address names no server")
    return Origin(parts.scheme, parts.hostname, port or DEFAULT_PORTS[parts.scheme]), parts
