"""The documents that are timed: dense ones of the sizes that servers give, each leaf of them made up."""

from __future__ import annotations

import orjson

from mappings.tree import Tree


def concept(text: str, code: str) -> Tree:
    return {"coding": [{"system": "http://example.org/terms", "code": code, "display": text}], "text": text}


def dense_goal() -> bytes:
    """Return a Goal of about 2 kB with nearly every element that the table reads, and some that it carries."""
    said_by = {"url": "https://planbridge.dev/fhir/said-by", "valueString": "the person"}
    words = {"url": "http://hl7.org/fhir/StructureDefinition/originalText", "valueString": "I want to sing again"}
    target = {"measure": concept("Evenings of practice", "practice"), "dueDate": "2026-02-16"}
    amount = {"value": 1, "comparator": ">=", "unit": "evenings", "system": "http://unitsofmeasure.org", "code": "1"}
    goal = {
        "resourceType": "Goal",
        "id": "x",
        "meta": {"versionId": "3", "lastUpdated": "2026-01-05T10:00:00.000Z"},
        "extension": [words | {"_valueString": {"extension": [said_by]}}],
        "identifier": [{"use": "official", "system": "urn:ietf:rfc:3986", "value": "urn:uuid:goal"}],
        "lifecycleStatus": "active",
        "achievementStatus": concept("Improving", "improving"),
        "category": [concept("What matters", "matters"), concept("Family", "family")],
        "priority": concept("High", "high-priority"),
        "description": concept("Sings before others", "sings"),
        "subject": {"reference": "Patient/1", "display": "The person"},
        "startDate": "2025-08-18",
        "target": [target | {"detailQuantity": amount}, target | {"detailRange": {"low": amount, "high": amount}}],
        "statusDate": "2025-11-03",
        "_statusDate": {"id": "kept"},
        "expressedBy": {"reference": "Patient/1"},
        "addresses": [{"reference": "Condition/1"}, {"reference": "Condition/2"}],
        "note": [{"authorString": "A counsellor", "time": "2025-11-03T10:00:00+05:30", "text": "Sang two lines."}],
        "outcomeReference": [{"reference": "Observation/1"}],
    }
    return orjson.dumps(goal)


def care_plan() -> bytes:
    """Return a CarePlan of about 7 kB: details, contained and linked requests, notes, what it carries."""
    weekly = {"repeat": {"frequency": 1, "period": 1, "periodUnit": "wk", "dayOfWeek": ["mon"], "duration": 50}}
    note = {"authorString": "A counsellor", "time": "2025-11-03T10:00:00+05:30", "text": "He came, and stayed. " * 3}
    contained = [
        {
            "resourceType": "ServiceRequest",
            "id": f"t{n}",
            "status": "active",
            "intent": "plan",
            "code": concept("Family session", f"family-{n}"),
            "subject": {"reference": "Patient/1"},
            "occurrenceTiming": weekly,
            "reasonCode": [concept("He asked for it", "asked")],
        }
        for n in range(4)
    ]
    details = [
        {
            "progress": [note],
            "detail": {
                "code": concept("Group", f"group-{n}"),
                "status": "in-progress",
                "goal": [{"reference": "Goal/1"}],
                "scheduledTiming": weekly,
                "performer": [{"display": "The circle itself"}],
                "description": "As they arrange it. " * 3,
            },
        }
        for n in range(6)
    ]
    plan = {
        "resourceType": "CarePlan",
        "id": "x",
        "contained": contained,
        "extension": [{"url": "http://example.org/unknown", "valueString": "carried"}],
        "identifier": [{"system": "urn:ietf:rfc:3986", "value": "urn:uuid:plan"}],
        "status": "active",
        "intent": "plan",
        "category": [concept("Recovery plan", "recovery")],
        "title": "The plan",
        "description": "Evenings with the family. " * 4,
        "subject": {"reference": "Patient/1"},
        "period": {"start": "2025-08-18", "end": "2026-02-16"},
        "created": "2025-08-18T12:00:00+05:30",
        "addresses": [{"reference": f"Condition/{n}"} for n in range(3)],
        "goal": [{"reference": f"Goal/{n}"} for n in range(4)],
        "activity": [*details, *({"reference": {"reference": f"#t{n}"}} for n in range(4))],
        "note": [note] * 5,
    }
    return orjson.dumps(plan)


def response() -> bytes:
    """Return a QuestionnaireResponse of about 7 kB: forty answers in groups of eight."""
    questions = [
        {
            "linkId": f"q{n}",
            "text": f"How often in the last two weeks? ({n})",
            "answer": [{"valueCoding": {"system": "http://loinc.org", "code": f"LA{n % 4}-6", "display": "Some days"}}],
        }
        for n in range(40)
    ]
    found = {
        "resourceType": "QuestionnaireResponse",
        "id": "x",
        "identifier": {"system": "urn:ietf:rfc:3986", "value": "urn:uuid:response"},
        "questionnaire": "http://example.org/Questionnaire/weeks|1.0",
        "status": "completed",
        "subject": {"reference": "Patient/1"},
        "authored": "2025-11-03T10:00:00+05:30",
        "author": {"reference": "Practitioner/1"},
        "item": [{"linkId": f"g{g}", "item": questions[g * 8 : g * 8 + 8]} for g in range(5)],
    }
    return orjson.dumps(found)


def questionnaire() -> bytes:
    """Return a Questionnaire of about 7 kB: choices with weights, conditions, groups."""
    weight = "http://hl7.org/fhir/StructureDefinition/ordinalValue"
    options = [
        {
            "extension": [{"url": weight, "valueDecimal": n}],
            "valueCoding": {"system": "http://loinc.org", "code": f"LA{n}-6", "display": "Some days"},
        }
        for n in range(3)
    ]
    questions = [
        {"linkId": f"q{n}", "text": f"How often? ({n})", "type": "choice", "required": True, "answerOption": options}
        for n in range(11)
    ]
    follow = {"question": "q1", "operator": "=", "answerCoding": {"system": "http://loinc.org", "code": "LA1-6"}}
    found = {
        "resourceType": "Questionnaire",
        "id": "x",
        "url": "http://example.org/Questionnaire/weeks",
        "version": "1.0",
        "name": "Weeks",
        "title": "The last two weeks",
        "status": "active",
        "subjectType": ["Patient"],
        "date": "2025-11-03",
        "publisher": "The circle",
        "item": [
            {"linkId": "g1", "text": "How it went", "type": "group", "item": questions},
            {"linkId": "why", "text": "What helped?", "type": "text", "enableWhen": [follow], "maxLength": 500},
        ],
    }
    return orjson.dumps(found)
