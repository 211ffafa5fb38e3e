"""Regular expressions of forms, matched in time that grows with the text alone, whoever wrote them.

    Pattern("[0-9]{3}-?[A-Z]+").matches("123A")   True

A form may come from anybody, and a backtracking matcher needs years for some expressions. This one walks all ways
through the expression at once. What it does not know (looking ahead or behind, back references, named classes) it
says by None: such an expression is not judged.

https://hl7.org/fhir/extensions/StructureDefinition-regex.html
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

_MOST_STATES = 2000
_MOST_CHARACTERS = 20_000
_DEEPEST = 50

_Is = Callable[[str], bool]

_DIGITS = frozenset("0123456789")
_WORD = _DIGITS | frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_")
_BLANK = frozenset(" \t\n\r\f\v")
_CLASSES: dict[str, _Is] = {
    "d": _DIGITS.__contains__,
    "w": _WORD.__contains__,
    "s": _BLANK.__contains__,
    "D": lambda c: c not in _DIGITS,
    "W": lambda c: c not in _WORD,
    "S": lambda c: c not in _BLANK,
}
_CONTROLS = {"n": "\n", "r": "\r", "t": "\t", "f": "\f", "v": "\v"}
_TIMES: dict[str, tuple[int, int | None]] = {"*": (0, None), "+": (1, None), "?": (0, 1)}


class _UnknownError(ValueError):
    """The expression has a part that is not known here."""


class Pattern:
    """A regular expression that a whole text is matched with."""

    def __init__(self, written: str) -> None:
        self._written = written

    def matches(self, text: str) -> bool | None:
        """Return whether the whole text matches; None where that is not judged."""
        if self._steps is None or len(text) > _MOST_CHARACTERS:
            return None
        steps, end = self._steps
        here = _reached(steps, {0})
        for character in text:
            here = _reached(steps, {to for at in here for is_, to in steps[at].on if is_(character)})
            if not here:
                return False
        return end in here

    @cached_property
    def _steps(self) -> tuple[list[_State], int] | None:
        try:
            return _compiled(_Reader(self._written).read())
        except _UnknownError:
            return None


# ---- an expression as it is read


@dataclass(frozen=True, slots=True)
class _One:
    """One character."""

    is_: _Is


@dataclass(frozen=True, slots=True)
class _Row:
    """Parts that follow each other."""

    parts: tuple[_Part, ...]


@dataclass(frozen=True, slots=True)
class _Either:
    """Parts of which one stands there."""

    parts: tuple[_Part, ...]


@dataclass(frozen=True, slots=True)
class _Times:
    """A part that stands several times; `most` None: any number."""

    part: _Part
    least: int
    most: int | None


_Part = _One | _Row | _Either | _Times


class _Reader:
    """Reads an expression; raises _UnknownError."""

    def __init__(self, written: str) -> None:
        self.text, self.at, self.depth = written, 0, 0

    def read(self) -> _Part:
        found = self.either()
        if self.peek():
            raise _UnknownError
        return found

    def peek(self) -> str:
        return self.text[self.at : self.at + 1]

    def take(self) -> str:
        self.at += 1
        if self.at > len(self.text):
            raise _UnknownError
        return self.text[self.at - 1]

    def either(self) -> _Part:
        rows = [self.row()]
        while self.peek() == "|":
            self.take()
            rows.append(self.row())
        return rows[0] if len(rows) == 1 else _Either(tuple(rows))

    def row(self) -> _Part:
        parts = []
        while self.peek() not in ("", "|", ")"):
            part = self.part()
            least, most = self.times()
            parts.append(part if (least, most) == (1, 1) else _Times(part, least, most))
        return _Row(tuple(parts))

    def times(self) -> tuple[int, int | None]:
        sign = self.peek()
        if sign == "{":
            close = self.text.find("}", self.at)
            low, comma, high = self.text[self.at + 1 : close].partition(",")
            if close < 0 or not (low.isdecimal() and (not high or high.isdecimal())) or len(low + high) > 8:
                raise _UnknownError
            least, most = int(low), int(high) if high else None if comma else int(low)
            self.at = close + 1
        elif sign and sign in _TIMES:
            least, most = _TIMES[self.take()]
        else:
            return 1, 1
        if self.peek() == "?":
            self.take()  # reluctant: the whole text has to match all the same
        if self.peek() in ("*", "+", "?", "{") and self.peek():
            raise _UnknownError
        return least, most

    def part(self) -> _Part:
        character = self.take()
        if character == "(":
            return self.group()
        if (character == "^" and self.at == 1) or (character == "$" and self.at == len(self.text)):
            return _Row(())
        if character in "*+?{^$":
            raise _UnknownError
        return _One(self.single(character))

    def group(self) -> _Part:
        if self.peek() == "?" and (self.take(), self.take())[1] != ":":
            raise _UnknownError
        self.depth += 1
        if self.depth > _DEEPEST:
            raise _UnknownError
        found = self.either()
        self.depth -= 1
        if self.take() != ")":
            raise _UnknownError
        return found

    def single(self, character: str) -> _Is:
        if character == ".":
            return lambda c: c not in "\n\r"
        if character == "[":
            return self.listed()
        if character == "\\":
            name = self.take()
            return _CLASSES.get(name) or self.literal(name).__eq__
        return character.__eq__

    def literal(self, character: str) -> str:
        if character.isalnum() and character not in _CONTROLS:
            raise _UnknownError
        return _CONTROLS.get(character, character)

    def listed(self) -> _Is:
        """Read what stands between the brackets of [a-z\\d-]."""
        negated = self.peek() == "^"
        if negated:
            self.take()
        ranges: list[tuple[str, str]] = []
        classes: list[_Is] = []
        while self.peek() != "]" or not (ranges or classes):
            low = self.take()
            if low == "[" or (low == "&" and self.peek() == "&"):
                raise _UnknownError  # unions and intersections
            if low == "\\":
                low = self.take()
                if low in _CLASSES:
                    classes.append(_CLASSES[low])
                    continue
                low = self.literal(low)
            high = low
            if self.peek() == "-" and self.text[self.at + 1 : self.at + 2] not in ("]", ""):
                self.take()
                high = self.take()
                high = self.literal(self.take()) if high == "\\" else high
            if high < low:
                raise _UnknownError
            ranges.append((low, high))
        self.take()

        def is_listed(c: str) -> bool:
            return any(low <= c <= high for low, high in ranges) or any(is_(c) for is_ in classes)

        return (lambda c: not is_listed(c)) if negated else is_listed


# ---- an expression as it is walked


class _State:
    """A place in the expression: where a character leads, and where one is without reading any."""

    __slots__ = ("free", "on")

    def __init__(self) -> None:
        self.on: list[tuple[_Is, int]] = []
        self.free: list[int] = []


def _reached(steps: list[_State], here: set[int]) -> set[int]:
    waiting = list(here)
    while waiting:
        for to in steps[waiting.pop()].free:
            if to not in here:
                here.add(to)
                waiting.append(to)
    return here


def _compiled(part: _Part) -> tuple[list[_State], int]:
    """Return the states of an expression, walked from the first, and the one at its end; raises _UnknownError."""
    steps = [_State()]

    def new(*before: int) -> int:
        if len(steps) >= _MOST_STATES:
            raise _UnknownError
        steps.append(_State())
        for one in before:
            steps[one].free.append(len(steps) - 1)
        return len(steps) - 1

    def behind(part: _Part, start: int) -> int:
        match part:
            case _One(is_):
                end = new()
                steps[start].on.append((is_, end))
                return end
            case _Row(parts):
                for one in parts:
                    start = behind(one, start)
                return start
            case _Either(parts):
                return new(*[behind(one, new(start)) for one in parts])
            case _Times(inner, least, most):
                for _ in range(least):
                    start = behind(inner, new(start))
                if most is None:
                    loop = new(start)
                    steps[behind(inner, new(loop))].free.append(loop)
                    return new(loop)
                ends = [start]
                for _ in range(most - least):
                    ends.append(behind(inner, new(ends[-1])))
                return new(*ends)

    return steps, behind(part, 0)
