"""Extensions that SDC defines for forms: their values, parts and places, whatever profile a form claims."""

from __future__ import annotations

from typing import Any

import pytest

from mappings.check import check
from mappings.tree import from_plain

SDC = "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-"
PATH = {"language": "text/fhirpath", "expression": "%resource.item"}
KG = {"value": 90, "unit": "kg", "system": "http://unitsofmeasure.org", "code": "kg"}


def _ext(name: str, **said: Any) -> dict[str, Any]:
    return {"url": name if ":" in name else SDC + name, **said}


def _part(url: str, **said: Any) -> dict[str, Any]:
    return {"url": url, **said}


LABEL, EXPRESSION = _part("label", valueString="Visits"), _part("expression", valueExpression=PATH)
# fmt: off
SOUND = [
    # where     item's type  extension
    ("form",    "",          _ext("entryMode", valueCode="prior-edit")),
    ("form",    "",          _ext("performerType", valueCode="Patient")),
    ("form",    "",          _ext("targetStructureMap", valueCanonical="https://clinic.example/StructureMap/m")),
    ("item",    "string",    _ext("calculatedExpression", valueExpression=PATH)),
    ("item",    "quantity",  _ext("maxQuantity", valueQuantity=KG)),
    ("item",    "string",    _ext("contextExpression", extension=[LABEL, EXPRESSION])),
    ("item",    "boolean",   _ext("observationExtract", valueCode="member")),
    ("item",    "reference", _ext("isSubject", valueBoolean=True)),
    ("item",    "display",   _ext("subQuestionnaire", valueCanonical="https://clinic.example/Questionnaire/part")),
    ("item",    "string",    _ext("templateExtractValue", valueString="item.answer.value")),
]
BROKEN = [
    # where     item's type  extension                                                        rule
    ("form",    "",          _ext("entryMode", valueCode="backwards"),                         "extension-code"),
    ("form",    "",          _ext("entryMode", valueString="prior-edit"),                      "extension-value"),
    ("form",    "",          _ext("calculatedExpression", valueExpression=PATH),               "extension-context"),
    ("form",    "",          _ext("isSubject", valueBoolean=True),                             "extension-context"),
    ("item",    "string",    _ext("entryMode", valueCode="random"),                            "extension-context"),
    ("item",    "string",    _ext("calculatedExpression", valueString="1 + 1"),                "extension-value"),
    ("item",    "string",    _ext("initialExpression", valueString="%patient.name"),           "extension-value"),
    ("item",    "string",    _ext("maxQuantity", valueQuantity=KG),                            "extension-context"),
    ("item",    "quantity",  _ext("minQuantity", valueDecimal=3),                              "extension-value"),
    ("item",    "string",    _ext("contextExpression", extension=[LABEL]),                     "extension-part"),
    ("item",    "string",    _ext("contextExpression", extension=[LABEL, LABEL, EXPRESSION]),  "extension-part"),
    ("item",    "string",    _ext("contextExpression", extension=[LABEL, EXPRESSION, _part("kind", valueCode="x")]),
                                                                                               "extension-part"),
    ("item",    "boolean",   _ext("observationExtract", valueCode="child"),                    "extension-code"),
    ("item",    "quantity",  _ext("unitOpen", valueCode="anything"),                           "extension-code"),
    ("item",    "string",    _ext("subQuestionnaire", valueCanonical="https://clinic.example/q"), "extension-context"),
    ("item",    "string",    _ext("shortText", valueMarkdown="Short"),                         "extension-value"),
    ("item",    "string",    _ext("width", valueDecimal=20),                                   "extension-value"),
]
# fmt: on


def _found(release: str, where: str, kind: str, extension: dict[str, Any]) -> list[tuple[str, str]]:
    item: dict[str, Any] = {"linkId": "1", "text": "One", "type": kind or "string"}
    form: dict[str, Any] = {"resourceType": "Questionnaire", "status": "draft", "item": [item]}
    (form if where == "form" else item)["extension"] = [extension]
    found = check(from_plain(form), release=release)
    return [(one.rule, one.path) for one in found if one.level == "profile"]


@pytest.mark.parametrize("release", ["R4", "R5"])
@pytest.mark.parametrize(("where", "kind", "extension"), SOUND)
def test_what_the_definition_allows_passes(release: str, where: str, kind: str, extension: dict[str, Any]) -> None:
    """Each stands where it may, with a value of its type."""
    assert _found(release, where, kind, extension) == []


@pytest.mark.parametrize("release", ["R4", "R5"])
@pytest.mark.parametrize(("where", "kind", "extension", "rule"), BROKEN)
def test_what_it_does_not_is_found_once(
    release: str, where: str, kind: str, extension: dict[str, Any], rule: str
) -> None:
    """Another value, code, part or place: one finding, in the extension."""
    [(said, path)] = _found(release, where, kind, extension)
    assert said == f"profile/{rule}"
    assert path.startswith("Questionnaire.extension[0]" if where == "form" else "Questionnaire.item[0].extension[0]")
