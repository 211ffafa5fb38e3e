"""Forms that use what a form can ask: every type of item, every operator, options, value sets, repeats, nesting.

FORMS["R4"] -> {"types": Questionnaire, "conditions": ..., "nesting": ...}, no finding in any
"""

from __future__ import annotations

from typing import Any

from mappings.tree import Tree, from_plain

_HL7 = "http://hl7.org/fhir/StructureDefinition/"
_CODES = "https://clinic.example/codes"

# fmt: off
_CHOICES = {
    # release  only what is listed,      or free text
    "R4": ({"type": "choice"}, {"type": "open-choice"}),
    "R5": ({"type": "coding"}, {"type": "coding", "answerConstraint": "optionsOrString"}),
}
# fmt: on


def _options(*codes: str) -> list[dict[str, Any]]:
    return [{"valueCoding": {"system": _CODES, "code": code, "display": code.title()}} for code in codes]


def _if(question: str, operator: str, **answer: Any) -> dict[str, Any]:
    return {"question": question, "operator": operator, **answer}


def _asked(link: str, *conditions: dict[str, Any], kind: str = "string", behavior: str = "all", **more: Any) -> Tree:
    behaves = {"enableBehavior": behavior} if len(conditions) > 1 else {}
    return {"linkId": link, "type": kind, "enableWhen": list(conditions), **behaves, **more}


def _types(release: str) -> list[dict[str, Any]]:
    only, free = _CHOICES[release]
    simple = ("boolean", "decimal", "integer", "date", "dateTime", "time", "string", "text", "url")
    within: list[tuple[str, str, dict[str, Any]]] = [
        ("integer", "minValue", {"valueInteger": 0}),
        ("decimal", "maxValue", {"valueDecimal": 12.5}),
        ("date", "minValue", {"valueDate": "2020-01-01"}),
        ("dateTime", "maxValue", {"valueDateTime": "2030-01-01T00:00:00Z"}),
        ("time", "minValue", {"valueTime": "06:00:00"}),
        ("attachment", "mimeType", {"valueCode": "image/png"}),
        ("reference", "questionnaire-referenceResource", {"valueCode": "Patient"}),
        (
            "quantity",
            "questionnaire-unitOption",
            {"valueCoding": {"system": "http://unitsofmeasure.org", "code": "kg"}},
        ),
        ("decimal", "maxDecimalPlaces", {"valueInteger": 2}),
        ("string", "minLength", {"valueInteger": 2}),
        ("string", "regex", {"valueString": "[a-z]{2,9}"}),
    ]
    return [
        *({"linkId": f"t{n}", "type": kind, "text": f"Which {kind}?"} for n, kind in enumerate(simple)),
        *({"linkId": f"u{n}", "type": kind} for n, kind in enumerate(("attachment", "reference", "quantity"))),
        *(
            {"linkId": f"w{n}", "type": kind, "extension": [{"url": _HL7 + url, **value}]}
            for n, (kind, url, value) in enumerate(within)
        ),
        {"linkId": "c1", **only, "answerOption": _options("one", "two", "drawn")},
        {"linkId": "c2", **free, "answerOption": _options("one", "two")},
        {"linkId": "c3", **only, "repeats": True, "answerOption": _options("one", "two", "three")},
        {"linkId": "c4", **only, "answerValueSet": "#listed"},
        {"linkId": "c5", **free, "answerValueSet": "http://hl7.org/fhir/ValueSet/days-of-week"},
        {"linkId": "c6", **only, "answerValueSet": "http://hl7.org/fhir/ValueSet/days-of-week"},
        {"linkId": "c7", **only},
        {"linkId": "s1", "type": "string", "answerOption": [{"valueString": "alto"}, {"valueString": "bass"}]},
        {"linkId": "s2", "type": "integer", "answerOption": [{"valueInteger": 3}, {"valueInteger": 4}]},
        {"linkId": "s3", "type": "date", "answerOption": [{"valueDate": "2026-11-20"}]},
        {"linkId": "s4", "type": "time", "answerOption": [{"valueTime": "07:15:00"}]},
        {"linkId": "r1", "type": "string", "required": True},
        {"linkId": "r2", "type": "string", "repeats": True, "maxLength": 10},
        {"linkId": "d1", "type": "display", "text": "Thank you"},
    ]


def _conditions(release: str) -> list[dict[str, Any]]:
    only, _ = _CHOICES[release]
    day = {"answerDate": "2026-11-20"}
    weight: dict[str, Any] = {"unit": "kg", "system": "http://unitsofmeasure.org", "code": "kg"}
    yes, coding = {"answerBoolean": True}, {"answerCoding": {"system": _CODES, "code": "one"}}
    return [
        _asked("before", _if("yes", "=", **yes), required=True),
        {"linkId": "yes", "type": "boolean"},
        {"linkId": "n", "type": "integer"},
        {"linkId": "day", "type": "date"},
        {"linkId": "word", "type": "string"},
        {"linkId": "moment", "type": "dateTime"},
        {"linkId": "hour", "type": "time"},
        {"linkId": "weight", "type": "quantity"},
        {"linkId": "code", **only, "answerOption": _options("one", "two")},
        {"linkId": "many", "type": "integer", "repeats": True},
        *(
            _asked(f"n{n}", _if("n", operator, answerInteger=value))
            for n, (operator, value) in enumerate([("=", 3), ("!=", 4), (">", 2), ("<", 4), (">=", 3), ("<=", 3)])
        ),
        _asked("e1", _if("n", "exists", **yes)),
        _asked("e2", _if("yes", "exists", answerBoolean=False), required=True),
        _asked("day1", _if("day", "=", **day)),
        _asked("day2", _if("day", ">", answerDate="2026-01-01")),
        _asked("word1", _if("word", "=", answerString="alto")),
        _asked("moment1", _if("moment", "<", answerDateTime="2026-12-01T00:00:00Z")),
        _asked("hour1", _if("hour", ">=", answerTime="07:00:00")),
        _asked("weight1", _if("weight", ">", answerQuantity=weight | {"value": 50})),
        _asked("code1", _if("code", "=", **coding)),
        _asked("code2", _if("code", "!=", **coding)),
        _asked("many1", _if("many", ">", answerInteger=2)),
        _asked("all", _if("yes", "=", **yes), _if("n", ">", answerInteger=2), required=True),
        _asked("any", _if("yes", "=", answerBoolean=False), _if("n", ">", answerInteger=2), behavior="any"),
        _asked(
            "group",
            _if("yes", "=", **yes),
            kind="group",
            required=True,
            item=[
                {"linkId": "inner", "type": "string", "required": True},
                _asked("inner1", _if("inner", "exists", **yes)),
                _asked("inner2", _if("n", "=", answerInteger=3), required=True),
            ],
        ),
        _asked("hint", _if("yes", "=", **yes), kind="display", text="Well done"),
    ]


def _nesting(release: str) -> list[dict[str, Any]]:
    only, _ = _CHOICES[release]
    yes = {"answerBoolean": True}
    return [
        {
            "linkId": "1",
            "type": "group",
            "required": True,
            "item": [
                {
                    "linkId": "1.1",
                    "type": "group",
                    "item": [
                        {
                            "linkId": "1.1.1",
                            "type": "boolean",
                            "required": True,
                            "item": [
                                _asked("1.1.1.1", _if("1.1.1", "=", **yes), required=True),
                                {
                                    "linkId": "1.1.1.2",
                                    "type": "group",
                                    "item": [{"linkId": "1.1.1.2.1", "type": "integer"}],
                                },
                            ],
                        },
                    ],
                },
            ],
        },
        {
            "linkId": "2",
            "type": "group",
            "repeats": True,
            "item": [
                {"linkId": "2.1", **only, "required": True, "answerOption": _options("one", "two")},
                _asked("2.2", _if("2.1", "=", answerCoding={"system": _CODES, "code": "one"}), required=True),
                {"linkId": "2.3", "type": "string", "repeats": True, "item": [{"linkId": "2.3.1", "type": "integer"}]},
            ],
        },
        _asked(
            "3",
            _if("1.1.1.1", "exists", **yes),
            kind="group",
            item=[
                _asked("3.1", _if("3.2", "!=", answerString="bass")),
                {"linkId": "3.2", "type": "string"},
            ],
        ),
    ]


_ITEMS = {"types": _types, "conditions": _conditions, "nesting": _nesting}


def _form(release: str, name: str) -> Tree:
    form = {
        "resourceType": "Questionnaire",
        "url": f"https://clinic.example/{name}",
        "status": "active",
        "effectivePeriod": {"start": "2026-01-01"},
        "item": _ITEMS[name](release),
    }
    include = {"system": "http://hl7.org/fhir/days-of-week", "concept": [{"code": "mon"}, {"code": "sat"}]}
    listed = {"resourceType": "ValueSet", "id": "listed", "status": "active", "compose": {"include": [include]}}
    return from_plain(form | ({"contained": [listed]} if name == "types" else {}))


FORMS: dict[str, dict[str, Tree]] = {release: {name: _form(release, name) for name in _ITEMS} for release in _CHOICES}
"""release -> name -> Questionnaire"""
