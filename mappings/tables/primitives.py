"""FHIR's primitives as the small values of the model: https://hl7.org/fhir/R4/datatypes.html#primitive"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mappings.lens.combinators import Leaf, Unreadable
from mappings.lens.documents import MISSING
from mappings.model import values as v
from mappings.tree import Number, Tree


def _text(raw: Tree) -> str:
    if type(raw) is not str or not raw:
        raise Unreadable
    return raw


class Read(dict[str, Any]):
    """Text -> what a form makes of it, None for text of another form. Short texts are remembered, as many as here said.

    Dates, codes and systems recur: looking one up costs a tenth of checking its form again.
    """

    AT_MOST, SHORT = 8192, 100

    def __init__(self, form: type[v.Written]) -> None:
        super().__init__()
        self.form = form

    def __missing__(self, text: str) -> v.Written | None:
        try:
            found = self.form(text)
        except ValueError:
            return None
        if len(text) <= self.SHORT:
            if len(self) >= self.AT_MOST:
                self.clear()
            self[text] = found
        return found


def _written(form: type[v.Written], json: type, render: Callable[[Any], Tree]) -> Leaf:
    words = Read(form)

    def parse(raw: Tree) -> v.Written:
        found: v.Written | None = words[str.__str__(raw)] if type(raw) is json else None
        if found is None:
            raise Unreadable
        return found

    return Leaf(form, parse, render, json, words)


def _number(raw: Tree) -> Number:
    if type(raw) is not Number:
        raise Unreadable
    return raw


def _fact(raw: Tree) -> v.Fact:
    if type(raw) is not bool:
        raise Unreadable
    return YES if raw else NO


YES, NO = v.Fact("yes"), v.Fact("no")
TEXT = Leaf(str, _text, lambda value: str.__str__(value) if value else MISSING, str)
NUMBER = Leaf(Number, _number, lambda value: value, Number)
BOOLEAN = Leaf(v.Fact, _fact, lambda value: {YES: True, NO: False}.get(value, MISSING), bool, {True: YES, False: NO})
ANSWERED = _written(v.Answered, str, str.__str__)
WHOLE = _written(v.Whole, Number, lambda value: Number(str.__str__(value)))
DATE = _written(v.Date, str, str.__str__)
DATE_TIME = _written(v.DateTime, str, str.__str__)
INSTANT = _written(v.Instant, str, str.__str__)
TIME = _written(v.Time, str, str.__str__)
URI = _written(v.Uri, str, str.__str__)
CODE = _written(v.Code, str, str.__str__)


def codes(words: str) -> Leaf:
    """Return the leaf of a closed list of codes, spelled alike on both sides; another code is OPAQUE."""
    known = {word: v.Code(word) for word in words.split()}

    def parse(raw: Tree) -> v.Code:
        found = known.get(raw) if type(raw) is str else None
        if found is None:
            raise Unreadable
        return found

    return Leaf(v.Code, parse, Render(known), str, known)


class Render:
    """The writing half of a closed list; its words stand here for whoever wants to know them."""

    def __init__(self, known: dict[str, v.Code]) -> None:
        self.known = known

    def __call__(self, value: v.Code) -> Tree:
        return str.__str__(value) if str.__str__(value) in self.known else MISSING
