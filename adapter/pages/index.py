"""The page at the gateway's address: what is where, and in a demo the made-up plans, the books and what waits.

Without a demo it holds nothing from the store. What it shows of records it has from the gate, like everybody else.
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from adapter.disclosure.consent import Actor
from adapter.disclosure.gate import Released, ReleasedDocument, release
from mappings.lens.documents import Docs
from mappings.model import Goal, Plan
from mappings.model.values import Text
from mappings.translate import read
from mappings.tree import parse

if TYPE_CHECKING:
    from jinja2 import Template

    from adapter.store import Store, Transaction
    from adapter.store.runs import Run

LOOPBACK = {"127.0.0.1", "localhost", "::1"}
PURPOSE = "TREAT"
READER = Actor("demo page", "programme", purposes=(PURPOSE,))


@dataclass(frozen=True, slots=True)
class Other:
    """The system on the other side of a demo: what it is called, its FHIR base, and a token for it."""

    name: str
    base: str
    token: str


@dataclass(frozen=True, slots=True)
class Demo:
    """What a demo puts on its page. All of it is made up.

    token    of a client of role programme, shown to whoever opens the page on this machine
    command  how planbridge is called on the demo's own settings
    ehr      the EHR that it is synced with; None on the page of the sandbox EHR itself
    setup    shell lines to type before `command` works elsewhere
    """

    token: str
    command: str = "planbridge"
    ehr: Other | None = None
    setup: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ShownGoal:
    """A goal as it is shown: in the person's words and the clinic's, and how it goes."""

    own_words: Text | None
    clinic_words: str
    achievement: str
    due: str


@dataclass(frozen=True, slots=True)
class ShownPlan:
    """A plan as it is shown. `reference` is "CarePlan/<id>"."""

    reference: str
    title: str
    person: str
    status: str
    summary: str
    therapies: tuple[str, ...]
    goals: tuple[ShownGoal, ...]


@dataclass(frozen=True, slots=True)
class Waiting:
    """A conflict that waits for a person: which record, which elements, since when."""

    id: int
    ehr: str
    record: str
    paths: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Books:
    """What one run came to on one side: so many were looked at, and each has an outcome."""

    run: int
    ended: str
    side: str
    eligible: int
    outcomes: tuple[tuple[str, int], ...]
    balanced: bool


@dataclass(frozen=True, slots=True)
class Content:
    """What a demo's page shows from the store."""

    plans: tuple[ShownPlan, ...] = ()
    waiting: tuple[Waiting, ...] = ()
    books: tuple[Books, ...] = ()


def index(base: str, version: str, store: Store | None = None, demo: Demo | None = None) -> tuple[bytes, str]:
    """Return the page for whoever reached the gateway at `base`, and the Content-Security-Policy that it needs.

    A demo is shown to who sits at this machine and to nobody else: a page elsewhere whose name was made to lead here
    has another name in `base`. Raises StoreError where the record of what is shown cannot be written.
    """
    at_home = demo is not None and urlsplit(base).hostname in LOOPBACK
    content = Content()
    if at_home and store is not None:
        with store.write() as tx:
            content = _content(tx, store)
    page = _template().render(
        base=base, version=version, demo=demo if at_home else None, content=content, style=_style()
    )
    return page.encode(), _policy()


# ---- what is shown


def _content(tx: Transaction, store: Store) -> Content:
    documents = [*tx.documents.each("CarePlan"), *tx.documents.each("Goal"), *tx.documents.each("ServiceRequest")]
    released = release(tx, READER, PURPOSE, documents, channel="page", now=store.now())
    open_ones = tuple(Waiting(one.id, one.ehr, f"{one.type}/{one.local_id}", one.paths) for one in tx.conflicts.each())
    runs = [run for run, _ in zip(tx.runs.each(), range(4), strict=False)]
    return Content(tuple(plans(released)), open_ones, tuple(books(runs)))


def plans(released: Released) -> Iterator[ShownPlan]:
    """Yield the plans among what was released, current ones first."""
    docs = Docs("R4", {f"{one.type}/{one.id}": parse(one.body) for one in released.documents if one.body})
    found = [_plan(docs, one) for one in released.documents if one.type == "CarePlan" and one.body]
    yield from sorted((plan for plan in found if plan), key=lambda plan: (plan.status != "active", plan.title))


def _plan(docs: Docs, one: ReleasedDocument) -> ShownPlan | None:
    plan = read(docs, f"{one.type}/{one.id}").value
    if not isinstance(plan, Plan):
        return None
    therapies = [activity.therapy.value for activity in plan.activities if activity.therapy]
    return ShownPlan(
        f"{one.type}/{one.id}",
        plan.title or "A plan",
        (plan.person and plan.person.display) or "",
        str(plan.status or ""),
        plan.summary or "",
        tuple(_words(therapy.kind) for therapy in therapies if therapy is not None and therapy.kind),
        tuple(_goal(member.value) for member in plan.goals if isinstance(member.value, Goal)),
    )


def _goal(goal: Goal) -> ShownGoal:
    due = ", ".join(dict.fromkeys(str.__str__(target.due) for target in goal.targets if isinstance(target.due, str)))
    return ShownGoal(goal.own_words, _words(goal.clinic_words), _words(goal.achievement), due)


def _words(concept: Any) -> str:
    """Return a concept in words: its text, else the first display."""
    if concept is None:
        return ""
    return concept.text or next((coding.display for coding in concept.codings if coding.display), "")


def books(runs: Iterable[Run]) -> Iterator[Books]:
    """Yield the books of runs, pull and push apart."""
    for run in runs:
        for side in ("pull", "push"):
            if kept := run.books.get(side):
                outcomes = tuple((name.replace("-", " "), n) for name, n in kept.items() if n and name != "eligible")
                eligible = int(kept["eligible"])
                yield Books(run.id, run.ended, side, eligible, outcomes, sum(n for _, n in outcomes) == eligible)


# ---- how it looks


@cache
def _file(name: str) -> str:
    return resources.files("adapter.pages").joinpath(name).read_text("utf-8")


@cache
def _template() -> Template:
    from jinja2 import Environment, StrictUndefined

    return Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True).from_string(
        _file("index.html")
    )


def _style() -> str:
    return _file("index.css")


@cache
def _policy() -> str:
    """No script at all, and this one style: it is named by its digest."""
    digest = b64encode(hashlib.sha256(_style().encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
