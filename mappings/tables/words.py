"""What somebody said, in the place that FHIR has for it: the extension originalText, \"as uttered by the user\".

{"url": ".../originalText", "valueString": "I want to sing", "_valueString": {"extension": [said-in, said-by]}}
"""

from __future__ import annotations

from typing import Any

from mappings.lens.documents import Desk, View
from mappings.lens.notation import at, extension, table
from mappings.model import values as v
from mappings.tables.datatypes import CODE, TEXT
from mappings.terms.systems import LOCAL
from mappings.tree import Tree

ORIGINAL_TEXT = "http://hl7.org/fhir/StructureDefinition/originalText"
"""https://hl7.org/fhir/R4/extension-originaltext.html"""
SAID_IN = LOCAL + "said-in"
"""Local: in which language (BCP 47). HL7's `language` is not allowed here: in R4 it is for HumanName, Address and
Annotation only (https://hl7.org/fhir/R4/extension-language.html)."""
SAID_BY = LOCAL + "said-by"
"""Local: who said it, in the clinic's words. Never leaves the programme."""


class Said:
    """A Text as a string and, in the string's extension twin, its language and speaker."""

    name = "valueString"
    _beside = table(
        v.Text,
        ("text", at("value", TEXT)),
        ("lang", extension(SAID_IN, at("valueCode", CODE))),
        ("said_by", extension(SAID_BY, at("valueString", TEXT))),
    )

    def owns(self, name: str) -> bool:
        return name.removeprefix("_") == self.name

    def _joined(self, raw: Tree) -> Tree:
        twin = raw.get("_valueString")
        joined = dict(twin) if isinstance(twin, dict) else {}
        return joined | ({"value": raw["valueString"]} if "valueString" in raw else {})

    def read(self, raw: Tree, view: View, key: str | None = None) -> Any:
        return self._beside.read(self._joined(raw), view, key)

    def write(self, raw: Tree, was: Any, now: Any, desk: Desk) -> Tree:
        if now.text is None:
            raise desk.refuse("words need a text", "Give the words, or leave language and speaker out.", "required")
        joined = self._beside.write(self._joined(raw), was, now, desk)
        twin = {k: v for k, v in joined.items() if k != "value"}
        node = {k: v for k, v in raw.items() if not self.owns(k)} | {"valueString": joined["value"]}
        return node | ({"_valueString": twin} if twin else {})


OWN_WORDS = extension(ORIGINAL_TEXT, Said())

__all__ = ["ORIGINAL_TEXT", "OWN_WORDS", "SAID_BY", "SAID_IN", "Said"]
