"""Which record here is which record there, and what both sides last agreed on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from sqlalchemy import ColumnElement, func, select

from adapter.store.records import columns, record, upsert, values
from adapter.store.schema import links as table

if TYPE_CHECKING:
    from adapter.store.store import Transaction


@dataclass(frozen=True, slots=True)
class Link:
    """One record on both sides.

    etag            what the server called the version of base_theirs; "" where it gives none
    base_ours       our bytes at the last agreement, base_theirs the server's: they normalise, so both are kept
    ours_version    our version of base_ours
    status          linked | ended (deleted here, kept there) | gone (deleted there)
    ours_is_origin  the record was made here: it carries our identifier there
    """

    ehr: str
    type: str
    local_id: str
    remote_type: str
    remote_id: str
    etag: str
    base_ours: bytes
    base_theirs: bytes
    ours_version: int
    status: Literal["linked", "ended", "gone"] = "linked"
    ours_is_origin: bool = False


_all = select(*columns(Link, table))
_row = table.c


class Links:
    """The links of one transaction."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def get(self, ehr: str, type: str, local_id: str) -> Link | None:  # noqa: A002 - FHIR's word
        """Return the link of a record of ours."""
        return self._first(_row.ehr == ehr, _row.type == type, _row.local_id == local_id)

    def by_remote(self, ehr: str, remote_type: str, remote_id: str) -> Link | None:
        """Return the link of a record of theirs: the one that stands, else one that has ended."""
        return self._first(_row.ehr == ehr, _row.remote_type == remote_type, _row.remote_id == remote_id)

    def put(self, link: Link) -> None:
        """Write a link in the place of the one its record of ours has.

        Another record of ours that is linked to the same record of theirs makes the transaction fail: end that first.
        """
        self._tx.change(upsert(table, {"tenant": self._tx.tenant, **values(link)}))

    def each(self, ehr: str, type: str | None = None, status: str | None = None) -> Iterator[Link]:  # noqa: A002
        """Yield the links of an EHR, by type and local id."""
        wanted = [_row.ehr == ehr, *([_row.type == type] if type else []), *([_row.status == status] if status else [])]
        query = _all.where(_row.tenant == self._tx.tenant, *wanted).order_by(_row.type, _row.local_id)
        return (record(Link, row) for row in self._tx.rows(query))

    def counts(self) -> dict[str, dict[str, int]]:
        """Return how many links each EHR has, by status."""
        query = select(_row.ehr, _row.status, func.count()).where(_row.tenant == self._tx.tenant)
        found: dict[str, dict[str, int]] = {}
        for ehr, status, count in self._tx.rows(query.group_by(_row.ehr, _row.status).order_by(_row.ehr, _row.status)):
            found.setdefault(ehr, {})[status] = count
        return found

    def _first(self, *wanted: ColumnElement[bool]) -> Link | None:
        query = _all.where(_row.tenant == self._tx.tenant, *wanted)
        rows = self._tx.rows(query.order_by((_row.status == "linked").desc(), _row.local_id).limit(1))
        return record(Link, rows[0]) if rows else None
