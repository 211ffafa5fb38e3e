"""An element that both releases have under one name, but with another type, cardinality, demand or target.

CodeableConcept, Reference, Coding, string   <->  CodeableReference, CodeableConcept ... (CASTS)
one                                          <->  many: the first is the element, the rest an extension
may be missing                               <->  must be there: data-absent-reason
Reference to types that the other lacks      ->   alternate-reference, FHIR's own extension for it
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import zip_longest

from mappings.check.shapes import SHAPES, Field, Shape
from mappings.releases.alternates import fitted
from mappings.releases.carried import OTHER, Unsayable, packed, unpacked
from mappings.releases.rows import UNKNOWN, Here, Only, Part, Row, listed
from mappings.tree import Number, Tree

PRIMITIVE_ALIKE = {"string", "markdown", "uri", "url", "canonical", "code", "id", "oid", "uuid"}
"""Primitives of one JSON form: a value of one is tried as a value of another."""


def _field(name: str) -> tuple[Callable[[Tree], Tree], Callable[[Tree], Tree]]:
    return lambda x: {name: x}, lambda x: x.get(name) if isinstance(x, dict) else None


def _text(x: Tree) -> Tree:
    return x.get("text") if isinstance(x, dict) else None


def _coding(x: Tree) -> Tree:
    codings = x.get("coding") if isinstance(x, dict) else None
    return codings[0] if isinstance(codings, list) and codings else None


def _unsigned(x: str) -> Tree:
    return Number(x) if x.isdecimal() and len(x) <= len(str(2**31)) and int(x) < 2**31 else None


# fmt: off
CASTS: dict[tuple[str, str], tuple[Callable[[Tree], Tree], Callable[[Tree], Tree]]] = {
    # R4 type           R5 type              R4 -> R5, R5 -> R4; what the latter cannot say stays in an extension
    ("CodeableConcept", "CodeableReference"): _field("concept"),
    ("Reference",       "CodeableReference"): _field("reference"),
    ("Coding",          "CodeableConcept"):   (lambda x: {"coding": [x]}, _coding),
    ("string",          "CodeableConcept"):   (lambda x: {"text": x}, _text),
    ("string",          "CodeableReference"): (lambda x: {"concept": {"text": x}},
                                               lambda x: _text(x.get("concept")) if isinstance(x, dict) else None),
    ("unsignedInt",     "integer64"):         (lambda x: str.__str__(x) if isinstance(x, Number) else x,
                                               lambda x: _unsigned(x) if isinstance(x, str) else None),
    ("date",            "dateTime"):          (lambda x: x, lambda x: x[:10] if isinstance(x, str) else x),
}
# fmt: on


def differs(old: Field, new: Field, four: Shape, five: Shape) -> bool:
    """Return whether an element is not the same in both releases. Of codes only those count that no row knows."""
    demanded = (old.name in four.required) != (new.name in five.required)
    codes = old.test is not None and old.codes is not new.codes and old.codes != new.codes
    alike = old.type in PRIMITIVE_ALIKE and new.type in PRIMITIVE_ALIKE
    simple = old.test is not None or new.test is not None
    types = old.type != new.type and not alike and (simple or _has("R5", old.type) or _has("R4", new.type))
    return bool(types or old.many != new.many or demanded or codes or _narrows(old, new) or _narrows(new, old))


def _has(release: str, name: str) -> bool:
    """A part of a type that the other release names otherwise is found in its place: RequestGroup.action.condition."""
    try:
        return bool(SHAPES[release][name])
    except LookupError:
        return False


def _narrows(one: Field, other: Field) -> bool:
    """Return whether a Reference may lead to types that the other release does not allow there; none named is any."""
    both = one.type == other.type == "Reference"
    return both and bool(other.targets) and (not one.targets or bool(one.targets - other.targets))


class Same(Row):
    """One element, two definitions: made from them, not written down."""

    def __init__(self, old: Field, new: Field, four: Shape, five: Shape) -> None:
        self.name, self.about = old.name, {"R4": old, "R5": new}
        self.due = {"R4": old.name in four.required, "R5": new.name in five.required}
        super().__init__((self.name,), (self.name,), "defined differently", always=self.due["R4"] != self.due["R5"])
        simple = old.test is not None and old.type == new.type
        self.tells = simple and not (old.many or new.many or self.always)

    def is_same(self, node: Part) -> bool:
        """Return whether a primitive, where there is one, is one that both allow."""
        value = node.get(self.name)
        if not isinstance(value, str):
            return self.name not in node and f"_{self.name}" not in node
        both = self.about.values()
        return all(x.test is not None and x.test(value) and (x.codes is None or value in x.codes) for x in both)

    def to_r5(self, part: Part, here: Here) -> Part:
        return self._said(part, "R5", here)

    def to_r4(self, part: Part, here: Here) -> Part:
        return self._said(part, "R4", here)

    def _said(self, part: Part, to: str, here: Here) -> Part:
        mine, theirs = self.about[OTHER[to]], self.about[to]
        pairs = [x for x in self._pairs(part, mine) if self.due[OTHER[to]] == self.due[to] or x not in _NOTHING]
        said = [found for value, twin in pairs if (found := self._item(value, twin, to, here)) != (None, None)]
        if not said and self.due[to] and (part or not self.due[OTHER[to]]):
            here.note(self.name, "the other release demands a value and there is none", rule="release/absent-reason")
            said = [(None, UNKNOWN)] if theirs.test is not None else [(UNKNOWN, None)]
        return _joined(self.name, said if theirs.many else said[:1], many=theirs.many)

    def _pairs(self, part: Part, about: Field) -> list[tuple[Tree, Tree]]:
        values, twins = part.get(self.name), part.get(f"_{self.name}")
        if not about.many:
            return [(values, twins)] if part else []
        return list(zip_longest(listed(values), listed(twins)))

    def _item(self, value: Tree, twin: Tree, to: str, here: Here) -> tuple[Tree, Tree]:
        """Return an item as the release says it, (None, None) where it cannot."""
        mine, theirs = self.about[OTHER[to]], self.about[to]
        if mine.type != theirs.type and (self.about["R4"].type, self.about["R5"].type) in CASTS:
            return self._cast(value, twin, to, here)
        if theirs.test is not None and mine.test is not None:
            if value is None or not mine.test(value):
                return value, twin
            if mine.codes is not None and value not in mine.codes:
                return value, twin
            fits = theirs.test(value) and (theirs.codes is None or value in theirs.codes)
            return (value, twin) if fits else (None, None)
        if mine.type != theirs.type:
            return None, None
        return (self._reference(value, to, here) if mine.type == "Reference" else value), twin

    def _cast(self, value: Tree, twin: Tree, to: str, here: Here) -> tuple[Tree, Tree]:
        forth, back = CASTS[self.about["R4"].type, self.about["R5"].type]
        if to == "R5":
            rest, bare = self._beside(value, here)
            twin = twin if self.about["R5"].test is not None else None
            made = forth(bare) if bare is not None else None
            if rest is None:
                return made, twin
            return ({**made, **rest} if isinstance(made, dict) else rest), twin
        made = back(value)
        if made is not None and forth(made) == value:
            return made, twin
        if self.about["R4"].test is not None or not isinstance(value, dict):
            return made, twin
        again = forth(made)
        rest = {k: v for k, v in value.items() if not isinstance(again, dict) or again.get(k) != v}
        about = Field(self.name, self.about["R5"].type, False, False, None, "")
        try:
            [held] = packed(here.url("R5", self.name), {self.name: about}, {self.name: rest}, "R5")
        except Unsayable:
            return made, twin
        here.note(self.name, "R4's element cannot say all of it: an extension has the rest", rule="release/carried")
        bare = made if isinstance(made, dict) else {}
        return {**bare, "extension": [held, *listed(bare.get("extension"))]}, twin

    def _beside(self, value: Tree, here: Here) -> tuple[Tree, Tree]:
        """Return what an extension on an R4 item says more of the R5 one, and the item without it."""
        exts = value.get("extension") if isinstance(value, dict) else None
        first = exts[0] if isinstance(exts, list) and exts else None
        if not isinstance(first, dict) or first.get("url") != here.url("R5", self.name):
            return None, value
        about = Field(self.name, self.about["R5"].type, False, False, None, "")
        try:
            rest = unpacked([first], {self.name: about}, "R5")[self.name]
        except (Unsayable, KeyError):
            return None, value
        bare = {k: (v[1:] if k == "extension" else v) for k, v in value.items()}
        bare = {k: v for k, v in bare.items() if v != []}
        return rest, bare or None

    def _reference(self, value: Tree, to: str, here: Here) -> Tree:
        return fitted(value, self.about[OTHER[to]], self.about[to], self.name, here)

    def restored(self, part: Part, hint: Part, to: str, here: Here) -> Part:
        more = hint.get(self.name)
        if not self.about[to].many or self.about[OTHER[to]].many or not isinstance(more, list):
            return super().restored(part, hint, to, here)
        plain = self.go(part, to, here)
        if more[:1] != plain.get(self.name) and self.go(hint, OTHER[to], here) == part:
            return hint  # all of it: the one element could not say the first as it is
        return {**plain, self.name: [*listed(plain.get(self.name)), *more]}

    def candidates(self, part: Part) -> Iterator[Part]:
        values = part.get(self.name)
        if part.keys() == {self.name} and isinstance(values, list) and len(values) > 1:
            yield {self.name: values[1:]}
        yield part


class Stray(Only):
    """A property of the other release in a document that is not valid: it must not be taken for what it is there."""

    def __init__(self, r4: tuple[str, ...], r5: tuple[str, ...]) -> None:
        super().__init__(r4, r5, "only the other release has it")


class Demanded(Row):
    """An element that only one release has, and demands."""

    def __init__(self, r4: tuple[str, ...], r5: tuple[str, ...], about: Field) -> None:
        super().__init__(r4, r5, "one release has it and demands it", always=True)
        self.absent = _joined(about.name, [(None, UNKNOWN) if about.test else (UNKNOWN, None)], many=about.many)

    def to_r5(self, part: Part, here: Here) -> Part:
        return self._said(part, self.r5, here)

    def to_r4(self, part: Part, here: Here) -> Part:
        return self._said(part, self.r4, here)

    def _said(self, part: Part, names: tuple[str, ...], here: Here) -> Part:
        if not names or part:
            return {}
        here.note(names[0], "the other release demands a value and there is none", rule="release/absent-reason")
        return self.absent

    def restored(self, part: Part, hint: Part, to: str, here: Here) -> Part:
        return {} if part else hint


class Chosen(Row):
    """A choice of which one release demands a value: `answer.value[x]`. What is chosen stays as it is."""

    def __init__(self, names: tuple[str, ...], demanding: str, fields: Mapping[str, Field]) -> None:
        super().__init__(names, names, "one release demands a value", always=True)
        self.demanding = demanding
        chosen = next((n for n in names if n.endswith("String")), names[0])
        self.absent: Part = {f"_{chosen}" if fields[chosen].test else chosen: UNKNOWN}
        self._keys = frozenset(key for name in names for key in (name, f"_{name}"))

    def to_r5(self, part: Part, here: Here) -> Part:
        return self._said(part, "R5", here)

    def to_r4(self, part: Part, here: Here) -> Part:
        return self._said(part, "R4", here)

    tells = True

    def is_same(self, node: Part) -> bool:
        return {key: value for key, value in node.items() if key in self._keys} not in ({}, self.absent)

    def _said(self, part: Part, to: str, here: Here) -> Part:
        if part not in ({}, self.absent):
            return part
        if to != self.demanding:
            return {}
        here.note(self.r4[0], "the other release demands a value and there is none", rule="release/absent-reason")
        return self.absent


_NOTHING = ((None, UNKNOWN), (UNKNOWN, None))


def _joined(name: str, pairs: list[tuple[Tree, Tree]], *, many: bool) -> Part:
    sides = {name: [value for value, _ in pairs], f"_{name}": [twin for _, twin in pairs]}
    said = {key: side for key, side in sides.items() if any(x is not None for x in side)}
    return {key: side if many else side[0] for key, side in said.items()}
