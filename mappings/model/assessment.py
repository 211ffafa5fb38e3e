"""Assessment: an instrument as a person answered it; and the two plans that a person writes for hard days."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from mappings.model.form import Logic
from mappings.model.instrument import AnswerValue
from mappings.model.record import Record
from mappings.model.values import (
    Attachment,
    Code,
    Concept,
    DateTime,
    Fact,
    Filled,
    Member,
    Number,
    Ref,
    Text,
    Uri,
    key,
)


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer, and what was asked because of it."""

    value: AnswerValue | None = None
    by: Ref | None = None
    picture: Attachment | None = None
    items: tuple[AnswerItem, ...] = ()
    key: str | None = key()


@dataclass(frozen=True, slots=True)
class AnswerItem:
    """An item of the instrument as it was answered. `remark` is what was noted of the answer."""

    linkId: str | None = None
    text: str | None = None
    defined_by: Uri | None = None
    by: Ref | None = None
    picture: Attachment | None = None
    remark: str | None = None
    is_person: Fact | None = None
    logic: Logic | None = None
    values: tuple[Answer, ...] = ()
    items: tuple[AnswerItem, ...] = ()
    key: str | None = key()


@dataclass(frozen=True, slots=True)
class SafetyFlag(Filled):
    """An answer that somebody must look at, whether or not the form was finished: of which kind, at which item.

    kind   suicide, self-harm, overdose, withdrawal or violence
    """

    kind: Code | None = None
    linkId: str | None = None
    key: str | None = key()


@dataclass(frozen=True, slots=True)
class Assessment(Record):
    """An instrument as one person answered it on one day.

    domain         substance-use, mental-health, medical-history, social-environment or recovery
    score, band    the total and what it comes to; a form that was not finished has none, and `score_missing` says why
    safety_flags   stand on their own: they survive a form without a total
    instrument_name, instrument_page   of a form that is not FHIR: what it is called, where it stands
    """

    RESOURCE: ClassVar[str] = "QuestionnaireResponse"

    instrument: Member | None = None
    instrument_name: str | None = None
    instrument_page: Uri | None = None
    domain: Code | None = None
    status: Code | None = None
    person: Ref | None = None
    visit: Ref | None = None
    date: DateTime | None = None
    answered_by: Ref | None = None
    how_answered: Concept | None = None
    reviewed_by: Ref | None = None
    reason: Concept | None = None
    score: Number | None = None
    score_missing: Code | None = None
    band: Concept | None = None
    safety_flags: tuple[SafetyFlag, ...] = ()
    fulfils: tuple[Ref, ...] = ()
    belongs_to: tuple[Ref, ...] = ()
    logic: Logic | None = None
    answers: tuple[AnswerItem, ...] = ()
    lang: Code | None = None


@dataclass(frozen=True, slots=True)
class OwnPlan(Record):
    """What a person knows of a danger and does about it, in their own words, on one of the programme's own forms."""

    RESOURCE: ClassVar[str] = "QuestionnaireResponse"

    status: Code | None = None
    person: Ref | None = None
    visit: Ref | None = None
    date: DateTime | None = None
    answered_by: Ref | None = None
    lang: Code | None = None
    warning_signs: tuple[Text, ...] = ()
    triggers: tuple[Text, ...] = ()
    coping: tuple[Text, ...] = ()
    people: tuple[Text, ...] = ()
    professionals: tuple[Text, ...] = ()
    safer_environment: tuple[Text, ...] = ()
    reasons_for_living: tuple[Text, ...] = ()


@dataclass(frozen=True, slots=True)
class SafetyPlan(OwnPlan):
    """What a person does when it gets dangerous."""


@dataclass(frozen=True, slots=True)
class ReturnToUsePlan(OwnPlan):
    """What a person does about a return to use, before and after it."""
