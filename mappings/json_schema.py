"""JSON Schema of the native JSON, for editors: which fields there are, what they mean, which words may stand in them.

Derived from the dataclasses of the model as `mappings/native.py` walks them, so that it grows with them:
descriptions are docstrings, closed lists are those that the tables can write. It says what canonical native JSON is:
nulls, which reading passes over, and numbers without quotation marks, which it takes, are no part of it.

https://json-schema.org/draft/2020-12/schema
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from inspect import cleandoc
from typing import Any

from mappings.model import values as v
from mappings.native import ENTITIES, KINDS, entities_of, shape
from mappings.native_schema import NEW_MEMBERS, NUMBER_FORM
from mappings.tables.closed import closed_lists
from mappings.tree import Number

Schema = dict[str, Any]

DRAFT = "https://json-schema.org/draft/2020-12/schema"

_ID = "The id under which it is stored: 1 to 64 letters, digits, hyphens and points. A new record needs none."
_KEY = "Origin token: which item this is where items are equal or moved. Keep it; a new item needs none."


def schema(entity: str | None = None) -> Schema:
    """Return the JSON Schema of one entity's documents, or of those of all. Raises KeyError for an unknown entity."""
    if entity:
        body, defs = {"title": entity, **_document(ENTITIES[entity])}, _definitions([ENTITIES[entity]])
    else:
        says = "One record in the programme's own words; `entity` says which kind it is."
        roots = {f"{name} document": _document(native) for name, native in ENTITIES.items()}
        body = {
            "title": "Native JSON of Planbridge",
            "description": says,
            **_by_entity({n: f"{n} document" for n in ENTITIES}),
        }
        defs = _definitions(list(ENTITIES.values())) | roots
    return {"$schema": DRAFT, **body, "$defs": dict(sorted(defs.items()))}


def _ref(name: str, *steps: str) -> str:
    return "/".join(["#/$defs", name.replace(" ", "%20"), *steps])


def _document(native: type) -> Schema:
    """An entity as a file or a body: which it is, its id, and its fields."""
    known = {name: {"$ref": _ref(native.__name__, "properties", name)} for name in ("entity", *shape(native))}
    return _object(native, {"id": {"type": "string", "description": _ID}, **known}, ["entity", *_needed(native)])


def _by_entity(definitions: dict[str, str]) -> Schema:
    """An object that is one of several entities, and says which."""
    ways = [
        {"if": {"properties": {"entity": {"const": name}}}, "then": {"$ref": _ref(definition)}}
        for name, definition in definitions.items()
    ]
    return {
        "type": "object",
        "required": ["entity"],
        "properties": {"entity": {"enum": list(definitions)}},
        "allOf": ways,
    }


def _definitions(natives: list[type]) -> dict[str, Schema]:
    """Return what these types and all that they hold look like, each once, by name."""
    made: dict[str, Schema] = {}
    waiting = list(natives)
    while waiting:
        native = waiting.pop(0)
        if native in (Any, str) or native.__name__ in made:
            continue
        made[native.__name__] = {}
        if not is_dataclass(native):
            made[native.__name__] = _written(native)
            continue
        made[native.__name__] = _member() if native is v.Member else _dataclass(native)
        waiting += [kind for _, kinds in shape(native).values() for kind in kinds]
        waiting += ENTITIES.values() if native is v.Member else []
    return made


def _dataclass(native: type) -> Schema:
    known = {name: _field(native, name) for name in shape(native)}
    name = native.__name__
    if ENTITIES.get(name) is native:
        known = {"entity": {"const": name, "description": f"Which entity this is: {name}."}, **known}
    return _object(native, known, _needed(native))


def _object(native: type, properties: Schema, needed: list[str]) -> Schema:
    made: Schema = {"description": _says(native), "type": "object", "properties": properties}
    if needed:
        made["required"] = needed
    if v.Filled in native.__mro__:  # one that says nothing cannot be made
        made["anyOf"] = [
            {"required": [one.name]}
            | ({"properties": {one.name: {"minItems": 1}}} if shape(native)[one.name][0] else {})
            for one in fields(native)
            if one.compare
        ]
    return made | {"additionalProperties": False}


def _needed(native: type) -> list[str]:
    return [f.name for f in fields(native) if f.default is MISSING and f.default_factory is MISSING]


def _field(native: type, name: str) -> Schema:
    """What may stand in one field: a value, one of several under the name of its kind, or a list."""
    is_list, kinds = shape(native)[name]
    if len(kinds) > 1:
        choices = {said: _one(kind) for said, kind in KINDS.items() if kind in kinds}
        one: Schema = {
            "description": f"One value under its kind: {', '.join(choices)}.",
            "type": "object",
            "properties": choices,
            "minProperties": 1,
            "maxProperties": 1,
            "additionalProperties": False,
        }
    else:
        one = _one(kinds[0], NEW_MEMBERS.get(name, ""))
    if words := closed_lists().get((native, name)):
        one = {"enum": list(words)}
    said = {"description": _KEY} if name == "key" else _words_on(native, name)
    return {**said, "type": "array", "items": one} if is_list else {**one, **said}


def _one(kind: Any, new_member: str = "") -> Schema:
    if kind is Any:
        return {"type": "object"}
    if kind is str:
        return _written(str)
    if kind is not v.Member:
        return {"$ref": _ref(kind.__name__)}
    held = _held(new_member) if new_member else False
    unnamed = {"not": {"anyOf": [_has("id"), _has("type")]}}
    return {"$ref": _ref("Member"), "if": unnamed, "then": {"properties": {"value": held}}}


def _member() -> Schema:
    """A member, whose id, type and display may be null, and what its value is by its type, else by its id.

    What one that has neither holds is said by the field that it stands in.
    """
    made = _dataclass(v.Member)
    names = ("id", "type", "display")
    made["properties"] |= {name: {"anyOf": [made["properties"][name], {"type": "null"}]} for name in names}
    made["anyOf"] = [_has(one["required"][0]) for one in made["anyOf"]]
    kinds = sorted({native.RESOURCE for native in ENTITIES.values()})  # type: ignore[attr-defined]
    by_kind = [{"if": _is_a(kind), "then": {"properties": {"value": _held(kind)}}} for kind in kinds]
    other = {"anyOf": [_has("id"), _has("type")], "not": {"anyOf": [_is_a(kind) for kind in kinds]}}
    return {**made, "allOf": [*by_kind, {"if": other, "then": {"properties": {"value": False}}}]}


def _has(name: str) -> Schema:
    return {"required": [name], "properties": {name: {"not": {"type": "null"}}}}


def _is_a(kind: str) -> Schema:
    """A member of a resource type: its type says so, else its id."""
    pattern = rf"^(?:.*/)?{kind}/[A-Za-z0-9\-.]+(?:/_history/.+)?$"
    by_id = {"required": ["id"], "properties": {"id": {"type": "string", "pattern": pattern}}}
    by_type = {"required": ["type"], "properties": {"type": {"const": kind}}}
    return {"anyOf": [by_type, {**by_id, "not": _has("type")}]}


def _held(kind: str) -> Schema:
    """What a member of a resource type holds; where the type has several natives, the value says which it is."""
    known = {name: native.__name__ for name, native in entities_of(kind).items()}
    return {"$ref": _ref(*known.values())} if len(known) == 1 else _by_entity(known)


def _written(native: type) -> Schema:
    """A text of a form; a form of plain words is a list of them."""
    if native is str:
        return {"type": "string", "minLength": 1}
    form = NUMBER_FORM if native is Number else vars(native)["form"]
    words = {"enum": form.split("|")} if re.fullmatch(r"[\w -]+(\|[\w -]+)+", form) else {}
    return {"description": _says(native), **(words or {"type": "string", "pattern": f"^(?:{form})$"})}


# ---- descriptions, from docstrings

_LINE = re.compile(r"(?P<name>[a-z_A-Z]+)\s{2,}(?P<text>\S.*)")


def _says(native: type) -> str:
    """Return what the docstring says of the type as a whole."""
    lines = _docstring(native)
    told = {at for at, _, _ in _told(native)}
    return " ".join(" ".join(line for n, line in enumerate(lines) if n not in told).split())


def _words_on(native: type, name: str) -> Schema:
    """Return what the docstring of the type, or of what it inherits from, says of a field: `name   words` on a line."""
    for one in native.__mro__:
        words = [text for _, field, text in _told(one) if field == name]
        if words:
            return {"description": " ".join(words)}
    return {}


@cache
def _docstring(native: type) -> tuple[str, ...]:
    return tuple(cleandoc(vars(native).get("__doc__") or "").splitlines())


@cache
def _told(native: type) -> tuple[tuple[int, str, str], ...]:
    return tuple(_lines(native))


def _lines(native: type) -> Iterator[tuple[int, str, str]]:
    """Yield (line, field, words) of the lines of a docstring that speak of one field, with those that go on."""
    known = {field.name for field in fields(native)} if is_dataclass(native) else set()
    field = ""
    for at, line in enumerate(_docstring(native)):
        found = _LINE.fullmatch(line)
        if found and found["name"] in known:
            field = found["name"]
            yield at, field, found["text"]
        elif field and line.startswith("  "):
            yield at, field, line.strip()
        else:
            field = ""
