"""An activity that a plan describes in place, as a request of its own: for receivers who know no `activity.detail`.

The places are those of reference tables that compare CarePlan.activity.detail with the request types element by
element (https://hl7.org/fhir/R4/careplan-definitions.html#CarePlan.activity.detail, .../servicerequest.html,
.../medicationrequest.html). A drug goes as MedicationRequest, everything else as ServiceRequest, also where
`detail.kind` says Appointment, NutritionOrder or VisionPrescription: those demand facts that a detail does not hold
(who has accepted, since when, for which eye). What a request has no place for is left out of what is sent, and said.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from mappings.profiles.mends import Desk
from mappings.profiles.rules import listed, there
from mappings.tables.service_request import PERTAINS_TO_GOAL, REQUEST_STATUS, STATUS_REASON
from mappings.terms.systems import RFC_3986, UCUM
from mappings.tree import Number, Tree

Object = dict[str, Tree]
To = Callable[[Any], Object]

# fmt: off
# https://hl7.org/fhir/R4/valueset-medicationrequest-status.html beside valueset-care-plan-activity-status.html
MEDICATION_STATUS = {
    "not-started": "draft",      "scheduled": "active",       "in-progress": "active",
    "on-hold":     "on-hold",    "completed": "completed",    "cancelled":   "cancelled",
    "stopped":     "stopped",    "unknown":   "unknown",      "entered-in-error": "entered-in-error",
}
# fmt: on


def _same(name: str) -> To:
    return lambda held: {name: held}


def _one_of(name: str) -> To:
    return lambda held: {name: [held]}


def _goals(held: Any) -> Object:
    return {"extension": [{"url": PERTAINS_TO_GOAL, "valueReference": one} for one in held]} if _is_list(held) else {}


def _is_list(held: Any) -> bool:
    return isinstance(held, list) and bool(held)


def _status(codes: dict[str, str]) -> To:
    return lambda held: {"status": codes[held]} if isinstance(held, str) and held in codes else {}


def _when_in_words(held: Any) -> Object:
    """Timing.code: "a code for the timing schedule (or just text in code.text)"."""
    return {"code": {"text": held}}


def _dosage(timing: Callable[[Any], Object]) -> To:
    return lambda held: {"dosageInstruction": [{"timing": timing(held)}]}


def _each_day(held: Any) -> Object:
    """dailyAmount, "the quantity expected to be consumed in a given day", is a rate in those words."""
    day = {"value": Number("1"), "unit": "day", "system": UCUM, "code": "d"}
    return {"dosageInstruction": [{"doseAndRate": [{"rateRatio": {"numerator": held, "denominator": day}}]}]}


# fmt: off
SERVICE: dict[str, To] = {
    # activity.detail         ServiceRequest
    "instantiatesCanonical":  _same("instantiatesCanonical"),
    "instantiatesUri":        _same("instantiatesUri"),
    "code":                   _same("code"),
    "reasonCode":             _same("reasonCode"),
    "reasonReference":        _same("reasonReference"),
    "goal":                   _goals,
    "status":                 _status({word: code for word, (code, _) in REQUEST_STATUS.items()}),
    "statusReason":           lambda held: {"extension": [{"url": STATUS_REASON, "valueCodeableConcept": held}]},
    "doNotPerform":           _same("doNotPerform"),
    "scheduledTiming":        _same("occurrenceTiming"),
    "scheduledPeriod":        _same("occurrencePeriod"),
    "scheduledString":        lambda held: {"occurrenceTiming": _when_in_words(held)},
    "location":               _one_of("locationReference"),
    "performer":              _same("performer"),
    "quantity":               _same("quantityQuantity"),
    "description":            lambda held: {"note": [{"text": held}]},
}

MEDICATION: dict[str, To] = {
    # activity.detail         MedicationRequest
    "instantiatesCanonical":  _same("instantiatesCanonical"),
    "instantiatesUri":        _same("instantiatesUri"),
    "code":                   _one_of("category"),
    "reasonCode":             _same("reasonCode"),
    "reasonReference":        _same("reasonReference"),
    "goal":                   _goals,
    "status":                 _status(MEDICATION_STATUS),
    "statusReason":           _same("statusReason"),
    "doNotPerform":           _same("doNotPerform"),
    "scheduledTiming":        _dosage(lambda held: held),
    "scheduledPeriod":        _dosage(lambda held: {"repeat": {"boundsPeriod": held}}),
    "scheduledString":        _dosage(_when_in_words),
    "location":               _one_of("supportingInformation"),
    "performer":              lambda held: {"performer": held[0]} if _is_list(held) and len(held) == 1 else {},
    "productCodeableConcept": _same("medicationCodeableConcept"),
    "productReference":       _same("medicationReference"),
    "dailyAmount":            _each_day,
    "quantity":               lambda held: {"dispenseRequest": {"quantity": held}},
    "description":            lambda held: {"note": [{"text": held}]},
}
# fmt: on


def details_linked(parent: Object, name: str, desk: Desk) -> Object:
    """Make the detail of an activity a request, and refer to it.

    It becomes a document of its own, but is contained where it refers to what the plan contains. Its id follows from
    the plan and the activity's place in it, so that sending twice makes no twin.
    """
    plan, detail = desk.resource, parent[name]
    if not isinstance(detail, dict) or there(parent, "reference"):
        return parent
    kind = "MedicationRequest" if any(key.startswith("product") for key in detail) else "ServiceRequest"
    token = parent.get("id") or str(desk.at[-1])
    made = str(uuid5(NAMESPACE_URL, f"{desk.document}|{kind}|{token}"))
    contained = any(isinstance(text, str) and text.startswith("#") for text in _references(detail))
    request = _request(kind, made, plan, detail, desk, contained=contained)
    if contained:
        desk.resource = {**plan, "contained": [*listed(plan, "contained"), request]}
    else:
        desk.made[f"{kind}/{made}"] = request
    reference = {"reference": f"#{made}" if contained else f"{kind}/{made}"}
    code = detail.get("code")
    shown = {"display": code["text"]} if isinstance(code, dict) and "text" in code else {}
    to = desk.document if contained else f"{kind}/{made}"
    desk.leave_out(name, f"sent as a {kind} of its own", to)
    return {key: held for key, held in parent.items() if key != name} | {"reference": reference | shown}


def _request(kind: str, made: str, plan: Object, detail: Object, desk: Desk, *, contained: bool) -> Object:
    rows = MEDICATION if kind == "MedicationRequest" else SERVICE
    body: Object = {}
    for element, held in detail.items():
        said = rows[element](held) if element in rows else {}
        if not said and element != "kind":
            path = f"detail.{element.removeprefix('_')}"
            desk.leave_out(path, f"a {kind} has no place for this; it was left out of what is sent")
        body = _merged(body, said)
    whose: Object = {"intent": plan.get("intent", "plan")}
    whose |= {key: plan[key] for key in ("subject", "encounter") if key in plan}
    whose |= {} if contained else {"basedOn": [{"reference": desk.document}]}
    name = {"identifier": [{"system": RFC_3986, "value": f"urn:uuid:{made}"}]}
    return {"resourceType": kind, "id": made, **name, **whose, **body}


def _merged(body: Object, said: Object) -> Object:
    """Join what several elements say: lists of extensions grow, parts of one dosage come together."""
    out = dict(body)
    for key, held in said.items():
        if key == "dosageInstruction" and key in out:
            out[key] = [{**out[key][0], **held[0]}]
        elif key in out and isinstance(held, list):
            out[key] = [*out[key], *held]
        else:
            out[key] = held
    return out


def _references(node: Tree) -> Iterator[Tree]:
    if isinstance(node, dict):
        if "reference" in node:
            yield node["reference"]
        for held in node.values():
            yield from _references(held)
    elif isinstance(node, list):
        for held in node:
            yield from _references(held)
