"""What a person's consents permit: held to a second, tiny evaluator, and to laws that no consent may break."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.disclosure.consent import REASONS, Actor, Grant, decide
from adapter.disclosure.grants import read_consent
from mappings.terms.systems import LOCAL
from mappings.tree import Number

NOW = datetime(2026, 3, 15, 12, 0, tzinfo=UTC)
ANNA = "Patient/anna"
CLINIC, LAB, OLD = ("urn:oid:1.2", "clinic"), ("urn:oid:1.2", "lab"), ("urn:oid:9", "clinic")
KNOWN = {"Organization/clinic": (CLINIC,), "Organization/both": (LAB, CLINIC)}
PURPOSES = "http://terminology.hl7.org/CodeSystem/v3-ActReason"
CLASSES = "http://hl7.org/fhir/resource-types"
RECIPIENT = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v3-ParticipationType", "code": "IRCP"}]}
EXTENSION = [{"url": "https://example.org/x", "valueBoolean": True}]


@dataclass(frozen=True)
class Said:
    """A consent as a person would say it; `tree` spells it in FHIR. `noise` is the number of a row of NOISE, or -1."""

    effect: str = "permit"
    recipients: tuple[Any, ...] = (CLINIC,)
    purposes: tuple[str, ...] = ("TREAT",)
    classes: tuple[str, ...] = ()
    start: str = ""
    end: str = ""
    status: str = "active"
    patient: str = ANNA
    noise: int = -1


# fmt: off
NOISE = [
    # where            what stands there that is not interpreted
    (("provision",),   "provision",         [{"type": "deny"}]),
    (("provision",),   "data",              [{"meaning": "instance", "reference": {"reference": "Goal/1"}}]),
    (("provision",),   "dataPeriod",        {"start": "2020"}),
    (("provision",),   "code",              [{"text": "tobacco"}]),
    (("provision",),   "securityLabel",     [{"system": "s", "code": "R"}]),
    (("provision",),   "action",            [{"text": "read"}]),
    (("provision",),   "extension",         EXTENSION),
    (("provision",),   "_type",             {"extension": EXTENSION}),
    (("provision",),   "purpose",           [{"system": "urn:other", "code": "TREAT"}]),
    (("provision",),   "purpose",           []),
    (("provision",),   "purpose",           "TREAT"),
    (("provision",),   "class",             [{"system": "urn:ietf:bcp:13", "code": "CarePlan"}]),
    (("provision",),   "period",            {"start": "2026-13"}),
    (("provision",),   "period",            {"start": "2026-02-30"}),
    (("provision",),   "period",            {"end": "2027-01-01T10:00:00"}),
    (("provision",),   "period",            {}),
    (("provision",),   "actor",             [{"reference": {"reference": "Organization/clinic"}}]),
    ((),               "modifierExtension", EXTENSION),
    ((),               "extension",         EXTENSION),
    ((),               "implicitRules",     "https://example.org/rules"),
    ((),               "contained",         [{"resourceType": "Organization", "id": "c"}]),
    ((),               "meta",              {"security": [{"system": "s", "code": "R"}]}),
    ((),               "verification",      [{"verified": False}]),
    ((),               "verification",      [{"verified": True}, {"verified": False}]),
    ((),               "verification",      [{"verified": True, "verificationDate": "soon"}]),
    ((),               "category",          [{"text": "one"}, {"text": "two", "extension": EXTENSION}]),
    ((),               "sourceAttachment",  {"title": "signed form", "size": "12"}),
    (("provision",),   "actor",             [{"role": RECIPIENT, "reference": {"identifier": {"value": "clinic"}}}]),
    (("provision",),   "actor",             [{"role": RECIPIENT, "reference": {"identifier": {"system": "urn:x"}}}]),
    (("provision",),   "actor",             [{"role": RECIPIENT, "reference": {"type": "Practitioner",
                                             "identifier": {"system": "urn:oid:1.2", "value": "clinic"}}}]),
    ((),               "scope",             {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/consentscope", "code": "research"}]}),  # noqa: E501
    ((),               "scope",             {"text": "privacy"}),
    ((),               "policyRule",        {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "EMRGONLY"}]}),  # noqa: E501
    ((),               "dateTime",          20260101),
    ((),               "unheard",           "of"),
    (("patient",),     "extension",         EXTENSION),
]
# fmt: on
SHIFTING = [
    at for at, row in enumerate(NOISE) if row[1] in ("modifierExtension", "implicitRules")
]  # change a status too


def tree(said: Said) -> dict[str, Any]:
    """Return the FHIR Consent that says it."""
    actors = [
        {
            "role": RECIPIENT,
            "reference": {"reference": who}
            if isinstance(who, str)
            else {"identifier": {"system": who[0], "value": who[1]}},
        }
        for who in said.recipients
    ]
    period = {key: value for key, value in (("start", said.start), ("end", said.end)) if value}
    rows = {
        "type": said.effect,
        "period": period,
        "actor": actors,
        "purpose": [{"system": PURPOSES, "code": code} for code in said.purposes],
        "class": [{"system": CLASSES, "code": code} for code in said.classes],
    }
    consent: dict[str, Any] = {
        "resourceType": "Consent",
        "id": "c",
        "meta": {"versionId": "1", "source": "#x"},
        "text": {"status": "generated", "div": "<div>anything</div>"},
        "sourceAttachment": {"title": "signed form", "size": Number("12")},
        "verification": [{"verified": True, "verificationDate": "2026-01-01"}],
        "status": said.status,
        "scope": {
            "coding": [{"system": "http://terminology.hl7.org/CodeSystem/consentscope", "code": "patient-privacy"}]
        },
        "category": [{"coding": [{"system": "http://loinc.org", "code": "59284-0"}], "text": "Consent"}],
        "patient": {"reference": said.patient},
        "dateTime": "2026-01-01",
        "provision": {key: value for key, value in rows.items() if value},
    }
    if said.noise >= 0:
        path, key, value = NOISE[said.noise]
        place = consent
        for step in path:
            place = place.setdefault(step, {})
        place[key] = value
    return consent


def oracle(actor: Actor, purpose: str, *, kind: str, subject: str, consents: list[Said], now: datetime) -> bool:
    """The second evaluator: it reads what was said, not FHIR, and shares no line with the first."""
    if actor.kind == "programme" or (actor.kind == "ehr" and actor.relation != "other"):
        return True
    if actor.kind == "person" and subject:
        return subject == actor.person
    if purpose not in actor.purposes:
        return False
    if not subject:
        return kind == "Questionnaire"
    permitted = False
    for said in consents:
        if said.status in {"draft", "proposed", "rejected", "inactive", "entered-in-error"} and said.noise not in {
            17,
            19,
        }:
            continue
        if said.patient.startswith("Patient/") and said.patient != subject:
            continue
        names: set[Any] = set()
        muddy = said.noise >= 0 or said.status != "active" or not said.patient.startswith("Patient/")
        for who in said.recipients:
            names |= set(KNOWN.get(who, ())) if isinstance(who, str) else {who}
            muddy |= isinstance(who, str) and who not in KNOWN
        if said.effect != "permit":
            if muddy or said.effect != "deny":
                return False
            if (
                (actor.organization in names or not said.recipients)
                and (purpose in said.purposes or not said.purposes)
                and (kind in said.classes or not said.classes)
                and within(said, now)
            ):
                return False
        elif not muddy and actor.organization in names and purpose in said.purposes and within(said, now):
            permitted |= kind in said.classes or not said.classes
    return permitted


def within(said: Said, now: datetime) -> bool:
    """Periods of the generator are days or instants in UTC: both ends as instants."""
    start = datetime.fromisoformat(said.start).replace(tzinfo=UTC) if said.start else now
    end = datetime.fromisoformat(said.end) if said.end else now + timedelta(1)
    end = end if end.tzinfo else end.replace(tzinfo=UTC) + timedelta(1)
    return start <= now < end


def any_consent(pick: Random) -> Said:
    day = ["", "", "2026-03-15", "2026-03-16", "2026-03-14", "2025-01-01"]
    return Said(
        effect=pick.choices(["permit", "deny", ""], [8, 2, 1])[0],
        recipients=tuple(
            pick.sample(
                [CLINIC, LAB, OLD, "Organization/clinic", "Organization/both", "Practitioner/x"],
                pick.choice([0, 1, 1, 2]),
            )
        ),
        purposes=tuple(pick.sample(["TREAT", "HPAYMT", "HRESCH"], pick.choice([0, 1, 1, 2]))),
        classes=tuple(pick.sample(["CarePlan", "Goal", "Patient"], pick.choice([0, 0, 1, 2]))),
        start=pick.choice(day),
        end=pick.choice([*day, "2026-03-15T12:00:00Z", "2026-03-15T12:00:01+00:00", "9999-12-30"]),
        status=pick.choices(["active", "inactive", "draft", "entered-in-error", "ACTIVE"], [12, 2, 1, 1, 1])[0],
        patient=pick.choices([ANNA, "Patient/ben", "https://elsewhere.example/anna"], [12, 2, 1])[0],
        noise=pick.choices([-1, pick.randrange(len(NOISE))], [7, 1])[0],
    )


def any_actor(pick: Random) -> Actor:
    kind = pick.choices(["partner", "ehr", "person", "programme"], [8, 4, 1, 1])[0]
    relation = (
        pick.choices(["other", "same-programme", "service-organisation"], [8, 1, 1])[0] if kind == "ehr" else "other"
    )
    return Actor(
        "x",
        kind,  # type: ignore[arg-type]
        relation,  # type: ignore[arg-type]
        pick.choice([CLINIC, CLINIC, LAB, None]),
        pick.choice([ANNA, "Patient/ben"]) if kind == "person" else "",
        tuple(pick.sample(["TREAT", "HPAYMT", "HRESCH"], pick.choice([1, 2, 3]))),
    )


def grants(consents: list[Said]) -> list[Grant]:
    return [read_consent(tree(said), lambda reference: KNOWN.get(reference, ())) for said in consents]


def ask(
    actor: Actor, consents: list[Said], purpose: str = "TREAT", kind: str = "CarePlan", now: datetime = NOW
) -> bool:
    return decide(actor, purpose, resource_type=kind, subject=ANNA, consents=grants(consents), now=now).allowed


PARTNER = Actor("clinic", "partner", "other", CLINIC, "", ("TREAT", "HRESCH"))


def test_the_evaluator_agrees_with_a_second_one() -> None:
    """Over 5,000 sets of consents, actors, purposes, types and times both evaluators agree, for every reason."""
    pick = Random(2026)
    seen: Counter[tuple[str, bool]] = Counter()
    for _ in range(5000):
        consents = [any_consent(pick) for _ in range(pick.choice([0, 1, 1, 2, 3]))]
        actor, purpose = any_actor(pick), pick.choice(["TREAT", "HPAYMT"])
        kind, subject = pick.choice(["CarePlan", "Goal", "Questionnaire"]), pick.choice([ANNA] * 9 + [""])
        now = NOW + timedelta(seconds=pick.choice([-1, 0, 1, 86_400, -86_400]))
        found = decide(actor, purpose, resource_type=kind, subject=subject, consents=grants(consents), now=now)
        assert found.allowed == oracle(actor, purpose, kind=kind, subject=subject, consents=consents, now=now), (
            actor,
            purpose,
            kind,
            consents,
        )
        assert found.reason in REASONS
        seen[found.reason, found.allowed] += 1
    assert {reason for reason, _ in seen} == set(REASONS) - {"no-clock", "not-readable", "never-shared"}
    assert len(seen) == len({reason for reason, _ in seen})  # a reason allows or denies, never both


consent_sets = st.randoms(use_true_random=False).map(lambda pick: [any_consent(pick) for _ in range(pick.randrange(5))])


@given(consent_sets, st.randoms(use_true_random=False))
def test_a_denial_never_opens_anything(consents: list[Said], pick: Random) -> None:
    """Adding a consent that is not a permit never allows what was not allowed before."""
    added = replace(any_consent(pick), effect=pick.choice(["deny", ""]))
    actor = any_actor(pick)
    assert ask(actor, consents) >= ask(actor, [*consents, added])


@given(consent_sets, st.randoms(use_true_random=False))
def test_order_does_not_matter(consents: list[Said], pick: Random) -> None:
    """The same consents in another order give the same answer for the same reason."""
    actor, turned = any_actor(pick), pick.sample(consents, len(consents))
    first, second = (
        decide(actor, "TREAT", resource_type="Goal", subject=ANNA, consents=grants(order), now=NOW)
        for order in (consents, turned)
    )
    assert first == second


@given(consent_sets, st.randoms(use_true_random=False))
def test_narrowing_a_permit_never_opens_anything(consents: list[Said], pick: Random) -> None:
    """Taking a recipient, a purpose or days from a permit, or giving it a class, never allows more."""
    actor = any_actor(pick)
    at = pick.randrange(len(consents) or 1)
    narrow = pick.choice(
        [
            lambda said: replace(said, recipients=said.recipients[1:]) if len(said.recipients) > 1 else said,
            lambda said: replace(said, purposes=said.purposes[1:]),
            lambda said: replace(said, end="2026-03-14"),
            lambda said: replace(said, classes=("Goal",)),
        ]
    )
    permits = [
        replace(said, effect="permit", recipients=tuple(r for r in said.recipients if r != "Practitioner/x"))
        for said in consents
    ]
    narrowed = [narrow(said) if n == at else said for n, said in enumerate(permits)]
    assert ask(actor, permits) >= ask(actor, narrowed)


@pytest.mark.parametrize("noise", range(len(NOISE)), ids=lambda n: f"{n}-{NOISE[n][1]}")
def test_what_is_not_interpreted_means_no(noise: int) -> None:
    """An element outside the table keeps a permit from permitting, and makes a narrow denial deny all."""
    other = Said(effect="deny", recipients=(LAB,), purposes=("HPAYMT",), classes=("Goal",), end="2020-01-01")
    assert why([Said()]) == why([Said(), other]) == "consent"
    assert why([Said(noise=noise)]) == "consent-unclear"
    assert why([Said(), replace(other, noise=noise)]) == "denial-unclear"


def test_what_the_programme_notes_of_the_record_changes_nothing() -> None:
    """Who wrote it down, how sensitive it is: not what the person said. When it was taken back: no is the answer."""
    note = {"url": LOCAL + "recorded-by", "valueReference": {"display": "desk"}}
    plain, noted = tree(Said()), {**tree(Said()), "extension": [note]}
    assert read_consent(noted) == read_consent(plain)
    assert read_consent(plain).clear
    revoked = {"url": LOCAL + "revoked", "valueDateTime": "2026-01-01"}
    assert not read_consent({**plain, "extension": [revoked]}).clear


def why(consents: list[Said]) -> str:
    return decide(PARTNER, "TREAT", resource_type="CarePlan", subject=ANNA, consents=grants(consents), now=NOW).reason


@pytest.mark.parametrize("key", ["_status", "modifierExtension", "implicitRules"])
def test_a_status_that_something_changes_is_no_status(key: str) -> None:
    """A denial that was ended denies no more; with an element that may change what its status means, it does."""
    ended = tree(Said(effect="deny", status="inactive"))
    for consent, allowed in ((ended, True), ({**ended, key: {"extension": EXTENSION}}, False)):
        asked = [*grants([Said()]), read_consent(consent)]
        assert decide(PARTNER, "TREAT", resource_type="Goal", subject=ANNA, consents=asked, now=NOW).allowed is allowed


def test_what_is_no_consent_at_all_denies() -> None:
    """What cannot be read, found among a person's consents, denies whatever the others permit."""
    for nothing in (None, [], "Consent", {}):
        asked = [*grants([Said()]), read_consent(nothing)]
        assert not decide(PARTNER, "TREAT", resource_type="Goal", subject=ANNA, consents=asked, now=NOW).allowed


@pytest.mark.parametrize("left_out", ["recipients", "purposes", "classes"])
def test_a_denial_that_names_none_means_all(left_out: str) -> None:
    """A denial that names the asker, the purpose and the type applies; leaving any of them out, it still does."""
    named = Said(effect="deny", recipients=(CLINIC,), purposes=("TREAT",), classes=("CarePlan",))
    assert why([Said(), named]) == why([Said(), replace(named, **{left_out: ()})]) == "consent-denies"
    others = {"recipients": (LAB,), "purposes": ("HPAYMT",), "classes": ("Goal",)}
    assert why([Said(), replace(named, **{left_out: others[left_out]})]) == "consent"


KEYS = ["resourceType", "status", "patient", "provision", "actor", "coding", "type", "period", "verification", "scope"]
anything_at_all = st.recursive(
    st.none() | st.booleans() | st.text(max_size=8),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(st.sampled_from(KEYS), below, max_size=4),
)


@given(anything_at_all)
def test_anything_can_be_read_and_nothing_odd_permits(anything: Any) -> None:
    """Whatever stands where a Consent should stand is read without an error, and permits nothing."""
    grant = read_consent(anything)
    assert not decide(PARTNER, "TREAT", resource_type="Goal", subject=ANNA, consents=[grant], now=NOW).allowed


# fmt: off
ENDS = [
    # start, end, now, valid
    ("2026",                 "",                      "2026-01-01T00:00:00+00:00", True),
    ("2026",                 "",                      "2025-12-31T23:59:59+00:00", False),
    ("",                     "2026-02",               "2026-02-28T23:59:59+00:00", True),
    ("",                     "2026-02",               "2026-03-01T00:00:00+00:00", False),
    ("",                     "2026-03-15",            "2026-03-15T23:59:59+05:30", True),   # a day is that of the clock
    ("",                     "2026-03-15",            "2026-03-16T00:00:00+05:30", False),
    ("2026-03-15T10:00:00Z", "2026-03-15T11:00:00Z",  "2026-03-15T10:00:00+00:00", True),
    ("2026-03-15T10:00:00Z", "2026-03-15T11:00:00Z",  "2026-03-15T11:00:00+00:00", False),
    ("2026-03-15T10:00:00.5+05:30", "",               "2026-03-15T04:30:00+00:00", False),
    ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "2026-03-15T04:30:00+00:00", True),
    ("",                     "9999-12-31",            "2026-03-15T04:30:00+00:00", True),
]
# fmt: on


@pytest.mark.parametrize(("start", "end", "now", "valid"), ENDS)
def test_the_ends_of_a_period(start: str, end: str, now: str, valid: bool) -> None:
    """A period begins with its start and has ended when its end is past, at the precision that was written."""
    assert ask(PARTNER, [Said(start=start, end=end)], now=datetime.fromisoformat(now)) is valid


def test_without_a_clock_nothing_leaves() -> None:
    """A time without a zone is no time: the answer is no."""
    zoneless = NOW.replace(tzinfo=None)
    found = decide(PARTNER, "TREAT", resource_type="Goal", subject=ANNA, consents=grants([Said()]), now=zoneless)
    assert (found.allowed, found.reason) == (False, "no-clock")
