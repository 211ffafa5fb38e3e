"""Who is meant by `system|value` on the command line: the one person of the store who bears that identifier."""

from __future__ import annotations

import re
from argparse import ArgumentTypeError
from datetime import date
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from adapter.store import Transaction

_REFERENCE = re.compile(r"Patient/[A-Za-z0-9\-.]{1,64}")


class NoPersonError(Exception):
    """Nobody, or more than one person, is meant. The message does not repeat what was given."""


def person(tx: Transaction, words: str) -> str:
    """Return "Patient/<id>" for `system|value`, or for such a reference itself. Raises NoPersonError.

    A person is never found by name or birth date: two people may share both.
    """
    from adapter.settings import identifier
    from adapter.store.search import Clause, Criteria, Wanted

    if _REFERENCE.fullmatch(words):
        found = tx.documents.get(*words.split("/"))
        if found is None or found.deleted:
            raise NoPersonError("nobody in the store has this reference")
        return words
    try:
        system, value = identifier(words)
    except ValueError:
        raise NoPersonError('say who is meant by an identifier, "system|value", or as Patient/<id>') from None
    bearing = Criteria("Patient", (Clause("identifier", (Wanted(system, value),)),))
    people = tx.documents.search("Patient", bearing, count=2).documents
    if not people:
        raise NoPersonError("nobody in the store bears this identifier: load the Patient first (planbridge load)")
    if len(people) > 1:
        raise NoPersonError("more than one person in the store bears this identifier: settle who is who first")
    return str(people[0].reference)


def day(text: str) -> str:
    """Return a date of the command line, 2026-01-31, as it is; "" is open. Raises argparse.ArgumentTypeError."""
    try:
        if text and (not re.fullmatch(r"\d{4}-\d\d-\d\d", text) or not date.fromisoformat(text)):
            raise ValueError
    except ValueError:
        raise ArgumentTypeError("a date is written 2026-01-31") from None
    return text
