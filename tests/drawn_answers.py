"""Sound responses to any form, and what can go wrong with one: a single edit of a response, or of its form.

    response = answered(form, "R4")           every item that is asked has an answer
    for name, response, form in edits(response, form): ...

An edit need not be a defect: the judges say. Two are compared by what they say of it (test_referee_answers.py).
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any

from mappings.check.answers import judge_answers
from mappings.check.answers.form import CORE, Question
from mappings.check.answers.sets import AnswerSets
from mappings.check.answers.values import chosen
from mappings.nodes import nodes
from mappings.tree import Number, Tree, from_plain

Edit = tuple[str, Tree, Tree]
"""Name, response, form."""

_CODE = {"system": "https://clinic.example/codes", "code": "drawn"}
_KG = {"value": Number("61.5"), "unit": "kg", "system": "http://unitsofmeasure.org", "code": "kg"}

# fmt: off
VALUES: dict[str, tuple[str, Tree]] = {
    # item.type      the answer that is drawn
    "boolean":      ("valueBoolean",    True),
    "decimal":      ("valueDecimal",    Number("1.5")),
    "integer":      ("valueInteger",    Number("3")),
    "date":         ("valueDate",       "2026-11-20"),
    "dateTime":     ("valueDateTime",   "2026-11-20T08:00:00+05:30"),
    "time":         ("valueTime",       "07:15:00"),
    "string":       ("valueString",     "alto"),
    "text":         ("valueString",     "She sings alto."),
    "url":          ("valueUri",        "https://choir.example"),
    "choice":       ("valueCoding",     _CODE),
    "open-choice":  ("valueCoding",     _CODE),
    "coding":       ("valueCoding",     _CODE),
    "attachment":   ("valueAttachment", {"contentType": "image/png", "data": "AAAA"}),
    "reference":    ("valueReference",  {"reference": "Patient/asha"}),
    "quantity":     ("valueQuantity",   _KG),
}
OTHERS: tuple[tuple[str, Tree], ...] = (
    # answers of every type, and some that an option list or a limit refuses
    ("valueBoolean",    False),
    ("valueDecimal",    Number("1000.125")),
    ("valueInteger",    Number("-7")),
    ("valueInteger",    Number("100000")),
    ("valueDate",       "1900-01-01"),
    ("valueDate",       "2999"),
    ("valueDateTime",   "1900-01-01T00:00:00Z"),
    ("valueTime",       "23:59:59"),
    ("valueString",     "another"),
    ("valueString",     "x" * 300),
    ("valueString",     "z"),
    ("valueUri",        "urn:oid:1.2.3"),
    ("valueCoding",     {"system": "https://clinic.example/other", "code": "other"}),
    ("valueCoding",     {"display": "Something else"}),
    ("valueAttachment", {"contentType": "text/plain", "data": "AAAAAAAAAAAAAAAA"}),
    ("valueAttachment", {"title": "nothing"}),
    ("valueReference",  {"reference": "Location/riverside"}),
    ("valueQuantity",   {"value": Number("900"), "unit": "kg", "system": "http://unitsofmeasure.org", "code": "kg"}),
    ("valueQuantity",   {"value": Number("2"), "unit": "pounds"}),
)
# fmt: on


def answered(form: Tree, release: str) -> Tree:
    """Return a completed response with an answer to each question that its conditions ask."""
    sets = AnswerSets((), release).within(form)

    def items(holder: Tree) -> list[Tree]:
        found = []
        for item in nodes(holder, "item"):
            kind = item.get("type")
            one: dict[str, Tree] = {"linkId": item.get("linkId")}
            below = items(item)
            if kind == "group":
                if not below:
                    continue
                one["item"] = below
            elif kind in VALUES:
                key, value = _value(item, sets)
                least = Question(item).count("questionnaire-minOccurs") or 1
                one["answer"] = [{key: value} | ({"item": below} if below else {}) for _ in range(least)]
            elif kind != "display":
                continue
            found.append(one)
        return found

    response: dict[str, Tree] = {"resourceType": "QuestionnaireResponse", "questionnaire": str(form.get("url"))}
    response |= {"status": "completed", "authored": "2026-11-22T09:00:00Z", "item": items(form)}
    while off := [f.at for f in judge_answers(response, form, release) if f.rule == "answer/disabled"]:
        _at(response, off[-1][:-1]).pop(off[-1][-1])
    return response


def _value(item: Tree, sets: AnswerSets) -> tuple[str, Tree]:
    options = [chosen(one) for one in nodes(item, "answerOption") if chosen(one)[1] is not None]
    if options:
        return options[0]
    if isinstance(item.get("answerValueSet"), str) and (codes := sets.codes(item["answerValueSet"])) and codes.held:
        return "valueCoding", dict(zip(("system", "code"), min(codes.held, key=str), strict=True))
    key, value = VALUES[item["type"]]
    for name in ("minValue", "maxValue"):
        limit = Question(item).said(CORE + name)
        if type(limit) is type(value):
            value = limit
    return key, value


def edits(response: Tree, form: Tree, *, of_form: bool = True) -> Iterator[Edit]:
    """Yield single edits of a response, then of its form."""
    for at, item in _items(response):
        yield from ((name, edited, form) for name, edited in _of_item(response, at, item))
    for status in ("in-progress", "stopped", "amended"):
        yield f"status {status}", response | {"status": status}, form
    yield "authored before", response | {"authored": "1900-01-01"}, form
    if of_form:
        for at, item in _items(form):
            yield from ((name, response, edited) for name, edited in _of_question(form, at, item))


def _of_item(response: Tree, at: tuple[Any, ...], item: Tree) -> Iterator[tuple[str, Tree]]:
    where = ".".join(map(str, at))

    def with_(change: Callable[[Any, Any], object]) -> Tree:
        copied = copy.deepcopy(response)
        holder = _at(copied, at[:-1])
        change(holder, holder[at[-1]])
        return copied

    def answer(new: Tree) -> Tree:
        return with_(lambda _, one: one["answer"].__setitem__(0, new))

    gone = with_(lambda holder, _: holder.pop(at[-1]))
    yield f"{where} gone", gone
    yield f"{where} twice", with_(lambda holder, one: holder.insert(at[-1], copy.deepcopy(one)))
    yield f"{where} last", with_(lambda holder, _: holder.append(holder.pop(at[-1])))
    yield f"{where} unknown", with_(lambda _, one: one.update(linkId="drawn-99"))
    yield f"{where} text", with_(lambda _, one: one.update(text="In other words"))
    yield f"{where} empty", with_(lambda _, one: (one.pop("answer", None), one.pop("item", None)))
    if len(at) > 2:
        yield f"{where} to the root", gone | {"item": [*gone["item"], item]}
    answers = nodes(item, "answer")
    if not answers:
        yield f"{where} answer", with_(lambda _, one: one.update(answer=[{"valueString": "x"}]))
        return
    yield f"{where} answered twice", with_(lambda _, one: one["answer"].append(copy.deepcopy(one["answer"][0])))
    below = {"item": answers[0]["item"]} if "item" in answers[0] else {}
    if below:
        yield f"{where} beside", with_(lambda _, one: one.update(item=one["answer"][0].pop("item")))
    for n, (key, value) in enumerate(OTHERS):
        if n % 3 == sum(map(ord, where)) % 3 or key == chosen(answers[0])[0]:
            yield f"{where} {key} {n}", answer({key: value} | below)


def _of_question(form: Tree, at: tuple[Any, ...], item: Tree) -> Iterator[tuple[str, Tree]]:
    where = "form " + ".".join(map(str, at))

    def with_(**changes: Any) -> Tree:
        copied = copy.deepcopy(form)
        one = _at(copied, at)
        for name, value in changes.items():
            if value is None:
                one.pop(name, None)
            else:
                one[name] = from_plain(value)
        return copied

    def limited(url: str, **value: Any) -> Tree:
        url = url if ":" in url else f"http://hl7.org/fhir/StructureDefinition/{url}"
        return with_(extension=[*nodes(item, "extension"), {"url": url, **value}])

    kind = item.get("type")
    yield f"{where} repeats", with_(repeats=item.get("repeats") is not True)
    yield f"{where} required", with_(required=True)
    yield f"{where} text", with_(text="Asked anew")
    if "enableWhen" in item:
        yield f"{where} always", with_(enableWhen=None, enableBehavior=None)
        behavior = "all" if item.get("enableBehavior") == "any" else "any"
        yield f"{where} {behavior}", with_(enableBehavior=behavior)
        for n, condition in enumerate(item["enableWhen"]):
            for operator in ("exists", "=", "!=", ">", "<", ">=", "<="):
                new = condition | {"operator": operator}
                if operator == "exists":
                    new = {"question": condition["question"], "operator": "exists", "answerBoolean": False}
                elif condition["operator"] == "exists":
                    continue
                conditions = [*item["enableWhen"]]
                conditions[n] = new
                yield f"{where} condition {n} {operator}", with_(enableWhen=conditions)
    if kind in VALUES:
        for other in ("string", "integer", "group", "boolean", "date"):
            if other != kind:
                yield f"{where} type {other}", with_(type=other)
        yield f"{where} min 2", limited("questionnaire-minOccurs", valueInteger=2)
        yield f"{where} max 2", limited("questionnaire-maxOccurs", valueInteger=2)
    if kind in ("string", "text", "url"):
        yield f"{where} maxLength", with_(maxLength=2)
        yield f"{where} minLength", limited("minLength", valueInteger=40)
        yield f"{where} regex", limited("regex", valueString="[0-9]{3}")
        yield f"{where} regex met", limited("regex", valueString="[a-zA-Z .]*")
    if kind in ("integer", "decimal", "date", "dateTime", "time"):
        low, high = _BOUNDS[kind]
        name = VALUES[kind][0]
        yield f"{where} min", limited("minValue", **{name: high})
        yield f"{where} max", limited("maxValue", **{name: low})
        yield f"{where} within", limited("maxValue", **{name: high})
    if kind in ("decimal", "quantity"):
        yield f"{where} places", limited("maxDecimalPlaces", valueInteger=0)
    if kind == "quantity":
        unit = {"system": "http://unitsofmeasure.org", "code": "g"}
        yield f"{where} unit", limited("questionnaire-unitOption", valueCoding=unit)
        sdc = "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-"
        yield f"{where} most", limited(sdc + "maxQuantity", valueQuantity={**unit, "code": "kg", "value": 5})
        yield f"{where} most g", limited(sdc + "maxQuantity", valueQuantity={**unit, "value": 5})
        yield f"{where} least", limited(sdc + "minQuantity", valueQuantity={**unit, "code": "kg", "value": 500})
    if kind == "attachment":
        yield f"{where} mime", limited("mimeType", valueCode="text/plain")
        yield f"{where} size", limited("maxSize", valueDecimal=1)
    if kind == "reference":
        yield f"{where} to", limited("questionnaire-referenceResource", valueCode="Group")
    options = nodes(item, "answerOption")
    if options:
        yield f"{where} first option gone", with_(answerOption=options[1:] or None)
        only = [{"url": "http://hl7.org/fhir/StructureDefinition/questionnaire-optionExclusive", "valueBoolean": True}]
        yield f"{where} exclusive", with_(answerOption=[options[0] | {"extension": only}, *options[1:]])


_BOUNDS: dict[str, tuple[Any, Any]] = {
    "integer": (-100, 10000),
    "decimal": (-100.5, 10000.5),
    "date": ("1950-01-01", "2090-01-01"),
    "dateTime": ("1950-01-01T00:00:00Z", "2090-01-01T00:00:00Z"),
    "time": ("00:00:01", "23:59:58"),
}


def _items(holder: Tree, at: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Tree]]:
    for n, item in enumerate(nodes(holder, "item")):
        here = (*at, "item", n)
        yield here, item
        yield from _items(item, here)
        for m, answer in enumerate(nodes(item, "answer")):
            yield from _items(answer, (*here, "answer", m))


def _at(tree: Any, path: tuple[Any, ...]) -> Any:
    for step in path:
        tree = tree[step]
    return tree
