"""R4 and R5 of what is prescribed, taken, dispensed and given.

Sources: "R4 Diff" on https://hl7.org/fhir/R5/medicationrequest.html and its neighbours; HL7's maps *4to5.fml
(https://github.com/HL7/fhir-cross-version), which lose statuses, reported[x] and what only one release has.
"""

from __future__ import annotations

from mappings.releases.forms import Either, Fitted, code_of, concept
from mappings.releases.rows import UNKNOWN, By, Codes, Here, Merged, Part, Renamed, Row, listed

ADHERENCE = "http://hl7.org/fhir/CodeSystem/medication-statement-adherence"
"""https://hl7.org/fhir/R5/codesystem-medication-statement-adherence.html"""

# fmt: off
_TAKING = {
    # R4 status    R5 adherence, with the same definition
    "active":    "taking",       # "The medication is still being taken." "The medication is being taken."
    "not-taken": "not-taking",   # "was not consumed" "is not being taken"
    "on-hold":   "on-hold",
    "stopped":   "stopped",
    "unknown":   "unknown",      # "The state of the medication use is not currently known."
}
# fmt: on
_STATUS = {new: old for old, new in _TAKING.items()} | {
    f"{code}-{how}": status
    for code, status in (("taking", "active"), ("on-hold", "on-hold"), ("stopped", "stopped"))
    for how in ("as-directed", "not-as-directed")
}


def _recorded(part: Part, here: Here) -> Part:
    """R5's status is that of the record; whether the medication is taken is its adherence."""
    status = part.get("status")
    made: Part = {"_status": part["_status"]} if "_status" in part else {}
    if not isinstance(status, str):
        return made
    if status == "entered-in-error":
        return {"status": status, **made}
    if status not in _TAKING:
        return {"status": "recorded", **made}
    reasons = [{"reason": x} for x in listed(part.get("statusReason"))[:1]]
    adherence = {"code": concept(ADHERENCE, _TAKING[status])} | (reasons[0] if reasons else {})
    return {"status": "recorded", **made, "adherence": adherence}


def _taken(part: Part, here: Here) -> Part:
    status, adherence = part.get("status"), part.get("adherence")
    made: Part = {"_status": part["_status"]} if "_status" in part else {}
    how = adherence if isinstance(adherence, dict) else {}
    if status == "entered-in-error":
        made = {"status": status, **made}
    elif isinstance(status, str):
        code = code_of(how.get("code"), ADHERENCE) if status == "recorded" else None
        made = {"status": _STATUS.get(code or "", "unknown"), **made}
    return made | ({"statusReason": [how["reason"]]} if "reason" in how else {})


_EFFECTIVE = ("effectiveDateTime", "effectivePeriod")
_OCCURENCE = ("occurenceDateTime", "occurencePeriod")


def _occurred(part: Part, here: Here) -> Part:
    return {key.replace("effective", "occurence"): value for key, value in part.items()}


def _effective(part: Part, here: Here) -> Part:
    """R4 demands a time and knows no timing."""
    made = {key.replace("occurence", "effective"): value for key, value in part.items() if key != "occurenceTiming"}
    return made or {"_effectiveDateTime": UNKNOWN}


def _reported(part: Part, here: Here) -> Part:
    names = {"reportedBoolean": "reported", "_reportedBoolean": "_reported"}
    made = {names[key]: value for key, value in part.items() if key in names}
    return made | ({"informationSource": [part["reportedReference"]]} if "reportedReference" in part else {})


def _said_so(part: Part, here: Here) -> Part:
    """R4 says that it was reported, or by whom."""
    who = listed(part.get("informationSource"))
    names = {"reported": "reportedBoolean", "_reported": "_reportedBoolean"}
    return {"reportedReference": who[0]} if who else {names[k]: v for k, v in part.items() if k in names}


_MEDICATION = Either("medication", "one CodeableReference in R5")
_REASON = Merged("reasonCode", "reasonReference", "reason", "one list of CodeableReference in R5")

# fmt: off
ROWS: dict[str, tuple[Row, ...]] = {
    "MedicationRequest": (
        # R5's `ended` is the parent of stopped, completed and cancelled; all say that it is not to be taken any more.
        Codes("status", "R5 has `ended` for any end", r5_only={"ended": "stopped"}),
        By(("reportedBoolean", "reportedReference"), ("reported", "informationSource"), "reported[x] was divided",
           to_r5=_reported, to_r4=_said_so),
        _MEDICATION,
        _REASON,
    ),
    "MedicationRequest.dispenseRequest": (Renamed("performer", "dispenser", "renamed"),),
    "MedicationStatement": (
        By(("status", "statusReason"), ("status", "adherence"), "R5 tells the status of the record from that of the "
           "use: https://hl7.org/fhir/R5/valueset-medication-statement-status.html", to_r5=_recorded, to_r4=_taken),
        _MEDICATION,
        Fitted("context", "encounter", "renamed; an episode of care is not allowed in R5"),
        _REASON,
    ),
    "MedicationDispense": (
        Merged("statusReasonCodeableConcept", "statusReasonReference", "notPerformedReason", "renamed"),
        _MEDICATION,
        Fitted("context", "encounter", "renamed; an episode of care is not allowed in R5"),
    ),
    "MedicationAdministration": (
        _MEDICATION,
        Fitted("context", "encounter", "renamed; an episode of care is not allowed in R5"),
        By(_EFFECTIVE, (*_OCCURENCE, "occurenceTiming"), "renamed; R5 spells it with one r", to_r5=_occurred,
           to_r4=_effective),
        _REASON,
    ),
    "Medication": (
        Renamed("manufacturer", "marketingAuthorizationHolder", "renamed (R5's own diff)"),
        Renamed("form", "doseForm", "renamed"),
    ),
    "Medication.ingredient": (
        Either("item", "one CodeableReference in R5"),
        Renamed("strength", "strengthRatio", "a choice in R5"),
    ),
}
# fmt: on
