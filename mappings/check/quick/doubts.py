"""References, uris and extensions in the quick pass (quick/): the rules of links.py, asked without saying where.

What those rules report here is a doubt and no finding: the element is then visited by the pass that says where.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

from mappings.check import extensions
from mappings.check.code_systems import is_unknown
from mappings.check.links import CORE, JUDGED, Visit
from mappings.check.shapes import SHAPES, Shape, is_type
from mappings.check.spots import MORE_GENERAL, URI, Spot, names_of_resource, paths, spots
from mappings.nodes import Node
from mappings.tree import Path, Tree

if TYPE_CHECKING:
    from mappings.check.quick.asked import State


class Doubts(Visit):
    """The rules of links.py over single values of one document.

    count   how often one was broken
    """

    __slots__ = ("count",)

    def __init__(self, release: str) -> None:
        super().__init__(release, "")
        self.count = 0

    def report(self, *_: object) -> None:
        """Note that there is something to report."""
        self.count += 1

    def element(self, *_: object) -> None:
        """Leave the parts of an object, which are asked by themselves."""

    def any_in(self, value: Tree, spot: Spot) -> bool:
        """Return whether a value that stands at a spot leaves a doubt; what is in an object is not asked."""
        before = self.count
        self.one(spot, value, _HERE)
        return self.count != before

    def any_of(self, inner: list[Tree], owner: Node, names: frozenset[str], key: str) -> bool:
        """Return whether one of the extensions of an element leaves a doubt."""
        before = self.count
        self.extensions(inner, owner, names, (key,))
        return self.count != before


def spot_of(release: str, shape: Shape, key: str) -> Spot | None:
    """Return where an element points out of itself by what it is, None where it does not."""
    spot = spots(release, shape.name, place_of(release, shape.name)).get(key)
    if spot is None or (spot.type == "Coding" and spot.field.name == "coding"):
        return None
    return spot if spot.kind == URI or spot.type in JUDGED else None


@cache
def place_of(release: str, type_name: str) -> str:
    """Return where the elements of a type are defined: "Questionnaire.item" of QuestionnaireItem."""
    for end in range(len(type_name) - 1, 0, -1):
        owner = type_name[:end] if type_name[end].isupper() else ""
        if owner and is_type(release, owner) and type_name in (found := paths(release, owner)):
            return found[type_name]
    return type_name


def names_of(release: str, shape: Shape, primitive: str) -> frozenset[str]:
    """Return the names that each element of a type goes by, wherever it stands; `primitive` for the `_name` of one."""
    if shape.is_resource:
        return names_of_resource(release, shape.name)
    of = primitive or shape.name
    return frozenset({"Element", "Base", of, *MORE_GENERAL.get(of, ()), place_of(release, of)})


def of_its_system(coding: Node, state: State) -> bool:
    """Note a coding or a quantity whose code its system has not."""
    if is_unknown(coding, state.doubts.release):
        state.doubts.report()
        state.doubt(coding)
    return True


def is_plain(spot: Spot) -> Callable[[Tree], bool]:
    """Return who says that a value leaves no doubt at a spot without being asked, as most do."""
    if spot.kind == URI and spot.field.type == "canonical" and spot.field.targets:
        return lambda value: value.startswith("http") and CORE.match(value) is None
    if spot.kind == URI:
        return lambda value: bool(value.startswith("http"))
    if spot.type in {"Reference", "CodeableReference"}:
        return lambda _: False
    return _has_plain_system


def _has_plain_system(value: Node) -> bool:
    system = value.get("system")
    return not isinstance(system, str) or (system.startswith("http") and "/ValueSet/" not in system)


def extended(release: str, names: frozenset[str], key: str) -> Callable[[Node, State], bool]:
    """Return who says that the extensions of an element that goes by these names are sound.

    That is found once for each of HL7's extensions that has the same names in it, where only they count.
    """
    of = SHAPES[release]["Extension"].fields.keys()
    alike: dict[tuple[str, ...], Callable[[Node, Node], bool]] = {}

    def sound(owner: Node, state: State) -> bool:
        inner, held = owner[key], extensions.held(release)
        for one in inner if inner.__class__ is list else ():
            url = one.get("url") if isinstance(one, dict) else None
            if not isinstance(url, str) or (url not in held and url.startswith("http")):
                continue
            holds = alike.get((url, *one))
            if holds is not None and holds(owner, one):
                continue
            if state.doubts.any_of([one], owner, names, key):
                state.doubt(owner)
                return True
            known = extensions.definition(release, url)
            if known is not None and one.keys() <= of and not known.whole.parts:
                alike[url, *one] = _of_this(known)
        return True

    return sound


def _of_this(known: extensions.Definition) -> Callable[[Node, Node], bool]:
    """Return what is left to ask of an extension without parts when one with the same names in it was sound."""
    whole = known.whole
    if extensions.is_told_by_names(whole):
        return known.holds
    if any(whole.values.values()):  # what a reference names is asked of each
        return lambda _owner, _one: False
    return lambda owner, one: known.holds(owner, one) and next(extensions.content(one, whole), None) is None


_HERE: Path = ("", "")
