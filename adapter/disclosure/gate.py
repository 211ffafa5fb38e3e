"""The one gate: all that leaves the store, by socket, file or page, leaves as a `Released`, and only here is one made.

    decide   consent.decide, one answer a document: what is denied is absent
    redact   an outsider's copy is another document, made for it and never kept
    record   who got which version of what, why, and what was withheld: durable before the bytes leave

In a writing transaction the record is part of it; the caller sends nothing before it is committed. In a reading one
`record` is called before a Released exists (`recorder.Recorder` commits many at once).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from adapter.disclosure.consent import Actor, Decision, Grant, Identifier, decide
from adapter.disclosure.grants import read_consent
from adapter.disclosure.redaction import contained_types, redact, without_narrative
from adapter.disclosure.share import NEVER, ROLE_ONLY, by_role, contained_shares, may_say_share, share_of
from adapter.store import Document, StoreError, Transaction
from adapter.store.disclosures import Disclosed, Disclosure
from adapter.store.index import literal
from mappings.lens.documents import Refused
from mappings.releases import convert
from mappings.tree import NotJSON, Tree, dump, parse

Record = Callable[[Disclosure], int]
"""Makes the record of one disclosure durable and returns its number, or raises StoreError."""

Seen = Callable[[Tree], Tree]
"""A tree of a document -> the same as the receiver may see it."""

AsSent = Callable[[Document, Seen], bytes | None]
"""The bytes that stand for a document on the wire, None where they are the document itself: a change of it, its ids and
references as the receiver names them. Made of nothing but what `Seen` shows and what the receiver has already."""

_MADE_HERE = object()


class ReleasedDocument(NamedTuple):
    """One document as this actor may see it. `body` is what leaves; b"" for a deletion."""

    type: str
    id: str
    version: int
    last_updated: str
    body: bytes
    etag: str
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class Released:
    """What may leave, and the number of its record. Made by `release` and `release_name` alone.

    person  "Patient/<id>" whom a request may name, "" where documents were released
    """

    documents: tuple[ReleasedDocument, ...]
    disclosure: int
    person: str = ""
    made: object = field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.made is not _MADE_HERE:
            raise TypeError("only the gate makes a Released: call release()")


def release(
    tx: Transaction | None,
    actor: Actor,
    purpose: str,
    documents: Iterable[Document],
    *,
    channel: str,
    now: datetime,
    record: Record | None = None,
    as_sent: AsSent | None = None,
) -> Released:
    """Return what of the documents may leave to this actor for this purpose, in the order given, and record it.

    tx       None is enough for the programme itself, for whom no consent is read
    channel  by which way it leaves: "fhir-read", "push" ...
    record   where the transaction only reads; else the record is written in it
    as_sent  makes the bytes of each document that may leave and is not deleted

    Raises StoreError where the record cannot be written: then nothing may leave.
    """
    view = View(tx, actor, purpose, now)
    judged = [(document, view.may(document)) for document in documents]
    shown = tuple(view.shown(document, as_sent) for document, decision in judged if decision.allowed)
    number = _written(tx, _disclosure(view, channel, judged, None), record)
    return Released(shown, number, made=_MADE_HERE)


def release_name(
    tx: Transaction,
    actor: Actor,
    purpose: str,
    person: str,
    *,
    channel: str,
    now: datetime,
    record: Record | None = None,
) -> Released | None:
    """Return leave to name a person ("Patient/<id>") in a request to this actor, None where there is none.

    Both answers are recorded. Raises StoreError where they cannot be.
    """
    view = View(tx, actor, purpose, now)
    document = tx.documents.get(*person.split("/", 1)) if literal(person) else None
    decision = view.may(document) if document and not document.deleted else Decision(False, "no-person")
    judged = [(document, decision)] if document else []
    number = _written(tx, _disclosure(view, channel, judged, decision), record)
    return Released((), number, person, made=_MADE_HERE) if decision.allowed else None


def may(tx: Transaction, actor: Actor, purpose: str, document: Document, now: datetime) -> Decision:
    """Return the decision on one document without releasing it: for guards of writes, and for `planbridge why`."""
    return View(tx, actor, purpose, now).may(document)


class View:
    """What one actor may see for one purpose at one moment: consents are read once a person."""

    __slots__ = ("_grants", "_tx", "actor", "now", "purpose")

    def __init__(self, tx: Transaction | None, actor: Actor, purpose: str, now: datetime) -> None:
        self._tx, self.actor, self.purpose, self.now = tx, actor, purpose, now
        self._grants: dict[str, tuple[Grant, ...]] = {}

    @property
    def tx(self) -> Transaction:
        """The transaction in which consents are read."""
        if self._tx is None:
            raise StoreError("to decide for anyone but the programme needs a transaction")
        return self._tx

    def may(self, document: Document) -> Decision:
        """Decide on one document. What cannot be read cannot be redacted, and stays within the programme."""
        decision = self.decide(document.type, document.subject)
        if decision.allowed and self.actor.outsider and document.flag == "unfaithful":
            return Decision(False, "not-readable")
        if decision.allowed and self.actor.stranger and _share(document) == NEVER:
            return Decision(False, "never-shared")
        return decision

    def decide(self, resource_type: str, subject: str) -> Decision:
        """Decide on any record of a type about a person."""
        by_consent = subject and self.actor.stranger
        return decide(
            self.actor,
            self.purpose,
            resource_type=resource_type,
            subject=subject,
            consents=self._of(subject) if by_consent else (),
            now=self.now,
        )

    def shown(self, document: Document, as_sent: AsSent | None = None) -> ReleasedDocument:
        """Return a document that may be read as this actor sees it."""
        body = b"" if document.deleted else document.served
        sent = as_sent(document, lambda tree: self.redacted(document, tree)) if body and as_sent else None
        if sent is not None:
            body = sent
        elif body and self.actor.outsider:
            tree = parse(body)
            seen = self.redacted(document, tree)
            body = body if seen is tree else dump(seen)
        return ReleasedDocument(
            document.type,
            document.id,
            document.version,
            document.last_updated,
            body,
            f'W/"{document.version}"',
            document.deleted,
        )

    def both(self, document: Document) -> tuple[Tree, Tree]:
        """Return a living document as it is stored and as this actor sees it, for who writes onto it.

        One and the same object where nothing is hidden.
        """
        tree = parse(document.served)
        return tree, self.redacted(document, tree)

    def knows(self, resource_type: str, id: str) -> bool:  # noqa: A002 - FHIR's word
        """Return whether this actor may read a living document of that name."""
        document = self.tx.documents.get(resource_type, id)
        return document is not None and not document.deleted and self.may(document).allowed

    def redacted(self, document: Document, tree: Tree) -> Tree:
        """Return the tree of a document as this actor sees it; the tree itself where nothing is hidden."""
        if not self.actor.outsider:
            return tree
        parts = contained_types(tree) if document.subject else {}
        shares = contained_shares(tree) if self.actor.stranger else {}

        def withheld(reference: str) -> bool:
            if reference.startswith("#"):
                kept = shares.get(reference) == NEVER
                return kept or (reference in parts and not self.decide(parts[reference], document.subject).allowed)
            return reference != document.subject and self._withheld(reference)

        def is_role_only(reference: str) -> bool:
            return shares.get(reference, "") == ROLE_ONLY or self._role_only(reference)

        named = by_role(tree, is_role_only) if self.actor.stranger else tree
        return redact(named if named is tree else without_narrative(named), withheld)

    def _withheld(self, reference: str) -> bool:
        target = literal(reference)
        document = self.tx.documents.get(*target) if target else None
        return document is not None and not self.may(document).allowed

    def _role_only(self, reference: str) -> bool:
        target = literal(reference)
        document = self.tx.documents.get(*target) if target and target[0] == "RelatedPerson" else None
        return document is not None and _share(document) == ROLE_ONLY

    def _of(self, subject: str) -> tuple[Grant, ...]:
        if subject not in self._grants:
            self._grants[subject] = tuple(self._grant(consent) for consent in self.tx.documents.consents(subject))
        return self._grants[subject]

    def _grant(self, consent: Document) -> Grant:
        try:
            tree = convert(parse(consent.body), consent.release, "R4")
        except (NotJSON, Refused):
            tree = None  # nobody can say what it permits: it denies
        return read_consent(tree, self._identifiers)

    def _identifiers(self, reference: str) -> Iterable[Identifier]:
        target = literal(reference)
        organization = self.tx.documents.get(*target) if target and target[0] == "Organization" else None
        if organization is None or organization.deleted or organization.flag:
            return
        for identifier in parse(organization.body).get("identifier", []):
            if isinstance(identifier, dict):
                yield str(identifier.get("system", "")), str(identifier.get("value", ""))


def _share(document: Document) -> str:
    return share_of(parse(document.body)) if may_say_share(document.body) and document.flag != "unfaithful" else ""


def _written(tx: Transaction | None, new: Disclosure, record: Record | None) -> int:
    if record is not None:
        return record(new)
    if tx is None:
        raise StoreError("a disclosure needs a transaction or a recorder to be on record")
    return tx.disclosures.add(new)


def _disclosure(
    view: View, channel: str, judged: list[tuple[Document, Decision]], whole: Decision | None
) -> Disclosure:
    actor = view.actor
    allowed = sum([decision.allowed for _, decision in judged])
    if whole is not None and not whole.allowed:
        outcome = "withheld"
    else:
        outcome = "released" if allowed == len(judged) else "partial" if allowed else "withheld"
    return Disclosure(
        actor.name,
        view.purpose,
        channel,
        "|".join(actor.organization) if actor.organization else actor.person,
        tuple(
            [
                Disclosed(found.type, found.id, found.version, "" if decision.allowed else decision.reason)
                for found, decision in judged
            ]
        ),
        outcome,
        whole.reason if whole else "",
    )
