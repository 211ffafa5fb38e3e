"""Instrument and Assessment: what is asked, and what the person answered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from mappings.model.values import (
    Attachment,
    Code,
    Coding,
    Concept,
    Date,
    DateTime,
    Fact,
    Identifier,
    Member,
    Number,
    Period,
    Quantity,
    Ref,
    Time,
    Uri,
    Whole,
    key,
)

AnswerValue = Coding | str | Number | Whole | Fact | Date | DateTime | Time | Quantity | Uri | Attachment | Ref


@dataclass(frozen=True, slots=True)
class Option:
    """One answer that may be chosen; `weight` is its score."""

    value: Coding | str | Whole | Date | Time | Ref | None = None
    weight: Number | None = None
    preselected: Fact | None = None
    label: str | None = None
    key: str | None = key()


@dataclass(frozen=True, slots=True)
class EnableWhen:
    """When an item is asked: another item's answer, compared."""

    item: str | None = None
    compare: Code | None = None
    value: Fact | Number | Whole | Date | DateTime | Time | str | Coding | Quantity | Ref | None = None
    key: str | None = key()


@dataclass(frozen=True, slots=True)
class StartValue:
    """An answer that stands there before anybody answered."""

    value: AnswerValue | None = None
    key: str | None = key()


@dataclass(frozen=True, slots=True)
class Item:
    """A question, a group or a text of an instrument."""

    linkId: str | None = None
    text: str | None = None
    type: Code | None = None
    label: str | None = None
    defined_by: Uri | None = None
    codings: tuple[Coding, ...] = ()
    required: Fact | None = None
    repeats: Fact | None = None
    fixed: Fact | None = None
    longest: Whole | None = None
    control: Concept | None = None
    enable_when: tuple[EnableWhen, ...] = ()
    enable_how: Code | None = None
    options: tuple[Option, ...] = ()
    options_from: Uri | None = None
    start_values: tuple[StartValue, ...] = ()
    items: tuple[Item, ...] = ()
    key: str | None = key()


@dataclass(frozen=True, slots=True)
class Instrument:
    """A form in one version. `url|version` names it wherever it was used."""

    RESOURCE: ClassVar[str] = "Questionnaire"

    url: Uri | None = None
    identifiers: tuple[Identifier, ...] = ()
    version: str | None = None
    machine_name: str | None = None
    title: str | None = None
    made_from: tuple[Uri, ...] = ()
    status: Code | None = None
    trial: Fact | None = None
    for_types: tuple[Code, ...] = ()
    dated: DateTime | None = None
    published_by: str | None = None
    about: str | None = None
    valid_in: tuple[Concept, ...] = ()
    why: str | None = None
    licence: str | None = None
    approved_on: Date | None = None
    reviewed_on: Date | None = None
    period: Period | None = None
    codings: tuple[Coding, ...] = ()
    items: tuple[Item, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer, and what was asked because of it."""

    value: AnswerValue | None = None
    items: tuple[AnswerItem, ...] = ()
    key: str | None = key()


@dataclass(frozen=True, slots=True)
class AnswerItem:
    """An item of the instrument as it was answered."""

    linkId: str | None = None
    text: str | None = None
    defined_by: Uri | None = None
    values: tuple[Answer, ...] = ()
    items: tuple[AnswerItem, ...] = ()
    key: str | None = key()


@dataclass(frozen=True, slots=True)
class Assessment:
    """An instrument as one person answered it on one day."""

    RESOURCE: ClassVar[str] = "QuestionnaireResponse"

    identifiers: tuple[Identifier, ...] = ()
    instrument: Member | None = None
    status: Code | None = None
    person: Ref | None = None
    visit: Ref | None = None
    date: DateTime | None = None
    recorded_by: Ref | None = None
    answered_by: Ref | None = None
    fulfils: tuple[Ref, ...] = ()
    belongs_to: tuple[Ref, ...] = ()
    answers: tuple[AnswerItem, ...] = ()
