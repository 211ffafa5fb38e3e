"""What a native value must not say: two things that contradict each other, or half of one. A table of named rules.

Each speaks of one native type wherever it stands, and says what is wrong and what would mend it. A rule that FHIR has
as well names it, so that a translation does not say it twice. Dates are compared as far as both are known: what may be
right is never found wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, is_dataclass
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Any

from mappings.issues import Issue
from mappings.model import AnswerItem, Assessment, Disposition, Goal, Need, Plan, Risk, Target
from mappings.model import observation as o
from mappings.model import values as v
from mappings.model.consent import Consent
from mappings.model.episode import Attendance, Episode
from mappings.model.medication import Medication, MedicationTaken
from mappings.model.person import Authority, Person
from mappings.native import KINDS, shape
from mappings.tree import Path, fhirpath

Places = Iterable[Path]


@dataclass(frozen=True, slots=True)
class NativeRule:
    """One rule: of which types, how it is broken (the places within the value), what to say, and FHIR's own name."""

    id: str
    of: tuple[type, ...]
    broken: Callable[[Any], Places]
    code: str
    severity: str
    text: str
    fix: str
    in_fhir: str = ""


# ---- when it happened

_WHEN = (v.Date, v.DateTime, v.Instant)


def is_after(one: Any, other: Any) -> bool:
    """Return whether a date or moment is later than another, as far as both are known; False for anything else."""
    if not isinstance(one, _WHEN) or not isinstance(other, _WHEN):
        return False
    a, b = str.__str__(one), str.__str__(other)
    if "T" in a and "T" in b:
        try:
            return datetime.fromisoformat(a) > datetime.fromisoformat(b)
        except ValueError:  # a leap second
            return False
    known = min(len(a.partition("T")[0]), len(b.partition("T")[0]))
    return a[:known] > b[:known]


def _order(first: str, then: str) -> Callable[[Any], Places]:
    return lambda value: [(then,)] if is_after(getattr(value, first), getattr(value, then)) else []


def _before_it_begins(goal: Goal) -> Places:
    for n, target in enumerate(goal.targets):
        if is_after(goal.begins, target.due):
            yield "targets", n, "due"
    if is_after(goal.begins, goal.achievement_date):
        yield ("achievement_date",)


# ---- how much

_PAIRS = (("count", "count_at_most"), ("lasts", "lasts_at_most"), ("frequency", "frequency_at_most"),
          ("period", "period_at_most"))  # fmt: skip


def _number(text: Any) -> Decimal | None:
    return None if text is None else Decimal(str.__str__(text))


def _is_more(one: Any, other: Any) -> bool:
    a, b = _number(one), _number(other)
    return a is not None and b is not None and a > b


def _at_most(repeat: v.Repeat) -> Places:
    return [(most,) for least, most in _PAIRS if _is_more(getattr(repeat, least), getattr(repeat, most))]


def _range(value: v.Range) -> Places:
    low, high = value.low, value.high
    alike = low is not None and high is not None and (low.code or low.unit) == (high.code or high.unit)
    return [("high",)] if alike and low and high and _is_more(low.value, high.value) else []


def _zero_to_ten(value: o.Readiness) -> Places:
    for name in ("importance", "confidence"):
        if (found := _number(getattr(value, name))) is not None and not 0 <= found <= 10:
            yield (name,)


# ---- who and what

_LISTS = ("team", "needs", "goals", "evidence")


def _members(plan: Plan) -> Iterator[tuple[Path, v.Member]]:
    for name in _LISTS:
        yield from (((name, n), member) for n, member in enumerate(getattr(plan, name)))
    for n, activity in enumerate(plan.activities):
        if activity.therapy is not None:
            yield ("activities", n, "therapy"), activity.therapy


def _torn(plan: Plan) -> Places:
    """Members with one id and different values: which is meant is not said."""
    said: dict[str, Any] = {}
    for at, member in _members(plan):
        known = member.id is not None and member.value is not None
        if known and said.setdefault(str(member.id), member.value) != member.value:
            yield (*at, "value")


def _twice(plan: Plan) -> Places:
    """A member that stands twice in one list."""
    met: dict[tuple[str | int, str], Any] = {}
    for at, member in _members(plan):
        first = met.setdefault((at[0], member.id or ""), member)
        if member.id is not None and first is not member and not _differ(first, member):
            yield (*at, "id")


def _differ(one: v.Member, other: v.Member) -> bool:
    return None not in (one.value, other.value) and one.value != other.value


def _other_type(value: v.Ref | v.Member) -> Places:
    named, said = v.kind_of(value.id), value.type
    differ = named is not None and said is not None and "/" not in said and named != said
    return [("type",)] if differ else []


def _same_key(value: Any) -> Places:
    for name, (is_list, _) in shape(value.__class__).items():
        met: set[str] = set()
        for n, item in enumerate(getattr(value, name) if is_list else ()):
            token = getattr(item, "key", None)
            if token is not None and token in met:
                yield name, n, "key"
            met.add(str(token))


def _said_twice(goal: Goal) -> Places:
    said: dict[str, Any] = {}
    for n, one in enumerate(goal.acceptance):
        who = one.by.id if one.by is not None else None
        if who is not None and said.setdefault(who, one.status) != one.status:
            yield "acceptance", n, "status"


# ---- how it stands


def _is(code: Any, *words: str) -> bool:
    return code is not None and str.__str__(code) in words


def _against_their_word(goal: Goal) -> Places:
    """Accepted though all who were asked disagree, or rejected though all agree. One of several may well disagree."""
    said = {str.__str__(one.status) for one in goal.acceptance if one.status is not None}
    torn = {"accepted": {"disagree"}, "rejected": {"agree"}}
    return [("lifecycle",)] if goal.lifecycle and torn.get(str.__str__(goal.lifecycle)) == said else []


def _achieved_unbegun(goal: Goal) -> Places:
    achieved = goal.achievement is not None and any(_is(one.code, "achieved") for one in goal.achievement.codings)
    return [("achievement",)] if achieved and _is(goal.lifecycle, "proposed", "planned", "rejected") else []


def _has(*names: str) -> Callable[[Any], Places]:
    """Broken where all of the fields say something; the last is pointed at."""
    return lambda value: [(names[-1],)] if all(getattr(value, name) not in (None, ()) for name in names) else []


def _lacks(name: str, given: Callable[[Any], bool]) -> Callable[[Any], Places]:
    """Broken where a field is empty though another asks for it."""
    return lambda value: [(name,)] if getattr(value, name) in (None, ()) and given(value) else []


def _unknown_words(value: Any) -> Places:
    from mappings.tables.closed import closed_lists

    for name, (is_list, kinds) in shape(value.__class__).items():
        words = closed_lists().get((type(value), name)) if kinds == (v.Code,) else None
        for n, said in enumerate(getattr(value, name) if is_list else (getattr(value, name),)):
            if words and said is not None and str.__str__(said) not in words:
                yield (name, n) if is_list else (name,)


_ANY = (object,)
_EXPECTING = "a due date stands beside a status that expects no birth"

# fmt: off
_ROWS: tuple[tuple[Any, ...], ...] = (
    # rule             of                 broken
    #   code, severity, what is wrong
    #   what would mend it, FHIR's own rule
    ("code",            _ANY,             _unknown_words,
        "code-invalid", "error", "this word is not in the field's list",
        "Use one that planbridge schema lists for the field.", "binding/required"),
    ("key",             _ANY,             _same_key,
        "duplicate", "error", "an earlier item of the list has the same key",
        "Keep each item's key as it was read; a new item needs none."),
    ("member-type",     (v.Ref, v.Member), _other_type,
        "conflict", "error", "the type is another than the id names",
        "Leave `type` out, or correct the id."),

    ("period-order",    (v.Period,),      _order("start", "end"),
        "business-rule", "error", "it ends before it begins",
        "Exchange start and end, or correct one.", "per-1"),
    ("episode-order",   (Episode,),     _order("admitted", "ended"),
        "business-rule", "error", "the episode ends before the person is admitted", "Correct one of the two."),
    ("authority-order", (Authority,),   _order("begins", "ends"),
        "business-rule", "error", "the authority ends before it begins", "Correct one of the two."),
    ("meeting-order",   (Attendance,),  _order("planned", "planned_end"),
        "business-rule", "error", "the meeting ends before it begins", "Correct one of the two."),
    ("need-order",      (Need,),        _order("began", "ended"),
        "business-rule", "error", "the need ends before it begins", "Correct one of the two."),
    ("dose-order",      (Medication, MedicationTaken), _order("last_taken", "next_due"),
        "business-rule", "error", "the next dose is due before the last was taken", "Correct one of the two."),
    ("consent-order",   (Consent,),     _order("signed_on", "revoked"),
        "business-rule", "error", "the consent is revoked before it was signed", "Correct one of the two."),
    ("risk-order",      (Risk,),        _order("assessed_on", "review_by"),
        "business-rule", "error", "the review is due before the risk was assessed", "Correct one of the two."),
    ("life-order",      (Person,),      _order("birth_date", "died"),
        "business-rule", "error", "the date of death is before that of birth", "Correct one of the two."),
    ("specimen-order",  (o.Toxicology,),  _order("collected", "reported_at"),
        "business-rule", "error", "the result is reported before the specimen was collected",
        "Correct one of the two."),
    ("goal-order",      (Goal,),        _before_it_begins,
        "business-rule", "error", "this is before the goal begins", "Correct one of the two dates."),

    ("range-order",     (v.Range,),       _range,
        "business-rule", "error", "high is less than low", "Exchange low and high, or correct one.", "rng-2"),
    ("at-most",         (v.Repeat,),      _at_most,
        "business-rule", "error", "at most is less than at least", "Correct one of the two."),
    ("zero-to-ten",     (o.Readiness,),   _zero_to_ten,
        "value", "error", "readiness is said from 0 to 10", "Write a number from 0 to 10."),
    ("days",            (o.Outcome,),
        lambda x: [("days_of_use",)] if _is_more(x.days_of_use, x.days_asked) else [],
        "business-rule", "error", "there are more days of use than days asked about", "Correct one of the two."),
    ("unit",            (v.Quantity,),    _lacks("system", lambda x: x.code is not None),
        "required", "error", "the unit has a code and no system",
        "Add the system; that of UCUM is http://unitsofmeasure.org.", "qty-3"),

    ("two-values",      (Plan,),        _torn,
        "conflict", "error", "two members have one id and different values", "Say one value for one record."),
    ("member-twice",    (Plan,),        _twice,
        "duplicate", "error", "an earlier member of the plan has the same id",
        "Keep one of them, or give the id that is meant.", "reference/twice"),
    ("acceptance-twice", (Goal,),       _said_twice,
        "conflict", "error", "the same person says two things of the goal", "Keep what counts."),

    ("measure",         (Target,),      _lacks("measure", lambda x: x.value is not None),
        "required", "error", "the target has a value and not what is measured",
        "Say what is measured, or leave the value out.", "gol-1"),
    ("words",           (Goal,),        _lacks("own_words", lambda x: x.clinic_words is None),
        "required", "error", "the goal has no words", "Write the person's own words, or the clinic's.",
        "Goal.description"),
    ("acceptance",      (Goal,),        _against_their_word,
        "conflict", "error", "the lifecycle contradicts what everybody asked said of the goal",
        "Correct the lifecycle, or what was said."),
    ("achieved",        (Goal,),        _achieved_unbegun,
        "conflict", "error", "a goal that was not begun is said to be achieved",
        "Correct the lifecycle, or the achievement."),
    ("disposition",     (Disposition,),
        _lacks("reason", lambda x: _is(x.decision, "deferred", "referred", "declined")),
        "required", "error", "a need that the plan does not address says why", "Write the reason."),
    ("level",           (o.LevelOfCare,),
        _lacks("difference_reason", lambda x: None not in (x.recommended, x.received) and x.recommended != x.received),
        "required", "warning", "another level of care is received than recommended, and nothing says why",
        "Write the difference_reason."),
    ("pregnancy",       (o.Pregnancy,),
        lambda x: [("due_date",)] if x.due_date is not None and _is(x.status, "not-pregnant") else [],
        "conflict", "error", _EXPECTING, "Correct the status, or leave the date out."),
    ("revoked",         (Consent,),
        lambda x: [("status",)] if x.revoked is not None and _is(x.status, "active") else [],
        "conflict", "error", "a consent that is revoked is said to be active", "Write the status inactive."),
    ("ending",          (Episode,),     _lacks("ended", lambda x: x.ending is not None),
        "required", "warning", "it is said how the episode ended and not when", "Write the date in ended."),
    ("unsaid",          (o.Finding,),     _has("value", "unsaid"),
        "conflict", "error", "a value stands beside the reason why there is none", "Keep one of the two.", "obs-6"),
    ("unsaid-score",    (o.Score,),       _has("score", "unsaid"),
        "conflict", "error", "a score stands beside the reason why there is none", "Keep one of the two.", "obs-6"),
    ("score",           (Assessment,),  _has("score", "score_missing"),
        "conflict", "error", "a score stands beside the reason why there is none", "Keep one of the two."),
    ("answer",          (AnswerItem,),  _has("values", "items"),
        "structure", "error", "what is asked further stands beside the answer and not in it",
        "Move `items` into the answer that they belong to.", "qrs-1"),
)
# fmt: on
RULES = tuple(NativeRule(f"native/{name}", *row) for name, *row in _ROWS)


def contradictions(value: Any, most: int = 1000) -> Iterator[tuple[NativeRule, Path]]:
    """Yield the rules that a native value breaks, with the places in its JSON, in the order of the model."""
    for at, part in _parts(value, ()):
        for rule in _rules_of(part.__class__):
            for place in rule.broken(part):
                yield rule, (*at, *place)
                most -= 1
                if not most:
                    return


def issue_of(rule: NativeRule, at: Path) -> Issue:
    """Return the issue of a broken rule: its path is that in the JSON, `targets[0].measure`."""
    return Issue(fhirpath("", at).removeprefix("."), rule.code, rule.text, rule.fix, rule.severity, rule.id)


def same_in_fhir(rule: str) -> str:
    """Return the rule of FHIR, or the element, by which a translation would break the same; "" for none."""
    return next((one.in_fhir for one in RULES if one.id == rule), "")


@cache
def _rules_of(native: type) -> tuple[NativeRule, ...]:
    return tuple(rule for rule in RULES if issubclass(native, rule.of))


_NAMES = {native: name for name, native in KINDS.items()}


def _parts(value: Any, at: Path) -> Iterator[tuple[Path, Any]]:
    """Yield a value and all values in it that are no text, with their places in its JSON."""
    yield at, value
    for name, (is_list, kinds) in shape(value.__class__).items():
        held = getattr(value, name)
        for n, one in enumerate(held if is_list else (held,)):
            if is_dataclass(one):
                kind = (_NAMES[type(one)],) if len(kinds) > 1 and type(one) in _NAMES else ()
                yield from _parts(one, (*at, name, *((n,) if is_list else ()), *kind))
