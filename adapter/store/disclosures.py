"""What left the programme, to whom, for what purpose, and what was held back: written once, never changed.

An accounting of disclosures (42 CFR 2.25; 45 CFR 164.528) is read from here by document.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Select, bindparam, func, insert, select

from adapter.store.held import Prepared
from adapter.store.schema import disclosed, disclosures

if TYPE_CHECKING:
    from adapter.store.store import Transaction


@dataclass(frozen=True, slots=True)
class Disclosed:
    """A document of a disclosure. `reason` is "" where it was released, else the code of why it was not."""

    type: str
    id: str
    version: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Disclosure:
    """One disclosure, or one refusal.

    at         when it was decided: ISO instant; "" for the time of the transaction that writes it
    actor      who asked: the name of a client or an EHR
    channel    gateway, push, page ...
    recipient  who gets it: "system|value" of the organization, "Patient/<id>" or ""
    outcome    released | partial | withheld
    reason     code of the reason that holds for the whole of it, else ""
    id         given by the store
    """

    actor: str
    purpose: str
    channel: str
    recipient: str
    documents: tuple[Disclosed, ...]
    outcome: str
    reason: str = ""
    at: str = ""
    id: int = 0


_all = select(disclosures)
_FIELDS = ("at", "actor", "purpose", "channel", "recipient", "outcome", "reason")
_ADD = Prepared(insert(disclosures).values({name: bindparam(name) for name in ("tenant", *_FIELDS)}))
_ADD_DOCUMENT = Prepared(insert(disclosed))


class Disclosures:
    """The disclosures of one transaction. There is no way to change or remove one."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def add(self, new: Disclosure) -> int:
        """Write a disclosure down and return its id."""
        [number] = self.add_many([new])
        return number

    def add_many(self, new: Iterable[Disclosure]) -> list[int]:
        """Write disclosures down, in order, and return their ids: one transaction for many answers that wait."""
        tx, ids = self._tx, []
        for one in new:
            row = {name: getattr(one, name) for name in _FIELDS} | {"tenant": tx.tenant, "at": one.at or tx.at}
            number = int(_ADD.run(tx.driver, **row).lastrowid or 0)
            _ADD_DOCUMENT.many(
                tx.driver,
                (
                    {
                        "disclosure": number,
                        "position": position,
                        "tenant": tx.tenant,
                        "type": document.type,
                        "id": document.id,
                        "version": document.version,
                        "reason": document.reason,
                    }
                    for position, document in enumerate(one.documents)
                ),
            )
            ids.append(number)
        return ids

    def get(self, id: int) -> Disclosure | None:  # noqa: A002
        """Return one disclosure."""
        return next(iter(self._read(_all.where(disclosures.c.id == id))), None)

    def latest(self, count: int = 50) -> tuple[Disclosure, ...]:
        """Return the last disclosures, newest first."""
        return self._read(_all.order_by(disclosures.c.id.desc()).limit(count))

    def of(self, type: str, id: str) -> tuple[Disclosure, ...]:  # noqa: A002 - FHIR's words
        """Return every disclosure in which a document was released or held back, newest first."""
        document = disclosed.c
        named = select(document.disclosure).where(
            document.tenant == self._tx.tenant, document.type == type, document.id == id
        )
        return self._read(_all.where(disclosures.c.id.in_(named)).order_by(disclosures.c.id.desc()))

    def count(self) -> int:
        """Return how many there are."""
        mine = disclosures.c.tenant == self._tx.tenant
        return int(self._tx.rows(select(func.count()).select_from(disclosures).where(mine))[0][0])

    def _read(self, query: Select[Any]) -> tuple[Disclosure, ...]:
        found = self._tx.rows(query.where(disclosures.c.tenant == self._tx.tenant))
        documents: dict[int, list[Disclosed]] = {row.id: [] for row in found}
        part = disclosed.c
        for number, *rest in self._tx.rows(
            select(part.disclosure, part.type, part.id, part.version, part.reason)
            .where(part.disclosure.in_(documents))
            .order_by(part.disclosure, part.position)
        ):
            documents[number].append(Disclosed(*rest))
        return tuple(
            Disclosure(
                row.actor, row.purpose, row.channel, row.recipient, tuple(documents[row.id]), row.outcome, row.reason,
                row.at, row.id,
            )
            for row in found
        )  # fmt: skip
