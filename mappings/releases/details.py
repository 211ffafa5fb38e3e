"""CarePlan.activity.detail and the contained request that says the same: R5 has only the latter.

    {"detail": D}   <->   {"reference": {"reference": "#id"}, "detail": what the request cannot say of D}

The request stands in front of the other contained resources. What is left of D always has its status, for request
statuses are fewer; it goes along into R5 as a cross-version extension on the activity. Nothing is made up: kinds
whose resource demands what a detail does not know (Appointment: who takes part; NutritionOrder: since when;
VisionPrescription: lenses) become a ServiceRequest, and the kind goes along; so do those without doNotPerform where
that is said. Source of the fields: https://hl7.org/fhir/R4/careplan.html and the page of each request.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from mappings.check.shapes import SHAPES
from mappings.nodes import Node
from mappings.releases.carried import BASE, Unsayable, packed
from mappings.releases.rows import UNKNOWN
from mappings.tree import Path, Tree

STATUS_REASON = "http://hl7.org/fhir/StructureDefinition/request-statusReason"
"""https://hl7.org/fhir/R4/extension-request-statusreason.html"""

PERTAINS_TO_GOAL = "http://hl7.org/fhir/StructureDefinition/resource-pertainsToGoal"
"""https://hl7.org/fhir/R4/extension-resource-pertainstogoal.html"""

# fmt: off
_REQUEST_STATUS = {
    # detail: care-plan-activity-status   request: request-status
    "not-started":      "draft",
    "scheduled":        "active",
    "in-progress":      "active",
    "on-hold":          "on-hold",
    "completed":        "completed",
    "cancelled":        "revoked",
    "stopped":          "revoked",
    "unknown":          "unknown",
    "entered-in-error": "entered-in-error",
}
_MEDICATION_STATUS = _REQUEST_STATUS | {"cancelled": "cancelled", "stopped": "stopped"}
_TASK_STATUS = {
    # detail            Task: task-status, which has no unknown
    "not-started":      "draft",
    "scheduled":        "accepted",
    "in-progress":      "in-progress",
    "on-hold":          "on-hold",
    "completed":        "completed",
    "cancelled":        "cancelled",
    "stopped":          "cancelled",
    "entered-in-error": "entered-in-error",
}
_LIKELIEST = {"active": "in-progress", "revoked": "cancelled"}
"""Status of a detail whose request got a status that several would have led to."""

ONE = "the only item of its list"

Slots = dict[str, Path]
"""Element of a detail -> where the request says it. A 0 is a list of one; ONE takes the only item out of one."""

_SHARED: Slots = {
    "reasonCode":            ("reasonCode",),
    "reasonReference":       ("reasonReference",),
    "description":           ("note", 0, "text"),
}
_INSTANTIATED: Slots = {
    "instantiatesCanonical": ("instantiatesCanonical",),
    "instantiatesUri":       ("instantiatesUri",),
}


@dataclass(frozen=True, slots=True)
class Form:
    """How a request of one type says a detail.

    subject     its element for whom it is
    fallback    what stands for what it demands and the detail does not say
    """

    status: Mapping[str, str]
    slots: Slots
    subject: str = "subject"
    intent: bool = True
    fallback: Mapping[str, Tree] | None = None


FORMS = {
    "ServiceRequest": Form(_REQUEST_STATUS, _SHARED | _INSTANTIATED | {
        "code":                      ("code",),
        "doNotPerform":              ("doNotPerform",),
        "scheduledTiming":           ("occurrenceTiming",),
        "scheduledPeriod":           ("occurrencePeriod",),
        "location":                  ("locationReference", 0),
        "performer":                 ("performer",),
        "quantity":                  ("quantityQuantity",),
    }),
    "MedicationRequest": Form(_MEDICATION_STATUS, _SHARED | _INSTANTIATED | {
        "productCodeableConcept":    ("medicationCodeableConcept",),
        "productReference":          ("medicationReference",),
        "statusReason":              ("statusReason",),
        "doNotPerform":              ("doNotPerform",),
        "scheduledTiming":           ("dosageInstruction", 0, "timing"),
        "scheduledString":           ("dosageInstruction", 0, "text"),
        "performer":                 ("performer", ONE),
        "quantity":                  ("dispenseRequest", "quantity"),
    }, fallback={"medicationCodeableConcept": UNKNOWN}),
    "Task": Form(_TASK_STATUS, {
        "code":                      ("code",),
        "statusReason":              ("statusReason",),
        "reasonCode":                ("reasonCode", ONE),
        "reasonReference":           ("reasonReference", ONE),
        "instantiatesCanonical":     ("instantiatesCanonical", ONE),
        "instantiatesUri":           ("instantiatesUri", ONE),
        "scheduledPeriod":           ("restriction", "period"),
        "location":                  ("location",),
        "performer":                 ("owner", ONE),
        "description":               ("description",),
    }, subject="for"),
    "CommunicationRequest": Form(_REQUEST_STATUS, _SHARED | {
        "statusReason":              ("statusReason",),
        "doNotPerform":              ("doNotPerform",),
        "scheduledPeriod":           ("occurrencePeriod",),
    }, intent=False),
    "DeviceRequest": Form(_REQUEST_STATUS, _SHARED | _INSTANTIATED | {
        "code":                      ("codeCodeableConcept",),
        "scheduledTiming":           ("occurrenceTiming",),
        "scheduledPeriod":           ("occurrencePeriod",),
        "performer":                 ("performer", ONE),
    }, fallback={"codeCodeableConcept": UNKNOWN}),
}
# fmt: on

_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")
_ORDER = {name: n for n, name in enumerate(SHAPES["R4"]["CarePlanActivityDetail"].order)}


def linked(plan: Node) -> Node:
    """Return an R4 plan whose details, as far as a request can say them, are contained requests."""
    activities, inside = plan.get("activity"), plan.get("contained", [])
    if not isinstance(activities, list) or not isinstance(inside, list):
        return plan
    taken = {each.get("id") for each in inside if isinstance(each, dict) and isinstance(each.get("id"), str)}
    made: list[Tree] = []
    said: list[Tree] = []
    for n, activity in enumerate(activities):
        detail = activity.get("detail") if isinstance(activity, dict) and "reference" not in activity else None
        name = _name(detail, n)
        request, rest = _request(plan, detail) if isinstance(detail, dict) and name not in taken else ({}, {})
        if not isinstance(detail, dict) or not request:
            said.append(activity)
            continue
        taken.add(name)
        made.append({"resourceType": request["resourceType"], "id": name, **request})
        if detail.get("id") == name and name != _default(n):
            rest = {key: value for key, value in rest.items() if key != "id"}
        swapped: Node = {}
        for key, value in activity.items():
            swapped |= {"reference": {"reference": f"#{name}"}, "detail": rest} if key == "detail" else {key: value}
        said.append(swapped)
    return _with_contained(plan, said, made + inside) if made else plan


def inlined(plan: Node, *, forced: bool) -> Node:
    """Return an R4 plan whose contained requests that were details are details again; `linked` undoes it.

    forced   where a request says otherwise than the status that was left of its detail, the request holds

    Requests are taken from the front of what the plan contains, as `linked` puts them there, up to one that a detail
    cannot say (any more): that stays a request, and what was left of its detail an extension on the activity.
    """
    activities, inside = plan.get("activity"), plan.get("contained")
    if not isinstance(activities, list) or not isinstance(inside, list):
        return plan
    said: list[Tree] = []
    kept: list[Tree] = []
    taken = 0
    for n, activity in enumerate(activities):
        request = inside[taken] if taken < len(inside) else None
        aside = _set_aside(activity, inside)
        detail = _detail(activity, request, n)
        if detail is None or not _is_said_by(plan, detail, request, activity["detail"], forced=forced):
            said.append(aside)
            kept.append(aside)
            continue
        taken += 1
        said.append({key: detail if key == "detail" else x for key, x in activity.items() if key != "reference"})
        kept.append(activity)
    if not taken:
        return plan if kept == activities else plan | {"activity": kept}
    made = _with_contained(plan, said, inside[taken:])
    return made if forced or linked(made) == {**plan, "activity": kept} else plan | {"activity": kept}


def _is_said_by(plan: Node, detail: Node, request: Tree, rest: Node, *, forced: bool) -> bool:
    again, left = _request(plan, detail)
    if forced and "status" in left:
        left = left | {"status": rest.get("status")}
    return {**again, "id": request["id"]} == request and left == {k: v for k, v in rest.items() if k != "id"}


def _set_aside(activity: Tree, inside: list[Tree]) -> Tree:
    """Return an activity whose rest of a detail stands beside a request, as an extension: R4 has one or the other."""
    rest = activity.get("detail") if isinstance(activity, dict) else None
    link = activity.get("reference") if rest is not None else None
    name = link.get("reference") if isinstance(link, dict) else None
    local = [
        x for x in inside if isinstance(x, dict) and f"#{x.get('id')}" == name and str(x.get("resourceType")) in FORMS
    ]
    exts = activity.get("extension", []) if local else None
    if not isinstance(exts, list):
        return activity
    about = SHAPES["R4"]["CarePlanActivity"].fields["detail"]
    try:
        held = packed(BASE["R4"] + "CarePlan.activity.detail", {"detail": about}, {"detail": rest}, "R4")
    except Unsayable:
        return activity
    bare = {key: value for key, value in activity.items() if key not in ("detail", "extension")}
    front = {key: bare.pop(key) for key in ("id",) if key in bare}
    return {**front, "extension": [*held, *exts], **bare}


def _with_contained(plan: Node, activities: list[Tree], inside: list[Tree]) -> Node:
    said = {key: value for key, value in plan.items() if key != "contained"} | {"activity": activities}
    if not inside:
        return said
    order = {name: n for n, name in enumerate(("resourceType", *SHAPES["R4"]["CarePlan"].order))}
    keys = list(plan)
    if "contained" not in plan:
        at = next((n for n, key in enumerate(keys) if order.get(key, -1) > order["contained"]), len(keys))
        keys.insert(at, "contained")
    return {key: inside if key == "contained" else said[key] for key in keys}


def _default(n: int) -> str:
    return f"activity-{n + 1}"


def _name(detail: Tree, n: int) -> str:
    own = detail.get("id") if isinstance(detail, dict) else None
    return own if isinstance(own, str) and _ID.fullmatch(own) else _default(n)


def _request(plan: Node, detail: Node) -> tuple[Node, Node]:
    """Return the request that says a detail, and what it cannot say; nothing where it may not be made."""
    kind = _kind(detail)
    form = FORMS[kind]
    status = form.status.get(str(detail.get("status")))
    if status is None or "status" not in detail or not isinstance(plan.get("subject"), dict):
        return {}, {}
    said: Node = {"status": status}
    if form.intent:
        said["intent"] = plan.get("intent")
        if said["intent"] not in ("proposal", "plan", "order", "option") or "_intent" in plan:
            return {}, {}
    said[form.subject] = plan["subject"]
    rest: Node = {}
    exts: list[Tree] = []
    for key, value in detail.items():
        slot = form.slots.get(key.removeprefix("_"))
        if key == "statusReason" and slot is None and isinstance(value, dict):
            exts.append({"url": STATUS_REASON, "valueCodeableConcept": value})
        elif key == "goal" and isinstance(value, list) and value and all(isinstance(each, dict) for each in value):
            exts += [{"url": PERTAINS_TO_GOAL, "valueReference": each} for each in value]
        elif slot is None or not _fits(key, value, slot) or not _put(said, slot, key, value):
            rest[key] = value
    for name, value in (form.fallback or {}).items():
        if not any(key.startswith(re.sub("[A-Z].*", "", name)) for key in said):
            said[name] = value
    return {"resourceType": kind} | ({"extension": exts} if exts else {}) | said, rest


def _kind(detail: Node) -> str:
    kind = detail.get("kind")
    if kind is None and any(key.startswith("product") for key in detail):
        kind = "MedicationRequest"
    form = FORMS.get(kind) if isinstance(kind, str) else None
    if form is None or form.status.get(str(detail.get("status"))) is None:
        return "ServiceRequest"
    if any(key.endswith("doNotPerform") for key in detail) and "doNotPerform" not in form.slots:
        return "ServiceRequest"
    return str(kind)


def _fits(key: str, value: Tree, slot: Path) -> bool:
    about = SHAPES["R4"]["CarePlanActivityDetail"].fields.get(key)
    if about is None or isinstance(value, list) != about.many or value in ([], {}, None):
        return False
    if key.startswith("_") and (len(slot) > 1 or about.many):
        return False
    return ONE not in slot or (isinstance(value, list) and len(value) == 1)


def _put(said: Node, slot: Path, key: str, value: Tree) -> bool:
    """Set what stands at a place of the request; nothing may stand there yet."""
    first, *inner = slot
    name = f"_{first}" if key.startswith("_") else str(first)
    if not inner:
        said[name] = value
    elif inner == [ONE]:
        said[name] = value[0]
    elif inner == [0]:
        said[name] = [value]
    elif inner[0] == 0:
        said[name] = [{**(said[name][0] if name in said else {}), str(inner[1]): value}]
    else:
        said[name] = {**said.get(name, {}), str(inner[0]): value}
    return True


def _detail(activity: Tree, request: Tree, n: int) -> Node | None:
    """Return the detail that a contained request and what it could not say make, or None where they make none."""
    rest = activity.get("detail") if isinstance(activity, dict) else None
    if not isinstance(rest, dict) or not isinstance(request, dict) or not isinstance(request.get("id"), str):
        return None
    form = FORMS.get(str(request.get("resourceType")))
    if form is None or activity.get("reference") != {"reference": f"#{request['id']}"}:
        return None
    detail: Node = dict(rest)
    if request["id"] != _default(n):
        detail["id"] = request["id"]
    status = request.get("status")
    if form.status.get(str(rest.get("status"))) != status:
        likely = {theirs: mine for mine, theirs in form.status.items()} | _LIKELIEST
        detail["status"] = likely.get(str(status), status)
    for name, slot in form.slots.items():
        for key in (name, f"_{name}"):
            value = _taken(request, slot, key)
            if value is not None and (form.fallback or {}).get(str(slot[0])) != value:
                detail[key] = value
    for each in request.get("extension", []) if isinstance(request.get("extension"), list) else []:
        url = each.get("url") if isinstance(each, dict) else None
        if url == STATUS_REASON and "valueCodeableConcept" in each:
            detail["statusReason"] = each["valueCodeableConcept"]
        elif url == PERTAINS_TO_GOAL and "valueReference" in each:
            detail["goal"] = [*detail.get("goal", []), each["valueReference"]]
    return {key: detail[key] for key in sorted(detail, key=lambda k: _ORDER.get(k.removeprefix("_"), -1))}


def _taken(request: Node, slot: Path, key: str) -> Tree:
    first, *inner = slot
    value: Tree = request.get(f"_{first}" if key.startswith("_") else str(first))
    if key.startswith("_") and inner:
        return None
    if inner == [ONE]:
        return None if value is None else [value]
    for step in inner:
        try:
            value = value[step]
        except (LookupError, TypeError):
            return None
    return value
