"""Is this response an answer to its questionnaire? Each item against the one of the form that has its linkId.

    rules.py     the rules in words                   form.py       the form, as it is asked
    checks.py    one answer to a question             enabled.py    which items the answers make the form ask
    patterns.py  regular expressions of a form        units.py      units of quantities
    sets.py      value sets                           beside.py     the form of each response in a set of documents
    values.py    answers as values                    conditions.py conditions of a form, which need no response

An answer is never repeated in a finding. What is not judged: expressions (calculated values, conditions, constraints).

https://hl7.org/fhir/R4/questionnaireresponse.html#notes
"""

from __future__ import annotations

from collections import defaultdict
from contextlib import suppress

from mappings.check.answers.checks import Judged, check_answer, referred
from mappings.check.answers.enabled import Answers
from mappings.check.answers.form import READINGS, Form, Question, answers_something
from mappings.check.answers.rules import finding
from mappings.check.answers.sets import AnswerSets
from mappings.check.answers.values import chosen, compared
from mappings.check.findings import MAX_FINDINGS
from mappings.check.rules import Finding
from mappings.nodes import Node, nodes, numbered
from mappings.tree import Path, Tree

COMPLETE = ("completed", "amended")
"""Statuses of a response that answers all that is required:
https://hl7.org/fhir/R4/questionnaire-definitions.html#Questionnaire.item.required"""


def judge_answers(
    response: Tree, questionnaire: Tree | Form, release: str, *, sets: AnswerSets | None = None
) -> list[Finding]:
    """Return where a response does not answer its questionnaire, at most MAX_FINDINGS. Never raises for two trees.

    release     "R4" or "R5", of both; another raises KeyError
    sets        the value sets that are at hand, those that the questionnaire contains included; None: only these
    """
    READINGS[release]
    judge = None
    with suppress(RecursionError):  # which `check` says
        form = questionnaire if isinstance(questionnaire, Form) else Form(questionnaire)
        judge = _Judge(response, form, release, sets or AnswerSets((), release).within(form.tree))
        judge.period()
        judge.subject()
        judge.level(response, (), form.root, True)
    return judge.found[:MAX_FINDINGS] if judge else []


class _Judge(Judged):
    """One response against one form."""

    def __init__(self, response: Tree, form: Form, release: str, sets: AnswerSets) -> None:
        super().__init__(response, READINGS[release], sets, translated=_other_language(response, form))
        self.release = release
        self.form = form
        self.found: list[Finding] = []
        self.complete = str(self.response.get("status")) in COMPLETE
        self.answers = Answers(response, form)

    def report(self, rule: str, at: Path, what: str) -> None:
        if len(self.found) <= MAX_FINDINGS:
            self.found.append(finding(f"answer/{rule}", "QuestionnaireResponse", at, what, self.release))

    def period(self) -> None:
        """Compare when it was answered with when the form may be used."""
        period, authored = self.form.tree.get("effectivePeriod"), self.response.get("authored")
        for name, beyond in (("start", -1), ("end", 1)):
            limit = period.get(name) if isinstance(period, dict) else None
            order = compared("DateTime", authored, limit)
            if order is not None and order * beyond > 0:
                self.report("period", ("authored",), f"it was answered {_WHEN[name]} of the form's effectivePeriod")

    def subject(self) -> None:
        """Compare whom or what it is about with what the form may be about."""
        types = self.form.tree.get("subjectType")
        kind = referred(self.response, self.response.get("subject")) if isinstance(types, list) else ""
        if kind and isinstance(types, list) and kind not in types and all(isinstance(one, str) for one in types):
            self.report("subject", ("subject",), f"the questionnaire is about a {' or '.join(map(str.__str__, types))}")

    # ---- items

    def level(self, holder: Tree, at: Path, of: Question, asked: bool | None) -> None:
        """Judge the items below a place of the response, against those below a place of the form.

        asked   whether all that is around them is enabled
        """
        met: dict[str, list[tuple[Path, Node]]] = defaultdict(list)
        last = -1
        for n, item in numbered(holder, "item"):
            link, here = item.get("linkId"), (*at, "item", n)
            if not isinstance(link, str):
                continue
            turn = of.turn.get(link)
            if turn is not None:
                if turn < last:
                    self.report("order", here, "the questionnaire has this item before an earlier one")
                last = turn
                met[link].append((here, item))
            elif link in self.form.known:
                self.report("misplaced", here, _place(self.form.known[link]))
                self.item(self.form.known[link], item, here, None)
            else:
                self.report("unknown-item", (*here, "linkId"), "the questionnaire has no item of this linkId")
        for question in of.below:
            self.items(question, met.pop(question.link, []), at, asked)

    def items(self, question: Question, met: list[tuple[Path, Node]], at: Path, asked: bool | None) -> None:
        """Judge all items of one linkId below a place of the response."""
        enabled = [_both(asked, self.answers.enabled(question, here)) for here, _ in met]
        if question.item.get("required") is True and question.kind != "display" and self.complete:
            self.required(question, met, at, enabled or [_both(asked, self.answers.enabled(question, at))])
        is_group = question.kind == "group"
        if len(met) > 1:
            if question.item.get("repeats") is not True:
                self.report("repeats", met[1][0], "an earlier item has this linkId, and the item does not repeat")
            elif not is_group:
                self.report("apart", met[1][0], "an earlier item has this linkId")
        self.occurrences(question, met)
        for (here, one), is_enabled in zip(met, enabled, strict=True):
            self.item(question, one, here, is_enabled)

    def required(self, question: Question, met: list[tuple[Path, Node]], at: Path, enabled: list[bool | None]) -> None:
        if not met:
            if enabled == [True]:
                what = "a required group is missing" if question.kind == "group" else "a required item is missing"
                self.report("required", (*at, "item"), named(what, question))
            return
        for (here, one), is_enabled in zip(met, enabled, strict=True):
            if is_enabled is not True:
                continue
            if question.kind == "group":
                if not self.reading.holds(one):
                    self.report("required", here, named("nothing of this required group is answered", question))
            elif not nodes(one, "answer") or not answers_something(one):
                self.report("required", here, named("this required item is not answered", question))

    def occurrences(self, question: Question, met: list[tuple[Path, Node]]) -> None:
        least, most = question.count("questionnaire-minOccurs"), question.count("questionnaire-maxOccurs")
        if (least is None and most is None) or not met:
            return
        is_group = question.kind == "group"
        count = len(met) if is_group else sum(len(nodes(one, "answer")) for _, one in met)
        where = met[0][0] if is_group else (*met[0][0], "answer")
        if least is not None and 0 < count < least and self.complete:
            self.report("min-occurs", where, f"{count} where at least {least} are asked for")
        if most is not None and count > most:
            self.report("max-occurs", where, f"{count} where at most {most} are allowed")

    def item(self, question: Question, one: Node, here: Path, asked: bool | None) -> None:
        """Judge one item of the response."""
        self.text(question, one, here)
        if asked is False and (nodes(one, "answer") or nodes(one, "item")):
            self.report("disabled", here, named(_condition(question), question))
            asked = None  # said once, for all below it
        if question.kind == "display":
            if "answer" in one or "item" in one:
                self.report("display-answer", here, "a display item has an answer or items")
            return
        if question.kind == "group":
            if "answer" in one:
                self.report("group-answer", (*here, "answer"), "a group is answered")
            self.level(one, here, question, asked)
            return
        if "item" in one:
            self.report("nesting", (*here, "item"), "items stand beside the answer to a question")
        answers = list(numbered(one, "answer"))
        if len(answers) > 1:
            if question.item.get("repeats") is not True:
                self.report("repeats", (*here, "answer", 1), "there are several answers, and the item does not repeat")
            self.alone(question, answers, here)
        for n, answer in answers:
            key, value = chosen(answer)
            if key and question.types:
                check_answer(self, question, key, value, (*here, "answer", n, key))
            self.level(answer, (*here, "answer", n), question, asked)

    def alone(self, question: Question, answers: list[tuple[int, Node]], here: Path) -> None:
        for n, answer in answers:
            if question.excludes_others(*chosen(answer)):
                self.report("exclusive", (*here, "answer", n), "this option excludes the other answers")


_WHEN = {"start": "before the start", "end": "after the end"}


def named(what: str, question: Question) -> str:
    """Say which item is meant by its linkId, which is the form's and no person's."""
    link = _shown(question.link)
    return f"{what}: linkId {link}" if link else what


def _shown(link: Tree) -> str:
    return str.__str__(link) if isinstance(link, str) and len(link) <= 80 and link.isprintable() else ""


def _place(question: Question) -> str:
    around = question.within[-1]
    if not around.link:
        return "the questionnaire has this item at its root"
    return named("the questionnaire has this item below another one", around)


def _condition(question: Question) -> str:
    links = sorted(filter(None, {_shown(one.get("question")) for one in nodes(question.item, "enableWhen")}))
    if not links:
        return "what is around this item is not asked"
    return f"this item is asked only if its conditions on {', '.join(links[:5])} hold, and they do not"


def _both(one: bool | None, other: bool | None) -> bool | None:
    return False if False in (one, other) else None if None in (one, other) else True


def _other_language(response: Tree, form: Form) -> bool:
    """Return whether both say their language, and not the same one."""
    said = response.get("language") if isinstance(response, dict) else None
    asked = form.tree.get("language")
    return isinstance(said, str) and isinstance(asked, str) and said.partition("-")[0] != asked.partition("-")[0]
