"""One answer against its question: type, options, value set, limits.

A finding says what the form asks for, never what was answered.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection

from mappings.check.answers.form import CORE, Question, Reading
from mappings.check.answers.sets import AnswerSets
from mappings.check.answers.units import UCUM, converted, is_convertible
from mappings.check.answers.values import chosen, compared, kind_of, places
from mappings.nodes import Node, nodes
from mappings.tree import Path, Tree

_FEW = 12
"""Options that a finding lists."""


class Judged:
    """A response that is judged, and what is at hand for it."""

    def __init__(self, response: Tree, reading: Reading, sets: AnswerSets, *, translated: bool) -> None:
        self.response: Node = response if isinstance(response, dict) else {}
        self.reading, self.sets, self.translated = reading, sets, translated
        self.unchecked: set[str] = set()

    def report(self, rule: str, at: Path, what: str) -> None:
        """Note a finding of a rule of rules.py."""
        raise NotImplementedError

    def text(self, question: Question, one: Node, here: Path) -> None:
        """Compare the text of an item with that of its question."""
        said = one.get("text")
        if isinstance(said, str) and not self.translated and said not in _texts(question.item, "text"):
            what = "asks this in other words" if "text" in question.item else "has no text here"
            self.report("text", (*here, "text"), f"the questionnaire {what}")


def check_answer(judged: Judged, question: Question, key: str, value: Tree, at: Path) -> None:
    """Report what is wrong with one answer. `at` is the path of its value, `key` its last step."""
    kind = kind_of(key)
    if kind not in question.types:
        words = " or ".join(sorted(f"value{one}" for one in question.types))
        judged.report("type", at, f"the question is of type {question.kind} and asks for {words}")
        return
    if value is None:
        return
    _range(judged, question, kind, value, at)
    for check in _OF_TYPE.get(kind, ()):
        check(judged, question, value, at)
    _listed(judged, question, kind, value, at)


def _range(judged: Judged, question: Question, kind: str, value: Tree, at: Path) -> None:
    for limit, rule, beyond in zip(question.range_of(kind), ("min-value", "max-value"), (-1, 1), strict=True):
        if limit is None:
            continue
        order = _against(kind, value, limit)
        if order is not None and order * beyond > 0:
            judged.report(rule, at, f"the question allows {'at least' if beyond < 0 else 'at most'} {_shown(limit)}")
        elif kind == "Quantity" and not _is_measured(value, limit):
            judged.report("limit-unit", at, f"the question has a limit in {_shown(limit, unit_only=True)}")


def _shown(limit: Tree, *, unit_only: bool = False) -> str:
    """Return a limit of a form as a text."""
    if not isinstance(limit, dict):
        return str.__str__(limit) if isinstance(limit, str) else "another value"
    unit = limit.get("code") or limit.get("unit") or ""
    parts = [unit] if unit_only else [limit.get("value"), unit]
    return " ".join(str.__str__(one) for one in parts if isinstance(one, str)) or "another unit"


def _against(kind: str, value: Tree, limit: Tree) -> int | None:
    """Return less than 0, 0 or more as an answer is below, at or above a limit, in its unit; None if not known."""
    if kind == "Quantity" and isinstance(value, dict) and isinstance(limit, dict):
        value = converted(value, limit) or value
    return compared(kind, value, limit)


def _is_measured(value: Tree, limit: Tree) -> bool:
    """Return whether a quantity has a unit that can be compared with that of a limit, here or by who knows the unit."""
    if not isinstance(value, dict) or not isinstance(limit, dict):
        return True
    if not all("code" in one and one.get("system") == limit.get("system") for one in (value, limit)):
        return False
    return limit.get("system") != UCUM or is_convertible(value, limit) is not False


# ---- what is of one type only


def _decimals(judged: Judged, question: Question, value: Tree, at: Path) -> None:
    most = question.count("maxDecimalPlaces")
    if most is not None and places(value) > most:
        judged.report("decimal-places", at, f"the question allows this many decimal places: {most}")


def _text(judged: Judged, question: Question, value: Tree, at: Path) -> None:
    if not isinstance(value, str):
        return
    least, most = question.count("minLength"), question.max_length
    if most is not None and len(value) > most:
        judged.report("max-length", at, f"the question allows at most {most} characters")
    if least is not None and len(value) < least:
        judged.report("min-length", at, f"the question asks for at least {least} characters")
    if question.pattern is not None:
        said = question.pattern.matches(str.__str__(value))
        if said is False:
            judged.report("regex", at, "the text is not written as the question's regular expression says")
        elif said is None and question.link not in judged.unchecked:
            judged.unchecked.add(question.link)
            judged.report("regex-not-checked", at, "its regular expression has parts that are not known here")
    if question.kind == "string" and ("\n" in value or "\r" in value):
        judged.report("lines", at, "the text has several lines, and the question is of type string")


def _quantity(judged: Judged, question: Question, value: Tree, at: Path) -> None:
    if not isinstance(value, dict):
        return
    _decimals(judged, question, value.get("value"), at)
    units = question.units
    if units and not any(_is_unit(value, one) for one in units):
        shown = ", ".join(str(one.get("code") or one.get("display") or "") for one in units[:_FEW])
        judged.report("unit", at, f"the question allows the units {shown}")
    for canonical in question.texts("questionnaire-unitValueSet"):
        codes = judged.sets.codes(canonical)
        if codes is not None and codes.has(value.get("system"), value.get("code")) is False:
            judged.report("unit", at, "the unit is not in the value set of the question's units")


def _is_unit(quantity: Node, unit: Node) -> bool:
    """Return whether a quantity is in a unit: system and code as the unit has them, or its display where it has none.

    "SHALL have a Quantity.code and Quantity.system that match the Coding.code and system of one of the allowed values
    if the Coding has a code and/or system. If the Coding only has a display, then the Quantity.unit must match":
    https://hl7.org/fhir/extensions/StructureDefinition-questionnaire-unitOption.html
    """
    coded = [name for name in ("system", "code") if name in unit]
    if coded:
        return all(quantity.get(name) == unit[name] for name in coded)
    return quantity.get("unit") == unit.get("display")


def _attachment(judged: Judged, question: Question, value: Tree, at: Path) -> None:
    if not isinstance(value, dict):
        return
    allowed = [one.casefold() for one in question.texts("mimeType")]
    said = value.get("contentType")
    is_one = isinstance(said, str) and any(said.casefold().startswith(one.removesuffix("*")) for one in allowed)
    if allowed and not is_one:
        judged.report("mime-type", at, f"the question allows {', '.join(allowed[:_FEW])}")
    most, size = question.max_bytes, _bytes(value)
    if most is not None and size is not None and size > most:
        judged.report("max-size", at, f"the question allows at most {most} bytes")


def _bytes(attachment: Node) -> int | None:
    """Return how long the data of an attachment are; what is written in `size` counts where they are elsewhere."""
    data = attachment.get("data")
    if isinstance(data, str):
        text = "".join(data.split())
        return len(text) * 3 // 4 - text[-2:].count("=")
    size = attachment.get("size")
    return int(size) if isinstance(size, str) and size.isdecimal() and len(size) < 20 else None


def _reference(judged: Judged, question: Question, value: Tree, at: Path) -> None:
    types = [kind for one in question.texts("questionnaire-referenceResource") for kind in re.split(r"[,\s]+", one)]
    kind = referred(judged.response, value) if types else ""
    if kind and kind not in types:
        judged.report("reference-type", at, f"the question asks for a reference to {' or '.join(types[:_FEW])}")


def referred(response: Node, reference: Tree) -> str:
    """Return the type of what is referred to, "" where nothing says it."""
    if not isinstance(reference, dict):
        return ""
    link = reference.get("reference")
    if isinstance(link, str) and link.startswith("#"):
        inner = [one.get("resourceType") for one in nodes(response, "contained") if f"#{one.get('id')}" == link]
        return str(inner[0]) if inner else ""
    parts = link.partition("/_history/")[0].split("/") if isinstance(link, str) else []
    if len(parts) > 1 and parts[-2][:1].isupper():
        return parts[-2]
    said = reference.get("type")
    return str.__str__(said) if isinstance(said, str) else ""


_OF_TYPE: dict[str, tuple[Callable[[Judged, Question, Tree, Path], None], ...]] = {
    "Decimal": (_decimals,),
    "String": (_text,),
    "Uri": (_text,),
    "Quantity": (_quantity,),
    "Attachment": (_attachment,),
    "Reference": (_reference,),
}


# ---- what is listed


def _listed(judged: Judged, question: Question, kind: str, value: Tree, at: Path) -> None:
    """Compare with the options or the value set, and the display with that of the option."""
    option = question.option(kind, value)
    if option is not None:
        _display(judged, option, value, at)
    if question.is_free(kind):
        return
    if question.options:
        if option is None and question.tells(kind, value):
            judged.report("option", at, f"the answer is none of the options{_options(question)}")
        return
    canonical = question.item.get("answerValueSet")
    if not isinstance(canonical, str):
        return
    codes = judged.sets.codes(str.__str__(canonical))
    if kind == "Coding" and isinstance(value, dict):
        said = codes.has(value.get("system"), value.get("code")) if codes is not None else None
        if said and codes is not None:
            _same_name(judged, codes.names(value.get("system"), value.get("code")), value, at, "the value set")
    elif kind == "String" and isinstance(value, str):
        said = codes.says(str.__str__(value)) if codes is not None else None
    else:
        return
    if said is False:
        judged.report("value-set", at, f"the {'code' if kind == 'Coding' else 'text'} is not in the value set")
    elif said is None and canonical not in judged.unchecked:
        judged.unchecked.add(canonical)
        why = "is not at hand" if codes is None else "does not list its codes"
        judged.report("value-set-not-checked", at, f"the value set of the question {why}")


def _options(question: Question) -> str:
    """Return the codes of the options as a text; texts that are options may be about somebody."""
    options = [one.get("valueCoding") for one in nodes(question.item, "answerOption")]
    codes = [one.get("code") for one in options if isinstance(one, dict)]
    shown = [str.__str__(one) for one in codes if isinstance(one, str) and len(one) <= 40 and one.isprintable()]
    return ": " + ", ".join(shown[:_FEW]) + (" ..." if len(shown) > _FEW else "") if shown else ""


def _display(judged: Judged, option: Node, coding: Tree, at: Path) -> None:
    theirs = option.get("valueCoding")
    if isinstance(theirs, dict) and isinstance(coding, dict):
        _same_name(judged, _texts(theirs, "display"), coding, at, "the option of this code")


def _same_name(judged: Judged, names: Collection[str], coding: Node, at: Path, whose: str) -> None:
    said = coding.get("display")
    if isinstance(said, str) and names and not judged.translated and _plain(said) not in map(_plain, names):
        judged.report("display", (*at, "display"), f"{whose} has another display")


def _texts(holder: Node, name: str) -> set[str]:
    """Return a text of the form and what it is in other languages, by the extension `translation`."""
    found = {str.__str__(holder[name])} if isinstance(holder.get(name), str) else set()
    for each in nodes(holder.get(f"_{name}"), "extension"):
        if each.get("url") == CORE + "translation":
            values = [chosen(one)[1] for one in nodes(each, "extension") if one.get("url") == "content"]
            found |= {str.__str__(one) for one in values if isinstance(one, str)}
    return found


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold()
