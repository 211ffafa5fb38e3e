"""The client of an EHR server against a real socket: what is asked, what is told, what is never done."""

from __future__ import annotations

import gzip
import json
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from scripted_server import Say, ScriptedServer, bundle

from adapter.ehr import errors as e
from adapter.ehr.client import Answer, Client
from adapter.ehr.query import Query
from adapter.settings import EHR

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
GOAL: dict[str, object] = {
    "resourceType": "Goal",
    "id": "g1",
    "meta": {"versionId": "3", "lastUpdated": "2026-01-01T00:00:00Z"},
}
SECRET = "Asha-Kulkarni-secret"
CHUNKED = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"


@dataclass(frozen=True)
class Document:
    type: str
    id: str
    body: bytes


@dataclass(frozen=True)
class Leave:
    documents: tuple[Document, ...] = ()
    disclosure: int = 1
    person: str = ""


LEAVE = Leave((Document("Goal", "ours", b'{"resourceType":"Goal","id":"g1"}'),))
NAMED = Leave(person="Patient/ours")


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    running = ScriptedServer()
    yield running
    running.stop()


@pytest.fixture
def waits() -> list[float]:
    return []


@pytest.fixture
def ehr(server: ScriptedServer) -> EHR:
    return EHR(
        "clinic", server.url, "other", ("urn:x", "1"), "TREAT",
        connect_timeout=2, read_timeout=0.3, answer_timeout=0.6, page_size=2, max_pages=5, max_bytes=100_000,
    )  # fmt: skip


@pytest.fixture
def client(ehr: EHR, waits: list[float]) -> Iterator[Client]:
    with Client(ehr, clock=lambda: NOON, sleep=waits.append, chance=lambda: 0.0) as made:
        yield made


def pages(client: Client) -> list[str]:
    return [r.id for page in client.pages(Query.unnamed("Goal")) for r in page.resources]


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


# ---- faults


# fmt: off
NO_FHIR = {
    "a web page":            (Say(200, b"<html></html>", kind="text/html"),                       e.NotFHIR),
    "nothing":               (Say(200),                                                            e.NotFHIR),
    "204":                   (Say(204),                                                            e.NotFHIR),
    "206":                   (Say(206, bundle()),                                                  e.NotFHIR),
    "300":                   (Say(300),                                                            e.Moved),
    "a redirect":            (Say(302, headers={"Location": "http://169.254.169.254/"}),           e.Moved),
    "XML":                   (Say(200, b"<Bundle/>", kind="application/fhir+xml"),                 e.NotFHIR),
    "no content type":       (Say(200, bundle(), kind=""),                                         e.NotFHIR),
    "UTF-16":                (Say(200, bundle(), kind="application/fhir+json; charset=utf-16"),    e.NotFHIR),
    "cut short":             (Say(200, bundle(GOAL), cut=40),                                      e.NotFHIR),
    "cut short, no length":  (Say(200, b'{"resourceType":"Bundle",', {"Content-Length": ""}),        e.NotFHIR),
    "a broken chunk":        (Say(raw=CHUNKED + b'5\r\n{"a":'),                                         e.NotFHIR),
    "broken gzip":           (Say(200, gzip.compress(b"{}")[:-9], {"Content-Encoding": "gzip"}),   e.NotFHIR),
    "no gzip":               (Say(200, b"{}", {"Content-Encoding": "gzip"}),                       e.NotFHIR),
    "a gzip bomb":           (Say(200, gzip.compress(b"[" * 50_000_000), {"Content-Encoding": "gzip"}), e.TooLarge),
    "a long redirect":       (Say(302, b" " * 200_000, {"Location": "/x"}),                        e.Moved),
    "too much":              (Say(200, b" " * 100_001),                                            e.TooLarge),
    "another Bundle":        (Say(200, bundle(kind="transaction-response")),                       e.NotFHIR),
    "no Bundle":             (Say(200, GOAL),                                                      e.NotFHIR),
    "an outcome":            (Say(200, {"resourceType": "OperationOutcome", "issue": []}),         e.NotFHIR),
    "a list":                (Say(200, b"[]"),                                                     e.NotFHIR),
    "brackets":              (Say(200, b"[" * 90_000),                                             e.NotFHIR),
    "an envelope with NaN":  (Say(200, b'{"resourceType":"Bundle","type":"searchset","total":NaN}'), e.NotFHIR),
    "an envelope twice":     (Say(200, b'{"resourceType":"Bundle","type":"searchset","type":"searchset"}'), e.NotFHIR),
    "400":                   (Say(400),                                                            e.Invalid),
    "401":                   (Say(401),                                                            e.Refused),
    "403":                   (Say(403),                                                            e.Refused),
    "404":                   (Say(404),                                                            e.NotFound),
    "410":                   (Say(410),                                                            e.Gone),
    "500":                   (Say(500),                                                            e.Failed),
    "500 and a web page":    (Say(500, b"<html>" * 10_000, kind="text/html"),                      e.Failed),
    "silence":               (Say(before=lambda: time.sleep(0.6)),                                 e.Unreachable),
}
# fmt: on


@pytest.mark.parametrize(("say", "kind"), NO_FHIR.values(), ids=NO_FHIR)
def test_no_answer_is_taken_for_another(
    server: ScriptedServer, client: Client, waits: list[float], say: Say, kind: type[e.EHRError]
) -> None:
    """What is not the page that was asked for is a clear message at once, and no record."""
    server.script = [say]
    with pytest.raises(kind) as caught:
        pages(client)
    assert type(caught.value) is kind
    assert (len(server.asked), waits) == (1, [])
    assert caught.value.text.startswith("clinic: ")
    assert server.url not in caught.value.text


def test_a_slow_answer_ends(server: ScriptedServer, client: Client) -> None:
    """A server that lets its answer drip is left after answer_timeout."""
    drip = b"HTTP/1.1 200 OK\r\nContent-Type: application/fhir+json\r\nContent-Length: 90000\r\n\r\n"

    with socket.create_server(("127.0.0.1", 0)) as slow:
        stop = threading.Event()

        def serve() -> None:
            peer, _ = slow.accept()
            with peer:
                peer.recv(10_000)
                peer.sendall(drip)
                while not stop.wait(0.02):
                    try:
                        peer.sendall(b" ")
                    except OSError:
                        return

        thread = threading.Thread(target=serve)
        thread.start()
        there = replace(client.ehr, url=f"http://127.0.0.1:{slow.getsockname()[1]}")
        with Client(there) as patient, pytest.raises(e.NotFHIR, match="too slow"):
            patient.read("Goal", "g1")
        stop.set()
        thread.join()


def test_the_good_ones_go_through(server: ScriptedServer, client: Client) -> None:
    """One bad record spoils no other: each keeps its bytes and says what is wrong with it."""
    records = [
        (b'{"resourceType":"Goal","id":"good"}', "good", ""),
        (b'{"resourceType":"Goal","id":"twice","x":1,"x":2}', "twice", "unfaithful"),
        (b'{"resourceType":"Goal","id":"half","x":"\\ud800"}', "half", "unfaithful"),
        (b'{"resourceType":"Goal","id":"nan","x":NaN}', "nan", "invalid"),
        (b'{"resourceType":"Goal","id":"in-url","x":"\xff"}', "e5", "invalid"),
        (b'{"resourceType":"Goal","id":"in-url","x":' + b"[" * 30_000 + b"]" * 30_000 + b"}", "e6", "invalid"),
        (b'{"resourceType":"Goal" "id":"in-url"}', "e7", "invalid"),
        (b'{"resourceType":"Goal","id":"also-good","x":"}]\\"{["}', "also-good", ""),
    ]
    entries = b",".join(
        b'{"resource":%s,"fullUrl":"urn:x/Goal/e%d"}' % (r, at + 1) for at, (r, _, _) in enumerate(records)
    )
    server.script = [Say(body=b'{"resourceType":"Bundle","entry":[' + entries + b'],"type":"searchset"}')]
    (page,) = client.pages(Query.unnamed("Goal"))
    assert [(r.body, r.id, r.flag) for r in page.resources] == records


def test_what_the_server_left_out_is_said(server: ScriptedServer, client: Client) -> None:
    """An outcome among the entries, and an entry that names no record, are issues of the page."""
    outcome = {"resourceType": "OperationOutcome", "issue": [{"severity": "warning", "code": "incomplete"}]}
    page = bundle(GOAL, {"resourceType": "Goal"}, outcome)
    page["entry"] = [*page["entry"], None, {"resource": None}]
    server.script = [Say(body=page)]
    (found,) = client.pages(Query.unnamed("Goal"))
    assert [r.id for r in found.resources] == ["g1"]
    nameless = ("error", "structure", "ehr-nameless-entry")
    said = [(i.severity, i.code, i.rule) for i in found.issues]
    assert said == [nameless, ("warning", "incomplete", ""), nameless, nameless]


@pytest.mark.parametrize(
    "link",
    [
        "http://evil.example/x",
        "//evil.example",
        "https://127.0.0.1/x",
        "http://127.0.0.1:1/x",
        "http://127.0.0.1\\@x/",
        "\x7f",
    ],
)
def test_no_page_is_followed_elsewhere(server: ScriptedServer, client: Client, link: str) -> None:
    """A next link to another server ends the query with an error: the token and the question stay here."""
    server.script = [Say(body=bundle(GOAL, next=link))]
    with pytest.raises(e.Strayed):
        pages(client)
    assert len(server.asked) == 1


def test_a_circle_of_pages_ends(server: ScriptedServer, client: Client) -> None:
    """A page that leads back is noticed."""
    server.script = [
        Say(body=bundle(GOAL, next="?a")),
        Say(body=bundle(GOAL, next="?b")),
        Say(body=bundle(GOAL, next="?a")),
    ]
    with pytest.raises(e.Strayed, match="circle"):
        pages(client)


def test_pages_without_end_end(server: ScriptedServer, client: Client) -> None:
    """More pages than max_pages are not taken."""
    count = iter(range(100))
    server.script = lambda _: Say(body=bundle(GOAL, next=f"?page={next(count)}"))
    with pytest.raises(e.TooLarge):
        pages(client)
    assert len(server.asked) == 5


# ---- patience


@pytest.mark.parametrize(
    ("header", "first_wait"),
    [
        ("7", 7.0), ("Thu, 01 Jan 2026 12:00:09 GMT", 9.0), ("Thu, 01 Jan 2025 12:00:09 GMT", 0.0), ("999999", 60.0),
        ("soon", 0.5), ("-3", 0.5),
    ],
)  # fmt: skip
def test_a_busy_server_is_asked_again(
    server: ScriptedServer, client: Client, waits: list[float], header: str, first_wait: float
) -> None:
    """Retry-After is kept, in seconds or as a date, within longest_wait; without one the wait doubles."""
    server.script = [Say(503, headers={"Retry-After": header}), Say(429), Say(body=GOAL)]
    assert client.read("Goal", "g1").id == "g1"
    assert waits == [first_wait, 1.0]


def test_patience_ends(server: ScriptedServer, client: Client, waits: list[float]) -> None:
    """A read is tried as often as the settings say."""
    server.script = [Say(503)]
    with pytest.raises(e.Busy):
        client.read("Goal", "g1")
    assert (len(server.asked), waits) == (4, [0.5, 1.0, 2.0])


def test_a_connection_that_breaks_is_made_anew(server: ScriptedServer, client: Client) -> None:
    """A read whose connection breaks is asked again."""
    server.script = [Say(reset=True), Say(body=GOAL)]
    assert client.read("Goal", "g1").id == "g1"


def test_nobody_there(ehr: EHR, waits: list[float]) -> None:
    """A server that is not there is tried again and then named; a write to it was surely not done."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/fhir"
    with Client(replace(ehr, url=url), sleep=waits.append) as client:
        with pytest.raises(e.Unreachable, match="clinic: no connection"):
            client.metadata()
        assert len(waits) == 3
        with pytest.raises(e.Unreachable):
            client.create(LEAVE)


def test_a_name_that_is_not_known(ehr: EHR, waits: list[float]) -> None:
    """A server whose name nobody knows is a message."""
    client = Client(replace(ehr, url="http://nowhere.invalid/fhir"), sleep=waits.append)
    with client, pytest.raises(e.Unreachable, match="name is not known"):
        client.metadata()


# ---- secrets


def test_the_token_goes_out_and_is_never_shown(
    server: ScriptedServer, ehr: EHR, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The bearer token stands in the request and in no message or log."""
    caplog.set_level("DEBUG")
    monkeypatch.setenv("CLINIC_TOKEN", SECRET)
    with Client(replace(ehr, token_env="CLINIC_TOKEN")) as client:
        server.script = [Say(401, {"resourceType": "OperationOutcome", "issue": []})]
        with pytest.raises(e.Refused) as caught:
            list(client.pages(Query.named(NAMED, "Goal", patient="Patient/asha-kulkarni")))
        assert server.asked[0].headers["Authorization"] == f"Bearer {SECRET}"
    seen = str(caught.value) + repr(caught.value) + caplog.text
    assert SECRET not in seen
    assert "asha" not in seen


@pytest.mark.parametrize("value", [None, "", "two words", "line\r\nX-Evil: 1"])
def test_without_a_token_nothing_is_asked(
    server: ScriptedServer, ehr: EHR, monkeypatch: pytest.MonkeyPatch, value: str | None
) -> None:
    """Where the settings name a token and the environment has none, that is the message."""
    monkeypatch.delenv("CLINIC_TOKEN", raising=False)
    if value is not None:
        monkeypatch.setenv("CLINIC_TOKEN", value)
    with Client(replace(ehr, token_env="CLINIC_TOKEN")) as client, pytest.raises(e.Refused, match="CLINIC_TOKEN"):
        client.read("Goal", "g1")
    assert server.asked == []


def test_proxies_and_netrc_of_the_environment_are_not_used(
    server: ScriptedServer, client: Client, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Neither a proxy nor a password of the environment takes part."""
    (tmp_path / ".netrc").write_text(f"machine 127.0.0.1 login a password {SECRET}\n")
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    server.script = [Say(body=GOAL)]
    client.read("Goal", "g1")
    assert "Authorization" not in server.asked[0].headers


def test_https_to_a_server_that_speaks_http(server: ScriptedServer, ehr: EHR, waits: list[float]) -> None:
    """No secure connection is a message at once, and nothing was sent."""
    client = Client(replace(ehr, url=server.url.replace("http:", "https:")), sleep=waits.append)
    with client, pytest.raises(e.Unreachable, match="really https"):
        client.create(LEAVE)
    assert (server.asked, waits) == ([], [])


def test_a_ca_bundle_that_is_not_there(ehr: EHR) -> None:
    """A certificate file that is missing is said before anything is sent."""
    with pytest.raises(e.Unreachable, match="ca_bundle"):
        Client(replace(ehr, ca_bundle="nowhere.pem"))


def test_verification_is_never_switched_off() -> None:
    """No line of the client's code turns the checking of certificates off."""
    code = "".join(p.read_text() for p in Path(e.__file__).parent.glob("*.py"))
    assert not any(off in code for off in ("verify=False", "CERT_NONE", "check_hostname = False", "disable_warnings"))
    assert ssl.create_default_context().verify_mode is ssl.CERT_REQUIRED


# ---- certificates


def _certificate(folder: Path, name: str, *san: str) -> Path:
    openssl = shutil.which("openssl")
    if not openssl:
        pytest.skip("SKIPPED: no openssl to make a certificate with")
    file = folder / f"{name}.pem"
    new = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
    said = ["-subj", f"/CN={name}", "-addext", f"subjectAltName={','.join(san)}"]
    out = ["-keyout", str(folder / f"{name}.key"), "-out", str(file)]
    subprocess.run([openssl, *new, *said, *out], check=True, capture_output=True)
    file.write_bytes(file.read_bytes() + (folder / f"{name}.key").read_bytes())
    return file


@pytest.mark.parametrize(
    ("san", "trusted", "good"),
    [("IP:127.0.0.1", True, True), ("IP:127.0.0.1", False, False), ("DNS:other.example", True, False)],
    ids=["trusted", "unknown", "another server's"],
)
def test_a_certificate_is_checked(
    server: ScriptedServer, ehr: EHR, tmp_path: Path, waits: list[float], *, san: str, trusted: bool, good: bool
) -> None:
    """Only a certificate that ca_bundle trusts and that names the server is good; otherwise nothing was sent."""
    file = _certificate(tmp_path, "server", san)
    server.secure(file)
    server.script = [Say(body=GOAL)]
    bundle_file = str(file) if trusted else ""
    there = replace(ehr, url=server.url.replace("http:", "https:"), ca_bundle=bundle_file)
    with Client(there, sleep=waits.append) as client:
        if good:
            assert client.read("Goal", "g1").id == "g1"
            return
        with pytest.raises(e.Unreachable, match="certificate"):
            client.read("Goal", "g1")
    assert (server.asked, waits) == ([], [])
