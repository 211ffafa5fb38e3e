"""Value sets of answers and units: whether one has a code; None where that cannot be said from what is at hand.

    sets = AnswerSets(resources, "R4")         ValueSets and CodeSystems that lie beside the questionnaires
    sets.codes("http://hl7.org/fhir/ValueSet/days-of-week").has("http://hl7.org/fhir/days-of-week", "mon")     True

A ValueSet is read by its expansion, else by what it includes and excludes; HL7's own stand in value_sets.tsv, those
that are bound to nothing and have at most 40 codes in answer_value_sets.tsv. There R5's "yes, no, don't know" has R4's
codes too: the terminology moved them from v2-0136 to v2-0532, and forms and responses have not followed.
https://hl7.org/fhir/R4/valueset.html#compositions
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from types import MappingProxyType

from mappings.check.bindings import read_value_sets, value_sets
from mappings.nodes import Node, nodes
from mappings.tree import Tree

Pair = tuple[str | None, str]
"""Code system and code."""

Names = tuple[str, ...]
"""What a code is called: its display, then its designations; empty where that is not said."""


class Codes:
    """The codes of a value set. `open` are the code systems of which it may have more; None: any of them."""

    __slots__ = ("held", "open")

    def __init__(self, held: Mapping[Pair, Names] = MappingProxyType({}), open_: Iterable[str | None] = ()) -> None:
        self.held, self.open = dict(held), set(open_)

    def has(self, system: Tree, code: Tree) -> bool | None:
        """Return whether the value set has a code; None where it does not list all of its own."""
        if not isinstance(code, str) or not isinstance(system, str | None):
            return None if isinstance(code, dict | list) or isinstance(system, dict | list) else False
        if (system, code) in self.held:
            return True
        return None if None in self.open or system in self.open else False

    def names(self, system: Tree, code: Tree) -> Names:
        """Return what a code of the value set is called there."""
        return self.held.get((system, code), ()) if isinstance(code, str) and isinstance(system, str | None) else ()

    def says(self, text: str) -> bool | None:
        """Return whether a text is a code of the value set or the name of one; None where not all names are known."""
        if any(text == code or text in names for (_, code), names in self.held.items()):
            return True
        return None if self.open or not all(self.held.values()) else False


_UNKNOWN = Codes(open_=[None])


class AnswerSets:
    """Value sets by what names them: url, url|version, and #id for those that are contained."""

    def __init__(self, resources: Iterable[Node], release: str) -> None:
        self._release = release
        self._known: dict[str, Node] = {}
        self._read: dict[str, Codes | None] = {}
        for one in resources:
            url = one.get("url")
            if one.get("resourceType") in ("ValueSet", "CodeSystem") and isinstance(url, str):
                self._known.setdefault(url, one)
                self._known[f"{url}|{one.get('version')}"] = one

    def within(self, *holders: Tree) -> AnswerSets:
        """Return these and what documents contain; the first holder's go before the next one's."""
        contained = [one for holder in holders for one in nodes(holder, "contained")]
        if not contained:
            return self
        more = AnswerSets((), self._release)
        more._known = {**self._known, **{f"#{one.get('id')}": one for one in reversed(contained)}}
        return more

    def codes(self, canonical: str) -> Codes | None:
        """Return the codes of a value set, or None where it is not at hand."""
        if canonical not in self._read:
            self._read[canonical] = _UNKNOWN  # for one that includes itself
            self._read[canonical] = self._found(canonical)
        return self._read[canonical]

    def _found(self, canonical: str) -> Codes | None:
        url = canonical.partition("|")[0]
        known = self._known.get(canonical) or self._known.get(url)
        if known is not None and known.get("resourceType") == "ValueSet":
            return self._of(known)
        return _ours(self._release, canonical)

    def _of(self, value_set: Node) -> Codes:
        listed = dict(_expanded(value_set.get("expansion")))
        if listed:
            return Codes(listed)
        compose = value_set.get("compose")
        includes, excludes = nodes(compose, "include"), nodes(compose, "exclude")
        if not includes:
            return _UNKNOWN
        found = Codes()
        for one in map(self._included, includes):
            found.held |= one.held
            found.open |= one.open
        for one in map(self._included, excludes):
            found.open |= {system for system, code in found.held if one.has(system, code) is None}
            found.held = {pair: names for pair, names in found.held.items() if one.has(*pair) is False}
            # of what is open nothing is known but what is excluded, which is rare enough to be left open
        return found

    def _included(self, include: Node) -> Codes:
        system = include.get("system")
        own: Codes | None = None
        if isinstance(system, str):
            if "concept" in include:
                known = self._system(system)
                listed = {
                    one["code"]: _names(one) for one in nodes(include, "concept") if isinstance(one.get("code"), str)
                }
                own = Codes({(system, code): names or known.names(system, code) for code, names in listed.items()})
            elif "filter" not in include:
                own = self._system(system)
            else:
                own = Codes(open_=[system])
        theirs = include.get("valueSet")
        for name in theirs if isinstance(theirs, list) else ():
            other = (self.codes(str(name)) if isinstance(name, str) else None) or _UNKNOWN
            own = other if own is None else _both(own, other)
        return own or _UNKNOWN

    def _system(self, url: str) -> Codes:
        """Return all codes of a code system."""
        known = self._known.get(url)
        if known is None or known.get("content") != "complete" or known.get("resourceType") != "CodeSystem":
            return Codes(open_=[url])
        return Codes({(url, code): names for code, names in _concepts(known)})


def _both(one: Codes, other: Codes) -> Codes:
    held = {pair: names for pair, names in (one.held | other.held).items() if one.has(*pair) and other.has(*pair)}
    left = {pair[0] for pair in one.held | other.held if (one.has(*pair), other.has(*pair)).count(None)}
    return Codes(held, left | (one.open & other.open) | (other.open if None in one.open else set()))


def _concepts(code_system: Node) -> Iterator[tuple[str, Names]]:
    waiting = nodes(code_system, "concept")
    while waiting:
        one = waiting.pop()
        if isinstance(one.get("code"), str):
            yield one["code"], _names(one)
        waiting += nodes(one, "concept")


def _names(concept: Node) -> Names:
    said = [concept.get("display"), *(one.get("value") for one in nodes(concept, "designation"))]
    return tuple(str.__str__(one) for one in said if isinstance(one, str)) if "display" in concept else ()


def _expanded(expansion: Tree) -> Iterator[tuple[Pair, Names]]:
    waiting = nodes(expansion, "contains")
    while waiting:
        one = waiting.pop()
        if isinstance(one.get("code"), str) and isinstance(one.get("system"), str | None):
            yield (one.get("system"), one["code"]), _names(one)
        waiting += nodes(one, "contains")


@cache
def _ours(release: str, canonical: str) -> Codes | None:
    """Return the codes of one of HL7's value sets, in the version of a release where none is named."""
    url, _, version = canonical.partition("|")
    named = f"{url}|{version or _VERSIONS[release]}"
    found = value_sets().get(named) or read_value_sets("answer_value_sets.tsv").get(named)
    if found is None or found.codes is None:
        return None
    return Codes(dict.fromkeys(found.pairs, ())) if found.pairs else _UNKNOWN


_VERSIONS = {"R4": "4.0.1", "R5": "5.0.0"}
"""The versions of the specification's own value sets."""
