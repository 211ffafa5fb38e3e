"""What a request asks for beside its address: the media type, how to answer, and which version it has seen. Pure.

https://hl7.org/fhir/R4/http.html (mime types, Prefer, managing resource contention)
"""

from __future__ import annotations

import re
from functools import lru_cache

from adapter.gateway.outcome import FHIR_JSON, Refusal, refusal
from adapter.gateway.releases import VERSIONS

JSON = "application/json"

# fmt: off
SPOKEN = {
    # asked for               answered with
    "application/fhir+json": FHIR_JSON,
    "application/json":      JSON,
    "text/json":             JSON,
    "json":                  FHIR_JSON,   # _format=json
    "application/*":         FHIR_JSON,
    "*/*":                   FHIR_JSON,
}
# fmt: on
READ = ("application/fhir+json", "application/json", "text/json")
"""Media types of bodies that are read."""


@lru_cache(maxsize=256)
def media_type(accept: str, asked: str = "", release: str = "R4") -> str:
    """Return the media type of the answer; `asked` is the parameter `_format`, which goes before Accept.

    Raises Refusal (406) where nothing that is asked for is spoken here: XML, other releases of FHIR.
    """
    if asked:
        accept = asked.replace("fhir json", "fhir+json")  # a plus sign that was not encoded
    best, weight = "", 0.0
    for name, parameters in _parts(accept or "*/*"):
        if not _spoken(parameters, release):
            continue
        quality = _quality(parameters.get("q", "1"))
        if name in SPOKEN and quality > weight:
            best, weight = SPOKEN[name], quality
    if not best:
        text = f"the answer is spoken in FHIR {release} JSON only; each release has its own address"
        raise refusal(406, "not-supported", text, f"Ask for {FHIR_JSON}.")
    return best


@lru_cache(maxsize=256)
def check_content_type(
    content_type: str, encoding: str = "", types: tuple[str, ...] = READ, release: str = "R4"
) -> None:
    """Let a body pass that is JSON in UTF-8 and not compressed. Raises Refusal (415)."""
    [(name, parameters), *_] = _parts(content_type) or [("", {})]
    utf8 = parameters.get("charset", "utf-8").strip('"').lower() in ("utf-8", "utf8")
    if (
        name not in types
        or not utf8
        or not _spoken(parameters, release)
        or encoding.strip().lower() not in ("", "identity")
    ):
        raise refusal(
            415,
            "not-supported",
            "the body is read as JSON in UTF-8 only, not compressed",
            f"Send it with Content-Type: {types[0]}",
        )


def _parts(header: str) -> list[tuple[str, dict[str, str]]]:
    found = []
    for part in header.split(","):
        name, *rest = (piece.strip() for piece in part.split(";"))
        pairs = (piece.partition("=") for piece in rest)
        found.append((name.lower(), {key.strip().lower(): value.strip() for key, _, value in pairs}))
    return found


def _spoken(parameters: dict[str, str], release: str) -> bool:
    return parameters.get("fhirversion") in (None, *VERSIONS[release][1])


def _quality(text: str) -> float:
    return float(text) if re.fullmatch(r"[01](\.\d{0,3})?", text, re.ASCII) else 0.0


@lru_cache(maxsize=64)
def preference(prefer: str, name: str) -> str:
    """Return what a Prefer header says of `return` or `handling`; "" for nothing."""
    return next((value for key, value in re.findall(r"([a-z-]+)\s*=\s*\"?([A-Za-z]+)", prefer) if key == name), "")


_ETAG = re.compile(r'(?:W/)?"([^"]*)"|(\d+)')  # a bare number is what some clients send


def versions(header: str) -> set[str]:
    """Return the versions that an If-Match or If-None-Match header names; "*" is one. Raises Refusal (400)."""
    if header.strip() == "*":
        return {"*"}
    found = [_ETAG.fullmatch(tag.strip()) for tag in header.split(",")]
    if not all(found):
        raise refusal(400, "value", "the header names no version", 'Send it as it was received: W/"3"')
    return {tag[1] if tag[1] is not None else tag[2] for tag in found if tag}


def stale(current: int | None, if_match: str | None, if_none_match: str | None) -> Refusal | None:
    """Return why a write is not done, given the living version (None: none is alive) and what the writer has seen."""
    if if_match is not None:
        seen = versions(if_match)
        if current is None or (str(current) not in seen and "*" not in seen):
            return refusal(412, "conflict", "the record is not in the version that If-Match names", _AGAIN)
    if if_none_match is not None:
        unseen = versions(if_none_match)
        if current is not None and (str(current) in unseen or "*" in unseen):
            return refusal(412, "conflict", "the record is there already, which If-None-Match rules out", _AGAIN)
    return None


_AGAIN = "Read it again, put your change on that, and send its ETag."
