"""The classes of fhir.resources, the authority on structure, written down as lines of `shapes.R4.tsv`, `shapes.R5.tsv`.

    python -m mappings.check.shapes      writes both files anew; a test holds them to the classes that are installed

The classes themselves do not judge: they validate each element twice, stop at some first errors, print values, take 40
to 70 times an orjson round trip, and accept what the specification forbids (true as an integer, null, {}). Nothing but
this command and the tests imports them.

R4 is judged by R4B: fhir.resources has had no R4 package since version 7, and the types of this project are the same
in both.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import Any, get_args, get_origin

PACKAGES = {"R4": "fhir.resources.R4B", "R5": "fhir.resources"}

HEAD = "type\tkind\telements: name:type:flags:choice:targets (* repeats, ! required, ? one of the choice is required)"

# Datatypes that R4B added to the types that a value[x] may have. https://hl7.org/fhir/R4B/diff.html
_NO_CHOICE_IN_R4 = {"CodeableReference", "RatioRange"}

# Resources that R4B added, or wrote anew, with their parts. https://hl7.org/fhir/R4B/diff.html
_NO_TYPES_IN_R4 = (
    "AdministrableProductDefinition", "Citation", "ClinicalUseDefinition", "Evidence",
    "Ingredient", "ManufacturedItemDefinition", "MedicinalProductDefinition", "NutritionProduct",
    "PackagedProductDefinition", "RegulatedAuthorization", "SubscriptionStatus", "SubscriptionTopic",
    "SubstanceDefinition",
)  # fmt: skip

# Elements that R4B added to types of R4.
_NO_ELEMENTS_IN_R4 = {
    ("ActivityDefinition", "subjectCanonical"),
    ("PlanDefinition", "subjectCanonical"),
    ("PlanDefinitionAction", "subjectCanonical"),
}

# Types that R4B added to those that a reference may lead to.
_NO_TARGETS_IN_R4 = {
    ("DiagnosticReport", "subject"): "Medication Organization Practitioner Procedure Substance",
    ("GroupMember", "entity"): "RelatedPerson",
    ("Observation", "subject"): "Medication Organization Practitioner Procedure Substance",
}

# A type that R4B took from those of an extension's value. https://hl7.org/fhir/R4/extensibility.html#Extension
_MORE_IN_R4 = {"Extension": ("valueMeta:Meta::value",)}

_TWINS = "FHIRPrimitiveExtension"  # its own class for the _name of a primitive, which is an Element


def lines(release: str) -> Iterator[str]:
    """Yield one line a type, after the names of the columns."""
    yield HEAD
    for name, model in sorted(_models(release)):
        if release == "R4" and name.startswith(_NO_TYPES_IN_R4):
            continue
        fields = {info.alias or key: (key, info) for key, info in model.model_fields.items()}
        elements = [_element(release, name, each, fields[each][1]) for each in model.elements_sequence()]
        elements += _MORE_IN_R4.get(name, ()) if release == "R4" else ()
        kind = "resource" if model.has_resource_base() else "element"
        yield f"{name}\t{kind}\t{' '.join(one for one in elements if one)}"


def model_of(release: str, name: str) -> Any:
    """Return the class of a type: "CarePlanActivity". Raises AttributeError where there is none."""
    return getattr(import_module(PACKAGES[release] + ".fhirtypes"), f"{name}Type").get_model_klass()


def _models(release: str) -> Iterator[tuple[str, Any]]:
    for name, of in vars(import_module(PACKAGES[release] + ".fhirtypes")).items():
        if name.endswith("Type") and hasattr(of, "get_model_klass") and name != f"{_TWINS}Type":
            yield name.removesuffix("Type"), of.get_model_klass()


def _element(release: str, owner: str, name: str, info: Any) -> str:
    from fhir_core.utils import get_fhir_type_name, is_list_type, is_primitive_type

    about = info.json_schema_extra or {}
    of = get_fhir_type_name(info) if is_primitive_type(info) else _complex(info.annotation)
    choice = about.get("one_of_many", "")
    if release == "R4" and ((choice and of in _NO_CHOICE_IN_R4) or (owner, name) in _NO_ELEMENTS_IN_R4):
        return ""
    flags = "*" * is_list_type(info)
    flags += "!" * bool(info.is_required() or about.get("element_required"))
    flags += "?" * bool(about.get("one_of_many_required"))
    later = _NO_TARGETS_IN_R4.get((owner, name), "").split() if release == "R4" else ()
    targets = ",".join(one for one in about.get("enum_reference_types", ()) if one not in later)
    return f"{name}:{of}:{flags}:{choice}:{targets}".rstrip(":")


def _complex(annotation: Any) -> str:
    """Return "CodeableConcept" for `List[CodeableConceptType] | None`."""
    if get_origin(annotation) is None:
        return str(annotation.__name__).removesuffix("Type")
    return next(_complex(part) for part in get_args(annotation) if part is not type(None))
