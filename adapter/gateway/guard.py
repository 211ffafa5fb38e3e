"""What an outsider may write: only what it may read, and nothing of it clears or reveals what is hidden from it.

The programme writes everything. A person writes nothing here. A partner writes records about persons who consented to
it; consents, persons and instruments are the programme's to write.
"""

from __future__ import annotations

from adapter.disclosure.consent import Actor
from adapter.disclosure.gate import View
from adapter.disclosure.redaction import redact
from adapter.disclosure.restore import restore
from adapter.gateway.outcome import Refusal, not_found, refusal
from adapter.store import Document
from adapter.store.index import mentions, subject
from mappings.issues import Issue
from mappings.terms.systems import LOCAL
from mappings.tree import Tree

PROGRAMMES_OWN = frozenset({"Consent", "Patient", "Questionnaire"})
"""Types that no partner writes."""


def admit(actor: Actor, kind: str) -> None:
    """Let a writer pass who may write records of a type at all. Raises Refusal (403)."""
    if actor.kind == "programme":
        return
    if actor.kind != "partner":
        raise refusal(403, "forbidden", "a person's token reads; it does not write")
    if kind in PROGRAMMES_OWN:
        raise refusal(403, "forbidden", f"a partner does not write {kind}; the programme does")


def created(view: View, kind: str, tree: Tree) -> None:
    """Let an outsider's new record pass: about a person who consented to it. Raises Refusal (404, 422)."""
    person = subject(kind, "", tree)
    if not person:
        raise refusal(422, "required", "a record names the person it is about", path=f"{kind}.subject")
    if not view.decide(kind, person).allowed:
        raise not_found()
    _clean(view, kind, tree, mentions({"reference": person}))


def updated(view: View, current: Document, sent: Tree) -> Tree:
    """Return what to store for an outsider's update: what it sent, with what was hidden from it.

    Raises Refusal: 404 where it may not read the record, 410 where that was deleted, 422 for what it may not say, 409
    where its change and the hidden parts cannot both stand.
    """
    readable(view, current)
    if current.deleted:
        raise gone()
    stored, served = view.both(current)
    if subject(current.type, current.id, sent) != current.subject:
        raise refusal(422, "business-rule", "a record stays with its person", path=f"{current.type}.subject")
    _clean(view, current.type, sent, mentions(served))
    united = restore(current.type, stored, served, sent)
    if united.tree is None:
        raise Refusal(409, [Issue(clash.path, "conflict", clash.reason, _ASK) for clash in united.conflicts])
    return united.tree


def deleted(view: View, current: Document) -> None:
    """Let an outsider's deletion pass: nothing in the record was hidden from it. Raises Refusal (404, 409, 410)."""
    readable(view, current)
    if current.deleted:
        raise gone()
    stored, served = view.both(current)
    if served is not stored:
        raise refusal(409, "conflict", "something the programme keeps hangs on this record", _ASK)


def readable(view: View, document: Document | None) -> None:
    """Let pass who may read a document. Raises Refusal (404)."""
    if document is None or not view.may(document).allowed:
        raise not_found()


def gone() -> Refusal:
    """Return the answer for a deleted record."""
    return refusal(410, "deleted", "the record was deleted; its earlier versions can still be read")


_ASK = "Ask the programme; its staff can make the change."


def _clean(view: View, kind: str, sent: Tree, known: set[tuple[str, str]]) -> None:
    """Nothing of ours in it, and no new reference to what the writer may not read; unknown and withheld look alike."""
    if redact(sent, lambda _: False) is not sent:
        raise refusal(422, "business-rule", f"extensions below {LOCAL} are the programme's own", path=kind)
    for target in sorted(mentions(sent) - known):
        if not view.knows(*target):
            raise refusal(422, "not-found", "a reference names no record that this client may read", path=kind)
