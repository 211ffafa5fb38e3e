"""What HL7's validator says of answers, by rule of ours, and why one side is alone with it.

Finer than agreement.py, which takes all of this level as one rule. A place is the same where one lies within the
other; the validator leaves `answer[0]` out on the way to items below answers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from mappings.check import Finding as Ours
from mappings.check.answers.enabled import EXPRESSIONS
from mappings.check.answers.form import Form, Question
from mappings.nodes import nodes
from mappings.tree import Tree
from peers.agreement import near, place
from peers.referee import SEVERE
from peers.referee import Finding as Theirs

# fmt: off
_KINDS = (
    # rule             its sentence
    ("unknown-item",   r"LinkId '.*' not found in q"),
    ("misplaced",      r"Structural Error: item with linkid"),
    ("order",          r"Structural Error: items are out of order"),
    ("nesting",        r"Items not of type group should not have items"),
    ("required",       r"No response answer found for required|No sub-items found for required"),
    ("repeats",        r"Only one response"),
    ("disabled",       r"Item has answer, even though it is not enabled"),
    ("type",           r"Answer value must be|Option list has no option values"),
    ("group-answer",   r"Items of type \W*(?:question|group)\W* should not have answers"),
    ("display-answer", r"Items not of type DISPLAY|Items of type 'display' cannot"),
    ("option",         r"The .* is not in the set of permitted values"),
    ("value-set",      r"The .* is not in the options value set|The value .* is not in the list of allowed values"),
    ("exclusive",      r"Selected answer .* is an exclusive option"),
    ("min-value",      r"The .* is less than the allowed minimum"),
    ("max-value",      r"The .* is greater than the allowed maximum"),
    ("limit-unit",     r"The quantity .* cannot be compared to"),
    ("unit",           r"The value .* has a unit that is not"),
    ("decimal-places", r"The value .* has too many decimal places"),
    ("max-length",     r"The answer .* is longer then"),
    ("min-length",     r"The answer .* is shorter then"),
    ("regex",          r"The answer .* does not conform to the"),
    ("max-occurs",     r"The maximum number of answers is"),
    ("min-occurs",     r"The minimum number of answers is"),
    ("mime-type",      r"The mime type|A mime type is required"),
    ("max-size",       r"The attachment is too large"),
    ("text",           r"If text exists, it must match"),
)
STOPPED = re.compile(
    r"incompatible types|Bad operator for|Unimplemented answer type|Exists-operator|Cannot invoke|"
    r"The questionnaire .* could not be resolved"
)
"""Sentences with which it stops judging a response, or never begins."""

_TYPED = "valueset-item-type.html: the type of an answer is that of its question, a coding where none is listed"
_LENGTH = "Questionnaire.item.maxLength and the extensions minLength and regex speak of every text, not of strings only"
_ALONE = {
    # rule             why we alone say it
    "type":            _TYPED,
    "max-length":      _LENGTH,
    "min-length":      _LENGTH,
    "regex":           _LENGTH,
    "reference-type":  "questionnaire-referenceResource: \"indicates a type of resource that is permitted\"",
    "min-value":       "sdc-questionnaire-minQuantity: it compares the wrong way round",
    "value-set":       "a code of a system that it does not know is a warning; the value set lists its codes",
}
# fmt: on


@dataclass(frozen=True, slots=True)
class Said:
    """One finding of either side: our rule, the place without answer[0], its words."""

    rule: str
    place: str
    text: str

    def meets(self, other: Said) -> bool:
        """Return whether both say the same of one place."""
        return self.rule == other.rule and near(self.place, other.place)


def ours(found: Iterable[Ours]) -> list[Said]:
    """Return our errors of the level answer."""
    mine = (f for f in found if f.level == "answer" and f.severity in SEVERE)
    return [Said(f.rule.removeprefix("answer/"), _flat(f.path), f.text) for f in mine]


def theirs(found: Iterable[Theirs]) -> list[Said]:
    """Return its errors about answers, each at a place once."""
    said: dict[tuple[str, str], Said] = {}
    for each in found:
        rule = next((rule for rule, words in _KINDS if re.match(words, each.text)), "")
        if rule and each.severity in SEVERE:
            one = Said(rule, _flat(place(each.at)), each.text)
            said.setdefault((one.rule, one.place), one)
    return list(said.values())


def _flat(path: str) -> str:
    return re.sub(r"\.answer\[\d+\](?=\.item)", "", path)


def unmet(some: Iterable[Said], others: list[Said]) -> Iterator[Said]:
    """Yield what the others do not say; of an answer of the wrong type or in the wrong place one word is enough."""
    for said in some:
        wrong = [one for one in others if one.rule in _ENOUGH and near(_item(one.place), _item(said.place))]
        if not any(said.meets(other) for other in others) and not (wrong and said.rule in _FOLLOWS):
            yield said


_ENOUGH = {"type", "disabled", "group-answer", "display-answer", "misplaced", "option"}
_FOLLOWS = {"option", "type", "regex", "mime-type", "max-length", "min-length", "required", "value-set", "text"}


def _item(path: str) -> str:
    return re.sub(r"\.answer.*|\.text$|\.item$", "", path)


def why_ours(said: Said) -> str:
    """Return why we alone say something, "" where that is not known."""
    return _ALONE.get(said.rule, "")


def why_theirs(said: Said, form: Tree, ours_too: list[Said]) -> str:
    """Return why it alone says something, "" where that is not known."""
    known = Form(form)
    link = re.search(r"(?:item id = |required item |linkid )'?([^')]*)'?", said.text)
    question = known.known.get(link[1]) if link else None
    reason = _REASONS[said.rule](said, question) if said.rule in _REASONS else ""
    if not reason and said.rule == "disabled" and any(one.rule in ("misplaced", "unknown-item") for one in ours_too):
        return "the question that is asked for stands in the wrong place, where the specification finds it all the same"
    return reason


def _disabled(said: Said, question: Question | None) -> str:
    if question is None:
        return ""
    if any(url in question.extensions for url in EXPRESSIONS):
        return "expressions are not judged"
    conditions = [one for around in (*question.within, question) for one in nodes(around.item, "enableWhen")]
    if any(one.get("operator") == "!=" for one in conditions):
        return '!=: "True if no answer has a value that is equal": valueset-questionnaire-enable-operator.html'
    if any("answerQuantity" in one for one in conditions):
        return "it compares the numbers of quantities in different units"
    return ""


def _occurs(said: Said, question: Question | None) -> str:
    limit, found = (int(one) for one in re.findall(r"\d+", said.text)[:2])
    if limit == found:
        return f'the {"maximum" if said.rule == "max-occurs" else "minimum"} itself is allowed: "The maximum number"'
    if found == 0:
        return '"The minimum number of times the group must appear": it counts answers of groups'
    return "each item is counted for itself, where a question stands several times" if found == 1 else ""


# fmt: off
_REASONS: dict[str, Callable[[Said, Question | None], str]] = {
    "disabled":   _disabled,
    "min-occurs": _occurs,
    "max-occurs": _occurs,
    "value-set":  lambda said, _: "its terminology does not read contained value sets, and knows few code systems"
                  if re.search(r"Unknown code|Validation failed", said.text) else "",
    "required":   lambda said, question: 'que-6: "Required and repeat aren\'t permitted for display items"'
                  if question is not None and question.kind == "display" else "",
    "min-value":  lambda said, _: _ALONE["min-value"] if "quantity" in said.text else "",
    "unit":       lambda said, _: 'questionnaire-unitOption: "match on code and system, but no match on display/unit, '
                  'systems MAY raise a warning"',
    "option":     lambda said, _: 'optionsOrType: "any other values that correspond to the specified item.type are '
                  'permitted": valueset-questionnaire-answer-constraint.html',
}
# fmt: on
