"""What a value is asked in the quick pass (quick/): whether it is certainly sound where it stands.

Each takes a value and the state of the pass. Objects that are not certainly sound are marked by who judges them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from mappings.check.bindings import Bound, unbound
from mappings.check.invariants import Broken
from mappings.check.quick.doubts import Doubts, is_plain
from mappings.check.shapes import Field
from mappings.check.spots import Spot
from mappings.nodes import Node
from mappings.tree import Number, Tree


class State:
    """What is known of one document during the pass.

    suspect     ids (of Python) of the objects that are not certainly sound by themselves
    doubtful    those of the objects of which links.py has something to report, and maybe nobody else
    visited     theirs, and those of the objects around them, on the way to them
    marks       how often an object was marked as one of these
    asks        whether an item is asked under conditions
    whole       id of a resource -> what is broken in it as a whole but, it may be, a reference by #
    unsure      ids of resources of which every object is to be walked
    unchecked   value sets that are not held and are said to be
    ids         ids of elements of the resource
    parts       ids that a reference by # may have in the resource
    link_ids    linkIds of the items of the resource
    named       ids that references by # have in the resource
    doubts      who is asked about references, uris and extensions
    """

    __slots__ = (
        "asks",
        "doubtful",
        "doubts",
        "ids",
        "link_ids",
        "marks",
        "named",
        "parts",
        "suspect",
        "unchecked",
        "unsure",
        "visited",
        "whole",
    )

    def __init__(self, doubts: Doubts) -> None:
        self.doubts = doubts
        self.asks = False
        self.suspect: set[int] = set()
        self.doubtful: set[int] = set()
        self.visited: set[int] = set()
        self.marks = 0
        self.whole: dict[int, list[Broken]] = {}
        self.unsure: set[int] = set()
        self.unchecked: set[str] = set()
        self.ids: list[str] = []
        self.link_ids: list[str] = []
        self.parts: set[str] = set()
        self.named: set[str] = set()

    @property
    def is_sound(self) -> bool:
        """Return whether the walk has nothing to report."""
        return not self.suspect and not any(self.whole.values())

    def visit(self, node: Node, *, suspect: bool) -> None:
        """Mark an object: the walk goes to it, and looks at it itself where it is suspect."""
        self.visited.add(id(node))
        if suspect:
            self.suspect.add(id(node))
        self.marks += 1

    def doubt(self, node: Node) -> None:
        """Mark an object of which links.py has something to report."""
        self.visited.add(id(node))
        self.doubtful.add(id(node))
        self.marks += 1


Judge = Callable[[Tree, State], bool]
"""Says whether a value is certainly sound where it stands. Objects in it that are not are marked, and are no matter of
the object that has them."""


WRITTEN: dict[Judge, tuple[str, dict[str, Any]]] = {}
"""How a judge is written in Python over a value {}, for those that only read it, and what the names in that mean."""


class UnsureError(Exception):
    """The tree is made of other classes than a parsed one is, and may be anything."""


def anything(_value: Tree, _state: State) -> bool:
    """Let pass what the walk does not look at, or what is judged by its name."""
    return True


WRITTEN[anything] = "True", {}


def left_to_walk(judge: Judge) -> Judge:
    """Ask a value that the walk is to visit, whatever is said of it."""

    def asked(value: Tree, state: State) -> bool:
        judge(value, state)
        return False

    return asked


# ---- primitives


def primitive(field: Field, spot: Spot | None) -> Judge:
    """Return the judge of a primitive; `spot` where it may point out of itself."""
    judge = _primitive(field)
    if spot is None:
        return judge
    plain = is_plain(spot)

    def uri(value: Tree, state: State) -> bool:
        sound = judge(value, state)
        if sound and value[0] == "#":
            state.named.add(value[1:])
        return ((sound and plain(value)) or not state.doubts.any_in(value, spot)) and sound

    return uri


def _primitive(field: Field) -> Judge:
    test, codes = cast("Callable[[Tree], bool]", field.test), field.codes
    if field.bound is None:
        quick = _QUICK.get(field.type)
        return quick(test) if quick else _as(lambda value, _: test(value), "{test}({0})", test=test)
    if codes is None:
        url = field.bound.values.url
        return lambda value, state: test(value) and _said(url, state)
    if isinstance(codes, frozenset) and all(map(test, codes)):
        return _as(lambda value, _: value.__class__ is str and value in codes, _CODED, codes=codes)
    return _as(
        lambda value, _: test(value) and value in codes, "({test}({0}) and {0} in {codes})", test=test, codes=codes
    )


def _text(test: Callable[[Tree], bool]) -> Judge:
    """Judge a text: of few characters, it is one unless all of them are white space."""

    def text(value: Tree, _: State) -> bool:
        return (value.__class__ is str and 0 < len(value) < _SHORT and not value.isspace()) or test(value)

    return _as(text, _TEXT, test=test)


def _code(test: Callable[[Tree], bool]) -> Judge:
    """Judge a text without white space: printable characters are none but for the blank."""

    def code(value: Tree, _: State) -> bool:
        return (value.__class__ is str and value.isprintable() and " " not in value and value != "") or test(value)

    return _as(code, _CODE, test=test)


def _uri(test: Callable[[Tree], bool]) -> Judge:
    def uri(value: Tree, _: State) -> bool:
        if value.__class__ is str and value.startswith("http") and value.isprintable() and " " not in value:
            return True
        return test(value)

    return _as(uri, _URI, test=test)


def _decimal(test: Callable[[Tree], bool]) -> Judge:
    """Judge a number: of few characters, it has few digits."""

    def decimal(value: Tree, _: State) -> bool:
        return (value.__class__ is Number and len(value) <= _FEW_DIGITS) or test(value)

    return _as(decimal, _DECIMAL, test=test, Number=Number)


def _boolean(_test: Callable[[Tree], bool]) -> Judge:
    return _as(lambda value, _: value is True or value is False, "({0} is True or {0} is False)")


def _as(judge: Judge, code: str, **names: Any) -> Judge:
    WRITTEN[judge] = code, names
    return judge


_SHORT, _FEW_DIGITS = 4096, 8
_PRINTABLE = "{0}.__class__ is str and {0}.isprintable()"
_TEXT = f"({{0}}.__class__ is str and 0 < len({{0}}) < {_SHORT} and not {{0}}.isspace() or {{test}}({{0}}))"
_CODE = f"({_PRINTABLE} and ' ' not in {{0}} and {{0}} != '' or {{test}}({{0}}))"
_URI = f"({_PRINTABLE} and {{0}}.startswith('http') and ' ' not in {{0}} or {{test}}({{0}}))"
_CODED = "({0}.__class__ is str and {0} in {codes})"
_DECIMAL = f"({{0}}.__class__ is {{Number}} and len({{0}}) <= {_FEW_DIGITS} or {{test}}({{0}}))"
_QUICK: dict[str, Callable[[Callable[[Tree], bool]], Judge]] = {
    **dict.fromkeys(("string", "markdown"), _text),
    **dict.fromkeys(("uri", "url", "canonical"), _uri),
    "code": _code,
    "boolean": _boolean,
    "decimal": _decimal,
}


def _said(url: str, state: State) -> bool:
    """Return whether it is already said that a value set is not held."""
    said = url in state.unchecked
    state.unchecked.add(url)
    return said


def noted(judge: Judge, of: Callable[[State], list[str]]) -> Judge:
    """Judge a text that is unique among those of its kind in the resource."""

    def asked(value: Tree, state: State) -> bool:
        if isinstance(value, str):
            of(state).append(value)
        return judge(value, state)

    return asked


def literal(judge: Judge) -> Judge:
    """Judge what a Reference names: by # only what the resource contains."""

    def asked(value: Tree, state: State) -> bool:
        if not judge(value, state):
            return False
        if value[0] != "#":
            return True
        state.named.add(value[1:])
        return value[1:] in state.parts

    return asked


def primitives(judge: Judge) -> Judge:
    """Judge a list of primitives without null."""

    def asked(values: Tree, state: State) -> bool:
        if values.__class__ is not list or not values:
            return False
        return all([judge(value, state) for value in values])  # noqa: C419 - each is asked, whatever others say

    return asked


# ---- objects


def under_conditions(_item: Node, state: State) -> bool:
    """Note that an item is asked under conditions."""
    state.asks = True
    return True


def one(judge: Judge) -> Judge:
    """Judge an object."""

    def asked(value: Tree, state: State) -> bool:
        if value.__class__ is dict and value:
            return judge(value, state)
        return _other(value)

    return asked


def many(judge: Judge) -> Judge:
    """Judge a list of objects."""

    def asked(values: Tree, state: State) -> bool:
        if values.__class__ is not list or not values:
            return _other(values)
        sound = True
        for value in values:
            if value.__class__ is dict and value:
                if not judge(value, state):
                    sound = False
            else:
                sound = _other(value)
        return sound

    return asked


def _other(value: Tree) -> bool:
    if isinstance(value, dict | list) and value.__class__ not in {dict, list}:
        raise UnsureError
    return False


def in_set(judge: Judge, bound: Bound) -> Judge:
    """Judge an object that is bound to a value set."""
    url = bound.values.url if bound.values.codes is None else ""

    def asked(value: Tree, state: State) -> bool:
        sound = judge(value, state)
        return (not unbound(bound, value) or (url != "" and _said(url, state))) and sound

    return asked


def pointing(judge: Judge, spot: Spot) -> Judge:
    """Judge an object that names something outside of it."""
    plain = is_plain(spot)

    def asked(value: Tree, state: State) -> bool:
        if not plain(value) and state.doubts.any_in(value, spot):
            state.doubt(value)
        return judge(value, state)

    return asked
