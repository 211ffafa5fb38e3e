"""What a plan of a person must be to be theirs: each therapy serves a need, each goal has their own words.

The rules are the programme's (MODEL.md, Rules), not FHIR's; a plan that breaks one is valid, and poor. Pure: the day
is handed over.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from zlib import crc32

from mappings.check.native_rules import is_after
from mappings.check.rules import Finding
from mappings.model import Goal, Need, Plan, Therapy
from mappings.model import values as v
from mappings.model.medication import Medication
from mappings.model.review import Review
from mappings.native import dump
from mappings.tree import Path, Tree, fhirpath


@dataclass(frozen=True, slots=True)
class PlanRule:
    """One rule of plans, in words."""

    id: str
    code: str
    severity: str
    says: str
    fix: str


# fmt: off
_ROWS = (
    PlanRule("plan/orphan-therapy", "required", "warning",
             "Each therapy names the need that it serves.",
             "Name the need, or ask whether the therapy belongs in this plan."),
    PlanRule("plan/unplanned-therapy", "required", "warning",
             "Each therapy is an activity of a plan.",
             "Make it an activity of the person's plan, or end it."),
    PlanRule("plan/own-words", "required", "warning",
             "Each goal says in the person's own words what they want.",
             "Ask the person, and write down what they say."),
    PlanRule("plan/unaddressed-need", "required", "warning",
             "A need that no activity addresses says why: deferred, referred or declined, with the reason.",
             "Add the activity that serves it, or its disposition and the reason."),
    PlanRule("plan/review-due", "business-rule", "warning",
             "A plan is looked at again with the person by the day that was agreed.",
             "Hold the review and write down when, or agree on another day."),
    PlanRule("plan/alike", "duplicate", "warning",
             "A plan is one person's: two people's plans are not the same text.",
             "Write with each person what is theirs."),
)
# fmt: on
PLAN_RULES = {rule.id: rule for rule in _ROWS}

ALIKE = 0.8
"""Share of word triples that two plans have in common from which they are called near-identical."""
LEAST_WORDS = 30
"""A plan of fewer words is not compared: short plans are alike by chance."""

_OVER = ("completed", "cancelled", "rejected", "entered-in-error", "stopped", "revoked")


def judge(natives: Mapping[str, Any], today: str) -> Iterator[tuple[str, str, Path, str]]:
    """Yield (document, rule, path in its native value, what is wrong) for the documents of a folder.

    natives   "CarePlan/7" -> native value; what a plan links to is looked up here, where it does not hold it itself
    today     YYYY-MM-DD
    """
    planned: set[str] = set()
    for name, value in natives.items():
        if isinstance(value, Plan):
            planned |= {one.therapy.id for one in value.activities if one.therapy and one.therapy.id}
            if not _over(value.status):
                yield from ((name, *found) for found in _plan(value, natives))
        elif isinstance(value, Goal):
            if value.own_words is None and not _over(value.lifecycle):
                yield name, "plan/own-words", (), "the goal has no words of the person"
        elif isinstance(value, Review) and value.due and value.done is None and _past(value.due, today):
            yield name, "plan/review-due", ("due",), "the review is due"
    if any(isinstance(value, Plan) for value in natives.values()):
        for name, value in natives.items():
            if isinstance(value, Therapy) and name not in planned and not _over(value.status):
                yield name, "plan/unplanned-therapy", (), "no plan beside it has this therapy"


def _plan(plan: Plan, natives: Mapping[str, Any]) -> Iterator[tuple[str, Path, str]]:
    served: set[str] = set()
    known = True
    for n, activity in enumerate(plan.activities):
        value = _value(activity.therapy, natives)
        known = known and value is not None
        if isinstance(value, Therapy | Medication):
            served |= {need.id for need in value.needs if need.id}
        if isinstance(value, Therapy) and not value.needs and not _over(value.status):
            yield "plan/orphan-therapy", ("activities", n, "therapy"), "the therapy names no need that it serves"
    for n, member in enumerate(plan.needs):
        need = _value(member, natives)
        said = need.disposition if isinstance(need, Need) else None
        explained = said is not None and said.decision != "addressed" and said.reason
        if known and isinstance(need, Need) and member.id and member.id not in served and not explained:
            yield (
                "plan/unaddressed-need",
                ("needs", n),
                "no activity of the plan serves this need, and no reason is given",
            )
    for n, member in enumerate(plan.goals):
        goal = None if member.id in natives else member.value  # else it is judged where it stands
        if isinstance(goal, Goal) and goal.own_words is None and not _over(goal.lifecycle):
            yield "plan/own-words", ("goals", n), "the goal has no words of the person"


def _value(member: v.Member | None, natives: Mapping[str, Any]) -> Any:
    if member is None:
        return None
    return member.value if member.value is not None else natives.get(member.id or "")


def _over(status: v.Code | None) -> bool:
    return status is not None and str.__str__(status) in _OVER


def _past(due: v.Date, today: str) -> bool:
    return is_after(v.Date(today), due)


# ---- plans of different people


@dataclass
class Likeness:
    """Plans seen so far, of which the next one may be a copy. What is kept of a plan are numbers, not its words.

    seen        name, person and triples of words of each; `by_triple` those that have one of sixteen, as copies do
    """

    seen: list[tuple[str, str, frozenset[int]]] = field(default_factory=list)
    by_triple: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))

    def met(self, name: str, plan: Plan) -> tuple[str, int] | None:
        """Return the earlier plan of another person that this one is like, and the percentage; remember this one."""
        whose = (plan.person and (plan.person.id or plan.person.display)) or name
        words = re.findall(r"\w+", " ".join(_texts(dump(_said(plan)))).casefold())
        if len(words) < LEAST_WORDS:
            return None
        triples = frozenset(crc32(" ".join(words[n : n + 3]).encode()) for n in range(len(words) - 2))
        sketch = sorted(triples)[:16]
        best = max(
            (
                (len(triples & other) / len(triples | other), earlier)
                for n in sorted({n for triple in sketch for n in self.by_triple[triple]})
                for earlier, person, other in [self.seen[n]]
                if person != whose
            ),
            default=(0.0, ""),
        )
        for triple in sketch:
            self.by_triple[triple].append(len(self.seen))
        self.seen.append((name, whose, triples))
        return (best[1], int(best[0] * 100)) if best[0] >= ALIKE else None


def _said(plan: Plan) -> Any:
    return replace(plan, person=None, custodian=None, written_by=(), team=(), evidence=(), notes=())


_TEXTS = ("text", "title", "summary", "words")


def _texts(tree: Tree) -> Iterator[str]:
    if isinstance(tree, dict):
        for key, value in tree.items():
            if key in _TEXTS and isinstance(value, str):
                yield value
            elif key not in ("by", "notes", "recorded_by"):
                yield from _texts(value)
    elif isinstance(tree, list | tuple):
        for one in tree:
            yield from _texts(one)


# ---- findings


_IN_FHIR: Mapping[str, str] = {"needs": "addresses", "goals": "goal", "activities": "activity"}


def finding(rule: str, kind: str, at: Path, what: str, *, native: bool) -> Finding:
    """Return a finding at a place of a native document, or at the one of a FHIR document that says the same."""
    known = PLAN_RULES[rule]
    if not native:
        at = (_IN_FHIR[str(at[0])], *at[1:2]) if at and at[0] in _IN_FHIR else ()
    text = f"{what}. {known.says}"
    return Finding(fhirpath(kind, at), known.code, text, known.fix, known.severity, rule, at, "plan")
