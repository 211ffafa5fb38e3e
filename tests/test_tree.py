"""JSON trees keep every literal, refuse what is not JSON with its place, and know where things stand."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mappings import tree as jt
from mappings.check.places import places
from mappings.tree import Number

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.text(st.characters(codec="utf-8"))
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(codec="utf-8"), max_size=5), inner, max_size=4)
    ),
    max_leaves=12,
)

TEXTS = st.lists(st.sampled_from(["a", ":", "\\u003a", "\\u003A", '\\"', "\\\\", "{", " :"]), max_size=3).map("".join)
"""Texts as JSON writes them, with what may be taken for the colon after a key."""


def written(key, value, blank):
    """Return a member of a JSON object, with white space between."""
    return f'"{key}"{blank}:{blank}{value}'


OBJECTS = st.recursive(
    TEXTS.map('"{}"'.format) | st.just("1.50"),
    lambda inner: (
        st.lists(st.builds(written, TEXTS, inner, st.sampled_from(["", " ", "\n"])), max_size=4).map(
            lambda members: "{" + ",".join(members) + "}"
        )
        | st.lists(inner, max_size=3).map(lambda items: "[" + ",".join(items) + "]")
    ),
    max_leaves=10,
)
"""JSON texts whose objects may have one key twice."""


def each_key_once(pairs):
    """Return an object; a key that stands twice raises ValueError."""
    if len(dict(pairs)) < len(pairs):
        raise ValueError
    return dict(pairs)


class TestLiterals:
    @pytest.mark.parametrize("text", ["1.50", "-0", "1E2", "0.001530", "1e400", "12345678901234567890.123", "-3.50"])
    def test_a_number_is_written_as_it_came(self, text):
        """1.50 stays 1.50, -0 stays -0, 1E2 stays 1E2."""
        assert jt.dump(jt.parse(f'{{"n":{text}}}'.encode())) == f'{{"n":{text}}}'.encode()

    def test_literals_are_equal_only_within_their_type(self):
        """A number is no text, and 1.50 is not 1.5."""
        assert Number("1") != "1"
        assert Number("1") != "1"
        assert Number("1.50") != Number("1.5")
        assert jt.parse(b"[1]") != jt.parse(b"[true]")

    @given(JSON)
    def test_parse_and_dump_are_inverse(self, value):
        """Whatever JSON says is said again: keys in order, nulls, texts of every script."""
        data = json.dumps(value, ensure_ascii=False).encode()
        tree = jt.parse(data)
        assert jt.parse(jt.dump(tree)) == tree
        assert json.loads(jt.dump(tree)) == json.loads(data)

    @given(JSON)
    def test_plain_data_goes_in_and_out(self, value):
        """from_plain and to_plain are inverse for what Python's json gives, types included."""
        again = jt.to_plain(jt.from_plain(value))
        assert again == value
        assert repr(again) == repr(value)

    def test_a_decimal_that_no_float_says_stays_a_decimal(self):
        """1.50 as Decimal comes back as Decimal("1.50")."""
        assert repr(jt.to_plain(jt.from_plain({"n": Decimal("1.50")}))) == "{'n': Decimal('1.50')}"


class TestRefusals:
    # fmt: off
    @pytest.mark.parametrize(("data", "kind", "line", "column"), [
        (b'{"a": NaN}',                     jt.NotJSON,     1, 7),
        (b'{"a": -Infinity}',               jt.NotJSON,     1, 7),
        (b'{"a":',                          jt.NotJSON,     1, 6),
        (b'{}{}',                           jt.NotJSON,     1, 3),
        (b'',                               jt.NotJSON,     1, 1),
        (b'\n {"a": "\xff"}',               jt.NotJSON,     2, 9),
        (b'{"a":1,\n "b":{"c":2,"c":3}}',   jt.Unfaithful,  2, 13),
        (b'{"a":1,\n "b":"\\ud800"}',       jt.Unfaithful,  2, 6),
        (b"[" * 100_000,                    jt.NotJSON,     1, 201),
        (b'{"a":' * 100_000,                jt.NotJSON,     1, 1001),
    ])
    def test_what_is_refused_says_where(self, data, kind, line, column):
        """Broken JSON, NaN, broken UTF-8, depth: NotJSON; duplicate keys, lone surrogates: Unfaithful."""
        with pytest.raises(jt.NotJSON) as caught:
            jt.parse(data)
        assert (type(caught.value), caught.value.line, caught.value.column) == (kind, line, column)

    @pytest.mark.parametrize("inside", [b"", b"1", b'"]}]}"', b'{"a": []}', b'[{}, "\\n    "]'])
    def test_depth_is_counted_to_the_level(self, inside):
        """MAX_DEPTH objects and lists may stand in each other, whatever stands in the innermost; one more may not."""
        below = {b"": 1, b"1": 0, b'"]}]}"': 0}.get(inside, 2)
        for opened, closed in ((b"[", b"]"), (b'{"a":', b"}")):
            sound, deeper = (
                opened * times + (inside or b"[]") + closed * times
                for times in (jt.MAX_DEPTH - below, jt.MAX_DEPTH - below + 1)
            )
            assert jt.parse(sound)
            with pytest.raises(jt.NotJSON, match="nested deeper"):
                jt.parse(deeper)

    @given(st.binary(max_size=60))
    def test_no_bytes_raise_anything_else(self, data):
        """Any bytes are a tree or NotJSON."""
        try:
            tree = jt.parse(data)
        except jt.NotJSON:
            return
        assert jt.parse(jt.dump(tree)) == tree

    @given(OBJECTS)
    def test_a_key_that_stands_twice_is_met_wherever_it_stands(self, text):
        """Exactly the texts are Unfaithful in which an object has one key twice, however it is written."""
        try:
            json.loads(text, object_pairs_hook=each_key_once)
        except ValueError:
            with pytest.raises(jt.Unfaithful):
                jt.parse(text.encode())
        else:
            assert jt.dump(jt.parse(text.encode())) == jt.dump(jt._decode_each_key(text))

    def test_a_pair_of_surrogates_is_a_character(self):
        """The escape of an emoji is no lone surrogate."""
        assert jt.parse(b'"\\ud83d\\ude00"') == "\U0001f600"


# fmt: on
class TestPlaces:
    def test_a_place_is_that_of_the_key_or_its_nearest_ancestor(self):
        """A finding points at the line of its element."""
        data = b'{\n "target": [\n  {"due": 1},\n  {"due": 2}\n ]\n}'
        due, measure = ("target", 1, "due"), ("target", 1, "measure")
        assert places(data, [due, measure]) == {due: (4, 4), measure: (4, 3)}

    def test_slices_are_the_bytes_as_they_came(self):
        """A page's resources keep their white space and their duplicate keys."""
        page = b'{"entry":[{"resource":{ "a":1.50 }},{"resource":{"b":1,"b":2}}]}'
        assert jt.slices(page, ("entry", None, "resource")) == [b'{ "a":1.50 }', b'{"b":1,"b":2}']

    def test_an_edit_shares_all_other_parts(self):
        """replaced() copies the way down and nothing else."""
        tree = jt.parse(b'{"a":{"x":1},"b":[{"y":2}]}')
        other = jt.replaced(tree, ("b", 0, "y"), Number("3"))
        assert other == jt.parse(b'{"a":{"x":1},"b":[{"y":3}]}')
        assert other["a"] is tree["a"]
