"""Do two sides hold the same records? Told from outside, by what the records say, without looking at any link. Pure."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable
from typing import Any

_REFERENCE = re.compile(r"(?:.*/)?([A-Z][A-Za-z]+)/[A-Za-z0-9\-.]{1,64}")


def differing(ours: Iterable[Any], theirs: Iterable[Any]) -> Counter[str]:
    """Return how many records of each type one side has and the other has not."""
    here, there = Counter(map(said, ours)), Counter(map(said, theirs))
    return Counter(json.loads(record)["resourceType"] for record in ((here - there) + (there - here)).elements())


def said(record: Any) -> str:
    """Return what a record says, the same on whichever side it lies.

    Left out is what each side gives a record for itself: id, meta, the identifier that says whose it is, and to which
    ids its references lead.
    """
    own = {name: value for name, value in record.items() if name not in ("id", "meta")}
    return json.dumps(_without_ids(own), sort_keys=True, ensure_ascii=False)


def _without_ids(node: Any) -> Any:
    if is_whose(node):
        return None
    if isinstance(node, dict):
        kept = {name: _without_ids(value) for name, value in node.items()}
        if isinstance(reference := kept.get("reference"), str) and (found := _REFERENCE.fullmatch(reference)):
            kept["reference"] = found[1]
        return {name: value for name, value in kept.items() if value not in ([], None)}
    if isinstance(node, list):
        return [one for one in map(_without_ids, node) if one is not None]
    return node


def is_whose(node: Any) -> bool:
    """Say whether this is the identifier by which Planbridge knows its own record again."""
    return isinstance(node, dict) and str(node.get("value", "")).startswith("urn:uuid:")


def extension_urls(node: Any) -> set[str]:
    """Return the addresses of all extensions in a record."""
    if isinstance(node, list):
        return set().union(*map(extension_urls, node)) if node else set()
    if not isinstance(node, dict):
        return set()
    named = {
        str(one.get("url", "")) for name in ("extension", "modifierExtension") for one in node.get(name, [])
        if isinstance(one, dict)
    }  # fmt: skip
    return named.union(*map(extension_urls, node.values()))
