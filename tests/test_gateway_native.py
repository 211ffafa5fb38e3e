"""The programme's own words over HTTP: a plan whole, in one transaction, under one ETag."""

from __future__ import annotations

import json

import pytest

from adapter.gateway.app import gateway
from adapter.gateway.who import hash_of
from adapter.store import Store
from adapter.store.clients import Client

PLAN = {
    "resourceType": "CarePlan",
    "status": "active",
    "intent": "plan",
    "subject": {"reference": "Patient/p"},
    "goal": [{"reference": "Goal/g"}],
    "activity": [{"detail": {"status": "scheduled", "code": {"text": "CBT"}}, "id": "kept"}],
    "note": [{"text": "x"}],
}
GOAL = {
    "resourceType": "Goal",
    "lifecycleStatus": "active",
    "description": {"text": "walk", "coding": [{"code": "w", "userSelected": True}]},
    "subject": {"reference": "Patient/p"},
}

GOING = {"lifecycle": "active", "clinic_words": {"text": "go"}}


@pytest.fixture
def world(tmp_path):
    with Store.open(tmp_path / "store.sqlite") as store:
        with store.write() as tx:
            for role, person in (("programme", ""), ("person", "Patient/q"), ("partner", "")):
                tx.clients.add(Client(role, role, hash_of(role), person, "", (), ""))
            for kind, name, tree in (
                ("Patient", "p", {"resourceType": "Patient"}),
                ("CarePlan", "plan", PLAN),
                ("Goal", "g", GOAL),
                ("Goal", "other", GOAL | {"subject": {"reference": "Patient/q"}}),
            ):
                tx.documents.put(kind, name, json.dumps(tree).encode())
        yield store, gateway(store).test_client()


def call(client, method, path, body=None, token="programme", **headers):
    headers = {"Authorization": f"Bearer {token}", **{k.replace("_", "-"): v for k, v in headers.items()}}
    data = None if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
    return client.open(
        path, method=method, data=data, headers=headers, content_type="application/json" if data else None
    )


def stored(store, kind, name):
    with store.read() as tx:
        return json.loads(tx.documents.get(kind, name).body)


class TestReading:
    def test_a_plan_carries_its_members_values(self, world):
        """The goal comes with the plan, and a list of plans does not carry it."""
        _, client = world
        plan = call(client, "GET", "/api/plans/plan").json
        assert (plan["id"], plan["entity"]) == ("plan", "Plan")
        assert plan["goals"][0]["value"]["lifecycle"] == "active"
        assert "value" not in call(client, "GET", "/api/plans").json["items"][0]["goals"][0]

    def test_the_etag_moves_with_any_member(self, world):
        """One ETag over the members' versions; unchanged is 304."""
        store, client = world
        first = call(client, "GET", "/api/plans/plan")
        assert call(client, "GET", "/api/plans/plan", If_None_Match=first.headers["ETag"]).status_code == 304
        with store.write() as tx:
            tx.documents.put("Goal", "g", json.dumps(GOAL | {"statusReason": "x"}).encode())
        assert call(client, "GET", "/api/plans/plan").headers["ETag"] != first.headers["ETag"]

    def test_whom_it_is_not_about_it_is_not_found(self, world):
        """Another person's token, and a partner without consent, see nothing: 404, and an empty list."""
        _, client = world
        assert call(client, "GET", "/api/plans/plan", token="person").status_code == 404
        assert call(client, "GET", "/api/plans/plan", token="partner").status_code == 404
        assert call(client, "GET", "/api/plans", token="partner").json == {"items": []}


class TestWriting:
    def read(self, client):
        answer = call(client, "GET", "/api/plans/plan")
        return answer.json, answer.headers["ETag"]

    def test_the_difference_is_written_in_all_documents_at_once(self, world):
        """A field of the goal, a therapy and a new goal: three documents, one PUT; what was not read stays."""
        store, client = world
        plan, etag = self.read(client)
        plan["goals"][0]["value"]["lifecycle"] = "on-hold"
        plan["activities"][0]["therapy"]["value"]["words"] = "weekly"
        plan["goals"].append({"value": {"lifecycle": "proposed", "clinic_words": {"text": "sing"}}})
        answer = call(client, "PUT", "/api/plans/plan", plan, If_Match=etag)
        assert answer.status_code == 200, answer.data
        assert stored(store, "Goal", "g") == GOAL | {"lifecycleStatus": "on-hold"}
        after = stored(store, "CarePlan", "plan")
        assert after["activity"] == [
            {**PLAN["activity"][0], "detail": {**PLAN["activity"][0]["detail"], "description": "weekly"}}
        ]
        new = answer.json["goals"][1]
        assert stored(store, "Goal", new["id"].split("/")[1])["subject"] == {"reference": "Patient/p"}
        assert self.read(client) == (answer.json, answer.headers["ETag"])

    def test_without_if_match_it_is_428_and_stale_it_is_412(self, world):
        """Two writers: one wins, the other is told."""
        _, client = world
        plan, etag = self.read(client)
        plan["title"] = "one"
        assert call(client, "PUT", "/api/plans/plan", plan).status_code == 428
        assert call(client, "PUT", "/api/plans/plan", plan, If_Match=etag).status_code == 200
        assert call(client, "PUT", "/api/plans/plan", plan, If_Match=etag).status_code == 412

    def test_an_unchanged_plan_makes_no_version(self, world):
        """What was read is put back: the same ETag."""
        _, client = world
        plan, etag = self.read(client)
        assert call(client, "PUT", "/api/plans/plan", plan, If_Match=etag).headers["ETag"] == etag

    def test_what_is_wrong_comes_back_all_at_once_and_nothing_is_written(self, world):
        """Every issue with its path in the JSON that was sent; no half of a plan."""
        store, client = world
        plan, etag = self.read(client)
        plan["goals"][0]["value"]["lifecycle"] = "on-hold"
        plan["period"], plan["nonsense"] = {"start": "soon"}, 1
        answer = call(client, "PUT", "/api/plans/plan", plan, If_Match=etag)
        assert (answer.status_code, answer.content_type) == (422, "application/problem+json")
        assert {error["path"] for error in answer.json["errors"]} == {"period.start", "nonsense"}
        assert stored(store, "Goal", "g") == GOAL

    def test_a_plan_that_contradicts_itself_is_refused_with_all_that_is_wrong(self, world):
        """The period, a goal's target and a word of no list: three places, each with its code and what mends it."""
        store, client = world
        plan, etag = self.read(client)
        plan["period"] = {"start": "2026", "end": "2025"}
        plan["goals"][0]["value"] |= {"targets": [{"value": {"text": "x"}}], "lifecycle": "going well"}
        for answer in (
            call(client, "PUT", "/api/plans/plan", plan, If_Match=etag),
            call(client, "POST", "/api/plans", {name: value for name, value in plan.items() if name != "id"}),
        ):
            assert (answer.status_code, answer.content_type) == (422, "application/problem+json")
            assert {(error["path"], error["code"], bool(error["fix"])) for error in answer.json["errors"]} == {
                ("period.end", "business-rule", True),
                ("goals[0].value.targets[0].measure", "required", True),
                ("goals[0].value.lifecycle", "code-invalid", True),
            }
        assert stored(store, "Goal", "g") == GOAL

    def test_what_was_wrong_before_does_not_bar_an_edit(self, world):
        """An EHR's slip is there to stay; the same again is one more, and refused."""
        store, client = world
        slip = {"detailString": "x"}
        with store.write() as tx:
            tx.documents.put("Goal", "g", json.dumps(GOAL | {"target": [slip]}).encode(), expected=1)
        plan, etag = self.read(client)
        plan["title"] = "changed"
        assert call(client, "PUT", "/api/plans/plan", plan, If_Match=etag).status_code == 200
        plan, etag = self.read(client)
        plan["goals"][0]["value"]["targets"].append({"value": {"text": "y"}})
        answer = call(client, "PUT", "/api/plans/plan", plan, If_Match=etag)
        assert [error["path"] for error in answer.json["errors"]] == ["goals[0].value.targets[1].measure"]

    # fmt: off
    @pytest.mark.parametrize("change", [
        pytest.param(lambda p: p["goals"][0]["value"].pop("clinic_words"), id="FHIR demands a description"),
        pytest.param(lambda p: p["goals"].append({"id": "Goal/other", "value": GOING}), id="another person's goal"),
        pytest.param(lambda p: p["goals"].append(p["goals"][0] | {"value": GOING}), id="one goal, two values"),
        pytest.param(lambda p: p["goals"][0]["value"].update(lifecycle="going well"), id="no such code"),
        pytest.param(lambda p: p["goals"].append({"id": "Goal/a b", "value": GOING}), id="no id"),
    ])
    def test_refusals_leave_all_documents_as_they_were(self, world, change):
        """Invalid FHIR, another person's goal, one goal twice, an unknown code: refused whole."""
        store, client = world
        plan, etag = self.read(client)
        plan["title"] = "changed"
        change(plan)
        answer = call(client, "PUT", "/api/plans/plan", plan, If_Match=etag)
        assert (answer.status_code, answer.content_type) == (422, "application/problem+json"), answer.data
        assert stored(store, "CarePlan", "plan") == PLAN
        assert stored(store, "Goal", "other")["lifecycleStatus"] == "active"

    def test_a_new_plan_comes_with_its_members(self, world):
        """POST gives 201, a Location and an ETag; a therapy without a document of its own gets one."""
        store, client = world
        plan = {
            "entity": "Plan",
            "status": "active",
            "intent": "plan",
            "person": {"id": "Patient/p"},
            "activities": [{"therapy": {"value": {"kind": {"text": "family therapy"}, "status": "not-started"}}}],
        }
        answer = call(client, "POST", "/api/plans", plan)
        assert answer.status_code == 201, answer.data
        therapy = answer.json["activities"][0]["therapy"]
        assert stored(store, "ServiceRequest", therapy["id"].split("/")[1])["subject"] == {"reference": "Patient/p"}
        there = call(client, "GET", answer.headers["Location"].removeprefix("http://localhost"))
        assert (there.json, there.headers["ETag"]) == (answer.json, answer.headers["ETag"])

    @pytest.mark.parametrize("token", ["partner", "person"])
    def test_only_the_programme_writes(self, world, token):
        """A partner writes FHIR, a person reads."""
        _, client = world
        assert call(client, "PUT", "/api/plans/plan", {"entity": "Plan"}, token=token, If_Match="*").status_code == 403

    # fmt: off
    @pytest.mark.parametrize(("body", "status"), [
        (b"[" * 100_000,                              400),
        (b'{"entity":"Plan","title":"a","title":"b"}', 400),
        (b'{"entity":"Plan","title":"\\ud800"}',      400),
        (b'{"entity":"Plan","title":NaN}',            400),
        (b"[]",                                       400),
        (b'{"entity":"Goal"}',                        422),
        (b'{"entity":"Plan","goals":[null]}',         422),
        (b'{"entity":"Plan","goals":{"a":1}}',        422),
        (b'{"entity":"Plan","activities":[{"therapy":{"value":{"frequency":{"text":1}}}}]}', 422),
    ])
    def test_bad_input_is_a_4xx_problem(self, world, body, status):
        """Depth, duplicate keys, lone surrogates, NaN, wrong shapes: problem+json, nothing stored."""
        _, client = world
        answer = call(client, "POST", "/api/plans", body)
        assert (answer.status_code, answer.content_type) == (status, "application/problem+json"), answer.data
        assert len(call(client, "GET", "/api/plans").json["items"]) == 1
