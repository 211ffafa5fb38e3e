"""Which FHIR release a document is of, and what tells.

    asked for  ->  its profile  ->  elements and codes that only one release has  ->  a parent folder named r4 or r5
    ->  the project's setting  ->  the documents beside it  ->  R4

No FHIR resource says its release: https://hl7.org/fhir/R4/versions.html#mt-version. Most documents fit both.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

from mappings.nodes import claims, nodes
from mappings.tree import Path, Tree, fhirpath

DEFAULT = "R4"
RELEASES = ("R4", "R5")

# What a claimed profile says of the release, by the start of its canonical. Source of a guide's row: `fhirVersions` in
# its package.json.
# fmt: off
_PROFILES = (
    # canonical                                             release   guide
    (r"http://hl7\.org/fhir/4\.[03]/StructureDefinition/[A-Z]",  "R4"),   # HL7's own, pinned to a release
    (r"http://hl7\.org/fhir/5\.0/StructureDefinition/[A-Z]",     "R5"),
    (r"http://hl7\.org/fhir/us/core/",                           "R4"),   # US Core 6.1 to 9: 4.0.1
    (r"http://hl7\.org/fhir/us/mcc/",                            "R4"),   # Multiple Chronic Conditions: 4.0.1
    (r"http://hl7\.org/fhir/us/sdoh-clinicalcare/",              "R4"),   # Gravity: 4.0.1
    (r"http://hl7\.org/fhir/uv/sdc/",                            "R4"),   # Structured Data Capture 4: 4.0.1
    (r"https://nrces\.in/ndhm/fhir/r4/",                         "R4"),   # NRCES (ABDM): 4.0.1
    (r"\S+/[rR]4/",                                              "R4"),   # the canonical itself says so
    (r"\S+/[rR]5/",                                              "R5"),
)
# fmt: on

# Data of another release stand in an extension: https://hl7.org/fhir/R5/versions.html#extensions
_CARRIED = {
    "http://hl7.org/fhir/5.0/StructureDefinition/extension-": "R4",
    "http://hl7.org/fhir/4.0/StructureDefinition/extension-": "R5",
}


@dataclass(frozen=True, slots=True)
class Which:
    """The release of a document and why: `by` is asked, profile, elements, folder, setting, neighbours or default.

    `at` is the FHIRPath of the first element that tells, for `by="elements"`.
    """

    release: str
    by: str
    at: str = ""

    @property
    def why(self) -> str:
        """Why, in words."""
        return _WHY[self.by].format(release=self.release, other=_other(self.release), at=self.at)


# fmt: off
_WHY = {
    "asked":      "asked for",
    "profile":    "its profile is of {release}",
    "elements":   "{at} as it stands there is of {release} and not of {other}",
    "folder":     "it lies in a folder named {release}",
    "setting":    "the project's setting",
    "neighbours": "those beside it are {release}",
    "default":    f"nothing tells, so {DEFAULT}",
}
BY = {
    "asked":      "asked for",
    "profile":    "by their profile",
    "elements":   "by their elements",
    "folder":     "by the folder's name",
    "setting":    "by the project's setting",
    "neighbours": "as those beside them",
    "default":    "nothing tells",
}
"""Why, in words, of several documents."""
# fmt: on


NOTHING_TELLS = Which(DEFAULT, "default")


def which(tree: Tree, *, asked: str = "", folders: Iterable[str] = (), setting: str = "") -> Which:
    """Return the release of a FHIR document, a Bundle too; `folders` are the names of those it lies in, nearest first.

    Never raises for any tree. What is asked for is believed; `setting` is the project's, for what tells nothing.
    """
    if asked:
        return Which(asked, "asked")
    if claimed := _claimed(tree):
        return Which(claimed, "profile")
    if told := _told(tree):
        return Which(*told)
    named = next((name.upper() for name in folders if name.upper() in RELEASES), "")
    if named:
        return Which(named, "folder")
    return Which(setting, "setting") if setting else NOTHING_TELLS


def settled(found: list[Which]) -> list[Which]:
    """Return the releases of documents that lie together: one that tells nothing is as the others, if they agree."""
    told = {one.release for one in found if one.by != "default"}
    if len(told) != 1:
        return found
    [release] = told
    return [one if one.by != "default" else Which(release, "neighbours") for one in found]


def _other(release: str) -> str:
    return next(other for other in RELEASES if other != release)


def _claimed(tree: Tree) -> str:
    """Return the release that the profiles of a document, or of the entries of a Bundle, agree on."""
    said = {release for url in _profiles(tree) for start, release in _PROFILES if re.match(start, url)}
    return said.pop() if len(said) == 1 else ""


def _profiles(tree: Tree) -> Iterator[str]:
    if not isinstance(tree, dict):
        return
    yield from (url for _, url in claims(tree))
    for entry in nodes(tree, "entry") if tree.get("resourceType") == "Bundle" else ():
        yield from _profiles(entry.get("resource"))


def _told(tree: Tree) -> tuple[str, str, str] | None:
    """Return (release, "elements", FHIRPath) by what only one release knows, the one that more elements speak for."""
    kind = tree.get("resourceType") if isinstance(tree, dict) else None
    found: list[tuple[str, Path]] = []
    try:
        _telling(tree, ("Resource", "Resource"), (), found)
    except RecursionError:
        return None
    first = {release: next((at for of, at in found if of == release), ()) for release in RELEASES}
    counted = {release: sum(of == release for of, _ in found) for release in RELEASES}
    more = max(RELEASES, key=lambda release: counted[release])
    if counted[more] == counted[_other(more)]:
        return None
    return more, "elements", fhirpath(str(kind), tuple(step for step in first[more] if isinstance(step, str)))


def _telling(node: Tree, types: tuple[str, str], at: Path, found: list[tuple[str, Path]]) -> None:
    """Add (release, path) of what stands in an object and only that release knows. `types` are those of R4 and R5."""
    if not isinstance(node, dict):
        return
    if types[0] == "Resource":
        name = node.get("resourceType")
        kind = name if isinstance(name, str) else ""
        known = [release for release in RELEASES if _fields(release, kind, resource=True)]
        if len(known) == 1:
            found.append((known[0], (*at, "resourceType")))
        types = (kind, kind)
    elif types[0] == "Extension" and isinstance(node.get("url"), str):
        found += ((release, at) for start, release in _CARRIED.items() if node["url"].startswith(start))
    rows = _rows(types)
    for key, value in node.items():
        row = rows.get(key)
        if row is None:
            continue
        fit = [release for release, field in row.fields if _fits(field, value)]
        if len(fit) == 1:
            found.append((fit[0], (*at, key)))
        elif fit and row.inner:
            for n, one in enumerate(value if isinstance(value, list) else [value]):
                _telling(one, row.inner, (*at, key, n), found)


class _Row(NamedTuple):
    """A property that may tell the release, or hold what does: what it is in each; the types of what stands in it."""

    fields: tuple[tuple[str, Any], ...]
    inner: tuple[str, str] | None


@cache
def _rows(types: tuple[str, str]) -> dict[str, _Row]:
    """Return name -> row of an object's properties; what both releases say alike, and holds nothing, is left out."""
    shapes = {release: _fields(release, kind) for release, kind in zip(RELEASES, types, strict=True)}
    rows = {}
    for key in {key for shape in shapes.values() for key in shape} if all(shapes.values()) else ():
        fields = tuple((release, shape[key]) for release, shape in shapes.items() if key in shape)
        inner = None
        if len(fields) == 2 and fields[0][1].test is None:
            inner = (fields[0][1].type, fields[1][1].type)
        if inner or len(fields) == 1 or _form(fields[0][1]) != _form(fields[1][1]):
            rows[key] = _Row(fields, inner)
    return rows


def _form(field: Any) -> tuple[Any, ...]:
    return field.many, field.test is None, field.codes or None


def _fits(field: Any, value: Tree) -> bool:
    """Whether a value has the form of an element: one or many, an object or a primitive, a code of its list."""
    if isinstance(value, list) != field.many:
        return False
    simple = field.test is not None
    for one in value if isinstance(value, list) else [value]:
        if one is None:
            continue
        if isinstance(one, dict) == simple or (field.codes and not (isinstance(one, str) and one in field.codes)):
            return False
    return True


@cache
def _fields(release: str, kind: str, *, resource: bool = False) -> dict[str, Any]:
    from mappings.check.shapes import SHAPES, resource_shape

    try:
        shape = resource_shape(release, kind) if resource else SHAPES[release][kind]
    except LookupError:
        return {}
    return shape.fields if shape else {}
