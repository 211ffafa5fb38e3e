"""Which objects of a document certainly have nothing to report: found in one quick pass, so that the walk skips them.

The walk (structure.py) is the authority. This pass says of each object only "sound" or "not certainly", from the same
shapes, tests, bindings and invariants; the walk then visits what is not certainly sound and the way to it, and a
document without findings is never walked. A law test holds both to the same findings in the same order.

Objects of one type that have the same names in the same order are judged alike: a plan says once a type and such names
whether they may stand together, what each value is asked, and which invariants are left to ask.

    plans.py    what is asked of objects that have the same names      asked.py     what one value is asked
    doubts.py   references, uris and extensions                        compiled.py  a plan as one Python function
"""

from __future__ import annotations

from operator import itemgetter

from mappings.check.invariants import Invariant, of_resource
from mappings.check.links import CODED
from mappings.check.quick import asked
from mappings.check.quick.asked import Judge, State, UnsureError
from mappings.check.quick.compiled import compiled
from mappings.check.quick.doubts import Doubts, extended, names_of, of_its_system, spot_of
from mappings.check.quick.plans import Plan, is_finite, traced
from mappings.check.shapes import SHAPES, Field, Shape, resource_shape
from mappings.nodes import Node
from mappings.tree import Tree

_AT_MOST = 2048
"""Plans that are kept of one type: a type has few in practice, and a document may be made to have many."""


def not_sound(tree: Tree, release: str) -> State | None:
    """Return which objects of a document are to be walked; None: all of them."""
    state = State(Doubts(release))
    try:
        _KINDS[release].resource(tree, state)
    except (UnsureError, RecursionError):
        return None
    return state


class _Kind:
    """One type of a release."""

    def __init__(self, kinds: _Kinds, shape: Shape, primitive: str) -> None:
        self.kinds, self.shape = kinds, shape
        self.names = names_of(kinds.release, shape, primitive)
        self.plans: dict[tuple[str, ...], Judge] = {}
        self.judge_of: dict[str, Judge] = {}
        self.extended = {
            name: extended(kinds.release, self.names, name)
            for name, field in shape.fields.items()
            if field.type == "Extension"
        }
        self.judge = self._judge()

    def _judge(self) -> Judge:
        plans, make = self.plans, self._made

        def judge(node: Tree, state: State) -> bool:
            """Judge an object of exactly the class dict that is not empty; what it reports, it reports itself."""
            before = state.marks
            if not (plans.get(tuple(node)) or make(node))(node, state):
                state.visit(node, suspect=True)
            elif state.marks != before:
                state.visit(node, suspect=False)
            return True

        return judge

    def _made(self, node: Node) -> Judge:
        """Make the judge of objects with the names of this one; it is kept unless a name is unknown."""
        plan = self._plan(tuple(node), node)
        judge = plan.judge(self._often)
        if plan.names:
            if len(self.plans) >= _AT_MOST:
                self.plans.clear()
            self.plans[plan.names] = judge
        return judge

    def _often(self, plan: Plan) -> None:
        self.plans[plan.names] = compiled(plan, f"{self.shape.name} in {self.kinds.release}")

    def _plan(self, names: tuple[str, ...], node: Node) -> Plan:
        """Make the plan of these names, with the first object that has them."""
        shape, fields = self.shape, self.shape.fields
        known = all(name in fields or (name == "resourceType" and shape.is_resource) for name in names)
        chosen = {(fields[name].choice, fields[name].name) for name in names if name in fields and fields[name].choice}
        choices = {choice for choice, _ in chosen}
        fits = known and names != ("id",) and len(choices) == len(chosen) and choices.issuperset(shape.choices)
        fits = fits and all(name in node or f"_{name}" in node for name in shape.required)
        rules: list[Invariant] = []
        for rule in shape.invariants:
            broken, read = traced(rule, node)
            fits = fits and (bool(read) or not broken)
            rules += [rule] * bool(read)
        finite = [name for name in names if rules and name in fields and is_finite(fields[name])]
        judges = tuple(self._of(name, node) for name in names)
        also = tuple(self.extended[name] for name in names if name in self.extended)
        if shape.name in CODED and {"system", "code"}.issubset(names):
            also = (*also, of_its_system)
        elif "enableWhen" in names:
            also = (*also, asked.under_conditions)
        codes = itemgetter(*finite) if finite else None
        return Plan(names if known else (), fits, judges, tuple(rules), codes, {}, also, self.shape)

    def _of(self, name: str, node: Node) -> Judge:
        field = self.shape.fields.get(name)
        if field is None:
            return asked.anything
        if name not in self.judge_of:
            self.judge_of[name] = self._asked(name, field)
        judge = self.judge_of[name]
        aligned = field.test is not None and field.many and f"_{name}" in node
        alone = field.twin and field.bound is not None and field.name not in node
        return asked.left_to_walk(judge) if aligned or alone else judge

    def _asked(self, name: str, field: Field) -> Judge:
        spot = spot_of(self.kinds.release, self.shape, name)
        if field.twin:
            judge = self.kinds.judge("Element", self.shape.fields[field.name].type)
            return asked.left_to_walk(asked.many(judge)) if field.many else asked.one(judge)
        if field.test is not None:
            judge = asked.primitive(field, spot)
            if name == "id" and not self.shape.is_resource:
                judge = asked.noted(judge, lambda state: state.ids)
            elif (self.shape.name, name) == ("QuestionnaireItem", "linkId"):
                judge = asked.noted(judge, lambda state: state.link_ids)
            elif (self.shape.name, name) == ("Reference", "reference"):
                judge = asked.literal(judge)
            return asked.primitives(judge) if field.many else judge
        if field.type == "Resource":
            judge = self.kinds.contained if field.name == "contained" else self.kinds.resource
        else:
            judge = self.kinds.judge(field.type)
        if field.bound is not None:
            judge = asked.in_set(judge, field.bound)
        if spot is not None:
            judge = asked.pointing(judge, spot)
        return asked.many(judge) if field.many else asked.one(judge)


class _Kinds:
    """The types of one release, each made when a document first has it."""

    def __init__(self, release: str) -> None:
        self.release = release
        self.made: dict[tuple[str, str], _Kind] = {}

    def judge(self, name: str, primitive: str = "") -> Judge:
        """Return the judge of a type. It asks for those of its parts when a document has them.

        `primitive`: of which type the value is that stands beside an Element as its `_name`.
        """
        if (name, primitive) not in self.made:
            self.made[name, primitive] = _Kind(self, SHAPES[self.release][name], primitive)
        return self.made[name, primitive].judge

    def resource(self, node: Tree, state: State) -> bool:
        """Judge a resource that is not contained, as a whole too."""
        if node.__class__ is not dict:
            raise UnsureError
        outside = state.ids, state.link_ids, state.parts, state.named
        state.link_ids, state.named = [], set()
        contained = node.get("contained")
        contained = contained if isinstance(contained, list) else []
        state.parts = {c["id"] for c in contained if isinstance(c, dict) and isinstance(c.get("id"), str)}
        doubts = state.doubts
        before = doubts.enter(node)
        self._resource(node, state)
        plain = _is_plain(node, contained, state)
        state.whole[id(node)] = broken = [] if plain else list(of_resource(node, state.named))
        if broken:
            state.visit(node, suspect=False)
        state.ids, state.link_ids, state.parts, state.named = outside
        doubts.outer, doubts.contained, doubts.ids = before
        return True

    def contained(self, node: Tree, state: State) -> bool:
        """Judge a contained resource, which may refer to the one that contains it by # alone."""
        ids, alone, within = state.ids, "" in state.parts, state.doubts.within
        state.parts.add("")
        state.doubts.within = str(state.doubts.outer.get("resourceType"))
        self._resource(node, state)
        if not alone:
            state.parts.remove("")
        state.ids, state.doubts.within = ids, within
        return True

    def _resource(self, node: Node, state: State) -> None:
        name = node.get("resourceType")
        shape = resource_shape(self.release, name) if name.__class__ is str else None
        if shape is None:
            state.visit(node, suspect=True)
            return
        state.ids = []
        self.judge(shape.name)(node, state)
        if len(set(state.ids)) < len(state.ids):
            state.unsure.add(id(node))
            state.visit(node, suspect=True)


def _is_plain(node: Node, contained: list[Tree], state: State) -> bool:
    """Return whether a resource surely breaks no rule over the whole: most name all that they contain."""
    if contained:
        ids = {one["id"] for one in contained if isinstance(one, dict) and isinstance(one.get("id"), str)}
        if len(ids) < len(contained) or not ids <= state.named or not all(map(_NO_TROUBLE.isdisjoint, contained)):
            return False
    text = node.get("text")
    div = text.get("div") if isinstance(text, dict) else ""
    if not isinstance(div, str) or "#" in div:  # a link within the narrative
        return False
    return len(set(state.link_ids)) == len(state.link_ids)


_NO_TROUBLE = frozenset(["contained", "meta", "item"])
_KINDS = {release: _Kinds(release) for release in SHAPES}
