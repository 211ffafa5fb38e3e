# ruff: noqa: E501
"""Further rows of the table in defects.py: what single mutations beside HL7's validator showed that rules must see."""

from __future__ import annotations

from typing import Any

from rich_documents import UCUM

from mappings.tree import Number, Tree

GONE = object()
"""In place of a value: the property is left out."""

BOTH = "R4 R5"
SITE = "https://clinic.example/"
SAY = {"url": SITE + "say", "valueString": "so"}
DIV = '<div xmlns="http://www.w3.org/1999/xhtml">%s</div>'
PICTURE = "item[3].initial[0].valueAttachment"
ABSENT = {"extension": [{"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "unknown"}]}
LABEL = {"system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "code": "R"}
NEED: Tree = {"type": "Observation"}
REPEAT = "contained[1].occurrenceTiming.repeat"


def _value(name: str, value: Any) -> tuple[str, str, list[Tree]]:
    return "G", "extension", [{"url": SITE + name, name: value}]


def _quantity(value: str, code: str, **more: Any) -> Tree:
    return {"value": Number(value), "system": UCUM, "code": code} | more


# fmt: off
STRUCTURE: tuple[tuple[Any, ...], ...] = (
    # release  rule                          of    changed at                      to
    (BOTH,  "structure/uri",                 "CP", "instantiatesUri",              ["urn:oid:1.02.3.4"]),
    (BOTH,  "structure/uri",                 "CP", "instantiatesUri",              ["oid:1.2.3.4"]),
    (BOTH,  "structure/uri",                 "CP", "instantiatesUri",              ["uuid:53fefa32-fcbb-4ff8-8a92-55ee120877b7"]),
    (BOTH,  "structure/uri",                 "G",  "identifier[0].system",         "urn:uuid:53FEFA32-FCBB-4FF8-8A92-55EE120877B7"),
    (BOTH,  "structure/uri",                 "Q",  "url",                          "urn:uuid:17"),
    (BOTH,  "structure/canonical",           "Q",  "derivedFrom",                  ["urn:oid:3.1.2.3"]),
    (BOTH,  "structure/unknown-element",     "G",  "text._div",                    {"id": "a"}),
    (BOTH,  "structure/unknown-element",     "CP", "_title",                       {"value": "so"}),
    (BOTH,  "structure/unknown-element",     "CP", "contained[0].colour",          "red"),
    (BOTH,  "structure/unknown-element",     "G",  "description.modifierExtension", [SAY]),
    (BOTH,  "structure/comments",            "G",  "fhir_comments",                ["so"]),
    (BOTH,  "structure/dateTime",            "CP", "created",                      "2026-11-22t09:00:00Z"),
    (BOTH,  "structure/dateTime",            "CP", "created",                      "2026-11-22T24:00:00Z"),
    (BOTH,  "structure/dateTime",            "CP", "created",                      "2026-11-22T09:00:00+14:01"),
    (BOTH,  "structure/dateTime",            "CP", "created",                      "2026-11-22T09:00Z"),
    (BOTH,  "structure/dateTime",            "QR", "authored",                     "2026-11-22 09:00:00Z"),
    (BOTH,  "structure/date",                "G",  "startDate",                    "2026-13"),
    (BOTH,  "structure/date",                "G",  "startDate",                    "0000"),
    (BOTH,  "structure/date",                "G",  "statusDate",                   "20261122"),
    (BOTH,  "structure/time",                "CP", f"{REPEAT}.timeOfDay[0]",       "24:00:00"),
    (BOTH,  "structure/time",                "CP", f"{REPEAT}.timeOfDay[0]",       "08:30:00Z"),
    (BOTH,  "structure/integer",             "Q",  "item[0].item[0].maxLength",    Number("8e1")),
    (BOTH,  "structure/integer",             "QR", "item[0].item[1].answer[0].valueInteger", Number("3.0")),
    (BOTH,  "structure/positiveInt",         "CP", f"{REPEAT}.frequency",          Number("-1")),
    (BOTH,  "structure/code",                "G",  "target[0].detailQuantity.code", "d  d"),
    (BOTH,  "structure/id",                  "G",  "id",                           "a b"),
    (BOTH,  "structure/base64Binary",        "Q",  f"{PICTURE}.data",              "AA-_"),
    (BOTH,  "structure/null",                "CP", "_title",                       None),
    (BOTH,  "structure/null",                "CP", "goal[0]",                      None),
    (BOTH,  "structure/kind",                "CP", "_title",                       "so"),
    (BOTH,  "structure/kind",                "Q",  "item[0].required",             {"value": True}),
    (BOTH,  "structure/empty",               "CP", "goal[0]",                      {}),
    (BOTH,  "structure/list-expected",       "CP", "_instantiatesUri",             {"id": "a"}),
    (BOTH,  "structure/required",            "G",  "extension",                    [{"valueString": "so"}]),
    (BOTH,  "structure/required",            "Q",  "item[2].answerOption[0]",      {"initialSelected": True}),
    (BOTH,  "structure/required",            "CP", "contained[1].subject",         GONE),
    (BOTH,  "structure/xhtml",               "G",  "text.div",                     '<p xmlns="http://www.w3.org/1999/xhtml">a</p>'),
    ("R5",  "structure/dateTime",            "CP", "created",                      "2026-11-22T09:00:00.1234567890Z"),
    ("R5",  "structure/decimal",             "G",  "target[0].detailQuantity.value", Number("0.123456789012345678")),
    ("R5",  "structure/base64Binary",        "Q",  f"{PICTURE}.data",              "AA AA"),
    ("R5",  "structure/integer64",           *_value("valueInteger64", "9223372036854775808")),
    (BOTH,  "structure/oid",                 *_value("valueOid", "urn:uuid:53fefa32-fcbb-4ff8-8a92-55ee120877b7")),
    (BOTH,  "structure/uuid",                *_value("valueUuid", "urn:uuid:53fefa32")),
    (BOTH,  "structure/url",                 *_value("valueUrl", "https://clinic.example/a b")),
    (BOTH,  "structure/unsignedInt",         *_value("valueUnsignedInt", Number("-1"))),
    (BOTH,  "structure/markdown",            *_value("valueMarkdown", Number("1"))),
)
BINDING: tuple[tuple[Any, ...], ...] = (
    (BOTH,  "binding/required",              "G",  "lifecycleStatus",              GONE, "_lifecycleStatus", ABSENT),
    (BOTH,  "binding/required",              "CP", "intent",                       GONE, "_intent", {"extension": [SAY]}),
    (BOTH,  "binding/required",              "Q",  "contact[0].telecom[0].use",    "office"),
    (BOTH,  "binding/required",              "CP", "contained[1].intent",          "wish"),
    (BOTH,  "binding/required",              "CP", "contained[1].status",          "Active"),
    (BOTH,  "binding/required",              "Q",  "text.status",                  "Generated"),
    (BOTH,  "binding/required",              *_value("valueHumanName", {"use": "legal", "text": "Asha"})),
    (BOTH,  "binding/required",              *_value("valueAddress", {"type": "home", "text": "here"})),
    (BOTH,  "binding/required",              *_value("valueRelatedArtifact", {"type": "see", "display": "so"})),
    (BOTH,  "binding/required",              *_value("valueParameterDefinition", {"use": "inout", "type": "string"})),
    (BOTH,  "binding/required",              *_value("valueTriggerDefinition", {"type": "named", "name": "so"})),
    (BOTH,  "binding/required",              "G",  "language",                     "english"),
    (BOTH,  "binding/required",              *_value("valueMoney", {"value": Number("9.90"), "currency": "eur"})),
    ("R5",  "binding/required",              "Q",  "item[13].disabledDisplay",     "gone"),
)
INVARIANT: tuple[tuple[Any, ...], ...] = (
    ("R4",  "invariant/attachment-size",     "Q",  f"{PICTURE}.size",              Number("9")),
    ("R5",  "invariant/attachment-size",     "Q",  f"{PICTURE}.size",              "9"),
    (BOTH,  "invariant/attachment-hash",     "Q",  f"{PICTURE}.hash",              "AAAA"),
    (BOTH,  "invariant/label-twice",         "CP", "meta.security",                [LABEL, LABEL]),
    (BOTH,  "invariant/identifier-uri",      "CP", "identifier[0].value",          "53fefa32"),
    (BOTH,  "invariant/narrative-link",      "G",  "text.div",                     DIV % '<a href="#so">a</a>'),
    *((BOTH, "txt-1",                        "G",  "text.div",                     DIV % inner) for inner in (
        "<iframe></iframe>", "<form>a</form>", "<style>p {}</style>", "<input/>", "<object>a</object>", "<u>a</u>",
        "<p onload=\"a\">b</p>", "<p data-so=\"a\">b</p>", "a&nbsp;b", "<li>a</li>", "<ul>a</ul>", "<svg/>",
        "<table><td>a</td></table>", "<p><p>a</p></p>", "<span><div>a</div></span>", "<b>a</i>", "<br>",
        "<a href=\"javascript:a()\">b</a>", "<a href=\"\">b</a>", "<section>a</section>", "<link href=\"a\"/>")),
    (BOTH,  "txt-1",                         "G",  "text.div",                     "<div><p>a</p></div>"),
    (BOTH,  "ext-1",                         "G",  "target[0].extension",          [SAY | {"extension": [SAY]}]),
    (BOTH,  "ext-1",                         "CP", "modifierExtension",            [{"url": SITE + "say"}]),
    (BOTH,  "tim-4",                         "CP", f"{REPEAT}.duration",           Number("-1"), f"{REPEAT}.durationUnit", "h"),
    (BOTH,  "tim-7",                         "CP", f"{REPEAT}.durationMax",        Number("2")),
    (BOTH,  "ref-1",                         "CP", "contained[0].subject",         {"reference": "#asha"}),
    (BOTH,  "invariant/unique-contained",    "CP", "contained[1].id",              "team"),
    ("R4",  "sqty-1",                        "CP", "activity[1].detail.quantity.comparator", "<"),
    (BOTH,  "sqty-1",                        "G",  "target[1].detailRange.low.comparator", ">"),
    (BOTH,  "rat-1",                         "G",  "target[2].detailRatio.numerator", GONE),
    ("R4",  "per-1",                         "CP", "period.start",                 "2026-11-22T10:00:00Z", "period.end", "2026-11-22"),
    (BOTH,  "age-1",                         *_value("valueAge", _quantity("-1", "a"))),
    (BOTH,  "cnt-3",                         *_value("valueCount", _quantity("1.5", "1"))),
    (BOTH,  "dis-1",                         *_value("valueDistance", {"value": Number("1"), "unit": "km"})),
    (BOTH,  "drt-1",                         *_value("valueDuration", _quantity("1", "h", system=SITE + "units"))),
    (BOTH,  "exp-1",                         *_value("valueExpression", {"language": "text/fhirpath"})),
    (BOTH,  "drq-1",                         *_value("valueDataRequirement", NEED | {"codeFilter": [{"path": "code", "searchParam": "code"}]})),
    (BOTH,  "drq-2",                         *_value("valueDataRequirement", NEED | {"dateFilter": [{"valueDateTime": "2026"}]})),
    (BOTH,  "trd-1",                         *_value("valueTriggerDefinition", {"type": "data-added", "data": [NEED], "timingDate": "2026"})),
    (BOTH,  "trd-2",                         *_value("valueTriggerDefinition", {"type": "named-event", "name": "a", "condition":
                                                     {"language": "text/fhirpath", "expression": "true"}})),
    (BOTH,  "trd-3",                         *_value("valueTriggerDefinition", {"type": "named-event"})),
    (BOTH,  "cpt-2",                         *_value("valueContactPoint", {"value": "lee@clinic.example"})),
    (BOTH,  "qty-3",                         *_value("valueQuantity", {"value": Number("1"), "code": "mg"})),
    ("R5",  "ratrng-1",                      *_value("valueRatioRange", {"lowNumerator": _quantity("1", "mg")})),
    ("R5",  "av-1",                          *_value("valueAvailability", {"availableTime":
                                                     [{"allDay": True, "availableStartTime": "08:00:00"}]})),
    ("R5",  "dos-1",                         *_value("valueDosage", {"asNeeded": False, "asNeededFor": [{"text": "pain"}]})),
    ("R5",  "sdd-1",                         *_value("valueSampledData", {"origin": {"value": Number("0")}, "dimensions": Number("1"),
                                                     "intervalUnit": "ms"})),
    ("R5",  "ref-2",                         "G",  "subject",                      {"type": "Patient"}),
)
# fmt: on
