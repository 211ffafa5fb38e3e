"""Each rule of `check` finds the one defect that is planted for it, at its place, and says nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from defects import GONE, planted

from mappings.check import RULES, check, is_valid
from mappings.tree import Number, parse

LONG = "x" * (1024 * 1024 + 1)

GOAL: dict[str, Any] = {
    "resourceType": "Goal",
    "id": "wedding",
    "identifier": [{"system": "urn:ietf:rfc:3986", "value": "urn:uuid:53fefa32-fcbb-4ff8-8a92-55ee120877b7"}],
    "text": {"status": "generated", "div": '<div xmlns="http://www.w3.org/1999/xhtml">To sing</div>'},
    "lifecycleStatus": "active",
    "description": {"text": "To sing at the wedding"},
    "subject": {"reference": "Patient/asha"},
    "startDate": "2026-02",
    "target": [
        {
            "measure": {"text": "days without alcohol"},
            "detailQuantity": {"value": Number("1.50"), "system": "http://unitsofmeasure.org", "code": "mo"},
            "dueDate": "2026-11-22",
        }
    ],
}
PLAN: dict[str, Any] = {
    "resourceType": "CarePlan",
    "contained": [{"resourceType": "CareTeam", "id": "team", "status": "active"}],
    "status": "active",
    "intent": "plan",
    "subject": {"reference": "Patient/asha"},
    "careTeam": [{"reference": "#team"}],
    "created": "2026-11-22T09:00:00+05:30",
    "instantiatesUri": ["urn:oid:1.2.3", None],
    "_instantiatesUri": [None, {"extension": [{"url": "http://example.org/why", "valueCode": "not-known"}]}],
    "activity": [{"detail": {"status": "scheduled", "scheduledTiming": {"repeat": {"timeOfDay": ["08:30:00"]}}}}],
}
FORM: dict[str, Any] = {
    "resourceType": "Questionnaire",
    "meta": {"lastUpdated": "2026-11-22T09:00:00.000Z"},
    "status": "active",
    "item": [
        {"linkId": "1", "type": "group", "item": [{"linkId": "1.1", "type": "string", "maxLength": Number("80")}]},
        {"linkId": "2", "type": "display", "text": "Thank you"},
        {
            "linkId": "3",
            "type": "choice",
            "enableWhen": [{"question": "1.1", "operator": "exists", "answerBoolean": True}],
            "answerOption": [{"valueCoding": {"code": "yes"}}],
        },
        {"linkId": "4", "type": "attachment", "initial": [{"valueAttachment": {"contentType": "a/b", "data": "AAAA"}}]},
    ],
}
RESPONSE: dict[str, Any] = {
    "resourceType": "QuestionnaireResponse",
    "status": "completed",
    "item": [{"linkId": "1", "answer": [{"valueDecimal": Number("1.0"), "item": [{"linkId": "1.1"}]}]}],
}
FINDING: dict[str, Any] = {
    "resourceType": "Observation",
    "status": "final",
    "code": {"coding": [{"system": "http://loinc.org", "code": "85354-9"}]},
    "component": [{"code": {"text": "systolic"}, "valueInteger": Number("118")}],
    "referenceRange": [{"text": "usual"}],
}
CONDITION: dict[str, Any] = {
    "resourceType": "Condition",
    "clinicalStatus": {
        "coding": [{"system": "http://terminology.hl7.org/CodeSystem/condition-clinical", "code": "resolved"}]
    },
    "subject": {"reference": "Patient/asha"},
    "abatementDateTime": "2024",
    "evidence": [{"code": [{"text": "craving"}]}],
}
BUNDLE: dict[str, Any] = {
    "resourceType": "Bundle",
    "type": "searchset",
    "entry": [
        {"fullUrl": "urn:uuid:53fefa32-fcbb-4ff8-8a92-55ee120877b7", "resource": GOAL},
        {"fullUrl": "urn:uuid:53fefa32-fcbb-4ff8-8a92-55ee120877b8", "resource": PLAN},
    ],
}
CAPABLE = {
    "resourceType": "CapabilityStatement",
    "status": "active",
    "date": "2026",
    "kind": "requirements",
    "fhirVersion": "4.0.1",
    "format": ["json"],
    "rest": [{"mode": "server"}],
}
SOUND = {"GOAL": GOAL, "PLAN": PLAN, "FORM": FORM, "RESPONSE": RESPONSE, "BUNDLE": BUNDLE}
SOUND |= {"FINDING": FINDING, "CONDITION": CONDITION}

ENDED = {name: held for name, held in CONDITION.items() if name != "evidence"}
CLINICAL = "clinicalStatus.coding[0].code"
IN_ERROR = {
    "coding": [{"system": "http://terminology.hl7.org/CodeSystem/condition-ver-status", "code": "entered-in-error"}]
}
PART_OF_ITSELF = {"code": FINDING["code"], "valueInteger": Number("118")}
THO = "http://terminology.hl7.org/CodeSystem/"
DECLINED = {"coding": [{"system": THO + "data-absent-reason", "code": "asked-declined"}]}
RESTRICTED = {"system": THO + "v3-Confidentiality", "code": "R"}
ELSEWHERE = {"system": "http://example.org/codes", "code": "elsewhere"}
EXTENSION = {"url": "http://example.org/x", "valueString": "y"}
NESTED = {"resourceType": "CareTeam", "id": "team"}
DATE_ITEM = {"linkId": "5", "type": "date"}
EXISTS = {"question": "1.1", "operator": "exists", "answerString": "a"}
TWO_CONDITIONS = [{"question": "1.1", "operator": "=", "answerString": text} for text in "ab"]
DATA = "item[3].initial[0].valueAttachment"
TIMING = "activity[0].detail.scheduledTiming.repeat"

# fmt: off
DEFECTS: list[tuple[Any, ...]] = [
    # rule                             sound     changed at                      to             found at, if elsewhere
    ("structure/no-resource-type",     GOAL,     "resourceType",                 GONE,        "Resource.resourceType"),
    ("structure/no-resource-type",     PLAN,     "contained[0].resourceType",    GONE),
    ("structure/unknown-resource-type", GOAL,    "resourceType",                 "Gaol",      "Gaol.resourceType"),
    ("structure/unknown-resource-type", GOAL,    "resourceType",                 "Element",   "Element.resourceType"),
    ("structure/not-judged",           GOAL,     "resourceType",   "MedicinalProduct", "MedicinalProduct.resourceType"),
    ("structure/unknown-element",      GOAL,     "adresses",                     []),
    ("structure/other-profile",        GOAL,     "meta",     {"profile": ["https://e.org/STU3/x"]},
                                                                                 "Goal.meta.profile[0]"),
    ("structure/other-release",        CAPABLE,  "fhirVersion",                  "3.0.1"),
    ("structure/unknown-element",      GOAL,     "_subject",                     {"id": "a"},      "Goal.subject"),
    ("structure/unknown-element",      GOAL,     "subject.resourceType",         "Reference"),
    ("structure/unknown-element",      GOAL,     "text._div",                    {"id": "a"},      "Goal.text.div"),
    ("structure/unknown-element",      BUNDLE,   "entry[0].resource.colour",     "red"),
    ("structure/required",             GOAL,     "description",                  GONE),
    ("structure/required",             PLAN,     "status",                       GONE),
    ("structure/required",             FORM,     "item[2].answerOption[0]",      {"initialSelected": True},
                                                 "Questionnaire.item[2].answerOption[0].value[x]"),
    ("structure/choice",               GOAL,     "target[0].detailString",       "six months"),
    ("structure/kind",                 GOAL,     "description",                  "to sing"),
    ("structure/kind",                 GOAL,     "startDate",                    {"value": "2026"}),
    ("structure/kind",                 BUNDLE,   "entry[1].resource",            "a plan"),
    ("structure/list-expected",        GOAL,     "target",                       {"dueDate": "2026"}),
    ("structure/not-repeating",        GOAL,     "subject",                      [{"display": "Asha"}]),
    ("structure/not-repeating",        GOAL,     "startDate",                    ["2026"]),
    ("structure/null",                 GOAL,     "startDate",                    None),
    ("structure/null",                 GOAL,     "target[0]",                    None),
    ("structure/null",                 GOAL,     "note",                         None),
    ("structure/null",                 PLAN,     "_instantiatesUri[1]",          None, "CarePlan.instantiatesUri[1]"),
    ("structure/empty",                GOAL,     "subject",                      {}),
    ("structure/empty",                GOAL,     "note",                         []),
    ("structure/empty",                GOAL,     "description.text",             ""),
    ("structure/blank",                GOAL,     "description.text",             "  \n"),
    ("structure/date",                 GOAL,     "startDate",                    " "),
    ("structure/twin",                 PLAN,     "instantiatesUri",              ["urn:a", None, "urn:b"]),
    ("structure/comments",             GOAL,     "fhir_comments",                ["so"]),
    ("structure/boolean",              FORM,     "item[0].required",             "true"),
    ("structure/integer",              RESPONSE, "item[0].answer[0]",            {"valueInteger": True},
                                                 "QuestionnaireResponse.item[0].answer[0].valueInteger"),
    ("structure/integer",              FORM,     "item[0].item[0].maxLength",    Number("1.0")),
    ("structure/integer",              FORM,     "item[0].item[0].maxLength",    Number("2147483648")),
    ("structure/unsignedInt",          BUNDLE,   "total",                        Number("-1")),
    ("structure/positiveInt",          PLAN,     f"{TIMING}.count",              Number("0")),
    ("structure/decimal",              GOAL,     "target[0].detailQuantity.value", "1.50"),
    ("structure/string",               GOAL,     "description.text",             LONG),
    ("structure/markdown",             GOAL,     "note",                [{"text": Number("1")}], "Goal.note[0].text"),
    ("structure/code",                 GOAL,     "language",                     "en "),
    ("structure/id",                   GOAL,     "id",                           "a_b"),
    ("structure/id",                   GOAL,     "id",                           "x" * 65),
    ("structure/uri",                  GOAL,     "implicitRules",                "http://a b"),
    ("structure/uri",                  GOAL,     "implicitRules",                "urn:oid:1.02"),
    ("structure/uri",                  GOAL,     "implicitRules",                "uuid:53fefa32"),
    ("structure/canonical",            RESPONSE, "questionnaire",                "urn:uuid:53FEFA32"),
    ("structure/url",                  FORM,     f"{DATA}.url",                  "http://a b"),
    ("structure/canonical",            RESPONSE, "questionnaire",                "http://a b|1"),
    ("structure/oid",                  GOAL,     "extension",                    [{"url": "a:b", "valueOid": "1.2"}],
                                                 "Goal.extension[0].valueOid"),
    ("structure/uuid",                 GOAL,     "extension",                    [{"url": "a:b", "valueUuid": "1"}],
                                                 "Goal.extension[0].valueUuid"),
    ("structure/base64Binary",         FORM,     f"{DATA}.data",                 "AAA"),
    ("structure/date",                 GOAL,     "startDate",                    "22.11.2026"),
    ("structure/date",                 GOAL,     "startDate",                    Number("2026")),
    ("structure/date",                 GOAL,     "startDate",                    "2026-11-22T09:00:00Z"),
    ("structure/dateTime",             PLAN,     "created",                      "2026-11-22T09:00:00"),
    ("structure/dateTime",             PLAN,     "created",                      "2026-11-22T09:00Z"),
    ("structure/instant",              FORM,     "meta.lastUpdated",             "2026-11-22"),
    ("structure/time",                 PLAN,     f"{TIMING}.timeOfDay[0]",       "24:00:00"),
    ("structure/real-date",            GOAL,     "startDate",                    "2026-02-30"),
    ("structure/real-date",            PLAN,     "created",                      "2023-02-29T09:00:00Z"),
    ("structure/xhtml",                GOAL,     "text.div",                     "To sing"),
    ("binding/required",               CONDITION, "verificationStatus",          {"text": "over"},
                                                 "Condition.verificationStatus"),
    ("binding/required",               GOAL,     "language",                     "english please"),
    ("binding/extensible",             CONDITION, "category",      [{"coding": [ELSEWHERE]}], "Condition.category[0]"),
    ("binding/extensible",             CONDITION, "category",      [{"text": "need"}], "Condition.category[0]"),
    ("binding/extensible",             GOAL,     "meta",        {"security": [ELSEWHERE]}, "Goal.meta.security[0]"),
    ("binding/extensible",             PLAN,     "supportingInfo", [{"type": "Patent"}],
                                                 "CarePlan.supportingInfo[0].type"),
    ("binding/not-checked",            FORM,     "jurisdiction",   [{"coding": [ELSEWHERE]}, {"coding": [ELSEWHERE]}],
                                                 "Questionnaire.jurisdiction[0]"),
    ("binding/required",               GOAL,     "lifecycleStatus",              "ongoing"),
    ("binding/required",               PLAN,     "activity[0].detail.status",    "planned"),
    ("binding/required",               FORM,     "item[2].enableWhen[0].operator", "=="),
    ("binding/required",               RESPONSE, "status",                       "complete"),
    ("cpl-3",    PLAN,     "activity[0].reference",        {"display": "a request"}, "CarePlan.activity[0].detail"),
    ("gol-1",    GOAL,     "target[0].measure",            GONE),
    ("qrs-1",    RESPONSE, "item[0].item",                 [{"linkId": "2"}]),
    ("obs-3",    FINDING,   "referenceRange[0]",           {"type": {"text": "a"}},
                                                           "Observation.referenceRange[0].low"),
    ("obs-6",    FINDING | {"valueString": "a"}, "dataAbsentReason", DECLINED),
    ("obs-7",    FINDING | {"valueString": "a"}, "component", [PART_OF_ITSELF]),
    ("con-2",    CONDITION, "evidence[0]",                 {"extension": [EXTENSION]}, "Condition.evidence[0].code"),
    ("con-4",    CONDITION, CLINICAL,                      "active",      "Condition.clinicalStatus"),
    ("con-5",    CONDITION, "verificationStatus",          IN_ERROR,      "Condition.clinicalStatus"),
    ("que-1",    FORM,     "item[1].type",                 "group", "Questionnaire.item[1].item"),
    ("que-1",    FORM,     "item[1].item",                 [DATE_ITEM]),
    ("que-2",    FORM,     "item[1].linkId",               "1"),
    ("que-3",    FORM,     "item[1].code",                 [{"code": "a"}]),
    ("que-4",    FORM,     "item[2].answerValueSet",       "http://a"),
    ("que-5",    FORM,     "item[2].type",                 "boolean"),
    ("que-6",    FORM,     "item[1].required",             False, "Questionnaire.item[1].type"),
    ("que-7",    FORM,     "item[2].enableWhen[0]",        EXISTS, "Questionnaire.item[2].enableWhen[0].operator"),
    ("que-8",    FORM,     "item[1].initial",              [{"valueString": "a"}]),
    ("que-9",    FORM,     "item[1].readOnly",             True),
    ("que-10",   FORM,     "item[2].maxLength",            Number("3")),
    ("que-11",   FORM,     "item[2].initial",              [{"valueCoding": {"code": "yes"}}]),
    ("invariant/condition-question", FORM, "item[2].enableWhen[0].question", "99"),
    ("invariant/condition-within", FORM, "item[2].enableWhen[0].question", "3"),
    ("que-12",   FORM,     "item[2].enableWhen",           TWO_CONDITIONS, "Questionnaire.item[2].enableBehavior"),
    ("que-13",   FORM,     "item[0].item[0].initial",      [{"valueString": "a"}, {"valueString": "b"}]),
    ("ext-1",    GOAL,     "extension",             [EXTENSION | {"extension": [EXTENSION]}], "Goal.extension[0]"),
    ("ext-1",    GOAL,     "extension",                    [{"url": "http://a"}], "Goal.extension[0]"),
    ("ele-1",    GOAL,     "description",                  {"id": "a"}),
    ("qty-3",    GOAL,     "target[0].detailQuantity.system", GONE),
    ("att-1",    FORM,     f"{DATA}.contentType",          GONE),
    ("ref-1",    GOAL,     "subject",                      {"reference": "#asha"}, "Goal.subject.reference"),
    ("dom-2",    PLAN,     "contained[0].contained",       [NESTED]),
    ("invariant/unique-id", PLAN, "activity", [{"id": "a", "detail": {"status": "on-hold"}}] * 2,
                                                           "CarePlan.activity[1].id"),
    ("invariant/unique-contained", PLAN, "contained",      [PLAN["contained"][0]] * 2, "CarePlan.contained[1].id"),
    ("dom-3",    PLAN,     "careTeam",                     GONE, "CarePlan.contained[0]"),
    ("dom-4",    PLAN,     "contained[0].meta",            {"versionId": "1"}, "CarePlan.contained[0].meta.versionId"),
    ("dom-5",    PLAN,     "contained[0].meta",            {"security": [RESTRICTED]},
                           "CarePlan.contained[0].meta.security"),
]
R5_DEFECTS: list[tuple[Any, ...]] = [
    ("structure/integer64",       GOAL,     "extension",               [{"url": "a:b", "valueInteger64": Number("1")}],
                                            "Goal.extension[0].valueInteger64"),
    ("structure/dateTime",        FORM,     "date",                    "2026-11-22T09:00:00.1234567890Z"),
    ("structure/decimal",         GOAL,     "target[0].detailQuantity.value", Number("0.123456789012345678")),
    ("structure/base64Binary",    FORM,     f"{DATA}.data",            "AA AA"),
    ("structure/unknown-element", GOAL,     "expressedBy",             {"display": "Asha"}),
    ("binding/required",          FORM,     "item[3].type",            "choice"),
    ("con-3",                     ENDED,    CLINICAL,                 "active", "Condition.clinicalStatus"),
    ("que-1b",                    FORM,     "item[1].type",            "group", "Questionnaire.item[1].item"),
    ("que-1c",                    FORM,     "item[1].item",            [DATE_ITEM]),
]
UNREAD = [
    # rule                 bytes                                                              line, column
    ("json",               b"",                                                               (1, 1)),
    ("json",               b"  \n\n",                                                         (1, 1)),
    ("json",               b"\x89PNG\r\n\x1a\n\x00\x00",                                      (1, 1)),
    ("json",               '{"resourceType":"Goal"}'.encode("utf-16"),                        (1, 1)),
    ("json",               '{"resourceType":"Goal"}'.encode("utf-16-le"),                     (1, 1)),
    ("json",               b'{\n  "resourceType": "Goal",\n}',                                (3, 1)),
    ("json",               b'{"resourceType": NaN}',                                          (1, 18)),
    ("json-duplicate-key", b'{"resourceType": "Goal",\n "id": "a",\n "id": "b"}',             (3, 2)),
    ("json-surrogate",     b'{"resourceType": "Goal",\n "id": "\\ud800"}',                    (2, 8)),
    ("json-size",          b"[" * 100_000,                                                    (1, 201)),
    ("json-size",          b" " * (32 * 1024 * 1024 + 1),                                     (1, 1)),
]
# fmt: on


def _named(rows: list[tuple[Any, ...]]) -> list[str]:
    return [f"{number}-{row[0]}" for number, row in enumerate(rows)]


CUT = {"resourceType": "Goal"} | {f"x{n}": None for n in range(2000)}


@pytest.mark.parametrize("name", SOUND)
def test_sound_documents_have_no_finding(name: str) -> None:
    """A sound document has no finding, so that each finding below comes from its defect."""
    assert check(SOUND[name]) == []


@pytest.mark.parametrize("defect", DEFECTS, ids=_named(DEFECTS))
def test_each_defect_is_found_where_it_stands(defect: tuple[Any, ...]) -> None:
    """One defect, one rule, one place."""
    rule, sound, place, value, *found = defect
    expected = {(rule, found[0] if found else f"{sound['resourceType']}.{place}")}
    assert {(f.rule, f.path) for f in check(planted(sound, place, value))} == expected


@pytest.mark.parametrize("defect", R5_DEFECTS, ids=_named(R5_DEFECTS))
def test_each_defect_is_found_in_r5(defect: tuple[Any, ...]) -> None:
    """What R5 alone defines or forbids is found when R5 is asked for."""
    rule, sound, place, value, *found = defect
    expected = {(rule, found[0] if found else f"{sound['resourceType']}.{place}")}
    in_r5 = planted(sound, "item[2].type", "coding") if sound is FORM else sound
    assert {(f.rule, f.path) for f in check(planted(in_r5, place, value), release="R5")} == expected


@pytest.mark.parametrize(("rule", "data", "where"), UNREAD)
def test_what_is_no_json_is_one_finding_with_line_and_column(rule: str, data: bytes, where: tuple[int, int]) -> None:
    """Broken, binary, empty, misencoded, too deep or too large bytes are one finding each."""
    [finding] = check(data)
    assert (finding.rule, (finding.line, finding.column)) == (rule, where)


def test_findings_are_cut_at_a_thousand() -> None:
    """A document that is wrong everywhere ends with a finding that says so."""
    findings = check(CUT)
    assert (len(findings), findings[-1].rule) == (1001, "findings-cut")


def test_every_rule_has_a_defect() -> None:
    """No rule stands in the catalogue that no test has seen at work; those of sets are in test_bad_documents.py."""
    from test_check_bundles import RULES_SEEN as OF_BUNDLES
    from test_check_invariants import R4, R5
    from test_check_links import RULES_SEEN
    from test_check_records import RULES_SEEN as OF_RECORDS

    seen = {row[0] for row in (*R4, *R5)} | RULES_SEEN | OF_BUNDLES | OF_RECORDS
    seen |= {row[0] for row in (*DEFECTS, *R5_DEFECTS, *UNREAD)} | {"findings-cut"}
    elsewhere = {"reference", "answer", "profile", "instrument"}
    assert {rule for rule in RULES if RULES[rule].level not in elsewhere} - seen == set()


def test_values_of_one_rule_are_told_in_words_that_teach() -> None:
    """A finding says what is wrong, what the rule says, what would mend it, and where the rule stands."""
    [finding] = check(planted(GOAL, "lifecycleStatus", "ongoing"))
    assert finding.text == (
        "this code is not in the value set. The binding is required: the code is one of the value set."
    )
    assert finding.fix.startswith("Use one of: proposed, planned")
    assert finding.link == "https://hl7.org/fhir/R4/valueset-goal-status.html"


def test_warnings_do_not_make_a_document_invalid() -> None:
    """A blank text is reported and yet valid; an impossible day is not."""
    assert is_valid(planted(GOAL, "description.text", " "))
    assert not is_valid(planted(GOAL, "startDate", "2026-02-30"))


def test_validity_may_be_asked_for_by_level() -> None:
    """A broken invariant is an error, but not one of structure."""
    broken = planted(GOAL, "target[0].measure", GONE)
    assert (is_valid(broken), is_valid(broken, levels=("json", "structure"))) == (False, True)


def test_a_value_may_be_replaced_by_an_extension_that_says_why() -> None:
    """A required primitive is there when its `_name` is: https://hl7.org/fhir/R4/extensibility.html#Special-Case;
    a code of a required binding is not, which SHALL be from its value set."""
    why = {"extension": [{"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "unknown"}]}
    assert check(planted(planted(FORM, "item[3].linkId", GONE), "item[3]._linkId", why)) == []
    unknown = planted(planted(GOAL, "lifecycleStatus", GONE), "_lifecycleStatus", why)
    assert [(f.rule, f.path) for f in check(unknown)] == [("binding/required", "Goal.lifecycleStatus")]


def test_keys_that_are_no_element_names_are_not_printed() -> None:
    """An unknown key may be anything, a person's name too: only what could be an element's name is shown."""
    [finding] = check(GOAL | {"Asha Kulkarni": "x"})
    assert "Asha" not in finding.path + finding.text + finding.fix


def test_a_resource_that_another_release_has_is_pointed_there() -> None:
    """Whoever checks an R5 document against R4 is told which release to ask for."""
    [finding] = check(GOAL | {"continuous": True})
    assert "--release R5" in finding.fix


def test_bytes_and_tree_are_judged_alike() -> None:
    """The same document has the same findings as bytes and as a tree."""
    data = b'{"resourceType": "Goal", "lifecycleStatus": "ongoing"}'
    assert check(data) == check(parse(data))
