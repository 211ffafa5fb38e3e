"""What servers say of themselves, and what is made of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.ehr.capabilities import (
    Capability,
    NoStatement,
    Statement,
    deliverability,
    read_statement,
)

OURS = {"Patient": False, "CarePlan": True, "Goal": True, "Questionnaire": True, "QuestionnaireResponse": True}
REAL = Path(__file__).parents[2] / "shared/ehr-capabilities"


def statement(*resources: dict[str, object], **rest: object) -> Statement:
    tree = {
        "resourceType": "CapabilityStatement",
        "fhirVersion": "4.0.1",
        "format": ["json"],
        "rest": [{"mode": "server", "resource": list(resources), **rest}],
    }
    return read_statement(json.dumps(tree).encode())


def does(type_: str, *interactions: str, **flags: object) -> dict[str, object]:
    return {"type": type_, "interaction": [{"code": code} for code in interactions], **flags}


def test_missing_is_unsupported() -> None:
    """A type that is not listed, and a type that is listed bare, do nothing."""
    found = statement({"type": "Goal"})
    assert (found.of("Goal"), found.of("CarePlan")) == (Capability("Goal"), Capability("CarePlan"))


def test_a_flag_counts_only_with_its_interaction() -> None:
    """updateCreate without update, conditionalCreate without create and parameters without search are nothing."""
    flags = {
        "updateCreate": True,
        "conditionalCreate": True,
        "conditionalUpdate": True,
        "versioning": "versioned-update",
    }
    found = statement(does("Goal", "read", searchParam=[{"name": "patient"}], **flags)).of("Goal")
    assert found == Capability("Goal", read=True, versioned=True)


def test_flags_count_with_their_interaction() -> None:
    """The same flags beside the interactions hold."""
    flags = {
        "updateCreate": True,
        "conditionalCreate": True,
        "conditionalUpdate": True,
        "versioning": "versioned-update",
    }
    found = statement(does("Goal", "create", "update", **flags)).of("Goal")
    assert found.update_create
    assert found.conditional_create
    assert found.conditional_update
    assert found.if_match_required


def test_a_flag_is_true_or_nothing() -> None:
    """ "true" as a text is not true."""
    assert not statement(does("Goal", "update", updateCreate="true")).of("Goal").update_create


def test_parameters_of_the_whole_server_count_for_each_type() -> None:
    """A search parameter stated once for all types is each type's."""
    found = statement(does("Goal", "search-type"), searchParam=[{"name": "_lastUpdated"}])
    assert found.of("Goal").parameters == {"_lastUpdated"}


def test_a_client_statement_is_none_of_a_server() -> None:
    """What a client can do says nothing about a server."""
    with pytest.raises(NoStatement):
        read_statement(b'{"resourceType":"CapabilityStatement","rest":[{"mode":"client"}]}')


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"null", b'{"resourceType":"Patient"}', b"<html>", b"[" * 100_000, b'{"a":1,"a":2}']
)
def test_what_is_no_statement_is_refused(body: bytes) -> None:
    """Whatever a server answers, it is a statement or a message."""
    with pytest.raises(NoStatement):
        read_statement(body)


KEYS = st.sampled_from(["type", "code", "interaction", "searchParam", "name", "versioning", "mode"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(["rest", "software", "format", "fhirVersion"]), JSON), JSON)
def test_no_shape_breaks_the_reading(tree: dict[str, object], resources: object) -> None:
    """A statement of any shape is read for what it says or refused."""
    tree |= {"resourceType": "CapabilityStatement", "rest": [{"mode": "server", "resource": resources}]}
    assert len(deliverability(read_statement(json.dumps(tree).encode()), OURS)) == len(OURS)


# fmt: off
PATIENT, CHANGED = [{"name": "patient"}], [{"name": "_lastUpdated"}]
ROWS = [
    # what the server says of Goal                                 pull, push, guard, deletions
    (does("Goal"),                                                 "none", "none", "none", "none"),
    (does("Goal", "read", "search-type", searchParam=PATIENT),     "per person", "none", "none", "reading again"),
    (does("Goal", "read", "search-type", searchParam=CHANGED),     "changes", "none", "none", "reading again"),
    (does("Goal", "search-type"),                                  "whole", "none", "none", "none"),
    (does("Goal", "search-type", "history-type"),                  "changes", "none", "none", "history"),
    (does("Goal", "create"),                                       "none", "create", "none", "none"),
    (does("Goal", "create", "update"),                             "none", "create and update", "compare", "none"),
    (does("Goal", "update", versioning="no-version"),              "none", "update", "compare", "none"),
    (does("Goal", "update", versioning="versioned"),               "none", "update", "If-Match", "none"),
    (does("Goal", "update", versioning="versioned-update"),        "none", "update", "If-Match required", "none"),
]
# fmt: on


@pytest.mark.parametrize(("said", "pull", "push", "guard", "deletions"), ROWS)
def test_what_follows(said: dict[str, object], pull: str, push: str, guard: str, deletions: str) -> None:
    """The table of what can be exchanged."""
    (row,) = deliverability(statement(said), {"Goal": True})
    assert (row.pull, row.push, row.guard, row.deletions) == (pull, push, guard, deletions)


def test_another_channel_is_named() -> None:
    """Where a plan cannot be created, the types by which the server would take something are named."""
    found = statement(
        does("CarePlan", "read"), does("DocumentReference", "create"), does("QuestionnaireResponse", "create")
    )
    plan, response, patient = deliverability(found, {"CarePlan": True, "QuestionnaireResponse": True, "Patient": False})
    assert (plan.instead, response.instead, patient.instead) == ("QuestionnaireResponse, DocumentReference", "", "")


# ---- the statements of real vendors, where they are at hand

# fmt: off
VENDORS = {
    # file                             plan, goal     response               _lastUpdated   batch
    "epic":                            ("none",       "create",              False,         False),
    "oracle-health-millennium-secure": ("none",       "update",              False,         True),
    "athenahealth":                    ("none",       "create",              True,          False),
    "eclinicalworks":                  ("none",       "create",              False,         False),
    "meditech-greenfield":             ("none",       "create and update",   False,         False),
    "nextgen-enterprise":              ("none",       "none",                True,          False),
    "nextgen-office":                  ("none",       "none",                False,         False),
}
# fmt: on


@pytest.mark.skipif(
    not REAL.is_dir(), reason="SKIPPED: the vendors' statements (../shared/ehr-capabilities) are not here"
)
@pytest.mark.parametrize("vendor", VENDORS)
def test_real_statements(vendor: str) -> None:
    """None takes a CarePlan or Goal, most take a response in some way; all that was found by hand is found again."""
    found = read_statement((REAL / f"{vendor}.json").read_bytes())
    rows = {row.type: row for row in deliverability(found, OURS)}
    plan, response, changes, batch = VENDORS[vendor]
    assert (rows["CarePlan"].push, rows["Goal"].push) == (plan, plan)
    assert rows["QuestionnaireResponse"].push == response
    assert (rows["CarePlan"].pull == "changes") is changes
    assert (found.batch, found.transaction) == (batch, False)
    assert not any(can.conditional_create or can.update_create for t, can in found.types.items() if t in OURS)
    assert found.fhir_version == "4.0.1"
    assert found.json
