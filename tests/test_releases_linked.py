"""R4 <-> R5 of what plans link to: each difference by example, and that nothing is lost on anything, valid or not."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from fhir_drawn import resources
from hypothesis import given, settings
from hypothesis import strategies as st

from mappings.check import check
from mappings.check.invariants.contained import CONTAINED
from mappings.check.invariants.definitions import DEFINITIONS
from mappings.check.invariants.events import EVENTS
from mappings.check.rules import Finding
from mappings.releases import convert, converted
from mappings.tree import NotJSON, Tree, dump, from_plain, get, leaves, parse

ROOT = Path(__file__).resolve().parents[1]
CORPUS = ROOT.parent / "shared" / "corpus"
OTHER = {"R4": "R5", "R5": "R4"}

# fmt: off
CORE = [
    "MedicationRequest", "MedicationStatement", "CareTeam", "RelatedPerson", "Condition", "Observation",
    "RiskAssessment", "EpisodeOfCare", "Appointment", "Patient", "Provenance", "Consent",
    "DocumentReference",
]
BESIDE = [
    "Task", "Medication", "MedicationDispense", "MedicationAdministration", "Encounter", "Practitioner",
    "PractitionerRole", "Organization", "Location", "Device", "Procedure", "CommunicationRequest",
    "Communication", "NutritionOrder", "DeviceRequest", "List", "Composition", "ValueSet", "Group",
    "DiagnosticReport", "Coverage", "AllergyIntolerance", "BodyStructure", "Specimen", "Immunization",
]
# fmt: on

OF_THE_PLAN = ("CarePlan", "Goal", "Questionnaire", "QuestionnaireResponse")
"""Types that plans are made of, which tests of their own look at."""

NO_PLACE = {
    "Media": "R5 has no such type: 'Media has been removed', https://hl7.org/fhir/R5/diff.html",
}
"""Types of the corpus for which the other release has no counterpart: such a resource passes as it stands."""

# ---- each difference, by example: type, what R4 says, what R5 says

TAKING = "http://hl7.org/fhir/CodeSystem/medication-statement-adherence"
BY = "http://terminology.hl7.org/CodeSystem/provenance-participant-type"
CLINICAL = "http://terminology.hl7.org/CodeSystem/condition-clinical"
MODE = "http://hl7.org/fhir/composition-attestation-mode"
SCOPE = "http://terminology.hl7.org/CodeSystem/consentscope"
PRESENT = "http://terminology.hl7.org/CodeSystem/encounter-subject-status"
A, B, ORG = {"reference": "Practitioner/meera"}, {"reference": "Patient/asha"}, {"reference": "Organization/umbar"}
X, Y = {"text": "sleep"}, {"text": "craving"}
C = {"reference": "Condition/alcohol"}
REASON = [{"concept": X}, {"reference": C}]


def coded(system: str, code: str) -> Tree:
    """Return a CodeableConcept with one code."""
    return {"coding": [{"system": system, "code": code}]}


PRIVACY = coded(SCOPE, "patient-privacy")
RULE = {"policyRule": X, "scope": PRIVACY, "category": [Y]}
RULE5 = {"regulatoryBasis": [X], "category": [PRIVACY, Y]}
ACTIVE = {"clinicalStatus": coded(CLINICAL, "active")}

# fmt: off
EXAMPLES: list[tuple[str, dict[str, Tree], dict[str, Tree]]] = [
    ("MedicationRequest",   {"medicationCodeableConcept": X},          {"medication": {"concept": X}}),
    ("MedicationRequest",   {"medicationReference": A},                {"medication": {"reference": A}}),
    ("MedicationRequest",   {"reasonCode": [X], "reasonReference": [C]}, {"reason": REASON}),
    ("MedicationRequest",   {"reportedBoolean": True},                 {"reported": True}),
    ("MedicationRequest",   {"reportedReference": B},                  {"informationSource": [B]}),
    ("MedicationRequest",   {"performer": A},                          {"performer": [A]}),
    ("MedicationRequest",   {"dispenseRequest": {"performer": ORG}},   {"dispenseRequest": {"dispenser": ORG}}),
    ("MedicationStatement", {"status": "active"},
                            {"status": "recorded", "adherence": {"code": coded(TAKING, "taking")}}),
    ("MedicationStatement", {"status": "stopped", "statusReason": [X]},
                            {"status": "recorded", "adherence": {"code": coded(TAKING, "stopped"), "reason": X}}),
    ("MedicationStatement", {"status": "entered-in-error"},            {"status": "entered-in-error"}),
    ("MedicationStatement", {"context": {"reference": "Encounter/1"}}, {"encounter": {"reference": "Encounter/1"}}),
    ("MedicationStatement", {"informationSource": B, "category": X},   {"informationSource": [B], "category": [X]}),
    ("CareTeam",            {"participant": [{"role": [X, Y], "member": A}]},
                            {"participant": [{"role": X, "member": A}, {"role": Y, "member": A}]}),
    ("CareTeam",            {"participant": [{"member": A, "period": {"start": "2025"}}]},
                            {"participant": [{"member": A, "coveragePeriod": {"start": "2025"}}]}),
    ("CareTeam",            {"reasonCode": [X], "reasonReference": [C]}, {"reason": REASON}),
    ("Condition",           {**ACTIVE, "recorder": A, "asserter": B},
                            {**ACTIVE, "participant": [{"function": coded(BY, "author"), "actor": A},
                                                       {"function": coded(BY, "informant"), "actor": B}]}),
    ("Condition",           {},                                        {"clinicalStatus": coded(CLINICAL, "unknown")}),
    ("Condition",           {**ACTIVE, "evidence": [{"code": [X]}, {"detail": [C]}]},
                            {**ACTIVE, "evidence": [{"concept": X}, {"reference": C}]}),
    ("RiskAssessment",      {"reasonCode": [X]},                       {"reason": [{"concept": X}]}),
    ("EpisodeOfCare",       {"team": [{"reference": "CareTeam/1"}]},   {"careTeam": [{"reference": "CareTeam/1"}]}),
    ("EpisodeOfCare",       {"diagnosis": [{"condition": C, "role": X}]},
                            {"diagnosis": [{"condition": [{"reference": C}], "use": X}]}),
    ("Appointment",         {"reasonCode": [X], "reasonReference": [C]}, {"reason": REASON}),
    ("Appointment",         {"cancelationReason": X, "comment": "late"},
                            {"cancellationReason": X, "note": [{"text": "late"}]}),
    ("Appointment",         {"patientInstruction": "eat", "serviceType": [X]},
                            {"patientInstruction": [{"concept": {"text": "eat"}}], "serviceType": [{"concept": X}]}),
    ("Appointment",         {"participant": [{"required": "required"}, {"required": "optional"}]},
                            {"participant": [{"required": True}, {"required": False}]}),
    ("Provenance",          {"recorded": "2025-08-11T12:30:00Z", "reason": [X]},
                            {"recorded": "2025-08-11T12:30:00Z", "authorization": [{"concept": X}]}),
    ("Consent",             {**RULE, "status": "rejected"},            {**RULE5, "status": "not-done"}),
    ("Consent",             {**RULE, "patient": B, "performer": [B], "organization": [ORG]},
                            {**RULE5, "subject": B, "grantor": [B], "controller": [ORG]}),
    ("Consent",             {**RULE, "dateTime": "2025-08-11", "sourceAttachment": {"title": "signed"}},
                            {**RULE5, "date": "2025-08-11", "sourceAttachment": [{"title": "signed"}]}),
    ("Consent",             {**RULE, "provision": {"type": "permit", "actor": [{"role": X, "reference": A}]}},
                            {**RULE5, "decision": "deny", "provision": [{"actor": [{"role": X, "reference": A}]}]}),
    ("Consent",             {**RULE, "provision": {"type": "permit"}}, {**RULE5, "decision": "permit"}),
    ("Consent",             {**RULE, "provision": {"type": "permit", "provision": [{"type": "deny", "code": [X]},
                                                                                   {"type": "deny", "code": [Y]}]}},
                            {**RULE5, "decision": "permit", "provision": [{"code": [X]}, {"code": [Y]}]}),
    ("Consent",             {**RULE, "provision": {"type": "deny", "code": [X],
                                                   "provision": [{"type": "permit", "code": [Y]}]}},
                            {**RULE5, "decision": "permit",
                             "provision": [{"code": [X], "provision": [{"code": [Y]}]}]}),
    ("DocumentReference",   {"authenticator": A},
                            {"attester": [{"mode": coded(MODE, "official"),
                                           "party": A}]}),
    ("DocumentReference",   {"context": {"encounter": [{"reference": "Encounter/1"}], "event": [X],
                                         "period": {"start": "2025"}, "facilityType": Y}},
                            {"context": [{"reference": "Encounter/1"}], "event": [{"concept": X}],
                             "period": {"start": "2025"}, "facilityType": Y}),
    ("DocumentReference",   {"relatesTo": [{"code": "signs", "target": A}], "content": [{"format": {"code": "a"}}]},
                            {"relatesTo": [{"code": coded("http://hl7.org/fhir/document-relationship-type", "signs"),
                                            "target": A}], "content": [{"profile": [{"valueCoding": {"code": "a"}}]}]}),
    ("Encounter",           {"status": "arrived", "class": {"code": "AMB"}},
                            {"status": "in-progress", "subjectStatus": coded(PRESENT, "arrived"),
                             "class": [{"coding": [{"code": "AMB"}]}]}),
    ("Encounter",           {"status": "finished", "class": {"code": "AMB"}, "hospitalization": {"dietPreference": [X],
                                                                                               "reAdmission": Y}},
                            {"status": "completed", "class": [{"coding": [{"code": "AMB"}]}],
                             "admission": {"reAdmission": Y}, "dietPreference": [X]}),
    ("Task",                {"intent": "order", "reasonCode": X, "performerType": [Y]},
                            {"intent": "order", "reason": [{"concept": X}], "requestedPerformer": [{"concept": Y}]}),
    ("Practitioner",        {"communication": [X]},                    {"communication": [{"language": X}]}),
    ("Organization",        {"telecom": [{"value": "1"}], "address": [{"city": "Pune"}], "contact": [{"purpose": X}]},
                            {"contact": [{"telecom": [{"value": "1"}]}, {"address": {"city": "Pune"}},
                                         {"purpose": X}]}),
    ("Group",               {"actual": True, "type": "person"},        {"membership": "enumerated", "type": "person"}),
    ("Procedure",           {"performedDateTime": "2025", "complication": [X], "usedReference": [A]},
                            {"occurrenceDateTime": "2025", "complication": [{"concept": X}],
                             "used": [{"reference": A}]}),
]
# fmt: on


@pytest.mark.parametrize(("kind", "four", "five"), EXAMPLES)
def test_what_moved(kind: str, four: dict[str, Tree], five: dict[str, Tree]) -> None:
    """Each says the same in both releases by elements of its own, both ways, without an extension."""
    old, new = {"resourceType": kind, **four}, {"resourceType": kind, **five}
    assert convert(old, "R4", "R5") == new
    assert convert(new, "R5", "R4") == old


def test_what_r5_only_says_of_a_consent_is_not_acted_upon_in_r4() -> None:
    """A consent in a state that nobody knows is no active one; its own state is beside it."""
    said = convert({"resourceType": "Consent", "status": "unknown"}, "R5", "R4")
    assert said["status"] == "draft"
    assert said["_status"]["extension"][0]["valueCode"] == "unknown"


@pytest.mark.parametrize("decision", ["permit", "deny"])
def test_a_decision_means_the_same_at_each_depth(decision: str) -> None:
    """R5 negates at each level what R4 says at each: "provisions assumed to be a negation of the previous level"."""
    no = {"permit": "deny", "deny": "permit"}[decision]
    provision = {"code": [X], "provision": [{"code": [Y], "provision": [{"code": [X]}]}]}
    consent = {"resourceType": "Consent", "status": "active", "decision": decision, "provision": [provision]}
    found = convert(consent, "R5", "R4")["provision"]
    depths = [found, found["provision"][0], found["provision"][0]["provision"][0]]
    assert [each["type"] for each in depths] == [no, decision, no]


def test_provisions_that_do_not_negate_each_other_are_denied_in_r5() -> None:
    """Nobody may read as permitted what R4 denies: R5 says deny, the report says why, and R4's provisions come back."""
    nested = {"type": "permit", "code": [X], "provision": [{"type": "permit", "code": [Y]}]}
    four = from_plain({"resourceType": "Consent", **RULE, "provision": nested})
    five, issues = converted(four, "R4", "R5").tree, converted(four, "R4", "R5").issues
    assert five["decision"] == "deny"
    assert "provision" not in five
    assert any(issue.rule == "release/substituted" for issue in issues)
    assert converted(five, "R5", "R4").tree == four


def test_a_moment_is_a_day_in_r5_and_a_moment_again() -> None:
    """R5's Consent.date has no time: an extension keeps it, until the day is another."""
    four = {"resourceType": "Consent", **RULE, "dateTime": "2025-08-11T12:30:00+05:30"}
    five = convert(four, "R4", "R5")
    assert five["date"] == "2025-08-11"
    assert convert(five, "R5", "R4") == four
    assert convert({**five, "date": "2025-09-01"}, "R5", "R4")["dateTime"] == "2025-09-01"


def test_a_reference_that_may_not_stand_there_is_an_alternate_one() -> None:
    """R5 knows no episode of care where R4's context is one."""
    four = {"resourceType": "MedicationStatement", "context": {"reference": "EpisodeOfCare/7"}}
    inner = convert(four, "R4", "R5")["encounter"]["extension"][0]
    assert inner["url"].endswith("/alternate-reference")
    assert inner["valueReference"] == four["context"]


def test_a_reference_among_concepts_that_may_not_stand_there_is_an_alternate_one() -> None:
    """R5 lets a reason of a request for communication be anything, R4 four types."""
    reasons = [{"concept": X}, {"reference": A}, {"reference": C}]
    five = {"resourceType": "CommunicationRequest", "reason": reasons}
    four = convert(five, "R5", "R4")
    assert four["reasonReference"][0]["extension"][0]["valueReference"] == A
    assert four["reasonReference"][1:] == [C]
    assert convert(four, "R4", "R5") == five


# ---- laws


def there_and_back(tree: Tree, release: str) -> Tree:
    """Return a document of a release after it was said in the other and back."""
    return converted(converted(tree, release, OTHER[release]).tree, OTHER[release], release).tree


UNAVOIDABLE = {
    "invariant/unique-id": "an extension that holds an element beside what was made of it has the element's id, too",
    **{row[0]: "one release alone demands it, or by another element" for row in (*CONTAINED, *EVENTS, *DEFINITIONS)},
    "per-1": "R4 asks for a start and an end that are given to the same part, R5 only that none is after the other",
    "ele-1": "of an element that became another only its id is left for the extension to hold",
}
"""Rules that a converted document may break: those of one release alone, and of elements' ids, which are for internal
reference only."""


def wrong(tree: Tree, release: str) -> list[Finding]:
    """Return what is wrong with a document, but for what is unavoidable."""
    found = [f for f in check(tree, release=release) if f.severity in {"error", "fatal"}]
    return [f for f in found if f.rule not in UNAVOIDABLE and not _is_absent(f)]


def _is_absent(found: Finding) -> bool:
    """Return whether it is said of a code that the release demands: where nothing says it, its absence has a reason."""
    return found.rule == "binding/required" and str(found.at[-1]).startswith("_")


def resources_of(tree: Tree) -> Iterator[dict[str, Tree]]:
    """Yield a document, or the resources of a Bundle."""
    entries = tree.get("entry") if isinstance(tree, dict) and tree.get("resourceType") == "Bundle" else None
    for each in [x.get("resource") for x in entries if isinstance(x, dict)] if isinstance(entries, list) else [tree]:
        if isinstance(each, dict) and isinstance(each.get("resourceType"), str):
            yield each


def documents(release: str) -> Iterator[tuple[Path, dict[str, Tree]]]:
    """Yield each resource of the fixtures and the corpus of a release, those of Bundles one by one."""
    files = [*ROOT.glob(f"fixtures/*/{release.lower()}/*.json"), *(CORPUS / release.lower()).rglob("*.json")]
    for file in sorted(files):
        try:
            tree = parse(file.read_bytes())
        except NotJSON:
            continue
        yield from ((file, each) for each in resources_of(tree))


@pytest.mark.parametrize("release", ["R4", "R5"])
def test_nothing_is_lost_on_fixtures_and_corpus(release: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Each comes back as it was, and what is valid is valid in the other release."""
    if release == "R5" and not CORPUS.is_dir():
        pytest.skip("../shared/corpus is not here")
    seen: Counter[str] = Counter()
    for file, tree in documents(release):
        kind = tree["resourceType"]
        if kind in OF_THE_PLAN:
            continue
        out = converted(tree, release, OTHER[release])
        back = converted(out.tree, OTHER[release], release).tree
        assert back == tree, f"{file.name}: {kind}"
        seen["came back"] += 1
        seen["in the same order"] += dump(back) == dump(tree)
        if kind not in NO_PLACE and not wrong(tree, release):
            seen["valid"] += 1
            assert not wrong(out.tree, OTHER[release]), f"{file.name}: {kind}"
            assert not any(issue.rule == "release/kept-whole" for issue in out.issues), f"{file.name}: {kind}"
    with capsys.disabled():
        print(f"\n{release} -> {OTHER[release]} -> {release}: {dict(seen)}")


def moved(release: str, kind: str) -> frozenset[str]:
    """Return the elements of a type that the examples are about, so that they are drawn often."""
    said = (pair[release == "R5"] for name, *pair in EXAMPLES if name == kind)
    return frozenset(name for each in said for name in each)


# Where a choice must have a value and it is of a type that the other release lacks, nothing can stand for it.
UNSAYABLE = ("Task.input", "Task.output")


@pytest.mark.parametrize("release", ["R4", "R5"])
@pytest.mark.parametrize("kind", [*CORE, *BESIDE])
def test_nothing_is_lost_on_what_is_drawn(kind: str, release: str) -> None:
    """Any resource that the definitions allow comes back, and is allowed by those of the other release."""

    @settings(deadline=None, max_examples=12)
    @given(resources(release, kind, moved(release, kind)))
    def law(tree: dict[str, Tree]) -> None:
        out = converted(tree, release, OTHER[release]).tree
        assert converted(out, OTHER[release], release).tree == tree
        if not wrong(tree, release):
            assert not [f for f in wrong(out, OTHER[release]) if not f.path.startswith(UNSAYABLE)]

    law()


ODD: list[Tree] = [None, True, "", " ", "x", "2025", [], {}, [None], [{}], {"id": "a"}, [[]], {"text": "a"}, [B]]


@st.composite
def spoilt(draw: st.DrawFn, release: str) -> Tree:
    """An example's document with one to three things removed, replaced, wrapped or added."""
    kind, *said = draw(st.sampled_from(EXAMPLES))
    tree = from_plain({"resourceType": kind, **copy.deepcopy(said[release == "R5"])})
    for _ in range(draw(st.integers(1, 3))):
        paths = {path[:depth] for path, _ in leaves(tree) for depth in range(1, len(path) + 1)} - {("resourceType",)}
        if not paths:
            break
        *above, last = draw(st.sampled_from(sorted(paths, key=str)))
        parent = get(tree, tuple(above))
        match draw(st.sampled_from(["remove", "replace", "wrap", "add"])):
            case "remove":
                del parent[last]
            case "replace":
                parent[last] = copy.deepcopy(draw(st.sampled_from(ODD)))
            case "wrap":
                parent[last] = [parent[last]]
            case "add" if isinstance(parent, dict):
                key = draw(st.sampled_from(["colour", "_status", "extension", "id", "reason", "role", "provision"]))
                parent[key] = copy.deepcopy(draw(st.sampled_from(ODD)))
    return tree


@pytest.mark.parametrize("release", ["R4", "R5"])
def test_nothing_is_lost_on_what_is_not_valid(release: str) -> None:
    """A document that breaks the definitions comes back as it was, too."""

    @settings(deadline=None, max_examples=300)
    @given(spoilt(release))
    def law(tree: Tree) -> None:
        assert there_and_back(tree, release) == tree

    law()
