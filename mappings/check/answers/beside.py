"""The questionnaires and value sets that are at hand for responses: contained, in the same Bundle or folder, or given.

    AtHand(resources, "R4").judged(response) -> [Finding(level="answer", ...)]

Each questionnaire is read once, however many responses answer it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from mappings.check.answers import judge_answers
from mappings.check.answers.form import Form
from mappings.check.answers.rules import finding
from mappings.check.answers.sets import AnswerSets
from mappings.check.rules import Finding
from mappings.nodes import Node, nodes

_NAMED = ("questionnaire",)


class AtHand:
    """Questionnaires by what may name them (url, url|version, Type/id), and value sets."""

    def __init__(self, resources: Iterable[Node], release: str, *, beside: Iterable[Node] = ()) -> None:
        mine, others = list(resources), list(beside)
        self._release = release
        self._forms = _forms(mine)
        self._types = {one["url"]: str(one.get("resourceType")) for one in mine if isinstance(one.get("url"), str)}
        for name, forms in _forms(others).items():
            self._forms.setdefault(name, forms)  # those of the set come first
        self._sets = AnswerSets((*mine, *others), release)
        self._read: dict[int, tuple[Form, AnswerSets]] = {}

    def judged(self, response: Node) -> list[Finding]:
        """Return what is wrong with the answers of a response, or why that is not said."""
        named = response.get("questionnaire")
        if not isinstance(named, str):
            # R5 demands the element, R4's notes allow a response without one; what is no text has its own finding
            silent = "questionnaire" in response or self._release == "R5"
            what = "" if silent else "the response names no questionnaire"
        elif named.startswith("#"):
            inner = [one for one in nodes(response, "contained") if f"#{one.get('id')}" == named]
            if inner:
                # what stands in a contained resource names others beside it by #:
                # https://hl7.org/fhir/R4/references.html#contained
                return judge_answers(response, inner[0], self._release, sets=self._sets.within(inner[0], response))
            what = ""  # ref-1 has said it
        else:
            forms, what = self._named(named)
            url = named.partition("|")[0]
            if url in self._types and url not in self._forms:
                what = f"this url is that of a {self._types[url]}"
                return [finding("answer/not-a-questionnaire", "QuestionnaireResponse", _NAMED, what, self._release)]
            if forms:
                form, sets = self._of(forms[0])
                return judge_answers(response, form, self._release, sets=sets)
        return [finding("answer/not-checked", "QuestionnaireResponse", _NAMED, what, self._release)] if what else []

    def form_of(self, response: Node) -> Node | None:
        """Return the questionnaire beside it that a response names; None where none or several do."""
        named = response.get("questionnaire")
        forms = self._named(named)[0] if isinstance(named, str) and not named.startswith("#") else []
        return forms[0] if forms else None

    def _named(self, canonical: str) -> tuple[list[Node], str]:
        """Return the questionnaires that a canonical names, or why it is none."""
        whole = canonical.partition("#")[0]
        forms = self._forms.get(whole, [])
        if len(forms) > 1 and any(one != forms[0] for one in forms):
            return [], "several questionnaires have this url, and the response does not say which version"
        if not forms and whole.partition("|")[0] in self._forms:
            return [], "the questionnaire is at hand in another version only"
        return forms, "" if forms else "the questionnaire is not at hand"

    def _of(self, tree: Node) -> tuple[Form, AnswerSets]:
        if id(tree) not in self._read:
            self._read[id(tree)] = Form(tree), self._sets.within(tree)
        return self._read[id(tree)]


def _forms(resources: Iterable[Node]) -> dict[str, list[Node]]:
    found: dict[str, list[Node]] = defaultdict(list)
    for one in resources:
        if one.get("resourceType") == "Questionnaire":
            url = one.get("url")
            for name in (url, f"{url}|{one.get('version')}", f"Questionnaire/{one.get('id')}"):
                if isinstance(name, str):
                    found[name].append(one)
    return found
