"""Closed lists in CodeableConcepts, and facts that are yes, no, unknown, not asked or declined.

    Word(COURSE)           {"coding": [{"system": ".../condition-clinical", "code": "active"}]}    Code("active")
    Naming(...)            the `code` of a resource, which also recognises the entity              Code("language")
    Answer()               valueBoolean, or dataAbsentReason                                       Answered("declined")

A concept is one unit: another word replaces it whole, with whatever text and codes stood beside.
"""

from __future__ import annotations

from typing import Any

from mappings.lens.documents import MISSING, OPAQUE, Desk, View
from mappings.model import values as v
from mappings.nodes import pairs
from mappings.terms.closed_lists import UNSAID, Words, coding, parted
from mappings.tree import Tree


class Word:
    """A CodeableConcept as one of the clinic's words. Several of the list's codes, or none, are OPAQUE.

    `also` are further codes that mean a word of the list: read, never written.
    """

    def __init__(self, words: Words, also: Words | None = None) -> None:
        self.words, self.known = words, {word: v.Code(word) for word in words}
        tokens = [(word, token) for found in (words, also or {}) for word, (token, _) in found.items()]
        self._by_code = {parted(token): self.known[word] for word, token in tokens}
        self.render = self  # whoever asks for the list finds `render.known`
        self.wire = tuple(code for _, code in self._by_code)

    def said(self, word: Any) -> Tree:
        """Return the concept that is written for a word. Raises KeyError for a word that the list lacks."""
        return {"coding": [coding(*self.words[str.__str__(word)])]}

    def read(self, raw: Tree, view: View, key: str | None = None) -> Any:
        if raw is MISSING:
            return None
        found = {self._by_code[pair] for pair in pairs(raw) if pair in self._by_code}
        return found.pop() if len(found) == 1 and type(raw) is dict else OPAQUE

    def write(self, raw: Tree, was: Any, now: Any, desk: Desk) -> Tree:
        if was is not None and raw is not MISSING and raw != self.said(was):
            desk.lose("inside")
        if now is None:
            return MISSING
        if str.__str__(now) not in self.known:
            raise desk.refuse(
                "this value has no code here", "Use one of the values that the model names.", "code-invalid"
            )
        return self.said(now)


class Naming:
    """The `code` of an entity that is recognised by it, as one of the clinic's words; a row and a mark at once.

    words       word -> the codings that say it, all of them needed, the general one first
    otherwise   the codings that are written where no word is said; they recognise the entity too
    """

    name = "code"

    def __init__(self, words: dict[str, tuple[tuple[str, str], ...]], otherwise: tuple[tuple[str, str], ...]) -> None:
        self.known = {word: v.Code(word) for word in words}
        self.render = self
        self._said: dict[Any, Tree] = {
            None if word is None else self.known[word]: {"coding": [coding(*one) for one in codings]}
            for word, codings in [*words.items(), (None, otherwise)]
        }
        needed = {word: {parted(token) for token, _ in codings} for word, codings in words.items()}
        self._needed = sorted(needed.items(), key=lambda item: -len(item[1]))
        self._marks = {pairs(concept)[0] for concept in self._said.values()}

    def owns(self, name: str) -> bool:
        return name.removeprefix("_") == self.name

    def holds(self, raw: Tree) -> bool:
        return isinstance(raw, dict) and any(pair in self._marks for pair in pairs(raw.get(self.name)))

    def put(self, raw: Tree) -> Tree:
        return raw if self.holds(raw) else {**raw, self.name: self._said[None]}

    def read(self, raw: Tree, view: View) -> Any:
        there = set(pairs(raw.get(self.name)))
        return next((self.known[word] for word, codings in self._needed if codings <= there), None)

    def write(self, raw: Tree, was: Any, now: Any, desk: Desk) -> Tree:
        if now not in self._said:
            raise desk.refuse(
                "this value has no code here", "Use one of the values that the model names.", "code-invalid"
            )
        if self.name in raw and raw[self.name] != self._said[was]:
            desk.lose("inside", self.name)
        return {**{k: v for k, v in raw.items() if k != "_" + self.name}, self.name: self._said[now]}


class Answer:
    """value[x] and dataAbsentReason as one fact: yes, no, or why it is neither."""

    name = "valueBoolean"
    known = dict.fromkeys(("yes", "no", "unknown", "not-asked", "declined"))
    _why = Word({word: UNSAID[word] for word in ("unknown", "not-asked", "declined")})

    def owns(self, name: str) -> bool:
        return name.removeprefix("_").startswith(("value", "dataAbsentReason"))

    def read(self, raw: Tree, view: View) -> Any:
        mine = [name for name in raw if self.owns(name) and name[0] != "_"]
        if mine == ["valueBoolean"] and type(raw["valueBoolean"]) is bool:
            return YES if raw["valueBoolean"] else NO
        if mine == ["dataAbsentReason"]:
            found = self._why.read(raw["dataAbsentReason"], view)
            return found if found is OPAQUE else v.Answered(str.__str__(found))
        return OPAQUE if mine else None

    def write(self, raw: Tree, was: Any, now: Any, desk: Desk) -> Tree:
        mine = [name for name in raw if self.owns(name)]
        for name in mine:
            if was is None or name[0] == "_":
                desk.lose("opaque" if was is None else "twin", name)
        said: dict[str, Tree] = {}
        if now in (YES, NO):
            said = {"valueBoolean": now == YES}
        elif now is not None:
            old = raw.get("dataAbsentReason", MISSING) if was not in (None, YES, NO) else MISSING
            before = v.Code(str.__str__(was)) if old is not MISSING else None
            said = {"dataAbsentReason": self._why.write(old, before, v.Code(str.__str__(now)), desk)}
        return {k: v for k, v in raw.items() if k not in mine} | said


YES, NO = v.Answered("yes"), v.Answered("no")
