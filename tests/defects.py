"""Documents with one defect each, written from the rules' texts: a sound one (sound_documents.py) and one edit.

HL7's validator confirms each (test_referee_defects.py); `check` finds it by its rule (test_check_defects.py).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from answer_defects import FORM_ROWS
from answer_defects import ROWS as ANSWER_ROWS
from more_defects import BINDING, GONE, INVARIANT, STRUCTURE
from sound_documents import SOUND

from mappings.tree import Number, Tree


@dataclass(frozen=True, slots=True)
class Defect:
    """A document with one thing wrong. `rule` is what `check` says; ending in /, any rule of that level."""

    name: str
    release: str
    level: str
    rule: str
    type: str
    document: Tree


_FULL = {"CP": "CarePlan", "G": "Goal", "Q": "Questionnaire", "QR": "QuestionnaireResponse"}
BOTH = "R4 R5"
THO = "http://terminology.hl7.org/CodeSystem/"
SAY = {"url": "https://clinic.example/say", "valueString": "so"}
HL7 = "http://hl7.org/fhir/StructureDefinition/"
HIDDEN = {"url": f"{HL7}questionnaire-hidden", "valueBoolean": True}
REJECTED = {"url": f"{HL7}goal-reasonRejected", "valueCodeableConcept": {"text": "so"}}
ACCEPTED = {"url": f"{HL7}goal-acceptance", "extension": [{"url": "status", "valueCode": "agree"}]}
CONTAINED_PLAN = {"resourceType": "Medication", "id": "inner"}
TWO = [{"valueString": "Asha"}, {"valueString": "Devi"}]
REPEAT = "contained[1].occurrenceTiming.repeat"
QUANTITY = "target[0].detailQuantity"
PICTURE = "item[3].initial[0].valueAttachment"
DIV = '<div xmlns="http://www.w3.org/1999/xhtml">%s</div>'


def _coding(system: str, code: str) -> Tree:
    return {"coding": [{"system": system, "code": code}]}


# fmt: off
_STRUCTURE: tuple[tuple[Any, ...], ...] = (
    # release  rule                          of    changed at                      to
    (BOTH,  "structure/unknown-element",     "G",  "adresses",                     [{"display": "craving"}]),
    (BOTH,  "structure/unknown-element",     "CP", "identifier[0].issuer",         "Riverside"),
    (BOTH,  "structure/unknown-element",     "Q",  "item[0].label",                "1."),
    (BOTH,  "structure/unknown-element",     "QR", "item[0].subject",              {"display": "Asha"}),
    ("R4",  "structure/unknown-element",     "G",  "continuous",                   True),
    ("R4",  "structure/unknown-element",     "CP", "custodian",                    {"reference": "Practitioner/lee"}),
    ("R5",  "structure/unknown-element",     "CP", "author",                       {"reference": "Practitioner/lee"}),
    ("R5",  "structure/unknown-element",     "G",  "expressedBy",                  {"reference": "Patient/asha"}),
    ("R5",  "structure/unknown-element",     "CP", "activity[1].detail",           {"status": "scheduled"}),
    (BOTH,  "structure/required",            "G",  "description",                  GONE),
    (BOTH,  "structure/required",            "G",  "lifecycleStatus",              GONE),
    (BOTH,  "structure/required",            "G",  "subject",                      GONE),
    (BOTH,  "structure/required",            "CP", "status",                       GONE),
    (BOTH,  "structure/required",            "CP", "intent",                       GONE),
    (BOTH,  "structure/required",            "CP", "subject",                      GONE),
    (BOTH,  "structure/required",            "CP", "note[0].text",                 GONE),
    ("R4",  "structure/required",            "CP", "activity[1].detail.status",    GONE),
    (BOTH,  "structure/required",            "Q",  "status",                       GONE),
    (BOTH,  "structure/required",            "Q",  "item[7].linkId",               GONE),
    (BOTH,  "structure/required",            "Q",  "item[1].type",                 GONE),
    (BOTH,  "structure/required",            "Q",  "item[5].enableWhen[0].question", GONE),
    (BOTH,  "structure/required",            "Q",  "item[5].enableWhen[0].operator", GONE),
    (BOTH,  "structure/required",            "Q",  "item[5].enableWhen[0].answerBoolean", GONE),
    (BOTH,  "structure/required",            "QR", "status",                       GONE),
    ("R5",  "structure/required",            "QR", "questionnaire",                GONE),
    ("R5",  "structure/required",            "QR", "item[9].answer[0]",            {"id": "a", "extension": [SAY]}),
    (BOTH,  "structure/required",            "G",  "text.div",                     GONE),
    (BOTH,  "structure/choice",              "G",  "target[0].detailString",       "six months"),
    (BOTH,  "structure/choice",              "G",  "startCodeableConcept",         {"text": "at admission"}),
    (BOTH,  "structure/choice",              "QR", "item[3].answer[0].valueString", "1.50"),
    (BOTH,  "structure/kind",                "G",  "description",                  "to sing"),
    (BOTH,  "structure/kind",                "CP", "title",                        {"text": "Back to singing"}),
    (BOTH,  "structure/kind",                "Q",  "item[0].item[0]",              "1.1"),
    (BOTH,  "structure/list-expected",       "G",  "target",                       {"dueDate": "2026"}),
    (BOTH,  "structure/list-expected",       "CP", "identifier",                   {"value": "17"}),
    (BOTH,  "structure/not-repeating",       "G",  "subject",                      [{"reference": "Patient/asha"}]),
    (BOTH,  "structure/null",                "CP", "title",                        None),
    (BOTH,  "structure/empty",               "CP", "goal",                         []),
    (BOTH,  "structure/empty",               "CP", "period",                       {}),
    (BOTH,  "structure/empty",               "Q",  "title",                        ""),
    (BOTH,  "structure/boolean",             "Q",  "experimental",                 "true"),
    (BOTH,  "structure/integer",             "Q",  "item[0].item[0].maxLength",    "80"),
    (BOTH,  "structure/integer",             "Q",  "item[0].item[0].maxLength",    Number("80.5")),
    (BOTH,  "structure/integer",             "QR", "item[0].item[1].answer[0].valueInteger", Number("2147483648")),
    (BOTH,  "structure/decimal",             "G",  f"{QUANTITY}.value",            "90"),
    (BOTH,  "structure/positiveInt",         "CP", f"{REPEAT}.count",              Number("0")),
    (BOTH,  "structure/code",                "CP", "language",                     "en "),
    (BOTH,  "structure/id",                  "G",  "id",                           "a_b"),
    (BOTH,  "structure/id",                  "CP", "id",                           "x" * 65),
    (BOTH,  "structure/uri",                 "CP", "identifier[0].system",         "https://clinic.example/a b"),
    (BOTH,  "structure/base64Binary",        "Q",  f"{PICTURE}.data",              "AAA"),
    (BOTH,  "structure/date",                "G",  "startDate",                    "22.11.2026"),
    (BOTH,  "structure/date",                "G",  "target[0].dueDate",            "2027-05-22T00:00:00Z"),
    (BOTH,  "structure/dateTime",            "CP", "created",                      "2026-11-22T09:00:00"),
    (BOTH,  "structure/dateTime",            "CP", "period.start",                 "2026-11-22T25:00:00Z"),
    (BOTH,  "structure/dateTime",            "QR", "authored",                     "yesterday"),
    (BOTH,  "structure/instant",             "Q",  "meta.lastUpdated",             "2026-11-22"),
    (BOTH,  "structure/time",                "CP", f"{REPEAT}.timeOfDay[0]",       "8:30"),
    (BOTH,  "structure/real-date",           "G",  "startDate",                    "2026-02-30"),
    (BOTH,  "structure/real-date",           "CP", "created",                      "2023-02-29T09:00:00Z"),
    (BOTH,  "structure/xhtml",               "G",  "text.div",                     "To sing"),
    (BOTH,  "structure/unknown-resource-type", "CP", "contained[0].resourceType",  "Team"),
)
_BINDING: tuple[tuple[Any, ...], ...] = (
    (BOTH,  "binding/required",              "G",  "lifecycleStatus",              "ongoing"),
    (BOTH,  "binding/required",              "G",  f"{QUANTITY}.comparator",       "=>"),
    (BOTH,  "binding/required",              "G",  "text.status",                  "full"),
    (BOTH,  "binding/extensible",            "G",  "identifier[0].type",           _coding(f"{THO}v2-0203", "NOPE")),
    (BOTH,  "binding/extensible",            "CP", "identifier[0].type",           _coding("http://loinc.org", "MR")),
    (BOTH,  "binding/required",              "CP", "status",                       "Active"),
    (BOTH,  "binding/required",              "CP", "intent",                       "instance-order"),
    (BOTH,  "binding/required",              "CP", "identifier[0].use",            "main"),
    (BOTH,  "binding/required",              "CP", f"{REPEAT}.periodUnit",         "week"),
    (BOTH,  "binding/required",              "CP", f"{REPEAT}.dayOfWeek[0]",       "saturday"),
    (BOTH,  "binding/required",              "CP", "contained[0].status",          "on"),
    ("R4",  "binding/required",              "CP", "activity[1].detail.status",    "planned"),
    ("R4",  "binding/required",              "CP", "activity[1].detail.kind",      "Encounter"),
    (BOTH,  "binding/required",              "Q",  "status",                       "final"),
    (BOTH,  "binding/required",              "Q",  "subjectType[0]",               "Person1"),
    (BOTH,  "binding/required",              "Q",  "item[5].enableWhen[0].operator", "=="),
    (BOTH,  "binding/required",              "Q",  "item[5].enableBehavior",       "both"),
    ("R4",  "binding/required",              "Q",  "item[7].type",                 "coding"),
    ("R5",  "binding/required",              "Q",  "item[7].type",                 "choice"),
    ("R5",  "binding/required",              "Q",  "item[13].answerConstraint",    "optionOrString"),
    (BOTH,  "binding/required",              "Q",  "contact[0].telecom[0].system", "mail"),
    (BOTH,  "binding/required",              "QR", "status",                       "complete"),
)
_INVARIANT: tuple[tuple[Any, ...], ...] = (
    ("R4",  "cpl-3",                         "CP", "activity[1].reference",        {"reference": "#walks"}),
    (BOTH,  "gol-1",                         "G",  "target[0].measure",            GONE),
    (BOTH,  "qrs-1",                         "QR", "item[1].item",                 [{"linkId": "3.1"}]),
    (BOTH,  "que-2",                         "Q",  "item[0].item[0].linkId",       "15"),
    (BOTH,  "que-3",                         "Q",  "item[1].code",                 [{"code": "a"}]),
    (BOTH,  "que-4",                         "Q",  "item[2].answerValueSet",       "https://clinic.example/ValueSet/a"),
    (BOTH,  "que-5",                         "Q",  "item[2].type",                 "boolean"),
    (BOTH,  "que-6",                         "Q",  "item[1].required",             True),
    (BOTH,  "que-6",                         "Q",  "item[1].repeats",              True),
    (BOTH,  "que-7",                         "Q",  "item[2].enableWhen[0]",
        {"question": "1.1", "operator": "exists", "answerString": "a"}),
    (BOTH,  "que-8",                         "Q",  "item[1].initial",              [{"valueString": "a"}]),
    (BOTH,  "que-9",                         "Q",  "item[1].readOnly",             True),
    (BOTH,  "que-10",                        "Q",  "item[6].maxLength",            Number("3")),
    (BOTH,  "que-11",                        "Q",  "item[2].initial",
        [{"valueCoding": {"system": "https://clinic.example/sleep", "code": "yes"}}]),
    ("R5",  "que-12",                        "Q",  "item[5].enableBehavior",       GONE),
    (BOTH,  "que-13",                        "Q",  "item[7].initial",              TWO),
    ("R4",  "que-1",                         "Q",  "item[0].item",                 GONE),
    ("R4",  "que-1",                         "Q",  "item[1].item",                 [{"linkId": "x", "type": "date"}]),
    ("R5",  "que-1c",                        "Q",  "item[1].item",                 [{"linkId": "x", "type": "date"}]),
    ("R5",  "que-1b",                        "Q",  "item[0].item",                 GONE),
    (BOTH,  "ext-1",                         "G",  "extension",                    [SAY | {"extension": [SAY]}]),
    (BOTH,  "ext-1",                         "CP", "extension",                    [{"url": SAY["url"]}]),
    (BOTH,  "ele-1",                         "G",  "note[0]",                      {"id": "a"}),
    (BOTH,  "qty-3",                         "G",  f"{QUANTITY}.system",           GONE),
    (BOTH,  "att-1",                         "Q",  f"{PICTURE}.contentType",       GONE),
    (BOTH,  "per-1",                         "CP", "period.end",                   "2025-05-22"),
    (BOTH,  "per-1",                         "CP", "identifier[0].period.end",     "2025-06-30"),
    (BOTH,  "per-1",                         "Q",  "effectivePeriod.end",          "2025-01-01"),
    (BOTH,  "rng-2",                         "G",  "target[1].detailRange.low.value", Number("80.0")),
    (BOTH,  "rat-1",                         "G",  "target[2].detailRatio.denominator", GONE),
    (BOTH,  "cpt-2",                         "Q",  "contact[0].telecom[0].system", GONE),
    (BOTH,  "tim-2",                         "CP", f"{REPEAT}.periodUnit",         GONE),
    (BOTH,  "tim-5",                         "CP", f"{REPEAT}.period",             Number("-1")),
    (BOTH,  "tim-1",                         "CP", f"{REPEAT}.duration",           Number("30")),
    (BOTH,  "tim-6",                         "CP", f"{REPEAT}.periodMax",          Number("2"),
        f"{REPEAT}.period", GONE, f"{REPEAT}.periodUnit", GONE),
    (BOTH,  "tim-8",                         "CP", f"{REPEAT}.countMax",           Number("3")),
    (BOTH,  "tim-9",                         "CP", f"{REPEAT}.offset",             Number("30")),
    (BOTH,  "tim-10",                        "CP", f"{REPEAT}.when",               ["MORN"]),
    (BOTH,  "txt-1",                         "G",  "text.div",                     DIV % "<script>a</script>"),
    (BOTH,  "txt-1",                         "CP", "text.div",                     DIV % '<p onclick="a">x</p>'),
    (BOTH,  "txt-2",                         "G",  "text.div",                     DIV % "  "),
    (BOTH,  "ref-1",                         "G",  "subject",                      {"reference": "#asha"}),
    (BOTH,  "dom-2",                         "CP", "contained[0].contained",       [CONTAINED_PLAN]),
    (BOTH,  "dom-3",                         "CP", "careTeam",                     GONE),
    (BOTH,  "dom-4",                         "CP", "contained[0].meta",            {"versionId": "1"}),
    (BOTH,  "dom-5",                         "CP", "contained[0].meta",            {"security": [{"code": "R"}]}),
    (BOTH,  "invariant/unique-id",           "G",  "target[0].id",                 "t", "target[1].id", "t"),
    (BOTH,  "invariant/absolute-system",     "G",  "identifier[0].system",         "mrn"),
    (BOTH,  "invariant/absolute-system",     "Q",  "item[1].code",                 [{"system": "sleep", "code": "a"}]),
    (BOTH,  "invariant/absolute-canonical",  "CP", "instantiatesCanonical",        ["PlanDefinition/a"]),
    (BOTH,  "invariant/absolute-canonical",  "QR", "meta",                         {"profile": ["response"]}),
    (BOTH,  "invariant/absolute-url",        "Q",  "url",                          "sleep"),
    (BOTH,  "invariant/absolute-extension",  "G",  "extension",                    [SAY | {"url": "say"}]),
    (BOTH,  "invariant/system-of-code",      "Q",  "item[1].code",
        [{"system": "http://hl7.org/fhir/ValueSet/goal-status", "code": "active"}]),
)
_REFERENCE: tuple[tuple[Any, ...], ...] = (
    (BOTH,  "reference/",                    "G",  "subject.reference",            "Practitioner/lee"),
    (BOTH,  "reference/",                    "CP", "goal[0].reference",            "Condition/aud"),
    (BOTH,  "reference/",                    "CP", "careTeam[0].reference",        "Patient/asha"),
    (BOTH,  "reference/",                    "CP", "subject",           {"reference": "Patient/asha", "type": "Group"}),
    (BOTH,  "reference/",                    "QR", "author.reference",             "Location/riverside"),
    (BOTH,  "reference/",                    "CP", "goal[0].reference",            "#team"),
    (BOTH,  "reference/said",                "G",  "subject.type",                 "Group"),
    (BOTH,  "reference/blank",               "G",  "subject.reference",            "Patient/asha k"),
    (BOTH,  "reference/type",                "G",  "subject.reference", "https://clinic.example/fhir/Location/1/_history/2"),
    (BOTH,  "reference/type",                "Q",  "derivedFrom",                  [f"{HL7}Patient"]),
    (BOTH,  "reference/part",                "CP", "instantiatesCanonical",        ["#walking"]),
)
_EXTENSION: tuple[tuple[Any, ...], ...] = (
    (BOTH,  "profile/extension-context",     "G",  "extension",     [HIDDEN]),
    (BOTH,  "profile/extension-context",     "CP", "activity[0].extension", [REJECTED]),
    (BOTH,  "profile/extension-context",     "Q",  "extension",     [HIDDEN]),
    (BOTH,  "profile/extension-context",     "QR", "item[1].extension", [HIDDEN]),
    (BOTH,  "profile/extension-value",       "G",  "extension", [SAY | {"url": REJECTED["url"]}]),
    (BOTH,  "profile/extension-value",       "G",  "extension",     [{"url": REJECTED["url"], "extension": [SAY]}]),
    (BOTH,  "profile/extension-part",        "G",  "extension",     [ACCEPTED]),
    (BOTH,  "profile/extension-code",        "G",  "_startDate",
        {"extension": [{"url": f"{HL7}data-absent-reason", "valueCode": "lost"}]}),
    (BOTH,  "profile/extension-modifier",    "G",  "modifierExtension", [REJECTED]),
)
_ANSWER: tuple[tuple[Any, ...], ...] = (
    (BOTH,  "answer/unknown-item",           "QR", "item[3].linkId",               "66"),
    (BOTH,  "answer/misplaced",              "QR", "item[0].item[0].linkId",       "8"),
    (BOTH,  "answer/required",               "QR", "item[0].item[0].answer",       GONE),
    (BOTH,  "answer/required",               "QR", "item[0].item",
        [{"linkId": "1.2", "answer": [{"valueInteger": Number("3")}]}]),
    (BOTH,  "answer/repeats",                "QR", "item[0].item[0].answer",       TWO),
    (BOTH,  "answer/disabled",               "QR", "item[2].answer[0].valueBoolean", False),
    (BOTH,  "answer/type",                   "QR", "item[0].item[1].answer[0]",    {"valueString": "3"}),
    (BOTH,  "answer/type",                   "QR", "item[2].answer[0]",            {"valueString": "true"}),
    (BOTH,  "answer/type",                   "QR", "item[3].answer[0]",            {"valueInteger": Number("1")}),
    (BOTH,  "answer/type",                   "QR", "item[4].answer[0]",            {"valueDateTime": "2026-11-20"}),
    (BOTH,  "answer/type",                   "QR", "item[5].answer[0]",            {"valueDate": "2026-11-20"}),
    (BOTH,  "answer/type",                   "QR", "item[6].answer[0]",            {"valueDecimal": Number("61.50")}),
    (BOTH,  "answer/type",                   "QR", "item[7].answer[0]",            {"valueString": "https://choir.example"}),
    (BOTH,  "answer/type",                   "QR", "item[8].answer[0]",            {"valueString": "07:15"}),
    (BOTH,  "answer/type",                   "QR", "item[9].answer[0]",            {"valueDate": "2026-11-22"}),
    (BOTH,  "answer/type",                   "QR", "item[10].answer[0]",           {"valueString": "Lee"}),
    (BOTH,  "answer/option",                 "QR", "item[1].answer[0].valueCoding.code", "maybe"),
    (BOTH,  "answer/type",                   "QR", "item[1].answer[0]",            {"valueString": "yes"}),
    (BOTH,  "answer/max-length",             "QR", "item[0].item[0].answer[0].valueString", "a" * 81),
    (BOTH,  "answer/text",                   "QR", "item[0].text",                 "Your family"),
    (BOTH,  "answer/group-answer",           "QR", "item[0].answer",               [{"valueString": "Asha"}]),
    (BOTH,  "answer/type",                   "QR", "item[1].linkId",               "5"),
    (BOTH,  "answer/repeats",                "QR", "contained[0].item[6].repeats", False),
    (BOTH,  "answer/group-answer",           "QR", "contained[0].item[7].type",    "group"),
    (BOTH,  "answer/display-answer",         "QR", "contained[0].item[4].type",    "display"),
)
# fmt: on


def planted(document: Tree, place: str, value: Any) -> Tree:
    """Return a copy of a document with one other value, or without it: `item[0].linkId`."""
    steps = [int(at) if at else name for name, at in re.findall(r"([^.\[\]]+)|\[(\d+)\]", place)]
    return _planted(document, steps, value)


def _planted(document: Any, steps: list[str | int], value: Any) -> Any:
    here, *below = steps
    copy = document.copy()
    if below:
        copy[here] = _planted(copy[here], below, value)
    elif value is GONE:
        del copy[here]
    else:
        copy[here] = value
    return copy


def _rows() -> Iterator[Defect]:
    levels = {
        "structure": (*_STRUCTURE, *STRUCTURE),
        "binding": (*_BINDING, *BINDING),
        "invariant": (*_INVARIANT, *INVARIANT, *FORM_ROWS),
        "reference": _REFERENCE,
        "profile": _EXTENSION,
        "answer": (*_ANSWER, *ANSWER_ROWS),
    }
    seen = Counter[str]()
    for level, rows in levels.items():
        for releases, rule, of, *edits in rows:
            for release in releases.split():
                document = SOUND[release][_FULL[of]]
                for place, value in zip(edits[::2], edits[1::2], strict=True):
                    document = planted(document, place, value)
                same = f"{release}-{rule}-{_FULL[of]}.{edits[0]}"
                seen[same] += 1
                name = same if seen[same] == 1 else f"{same}-{seen[same]}"
                yield Defect(name, release, level, rule, _FULL[of], document)


DEFECTS = tuple(_rows())
