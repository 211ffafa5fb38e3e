"""Datatypes: what a reference leads to, when a dose is as needed, how a signal was sampled."""

from mappings.releases.rows import UNKNOWN, By, Here, Part, Renamed, Row, listed
from mappings.releases.types import OTHERS, TYPES
from mappings.tree import Tree

_NAMES = (*TYPES, *OTHERS)


def _named(part: Part, names: dict[str, str]) -> Part:
    said = dict(part)
    if isinstance(kind := part.get("type"), str):
        said["type"] = names.get(kind, kind)
    if isinstance(literal := part.get("reference"), str):
        said["reference"] = _led(literal, names)
    return said


def _led(literal: str, names: dict[str, str]) -> str:
    """RequestGroup/7 -> RequestOrchestration/7, behind a server's address and before a version, too."""
    steps = literal.split("/")
    at = len(steps) - (4 if "_history" in steps[-2:-1] else 2)
    if at < 0 or steps[at] not in names:
        return literal
    return "/".join([*steps[:at], names[steps[at]], *steps[at + 1 :]])


class Led(Row):
    """A resource type that has another name in R5 has it in references, too."""

    tells = True

    def __init__(self) -> None:
        both = ("reference", "type")
        super().__init__(both, both, "both name a resource type, each as its release does")

    def is_same(self, node: Part) -> bool:
        told = (node.get("type"), node.get("reference"))
        return not any(name in one for one in told if isinstance(one, str) for name in _NAMES)

    def to_r5(self, part: Part, here: Here) -> Part:
        return _named(part, TYPES)

    def to_r4(self, part: Part, here: Here) -> Part:
        return _named(part, OTHERS)


def _as_needed_to_r5(part: Part, _: Here) -> Part:
    return {"asNeededFor": listed(part["asNeededCodeableConcept"])} if "asNeededCodeableConcept" in part else {}


def _as_needed_to_r4(part: Part, _: Here) -> Part:
    reasons = part.get("asNeededFor")
    return {"asNeededCodeableConcept": reasons[0]} if isinstance(reasons, list) and reasons else {}


MILLISECONDS: Tree = "ms"
"""UCUM. R4: SampledData.period is 'the length of time between sampling times, measured in milliseconds'."""


def _sampled_to_r5(part: Part, _: Here) -> Part:
    if "period" not in part:
        return {}
    return {"interval": part["period"], "intervalUnit": MILLISECONDS} | (
        {"_interval": part["_period"]} if "_period" in part else {}
    )


def _sampled_to_r4(part: Part, _: Here) -> Part:
    if part.get("intervalUnit") != MILLISECONDS or "interval" not in part:
        return {"_period": UNKNOWN}
    names = {"interval": "period", "_interval": "_period"}
    return {names[key]: value for key, value in part.items() if key in names}


# fmt: off
RETYPED = {
    # extensions whose value is a Reference by their R4 definition and a CodeableReference by that for R5
    "http://hl7.org/fhir/StructureDefinition/workflow-barrier",
}
# fmt: on


def _value_to_r5(part: Part, here: Here) -> Part:
    is_moved = str(here.beside("url")) in RETYPED and part.keys() == {"valueReference"}
    return {"valueCodeableReference": {"reference": part["valueReference"]}} if is_moved else part


def _value_to_r4(part: Part, here: Here) -> Part:
    said = part.get("valueCodeableReference")
    rest = {key: value for key, value in part.items() if key != "valueCodeableReference"}
    if str(here.beside("url")) not in RETYPED or not isinstance(said, dict) or "reference" not in said:
        return rest
    return rest | {"valueReference": said["reference"]}


ROWS: dict[str, tuple[Row, ...]] = {
    "Extension": (
        By(
            ("valueReference",),
            ("valueReference", "valueCodeableReference"),
            "https://hl7.org/fhir/extensions/: the definitions of some extensions have another type for R5",
            to_r5=_value_to_r5,
            to_r4=_value_to_r4,
        ),
    ),
    # Source: https://hl7.org/fhir/R4/datatypes.html, dosage.html and https://hl7.org/fhir/R5/ alike
    "Reference": (Led(),),
    "Dosage": (
        Renamed("asNeededBoolean", "asNeeded", "R5 has two elements in place of the choice"),
        By(
            ("asNeededCodeableConcept",),
            ("asNeededFor",),
            "R5 has two elements in place of the choice, and several reasons",
            to_r5=_as_needed_to_r5,
            to_r4=_as_needed_to_r4,
        ),
    ),
    "SampledData": (
        By(
            ("period",),
            ("interval", "intervalUnit"),
            "R5 gives the interval a unit; R4's is milliseconds",
            to_r5=_sampled_to_r5,
            to_r4=_sampled_to_r4,
        ),
    ),
}
