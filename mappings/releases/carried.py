"""Cross-version extensions: an element of one release in a document of the other, and back.

    R5 data in R4  http://hl7.org/fhir/5.0/StructureDefinition/extension-<path of the R5 element>
    R4 data in R5  http://hl7.org/fhir/4.0/StructureDefinition/extension-<path of the R4 element>

A value of a type that the other release's Extension can hold is its value[x]; any other is taken apart into nested
extensions, one for each child, a datatype with its name beside (`_datatype`), as in HL7's own definitions
(hl7.fhir.uv.xver-r5.r4). Rules: https://hl7.org/fhir/R5/versions.html#extensions
What is no such value, because the document is not valid, goes along as JSON text.
"""

from __future__ import annotations

from itertools import zip_longest

from mappings.check.shapes import SHAPES, Field, Shape
from mappings.releases.rows import Part
from mappings.terms.systems import LOCAL
from mappings.tree import NotJSON, Tree, dump, parse

OTHER = {"R4": "R5", "R5": "R4"}

BASE = {
    "R4": "http://hl7.org/fhir/4.0/StructureDefinition/extension-",
    "R5": "http://hl7.org/fhir/5.0/StructureDefinition/extension-",
}
DATATYPE = "http://hl7.org/fhir/StructureDefinition/_datatype"
AS_JSON = LOCAL + "as-json"
"""Local. Holds what stands in a document against its release's definitions, as JSON text."""


class Unsayable(ValueError):  # noqa: N818 - it is said as JSON text instead
    """No extension of the defined form can hold this."""


def as_json(url: str, tree: Tree) -> Tree:
    """Return an extension that holds any JSON as text, the same for the same JSON in any order of keys."""
    return {"url": url, "extension": [{"url": AS_JSON, "valueString": dump(_sorted(tree)).decode()}]}


def _sorted(tree: Tree) -> Tree:
    if isinstance(tree, dict):
        return {key: _sorted(tree[key]) for key in sorted(tree)}
    return [_sorted(item) for item in tree] if isinstance(tree, list) else tree


def from_json(extension: Tree) -> Tree:
    """Return what `as_json` holds. Raises Unsayable for any other extension."""
    inner = extension.get("extension") if isinstance(extension, dict) else None
    if isinstance(inner, list) and len(inner) == 1 and isinstance(inner[0], dict) and inner[0].get("url") == AS_JSON:
        text = inner[0].get("valueString")
        if isinstance(text, str):
            try:
                return parse(text.encode())
            except (NotJSON, UnicodeEncodeError):
                raise Unsayable from None
    raise Unsayable


def packed(url: str, fields: dict[str, Field], part: Part, home: str) -> list[Tree]:
    """Return the extensions that hold a part of one element in the other release's document. Raises Unsayable.

    fields   the elements of the part by name, as its own release, `home`, defines them
    """
    made: list[Tree] = []
    for key in part:
        name = key.removeprefix("_")
        about = fields.get(name)
        if about is None or (key != name and about.test is None):
            raise Unsayable
        if key != name and name in part:
            continue
        values, twins = part.get(name), part.get(f"_{name}")
        if about.many:
            if not all(isinstance(side, list) and side for side in (values, twins) if side is not None):
                raise Unsayable
            pairs = list(zip_longest(values or [], twins or []))
        else:
            pairs = [(values, twins)]
        made += [_packed(url, about, value, twin, home) for value, twin in pairs]
    return made


def _packed(url: str, about: Field, value: Tree, twin: Tree, home: str) -> Tree:
    key = "value" + about.type[0].upper() + about.type[1:]
    if (value is None and twin is None) or isinstance(value, list) or isinstance(twin, list):
        raise Unsayable
    if key in SHAPES[OTHER[home]]["Extension"].fields and (value is None or _sayable(value, about, OTHER[home])):
        held = ((key, value), (f"_{key}", twin))
        return {"url": url} | {name: node for name, node in held if node is not None}
    if about.test is not None:
        if not isinstance(value, str) or twin is not None:
            raise Unsayable
        kind = {"url": DATATYPE, "valueString": about.type}
        return {"url": url, "extension": [kind, {"url": "value", "valueString": value}]}
    if not isinstance(value, dict) or about.type == "Resource":
        raise Unsayable
    shape = _shape(home, about.type)
    inner = [] if _is_backbone(home, about) else [{"url": DATATYPE, "valueString": about.type}]
    for name, field in _children(shape, value).items():
        parts = {k: value[k] for k in (name, f"_{name}") if k in value}
        inner += packed(field.choice or name, {name: field}, parts, home)
    own = value.get("extension", [])
    if not isinstance(own, list) or own == [] != value.get("extension", own):
        raise Unsayable
    if not inner and not own:
        raise Unsayable
    return {k: value[k] for k in ("id",) if k in value} | {"url": url, "extension": [*inner, *own]}


def _sayable(value: Tree, about: Field, release: str) -> bool:
    """Return whether a release knows all that stands in a value of a datatype that both have."""
    theirs = SHAPES[release]["Extension"].fields["value" + about.type[0].upper() + about.type[1:]]
    return _known(value, theirs, release)


def _known(value: Tree, about: Field, release: str) -> bool:
    if isinstance(value, list):
        return all(x is None or _known(x, about, release) for x in value)
    if about.test is not None:
        return about.test(value)
    if not isinstance(value, dict) or about.type in ("Extension", "Element", "Resource"):
        return True
    fields = _shape(release, about.type).fields
    return all(key in fields and _known(x, fields[key], release) for key, x in value.items())


def _children(shape: Shape, value: Part) -> dict[str, Field]:
    found: dict[str, Field] = {}
    for key in value:
        name = key.removeprefix("_")
        if name in ("id", "extension"):
            continue
        if name not in shape.fields or name == "modifierExtension":
            raise Unsayable
        found[name] = shape.fields[name]
    return {name: found[name] for name in sorted(found, key=shape.order.index)}


def unpacked(extensions: list[Tree], fields: dict[str, Field], home: str) -> Part:
    """Return the part that extensions of one url hold. Raises Unsayable when they hold none.

    fields   the elements that they may be, by name, as `home` defines them: one, or those of a choice
    """
    if len(extensions) == 1:
        try:
            held = from_json(extensions[0])
        except Unsayable:
            pass
        else:
            if isinstance(held, dict):
                return held
    read = [_unpacked(each, fields, home) for each in extensions]
    names = {about.name for about, _, _ in read}
    about = read[0][0] if read else None
    if about is None or len(names) > 1 or (len(read) > 1 and not about.many):
        raise Unsayable
    values, twins = [value for _, value, _ in read], [twin for _, _, twin in read]
    sides = ((about.name, values), (f"_{about.name}", twins))
    if about.many:
        return {name: side for name, side in sides if any(x is not None for x in side)}
    return {name: side[0] for name, side in sides if side[0] is not None}


def _unpacked(extension: Tree, fields: dict[str, Field], home: str) -> tuple[Field, Tree, Tree]:
    if not isinstance(extension, dict) or not all(isinstance(key, str) for key in extension):
        raise Unsayable
    for about in fields.values():
        key = "value" + about.type[0].upper() + about.type[1:]
        twin = f"_{key}" if about.test is not None else key
        if extension.keys() <= {"url", key, twin} and len(extension) > 1:
            return about, extension.get(key), extension.get(twin) if twin != key else None
    inner = extension.get("extension")
    if extension.keys() - {"id", "url", "extension"} or not isinstance(inner, list):
        raise Unsayable
    first = inner[0] if inner and isinstance(inner[0], dict) else {}
    kind = first.get("valueString") if first.get("url") == DATATYPE else ""
    fitting = [f for f in fields.values() if f.type == kind or (not kind and f.test is None and _is_backbone(home, f))]
    if len(fitting) != 1:
        raise Unsayable
    about = fitting[0]
    rest = inner[1:] if kind else inner
    if about.test is not None:
        if len(rest) == 1 and isinstance(rest[0], dict) and rest[0].keys() == {"url", "valueString"}:
            return about, rest[0]["valueString"], None
        raise Unsayable
    return about, _children_of(extension, rest, _shape(home, about.type), home), None


def _children_of(extension: Part, inner: list[Tree], shape: Shape, home: str) -> Part:
    value: Part = {"id": extension["id"]} if "id" in extension else {}
    groups: dict[str, list[Tree]] = {}
    own: list[Tree] = []
    for each in inner:
        url = each.get("url") if isinstance(each, dict) else None
        if not isinstance(url, str):
            raise Unsayable
        if any(mark in url for mark in ":/"):
            own.append(each)
        else:
            groups.setdefault(url, []).append(each)
    if own:
        value["extension"] = own
    for url, held in groups.items():
        fields = {f.name: f for f in shape.fields.values() if not f.twin and url in (f.name, f.choice)}
        value |= unpacked(held, fields, home)
    return value


def _shape(release: str, name: str) -> Shape:
    try:
        return SHAPES[release][name]
    except LookupError:
        raise Unsayable from None


_DATATYPES = ("Dosage", "ElementDefinition", "MarketingStatus", "ProductShelfLife", "Timing")
"""Types that, like parts of a resource, may have modifier extensions, but are datatypes with a page of their own."""


def _is_backbone(release: str, about: Field) -> bool:
    return "modifierExtension" in _shape(release, about.type).fields and about.type not in _DATATYPES
