"""Scores and answers that stand beside forms: in observations, and in what a goal aims at."""

from __future__ import annotations

from mappings.check.answers.values import chosen
from mappings.check.instrument.codes import Reports, is_loinc, number
from mappings.nodes import Node, nodes, numbered
from mappings.terms.instruments import ITEMS, LISTS, PANELS, SUBSCALES, TOTALS, named
from mappings.tree import Path, Tree


def of_observation(reports: Reports, node: Node, at: Path) -> None:
    """Judge an Observation and its components."""
    parts = [(at, node), *(((*at, "component", n), one) for n, one in numbered(node, "component"))]
    for here, part in parts:
        concept = part.get("code")
        text = concept.get("text") if isinstance(concept, dict) else None
        for n, coding in numbered(concept, "coding"):
            if is_loinc(coding):
                _measured(reports, part, here, ((*here, "code", "coding", n), coding), text)
        labels = [one.get("display") for one in nodes(concept, "coding")]
        _no_total(reports, part, here, [text, *labels])


def _measured(reports: Reports, part: Node, here: Path, placed: tuple[Path, Node], text: Tree) -> None:
    at, coding = placed
    code = coding["code"]
    key, value = chosen(part)
    score = number(value.get("value") if isinstance(value, dict) and key == "valueQuantity" else value)
    where = (*here, key, "value") if key == "valueQuantity" else (*here, key)
    if code in PANELS and score is not None:
        reports.panel_as_total(code, (*at, "code"))
    elif (
        code in TOTALS and not reports.misnamed(code, (*at, "code"), coding.get("display"), text) and score is not None
    ):
        reports.range(TOTALS[code], score, where)
    elif not _answered(reports, code, value, (*here, key)) and code in ITEMS and score is not None and ITEMS[code]:
        reports.item_range(code, score, where)


def _answered(reports: Reports, code: str, value: Tree, at: Path) -> bool:
    """Report an answer to a question that is none of its list, and return whether it is one."""
    if LISTS.get(ITEMS.get(code, "")) is None:
        return False
    given = [(n, one) for n, one in numbered(value, "coding") if is_loinc(one)]
    allowed = reports.allowed(code)
    is_strange = bool(given) and not any(one["code"] in allowed for _, one in given)
    if is_strange:
        reports.not_in_list(code, (*at, "coding", given[0][0], "code"))
    return is_strange


def _no_total(reports: Reports, part: Node, here: Path, labels: list[Tree]) -> None:
    key, value = chosen(part)
    said = " ".join(str(one) for one in labels if isinstance(one, str))
    if key in ("valueQuantity", "valueInteger", "valueDecimal") and value is not None and is_total_of_parts(said):
        reports.add(
            "no-total", (*here, "code"), "this is a total of BAM", "Write one score for each of the three parts."
        )


def is_total_of_parts(said: str) -> bool:
    """Return whether words name the total of an instrument that has only scores of parts."""
    keys = named(said) & SUBSCALES.keys()
    words = said.lower()
    return any(not any(part in words for part in SUBSCALES[key]) for key in keys) and (
        "total" in words or "score" in words
    )


def of_goal(reports: Reports, node: Node, at: Path) -> None:
    """Judge the scores that a Goal aims at."""
    for n, target in numbered(node, "target"):
        codes = [(m, one["code"]) for m, one in numbered(target.get("measure"), "coding") if is_loinc(one)]
        key, value = chosen(target, "detail")
        here = (*at, "target", n, key)
        for _, code in codes:
            _answered(reports, code, value, here)
        aims = [(here, value)]
        if isinstance(value, dict) and _is_change(value):
            continue
        if isinstance(value, dict):
            aims = [((*here, "value"), value.get("value"))]
            for end in ("low", "high"):
                inner = value.get(end)
                aims += [((*here, end, "value"), inner.get("value"))] if isinstance(inner, dict) else []
        scores = [(where, score) for where, aim in aims if (score := number(aim)) is not None]
        for n_of, code in codes:
            if code in PANELS and scores:
                reports.panel_as_total(code, (*at, "target", n, "measure", "coding", n_of, "code"))
            for where, score in scores if code in TOTALS else ():
                reports.range(TOTALS[code], score, where)


def _is_change(value: Node) -> bool:
    """Return whether a quantity or a range is a share of what was, as in a fall by half, and no score."""
    parts = [value, value.get("low"), value.get("high")]
    return any("%" in str(one.get(name)) for one in parts if isinstance(one, dict) for name in ("unit", "code"))
