"""Where in a document something points out of itself: references, uris, extensions, and the way to them.

From the shapes: for each type the elements that have such a thing in them, with the names by which definitions of
extensions know the element ("Questionnaire.item", "Coding", "Element").
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from mappings.check.shapes import SHAPES, Field, Shape

RESOURCE, ELEMENT, EXTENSIONS, TWIN, URI = range(5)
"""What a spot is. A twin is the `_name` of a primitive, a uri one that is absolute."""


@dataclass(frozen=True, slots=True)
class Spot:
    """One property. `names` are those of its element, `path` is where the parts of its type are defined."""

    kind: int
    field: Field
    names: frozenset[str]
    path: str

    @property
    def type(self) -> str:
        """Return the type: "Reference", "GoalTarget", "canonical"."""
        return self.field.type


@cache
def spots(release: str, type_name: str, path: str) -> dict[str, Spot]:
    """Return property -> spot of a type whose elements are defined at `path`: ("GoalTarget", "Goal.target")."""
    shape = SHAPES[release][type_name]
    found = {key: _spot(release, shape, field, path) for key, field in shape.fields.items()}
    return {key: spot for key, spot in found.items() if spot is not None}


@cache
def names_of_resource(release: str, type_name: str) -> frozenset[str]:
    """Return the names that a resource goes by in the definitions of extensions."""
    names = {type_name, "Resource", "Element", "Base"}
    if "extension" in SHAPES[release][type_name].fields:
        names.add("DomainResource")
    if _is_canonical(SHAPES[release][type_name]):
        names |= {"CanonicalResource", "MetadataResource"}
    return frozenset(names)


def _spot(release: str, shape: Shape, field: Field, path: str) -> Spot | None:
    place = f"{path}.{field.choice or field.name}"
    if field.twin:
        of = shape.fields[field.name].type
        return Spot(TWIN, field, _names(of, place, field), "Element")
    if field.type == "Extension":
        return Spot(EXTENSIONS, field, frozenset({"Element", "Base", "Extension", place}), "Extension")
    if field.type == "Resource":
        return Spot(RESOURCE, field, frozenset(), "")
    if field.test is None:
        own = paths(release, path.partition(".")[0]).get(field.type, field.type)
        return Spot(ELEMENT, field, _names(field.type, place, field) | {own}, own)
    return Spot(URI, field, frozenset(), "") if _is_absolute(shape, field) else None


@cache
def paths(release: str, root: str) -> dict[str, str]:
    """Return type -> where its elements are defined, for the parts of a type: QuestionnaireItem, Questionnaire.item."""
    found = {root: root}
    waiting = [root]
    while waiting:
        name = waiting.pop(0)
        for field in SHAPES[release][name].fields.values():
            if field.type.startswith(root) and field.type not in found:
                found[field.type] = f"{found[name]}.{field.name}"
                waiting.append(field.type)
    return found


def _names(of: str, place: str, field: Field) -> frozenset[str]:
    here = {place, f"{place}[x]", f"{place}.ofType({of})"} if field.choice else {place}
    return frozenset({"Element", "Base", of, *MORE_GENERAL.get(of, ()), *here})


def _is_absolute(shape: Shape, field: Field) -> bool:
    """Return whether the element is absolute by its own definition, as each canonical is by its type."""
    return (
        field.type == "canonical"
        or (shape.name, field.name) in _ABSOLUTE
        or (field.name == "url" and _is_canonical(shape))
    )


def _is_canonical(shape: Shape) -> bool:
    """Return whether resources of this type are known by a url of their own and not by the server that has them."""
    return shape.is_resource and {"url", "version", "experimental"} <= shape.fields.keys()


_ABSOLUTE = {
    ("Identifier", "system"),
    ("Quantity", "system"),
    ("Age", "system"),
    ("Count", "system"),
    ("Distance", "system"),
    ("Duration", "system"),
    ("ValueSetComposeInclude", "system"),
}
MORE_GENERAL = {
    # type -> the types that it is one of
    "canonical": ("uri",),
    "code": ("string",),
    "id": ("string",),
    "markdown": ("string",),
    "oid": ("uri",),
    "positiveInt": ("integer",),
    "unsignedInt": ("integer",),
    "url": ("uri",),
    "uuid": ("uri",),
    "Age": ("Quantity",),
    "Count": ("Quantity",),
    "Distance": ("Quantity",),
    "Duration": ("Quantity",),
}
