"""The same records at `/fhir/R4` and `/fhir/R5`: what is put is what is got, in both, whichever it was born in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from gateway_world import ANNA, World, consent, issues, record, world

from mappings.check import check
from mappings.tree import Tree, dump, from_plain, parse

R4, R5 = "/fhir/R4", "/fhir/R5"
DIRECTIVE = "http://hl7.org/fhir/5.0/StructureDefinition/extension-CarePlan.intent"

# fmt: off
R5_BORN: dict[str, dict[str, Any]] = {
    "Goal":     record("Goal", source={"reference": ANNA}, continuous=True),
    "CarePlan": record("CarePlan", custodian={"reference": "Organization/o"},
                       addresses=[{"concept": {"text": "Wants to sing"}}],
                       activity=[{"performedActivity": [{"concept": {"text": "Sang"}}]}]),
    "ServiceRequest": record("ServiceRequest", code={"concept": {"text": "CBT"}},
                             reason=[{"concept": {"text": "Asked for"}}]),
}
R4_BORN: dict[str, dict[str, Any]] = {
    "Goal":     record("Goal", expressedBy={"reference": ANNA}, outcomeCode=[{"text": "Sang"}]),
    "CarePlan": record("CarePlan", author={"reference": "Organization/o"},
                       activity=[{"detail": {"status": "in-progress", "code": {"text": "CBT"}}}]),
    "ServiceRequest": record("ServiceRequest", code={"text": "CBT"}, reasonCode=[{"text": "Asked for"}]),
}
# fmt: on


@pytest.fixture
def here(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path) as found:
        yield found


def told(tree: Tree) -> Tree:
    """Return a tree without what the server says of it."""
    return {key: value for key, value in tree.items() if key not in ("id", "meta")}


def born(here: World, base: str, tree: dict[str, Any]) -> str:
    """Create a record and return its type and id."""
    made = here.desk("POST", f"{base}/{tree['resourceType']}", tree)
    assert made.status_code == 201, made.get_data(as_text=True)
    assert made.headers["Location"].startswith(f"http://localhost{base}/{tree['resourceType']}/")
    return f"{tree['resourceType']}/{parse(made.data)['id']}"


@pytest.mark.parametrize("kind", R5_BORN)
@pytest.mark.parametrize("births", [(R5, R5_BORN), (R4, R4_BORN)], ids=["born R5", "born R4"])
def test_a_get_after_a_put_is_the_put(here: World, births: tuple[str, Any], kind: str) -> None:
    """Whatever release a record is born in: what is read in either is valid there, and put back, it is read again."""
    name = born(here, births[0], births[1][kind])
    own = here.desk.read(f"{births[0]}/{name}")
    assert told(own) == from_plain(births[1][kind])
    for base, release in ((R4, "R4"), (R5, "R5")):
        seen = here.desk.read(f"{base}/{name}")
        assert [f.rule for f in check(seen, release=release) if f.severity == "error"] == []
        edited = {**seen, "note": [{"text": f"written at {base}"}]}
        answer = here.desk("PUT", f"{base}/{name}", edited)
        assert answer.status_code == 200, answer.get_data(as_text=True)
        assert told(here.desk.read(f"{base}/{name}")) == told(edited) == told(parse(answer.data))
    back = here.desk("PUT", f"{births[0]}/{name}", own)
    assert told(parse(back.data)) == told(own)


def test_what_r4_cannot_say_returns_and_the_answer_says_so(here: World) -> None:
    """A writer in R4 drops the extension that holds R5's intent: it is read again, and the answer names the place."""
    name = born(here, R5, record("CarePlan", intent="directive"))
    seen = here.desk.read(f"{R4}/{name}")
    assert (seen["intent"], seen["_intent"]["extension"][0]["url"]) == ("plan", DIRECTIVE)
    bare = {k: v for k, v in seen.items() if k != "_intent"} | {"title": "A new title"}
    answer = here.desk("PUT", f"{R4}/{name}", bare)
    assert answer.status_code == 200
    assert parse(answer.data)["_intent"] == seen["_intent"]
    assert "returned" in answer.headers["Warning"]
    assert here.desk.read(f"{R5}/{name}")["intent"] == "directive"
    outcome = issues(here.desk("PUT", f"{R4}/{name}", {**bare, "title": "B"}, Prefer="return=OperationOutcome"))
    assert [(one["severity"], "returned" in one["details"]["text"]) for one in outcome] == [("information", True)]
    assert here.desk.read(f"{R5}/{name}")["title"] == "B"


def test_a_search_in_a_release_finds_what_that_release_shows(here: World) -> None:
    """Consent.status says other codes in R5: each release is searched by its own, in one store."""
    name = born(here, R4, consent() | {"status": "rejected"})
    shown = here.desk.read(f"{R5}/{name}")["status"]
    assert shown != "rejected"
    assert name in here.desk.found(f"{R5}/Consent?status={shown}")
    assert name in here.desk.found(f"{R4}/Consent?status=rejected")
    assert name not in here.desk.found(f"{R5}/Consent?status=rejected")


def test_a_page_holds_records_of_both_births_each_valid_in_the_release_asked_for(here: World) -> None:
    """A search gives every record in the release of its address, also a Bundle of versions."""
    names = {born(here, R4, R4_BORN["Goal"]), born(here, R5, R5_BORN["Goal"]), "Goal/sing", "Goal/ben"}
    for base, release, only in ((R4, "R4", "expressedBy"), (R5, "R5", "source")):
        page = here.desk.read(f"{base}/Goal")
        found = [entry["resource"] for entry in page["entry"]]
        assert {f"Goal/{one['id']}" for one in found} == names
        assert [f.rule for one in found for f in check(one, release=release) if f.severity == "error"] == []
        assert sum(only in one for one in found) == 2
        assert all(entry["fullUrl"].startswith(f"http://localhost{base}/Goal/") for entry in page["entry"])


def test_an_outsider_sees_the_same_in_both_and_clears_nothing(here: World) -> None:
    """Our extensions and withheld references are hidden in R5 too, and survive what the partner writes there."""
    here.put("Consent/c", consent())
    seen = here.clinic.read(f"{R5}/Goal/sing")
    assert "planbridge.dev" not in dump(seen).decode()
    answer = here.clinic("PUT", f"{R5}/Goal/sing", {**seen, "source": {"reference": ANNA}})
    assert answer.status_code == 200, answer.get_data(as_text=True)
    kept = here.desk.read(f"{R4}/Goal/sing")
    assert (kept["expressedBy"]["reference"], kept["extension"][0]["valueCode"]) == (ANNA, "role-only")
    assert here.clinic.get(f"{R5}/Goal/ben").status_code == 404


def test_a_consent_born_in_r5_is_obeyed(here: World) -> None:
    """A permission written at /fhir/R5, where provisions are exceptions to the decision, opens what it names."""
    assert here.clinic.get(f"{R4}/Goal/sing").status_code == 404
    here.put("Consent/c", consent())
    shown = here.desk.read(f"{R5}/Consent/c")
    with here.store.write() as tx:
        tx.documents.delete("Consent", "c")
    assert here.clinic.get(f"{R4}/Goal/sing").status_code == 404
    assert shown["decision"] == "deny"  # but for the clinic
    name = born(here, R5, told(shown))
    assert here.clinic.get(f"{R5}/Goal/sing").status_code == 200
    here.desk("PUT", f"{R5}/{name}", {**here.desk.read(f"{R5}/{name}"), "decision": "permit"})  # but for the clinic
    assert here.clinic.get(f"{R5}/Goal/sing").status_code == 404


def test_each_address_speaks_its_release(here: World) -> None:
    """An R5 body at R4 is told so, fhirVersion in a media type is heeded, /metadata says which release it is."""
    told_off = here.desk("POST", f"{R4}/Goal", R5_BORN["Goal"])
    assert told_off.status_code == 422
    assert any("R5 has it" in one.get("diagnostics", "") for one in issues(told_off))
    assert here.desk.get(f"{R5}/Goal/sing", Accept="application/fhir+json; fhirVersion=4.0").status_code == 406
    assert here.desk.get(f"{R5}/Goal/sing", Accept="application/fhir+json; fhirVersion=5.0").status_code == 200
    statement = here.nobody.read(f"{R5}/metadata")
    assert (statement["fhirVersion"], check(statement, release="R5")) == ("5.0.0", [])


def test_the_programmes_words_are_read_and_written_onto_both(here: World) -> None:
    """A goal born in R5 is read at /api; an edit there keeps what only R5 says."""
    name = born(here, R5, R5_BORN["Goal"])
    path = f"/api/goals/{name.split('/')[1]}"
    seen = here.desk.get(path)
    assert seen.json["set_by"]["id"] == ANNA
    edited = {**seen.json, "clinic_words": {"text": "sing at the wedding"}}
    answer = here.desk("PUT", path, edited, If_Match=seen.headers["ETag"], Content_Type="application/json")
    assert answer.status_code == 200, answer.get_data(as_text=True)
    now = here.desk.read(f"{R5}/{name}")
    assert (now["continuous"], now["source"]["reference"]) == (True, ANNA)
    assert now["description"] == {"text": "sing at the wedding"}
