"""The translation between a recovery programme's words and FHIR. Pure: no wire, no disk, no clock.

from mappings import from_fhir, to_fhir                     one resource, plain dicts
from mappings import convert                                the same resource in another release
from mappings import Docs, parse, read, write               sets of documents, every literal kept
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_HOMES = {
    "Docs": "mappings.lens.documents",
    "Issue": "mappings.issues",
    "Refused": "mappings.lens.documents",
    "convert": "mappings.releases",
    "dump": "mappings.tree",
    "from_fhir": "mappings.translate",
    "parse": "mappings.tree",
    "read": "mappings.translate",
    "to_fhir": "mappings.translate",
    "write": "mappings.translate",
}

__all__ = [  # noqa: PLE0604 - the table above is the list
    *_HOMES,
]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(name)
