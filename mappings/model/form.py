"""What a form says of its questions beyond their words: how they look, what an answer may be, where it comes from."""

from __future__ import annotations

from dataclasses import dataclass

from mappings.model.values import (
    Attachment,
    Code,
    Coding,
    Concept,
    Date,
    DateTime,
    Fact,
    Filled,
    Number,
    Quantity,
    Ref,
    Time,
    Translation,
    Uri,
    Whole,
    key,
)


@dataclass(frozen=True, slots=True)
class Formula(Filled):
    """Something to be computed: `written` in a language such as text/fhirpath, or kept elsewhere (`kept_at`)."""

    named: str | None = None
    about: str | None = None
    lang: Code | None = None
    written: str | None = None
    kept_at: Uri | None = None
    key: str | None = key()


@dataclass(frozen=True, slots=True)
class Styling(Filled):
    """How a text is shown where it can be shown so; the text itself stays the truth. `formula` computes it."""

    css: str | None = None
    markdown: str | None = None
    xhtml: str | None = None
    formula: Formula | None = None
    computed: str | None = None


@dataclass(frozen=True, slots=True)
class Phrase(Filled):
    """A text together with its translations and styling."""

    words: str | None = None
    translations: tuple[Translation, ...] = ()
    style: Styling | None = None


@dataclass(frozen=True, slots=True)
class Column(Filled):
    """One column of a table of choices: what of the record it shows, under which heading."""

    of: str | None = None
    heading: str | None = None
    breadth: Quantity | None = None
    stands_for_it: Fact | None = None
    key: str | None = key()


@dataclass(frozen=True, slots=True)
class Shown(Filled):
    """How a question is put before somebody."""

    hidden: Fact | None = None
    direction: Code | None = None
    columns: tuple[Column, ...] = ()
    other_heading: str | None = None
    hint: str | None = None
    purpose: Concept | None = None
    folded: Code | None = None
    short: str | None = None
    picture: Attachment | None = None
    links: tuple[Uri, ...] = ()
    when_shown: Code | None = None
    when_not_asked: Code | None = None
    step: Whole | None = None
    breadth: Quantity | None = None
    keyboard: Code | None = None
    may_be_left_out: Fact | None = None
    css: str | None = None
    xhtml: str | None = None
    design_note: str | None = None


@dataclass(frozen=True, slots=True)
class Constraint(Filled):
    """What must hold of the answers; `says` is what a person is told where it does not."""

    rule: str | None = None
    why: str | None = None
    severity: Code | None = None
    holds: Formula | str | None = None
    says: str | None = None
    places: tuple[str, ...] = ()
    key: str | None = key()


@dataclass(frozen=True, slots=True)
class Limits(Filled):
    """What an answer may be: its unit, least and most, how many, which files, which records."""

    measured_in: Coding | None = None
    units: tuple[Coding, ...] = ()
    units_from: Uri | None = None
    other_units: Code | None = None
    other_units_from: Uri | None = None
    least: Whole | Number | Date | DateTime | Time | Quantity | None = None
    most: Whole | Number | Date | DateTime | Time | Quantity | None = None
    least_amount: Quantity | None = None
    most_amount: Quantity | None = None
    shortest: Whole | None = None
    pattern: str | None = None
    decimals: Whole | None = None
    at_least: Whole | None = None
    at_most: Whole | None = None
    other_answers: Code | None = None
    repeats_answers: Fact | None = None
    file_types: tuple[Code, ...] = ()
    largest_file: Number | None = None
    record_types: tuple[Code, ...] = ()
    record_profiles: tuple[Uri, ...] = ()
    records_where: str | None = None
    constraints: tuple[Constraint, ...] = ()
    form_constraints: tuple[Constraint, ...] = ()


@dataclass(frozen=True, slots=True)
class Toggle(Filled):
    """Choices that are offered only while a formula holds."""

    choices: tuple[Coding, ...] = ()
    when: Formula | None = None
    key: str | None = key()


@dataclass(frozen=True, slots=True)
class Lookup(Filled):
    """What of the record is shown beside a question, so that it can be answered."""

    heading: str | None = None
    finds: Formula | None = None
    key: str | None = key()


@dataclass(frozen=True, slots=True)
class Logic(Filled):
    """What is computed: the answer at the start or always, when it is asked, which choices there are."""

    starts_as: Formula | None = None
    always: Formula | None = None
    asked_when: Formula | None = None
    choices: Formula | None = None
    proposals: Formula | None = None
    toggles: tuple[Toggle, ...] = ()
    filled_from: Formula | None = None
    goes_into: Formula | Code | None = None
    lookups: tuple[Lookup, ...] = ()
    names: tuple[Formula, ...] = ()
    formula: Formula | None = None


@dataclass(frozen=True, slots=True)
class Entry(Filled):
    """A record that is made from the answers: under which id, on which conditions."""

    at: str | None = None
    record_id: str | None = None
    if_none_match: str | None = None
    if_changed_since: str | None = None
    if_match: str | None = None
    if_none_exist: str | None = None
    key: str | None = key()


@dataclass(frozen=True, slots=True)
class NewRecord(Entry):
    """Such a record of a definition."""

    of: Uri | None = None


@dataclass(frozen=True, slots=True)
class FromTemplate(Entry):
    """Such a record made like a template."""

    of: Ref | None = None


@dataclass(frozen=True, slots=True)
class NewValue(Filled):
    """A value of such a record: which element, and what stands there."""

    of: Uri | None = None
    fixed: Coding | Concept | Code | str | Uri | Fact | Number | Whole | Date | DateTime | Quantity | None = None
    computed: Formula | None = None
    key: str | None = key()


@dataclass(frozen=True, slots=True)
class Exchange(Filled):
    """How answers come from the person's record and go to it: observations within a time, records, terminologies."""

    found_within: Quantity | None = None
    becomes_observation: Fact | Code | None = None
    observation_kinds: tuple[Concept, ...] = ()
    observation_entries: tuple[Entry, ...] = ()
    is_person: Fact | None = None
    form: Uri | None = None
    lookup_form: Uri | None = None
    records: tuple[NewRecord, ...] = ()
    record_values: tuple[NewValue, ...] = ()
    templates: tuple[FromTemplate, ...] = ()
    new_ids: tuple[str, ...] = ()
    fhir_type: str | None = None
    terminologies: tuple[Uri, ...] = ()
    terminology: Uri | None = None
    choices_source: Uri | None = None
    defined_outside: Uri | None = None
    to_be_signed: tuple[Concept, ...] = ()


@dataclass(frozen=True, slots=True)
class Opening(Filled):
    """What a form is opened with: the patient, the visit, the user."""

    named: Coding | str | None = None
    kinds: tuple[Code, ...] = ()
    about: str | None = None
    key: str | None = key()


@dataclass(frozen=True, slots=True)
class Running(Filled):
    """How a form is run, put together, filled and sent."""

    openings: tuple[Opening, ...] = ()
    libraries: tuple[Uri, ...] = ()
    entry: tuple[Code, ...] = ()
    sends_to: Uri | None = None
    answered_by_kinds: tuple[Code, ...] = ()
    assembly: Code | None = None
    assembled_from: tuple[Uri, ...] = ()
    maps_in: tuple[Uri, ...] = ()
    maps_out: tuple[Uri, ...] = ()
    queries: tuple[Ref, ...] = ()
    bundle: Ref | None = None
    filled_for: Ref | None = None
    knowledge: tuple[Code, ...] = ()
    knowledge_form: tuple[Code, ...] = ()
