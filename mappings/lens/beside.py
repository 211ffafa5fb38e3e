"""Rows over what stands beside a primitive (its `_` twin), and over a part of a node that is a native value itself.

    Beside   facts in the twin          ("translations", Beside("text", TRANSLATIONS))
    Worded   the primitive, whose edit  ("text", Worded("text", TEXT, keeps=(TRANSLATION,)))
             leaves those facts standing
    Part     several rows of the node   ("limits", Part(table(Limits, ...)))
             as one native value

https://hl7.org/fhir/R4/json.html#primitive: {"text": "In den letzten 2 Wochen", "_text": {"extension": [...]}}
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mappings.lens.combinators import At, Lens, Row, Table, in_order
from mappings.lens.documents import MISSING, OPAQUE, Desk, View
from mappings.tree import Tree


@dataclass(frozen=True, slots=True)
class Beside:
    """A row over the `_` twin of a primitive."""

    of: str
    inner: Row

    @property
    def needs(self) -> tuple[str, ...]:
        return ("_" + self.of,)

    def owns(self, name: str) -> bool:
        return name == "_" + self.of

    def read(self, raw: Tree, view: View) -> Any:
        twin = raw.get("_" + self.of, MISSING)
        if twin is MISSING:
            return None
        return self.inner.read(twin, view) if type(twin) is dict else OPAQUE

    def write(self, raw: Tree, was: Any, now: Any, desk: Desk) -> Tree:
        twin = raw.get("_" + self.of, {})
        if type(twin) is not dict:
            desk.lose("opaque", "_" + self.of)
            twin = {}
        desk.path.append("_" + self.of)
        new = self.inner.write(twin, was, now, desk)
        desk.path.pop()
        return with_twin(raw, self.of, {} if new is MISSING else new)


def with_twin(node: Tree, name: str, twin: dict[str, Tree]) -> Tree:
    """Return the node with this twin beside a primitive, {} for none."""
    if twin:
        return {**node, "_" + name: twin}
    return {k: v for k, v in node.items() if k != "_" + name} if "_" + name in node else node


def kept(twin: Tree, urls: tuple[str, ...]) -> dict[str, Tree]:
    """Return what a twin holds in the extensions of these urls: what speaks for itself, not of the old value."""
    inside = twin.get("extension") if isinstance(twin, dict) else None
    held = inside if isinstance(inside, list) else []
    found = [x for x in held if isinstance(x, dict) and x.get("url") in urls]
    if type(twin) is dict and found and len(found) == len(held) and len(twin) == 1:
        return twin
    return {"extension": found} if found else {}


@dataclass(frozen=True, slots=True)
class Worded:
    """A primitive whose twin holds facts with rows of their own: they stay, whatever else is in the twin goes."""

    name: str
    inner: Lens
    keeps: tuple[str, ...]

    @property
    def like(self) -> At:
        return At(self.name, self.inner)

    def owns(self, name: str) -> bool:
        return name == self.name

    def read(self, raw: Tree, view: View) -> Any:
        return self.inner.read(raw.get(self.name, MISSING), view)

    def write(self, raw: Tree, was: Any, now: Any, desk: Desk) -> Tree:
        old = raw.get(self.name, MISSING)
        if was is None and old is not MISSING and self.inner.read(old, desk.view) is OPAQUE:
            desk.lose("opaque", self.name)
        desk.path.append(self.name)
        new = self.inner.write(old, was, now, desk)
        desk.path.pop()
        twin = raw.get("_" + self.name, MISSING)
        stays = kept(twin, self.keeps)
        if twin is not MISSING and twin != stays:
            desk.lose("twin", "_" + self.name)
        made = {k: v for k, v in raw.items() if k not in (self.name, "_" + self.name)}
        made |= {self.name: new} if new is not MISSING else {}
        return in_order(raw, made | ({"_" + self.name: stays} if stays else {}))


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """Some rows of a node as one native value; `gate` is the one property that they all stand in."""

    inner: Table
    gate: str = "extension"

    @property
    def needs(self) -> tuple[str, ...]:
        return (self.gate,)

    def owns(self, name: str) -> bool:
        return name == self.gate

    def read(self, raw: Tree, view: View) -> Any:
        return self.inner.read(raw, view) if self.gate in raw else None

    def write(self, raw: Tree, was: Any, now: Any, desk: Desk) -> Tree:
        for field, row in self.inner.rows:
            if field is not None:
                before, after = getattr(was, field, None), getattr(now, field, None)
                if before != after and not (before in (None, ()) and after in (None, ())):
                    raw = row.write(raw, before or None, after or None, desk)
        return raw
