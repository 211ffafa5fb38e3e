"""The documents that the tests of the merge edit, and what such a document says."""

from __future__ import annotations

import json

from mappings.merge.align import frozen
from mappings.tree import dump, from_plain, leaves

PLAN = from_plain(
    {
        "resourceType": "CarePlan",
        "id": "1",
        "meta": {"versionId": "1", "lastUpdated": "2026-01-01T00:00:00Z", "tag": [{"system": "t", "code": "a"}]},
        "text": {"status": "generated", "div": "<div>plan</div>"},
        "contained": [
            {
                "resourceType": "Goal",
                "id": "g",
                "lifecycleStatus": "active",
                "achievementStatus": {"text": "improving"},
                "description": {"text": "sing at the wedding"},
                "startDate": "2026-01",
                "target": [
                    {"measure": {"text": "days"}, "detailQuantity": {"value": 30}, "dueDate": "2026-09"},
                    {"measure": {"text": "sleep"}, "detailString": "through the night"},
                ],
            },
            {"resourceType": "MedicationRequest", "id": "m", "dosageInstruction": [{"text": "one daily"}]},
        ],
        "extension": [{"url": "x/one", "valueString": "1"}, {"url": "x/two", "valueString": "2"}],
        "status": "active",
        "category": [{"coding": [{"system": "c", "code": "longitudinal"}]}, {"text": "own"}],
        "title": "Plan",
        "_title": {"id": "t1"},
        "period": {"start": "2026-01", "end": "2026-12"},
        "goal": [{"reference": "#g"}, {"reference": "Goal/2"}, {"reference": "Goal/3", "display": "third"}],
        "instantiatesUri": ["urn:a", None, "urn:c"],
        "_instantiatesUri": [None, {"id": "u2"}, None],
        "activity": [
            {
                "detail": {
                    "status": "scheduled",
                    "statusReason": {"text": "as agreed"},
                    "code": {"text": "CBT"},
                    "scheduledString": "weekly",
                    "performer": [{"reference": "Practitioner/1"}],
                    "location": {"display": "Andheri"},
                },
                "progress": [{"text": "came twice"}],
            },
            {"reference": {"reference": "#m"}, "outcomeReference": [{"reference": "Observation/1"}]},
        ],
        "note": [{"text": "first"}, {"text": "second"}, {"text": "third"}],
    }
)
FORM = from_plain(
    {
        "resourceType": "Questionnaire",
        "status": "draft",
        "subjectType": ["Patient"],
        "item": [
            {
                "linkId": str(n),
                "text": f"Question {n}",
                "type": "choice",
                "prefix": f"{n}.",
                "answerOption": [{"valueCoding": {"code": "yes"}}, {"valueCoding": {"code": "no"}}],
                "item": [{"linkId": f"{n}.1", "text": "Since when?", "type": "date", "maxLength": 10}],
            }
            for n in range(3)
        ],
    }
)
ANSWERS = from_plain(
    {
        "resourceType": "QuestionnaireResponse",
        "status": "in-progress",
        "authored": "2026-02-01",
        "item": [
            {"linkId": "1", "text": "Days", "answer": [{"valueInteger": 3}]},
            {"linkId": "2", "item": [{"linkId": "2.1", "answer": [{"valueString": "a"}, {"valueString": "b"}]}]},
        ],
    }
)


def edited(tree, edit):
    """The tree after `edit` has changed a plain copy of it."""
    copy = json.loads(dump(tree))
    edit(copy)
    return from_plain(copy)


def told(tree):
    """What a document says, apart from order and narrative: element paths with their texts."""
    return {
        (tuple(step for step in path if isinstance(step, str)), frozen(leaf))
        for path, leaf in leaves(tree)
        if path[0] != "text" and leaf is not None
    }
