"""A document is served as it came, with our id, version and time set into its bytes and nothing else touched.

`id`, `meta.versionId` and `meta.lastUpdated` are the server's to say: https://hl7.org/fhir/R4/resource.html#Meta
Where such a member stands, its value is replaced; where it is missing it is put in behind `resourceType`
(inside an existing `meta`: in front). A `meta` that is no object stays as it came. A byte order mark is left
off, for it is not part of JSON on the wire (RFC 8259, section 8.1).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

Seam = tuple[int, int, str]
"""Bytes from start to end are replaced by the text."""

_BOM = "\ufeff"
_SPACE = re.compile(r"[ \t\n\r]*")
_value = json.JSONDecoder(parse_float=str, parse_int=str, parse_constant=str).raw_decode


def splice(body: bytes, id: str, version: int, last_updated: str) -> bytes:  # noqa: A002 - FHIR's word
    """Return the bytes that are served for a body: our id, versionId and lastUpdated in it, all else byte for byte.

    The body is a JSON object in UTF-8; duplicate keys are allowed and all set. Raises ValueError where it is none.
    """
    return sewn(body, seams(body, id, version, last_updated))


def sewn(body: bytes, cuts: list[Seam]) -> bytes:
    """Return the body with each seam's text in the place of its bytes. Seams are in order and do not overlap."""
    parts: list[bytes] = []
    at = 0
    for start, end, text in cuts:
        parts += body[at:start], text.encode()
        at = end
    return b"".join((*parts, body[at:]))


def seams(body: bytes, id: str, version: int, last_updated: str) -> list[Seam]:  # noqa: A002
    """Return the seams (offsets in bytes, in order) that make a body the served document. Raises ValueError."""
    text = body.decode("utf-8")
    mark = len(_BOM) if text.startswith(_BOM) else 0
    opening = _past_space(text, mark)
    if text[opening : opening + 1] != "{":
        raise ValueError("a document is a JSON object")
    own = {"versionId": f'"{version}"', "lastUpdated": f'"{last_updated}"'}
    cuts: list[Seam] = [(0, mark, "")] if mark else []
    metas = [start for key, start, _ in members(text, opening) if key == "meta"]
    for start in metas:
        if text[start] == "{":
            cuts += _set(text, start, own)
    meta = {} if metas else {"meta": "{" + _joined(own) + "}"}
    cuts += _set(text, opening, {"id": f'"{id}"'} | meta)
    cuts.sort(key=lambda cut: cut[:2])
    return cuts if text.isascii() else [(_bytes(text, start), _bytes(text, end), new) for start, end, new in cuts]


def _set(text: str, opening: int, wanted: dict[str, str]) -> list[Seam]:
    cuts: list[Seam] = []
    missing, behind, empty = dict(wanted), 0, True
    for key, start, end in members(text, opening):
        empty = False
        if key in wanted:
            cuts.append((start, end, wanted[key]))
            missing.pop(key, None)
        elif key == "resourceType":
            behind = end
    new = _joined(missing)
    if new and behind:
        cuts.append((behind, behind, "," + new))
    elif new:
        cuts.append((opening + 1, opening + 1, new if empty else new + ","))
    return cuts


def _joined(values: dict[str, str]) -> str:
    return ",".join(f'"{key}":{value}' for key, value in values.items())


def members(text: str, opening: int) -> Iterator[tuple[str, int, int]]:
    """Yield key, start and end of the value of each member of the JSON object whose bracket opens there."""
    at = _past_space(text, opening + 1)
    while text[at : at + 1] != "}":
        key, at = _value(text, at)
        start = _past_space(text, _past_space(text, at) + 1)  # over the colon
        _, at = _value(text, start)
        yield key, start, at
        at = _past_space(text, at)
        if text[at : at + 1] == ",":
            at = _past_space(text, at + 1)


def _past_space(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at


def _bytes(text: str, offset: int) -> int:
    return len(text[:offset].encode())
