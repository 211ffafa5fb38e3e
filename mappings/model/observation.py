"""What is observed and said: one entity for each thing that a programme writes down, and Finding for any other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from mappings.model.record import Record
from mappings.model.values import (
    Answered,
    Code,
    Concept,
    DateTime,
    Fact,
    Filled,
    Instant,
    Note,
    Period,
    Quantity,
    Range,
    Ratio,
    Ref,
    Text,
    Time,
    Timing,
    Whole,
    key,
)


@dataclass(frozen=True, slots=True)
class Observed(Record):
    """What every observation says. An entity inherits it; its own fields come after.

    recorded_as   registered, preliminary, final, amended, corrected, cancelled, entered-in-error, unknown
    told_by       who observed it or said so
    unsaid        why there is no answer: unknown, not-asked, declined, or another reason of FHIR's list
    evidence      the forms and observations that it was taken from
    """

    RESOURCE: ClassVar[str] = "Observation"

    person: Ref | None = None
    recorded_as: Code | None = None
    told_by: tuple[Ref, ...] = ()
    unsaid: Code | None = None
    evidence: tuple[Ref, ...] = ()
    visit: Ref | None = None
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True)
class LevelOfCare(Observed):
    """A level of care by a scheme in an edition: by its criteria (`code`), as recommended, and as it is received."""

    date: DateTime | None = None
    scheme: str | None = None
    edition: str | None = None
    code: Concept | None = None
    recommended: Concept | None = None
    received: Concept | None = None
    difference_reason: str | None = None


@dataclass(frozen=True, slots=True)
class Dimension(Filled):
    """A dimension by its number in a scheme's edition; the wording is proprietary and stays out."""

    scheme: str | None = None
    edition: str | None = None
    number: Whole | None = None


@dataclass(frozen=True, slots=True)
class DomainSummary(Observed):
    """One domain summed up.

    domain   substance-use, mental-health, medical-history, social-environment, recovery
    """

    date: DateTime | None = None
    domain: Code | None = None
    dimension: Dimension | None = None
    rating: Whole | Concept | None = None
    text: Text | None = None


@dataclass(frozen=True, slots=True)
class OverdoseReadiness(Observed):
    """Whether somebody could help in an overdose. `who_trained` names a role, not a person."""

    date: DateTime | None = None
    naloxone_held: Answered | None = None
    offered_on: DateTime | None = None
    who_trained: str | None = None
    tolerance_lost: Answered | None = None


@dataclass(frozen=True, slots=True)
class Pregnancy(Observed):
    """Pregnant, not-pregnant or unknown, and when the child is due."""

    date: DateTime | None = None
    status: Code | None = None
    due_date: DateTime | None = None


@dataclass(frozen=True, slots=True)
class Readiness(Observed):
    """How ready the person is to change something: a goal, or a substance by its name.

    importance, confidence   0 to 10
    stage                    precontemplation, contemplation, preparation, action, maintenance
    """

    date: DateTime | None = None
    about: Ref | None = None
    importance: Whole | None = None
    confidence: Whole | None = None
    stage: Code | None = None


@dataclass(frozen=True, slots=True)
class Preference(Observed):
    """What the person prefers.

    kind       treatment, language, culture, faith, family, practitioner, schedule
    strength   must, strong, mild
    """

    date: DateTime | None = None
    kind: Code | None = None
    own_words: Text | None = None
    strength: Code | None = None


@dataclass(frozen=True, slots=True)
class Strength(Observed):
    """Something that carries the person, and the goals that it helps."""

    date: DateTime | None = None
    text: Text | None = None
    goals: tuple[Ref, ...] = ()


@dataclass(frozen=True, slots=True)
class Barrier(Observed):
    """Something that stands in the way of goals."""

    date: DateTime | None = None
    text: Text | None = None
    goals: tuple[Ref, ...] = ()


@dataclass(frozen=True, slots=True)
class UseEvent(Observed):
    """A use of a substance, as far as it was told. It is never by itself a sign of getting worse."""

    approximate_date: DateTime | None = None
    substance: Concept | None = None
    context: str | None = None
    response: str | None = None


@dataclass(frozen=True, slots=True)
class Analyte(Filled):
    """What was looked for, what came of it, and whether that was a screen or is confirmed."""

    substance: Concept | None = None
    result: Concept | Quantity | str | None = None
    proof: Code | None = None
    key: str | None = key()


@dataclass(frozen=True, slots=True)
class Toxicology(Observed):
    """A toxicology test: its specimen, its analytes, and whether the result is what a medication explains."""

    collected: DateTime | None = None
    specimen: Ref | None = None
    analytes: tuple[Analyte, ...] = ()
    expected_from_medication: Answered | None = None
    reported_at: Instant | None = None
    fulfils: tuple[Ref, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome(Observed):
    """How life goes on one day, by the person's own account. `evidence` is the assessment that it comes from."""

    date: DateTime | None = None
    wellbeing: Quantity | None = None
    days_of_use: Whole | None = None
    days_asked: Whole | None = None
    housing: Concept | None = None
    work: Concept | None = None


@dataclass(frozen=True, slots=True)
class Score(Observed):
    """The score of an assessment (`evidence`).

    total_of   audit-c, audit, phq-9, gad-7, pc-ptsd-5, dast-10; absent for a score that no code system names
    """

    date: DateTime | None = None
    total_of: Code | None = None
    score: Quantity | Whole | None = None
    band: Concept | None = None


@dataclass(frozen=True, slots=True)
class NormalRange(Filled):
    """What is usual, and for whom."""

    at_least: Quantity | None = None
    at_most: Quantity | None = None
    kind: Concept | None = None
    whose: tuple[Concept, ...] = ()
    ages: Range | None = None
    words: str | None = None
    key: str | None = key()


FindingValue = Quantity | Concept | str | Fact | Whole | Range | Ratio | Time | DateTime | Period


@dataclass(frozen=True, slots=True)
class Part(Filled):
    """One of several things found at once: a systolic pressure."""

    code: Concept | None = None
    value: FindingValue | None = None
    unsaid: Code | None = None
    judged_as: tuple[Concept, ...] = ()
    normal: tuple[NormalRange, ...] = ()
    key: str | None = key()


@dataclass(frozen=True, slots=True)
class Finding(Observed):
    """Any other observation, as FHIR has it."""

    kinds: tuple[Concept, ...] = ()
    code: Concept | None = None
    about: tuple[Ref, ...] = ()
    date: DateTime | Period | Timing | Instant | None = None
    reported_at: Instant | None = None
    value: FindingValue | None = None
    judged_as: tuple[Concept, ...] = ()
    where: Concept | None = None
    how_found: Concept | None = None
    specimen: Ref | None = None
    found_with: Ref | None = None
    normal: tuple[NormalRange, ...] = ()
    parts: tuple[Part, ...] = ()
    includes: tuple[Ref, ...] = ()
    fulfils: tuple[Ref, ...] = ()
    belongs_to: tuple[Ref, ...] = ()
