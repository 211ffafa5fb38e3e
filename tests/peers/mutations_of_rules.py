# ruff: noqa: E501
"""Edits of sound documents by which the rules of the four types and of their datatypes are broken, or nearly."""

from __future__ import annotations

from typing import Any

from defects import GONE

from mappings.tree import Number, Tree

_XHTML = 'xmlns="http://www.w3.org/1999/xhtml"'
_SAY: Tree = {"url": "https://clinic.example/say", "valueString": "so"}
ABSENT = {"extension": [{"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "unknown"}]}
_Q = {"value": Number("1"), "system": "http://unitsofmeasure.org", "code": "mg", "unit": "mg"}
_DAY = {"value": Number("2"), "system": "http://unitsofmeasure.org", "code": "d", "unit": "d"}
_T = "contained[1].occurrenceTiming.repeat"
_I = "item[2]"
# fmt: off
EDITS: tuple[tuple[str, tuple[tuple[Any, ...], ...]], ...] = (
    # document        edits: place, value, place, value ...
    ("valuePeriod", (
        ("start", "2026-11-22", "end", "2026-11-21"), ("start", "2026-11-22", "end", "2026-11-22"),
        ("start", "2026-11-22", "end", "2026-11"), ("start", "2026-11", "end", "2026-11-01"), ("start", "2026", "end", "2025"),
        ("start", "2026-11-22T10:00:00Z", "end", "2026-11-22T09:00:00Z"), ("start", "2026-12", "end", "2026"),
        ("start", "2026-11-22T10:00:00+02:00", "end", "2026-11-22T09:00:00Z"), ("end", GONE), ("start", GONE),
        ("start", "2026-11-22T10:00:00Z", "end", "2026-11-22"), ("start", "2026-11-22", "end", "2026-11-21T23:00:00-05:00"),
        ("start", "2026-11-22T10:00:00Z", "end", "2026-11-22T10:00:00Z"), ("start", "2026-11-22T10:00:00.5Z", "end",
            "2026-11-22T10:00:00.4Z"), ("start", "2026-11-22T10:00:00Z", "end", "2026"), ("start", "2027", "end", "2026-12"),
        ("start", "2026-11-23", "end", "2026-11-22T10:00:00Z"), ("start", "2026-11-22T23:59:60Z", "end", "2026-11-22"))),
    ("valueRange", (
        ("low.value", Number("3")), ("low.value", Number("2.0")), ("low.value", Number("2.00")), ("low", GONE), ("high", GONE),
        ("low.code", "g"), ("low.code", "g", "low.value", Number("3")), ("low.value", GONE), ("high.value", GONE),
        ("low.code", "ug", "low.value", Number("1500")), ("low.code", "ug", "low.value", Number("2500")),
        ("low.unit", "other", "low.value", Number("3")), ("low.code", GONE, "low.system", GONE, "low.value", Number("3")),
        ("low.code", GONE, "low.system", GONE, "high.code", GONE, "high.system", GONE, "low.value", Number("3")),
        ("low", {"value": Number("3")}, "high", {"value": Number("2")}), ("low.comparator", "<"), ("high.comparator", ">"),
        ("low", {"value": Number("3"), "unit": "a"}, "high", {"value": Number("2"), "unit": "b"}),
        ("low.value", Number("-1"), "high.value", Number("-2")), ("low.system", "urn:a", "low.value", Number("3")))),
    ("valueRatio", (
        ("numerator", GONE), ("denominator", GONE), ("numerator", GONE, "denominator", GONE), ("denominator.value", Number("0")),
        ("numerator", GONE, "denominator", GONE, "extension", [_SAY]), ("numerator", GONE, "extension", [_SAY]),
        ("denominator.comparator", "<"), ("extension", [_SAY]))),
    ("valueRatioRange", (
        ("lowNumerator", GONE), ("highNumerator", GONE), ("denominator", GONE), ("lowNumerator", GONE, "highNumerator", GONE),
        ("lowNumerator.value", Number("5")), ("lowNumerator.comparator", "<"),
        ("lowNumerator", GONE, "highNumerator", GONE, "denominator", GONE, "extension", [_SAY]))),
    *((name, (
        ("system", GONE), ("code", GONE), ("value", GONE), ("unit", GONE), ("system", "urn:a"), ("system", GONE, "code", GONE),
        ("value", Number("0")), ("value", Number("-1")), ("value", Number("1.5")), ("value", Number("1.0")), ("code", "a"),
        ("value", GONE, "code", GONE), ("code", "1"), ("comparator", "="), ("comparator", "ad"), ("comparator", "~"),
        ("value", GONE, "code", GONE, "system", GONE, "unit", GONE), ("system", GONE, "_system", {"extension": [_SAY]}),
        ("code", GONE, "_code", {"extension": [_SAY]}), ("value", GONE, "_value", {"extension": [_SAY]}),
        ("value", Number("1e2")), ("value", Number("100")))) for name in ("valueQuantity", "valueAge", "valueCount",
                                                                          "valueDistance", "valueDuration")),
    ("valueMoney", (("value", GONE), ("currency", GONE), ("value", Number("-1")))),
    ("valueContactPoint", (("system", GONE), ("value", GONE), ("system", GONE, "value", GONE), ("system", GONE, "_system",
        {"extension": [_SAY]}), ("value", GONE, "_value", {"extension": [_SAY]}, "system", GONE), ("rank", Number("0")))),
    ("valueAttachment", (
        ("contentType", GONE), ("contentType", GONE, "data", GONE), ("data", GONE), ("data", GONE, "url", GONE), ("size", GONE),
        ("hash", GONE), ("hash", "AAAA"), ("contentType", GONE, "_contentType", {"extension": [_SAY]}), ("url", GONE),
        ("data", GONE, "_data", {"extension": [_SAY]}, "contentType", GONE), ("creation", "2026"), ("url", "a"),
        ("data", GONE, "url", GONE, "contentType", GONE, "language", GONE), ("data", GONE, "size", Number("9")))),
    ("valueExpression", (
        ("expression", GONE), ("reference", GONE), ("expression", GONE, "reference", GONE), ("name", "1a"), ("name", "a-b"),
        ("name", "a_b"), ("language", "text/so"), ("language", "text/cql"), ("language", GONE), ("expression", "1 +"),
        ("expression", GONE, "reference", GONE, "_expression", {"extension": [_SAY]}), ("name", "a b"), ("name", "x" * 65),
        ("language", "application/x-fhir-query"), ("language", "so"))),
    ("valueTriggerDefinition", (
        ("type", "named-event"), ("type", "named-event", "name", GONE), ("type", "periodic"), ("type", "data-changed"),
        ("type", "periodic", "data", GONE, "condition", GONE), ("data", GONE, "condition", GONE), ("timingDate", "2026"),
        ("type", "periodic", "data", GONE, "condition", GONE, "timingDate", "2026"), ("condition", GONE), ("type", "so"),
        ("type", "data-access-ended", "data", GONE, "condition", GONE))),
    ("valueDataRequirement", (
        ("codeFilter[0].searchParam", "code"), ("codeFilter[0].path", GONE), ("dateFilter[0].searchParam", "date"),
        ("codeFilter[0].path", GONE, "codeFilter[0].searchParam", "code"), ("dateFilter[0].path", GONE), ("type", "So"),
        ("codeFilter[0].path", "1a b"), ("mustSupport", ["so.it"]), ("sort[0].direction", "up"), ("profile", ["a"]),
        ("codeFilter[0].path", "so"), ("dateFilter[0].path", "so"))),
    ("valueSampledData", (
        ("interval", GONE), ("offsets", "1 2"), ("interval", GONE, "offsets", "1 2"), ("origin.comparator", "<"), ("data", "a b"),
        ("data", "1  2"), ("data", "1 2 e"), ("data", GONE), ("lowerLimit", Number("5")), ("dimensions", Number("0")),
        ("period", GONE), ("origin", GONE), ("data", "1,2"))),
    ("valueDosage", (
        ("maxDosePerLifetime.comparator", "<"), ("asNeeded", False), ("asNeeded", GONE), ("doseAndRate[0].doseQuantity.comparator",
        "<"), ("maxDosePerAdministration.comparator", "<"), ("asNeededBoolean", True, "asNeededCodeableConcept", {"text": "a"}),
        ("doseAndRate[0].rateQuantity.comparator", "<"), ("sequence", Number("1.5")))),
    ("valueAvailability", (
        ("availableTime[0].allDay", True), ("availableTime[0].allDay", True, "availableTime[0].availableStartTime", GONE),
        ("availableTime[0].allDay", GONE), ("availableTime[0].daysOfWeek", ["monday"]), ("availableTime[0].allDay", True,
        "availableTime[0].availableStartTime", GONE, "availableTime[0].availableEndTime", GONE))),
    ("valueIdentifier", (
        ("system", "urn:ietf:rfc:3986"), ("system", "urn:ietf:rfc:3986", "value", "https://a.example"), ("system", "a"),
        ("system", "urn:ietf:rfc:3986", "value", "urn:uuid:A"), ("value", GONE), ("value", " a"), ("system", "#a"),
        ("system", "Patient/a"), ("value", GONE, "_value", ABSENT), ("period.end", "2020"), ("use", "so"), ("system", GONE),
        ("system", "https://tools.ietf.org/html/rfc4122"), ("assigner.reference", "Patient/a"), ("system", "www.a.example"))),
    ("valueCoding", (
        ("system", GONE), ("code", GONE), ("display", GONE), ("system", GONE, "code", GONE), ("version", GONE), ("system", "a"),
        ("system", "#a"), ("system", "urn:oid:1.2.3.4"), ("system", "http://hl7.org/fhir/ValueSet/goal-status"),
        ("system", "http://snomed.info/sct", "code", "1"), ("system", "http://loinc.org", "code", "so"), ("code", "a b"),
        ("system", "http://hl7.org/fhir/goal-status", "code", "so", "version", GONE), ("system", "http://snomed.info/sct/"),
        ("system", "http://hl7.org/fhir/goal-status", "code", "active", "display", "So", "version", GONE),
        ("system", "http://unitsofmeasure.org", "code", "so", "version", GONE))),
    ("valueTiming", (
        *((f"repeat.{name}", GONE) for name in ("duration", "durationUnit", "durationMax", "period", "periodUnit", "periodMax",
            "count", "countMax", "frequency", "frequencyMax", "dayOfWeek", "timeOfDay", "boundsDuration")),
        *((f"repeat.{name}", Number("-1")) for name in ("duration", "period", "durationMax", "periodMax", "count", "frequency")),
        *((f"repeat.{name}", Number("0")) for name in ("duration", "period", "durationMax", "periodMax", "offset", "frequency")),
        ("repeat.when", ["MORN"]), ("repeat.when", ["MORN"], "repeat.timeOfDay", GONE), ("repeat.offset", Number("30")),
        ("repeat.when", ["C"], "repeat.timeOfDay", GONE, "repeat.offset", Number("30")), ("repeat", {"id": "a"}),
        ("repeat.when", ["ACM"], "repeat.timeOfDay", GONE, "repeat.offset", Number("30")), ("repeat.dayOfWeek", ["Mon"]),
        ("repeat.when", ["C", "ACM"], "repeat.timeOfDay", GONE, "repeat.offset", Number("30")), ("repeat.durationUnit", "hour"),
        ("repeat.duration", GONE, "repeat.durationUnit", GONE, "repeat.durationMax", GONE), ("event", ["2026-11-22T09:00"]),
        ("repeat.period", GONE, "repeat.periodUnit", GONE, "repeat.periodMax", GONE), ("repeat.periodMax", Number("0.1")),
        ("repeat.durationUnit", GONE, "repeat._durationUnit", {"extension": [_SAY]}), ("repeat.countMax", Number("1")),
        ("repeat.boundsDuration", GONE, "repeat.boundsRange", {"low": _DAY}), ("repeat.boundsRange", {"low": _DAY}),
        ("repeat.when", ["WAKE", "HS"], "repeat.timeOfDay", GONE), ("repeat.timeOfDay", ["08:30:00", "08:30:00"]),
        ("code", {"text": "a"}, "repeat", GONE), ("repeat.frequencyMax", Number("1")))),
    ("valueUsageContext", (("code", GONE), ("code.code", "so"), ("code.system", "urn:a"), ("code", {"display": "a"}))),
    ("valueSignature", (("type", []), ("type", GONE), ("who", GONE), ("when", GONE), ("when", "2026"), ("data", "A"))),
    ("valueRelatedArtifact", (("type", "so"), ("type", GONE), ("url", "a b"), ("resource", "a"))),
    ("valueParameterDefinition", (("use", "so"), ("type", "So"), ("max", "a"), ("min", Number("-1")), ("name", "a b"))),
    ("valueAddress", (("use", "so"), ("type", "so"), ("country", "XX"), ("period.end", "2020"), ("line", []), ("line", [""]))),
    ("valueHumanName", (("use", "so"), ("given", [""]), ("given", ["a", None]), ("given", [" a"]), ("period.end", "2020"))),
    ("valueAnnotation", (("text", GONE), ("time", "2026"), ("authorReference", {"display": "a"}), ("text", ""), ("text", " "))),
    ("valueMeta", (("versionId", "a b"), ("security", [{"system": "urn:a", "code": "a"}] * 2), ("profile", ["a"] * 2),
        ("tag", [{"system": "urn:a", "code": "a"}] * 2))),
    ("goal", (
        ("meta.tag", [{"system": "urn:a", "code": "a"}] * 2), ("meta.security", [{"system": "urn:a", "code": "a"}] * 2),
        ("meta.profile", ["http://hl7.org/fhir/StructureDefinition/Goal"] * 2), ("meta.profile", ["https://a.example/a"]),
        ("meta.profile", ["http://hl7.org/fhir/StructureDefinition/CarePlan"]), ("meta.profile", ["a"]), ("meta.source", "a"),
        ("meta.profile", ["http://hl7.org/fhir/StructureDefinition/Goal|9.9"]), ("meta", {"versionId": "1 2"}),
        ("target[0].measure", GONE), ("target[0].measure", GONE, "target[0].detailQuantity", GONE), ("target[0].dueDate", GONE),
        ("target[0].measure", {"extension": [_SAY]}), ("target[0].detailQuantity", GONE, "target[0].detailString", "a",
            "target[0].measure", GONE), ("target[0].detailQuantity", GONE, "target[0]._detailString", {"extension": [_SAY]},
            "target[0].measure", GONE), ("target[0].detailQuantity", GONE, "target[0].detailBoolean", False,
            "target[0].measure", GONE), ("target[0].dueDuration", _DAY), ("target[0].dueDate", GONE, "target[0].dueDuration", _DAY),
        ("target[0].dueDate", GONE, "target[0].dueDuration", _Q), ("target[0]", {}), ("target", [{"id": "a"}]), ("id", "a" * 65),
        ("target[0].id", "a", "target[1].id", "a"), ("target[0].id", "a b"), ("description.id", "wedding"), ("id", "Wedding"),
        ("note[0].id", "a", "identifier[0].id", "a"), ("target[0].id", ""), ("target[0].id", "a" * 100), ("target[0].id", "#a"),
        ("description", {}), ("description", {"coding": []}), ("description", {"coding": [{}]}), ("description", {"id": "a"}),
        ("description", {"coding": [{"display": "a"}]}), ("description", {"coding": [{"code": "a"}]}), ("statusReason", ""),
        ("achievementStatus", {"text": "a"}), ("priority", {"text": "a"}), ("achievementStatus.coding[0].code", "so"),
        ("implicitRules", "a"), ("implicitRules", "https://a.example"), ("resourceType", "goal"), ("resourceType", "Goals"),
        ("contained", [{"resourceType": "Patient", "id": "asha"}], "subject.reference", "#asha"), ("language", "en-US"),
        ("text.status", "empty"), ("text", {"status": "generated"}), ("text", {"div": f"<div {_XHTML}>a</div>"}),
        ("fhir_comments", ["a"]), ("_id", {"fhir_comments": ["a"]}), ("category", [{"text": "a"}, {"text": "a"}]),
        ("$schema", "a"), ("@type", "a"), ("lifecycleStatus", " active"), ("startDate", "2026-02-30"), ("subject.type", "Goal"))),
    ("plan", (
        ("activity[1].reference", {"display": "a"}), ("activity[1].reference", {"reference": "#walks"}), ("activity[1]", {}),
        ("activity[1].detail", GONE), ("period.end", "2026-01-01"), ("careTeam", GONE), ("activity", []), ("goal", [{}]),
        ("activity[1].detail.quantity.comparator", "<"), ("activity[1].detail.dailyAmount", _Q | {"comparator": "<"}),
        ("activity[1].detail.scheduledString", "a"), ("activity[1].detail.kind", "Task"), ("activity[1].detail.kind", "Goal"),
        ("activity[1].detail.scheduledPeriod.end", "2026-11-30"), ("activity[1].progress", [{"time": "2026"}]),
        ("activity[1].detail.status", GONE), ("activity[1].detail", {"id": "a"}), ("category", [{}]), ("intent", "directive"),
        (f"{_T}.timeOfDay", ["8:30:00"]), (f"{_T}.dayOfWeek", ["sat", "sat"]), ("subject", GONE), ("author", [{"display": "a"}]),
        ("note[0].time", "2026-11-22T09:00"), ("title", "a" * 1000), ("status", "on-hold"), ("status", "suspended"))),
    ("form", (
        ("item[1].type", "group"), ("item[0].item", GONE), ("item[0].item", []), ("item[0].type", "display"),
        ("item[0].item[0].linkId", "15"), ("item[0].item[0].linkId", ""), ("item[0].linkId", "a" * 256), ("name", "a b"),
        ("item[0].linkId", " 1"), ("item[1].linkId", "1"), ("item", [{"linkId": "1", "type": "display"}] * 2), ("name", "form"),
        ("name", "A"), ("name", "_A"), ("name", "A" * 300), ("url", "https://a.example#a"), ("url", "https://a.example|1"),
        ("url", "a"), ("url", "urn:oid:1.2.3.4"), ("version", "1#2"), ("version", "1|2"), ("version", ""), ("date", "2026-11"),
        ("item[1].code", [{"code": "a"}]), ("item[1].required", False), ("item[1].repeats", False), ("item[1].readOnly", False),
        ("item[1].initial", [{"valueString": "a"}]), ("item[0].initial", [{"valueString": "a"}]), ("item[1].maxLength", Number("3")),
        ("item[0].maxLength", Number("3")), ("item[0].required", True), ("item[0].code", [{"code": "a"}]), ("item[0].readOnly", True),
        (f"{_I}.answerValueSet", "https://a.example"), (f"{_I}.answerOption", GONE), (f"{_I}.type", "string"), (f"{_I}.type", "date"),
        (f"{_I}.type", "boolean"), (f"{_I}.type", "decimal"), (f"{_I}.type", "reference"), (f"{_I}.type", "url"),
        (f"{_I}.type", "attachment"), (f"{_I}.type", "group"), (f"{_I}.type", "quantity"), (f"{_I}.type", "time"),
        (f"{_I}.type", "text"), (f"{_I}.type", "integer"), (f"{_I}.type", "display"), (f"{_I}.maxLength", Number("3")),
        (f"{_I}.type", "open-choice"), (f"{_I}.type", "question"), (f"{_I}.initial", [{"valueCoding": {"code": "yes"}}]),
        (f"{_I}.answerOption[0].initialSelected", True), (f"{_I}.answerOption", []), (f"{_I}.answerOption[0]", {}),
        (f"{_I}.answerOption[0].valueString", "a"), (f"{_I}.answerOption[1]", {"valueString": "a"}), (f"{_I}.answerOption[1]",
            {"valueCoding": {"system": "https://clinic.example/sleep", "code": "yes"}}), (f"{_I}.answerOption[0].initialSelected",
            True, f"{_I}.answerOption[1].initialSelected", True), (f"{_I}.type", GONE), (f"{_I}.linkId", GONE),
        (f"{_I}.enableWhen[0].operator", "="), (f"{_I}.enableWhen[0].question", "so"), (f"{_I}.enableWhen[0].question", "3"),
        (f"{_I}.enableWhen[0].question", "15"), (f"{_I}.enableWhen[0].answerBoolean", False), (f"{_I}.enableWhen[0]._operator",
            {"id": "a"}), (f"{_I}.enableWhen[0].answerString", "a"), (f"{_I}.enableWhen[0].answerBoolean", GONE),
        (f"{_I}.enableWhen[0].answerBoolean", GONE, f"{_I}.enableWhen[0].answerInteger", Number("1")), (f"{_I}.enableWhen", []),
        (f"{_I}.enableWhen[0].answerBoolean", GONE, f"{_I}.enableWhen[0]._answerBoolean", {"extension": [_SAY]}),
        (f"{_I}.enableBehavior", "all"), (f"{_I}.enableWhen", [{"question": "1.1", "operator": "exists", "answerBoolean": True}] * 2),
        (f"{_I}.enableWhen", [{"question": "1.1", "operator": "exists", "answerBoolean": True}] * 3),
        ("item[5].enableBehavior", GONE), ("item[6].maxLength", Number("3")), ("item[7].initial", [{"valueString": "a"}] * 2),
        ("item[7].repeats", True, "item[7].initial", [{"valueString": "a"}] * 2), ("item[7].initial", [{}]), ("item[7].maxLength",
            Number("0")), ("item[7].maxLength", Number("-1")), ("item[7].initial", [{"valueInteger": Number("1")}]),
        ("item[4].initial", [{"valueString": "true"}]), ("item[7].item", [{"linkId": "8.1", "type": "string"}]), ("item[7].text", ""),
        ("item[1].item", [{"linkId": "2.1", "type": "display"}]), ("item[1].answerOption", [{"valueString": "a"}]),
        ("item[13].answerConstraint", "optionsOnly"), ("item[7].answerConstraint", "optionsOnly"), ("item[7].definition", "a"),
        ("item[13].answerOption", GONE), ("item[7].disabledDisplay", "so"), ("item[7].prefix", ""), ("item[7].code", [{}]),
        ("subjectType", ["So"]), ("subjectType", ["patient"]), ("status", "final"), ("experimental", "true"), ("item", []),
        ("contact[0].telecom[0].system", GONE), ("effectivePeriod.end", "2020"), ("derivedFrom", ["a"]), ("code", [{"display": "a"}]),
        ("jurisdiction", [{"coding": [{"system": "urn:iso:std:iso:3166", "code": "ZZ"}]}]), ("jurisdiction", [{"text": "a"}]),
        ("jurisdiction", [{"coding": [{"system": "urn:iso:std:iso:3166", "code": "IN"}]}]), ("title", ""), ("purpose", "<b>a</b>"),
        ("jurisdiction", [{"coding": [{"system": "http://unstats.un.org/unsd/methods/m49/m49.htm", "code": "001"}]}]),
        ("item[0].extension", [_SAY]), ("item[0].modifierExtension", [_SAY]), ("item[0].id", "1"), ("item[0]._text", {"id": "a"}))),
    ("QuestionnaireResponse-0", (
        ("item[0].item[0].item", [{"linkId": "9"}]), ("item[0].answer", [{"valueString": "a"}]), ("item[0].linkId", GONE),
        ("item[0].item[0].answer[0].valueString", "a"), ("item[0].item[0].answer[0].valueBoolean", GONE), ("questionnaire", "a"),
        ("item[0].item[0].answer", []), ("item[0].item[0].answer[0]", {}), ("item[0].item[0].answer[0]", {"id": "a"}),
        ("item[0].item[0].answer[0].item", [{"linkId": "7", "answer": [{"valueString": "a"}]}] * 2), ("item", []), ("item", [{}]),
        ("item[0].item", [{"linkId": "7", "answer": [{"valueString": "a"}]}] * 2), ("questionnaire", "Questionnaire/a"),
        ("item[0].item", [{"linkId": "7"}] * 2), ("status", "final"), ("questionnaire", GONE), ("questionnaire", "#a"),
        ("item[0].item[0].answer[0].valueDecimal", Number("1")), ("item[0].text", ""), ("authored", "2026"), ("questionnaire", "https://a.example/q|"),
        ("item", [{"linkId": "7", "answer": [{"valueString": "a"}]}] * 2))),
)
# fmt: on
