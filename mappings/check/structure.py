"""The walk over a document: each element against the shape of its type, all findings of one document at once.

    shapes.py      which elements a type has           primitives.py   what a primitive looks like
    bindings.py    which codes a binding allows        invariants/     what else must hold
    quick/         which objects need no walk

A value is never repeated in a finding: a FHIRPath says where, the rule says why.
"""

from __future__ import annotations

from difflib import get_close_matches

from mappings.check.bindings import Bound, unbound
from mappings.check.findings import ELEMENT_NAME, MAX_FINDINGS, finding
from mappings.check.invariants import Broken, of_resource, unresolved
from mappings.check.primitives import diagnose, kind
from mappings.check.quick.asked import State
from mappings.check.rules import SPECIFICATION, Finding
from mappings.check.shapes import ONLY_IN_R4, SHAPES, Field, Shape, resource_shape
from mappings.nodes import Node, on_the_way
from mappings.tree import Path, Tree

_TWIN = Field("", "Element", False, True, None, "")


class _EnoughError(Exception):
    """MAX_FINDINGS is reached."""


def walk(tree: Tree, release: str, unsound: State | None = None) -> list[Finding]:
    """Return all findings of one FHIR resource, in document order. Never raises for any tree.

    `unsound`: what `not_sound` says of it; None: each object is visited. The findings are the same.
    """
    if unsound is not None and unsound.is_sound:
        return []
    root = tree.get("resourceType") if isinstance(tree, dict) else None
    visit = _Walk(release, root if isinstance(root, str) and ELEMENT_NAME.fullmatch(root) else "Resource")
    if unsound is not None:
        visit.suspect, visit.visited = unsound.suspect, unsound.visited
        visit.unsure, visit.whole = unsound.unsure, unsound.whole
    try:
        visit.resource(tree, (), None)
    except _EnoughError:
        visit.found.append(visit.finding("findings-cut", (), "there are more findings than these", "Mend these first."))
    except RecursionError:
        visit.found.append(visit.finding("json-size", (), "the document is nested too deeply", "Flatten it."))
    return visit.found


class _Walk:
    """One walk over one document.

    local   the references by # of the resource that is being walked
    ids     the ids of elements met in it, a contained resource by itself
    unchecked   the value sets that are not held, each said once
    suspect   the objects that are looked at, None: all; visited: they, and those on the way to them (quick/)
    unsure    the resources in which all objects are looked at
    whole     resource -> what is broken in it as a whole but, it may be, a reference by #, where that is known
    """

    __slots__ = (
        "found",
        "ids",
        "local",
        "release",
        "root",
        "shapes",
        "suspect",
        "unchecked",
        "unsure",
        "visited",
        "whole",
    )

    def __init__(self, release: str, root: str) -> None:
        self.release, self.root, self.shapes = release, root, SHAPES[release]
        self.found: list[Finding] = []
        self.local: list[tuple[Path, str]] = []
        self.ids: set[str] = set()
        self.unchecked: set[str] = set()
        self.suspect: set[int] | None = None
        self.visited: set[int] = set()
        self.unsure: set[int] = set()
        self.whole: dict[int, list[Broken]] = {}

    def finding(self, rule: str, at: Path, what: str, fix: str, link: str = "") -> Finding:
        return finding(rule, self.root, at, what, fix, release=self.release, link=link)

    def report(self, rule: str, at: Path, what: str, fix: str, link: str = "") -> None:
        if len(self.found) >= MAX_FINDINGS:
            raise _EnoughError
        self.found.append(self.finding(rule, at, what, fix, link))

    def resource(self, node: Tree, at: Path, within: Field | None) -> None:
        """Judge a resource: the document itself, one that is contained, or one in a Bundle or Parameters."""
        if not isinstance(node, dict):
            self.report("structure/kind", at, f"{kind(node)} stands where a resource belongs", "Write a JSON object.")
            return
        name = node.get("resourceType")
        if not isinstance(name, str):
            fix = 'Say which type it is, as "resourceType": "CarePlan"; native JSON says "entity": "Plan".'
            what = "resourceType is missing" if name is None else "resourceType is not a text"
            self.report("structure/no-resource-type", (*at, "resourceType"), what, fix)
            return
        known = resource_shape(self.release, name)
        if known is None:
            self._unknown_resource(name, (*at, "resourceType"))
            return
        ids, self.ids = self.ids, set()
        suspect = self.suspect
        if id(node) in self.unsure:
            self.suspect = None
        outer = self.local
        contained = within is not None and within.name == "contained"
        if not contained:
            self.local = []
        self.element(node, known, at)
        self.ids, self.suspect = ids, suspect
        if contained:
            return
        for rule, path, what, fix in unresolved(node, [(path[len(at) :], text) for path, text in self.local]):
            self.report(rule, (*at, *path), what, fix)
        whole = self.whole.get(id(node))
        for rule, path, what, fix in of_resource(node) if whole is None else whole:
            self.report(rule, (*at, *path), what, fix)
        self.local = outer

    def _unknown_resource(self, name: str, at: Path) -> None:
        if self.release == "R4" and name in ONLY_IN_R4:
            self.report("structure/not-judged", at, "this type is not judged", "")
            return
        other = _other_release(self.release)
        fix = "Correct the type; names are spelled with capitals."
        if resource_shape(other, name) is not None:
            fix = f"{other} has this type: judge it with --release {other}."
        self.report("structure/unknown-resource-type", at, f"{self.release} has no resource type of this name", fix)

    def element(self, node: Node, known: Shape, at: Path, has_value: bool = False) -> None:
        """Judge an object that is not empty against the shape of its type; `has_value` for the `_name` of a value."""
        if self.suspect is not None and id(node) not in self.suspect:
            self._parts(node, known, at)
            return
        fields = known.fields
        if "id" in node and not known.is_resource:
            self._once(node["id"], (*at, "id"))
        chosen: dict[str, str] = {}
        for key, value in node.items():
            field = fields.get(key)
            if field is None:
                self._unknown(node, key, known, at)
                continue
            if field.choice and chosen.setdefault(field.choice, field.name) != field.name:
                self.report("structure/choice", (*at, key), f"{field.choice}[x] has a second value", "Keep one.")
            test = field.test
            if test is not None:
                if field.many:
                    self._values(node, field, value, (*at, key))
                elif not test(value):
                    self._wrong(field, value, (*at, key))
                elif field.bound is not None and (field.codes is None or value not in field.codes):
                    self._not_bound(field.bound, (*at, key))
            elif field.twin:
                self._twin(node, field, value, (*at, key))
            elif field.many:
                self._many(field, value, (*at, key))
            else:
                self._part(field, value, (*at, key))
        if len(node) == 1 and "id" in node and not has_value:
            self.report("ele-1", at, "the element has an id and nothing else", "Leave the element out.")
        for name in known.required:
            if name not in node and f"_{name}" not in node:
                self.report("structure/required", (*at, name), "the element is missing", f"Add {name}.")
        for choice in known.choices:
            if choice not in chosen:
                options = ", ".join(f.name for f in fields.values() if f.choice == choice and not f.twin)
                fix = f"Add one of {options}." if len(options) < 200 else f"Add {choice} with the name of its type."
                self.report("structure/required", (*at, f"{choice}[x]"), f"{choice}[x] is missing", fix)
        for rule in known.invariants:
            if rule.broken(node):
                self.report(rule.rule, (*at, rule.at) if rule.at else at, rule.what, rule.fix)
        if known.name == "Reference" and isinstance(link := node.get("reference"), str) and link.startswith("#"):
            self.local.append(((*at, "reference"), link))

    def _parts(self, node: Node, known: Shape, at: Path) -> None:
        """Go on to the objects that are visited within one that has nothing to report itself."""
        for key, part, here in on_the_way(node, self.visited):
            field = known.fields[key]
            if field.twin:
                self._extended(part, field.name in node, (*at, *here))
            else:
                self._part(field, part, (*at, *here))

    def _once(self, name: Tree, at: Path) -> None:
        if not isinstance(name, str):
            return
        if name in self.ids:
            self.report("invariant/unique-id", at, "an earlier element has the same id", "Give it one of its own.")
        self.ids.add(name)

    def _many(self, field: Field, value: Tree, at: Path) -> None:
        if not isinstance(value, list):
            fix = "Leave the property out." if value is None else "Write a list around it."
            rule = "structure/null" if value is None else "structure/list-expected"
            self.report(rule, at, f"{kind(value)} stands where a list belongs", fix)
        elif not value:
            self.report("structure/empty", at, "the list is empty", "Leave the property out.")
        else:
            for position, part in enumerate(value):
                self._part(field, part, (*at, position))

    def _part(self, field: Field, value: Tree, at: Path) -> None:
        if isinstance(value, dict):
            if not value:
                self.report("structure/empty", at, "the object is empty", "Leave the property out.")
            elif field.type == "Resource":
                if self.suspect is None or id(value) in self.visited:
                    self.resource(value, at, field)
            else:
                if self.suspect is None or id(value) in self.visited:
                    self.element(value, self.shapes[field.type], at)
                if field.bound is not None and (wrong := unbound(field.bound, value)):
                    self._not_bound(field.bound, at, wrong)
        elif value is None:
            self.report("structure/null", at, "the value is null", "Leave it out.")
        elif isinstance(value, list):
            self.report("structure/not-repeating", at, "a list stands where one object belongs", "Keep one.")
        else:
            what = f"{kind(value)} stands where an object belongs ({field.type})"
            self.report("structure/kind", at, what, f"Write an object: {field.type}.")

    def _values(self, node: Node, field: Field, values: Tree, at: Path) -> None:
        """Judge a list of primitives: null may stand where the list of extensions has something."""
        if not isinstance(values, list) or not values:
            self._many(field, values, at)
            return
        twins = node.get(f"_{field.name}")
        twins = twins if isinstance(twins, list) else []
        if twins and len(twins) != len(values):
            self.report("structure/twin", at, "the lists differ in length", "Fill the shorter one with null.")
        for position, value in enumerate(values):
            if value is None and position < len(twins) and twins[position] is not None:
                continue
            if field.test is None or not field.test(value):
                self._wrong(field, value, (*at, position))
            elif field.bound is not None and (field.codes is None or value not in field.codes):
                self._not_bound(field.bound, (*at, position))

    def _twin(self, node: Node, field: Field, value: Tree, at: Path) -> None:
        """Judge `_name`: the id and extensions of a primitive, or a list of them."""
        if not field.many:
            self._extended(value, field.name in node, at)
            if field.bound is not None and field.name not in node and isinstance(value, dict) and value:
                self._not_bound(field.bound, at, "no code is given")
        elif not isinstance(value, list) or not value:
            self._many(field, value, at)
        else:
            values = node.get(field.name)
            values = values if isinstance(values, list) else []
            for position, part in enumerate(value):
                if part is not None or position >= len(values):  # else the value beside it is judged
                    has_value = position < len(values) and values[position] is not None
                    self._extended(part, has_value, (*at, position))
                    if field.bound is not None and not has_value and isinstance(part, dict) and part:
                        self._not_bound(field.bound, (*at, position), "no code is given")

    def _extended(self, value: Tree, has_value: bool, at: Path) -> None:
        if isinstance(value, dict) and value:
            if self.suspect is None or id(value) in self.visited:
                self.element(value, self.shapes["Element"], at, has_value)
        else:
            self._part(_TWIN, value, at)

    def _wrong(self, field: Field, value: Tree, at: Path) -> None:
        rule, what, fix = diagnose(field.type, value)
        self.report(rule, at, what, fix)

    def _not_bound(self, bound: Bound, at: Path, what: str = "this code is not in the value set") -> None:
        values = bound.values
        page = values.page if values.page.startswith("http") else SPECIFICATION[self.release] + values.page
        if values.codes is not None:
            rule = "binding/required" if bound.required else "binding/extensible"
            self.report(rule, at, what, f"Use one of: {values.listed}.", page)
        elif values.url not in self.unchecked:
            self.unchecked.add(values.url)
            self.report("binding/not-checked", at, f"{values.name} is not held here ({values.absent})", "", page)

    def _unknown(self, node: Node, key: str, known: Shape, at: Path) -> None:
        if key == "resourceType" and known.is_resource:
            return
        if key == "fhir_comments":
            self.report("structure/comments", (*at, key), "comments are no part of the resource", "Take them away.")
            return
        other = _other_release(self.release)
        near = get_close_matches(key, [n for n in known.fields if n not in node], 1, 0.75) if len(key) <= 64 else []
        fix = "Take it away, or make it an extension."
        if near:
            fix = f"Did you mean {near[0]}? Else take it away, or make it an extension."
        elif _knows(other, known.name, key):
            fix = f"{other} has it: judge with --release {other}, or use what {self.release} has in its place."
        self.report("structure/unknown-element", (*at, key), f"{self.release} knows no such element here", fix)


def _other_release(release: str) -> str:
    return next(other for other in SPECIFICATION if other != release)


def _knows(release: str, type_name: str, element: str) -> bool:
    try:
        return element in SHAPES[release][type_name].fields
    except LookupError:
        return False
