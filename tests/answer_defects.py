"""Rows of the table of defects (defects.py): what may be wrong with an answer, beyond what its form says by type.

A defect is planted in the response, or in the form that it contains, so that a sound answer is one no longer.
"""

from __future__ import annotations

from typing import Any

from mappings.tree import Tree, from_plain

BOTH = "R4 R5"
_HL7 = "http://hl7.org/fhir/StructureDefinition/"
_SDC = "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-"
_SLEEP, _DAYS = "https://clinic.example/sleep", "http://hl7.org/fhir/days-of-week"
_KG = {"unit": "kg", "system": "http://unitsofmeasure.org", "code": "kg"}

# where the questions stand in the form, by their linkId
_NAME, _COUNT = "contained[0].item[0].item[0]", "contained[0].item[0].item[1]"
_GROUP, _THANKS, _SLEPT, _PICTURE, _DRANK, _HOW_MUCH, _DAY, _ELSE, _WEIGHT, _PAGE, _HOUR, _ATE, _SEES, _HELPS, _SONG = (
    f"contained[0].item[{n}]" for n in range(15)
)


def _limit(url: str, **value: Any) -> Tree:
    return from_plain([{"url": url if ":" in url else _HL7 + url, **value}])


def _if(question: str, operator: str, **answer: Any) -> Tree:
    return from_plain([{"question": question, "operator": operator, **answer}])


def _item(link: str, **answer: Any) -> Tree:
    return from_plain({"linkId": link, "answer": [answer]})


def _coded(code: str, system: str = _SLEEP) -> Tree:
    return {"valueCoding": {"system": system, "code": code}}


_ONLY = _limit("questionnaire-optionExclusive", valueBoolean=True)
_DRANK_IS, _SOME = {"question": "5", "operator": "=", "answerBoolean": True}, {"question": "1.2", "operator": ">"}
_SCAN = _item("4", valueAttachment={"contentType": "image/png", "data": "AAAAAAAA"})
_NEW_GROUP = {"linkId": "2", "type": "group", "item": [{"linkId": "2.1", "type": "string"}]}

# fmt: off
FORM_ROWS: tuple[tuple[Any, ...], ...] = (
    # release  rule                          of    changed at                      to
    (BOTH,  "invariant/condition-question",  "Q",  "item[5].enableWhen[0].question", "5.1"),
    (BOTH,  "invariant/condition-question",  "Q",  "item[2].enableWhen[0].question", " 1.1"),
    (BOTH,  "invariant/condition-within",    "Q",  "item[5].enableWhen[0].question", "6"),
    (BOTH,  "invariant/condition-within",    "Q",  "item[0].enableWhen",
        _if("1.1", "exists", answerBoolean=True)),
    (BOTH,  "invariant/condition-question",  "QR", f"{_HELPS}.enableWhen",
        _if("99", "exists", answerBoolean=False)),
)
ROWS: tuple[tuple[Any, ...], ...] = (
    # release rule                   of    changed at                      to
    # ---- items
    (BOTH,  "answer/unknown-item",   "QR", "item[0].item[1].linkId",       "1.9"),
    (BOTH,  "answer/unknown-item",   "QR", f"{_COUNT}.linkId",             "1.9"),
    (BOTH,  "answer/misplaced",      "QR", "item[11]",                     _item("1.2", valueInteger=3)),
    (BOTH,  "answer/misplaced",      "QR", "item[2].answer[0].item",       [_item("8", valueString="No")]),
    (BOTH,  "answer/order",          "QR", "item[4]", _item("8", valueString="No"),
        "item[5]", _item("7", valueDate="2026-11-20")),
    (BOTH,  "answer/order",          "QR", "item[0].item",
        [_item("1.2", valueInteger=3), _item("1.1", valueString="Asha")]),
    (BOTH,  "answer/nesting",        "QR", "item[5].item",                 [{"linkId": "8.1"}],
        f"{_ELSE}.item", [{"linkId": "8.1", "type": "string"}]),
    (BOTH,  "answer/display-answer", "QR", "item[1]",                      _item("2", valueString="Welcome")),
    (BOTH,  "answer/display-answer", "QR", "item[1]",                      {"linkId": "2", "item": [{"linkId": "3"}]}),
    (BOTH,  "answer/repeats",        "QR", "item[11]",
        _item("13", valueReference={"reference": "Practitioner/kim"})),
    (BOTH,  "answer/repeats",        "QR", "item[1]",                      {"linkId": "1", "item": [
        _item("1.1", valueString="Devi")]}),
    (BOTH,  "answer/text",           "QR", "item[1].text",                 "Do you snore?"),
    (BOTH,  "answer/text",           "QR", "item[5].text",                 "Anything else"),
    (BOTH,  "answer/group-answer",   "QR", "item[0]",                      _item("1", valueString="Asha")),
    # ---- what is required
    (BOTH,  "answer/required",       "QR", f"{_SONG}.required",            True),
    (BOTH,  "answer/required",       "QR", f"{_DRANK}.item", [{"linkId": "5.1", "type": "string", "required": True}]),
    (BOTH,  "answer/required",       "QR", f"{_THANKS}",                   _NEW_GROUP | {"required": True}),
    (BOTH,  "answer/required",       "QR", f"{_SONG}.required", True, f"{_SONG}.enableWhen",
        _if("5", "=", answerBoolean=True)),
    (BOTH,  "answer/required",       "QR", f"{_SONG}.required", True, "status", "amended"),
    (BOTH,  "answer/required",       "QR", f"{_GROUP}.item",               from_plain([
        {"linkId": "1.1", "type": "string", "text": "What shall we call you?", "required": True},
        {"linkId": "1.2", "type": "integer", "text": "Days of the last seven"},
        {"linkId": "1.3", "type": "date", "required": True}])),
    # ---- conditions, one for each operator and behaviour
    (BOTH,  "answer/disabled",       "QR", f"{_ELSE}.enableWhen",          _if("5", "=", answerBoolean=False)),
    (BOTH,  "answer/disabled",       "QR", f"{_ELSE}.enableWhen",          _if("5", "!=", answerBoolean=True)),
    (BOTH,  "answer/disabled",       "QR", f"{_ELSE}.enableWhen",          _if("1.2", ">", answerInteger=3)),
    (BOTH,  "answer/disabled",       "QR", f"{_ELSE}.enableWhen",          _if("1.2", "<", answerInteger=3)),
    (BOTH,  "answer/disabled",       "QR", f"{_ELSE}.enableWhen",          _if("6", ">=", answerDecimal=1.6)),
    (BOTH,  "answer/disabled",       "QR", f"{_ELSE}.enableWhen",          _if("6", "<=", answerDecimal=1.4)),
    (BOTH,  "answer/disabled",       "QR", f"{_ELSE}.enableWhen",          _if("1.1", "exists", answerBoolean=False)),
    (BOTH,  "answer/disabled",       "QR", f"{_ELSE}.enableWhen",          _if("15", "exists", answerBoolean=True)),
    (BOTH,  "answer/disabled",       "QR", f"{_ELSE}.enableWhen",          _if("7", "<", answerDate="2026-11-20")),
    (BOTH,  "answer/disabled",       "QR", f"{_WEIGHT}.enableWhen",        _if("1.1", "=", answerString="Devi")),
    (BOTH,  "answer/disabled",       "QR", f"{_WEIGHT}.enableWhen",
        _if("3", "=", answerCoding={"system": _SLEEP, "code": "no"})),
    (BOTH,  "answer/disabled",       "QR", f"{_PAGE}.enableWhen",
        _if("9", ">", answerQuantity={"value": 70, **_KG})),
    (BOTH,  "answer/disabled",       "QR", f"{_SEES}.enableWhen",          _if("11", "<", answerTime="07:00:00")),
    (BOTH,  "answer/disabled",       "QR", f"{_SEES}.enableWhen",
        _if("12", ">", answerDateTime="2026-11-22T09:00:00+05:30")),
    (BOTH,  "answer/disabled",       "QR", f"{_HOW_MUCH}.enableWhen",
        from_plain([_DRANK_IS, _SOME | {"answerInteger": 3}])),
    (BOTH,  "answer/disabled",       "QR", f"{_HOW_MUCH}.enableWhen",
        from_plain([_DRANK_IS | {"answerBoolean": False}, _SOME | {"answerInteger": 3}]),
        f"{_HOW_MUCH}.enableBehavior", "any"),
    (BOTH,  "answer/disabled",       "QR", f"{_GROUP}.enableWhen",         _if("5", "=", answerBoolean=False)),
    # ---- what is listed
    (BOTH,  "answer/option",         "QR", "item[1].answer[0]",            {"valueCoding": {"code": "yes"}}),
    (BOTH,  "answer/option",         "QR", "item[1].answer[0]",            {"valueCoding": {"display": "Yes"}}),
    (BOTH,  "answer/option",         "QR", "item[11].answer[0]",
        _coded("brother", "https://clinic.example/who")),
    (BOTH,  "answer/option",         "QR", f"{_COUNT}.answerOption",       from_plain([{"valueInteger": 4}])),
    (BOTH,  "answer/option",         "QR", f"{_NAME}.answerOption",        [{"valueString": "Devi"}]),
    (BOTH,  "answer/option",         "QR", f"{_HOUR}.answerOption",        [{"valueTime": "08:00:00"}]),
    (BOTH,  "answer/exclusive",      "QR", f"{_SLEPT}.repeats", True, f"{_SLEPT}.answerOption",
        [_coded("yes") | {"extension": _ONLY}, _coded("no")], "item[1].answer", [_coded("yes"), _coded("no")]),
    ("R4",  "answer/value-set",      "QR", f"{_SLEPT}",
        {"linkId": "3", "type": "choice", "answerValueSet": "http://hl7.org/fhir/ValueSet/days-of-week"},
        "item[1].answer[0]", _coded("someday", _DAYS)),
    ("R5",  "answer/value-set",      "QR", f"{_SLEPT}",
        {"linkId": "3", "type": "coding", "answerValueSet": "http://hl7.org/fhir/ValueSet/days-of-week"},
        "item[1].answer[0]", _coded("someday", _DAYS)),
    # ---- limits
    (BOTH,  "answer/max-length",     "QR", f"{_NAME}.maxLength",           from_plain(3)),
    (BOTH,  "answer/min-length",     "QR", f"{_NAME}.extension",           _limit("minLength", valueInteger=5)),
    (BOTH,  "answer/regex",          "QR", f"{_NAME}.extension",           _limit("regex", valueString="[A-Z]{4}")),
    (BOTH,  "answer/min-value",      "QR", f"{_COUNT}.extension",          _limit("minValue", valueInteger=4)),
    (BOTH,  "answer/max-value",      "QR", f"{_COUNT}.extension",          _limit("maxValue", valueInteger=2)),
    (BOTH,  "answer/min-value",      "QR", f"{_HOW_MUCH}.extension",       _limit("minValue", valueDecimal=1.51)),
    (BOTH,  "answer/max-value",      "QR", f"{_HOW_MUCH}.extension",       _limit("maxValue", valueDecimal=1.49)),
    (BOTH,  "answer/min-value",      "QR", f"{_DAY}.extension",            _limit("minValue", valueDate="2026-11-21")),
    (BOTH,  "answer/max-value",      "QR", f"{_DAY}.extension",            _limit("maxValue", valueDate="2026-11-20")),
    (BOTH,  "answer/max-value",      "QR", f"{_ATE}.extension",
        _limit("maxValue", valueDateTime="2026-11-22T00:00:00Z")),
    (BOTH,  "answer/min-value",      "QR", f"{_HOUR}.extension",           _limit("minValue", valueTime="08:00:00")),
    (BOTH,  "answer/decimal-places", "QR", f"{_HOW_MUCH}.extension",       _limit("maxDecimalPlaces", valueInteger=1)),
    (BOTH,  "answer/max-value",      "QR", f"{_WEIGHT}.extension",
        _limit(f"{_SDC}maxQuantity", valueQuantity={"value": 60, **_KG})),
    (BOTH,  "answer/limit-unit",     "QR", f"{_WEIGHT}.extension",
        _limit(f"{_SDC}maxQuantity", valueQuantity={"value": 60, **_KG}),
        "item[6].answer[0].valueQuantity", from_plain({"value": 50, "unit": "kg"})),
    (BOTH,  "answer/unit",           "QR", f"{_WEIGHT}.extension",
        _limit("questionnaire-unitOption", valueCoding={"system": _KG["system"], "code": "g"})),
    (BOTH,  "answer/min-occurs",     "QR", f"{_DAY}.extension",
        _limit("questionnaire-minOccurs", valueInteger=3)),
    (BOTH,  "answer/max-occurs",     "QR", f"{_DAY}.extension",
        _limit("questionnaire-maxOccurs", valueInteger=1)),
    (BOTH,  "answer/mime-type",      "QR", f"{_PICTURE}.extension",
        _limit("mimeType", valueCode="application/pdf"), "item[1]", _SCAN),
    (BOTH,  "answer/max-size",       "QR", f"{_PICTURE}.extension",
        _limit("maxSize", valueDecimal=5), "item[1]", _SCAN),
)
# fmt: on
