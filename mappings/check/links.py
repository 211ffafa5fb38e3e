"""What a document says of things outside of the element that says it: whom its references name, which uris stand for
themselves, which of HL7's extensions stand where, with which content.

A pass of its own beside the walk over structure (structure.py): it goes where spots.py says, and takes what is of the
wrong form as not there.

    reference/type    the type of what is named: the literal's, or of the contained resource or entry that it leads to
    reference/said    what Reference.type says of it
    reference/form    what can be no reference
    reference/part    `#x` of a canonical or uri
    reference/code    codes of HL7's own code systems
    invariant/absolute-*   uris that are the same everywhere

https://hl7.org/fhir/R4/references.html
"""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING

from mappings.check.code_systems import is_unknown
from mappings.check.extensions import Definition, content, definition, may_stand, references
from mappings.check.findings import ELEMENT_NAME, MAX_FINDINGS, finding
from mappings.check.invariants.narrative import ids_in
from mappings.check.rules import Finding
from mappings.check.shapes import ONLY_IN_R4, resource_shape
from mappings.check.spots import ELEMENT, EXTENSIONS, RESOURCE, TWIN, URI, Spot, names_of_resource, spots
from mappings.nodes import Node, nodes, on_the_way
from mappings.tree import Path, Tree

if TYPE_CHECKING:
    from mappings.check.quick.asked import State

LITERAL = re.compile(r"(?:https?://\S+/)?([A-Z][A-Za-z]+)/[A-Za-z0-9.\-]{1,64}(?:/_history/[A-Za-z0-9.\-]{1,64})?")
"""A literal that says the type of what it names: relative, or an address on a server in the form of the RESTful API."""

_CONDITIONAL = re.compile(r"([A-Z][A-Za-z]+)\?\S+=\S*")
_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:\S+")
CORE = re.compile(r"http://hl7\.org/fhir/(StructureDefinition|ValueSet)/")
_VALUE_SETS = ("http://hl7.org/fhir/ValueSet/", "http://terminology.hl7.org/ValueSet/")
_QUANTITIES = {"Quantity", "Age", "Count", "Distance", "Duration"}


def links(tree: Tree, release: str, unsound: State | None = None) -> list[Finding]:
    """Return what is wrong with the references, uris and extensions of one FHIR resource. Never raises for any tree.

    `unsound`: what `not_sound` says of it; None: each object is visited. The findings are the same.
    """
    if unsound is not None and not unsound.doubts.count:
        return []
    root = tree.get("resourceType") if isinstance(tree, dict) else None
    if not isinstance(tree, dict) or not isinstance(root, str) or not ELEMENT_NAME.fullmatch(root):
        return []
    visit = Visit(release, root)
    if unsound is not None:
        visit.suspect, visit.visited = unsound.suspect | unsound.doubtful, unsound.visited
    with suppress(RecursionError):  # the walk over structure says so
        visit.resource(tree, ())
    return visit.found[:MAX_FINDINGS]


class Visit:
    """One pass over one document.

    outer      the resource that is being read, and not one that it contains
    within     its type, while one that it contains is read, which calls it #
    contained  its contained resources: id -> type
    entries    of a Bundle: fullUrl -> type
    ids        of the elements of the outer resource, when they have been asked for
    suspect    the objects that are read, None: all; visited: they, and those on the way to them (quick/)
    """

    __slots__ = ("contained", "entries", "found", "ids", "outer", "release", "root", "suspect", "visited", "within")

    def __init__(self, release: str, root: str) -> None:
        self.release, self.root = release, root
        self.found: list[Finding] = []
        self.outer: Node = {}
        self.within = ""
        self.contained: dict[str, str] = {}
        self.entries: dict[str, str] = {}
        self.ids: set[str] | None = None
        self.suspect: set[int] | None = None
        self.visited: set[int] = set()

    def report(self, rule: str, at: Path, what: str, fix: str) -> None:
        self.found.append(finding(rule, self.root, at, what, fix, release=self.release))

    def resource(self, node: Tree, at: Path) -> None:
        name = _type_of(node)
        if not isinstance(node, dict) or resource_shape(self.release, name) is None:
            return
        if len(at) > 1 and at[-2] == "contained":
            before, self.within = self.within, _type_of(self.outer)
            self.element(node, name, name, names_of_resource(self.release, name), at)
            self.within = before
            return
        outside = self.enter(node)
        self.element(node, name, name, names_of_resource(self.release, name), at)
        self.outer, self.contained, self.ids = outside

    def enter(self, node: Node) -> tuple[Node, dict[str, str], set[str] | None]:
        """Make a resource the one that is being read, and return what is to be set back after it."""
        outside = self.outer, self.contained, self.ids
        self.outer, self.ids = node, None
        self.contained = {str(one.get("id")): _type_of(one) for one in nodes(node, "contained") if _type_of(one)}
        if _type_of(node) == "Bundle":
            self.entries |= _entries(node)
        return outside

    def element(self, node: Node, type_name: str, path: str, names: frozenset[str], at: Path) -> None:
        """Read an object of a type whose elements are defined at `path`; it goes by these names."""
        if self.suspect is not None:
            if id(node) not in self.visited:
                return
            if id(node) not in self.suspect:
                self.parts(node, type_name, path, at)
                return
        known = spots(self.release, type_name, path)
        if known.keys().isdisjoint(node):
            return
        for key, value in node.items():
            spot = known.get(key)
            if spot is None:
                continue
            if isinstance(value, list) is not spot.field.many:
                continue
            if spot.kind == EXTENSIONS:
                self.extensions(value, node, names, (*at, key))
            elif spot.field.many:
                for position, one in enumerate(value):
                    self.one(spot, one, (*at, key, position))
            else:
                self.one(spot, value, (*at, key))

    def parts(self, node: Node, type_name: str, path: str, at: Path) -> None:
        """Go on to the objects that are visited within one that has nothing to report itself."""
        known = spots(self.release, type_name, path)
        for key, part, here in on_the_way(node, self.visited):
            spot = known.get(key)
            if spot is not None and spot.kind == EXTENSIONS:
                self.element(part, "Extension", "Extension", _EXTENSION, (*at, *here))
            elif spot is not None:
                self.one(spot, part, (*at, *here))

    def one(self, spot: Spot, value: Tree, at: Path) -> None:
        kind = spot.kind
        if isinstance(value, dict):
            if kind == ELEMENT:
                of = spot.field.type
                if of in JUDGED:
                    self.judge(of, spot, value, at)
                self.element(value, of, spot.path, spot.names, at)
            elif kind == TWIN:
                self.element(value, "Element", "Element", spot.names, at)
            elif kind == RESOURCE:
                self.resource(value, at)
        elif kind == URI and isinstance(value, str):
            if value[:1] == "#":
                self.part(spot, value, at)
            elif not _ABSOLUTE.match(value):
                self.relative(spot, at)
            elif spot.field.type == "canonical" and spot.field.targets and (core := CORE.match(value)):
                self.target(core[1], spot.field.targets, at)

    def judge(self, of: str, spot: Spot, value: Node, at: Path) -> None:
        """Judge what is in an object of one of the types JUDGED."""
        if of == "Reference":
            self.reference(value, spot.field.targets, at)
        elif of == "CodeableReference":
            inner = value.get("reference")
            if isinstance(inner, dict) and spot.field.targets:
                self.named(inner, spot.field.targets, (*at, "reference"))
        elif isinstance(system := value.get("system"), str) and "code" in value:
            if is_unknown(value, self.release):
                fix = "Correct the code, or name the system that it is of."
                self.report("reference/code", (*at, "code"), "the code system has no such code", fix)
            if spot.field.name == "coding":
                return
            if not _ABSOLUTE.match(system) and system[:1] != "#":
                self.report(_SYSTEM, (*at, "system"), "the system is relative", _FIXES[_SYSTEM])
            elif system.startswith(_VALUE_SETS):
                what, fix = "the system is a value set", "Name the code system that the code is from."
                self.report("invariant/system-of-code", (*at, "system"), what, fix)

    def reference(self, node: Node, targets: frozenset[str], at: Path) -> None:
        literal, said = node.get("reference"), node.get("type")
        if not isinstance(literal, str):
            if isinstance(said, str) and targets and said not in targets:
                self.report("reference/logical", (*at, "type"), *_wrong(targets))
            return
        if any(blank in literal for blank in " \t\r\n"):
            self.report("reference/blank", (*at, "reference"), "there is white space in it", "Take it away.")
            return
        of = self.named(node, targets, at)
        if not of and _is_malformed(literal, self.release):
            fix = "Write Type/id, or a whole address; who is known by a number only is named by identifier."
            self.report("reference/form", (*at, "reference"), "this is no Type/id", fix)
        if isinstance(said, str):
            if of and said != of:
                what = "the type said and that of what is named differ"
                self.report("reference/said", (*at, "type"), what, "Correct the one that is wrong, or leave type out.")
            elif not of and targets and said not in targets:
                self.report("reference/said", (*at, "type"), *_wrong(targets))

    def named(self, node: Node, targets: frozenset[str], at: Path) -> str:
        """Return the type of what a reference names, "" where that is not known; report it where it may not be."""
        literal = node.get("reference")
        of = self.type_named(literal) if isinstance(literal, str) else ""
        if of and targets:
            self.target(of, targets, (*at, "reference"))
        return of

    def target(self, of: str, targets: frozenset[str], at: Path) -> None:
        if of not in targets and "Resource" not in targets:
            self.report("reference/type", at, *_wrong(targets))

    def type_named(self, literal: str) -> str:
        if literal[:1] == "#":
            return self.contained.get(literal[1:], "") if len(literal) > 1 else self.within
        if literal in self.entries:
            return self.entries[literal]
        found = LITERAL.fullmatch(literal) or _CONDITIONAL.fullmatch(literal)
        return found[1] if found and resource_shape(self.release, found[1]) is not None else ""

    def part(self, spot: Spot, value: str, at: Path) -> None:
        """Judge a uri that names a part of its own resource: `#x`."""
        if spot.field.type != "canonical":
            self.relative(spot, at)
        elif value[1:] in self.contained:
            if spot.field.targets:
                self.target(self.contained[value[1:]], spot.field.targets, at)
        elif value[1:] not in self._ids():
            self.report("reference/part", at, "nothing here has this id", "Contain what is meant, or correct the id.")

    def _ids(self) -> set[str]:
        if self.ids is None:
            self.ids = set(ids_in(self.outer))
        return self.ids

    def relative(self, spot: Spot, at: Path) -> None:
        rule = {"canonical": "invariant/absolute-canonical"}.get(spot.field.type, "invariant/absolute-url")
        if spot.field.name == "system":
            rule = _SYSTEM
        self.report(rule, at, f"the {spot.field.name if rule == _SYSTEM else 'url'} is relative", _FIXES[rule])

    def extensions(self, inner: list[Tree], owner: Node, names: frozenset[str], at: Path) -> None:
        """Read the extensions of an element that goes by these names."""
        nested = "Extension" in names and "url" in owner
        for position, one in enumerate(inner):
            if not isinstance(one, dict):
                continue
            here = (*at, position)
            url = one.get("url")
            if isinstance(url, str):
                known = definition(self.release, url) if ":" in url else None
                if known is not None:
                    self.extension(known, one, owner, names, here)
                elif not nested and url and not _ABSOLUTE.match(url):
                    self.report("invariant/absolute-extension", (*here, "url"), "the url is relative", _FIXES[_URL])
            self.element(one, "Extension", "Extension", _EXTENSION, here)

    def extension(self, known: Definition, one: Node, owner: Node, names: frozenset[str], at: Path) -> None:
        if (at[-2] == "modifierExtension") is not known.modifies:
            fix = f"Write it as {'modifierExtension' if known.modifies else 'extension'}."
            what = "this extension modifies" if known.modifies else "this extension modifies nothing"
            self.report("profile/extension-modifier", at, what, fix)
        if not may_stand(known, names):
            fix = f"It may stand on {', '.join(sorted(known.contexts)[:_FEW])}."
            self.report("profile/extension-context", at, "this extension may not stand here", fix)
        elif not known.holds(owner, one):
            what = "this extension may not stand on an element like this"
            self.report("profile/extension-context", at, what, "Take it away, or correct the element's type.")
        for rule, below, what, fix in content(one, known.whole):
            self.report(rule, (*at, *below), what, fix)
        for below, node, targets in references(one, known.whole):
            if isinstance(node, dict):
                self.named(node, targets, (*at, *below))


def _type_of(node: Tree) -> str:
    name = node.get("resourceType") if isinstance(node, dict) else None
    return name if isinstance(name, str) else ""


def _entries(bundle: Node) -> dict[str, str]:
    found = nodes(bundle, "entry")
    return {str(one["fullUrl"]): _type_of(one.get("resource")) for one in found if "fullUrl" in one}


def _is_malformed(literal: str, release: str) -> bool:
    """Return whether a literal is neither a whole address, nor a part, nor Type/id of a type that there is."""
    if ":" in literal or literal[:1] == "#" or not literal:
        return False
    found = LITERAL.fullmatch(literal) or _CONDITIONAL.fullmatch(literal)
    return found is None or not (release == "R4" and found[1] in ONLY_IN_R4)


def _wrong(targets: frozenset[str]) -> tuple[str, str]:
    """Return what is wrong where something of another type is named, and what would mend it."""
    few = ", ".join(sorted(targets)) if len(targets) <= _FEW else "one of the types of its definition"
    return "what is named is of a type that this element does not lead to", f"Name {few}."


_EXTENSION = frozenset({"Element", "Base", "Extension"})
CODED = {"Coding", *_QUANTITIES}
JUDGED = {"Reference", "CodeableReference", *CODED}
_SYSTEM, _URL = "invariant/absolute-system", "invariant/absolute-url"
_FEW = 12  # types or places that a finding lists
_FIXES = {
    _SYSTEM: "Write the whole uri: https://, urn:oid: or urn:uuid:.",
    _URL: "Write the whole url: https://.",
    "invariant/absolute-canonical": "Write the whole url: https://; what is contained is named by # and its id.",
}
