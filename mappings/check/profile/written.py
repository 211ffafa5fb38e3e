"""Profiles whose definitions are not at hand as StructureDefinitions: what they say, written from where they say it.

MCC's guide states no licence; these are its facts and not its text.
"""

from __future__ import annotations

from typing import Any

from mappings.terms.snomed import SNOMED

CORE = "http://hl7.org/fhir/StructureDefinition/"
US_CORE = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-"
MCC = "http://hl7.org/fhir/us/mcc/StructureDefinition/"


def _profile(guide: dict[str, str], url: str, kind: str, base: str, *elements: dict[str, Any]) -> dict[str, Any]:
    name = url.rpartition("/")[2]
    return {
        **guide,
        "id": name,
        "name": name,
        "url": url,
        "type": kind,
        "baseDefinition": base,
        "differential": {"element": [{"path": one["id"], **one} for one in elements]},
    }


_MCC = {
    "guide": "mcc",
    "guideTitle": "MCC eCare Plan",
    "version": "1.0.0",
    "pages": "https://hl7.org/fhir/us/mcc/",
    "source": "HL7/fhir-us-mcc input/resources/structuredefinition, facts",
}

WRITTEN = [
    _profile(
        _MCC,
        f"{MCC}mccCarePlan",
        "CarePlan",
        f"{US_CORE}careplan|6.1.0",
        {
            "id": "CarePlan.extension:custodian",
            "max": "1",
            "type": [{"code": "Extension", "profile": [f"{MCC}custodian"]}],
        },
        {"id": "CarePlan.activity.detail", "max": "0"},
    ),
    _profile(_MCC, f"{MCC}MCCGoal", "Goal", f"{US_CORE}goal|6.1.0"),
    _profile(
        _MCC,
        f"{MCC}MCCCareTeam",
        "CareTeam",
        f"{US_CORE}careteam|6.1.0",
        {
            "id": "CareTeam.participant",
            "slicing": {"rules": "open", "discriminator": [{"type": "pattern", "path": "role"}]},
        },
        {"id": "CareTeam.participant:patient-as-team-member", "max": "1"},
        {
            "id": "CareTeam.participant:patient-as-team-member.role",
            "patternCodeableConcept": {"coding": [{"system": SNOMED, "code": "116154003"}]},
        },
        {"id": "CareTeam.participant:patient-as-team-member.onBehalfOf", "max": "0"},
    ),
    # based on us-core-servicerequest 6.1.0, which is not held: what it demands
    _profile(
        _MCC,
        f"{MCC}MCCServiceRequest",
        "ServiceRequest",
        f"{CORE}ServiceRequest",
        {"id": "ServiceRequest.code", "min": 1},
    ),
    _profile(_MCC, f"{MCC}MCCQuestionnaireResponse", "QuestionnaireResponse", f"{US_CORE}questionnaireresponse|6.1.0"),
]
