"""What was acknowledged is there after kill -9; a store is made once, and refused where it is not ours to read."""

from __future__ import annotations

import signal
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from adapter.store import Store, StoreError, created, schema

GOAL = b'{"resourceType":"Goal"}'

# Writes documents one transaction each and says so on stdout; each goes with a disclosure that names it.
WRITER = """
import itertools, sys
from adapter.store import Store
from adapter.store.disclosures import Disclosed, Disclosure

store = Store.open(sys.argv[1])
print("open", flush=True)
for number in itertools.count():
    with store.write() as tx:
        body = b'{"resourceType":"Goal","n":%d}' % number
        document = tx.documents.put("Goal", f"{sys.argv[2]}-{number % 7}", body)
        named = Disclosed("Goal", document.id, document.version)
        tx.disclosures.add(Disclosure("actor", "TREAT", "gateway", "", (named,), "released"))
    print(document.id, document.version, flush=True)
"""


def start(path: Path, name: str) -> subprocess.Popen[str]:
    words = [sys.executable, "-c", WRITER, str(path), name]
    return subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_acknowledged_writes_survive_kill_9(tmp_path: Path) -> None:
    """Two who make the store at once, write, and are killed: nothing acknowledged is lost, no transaction is torn."""
    path = tmp_path / "store.sqlite"
    writers, said = [start(path, name) for name in "ab"], []
    for writer in writers:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "open\n"
        said += [writer.stdout.readline() for _ in range(12)]
    for writer in writers:
        writer.send_signal(signal.SIGKILL)
    for writer in writers:
        assert writer.stdout is not None
        assert writer.stderr is not None
        with writer.stdout, writer.stderr:  # not communicate(): it drops what readline() has buffered
            said += writer.stdout.readlines()
            assert writer.stderr.read() == ""
        writer.wait()
    with Store.open(path) as store, store.read() as tx:
        for line in said:
            id_, version = line.split()
            assert tx.documents.version("Goal", id_, int(version)) is not None
        for document in tx.documents.each():
            assert len(tx.disclosures.of("Goal", document.id)) == document.version


def test_store_is_made_once(tmp_path: Path) -> None:
    """A fresh file in new folders becomes a store that only its owner may read, and stays what it is."""
    path = tmp_path / "new" / "folder" / "store.sqlite"
    with Store.open(path) as store, store.write() as tx:
        tx.documents.put("Goal", "g1", GOAL)
        files = [stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()]
        key = store.key
    with Store.open(path) as again:
        assert (again.key, again.hot_get("Goal", "g1") is not None) == (key, True)
    assert set(files) == {0o600}


def test_settings_of_the_database(tmp_path: Path) -> None:
    """WAL, synchronous=FULL and foreign keys hold on each connection, and a reading one cannot write."""
    with Store.open(tmp_path / "s.sqlite") as store:
        names = ("journal_mode", "synchronous", "foreign_keys", "query_only")
        with store.read() as tx:
            reading = [tx.driver.execute(f"PRAGMA {name}").fetchone()[0] for name in names]
        with store.write() as tx:
            writing = [tx.driver.execute(f"PRAGMA {name}").fetchone()[0] for name in names]
    assert (reading, writing) == (["wal", 2, 1, 1], ["wal", 2, 1, 0])


def test_migrations_make_the_schema(tmp_path: Path) -> None:
    """The migrations, one after the other, make exactly the tables that the program works with."""
    with Store.open(tmp_path / "s.sqlite"):
        pass
    engine = create_engine(f"sqlite:///{tmp_path / 'plain.sqlite'}")
    schema.metadata.create_all(engine)
    engine.dispose()
    assert tables(tmp_path / "s.sqlite") == tables(tmp_path / "plain.sqlite")


def tables(path: Path) -> set[tuple[str, str]]:
    """Return name and columns or SQL, white space and order of constraints apart, of all that a database has."""
    with closing(sqlite3.connect(path)) as driver:
        rows = driver.execute("SELECT name, sql FROM sqlite_master WHERE name != 'alembic_version' AND sql IS NOT NULL")
        return {(name, " ".join(sorted(sql.replace("\t", " ").replace(",", " , ").split()))) for name, sql in rows}


def test_revisions_are_listed() -> None:
    """The revisions that the program knows are those that the migrations hold, in their order."""
    folder = Path(created.__file__).parent / "migrations" / "versions"
    assert tuple(sorted(file.stem for file in folder.glob("v*.py"))) == schema.REVISIONS


def test_other_files_are_refused(tmp_path: Path) -> None:
    """A file that is no database, or another program's, is refused and left as it was."""
    text, other = tmp_path / "text", tmp_path / "other.sqlite"
    text.write_bytes(b"resourceType" * 1000)
    with closing(sqlite3.connect(other)) as driver:
        driver.execute("CREATE TABLE theirs (a)")
    for path in (text, other, tmp_path):
        before = path.read_bytes() if path.is_file() else b""
        with pytest.raises(StoreError, match=str(path)):
            Store.open(path)
        assert (path.read_bytes() if path.is_file() else b"") == before


def test_other_schemas_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A newer schema is refused; an older one is, too, with the command that upgrades it."""
    path = tmp_path / "s.sqlite"
    Store.open(path).close()
    monkeypatch.setattr(created, "REVISIONS", (*schema.REVISIONS, "v9999"))
    with pytest.raises(StoreError, match="planbridge db upgrade"):
        Store.open(path)
    monkeypatch.undo()
    with closing(sqlite3.connect(path)) as driver, driver:
        driver.execute("UPDATE alembic_version SET version_num = 'v9999'")
    for refused in (Store.open, created.upgrade):
        with pytest.raises(StoreError, match="newer Planbridge"):
            refused(path)


def test_closed_store_says_so(tmp_path: Path) -> None:
    """A store that was closed answers no more."""
    store = Store.open(tmp_path / "s.sqlite")
    assert store.hot_get("Goal", "g1") is None
    store.close()
    with pytest.raises(StoreError, match="closed"):
        store.hot_get("Goal", "g1")


def test_errors_show_no_values(tmp_path: Path) -> None:
    """What a database error says and carries names no value that was to be written."""
    with Store.open(tmp_path / "s.sqlite") as store:
        with pytest.raises(StoreError) as error, store.write() as tx:
            tx.change(schema.roster.insert().values(tenant="default", ehr="clinic", person="Patient/secret"))
        told, cause = str(error.value), error.value.__cause__
    assert "secret" not in told + repr(cause) + str(cause)


def test_full_disk_is_told(tmp_path: Path) -> None:
    """A write that the disk has no room for fails as a whole, and the store goes on reading."""
    with Store.open(tmp_path / "s.sqlite") as store:
        with store.write() as tx:
            tx.documents.put("Goal", "g1", GOAL)
            pages = tx.driver.execute("PRAGMA page_count").fetchone()[0]
            tx.driver.execute(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(StoreError, match="cannot be written"), store.write() as tx:
            tx.documents.put("Goal", "g2", b'{"resourceType":"Goal","x":"' + b"x" * 100_000 + b'"}')
        assert (store.hot_get("Goal", "g1") is None, store.hot_get("Goal", "g2")) == (False, None)
