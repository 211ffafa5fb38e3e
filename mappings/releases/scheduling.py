"""R4 and R5 of appointments, encounters, episodes of care, tasks, and requests other than services and medicines.

Sources: "R4 Diff" on https://hl7.org/fhir/R5/appointment.html and its neighbours; HL7's maps *4to5.fml and converter,
which lose the reasons of an encounter, the patient's presence, and an appointment's priority.
"""

from __future__ import annotations

from mappings.releases.forms import Apart, Either, Fitted, Left, code_of, concept, translated
from mappings.releases.rows import UNKNOWN, By, Here, Merged, Part, Renamed, Row, listed
from mappings.tree import Tree

PRESENCE = "http://terminology.hl7.org/CodeSystem/encounter-subject-status"
"""https://terminology.hl7.org/CodeSystem-encounter-subject-status.html"""


def _noted(part: Part, here: Here) -> Part:
    names = {"comment": "text", "_comment": "_text"}
    return {"note": [{names[key]: value for key, value in part.items()}]}


def _commented(part: Part, here: Here) -> Part:
    names = {"text": "comment", "_text": "_comment"}
    notes = listed(part.get("note"))
    only = notes[0] if len(notes) == 1 and isinstance(notes[0], dict) else {}
    return {names[key]: value for key, value in only.items()} if only.keys() <= names.keys() else {}


# fmt: off
_STATUS = {
    # R4           R5              subjectStatus
    "arrived":   ("in-progress",  "arrived"),
    "triaged":   ("in-progress",  "triaged"),
    "onleave":   ("on-hold",      "on-leave"),
    "finished":  ("completed",    ""),
}
_ENDED = {"discharged": "finished", "discontinued": "finished", "completed": "finished", "on-hold": "onleave"}
# fmt: on


def _presence(part: Part, here: Here) -> Part:
    """Whether the patient has come is a status of the patient in R5."""
    status = part.get("status")
    code, present = _STATUS.get(status, (status, "")) if isinstance(status, str) else (status, "")
    made: Part = {k: code if k == "status" else v for k, v in part.items()}
    return made | ({"subjectStatus": concept(PRESENCE, present)} if present else {})


def _presence_back(part: Part, here: Here) -> Part:
    status = part.get("status")
    if not isinstance(status, str):
        return {k: v for k, v in part.items() if k != "subjectStatus"}
    present = code_of(part.get("subjectStatus"), PRESENCE)
    found = next((old for old, pair in _STATUS.items() if present and pair == (status, present)), None)
    code = found or _ENDED.get(status, status)
    return {k: code if k == "status" else v for k, v in part.items() if k != "subjectStatus"}


_WISHES = ("dietPreference", "specialArrangement", "specialCourtesy")


def _admitted(part: Part, here: Here) -> Part:
    stay = part["hospitalization"]
    if not isinstance(stay, dict):
        return {"admission": stay}
    inner = {k: v for k, v in stay.items() if k not in _WISHES}
    return ({"admission": inner} if inner else {}) | {k: stay[k] for k in _WISHES if k in stay}


def _stay(part: Part, here: Here) -> Part:
    inner = part.get("admission", {})
    if not isinstance(inner, dict):
        return {"hospitalization": inner}
    return {"hospitalization": inner | {k: part[k] for k in _WISHES if k in part}}


def _reasons(part: Part, here: Here) -> Part:
    values = [{"concept": x} for x in listed(part.get("reasonCode"))]
    values += [{"reference": x} for x in listed(part.get("reasonReference"))]
    return {"reason": [{"value": [x]} for x in values]}


def _reasons_back(part: Part, here: Here) -> Part:
    values = [x for each in listed(part.get("reason")) if isinstance(each, dict) for x in listed(each.get("value"))]
    made: Part = {}
    for key, name in (("concept", "reasonCode"), ("reference", "reasonReference")):
        if found := [x[key] for x in values if isinstance(x, dict) and key in x]:
            made[name] = found
    return made


def _text(part: Part, here: Here) -> Part:
    names = {"contentString": "text", "_contentString": "_text"}
    return {"contentCodeableConcept": {names[key]: value for key, value in part.items()}}


def _text_back(part: Part, here: Here) -> Part:
    names = {"text": "contentString", "_text": "_contentString"}
    said = part["contentCodeableConcept"]
    found = {names[k]: v for k, v in said.items() if k in names} if isinstance(said, dict) else {}
    return found or {"_contentString": UNKNOWN}


def _additive(part: Part, here: Here) -> Part:
    inner: Part = {"type": {"concept": part["additiveType"]}} if "additiveType" in part else {}
    names = {"additiveProductName": "productName", "_additiveProductName": "_productName"}
    return {"additive": [inner | {names[k]: v for k, v in part.items() if k in names}]}


def _additive_back(part: Part, here: Here) -> Part:
    first = next(iter(listed(part.get("additive"))), None)
    if not isinstance(first, dict):
        return {}
    kind = first.get("type")
    made: Part = {"additiveType": kind["concept"]} if isinstance(kind, dict) and "concept" in kind else {}
    names = {"productName": "additiveProductName", "_productName": "_additiveProductName"}
    return made | {names[k]: v for k, v in first.items() if k in names}


def _scheduled(part: Part, here: Here) -> Part:
    return {"schedule": {"timing": listed(part["schedule"])}}


def _timed(part: Part, here: Here) -> Part:
    said = part["schedule"]
    times = listed(said.get("timing")) if isinstance(said, dict) else []
    about = here.field("R4", "schedule")
    return {"schedule": times if about is None or about.many else times[0]} if times else {}


_SCHEDULE = Apart(("schedule",), ("schedule",), "with `as needed` in R5", to_r5=_scheduled, to_r4=_timed)
_REASON = Merged("reasonCode", "reasonReference", "reason", "one list of CodeableReference in R5")
_PAYLOAD = By(("contentString",), ("contentCodeableConcept",), "R5 has no string", to_r5=_text, to_r4=_text_back)
_REQUIRED: dict[Tree, Tree] = {"required": True, "optional": False, "information-only": False}

# fmt: off
ROWS: dict[str, tuple[Row, ...]] = {
    "Appointment": (
        Renamed("cancelationReason", "cancellationReason", "spelled otherwise"),
        _REASON,
        By(("comment",), ("note",), "notes in R5", to_r5=_noted, to_r4=_commented),
    ),
    # information-only is "excluded from the appointment": not required, and no more can R5 say.
    "Appointment.participant": (translated("required", "required", _REQUIRED, "boolean in R5"),),
    "EpisodeOfCare": (Renamed("team", "careTeam", "renamed"),),
    "EpisodeOfCare.diagnosis": (Renamed("role", "use", "renamed"),),
    "Encounter": (
        By(("status",), ("status", "subjectStatus"), "https://hl7.org/fhir/R5/encounter.html: R5 tells the status of "
           "the patient from that of the encounter", to_r5=_presence, to_r4=_presence_back),
        Renamed("period", "actualPeriod", "renamed"),
        By(("reasonCode", "reasonReference"), ("reason",), "with their use in R5", to_r5=_reasons, to_r4=_reasons_back),
        By(("hospitalization",), ("admission", *_WISHES), "divided", to_r5=_admitted, to_r4=_stay),
    ),
    "Encounter.hospitalization": (Left(*_WISHES, why="Encounter's row takes them out"),),
    "Encounter.participant": (Fitted("individual", "actor", "renamed; R5 allows more"),),
    "Encounter.location": (Renamed("physicalType", "form", "renamed"),),
    "Task": (
        _REASON,
        Merged("performerType", "", "requestedPerformer", "the kind of performer is a concept of it in R5"),
    ),
    "CommunicationRequest": (Fitted("sender", "informationProvider", "renamed"), _REASON),
    "CommunicationRequest.payload": (_PAYLOAD,),
    "Communication": (_REASON,),
    "Communication.payload": (_PAYLOAD,),
    "DeviceRequest": (
        Fitted("priorRequest", "replaces", "renamed"),
        Either("code", "one CodeableReference in R5"),
        Merged("performerType", "performer", "performer", "one CodeableReference in R5"),
        _REASON,
    ),
    "NutritionOrder": (Fitted("patient", "subject", "renamed; R5 allows groups"),),
    "NutritionOrder.oralDiet": (_SCHEDULE,),
    "NutritionOrder.supplement": (_SCHEDULE,),
    "NutritionOrder.enteralFormula": (
        Apart(("additiveType", "additiveProductName"), ("additive",), "several in R5", to_r5=_additive,
              to_r4=_additive_back),
        Renamed("routeofAdministration", "routeOfAdministration", "spelled otherwise"),
    ),
    "NutritionOrder.enteralFormula.administration": (_SCHEDULE,),
    "PaymentNotice": (Renamed("provider", "reporter", "renamed"),),
}
# fmt: on
