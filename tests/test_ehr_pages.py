"""A page of records, whatever stands in it: each record's bytes as they came, and no page that breaks the reading."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from time import process_time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from adapter.ehr.bundle import cut, etag, read_page, read_record
from adapter.ehr.errors import NotFHIR

CORPUS = Path(__file__).parents[2] / "shared/corpus/r4"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text() | st.sampled_from(["entry", "resource", "id"]), inner, max_size=4)
    ),
    max_leaves=15,
)


def page(records: list[bytes]) -> bytes:
    entries = b",".join(b'{"fullUrl":"urn:x/Goal/e%d", "resource" : %s}' % (at, r) for at, r in enumerate(records))
    return b'{"resourceType":"Bundle","type":"searchset","entry":[%s]}' % entries


@given(st.lists(st.dictionaries(st.text(), JSON, max_size=4), max_size=4), st.booleans())
def test_each_record_keeps_its_bytes(records: list[dict[str, object]], pretty: bool) -> None:
    """Whatever records hold, brackets and quotes in strings among it, they are cut out exactly."""
    raw = [json.dumps(r, indent=2 if pretty else None, ensure_ascii=pretty).encode() for r in records]
    assert [r.body for r in read_page(page(raw), "searchset").resources] == raw


@given(st.binary() | JSON.map(lambda tree: json.dumps(tree).encode()))
@example(b'{"resourceType":"Bundle","type":"searchset","entry":[{"resource":{}}],"entry":[]}')
@example(b'{"resourceType":"Bundle","type":"searchset","entry":[{"resource":{}}]')
@example(b'{"resourceType":"Bundle","type":"searchset","\\u0065ntry":[{"resource":{}}]}')
@example(b'{"resourceType":"Bundle","type":"searchset","entry":[{"resource":[]}, 3, {"resource":7}]}')
@example(b'{"resourceType":"Bundle","type":"searchset","entry":{"resource":{}},"link":[1,{"url":3}],"total":"x"}')
def test_any_bytes_are_a_page_or_refused(body: bytes) -> None:
    """No answer does anything but be read or be refused."""
    for read in (lambda: read_page(body, "searchset"), lambda: read_record(body, "Goal")):
        with contextlib.suppress(NotFHIR):
            read()


@pytest.mark.parametrize("hostile", [rb"\"", b'"', b"\\", b"[", b"{", b"]", b'"entry":[{"resource":{', b'\\"entry'])
def test_cutting_takes_as_long_as_the_page(hostile: bytes) -> None:
    """Ten times the bytes take about ten times the time, whatever they are."""
    text = (b'{"entry":[{"resource":{"x":"' + hostile * 400_000).decode()
    began = process_time()
    cut(text)
    assert process_time() - began < 5


@pytest.mark.parametrize(
    ("text", "tag"),
    [('W/"1"', 'W/"1"'), ('"a b"', ""), ("3", 'W/"3"'), ("", ""), ('"1"\r\nX: y', ""), ('"a\\b"', '"a\\b"')],
)  # fmt: skip
def test_an_etag_is_ready_to_be_sent_back(text: str, tag: str) -> None:
    """What comes as an etag goes back as it is; what is none is nothing."""
    assert etag(text) == tag


@pytest.mark.skipif(not CORPUS.is_dir(), reason="SKIPPED: the public documents (../shared/corpus) are not here")
def test_real_documents_keep_their_bytes() -> None:
    """Every public R4 document, sound or not, comes out of a page byte for byte, unless it would break the page."""
    files = sorted(CORPUS.glob("*/*.json"))
    raw = [body for f in files if (body := f.read_bytes().strip()).startswith(b"{")]
    assert len(raw) > 100
    found = read_page(page(raw), "searchset")
    kept = {r.body for r in found.resources}
    assert [body for body in raw if body not in kept and b"OperationOutcome" not in body[:200]] == []
