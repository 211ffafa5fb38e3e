"""A code of the clinic that the core element says less exactly: core code and the exact word, in an extension."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mappings.lens.beside import Beside
from mappings.lens.documents import MISSING, OPAQUE, Desk, View
from mappings.lens.notation import at, extension
from mappings.model import values as v
from mappings.tables.primitives import codes
from mappings.tree import Tree


class Refined:
    """One element and, where its code says less than the clinic's word, that word in an extension (valueCode).

    words   the clinic's word -> (core code, whether that says it whole)
    core    every code that the element may bear
    within  whether the extension is the element's own (in its `_` twin), not the resource's
    """

    def __init__(
        self, name: str, words: Mapping[str, tuple[str, bool]], core: str, url: str, *, within: bool = False
    ) -> None:
        self.name, self.words, self.url = name, dict(words), url
        self.inner, self.needs = codes(core), (name,)
        self._core = at(name, self.inner)
        word = extension(url, at("valueCode", codes(" ".join(words))))
        self._word: Any = Beside(name, word) if within else word
        self._gate = "_" + name if within else "extension"
        self._known = {v.Code(word): pair for word, pair in self.words.items()}
        self._whole = {code: v.Code(word) for word, (code, whole) in self.words.items() if whole}

    def owns(self, name: str) -> bool:
        return bool(self._core.owns(name))

    def read(self, raw: Tree, view: View) -> Any:
        core = raw.get(self.name, MISSING)
        if core is MISSING:
            return None
        if self._gate in raw:
            word = self._word.read(raw, view)
            if word and self._known[word] == (core, False):
                return word
        return self._whole.get(core, OPAQUE) if type(core) is str else OPAQUE

    def write(self, raw: Tree, was: Any, now: Any, desk: Desk) -> Tree:
        if now is not None and now not in self._known:
            raise desk.refuse(
                "this value has no code here", "Use one of the values that the model names.", "code-invalid"
            )
        core, whole = self._known[now] if now is not None else (None, True)
        word = self._word.read(raw, desk.view)
        if word is not None and word is not OPAQUE:
            desk.lose("status")
            raw = self._word.write(raw, word, None, desk)
        if raw.get(self.name) != core:
            raw = self._core.write(raw, was, None if core is None else v.Code(core), desk)
        return raw if whole else self._word.write(raw, None, now, desk)
