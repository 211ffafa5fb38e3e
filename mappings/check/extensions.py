"""HL7's own extensions: where each may stand, which values and parts it has, as their definitions say.

    extensions.R4.tsv, extensions.R5.tsv   every extension of HL7's packages: a line each, and one for each of its parts
    extension_value_sets.tsv               the value sets that their values must be of

They are read from hl7.fhir.r4.core#4.0.1 and from hl7.fhir.uv.extensions.r5#1.0.0 with hl7.fhir.r5.core#5.0.0; those
of forms from HL7/sdc 4.0.0 (CC0-1.0, input/fsh/extensions), whose pages are https://hl7.org/fhir/uv/sdc/. SDC's
launchContext is not among them, for it had other parts before: profile/ judges it where SDC is claimed. Of extensions
that others have defined nothing is said. A definition is a profile of Extension, hence the level.

https://hl7.org/fhir/R4/defining-extensions.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache

from mappings.check.bindings import Bound, read_value_sets, unbound
from mappings.check.data import rows
from mappings.nodes import Node, numbered
from mappings.tree import Path, Tree

Broken = tuple[str, Path, str, str]
"""rule, path from the extension, what is wrong, what would mend it"""

HL7 = "http://hl7.org/fhir/StructureDefinition/"


@dataclass(frozen=True, slots=True)
class Part:
    """An extension, or one within another.

    least, most  how often it stands in what contains it; most is None where any number may
    values       name of the value as JSON has it -> the types a reference may lead to; empty: it has parts instead
    bound        the value set that the value must be of
    parts        url -> part
    """

    least: int
    most: int | None
    values: dict[str, frozenset[str]]
    bound: Bound | None
    parts: dict[str, Part] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Definition:
    """What HL7 has defined under a url: `contexts` are types and elements that it may stand on, `holds` what else."""

    whole: Part
    contexts: frozenset[str]
    anywhere: bool
    holds: Callable[[Node, Node], bool]
    modifies: bool


def definition(release: str, url: str) -> Definition | None:
    """Return the definition of an extension, or None where HL7 has none under this url."""
    return _definition(release, url) if url in held(release) else None


@cache
def held(release: str) -> dict[str, list[list[str]]]:
    """Return url -> the row of the extension that HL7 has defined under it and those of its parts, without the url."""
    found: dict[str, list[list[str]]] = {}
    for url, *row in rows(f"extensions.{release}.tsv"):
        found.setdefault(url, []).append(row)
    return found


@cache
def _definition(release: str, url: str) -> Definition:
    first, *others = held(release)[url]
    whole = _part(first)
    for row in others:
        *above, name = row[0].split("/")
        within = whole
        for step in above:
            within = within.parts[step]
        within.parts[name] = _part(row)
    contexts = frozenset(first[5].split(" "))
    holds = _always if (release, url) in _MISTAKEN else _HOLDS.get(first[6], _always)
    anywhere = url in _ANYWHERE or any("(" in context for context in contexts)
    return Definition(whole, contexts, anywhere, holds, first[7] == "modifier")


def _part(row: list[str]) -> Part:
    _, cardinality, values, _, value_set, *_ = row
    least, _, most = cardinality.partition("..")
    allowed: dict[str, frozenset[str]] = {}
    for each in values.split(" ") if values else ():
        of, _, targets = each.rstrip(")").partition("(")
        allowed[f"value{of[0].upper()}{of[1:]}"] = frozenset(targets.split(",")) if targets else frozenset()
    held = read_value_sets("extension_value_sets.tsv").get(value_set)
    bound = Bound(True, held) if held is not None and held.codes is not None else None
    return Part(int(least), None if most == "*" else int(most), allowed, bound)


def may_stand(known: Definition, names: frozenset[str]) -> bool:
    """Return whether an extension may stand on an element that goes by these names: "Goal", "Element", "Goal.note".

    What a definition says in FHIRPath is not evaluated: such an extension may stand anywhere.
    """
    return known.anywhere or not known.contexts.isdisjoint(names)


def is_told_by_names(part: Part) -> bool:
    """Return whether what `content` and `references` yield depends only on the names that an extension has in it."""
    return not part.parts and part.bound is None and not any(part.values.values())


def content(extension: Node, part: Part, at: Path = ()) -> Iterator[Broken]:
    """Yield what is wrong with the value and the parts of an extension."""
    names = dict.fromkeys(key.removeprefix("_") for key in extension if key.startswith(("value", "_value")))
    if not part.values and names:
        fix = f"Use the parts that it has: {', '.join(part.parts)}."
        yield _TYPE, (*at, next(iter(names))), "this extension has parts and no value", fix
    elif part.values:
        yield from _valued(extension, part, list(names), at)
    if part.parts and isinstance(extension.get("extension"), list):
        yield from _parts(extension, part, (*at, "extension"))
    elif part.parts and "extension" not in extension:
        yield from _missing(part, {}, at)


def _valued(extension: Node, part: Part, names: list[str], at: Path) -> Iterator[Broken]:
    allowed = ", ".join(part.values) if len(part.values) < _FEW else "a value"
    if not names:
        if "extension" in extension and not part.parts:
            yield _TYPE, (*at, "extension"), "this extension has a value and no parts", f"Write {allowed}."
        return  # that there is neither is said by ext-1
    for name in names:
        if name not in part.values:
            yield _TYPE, (*at, name), "the value is of another type than the definition allows", f"Write {allowed}."
        elif part.bound is not None and name in extension and _is_unbound(part.bound, extension[name]):
            fix = f"Use one of: {part.bound.values.listed}."
            yield "profile/extension-code", (*at, name), "this code is not in the value set", fix


def _is_unbound(bound: Bound, value: Tree) -> bool:
    if isinstance(value, dict):
        return bool(unbound(bound, value))
    return isinstance(value, str) and bound.values.codes is not None and value not in bound.values.codes


def _parts(extension: Node, part: Part, at: Path) -> Iterator[Broken]:
    met: dict[str, int] = {}
    for position, one in numbered(extension, "extension"):
        url = one.get("url")
        if not isinstance(url, str):
            continue
        known = part.parts.get(url)
        if known is None:
            if ":" not in url:
                fix = f"It has these: {', '.join(part.parts)}."
                yield "profile/extension-part", (*at, position, "url"), "the extension has no such part", fix
            continue
        met[url] = met.get(url, 0) + 1
        if known.most is not None and met[url] == known.most + 1:
            yield (
                "profile/extension-part",
                (*at, position),
                "the extension has this part more often than it may",
                ("Keep one." if known.most == 1 else f"Keep {known.most}."),
            )
        yield from content(one, known, (*at, position))
    yield from _missing(part, met, at[:-1])


def _missing(part: Part, met: dict[str, int], at: Path) -> Iterator[Broken]:
    for url, known in part.parts.items():
        if met.get(url, 0) < known.least:
            yield "profile/extension-part", (*at, "extension"), f"the part {url} is missing", f"Add {url}."


def references(extension: Node, part: Part, at: Path = ()) -> Iterator[tuple[Path, Tree, frozenset[str]]]:
    """Yield (path, Reference, types that it may lead to) for each reference in an extension and its parts."""
    if "valueReference" in extension and part.values.get("valueReference"):
        yield (*at, "valueReference"), extension["valueReference"], part.values["valueReference"]
    for position, one in numbered(extension, "extension") if part.parts else ():
        known = part.parts.get(str(one.get("url")))
        if known is not None:
            yield from references(one, known, (*at, "extension", position))


_TYPE = "profile/extension-value"
_FEW = 8  # types of a value that are listed


def _always(_owner: Node, _extension: Node) -> bool:
    return True


def _type_is(*types: str) -> Callable[[Node, Node], bool]:
    return lambda item, _: item.get("type") in types or not isinstance(item.get("type"), str)


def _is_no_display(item: Node, _extension: Node) -> bool:
    return item.get("type") != "display"


def _whole(extension: Node) -> str:
    return str(extension.get("valueInteger"))


# fmt: off
_HOLDS: dict[str, Callable[[Node, Node], bool]] = {
    # what a definition asks of the element besides, as it writes it (`contextInvariant`); its sense is followed where
    # the expression misses it: %extension.valueInteger is nothing in FHIRPath, and R5 has no type choice
    "type!='display'":                        _is_no_display,
    "type='display'":                         _type_is("display"),
    "type='reference'":                       _type_is("reference"),
    "type='integer'":                         _type_is("integer"),
    "type='quantity'":                        _type_is("quantity"),
    "type='integer' or type='decimal'":       _type_is("integer", "decimal"),
    "type='choice' or type='open-choice'":    _type_is("choice", "open-choice", "coding"),
    "mode = 'changes'":                       lambda listed, _: listed.get("mode") == "changes",
    "type!='display' and (required=true or %extension.valueInteger=0)":
        lambda item, extension: item.get("type") != "display"
        and (item.get("required") is True or _whole(extension) == "0"),
    "type!='display' and (repeats=true or %extension.valueInteger=1)":
        lambda item, extension: item.get("type") != "display"
        and (item.get("repeats") is True or _whole(extension) == "1"),
    "answerValueset or answerOption":
        lambda item, _: "answerValueSet" in item or "answerOption" in item,
}
# fmt: on
_ANYWHERE = {HL7 + "capabilitystatement-expectation", HL7 + "structuredefinition-normative-version"}
"""HL7's tools and specification put these on more than their published definitions name."""
_MISTAKEN = {("R4", HL7 + "questionnaire-displayCategory")}
"""R4 keeps the category of display items from display items; R5 turns it round."""
