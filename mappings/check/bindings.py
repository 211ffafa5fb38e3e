"""Which codes an element is bound to: the specification's required and extensible bindings, and their value sets.

    bindings.tsv      release, strength, value set, elements: every required and extensible binding of a release
    value_sets.tsv    value set, version, source, and its codes by code system

Both are read from HL7's packages (the column `source` names them), expanded with the code systems that these hold. A
row `by-grammar` is a system of codes that follow a grammar and not a list; a row `not-held` says why a value set is
not here: it may not be shipped, or it is no list of the packages. Such a value set is reported as not checked.

    required     the code is one of the value set: https://hl7.org/fhir/R4/terminologies.html#required
    extensible   one of the value set where one fits, else another or text: https://hl7.org/fhir/R4/terminologies.html#extensible
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container
from dataclasses import dataclass
from functools import cache, cached_property

from mappings.check.data import rows
from mappings.check.registries import is_currency, is_language
from mappings.check.ucum import is_unit
from mappings.tree import Tree

_FEW = 30
"""Codes that a finding lists; of longer value sets it names the page."""


@dataclass(frozen=True)
class ValueSet:
    """A value set as it is held here.

    url, version   its canonical
    codes          the codes without their systems, as an element of type code has them; None: not held
    pairs          (code system, code), in the specification's order; empty where a grammar decides
    absent         why it is not held, else ""
    """

    url: str
    version: str
    codes: Container[str] | None
    pairs: dict[tuple[str, str], None]
    absent: str

    @property
    def name(self) -> str:
        """Return the last part of the canonical: "goal-status"."""
        return self.url.rstrip("/").rpartition("/")[2]

    @property
    def page(self) -> str:
        """Return where its codes stand, relative to the release's pages where it is one of them."""
        return f"valueset-{self.name}.html" if self.url.startswith("http://hl7.org/fhir/ValueSet/") else self.url

    @cached_property
    def listed(self) -> str:
        """Return its codes as a text, or where they stand, if they are many."""
        codes = list(dict.fromkeys(code for _, code in self.pairs))
        return ", ".join(codes) if 0 < len(codes) <= _FEW else f"the codes of {self.name}"


@dataclass(frozen=True, slots=True)
class Bound:
    """A binding: `required` or extensible, and to what."""

    required: bool
    values: ValueSet


class _ByGrammar:
    """A system of codes that has no list here: whatever matches its grammar, or is registered, is one."""

    def __init__(self, matches: Callable[[str], object]) -> None:
        self._matches = matches

    def __contains__(self, code: object) -> bool:
        return isinstance(code, str) and bool(self._matches(code))


class OrAbsolute:
    """Codes, or an absolute URI in their place: https://hl7.org/fhir/R4/references-definitions.html#Reference.type"""

    def __init__(self, codes: Container[str]) -> None:
        self._codes = codes

    def __contains__(self, code: object) -> bool:
        return isinstance(code, str) and (":" in code or code in self._codes)


_GRAMMARS = {
    # media types: type/subtype and parameters, https://www.rfc-editor.org/rfc/rfc6838#section-4.2; CapabilityStatement
    # has short names of its own for FHIR's: https://hl7.org/fhir/R4/capabilitystatement-definitions.html
    "bcp13": _ByGrammar(
        re.compile(
            r"xml|json|ttl|[A-Za-z0-9][\w!#$&^.+-]{0,126}/[A-Za-z0-9*][\w!#$&^.+*-]{0,126}(?: ?; ?[\w.-]+=.+)?"
        ).fullmatch
    ),
    # language tags, currencies, units: registries.py, ucum.py
    "bcp47": _ByGrammar(is_language),
    "iso4217": _ByGrammar(is_currency),
    "ucum": _ByGrammar(is_unit),
}


def bound(release: str, type_name: str, element: str) -> Bound | None:
    """Return the binding of an element, by the type as `shapes.py` names it: ("R4", "CarePlanActivityDetail", "kind").

    A choice is asked for by the name that it has in JSON: "subjectCodeableConcept".
    """
    held = _bindings()
    row = held.get((release, type_name, element))
    if row is None and element in _OF_ALL:
        row = held.get((release, "Resource", element))
    return row and Bound(row[0] == "required", value_sets()[row[1]])


_OF_ALL = {"language"}


@cache
def _bindings() -> dict[tuple[str, str, str], tuple[str, str]]:
    return {
        (release, *_class(element)): (strength, canonical)
        for release, strength, canonical, elements in rows("bindings.tsv")
        for element in elements.split()
    }


def value_sets() -> dict[str, ValueSet]:
    """Return canonical with version -> value set, of all that a binding of the specification names."""
    return read_value_sets("value_sets.tsv")


@cache
def read_value_sets(table: str) -> dict[str, ValueSet]:
    """Return canonical with version -> value set, of a table of this folder."""
    found: dict[str, ValueSet] = {}
    for url, version, _, system, codes in rows(table):
        key = f"{url}|{version}"
        if system == "not-held":
            found[key] = ValueSet(url, version, None, {}, codes)
        elif system == "by-grammar":
            found[key] = ValueSet(url, version, _GRAMMARS[codes], {}, "")
        else:
            held = found[key].pairs if key in found else {}
            pairs = held | {(system, code): None for code in codes.split(" ")}
            found[key] = ValueSet(url, version, frozenset(code for _, code in pairs), pairs, "")
    return found


def _class(element: str) -> tuple[str, str]:
    """Return ("CarePlanActivityDetail", "status") for "CarePlan.activity.detail.status"."""
    *owner, name = element.split(".")
    return "".join(part[0].upper() + part[1:] for part in owner), name


def unbound(bound: Bound, value: Tree) -> str:
    """Return what is wrong with a CodeableConcept, a CodeableReference or a Coding, or "" where nothing is.

    Of a CodeableConcept one coding is enough: https://hl7.org/fhir/R4/terminologies.html#4.1
    """
    if not isinstance(value, dict) or not value:
        return ""
    if "concept" in value or "reference" in value:  # CodeableReference: what refers is not bound
        return unbound(bound, value["concept"]) if "concept" in value else ""
    if "coding" not in value and "text" not in value:
        codings = [value] if "code" in value or "system" in value else []
    else:
        codings = value["coding"] if isinstance(value.get("coding"), list) else []
    codes = [(one.get("system"), one.get("code")) for one in codings if isinstance(one, dict)]
    if not any(isinstance(code, str) for _, code in codes):
        return "" if "extension" in value or not bound.values.pairs else "no code is given"
    if any(_is_in(bound.values, system, code) for system, code in codes):
        return ""
    return "this code is not in the value set" if len(codes) == 1 else "none of these codes is in the value set"


def _is_in(values: ValueSet, system: Tree, code: Tree) -> bool:
    if not isinstance(code, str):
        return False
    if not values.pairs and values.codes is not None:
        return code in values.codes
    return (system, code) in values.pairs if isinstance(system, str) else False
