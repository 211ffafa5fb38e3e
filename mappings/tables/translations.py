"""The same words in other languages, in the twin of the primitive that they translate.

{"text": "Feeling tired", "_text": {"extension": [{"url": ".../translation", "extension": [
    {"url": "lang", "valueCode": "mr"}, {"url": "content", "valueString": "थकवा जाणवणे"}]}]}}

https://hl7.org/fhir/R4/extension-translation.html
"""

from __future__ import annotations

from typing import Any

from mappings.lens.beside import Beside, Worded
from mappings.lens.notation import at, const, extension, extensions, table
from mappings.model import values as v
from mappings.tables.primitives import CODE, TEXT

TRANSLATION = "http://hl7.org/fhir/StructureDefinition/translation"
"""https://hl7.org/fhir/R4/extension-translation.html: lang (code), content (string; markdown in later releases)"""


_ITEM = table(
    v.Translation,
    const("url", TRANSLATION),
    ("lang", extension("lang", at("valueCode", CODE))),
    ("text", extension("content", at("valueString", TEXT))),
)


def translations(name: str) -> Any:
    """Return the row of the translations of a primitive."""
    return Beside(name, extensions(TRANSLATION, _ITEM))


def worded(name: str) -> Worded:
    """Return the row of a text whose translations have a row of their own."""
    return Worded(name, TEXT, (TRANSLATION,))
