"""`/metadata` states exactly what the gateway does: each claim is tried, and what it does not claim is refused."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from gateway_world import World, issues, record, world

from adapter.gateway.capabilities import statement
from mappings.check import check
from mappings.tree import parse

STATEMENT = parse(statement("http://localhost/fhir/R4", "1", require_if_match=False))
RESOURCES: list[dict[str, Any]] = STATEMENT["rest"][0]["resource"]

# fmt: off
DECLARED = {
    # code               how it is asked for, and the answer; {k} is a type, "a" is a record of it
    "read":             ("GET",    "{k}/a",             None,  200),
    "vread":            ("GET",    "{k}/a/_history/1",  None,  200),
    "update":           ("PUT",    "{k}/a",             "a",   200),
    "delete":           ("DELETE", "{k}/a",             None,  204),
    "history-instance": ("GET",    "{k}/a/_history",    None,  200),
    "create":           ("POST",   "{k}",               "new", 201),
    "search-type":      ("GET",    "{k}",               None,  200),
}
UNDECLARED = {
    "patch":            ("PATCH",  "{k}/a"),
    "history-type":     ("GET",    "{k}/_history"),
    "history-system":   ("GET",    "_history"),
    "search-system":    ("GET",    "?_id=a"),
    "transaction":      ("POST",   ""),
    "operation":        ("POST",   "{k}/$meta"),
    "operation on one": ("GET",    "{k}/a/$everything"),
    "conditional update": ("PUT",  "{k}?_id=a"),
    "conditional delete": ("DELETE", "{k}?_id=a"),
    "compartment":      ("GET",    "Patient/anna/Goal"),
}
VALUES = {"_id": "a", "_lastUpdated": "ge2000", "identifier": "urn:x|7", "url": "https://example.org/q",
          "questionnaire": "https://example.org/q", "category": "http://loinc.org|59284-0"}
# fmt: on


@pytest.fixture
def here(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path) as found:
        yield found


def test_the_statement_is_valid_and_needs_no_token(here: World) -> None:
    """Anybody may read it; it is valid FHIR, names its release, and is what the routes are made from."""
    found = here.nobody.get("metadata", Authorization="")
    assert check(found.data) == []
    assert parse(found.data) == STATEMENT
    assert STATEMENT["fhirVersion"] == "4.0.1"


@pytest.mark.parametrize("resource", RESOURCES, ids=lambda resource: resource["type"])
def test_what_is_declared_is_done(here: World, resource: dict[str, Any]) -> None:
    """Every interaction, flag and search parameter of a type works as the statement says."""
    kind = resource["type"]
    about = (
        {"category": [{"coding": [{"system": "http://loinc.org", "code": "59284-0"}]}]}
        if _has(resource, "category")
        else {}
    )
    if _has(resource, "identifier"):
        about |= {"identifier": [{"system": "urn:x", "value": "7"}]}
    whole = record(kind, id="a", **about)
    if kind == "MedicationStatement":
        whole["category"] = whole["category"][0]
    if kind == "QuestionnaireResponse":
        whole["identifier"] = whole["identifier"][0]
    here.put(f"{kind}/a", whole)
    assert set(DECLARED) == {interaction["code"] for interaction in resource["interaction"]}
    for parameter in resource["searchParam"]:
        name = parameter["name"]
        value = VALUES.get(name) or ("Patient/anna" if parameter["type"] == "reference" else _status(whole))
        assert f"{kind}/a" in here.desk.found(f"{kind}?{name}={value}&_id=a"), name
        assert here.desk.found(f"{kind}?{name}={'2999' if name == '_lastUpdated' else 'nothing-else'}&_id=a") == [], (
            name
        )
    assert here.desk.get(f"{kind}/a", If_None_Match='W/"1"').status_code == 304  # conditionalRead: not-match
    assert here.desk("PUT", f"{kind}/free", {**whole, "id": "free"}).status_code == 201  # updateCreate
    for code in sorted(DECLARED, key="delete".__eq__):
        method, path, body, status = DECLARED[code]
        sent = None if body is None else {**whole, "language": "en"}
        assert here.desk(method, path.format(k=kind), sent).status_code == status, code
    versions = here.desk.read(f"{kind}/a/_history")["entry"]
    assert [entry["response"]["etag"] for entry in versions] == ['W/"3"', 'W/"2"', 'W/"1"']  # readHistory, versioned


def _has(resource: dict[str, Any], parameter: str) -> bool:
    return any(each["name"] == parameter for each in resource["searchParam"])


def _status(whole: dict[str, Any]) -> str:
    return str(whole.get("status") or whole.get("lifecycleStatus"))


@pytest.mark.parametrize("name", UNDECLARED)
def test_what_is_not_declared_is_refused(here: World, name: str) -> None:
    """Other interactions are 404, 405 or 501, told as an OperationOutcome; nothing is done."""
    method, path = UNDECLARED[name]
    answer = here.desk(method, path.format(k="Goal"), record("Goal", id="a") if method != "GET" else None)
    assert answer.status_code in (404, 405, 501)
    assert issues(answer)[0]["code"] == "not-supported"
    assert here.desk.get("Goal/a").status_code == 404


@pytest.mark.parametrize(
    "kind", ["Encounter", "Basic", "Bundle", "goal", "Practitioner", "metadata2", "OperationOutcome"]
)
def test_other_types_are_not_served(here: World, kind: str) -> None:
    """A type that is not declared is 404 for every method, also where the store holds such a record."""
    with here.store.write() as tx:
        tx.documents.put("Encounter", "a", b'{"resourceType":"Encounter"}')
    for method, path in (
        ("GET", f"{kind}/a"),
        ("GET", kind),
        ("POST", kind),
        ("PUT", f"{kind}/a"),
        ("DELETE", f"{kind}/a"),
    ):
        answer = here.desk(method, path, {"resourceType": kind} if method in ("POST", "PUT") else None)
        assert (answer.status_code, issues(answer)[0]["code"]) == (404, "not-supported")


def test_a_405_says_what_is_allowed(here: World) -> None:
    """A method that an address does not know is 405 with Allow."""
    assert set(here.desk("PATCH", "Goal/sing").headers["Allow"].split(", ")) == {"GET", "HEAD", "PUT", "DELETE"}


def test_demanding_if_match_is_stated() -> None:
    """With the setting, the statement says versioned-update."""
    strict = parse(statement("http://localhost/fhir/R4", "1", require_if_match=True))
    assert {resource["versioning"] for resource in strict["rest"][0]["resource"]} == {"versioned-update"}
