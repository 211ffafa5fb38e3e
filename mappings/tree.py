"""A FHIR document as a JSON tree in which every literal stays as it was written.

    1.50, 1E2, -0            -> Number, its text kept
    "2013-06", "…+05:30"     -> str
    null, true, false        -> None, True, False
    {} and []                -> dict (in key order) and list

Two trees are equal exactly when their documents say the same, character for character, but for white space
and the spelling of escapes in strings. Trees are never changed in place: parts are shared between versions.

Refused are NaN, broken UTF-8 and what is not JSON (`NotJSON`). Duplicate keys and lone surrogates are JSON that
no tree can hold faithfully (`Unfaithful`): whoever pulls such a document keeps its bytes, whoever is posted it refuses.

Why not orjson on the way in: it accepts duplicate keys and turns 1.10 into 1.1 (measured, orjson 3.11).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any, Never

import orjson

from mappings.issues import Issue

type_name = type  # `type` is a field of several records below

Tree = Any
"""dict[str, Tree] | list[Tree] | str | Number | bool | None"""

Path = tuple[str | int, ...]
"""Keys and positions from the root of a document: ("target", 0, "measure")."""

MAX_DEPTH = 200
"""Nesting that is read. The deepest public FHIR document seen has 21 levels; orjson writes at most 254."""


class Literal(str):
    """Text as it was written, equal only to a literal of its own type: `Date("2020") != "2020"`."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and str.__eq__(self, other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = str.__hash__

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str.__repr__(self)})"


class Number(Literal):
    """A JSON number as it was written: `Number("1.50")`."""

    __slots__ = ()


class NotJSON(ValueError):  # noqa: N818 - says what the bytes are
    """The bytes are not JSON that is read here. `issue` says what and where; `line` and `column` count from 1."""

    def __init__(self, text: str, line: int, column: int, code: str = "structure", rule: str = "json") -> None:
        super().__init__(f"line {line}, column {column}: {text}")
        self.text, self.line, self.column = text, line, column
        self.issue = Issue("", code, f"{text} (line {line}, column {column})", "Send valid JSON.", "fatal", rule)


class Unfaithful(NotJSON):
    """JSON that a tree cannot hold faithfully: a duplicate key or a lone surrogate."""


class _DuplicateKeyError(ValueError):
    pass


def _object(pairs: list[tuple[str, Tree]]) -> dict[str, Tree]:
    node = dict(pairs)
    if len(node) != len(pairs):
        raise _DuplicateKeyError
    return node


def _constant(name: str) -> Never:
    raise _NotANumberError(name)


class _NotANumberError(ValueError):
    pass


class _Numbers(dict[str, Number]):
    """Numbers by their text. Short ones recur, and are one object each."""

    AT_MOST, SHORT = 4096, 8

    def __missing__(self, text: str) -> Number:
        found = Number(text)
        if len(text) <= self.SHORT:
            if len(self) >= self.AT_MOST:
                self.clear()
            self[text] = found
        return found


_number = _Numbers().__getitem__
_decode = json.JSONDecoder(parse_float=_number, parse_int=_number, parse_constant=_constant).decode
_decode_each_key = json.JSONDecoder(
    object_pairs_hook=_object, parse_float=_number, parse_int=_number, parse_constant=_constant
).decode

_INDENTED = orjson.OPT_PASSTHROUGH_SUBCLASS | orjson.OPT_INDENT_2
_ESCAPED_COLON = re.compile(rb"\\u003[aA]")
_DEEP = b"\n" + b"  " * MAX_DEPTH
_BRACKET = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[\[\]{}]', re.DOTALL)
_BOM = "\ufeff"


def parse(data: bytes) -> Tree:
    """Return the tree of a JSON document. A byte order mark in front is read over.

    Raises NotJSON, or its kind Unfaithful for a document that is JSON but has duplicate keys or lone surrogates.
    """
    text = _text(data)
    tree = _decoded(text, _decode)  # of two equal keys the last counts
    try:
        written = orjson.dumps(tree, default=_fragment, option=_INDENTED)
    except TypeError:  # a lone surrogate, or nested so deeply that it is not written
        written = _DEEP
    if not data.startswith(written) and _may_lack_keys(data, written):
        tree = _decoded(text, _decode_each_key)
    if _DEEP in written:
        _refuse_depth(text)
        _refuse_surrogates(text)
    return tree


def _may_lack_keys(data: bytes, written: bytes) -> bool:
    """Return whether what is written may have fewer keys than what was read: each has a colon, which goes with it."""
    return data.count(b":") != written.count(b":") or (b"\\u003" in data and bool(_ESCAPED_COLON.search(data)))


def _decoded(text: str, decode: Callable[[str], Tree]) -> Tree:
    try:
        return decode(text)
    except _DuplicateKeyError:
        raise _duplicate(text) from None
    except _NotANumberError as error:
        offset = re.search(rf"(?<![\w\"]){re.escape(str(error))}", text)
        at = _place(text, offset.start() if offset else 0)
        raise NotJSON("NaN and Infinity are not JSON", *at) from None
    except json.JSONDecodeError as error:
        _refuse_depth(text)
        raise NotJSON(f"not JSON: {error.msg}", error.lineno, error.colno) from None
    except RecursionError:
        _refuse_depth(text)
        raise NotJSON(f"nested deeper than {MAX_DEPTH} levels", 1, 1, "too-costly") from None


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8").removeprefix(_BOM)
    except UnicodeDecodeError as error:
        head = data[: error.start]
        column = len(head[head.rfind(b"\n") + 1 :].decode("utf-8", "replace")) + 1
        raise NotJSON("not UTF-8", head.count(b"\n") + 1, column) from None


def _refuse_depth(text: str) -> None:
    depth = 0
    for found in _BRACKET.finditer(text):
        mark = found[0]
        if mark in "[{":
            depth += 1
            if depth > MAX_DEPTH:
                raise NotJSON(f"nested deeper than {MAX_DEPTH} levels", *_place(text, found.start()), "too-costly")
        elif mark in "]}":
            depth -= 1


def _refuse_surrogates(text: str) -> None:
    for _, _, start, end in spans(text):
        if text[start] == '"' and not _encodable(json.loads(text[start:end])):
            raise Unfaithful("a lone surrogate is no character", *_place(text, start), rule="json-surrogate")
    for path, key, _, _ in spans(text):
        if path and isinstance(path[-1], str) and not _encodable(path[-1]):
            raise Unfaithful("a lone surrogate is no character", *_place(text, key), rule="json-surrogate")


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _duplicate(text: str) -> Unfaithful:
    seen: set[Path] = set()
    for path, key, _, _ in spans(text):
        if path in seen:
            return Unfaithful("the same key stands twice in one object", *_place(text, key), rule="json-duplicate-key")
        seen.add(path)
    return Unfaithful("the same key stands twice in one object", 1, 1, rule="json-duplicate-key")


def dump(tree: Tree) -> bytes:
    """Return a tree as compact JSON in UTF-8, its literals as they were written."""
    return orjson.dumps(tree, default=_fragment, option=orjson.OPT_PASSTHROUGH_SUBCLASS)


def pretty(tree: Tree) -> bytes:
    """Return a tree as indented JSON with a line end, for files that people read."""
    return orjson.dumps(tree, default=_fragment, option=_INDENTED | orjson.OPT_APPEND_NEWLINE)


def _fragment(value: object) -> object:
    if isinstance(value, Number):
        return orjson.Fragment(str(value))
    if isinstance(value, str):
        return str.__str__(value)
    raise TypeError(type_name(value).__name__)


def from_plain(value: object) -> Tree:
    """Return a tree for plain Python JSON data (numbers as int, float or Decimal). What is given stays as it is."""
    if isinstance(value, Mapping):
        return {str(k): from_plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [from_plain(v) for v in value]
    if isinstance(value, bool) or value is None or isinstance(value, Number):
        return value
    if isinstance(value, int | float | Decimal):
        return Number(str(value))
    if isinstance(value, str):
        return str.__str__(value)
    raise TypeError(f"{type_name(value).__name__} is not JSON")


def as_tree(value: Any) -> Tree:
    """Return a tree as it is, and plain Python JSON data as a tree."""
    waiting = [value]
    while waiting:
        node = waiting.pop()
        if node.__class__ is dict or node.__class__ is list:
            waiting += node.values() if node.__class__ is dict else node
        elif node.__class__ is int or node.__class__ is float or node.__class__ is Decimal:
            return from_plain(value)
    return value


def to_plain(tree: Tree) -> Any:
    """Return plain Python JSON data: int, float where it says the same, else Decimal."""
    if isinstance(tree, dict):
        return {k: to_plain(v) for k, v in tree.items()}
    if isinstance(tree, list):
        return [to_plain(v) for v in tree]
    return _plain_number(tree) if isinstance(tree, Number) else tree


def _plain_number(number: Number) -> int | float | Decimal:
    if re.fullmatch(r"-?\d{1,4000}", number) and str(int(number)) == str(number):
        return int(number)
    return float(number) if str(float(number)) == str(number) else Decimal(str(number))


def leaves(tree: Tree, path: Path = ()) -> Iterator[tuple[Path, Tree]]:
    """Yield path and value of each primitive, in document order."""
    if isinstance(tree, dict):
        for key, value in tree.items():
            yield from leaves(value, (*path, key))
    elif isinstance(tree, list):
        for at, value in enumerate(tree):
            yield from leaves(value, (*path, at))
    else:
        yield path, tree


def get(tree: Tree, path: Path) -> Tree:
    """Return what stands at a path. Raises LookupError where nothing stands."""
    for step in path:
        if not isinstance(tree, dict | list):
            raise LookupError(path)
        tree = tree[step]  # type: ignore[index, call-overload, unused-ignore]
    return tree


def replaced(tree: Tree, path: Path, value: Tree) -> Tree:
    """Return the tree with another value at a path; all other parts are shared, not copied."""
    if not path:
        return value
    copy = tree.copy()
    copy[path[0]] = replaced(tree[path[0]], path[1:], value)
    return copy


def fhirpath(root: str, path: Path) -> str:
    """Return a path as FHIRPath: `fhirpath("Goal", ("target", 0, "measure")) == "Goal.target[0].measure"`."""
    return root + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)


_TOKEN = re.compile(r'[ \t\n\r]*("[^"\\]*(?:\\.[^"\\]*)*"|[{}\[\],:]|[^\s{}\[\],:"]+)', re.DOTALL)


def spans(text: str) -> Iterator[tuple[Path, int, int, int]]:
    """Yield (path, offset of the key or else of the value, start, end) of each value of a JSON text, inner ones first.

    Duplicate keys are yielded twice. The text must be JSON.
    """
    open_at: list[tuple[int, int, bool]] = []  # (key offset, start, is object)
    path: list[str | int] = []
    key_at = -1
    want_key = False
    for token in _TOKEN.finditer(text):
        mark, start, end = token[1], token.start(1), token.end(1)
        if mark in "{[":
            open_at.append((key_at if key_at >= 0 else start, start, mark == "{"))
            path.append(0 if mark == "[" else "")
            want_key, key_at = mark == "{", -1
        elif mark in "}]":
            path.pop()
            key, begin, _ = open_at.pop()
            yield tuple(path), key, begin, end
            want_key, key_at = False, -1
        elif mark == ",":
            want_key, key_at = open_at[-1][2], -1
            if not want_key:
                path[-1] = int(path[-1]) + 1
        elif mark == ":":
            want_key = False
        elif want_key:
            path[-1], key_at = json.loads(mark), start
        else:
            yield tuple(path), key_at if key_at >= 0 else start, start, end
            key_at = -1


def _place(text: str, offset: int) -> tuple[int, int]:
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)


def slices(data: bytes, wanted: tuple[str | None, ...]) -> list[bytes]:
    """Return the bytes, untouched, of each value whose path fits a pattern in which None stands for any position.

    `slices(page, ("entry", None, "resource"))` are the resources of a Bundle as they came, duplicate keys and all.
    """
    text = _text(data)
    return [
        text[start:end].encode("utf-8", "surrogatepass")
        for path, _, start, end in spans(text)
        if len(path) == len(wanted) and all(w is None or w == p for w, p in zip(wanted, path, strict=True))
    ]
