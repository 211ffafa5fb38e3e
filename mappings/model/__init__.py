"""The native model: a recovery programme's words as frozen dataclasses."""

from mappings.model.assessment import Answer, AnswerItem, Assessment, EnableWhen, Instrument, Item, Option, StartValue
from mappings.model.goal import Acceptance, Goal, Relation, Target
from mappings.model.plan import Activity, Plan, Therapy

__all__ = [
    "Acceptance",
    "Activity",
    "Answer",
    "AnswerItem",
    "Assessment",
    "EnableWhen",
    "Goal",
    "Instrument",
    "Item",
    "Option",
    "Plan",
    "Relation",
    "StartValue",
    "Target",
    "Therapy",
]
