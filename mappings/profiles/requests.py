"""An activity that a plan describes in place, as a request of its own: for receivers who know no `activity.detail`.

What of a detail stands where in which request is said once, in mappings/releases/details.py, for R5 has no details
either. There it comes back as it was, so that what a request cannot say stays beside it; a receiver is sent the request
only, and FURTHER says more with it. What even that has no place for is left out of what is sent, and named.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from mappings.profiles.mends import Desk, Object
from mappings.profiles.rules import listed, there
from mappings.releases.details import linked
from mappings.terms.systems import RFC_3986, UCUM
from mappings.tree import Number, Tree


def _when_in_words(held: Any) -> Object:
    """Timing.code: "a code for the timing schedule (or just text in code.text)"."""
    return {"occurrenceTiming": {"code": {"text": held}}}


def _dosage(**said: Tree) -> Object:
    return {"dosageInstruction": [said]}


def _each_day(held: Any) -> Object:
    """dailyAmount, "the quantity expected to be consumed in a given day", is a rate in those words."""
    day = {"value": Number("1"), "unit": "day", "system": UCUM, "code": "d"}
    return _dosage(doseAndRate=[{"rateRatio": {"numerator": held, "denominator": day}}])


# fmt: off
FURTHER: dict[str, dict[str, Callable[[Any], Object]]] = {
    # request, element of the detail    where else the request says it (https://hl7.org/fhir/R4/, its page)
    "ServiceRequest": {
        "scheduledString":              _when_in_words,
    },
    "MedicationRequest": {
        "code":                         lambda held: {"category": [held]},
        "scheduledPeriod":              lambda held: _dosage(timing={"repeat": {"boundsPeriod": held}}),
        "dailyAmount":                  _each_day,
        "location":                     lambda held: {"supportingInformation": [held]},
    },
}
# fmt: on


def details_linked(parent: Object, name: str, desk: Desk) -> Object:
    """Make the detail of an activity a request, and refer to it.

    It becomes a document of its own, but is contained where it refers to what the plan contains. Its id follows from
    the plan and the activity's place in it, so that sending twice makes no twin. What cannot be a request stays.
    """
    plan, detail = desk.resource, parent[name]
    whose: Object = {key: plan[key] for key in ("subject", "intent") if key in plan}
    alone = linked({"resourceType": "CarePlan", **whose, "activity": [{name: detail}]})
    if there(parent, "reference") or "contained" not in alone:
        return parent
    [said], [activity] = alone["contained"], alone["activity"]
    kind = said["resourceType"]
    made = str(uuid5(NAMESPACE_URL, f"{desk.document}|{kind}|{parent.get('id') or desk.at[-1]}"))
    request = {**said, "id": made, "identifier": [{"system": RFC_3986, "value": f"urn:uuid:{made}"}]}
    request = _with_rest(request, activity[name], desk)
    inside = any(isinstance(text, str) and text.startswith("#") for text in _references(detail))
    if inside:
        desk.resource = {**plan, "contained": [*listed(plan, "contained"), request]}
    else:
        request = {**request, "basedOn": [{"reference": desk.document}]}
        request |= {"encounter": plan["encounter"]} if "encounter" in plan else {}
        desk.made[f"{kind}/{made}"] = request
    reference = f"#{made}" if inside else f"{kind}/{made}"
    desk.leave_out(name, f"sent as a {kind} of its own", desk.document if inside else reference)
    code = detail.get("code")
    shown = {"display": code["text"]} if isinstance(code, dict) and "text" in code else {}
    rest = {key: held for key, held in parent.items() if key != name}
    return {**rest, "reference": {"reference": reference, **shown}}


def _with_rest(request: Object, rest: Object, desk: Desk) -> Object:
    """Say in the request what else it has room for, and name what it has not."""
    kind = request["resourceType"]
    for element, held in rest.items():
        if element in ("id", "status") or held == kind:
            continue
        if element in FURTHER.get(kind, {}):
            request = _joined(request, FURTHER[kind][element](held))
        else:
            desk.leave_out(f"detail.{element}", f"a {kind} has no place for this; it was left out of what is sent")
    return request


def _joined(request: Object, said: Object) -> Object:
    """Join what one more element says; parts of a dosage come together in one."""
    [(key, held)] = said.items()
    if key == "dosageInstruction" and key in request:
        return {**request, key: [{**request[key][0], **held[0]}]}
    return {**request, key: held}


def _references(node: Tree) -> Iterator[Tree]:
    if isinstance(node, dict):
        if "reference" in node:
            yield node["reference"]
        for held in node.values():
            yield from _references(held)
    elif isinstance(node, list):
        for held in node:
            yield from _references(held)
