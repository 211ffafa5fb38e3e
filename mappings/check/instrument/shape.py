"""Forms that call themselves an instrument and have codes of their own: are the questions at least of its shape?"""

from __future__ import annotations

import re
from collections import Counter

from mappings.check.instrument.codes import Reports, weights_of
from mappings.nodes import Node, nodes
from mappings.terms.instruments import BAM_QUESTIONS, INSTRUMENTS, SUBSCALES
from mappings.tree import Path

_SUBSTANCES = re.compile(r"(?i)alcohol|drink|drug|substance|smok|tobacco|cannabis|opioid")
_CHANGED = re.compile(r"(?i)\b(modified|adapted)\b")
_COMMON_WORDS = ("audit", "assist", "bam")
_NUMBERS = ("integer", "decimal", "quantity")

Shape = tuple[int, ...] | int | None
"""What the answers of a question weigh; how many they are, where they have no weights; None, where that is not said."""


def of_shape(reports: Reports, form: Node, at: Path, key: str, *, known: bool, items: list[Node]) -> None:
    """Report a form that is named as an instrument and asks other questions. `known`: some have its codes."""
    one = INSTRUMENTS.get(key)
    if one is None or known or not _is_meant(form, key, items):
        return
    questions = [item for item in items if item.get("type") not in ("group", "display", "string", "text", "url")]
    if sum(1 for item in questions if "answerOption" in item or "answerValueSet" in item) < 2:
        return
    wanted = Counter(one.weighed())
    fits = not any(isinstance(form.get(name), str) and _CHANGED.search(form[name]) for name in ("title", "name")) and (
        len(questions) >= BAM_QUESTIONS if key == "bam" else _fits([_shape(item) for item in questions], wanted)
    )
    if not fits:
        what = f"it calls itself {one.title}, and its questions or answers are not those of {one.title}"
        fix = f"Give it a name of its own, and never score it as {one.title}."
        named_by = next((name for name in ("title", "name", "url", "id") if name in form), "title")
        reports.add("not-this", (*at, named_by), what, fix)


def of_subscales(reports: Reports, form: Node, items: list[tuple[Node, Path]]) -> None:
    """Report a total in a form of an instrument that has scores of parts and none of the whole."""
    if not _is_meant(form, "bam", [item for item, _ in items]):
        return
    for item, here in items:
        said = f"{item.get('text')} {item.get('linkId')}".lower()
        is_number = item.get("type") in _NUMBERS and "total" in said
        if is_number and not any(part in said for part in SUBSCALES["bam"]):
            what = "this is a total of BAM"
            reports.add("no-total", here, what, "Write one score for each of the three parts.")


def _is_meant(form: Node, key: str, items: list[Node]) -> bool:
    """Return whether a name that is an everyday word too is meant as the instrument's."""
    if key not in _COMMON_WORDS:
        return True
    texts = [form.get("title"), form.get("description"), *(item.get("text") for item in items)]
    return any(isinstance(text, str) and _SUBSTANCES.search(text) for text in texts)


def _shape(item: Node) -> Shape:
    if item.get("type") == "boolean":
        return 2
    options = nodes(item, "answerOption")
    weights = [[given for _, given in weights_of((), one, ("valueCoding", one.get("valueCoding")))] for one in options]
    if options and all(each and each[0] is not None for each in weights):
        return tuple(sorted(int(each[0]) for each in weights if each[0] is not None))
    return len(options) or None


def _fits(shapes: list[Shape], wanted: Counter[tuple[int, ...]]) -> bool:
    """Return whether there is a question for each one that the instrument asks."""
    if not wanted or () in wanted:
        return True
    left = Counter(shapes)
    open_questions = left.pop(None, 0)
    for weights, times in sorted(wanted.items()):
        by_weights = min(times, left[weights])
        left[weights] -= by_weights
        by_count = min(times - by_weights, left[len(weights)])
        left[len(weights)] -= by_count
        open_questions -= times - by_weights - by_count
    return open_questions >= 0
