"""Reading native JSON with marshmallow, its schemas derived once from the dataclasses of the model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import MISSING, is_dataclass
from dataclasses import fields as model_fields
from functools import cache
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields

from mappings.issues import Issue
from mappings.model import values as v
from mappings.native import ENTITIES, KINDS, entities_of, shape
from mappings.tree import Number

# What marshmallow and the model say, in our words: (code, text, fix). No text holds a value.
# fmt: off
_WORDS: dict[str, tuple[str, str, str]] = {
    "unknown": ("structure", "there is no such field",              "See planbridge convert --help for the model."),
    "object":  ("structure", "an object belongs here",              "Write {…}."),
    "list":    ("structure", "a list belongs here",                 "Write […]."),
    "text":    ("value",     "text belongs here",                   "Write it in quotes; decimals and dates too."),
    "form":    ("value",     "this is not of the field's form",     "See the field's type in the model."),
    "empty":   ("value",     "an empty value says nothing",         "Leave the field out."),
    "kind":    ("structure", "a value under its kind belongs here", f"Kinds: {', '.join(KINDS)}."),
    "member":  ("structure", "a member's value needs its type",     "Give `type` or `id`."),
    "entity":  ("structure", "this does not say which entity it is", 'Write its "entity", one of its `type`.'),
    "null":    ("value",     "null says nothing",                   "Leave the field out."),
}
# fmt: on


class _Written(fields.Field[Any]):
    """Text of a native type: kept as written, refused where it has not the type's form."""

    def __init__(self, native: type) -> None:
        super().__init__(allow_none=True)
        self.native = native

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> Any:
        if type(value) is Number and issubclass(self.native, Number | v.Whole):
            value = str.__str__(value)
        if type(value) is not str:
            raise ValidationError("text")
        if not value:
            raise ValidationError("empty")
        try:
            return _literal(self.native, value)
        except ValueError:
            raise ValidationError("form") from None


def _literal(native: type, text: str) -> Any:
    if native is Number:
        v.Written.__new__(_Decimal, text)
        return Number(text)
    return native(text)


NUMBER_FORM = r"-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?"
"""A number as JSON spells it."""


class _Decimal(v.Written):
    """A number as JSON spells it."""

    __slots__ = ()
    form = NUMBER_FORM


class _Kinded(fields.Field[Any]):
    """One value under the name of its kind: `{"quantity": {…}}`."""

    def __init__(self, kinds: tuple[type, ...]) -> None:
        super().__init__(allow_none=True)
        self.kinds = {name: kind for name, kind in KINDS.items() if kind in kinds}

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> Any:
        if not isinstance(value, Mapping) or len(value) != 1 or next(iter(value)) not in self.kinds:
            raise ValidationError("kind")
        name, inner = next(iter(value.items()))
        try:
            return field_of(self.kinds[name]).deserialize(inner)
        except ValidationError as error:
            raise ValidationError({name: error.messages}) from None


# What a member is where neither its id nor its type says so: a new one may come without either.
NEW_MEMBERS = {
    "goals": "Goal",
    "therapy": "ServiceRequest",
    "evidence": "QuestionnaireResponse",
    "instrument": "Questionnaire",
}


class _Object(fields.Field[Any]):
    """A native dataclass; `kind` is what a member without id and type is."""

    def __init__(self, native: type, kind: str = "") -> None:
        super().__init__(allow_none=True)
        self.native, self.kind = native, kind

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> Any:
        if not isinstance(value, Mapping):
            raise ValidationError("object")
        given = {k: x for k, x in value.items() if x is not None}
        if self.kind and "value" in given and not {"id", "type"} & given.keys():
            given["type"] = self.kind
        loaded = schema_of(self.native).load(given)
        if missing := _needed(self.native) - loaded.keys():
            raise ValidationError({name: ["required"] for name in sorted(missing)})
        try:
            return self.native(**loaded)
        except ValueError:
            raise ValidationError("empty") from None


@cache
def _needed(native: type) -> frozenset[str]:
    return frozenset(f.name for f in model_fields(native) if f.default is MISSING and f.default_factory is MISSING)


class _List(fields.List[Any]):
    """A list of native values, as a tuple."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> Any:
        if not isinstance(value, list):
            raise ValidationError("list")
        if None in value:
            raise ValidationError({value.index(None): ["null"]})
        return tuple(super()._deserialize(value, attr, data))


class _MemberValue(fields.Field[Any]):
    """The part that a member holds; the member's type says which, and its "entity" where the type has several."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> Any:
        named = str(data.get("type") or v.kind_of(data.get("id")) or "") if isinstance(data, Mapping) else ""
        known = entities_of(named)
        if not known:
            raise ValidationError("member")
        if not isinstance(value, Mapping):
            raise ValidationError("object")
        said = value.get("entity", next(iter(known)) if len(known) == 1 else None)
        native = known.get(said) if isinstance(said, str) else None
        if native is None:
            raise ValidationError({"entity": ["entity"]})
        return _Object(native).deserialize({k: x for k, x in value.items() if k != "entity"})


@cache
def field_of(native: Any) -> fields.Field[Any]:
    """Return the field of one native type."""
    if native is Any:
        return _MemberValue()
    if is_dataclass(native):
        return _Object(native)  # type: ignore[arg-type]
    return _Written(native)


@cache
def schema_of(native: type) -> Schema:
    """Return the schema of a native dataclass, made once (making one costs as much as 26 readings)."""
    made: dict[str, fields.Field[Any]] = {}
    for name, (is_list, kinds) in shape(native).items():
        one = field_of(kinds[0]) if len(kinds) == 1 else _Kinded(kinds)
        if kinds == (v.Member,):
            one = _Object(v.Member, NEW_MEMBERS.get(name, ""))
        made[name] = _List(one) if is_list else one
    return Schema.from_dict(made, name=native.__name__)(unknown=RAISE)


def read_entity(data: Any, entity: str | None) -> tuple[Any, tuple[Issue, ...]]:
    """Read native JSON data as an entity: see mappings.native.load."""
    if not isinstance(data, Mapping):
        return None, (_issue("", "object"),)
    named = data.get("entity", entity)
    native = ENTITIES.get(named) if isinstance(named, str) else None
    if native is None or (entity is not None and named != entity):
        fix = f'Write "entity": one of {", ".join([entity] if entity else ENTITIES)}.'
        return None, (Issue("entity", "structure", "this does not say which entity it is", fix, rule="native/entity"),)
    body = {k: x for k, x in data.items() if k not in ("entity", "id")}
    try:
        return _Object(native).deserialize(body), ()
    except ValidationError as error:
        return None, tuple(_issues(error.messages, ""))


def _issues(messages: Any, path: str) -> Iterator[Issue]:
    if isinstance(messages, Mapping):
        for step, below in messages.items():
            name = f"[{step}]" if isinstance(step, int) else "" if step == "_schema" else f".{step}"
            yield from _issues(below, path + name)
    else:
        for message in messages if isinstance(messages, list) else [messages]:
            yield _issue(path.removeprefix("."), str(message))


def _issue(path: str, message: str) -> Issue:
    word = {"Unknown field.": "unknown", "Field may not be null.": "null"}.get(message, message)
    code, text, fix = _WORDS.get(word, ("value", "this is not what the model takes", "Compare with the model."))
    return Issue(path, code, text, fix, rule=f"native/{word if word in _WORDS else 'value'}")


__all__ = ["field_of", "read_entity", "schema_of"]
