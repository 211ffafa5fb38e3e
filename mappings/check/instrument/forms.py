"""Questionnaires and responses as instruments: which instrument one is, and where it is not what that instrument is.

An instrument is told by the code of its panel, by its name, or by the codes of most of its items; what tells none, or
several, is only judged item by item.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from mappings.check.answers.values import chosen
from mappings.check.instrument.codes import RULE, Reports, exists, is_loinc, is_score, number, right_total, whose
from mappings.check.instrument.options import of_options
from mappings.check.instrument.shape import of_shape, of_subscales
from mappings.nodes import Node, nodes, numbered
from mappings.terms.instruments import INSTRUMENTS, ITEMS, LISTS, OWNERS, PANELS, TOTALS, named
from mappings.tree import Path, Tree

_SKIPPING = frozenset({"audit"})
"""Instruments that let questions be skipped: AUDIT asks none but the last two of who never drinks."""
_SCORED = frozenset({"integer", "decimal", "quantity", "group", "display"})
"""Types of items that may have the code of a score; a group or a text may show it."""
_CODE_IN_LINK = re.compile(r"(?:^|/)([0-9]{3,7}-[0-9])$")


@dataclass(slots=True)
class Entry:
    """An item of a form or a response. `code` is its LOINC code, at `code_at`; "" where it has none."""

    item: Node
    at: Path
    code: str = ""
    code_at: Path = ()
    labels: tuple[Tree, ...] = ()

    @property
    def link(self) -> Tree:
        """Return its linkId."""
        return self.item.get("linkId")


@dataclass(slots=True)
class Scope:
    """Items that are of one instrument together: all of a form, or a group that has the code of a panel.

    key    the instrument, "" where none is told; `by` what tells it: panel, name, items
    names  all instruments that are named; title: by its title, where that names any
    """

    at: Path
    key: str = ""
    by: str = ""
    panel_at: Path = ()
    names: set[str] = field(default_factory=set)
    title: set[str] = field(default_factory=set)
    entries: list[Entry] = field(default_factory=list)

    @property
    def codes(self) -> list[str]:
        """Return the codes of its items."""
        return [one.code for one in self.entries if one.code]


def of_form(reports: Reports, form: Node, at: Path) -> None:
    """Judge a Questionnaire."""
    url = form.get("url")
    names = named(form.get("title"), form.get("name"), url.rpartition("/")[2] if isinstance(url, str) else None)
    whole = Scope(at, names=names or named(form.get("id")))
    whole.title = named(form.get("title")) or whole.names
    for n, one in numbered(form, "code"):
        if is_loinc(one) and one["code"] in PANELS and not whole.key:
            whole.key, whole.by, whole.panel_at = PANELS[one["code"]], "panel", (*at, "code", n, "code")
    if not whole.key and whole.names & {"bam"}:
        whole.key, whole.by = "bam", "name"
    scopes = [whole]
    _gather(form, at, whole, scopes, codes=None)
    for scope in scopes:
        _settle(reports, scope, form=True)
        _items(reports, scope, form=True)
        _totals(reports, scope)
        asked = [(one.item, one.at, "" if one.code_at[:-1] in reports.met else one.code) for one in scope.entries]
        of_options(reports, form, at, scope.key, asked)  # of a code that is wrong there is no more to say
        if scope is whole:
            questions = [one.item for one in scope.entries if one.code not in TOTALS]
            of_shape(reports, form, at, scope.key, known=bool(set(scope.codes) & _codes(scope.key)), items=questions)
            if "bam" in scope.names:
                of_subscales(reports, form, [(one.item, one.at) for one in scope.entries])


def of_response(reports: Reports, response: Node, at: Path, form: Node | None) -> None:
    """Judge a QuestionnaireResponse, by its form where that is at hand."""
    url = response.get("questionnaire")
    tail = url.partition("|")[0].rpartition("/")[2] if isinstance(url, str) else None
    whole = Scope(at, names=named(tail))
    codes: dict[str, str] = {}
    if form is not None:
        whole.names |= named(form.get("title"), form.get("name"))
        held = Scope(())
        _gather(form, (), held, [held], codes=None, flat=True)
        codes = {str(one.link): one.code for one in held.entries if one.code and isinstance(one.link, str)}
        panels = [one["code"] for one in nodes(form, "code") if is_loinc(one) and one["code"] in PANELS]
        if panels:
            whole.key, whole.by = PANELS[panels[0]], "panel"
    scopes = [whole]
    _gather(response, at, whole, scopes, codes=codes)
    for scope in scopes:
        _settle(reports, scope, form=False)
        _items(reports, scope, form=False)
        _totals(reports, scope)
        for one in scope.entries:
            _answers(reports, one)
        _sum(reports, scope)


# ---- which instrument it is


def _gather(
    holder: Tree, at: Path, scope: Scope, scopes: list[Scope], *, codes: dict[str, str] | None, flat: bool = False
) -> None:
    """Put the items below a place into their scopes. `codes` are linkId -> code, for responses; None for forms."""
    for n, item in numbered(holder, "item"):
        here = (*at, "item", n)
        entry = _entry(item, here, codes)
        inner = scope
        if entry.code in PANELS and (item.get("type") == "group" or "item" in item):
            if PANELS[entry.code] != scope.key and not flat:
                inner = Scope(here, PANELS[entry.code], "panel", entry.code_at)
                scopes.append(inner)
        else:
            scope.entries.append(entry)
        _gather(item, here, inner, scopes, codes=codes, flat=flat)
        for m, answer in numbered(item, "answer"):
            _gather(answer, (*here, "answer", m), inner, scopes, codes=codes, flat=flat)


def _entry(item: Node, here: Path, codes: dict[str, str] | None) -> Entry:
    link, text = item.get("linkId"), item.get("text")
    given = [(n, one) for n, one in numbered(item, "code") if is_loinc(one)] if codes is None else []
    for n, one in sorted(given, key=lambda each: not _is_known(each[1]["code"])):
        return Entry(item, here, one["code"], (*here, "code", n, "code"), (text, one.get("display")))
    if isinstance(link, str):
        if codes and link in codes:
            return Entry(item, here, codes[link], (*here, "linkId"), (text,))
        found = _CODE_IN_LINK.search(link)
        if found and "code" not in item and _is_known(found[1]):
            return Entry(item, here, found[1], (*here, "linkId"), (text,))
    return Entry(item, here, labels=(text,))


def is_known_link(link: Tree) -> bool:
    """Return whether a linkId ends with a code of an instrument."""
    found = _CODE_IN_LINK.search(link) if isinstance(link, str) and link[-2:-1] == "-" else None
    return found is not None and _is_known(found[1])


def _is_known(code: str) -> bool:
    return code in ITEMS or code in TOTALS or code in PANELS


def _codes(key: str) -> set[str]:
    one = INSTRUMENTS.get(key)
    return {*one.items, *one.more} if one else set()


def _settle(reports: Reports, scope: Scope, *, form: bool) -> None:
    """Find out which instrument a scope is; report a panel or a name that is not that of its items."""
    present = set(scope.codes)
    likely = _by_items(present)
    if scope.by == "panel":
        if form and likely not in ("", scope.key) and not _is_most(scope.key, present, likely):
            theirs = INSTRUMENTS[likely]
            what = f"the panel is that of {INSTRUMENTS[scope.key].title}, and the items are those of {theirs.title}"
            fix = f"Use {theirs.panel}, the panel of {theirs.title}." if theirs.panel else "Correct the code."
            reports.add("panel", scope.panel_at, what, fix)
            scope.key, scope.by = likely, "items"
        elif form and len(scope.title) == 1 and scope.key not in scope.title and present & _codes(scope.key):
            _misnamed(reports, scope, next(iter(scope.title)), scope.key)
    elif len(scope.names) == 1 and (name := next(iter(scope.names))) in INSTRUMENTS:
        scope.key, scope.by = name, "name"
        if likely and not present & _codes(name) and _codes(name):
            scope.key, scope.by = likely, "items"
            if form:
                _misnamed(reports, scope, name, likely)
    else:
        scope.key, scope.by = likely, "items"


def _is_most(key: str, present: set[str], likely: str) -> bool:
    """Return whether the items of a scope may be those of an instrument, and not of the one that they are likely of.

    Of an instrument whose items are not known that is so unless all of the other's are there.
    """
    core, others = _core(key), _core(likely)
    return len(core & present) * 2 >= len(core) if core else not others <= present


def _core(key: str) -> set[str]:
    one = INSTRUMENTS[key]
    return set(one.items or one.more)


def _misnamed(reports: Reports, scope: Scope, name: str, key: str) -> None:
    if name in INSTRUMENTS:
        titles = INSTRUMENTS[name].title, INSTRUMENTS[key].title
        what = f"it is named {titles[0]}, and its items are those of {titles[1]}"
        reports.add("not-this", (*scope.at, "title"), what, f"Name it {titles[1]}, or correct the items.")


def _by_items(present: set[str]) -> str:
    """Return the instrument that items are most of; of two with as many, the shorter one."""
    best, most = "", (0, 0)
    for key in INSTRUMENTS:
        core = _core(key)
        shared = len(core & present)
        if shared >= 2 and shared * 2 >= len(core) and (shared, -len(core)) > most:
            best, most = key, (shared, -len(core))
    return best


# ---- its items


def _items(reports: Reports, scope: Scope, *, form: bool) -> None:
    one = INSTRUMENTS.get(scope.key)
    for entry in scope.entries:
        if entry.code and not exists(entry.code) and one:
            reports.no_such(entry.code, entry.code_at, True)
        if entry.code in PANELS and _is_answerable(entry.item):
            reports.panel_as_total(entry.code, entry.code_at)
    if one is None:
        return
    core = one.items or one.more
    missing = [code for code in core if code not in set(scope.codes)]
    strays = [*_strays(scope), *(_twice(scope, core) if form else [])][: len(missing)]
    for entry in strays:
        what = (
            f"{entry.code} is no item of {one.title}" if entry.code not in core else f"{entry.code} stands here twice"
        )
        owner = f" but of {whose(entry.code)}" if entry.code not in core else ""
        fix = f"Of {one.title}, {', '.join(missing)} {_is_are(missing)} not here: use the one that is asked."
        reports.add("item", entry.code_at, what + owner, fix, entry.code)
    for entry in scope.entries:
        reports.misworded(entry.code, entry.code_at, *entry.labels)
    uncoded = sum(1 for entry in scope.entries if not entry.code and _is_question(entry.item))
    left = len(missing) - len(strays) - sum(1 for entry in scope.entries if entry.code and not exists(entry.code))
    if form and scope.by in ("panel", "name") and one.total and len(missing) < len(core) and left > uncoded:
        what = f"{one.title} has {len(core)} questions, and {', '.join(missing)} {_is_are(missing)} not here"
        reports.add("item-missing", (*scope.at, "item"), what, "Add what is missing, or call it by another name.")


def _is_are(some: list[str]) -> str:
    return "is" if len(some) == 1 else "are"


def _strays(scope: Scope) -> list[Entry]:
    """Return the items of other instruments, but of those that are asked too."""
    present = set(scope.codes)
    return [
        entry
        for entry in scope.entries
        if entry.code in ITEMS
        and scope.key not in OWNERS[entry.code]
        and all(len((_codes(owner) - _codes(scope.key)) & present) < 2 for owner in OWNERS[entry.code])
    ]


def _twice(scope: Scope, core: object) -> list[Entry]:
    met: set[str] = set()
    found = []
    for entry in scope.entries:
        if entry.code in met and isinstance(core, dict) and entry.code in core:
            found.append(entry)
        met.add(entry.code)
    return found


def _is_question(item: Node) -> bool:
    return item.get("type") not in ("group", "display")


def _is_answerable(item: Node) -> bool:
    if "type" in item:
        return _is_question(item)
    return _is_answered(item)


def _totals(reports: Reports, scope: Scope) -> None:
    present = set(scope.codes)
    own = INSTRUMENTS.get(scope.key)
    for entry in scope.entries:
        key = TOTALS.get(entry.code)
        if key is None:
            continue
        said = entry.labels[key == scope.key :]  # what the score of this instrument is called here is no matter
        if not reports.misnamed(entry.code, entry.code_at, *said) and own and key != scope.key:
            items = INSTRUMENTS[key].items
            asked = len(items.keys() & present) * 2 >= len(items) if items else key in scope.names
            if entry.code not in own.more and not asked and key not in scope.names:
                what = f"{is_score(entry.code)}, and this is {own.title}"
                reports.add("total", entry.code_at, what, right_total({scope.key}), entry.code)
        kind = entry.item.get("type")
        if isinstance(kind, str) and kind not in _SCORED:
            what = f"the score of {INSTRUMENTS[key].title} is a number, and no answer of type {kind}"
            reports.add("range", (*entry.at, "type"), what, "Ask for an integer or a decimal.", entry.code)
        for n, answer in numbered(entry.item, "answer"):
            for where, score in _scores(answer, (*entry.at, "answer", n)):
                reports.range(key, score, where)


def _scores(answer: Node, at: Path) -> Iterator[tuple[Path, Decimal]]:
    name, value = chosen(answer)
    where: Path = (*at, name)
    if isinstance(value, dict) and name == "valueQuantity":
        where, value = (*where, "value"), value.get("value")
    score = number(value)
    if score is not None:
        yield where, score


# ---- its answers, in a response


def _answers(reports: Reports, entry: Entry) -> None:
    if LISTS.get(ITEMS.get(entry.code, "")) is None:
        return
    for n, answer in numbered(entry.item, "answer"):
        here = (*entry.at, "answer", n)
        value = answer.get("valueCoding")
        if isinstance(value, dict):
            at = (*here, "valueCoding")
            allowed = reports.allowed(entry.code)
            theirs = LISTS[ITEMS[entry.code]]
            code = value["code"] if is_loinc(value) else ""
            weight = allowed.get(code)
            if code and code not in allowed and (not theirs.others or reports.is_known_answer(code)):
                reports.not_in_list(entry.code, (*at, "code"))
            elif weight is not None:
                reports.weight(entry.code, weight, [(at, value), (here, answer)])
        else:
            for where, score in _scores(answer, here):
                reports.item_range(entry.code, score, where)


def _partial(reports: Reports, scope: Scope, total: Entry) -> None:
    """Report a score beside which most questions are answered and one is not, but where another stands in its place."""
    one = INSTRUMENTS[scope.key]
    answered = {each.code for each in scope.entries if _is_answered(each.item)}
    missing = [code for code in one.items if code not in answered]
    is_told = any(each.rule == f"{RULE}item" for each in reports.found)
    if (
        missing
        and not is_told
        and scope.key not in _SKIPPING
        and len(missing) * 2 < len(one.items)
        and _is_answered(total.item)
    ):
        what = f"it is a score of {one.title}, and {', '.join(missing)} {_is_are(missing)} not answered"
        reports.add("partial", (*total.at, "answer"), what, "Leave the score out, or say why there is none.", one.total)


def _is_answered(item: Node) -> bool:
    return any(chosen(each)[0] for each in nodes(item, "answer"))


def _sum(reports: Reports, scope: Scope) -> None:
    """Report a total that is not the sum of the answers, where every scored item is answered by a code of its list."""
    one = INSTRUMENTS.get(scope.key)
    totals = [entry for entry in scope.entries if one and entry.code == one.total]
    if one is None or not one.items or len(totals) != 1:
        return
    weights: dict[str, int] = {}
    for entry in scope.entries:
        codings = [value for each in nodes(entry.item, "answer") if isinstance(value := each.get("valueCoding"), dict)]
        if entry.code in one.items and len(codings) == 1 and is_loinc(codings[0]) and entry.code not in weights:
            weight = reports.allowed(entry.code).get(codings[0]["code"])
            if weight is not None:
                weights[entry.code] = weight
    if len(weights) < len(one.items):
        _partial(reports, scope, totals[0])
        return
    for n, answer in numbered(totals[0].item, "answer"):
        for where, score in _scores(answer, (*totals[0].at, "answer", n)):
            if score != sum(weights.values()):
                fix = "Count again; the answers may have changed since."
                reports.add("sum", where, "the answers do not add up to this score", fix, one.total)
