"""The programme's own two forms, safety plan and return-to-use plan, as native entities over QuestionnaireResponse.

    {"resourceType": "QuestionnaireResponse", "questionnaire": ".../Questionnaire/safety-plan|1.0", "item": [
        {"linkId": "warning-signs", "answer": [{"valueString": "I stop answering the phone"}]}, ...]}

The forms are our own, CC0; they stand among the fixtures. Each answer is a text of the person's, with language and
speaker beside it as with a goal's own words (tables/words.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mappings.lens.combinators import Table
from mappings.lens.documents import MISSING, OPAQUE, Desk, View
from mappings.lens.lists import Each, One
from mappings.lens.notation import at, const, each, table
from mappings.lens.parts import Slice
from mappings.model import ReturnToUsePlan, SafetyPlan
from mappings.tables.datatypes import DATE_TIME, REFERENCE
from mappings.tables.primitives import CODE, codes
from mappings.tables.record import record
from mappings.tables.response_identifiers import Identifiers
from mappings.tables.words import Said
from mappings.terms.systems import LOCAL
from mappings.tree import Tree

# https://hl7.org/fhir/R4/valueset-questionnaire-answers-status.html
STATUS = codes("in-progress completed amended entered-in-error stopped")
SAFETY_PLAN = LOCAL + "Questionnaire/safety-plan"
"""Local: our own form, CC0."""
RETURN_TO_USE_PLAN = LOCAL + "Questionnaire/return-to-use-plan"
"""Local: our own form, CC0."""
VERSION = "1.0"

# fmt: off
SECTIONS = {
    # native field          linkId                  the question on the form
    "warning_signs":      ("warning-signs",        "How do I notice that it begins?"),
    "triggers":           ("triggers",             "What brings it on?"),
    "coping":             ("coping",               "What can I do by myself?"),
    "people":             ("people",               "Who is good to be with, and whom can I ask?"),
    "professionals":      ("professionals",        "Which professionals and services can I reach, day and night?"),
    "safer_environment":  ("safer-environment",    "What makes the place around me safer?"),
    "reasons_for_living": ("reasons-for-living",   "What do I live for?"),
}
# fmt: on


@dataclass(frozen=True, slots=True)
class Answering:
    """The mark of a response to one of our forms; one to a version that is not known here is any other response."""

    url: str

    def holds(self, raw: Tree) -> bool:
        return raw.get("questionnaire") in (self.url, f"{self.url}|{VERSION}")

    def owns(self, name: str) -> bool:
        return name == "questionnaire"

    def put(self, raw: Tree) -> Tree:
        return raw if self.holds(raw) else {**raw, "questionnaire": f"{self.url}|{VERSION}"}


class Told:
    """An answer as a Text: the string, and in its twin the language and the speaker."""

    _said = Said()

    def read(self, raw: Tree, view: View, key: str | None = None) -> Any:
        if type(raw) is not dict or "modifierExtension" in raw:
            return OPAQUE
        return self._said.read(raw, view, key)

    def write(self, raw: Tree, was: Any, now: Any, desk: Desk) -> Tree:
        return MISSING if now is None else self._said.write({} if raw is MISSING else raw, was, now, desk)


@dataclass(frozen=True, slots=True)
class Section:
    """The item of one question as the list of its answers."""

    link_id: str
    text: str

    _answers = at("answer", each(Told()))

    def __call__(self, node: Tree) -> bool:
        return isinstance(node, dict) and node.get("linkId") == self.link_id

    def read(self, raw: Tree, view: View, key: str | None = None) -> Any:
        if type(raw) is not dict or "modifierExtension" in raw:
            return OPAQUE
        return self._answers.read(raw, view) or None

    def write(self, raw: Tree, was: Any, now: Any, desk: Desk) -> Tree:
        if not now:
            return MISSING
        node = {"linkId": self.link_id, "text": self.text} if raw is MISSING else raw
        return self._answers.write(node, was, now, desk)


class InOrder:
    """The row of a section; a new one is put where the form has it."""

    of = "item"

    def __init__(self, link_id: str, text: str) -> None:
        self.link_id = link_id
        self.inner = Section(link_id, text)
        self._slice = Slice("item", One(Each(self.inner, mine=self.inner)))

    def owns(self, name: str) -> bool:
        return self._slice.owns(name)

    def read(self, raw: Tree, view: View) -> Any:
        return self._slice.read(raw, view)

    def write(self, raw: Tree, was: Any, now: Any, desk: Desk) -> Tree:
        new = self._slice.write(raw, was, now, desk)
        if was is not None or now is None:
            return new
        *others, added = new["item"]
        after = _ORDER[_ORDER.index(self.link_id) + 1 :]
        at_ = next((n for n, x in enumerate(others) if isinstance(x, dict) and x.get("linkId") in after), len(others))
        return {**new, "item": [*others[:at_], added, *others[at_:]]}


_ORDER = [link_id for link_id, _ in SECTIONS.values()]


def _form(native: type, url: str) -> Table:
    # fmt: off
    return table(native,
        const("resourceType", "QuestionnaireResponse"),
        const("questionnaire", f"{url}|{VERSION}"),
        *record(recorded_by=at("author", REFERENCE), identifiers=Identifiers()),
        ("lang",        at("language", CODE)),
        ("status",      at("status", STATUS)),
        ("person",      at("subject", REFERENCE)),
        ("visit",       at("encounter", REFERENCE)),
        ("date",        at("authored", DATE_TIME)),
        ("answered_by", at("source", REFERENCE)),
        *((field, InOrder(*asked)) for field, asked in SECTIONS.items()),
        root=True)
    # fmt: on


OWN_FORMS = (
    (Answering(SAFETY_PLAN), _form(SafetyPlan, SAFETY_PLAN)),
    (Answering(RETURN_TO_USE_PLAN), _form(ReturnToUsePlan, RETURN_TO_USE_PLAN)),
)
