"""The client of an EHR server against a real socket: what is asked, what is told, what is never done."""

from __future__ import annotations

import json
import time

import pytest
from ehr_world import GOAL, LEAVE, NAMED, SECRET, Document, Leave, client, ehr, server, waits
from scripted_server import Say, ScriptedServer, bundle

from adapter.ehr import errors as e
from adapter.ehr.client import Answer, Client
from adapter.ehr.query import Query

# ---- reads


def test_a_read_gives_the_bytes_that_came(server: ScriptedServer, client: Client) -> None:
    """The record's bytes, its etag and its instant arrive as the server wrote them."""
    body = b'{"resourceType" : "Goal","id":"g1","x":1.50,"meta":{"lastUpdated":"2026-01-01T00:00:00.1+05:30"}}\n'
    server.script = [Say(body=body, headers={"ETag": 'W/"7"'})]
    assert client.read("Goal", "g1") == Answer(200, "Goal", "g1", 'W/"7"', "2026-01-01T00:00:00.1+05:30", "", body)


def test_reads_ask_for_fresh_fhir_json(server: ScriptedServer, client: Client) -> None:
    """A read asks for FHIR JSON and for no cached answer; a search asks that unknown parameters be refused."""
    server.script = [Say(body=GOAL), Say(body=bundle())]
    client.read("Goal", "g1")
    list(client.pages(Query.unnamed("Goal", last_updated="2026-01-01T00:00:00Z")))
    read, search = server.asked
    assert (read.headers["Accept"], read.headers["Cache-Control"]) == ("application/fhir+json", "no-cache")
    assert search.headers["Prefer"] == "handling=strict"
    assert search.path == "/fhir/Goal?_lastUpdated=ge2026-01-01T00%3A00%3A00Z&_count=2"


def test_pages_are_followed_to_the_end(server: ScriptedServer, client: Client) -> None:
    """Next links are followed as they stand, however they are written; the last page says so."""
    first = bundle({**GOAL, "id": "a"}, next=f"{server.url}?_getpages=x&b=%7C", self_="s")
    server.script = [
        Say(body=first, headers={"Date": "Thu, 01 Jan 2026 10:00:00 GMT"}),
        Say(body=bundle({**GOAL, "id": "b"}, next="/fhir/more")),
        Say(body=bundle()),
    ]  # fmt: skip
    found = list(client.pages(Query.unnamed("Goal")))
    assert [[r.id for r in page.resources] for page in found] == [["a"], ["b"], []]
    assert [page.last for page in found] == [False, False, True]
    assert (found[0].self_link, found[0].date) == ("s", "2026-01-01T10:00:00Z")
    assert [a.path for a in server.asked][1:] == ["/fhir?_getpages=x&b=%7C", "/fhir/more"]


def test_a_history_names_what_was_deleted(server: ScriptedServer, client: Client) -> None:
    """A deletion in a type's history arrives with type, id and moment and without a body."""
    deleted = {
        "fullUrl": f"{server.url}/Goal/g9", "request": {"method": "DELETE", "url": "Goal/g9"},
        "response": {"status": "204", "lastModified": "2026-01-02T00:00:00Z", "etag": 'W/"2"'},
    }  # fmt: skip
    lived = {"resource": GOAL, "request": {"method": "PUT", "url": "Goal/g1"}, "response": {"status": "200"}}
    server.script = [Say(body={"resourceType": "Bundle", "type": "history", "entry": [deleted, lived]})]
    (page,) = client.history("Goal", "2026-01-01T00:00:00+01:00")
    gone, there = page.resources
    assert (gone.type, gone.id, gone.deleted, gone.body, gone.last_updated, gone.etag) == (
        "Goal", "g9", True, b"", "2026-01-02T00:00:00Z", 'W/"2"',
    )  # fmt: skip
    assert (there.id, there.deleted, there.etag) == ("g1", False, 'W/"3"')
    assert server.asked[0].path == "/fhir/Goal/_history?_count=2&_since=2026-01-01T00%3A00%3A00%2B01%3A00"


def test_connections_are_kept(server: ScriptedServer, client: Client) -> None:
    """Ten requests take one connection."""
    server.script = [Say(body=GOAL)]
    for _ in range(10):
        client.read("Goal", "g1")
    assert server.connections == 1


# ---- leave


def test_a_question_that_names_a_person_needs_leave(client: Client) -> None:
    """Neither a named query nor a person's own record goes out without the gate's leave."""
    with pytest.raises(TypeError):
        Query.named(LEAVE, "CarePlan", patient="Patient/1")  # a document's leave names nobody
    with pytest.raises(TypeError):
        Query.unnamed("Patient", identifier=("urn:x", "1"))
    with pytest.raises(TypeError):
        client.read("Patient", "p1")
    with pytest.raises(TypeError):
        client.create(NAMED)
    with pytest.raises(TypeError):
        client.update(Leave((Document("Goal", "ours", b""),)), "g1")


def test_a_named_query_carries_the_number_of_its_record(server: ScriptedServer, client: Client) -> None:
    """Several values are one parameter; the key of the query leaves out the moment."""
    server.script = [Say(body=bundle())]
    query = Query.named(
        Leave((), 41, "Patient/ours"), "CarePlan", patient="Patient/1", category=["a", "b"], last_updated="2026"
    )
    list(client.pages(query))
    assert server.asked[0].path == "/fhir/CarePlan?patient=Patient%2F1&category=a%2Cb&_lastUpdated=ge2026&_count=2"
    assert (query.disclosure, query.key) == (41, "CarePlan?category=a,b&patient=Patient/1")


def test_an_identifier_is_escaped() -> None:
    """A comma in an identifier is no second value."""
    assert Query.unnamed("Goal", identifier=("urn:x", "a,b|c")).parameters == (("identifier", "urn:x|a\\,b\\|c"),)


@pytest.mark.parametrize(
    ("type_", "id_"), [("Goal", ".."), ("Goal", "a/b"), ("Goal", "a?b"), ("../Goal", "a"), ("Goal", "x" * 65)]
)
def test_no_id_climbs_out_of_its_place(client: Client, type_: str, id_: str) -> None:
    """What is no id never reaches a URL."""
    with pytest.raises(ValueError, match="no id"):
        client.read(type_, id_)


# ---- writes


def test_a_create_sends_the_released_bytes(server: ScriptedServer, client: Client) -> None:
    """What the gate released goes out byte for byte; the answer says where the record stands now."""
    stored = json.dumps({**GOAL, "id": "77"}).encode()
    server.script = [Say(201, stored, {"Location": "http://inside:8080/fhir/Goal/77/_history/1", "ETag": 'W/"1"'})]
    answer = client.create(LEAVE, identifier=("urn:ietf:rfc:3986", "urn:uuid:1"))
    (sent,) = server.asked
    assert (sent.method, sent.path, sent.body) == ("POST", "/fhir/Goal", LEAVE.documents[0].body)
    assert sent.headers["If-None-Exist"] == "identifier=urn%3Aietf%3Arfc%3A3986%7Curn%3Auuid%3A1"
    assert (sent.headers["Prefer"], sent.headers["Content-Type"]) == ("return=representation", "application/fhir+json")
    assert (answer.id, answer.etag, answer.body) == ("77", 'W/"1"', stored)


@pytest.mark.parametrize(("given", "sent"), [('W/"3"', 'W/"3"'), ('"3"', '"3"'), ("3", 'W/"3"'), ("", None)])
def test_an_update_is_guarded_by_the_etag(server: ScriptedServer, client: Client, given: str, sent: str | None) -> None:
    """If-Match is the server's own etag; a bare version gets its quotes."""
    server.script = [Say(200, GOAL)]
    assert client.update(LEAVE, "g1", if_match=given).etag == 'W/"3"'
    assert server.asked[0].headers.get("If-Match") == sent


def test_an_etag_cannot_smuggle_a_header(client: Client) -> None:
    """What is no etag is not sent."""
    with pytest.raises(ValueError, match="not an etag"):
        client.update(LEAVE, "g1", if_match='"1"\r\nX: y')


@pytest.mark.parametrize("status", [200, 202, 204, 404, 410])
def test_what_is_gone_is_deleted(server: ScriptedServer, client: Client, status: int) -> None:
    """A delete of what is gone already is a success."""
    server.script = [Say(status)]
    assert client.delete(LEAVE, "g1", if_match='W/"3"').status == status


def test_a_write_without_a_body_is_known_by_its_location(server: ScriptedServer, client: Client) -> None:
    """A server may keep the body to itself."""
    server.script = [Say(201, headers={"Location": "Goal/9/_history/1", "ETag": 'W/"1"'})]
    assert client.create(LEAVE) == Answer(201, "Goal", "9", 'W/"1"', "", "Goal/9/_history/1")


# fmt: off
UNSETTLED = {
    "a reset":                    Say(reset=True),
    "silence":                    Say(before=lambda: time.sleep(0.6)),
    "half a status line":         Say(raw=b"HTTP/1.1 2"),
    "not HTTP":                   Say(raw=b"SSH-2.0-OpenSSH\r\n\r\n"),
    "500":                        Say(500),
    "502":                        Say(502),
    "504":                        Say(504),
    "a web page":                 Say(200, b"<html>log in</html>", kind="text/html"),
    "something else":             Say(200, {"error": "x"}),
    "an outcome that is none":    Say(200, {"resourceType": "OperationOutcome", "issue": [{"code": "x"}]}),
    "accepted for later":         Say(202),
    "another record":             Say(201, {**GOAL, "id": "x"}, {"Location": "/fhir/Goal/y"}),
    "no record":                  Say(201),
}
# fmt: on


@pytest.mark.parametrize("say", UNSETTLED.values(), ids=UNSETTLED)
def test_a_write_is_sent_once(server: ScriptedServer, client: Client, waits: list[float], say: Say) -> None:
    """When nobody can say what became of a create, that is said, and it is not sent again."""
    server.script = [say]
    with pytest.raises(e.LostAnswer):
        client.create(LEAVE)
    assert (len(server.asked), waits) == (1, [])


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, e.Invalid), (401, e.Refused), (403, e.Refused), (404, e.NotFound), (405, e.NotOffered), (409, e.Conflict),
        (410, e.Gone), (412, e.Conflict), (413, e.Invalid), (422, e.Invalid), (429, e.Busy), (501, e.NotOffered),
        (503, e.Busy), (302, e.Moved), (308, e.Moved),
    ],
)  # fmt: skip
def test_a_refused_write_says_why(server: ScriptedServer, client: Client, status: int, kind: type[e.EHRError]) -> None:
    """Each status has one meaning, and a write that was refused is not sent again."""
    coded = {"coding": [{"code": "4119"}]}
    told = {"code": "invalid", "diagnostics": SECRET, "expression": ["Goal.target[0]"], "details": coded}
    odd = {"code": SECRET + "?", "expression": [f"Goal.where(id='{SECRET}')"]}
    outcome = {"resourceType": "OperationOutcome", "issue": [told, odd]}
    server.script = [Say(status, outcome, {"Location": "http://169.254.169.254/"})]
    with pytest.raises(kind) as caught:
        client.update(LEAVE, "g1", if_match='W/"1"')
    error = caught.value
    assert type(error) is kind
    assert (len(server.asked), error.status, error.said) == (1, status, SECRET)
    assert [(i.path, i.code, i.rule) for i in error.issues] == [
        ("Goal.target[0]", "invalid", "4119"),
        ("", "unknown", ""),
    ]
    assert SECRET not in str(error) + repr(error) + error.text + repr(error.issues)
    assert error.text.startswith("clinic: ")
