"""A store is made, and checked for its schema, before anything is read from it.

Alembic is imported only where a store is made or upgraded: it costs more than the start of the program.
"""

from __future__ import annotations

import os
import sqlite3
import uuid
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from adapter.store.errors import StoreError
from adapter.store.schema import REVISIONS

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def created(path: Path, tenant: str) -> str:
    """Make the file and the tenant's row where they are missing, and return the tenant's key. Raises StoreError."""
    try:
        if _empty(path):
            _make(path)
        with closing(sqlite3.connect(path, timeout=10, isolation_level=None)) as driver:
            found = revision(driver)
            if found != REVISIONS[-1]:
                raise StoreError(f"{path}: {_mismatch(found)}")
            return _key(driver, tenant)
    except (sqlite3.Error, OSError) as error:
        raise StoreError(f"{path}: the store cannot be opened: {error}") from error


def upgrade(path: Path) -> tuple[str, str]:
    """Bring an existing store to this program's schema and return the revisions before and after. Raises StoreError."""
    try:
        if not path.exists():
            raise StoreError(f"{path}: there is no store here")
        with closing(sqlite3.connect(path, timeout=10)) as driver:
            before = revision(driver)
        if before not in REVISIONS:
            raise StoreError(f"{path}: {_mismatch(before)}")
        if before != REVISIONS[-1]:
            _migrate(path)
    except (sqlite3.Error, OSError) as error:
        raise StoreError(f"{path}: the store cannot be upgraded: {error}") from error
    return before, REVISIONS[-1]


def revision(driver: sqlite3.Connection) -> str:
    """Return the schema revision that a database says it has, "" for a database that is no store."""
    if not driver.execute("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").fetchone():
        return ""
    row = driver.execute("SELECT version_num FROM alembic_version").fetchone()
    return str(row[0]) if row else ""


def _mismatch(found: str) -> str:
    if not found:
        return "this file is a database, but not a Planbridge store; name another one"
    if found in REVISIONS:
        return f"the store has the older schema {found}; run: planbridge db upgrade"
    return f"the store has schema {found}, made by a newer Planbridge; this one knows up to {REVISIONS[-1]}"


def _empty(path: Path) -> bool:
    """Say whether nothing has been written there yet; a file that another process is just making counts as empty."""
    if not path.exists():
        return True
    with closing(sqlite3.connect(path, timeout=10)) as driver:
        return driver.execute("SELECT 1 FROM sqlite_master").fetchone() is None


def _make(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    # People's records: readable by their owner only. SQLite gives its side files the same permissions.
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    with closing(sqlite3.connect(path, timeout=10)) as driver:
        driver.execute("PRAGMA journal_mode = WAL")
    _migrate(path)


def _migrate(path: Path) -> None:
    """Run the missing migrations in one transaction, alone: a second process that waits finds them done."""
    from alembic import command
    from alembic.config import Config
    from sqlalchemy import create_engine
    from sqlalchemy.exc import SQLAlchemyError
    from sqlalchemy.pool import NullPool

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    engine = create_engine(
        f"sqlite:///{path}", poolclass=NullPool, isolation_level="AUTOCOMMIT", connect_args={"timeout": 10}
    )
    try:
        with engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA synchronous = FULL")
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            try:
                config.attributes["connection"] = connection
                command.upgrade(config, "head")
            except BaseException:
                connection.exec_driver_sql("ROLLBACK")
                raise
            connection.exec_driver_sql("COMMIT")
    except SQLAlchemyError as error:
        raise StoreError(f"{path}: the store cannot be made: {getattr(error, 'orig', error)}") from error


def _key(driver: sqlite3.Connection, tenant: str) -> str:
    known = "SELECT key FROM stores WHERE tenant = ?"
    row = driver.execute(known, (tenant,)).fetchone()
    if row is None:
        new = "INSERT OR IGNORE INTO stores (tenant, key, clock) VALUES (?, ?, ?)"
        driver.execute("PRAGMA synchronous = FULL")
        driver.execute(new, (tenant, str(uuid.uuid4()), _EPOCH))
        row = driver.execute(known, (tenant,)).fetchone()
    return str(row[0])
