"""The forms in which a difference between R4 and R5 is written down: each is one row, read in both directions.

A row owns some elements of one type in R4 and some in R5. Given the part of a node that it owns (their JSON
properties, `_name` twins included, what stands in them already converted), it returns the part for the other release.
It need not be able to say everything: the engine reads each part back, and where that does not give the same part
again, what the row could not say goes along as a cross-version extension (carried.py).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from typing import NamedTuple, Protocol

from mappings.check.shapes import Field
from mappings.releases.alternates import fitted
from mappings.tree import Tree

Part = dict[str, Tree]
"""Properties of one node: {"intent": "plan", "_intent": {...}}."""

ABSENT_REASON = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
"""https://hl7.org/fhir/R4/extension-data-absent-reason.html; its code `unknown` is from the data-absent-reason set."""

UNKNOWN: Tree = {"extension": [{"url": ABSENT_REASON, "valueCode": "unknown"}]}
"""What stands for a value that only the other release demands."""


class Note(NamedTuple):
    """What is to be said of an element of a node, "" for the node."""

    name: str
    text: str
    rule: str
    fix: str = ""
    severity: str = "warning"


class Settled(NamedTuple):
    """How every part of one gist moves: the properties in order, those that are new, the extensions, what is said."""

    order: tuple[str, ...]
    put: Part
    kept: list[Tree]
    notes: tuple[Note, ...]


class Here(Protocol):
    """Where a row is read."""

    def field(self, release: str, name: str) -> Field | None:
        """Return an element of this type as a release defines it, or None."""

    def url(self, release: str, name: str) -> str:
        """Return the url of the cross-version extension that holds a release's element."""

    def beside(self, name: str) -> Tree:
        """Return another property of the node, None where there is none: for a row to look at, not to move."""

    def note(self, name: str, text: str, *, rule: str, fix: str = "", severity: str = "warning") -> None:
        """Report a notice at an element. Silent while a conversion is only tried."""


class Row:
    """One difference.

    r4, r5    the elements that it owns in each release
    why       the reason, with its source
    always    whether it says something where nothing stands: an element that only one release demands
    standard  url of the extension that FHIR defines for it in the other release, in place of a cross-version one
    tells     whether `is_same` knows of some nodes that they are
    """

    tells = False

    def __init__(
        self, r4: tuple[str, ...], r5: tuple[str, ...], why: str, *, always: bool = False, standard: str = ""
    ) -> None:
        self.r4, self.r5, self.why, self.always, self.standard = r4, r5, why, always, standard

    def names(self, release: str) -> tuple[str, ...]:
        """Return the elements that the row owns in a release."""
        return self.r4 if release == "R4" else self.r5

    def spread(self, r4: Mapping[str, Field], r5: Mapping[str, Field]) -> Iterator[Row]:
        """Yield the row for each type of a choice (`value[x]`); most rows are about no choice."""
        yield self

    def counterpart(self, name: str, release: str) -> str | None:
        """Return the name in the other release of an element that holds the same type of node there."""
        mine, theirs = self.names(release), self.names("R5" if release == "R4" else "R4")
        if name not in mine or not theirs:
            return None
        return theirs[mine.index(name)] if len(mine) == len(theirs) else theirs[0]

    def to_r5(self, part: Part, here: Here) -> Part:
        """Return the R5 part that says what an R4 part says, as far as R5's elements can."""
        return {}

    def to_r4(self, part: Part, here: Here) -> Part:
        """Return the R4 part that says what an R5 part says, as far as R4's elements can."""
        return {}

    def go(self, part: Part, to: str, here: Here) -> Part:
        """Return the part for a release; of nothing, nothing, but for a row that always says something."""
        if not part and not self.always:
            return {}
        return self.to_r5(part, here) if to == "R5" else self.to_r4(part, here)

    def restored(self, part: Part, hint: Part, to: str, here: Here) -> Part:
        """Return the part for a release of which an extension says more: `hint` holds while the elements agree."""
        back = "R4" if to == "R5" else "R5"
        return hint if self.go(hint, back, here) == part else self.go(part, to, here)

    def is_same(self, node: Part) -> bool:
        """Return whether what a node has of it certainly is the same in both releases, so that it need not be asked."""
        return False

    def gist(self, part: Part) -> dict[str, Hashable] | None:
        """Return what of each property of a part decides how it moves, one of a short list; None where all of it does.

        A value stands for itself, a tuple for one of which less matters. Parts of one gist move alike: the same
        properties go, the same come with the same values, the rest stays.
        """
        return None

    def candidates(self, part: Part) -> Iterator[Part]:
        """Yield what an extension might hold of a part so that nothing is lost, the least first."""
        yield part


class Only(Row):
    """Elements of one release with no place in the other: they go along as an extension (the fallback of all)."""


def only_r5(*names: str, why: str, standard: str = "") -> Only:
    """Return the row of R5 elements that R4 lacks; `standard` is FHIR's own extension for it, where there is one."""
    return Only((), names, why, standard=standard)


class Renamed(Row):
    """The same content under another name: `Renamed("author", "custodian", why)`; names may end with [x]."""

    def __init__(self, r4: str, r5: str, why: str) -> None:
        super().__init__((r4,), (r5,), why)

    def spread(self, r4: Mapping[str, Field], r5: Mapping[str, Field]) -> Iterator[Row]:
        old, new = self.r4[0], self.r5[0]
        if not old.endswith("[x]"):
            yield self
            return
        old, new = old.removesuffix("[x]"), new.removesuffix("[x]")
        sides = ((old, r4), (new, r5))
        kinds = {f.name.removeprefix(c) for c, fields in sides for f in fields.values() if f.choice == c}
        yield from (Renamed(old + kind, new + kind, self.why) for kind in sorted(kinds))

    def to_r5(self, part: Part, here: Here) -> Part:
        return _under(part, self.r4[0], self.r5[0])

    def to_r4(self, part: Part, here: Here) -> Part:
        return _under(part, self.r5[0], self.r4[0])


def _under(part: Part, old: str, new: str) -> Part:
    names = {old: new, f"_{old}": f"_{new}"}
    return {names[key]: value for key, value in part.items() if key in names}


class Merged(Row):
    """Concepts and references in two R4 elements, in one list of CodeableReference in R5.

    `Merged("outcomeCode", "outcomeReference", "outcome", why)`; "" for one that R4 does not have. The concepts come
    first; an extension holds the entries with both, and all of them where they stand in another order.
    """

    def __init__(self, concept: str, reference: str, r5: str, why: str) -> None:
        super().__init__(tuple(name for name in (concept, reference) if name), (r5,), why)
        self.sides = (("concept", concept), ("reference", reference))

    def to_r5(self, part: Part, here: Here) -> Part:
        theirs = here.field("R5", self.r5[0])
        entries = []
        for side, name in self.sides:
            mine = here.field("R4", name) if side == "reference" and name else None
            entries += [{side: fitted(x, mine, theirs, name, here) if mine else x} for x in listed(part.get(name))]
        return shaped(self.r5[0], entries, theirs)

    def to_r4(self, part: Part, here: Here) -> Part:
        entries = [x for x in listed(part.get(self.r5[0])) if isinstance(x, dict)]
        made: Part = {}
        mine = here.field("R5", self.r5[0])
        for side, name in self.sides:
            theirs = here.field("R4", name) if name else None
            said = [x[side] for x in entries if side in x and name]
            if side == "reference":
                said = [fitted(x, mine, theirs, self.r5[0], here) for x in said]
            made |= shaped(name, said, theirs)
        return made

    def restored(self, part: Part, hint: Part, to: str, here: Here) -> Part:
        if to == "R4" or (whole := super().restored(part, hint, to, here)) == hint:
            return super().restored(part, hint, to, here)
        left = {side: list(listed(part.get(name))) for side, name in self.sides}
        pairs = []
        for entry in listed(hint.get(self.r5[0])):
            sides = [side for side in left if isinstance(entry, dict) and side in entry]
            if sides and all(entry[side] in left[side] for side in sides):
                pairs.append(entry)
                for side in sides:
                    left[side].remove(entry[side])
        rest = [{side: x} for side, values in left.items() for x in values]
        return shaped(self.r5[0], pairs + rest, here.field("R5", self.r5[0])) if pairs else whole

    def candidates(self, part: Part) -> Iterator[Part]:
        entries = part.get(self.r5[0])
        if isinstance(entries, list):
            full = [x for x in entries if not (isinstance(x, dict) and len(x) == 1)]
            if full and len(full) < len(entries):
                yield {self.r5[0]: full}
        yield part


def listed(value: Tree) -> list[Tree]:
    """Return a value, or the values of a list, as a list; nothing is an empty one."""
    return value if isinstance(value, list) else [] if value is None else [value]


def shaped(name: str, values: Sequence[Tree], about: Field | None) -> Part:
    """Return values as an element that repeats or not, by its definition; one that may not repeat holds the first."""
    if not values:
        return {}
    return {name: list(values) if about is None or about.many else values[0]}


class Codes(Row):
    """Codes that the releases do not share, of an element that both have.

    `renamed` are the same in meaning (R4 -> R5), one to one. `r4_only` and `r5_only` have a substitute in the other
    release, and the code itself goes along in an extension on the value, which is believed while the substitute
    stands there. A substitute of None leaves the value out.
    """

    def __init__(
        self,
        name: str,
        why: str,
        *,
        renamed: Mapping[str, str] | None = None,
        r4_only: Mapping[str, str | None] | None = None,
        r5_only: Mapping[str, str | None] | None = None,
    ) -> None:
        super().__init__((name,), (name,), why)
        forth = dict(renamed or {})
        self.renames = {"R5": forth, "R4": {new: old for old, new in forth.items()}}
        self.substitutes = {"R5": dict(r4_only or {}), "R4": dict(r5_only or {})}

    def to_r5(self, part: Part, here: Here) -> Part:
        return self._said(part, "R5", here)

    def to_r4(self, part: Part, here: Here) -> Part:
        return self._said(part, "R4", here)

    def _said(self, part: Part, to: str, here: Here) -> Part:
        name = self.r4[0]
        values, twins = part.get(name), part.get(f"_{name}")
        if not isinstance(values, list) and not isinstance(twins, list):
            value, twin = self._one(values, twins, to, here)
            return _pair(name, value, twin)
        many = max(len(listed(values)), len(listed(twins)))
        padded = [[*listed(side), *[None] * (many - len(listed(side)))] for side in (values, twins)]
        said = [self._one(value, twin, to, here) for value, twin in zip(*padded, strict=True)]
        sides = ([value for value, _ in said], [twin for _, twin in said])
        values, twins = (side if any(x is not None for x in side) else None for side in sides)
        return _pair(name, values, twins)

    def _one(self, value: Tree, twin: Tree, to: str, here: Here) -> tuple[Tree, Tree]:
        name, back = self.r4[0], "R4" if to == "R5" else "R5"
        exts = twin.get("extension") if isinstance(twin, dict) else None
        if isinstance(exts, list) and exts and isinstance(exts[0], dict) and exts[0].get("url") == here.url(to, name):
            original = exts[0].get("valueCode")
            if isinstance(original, str) and self.substitutes[back].get(original, "") == value:
                rest = {k: (v[1:] if k == "extension" else v) for k, v in twin.items()}
                rest = {k: v for k, v in rest.items() if v != []}
                return original, rest or None
        if not isinstance(value, str):
            return value, twin
        if value in self.substitutes[to]:
            here.note(name, "the other release has no such code", rule="release/substituted")
            extra = {"url": here.url(back, name), "valueCode": value}
            held = twin if isinstance(twin, dict) else {}
            return self.substitutes[to][value], {**held, "extension": [extra, *listed(held.get("extension"))]}
        return self.renames[to].get(value, value), twin


def _pair(name: str, value: Tree, twin: Tree) -> Part:
    return {key: node for key, node in ((name, value), (f"_{name}", twin)) if node is not None}


Change = Callable[[Part, Here], Part]


class By(Row):
    """A difference that takes two functions to say: `By(("a", "b"), ("c",), why, to_r5=..., to_r4=...)`."""

    def __init__(
        self, r4: tuple[str, ...], r5: tuple[str, ...], why: str, *, to_r5: Change, to_r4: Change, always: bool = False
    ) -> None:
        super().__init__(r4, r5, why, always=always)
        self._forth, self._back = to_r5, to_r4

    def to_r5(self, part: Part, here: Here) -> Part:
        return self._forth(part, here)

    def to_r4(self, part: Part, here: Here) -> Part:
        return self._back(part, here)
