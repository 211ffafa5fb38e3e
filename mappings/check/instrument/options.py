"""The answers that a form offers to the questions of an instrument: which they are, and what each weighs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from mappings.check.answers.values import chosen
from mappings.check.instrument.codes import Reports, exists, is_loinc, plain, weights_of
from mappings.nodes import Node, nodes, numbered
from mappings.terms.instruments import INSTRUMENTS, ITEMS, LISTS, TOTALS, Answers
from mappings.tree import Path

_LIST = re.compile(r"https?://loinc\.org/vs/(LL[0-9]+-[0-9])")
_COUNTS_WEIGHTS = re.compile(r"(?i)ordinal|weight")

Item = tuple[Node, Path, str]
"""An item of a form, its place, and its LOINC code."""


@dataclass(frozen=True, slots=True)
class Option:
    """An answer that may be chosen: `code` of LOINC or "", its label, what it weighs."""

    at: Path
    code: str
    label: str
    weights: list[tuple[Path, Decimal | None]]


def of_options(reports: Reports, form: Node, at: Path, key: str, items: list[Item]) -> None:
    """Judge the options of the items of a scope. `key` is the instrument, "" where none is told."""
    offered = [(item, here, code, *_options(form, at, item, here)) for item, here, code in items]
    scored = any(option.weights for *_, code, _, options in offered for option in options if _is_scored(code, key))
    for item, here, code, holder, options in offered:
        canonical = item.get("answerValueSet")
        found = _LIST.match(canonical) if isinstance(canonical, str) else None
        of = ITEMS.get(code, "") or ("" if code else _list_of(key, options))
        if found and not exists(found[1]):
            reports.no_such(found[1], (*here, "answerValueSet"), True)
        if not of:
            continue
        lists = {one.list for one in LISTS.values() if one.list}
        if code and found and LISTS[of].list and found[1] in lists and found[1] != LISTS[of].list:
            reports.not_in_list(code, (*here, "answerValueSet"))
        if options and (code or key):
            _judge(reports, code, of, holder, options, scored=scored and LISTS[of].weights is not None)
        elif options:
            _labelled(reports, of, options)
    if not scored:
        _counted(reports, key, items, [options for *_, options in offered])


def _is_scored(code: str, key: str) -> bool:
    return not code or any(code in one.items for one in INSTRUMENTS.values() if not key or one is INSTRUMENTS[key])


def _options(form: Node, at: Path, item: Node, here: Path) -> tuple[Path, list[Option]]:
    """Return where the options of an item stand, and the options: its own, or those of a value set in the form."""
    own = [_option((*here, "answerOption", n), one) for n, one in numbered(item, "answerOption")]
    if own:
        return (*here, "answerOption"), own
    name = item.get("answerValueSet")
    for n, one in numbered(form, "contained"):
        if isinstance(name, str) and name == f"#{one.get('id')}":
            place = (*at, "contained", n)
            return place, list(_listed(one, place))
    return here, []


def _option(at: Path, option: Node) -> Option:
    key, value = chosen(option)
    if isinstance(value, dict):
        code = value["code"] if is_loinc(value) else ""
        return Option((*at, key), code, str(value.get("display") or ""), weights_of(at, option, (key, value)))
    return Option((*at, key), "", str(value) if isinstance(value, str) else "", weights_of(at, option))


def _listed(value_set: Node, at: Path) -> Iterator[Option]:
    expansion, compose = value_set.get("expansion"), value_set.get("compose")
    for n, one in numbered(expansion, "contains"):
        here = (*at, "expansion", "contains", n)
        yield Option(here, one["code"] if is_loinc(one) else "", str(one.get("display") or ""), weights_of(here, one))
    for n, include in numbered(compose, "include") if not nodes(expansion, "contains") else ():
        for m, one in numbered(include, "concept"):
            here, coding = (*at, "compose", "include", n, "concept", m), {"system": include.get("system"), **one}
            code = coding["code"] if is_loinc(coding) else ""
            yield Option(here, code, str(one.get("display") or ""), weights_of(here, one))


def _list_of(key: str, options: list[Option]) -> str:
    """Return the list that options without a coded question are: by most of their labels that of an instrument.

    Where no instrument is told, most of their codes have to be of the list too.
    """
    one = INSTRUMENTS.get(key)
    labels = [plain(option.label) for option in options]
    names = dict.fromkeys(one.items.values()) if one else dict.fromkeys(LISTS)
    for name in names if options else ():
        theirs = LISTS[name]
        if one is None and sum(option.code in theirs.answers for option in options) * 5 < len(options) * 3:
            continue
        same = sum(plain(label) in labels for label, _ in (*theirs.answers.values(), *theirs.others))
        whole = len(theirs.answers) + len(theirs.others)
        if len(options) == whole and same * 5 >= whole * 4:
            return name
    return ""


def _judge(reports: Reports, code: str, of: str, holder: Path, options: list[Option], *, scored: bool) -> None:
    theirs = LISTS[of]
    allowed = reports.allowed(code) if code else {one: weight for one, (_, weight) in theirs.answers.items()}
    labels = {plain(label): (answer, weight) for answer, (label, weight) in theirs.answers.items()}
    labels |= {plain(label): ("", weight) for label, weight in theirs.others}
    coded = [one for one in options if one.code]
    if coded and code and not theirs.answers:
        reports.not_in_list(code, holder)
        return
    missing = _missing(theirs, options, {allowed.get(one.code) for one in options if one.code not in theirs.answers})
    strange = [
        one
        for one in coded
        if one.code not in allowed and (one.code in theirs.wrong or _counts(reports, one, of, missing, labels))
    ]
    if strange and len(strange) == len(coded) == len(options) and len(strange) > 1 and code:
        reports.not_in_list(code, holder)
        return
    for one in strange:
        what = f"this answer is none of the list of {code or 'its question'}"
        right = labels.get(plain(one.label), ("", None))[0]
        fix = f'"{theirs.answers[right][0]}" is {right}.' if right else f"The list is: {_said(theirs)}."
        reports.add("answer", (*one.at, "code"), what, fix, code)
    for one in _twice(coded):
        what = f"this answer to {code or 'the question'} stands here twice"
        reports.add("answer", (*one.at, "code"), what, f"The list is: {_said(theirs)}.", code)
    for one in options:
        if one.code and one not in strange:
            _one(reports, code, one, allowed.get(one.code), labels)
        elif not one.code and plain(one.label) in labels:
            _weight(reports, one, labels[plain(one.label)][1])
    if missing and len(missing) > len(strange):
        what = f"{', '.join(missing)} {'is' if len(missing) == 1 else 'are'} not among the answers"
        reports.add("answer-missing", holder, what, f"The list is: {_said(theirs)}.", code)
    bare = [one for one in options if not one.weights and (one.code in theirs.answers or plain(one.label) in labels)]
    if scored and bare:
        what = f"{len(bare)} of {len(options)} answers have no weight, and others of this form have one"
        at = holder if len(bare) == len(options) else bare[0].at
        reports.add("no-weight", at, what, f"The weights are: {_said(theirs)}.", code)


def _twice(options: list[Option]) -> list[Option]:
    said = [(one.code, plain(one.label)) for one in options]
    return [one for n, one in enumerate(options) if said[n] in said[:n]]


def _labelled(reports: Reports, of: str, options: list[Option]) -> None:
    """Report codes that are not those of their labels, where the question is of no instrument that is told."""
    codes = {plain(label): code for code, (label, _) in LISTS[of].answers.items()}
    for one in options:
        right = codes.get(plain(one.label))
        if right and one.code and one.code != right:
            what = "this answer is none of the list that the others are of"
            reports.add("answer", (*one.at, "code"), what, f'"{LISTS[of].answers[right][0]}" is {right}.')


def _counts(
    reports: Reports, one: Option, of: str, missing: list[str], labels: dict[frozenset[str], tuple[str, int | None]]
) -> bool:
    """Return whether a code that a list does not have is a mistake: not one answer more, such as a refusal."""
    right = labels.get(plain(one.label))
    if right is not None and right[0] == "" and not reports.is_known_answer(one.code):
        return False  # the code of this answer is not known to us
    return bool(missing or one.weights or reports.is_known_answer(one.code)) and bool(LISTS[of].answers)


def _missing(theirs: Answers, options: list[Option], instead: set[int | None]) -> list[str]:
    """Return the answers that are not offered, where options are of the list at all.

    instead   weights of answers of other lists that published forms offer in their place
    """
    codes, labels = {one.code for one in options}, {plain(one.label) for one in options}
    found = [
        label
        for code, (label, weight) in theirs.answers.items()
        if code not in codes and plain(label) not in labels and (weight is None or weight not in instead)
    ]
    return found if len(found) < len(theirs.answers) else []


def _one(
    reports: Reports, code: str, one: Option, weight: int | None, labels: dict[frozenset[str], tuple[str, int | None]]
) -> None:
    right = labels.get(plain(one.label))
    if right is not None and right[0] not in ("", one.code):
        fix = f"The label is that of {right[0]}: correct the code or its display."
        reports.add(
            "display",
            (*one.at, "display"),
            f"this is the label of another answer to {code or 'the question'}",
            fix,
            code,
        )
        return
    _weight(reports, one, weight)


def _weight(reports: Reports, one: Option, weight: int | None) -> None:
    for at, given in one.weights:
        if weight is not None and given is not None and given != weight:
            reports.add("weight", at, f"this answer weighs {weight}", f"Write {weight}.")


def _said(theirs: Answers) -> str:
    every = [(label, weight) for label, weight in (*theirs.answers.values(), *theirs.others)]
    return ", ".join(label if weight is None else f"{label} = {weight}" for label, weight in every)


def _counted(reports: Reports, key: str, items: list[Item], offered: list[list[Option]]) -> None:
    """Report a score that is computed from weights in a form that has none."""
    codes = {one.total for one in INSTRUMENTS.values() if one.total}
    for item, here, code in items:
        expressions = [chosen(one)[1] for one in nodes(item, "extension")]
        said = " ".join(str(one.get("expression")) for one in expressions if isinstance(one, dict))
        if code in codes and any(offered) and _COUNTS_WEIGHTS.search(said) and (not key or TOTALS[code] == key):
            what = "the score is computed from weights, and no answer of this form has one"
            reports.add("no-weight", (*here, "extension"), what, "Give each answer its weight.", code)
            return
