"""`planbridge check --plan` and `--round-trip`, `planbridge new fixture`, and fixtures as pytest tests."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from adapter.cli import main
from adapter.cli import round_trip as laws
from adapter.cli.fixture import fixture, kinds
from adapter.testing import fixtures
from mappings.tree import dump, from_plain, parse

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures"
ANNA = {"reference": "Patient/anna"}
WORDS = "I want to walk to the river every morning and come home in time to wake the children for school " * 2

# fmt: off
NEED = {"resourceType": "Condition", "id": "n", "subject": ANNA, "code": {"text": "Sleep"},
        "clinicalStatus": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/condition-clinical",
                                       "code": "active"}]}}
GOAL = {"resourceType": "Goal", "id": "g", "lifecycleStatus": "active", "description": {"text": WORDS}, "subject": ANNA,
        "extension": [{"url": "http://hl7.org/fhir/StructureDefinition/originalText", "valueString": WORDS}]}
THERAPY = {"resourceType": "ServiceRequest", "id": "t", "status": "active", "intent": "order", "subject": ANNA,
           "code": {"text": "Counselling"}, "reasonReference": [{"reference": "Condition/n"}]}
PLAN = {"resourceType": "CarePlan", "id": "p", "status": "active", "intent": "plan", "subject": ANNA, "title": WORDS,
        "addresses": [{"reference": "Condition/n"}], "goal": [{"reference": "Goal/g"}],
        "activity": [{"reference": {"reference": "ServiceRequest/t"}}]}
# fmt: on
SOUND = {"plan": PLAN, "goal": GOAL, "need": NEED, "therapy": THERAPY}


def without(tree: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in tree.items() if name not in names}


def rules(
    capsys: pytest.CaptureFixture[str], folder: Path, documents: dict[str, Any], *words: str
) -> set[tuple[str, str]]:
    """Return (file, rule) of what the rules of plans find in a folder of documents."""
    folder.mkdir(exist_ok=True)
    for name, tree in documents.items():
        (folder / f"{name}.json").write_text(json.dumps(tree))
    main(["check", "--plan", "--format", "json", *words, str(folder)])
    found = json.loads(capsys.readouterr().out)["findings"]
    return {(Path(one["file"]).stem, one["rule"]) for one in found if one["level"] == "plan"}


def test_a_sound_plan_is_clean(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A therapy that serves the need, a goal in the person's own words: nothing is found."""
    assert rules(capsys, tmp_path, SOUND) == set()


LACKS = {
    "a therapy that serves no need": (
        {"therapy": without(THERAPY, "reasonReference"), "plan": without(PLAN, "addresses")},
        {("plan", "plan/orphan-therapy")},
    ),
    "a therapy in no plan": ({"other": {**THERAPY, "id": "u"}}, {("other", "plan/unplanned-therapy")}),
    "a goal without own words": ({"goal": without(GOAL, "extension")}, {("goal", "plan/own-words")}),
    "a need that nothing serves": (
        {"need": NEED, "other": {**NEED, "id": "m"}, "plan": {**PLAN, "addresses": [{"reference": "Condition/m"}]}},
        {("plan", "plan/unaddressed-need")},
    ),
}


@pytest.mark.parametrize("name", LACKS)
def test_what_a_plan_lacks_is_found(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each lack is one warning at its document, in FHIR; without --plan it is not looked for."""
    change, expected = LACKS[name]
    assert rules(capsys, tmp_path, SOUND | change) == expected
    assert main(["check", "--fail-on", "warning", "--plan", str(tmp_path)]) == 1


def test_native_documents_are_judged_alike(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The same lacks in the programme's own JSON; a need with a disposition and its reason lacks nothing."""
    need: dict[str, Any] = {"code": {"text": "Sleep"}, "person": {"id": "Patient/anna"}}
    plan = {
        "entity": "Plan",
        "id": "p",
        "status": "active",
        "intent": "plan",
        "person": {"id": "Patient/anna"},
        "needs": [{"id": "Condition/n", "value": need}],
    }
    assert rules(capsys, tmp_path, {"plan": plan}) == {("plan", "plan/unaddressed-need")}
    need["disposition"] = {"decision": "deferred", "reason": "She wants to sleep first."}
    assert rules(capsys, tmp_path, {"plan": plan}) == set()


def test_a_review_that_is_due_is_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Due and not done; one that was held is not due."""
    review: dict[str, Any] = {"entity": "Review", "id": "r", "about": [{"id": "CarePlan/p"}], "due": "2020-01-01"}
    assert rules(capsys, tmp_path, {"review": review}) == {("review", "plan/review-due")}
    assert rules(capsys, tmp_path, {"review": {**review, "due": "2999-01-01"}}) == set()
    assert rules(capsys, tmp_path, {"review": {**review, "done": {"date_time": "2020-01-01"}}}) == set()


def test_the_plan_of_somebody_else_is_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Two people's plans with the same text, in folders of their own; one person's two plans are not meant."""
    told = json.dumps(SOUND)
    for name, person in (("anna", "anna"), ("ben", "ben"), ("anna-r5", "anna")):
        documents = json.loads(told.replace("Patient/anna", f"Patient/{person}"))
        found = rules(capsys, tmp_path / name, documents)
        assert found == set()
    assert rules(capsys, tmp_path, {}) == {("plan", "plan/alike")}
    (tmp_path / "lines.ndjson").write_text(
        "\n".join(json.dumps({**PLAN, "subject": {"reference": f"Patient/{n}"}}) for n in "ab")
    )
    assert ("lines", "plan/alike") in rules(capsys, tmp_path, {})


@pytest.mark.parametrize("kind", ["transaction", "collection", "document"])
def test_a_bundle_is_opened(kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Its entries lie together, whatever names them; a finding stands at its entry. What the plan needs may lie
    beside the Bundle.
    """
    names = {f"{tree['resourceType']}/{tree['id']}": f"urn:uuid:0000000{n}-0000-4000-8000-000000000000"
             for n, tree in enumerate(SOUND.values())}  # fmt: skip
    told = json.dumps(
        [{"fullUrl": url, "resource": tree} for url, tree in zip(names.values(), SOUND.values(), strict=True)]
    )
    for name, url in names.items():
        told = told.replace(f'"{name}"', f'"{url}"')
    bundle: dict[str, Any] = {"resourceType": "Bundle", "type": kind, "entry": json.loads(told)}
    assert rules(capsys, tmp_path / "sound", {"bundle": bundle}) == set()
    [goal] = [n for n, entry in enumerate(bundle["entry"]) if entry["resource"]["resourceType"] == "Goal"]
    del bundle["entry"][goal]["resource"]["extension"]
    assert rules(capsys, tmp_path / "bad", {"bundle": bundle}) == {("bundle", "plan/own-words")}
    main(["check", "--plan", "--format", "json", str(tmp_path / "bad")])
    assert f"Bundle.entry[{goal}].resource" in {
        one["path"] for one in json.loads(capsys.readouterr().out)["findings"] if one["level"] == "plan"
    }
    plans = {"resourceType": "Bundle", "type": "searchset", "entry": [{"resource": PLAN}, {"resource": GOAL}]}
    assert rules(capsys, tmp_path / "apart", {"plans": plans, "need": NEED, "therapy": THERAPY}) == set()


def test_lines_of_ndjson_lie_together(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A plan's goals and therapies may stand on other lines; a finding stands on its own."""
    (tmp_path / "people.ndjson").write_text("\n".join(map(json.dumps, SOUND.values())))
    assert rules(capsys, tmp_path, {}) == set()
    lines = (PLAN, GOAL, NEED, without(THERAPY, "reasonReference"))
    (tmp_path / "people.ndjson").write_text("\n".join(map(json.dumps, lines)))
    main(["check", "--plan", "--format", "json", str(tmp_path)])
    found = json.loads(capsys.readouterr().out)["findings"]
    assert {(one["line"], one["rule"], one["path"]) for one in found if one["level"] == "plan"} == {
        (1, "plan/orphan-therapy", "CarePlan.activity[0]"),
        (1, "plan/unaddressed-need", "CarePlan.addresses[0]"),
    }


UNPLANNED = {
    *(f"marcus-{therapy}.json" for therapy in ("injection", "peer-support", "trauma-therapy")),
    *(f"thomas-{therapy}.json" for therapy in ("outpatient", "sleep-cbt")),
}


@pytest.mark.parametrize("form", ["native", "r4", "r5"])
def test_the_rules_hold_of_the_fixtures(form: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Whatever form a person's records are in, the plans lack nothing; without them, the same therapies are in none."""
    files = sorted(map(str, FIXTURES.glob(f"*/{form}/*.json")))

    def lacks(files: list[str]) -> set[tuple[str, str]]:
        main(["check", "--plan", "--format", "json", *files])
        found = json.loads(capsys.readouterr().out)["findings"]
        return {(Path(one["file"]).name, one["rule"]) for one in found if one["level"] == "plan"}

    assert lacks(files) == set()
    without_plans = [file for file in files if not file.endswith("-plan.json")]
    assert lacks(without_plans) == {(name, "plan/unplanned-therapy") for name in UNPLANNED}


def test_no_value_of_a_plan_is_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Neither words of a plan nor a person's name or id."""
    rules(capsys, tmp_path, SOUND | {"goal": without(GOAL, "extension")})
    main(["check", "--plan", str(tmp_path)])
    said = capsys.readouterr().out.replace(str(tmp_path), "")
    assert "plan/own-words" in said
    assert not [word for word in ("river", "anna") if word in said]


# ---- the laws


def test_the_laws_hold_of_our_fixtures(capsys: pytest.CaptureFixture[str]) -> None:
    """There and back changes nothing of one person's documents, in the three forms."""
    assert main(["check", "--round-trip", *(str(FIXTURES / "asha" / form) for form in ("native", "r4"))]) == 0
    capsys.readouterr()


def test_the_laws_hold_of_the_entries_of_a_bundle(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each entry is translated with those beside it; where a law breaks, the finding stands at the entry."""
    trees = [json.loads(file.read_text("utf-8")) for file in sorted((FIXTURES / "asha" / "r4").iterdir())]
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": tree} for tree in trees]}
    (tmp_path / "bundle.json").write_text(json.dumps(bundle))
    words = ["check", "--round-trip", "--format", "json", str(tmp_path)]
    main(words)
    assert [f for f in json.loads(capsys.readouterr().out)["findings"] if f["level"] == "law"] == []
    monkeypatch.setattr(laws, "write", lambda _, name, **__: {name: {"resourceType": "Goal"}})
    main(words)
    found = [f for f in json.loads(capsys.readouterr().out)["findings"] if f["level"] == "law"]
    assert len(found) == len(trees)
    assert all(one["path"].startswith("Bundle.entry[") and one["rule"] == "law/native" for one in found)


def test_a_broken_law_is_a_finding(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A conversion that loses a value is an error that names the law."""

    monkeypatch.setattr(laws, "converted", lambda *_: SimpleNamespace(tree={"resourceType": "Goal"}))
    (tmp_path / "goal.json").write_text(json.dumps(GOAL))
    assert main(["check", "--round-trip", "--format", "json", str(tmp_path)]) == 1
    [finding] = json.loads(capsys.readouterr().out)["findings"]
    assert (finding["rule"], finding["level"]) == ("law/releases", "law")


# ---- new fixtures


@pytest.mark.parametrize("form", ["R4", "R5", "native"])
def test_a_new_fixture_is_sound(form: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Whatever is begun has not even a warning, at any level, with the rules of plans and the laws; each alone, and all
    of them in one folder. It comes back from its bytes as it is.
    """
    words = ["check", "--plan", "--round-trip", "--fail-on", "warning"]
    words += [] if form == "native" else ["--release", form]
    for kind in sorted(set(kinds().values())):
        file = tmp_path / f"{kind}.json"
        file.write_bytes(data := fixture(kind, form))
        assert main([*words, str(file)]) == 0, capsys.readouterr().out
        assert dump(parse(data)) == dump(from_plain(json.loads(data)))
    capsys.readouterr()
    assert main([*words, str(tmp_path)]) == 0, capsys.readouterr().out


def test_a_fixture_is_begun_under_either_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`plan` and `CarePlan` are one; a file that is there stays; a kind that is none is said with those there are."""
    out = tmp_path / "plan.json"
    assert main(["new", "fixture", "plan", "--out", str(out)]) == 0
    assert json.loads(out.read_bytes())["resourceType"] == "CarePlan"
    capsys.readouterr()
    assert main(["new", "fixture", "careplan"]) == 0
    assert capsys.readouterr().out.encode() == out.read_bytes()
    assert main(["new", "fixture", "goal", "--out", str(out)]) == 2
    assert main(["new", "fixture", "novel"]) == 2
    assert "Known: Appointment, CarePlan" in capsys.readouterr().err


# ---- one line for pytest

test_fixtures_of_asha = fixtures(FIXTURES / "asha" / "r4")


def test_a_file_with_a_finding_is_a_case_that_fails(tmp_path: Path) -> None:
    """The line's cases are the files; a bad one fails with its findings, and so does a folder that is not there."""
    (tmp_path / "good.json").write_text(json.dumps(GOAL))
    (tmp_path / "bad.json").write_text(json.dumps({**GOAL, "lifecycleStatus": "ongoing"}))
    test = fixtures(tmp_path, tmp_path / "none.json")
    [mark] = test.pytestmark  # type: ignore[attr-defined]
    good, bad, none = sorted(mark.args[1], key=lambda name: ("good", "bad", "none").index(Path(name).stem))
    test(good)
    with pytest.raises(pytest.fail.Exception, match=r"bad\.json:1:.* binding/required"):
        test(bad)
    with pytest.raises(pytest.fail.Exception, match=r"none\.json"):
        test(none)
    (tmp_path / "answers.json").write_text('{"resourceType": "QuestionnaireResponse", "status": "completed"}')
    with pytest.raises(pytest.fail.Exception, match="profile/required"):
        fixtures(tmp_path / "answers.json", profile="us-core-9")(str(tmp_path / "answers.json"))
    fixtures(tmp_path / "answers.json", release="R4")(str(tmp_path / "answers.json"))
    with pytest.raises(TypeError, match="no option strict"):
        fixtures(tmp_path, strict=True)
