"""Whatever is sent: 4xx with an OperationOutcome that says why and where, nothing stored, no value told, no 5xx."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from gateway_world import World, issues, record, world
from hypothesis import given, settings
from hypothesis import strategies as st

from adapter.gateway.app import MAX_BODY
from mappings.tree import dump, from_plain

GOAL = dump(from_plain(record("Goal")))

# fmt: off
BODIES = [
    # what                      the bytes                                                      status
    ("empty",                   b"",                                                           400),
    ("white space",             b" \n\t ",                                                     400),
    ("cut short",               GOAL[:-1],                                                     400),
    ("two documents",           GOAL + GOAL,                                                   400),
    ("a list",                  b"[" + GOAL + b"]",                                            400),
    ("a text",                  b'"Goal"',                                                     400),
    ("null",                    b"null",                                                       400),
    ("brackets",                b"[" * 100_000,                                                400),
    ("objects in objects",      b'{"a":' * 100_000,                                            400),
    ("closed brackets",         b"[" * 5000 + b"]" * 5000,                                     400),
    ("duplicate keys",          GOAL.replace(b'"description"', b'"subject":{},"description"'), 400),
    ("a lone surrogate",        GOAL.replace(b"sing", b"\\ud800"),                             400),
    ("NaN",                     GOAL[:-1] + b',"priority":NaN}',                               400),
    ("Infinity",                GOAL[:-1] + b',"priority":-Infinity}',                         400),
    ("overlong UTF-8",          GOAL.replace(b"sing", b"\xc0\xaf"),                            400),
    ("UTF-16",                  GOAL.decode().encode("utf-16"),                                400),
    ("no resourceType",         b"{}",                                                         400),
    ("resourceType of numbers", b'{"resourceType":7}',                                         400),
    ("another type",            b'{"resourceType":"Patient"}',                                 400),
    ("a huge exponent",         GOAL[:-1] + b',"target":[{"detailQuantity":{"value":1e400000}}]}', 422),
    ("a very long number",      GOAL[:-1] + b',"target":[{"detailInteger":' + b"9" * 5000 + b"}]}", 422),
    ("a date that is none",     GOAL[:-1] + b',"startDate":"2024-02-30"}',                     422),
    ("an unknown element",      GOAL[:-1] + b',"__proto__":{"x":1}}',                          422),
    ("a null",                  GOAL[:-1] + b',"statusDate":null}',                            422),
    ("an empty list",           GOAL[:-1] + b',"note":[]}',                                    422),
    ("a single for a list",     GOAL[:-1] + b',"note":{"text":"x"}}',                          422),
    ("a number for a text",     GOAL[:-1] + b',"statusDate":2024}',                            422),
    ("too large",               b" " * (MAX_BODY + 1),                                         413),
]
ADDRESSES = [
    # address                                          status
    ("Goal/" + "x" * 65,                               400),
    ("Goal/..%2F..%2Fmetadata",                        404),
    ("Goal/%2e%2e",                                    400),
    ("Goal/a%00b",                                     400),
    ("Goal/%F0%9F%98%80",                              400),
    ("Goal/%ff",                                       400),
    ("Goal/sing/_history/99999999999999999999",        404),
    ("Goal/sing/_history/1%0a",                        404),
    ("Goal?_count=abc",                                400),
    ("Goal?_count=-1",                                 400),
    ("Goal?_count=" + "9" * 300,                       400),
    ("Goal?_page=1.2.abc",                             400),
    ("Goal?_lastUpdated=ge0000-00-00",                 400),
    ("Goal?_lastUpdated=9999-12-31T23:59:59.999Z",     400),
    ("Goal?_lastUpdated=0001",                         200),
    ("Goal?identifier=" + ",".join("x" * 9999),        400),
    ("Goal?" + "&".join(f"_id={n}" for n in range(500)), 200),
    ("Goal?" + "&".join(f"x{n}=1" for n in range(1000)), 200),
    ("Goal?%00=%00&identifier=%00",                    200),
    ("Goal?identifier=%ed%a0%80",                      200),
    ("Goal?_format=%00",                               406),
    ("/fhir//R4/Goal",                                 404),
    ("/fhir/R4",                                       404),
    ("/",                                              404),
]
HEADERS = [
    {"If_Match": "W/"}, {"If_Match": '"'}, {"If_None_Match": "é"}, {"Accept": ";;;q=,,"}, {"Accept": "*/*;q=nan"},
    {"Prefer": "return==;"}, {"Authorization": "Bearer é"}, {"Authorization": "Bearer " + "x" * 20_000},
    {"Content_Type": ";;"}, {"Content_Type": "application/json; charset=\""}, {"Purpose_Of_Use": "é"},
    {"Content_Length": "-5"}, {"Content_Length": "many"}, {"Host": "a b"}, {"X_Forwarded_Host": "evil.example"},
]
# fmt: on


@pytest.fixture(scope="module")
def here() -> Iterator[World]:
    with TemporaryDirectory() as folder, world(Path(folder)) as found:
        yield found


def versions(here: World) -> list[tuple[str, int]]:
    with here.store.read() as tx:
        return [(document.reference, document.version) for document in tx.documents.each()]


@pytest.mark.parametrize(("body", "status"), [row[1:] for row in BODIES], ids=[row[0] for row in BODIES])
def test_bad_bodies(here: World, body: bytes, status: int) -> None:
    """Each row of BODIES is refused by POST and by PUT with that status and at least one issue; nothing is stored."""
    before = versions(here)
    for method, path in (("POST", "Goal"), ("PUT", "Goal/sing")):
        answer = here.desk(method, path, body)
        assert answer.status_code == status, answer.data[:500]
        assert all(issue["details"]["text"] for issue in issues(answer))
        assert b"sing again" not in answer.data
        assert len(answer.data) < 60_000
    assert versions(here) == before


@pytest.mark.parametrize(("address", "status"), ADDRESSES, ids=range(len(ADDRESSES)))
def test_odd_addresses(here: World, address: str, status: int) -> None:
    """Each row of ADDRESSES is answered with that status."""
    assert here.desk.get(address).status_code == status


@pytest.mark.parametrize("headers", HEADERS, ids=[next(iter(row)) + str(n) for n, row in enumerate(HEADERS)])
def test_odd_headers(here: World, headers: dict[str, str]) -> None:
    """Headers that mean nothing are refused or read over."""
    for method, path, body in (
        ("GET", "Goal/sing", None),
        ("GET", "Goal", None),
        ("PUT", "Goal/x", record("Goal", id="y")),
    ):
        assert here.desk(method, path, body, **headers).status_code < 500


def test_no_link_goes_where_a_header_says(here: World) -> None:
    """X-Forwarded-Host does not become the host of our links."""
    assert b"evil" not in here.desk.get("Goal?_count=1", X_Forwarded_Host="evil.example").data


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=10),
    lambda below: st.lists(below, max_size=4) | st.dictionaries(st.text(max_size=12), below, max_size=4),
    max_leaves=12,
)
elements = st.sampled_from(
    ["status", "subject", "contained", "extension", "text", "meta", "id", "target", "_status", "note"]
)


@settings(deadline=None, max_examples=120)
@given(
    st.dictionaries(elements | st.text(max_size=8), anything, max_size=5),
    st.sampled_from(["Goal", "CarePlan", "Consent"]),
)
def test_any_document_is_answered(here: World, rest: dict[str, Any], kind: str) -> None:
    """Whatever JSON stands in a resource: 201, 400 or 422; a partner may also lack the right to it."""
    body = {**record(kind), **rest, "resourceType": kind}
    assert here.desk("POST", kind, body).status_code in (201, 400, 422)
    assert here.clinic("POST", kind, body).status_code in (201, 400, 403, 404, 422)


@settings(deadline=None, max_examples=80)
@given(st.binary(max_size=200), st.integers(0, len(GOAL)))
def test_any_bytes_are_answered(here: World, noise: bytes, at: int) -> None:
    """Noise alone, or in the middle of a good document: never a fault of ours."""
    for body in (noise, GOAL[:at] + noise + GOAL[at:]):
        assert here.desk("POST", "Goal", body).status_code < 500


@settings(deadline=None, max_examples=120)
@given(
    st.sampled_from(["GET", "PUT", "DELETE", "POST", "PATCH", "HEAD"]),
    st.lists(
        st.sampled_from(["Goal", "sing", "_history", "1", "$x", "..", "%", "", "_search"]) | st.text(max_size=6),
        max_size=5,
    ),
    st.lists(
        st.tuples(
            st.sampled_from(["_id", "_count", "_lastUpdated", "identifier", "subject:Goal", "_page", "category:x"])
            | st.text(max_size=6),
            st.sampled_from(["1", "ge2020", "a|b", "|", "\\", ",", "Patient/x"]) | st.text(max_size=8),
        ),
        max_size=4,
    ),
)
def test_any_address_is_answered(here: World, method: str, path: list[str], query: list[tuple[str, str]]) -> None:
    """Whatever address and method: never a fault of ours."""
    from urllib.parse import quote, urlencode

    address = "/".join(quote(part, safe="%$") for part in path) + "?" + urlencode(query)
    assert here.clinic(method, f"/fhir/R4/{address}", None).status_code < 500


def test_a_fault_of_ours_says_nothing(
    here: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """If there is a fault after all, neither the answer nor the log holds a value or a trace with one."""

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("Anna Kulkarni")

    monkeypatch.setattr("adapter.gateway.fhir.release", fail)
    with caplog.at_level(logging.DEBUG):
        answer = here.desk.get("Goal/sing/_history/1")
    assert (answer.status_code, issues(answer)[0]["code"]) == (500, "exception")
    assert b"Anna" not in answer.data
    assert "Anna" not in caplog.text
    assert "RuntimeError at fail:" in caplog.text
