"""One resource and plain dicts: from_fhir and to_fhir, for people who have no document sets."""

from __future__ import annotations

import copy
from dataclasses import replace
from decimal import Decimal

import pytest

from mappings import Refused, from_fhir, to_fhir
from mappings.model import Activity, Plan, Therapy
from mappings.model import values as v

GOAL = {
    "resourceType": "Goal",
    "id": "g1",
    "lifecycleStatus": "active",
    "description": {"text": "Walk daily"},
    "subject": {"reference": "Patient/1"},
    "target": [{"measure": {"text": "steps"}, "detailQuantity": {"value": Decimal("1.50"), "unit": "km"}}],
    "x-unknown": {"kept": [1, 2.5, None]},
}


class TestOneResource:
    def test_it_is_read_in_the_programmes_words(self):
        """A plain dict in, a native Goal out."""
        assert from_fhir(GOAL).targets[0].value == v.Quantity(value=v.Number("1.50"), unit="km")

    def test_what_is_given_stays_as_it_is(self):
        """Neither direction changes its argument."""
        given = copy.deepcopy(GOAL)
        goal = from_fhir(given)
        to_fhir(replace(goal, lifecycle=v.Code("completed")), onto=given)
        assert given == GOAL

    def test_onto_changes_only_what_differs(self):
        """One field edited, everything else (unknown elements, decimals) as it was."""
        edited = replace(from_fhir(GOAL), lifecycle=v.Code("on-hold"))
        assert to_fhir(edited, onto=GOAL) == {**GOAL, "lifecycleStatus": "on-hold"}

    def test_nothing_changed_gives_an_equal_resource(self):
        """Law 2 for plain dicts, number types included."""
        assert repr(to_fhir(from_fhir(GOAL), onto=GOAL)) == repr(GOAL)

    def test_a_new_plan_contains_its_new_therapies(self):
        """With one document a request has nowhere else to stand; its id comes from the plan: a retry is the same."""
        plan = Plan(
            status=v.Code("active"), activities=(Activity(therapy=v.Member(value=Therapy(words="CBT weekly"))),)
        )
        made = to_fhir(plan)
        assert [x["resourceType"] for x in made["contained"]] == ["ServiceRequest"]
        assert made["activity"] == [
            {"reference": {"reference": "#" + made["contained"][0]["id"], "type": "ServiceRequest"}}
        ]
        assert to_fhir(plan) == made

    def test_a_type_without_table_is_refused_with_a_reason(self):
        """No guess, no empty value."""
        with pytest.raises(Refused) as caught:
            from_fhir({"resourceType": "Encounter"})
        assert caught.value.issue.rule == "read/no-table"

    def test_an_unknown_release_is_an_error(self):
        """What is neither R4 nor R5 is not silently read as one of them."""
        with pytest.raises(ValueError, match="release"):
            from_fhir(GOAL, "R6")
