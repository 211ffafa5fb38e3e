"""An EHR server that errs: no answer is taken for another, the good records go through, patience ends."""

from __future__ import annotations

import gzip
import socket
import threading
import time
from dataclasses import replace

import pytest
from ehr_world import CHUNKED, GOAL, LEAVE, client, ehr, pages, server, waits
from scripted_server import Say, ScriptedServer, bundle

from adapter.ehr import errors as e
from adapter.ehr.client import Client
from adapter.ehr.query import Query
from adapter.settings import EHR

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
