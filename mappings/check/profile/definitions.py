"""The profiles that are held, as trees of elements to judge by, made of their rows when a document first names them.

    profiles.tsv        profile, type, the profile it is based on, guide, title, page, context of an extension, source
    profile_rows.tsv    profile, element by its id in the definition, what is said of it, and what
        min max         cardinality                          fixed pattern    JSON
        required        binding, and its value set           extensible       the same, with warnings
        types           of a choice                          targets          of references, with =profile where held
        slicing         rules and discriminators             extension        the url that a slice of extensions has
        content         the element whose content it repeats constraint       keys, in constraints.py

Both are written by source.py.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache

from mappings.check.bindings import ValueSet, read_value_sets, value_sets
from mappings.check.data import rows
from mappings.check.profile.constraints import CONSTRAINTS, VALUE_SETS, Constraint
from mappings.tree import Tree, parse

NOTHING = object()
"""What an element is fixed to that is not."""

_CORE_VERSION = "|4.0.1"


@dataclass(slots=True)
class Element:
    """What a profile says of one element beyond its type.

    name        as the type has it: "category", "value[x]"
    least, most  how many there may be; None: no end
    values      the value set that it is bound to, and whether the binding is required
    targets     type -> canonicals of the profiles of which a referred resource meets one; empty: any resource of it
    by          the discriminators of its slices, as (type, path)
    closed      whether what is in no slice has no place
    """

    id: str
    name: str
    least: int = 0
    most: int | None = None
    fixed: Tree = NOTHING
    pattern: Tree = NOTHING
    values: ValueSet | None = None
    required: bool = False
    types: tuple[str, ...] = ()
    targets: dict[str, list[str]] = field(default_factory=dict)
    extension: str = ""
    constraints: tuple[Constraint, ...] = ()
    by: tuple[tuple[str, str], ...] = ()
    closed: bool = False
    slices: dict[str, Element] = field(default_factory=dict)
    children: dict[str, Element] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Profile:
    """A profile that is held. `context`: the elements that an extension may stand on."""

    canonical: str
    type: str
    parent: str
    guide: str
    title: str
    page: str
    context: tuple[str, ...]

    @property
    def url(self) -> str:
        return self.canonical.partition("|")[0]

    @property
    def version(self) -> str:
        return self.canonical.partition("|")[2]

    @property
    def root(self) -> Element:
        """What the profile and those it is based on say of the resource. Raises KeyError for an unknown invariant."""
        return _tree(self.canonical)


@cache
def profiles() -> dict[str, Profile]:
    """Return canonical with version -> profile, of all that are held."""
    return {
        canonical: Profile(canonical, kind, parent, guide, title, page, tuple(context.split()))
        for canonical, kind, parent, guide, title, page, context, _ in rows("profiles.tsv")
    }


@cache
def versions() -> dict[str, tuple[Profile, ...]]:
    """Return url -> the profiles of this url, the newest first."""
    found: dict[str, list[Profile]] = {}
    for one in profiles().values():
        found.setdefault(one.url, []).append(one)
    return {url: tuple(sorted(held, key=_newness, reverse=True)) for url, held in found.items()}


def _newness(one: Profile) -> tuple[int, ...]:
    return tuple(int(part) for part in one.version.split("."))


@cache
def _rows() -> dict[str, list[tuple[str, str, str]]]:
    found: dict[str, list[tuple[str, str, str]]] = {}
    for canonical, element, what, said in rows("profile_rows.tsv"):
        found.setdefault(canonical, []).append((element, what, said))
    return found


@cache
def _tree(canonical: str) -> Element:
    chain = [canonical]
    while parent := profiles()[chain[-1]].parent:
        chain.append(parent)
    kind = profiles()[canonical].type
    root = Element(kind, kind)
    repeats: list[tuple[Element, str]] = []
    for one in reversed(chain):
        for ident, what, said in _rows().get(one, []):
            if what == "content":
                repeats.append((_at(root, ident), said))
            else:
                _say(_at(root, ident), what, said)
    for element, said in repeats:
        like = _at(root, said)
        element.children, element.constraints = like.children, like.constraints
    return root


def _at(root: Element, ident: str) -> Element:
    """Return the element of an id, with those on the way to it: "CarePlan.category:AssessPlan.coding"."""
    here, path = root, root.id
    for step in ident.split(".")[1:]:
        name, _, sliced = step.partition(":")
        path = f"{path}.{name}"
        here = here.children.setdefault(name, Element(path, name))
        if sliced:
            path = f"{path}:{sliced}"
            here = here.slices.setdefault(sliced, Element(path, name))
    return here


def _say(element: Element, what: str, said: str) -> None:
    match what:
        case "min":
            element.least = int(said)
        case "max":
            element.most = int(said)
        case "fixed":
            element.fixed = parse(said.encode())
        case "pattern":
            element.pattern = parse(said.encode())
        case "required" | "extensible":
            element.values, element.required = _value_set(said), what == "required"
        case "types":
            element.types = tuple(said.split())
        case "targets":
            element.targets = {}
            for target in said.split():
                kind, _, profile = target.partition("=")
                element.targets.setdefault(kind, []).extend([profile] if profile else [])
        case "extension":
            element.extension = said
        case "slicing":
            rules, *by = said.split()
            element.closed = rules == "closed"
            element.by = tuple((kind, path) for kind, _, path in (one.partition(":") for one in by))
        case "constraint":
            element.constraints += tuple(CONSTRAINTS[key] for key in said.split())
        case _:
            raise ValueError(f"{element.id}: {what}")


def _value_set(url: str) -> ValueSet:
    """Return a guide's value set, or the specification's; one that is neither is not held."""
    guides = {one.url: one for one in read_value_sets(VALUE_SETS).values()}
    core = value_sets().get(url + _CORE_VERSION)
    return guides.get(url) or core or ValueSet(url, "", None, {}, "its codes are not shipped")
