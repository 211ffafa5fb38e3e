"""R4 and R5 of conditions, observations, risks, procedures, reports and what was found.

Sources: "R4 Diff" on https://hl7.org/fhir/R5/condition.html and its neighbours. Who recorded and who asserted are
participants in R5, with the functions that HL7's converter gives them (org.hl7.fhir.convertors, Condition40_50).
"""

from __future__ import annotations

from mappings.releases.alternates import may_stand
from mappings.releases.forms import Apart, Fitted, Left, code_of, coded, concept
from mappings.releases.rows import UNKNOWN, By, Here, Merged, Part, Renamed, Row, listed
from mappings.tree import Tree

PARTICIPATION = "http://terminology.hl7.org/CodeSystem/provenance-participant-type"
"""https://terminology.hl7.org/CodeSystem-provenance-participant-type.html"""

CLINICAL = "http://terminology.hl7.org/CodeSystem/condition-clinical"
"""https://terminology.hl7.org/CodeSystem-condition-clinical.html; R4's value set lacks its `unknown`."""

VERIFICATION = "http://terminology.hl7.org/CodeSystem/condition-ver-status"
"""https://terminology.hl7.org/CodeSystem-condition-ver-status.html"""

# fmt: off
_FUNCTIONS = {
    # R4 element   R5 function   "A party that ... has responsibility for the information given in the resource"
    "recorder":   "author",
    "asserter":   "informant",   # "A person who reported information that contributed to the resource"
}
# fmt: on


def _participants(part: Part, here: Here) -> Part:
    made = [
        {"function": concept(PARTICIPATION, function), "actor": part[name]}
        for name, function in _FUNCTIONS.items()
        if name in part
    ]
    return {"participant": made} if made else {}


def _said_by(part: Part, here: Here) -> Part:
    found: Part = {}
    for name, function in _FUNCTIONS.items():
        for person in listed(part.get("participant")):
            actor, by = (person.get(k) for k in ("actor", "function")) if isinstance(person, dict) else (None, None)
            does = actor is not None and code_of(by, PARTICIPATION) == function
            if does and may_stand(actor, "R4", name, here):
                found.setdefault(name, actor)
    return found


_PARTICIPANT = By(("recorder", "asserter"), ("participant",), "participants in R5", to_r5=_participants, to_r4=_said_by)


def _clinical(part: Part, here: Here) -> Part:
    """R5 demands a clinical status and has `unknown` for it; R4 forbids one where it was entered in error (con-5)."""
    return {"clinicalStatus": concept(CLINICAL, "unknown"), **part}


def _clinical_back(part: Part, here: Here) -> Part:
    verified = {k: v for k, v in part.items() if k != "clinicalStatus"}
    wrong = code_of(part.get("verificationStatus"), VERIFICATION) == "entered-in-error"
    return verified if wrong or code_of(part.get("clinicalStatus"), CLINICAL) == "unknown" else part


def _evidence(part: Part, here: Here) -> Part:
    """Each code and each detail is a CodeableReference; the first takes what else the evidence says."""
    made: list[Tree] = []
    for each in listed(part["evidence"]):
        if not isinstance(each, dict):
            made.append(each)
            continue
        if "modifierExtension" in each:  # a CodeableReference has none: it may not be said without
            continue
        rest = {k: v for k, v in each.items() if k not in ("code", "detail")}
        said = [{"concept": x} for x in listed(each.get("code"))]
        said += [{"reference": x} for x in listed(each.get("detail"))]
        made += [{**rest, **said[0]}, *said[1:]] if said else [rest]
    return {"evidence": made} if made else {}


def _evidence_back(part: Part, here: Here) -> Part:
    names = {"concept": "code", "reference": "detail"}
    foreign = names.values()
    made: list[Tree] = []
    for each in listed(part["evidence"]):
        held = each.items() if isinstance(each, dict) else ()
        said = {names.get(k, k): [v] if k in names else v for k, v in held if k not in foreign}
        bare = said.keys().isdisjoint(names.values())  # con-2: "evidence SHALL have code or details"
        made.append({**said, "code": [UNKNOWN]} if bare and said else said if isinstance(each, dict) else each)
    return {"evidence": made}


def _structures(part: Part, here: Here) -> Part:
    names = {"location": "structure", "locationQualifier": "qualifier"}
    return {"includedStructure": [{"structure": UNKNOWN} | {names[key]: value for key, value in part.items()}]}


def _location(part: Part, here: Here) -> Part:
    names = {"structure": "location", "qualifier": "locationQualifier"}
    first = next(iter(listed(part.get("includedStructure"))), None)
    return {names[k]: v for k, v in first.items() if k in names and v != UNKNOWN} if isinstance(first, dict) else {}


_REASON = Merged("reasonCode", "reasonReference", "reason", "one list of CodeableReference in R5")

# fmt: off
ROWS: dict[str, tuple[Row, ...]] = {
    "Condition": (
        By(("clinicalStatus", "verificationStatus"), ("clinicalStatus", "verificationStatus"), "1..1 in R5; R4 con-5",
           to_r5=_clinical, to_r4=_clinical_back, always=True),
        _PARTICIPANT,
        By(("evidence",), ("evidence",), "CodeableReference in R5", to_r5=_evidence, to_r4=_evidence_back),
    ),
    "Condition.evidence": (Left("code", "detail", "concept", "reference", why="Condition's row divides evidence"),),
    "AllergyIntolerance": (
        coded("type", "http://hl7.org/fhir/allergy-intolerance-type", "allergy intolerance", "CodeableConcept in R5"),
        _PARTICIPANT,
    ),
    "RiskAssessment": (_REASON,),
    "FamilyMemberHistory": (_REASON,),
    "Immunization": (_REASON,),
    "ImagingStudy": (_REASON,),
    "DiagnosticReport": (Fitted("imagingStudy", "study", "renamed; R5 allows genomic studies, too"),),
    "ClinicalImpression": (Renamed("assessor", "performer", "renamed"),),
    "ClinicalImpression.finding": (
        Merged("itemCodeableConcept", "itemReference", "item", "one CodeableReference in R5"),
    ),
    "Procedure": (
        *(Renamed(f"performed{of}", f"occurrence{of}", "renamed")
          for of in ("DateTime", "Period", "String", "Age", "Range")),
        _REASON,
        Merged("complication", "complicationDetail", "complication", "one list of CodeableReference in R5"),
        Merged("usedCode", "usedReference", "used", "one list of CodeableReference in R5"),
    ),
    "BodyStructure": (
        Apart(("location", "locationQualifier"), ("includedStructure",), "a part of its own, and demanded in R5",
              to_r5=_structures, to_r4=_location, always=True),
    ),
    "Specimen.processing": (Renamed("procedure", "method", "renamed"),),
}
# fmt: on
