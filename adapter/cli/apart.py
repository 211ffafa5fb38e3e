"""Documents that were judged, as those that are read together: a Bundle is taken apart into its entries."""

from __future__ import annotations

from collections.abc import Iterator

from adapter.cli.files import shown
from adapter.cli.judging import Judged
from adapter.cli.sources import Source, taken
from mappings.tree import dump


def apart(one: Judged, n: int) -> Iterator[Source]:
    """Yield a document, or the resources that a Bundle of any type holds; nothing of what is neither FHIR nor native.

    `n` tells documents of one file apart.
    """
    name = f"{shown(one.name)}:{one.line}" if one.line else shown(one.name)
    place = f"{one.name}/{one.line or n}.json"
    if one.kind == "native":
        if isinstance(one.tree.get("entity"), str):
            yield Source(name, place, one.data, one.tree)
    elif not isinstance(one.tree, dict) or not isinstance(one.tree.get("resourceType"), str):
        return
    elif one.tree["resourceType"] == "Bundle":
        held = taken(name, place, dump({**one.tree, "type": "collection"}), asked=one.which.release)
        yield from (source for source in held if isinstance(source, Source) and not source.native)
    else:
        yield Source(name, place, one.data, one.tree, which=one.which)
