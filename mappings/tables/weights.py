"""The weight of an answer, which stands in two extensions: read from either, written to both.

ordinalValue is R4's (https://hl7.org/fhir/R4/extension-ordinalvalue.html); itemWeight replaces it in SDC 4
(FHIR-28611, FHIR-46056; https://hl7.org/fhir/extensions/StructureDefinition-itemWeight.html). Two that differ are no
weight: which of them is meant is not ours to say.
"""

from __future__ import annotations

from typing import Any

from mappings.lens.documents import OPAQUE, Desk, View
from mappings.lens.notation import at, extension
from mappings.tables.primitives import NUMBER
from mappings.tree import Tree

ORDINAL = "http://hl7.org/fhir/StructureDefinition/ordinalValue"
ITEM_WEIGHT = "http://hl7.org/fhir/StructureDefinition/itemWeight"


class Weight:
    """The row of a weight: where one of the two extensions stands alone it stays alone."""

    inner = NUMBER

    def __init__(self) -> None:
        self.among = self._rows = tuple(extension(url, at("valueDecimal", NUMBER)) for url in (ORDINAL, ITEM_WEIGHT))

    def owns(self, name: str) -> bool:
        return name == "extension"

    def _found(self, raw: Tree, view: View) -> list[Any]:
        return [row.read(raw, view) for row in self._rows]

    def read(self, raw: Tree, view: View) -> Any:
        if "extension" not in raw:
            return None
        found = [value for value in self._found(raw, view) if value is not None]
        if not found:
            return None
        return found[0] if found[0] is not OPAQUE and found[0] == found[-1] else OPAQUE

    def write(self, raw: Tree, was: Any, now: Any, desk: Desk) -> Tree:
        stands = self._found(raw, desk.view)
        alone = was is not None and None in stands
        if was is not None and (now is None or not alone):
            desk.lose("weight", "extension")
        for row, old in zip(self._rows, stands, strict=True):
            if old is None and alone:
                continue
            before = None if old is OPAQUE else old
            if old is OPAQUE or before != now:
                raw = row.write(raw, before, now, desk)
        return raw


WEIGHT = Weight()
