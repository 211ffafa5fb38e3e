"""Questions to the server, and their pages into the inbox. A cursor moves with the last page of its question.

    who is who       Patient?identifier=…                     named: takes leave
    first contact    CarePlan?patient=…                       named: takes leave; each type, each person, once
    what changed     CarePlan/_history?_since=…               unnamed; deletions are seen
                     CarePlan?_lastUpdated=ge…                unnamed; where the server keeps no history of a type
    everything       CarePlan?                                unnamed; for persons who may not be named, and forms

The lower end is closed and reaches back by the overlap; what is seen again is known by its version. Of unnamed
questions only what is about persons of the roster, or about nobody, is kept: the rest is counted and not stored.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from adapter.disclosure.gate import Released
from adapter.store import Transaction
from adapter.store.documents import Flag
from adapter.store.inbox import Arrival
from adapter.store.links import Link
from adapter.store.search import stamp
from adapter.sync.failpoints import commit_point
from adapter.sync.peer import Entry, Page, Trouble
from adapter.sync.people import Person, ask, identifiers_of, leave, link, persons_there, rostered
from adapter.sync.scope import CARRIED, subject_literal
from adapter.sync.sides import says_the_same
from adapter.sync.translate import held, relative
from adapter.sync.work import Work
from mappings.tree import NotJSON, Tree, Unfaithful, parse

FIRST_REACH = timedelta(days=1)
"""How far the first question of what changed reaches back: more than any two clocks differ."""


@dataclass(frozen=True)
class Question:
    """One question. `key` is its cursor's, `position` where that stands; it never moves back.

    marks   cursors to set when it is drained: persons whose records of the type it has brought
    person  whom it names
    """

    type: str
    key: str
    pages: Callable[[], Iterator[Page]]
    position: str = ""
    marks: tuple[str, ...] = ()
    person: Person | None = None


def pull(work: Work) -> list[Person]:
    """Drain every question that is due, and return the roster as it then stands."""
    with work.store.read() as tx:
        people = rostered(work, tx)
    people = link(work, people, ask(work, people))
    _drain_all(work, people, ["Patient"])
    people = link(work, people, {})
    _drain_all(work, people, [name for name in CARRIED if name != "Patient"])
    return people


def _drain_all(work: Work, people: list[Person], types: Iterable[str]) -> None:
    for resource_type in types:
        if work.halted:
            return
        try:
            if not work.peer.offers(resource_type, "search"):
                work.say(f"{resource_type}: the server does not search for it")
                continue
            history = work.peer.offers(resource_type, "history")
        except Trouble as trouble:
            work.failed("metadata", trouble)
            work.halted = True
            return
        for question in due(work, people, resource_type, history):
            if not work.halted:
                _drain(work, people, question, history)


def due(work: Work, people: list[Person], resource_type: str, history: bool) -> Iterator[Question]:
    """Yield the questions of one type that are due: what changed, or everything; then each person not met yet."""
    with work.store.read() as tx:
        position = {cursor.query: cursor.position for cursor in tx.cursors.all(work.ehr)}
    key = f"{resource_type} changed"
    new = [person for person in people if _mark(resource_type, person) not in position]
    linked = [person for person in new if person.standing == "linked"]
    if _needs_everything(resource_type, new, position.get(key)):
        marks = tuple(_mark(resource_type, person) for person in (new if resource_type == "Patient" else linked))
        yield Question(resource_type, key, lambda: work.peer.everything(resource_type), marks=marks)
        return
    since = _reached_back(work, position.get(key))
    ask_for = work.peer.history if history else work.peer.everything
    yield Question(resource_type, key, lambda: ask_for(resource_type, since), position.get(key, since))
    if not CARRIED[resource_type].search:
        return
    for person in linked if history else [one for one in people if one.standing == "linked" and one.nameable]:
        yield _about(work, resource_type, person)


def _needs_everything(resource_type: str, new: list[Person], position: str | None) -> bool:
    if resource_type == "Patient":
        return any(person.standing == "person-not-seen" for person in new)
    if not CARRIED[resource_type].search:
        return position is None
    return any(person.standing == "linked" and not person.nameable for person in new)


def _mark(resource_type: str, person: Person) -> str:
    return f"{resource_type} of {person.here}"


def _about(work: Work, resource_type: str, person: Person) -> Question:
    def pages() -> Iterator[Page]:
        granted = leave(work, person)
        if granted is not None:
            yield from work.peer.of_person(granted, resource_type, CARRIED[resource_type].search, person.there)

    mark = _mark(resource_type, person)
    return Question(resource_type, mark, pages, marks=(mark,), person=person)


def _reached_back(work: Work, position: str | None) -> str:
    start = datetime.fromisoformat(position) if position else work.now() - FIRST_REACH
    return stamp(start.astimezone(UTC) - timedelta(seconds=work.overlap))


# --- one question


def _drain(work: Work, people: list[Person], question: Question, history: bool) -> None:
    """Store the pages of a question; move its cursor with the last. What fails keeps its cursor and stops no other."""
    concerns = _roster_filter(work, people)
    met: set[str] = set()
    latest, began = "", ""
    try:
        for page in question.pages():
            commit_point("page received")
            began = began or page.date
            with work.write() as tx:
                for entry in page.resources:
                    latest = max(latest, _instant(entry.last_updated))
                    if entry.type == question.type and entry.id not in met:  # a history gives the newest first
                        met.add(entry.id)
                        take(work, tx, arrived(work, entry), concerns)
            commit_point("page stored")
            if met and not page.last:
                work.say(f"{question.type}: {len(met)} seen")
        if question.person is not None and not history:
            _look_for_missing(work, question.type, question.person, met)
    except Trouble as trouble:
        work.failed(f"{question.type}{' of one person' if question.person else ''}", trouble)
        return
    with work.write() as tx:
        position = max(question.position, min(latest, _instant(began) or latest))
        if position and question.person is None:
            tx.cursors.move(work.ehr, question.key, position)
        for mark in question.marks:
            tx.cursors.move(work.ehr, mark, tx.at)
    commit_point("cursor moved")
    if met:
        work.say(f"{question.type}: {len(met)} seen")


def arrived(work: Work, entry: Entry) -> Arrival:
    """Return a record of a page for the inbox. Of what is no JSON nothing but its name is kept."""
    body = None if entry.deleted else b"" if entry.flag == "invalid" else entry.body
    flag: Flag = "unfaithful" if entry.flag == "unfaithful" else "invalid" if entry.flag else ""
    return Arrival(work.ehr, entry.type, entry.id, entry.etag, entry.last_updated, body, entry.deleted, work.run, flag)


def take(work: Work, tx: Transaction, arrival: Arrival, concerns: Callable[[Arrival], bool]) -> None:
    """Put one record into the inbox, or note in `work.seen` why not."""
    key = arrival.type, arrival.remote_id
    link = tx.links.by_remote(work.ehr, *key)
    waiting = tx.inbox.get(work.ehr, *key)
    if waiting is not None and _older(arrival, waiting.last_updated):
        work.seen.setdefault(key, "inbox")
    elif link is not None and link.status == "ended":
        work.seen[key] = "unlinked"
    elif link is not None and link.status == "linked":
        known = not arrival.deleted and (arrival.etag == link.etag != "" or _says_nothing_new(arrival, link))
        if not (known and work.seen.get(key) == "person linked"):
            work.seen[key] = "unchanged" if known else "inbox"
        if not known:
            tx.inbox.put(arrival)
        elif waiting is not None:
            tx.inbox.remove(work.ehr, *key)
        if known and arrival.etag and arrival.etag != link.etag:
            tx.links.put(replace(link, etag=arrival.etag))
    elif not arrival.deleted and concerns(arrival):
        work.seen[key] = "inbox"
        tx.inbox.put(arrival)
    else:
        work.seen[key] = "not on the roster"
        if waiting is not None:
            tx.inbox.remove(work.ehr, *key)


def _says_nothing_new(arrival: Arrival, link: Link) -> bool:
    """Whether we have seen this already: the same but for what a server writes of itself, or an older version."""
    if says_the_same(arrival.body or b"", link.base_theirs):
        return True
    return _older(arrival, _text_at(lenient(link.base_theirs), "meta", "lastUpdated"))


def _roster_filter(work: Work, people: list[Person]) -> Callable[[Arrival], bool]:
    """Return whether a record is kept: it is about a person of the roster, or about nobody."""
    here = persons_there(people)
    wanted = {one for person in people if person.standing != "linked" for one in person.identifiers}

    def concerns(arrival: Arrival) -> bool:
        if arrival.type == "Patient":
            return bool(wanted.intersection(identifiers_of(lenient(arrival.body or b""))))
        if not arrival.body:  # no JSON: nobody can say whom it is about, and it is kept by name only
            return True
        literal = subject_literal(arrival.type, lenient(arrival.body))
        named = relative(literal or "") or held(literal or "", work.peer.base_url)
        return literal is None or (named is not None and here(named.type, named.id) is not None)

    return concerns


def _look_for_missing(work: Work, resource_type: str, person: Person, met: set[str]) -> None:
    """Read each linked record of a person that a whole answer did not have: absence alone is no deletion."""
    with work.store.read() as tx:
        missing = [
            link.remote_id
            for link in tx.links.each(work.ehr, resource_type, "linked")
            if link.remote_id not in met
            and (document := tx.documents.get(resource_type, link.local_id)) is not None
            and document.subject == person.here
        ]
    for remote_id in missing:
        arrival = look(work, resource_type, remote_id)
        with work.write() as tx:
            take(work, tx, arrival, lambda _: True)


def look(work: Work, resource_type: str, remote_id: str, granted: Released | None = None) -> Arrival:
    """Read one record there. A record that is gone is an arrival, too. Raises Trouble."""
    try:
        answer = work.peer.read(resource_type, remote_id, granted)
    except Trouble as trouble:
        if trouble.kind != "gone":
            raise
        return Arrival(work.ehr, resource_type, remote_id, "", "", None, True, work.run)
    flag: Flag = "unfaithful" if answer.flag == "unfaithful" else ""
    return Arrival(
        work.ehr, resource_type, remote_id, answer.etag, answer.last_modified, answer.body, False, work.run, flag
    )


# --- reading no more than is needed


def lenient(body: bytes) -> Tree:
    """Return a document as a tree; one that no tree can hold faithfully, as well as it can be read."""
    try:
        return parse(body)
    except Unfaithful:
        return json.loads(body)
    except NotJSON:
        return None


def _text_at(tree: Tree, *steps: str) -> str:
    for step in steps:
        tree = tree.get(step) if isinstance(tree, dict) else None
    return tree if type(tree) is str else ""


def _older(arrival: Arrival, than: str) -> bool:
    one, other = _instant(arrival.last_updated), _instant(than)
    return bool(one and other) and one < other


def _instant(text: str) -> str:
    """Return an instant as the store writes it, which sorts; "" for what is none."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return ""
    return stamp(moment.astimezone(UTC)) if moment.tzinfo else ""
