"""ServiceRequest, RequestGroup (R5: RequestOrchestration): why, where and how something is asked for."""

from __future__ import annotations

from mappings.releases.rows import UNKNOWN, By, Here, Merged, Part, Renamed, Row
from mappings.tree import Tree

WHY = "R5 has one CodeableReference for what R4 says by concept or by reference"


def _mapped(part: Part, old: str, new: str, change: object) -> Part:
    values = part.get(old)
    said = [change(each) for each in values] if isinstance(values, list) and callable(change) else []
    return {new: [each for each in said if each is not None]} if said and None not in said else {}


def _detail_to_r5(concept: Tree) -> Tree:
    return {"parameter": [{"code": UNKNOWN, "valueCodeableConcept": concept}]}


def _detail_to_r4(detail: Tree) -> Tree:
    parameters = detail.get("parameter") if isinstance(detail, dict) else None
    first = parameters[0] if isinstance(parameters, list) and parameters else None
    return first.get("valueCodeableConcept") if isinstance(first, dict) else None


def _instruction_to_r5(part: Part, _: Here) -> Part:
    names = {"patientInstruction": "instructionMarkdown", "_patientInstruction": "_instructionMarkdown"}
    one = {names[key]: value for key, value in part.items() if key in names}
    return {"patientInstruction": [one]} if one else {}


def _instruction_to_r4(part: Part, _: Here) -> Part:
    said = part.get("patientInstruction")
    first = said[0] if isinstance(said, list) and said else None
    names = {"instructionMarkdown": "patientInstruction", "_instructionMarkdown": "_patientInstruction"}
    return {names[key]: value for key, value in first.items() if key in names} if isinstance(first, dict) else {}


def _participant_to_r4(participant: Tree) -> Tree:
    return participant.get("actorReference") if isinstance(participant, dict) else None


ROWS: dict[str, tuple[Row, ...]] = {
    # Source: https://hl7.org/fhir/R4/ and https://hl7.org/fhir/R5/ - servicerequest.html, requestgroup.html,
    # requestorchestration.html
    "ServiceRequest": (
        Merged("reasonCode", "reasonReference", "reason", WHY),
        Merged("locationCode", "locationReference", "location", WHY),
        By(
            ("orderDetail",),
            ("orderDetail",),
            "R5 has details as parameters with a code and a value; R4's concepts are such values, their code not given",
            to_r5=lambda part, _: _mapped(part, "orderDetail", "orderDetail", _detail_to_r5),
            to_r4=lambda part, _: _mapped(part, "orderDetail", "orderDetail", _detail_to_r4),
        ),
        By(
            ("patientInstruction",),
            ("patientInstruction",),
            "R5 has several instructions, each a text or a reference",
            to_r5=_instruction_to_r5,
            to_r4=_instruction_to_r4,
        ),
    ),
    "RequestGroup": (Merged("reasonCode", "reasonReference", "reason", WHY),),
    "RequestGroup.action": (
        By(
            ("participant",),
            ("participant",),
            "R5 says of a participant also the role; R4's reference is its actor",
            to_r5=lambda part, _: _mapped(part, "participant", "participant", lambda each: {"actorReference": each}),
            to_r4=lambda part, _: _mapped(part, "participant", "participant", _participant_to_r4),
        ),
    ),
    "RequestGroup.action.relatedAction": (Renamed("actionId", "targetId", "R5 names actions by linkId"),),
}
