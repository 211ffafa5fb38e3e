"""A generated narrative, made from the whole document: what is understood in words, the rest as path and value.

https://hl7.org/fhir/R4/narrative.html: `generated` means that the text holds nothing that the elements do not.
Where a record lies is not said: it lies elsewhere on the next server, and nobody there rewrites prose.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from html import escape
from typing import TYPE_CHECKING, Any

from mappings.model.values import Member, Ref
from mappings.tree import Literal, get

if TYPE_CHECKING:
    from mappings.translate import Reading

_PLACE = re.compile(r"(?:#|(?:https?://.*/)?(?P<type>[A-Z][A-Za-z]+)/)[A-Za-z0-9.\-]{1,64}(?:/_history/.+)?")
"""A reference to a record; other names, such as the canonical of an instrument, mean the same everywhere."""


def narrative(found: Reading) -> str:
    """Return the XHTML div of a document."""
    rows = [f"<li>{_text(label)}: {_text(words)}</li>" for label, words in _rows(found.value)]
    tree = found.docs[found.root]
    rows += [
        f"<li>{_text(leaf.fhirpath)}: {_text(_plain(get(tree, leaf.path)))}</li>"
        for leaf in found.coverage.carried_leaves
        if leaf.path[-1] != "reference"
    ]
    return f'<div xmlns="http://www.w3.org/1999/xhtml"><ul>{"".join(rows)}</ul></div>'


def _text(words: str) -> str:
    """Return text as XHTML writes it: quotation marks stand as they are, which is how servers give them back."""
    return escape(words, quote=False)


def _rows(value: Any) -> Iterator[tuple[str, str]]:
    for field in fields(value) if value is not None else ():
        held = getattr(value, field.name)
        label = field.name.replace("_", " ").capitalize()
        for one in held if isinstance(held, tuple) else (held,):
            words = _words(one)
            if words:
                yield label, words


def _words(value: Any) -> str:
    """Return a value on one line, its parts in the order of the model."""
    if value is None or value == ():
        return ""
    if isinstance(value, str | Literal):
        return str.__str__(value)
    if isinstance(value, tuple):
        return ", ".join(filter(None, map(_words, value)))
    place = _PLACE.fullmatch(value.id) if isinstance(value, Ref | Member) and value.id else None
    if place is not None:
        told = value.display or value.identifier
        return _words(replace(value, id=None) if told else place["type"])
    if is_dataclass(value):
        parts = [_words(getattr(value, f.name)) for f in fields(value) if f.compare]
        return " · ".join(filter(None, parts))
    return _plain(value)


def _plain(value: Any) -> str:
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
