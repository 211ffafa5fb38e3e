"""Documents in the store: versions, tombstones, who wins, what is kept of bytes that no tree can hold, and time."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapter.store import Store, StoreError, UnknownDocument, VersionConflict
from mappings.tree import NotJSON, Unfaithful


def goal(text: str = "walk", **more: str) -> bytes:
    extra = "".join(f',"{key}":{value}' for key, value in more.items())
    return f'{{"resourceType":"Goal","description":{{"text":"{text}"}}{extra}}}'.encode()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "store.sqlite") as store:
        yield store


def test_versions_are_kept(store: Store) -> None:
    """Each put and delete is a version; all of them stay readable, newest first, and say what they are."""
    with store.write() as tx:
        tx.documents.put("Goal", "g1", goal("walk"), born="native")
        tx.documents.put("Goal", "g1", goal("swim"))
        gone = tx.documents.delete("Goal", "g1")
        tx.documents.put("Goal", "g1", goal("run"))
        versions = tx.documents.history("Goal", "g1")
        assert [tx.documents.version("Goal", "g1", v.version) for v in versions] == list(versions)
        assert tx.documents.get("Goal", "g2") is None
        assert [tx.documents.version("Goal", "g1", number) for number in (-1, 0, 5, 10**30)] == [None] * 4
    assert store.hot_get("Goal", "g1") == versions[0]
    assert (gone.version, gone.deleted, gone.body, gone.served) == (3, True, b"", b"")
    assert [(v.version, v.deleted, v.body, v.born) for v in versions] == [
        (4, False, goal("run"), "fhir"),
        (3, True, b"", "fhir"),
        (2, False, goal("swim"), "fhir"),
        (1, False, goal("walk"), "native"),
    ]


def test_served_document_put_back_is_no_version(store: Store) -> None:
    """What says the same (the bytes, what we served of them, other white space) makes no version."""
    with store.write() as tx:
        first = tx.documents.put("Goal", "g1", goal())
        for same in (goal(), first.served, goal().replace(b":", b" : "), b"\xef\xbb\xbf" + goal()):
            assert tx.documents.put("Goal", "g1", same) == first
        assert len(tx.documents.history("Goal", "g1")) == 1


@pytest.mark.parametrize(
    ("was", "now"),
    [("1.5", "1.50"), ("1", '"1"'), ('{"a":1,"b":2}', '{"b":2,"a":1}'), ("[]", "null"), ('"é"', '"e"')],
)
def test_any_other_literal_is_a_version(store: Store, was: str, now: str) -> None:
    """A number written otherwise, another order of keys, another type: each is a change."""
    with store.write() as tx:
        tx.documents.put("Goal", "g1", goal(x=was))
        assert tx.documents.put("Goal", "g1", goal(x=now)).version == 2


def test_flag_and_release_are_content(store: Store) -> None:
    """The same bytes under another flag or release are a version: they mean something else."""
    with store.write() as tx:
        tx.documents.put("Goal", "g1", goal(), flag="invalid")
        assert tx.documents.put("Goal", "g1", goal()).version == 2
        assert tx.documents.put("Goal", "g1", goal(), release="R5").version == 3


# fmt: off
EXPECTED = [
    # expected  allowed on: nothing, version 1, a deletion as version 2
    (None,      (True,  True,  True)),
    (0,         (True,  False, True)),
    (1,         (False, True,  False)),
    (2,         (False, False, False)),
]
# fmt: on


@pytest.mark.parametrize(("expected", "allowed"), EXPECTED)
def test_expected_version(store: Store, expected: int | None, allowed: tuple[bool, bool, bool]) -> None:
    """A writer who expects another version than the living one (0: none) is refused and shown what stands."""
    with store.write() as tx:
        for id_ in ("one", "deleted"):
            tx.documents.put("Goal", id_, goal())
        tx.documents.delete("Goal", "deleted")
        for id_, may in zip(("nothing", "one", "deleted"), allowed, strict=True):
            before = tx.documents.get("Goal", id_)
            try:
                written = tx.documents.put("Goal", id_, goal("swim"), expected=expected)
            except VersionConflict as conflict:
                outcome, right = (False, conflict.current), (may, before)
            else:
                outcome, right = (True, written.version), (may, before.version + 1 if before else 1)
            assert outcome == right


def test_delete_expects_a_version_too(store: Store) -> None:
    """Deleting a version that is not current is refused; deleting twice leaves one tombstone; nothing cannot end."""
    with store.write() as tx:
        tx.documents.put("Goal", "g1", goal())
        with pytest.raises(VersionConflict):
            tx.documents.delete("Goal", "g1", expected=2)
        gone = tx.documents.delete("Goal", "g1", expected=1)
        assert tx.documents.delete("Goal", "g1") == gone
        with pytest.raises(UnknownDocument):
            tx.documents.delete("Goal", "g2")


def test_two_writers_one_wins(tmp_path: Path) -> None:
    """Of many writers who have all seen the same version exactly one wins, every time; the others are told."""
    stores = [Store.open(tmp_path / "store.sqlite") for _ in range(2)]  # two processes' worth of connections
    with stores[0].write() as tx:
        tx.documents.put("Goal", "g1", goal("0"))
    outcomes: list[str] = []

    def write(number: int) -> None:
        for version in range(1, 11):
            while (now := stores[number % 2].hot_get("Goal", "g1")) and now.version < version:
                pass
            try:
                with stores[number % 2].write() as tx:
                    tx.documents.put("Goal", "g1", goal(f"{version} by {number}"), expected=version)
                outcomes.append("won")
            except VersionConflict:
                outcomes.append("lost")

    threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    last = stores[0].hot_get("Goal", "g1")
    for store in stores:
        store.close()
    assert last is not None
    assert (last.version, outcomes.count("won"), len(outcomes)) == (11, 10, 40)


def test_failed_transaction_leaves_nothing(store: Store) -> None:
    """What raises inside a transaction undoes all of it."""
    with pytest.raises(VersionConflict), store.write() as tx:  # noqa: PT012 - the transaction is what fails
        tx.documents.put("Goal", "g1", goal())
        tx.documents.put("Goal", "g2", goal(), expected=3)
    assert store.hot_get("Goal", "g1") is None


def test_reader_sees_one_state(store: Store) -> None:
    """A reading transaction sees the store as it was at its first look, whatever is written meanwhile."""
    with store.write() as tx:
        tx.documents.put("Goal", "g1", goal())
    with store.read() as tx:
        before = tx.documents.get("Goal", "g1")
        with store.write() as other:
            other.documents.put("Goal", "g1", goal("swim"))
        assert tx.documents.get("Goal", "g1") == before
        assert tx.documents.counts() == {"Goal": 1}
    assert store.hot_get("Goal", "g1") != before


def test_transactions_are_what_they_say(store: Store) -> None:
    """A reading transaction cannot write, an ended one does nothing, a write inside a write is refused at once."""
    with store.read() as reading, pytest.raises(StoreError, match="only reads"):
        reading.documents.put("Goal", "g1", goal())
    with pytest.raises(StoreError, match="has ended"):
        reading.documents.get("Goal", "g1")
    with store.write(), pytest.raises(StoreError, match="pass its transaction on"), store.write():
        pass


def test_unfaithful_is_kept_and_not_indexed(store: Store) -> None:
    """Duplicate keys: refused as they are; flagged, kept byte for byte, found by what they mention alone."""
    twice = b'"subject":{"reference":"Patient/a"},"subject":{"reference":"Patient/b"}'
    body = b'{"resourceType":"Goal",' + twice + b',"x":"\\ud800"}'
    with store.write() as tx:
        with pytest.raises(Unfaithful):
            tx.documents.put("Goal", "g1", body)
        kept = tx.documents.put("Goal", "g1", body, flag="unfaithful", born="pulled")
        assert tx.documents.put("Goal", "g1", body, flag="unfaithful") == kept
        assert (kept.body, kept.subject, kept.version) == (body, "", 1)
        assert tx.documents.links_to("Patient", "a") == tx.documents.links_to("Patient", "b") == (kept,)


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"resourceType":"Plan"}', b'{"x":NaN}', b"\xff", b"[" * 100_000])
def test_what_is_no_document_is_refused(store: Store, body: bytes) -> None:
    """What is not JSON, no object, or another type than the one it is put under is refused; nothing is stored."""
    with store.write() as tx:
        with pytest.raises(ValueError):  # noqa: PT011 - NotJSON is a kind of it
            tx.documents.put("Goal", "g1", body)
        assert tx.documents.get("Goal", "g1") is None
    assert issubclass(NotJSON, ValueError)


@pytest.mark.parametrize("reference", ["Goal/", "Goal/a b", "Goal/" + "x" * 65, "Goal/é", "goal/x", "Go-al/x"])
def test_ids_are_legal(store: Store, reference: str) -> None:
    """Only ids that FHIR allows are stored."""
    with store.write() as tx, pytest.raises(ValueError, match="64 letters"):
        tx.documents.put(*reference.split("/"), goal())


def test_each_goes_on_while_it_is_written(store: Store) -> None:
    """Every living document comes once, though the loop rewrites what it sees."""
    with store.write() as tx:
        for number in range(450):
            tx.documents.put("Goal", f"g{number}", goal())
        tx.documents.delete("Goal", "g7")
        seen = []
        for document in tx.documents.each("Goal"):
            tx.documents.put("Goal", document.id, goal("swim"))
            seen.append(document.id)
    assert seen == [f"g{number}" for number in range(450) if number != 7]


def test_consents_of_a_person(store: Store) -> None:
    """A person's living Consents are found, those too that cannot be read and merely name the person; no others."""
    mine = b'{"resourceType":"Consent","patient":{"reference":"Patient/p1"}}'
    theirs = b'{"resourceType":"Consent","patient":{"reference":"Patient/p2"},"x":[{"reference":"Patient/p1"}]}'
    unreadable = b'{"resourceType":"Consent","patient":{"reference":"Patient/p2"},"patient":{"reference":"Patient/p1"}}'
    with store.write() as tx:
        for id_, body in (("a", mine), ("gone", mine), ("b", theirs)):
            tx.documents.put("Consent", id_, body)
        tx.documents.put("Consent", "c", unreadable, flag="unfaithful")
        tx.documents.delete("Consent", "gone")
        assert [one.id for one in tx.documents.consents("Patient/p1")] == ["a", "c"]


def test_tenants_are_apart(tmp_path: Path) -> None:
    """Two tenants in one file share neither documents nor keys, though their ids are the same."""
    with Store.open(tmp_path / "s", "one") as one, Store.open(tmp_path / "s", "two") as two:
        with one.write() as tx:
            tx.documents.put("Goal", "g1", goal())
        with two.read() as tx:
            assert (tx.documents.get("Goal", "g1"), list(tx.documents.each())) == (None, [])
        assert one.identifier("Goal", "g1") != two.identifier("Goal", "g1")


def test_identifier_is_ours(store: Store, tmp_path: Path) -> None:
    """Our identifier of a document is a URN that stays the same for this store and is no other store's."""
    system, value = store.identifier("Goal", "g1")
    assert (system, value[:9]) == ("urn:ietf:rfc:3986", "urn:uuid:")
    with Store.open(store.path) as again, Store.open(tmp_path / "other") as other:
        assert again.identifier("Goal", "g1") == (system, value) != other.identifier("Goal", "g1")


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.integers(-5_000, 5_000), min_size=1, max_size=8))
def test_time_never_goes_back(store: Store, steps: list[int]) -> None:
    """However the clock jumps, a later version is never dated before an earlier one."""
    clock = datetime(2026, 1, 1, tzinfo=UTC)
    store.now = lambda: clock
    stamps = []
    for number, step in enumerate(steps):
        clock += timedelta(milliseconds=step)
        with store.write() as tx:
            stamps.append(tx.documents.put("Goal", "g1", goal(f"{number} {step}")).last_updated)
    assert stamps == sorted(stamps)
