"""Hypothesis strategies for every constructible native value, derived from the model itself."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from functools import cache
from typing import Any

from hypothesis import strategies as st

from mappings.lens.coverage import _codes_at
from mappings.lens.lists import Extension
from mappings.model import Activity, AnswerItem, Instrument, Item, Plan, Therapy
from mappings.model import values as v
from mappings.model.form import Phrase
from mappings.native import shape
from mappings.tables import TABLES
from mappings.tables.service_request import DETAIL
from mappings.tree import Number

WORDS = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1, max_size=8).filter(
    lambda text: (
        not text.isspace()
    )  # no text of FHIR is only white space: https://hl7.org/fhir/R4/datatypes.html#string
)
# fmt: off
LITERALS: dict[type, st.SearchStrategy[Any]] = {
    str:        WORDS,
    Number:     st.sampled_from(["0", "-0", "1.50", "1E2", "0.001530", "12345678901234567890.5"]).map(Number),
    v.Whole:    st.sampled_from(["0", "-3", "7", "4294967296"]).map(v.Whole),
    v.Fact:     st.sampled_from(["yes", "no"]).map(v.Fact),
    v.Answered: st.sampled_from(["yes", "no", "unknown", "not-asked", "declined"]).map(v.Answered),
    v.Date:     st.sampled_from(["2013", "2013-06", "2013-06-08"]).map(v.Date),
    v.DateTime: st.sampled_from(["2013", "2013-06-08T10:57:34.000Z", "2013-06-08T10:57:34+05:30"]).map(v.DateTime),
    v.Instant:  st.sampled_from(["2013-06-08T10:57:34.000Z", "2013-06-08T10:57:34+05:30"]).map(v.Instant),
    v.Time:     st.sampled_from(["08:30:00", "08:30:00.10"]).map(v.Time),
    v.Uri:      st.sampled_from(["http://loinc.org", "urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6", "http://a.example/#q"]).map(v.Uri),
    v.Code:     st.sampled_from(["a", "b-1", "LA33-6"]).map(v.Code),
}
# fmt: on


NAMED_BY_TYPE = {("Attendance", "person"): "Patient", ("Consent", "signer_authority"): "RelatedPerson"}
"""Fields that are told from others of their list by the type of resource that they name."""


def codes_of(table: Any, field: str) -> tuple[str, ...]:
    """Return the closed list of codes that a table takes for a field, () for an open one."""
    for name, row in table.rows:
        if name == field:
            if hasattr(row, "words"):
                return tuple(row.words)
            if isinstance(row, Extension):
                coded = ("valueCode", "valueCoding", "valueCodeableConcept")
                return next((c for kind in coded if (c := _codes_at(row, ("extension", 0, kind)))), ())
            return _codes_at(row, (row.name,)) if hasattr(row, "name") and not hasattr(row, "render") else _words(row)
    return ()


def _words(lens: Any) -> tuple[str, ...]:
    """Return the closed list that stands anywhere in a row: in a component, a choice, an item of a list."""
    if known := getattr(getattr(lens, "render", None), "known", None):
        return tuple(known)
    inside = [getattr(lens, name) for name in ("inner", "item", "list") if hasattr(lens, name)]
    return next((w for one in (*inside, *(k[2] for k in getattr(lens, "kinds", ()))) if (w := _words(one))), ())


def _table_in(lens: Any, native: type) -> Any:
    """Return the table by which a row reads a native type, None where the row does not say: a type may have several."""
    if getattr(lens, "native", None) is native and hasattr(lens, "rows"):
        return lens
    inside = [getattr(lens, name) for name in ("inner", "item", "list") if hasattr(lens, name)]
    return next((found for one in inside if (found := _table_in(one, native)) is not None), None)


@cache
def tables_by_native() -> dict[type, Any]:
    """Return every table that a walk from the roots reaches, by the native type it reads."""
    found: dict[type, Any] = {}

    def walk(lens: Any) -> None:
        if hasattr(lens, "rows"):
            if lens.native in found:
                return
            found[lens.native] = lens
            for _, row in lens.rows:
                walk(row)
        for name in ("inner", "item", "list", "reference"):
            if hasattr(lens, name):
                walk(getattr(lens, name))
        for kind in getattr(lens, "kinds", ()):
            walk(kind[2])
        for _, way in (*getattr(lens, "ways", ()), *getattr(lens, "variants", ())):
            walk(way)

    for root in TABLES.values():
        walk(root)
    return found


@cache
def natives(native: type, *, depth: int = 2, table: Any = None) -> st.SearchStrategy[Any]:
    """Return a strategy for a native type, a few fields at a time; `depth` is how deep items hold items."""
    if not is_dataclass(native):
        return LITERALS[native]
    if native is v.Member:
        return members()
    table = table or tables_by_native().get(native)
    known = {name for name, _ in table.rows} if table is not None else set(shape(native))
    made: dict[str, st.SearchStrategy[Any]] = {}
    for name, (is_list, kinds) in shape(native).items():
        if name == "key" or name not in known or (kinds[0] in (Item, AnswerItem, native) and depth <= 0):
            continue
        row = next((row for field, row in table.rows if field == name), None) if table is not None else None
        taken = tuple(kind for _, kind, _ in row.kinds) if hasattr(row, "kinds") else getattr(row, "takes", kinds)
        codes = codes_of(table, name) if table is not None else ()
        one = st.one_of(
            [natives(kind, depth=depth - 1, table=_table_in(row, kind)) for kind in taken if kind is not Any]
        )
        if codes and taken == (v.Code,):
            one = st.sampled_from(codes).map(v.Code)
        if (native.__name__, name) == ("Assessment", "instrument"):
            one = instruments()
        if (native.__name__, name) in NAMED_BY_TYPE:
            one = natives(v.Ref).map(
                lambda ref, kind=NAMED_BY_TYPE[native.__name__, name]: replace(ref, id=f"{kind}/7")
            )
        many = st.lists(one, min_size=1, max_size=3, unique=name == "identifiers")
        made[name] = many.map(tuple) if is_list else one
    always = {"text"} if native is v.Text else {"words"} if native is Phrase else set()
    some = st.sets(st.sampled_from(sorted(made)), min_size=1, max_size=5)
    return some.flatmap(lambda names: st.fixed_dictionaries({n: made[n] for n in sorted(names | always)})).map(
        lambda held: native(**held)
    )


def members(value: st.SearchStrategy[Any] | None = None, kind: str = "Condition") -> st.SearchStrategy[v.Member]:
    """Return members: named ones, or named ones that hold a value."""
    ids = st.integers(0, 5).map(lambda n: f"{kind}/elsewhere{n}")
    return st.builds(v.Member, id=ids, display=st.none() | WORDS, value=st.none() if value is None else value)


def instruments() -> st.SearchStrategy[v.Member]:
    """Return instruments as a response names them: by canonical, or contained in it."""
    canonical = st.sampled_from(["http://example.org/q|1.0", "Questionnaire/7"]).map(lambda name: v.Member(id=name))
    return canonical | natives(Instrument, depth=1).map(lambda held: v.Member(id="#q", value=held))


@cache
def held_by_plans(*kinds: str) -> st.SearchStrategy[v.Member]:
    """Return members that hold any entity of these resource types, all but plans without any, each under its name."""
    of = [native for kind in kinds or TABLES for native in TABLES[kind].natives if native is not Plan]
    named = st.integers(0, 2)
    return st.one_of(
        [
            st.builds(lambda n, held, r=native.RESOURCE: v.Member(id=f"{r}/m{n}", value=held), named, entity(native))
            for native in of
        ]
    )


@cache
def plans() -> st.SearchStrategy[Any]:
    """Return whole plans: goals, activities of every kind, needs and whatever else, held by value or named."""
    therapies = entity(Therapy)
    inside = st.builds(v.Member, id=st.integers(0, 2).map(lambda n: f"#t{n}"), value=therapies)
    ordered = held_by_plans("ServiceRequest", "MedicationRequest", "Appointment")
    activity = natives(Activity).flatmap(lambda a: (ordered | inside).map(lambda m: replace(a, therapy=m)))
    return st.builds(
        _plan,
        natives(Plan),
        st.lists(held_by_plans("Goal"), max_size=2),
        st.lists(activity, max_size=3),
        st.tuples(
            st.lists(
                held_by_plans("Condition") | members() | st.builds(v.Member, concept=natives(v.Concept)), max_size=2
            ),
            st.lists(held_by_plans(), max_size=2),
            st.none() | held_by_plans("Provenance"),
        ),
    )


def _plan(plan: Plan, goals: Any, activities: Any, others: tuple[Any, Any, Any]) -> Plan:
    """Put a plan together so that each record stands in it once."""
    needs, evidence, agreed = others
    seen: set[str] = set()

    def once(member: v.Member) -> bool:
        new = member.id is None or member.id not in seen
        seen.add(str(member.id))
        return new

    return replace(
        plan,
        goals=tuple(m for m in goals if once(m)),
        activities=tuple(a for a in activities if once(a.therapy)),
        needs=tuple(m for m in needs if once(m)),
        evidence=tuple(m for m in evidence if once(m)),
        person_agreement=agreed if agreed is not None and once(agreed) else None,
    )


@cache
def details() -> st.SearchStrategy[Any]:
    """Return therapies as activity.detail holds them."""
    return natives(Therapy, table=DETAIL)


def table_of(native: type) -> Any:
    """Return the table of an entity."""
    return TABLES[native.RESOURCE].table_of(native)


def entity(native: type) -> st.SearchStrategy[Any]:
    """Return a strategy for an entity; a plan comes with its members."""
    return plans() if native is Plan else natives(native, table=table_of(native))


def bare(value: Any) -> Any:
    """Return a native value without its origin tokens, to look at."""
    if isinstance(value, tuple):
        return tuple(bare(x) for x in value)
    if is_dataclass(value):
        changed = {f.name: bare(getattr(value, f.name)) for f in fields(value)} | (
            {"key": None} if hasattr(value, "key") else {}
        )
        return replace(value, **changed)
    return value
