"""What is served is what came, but for id, meta.versionId and meta.lastUpdated: argued by Hypothesis on the bytes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.store import splice
from adapter.store.served import seams

ID, VERSION, TIME = "our-id.1", 7, "2026-01-31T08:00:00.000Z"
OWN = {"id": f'"{ID}"', "versionId": f'"{VERSION}"', "lastUpdated": f'"{TIME}"'}

space = st.text(" \t\r\n", max_size=3)
word = st.text(max_size=8)
literal = st.one_of(
    word.map(json.dumps), word.map(lambda text: json.dumps(text, ensure_ascii=False)),
    st.sampled_from(["1.50", "1E2", "-0", "null", "true", '"\\ud83d\\ude00"', '"\\u007b\\"}"', "9" * 5000]),
)  # fmt: skip


def object_of(members: st.SearchStrategy[list[tuple[str, str]]]) -> st.SearchStrategy[str]:
    """Return JSON objects of these members, with white space wherever it may stand."""

    def written(draw: Any, spaces: st.DataObject) -> str:
        gap = lambda: spaces.draw(space)  # noqa: E731
        inner = ",".join(f"{gap()}{json.dumps(key)}{gap()}:{gap()}{value}{gap()}" for key, value in draw)
        return "{" + (inner or gap()) + "}"

    return st.builds(written, members, st.data())


other = st.tuples(word.filter(lambda key: key not in (*OWN, "meta", "resourceType")), literal)
nested = st.recursive(
    literal,
    lambda inner: st.one_of(
        object_of(st.lists(st.tuples(st.sampled_from(["id", "meta", "versionId", "x"]), inner), max_size=3)),
        st.lists(inner, max_size=3).map(lambda items: f"[{','.join(items)}]"),
    ),
    max_leaves=4,
)
meta = object_of(
    st.lists(
        st.one_of(st.tuples(st.sampled_from(["versionId", "lastUpdated"]), literal), other),
        max_size=3,
        unique_by=lambda member: member[0],
    )
)
document = object_of(
    st.lists(
        st.one_of(
            st.tuples(st.just("resourceType"), st.just('"Goal"')),
            st.tuples(st.just("id"), nested),
            st.tuples(st.just("meta"), st.one_of(meta, literal)),
            st.tuples(st.sampled_from(["a", "contained", "_id"]), nested),
        ),
        max_size=5,
        unique_by=lambda member: member[0],
    )
)


def reads(data: bytes) -> Any:
    return json.loads(data.decode("utf-8-sig"), parse_int=str, parse_float=str)


def without_ours(tree: dict[str, Any]) -> dict[str, Any]:
    inner = tree.get("meta")
    if isinstance(inner, dict):
        inner = {key: value for key, value in inner.items() if key not in OWN}
    return {key: value for key, value in tree.items() if key not in ("id", "meta")} | ({"meta": inner} if inner else {})


@given(document, st.booleans(), space, space)
def test_rest_is_untouched(text: str, mark: bool, before: str, behind: str) -> None:
    """Ours is set, all else stands byte for byte: only the seams differ, and they touch nothing but our members."""
    body = ("\ufeff" * mark + before + text + behind).encode()
    served, at, out = splice(body, ID, VERSION, TIME), 0, 0
    for start, end, new in seams(body, ID, VERSION, TIME):
        assert served[out : out + start - at] == body[at:start]
        out, at = out + start - at, end
        assert served[out : out + len(new)] == new.encode()
        out += len(new)
    assert served[out:] == body[at:]
    assert without_ours(reads(served)) == without_ours(reads(body))


@given(document)
def test_ours_is_set(text: str) -> None:
    """The served document says our id, and our version and time wherever `meta` is an object or missing."""
    was, tree = reads(text.encode()), reads(splice(text.encode(), ID, VERSION, TIME))
    assert tree["id"] == ID
    if isinstance(was.get("meta", {}), dict):
        assert (tree["meta"]["versionId"], tree["meta"]["lastUpdated"]) == (str(VERSION), TIME)
    else:
        assert tree["meta"] == was["meta"]


@given(document)
def test_serving_twice_is_serving_once(text: str) -> None:
    """What was served and comes back is served as the same bytes."""
    served = splice(text.encode(), ID, VERSION, TIME)
    assert splice(served, ID, VERSION, TIME) == served


# fmt: off
PLACES = [
    # what came                                  what is served; ID and OWN stand for what is put in
    ('{"resourceType":"Goal"}',                  '{"resourceType":"Goal","id":ID,"meta":{OWN}}'),
    ('{"resourceType": "Goal",\n "id": "x"}',    '{"resourceType": "Goal","meta":{OWN},\n "id": ID}'),
    ('{"a":1,"resourceType":"Goal","meta":{}}',  '{"a":1,"resourceType":"Goal","id":ID,"meta":{OWN}}'),
    ('{"id":"x","meta":{"tag":[{"id":"y"}]}}',   '{"id":ID,"meta":{OWN,"tag":[{"id":"y"}]}}'),
    ('{"id":"x","meta":{"versionId":"9"}}',      '{"id":ID,"meta":{"lastUpdated":TIME,"versionId":VERSION}}'),
    ('{"id":"x","meta":null}',                   '{"id":ID,"meta":null}'),
    ('{ }',                                      '{"id":ID,"meta":{OWN} }'),
    ('{"é":"é","id":"x","meta":{ } }',           '{"é":"é","id":ID,"meta":{OWN } }'),
    ('\ufeff{"id":"x","meta":null}',             '{"id":ID,"meta":null}'),
    ('{"id":1,"id":{"a":2},"meta":7}',           '{"id":ID,"id":ID,"meta":7}'),
    ('{"x":"\\ud800","id":"x","meta":0}',        '{"x":"\\ud800","id":ID,"meta":0}'),
]
# fmt: on


@pytest.mark.parametrize(("came", "served"), PLACES)
def test_where_ours_is_put(came: str, served: str) -> None:
    """Behind resourceType where it is missing, else in its place; unfaithful documents too, each duplicate set."""
    served = served.replace("OWN", '"versionId":VERSION,"lastUpdated":TIME')
    for name, value in (("ID", ID), ("VERSION", VERSION), ("TIME", TIME)):
        served = served.replace(f":{name}", f':"{value}"').replace(f": {name}", f': "{value}"')
    assert splice(came.encode(), ID, VERSION, TIME).decode() == served


@pytest.mark.parametrize("body", [b"", b"[]", b'"{}"', b"{", b'{"a"', b'{"a":}', b'{"a":1,', b"\xff"])
def test_only_an_object_is_served(body: bytes) -> None:
    """What is no JSON object is refused, not guessed at."""
    with pytest.raises(ValueError):  # noqa: PT011 - any kind of it
        splice(body, ID, VERSION, TIME)
