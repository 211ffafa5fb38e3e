"""How a record is made to meet what a receiver's profile demands, and what the guide wants beside that.

What the definitions demand is judged by `mappings.check.profile`, from their own data. A row here says where a demand
that a record does not meet can be met without inventing a fact, and how; or what the guide wants and no definition
demands. It names the demand again because it is mended in another place than it is found: a coding of another system
in the list of concepts, a second role in the list of participants.

A rule names an element by its path below the resource, positions left out. A cardinality holds for each parent that
is there, as in FHIR: `category.coding.display` asks for a display in every coding of every category. `item*` is an
item and every item within it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from mappings.issues import Issue
from mappings.tree import Path, Tree

Place = tuple[Path, dict[str, Tree], str]
"""An object of a resource: its path, itself, and the name of the element in it that a rule speaks of."""

Fault = tuple[Path, str]
"""Where below that object a demand is not met, and what is wrong."""


@dataclass(frozen=True, slots=True)
class ProfileIssue(Issue):
    """An issue that knows its document: the reference in the set and the path in its tree."""

    document: str = ""
    at: Path = ()


class Demand(Protocol):
    """One thing that a profile asks."""

    @property
    def code(self) -> str:
        """The issue type."""

    @property
    def fix(self) -> str:
        """What would mend it, "" where only the guide knows."""

    def faults(self, parent: dict[str, Tree], name: str) -> Iterator[Fault]:
        """Yield where the element `name` of an object does not meet the demand."""


Mend = Callable[[dict[str, Tree], str, Any], dict[str, Tree]]
"""(object, name, desk) -> the object with the demand met; unchanged where that would invent a fact."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One row. `severity`: error for what the definition demands, warning for what the guide wants beside that."""

    at: str
    demand: Demand
    source: str
    made: Mend | None = None
    severity: str = "error"


@dataclass(frozen=True, slots=True)
class Profile:
    """What a receiver asks of records of one type.

    urls    canonicals that a conforming record claims in meta.profile, and is held to by their definitions
    when    the records of the type that are meant
    inside  contained records are held to it too, for references to them name it as target profile
    """

    type: str
    urls: tuple[str, ...]
    rules: tuple[Rule, ...] = ()
    when: Callable[[dict[str, Tree]], bool] = lambda _: True
    inside: bool = False


@dataclass(frozen=True, slots=True)
class Receiver:
    """A guide that receivers follow. `record`: the guide wants all of a plan bound in one document of its own kind."""

    name: str
    title: str
    profiles: tuple[Profile, ...]
    record: Any = None

    def profiles_of(self, resource: dict[str, Tree], *, contained: bool = False) -> Iterator[Profile]:
        """Yield what is asked of this record."""
        for profile in self.profiles:
            wanted = profile.inside or not contained
            if wanted and profile.type == resource.get("resourceType") and profile.when(resource):
                yield profile


def must(at: str, demand: Demand, source: str, made: Mend) -> Rule:
    """What the definition demands, and how it is made so: a record that breaks it is not valid under the profile."""
    return Rule(at, demand, source, made)


def wants(at: str, demand: Demand, source: str, made: Mend | None = None) -> Rule:
    """What the guide wants where it is known: must support, searches that every server has."""
    return Rule(at, demand, source, made, "warning")


# ---- the demands


@dataclass(frozen=True, slots=True)
class Needed:
    """min 1. A choice is named with its [x]; a primitive that only has extensions is there."""

    code: str = "required"
    fix: str = "Give it."

    def faults(self, parent: dict[str, Tree], name: str) -> Iterator[Fault]:
        if not there(parent, name):
            yield (name,), "required here and missing"


@dataclass(frozen=True, slots=True)
class Never:
    """max 0."""

    code: str = "structure"
    fix: str = "Leave it out, and say it where the profile has a place for it."

    def faults(self, parent: dict[str, Tree], name: str) -> Iterator[Fault]:
        if there(parent, name):
            yield (name,), "has no place here"


@dataclass(frozen=True, slots=True)
class Coded:
    """A slice of a list of concepts: at least one carries one of these codings; `most` bounds how many do."""

    codings: tuple[tuple[str, str], ...]
    most: int | None = None
    least: int = 1
    code: str = "required"
    fix: str = "Code it."

    def faults(self, parent: dict[str, Tree], name: str) -> Iterator[Fault]:
        found = sum(1 for concept in listed(parent, name) if set(codings(concept)) & set(self.codings))
        names = " or ".join(f"{system}#{code}" for system, code in self.codings)
        if found < self.least:
            yield (name,), f"one of these is coded {names}"
        if self.most is not None and found > self.most:
            yield (name,), f"at most {self.most} of these is coded {names}"


@dataclass(frozen=True, slots=True)
class OnlyFrom:
    """A fixed system: every coding of the concept, or of each concept of the list, is from it."""

    system: str
    code: str = "code-invalid"
    fix: str = "Code it in this system, or say it in text."

    def faults(self, parent: dict[str, Tree], name: str) -> Iterator[Fault]:
        for concept in listed(parent, name):
            if any(system != self.system for system, _ in codings(concept)):
                yield (name,), f"every coding here is from {self.system}"
                return


@dataclass(frozen=True, slots=True)
class Holds:
    """An invariant by its key in the guide, as a test of the object that holds the element."""

    key: str
    says: str
    test: Callable[[dict[str, Tree]], bool]
    code: str = "invariant"
    fix: str = "Make it so."

    def faults(self, parent: dict[str, Tree], name: str) -> Iterator[Fault]:
        if not self.test(parent):
            yield ((name,) if name else ()), f"{self.says} ({self.key})" if self.key else self.says


# ---- reading trees


def there(parent: dict[str, Tree], name: str) -> bool:
    """Say whether an element is there, by value or by extension."""
    if name.endswith("[x]"):
        suffixes = (key.removeprefix("_").removeprefix(name[:-3]) for key in parent if name[:-3] in key)
        return any(suffix[:1].isupper() for suffix in suffixes)
    return any(parent.get(key) not in (None, [], {}) for key in (name, f"_{name}"))


def listed(parent: dict[str, Tree], name: str) -> list[Tree]:
    """Return an element as a list, empty where it is missing."""
    found = parent.get(name)
    return found if isinstance(found, list) else [] if found is None else [found]


def codings(concept: Tree) -> list[tuple[str, str]]:
    """Return (system, code) of each coding of a concept, "" for what one does not say."""
    inside = listed(concept, "coding") if isinstance(concept, dict) else []
    return [(str(one.get("system", "")), str(one.get("code", ""))) for one in inside if isinstance(one, dict)]


def extensions(parent: Tree, url: str) -> list[dict[str, Tree]]:
    """Return the extensions of an object that have this url."""
    inside = listed(parent, "extension") if isinstance(parent, dict) else []
    return [one for one in inside if isinstance(one, dict) and one.get("url") == url]


def pointed_at(reference: Tree) -> str:
    """Return the type that a reference says it points at, "" where it does not say."""
    if not isinstance(reference, dict):
        return ""
    literal = reference.get("reference")
    parts = str(literal).split("/") if isinstance(literal, str) and not literal.startswith(("#", "urn:")) else []
    named = parts[parts.index("_history") - 2 :] if "_history" in parts else parts[-2:]
    return named[0] if len(named) > 1 else str(reference.get("type", ""))


def places(resource: dict[str, Tree], at: str) -> Iterator[Place]:
    """Yield each object of a resource that has room for the element at a path."""
    *down, name = at.split(".")
    for path, parent in _objects((), resource, down):
        yield path, parent, name


def _objects(path: Path, node: dict[str, Tree], steps: Collection[str]) -> Iterator[tuple[Path, dict[str, Tree]]]:
    if not steps:
        yield path, node
        return
    step, *rest = steps
    for at, child in _children(path, node, step):
        yield from _objects(at, child, rest)


def _children(path: Path, node: dict[str, Tree], step: str) -> Iterator[tuple[Path, dict[str, Tree]]]:
    name = step.removesuffix("*")
    value = node.get(name)
    for n, child in enumerate(value) if isinstance(value, list) else [(None, value)]:
        if isinstance(child, dict):
            at = (*path, name) if n is None else (*path, name, n)
            yield at, child
            if step.endswith("*"):
                yield from _children(at, child, step)
                for m, answer in enumerate(listed(child, "answer")):
                    if isinstance(answer, dict):
                        yield from _children((*at, "answer", m), answer, step)
