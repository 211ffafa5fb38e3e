"""Which objects of a document certainly have nothing to report: found in one quick pass, so that the walk skips them.

The walk (structure.py) is the authority. This pass says of each object only "sound" or "not certainly", from the same
shapes, tests, bindings and invariants; the walk then visits what is not certainly sound and the way to it, and a
document without findings is never walked. A law test holds both to the same findings in the same order.

Objects of one type that have the same names in the same order are judged alike: a plan says once a type and such names
whether they may stand together, what each value is asked, and which invariants are left to ask.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import itemgetter
from typing import Any, NamedTuple, cast

from mappings.check.bindings import Bound, unbound
from mappings.check.invariants import Invariant, of_resource
from mappings.check.shapes import SHAPES, Field, Shape, resource_shape
from mappings.tree import Number, Tree

Node = dict[str, Tree]

_AT_MOST = 2048
"""Plans that are kept of one type: a type has few in practice, and a document may be made to have many."""


class State:
    """What is known of one document during the pass.

    dirty       ids (of Python) of the objects that are not certainly sound
    unsure      ids of resources of which every object is to be walked
    unchecked   value sets that are not held and are said to be
    ids         ids of elements of the resource
    contained   ids that a reference by # may have in the resource
    """

    __slots__ = ("contained", "dirty", "ids", "unchecked", "unsure")

    def __init__(self) -> None:
        self.dirty: set[int] = set()
        self.unsure: set[int] = set()
        self.unchecked: set[str] = set()
        self.ids: list[str] = []
        self.contained: set[str] = set()


Judge = Callable[[Tree, State], bool]
"""Says whether a value is certainly sound where it stands. Objects in it that are not are marked."""


class Plan(NamedTuple):
    """What is asked of an object with these names.

    fits    whether they may stand together, as far as names tell
    judges  what each value is asked, in their order
    rules   invariants that are left to ask, all that read more than codes and booleans
    codes   reads the values that other rules ask about, or None: codes and booleans
    known   values that `codes` read -> the rules left to ask of objects with these
    """

    fits: bool
    judges: tuple[Judge, ...]
    rules: tuple[Invariant, ...]
    codes: Callable[[Node], Any] | None
    known: dict[Any, tuple[Invariant, ...]]


class _UnsureError(Exception):
    """The tree is made of other classes than a parsed one is, and may be anything."""


def not_sound(tree: Tree, release: str) -> State | None:
    """Return which objects of a document are to be walked; None: all of them."""
    state = State()
    try:
        _KINDS[release].resource(tree, state)
    except (_UnsureError, RecursionError):
        return None
    return state


class _Kind:
    """One type of a release."""

    def __init__(self, kinds: _Kinds, shape: Shape) -> None:
        self.kinds, self.shape = kinds, shape
        self.plans: dict[tuple[str, ...], Plan] = {}
        self.judge_of: dict[str, Judge] = {}
        self.judge = self._judge()

    def _judge(self) -> Judge:
        plans, make = self.plans, self._plan

        def judge(node: Tree, state: State) -> bool:
            """Judge an object of exactly the class dict that is not empty."""
            names = tuple(node)
            sound, judges, rules, codes, known = plans.get(names) or make(names, node)
            for one, value in zip(judges, node.values()):  # noqa: B905 - strict takes as long as the rest of it
                if not one(value, state):
                    sound = False
            if sound and codes is not None:
                left = known.get(values := codes(node))
                if left is None:
                    left = known[values] = _left(self.shape, node, rules)
                    if len(known) > _AT_MOST:
                        known.clear()
                rules = left
            if sound:
                for rule in rules:
                    if rule.broken(node):
                        sound = False
            if not sound:
                state.dirty.add(id(node))
            return sound

        return judge

    def _plan(self, names: tuple[str, ...], node: Node) -> Plan:
        """Make the plan of these names, with the first object that has them; it is kept unless one is unknown."""
        shape, fields = self.shape, self.shape.fields
        known = all(name in fields or (name == "resourceType" and shape.is_resource) for name in names)
        chosen = {(fields[name].choice, fields[name].name) for name in names if name in fields and fields[name].choice}
        choices = {choice for choice, _ in chosen}
        fits = known and names != ("id",) and len(choices) == len(chosen) and choices.issuperset(shape.choices)
        fits = fits and all(name in node or f"_{name}" in node for name in shape.required)
        rules: list[Invariant] = []
        for rule in shape.invariants:
            broken, read = _traced(rule, node)
            fits = fits and (bool(read) or not broken)
            rules += [rule] * bool(read)
        finite = [name for name in names if rules and name in fields and _is_finite(fields[name])]
        judges = tuple(self._of(name, node) for name in names)
        plan = Plan(fits, judges, tuple(rules), itemgetter(*finite) if finite else None, {})
        if known:
            if len(self.plans) >= _AT_MOST:
                self.plans.clear()
            self.plans[names] = plan
        return plan

    def _of(self, name: str, node: Node) -> Judge:
        field = self.shape.fields.get(name)
        if field is None:
            return _anything
        if field.test is not None and field.many and f"_{name}" in node:
            return _nothing
        if name not in self.judge_of:
            self.judge_of[name] = self._made(name, field)
        return self.judge_of[name]

    def _made(self, name: str, field: Field) -> Judge:
        if field.twin:
            return _twins(self.kinds.judge("Element")) if field.many else _one(self.kinds.judge("Element"))
        if field.test is not None:
            judge = _primitive(field)
            if name == "id" and not self.shape.is_resource:
                judge = _once(judge)
            elif (self.shape.name, name) == ("Reference", "reference"):
                judge = _link(judge)
            return _values(judge) if field.many else judge
        if field.type == "Resource":
            judge = self.kinds.contained if field.name == "contained" else self.kinds.resource
            return _many(judge) if field.many else _one(judge)
        judge = self.kinds.judge(field.type)
        if field.bound is not None:
            judge = _bound(judge, field.bound)
        return _many(judge) if field.many else _one(judge)


class _Kinds:
    """The types of one release, each made when a document first has it."""

    def __init__(self, release: str) -> None:
        self.release = release
        self.made: dict[str, _Kind] = {}

    def judge(self, name: str) -> Judge:
        """Return the judge of a type. It asks for those of its parts when a document has them."""
        if name not in self.made:
            self.made[name] = _Kind(self, SHAPES[self.release][name])
        return self.made[name].judge

    def resource(self, node: Tree, state: State) -> bool:
        """Judge a resource that is not contained, as a whole too."""
        if node.__class__ is not dict:
            raise _UnsureError
        within = state.ids, state.contained
        contained = node.get("contained")
        contained = contained if isinstance(contained, list) else []
        state.contained = {c["id"] for c in contained if isinstance(c, dict) and isinstance(c.get("id"), str)}
        sound = self._resource(node, state)
        state.ids, state.contained = within
        if sound and next(of_resource(node, []), None) is not None:
            state.dirty.add(id(node))
            return False
        return sound

    def contained(self, node: Tree, state: State) -> bool:
        """Judge a contained resource, which may refer to the one that contains it by # alone."""
        ids = state.ids
        alone = "" in state.contained
        state.contained.add("")
        sound = self._resource(node, state)
        if not alone:
            state.contained.remove("")
        state.ids = ids
        return sound

    def _resource(self, node: Node, state: State) -> bool:
        name = node.get("resourceType")
        shape = resource_shape(self.release, name) if name.__class__ is str else None
        if shape is None:
            state.dirty.add(id(node))
            return False
        state.ids = []
        sound = self.judge(shape.name)(node, state)
        if len(set(state.ids)) < len(state.ids):
            state.unsure.add(id(node))
            state.dirty.add(id(node))
            return False
        return sound


# ---- what a value is asked


def _anything(_value: Tree, _state: State) -> bool:
    return True


def _nothing(_value: Tree, _state: State) -> bool:
    return False


def _primitive(field: Field) -> Judge:
    test, codes = cast("Callable[[Tree], bool]", field.test), field.codes
    if field.bound is None:
        quick = _QUICK.get(field.type)
        return quick(test) if quick else (lambda value, _: test(value))
    if codes is None:
        url = field.bound.values.url
        return lambda value, state: test(value) and _said(url, state)
    if isinstance(codes, frozenset) and all(map(test, codes)):
        return lambda value, _: value.__class__ is str and value in codes
    return lambda value, _: test(value) and value in codes


def _text(test: Callable[[Tree], bool]) -> Judge:
    """Judge a text; one of a line that neither starts nor ends with a blank is no trouble to anybody."""

    def text(value: Tree, _: State) -> bool:
        if value.__class__ is str and 0 < len(value) < _SHORT and value.isprintable():
            return (value[0] != " " and value[-1] != " ") or test(value)
        return test(value)

    return text


def _code(test: Callable[[Tree], bool]) -> Judge:
    """Judge a text without white space: printable characters are none but for the blank."""

    def code(value: Tree, _: State) -> bool:
        return (value.__class__ is str and value.isprintable() and " " not in value and value != "") or test(value)

    return code


def _uri(test: Callable[[Tree], bool]) -> Judge:
    def uri(value: Tree, _: State) -> bool:
        if value.__class__ is str and value.startswith("http") and value.isprintable() and " " not in value:
            return True
        return test(value)

    return uri


def _decimal(test: Callable[[Tree], bool]) -> Judge:
    """Judge a number: of few characters, it has few digits."""
    return lambda value, _: (value.__class__ is Number and len(value) <= _FEW_DIGITS) or test(value)


_SHORT, _FEW_DIGITS = 4096, 8
_QUICK: dict[str, Callable[[Callable[[Tree], bool]], Judge]] = {
    **dict.fromkeys(("string", "markdown"), _text),
    **dict.fromkeys(("uri", "url", "canonical"), _uri),
    "code": _code,
    "boolean": lambda _: lambda value, _: value is True or value is False,
    "decimal": _decimal,
}


def _said(url: str, state: State) -> bool:
    """Return whether it is already said that a value set is not held."""
    said = url in state.unchecked
    state.unchecked.add(url)
    return said


def _once(judge: Judge) -> Judge:
    def once(value: Tree, state: State) -> bool:
        if value.__class__ is not str:
            return False
        state.ids.append(value)
        return judge(value, state)

    return once


def _link(judge: Judge) -> Judge:
    def link(value: Tree, state: State) -> bool:
        return judge(value, state) and (value[0] != "#" or value[1:] in state.contained)

    return link


def _values(judge: Judge) -> Judge:
    def values(given: Tree, state: State) -> bool:
        if given.__class__ is not list or not given:
            return False
        return all([judge(value, state) for value in given])  # noqa: C419 - each is asked, whatever others say

    return values


def _one(judge: Judge) -> Judge:
    def one(value: Tree, state: State) -> bool:
        if value.__class__ is dict and value:
            return judge(value, state)
        return _other(value)

    return one


def _many(judge: Judge) -> Judge:
    def many(values: Tree, state: State) -> bool:
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

    return many


def _twins(judge: Judge) -> Judge:
    """Judge the objects of the `_name` of a list: how they fit its values is left to the walk."""
    many = _many(judge)

    def twins(values: Tree, state: State) -> bool:
        many(values, state)
        return False

    return twins


def _other(value: Tree) -> bool:
    if isinstance(value, dict | list) and value.__class__ not in {dict, list}:
        raise _UnsureError
    return False


def _bound(judge: Judge, bound: Bound) -> Judge:
    url = bound.values.url if bound.values.codes is None else ""

    def in_set(value: Tree, state: State) -> bool:
        sound = judge(value, state)
        return (not unbound(bound, value) or (url != "" and _said(url, state))) and sound

    return in_set


# ---- invariants: which need not be asked again


class _Traced(dict[str, Tree]):
    """An object that notes the names whose values are read."""

    def __init__(self, node: Node) -> None:
        super().__init__(node)
        self.read: set[str] = set()

    def get(self, name: str, default: Tree = None) -> Tree:
        if name in self:
            self.read.add(name)
        return super().get(name, default)

    def __getitem__(self, name: str) -> Tree:
        self.read.add(name)
        return super().__getitem__(name)

    def items(self) -> Any:
        self.read.update(self)
        return super().items()

    def values(self) -> Any:
        self.read.update(self)
        return super().values()


def _traced(rule: Invariant, node: Node) -> tuple[bool, set[str]]:
    """Return whether a rule is broken in an object, and whose values it read to say so."""
    traced = _Traced(node)
    return rule.broken(traced), traced.read


def _left(shape: Shape, node: Node, rules: tuple[Invariant, ...]) -> tuple[Invariant, ...]:
    """Return the rules that are to be asked of all objects with the names and codes of this one, which are sound."""
    left = []
    for rule in rules:
        broken, read = _traced(rule, node)
        if broken or not all(name in shape.fields and _is_finite(shape.fields[name]) for name in read):
            left.append(rule)
    return tuple(left)


def _is_finite(field: Field) -> bool:
    """Return whether a value that is sound is one of a few: true or false, or one of a list of codes."""
    return not field.many and (field.type == "boolean" or isinstance(field.codes, frozenset))


_KINDS = {release: _Kinds(release) for release in SHAPES}
