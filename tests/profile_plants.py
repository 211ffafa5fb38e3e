"""Records for the tests of profiles: the people of the fixtures, and for each profile a sound and broken ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mappings.lens.documents import Docs
from mappings.profiles import RECEIVERS, Outfit, Profile, Rule, outfit
from mappings.profiles.rules import Coded, Holds, Needed, Never, OnlyFrom, listed, places
from mappings.terms.snomed import SNOMED
from mappings.tree import from_plain, get, parse, replaced

Object = dict[str, Any]

ROOT = Path(__file__).resolve().parents[1]
PEOPLE = sorted(folder.parent.name for folder in (ROOT / "fixtures").glob("*/r4"))
NOW = "2026-01-05T10:00:00+00:00"

PERSON = {"reference": "Patient/p"}
SURVEY = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "survey"}]}
ASSESS = {"coding": [{"system": "http://hl7.org/fhir/us/core/CodeSystem/careplan-category", "code": "assess-plan"}]}
PROBLEM = {"system": "http://terminology.hl7.org/CodeSystem/condition-category", "code": "problem-list-item"}
CONCEPT = {"coding": [{"system": SNOMED, "code": "75544000", "display": "Opioid dependence"}], "text": "x"}
TEXT = {"status": "generated", "div": '<div xmlns="http://www.w3.org/1999/xhtml">x</div>'}
SCORE = {"value": 3, "unit": "{score}", "system": "http://unitsofmeasure.org", "code": "{score}"}
ROLE = {"coding": [{"system": SNOMED, "code": "116154003", "display": "Patient (person)"}]}
OPTION = {"valueCoding": {"system": "http://loinc.org", "code": "LA6568-5", "display": "Not at all"}}
ANSWERED = {"linkId": "b", "answer": [{"valueString": "y"}]}
SEMVER = {
    "url": "http://hl7.org/fhir/StructureDefinition/artifact-versionAlgorithm",
    "valueCoding": {"system": "http://hl7.org/fhir/version-algorithm", "code": "semver"},
}


def section(code: str, display: str, entry: str) -> Object:
    return {
        "title": display,
        "code": {"coding": [{"system": SNOMED, "code": code, "display": display}], "text": display},
        "entry": [{"reference": entry}],
    }


def observation(code: str, category: str) -> Object:
    wanted = {"system": "http://hl7.org/fhir/us/core/CodeSystem/us-core-category", "code": category}
    about = {"coding": [{"system": "http://loinc.org", "code": code}]}
    return {"status": "final", "category": [{"coding": [wanted]}], "code": about, "subject": PERSON, "valueString": "x"}


# fmt: off
SOUND: dict[str, Object] = {
    # the end of a canonical: a record that is sound under it for every receiver that has it
    "careplan":   {"text": TEXT, "status": "active", "intent": "plan", "subject": PERSON, "category": [ASSESS],
                   "author": PERSON, "activity": [{"reference": {"reference": "ServiceRequest/s"}}],
                   "extension": [{"url": "http://hl7.org/fhir/us/mcc/StructureDefinition/custodian",
                                  "valueReference": PERSON}]},
    "CarePlan":   {"status": "active", "intent": "plan", "subject": PERSON,
                   "category": [{"coding": [{"system": SNOMED, "code": "734163000", "display": "Care plan"}]}]},
    "goal":       {"lifecycleStatus": "active", "description": {"text": "x"}, "subject": PERSON, "startDate": "2026"},
    "questionnaireresponse": {"questionnaire": "http://example.org/q|1", "status": "completed", "subject": PERSON,
                   "authored": "2026-01-05", "source": PERSON, "item": [
                       {"linkId": "a", "answer": [{"valueString": "x", "item": [ANSWERED]}]},
                       {"linkId": "g", "item": [ANSWERED]}]},
    "careteam":   {"status": "active", "subject": PERSON, "participant": [{"role": [ROLE], "member": PERSON}]},
    "observation-screening-assessment": {"status": "final", "category": [SURVEY], "code": CONCEPT, "subject": PERSON,
                   "effectiveDateTime": "2026-01-05", "valueQuantity": SCORE},
    "treatment-intervention-preference": observation("75773-2", "treatment-intervention-preference"),
    "care-experience-preference":        observation("95541-9", "care-experience-preference"),
    "servicerequest": {"status": "active", "intent": "order", "code": CONCEPT, "subject": PERSON, "requester": PERSON},
    "condition":  {"code": CONCEPT, "subject": PERSON, "category": [{"coding": [PROBLEM]}]},
    "condition-problems-health-concerns": {"code": CONCEPT, "subject": PERSON, "category": [{"coding": [PROBLEM]}]},
    "relatedperson": {"active": True, "patient": PERSON, "relationship": [{"text": "sister"}]},
    "sdc-questionnaire": {"extension": [SEMVER], "url": "http://example.org/q", "version": "1.0.0", "title": "x",
                   "status": "active", "item": [{"linkId": "g", "type": "group", "text": "x", "item": [
                       {"linkId": "a", "type": "choice", "answerOption": [OPTION]}]}]},
    "DischargeSummaryRecord": {"status": "final", "title": "Discharge summary", "date": "2026-01-05T10:00:00Z",
                   "type": {"coding": [{"system": SNOMED, "code": "373942005", "display": "Discharge summary"}]},
                   "subject": PERSON, "encounter": {"reference": "Encounter/e"}, "author": [PERSON],
                   "section": [section("734163000", "Care plan", "CarePlan/c"),
                               section("1003606003", "Medication history section", "MedicationRequest/m")]},
}
NAMES = {"mccCarePlan": "careplan", "ServiceRequest": "servicerequest", "Condition": "condition",
         "MCCServiceRequest": "servicerequest", "MCCGoal": "goal", "MCCCareTeam": "careteam",
         "MCCQuestionnaireResponse": "questionnaireresponse", "sdc-questionnaireresponse": "questionnaireresponse"}
# fmt: on


def sound(profile: Profile) -> Object:
    """Return a sound record, claiming the profile."""
    name = profile.urls[0].partition("|")[0].rpartition("/")[2].removeprefix("us-core-")
    meta = {"profile": list(profile.urls)}
    return dict(from_plain({"resourceType": profile.type, "id": "x", "meta": meta, **SOUND[NAMES.get(name, name)]}))


def one(tree: Any, ref: str = "") -> Docs:
    whole = from_plain(tree)
    return Docs("R4", {ref or f"{whole['resourceType']}/{whole.get('id', 'x')}": whole})


def person(name: str) -> Docs:
    """Return all FHIR R4 documents of a person of the fixtures as one set."""
    trees = [parse(file.read_bytes()) for file in sorted((ROOT / "fixtures" / name / "r4").glob("*.json"))]
    return Docs("R4", {f"{tree['resourceType']}/{tree['id']}": tree for tree in trees})


def plan_of(docs: Docs) -> str:
    return next(ref for ref in docs if ref.startswith("CarePlan/"))


def dressed(name: str, receiver: str) -> tuple[Docs, Outfit]:
    docs = person(name)
    return docs, outfit(docs, plan_of(docs), receiver, when=NOW)


Edit = Callable[[Object], Object]


# fmt: off
BROKEN: dict[str, Edit] = {
    # invariant, by key or by what it says         the object with it broken
    "us-core-2":   lambda o: {k: v for k, v in o.items() if k != "valueQuantity"},
    "sdc-2":       lambda o: {k: v for k, v in o.items() if k != "extension"},
    "sdcqr-2":     lambda o: {**o, "item": [ANSWERED, ANSWERED]},
    "each participant has one role":
                   lambda o: {**o, "participant": [{"role": [ROLE, {"text": "x"}], "member": PERSON}]},
    "refers to the record of who asked":       lambda o: {**o, "requester": {"type": "Practitioner", "display": "x"}},
}
# fmt: on


def _broken(rule: Rule, parent: Object, name: str) -> Iterator[Object]:
    """Yield an object with the demand on its element broken, in each way that the demand has."""
    demand, held = rule.demand, listed(parent, name)
    match demand:
        case Needed():
            yield {key: value for key, value in parent.items() if key.removeprefix("_") != name} or {"display": "x"}
        case Never():
            yield {"detail": {"status": "unknown"}}
        case Coded(codings=codings, most=most, least=least):
            concepts = [{"coding": [{"system": system, "code": code}]} for system, code in codings[:1]]
            if least:
                yield {**parent, name: [{"text": "x"}]}
            if most is not None:
                yield {**parent, name: [*held, *concepts * (most + 1)]}
        case OnlyFrom():
            other = {"coding": [{"system": "http://example.org/codes", "code": "x", "display": "x"}]}
            yield {**parent, name: [*held, other] if isinstance(parent.get(name), list) else other}
        case Holds(key=key, says=says):
            yield BROKEN[key or says](parent)
        case _:
            raise NotImplementedError(type(demand).__name__)


@dataclass(frozen=True)
class Plant:
    """A record with one demand broken, and how it was before."""

    receiver: str
    profile: Profile
    rule: Rule
    sound: Object
    broken: Object

    def __str__(self) -> str:
        demand = self.rule.demand
        what = demand.key or demand.says if isinstance(demand, Holds) else type(demand).__name__
        return f"{self.receiver} {self.profile.type}.{self.rule.at} {what}"


def plants(receiver: str) -> list[Plant]:
    """Return, for each demand of each profile, records that break it; a demand that meets no object is an error."""
    found = []
    for profile in RECEIVERS[receiver].profiles:
        whole = sound(profile)
        for rule in profile.rules:
            if rule.severity != "error":
                continue
            met = list(places(whole, rule.at))
            if rule.at.endswith("valueReference"):
                met = list(places(whole, rule.at.replace("Reference", "Coding")))
            assert met, f"{receiver} {profile.type}: the sound record has no place for {rule.at}"
            path, parent, name = next((place for place in met if place[2] in place[1]), met[0])
            for n, broken in enumerate(_broken(rule, parent, name)):
                new = from_plain(broken)
                assert get(whole, path) != new, f"{receiver} {profile.type} {rule.at} {n}: nothing broken"
                found.append(Plant(receiver, profile, rule, whole, replaced(whole, path, new) if path else new))
    return found
