"""Where new members of a plan stand, and that each document keeps to itself: cases beside the laws."""

from __future__ import annotations

import pytest

from mappings.lens.documents import Docs, Refused
from mappings.model import Activity, Assessment, Instrument, Plan, Therapy
from mappings.model import values as v
from mappings.translate import read, write
from mappings.tree import Number

WALKS = Therapy(kind=v.Concept(text="walks"), status=v.Code("scheduled"))
TABLET = Therapy(supplied=v.Concept(text="tablet"), each_day=v.Quantity(value=Number("50"), unit="mg"))
ORDERED = Therapy(kind=v.Concept(text="walks"), recorded_at=v.DateTime("2026-01-01"))


def plan(therapy: Therapy) -> Plan:
    return Plan(status=v.Code("active"), activities=(Activity(therapy=v.Member(value=therapy)),))


def made(value: Plan, *, inline: bool = False) -> Docs:
    return Docs("R4", dict(write(Docs("R4", {}), "CarePlan/p", was=None, now=value, inline=inline)))


class TestNewTherapies:
    def test_one_that_a_request_can_hold_becomes_a_request(self):
        """By default a therapy without id is given a document of its own."""
        assert [name.split("/")[0] for name in made(plan(WALKS))] == ["CarePlan", "ServiceRequest"]

    def test_one_that_only_a_detail_can_hold_stands_in_the_plan(self):
        """A product and a daily amount have no place in a request; nothing is refused and the plan reads back equal."""
        docs = made(plan(TABLET))
        assert list(docs) == ["CarePlan/p"]
        assert read(docs, "CarePlan/p").value == plan(TABLET)

    def test_inline_prefers_the_plan_where_it_has_room(self):
        """A plan of one document reads back as it was written, without an id that nobody gave."""
        docs = made(plan(WALKS), inline=True)
        assert docs["CarePlan/p"]["activity"] == [{"detail": {"code": {"text": "walks"}, "status": "scheduled"}}]
        assert read(docs, "CarePlan/p").value == plan(WALKS)

    def test_inline_gives_way_to_what_only_a_request_can_hold(self):
        """An order has a date; activity.detail has none."""
        assert len(made(plan(ORDERED), inline=True)) == 2

    def test_what_neither_can_hold_is_refused_where_it_stands(self):
        """The message names the place in FHIRPath, without a value."""
        both = Therapy(supplied=v.Concept(text="tablet"), recorded_at=v.DateTime("2026-01-01"))
        with pytest.raises(Refused) as caught:
            made(plan(both))
        assert (caught.value.issue.path, caught.value.issue.rule) == (
            "CarePlan.activity[0].reference.resolve()",
            "write/no-element",
        )


def test_what_a_new_member_contains_stands_in_that_member():
    """A response whose form is contained keeps it when the response is made through a plan (law 1)."""
    response = Assessment(status=v.Code("completed"), instrument=v.Member(id="#q", value=Instrument(title="form")))
    value = Plan(status=v.Code("active"), evidence=(v.Member(id="QuestionnaireResponse/r", value=response),))
    docs = made(value)
    assert "contained" not in docs["CarePlan/p"]
    assert read(docs, "CarePlan/p").value == value
