"""`planbridge schema`: the JSON Schema says of native JSON what reading it says, and it grows with the model."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import natives as drawn
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapter.cli import main
from mappings import native
from mappings.json_schema import schema
from mappings.native import ENTITIES, shape
from mappings.tables.closed import closed_lists
from mappings.tree import Path as Place
from mappings.tree import dump, get, replaced

Validator = pytest.importorskip("jsonschema", reason="jsonschema is not installed: pip install -e '.[test]'")
FIXTURES = sorted((Path(__file__).resolve().parents[1] / "fixtures").glob("*/native/*.json"))
VALIDATOR = Validator.Draft202012Validator(schema())


def nodes(data: Any, at: Place = ()) -> Iterator[tuple[Place, Any]]:
    """Yield the path and value of everything in a document."""
    yield at, data
    for step, inner in data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ():
        yield from nodes(inner, (*at, step))


def spoiled(data: Any) -> Iterator[tuple[str, Place, Any]]:
    """Yield the document with one mistake each: what it is, where, the document."""
    for at, here in nodes(data):
        if isinstance(here, dict):
            yield "a field that is none", at, replaced(data, at, {**here, "no_such_field": "x"})
            yield "a text for an object", at, replaced(data, at, "x")
            yield "a list for an object", at, replaced(data, at, [here])
            if at:
                yield "an empty object", at, replaced(data, at, {})
        elif isinstance(here, list):
            yield "an object for a list", at, replaced(data, at, here[0])
            yield "null in a list", at, replaced(data, at, [*here, None])
        elif isinstance(here, str):
            yield "an empty text", at, replaced(data, at, "")
            yield "a truth value", at, replaced(data, at, True)
            yield "an object for a text", at, replaced(data, at, {"text": here})
            yield "another form", at, replaced(data, at, f" {here}")


class TestItSaysWhatReadingSays:
    def test_every_fixture_is_valid(self) -> None:
        """All people, against the schema of all entities and against that of their own."""
        assert FIXTURES
        for file in FIXTURES:
            data = json.loads(file.read_bytes())
            own = Validator.Draft202012Validator(schema(data["entity"]))
            assert [e.json_path for one in (VALIDATOR, own) for e in one.iter_errors(data)] == [], file.name

    @settings(max_examples=40, suppress_health_check=list(HealthCheck), deadline=None)
    @given(st.sampled_from(list(ENTITIES.values())).flatmap(drawn.natives))
    def test_every_value_that_can_be_made_is_valid(self, value: Any) -> None:
        """What the model can say, the schema takes, as it is written out."""
        data = json.loads(dump(native.dump(value)))
        assert [error.json_path for error in VALIDATOR.iter_errors(data)] == []

    def test_what_reading_refuses_for_its_form_is_refused_and_nothing_else(self) -> None:
        """Each field of each value that a fixture holds, spoiled in ten ways: both refuse the same documents.

        `id` is not read (its place says it), so only the schema looks at it.
        """
        refused = 0
        met: set[tuple[object, ...]] = set()
        for file in sorted(FIXTURES, key=lambda one: one.stat().st_size):
            data = json.loads(file.read_bytes())
            known = Validator.Draft202012Validator(schema(data["entity"]))
            for what, at, bad in spoiled(data):
                alike = (what, *[step for step in at if isinstance(step, str)][-1:])
                if at == ("id",) or (isinstance(bad, dict) and "entity" not in bad) or alike in met:
                    continue
                met.add(alike)
                read = not native.load(bad)[1]
                assert known.is_valid(bad) <= read, (file.name, what, at)
                if read and not known.is_valid(bad):
                    assert strictly(data, at), (file.name, what, at)
                refused += not read
        assert refused > 300
        print(f"\n{refused} spoiled documents refused by both")


def strictly(data: Any, at: Place) -> bool:
    """Whether the schema may be stricter at a place: a word of a closed list, an entity that a member repeats."""
    holder = get(data, at[:-1])
    return any(field == at[-1] or field in at for _, field in closed_lists()) or "entity" in holder


class TestItGrowsWithTheModel:
    @pytest.mark.parametrize("name", ENTITIES)
    def test_an_entity_has_all_its_fields_and_a_description(self, name: str) -> None:
        """By itself and among all: nothing is listed by hand."""
        own, among = schema(name), schema()["$defs"][f"{name} document"]
        assert set(own["properties"]) == set(among["properties"]) == {"id", "entity", *shape(ENTITIES[name])}
        assert own["description"]

    def test_it_is_a_schema(self) -> None:
        """Valid against the meta-schema of draft 2020-12, one entity alone too; no reference leads nowhere."""
        for one in (schema(), schema("Plan"), schema("Instrument")):
            Validator.Draft202012Validator.check_schema(one)
            refs = {inner for at, inner in nodes(one) if at and at[-1] == "$ref"}
            for ref in refs:
                assert get(one, tuple(ref.replace("%20", " ").removeprefix("#/").split("/"))) is not None

    def test_closed_lists_are_those_of_the_tables(self) -> None:
        """A therapy's status words are the clinic's, however few FHIR has for them; a quantity's unit is free."""
        defs = schema()["$defs"]
        assert "not-started" in defs["Therapy"]["properties"]["status"]["enum"]
        assert "draft" not in defs["Therapy"]["properties"]["status"]["enum"]
        assert defs["Quantity"]["properties"]["code"] == {"$ref": "#/$defs/Code"}


class TestCommand:
    def test_it_prints_one_entity_or_all(self, capsys: pytest.CaptureFixture[str]) -> None:
        """To standard output, indented JSON."""
        assert main(["schema", "Goal"]) == 0
        assert json.loads(capsys.readouterr().out) == schema("Goal")
        assert main(["schema"]) == 0
        assert json.loads(capsys.readouterr().out) == schema()

    def test_it_writes_a_file(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """And says nothing."""
        assert main(["schema", "--out", str(tmp_path / "s.json")]) == 0
        assert json.loads((tmp_path / "s.json").read_text()) == schema()
        assert capsys.readouterr() == ("", "")

    def test_what_could_not_run_is_said(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """An entity that is none, a file that cannot be written: exit 2 and one line."""
        with pytest.raises(SystemExit, match="2"):
            main(["schema", "Gaol"])
        assert "choose from" in capsys.readouterr().err
        assert main(["schema", "--out", str(tmp_path)]) == 2
        assert "planbridge schema: " in capsys.readouterr().err
