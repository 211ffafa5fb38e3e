"""`$validate`: the gateway finds in a record what `planbridge check` finds in a file, and keeps nothing of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from defects import DEFECTS
from gateway_world import World, record, world
from sound_documents import SOUND

from adapter.cli import main
from adapter.cli.judging import Judging
from adapter.gateway.asking import MODES
from mappings.check import check
from mappings.tree import Tree, dump, parse

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures"
US_CORE = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-careplan|6.1.0"

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


def by_command(file: Path, release: str, *profiles: str) -> list[tuple[str, str, str]]:
    """Return (severity, rule, path) of what the command finds in a file, and of what it says it did not judge."""
    unread: list[str] = []
    [one] = Judging(release, profiles=profiles).judged([str(file)], unread)
    assert unread == []
    found = [each.finding for each in (*one.found, *one.left)]
    return sorted((f.severity, f.rule, f.path) for f in found)


def by_gateway(here: World, tree: Tree, release: str) -> list[tuple[str, str, str]]:
    """Return the same of `$validate`."""
    answer = here.desk("POST", f"/fhir/{release}/{tree['resourceType']}/$validate", dump(tree))
    assert answer.status_code == 200
    return sorted(one for one in said(answer) if one[1])


@pytest.mark.parametrize("release", ["R4", "R5"])
def test_the_verdict_on_each_defect_is_that_of_check(release: str, here: World, tmp_path: Path) -> None:
    """Rule and path of every finding of every level, references and answers too, are the same both ways."""
    rules = set()
    for defect in (one for one in DEFECTS if one.release == release):
        (tmp_path / "one.json").write_bytes(dump(defect.document))
        told = by_command(tmp_path / "one.json", release)
        assert by_gateway(here, defect.document, release) == told, defect.name
        rules |= {rule for _, rule, _ in told}
    assert {"structure", "binding", "answer"} <= {rule.partition("/")[0] for rule in rules}


@pytest.mark.parametrize("release", ["R4", "R5"])
def test_the_verdict_on_fixtures_and_a_bundle_of_them_is_that_of_check(
    release: str, here: World, tmp_path: Path
) -> None:
    """A Bundle has its references and its responses judged by the questionnaires in it, as the command does."""
    trees = [parse(file.read_bytes()) for file in sorted((FIXTURES / "asha" / release.lower()).iterdir())]
    served = {one["type"] for one in parse(here.nobody.get("metadata", Authorization="").data)["rest"][0]["resource"]}
    broken = [
        {**tree, "item": [{"linkId": "nobody asked"}]}
        for tree in trees
        if tree["resourceType"] == "QuestionnaireResponse"
    ]
    bundle = {"resourceType": "Bundle", "type": "collection"}
    bundle["entry"] = [{"resource": tree} for tree in (*trees, *broken)]  # type: ignore[assignment]
    for n, tree in enumerate((*(tree for tree in trees if tree["resourceType"] in served), bundle)):
        file = tmp_path / f"{n}.json"
        file.write_bytes(dump(tree))
        assert by_gateway(here, tree, release) == by_command(file, release)
    assert "answer/required" in {rule for _, rule, _ in by_gateway(here, bundle, release)}


@pytest.mark.parametrize("told_by", ["address", "valueUri", "valueCanonical"])
def test_a_profile_is_judged_by_where_it_is_asked_for(told_by: str, here: World, tmp_path: Path) -> None:
    """In the address or in Parameters; the verdict is that of `--profile`."""
    tree = SOUND["R4"]["CarePlan"]
    (tmp_path / "plan.json").write_bytes(dump(tree))
    told = by_command(tmp_path / "plan.json", "R4", US_CORE)
    assert told == [("error", "profile/slice", "CarePlan.category")]
    if told_by == "address":
        answer = here.desk("POST", f"CarePlan/$validate?profile={US_CORE}", dump(tree))
    else:
        asked = [{"name": "profile", told_by: US_CORE}, {"name": "mode", "valueCode": "profile"}]
        body = {"resourceType": "Parameters", "parameter": [*asked, {"name": "resource", "resource": tree}]}
        answer = here.desk("POST", "CarePlan/$validate", dump(body))
    assert sorted(said(answer)) == told


@pytest.mark.parametrize("asked", ["profile=https://example.org/none", "mode=delete", "mode=dream"])
def test_what_is_not_done_is_refused(asked: str, here: World) -> None:
    """400 with an OperationOutcome: a profile that is not held, a mode that is none; what was asked is not repeated."""
    answer = here.desk("POST", f"Goal/$validate?{asked}", record("Goal"))
    assert (answer.status_code, json.loads(answer.data)["resourceType"]) == (400, "OperationOutcome")
    assert asked.partition("=")[2] not in answer.data.decode().replace("deleted", "")
    assert here.desk("POST", f"/fhir/R5/Goal/$validate?profile={US_CORE}", record("Goal")).status_code == 400


def test_each_mode_has_the_same_verdict(here: World) -> None:
    """create, update, profile."""
    found = [said(here.desk("POST", f"Goal/$validate?mode={m}", record("Goal", note=[]))) for m in MODES]
    assert found == [[("error", "structure/empty", "Goal.note")]] * 3


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
