"""`share`: what the programme keeps to itself leaves for no consent, and a third person goes out as a role."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from gateway_world import ANNA, consent, record, world
from hypothesis import given
from hypothesis import strategies as st

from adapter.disclosure.share import NAMING, by_role, share_of
from mappings.tables.record import SHARE
from mappings.tree import dump


def shared(word: Any, tree: dict[str, Any]) -> dict[str, Any]:
    """Return a record with a share."""
    return {**tree, "extension": [{"url": SHARE, "valueCode": word}]}


SPONSOR = {
    "name": [{"text": "Walter"}],
    "telecom": [{"system": "phone", "value": "555-0100"}],
    "relationship": [{"text": "sponsor"}],
}


@pytest.mark.parametrize("release", ["R4", "R5"])
def test_never_is_stronger_than_any_consent(tmp_path: Path, release: str) -> None:
    """A record that is never shared is not found by a partner, nor named to it; programme and person read it."""
    with world(tmp_path) as here:
        here.put("Consent/c", consent())
        here.put("Condition/legal", shared("never", record("Condition")))
        here.put("CarePlan/plan", record("CarePlan", addresses=[{"reference": "Condition/legal", "display": "Court"}]))
        base = f"/fhir/{release}"
        assert here.clinic.get(f"{base}/Condition/alcohol").status_code == 200
        assert here.clinic.get(f"{base}/Condition/legal").status_code == 404
        assert here.clinic.found(f"{base}/Condition") == ["Condition/alcohol"]
        assert b"Court" not in here.clinic.get(f"{base}/CarePlan/plan").data
        assert [
            here.desk.get(f"{base}/Condition/legal").status_code,
            here.anna.get(f"{base}/Condition/legal").status_code,
        ] == [200, 200]


@pytest.mark.parametrize("release", ["R4", "R5"])
def test_a_sponsor_is_a_role(tmp_path: Path, release: str) -> None:
    """To a partner a role-only person has a relationship and no name, wherever it is named; a write keeps the name."""
    with world(tmp_path) as here:
        here.put("Consent/c", consent())
        here.put("RelatedPerson/s", shared("role-only", record("RelatedPerson", **SPONSOR)))
        member = {"reference": "RelatedPerson/s", "display": "Walter"}
        here.put("CareTeam/t", record("CareTeam", participant=[{"role": [{"text": "sponsor"}], "member": member}]))
        inside = shared("role-only", record("RelatedPerson", **SPONSOR)) | {"id": "s"}
        here.put(
            "CareTeam/u",
            record("CareTeam", contained=[inside], participant=[{"member": {"reference": "#s", "display": "Walter"}}]),
        )
        base = f"/fhir/{release}"
        for name in ("RelatedPerson/s", "CareTeam/t", "CareTeam/u"):
            found = here.clinic.read(f"{base}/{name}")
            assert b"Walter" not in dump(found), name
            assert b"sponsor" in dump(found)
            answer = here.clinic("PUT", f"{base}/{name}", found)
            assert answer.status_code == 200, answer.get_data(as_text=True)
            assert b"Walter" in here.desk.get(f"{base}/{name}").data


@given(st.text() | st.none() | st.integers())
def test_a_share_that_is_not_understood_is_never(word: Any) -> None:
    """Only the two words that open open."""
    found = share_of(shared(word, record("Condition")))
    assert found == (word if word in ("role-only", "by-consent") else "never")
    assert share_of({"resourceType": "Goal", "extension": [{"url": SHARE}, {"url": SHARE}]}) == "never"


def test_where_nobody_is_role_only_nothing_is_touched() -> None:
    """The same tree comes back; and of a role-only person all that names is taken."""
    plain = record("RelatedPerson", **SPONSOR)
    assert by_role(plain, lambda _: False) is plain
    assert not NAMING & by_role(shared("role-only", plain), lambda _: False).keys()
    assert by_role({"member": {"reference": ANNA, "display": "x"}}, lambda ref: ref == ANNA) == {
        "member": {"reference": ANNA}
    }
