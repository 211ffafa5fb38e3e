"""Instrument: what is asked, in which order and words, and what each answer weighs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from mappings.model.form import Exchange, Limits, Logic, Phrase, Running, Shown, Styling
from mappings.model.person import Channel
from mappings.model.record import Record
from mappings.model.values import (
    Attachment,
    Code,
    Coding,
    Concept,
    Date,
    DateTime,
    Fact,
    Number,
    Period,
    Quantity,
    Range,
    Ref,
    Time,
    Translation,
    Uri,
    Whole,
    key,
)

AnswerValue = Coding | str | Number | Whole | Fact | Date | DateTime | Time | Quantity | Uri | Attachment | Ref


@dataclass(frozen=True, slots=True)
class Option:
    """One answer that may be chosen; `weight` is its score, `alone` says that no other goes with it."""

    value: Coding | str | Phrase | Whole | Date | Time | Ref | None = None
    weight: Number | None = None
    preselected: Fact | None = None
    label: str | None = None
    alone: Fact | None = None
    picture: Attachment | None = None
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
    """An answer that stands there before anybody answered, and who put it there."""

    value: AnswerValue | None = None
    by: Ref | None = None
    key: str | None = key()


@dataclass(frozen=True, slots=True)
class Item:
    """A question, a group or a text of an instrument.

    translations, text_style   of its text
    shown, limits              how it is put, what an answer may be
    logic, exchange            what is computed, what comes from the record and goes to it
    """

    linkId: str | None = None
    text: str | None = None
    translations: tuple[Translation, ...] = ()
    text_style: Styling | None = None
    type: Code | None = None
    label: str | None = None
    label_style: Styling | None = None
    defined_by: Uri | None = None
    codings: tuple[Coding, ...] = ()
    required: Fact | None = None
    repeats: Fact | None = None
    fixed: Fact | None = None
    longest: Whole | None = None
    weight: Number | None = None
    control: Concept | None = None
    shown: Shown | None = None
    limits: Limits | None = None
    enable_when: tuple[EnableWhen, ...] = ()
    enable_how: Code | None = None
    logic: Logic | None = None
    exchange: Exchange | None = None
    options: tuple[Option, ...] = ()
    options_from: Uri | None = None
    start_values: tuple[StartValue, ...] = ()
    items: tuple[Item, ...] = ()
    key: str | None = key()


@dataclass(frozen=True, slots=True)
class Publisher:
    """Whom to ask about a form, and how they are reached."""

    named: str | None = None
    channels: tuple[Channel, ...] = ()
    key: str | None = key()


@dataclass(frozen=True, slots=True)
class Setting:
    """For whom and where a form is meant: a kind of setting (programme, focus, age ...) and its value."""

    kind: Coding | None = None
    value: Concept | Quantity | Range | Ref | None = None
    key: str | None = key()


@dataclass(frozen=True, slots=True)
class Instrument(Record):
    """A form in one version. `url|version` names it wherever it was used.

    lang        the language that it is written in
    languages   all in which it can be asked
    running     how it is run, put together, filled and sent; logic and exchange as of an item, for the whole form
    """

    RESOURCE: ClassVar[str] = "Questionnaire"

    url: Uri | None = None
    version: str | None = None
    versions_by: Coding | str | None = None
    machine_name: str | None = None
    title: str | None = None
    title_translations: tuple[Translation, ...] = ()
    title_style: Styling | None = None
    lang: Code | None = None
    languages: tuple[Code, ...] = ()
    made_from: tuple[Uri, ...] = ()
    status: Code | None = None
    trial: Fact | None = None
    for_types: tuple[Code, ...] = ()
    dated: DateTime | None = None
    published_by: str | None = None
    contacts: tuple[Publisher, ...] = ()
    about: str | None = None
    about_translations: tuple[Translation, ...] = ()
    settings: tuple[Setting, ...] = ()
    valid_in: tuple[Concept, ...] = ()
    why: str | None = None
    licence: str | None = None
    licence_label: str | None = None
    approved_on: Date | None = None
    reviewed_on: Date | None = None
    period: Period | None = None
    codings: tuple[Coding, ...] = ()
    design_note: str | None = None
    running: Running | None = None
    logic: Logic | None = None
    exchange: Exchange | None = None
    limits: Limits | None = None
    items: tuple[Item, ...] = ()
