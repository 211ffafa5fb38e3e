"""Further forms of rows, for the types that plans link to: what is left to the row above, what fits, what is coded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mappings.releases.alternates import fitted
from mappings.releases.rows import UNKNOWN, By, Here, Part, Row, listed, shaped
from mappings.tree import Tree


class Left(Row):
    """Elements inside a part that the row of the element above takes as they stand."""

    def __init__(self, *names: str, why: str) -> None:
        super().__init__(names, names, why)

    def to_r5(self, part: Part, here: Here) -> Part:
        return part

    def to_r4(self, part: Part, here: Here) -> Part:
        return part


class Apart(By):
    """Two functions, and what stands inside is of other types in each release: they place it as it stands."""

    def counterpart(self, name: str, release: str) -> str | None:
        return None


class Either(By):
    """One CodeableReference in R5, in R4 a choice of which one must be there: `Either("medication", why)`.

    Of concept and reference R4 says the concept, which needs nothing else to be understood.
    """

    def __init__(self, r5: str, why: str, *, r4: str = "") -> None:
        names = (f"{r4 or r5}CodeableConcept", f"{r4 or r5}Reference")
        self._sides = dict(zip(("concept", "reference"), names, strict=True))
        super().__init__(names, (r5,), why, to_r5=self._one, to_r4=self._chosen)

    def _one(self, part: Part, here: Here) -> Part:
        return {self.r5[0]: {side: part[name] for side, name in self._sides.items() if name in part}}

    def _chosen(self, part: Part, here: Here) -> Part:
        said = part[self.r5[0]]
        found = {name: said[side] for side, name in self._sides.items() if isinstance(said, dict) and side in said}
        return dict([next(iter(found.items()), (self.r4[0], UNKNOWN))])


class Split(Row):
    """Elements that become one list in R5, from which some are taken out again only by what an extension says of them.

    `Split("masterIdentifier", "identifier", why)`: R4's first element is the first of the second in R5, and an
    extension holds it, so that it is known again.
    """

    def __init__(self, first: str, rest: str, why: str) -> None:
        super().__init__((first, rest), (rest,), why)

    def to_r5(self, part: Part, here: Here) -> Part:
        made = [x for name in self.r4 for x in listed(part.get(name))]
        return {self.r5[0]: made} if made else {}

    def to_r4(self, part: Part, here: Here) -> Part:
        return part

    def restored(self, part: Part, hint: Part, to: str, here: Here) -> Part:
        first, rest = self.r4
        values = listed(part.get(rest))
        if to == "R5" or first not in hint or values[:1] != [hint[first]]:
            return super().restored(part, hint, to, here)
        return {first: hint[first]} | ({rest: values[1:]} if values[1:] else {})

    def candidates(self, part: Part) -> Iterator[Part]:
        if self.r4[0] in part:
            yield {self.r4[0]: part[self.r4[0]]}
        yield part


class Fitted(Row):
    """The same content under another name, one or many; a reference to what may not stand there is an alternate one.

    `Fitted("context", "encounter", why)`: R5 allows an encounter there, and no episode of care.
    """

    def __init__(self, r4: str, r5: str, why: str) -> None:
        super().__init__((r4,), (r5,), why)

    def to_r5(self, part: Part, here: Here) -> Part:
        return self._said(part, "R4", "R5", here)

    def to_r4(self, part: Part, here: Here) -> Part:
        return self._said(part, "R5", "R4", here)

    def _said(self, part: Part, frm: str, to: str, here: Here) -> Part:
        [old], [new] = self.names(frm), self.names(to)
        mine, theirs = here.field(frm, old), here.field(to, new)
        said = [fitted(x, mine, theirs, old, here) for x in listed(part.get(old))]
        return shaped(new, said, theirs)


def coded(name: str, system: str, codes: str, why: str, *, demanded: bool = False) -> By:
    """Return the row of a code of R4 that is a CodeableConcept in R5.

    codes     those of R4's list, each with the same meaning under `system`
    demanded  R4 must have one: a concept without such a code leaves data-absent-reason
    """
    known = codes.split()

    def to_r5(part: Part, here: Here) -> Part:
        code = part.get(name)
        return {name: concept(system, code)} if code in known else {}

    def to_r4(part: Part, here: Here) -> Part:
        code = code_of(part.get(name), system)
        return {name: code} if code in known else {f"_{name}": UNKNOWN} if demanded and part else {}

    return By((name,), (name,), why, to_r5=to_r5, to_r4=to_r4)


def translated(name: str, r5: str, codes: Mapping[Tree, Tree], why: str) -> By:
    """Return the row of a primitive whose values are others in R5: {R4 value: R5 value}. The first is the way back."""
    back = {new: old for old, new in reversed(list(codes.items()))}

    def said(part: Part, old: str, new: str, values: Mapping[Tree, Tree]) -> Part:
        value, twin = part.get(old), part.get(f"_{old}")
        pair = ((new, values.get(value) if isinstance(value, str | bool) else None), (f"_{new}", twin))
        return {key: node for key, node in pair if node is not None}

    def to_r5(part: Part, here: Here) -> Part:
        return said(part, name, r5, codes)

    def to_r4(part: Part, here: Here) -> Part:
        return said(part, r5, name, back)

    return By((name,), (r5,), why, to_r5=to_r5, to_r4=to_r4)


def inside(r4: str, r5: str, key: str, why: str) -> By:
    """Return the row of a value that is the property `key` of an object in R5."""

    def to_r5(part: Part, here: Here) -> Part:
        return shaped(r5, [{key: x} for x in listed(part.get(r4))], here.field("R5", r5))

    def to_r4(part: Part, here: Here) -> Part:
        values = [x[key] for x in listed(part.get(r5)) if isinstance(x, dict) and key in x]
        return shaped(r4, values, here.field("R4", r4))

    return By((r4,), (r5,), why, to_r5=to_r5, to_r4=to_r4)


def concept(system: str, code: str) -> Tree:
    """Return a CodeableConcept with one code."""
    return {"coding": [{"system": system, "code": code}]}


def code_of(tree: Tree, system: str) -> str | None:
    """Return the first code of a system in a CodeableConcept."""
    codings = tree.get("coding") if isinstance(tree, dict) else None
    for coding in listed(codings):
        if isinstance(coding, dict) and coding.get("system") == system and isinstance(coding.get("code"), str):
            return str(coding["code"])
    return None
