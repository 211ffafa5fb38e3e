"""One SQLite file that holds all that the programme keeps: opened once, read and written in explicit transactions.

    store = Store.open(Path(".planbridge/store.sqlite"))
    with store.write() as tx:                # BEGIN IMMEDIATE; committed and on disk when the block ends
        tx.documents.put("Goal", "g1", body)
    with store.read() as tx:                 # one snapshot, whatever others write meanwhile
        goal = tx.documents.get("Goal", "g1")

WAL with synchronous=FULL: what a committed write() promised survives kill -9 and power loss (sqlite.org/pragma.html).
"""

from __future__ import annotations

import sqlite3
import threading
import uuid
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Executable, bindparam, create_engine, event, select, update
from sqlalchemy.engine import CursorResult
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from adapter.store import schema
from adapter.store.clients import BY_TOKEN, Client, Clients, client
from adapter.store.conflicts import Conflicts
from adapter.store.created import created
from adapter.store.cursors import Cursors
from adapter.store.disclosures import Disclosures
from adapter.store.documents import NEWEST, Document, Documents, document
from adapter.store.errors import StoreError
from adapter.store.held import Prepared
from adapter.store.inbox import Inbox
from adapter.store.leases import Leases
from adapter.store.links import Links
from adapter.store.outbox import Outbox
from adapter.store.roster import Roster
from adapter.store.runs import Runs
from adapter.store.search import stamp
from mappings.terms.systems import RFC_3986

PATIENCE = 10.0
"""Seconds that a writer waits for another one before it says that the store is busy."""

_CLOCK = Prepared(select(schema.stores.c.clock).where(schema.stores.c.tenant == bindparam("tenant")))
_TICK = Prepared(update(schema.stores).where(schema.stores.c.tenant == bindparam("of")).values(clock=bindparam("at")))


def utc_now() -> datetime:
    """Return the present moment in UTC."""
    return datetime.now(UTC)


class Transaction:
    """What can be read and written between begin and commit. Families of records are its attributes."""

    def __init__(self, store: Store, connection: Connection, driver: sqlite3.Connection, *, writes: bool) -> None:
        self.store, self.tenant = store, store.tenant
        self.writes = writes
        self._connection: Connection | None = connection
        self._driver: sqlite3.Connection | None = driver
        self._at = ""
        self.documents = Documents(self)
        self.clients = Clients(self)
        self.disclosures = Disclosures(self)
        self.links = Links(self)
        self.inbox = Inbox(self)
        self.cursors = Cursors(self)
        self.outbox = Outbox(self)
        self.runs = Runs(self)
        self.conflicts = Conflicts(self)
        self.leases = Leases(self)
        self.roster = Roster(self)

    @property
    def at(self) -> str:
        """The time of this transaction, in all that it writes: now, but never before what was written earlier."""
        if not self._at:
            if not self.writes:
                raise StoreError("this transaction only reads: open store.write()")
            [last] = _CLOCK.one(self.driver, tenant=self.tenant)
            self._at = _not_before(last, stamp(self.store.now()))
            _TICK.run(self.driver, of=self.tenant, at=self._at)
        return self._at

    @property
    def driver(self) -> sqlite3.Connection:
        """The driver connection, for prepared statements."""
        if self._driver is None:
            raise StoreError("this transaction has ended")
        return self._driver

    def rows(self, statement: Executable) -> list[Any]:
        """Run a Core query and return all rows."""
        return list(self.change(statement).all())

    def change(self, statement: Executable, rows: list[dict[str, Any]] | None = None) -> CursorResult[Any]:
        """Run a Core statement, once or once for each row."""
        if self._connection is None:
            raise StoreError("this transaction has ended")
        return self._connection.execute(statement, rows)

    def end(self) -> None:
        """Take the connections away, so that nothing is written outside the transaction."""
        self._connection = self._driver = None


def _not_before(last: str, now: str) -> str:
    """Return `now`, or a millisecond after `last` where the clock stepped back."""
    return now if now >= last else stamp(datetime.fromisoformat(last) + timedelta(milliseconds=1))


class Store:
    """The store of one tenant. Safe to share between threads; each process opens its own."""

    def __init__(self, path: Path, tenant: str, now: Callable[[], datetime], key: str) -> None:
        self.path, self.tenant, self.now, self.key = path, tenant, now, key
        self._reading, self._writing = _engine(path, reads_only=True), _engine(path, reads_only=False)
        self._readers: deque[_Held] = deque()
        self._writers: deque[_Held] = deque()
        self._turn = threading.Lock()
        self._writer = 0
        self._closed = False

    @classmethod
    def open(cls, path: Path | str, tenant: str = "default", now: Callable[[], datetime] = utc_now) -> Store:
        """Open a store, making the file (readable by its owner only) where there is none.

        Raises StoreError for a file that is no store, or whose schema is older or newer than this program's.
        """
        return cls(Path(path), tenant, now, created(Path(path), tenant))

    def close(self) -> None:
        """Close the connections; every committed write is on disk already."""
        self._closed = True
        for held in (self._readers, self._writers):
            while held:
                held.pop().connection.close()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def identifier(self, type: str, id: str) -> tuple[str, str]:  # noqa: A002 - FHIR's words
        """Return (system, value) of OUR identifier of a document: found on a remote record, it proves it to be ours."""
        return RFC_3986, uuid.uuid5(uuid.UUID(self.key), f"{self.tenant}/{type}/{id}").urn

    @contextmanager
    def read(self) -> Iterator[Transaction]:
        """Give a transaction that sees one state of the store. Raises StoreError where it cannot be read."""
        with self._held(self._readers, self._reading) as held, _said(self.path, "read"):
            held.driver.execute("BEGIN")
            tx = Transaction(self, held.connection, held.driver, writes=False)
            try:
                yield tx
            finally:
                tx.end()
                held.driver.rollback()

    @contextmanager
    def write(self) -> Iterator[Transaction]:
        """Give the one writing transaction there is; what it wrote is on disk when the block ends, or not at all.

        Raises StoreError where the store cannot be written or another writer keeps it too long.
        """
        with self._alone(), self._held(self._writers, self._writing) as held, _said(self.path, "written"):
            held.driver.execute("BEGIN IMMEDIATE")
            tx = Transaction(self, held.connection, held.driver, writes=True)
            try:
                yield tx
                tx.end()
                held.driver.commit()
            except BaseException:
                tx.end()
                held.driver.rollback()
                raise

    def hot_get(self, type: str, id: str) -> Document | None:  # noqa: A002
        """Return the newest version of a document as `documents.get` does, without a transaction around it."""
        row = self._hot(NEWEST, {"tenant": self.tenant, "type": type, "id": id})
        return None if row is None else document(row)

    def hot_client(self, token_hash: str) -> Client | None:
        """Return the client whose token has this hash, as `clients.by_token` does, without a transaction around it."""
        row = self._hot(BY_TOKEN, {"tenant": self.tenant, "token_hash": token_hash})
        return None if row is None else client(row)

    def _hot(self, statement: Prepared, values: dict[str, str]) -> Any:
        held = self._take(self._readers, self._reading)
        try:
            return held.driver.execute(statement.sql, values).fetchone()
        except sqlite3.Error as error:
            raise _failed(self.path, "read", error) from error
        finally:
            self._give(self._readers, held)

    def _take(self, free: deque[_Held], engine: Engine) -> _Held:
        if self._closed:
            raise StoreError(f"{self.path}: this store has been closed")
        try:
            return free.pop()
        except IndexError:
            return _Held(engine, self.path)

    def _give(self, free: deque[_Held], held: _Held) -> None:
        if self._closed:
            held.connection.close()
        else:
            free.append(held)

    @contextmanager
    def _held(self, free: deque[_Held], engine: Engine) -> Iterator[_Held]:
        held = self._take(free, engine)
        try:
            yield held
        finally:
            self._give(free, held)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        me = threading.get_ident()
        if self._writer == me:
            raise StoreError("a write is open in this thread already: pass its transaction on")
        if not self._turn.acquire(timeout=PATIENCE):
            raise StoreError(f"{self.path}: another writer has kept the store for {PATIENCE:.0f} s; try again")
        self._writer = me
        try:
            yield
        finally:
            self._writer = 0
            self._turn.release()


class _Held:
    """A connection that is kept open, and the driver's below it. Transactions are begun on the driver."""

    __slots__ = ("connection", "driver")

    def __init__(self, engine: Engine, path: Path) -> None:
        with _said(path, "opened"):
            self.connection = engine.connect()
            driver = self.connection.connection.driver_connection
        assert isinstance(driver, sqlite3.Connection)
        self.driver = driver


def _engine(path: Path, *, reads_only: bool) -> Engine:
    engine = create_engine(
        f"sqlite:///{path}",
        poolclass=NullPool,  # connections are held by the store
        isolation_level="AUTOCOMMIT",  # transactions are begun by the store, explicitly
        hide_parameters=True,  # an error never shows what was to be written
        connect_args={"timeout": PATIENCE, "check_same_thread": False},
    )

    @event.listens_for(engine, "connect")
    def _(driver: sqlite3.Connection, _: object) -> None:
        driver.execute("PRAGMA foreign_keys = ON")
        driver.execute("PRAGMA synchronous = FULL")
        driver.execute(f"PRAGMA query_only = {'ON' if reads_only else 'OFF'}")

    return engine


@contextmanager
def _said(path: Path, done: str) -> Iterator[None]:
    """Turn the database's errors into ours."""
    try:
        yield
    except (sqlite3.Error, SQLAlchemyError) as error:
        raise _failed(path, done, error) from error


def _failed(path: Path, done: str, error: Exception) -> StoreError:
    cause = getattr(error, "orig", None) or error
    if getattr(cause, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY:
        return StoreError(f"{path}: another process has kept the store for {PATIENCE:.0f} s; try again")
    return StoreError(f"{path}: the store cannot be {done}: {cause}")
