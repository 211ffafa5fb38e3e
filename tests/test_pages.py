"""The page at the gateway's address: nothing of a store without a demo, a demo only for who sits at this machine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from adapter.pages.index import Demo, Other, index
from adapter.settings import Settings
from adapter.store import Store
from adapter.wiring import application
from mappings.tree import dump

HERE, ELSEWHERE = "http://127.0.0.1:8410", "http://rebound.example.org:8410"
DEMO = Demo("pb_token", "planbridge", Other("sandbox", "http://127.0.0.1:9/fhir/R4", "pb_other"))
GOAL = {
    "resourceType": "Goal",
    "id": "g",
    "lifecycleStatus": "active",
    "description": {"text": "<b>Sings</b> & dances"},
    "subject": {"display": "Asha"},
}
PLAN = {
    "resourceType": "CarePlan",
    "id": "p",
    "status": "active",
    "intent": "plan",
    "title": "Asha's plan",
    "subject": {"display": "Asha"},
    "goal": [{"reference": "Goal/g"}],
}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "s.sqlite") as opened:
        with opened.write() as tx:
            for record in (GOAL, PLAN):
                tx.documents.put(str(record["resourceType"]), str(record["id"]), dump(record))
        yield opened


def disclosed(store: Store) -> int:
    with store.read() as tx:
        return tx.disclosures.count()


def test_without_a_demo_the_page_holds_nothing_from_the_store(store: Store) -> None:
    """A gateway that is no demo says what is where and how a token is made, and discloses nothing."""
    page = index(HERE, "1.0", store)[0].decode()
    assert f"{HERE}/fhir/R4/metadata" in page
    assert "planbridge client add" in page
    assert ("Asha" in page, disclosed(store)) == (False, 0)


def test_a_demo_shows_its_plans_through_the_gate(store: Store) -> None:
    """A demo's page has its token and its plans in their words; the record of the disclosure is written first."""
    page = index(HERE, "1.0", store, DEMO)[0].decode()
    assert "Authorization: Bearer pb_token" in page
    assert "&lt;b&gt;Sings&lt;/b&gt; &amp; dances" in page
    assert disclosed(store) == 1


def test_a_demo_is_shown_at_this_machine_only(store: Store) -> None:
    """Whoever was led here under another name (DNS rebinding) sees neither token nor plan."""
    page = index(ELSEWHERE, "1.0", store, DEMO)[0].decode()
    assert ("pb_token" in page, "Asha" in page, disclosed(store)) == (False, False, 0)


def test_the_page_needs_no_script_and_no_other_server(store: Store) -> None:
    """Its policy allows one style and nothing else, and it loads nothing."""
    answer = application(Settings(), store, lambda: DEMO).test_client().get("/", base_url=HERE)
    page, policy = answer.get_data(as_text=True), answer.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "<script" not in page
    assert " src=" not in page
