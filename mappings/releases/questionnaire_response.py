"""QuestionnaireResponse: several answers to one question stand in one item in R5."""

from __future__ import annotations

from mappings.check.shapes import Field
from mappings.releases.carried import BASE, Unsayable, packed, unpacked
from mappings.releases.rows import Here, Part, Row, listed
from mappings.tree import Tree

MARK = BASE["R4"] + "QuestionnaireResponse.item"
"""On an answer: in R4 it begins an item of its own, of which the extension holds what stands beside the answers."""

_ITEM = {"item": Field("item", "QuestionnaireResponseItem", False, False, None, "")}


class OneItemAQuestion(Row):
    """R5's qrs-2: 'Repeated answers are combined in the answers array of a single item'. R4 also lets the item repeat.

    Items with answers and one linkId, beside each other, become one; its answers remember where an item began.
    """

    def __init__(self) -> None:
        super().__init__(("item",), ("item",), "qrs-2, https://hl7.org/fhir/R5/questionnaireresponse.html#invs")

    def to_r5(self, part: Part, here: Here) -> Part:
        items = part.get("item")
        if not isinstance(items, list):
            return part
        made: list[Tree] = []
        at: dict[str, int] = {}
        for item in items:
            name = item.get("linkId") if isinstance(item, dict) and _answers(item) else None
            if isinstance(name, str) and name in at and (marked := _marked(item)) is not None:
                first = made[at[name]]
                made[at[name]] = {**first, "answer": [*first["answer"], *marked]}
                here.note("item", "R5 has one item for a question: its answers were put together", rule="release/qrs-2")
                continue
            if isinstance(name, str):
                at.setdefault(name, len(made))
            made.append(item)
        return {**part, "item": made} if len(made) < len(items) else part

    def to_r4(self, part: Part, here: Here) -> Part:
        items = part.get("item")
        if not isinstance(items, list):
            return part
        return {**part, "item": [each for item in items for each in _split(item)]}


def _answers(item: Tree) -> list[Tree]:
    answers = item.get("answer")
    return answers if isinstance(answers, list) and all(isinstance(each, dict) for each in answers) else []


def _marked(item: Part) -> list[Tree] | None:
    """Return an item's answers, the first of which says that here an item began; None where that cannot be said."""
    first, *rest = _answers(item)
    beside = {key: value for key, value in item.items() if key != "answer"}
    try:
        [mark] = packed(MARK, _ITEM, {"item": beside}, "R4")
    except Unsayable:
        return None
    exts = first.get("extension", [])
    if not isinstance(exts, list):
        return None
    return [{"extension": [mark, *exts], **{k: v for k, v in first.items() if k != "extension"}}, *rest]


def _split(item: Tree) -> list[Tree]:
    groups: list[tuple[Tree, list[Tree]]] = [({}, [])]
    for answer in _answers(item) if isinstance(item, dict) else []:
        exts = listed(answer.get("extension"))
        mark = exts[0] if exts and isinstance(exts[0], dict) and exts[0].get("url") == MARK else None
        if mark is not None:
            try:
                beside = unpacked([mark], _ITEM, "R4")["item"]
            except (Unsayable, KeyError):
                return [item]
            bare = {k: (v[1:] if k == "extension" else v) for k, v in answer.items()}
            groups.append((beside, [{k: v for k, v in bare.items() if v != []}]))
        else:
            groups[-1][1].append(answer)
    if len(groups) == 1 or not groups[0][1]:
        return [item]
    return [{**item, "answer": groups[0][1]}, *({**beside, "answer": answers} for beside, answers in groups[1:])]


ROWS: dict[str, tuple[Row, ...]] = {
    path: (OneItemAQuestion(),)
    for path in ("QuestionnaireResponse", "QuestionnaireResponse.item", "QuestionnaireResponse.item.answer")
}
