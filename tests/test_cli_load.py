"""planbridge load, status and db: what goes into the store, what is said of the rest, what the store holds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.cli import main
from adapter.store import Store
from adapter.store.bundles import Brought, NotBrought, take_apart
from adapter.store.created import created
from adapter.store.index import ID

GOAL = b"""{
  "resourceType": "Goal", "id": "g1", "lifecycleStatus": "active",
  "description": {"text": "walk 1.50 km"}, "subject": {"reference": "Patient/p1"}
}"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("PLANBRIDGE_STORE", "PLANBRIDGE_CONFIG"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "in").mkdir()
    return tmp_path / "in"


def stored(kind: str, id_: str) -> bytes | None:
    with Store.open(".planbridge/store.sqlite") as store:
        found = store.hot_get(kind, id_)
    return found.body if found else None


def bundle(kind: str, *entries: Any) -> bytes:
    return json.dumps({"resourceType": "Bundle", "type": kind, "entry": list(entries)}).encode()


def test_resources_go_in_as_they_are(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A resource of any type is stored under its id as the bytes that came; loading it again changes nothing."""
    (folder / "goal.json").write_bytes(GOAL)
    (folder / "more").mkdir()
    (folder / "more" / "location.json").write_bytes(b'\xef\xbb\xbf{"resourceType":"Location","id":"l.1"}')
    assert main(["load", str(folder)]) == 0
    assert capsys.readouterr().out.startswith("2 new, 0 changed, 0 unchanged, 0 left out")
    assert main(["load", str(folder)]) == 0
    assert capsys.readouterr().out.startswith("0 new, 0 changed, 2 unchanged, 0 left out")
    assert (stored("Goal", "g1"), stored("Location", "l.1")) == (GOAL, (folder / "more/location.json").read_bytes())


@pytest.mark.parametrize("kind", ["transaction", "batch", "collection", "searchset"])
def test_bundle_is_taken_apart(folder: Path, kind: str) -> None:
    """Each entry's resource is stored as its own bytes stand in the Bundle."""
    data = b'{"resourceType":"Bundle","type":"%s","entry":[{"resource":%s}]}' % (kind.encode(), GOAL)
    (folder / "bundle.json").write_bytes(data)
    assert main(["load", str(folder)]) == 0
    assert stored("Goal", "g1") == GOAL


def test_other_bundles_stay_whole() -> None:
    """A document, a message, a history means something only as a whole."""
    for kind in ("document", "message", "history"):
        [one] = take_apart(bundle(kind, {"resource": {"resourceType": "Goal"}}))
        assert isinstance(one, Brought)
        assert (one.type, one.at) == ("Bundle", ())


def test_made_ids_hold_together(folder: Path) -> None:
    """Resources without a usable id get one that stays the same, and what refers to them follows; the rest stays."""
    goal = {"resourceType": "Goal", "id": "not allowed", "note": [{"text": "é 1.50"}]}
    plan = {
        "resourceType": "CarePlan",
        "subject": {"reference": "urn:uuid:2f1c0e60-0000-4000-8000-000000000001"},
        "goal": [{"reference": "Goal/not allowed"}, {"reference": "Goal/kept"}],
        "contributor": [{"reference": "http://ehr.example/fhir/Practitioner/d1"}, {"reference": "#c"}],
    }
    entries = [
        {"fullUrl": "urn:uuid:2f1c0e60-0000-4000-8000-000000000001", "resource": {"resourceType": "Patient"}},
        {"fullUrl": "http://ehr.example/fhir/Practitioner/d1", "resource": {"resourceType": "Practitioner"}},
        {"resource": goal},
        {"resource": plan},
    ]
    first = [one for one in take_apart(bundle("transaction", *entries)) if isinstance(one, Brought)]
    again = [one for one in take_apart(bundle("collection", *reversed(entries))) if isinstance(one, Brought)]
    assert {(one.type, one.id) for one in first} == {(one.type, one.id) for one in again}
    patient, practitioner, made, linked = first
    assert (patient.id, practitioner.id) == ("2f1c0e60-0000-4000-8000-000000000001", "d1")
    assert json.loads(made.body) == goal | {"id": made.id}
    assert json.loads(linked.body) == plan | {
        "subject": {"reference": f"Patient/{patient.id}"},
        "goal": [{"reference": f"Goal/{made.id}"}, {"reference": "Goal/kept"}],
        "contributor": [{"reference": "Practitioner/d1"}, {"reference": "#c"}],
    }


SECRET = "Quentin Quarles"
# fmt: off
BAD = [
    # bytes                                                                   where    what is said
    (b"",                                                                     "1:1",   "left out: not JSON"),
    (b"<html>Quentin Quarles</html>",                                         "1:1",   "left out: not JSON"),
    (b'{"resourceType":"Goal",\n "id":"x", "a":"Quentin Quarles"',            "2:33",  "left out: not JSON"),
    (b'{"resourceType":"Goal",\n "id":"Quentin Quarles", "id":"b"}',          "2:26",  "the same key stands twice"),
    (b'{"resourceType":"Goal","id":"\\ud800"}',                               "1:29",  "left out: a lone surrogate"),
    (b'{"resourceType":"Goal","x":NaN}',                                      "1:28",  "left out: NaN"),
    (b'{"resourceType":"Goal","x":"Quentin Quarles \xff"}',                   "1:45",  "left out: not UTF-8"),
    (b"[" * 100_000,                                                          "1:201", "left out: nested deeper"),
    (b'["Quentin Quarles"]',                                                  "1:1",   "left out: not a FHIR resource"),
    (b'{"a":1,\n "resourceType":"Quentin Quarles"}',                          "2:2",   "left out: not a FHIR resource"),
    (b'{"entity":"Goal"}',                                                    "1:1",   "planbridge convert"),
    (b'{"resourceType":"Bundle","type":"batch","entry":{}}',                  "1:41",  "left out: Bundle.entry"),
    (b'{"resourceType":"Bundle","type":"batch","entry":[\n{"request":{}}]}',  "2:1",   "the entry has no resource"),
    (b'{"resourceType":"Goal",\n "id":"g1"}',                                 "2:2",   "left out: "),
    (b'{"resourceType":"Goal","id":"x",\n "status":"Quentin Quarles"}',       "2:2",   "kept read-only: Goal.status"),
]
# fmt: on


@pytest.mark.parametrize(("data", "where", "said"), BAD)
def test_bad_file_is_reported(
    folder: Path, capsys: pytest.CaptureFixture[str], data: bytes, where: str, said: str
) -> None:
    """A bad file is named with line, column and reason, never with its values; the good ones go in; exit 1."""
    (folder / "a.json").write_bytes(GOAL)
    (folder / "bad.json").write_bytes(data)
    assert main(["load", str(folder)]) == 1
    out, err = capsys.readouterr()
    assert f"bad.json:{where}: " in err
    assert said in err
    assert (SECRET in out + err, "Traceback" in err, stored("Goal", "g1")) == (False, False, GOAL)


def test_invalid_is_kept_read_only(folder: Path) -> None:
    """What is FHIR but not valid is kept and flagged; its corrected form lifts the flag."""
    (folder / "g.json").write_bytes(b'{"resourceType":"Goal","id":"g1","status":"x"}')
    assert main(["load", str(folder)]) == 1
    (folder / "g.json").write_bytes(GOAL)
    assert main(["load", str(folder)]) == 0
    with Store.open(".planbridge/store.sqlite") as store, store.read() as tx:
        assert [document.flag for document in tx.documents.history("Goal", "g1")] == ["", "invalid"]


@pytest.mark.parametrize("wrong", ["no file", "empty folder", "no store", "bad settings"])
def test_what_cannot_be_tried(folder: Path, capsys: pytest.CaptureFixture[str], wrong: str) -> None:
    """A missing file, a folder without files, a store that is none, settings that cannot be read: exit 2, and why."""
    (folder / "g.json").write_bytes(GOAL)
    paths = [str(folder), {"no file": "nowhere.json", "empty folder": str(folder / "empty")}.get(wrong, str(folder))]
    (folder / "empty").mkdir()
    if wrong == "no store":
        Path(".planbridge").mkdir()
        Path(".planbridge/store.sqlite").write_text("this is no database, whatever its name says" * 100)
    if wrong == "bad settings":
        Path("planbridge.toml").write_text("stroe = 1")
    assert main(["load", *paths]) == 2
    assert capsys.readouterr().err.startswith("planbridge load: ")


def test_status_says_what_there_is(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Where the store lies and what it holds, in words and as JSON; before there is one, that there is none."""
    assert main(["status"]) == 0
    assert "not made yet" in capsys.readouterr().out
    assert not Path(".planbridge").exists()
    (folder / "g.json").write_bytes(GOAL)
    main(["load", str(folder)])
    capsys.readouterr()
    assert main(["status", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["store"], found["documents"], found["flagged"]) == (".planbridge/store.sqlite", {"Goal": 1}, 0)
    assert main(["status"]) == 0
    assert "Goal  1" in capsys.readouterr().out


def test_store_lies_where_it_is_said(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The settings place the store, beside themselves; the environment overrules them."""
    Path("planbridge.toml").write_text('store = "data/one.sqlite"')
    (folder / "g.json").write_bytes(GOAL)
    main(["load", str(folder)])
    monkeypatch.setenv("PLANBRIDGE_STORE", "two.sqlite")
    main(["load", str(folder)])
    assert (Path("data/one.sqlite").exists(), Path("two.sqlite").exists()) == (True, True)


def test_upgrade(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A store of this version needs nothing; where there is none, that is said."""
    assert main(["db", "upgrade"]) == 2
    assert "no store here" in capsys.readouterr().err
    created(Path(".planbridge/store.sqlite"), "default")
    assert main(["db", "upgrade"]) == 0
    assert "as it was" in capsys.readouterr().out


json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=5), st.sampled_from(["Goal", "urn:uuid:x"])),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(["resourceType", "id", "reference", "entry", "resource", "x"]), inner, max_size=4
        ),
    ),
    max_leaves=8,
)
entries = st.fixed_dictionaries({}, optional={"fullUrl": json_values, "resource": json_values})
bundles = st.builds(bundle, st.just("collection"), entries, entries, json_values)


@given(st.one_of(st.binary(max_size=40), json_values.map(lambda value: json.dumps(value).encode()), bundles))
def test_anything_is_taken_apart(data: bytes) -> None:
    """Whatever a file holds, each part is brought under a legal id or named with its place; nothing raises."""
    for one in take_apart(data):
        assert isinstance(one, NotBrought) or (
            ID.fullmatch(one.id) and one.body and one.tree["resourceType"] == one.type
        )
