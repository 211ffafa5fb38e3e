"""The witnesses of the peer tests are examined first: the corpus loader, the recording proxy, the bad server."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from http.client import HTTPException

import pytest
from peers import CORPUS, skip
from peers.corpus import Corpus, Record, gather, references, slug
from peers.edits import ENTITY, OPS, Edit, changed_elements, choose, edited, edited_there, possible
from peers.fault_server import CANARY, FAULTS, HostileEhr, hostile_ehr
from peers.loading import layers
from peers.proxy import OURS, Exchange, Proxy, recording
from peers.wire import Server

from mappings import native
from mappings.lens.documents import Docs
from mappings.translate import read, write
from mappings.tree import NotJSON, Tree, dump


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    if not CORPUS.is_dir():
        skip("corpus", "../shared/corpus is not beside the project")
    return gather(CORPUS)


@pytest.fixture
def ehr() -> Iterator[HostileEhr]:
    with hostile_ehr() as server:
        yield server


@pytest.fixture
def proxy(ehr: HostileEhr) -> Iterator[Proxy]:
    with recording(ehr.base) as running:
        yield running


def test_every_id_is_its_own_and_not_numeric(corpus: Corpus) -> None:
    """Two files never share an id, and no id is one that HAPI would refuse."""
    ids = [reference.split("/")[1] for reference in corpus.records]
    assert all(re.fullmatch(r"[A-Za-z0-9.\-]{1,64}", own) and not own.isdigit() for own in ids)
    files = [record.file for record in corpus.records.values() if record.file]
    assert len(files) == len(set(files))


def test_every_reference_leads_somewhere(corpus: Corpus) -> None:
    """What a record refers to is loaded with it, contained resources and other servers' URLs apart."""
    wanted = {need for record in corpus.records.values() for need in record.needs}
    assert wanted <= corpus.records.keys()


def test_ids_that_repeat_between_repositories_are_different_persons(corpus: Corpus) -> None:
    """Patient/1 of one repository and Patient/1 of another do not become one person."""
    about = {
        r.file: r.subject
        for r in corpus.records.values()
        if r.file.startswith(("icanbwell__CarePlan1", "msfhir__CarePlan"))
    }
    theirs = {subject for file, subject in about.items() if file.startswith("icanbwell")}
    assert theirs.isdisjoint(subject for file, subject in about.items() if file.startswith("msfhir"))


def test_every_person_has_a_number_of_their_own(corpus: Corpus) -> None:
    """Each Patient carries the identifier by which the roster knows the person."""
    numbers = [patient.tree["identifier"][-1]["value"] for patient in corpus.of("Patient")]
    assert len(set(numbers)) == len(numbers) > 40


def test_references_within_a_document_are_kept(corpus: Corpus) -> None:
    """ "#contained" references come through as they were published."""
    kept = [
        node
        for record in corpus.records.values()
        for _, node in references(record.tree)
        if node["reference"].startswith("#")
    ]
    assert len(kept) > 90


def test_targets_are_loaded_before_what_needs_them(corpus: Corpus) -> None:
    """No layer needs a later one; only the last may hold a circle."""
    there: set[str] = set()
    *plain, last = layers(corpus.records)
    for layer in plain:
        assert all(record.needs <= there for record in layer)
        there.update(record.reference for record in layer)
    assert all(record.needs <= there | {r.reference for r in last} for record in last)


def test_a_long_name_becomes_an_id_that_no_other_name_becomes() -> None:
    """Ids are cut to 64 characters without two names falling together."""
    assert len({slug("x" * 80), slug("x" * 81)}) == 2
    assert max(len(slug("x" * 80)), len(slug("x" * 81))) <= 64


def twins(tree: Tree, element: str) -> set[str]:
    """Return the element's name where it has a `_` twin, which an edit may take along."""
    return {element} if f"_{element}" in tree else set()


def test_an_edit_stands_where_the_table_says(corpus: Corpus) -> None:
    """Each row of the table of edits, made on real records, does to its FHIR element what the edit by hand does."""
    docs = Docs("R4", {reference: record.tree for reference, record in corpus.records.items()})
    done = set()
    for record in (record for kind in ENTITY for record in corpus.of(kind)[::8]):
        found = read(docs, record.reference)
        if found.value is None:
            continue
        entity, before = ENTITY[record.reference.split("/")[0]], native.dump(found.value)
        for field, op in possible(entity, before):
            edit = Edit(record.reference, field, op, "Edited here 1")
            now, issues = native.load(edited(before, edit), entity)
            assert not issues
            out = write(docs, record.reference, was=found.value, now=now)
            assert set(out) == {record.reference}
            by_hand = edited_there(record.tree, edit)
            assert changed_elements(by_hand, out[record.reference]) <= {"text"} | twins(record.tree, field.element)
            done.add((entity, op))
    assert len(done) > len(ENTITY) * (len(OPS) - 1)


def test_a_hundred_edits_are_chosen_alike_by_the_same_seed(corpus: Corpus) -> None:
    """The choice depends on the seed alone, names each record once and uses every operation."""
    docs = Docs("R4", {reference: record.tree for reference, record in corpus.records.items()})
    readings = {r.reference: read(docs, r.reference).value for kind in ENTITY for r in corpus.of(kind)}
    records = {
        ref: (ENTITY[ref.split("/")[0]], native.dump(value)) for ref, value in readings.items() if value is not None
    }
    edits = choose(records, 100, random.Random(3))
    assert edits == choose(dict(reversed(records.items())), 100, random.Random(3))
    assert len({edit.reference for edit in edits}) == 100
    assert {edit.op for edit in edits} == set(OPS)


def test_the_proxy_shows_one_server_at_its_own_address(proxy: Proxy, ehr: HostileEhr) -> None:
    """Links in a page lead to the proxy again, never past it."""
    page = Server(proxy.base).send("GET", "Goal?_count=5")
    assert page.tree["link"][0]["url"] == f"{proxy.base}/Goal?_count=5"
    assert ehr.base.encode() not in page.body


def test_the_proxy_writes_down_what_was_sent(proxy: Proxy) -> None:
    """Method, URL, body and status of each request are kept, and writes are told from reads."""
    server = Server(proxy.base)
    server.send("GET", "Goal/g1")
    server.send("POST", "Goal/_search", b"patient=p1")
    server.send("PUT", "Goal/g1", {"resourceType": "Goal"})
    assert [(e.method, e.url, e.status) for e in proxy.record.writes()] == [("PUT", "/fhir/Goal/g1", 403)]
    assert len(proxy.record) == 3


def test_the_proxy_can_lose_an_answer(ehr: HostileEhr) -> None:
    """A lost answer has reached the server, and the client does not know."""
    with recording(ehr.base, lose=lambda method, _url, _status: method == "POST") as proxy:
        with pytest.raises(ConnectionError):
            Server(proxy.base).send("POST", "Goal", {"resourceType": "Goal"})
        assert [e.status for e in proxy.record.exchanges] == [0]
    assert ehr.requests == ["POST /fhir/Goal"]


def test_creates_are_counted_by_identifier() -> None:
    """POSTs, POSTs in a transaction and PUTs that created count; updates do not."""
    goal = {"resourceType": "Goal", "identifier": [{"system": OURS, "value": "urn:uuid:1"}]}
    bundle = {"resourceType": "Bundle", "entry": [{"resource": goal, "request": {"method": "POST", "url": "Goal"}}]}
    sent = [
        ("POST", "Goal", goal, 201),
        ("POST", "", bundle, 200),
        ("PUT", "Goal/1", goal, 201),
        ("PUT", "Goal/1", goal, 200),
    ]
    counts = sum(len(Exchange(method, url, dump(tree), status).created) for method, url, tree, status in sent)
    assert counts == 3


@pytest.mark.parametrize(
    ("url", "body", "named"),
    [
        ("/fhir/CarePlan?patient=Patient%2Fpt-1", b"", True),
        ("/fhir/CarePlan", b'{"subject":{"reference":"Patient/pt-1"}}', True),
        ("/fhir/Patient/pt-1/_history", b"", True),
        ("/fhir/Patient/pt-12", b'{"reference":"Patient/pt-1-2"}', False),
    ],
)
def test_a_person_is_found_in_urls_and_bodies(url: str, body: bytes, named: bool) -> None:
    """A person's id is found as a whole word, also where it is percent-encoded, and not inside of another id."""
    assert Exchange("GET", url, body, 200).names("pt-1") is named


@pytest.mark.parametrize("fault", FAULTS)
def test_every_fault_shows_and_only_where_it_is_meant(ehr: HostileEhr, fault: str) -> None:
    """The bad server is bad about Goals, each fault in its way, and good about CarePlans."""
    server = Server(ehr.base)
    sound = server.send("GET", "Goal").body
    ehr.fault, ehr.scope = fault, "Goal.*"
    try:
        answer = server.send("GET", "Goal")
        spoilt = answer.status >= 400 or answer.body != sound
    except (OSError, HTTPException, NotJSON):
        spoilt = True
    assert spoilt
    assert CANARY.encode() in Server(ehr.base).send("GET", "CarePlan").body


def test_a_record_knows_its_subject() -> None:
    """`subject`, or `patient` where a type calls it that."""
    consent = {"resourceType": "Consent", "id": "c", "patient": {"reference": "Patient/p"}}
    assert Record(consent, "").subject == "Patient/p"
