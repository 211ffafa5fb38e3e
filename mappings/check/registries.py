"""Codes of registries that others than HL7 keep: which system's are told, and whether it has a code.

    urn:iso:std:iso:4217        currencies           ISO 4217, and those that ceased while FHIR was in use
    urn:iso:std:iso:3166        countries            ISO 3166-1, of two and of three letters, or three digits
    urn:ietf:bcp:47             language tags        https://www.rfc-editor.org/rfc/rfc5646, subtags as registered
    http://unitsofmeasure.org   units                ucum.py

data/registries.tsv holds the codes, each kind with its source; subtags in lower case, for case does not tell them
apart: https://www.rfc-editor.org/rfc/rfc5646#section-2.1.1
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache, lru_cache

from mappings.check.data import rows
from mappings.check.ucum import UCUM, is_unit

_LANGUAGE_OF_ONES_OWN = re.compile("q[a-t][a-z]").fullmatch
_SCRIPT_OF_ONES_OWN = re.compile("qaa[a-z]|qab[a-x]").fullmatch
_REGION_OF_ONES_OWN = re.compile("q[m-z]|x[a-z]").fullmatch
_IS_MORE = re.compile("(?:-[0-9a-wyz](?:-[a-z0-9]{2,8})+)*(?:-x(?:-[a-z0-9]{1,8})+)?").fullmatch
_NUMERIC = re.compile("[0-9]{3}").fullmatch


def is_currency(code: str) -> bool:
    """Return whether a code is a currency of ISO 4217: "EUR"."""
    return code in _held()["currency"]


def is_country(code: str) -> bool:
    """Return whether a code is a country of ISO 3166-1: "IN", "IND", "356"; which numbers are in use is not held."""
    return code in _held()["country"] or _NUMERIC(code) is not None


@lru_cache(maxsize=1024)
def is_language(tag: str) -> bool:
    """Return whether a text is a language tag of registered subtags: "en", "pt-BR", "zh-Hans"."""
    held = _held()
    whole = tag.lower()
    language, *rest = whole.split("-")
    if whole in held["whole"]:
        return True
    if language != "x":
        if language not in held["language"] and not _LANGUAGE_OF_ONES_OWN(language):
            return False
        if rest and rest[0] in held["extlang"]:
            del rest[0]
        if rest and (rest[0] in held["script"] or _SCRIPT_OF_ONES_OWN(rest[0])):
            del rest[0]
        if rest and (rest[0] in held["region"] or _REGION_OF_ONES_OWN(rest[0])):
            del rest[0]
        while rest and rest[0] in held["variant"]:
            del rest[0]
    else:
        rest.insert(0, "x")
    return _IS_MORE("".join(f"-{part}" for part in rest)) is not None


KEPT: dict[str, Callable[[str], bool]] = {
    UCUM: is_unit,
    "urn:iso:std:iso:4217": is_currency,
    "urn:iso:std:iso:3166": is_country,
    "urn:ietf:bcp:47": is_language,
}
"""Code system -> whether it has a code."""


@cache
def _held() -> dict[str, frozenset[str]]:
    """Return kind -> its codes."""
    found: dict[str, list[str]] = {}
    for kind, _version, _source, codes in rows("registries.tsv"):
        found.setdefault(kind, []).extend(codes.split(" "))
    return {kind: frozenset(codes) for kind, codes in found.items()}
