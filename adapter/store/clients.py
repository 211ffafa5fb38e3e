"""Who may call the gateway: a name, a role, and the hash of a token that was shown once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, delete, insert, select

from adapter.store.errors import StoreError
from adapter.store.held import Prepared
from adapter.store.records import columns, record, values
from adapter.store.schema import clients as table

if TYPE_CHECKING:
    from adapter.store.store import Transaction


@dataclass(frozen=True, slots=True)
class Client:
    """A client of the gateway.

    role          programme | person | partner
    token_hash    hash of the bearer token; the token itself is never stored
    person        "Patient/<id>" whom a client of role person is, else ""
    organization  "system|value" by which a Consent names a partner, else ""
    purposes      codes of the purposes that a partner may ask for: ("TREAT",)
    created       when it was added
    """

    name: str
    role: str
    token_hash: str
    person: str = ""
    organization: str = ""
    purposes: tuple[str, ...] = ()
    created: str = ""


_all = select(*columns(Client, table))
BY_TOKEN = Prepared(_all.where(table.c.tenant == bindparam("tenant"), table.c.token_hash == bindparam("token_hash")))


@lru_cache(maxsize=1024)
def client(row: tuple[str, ...]) -> Client:
    """Return the client of a row of BY_TOKEN. Every request asks for one, and rows seldom differ."""
    return record(Client, row)


class Clients:
    """The clients of one transaction."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def add(self, new: Client) -> Client:
        """Add a client, dated now. Raises StoreError where the name or the token is taken."""
        if self.get(new.name):
            raise StoreError(f"there is a client {new.name!r} already; choose another name or remove it")
        new = replace(new, created=self._tx.at)
        self._tx.change(insert(table).values(tenant=self._tx.tenant, **values(new)))
        return new

    def by_token(self, token_hash: str) -> Client | None:
        """Return the client whose token has this hash."""
        row = BY_TOKEN.one(self._tx.driver, tenant=self._tx.tenant, token_hash=token_hash)
        return client(row) if row else None

    def get(self, name: str) -> Client | None:
        """Return the client of a name."""
        return next((one for one in self.all() if one.name == name), None)

    def all(self) -> tuple[Client, ...]:
        """Return all clients, by name."""
        rows = self._tx.rows(_all.where(table.c.tenant == self._tx.tenant).order_by(table.c.name))
        return tuple(client(tuple(row)) for row in rows)

    def remove(self, name: str) -> bool:
        """Remove a client: its token is refused from now on. Return whether there was one."""
        found = self._tx.change(delete(table).where(table.c.tenant == self._tx.tenant, table.c.name == name))
        return found.rowcount > 0
