"""FHIR's primitives and datatypes as the small values of the model: https://hl7.org/fhir/R4/datatypes.html

Atomic are CodeableConcept, Quantity, Range, Ratio, Period, Timing, Annotation, Identifier, Reference, Attachment: what
stands unread in one (element ids, extensions) spoke of its old value, and goes with it when it is edited.

Not read: `_` twins of primitives but for translations of a text or display, element ids, extensions but for the
weights of codings. All are carried.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mappings.lens.documents import MISSING, Desk, View
from mappings.lens.notation import at, choice, each, primitives, table
from mappings.model import values as v
from mappings.tables.primitives import (
    BOOLEAN,
    CODE,
    DATE,
    DATE_TIME,
    NUMBER,
    TEXT,
    TIME,
    URI,
    WHOLE,
    codes,
)
from mappings.tables.translations import translations, worded
from mappings.tables.weights import WEIGHT
from mappings.tree import Tree

__all__ = [
    "ANNOTATION", "ATTACHMENT", "BOOLEAN", "CODE", "CODING", "CONCEPT", "DATE", "DATE_TIME", "IDENTIFIER", "MEMBER",
    "NUMBER", "PERIOD", "QUANTITY", "RANGE", "RATIO", "REFERENCE", "TEXT", "TIME", "TIMING", "URI", "WHOLE",
    "AsList", "codes", "identifiers",
]  # fmt: skip


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
    like = at(name, inner)

    def owns(self, name: str) -> bool:
        return name.removeprefix("_") == self.name

    def read(self, raw: Tree, view: View) -> Any:
        return URI.read(raw.get("type", MISSING), view)

    def write(self, raw: Tree, was: Any, now: Any, desk: Desk) -> Tree:
        if type(raw.get("reference")) is str and now == v.kind_of(raw["reference"]):
            return raw if "type" not in raw else self.like.write(raw, was, None, desk)
        return self.like.write(raw, was, now, desk)


# fmt: off
CODING = table(v.Coding,
    ("system",  at("system", URI)),
    ("version", at("version", TEXT)),
    ("code",    at("code", CODE)),
    ("display", worded("display")),
    ("chosen",  at("userSelected", BOOLEAN)),
    ("weight",  WEIGHT),
    ("translations", translations("display")),
    atomic=True)

CONCEPT = table(v.Concept,
    ("codings", at("coding", each(CODING, identity("system", "code")))),
    ("text",    worded("text")),
    ("translations", translations("text")),
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
