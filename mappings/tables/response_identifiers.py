"""QuestionnaireResponse.identifier: one in R4, several in R5 and in the model."""

from __future__ import annotations

from typing import Any

from mappings.lens.documents import MISSING, OPAQUE, Desk, View
from mappings.lens.notation import at
from mappings.tables.datatypes import IDENTIFIER
from mappings.tables.held import held
from mappings.tree import Tree

MORE_IDENTIFIERS = "http://hl7.org/fhir/5.0/StructureDefinition/extension-QuestionnaireResponse.identifier"
"""R5 allows several identifiers, R4 one (HL7/fhir-xver-r5-r4 0.1.1)."""


class Identifiers:
    """The one identifier of R4 and, in an extension each, the others."""

    _first, _more = at("identifier", IDENTIFIER), held(MORE_IDENTIFIERS, "valueIdentifier", IDENTIFIER)

    def owns(self, name: str) -> bool:
        return self._first.owns(name)

    def read(self, raw: Tree, view: View) -> Any:
        first = IDENTIFIER.read(raw.get("identifier", MISSING), view, "first")
        more = self._more.read(raw, view) or () if "extension" in raw else ()
        return (first, *more) if first else more or first

    def write(self, raw: Tree, was: Any, now: Any, desk: Desk) -> Tree:
        first = IDENTIFIER.read(raw.get("identifier", MISSING), desk.view, "first")
        before = (None if first is OPAQUE else first, self._more.read(raw, desk.view) or ())
        after = (now[0], now[1:]) if now else (None, ())
        if before[0] != after[0]:
            raw = self._first.write(raw, before[0], after[0], desk)
        return self._more.write(raw, before[1] or None, after[1] or None, desk) if before[1] != after[1] else raw
