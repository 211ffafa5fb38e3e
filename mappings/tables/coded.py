"""The clinic's words of a closed list where FHIR has them as codings of code systems."""

from __future__ import annotations

from collections.abc import Mapping

from mappings.lens.combinators import Leaf, Unreadable
from mappings.lens.documents import MISSING
from mappings.model import values as v
from mappings.tree import Tree

Words = Mapping[str, tuple[str, str]]
"""The clinic's word -> (system, code)."""


def coded(words: Words) -> Leaf:
    """Return the leaf of a Coding, read as the clinic's word: `{"substance-use": (V3_ACT_CODE, "SUD")}`.

    A coding that says more than system and code, or another code, is OPAQUE.
    """
    by_word = {word: v.Code(word) for word in words}
    by_code = {pair: by_word[word] for word, pair in words.items()}

    def parse(raw: Tree) -> v.Code:
        if type(raw) is not dict or raw.keys() != {"system", "code"}:
            raise Unreadable
        pair = raw["system"], raw["code"]
        found = by_code.get(pair) if type(pair[0]) is type(pair[1]) is str else None
        if found is None:
            raise Unreadable
        return found

    return Leaf(v.Code, parse, _Rendered(by_word, words))


def coded_concept(words: Words) -> Leaf:
    """Return the leaf of a CodeableConcept of one such coding and nothing else."""
    coding = coded(words)

    def parse(raw: Tree) -> v.Code:
        inside = raw.get("coding") if type(raw) is dict and raw.keys() == {"coding"} else None
        if type(inside) is not list or len(inside) != 1:
            raise Unreadable
        found: v.Code = coding.parse(inside[0])
        return found

    return Leaf(v.Code, parse, _Rendered({word: v.Code(word) for word in words}, words, concept=True))


class _Rendered:
    """The writing half; `known` are the words, for whoever wants to know them."""

    def __init__(self, known: dict[str, v.Code], words: Words, concept: bool = False) -> None:
        self.known, self._words, self._concept = known, words, concept

    def __call__(self, value: v.Code) -> Tree:
        pair = self._words.get(str.__str__(value))
        if pair is None:
            return MISSING
        coding: Tree = {"system": pair[0], "code": pair[1]}
        return {"coding": [coding]} if self._concept else coding
