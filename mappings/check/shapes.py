"""Which elements a FHIR type has, as the classes of fhir.resources say it: `shapes.R4.tsv` and `shapes.R5.tsv`.

    python -m mappings.check.shapes      writes the two files from the installed classes (classes.py)

A shape is what the walk over a document needs: names, cardinalities, types, choices, and beside each its binding and
its invariants. A type's line is read when a document first needs it. Tests hold the files to the classes, and the walk
to their verdicts.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container
from dataclasses import dataclass
from functools import cache

from mappings.check.bindings import Bound, OrAbsolute, bound
from mappings.check.data import rows, table
from mappings.check.invariants import BY_ELEMENT, Invariant
from mappings.check.primitives import PRIMITIVES, test_of
from mappings.tree import Tree

RELEASES = ("R4", "R5")

# R4's types that R4B replaced by others. https://hl7.org/fhir/R4B/diff.html
_ONLY_IN_R4 = (
    "EffectEvidenceSynthesis Evidence EvidenceVariable MedicinalProduct MedicinalProductAuthorization"
    " MedicinalProductContraindication MedicinalProductIndication MedicinalProductIngredient"
    " MedicinalProductInteraction MedicinalProductManufactured MedicinalProductPackaged"
    " MedicinalProductPharmaceutical MedicinalProductUndesirableEffect RiskEvidenceSynthesis SubstanceNucleicAcid"
    " SubstancePolymer SubstanceProtein SubstanceReferenceInformation SubstanceSourceMaterial"
    " SubstanceSpecification"
)
ONLY_IN_R4 = frozenset(_ONLY_IN_R4.split())

_TYPE_NAME = re.compile(r"[A-Z][A-Za-z]{1,60}")
_ABSTRACT = {"Resource", "DomainResource"}


@dataclass(frozen=True, slots=True)
class Field:
    """One property of a JSON object.

    name    name of the element, without the _ of a twin
    type    FHIR type: "CodeableConcept", "CarePlanActivity", "date", "Resource"
    many    whether the element may repeat
    twin    whether this is the `_name` of a primitive: its id and extensions
    test    for primitives, else None
    choice  name of the choice that the element belongs to: "value" for valueCode, or ""
    codes   the codes that a primitive is bound to, else None
    bound   the binding of the element, which says whether it is required and what the value set is; of a twin: that
            which demands a value beside it
    targets the resource types that a Reference may lead to; empty: any, or it is no Reference
    """

    name: str
    type: str
    many: bool
    twin: bool
    test: Callable[[Tree], bool] | None
    choice: str
    codes: Container[str] | None = None
    bound: Bound | None = None
    targets: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Shape:
    """One type. `required` names elements with minimum 1, `choices` the choices of which one must be there.

    `order` are the names of the elements as the specification lists them.
    """

    name: str
    fields: dict[str, Field]
    required: tuple[str, ...]
    choices: tuple[str, ...]
    invariants: tuple[Invariant, ...]
    is_resource: bool
    order: tuple[str, ...] = ()


class Shapes(dict[str, Shape]):
    """The shapes of one release by type: "Goal", "GoalTarget", "CodeableConcept". Derived when first asked for.

    Raises LookupError for a name that is no type.
    """

    def __init__(self, release: str) -> None:
        super().__init__()
        self.release = release

    def __missing__(self, name: str) -> Shape:
        self[name] = found = _derive(self.release, name)
        return found


SHAPES = {release: Shapes(release) for release in RELEASES}


def is_type(release: str, name: str) -> bool:
    """Return whether a release has a type of this name: "Goal", "GoalTarget", "CodeableConcept"."""
    return name in _types(release)


def resource_shape(release: str, name: str) -> Shape | None:
    """Return the shape of a resource type, or None where the release has no such type."""
    if not _TYPE_NAME.fullmatch(name) or name in _ABSTRACT:
        return None
    try:
        found = SHAPES[release][name]
    except LookupError:
        return None
    return found if found.is_resource else None


@cache
def _types(release: str) -> dict[str, tuple[str, str]]:
    """Return type -> its kind and its elements."""
    return {name: (kind, elements) for name, kind, elements in rows(f"shapes.{release}.tsv")}


def _derive(release: str, name: str) -> Shape:
    kind, elements = _types(release)[name]
    fields: dict[str, Field] = {}
    required: list[str] = []
    choices: set[str] = set()
    order: list[str] = []
    for element in elements.split():
        key, of, flags, choice, targets = f"{element}::::".split(":")[:5]
        order.append(key)
        leads_to = frozenset(targets.split(",")) - _ABSTRACT if targets else frozenset()
        test = test_of(release, of) if of in PRIMITIVES else None
        field = Field(key, of, "*" in flags, False, test, choice, *_codes(release, name, key, of), leads_to)
        fields[key] = field
        if field.test is not None and _has_twin(name, key):
            demanded = field.bound if _asks_for_a_code(release, field) else None
            fields[f"_{key}"] = Field(key, "Element", field.many, True, None, choice, None, demanded)
        if "!" in flags:
            required.append(key)
        if "?" in flags:
            choices.add(choice)
    rules = tuple(BY_ELEMENT.get((release, name), ()))
    return Shape(name, fields, tuple(required), tuple(sorted(choices)), rules, kind == "resource", tuple(order))


def _has_twin(type_name: str, element: str) -> bool:
    """id and Extension.url are no FHIR primitives but strings of the system: https://hl7.org/fhir/R4/element.html.

    A narrative's div has no extensions: https://hl7.org/fhir/R4/narrative.html#Narrative
    """
    return element != "id" and (type_name, element) not in {("Extension", "url"), ("Narrative", "div")}


def _asks_for_a_code(release: str, field: Field) -> bool:
    """Return whether an extension alone, a data-absent-reason too, is not enough: the binding asks for a code.

    R4 prefers some languages and limits them to all.
    """
    only_limits = release == "R4" and field.name == "language"
    return field.type == "code" and field.bound is not None and field.bound.required and not only_limits


def _codes(release: str, owner: str, name: str, of: str) -> tuple[Container[str] | None, Bound | None]:
    """Return the codes that a primitive is bound to, and the binding of an element."""
    binding = bound(release, owner, name)
    codes = binding.values.codes if binding is not None and of in PRIMITIVES else None
    return (OrAbsolute(codes) if codes is not None and of == "uri" else codes), binding


def main() -> None:
    """Write the files anew from the classes of the installed fhir.resources."""
    from mappings.check.classes import lines

    for release in RELEASES:
        table(f"shapes.{release}.tsv").write_text("".join(f"{line}\n" for line in lines(release)), "utf-8")


if __name__ == "__main__":
    main()
