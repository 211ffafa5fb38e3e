"""`$validate`: the gateway finds in a record what `planbridge check` finds in a file, and keeps nothing of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from gateway_world import World, record, world

from adapter.cli import main
from mappings.check import check
from mappings.tree import parse

BODIES: dict[str, bytes] = {
    "sound": json.dumps(record("Goal")).encode(),
    "a code of no value set": json.dumps(record("Goal", lifecycleStatus="ongoing")).encode(),
    "a missing element and an unknown one": b'{"resourceType": "Goal", "lifecycleStatus": "active", "colour": "red"}',
    "no JSON": b'{"resourceType": "Goal",',
    "empty": b"",
    "a list": b"[]",
    "brackets": b"[" * 100_000,
    "wrong everywhere": json.dumps({"resourceType": "Goal"} | {f"x{n}": None for n in range(300)}).encode(),
}


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world(tmp_path_factory.mktemp("gateway")) as found:
        yield found


def said(answer: Any) -> list[tuple[str, str, str]]:
    """Return (severity, rule, path) of each issue of an OperationOutcome."""
    return [
        (one["severity"], one["details"].get("coding", [{"code": ""}])[0]["code"], one.get("expression", [""])[0])
        for one in json.loads(answer.data)["issue"]
    ]


@pytest.mark.parametrize("release", ["R4", "R5"])
@pytest.mark.parametrize("name", BODIES)
def test_the_verdict_is_that_of_check(
    name: str, release: str, here: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Always 200 with a valid OperationOutcome; its issues are the findings of `planbridge check --release`."""
    answer = here.desk("POST", f"/fhir/{release}/Goal/$validate", BODIES[name])
    assert answer.status_code == 200
    assert [f for f in check(answer.data, release=release) if f.severity in ("error", "fatal")] == []
    (tmp_path / "goal.json").write_bytes(BODIES[name])
    code = main(["check", "--release", release, "--format", "json", str(tmp_path / "goal.json")])
    found = json.loads(capsys.readouterr().out)["findings"]
    told = [(f["severity"], f["rule"], f["path"] or "Goal") for f in found]
    assert sorted(said(answer)) == sorted(told or [("information", "", "Goal")])
    assert code == int(any(severity in ("error", "fatal") for severity, _, _ in said(answer)))


def test_parameters_hold_the_resource(here: World) -> None:
    """What stands as the parameter `resource` is judged, as the operation's definition has it."""
    held = {"resourceType": "Parameters", "parameter": [{"name": "resource", "resource": record("Goal", note=[])}]}
    assert said(here.desk("POST", "Goal/$validate", held)) == [("error", "structure/empty", "Goal.note")]


def test_another_type_than_the_address_says_is_a_finding(here: World) -> None:
    """A sound Goal is no CarePlan."""
    answer = here.desk("POST", "CarePlan/$validate", record("Goal"))
    assert ("error", "structure/other-type", "CarePlan.resourceType") in said(answer)


def test_who_is_not_known_is_not_answered(here: World) -> None:
    """A token is asked for, the type must be served, and the media type be FHIR's."""
    body = record("Goal")
    assert here.nobody("POST", "Goal/$validate", body, Authorization="").status_code == 401
    assert here.desk("POST", "Basic/$validate", body).status_code == 404
    assert here.desk("POST", "Goal/$validate", body, Content_Type="text/plain").status_code == 415
    assert here.desk("GET", "Goal/$validate").status_code in (404, 405)


def test_the_statement_names_the_operation(here: World) -> None:
    """/metadata says for each type that it can be validated."""
    resources = parse(here.nobody.get("metadata", Authorization="").data)["rest"][0]["resource"]
    assert {one["operation"][0]["name"] for one in resources} == {"validate"}


def test_nothing_is_kept(here: World) -> None:
    """What was judged is not found."""
    before = here.desk.found("Goal")
    here.desk("POST", "Goal/$validate", record("Goal"))
    assert here.desk.found("Goal") == before
