"""FHIR's primitives and datatypes as the small values of the model: https://hl7.org/fhir/R4/datatypes.html

Atomic are CodeableConcept, Quantity, Range, Ratio, Period, Timing, Annotation, Identifier, Reference, Attachment: what
stands unread in one (element ids, extensions) spoke of its old value, and goes with it when it is edited.

Not read: `_` twins of primitives (translations, data-absent-reason), element ids, extensions but for the weights of
codings. All are carried.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mappings.lens.combinators import Leaf, Unreadable
from mappings.lens.documents import MISSING, Desk, View
from mappings.lens.notation import at, choice, each, extension, primitives, table
from mappings.model import values as v
from mappings.tree import Number, Tree

__all__ = [
    "ANNOTATION", "ATTACHMENT", "BOOLEAN", "CODE", "CODING", "CONCEPT", "DATE", "DATE_TIME", "IDENTIFIER", "MEMBER",
    "NUMBER", "PERIOD", "QUANTITY", "RANGE", "RATIO", "REFERENCE", "TEXT", "TIME", "TIMING", "URI", "WHOLE",
    "AsList", "codes", "identifiers",
]  # fmt: skip


def _text(raw: Tree) -> str:
    if type(raw) is not str or not raw:
        raise Unreadable
    return raw


def _written(form: type[v.Written]) -> Leaf:
    def parse(raw: Tree) -> v.Written:
        try:
            return form(_text(raw))
        except ValueError:
            raise Unreadable from None

    return Leaf(form, parse, str.__str__)


def _number(raw: Tree) -> Number:
    if type(raw) is not Number:
        raise Unreadable
    return raw


def _whole(raw: Tree) -> v.Whole:
    try:
        return v.Whole(str.__str__(_number(raw)))
    except ValueError:
        raise Unreadable from None


def _fact(raw: Tree) -> v.Fact:
    if type(raw) is not bool:
        raise Unreadable
    return YES if raw else NO


YES, NO = v.Fact("yes"), v.Fact("no")
TEXT = Leaf(str, _text, lambda value: str.__str__(value) if value else MISSING)
NUMBER = Leaf(Number, _number, lambda value: value)
WHOLE = Leaf(v.Whole, _whole, lambda value: Number(str.__str__(value)))
BOOLEAN = Leaf(v.Fact, _fact, lambda value: value == YES)
DATE = _written(v.Date)
DATE_TIME = _written(v.DateTime)
TIME = _written(v.Time)
URI = _written(v.Uri)
CODE = _written(v.Code)


def codes(words: str) -> Leaf:
    """Return the leaf of a closed list of codes, spelled alike on both sides; another code is OPAQUE."""
    known = {word: v.Code(word) for word in words.split()}

    def parse(raw: Tree) -> v.Code:
        found = known.get(raw) if type(raw) is str else None
        if found is None:
            raise Unreadable
        return found

    return Leaf(v.Code, parse, Render(known))


class Render:
    """The writing half of a closed list; its words stand here for whoever wants to know them."""

    def __init__(self, known: dict[str, v.Code]) -> None:
        self.known = known

    def __call__(self, value: v.Code) -> Tree:
        return str.__str__(value) if str.__str__(value) in self.known else MISSING


class AsList:
    """An element that FHIR allows once, as a tuple of at most one: R4's QuestionnaireResponse.identifier."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner

    def read(self, raw: Tree, view: Any) -> Any:
        found = self.inner.read(raw, view, "0")
        return (found,) if found and found is not None else found

    def write(self, raw: Tree, was: Any, now: Any, desk: Any) -> Tree:
        if now and len(now) > 1:
            raise desk.refuse("only one is allowed here", "Keep one.", "structure", "write/too-many")
        return self.inner.write(raw, was[0] if was else None, now[0] if now else None, desk)


def identity(*names: str) -> Callable[[Any], Any]:
    """Return the identity of a native value: its named fields, None where all are empty."""

    def of(value: Any) -> Any:
        found = tuple(getattr(value, name) for name in names)
        return None if found == (None,) * len(names) else found

    return of


class MemberType:
    """Reference.type, which is left out where the reference itself says it."""

    name = "type"
    inner = URI

    def owns(self, name: str) -> bool:
        return name.removeprefix("_") == self.name

    def read(self, raw: Tree, view: View) -> Any:
        return URI.read(raw.get("type", MISSING), view)

    def write(self, raw: Tree, was: Any, now: Any, desk: Desk) -> Tree:
        if "type" not in raw and now == v.kind_of(raw.get("reference")):
            return raw
        return at("type", URI).write(raw, was, now, desk)


ORDINAL = "http://hl7.org/fhir/StructureDefinition/ordinalValue"
"""Weight of an answer, R4: https://hl7.org/fhir/R4/extension-ordinalvalue.html"""
ITEM_WEIGHT = "http://hl7.org/fhir/StructureDefinition/itemWeight"
"""Weight of an answer, SDC 4 (reference FHIR-28611): https://hl7.org/fhir/extensions/StructureDefinition-itemWeight.html"""

# fmt: off
CODING = table(v.Coding,
    ("system",  at("system", URI)),
    ("version", at("version", TEXT)),
    ("code",    at("code", CODE)),
    ("display", at("display", TEXT)),
    ("chosen",  at("userSelected", BOOLEAN)),
    ("weight",  extension(ORDINAL, at("valueDecimal", NUMBER))),
    atomic=True)

CONCEPT = table(v.Concept,
    ("codings", at("coding", each(CODING, identity("system", "code")))),
    ("text",    at("text", TEXT)),
    atomic=True)

QUANTITY = table(v.Quantity,
    ("value",      at("value", NUMBER)),
    ("comparator", at("comparator", CODE)),
    ("unit",       at("unit", TEXT)),
    ("system",     at("system", URI)),
    ("code",       at("code", CODE)),
    atomic=True)

RANGE = table(v.Range, ("low", at("low", QUANTITY)), ("high", at("high", QUANTITY)), atomic=True)
RATIO = table(v.Ratio,
    ("numerator",   at("numerator", QUANTITY)),
    ("denominator", at("denominator", QUANTITY)),
    atomic=True)
PERIOD = table(v.Period, ("start", at("start", DATE_TIME)), ("end", at("end", DATE_TIME)), atomic=True)

REPEAT = table(v.Repeat,
    ("bounds",            choice("bounds",
        Period=(v.Period, PERIOD), Range=(v.Range, RANGE), Duration=(v.Quantity, QUANTITY))),
    ("count",             at("count", WHOLE)),
    ("count_at_most",     at("countMax", WHOLE)),
    ("lasts",             at("duration", NUMBER)),
    ("lasts_at_most",     at("durationMax", NUMBER)),
    ("lasts_unit",        at("durationUnit", CODE)),
    ("frequency",         at("frequency", WHOLE)),
    ("frequency_at_most", at("frequencyMax", WHOLE)),
    ("period",            at("period", NUMBER)),
    ("period_at_most",    at("periodMax", NUMBER)),
    ("unit",              at("periodUnit", CODE)),
    ("days",              primitives("dayOfWeek", CODE)),
    ("times",             primitives("timeOfDay", TIME)),
    ("when",              primitives("when", CODE)),
    ("minutes_off",       at("offset", WHOLE)),
    atomic=True)

TIMING = table(v.Timing,
    ("times",  primitives("event", DATE_TIME)),
    ("repeat", at("repeat", REPEAT)),
    ("code",   at("code", CONCEPT)),
    atomic=True)

IDENTIFIER = table(v.Identifier,
    ("use",    at("use", CODE)),
    ("type",   at("type", CONCEPT)),
    ("system", at("system", URI)),
    ("value",  at("value", TEXT)),
    ("period", at("period", PERIOD)),
    atomic=True)

REFERENCE = table(v.Ref,
    ("id",         at("reference", TEXT)),
    ("type",       at("type", URI)),
    ("identifier", at("identifier", IDENTIFIER)),
    ("display",    at("display", TEXT)),
    atomic=True)

MEMBER = table(v.Member,
    ("id",         at("reference", TEXT)),
    ("type",       MemberType()),
    ("identifier", at("identifier", IDENTIFIER)),
    ("display",    at("display", TEXT)),
    atomic=True)

ANNOTATION = table(v.Note,
    ("by",   choice("author", Reference=(v.Ref, REFERENCE), String=(str, TEXT))),
    ("at",   at("time", DATE_TIME)),
    ("text", at("text", TEXT)),
    atomic=True)

ATTACHMENT = table(v.Attachment,
    ("type",    at("contentType", CODE)),
    ("lang",    at("language", CODE)),
    ("content", at("data", TEXT)),
    ("link",    at("url", URI)),
    ("bytes",   at("size", WHOLE)),
    ("hash",    at("hash", TEXT)),
    ("title",   at("title", TEXT)),
    ("made_at", at("creation", DATE_TIME)),
    atomic=True)
# fmt: on

BY_ID = identity("id")


def concepts(name: str) -> Any:
    """Return the row of a list of concepts."""
    return at(name, each(CONCEPT))


def references(name: str) -> Any:
    """Return the row of a list of references."""
    return at(name, each(REFERENCE, BY_ID))


def notes(name: str) -> Any:
    """Return the row of a list of annotations."""
    return at(name, each(ANNOTATION))


def identifiers() -> Any:
    """Return the row of `identifier`."""
    return at("identifier", each(IDENTIFIER, identity("system", "value")))
