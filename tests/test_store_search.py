"""Search as FHIR writes it, and pages that neither repeat nor drop a document while others write."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapter.store import Criteria, SearchError, Store, supported
from mappings.tree import dump, from_plain

BASE = "https://gateway.example/fhir/R4"
DAY = datetime(2026, 1, 31, 12, 30, 15, 250_000, tzinfo=UTC)


def plain(kind: str, **more: Any) -> bytes:
    return dump(from_plain({"resourceType": kind, **more}))


# fmt: off
STORED = {
    "CarePlan/c1": {"status": "active", "subject": {"reference": "Patient/p1"},
                    "identifier": [{"system": "sys", "value": "a"}, {"value": "b,c|d"}],
                    "category": [{"coding": [{"system": "cat", "code": "assess-plan"}, {"code": "x"}]}]},
    "CarePlan/c2": {"status": "revoked", "subject": {"reference": "Patient/p2/_history/3"},
                    "identifier": [{"system": "other", "value": "a"}]},
    "CarePlan/c3": {"subject": {"reference": "Group/p1"}, "identifier": {"value": "not a list"}, "category": "text"},
    "CarePlan/c4": {"subject": {"reference": "https://ehr.example/fhir/Patient/p1"}, "status": 7, "identifier": [None]},
    "CarePlan/c5": {"subject": {"reference": "#p1"}, "contained": [{"resourceType": "Patient", "id": "p1"}],
                    "goal": [{"reference": "Goal/g1"}]},
    "Goal/g1": {"lifecycleStatus": "active", "subject": {"reference": "Patient/p1"}},
    "Questionnaire/q1": {"url": "http://q.example/one", "status": "draft"},
    "QuestionnaireResponse/r1": {"questionnaire": "http://q.example/one|2",
                                 "identifier": {"system": "s", "value": "1"}},
    "QuestionnaireResponse/r2": {"questionnaire": "http://q.example/one"},
    "Consent/k1": {"status": "active", "patient": {"reference": "Patient/p1"}},
    "Practitioner/d1": {"identifier": [{"system": "npi", "value": "1"}]},
}

FOUND = [
    # type                    query                                              what is found
    ("CarePlan",              "",                                                "c1 c2 c3 c4 c5"),
    ("CarePlan",              "_id=c1,c5,none",                                  "c1 c5"),
    ("CarePlan",              "identifier=a",                                    "c1 c2"),
    ("CarePlan",              "identifier=sys|a",                                "c1"),
    ("CarePlan",              "identifier=sys|",                                 "c1"),
    ("CarePlan",              "identifier=|a",                                   ""),
    ("CarePlan",              r"identifier=|b\,c\|d",                            "c1"),
    ("CarePlan",              "identifier=not a list",                           "c3"),
    ("CarePlan",              "identifier=A",                                    ""),
    ("CarePlan",              "status=active",                                   "c1"),
    ("CarePlan",              "status=active,revoked",                           "c1 c2"),
    ("CarePlan",              "status=active&status=revoked",                    ""),
    ("CarePlan",              "status=http://hl7.org/fhir/request-status|active", "c1"),
    ("CarePlan",              "status=|active",                                  "c1"),
    ("CarePlan",              "status=elsewhere|active",                         ""),
    ("CarePlan",              "category=cat|assess-plan",                        "c1"),
    ("CarePlan",              "category=|x",                                     "c1"),
    ("CarePlan",              "subject=Patient/p1",                              "c1"),
    ("CarePlan",              "subject=p1",                                      "c1 c3"),
    ("CarePlan",              "subject:Patient=p1",                              "c1"),
    ("CarePlan",              "subject:Group=p1",                                "c3"),
    ("CarePlan",              "patient=p1",                                      "c1"),
    ("CarePlan",              "patient=Patient/p2",                              "c2"),
    ("CarePlan",              "patient=Group/p1",                                ""),
    ("CarePlan",              f"patient={BASE}/Patient/p1",                      "c1"),
    ("CarePlan",              "patient=https://ehr.example/fhir/Patient/p1",     "c4"),
    ("CarePlan",              "subject=Patient/p1,Patient/p2&identifier=a",      "c1 c2"),
    ("Goal",                  "lifecycle-status=active&patient=p1",              "g1"),
    ("Questionnaire",         "url=http://q.example/one",                        "q1"),
    ("Questionnaire",         "url=http://q.example/on",                         ""),
    ("QuestionnaireResponse", "questionnaire=http://q.example/one",              "r1 r2"),
    ("QuestionnaireResponse", "questionnaire=http://q.example/one|2",            "r1"),
    ("QuestionnaireResponse", "identifier=s|1",                                  "r1"),
    ("Consent",               "patient=p1",                                      "k1"),
    ("Practitioner",          "identifier=npi|1",                                "d1"),
    # stored at 2026-01-31T12:30:15.250Z
    ("Goal",                  "_lastUpdated=2026",                               "g1"),
    ("Goal",                  "_lastUpdated=2026-01",                            "g1"),
    ("Goal",                  "_lastUpdated=eq2026-01-31",                       "g1"),
    ("Goal",                  "_lastUpdated=ne2026-01-31",                       ""),
    ("Goal",                  "_lastUpdated=2026-01-30,2026-01-31",              "g1"),
    ("Goal",                  "_lastUpdated=gt2026-01-31",                       ""),
    ("Goal",                  "_lastUpdated=ge2026-01-31",                       "g1"),
    ("Goal",                  "_lastUpdated=lt2026-01-31",                       ""),
    ("Goal",                  "_lastUpdated=le2026-01-31",                       "g1"),
    ("Goal",                  "_lastUpdated=gt2026-01-30&_lastUpdated=lt2026-02", "g1"),
    ("Goal",                  "_lastUpdated=2026-01-31T12:30Z",                  "g1"),
    ("Goal",                  "_lastUpdated=2026-01-31T12:30:15Z",               "g1"),
    ("Goal",                  "_lastUpdated=2026-01-31T12:30:15.250Z",           "g1"),
    ("Goal",                  "_lastUpdated=2026-01-31T12:30:15.2501Z",          ""),
    ("Goal",                  "_lastUpdated=ge2026-01-31T12:30:15.2501Z",        ""),
    ("Goal",                  "_lastUpdated=le2026-01-31T12:30:15.2501Z",        "g1"),
    ("Goal",                  "_lastUpdated=gt2026-01-31T12:30:15.2499Z",        "g1"),
    ("Goal",                  "_lastUpdated=2026-01-31T18:00:15.250+05:30",      "g1"),
    ("Goal",                  "_lastUpdated=2026-01-31T18:00:15.250 05:30",      "g1"),
    ("Goal",                  "_lastUpdated=2026-01-31T18:00:15+06:30",          ""),
]
# fmt: on


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with Store.open(tmp_path_factory.mktemp("store") / "s.sqlite", now=lambda: DAY) as store:
        with store.write() as tx:
            for reference, more in STORED.items():
                tx.documents.put(*reference.split("/"), plain(reference.split("/")[0], **more))
            tx.documents.put("CarePlan", "gone", plain("CarePlan", status="active"))
            tx.documents.put("CarePlan", "c1", plain("CarePlan", status="draft"))
            tx.documents.put("CarePlan", "c1", plain("CarePlan", **STORED["CarePlan/c1"]))
            tx.documents.delete("CarePlan", "gone")
        yield store


def pairs(query: str) -> list[tuple[str, str]]:
    return [(name, value) for name, _, value in (part.partition("=") for part in query.split("&") if part)]


@pytest.mark.parametrize(("kind", "query", "found"), FOUND)
def test_search(filled: Store, kind: str, query: str, found: str) -> None:
    """What FHIR says a query means is what is found: the living documents, by their newest version alone."""
    with filled.read() as tx:
        page = tx.documents.search(kind, Criteria.parse(kind, pairs(query), base=BASE))
    assert ([document.id for document in page.documents], page.next) == (found.split(), None)


# fmt: off
REFUSED = [
    "name=x", "status:not=active", "subject:identifier=x", "status=", "status=a,", "identifier=a|b|c", "identifier=|",
    "_lastUpdated=yesterday", "_lastUpdated=2026-02-30", "_lastUpdated=ap2026", "_lastUpdated=0000",
    "_lastUpdated=2026-01-31T25:00Z", "_id=" + ",".join("x" * 300),
    "identifier=\ud800",
]
# fmt: on


@pytest.mark.parametrize("query", REFUSED)
def test_what_cannot_be_understood_is_refused(query: str) -> None:
    """An unknown parameter, a modifier, an empty value, a date that is none: an error that names the parameter."""
    with pytest.raises(SearchError) as error:
        Criteria.parse("CarePlan", pairs(query))
    assert query.startswith(error.value.parameter)


@given(st.sampled_from(["identifier", "status", "subject", "_lastUpdated", "_id", "category"]), st.text())
def test_any_text_is_understood_or_refused(name: str, value: str) -> None:
    """No value of a parameter does anything but parse or raise SearchError."""
    try:
        understood = Criteria.parse("CarePlan", [(name, value)]).clauses[0].param
    except SearchError as error:
        understood = error.parameter
    assert understood == name


@pytest.mark.parametrize(("count", "found"), [(-1, 0), (0, 0), (1, 1), (10**30, 5)])
def test_any_count_is_taken(filled: Store, count: int, found: int) -> None:
    """A page of none, or of more than there could ever be, is a page."""
    with filled.read() as tx:
        assert len(tx.documents.search("CarePlan", count=count).documents) == found


def test_parameters_are_stated() -> None:
    """What can be searched by is what the gateway states: no parameter more or less."""
    assert supported("Goal") == (
        "_id", "_lastUpdated", "identifier", "subject", "patient", "lifecycle-status", "category",
    )  # fmt: skip
    assert supported("Questionnaire") == ("_id", "_lastUpdated", "identifier", "status", "url")


def test_references_are_found_backwards(filled: Store) -> None:
    """Who refers to a document is known at any depth, but for contained ones, URLs and canonicals."""
    with filled.read() as tx:
        assert [one.reference for one in tx.documents.links_to("Goal", "g1")] == ["CarePlan/c5"]
        assert [one.reference for one in tx.documents.links_to("Patient", "p1")] == [
            "CarePlan/c1",
            "Goal/g1",
            "Consent/k1",
        ]


steps = st.lists(
    st.one_of(
        st.just("page"),
        st.tuples(st.sampled_from(["edit", "delete", "close"]), st.integers(0, 11)),
        st.just("add"),
    ),
    max_size=25,
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.integers(1, 5), steps)
def test_pages_are_stable(fresh: Store, count: int, steps: list[Any]) -> None:
    """While others edit, add and delete, what matches all the time comes exactly once, and nothing comes twice."""
    criteria = Criteria.parse("Goal", [("lifecycle-status", "active"), ("_lastUpdated", "ge2026")])
    with fresh.write() as tx:
        for old in list(tx.documents.each("Goal")):
            tx.documents.delete("Goal", old.id)
        for number in range(12):
            tx.documents.put("Goal", f"g{number}", plain("Goal", lifecycleStatus="active", n=number))
    steady, seen, after, ended = {f"g{number}" for number in range(12)}, [], None, False
    for at, step in enumerate([*steps, *["page"] * 40]):
        if step == "page":
            if not ended:
                with fresh.read() as tx:
                    page = tx.documents.search("Goal", criteria, after=after, count=count)
                assert len(page.documents) <= count
                seen += [document.id for document in page.documents]
                after, ended = page.next, page.next is None
            continue
        with fresh.write() as tx:
            if step == "add":
                tx.documents.put("Goal", f"new-{at}", plain("Goal", lifecycleStatus="active"))
                continue
            what, number = step
            if what == "delete":
                if (there := tx.documents.get("Goal", f"g{number}")) and not there.deleted:
                    tx.documents.delete("Goal", f"g{number}")
                steady.discard(f"g{number}")
            elif f"g{number}" in steady:
                status = "active" if what == "edit" else "completed"
                tx.documents.put("Goal", f"g{number}", plain("Goal", lifecycleStatus=status, n=number, at=at))
                if what == "close":
                    steady.discard(f"g{number}")
    assert ended
    assert len(seen) == len(set(seen))
    assert steady <= set(seen)


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Store]:
    moments = (DAY + timedelta(milliseconds=n) for n in range(1_000_000))
    with Store.open(tmp_path / "s.sqlite", now=lambda: next(moments)) as store:
        yield store


def test_cursor_belongs_to_its_search(fresh: Store) -> None:
    """A cursor that was changed, or is of another search, type or tenant, is refused as a bad parameter."""
    with fresh.write() as tx:
        for number in range(3):
            tx.documents.put("Goal", f"g{number}", plain("Goal", lifecycleStatus="active"))
        active = Criteria.parse("Goal", [("lifecycle-status", "active")])
        cursor = tx.documents.search("Goal", active, count=1).next
        assert cursor is not None
        for wrong in ("", "x", cursor[::-1], "1" + cursor, cursor[:-1], "é", cursor.replace("3", "4", 1)):
            with pytest.raises(SearchError, match="start the search again"):
                tx.documents.search("Goal", active, after=wrong)
        with pytest.raises(SearchError):
            tx.documents.search("Goal", None, after=cursor)
        assert [one.id for one in tx.documents.search("Goal", active, after=cursor).documents] == ["g1", "g2"]
