"""One HTTP request to the configured server and its answer, within the bounds that the settings set.

The token comes from the environment, goes to this server only, and is never written anywhere. Redirects are not
followed, proxies of the environment not used, and no more bytes or seconds taken than max_bytes and answer_timeout say.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import Message
from email.utils import parsedate_to_datetime
from pathlib import Path

import requests
from urllib3.exceptions import HTTPError

from adapter.ehr.address import checked
from adapter.ehr.errors import NotFHIR, Refused, Strayed, TooLarge, Unreachable
from adapter.ehr.pinned import NotConnected, PinnedAdapter
from adapter.origin import origin
from adapter.settings import EHR

FHIR_JSON = "application/fhir+json"
_JSON_TYPES = {FHIR_JSON, "application/json", "application/json+fhir", "text/json"}
_ALWAYS = {"User-Agent": "planbridge", "Accept-Encoding": "gzip"}
_CHUNK = 65_536


@dataclass(frozen=True, slots=True)
class Reply:
    """Status, headers and bytes. `broken` says what is wrong with the bytes: "" | cut short | too large | too slow."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    broken: str = ""


class Silent(Exception):  # noqa: N818
    """A request was sent and no answer came. `late`: it was waited for as long as the settings allow."""

    def __init__(self, *, late: bool) -> None:
        super().__init__()
        self.late = late


class Wire:
    """The connections to one EHR server. Texts of its errors begin with the EHR's name."""

    def __init__(self, ehr: EHR, session: requests.Session | None = None) -> None:
        if ehr.ca_bundle and not Path(ehr.ca_bundle).is_file():
            raise Unreachable(f"{ehr.name}: the file that ca_bundle names is not there", lasting=True)
        self.ehr, self._session = ehr, session or _session(ehr)

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def exchange(self, method: str, url: str, headers: dict[str, str], body: bytes | None) -> Reply:
        """Send one request and take its answer. Raises Unreachable (nothing was sent) or Silent."""
        if origin(url) != origin(self.ehr.url):
            raise Strayed(f"{self.ehr.name}: the address is not the configured server's")
        began = time.monotonic()
        try:
            response = self._session.request(
                method,
                url,
                data=body,
                headers=headers | _ALWAYS,
                timeout=(self.ehr.connect_timeout, self.ehr.read_timeout),
                verify=self.ehr.ca_bundle or True,
                allow_redirects=False,
                stream=True,
            )
        except requests.RequestException as error:
            reason = getattr(error.args[0] if error.args else None, "reason", None)
            if isinstance(reason, NotConnected):
                raise Unreachable(f"{self.ehr.name}: {reason.why}", lasting=reason.lasting) from None
            raise Silent(late=isinstance(error, requests.Timeout)) from None
        except (HTTPError, OSError):
            raise Silent(late=False) from None
        with response:
            content, broken = self._content(response, began)
        return Reply(response.status_code, response.headers, content, broken)

    def _content(self, response: requests.Response, began: float) -> tuple[bytes, str]:
        """The bytes of an answer and what is wrong with them, within max_bytes and answer_timeout."""
        parts: list[bytes] = []
        size = 0
        try:
            while part := response.raw.read1(_CHUNK, decode_content=True):
                parts.append(part)
                size += len(part)
                if size > self.ehr.max_bytes:
                    return b"", "too large"
                if time.monotonic() - began > self.ehr.answer_timeout:
                    return b"", "too slow"
        except (HTTPError, OSError):
            return b"", "cut short"
        return b"".join(parts), ""

    def credentials(self, *, needed: bool = True) -> dict[str, str]:
        """The header that holds the token; nothing where the server asks for none. Raises Refused without a token."""
        if not self.ehr.token_env or not (needed or self.ehr.token_env in os.environ):
            return {}
        secret = os.environ.get(self.ehr.token_env, "")
        if not re.fullmatch(r"[!-~]+", secret):
            raise Refused(f"{self.ehr.name}: the environment variable {self.ehr.token_env} holds no token")
        return {"Authorization": f"Bearer {secret}"}


class _Session(requests.Session):
    def get_redirect_target(self, _response: requests.Response) -> None:
        """Nowhere. Otherwise requests takes the whole body of a redirect into memory, even where it does not follow."""


def _session(ehr: EHR) -> requests.Session:
    """A session that reaches the configured server and nothing else."""
    session = _Session()
    session.trust_env = False
    session.adapters.clear()
    pinned = PinnedAdapter(lambda host, port: checked(host, port, private=ehr.private_network))
    session.mount(f"{origin(ehr.url)}/", pinned)
    return session


def json_of(reply: Reply) -> bytes:
    """The bytes of a JSON answer. Raises NotFHIR."""
    if reply.broken == "too large":
        raise TooLarge("the answer has more bytes than max_bytes allows")
    if reply.broken:
        raise NotFHIR(f"the answer was {reply.broken}")
    if not reply.body.strip():
        raise NotFHIR("the answer is empty")
    kind, charset = _content_type(reply)
    if kind not in _JSON_TYPES or charset not in ("", "utf-8", "utf8", "us-ascii"):
        what = "a web page" if kind in ("text/html", "application/xhtml+xml") else "not FHIR JSON in UTF-8"
        raise NotFHIR(f"the answer is {what}: is url the base address of a FHIR server, or is it down for maintenance?")
    return reply.body


def _content_type(reply: Reply) -> tuple[str, str]:
    """Media type and charset, both in small letters."""
    header = Message()
    header["Content-Type"] = reply.headers.get("Content-Type", "application/octet-stream")
    return header.get_content_type(), str(header.get_param("charset", "")).lower()


def retry_after(text: str, now: datetime) -> float | None:
    """Seconds to wait by a Retry-After header: a number, or a date. None where it says nothing that can be read."""
    if re.fullmatch(r"\d{1,9}", text):
        return float(text)
    moment = _date(text)
    return max((moment - now).total_seconds(), 0.0) if moment else None


def _date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def instant(text: str) -> str:
    """An HTTP date as a FHIR instant; "" where it is none."""
    moment = _date(text)
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if moment else ""
