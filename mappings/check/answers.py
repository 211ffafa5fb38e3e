"""Is this response an answer to its questionnaire? Each item against the one of the form that has its linkId.

    answer_rules.py   the rules in words        enabled.py   which items the answers make the form ask
    answer_values.py  values and lists of them  sets.py      the form of each response in a set of documents

An answer is never repeated in a finding. What is not judged: calculated values, regular expressions, attachments.

https://hl7.org/fhir/R4/questionnaireresponse.html#notes
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from contextlib import suppress

from mappings.check import answer_values as v
from mappings.check.answer_rules import FIXES
from mappings.check.answer_values import Node, chosen, extension, nodes, numbered
from mappings.check.enabled import Answers
from mappings.check.findings import MAX_FINDINGS
from mappings.check.findings import finding as finding_of
from mappings.check.rules import Finding
from mappings.tree import Path, Tree

COMPLETE = frozenset({"completed", "amended"})
"""Statuses of a response that answers all that is required:
https://hl7.org/fhir/R4/questionnaire-definitions.html#Questionnaire.item.required"""

# fmt: off
_TYPES = {
    # item.type     the types of its answers   https://hl7.org/fhir/R4/valueset-item-type.html, R5 the same but choices
    "boolean":      ("Boolean",),
    "decimal":      ("Decimal",),
    "integer":      ("Integer",),
    "date":         ("Date",),
    "dateTime":     ("DateTime",),
    "time":         ("Time",),
    "string":       ("String",),
    "text":         ("String",),
    "url":          ("Uri",),
    "choice":       ("Coding",),
    "open-choice":  ("Coding", "String"),
    "coding":       ("Coding",),
    "attachment":   ("Attachment",),
    "reference":    ("Reference",),
    "quantity":     ("Quantity",),
}
_OPTION_TYPES = ("Integer", "Date", "Time", "String", "Reference")
_CHOICES = ("choice", "open-choice")
# fmt: on
_MIN_QUANTITY = "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-minQuantity"
_MAX_QUANTITY = "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-maxQuantity"


def judge_answers(
    response: Tree, questionnaire: Tree, release: str, *, value_sets: Mapping[str, Node] | None = None
) -> list[Finding]:
    """Return where a response does not answer its questionnaire, at most MAX_FINDINGS. Never raises for two trees.

    release     "R4" or "R5", of both; another raises KeyError
    value_sets  canonical url -> ValueSet, for those that the questionnaire does not contain
    """
    judge = _Judge(response, questionnaire, release, value_sets or {})
    with suppress(RecursionError):  # which `check` says
        judge.level(response, (), questionnaire, True)
    return judge.found[:MAX_FINDINGS]


def finding(rule: str, root: str, at: Path, what: str, release: str) -> Finding:
    """Return a finding of this level, with what its rule says would mend it."""
    return finding_of(rule, root, at, what, FIXES[rule], release=release)


class _Judge:
    """One response against one form. `known` are all items of the form by linkId."""

    def __init__(self, response: Tree, form: Tree, release: str, value_sets: Mapping[str, Node]) -> None:
        self.release = release
        self.found: list[Finding] = []
        self.complete = isinstance(response, dict) and response.get("status") in COMPLETE
        self.translated = _other_language(response, form)
        self.answers = Answers(response)
        self.known: dict[str, Node] = {}
        self.value_sets = {**value_sets, **{f"#{one.get('id')}": one for one in nodes(form, "contained")}}
        self.unchecked: set[str] = set()
        waiting = nodes(form, "item")
        while waiting:
            item = waiting.pop()
            if isinstance(item.get("linkId"), str):
                self.known.setdefault(item["linkId"], item)
            waiting.extend(nodes(item, "item"))

    def report(self, rule: str, at: Path, what: str) -> None:
        self.found.append(finding(f"answer/{rule}", "QuestionnaireResponse", at, what, self.release))

    # ---- items

    def level(self, holder: Tree, at: Path, of: Tree, asked: bool | None) -> None:
        """Judge the items below a place of the response, against those below a place of the form.

        asked   whether all that is around them is enabled
        """
        defined = nodes(of, "item")
        turn = {item.get("linkId"): n for n, item in enumerate(defined) if isinstance(item.get("linkId"), str)}
        met: dict[str, list[tuple[Path, Node]]] = defaultdict(list)
        last = -1
        for n, item in numbered(holder, "item"):
            link, here = item.get("linkId"), (*at, "item", n)
            if not isinstance(link, str):
                continue
            if link in turn:
                if turn[link] < last:
                    self.report("order", here, "the questionnaire has this item before an earlier one")
                last = turn[link]
                met[link].append((here, item))
            elif link in self.known:
                self.report("misplaced", here, "the questionnaire has this item elsewhere")
                self.item(self.known[link], item, here, None)
            else:
                self.report("unknown-item", (*here, "linkId"), "the questionnaire has no item of this linkId")
        for item in defined:
            self.items(item, met.get(str(item.get("linkId")), []), at, asked)

    def items(self, item: Node, met: list[tuple[Path, Node]], at: Path, asked: bool | None) -> None:
        """Judge all items of one linkId below a place of the response."""
        around, is_group = asked, item.get("type") == "group"
        asked = _both(around, self.answers.enabled(item, met[0][0] if met else at))
        required = item.get("required") is True and item.get("type") != "display"
        if required and asked and self.complete and not any(_is_answered(one) for _, one in met):
            what = "nothing of this required group is answered" if is_group else "this required item is not answered"
            self.report("required", met[0][0] if met else (*at, "item"), _named(what, item))
        if len(met) > 1:
            if item.get("repeats") is not True:
                self.report("repeats", met[1][0], "an earlier item has this linkId, and the item does not repeat")
            elif not is_group:
                self.report("apart", met[1][0], "an earlier item has this linkId")
        self.occurrences(item, met)
        for n, (here, one) in enumerate(met):
            self.item(item, one, here, asked if n == 0 else _both(around, self.answers.enabled(item, here)))

    def occurrences(self, item: Node, met: list[tuple[Path, Node]]) -> None:
        least, most = (v.whole(extension(item, f"questionnaire-{name}Occurs")) for name in ("min", "max"))
        if (least is None and most is None) or not met:
            return
        is_group = item.get("type") == "group"
        count = len(met) if is_group else sum(len(nodes(one, "answer")) for _, one in met)
        where = met[0][0] if is_group else (*met[0][0], "answer")
        if least is not None and 0 < count < least and self.complete:
            self.report("min-occurs", where, f"{count} where at least {least} are asked for")
        if most is not None and count > most:
            self.report("max-occurs", where, f"{count} where at most {most} are allowed")

    def item(self, item: Node, one: Node, here: Path, asked: bool | None) -> None:
        """Judge one item of the response."""
        self.text(item, one, here)
        kind = item.get("type")
        if asked is False and _is_answered(one):
            self.report("disabled", here, "the item is answered, and its conditions do not hold")
            asked = None  # said once, for all below it
        if kind == "display":
            if "answer" in one or "item" in one:
                self.report("display-answer", here, "a display item is answered")
            return
        answers = list(numbered(one, "answer"))
        if kind == "group":
            if "answer" in one:
                self.report("group-answer", (*here, "answer"), "a group is answered")
            self.level(one, here, item, asked)
            return
        if "item" in one:
            self.report("nesting", (*here, "item"), "items stand beside the answer to a question")
            self.level(one, here, item, None)
        if len(answers) > 1:
            if item.get("repeats") is not True:
                self.report("repeats", (*here, "answer", 1), "there are several answers, and the item does not repeat")
            self.alone(item, answers, here)
        for n, answer in answers:
            self.answer(item, answer, (*here, "answer", n))
            self.level(answer, (*here, "answer", n), item, asked)

    def text(self, item: Node, one: Node, here: Path) -> None:
        if not self.translated and _differs(one.get("text"), item, "text"):
            self.report("text", (*here, "text"), "the questionnaire asks this in other words")

    # ---- answers

    def alone(self, item: Node, answers: list[tuple[int, Node]], here: Path) -> None:
        options = nodes(item, "answerOption")
        for n, answer in answers:
            one = v.option(*chosen(answer), options)
            if one is not None and extension(one, "questionnaire-optionExclusive") is True:
                self.report("exclusive", (*here, "answer", n), "this option excludes the other answers")

    def answer(self, item: Node, answer: Node, here: Path) -> None:
        key, value = chosen(answer)
        if not key or not isinstance(item.get("type"), str) or item["type"] not in _TYPES:
            return  # nothing is said, or it is not said of which type
        kind, at = v.kind_of(key), (*here, key)
        options = nodes(item, "answerOption")
        allowed = self.allowed(item, options)
        if kind not in allowed:
            words = " or ".join(sorted({f"value{one}" for one in allowed}))
            self.report("type", at, f"the question asks for {words}")
            return
        if value is None:
            return
        self.limits(item, kind, value, at)
        if self.is_free(item, kind):
            return
        if options and self.chooses(item) and v.is_option(key, value, options) is False:
            self.report("option", at, "the answer is none of the options")
        elif kind == "Coding" and isinstance(item.get("answerValueSet"), str):
            self.value_set(item["answerValueSet"], value, at)
        self.display(v.option(key, value, options), value, at)

    def allowed(self, item: Node, options: list[Node]) -> set[str]:
        """Return the types that an answer may have: the item's, those of its options, free text where it is open."""
        types = set(_TYPES[item["type"]])
        if item["type"] in _CHOICES and options:
            theirs = {v.kind_of(chosen(one)[0]) for one in options if chosen(one)[0]}
            types = (types & {"String"}) | (theirs & {"Coding", *_OPTION_TYPES})
        if item.get("answerConstraint") == "optionsOrString":
            types.add("String")
        return types

    def chooses(self, item: Node) -> bool:
        """Return whether the options are all that may be answered: in R4 of choices, in R5 unless it says otherwise."""
        if item["type"] in _CHOICES:
            return True
        return self.release == "R5" and item.get("answerConstraint", "optionsOnly") != "optionsOrType"

    def is_free(self, item: Node, kind: str) -> bool:
        """Return whether this type of answer need not be listed."""
        constraint = item.get("answerConstraint")
        if constraint == "optionsOrType":
            return True
        return kind == "String" and (item["type"] == "open-choice" or constraint == "optionsOrString")

    def value_set(self, canonical: str, coding: Tree, at: Path) -> None:
        held = self.value_sets.get(canonical) or self.value_sets.get(canonical.partition("|")[0])
        said = v.is_in(coding, held) if held is not None else None
        if said is False:
            self.report("value-set", at, "the code is not in the value set")
        elif said is None and canonical not in self.unchecked:
            self.unchecked.add(canonical)
            why = "is not at hand" if held is None else "does not list its codes"
            self.report("value-set-not-checked", at, f"the value set of the question {why}")

    def display(self, option: Node | None, coding: Tree, at: Path) -> None:
        theirs = option.get("valueCoding") if option is not None else None
        if self.translated or not isinstance(theirs, dict) or not isinstance(coding, dict):
            return
        if _differs(coding.get("display"), theirs, "display"):
            self.report("display", (*at, "display"), "the option of this code has another display")

    def limits(self, item: Node, kind: str, value: Tree, at: Path) -> None:
        for name, url, beyond in (("min-value", "minValue", -1), ("max-value", "maxValue", 1)):
            limit = extension(item, url)
            if kind == "Quantity":
                sdc = extension(item, _MIN_QUANTITY if beyond < 0 else _MAX_QUANTITY)
                limit = sdc if sdc is not None else limit
            order = v.compared(kind, value, limit) if limit is not None else None
            if order is not None and order * beyond > 0:
                self.report(name, at, "the value is out of the range that is allowed")
        decimals = v.whole(extension(item, "maxDecimalPlaces"))
        if kind == "Decimal" and decimals is not None and v.places(value) > decimals:
            self.report("decimal-places", at, f"the value has more than {decimals} decimal places")
        if kind in ("String", "Uri") and isinstance(value, str):
            most, least = v.whole(item.get("maxLength")), v.whole(extension(item, "minLength"))
            if most is not None and len(value) > most:
                self.report("max-length", at, f"the text has more than {most} characters")
            if least is not None and len(value) < least:
                self.report("min-length", at, f"the text has fewer than {least} characters")
        if kind == "Reference" and isinstance(value, dict):
            self.reference(item, value, at)

    def reference(self, item: Node, value: Node, at: Path) -> None:
        url = "http://hl7.org/fhir/StructureDefinition/questionnaire-referenceResource"
        types = [chosen(one)[1] for one in nodes(item, "extension") if one.get("url") == url]
        link = value.get("reference")
        parts = link.partition("/_history/")[0].split("/") if isinstance(link, str) else []
        if types and len(parts) > 1 and parts[-2][:1].isupper() and parts[-2] not in types:
            self.report("reference-type", at, "the reference is to a resource of another type")


def _both(one: bool | None, other: bool | None) -> bool | None:
    return False if False in (one, other) else None if None in (one, other) else True


def _named(what: str, item: Node) -> str:
    """Say which item is missing by its linkId, which is the form's and no person's."""
    link = item.get("linkId")
    return f"{what}: linkId {link}" if isinstance(link, str) and len(link) <= 80 and link.isprintable() else what


def _is_answered(item: Node) -> bool:
    """Return whether an item or one below it has an answer; a reason why there is none is one."""
    for answer in nodes(item, "answer"):
        if chosen(answer)[0] or "extension" in answer or any(map(_is_answered, nodes(answer, "item"))):
            return True
    return any(map(_is_answered, nodes(item, "item")))


def _differs(said: Tree, theirs: Node, name: str) -> bool:
    """Return whether a text is neither the form's nor a translation of it. Case and white space do not count."""
    text = theirs.get(name)
    if not isinstance(said, str) or not isinstance(text, str):
        return False
    return _plain(said) not in {_plain(text), *_translations(theirs.get(f"_{name}"))}


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold()


def _translations(twin: Tree) -> set[str]:
    """Return what a text is in other languages: http://hl7.org/fhir/StructureDefinition/translation."""
    found = [one for each in nodes(twin, "extension") for one in nodes(each, "extension")]
    return {_plain(one["valueString"]) for one in found if isinstance(one.get("valueString"), str)} | {
        _plain(one["valueMarkdown"]) for one in found if isinstance(one.get("valueMarkdown"), str)
    }


def _other_language(response: Tree, form: Tree) -> bool:
    """Return whether both say their language, and not the same one."""
    said, asked = (one.get("language") if isinstance(one, dict) else None for one in (response, form))
    return isinstance(said, str) and isinstance(asked, str) and said.partition("-")[0] != asked.partition("-")[0]
