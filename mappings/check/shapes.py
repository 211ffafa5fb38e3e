"""Which elements a FHIR type has, read from the classes of fhir.resources, the authority on structure: its only home.

A shape is what the walk over a document needs: names, cardinalities, types, choices. It is derived once a type and
release, when a document first needs it. The classes themselves do not judge: they validate each element twice, stop
at some first errors, print values, take 40 to 70 times an orjson round trip, and accept what the specification
forbids (true as an integer, null, {}). A test holds the walk to their verdicts.

R4 is judged by R4B: fhir.resources has had no R4 package since version 7, and the types of this project are the same
in both.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container
from dataclasses import dataclass
from importlib import import_module
from typing import Any, get_args, get_origin

from mappings.check.bindings import Bound, OrAbsolute, bound
from mappings.check.invariants import BY_ELEMENT, Invariant
from mappings.check.primitives import PRIMITIVES
from mappings.tree import Tree

_PACKAGES = {"R4": "fhir.resources.R4B", "R5": "fhir.resources"}

# R4's types that R4B replaced by others. https://hl7.org/fhir/R4B/diff.html
_ONLY_IN_R4 = (
    "EffectEvidenceSynthesis MedicinalProduct MedicinalProductAuthorization MedicinalProductContraindication"
    " MedicinalProductIndication MedicinalProductIngredient MedicinalProductInteraction MedicinalProductManufactured"
    " MedicinalProductPackaged MedicinalProductPharmaceutical MedicinalProductUndesirableEffect RiskEvidenceSynthesis"
    " SubstanceNucleicAcid SubstancePolymer SubstanceProtein SubstanceReferenceInformation SubstanceSourceMaterial"
    " SubstanceSpecification"
)
ONLY_IN_R4 = frozenset(_ONLY_IN_R4.split())

# Datatypes that R4B added to the types that a value[x] may have. https://hl7.org/fhir/R4B/diff.html
_NO_CHOICE_IN_R4 = {"CodeableReference", "RatioRange"}

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
    bound   the binding of the element, which says whether it is required and what the value set is
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


SHAPES = {release: Shapes(release) for release in _PACKAGES}


def resource_shape(release: str, name: str) -> Shape | None:
    """Return the shape of a resource type, or None where the release has no such type."""
    if not _TYPE_NAME.fullmatch(name) or name in _ABSTRACT:
        return None
    try:
        found = SHAPES[release][name]
    except LookupError:
        return None
    return found if found.is_resource else None


def _derive(release: str, name: str) -> Shape:
    types = import_module(_PACKAGES[release] + ".fhirtypes")
    if not hasattr(getattr(types, f"{name}Type", None), "get_model_klass"):
        raise LookupError(name)
    model = getattr(types, f"{name}Type").get_model_klass()
    fields: dict[str, Field] = {}
    required: list[str] = []
    choices: set[str] = set()
    for key, info in model.model_fields.items():
        about = info.json_schema_extra or {}
        name_in_json = info.alias or key
        if key == "fhir_comments" or key.endswith("__ext"):
            continue
        field = _field(release, model, name_in_json, info, about)
        if release == "R4" and field.choice and field.type in _NO_CHOICE_IN_R4:
            continue
        fields[name_in_json] = field
        if field.test is not None and _has_twin(name, name_in_json):
            fields[f"_{name_in_json}"] = Field(field.name, "Element", field.many, True, None, field.choice)
        if info.is_required() or about.get("element_required"):
            required.append(name_in_json)
        if about.get("one_of_many_required"):
            choices.add(field.choice)
    rules = tuple(BY_ELEMENT.get((release, name), ()))
    order = tuple(model.elements_sequence())
    return Shape(name, fields, tuple(required), tuple(sorted(choices)), rules, model.has_resource_base(), order)


def _has_twin(type_name: str, element: str) -> bool:
    """id and Extension.url are no FHIR primitives but strings of the system: https://hl7.org/fhir/R4/element.html."""
    return element != "id" and (type_name, element) != ("Extension", "url")


def _field(release: str, model: Any, name: str, info: Any, about: dict[str, Any]) -> Field:
    from fhir_core.utils import get_fhir_type_name, is_list_type, is_primitive_type

    if is_primitive_type(info):
        of = get_fhir_type_name(info)
        test = PRIMITIVES[of][1]
    else:
        of, test = _complex(info.annotation), None
    binding = bound(release, model.__name__, name)
    codes = binding.values.codes if binding and test is not None else None
    if codes is not None and of == "uri":
        codes = OrAbsolute(codes)
    choice = about.get("one_of_many", "")
    targets = frozenset(about.get("enum_reference_types", ())) - _ABSTRACT
    return Field(name, of, is_list_type(info), False, test, choice, codes, binding, targets)


def _complex(annotation: Any) -> str:
    """Return "CodeableConcept" for `List[CodeableConceptType] | None`."""
    if get_origin(annotation) is None:
        return str(annotation.__name__).removesuffix("Type")
    return next(_complex(part) for part in get_args(annotation) if part is not type(None))
