"""The gateway as a FHIR server: each interaction, its status and its headers. https://hl7.org/fhir/R4/http.html"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from gateway_world import World, issues, record, world

from adapter.gateway.capabilities import TYPES
from adapter.gateway.negotiate import media_type
from adapter.gateway.outcome import Refusal
from adapter.store import StoreError
from mappings.check import check
from mappings.tree import Number, parse


@pytest.fixture
def here(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path) as found:
        yield found


class TestReading:
    def test_a_read_returns_the_stored_bytes_with_their_version(self, here: World) -> None:
        """The body is what was stored, literals and order kept; ETag, Last-Modified and meta tell its version."""
        body = b'{ "status":"active","resourceType":"CarePlan", "intent":"plan","id":"x",\n "subject":{"display":"A."}}'
        assert here.desk("PUT", "CarePlan/x", body).status_code == 201
        found = here.desk.get("CarePlan/x")
        assert (found.status_code, found.headers["ETag"]) == (200, 'W/"1"')
        assert found.headers["Last-Modified"].endswith("GMT")
        meta = parse(found.data)["meta"]
        assert found.data == body.replace(
            b'"CarePlan"', b'"CarePlan","meta":{"versionId":"1","lastUpdated":"%s"}' % meta["lastUpdated"].encode()
        )

    def test_unknown_deleted_and_old_versions(self, here: World) -> None:
        """404 for what never was, 410 for what was deleted, each earlier version stays readable."""
        assert here.desk.get("Goal/none").status_code == 404
        assert here.desk("DELETE", "Goal/sing").status_code == 204
        gone = here.desk.get("Goal/sing")
        assert (gone.status_code, issues(gone)[0]["code"]) == (410, "deleted")
        assert here.desk.get("Goal/sing/_history/2").status_code == 410
        assert here.desk.read("Goal/sing/_history/1")["meta"]["versionId"] == "1"
        for path in (
            "Goal/sing/_history/3",
            "Goal/sing/_history/0",
            "Goal/sing/_history/x",
            "Condition/sing/_history/1",
        ):
            assert here.desk.get(path).status_code == 404

    def test_not_modified(self, here: World) -> None:
        """If-None-Match with the current version is 304 without a body; with another, the record."""
        same = here.desk.get("Goal/sing", If_None_Match='W/"1"')
        assert (same.status_code, same.data, same.headers["ETag"]) == (304, b"", 'W/"1"')
        assert here.desk("HEAD", "Goal/sing", If_None_Match='W/"1"').status_code == 304
        assert here.desk.get("Goal/sing", If_None_Match='W/"7", "8"').status_code == 200

    def test_the_short_way_and_the_long_way_answer_the_same(self, here: World) -> None:
        """A plain read goes around Flask's routing; with a query it does not; both say the same."""
        short, long = here.desk.get("Goal/sing"), here.desk.get("Goal/sing?_format=json")
        assert short.data == long.data
        assert dict(short.headers) == dict(long.headers)

    def test_head_is_get_without_the_body(self, here: World) -> None:
        """HEAD of a read, a search and the statement has the headers of GET."""
        for path in ("Goal/sing", "Goal?_count=1", "metadata", "Goal/none"):
            got, head = here.desk.get(path), here.desk("HEAD", path)
            assert (head.status_code, head.data) == (got.status_code, b"")
            assert dict(head.headers) == dict(got.headers)

    def test_history_of_an_instance(self, here: World) -> None:
        """Versions newest first, a deletion without a resource, in pages that miss none."""
        for n in range(4):
            here.desk("PUT", "Goal/sing", record("Goal", id="sing", description={"text": f"song {n}"}))
        here.desk("DELETE", "Goal/sing")
        entries = here.desk.read("Goal/sing/_history")["entry"]
        assert [entry["response"]["etag"] for entry in entries] == [f'W/"{n}"' for n in (6, 5, 4, 3, 2, 1)]
        assert "resource" not in entries[0]
        assert entries[0]["request"]["method"] == "DELETE"
        paged, path = [], "Goal/sing/_history?_count=4"
        while path:
            page = here.desk.read(path)
            paged += page["entry"]
            path = next((at["url"].partition("localhost")[2] for at in page["link"] if at["relation"] == "next"), "")
        assert paged == entries
        assert here.desk.get("Goal/none/_history").status_code == 404


class TestWriting:
    @pytest.mark.parametrize("kind", TYPES)
    def test_create_read_update_delete(self, here: World, kind: str) -> None:
        """Each type: created under an id of ours, read, updated, searched, deleted."""
        made = here.desk("POST", kind, record(kind, id="theirs"))
        assert made.status_code == 201, made.data
        assert made.headers["Location"].endswith(f"/fhir/R4/{kind}/new-1/_history/1")
        found = here.desk.read(f"{kind}/new-1")
        assert found == parse(made.data)
        changed = here.desk("PUT", f"{kind}/new-1", {**found, "language": "mr"}, If_Match=made.headers["ETag"])
        assert (changed.status_code, changed.headers["ETag"]) == (200, 'W/"2"')
        assert f"{kind}/new-1" in here.desk.found(f"{kind}?_id=new-1")
        assert here.desk("DELETE", f"{kind}/new-1").status_code == 204
        assert here.desk.found(f"{kind}?_id=new-1") == []

    def test_an_update_of_an_unknown_id_creates(self, here: World) -> None:
        """PUT to an id that is free is 201; to a deleted one as well, as the next version."""
        made = here.desk("PUT", "Goal/mine", record("Goal", id="mine"))
        assert (made.status_code, made.headers["ETag"]) == (201, 'W/"1"')
        here.desk("DELETE", "Goal/mine")
        again = here.desk("PUT", "Goal/mine", record("Goal", id="mine"))
        assert (again.status_code, again.headers["ETag"]) == (201, 'W/"3"')

    def test_an_identical_update_makes_no_version(self, here: World) -> None:
        """Sending back what was read, or the same again, leaves the version as it is."""
        found = here.desk.get("Goal/sing")
        for body in (found.data, parse(found.data)):
            same = here.desk("PUT", "Goal/sing", body)
            assert (same.status_code, same.headers["ETag"], same.data) == (200, 'W/"1"', found.data)

    def test_a_put_without_if_match_is_accepted_and_loses_nothing(self, here: World) -> None:
        """The version that it replaced stays readable."""
        assert here.desk("PUT", "Goal/ben", record("Goal", id="ben", language="en")).status_code == 200
        assert "language" not in here.desk.read("Goal/ben/_history/1")

    def test_if_match_can_be_demanded(self, tmp_path: Path) -> None:
        """With the setting, a change that does not say what it replaces is refused; a creation is not."""
        with world(tmp_path, require_if_match=True) as strict:
            for method, body in (("PUT", record("Goal", id="ben", language="en")), ("DELETE", None)):
                assert issues(strict.desk(method, "Goal/ben", body))[0]["code"] == "required"
            assert strict.desk("PUT", "Goal/ben", record("Goal", id="ben"), If_Match='W/"1"').status_code == 200
            assert strict.desk("PUT", "Goal/fresh", record("Goal", id="fresh")).status_code == 201

    @pytest.mark.parametrize(
        ("header", "status"),
        [
            ('W/"1"', 200),
            ('"1"', 200),
            ("1", 200),
            ("*", 200),
            ('W/"9", W/"1"', 200),
            ('W/"2"', 412),
            ('W/"01"', 412),
            ("W/1x", 400),
        ],
    )
    def test_forms_of_if_match(self, here: World, header: str, status: int) -> None:
        """Weak, strong and bare forms and lists are understood; stale is 412; what is no version is 400."""
        body = record("Goal", id="sing", language="en")
        assert here.desk("PUT", "Goal/sing", body, If_Match=header).status_code == status
        assert here.desk("DELETE", "Goal/none", If_Match='W/"1"').status_code == 412

    def test_if_none_match_star_only_creates(self, here: World) -> None:
        """PUT with If-None-Match: * is 412 where something stands, else it creates."""
        assert here.desk("PUT", "Goal/sing", record("Goal", id="sing"), If_None_Match="*").status_code == 412
        assert here.desk("PUT", "Goal/new", record("Goal", id="new"), If_None_Match="*").status_code == 201

    def test_of_two_writers_one_wins(self, here: World) -> None:
        """Eight writers put onto the same version at once: one is 200, seven are 412, one version is made."""
        answers: list[int] = []

        def write(n: int) -> None:
            body = record("Goal", id="sing", description={"text": f"writer {n}"})
            answers.append(here.desk("PUT", "Goal/sing", body, If_Match='W/"1"').status_code)

        threads = [threading.Thread(target=write, args=(n,)) for n in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(answers) == [200] + [412] * 7
        assert here.desk.read("Goal/sing")["meta"]["versionId"] == "2"

    def test_prefer_minimal(self, here: World) -> None:
        """Prefer: return=minimal answers without a body, with the version."""
        made = here.desk("POST", "Goal", record("Goal"), Prefer="return=minimal")
        assert (made.status_code, made.data, made.headers["ETag"]) == (201, b"", 'W/"1"')
        assert "Location" in made.headers

    def test_what_is_wrong_is_said_with_its_place(self, here: World) -> None:
        """Another type, another id, invalid FHIR: 400, 400, 422, each with a FHIRPath; nothing is stored."""
        wrong_type = here.desk("PUT", "Goal/x", record("CarePlan", id="x"))
        wrong_id = here.desk("PUT", "Goal/x", record("Goal", id="y"))
        invalid = here.desk("PUT", "Goal/x", {"resourceType": "Goal", "id": "x", "lifecycleStatus": "asleep"})
        assert [answer.status_code for answer in (wrong_type, wrong_id, invalid)] == [400, 400, 422]
        assert issues(wrong_type)[0]["expression"] == ["Goal.resourceType"]
        assert issues(wrong_id)[0]["expression"] == ["Goal.id"]
        places = {path for issue in issues(invalid) for path in issue["expression"]}
        assert {"Goal.lifecycleStatus", "Goal.subject", "Goal.description"} <= places
        assert b"asleep" not in invalid.data
        assert here.desk.get("Goal/x").status_code == 404

    def test_a_conditional_create_is_refused_not_ignored(self, here: World) -> None:
        """If-None-Exist is not supported; ignoring it would make a duplicate."""
        assert here.desk("POST", "Goal", record("Goal"), If_None_Exist="identifier=x").status_code == 412

    def test_what_an_ehr_sent_wrong_is_read_only(self, here: World) -> None:
        """A flagged record is served as it came and not overwritten."""
        with here.store.write() as tx:
            tx.documents.put("Goal", "odd", b'{"resourceType":"Goal","a":1,"a":2}', flag="unfaithful", born="pulled")
        assert b'"a":1,"a":2' in here.desk.get("Goal/odd").data
        assert here.desk("PUT", "Goal/odd", record("Goal", id="odd")).status_code == 409


class TestSearching:
    @pytest.fixture
    def many(self, here: World) -> World:
        for n in range(7):
            here.put(f"Goal/g{n}", record("Goal", lifecycleStatus="completed" if n % 2 else "active"))
        return here

    def test_pages_hold_every_match_once_while_others_write(self, many: World) -> None:
        """Following next links, each record that is there all the time comes once, although others come and go."""
        seen: list[str] = []
        path, turn = "Goal?_count=2&subject=Patient/anna", 0
        while path:
            page = many.desk.read(path)
            seen += [entry["resource"]["id"] for entry in page["entry"]]
            turn += 1
            many.put(f"Goal/late{turn}", record("Goal"))
            many.put(f"Goal/g{turn}", record("Goal", language="en"))
            path = next((at["url"].partition("localhost")[2] for at in page["link"] if at["relation"] == "next"), "")
        assert sorted(seen) == sorted(["sing", *(f"g{n}" for n in range(7))])

    def test_parameters(self, many: World) -> None:
        """Alone and together, as lists and as references in each form, by GET and by POST: the same records."""
        active = {"Goal/sing", "Goal/ben", *(f"Goal/g{n}" for n in (0, 2, 4, 6))}
        assert set(many.desk.found("Goal?lifecycle-status=active")) == active
        assert many.desk.found("Goal?lifecycle-status=active&subject=Patient/ben") == ["Goal/ben"]
        for form in (
            "patient=ben",
            "patient=Patient/ben",
            "subject=http://localhost/fhir/R4/Patient/ben",
            "subject:Patient=ben",
        ):
            assert many.desk.found(f"Goal?{form}") == ["Goal/ben"]
        assert set(many.desk.found("Goal?_id=g1,g2,none")) == {"Goal/g1", "Goal/g2"}
        assert many.desk.found("Patient?identifier=urn:x|1") == ["Patient/anna"]
        assert many.desk.found("Goal?_lastUpdated=gt2999") == []
        form = many.desk("POST", "Goal/_search", b"patient=ben", Content_Type="application/x-www-form-urlencoded")
        assert [entry["resource"]["id"] for entry in parse(form.data)["entry"]] == ["ben"]

    def test_unknown_parameters(self, many: World) -> None:
        """Ignored, said in the answer and absent from its self link; with handling=strict refused."""
        page = many.desk.read("Goal?favourite=x&_id=g1")
        assert [entry["search"]["mode"] for entry in page["entry"]] == ["match", "outcome"]
        assert "favourite" in page["entry"][1]["resource"]["issue"][0]["details"]["text"]
        assert page["link"] == [{"relation": "self", "url": "http://localhost/fhir/R4/Goal?_id=g1"}]
        assert many.desk.get("Goal?favourite=x", Prefer="handling=strict").status_code == 400
        assert many.desk.get("Goal?_id=g1&_count=5", Prefer="handling=strict").status_code == 200

    @pytest.mark.parametrize(
        "query",
        ["_id:not=x", "identifier=", "_lastUpdated=tomorrow", "_count=-1", "_count=x", "_page=zz", "identifier=a|b|c"],
    )
    def test_what_cannot_be_understood_is_400(self, many: World, query: str) -> None:
        """An unknown modifier, an empty value, a bad date, count or page link."""
        assert issues(many.desk.get(f"Goal?{query}"))
        assert many.desk.get(f"Goal?{query}").status_code == 400

    def test_count(self, many: World) -> None:
        """_count=0 is the number alone; a huge one is capped."""
        page = many.desk.read("Goal?_count=0&patient=anna")
        assert (page["total"], "entry" in page) == (Number("8"), False)
        assert len(many.desk.read(f"Goal?_count={10**17}")["entry"]) == 9

    def test_an_empty_result_is_a_bundle_without_entries(self, many: World) -> None:
        """No match: 200, and no empty list, which FHIR does not allow."""
        assert "entry" not in many.desk.read("Goal?_id=none")

    def test_bundles_are_valid_fhir(self, many: World) -> None:
        """What is put together from bytes is a valid Bundle."""
        many.desk("DELETE", "Goal/g1")
        for path in ("Goal?favourite=x", "Goal?_count=0", "Goal/g1/_history", "Goal?_id=none"):
            assert check(many.desk.get(path).data) == []


class TestManners:
    @pytest.mark.parametrize(
        ("accept", "answer"),
        [
            ("", "application/fhir+json"),
            ("*/*", "application/fhir+json"),
            ("application/json", "application/json"),
            ("application/fhir+xml, application/fhir+json;q=0.5", "application/fhir+json"),
            ("application/fhir+json; fhirVersion=4.0", "application/fhir+json"),
            ("application/json;q=0.3, application/fhir+json;q=0.9", "application/fhir+json"),
        ],
    )
    def test_media_types(self, here: World, accept: str, answer: str) -> None:
        """JSON is spoken under its three names, by weight."""
        assert here.desk.get("Goal/sing", Accept=accept).headers["Content-Type"] == answer

    @pytest.mark.parametrize(
        "accept",
        ["application/fhir+xml", "text/html", "application/fhir+json;q=0", "application/fhir+json; fhirVersion=5.0"],
    )
    def test_what_is_not_spoken_is_406(self, here: World, accept: str) -> None:
        """XML, pages and other releases of FHIR are not acceptable; _format goes before Accept."""
        assert here.desk.get("Goal/sing", Accept=accept).status_code == 406
        assert here.desk.get("Goal/sing?_format=xml").status_code == 406
        assert here.desk.get("Goal/sing?_format=json", Accept=accept).status_code == 200
        with pytest.raises(Refusal):
            media_type(accept)

    @pytest.mark.parametrize(
        "kind", ["application/fhir+xml", "text/plain", "", "application/json; charset=utf-16", "multipart/form-data"]
    )
    def test_other_bodies_are_415(self, here: World, kind: str) -> None:
        """A body is JSON in UTF-8 and says so; compressed ones are not read."""
        assert here.desk("POST", "Goal", record("Goal"), Content_Type=kind).status_code == 415
        assert here.desk("POST", "Goal", record("Goal"), Content_Encoding="gzip").status_code == 415

    def test_a_token_is_needed(self, here: World) -> None:
        """Without a token, with a wrong one or another scheme: 401, told how; the scheme's case does not matter."""
        for token in ("", "Bearer nobody", "Basic desk", "Bearer", "Bearer  "):
            answer = here.desk.get("Goal/sing", Authorization=token)
            assert answer.status_code == 401
            assert answer.headers["WWW-Authenticate"].startswith("Bearer")
        assert here.desk.get("Goal/sing", Authorization="bearer desk").status_code == 200
        assert here.nobody.get("metadata", Authorization="").status_code == 200

    def test_a_removed_client_is_refused(self, here: World) -> None:
        """A second after it was removed, a client's token is worth nothing."""
        from adapter.gateway.who import Tokens

        clock = [0.0]
        tokens = Tokens(here.store, clock=lambda: clock[0])
        assert tokens.bearer("Bearer desk").name == "desk"
        with here.store.write() as tx:
            tx.clients.remove("desk")
        clock[0] = 1.0
        with pytest.raises(Refusal) as refused:
            tokens.bearer("Bearer desk")
        assert refused.value.status == 401

    def test_headers_of_every_answer(self, here: World) -> None:
        """Records are not kept by anybody between; nothing is guessed, framed or traced."""
        for answer in (
            here.desk.get("Goal/sing"),
            here.desk.get("Goal/none"),
            here.desk.get("/nowhere"),
            here.nobody.get("metadata"),
        ):
            assert answer.headers["Cache-Control"] == "no-store"
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert "Strict-Transport-Security" in answer.headers
            assert "Access-Control-Allow-Origin" not in answer.headers
        assert here.desk("TRACE", "Goal/sing").status_code == 405

    def test_without_store_or_record_nothing_leaves(self, here: World, monkeypatch: pytest.MonkeyPatch) -> None:
        """When the store cannot be read or the record not written, the answer is 503 and holds nothing."""

        def refuse(*_: object, **__: object) -> None:
            raise StoreError("disk full")

        for name in ("write", "read"):
            with monkeypatch.context() as broken:
                broken.setattr(here.store, name, refuse)
                for path in ("Goal/sing", "Goal/sing/_history/1", "Goal"):
                    answer = here.desk.get(path)
                    if (name, path) != ("read", "Goal/sing"):  # a plain read needs no transaction
                        assert (answer.status_code, issues(answer)[0]["code"]) == (503, "transient")
                        assert b"sing" not in answer.data
        assert here.desk.get("Goal/sing").status_code == 200
