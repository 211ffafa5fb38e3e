"""What of a profile a resource does not meet: the tree of the profile's elements held beside the resource.

https://hl7.org/fhir/R4/profiling.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import zip_longest

from mappings.check.bindings import Bound, unbound
from mappings.check.primitives import PRIMITIVES
from mappings.check.profile.definitions import NOTHING, Element
from mappings.nodes import Node
from mappings.tree import Path, Tree


@dataclass(frozen=True, slots=True)
class Unmet:
    """Something that a profile demands and a resource does not meet. `element`: its id in the profile."""

    rule: str
    at: Path
    what: str
    fix: str
    element: str
    link: str = ""


@dataclass(frozen=True, slots=True)
class Value:
    """A value of an element: where it stands, itself, its `_name` twin, and its type where the element is a choice."""

    at: Path
    value: Tree
    twin: Tree = None
    type: str = ""


Targets = Callable[[Node], tuple[str, Node | None]]
"""Reference -> the type of what it refers to, "" where it is not told, and the resource where it is at hand."""


class Walk:
    """One profile beside one resource. `meets` says whether a resource meets a profile, by its canonical."""

    def __init__(self, resource: Node, targets: Targets, meets: Callable[[Node, str], bool]) -> None:
        self.resource, self.targets, self.meets = resource, targets, meets

    def element(self, of: Element, node: Node, at: Path) -> Iterator[Unmet]:
        """Yield what an object does not meet of the children of an element."""
        for child in of.children.values():
            found = list(values(node, child.name, at))
            yield from self._counted(child, found, at)
            for one in found:
                yield from self.value(child, one)
            if child.slices:
                yield from self._sliced(child, found, at)

    def _counted(self, child: Element, found: list[Value], at: Path) -> Iterator[Unmet]:
        count, name = len(found), child.name
        if child.most == 0 and found:
            yield Unmet("not-allowed", found[0].at, "the element stands here", f"Leave {name} out.", child.id)
        elif child.most is not None and count > child.most:
            what, fix = "the element stands here more often", f"Keep {child.most} of them."
            yield Unmet("too-many", found[child.most].at, what, fix, child.id)
        if count < child.least:
            what = "the element is missing" if count == 0 else f"there are fewer than {child.least}"
            yield Unmet("required", (*at, name), what, f"Add {name}.", child.id)

    def value(self, of: Element, one: Value) -> Iterator[Unmet]:
        """Yield what a value does not meet of its element, or of a slice."""
        held = one.value
        if of.fixed is not NOTHING and held is not None and held != of.fixed:
            yield Unmet("fixed", one.at, "the value is another", _write(of.fixed), of.id)
        if of.pattern is not NOTHING and not contains(held, of.pattern):
            yield Unmet("pattern", one.at, "the value does not hold what the profile asks", _write(of.pattern), of.id)
        if of.types and one.type and one.type not in of.types:
            names = ", ".join(of.types)
            yield Unmet("type", one.at, "the value is of another type", f"Write one of: {names}.", of.id)
        if of.values is not None:
            yield from self._bound(of, one)
        if of.targets and isinstance(held, dict):
            yield from self._target(of, held, one.at)
        for rule in of.constraints:
            if rule.broken(held, one.type, self.resource):
                at = (*one.at, rule.at) if rule.at else one.at
                yield Unmet(rule.key, at, rule.what, rule.fix, of.id)
        if of.children:
            if isinstance(held, dict):
                yield from self.element(of, held, one.at)
            elif isinstance(one.twin, dict):
                yield from self.element(of, one.twin, _of_twin(one.at))

    def _bound(self, of: Element, one: Value) -> Iterator[Unmet]:
        values_, held = of.values, one.value
        if values_ is None:
            return
        if values_.codes is None:
            what = f"whether the code is in {values_.name} is not judged: {values_.absent}"
            yield Unmet("not-checked", one.at, what, "", of.id, values_.url)
            return
        if held is None:
            wrong = "no code is given" if of.required else ""  # what says why there is none is no code of the value set
        elif isinstance(held, str):
            wrong = "" if held in values_.codes else "this code is not in the value set"
        else:
            wrong = unbound(Bound(of.required, values_), held)
        if wrong:
            rule = "binding" if of.required else "binding-extensible"
            yield Unmet(rule, one.at, wrong, f"Use one of: {values_.listed}.", of.id, values_.url)

    def _target(self, of: Element, reference: Node, at: Path) -> Iterator[Unmet]:
        kind, target = self.targets(reference)
        names = " or ".join(of.targets)
        if kind and kind not in of.targets:
            yield Unmet("target", at, "the reference leads to another type", f"Refer to a {names}.", of.id)
        elif kind and target is not None and of.targets[kind]:
            wanted = of.targets[kind]
            if not any(self.meets(target, canonical) for canonical in wanted):
                what = "what the reference leads to does not meet the profile that is asked of it"
                fix = f"Make it meet {' or '.join(one.partition('|')[0] for one in wanted)}."
                yield Unmet("target", at, what, fix, of.id)

    def _sliced(self, of: Element, found: list[Value], at: Path) -> Iterator[Unmet]:
        members: dict[str, list[Value]] = {name: [] for name in of.slices}
        undecided: set[str] = set()
        for one in found:
            told = {name: _belongs(of, part, one, name) for name, part in of.slices.items()}
            mine = [name for name, belongs in told.items() if belongs]
            undecided |= {name for name, belongs in told.items() if belongs is None}
            for name in mine[:1]:
                members[name].append(one)
                yield from self.value(of.slices[name], one)
            if len(mine) > 1:
                what = f"this is of several slices at once: {', '.join(mine)}"
                yield Unmet("slice-several", one.at, what, "Claim a profile that has one place for it.", of.id)
            if (of.closed or _is_part(of, one)) and not mine and not undecided:
                what = f"this is none of the slices {', '.join(of.slices)}"
                yield Unmet("closed", one.at, what, "Leave it out.", of.id)
        for name, part in of.slices.items():
            count = len(members[name])
            if count < part.least and name not in undecided:
                what = f"none of these is the slice {name}" if count == 0 else f"fewer of these are the slice {name}"
                yield Unmet("slice", (*at, of.name), what, _slice_fix(part), part.id)
            if part.most is not None and count > part.most:
                what, fix = f"more of these are the slice {name}", f"Keep {part.most} of them."
                yield Unmet("slice-many", members[name][part.most].at, what, fix, part.id)


def values(node: Node, name: str, at: Path) -> Iterator[Value]:
    """Yield the values of an element in an object; of a choice, by whatever type. One that has only a twin is one."""
    if not name.endswith("[x]"):
        value, twin = node.get(name), node.get(f"_{name}")
        if isinstance(value, list) or isinstance(twin, list):
            lists = (one if isinstance(one, list) else [] for one in (value, twin))
            for n, (held, beside) in enumerate(zip_longest(*lists)):
                if held is not None or beside is not None:
                    yield Value((*at, name, n), held, beside)
        elif value is not None or twin is not None:
            yield Value((*at, name), value, twin)
        return
    stem = name[:-3]
    for key in dict.fromkeys(key.removeprefix("_") for key in node):
        kind = key.removeprefix(stem)
        if key != kind and kind[:1].isupper():
            lower = kind[0].lower() + kind[1:]
            value, twin = node.get(key), node.get(f"_{key}")
            yield Value((*at, key), value, twin, lower if lower in PRIMITIVES else kind)


def contains(value: Tree, pattern: Tree) -> bool:
    """Return whether a value holds a pattern.

    https://hl7.org/fhir/R4/elementdefinition-definitions.html#ElementDefinition.pattern_x_
    """
    if isinstance(pattern, dict):
        return isinstance(value, dict) and all(contains(value.get(key), part) for key, part in pattern.items())
    if isinstance(pattern, list):
        return isinstance(value, list) and all(any(contains(one, part) for one in value) for part in pattern)
    return bool(value == pattern)


def _is_part(of: Element, one: Value) -> bool:
    """Return whether a value is a part of an extension: only its definition can say what a url without a base means.

    https://hl7.org/fhir/R4/extensibility.html#Extension.url
    """
    return of.id == "Extension.extension" and isinstance(one.value, dict) and ":" not in str(one.value.get("url", ":"))


def _belongs(of: Element, part: Element, one: Value, name: str) -> bool | None:
    """Return whether a value is of a slice; None where that cannot be told here."""
    if of.name in {"extension", "modifierExtension"} and not of.by:
        return isinstance(one.value, dict) and one.value.get("url") == (part.extension or _url(part) or name)
    found = [_told(part, one, kind, path) for kind, path in of.by]
    return False if False in found else None if None in found or not found else True


def _url(part: Element) -> Tree:
    url = part.children.get("url")
    return None if url is None or url.fixed is NOTHING else url.fixed


def _told(part: Element, one: Value, kind: str, path: str) -> bool | None:
    """Return whether a value has what a slice has at the path of a discriminator."""
    if "(" in path or kind == "profile":
        return None
    steps = [] if path == "$this" else path.split(".")
    if kind == "type":
        return one.type in part.types if not steps and part.types else None
    here, at_hand = part, [one]
    for n, step in enumerate(steps):
        if here.pattern is not NOTHING:
            rest = _below(here.pattern, steps[n:])
            return any(contains(_below(each.value, steps[n:]), rest) for each in at_hand) if rest is not None else None
        if step not in here.children:
            return None
        here = here.children[step]
        at_hand = [v for each in at_hand if isinstance(each.value, dict) for v in values(each.value, step, each.at)]
    if kind == "exists":
        return bool(at_hand) if here.least else not at_hand if here.most == 0 else None
    if here.fixed is not NOTHING:
        return any(each.value == here.fixed for each in at_hand)
    if here.pattern is not NOTHING:
        return any(contains(each.value, here.pattern) for each in at_hand)
    if here.values is not None and here.required and here.values.codes is not None:
        codes = here.values.codes
        bound = Bound(True, here.values)
        return any(
            each.value in codes if isinstance(each.value, str) else bool(each.value) and not unbound(bound, each.value)
            for each in at_hand
        )
    return None


def _below(value: Tree, steps: list[str]) -> Tree:
    for step in steps:
        value = value.get(step) if isinstance(value, dict) else None
    return value


def _slice_fix(part: Element) -> str:
    if part.pattern is not NOTHING:
        return f"Add one. {_write(part.pattern)}"
    return f"Add the extension {part.extension}." if part.extension else "Add it."


def _write(wanted: Tree) -> str:
    """Say what the profile wants written: a definition's own words, nobody's data."""
    codings = wanted.get("coding") if isinstance(wanted, dict) else None
    if isinstance(codings, list):
        names = [f"{one.get('system', '')}#{one.get('code', '')}" for one in codings if isinstance(one, dict)]
        return f"Write {' and '.join(names)}."
    return f"Write '{wanted}'." if isinstance(wanted, str) else "Write what the profile gives."


def _of_twin(at: Path) -> Path:
    """Return the path of the `_name` of a value, where its extensions stand."""
    *before, last = at
    if isinstance(last, int):
        *before, name = before
        return (*before, f"_{name}", last)
    return (*before, f"_{last}")
