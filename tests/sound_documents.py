"""Sound resources of the four types, small and yet with something of each kind in them, in both releases.

HL7's validator finds no error in them (test_referee_defects.py) and `check` nothing at all (test_check_defects.py).
"""

from __future__ import annotations

from mappings.tree import Tree, parse

_TEXT = (
    b'{"status": "generated", "div": "<div xmlns=\\"http://www.w3.org/1999/xhtml\\" lang=\\"en\\" xml:lang=\\"en\\">'
    b'<p>In short</p></div>"}'
)

_PLAN = b"""{
  "resourceType": "CarePlan", "id": "plan", "language": "en", "text": $TEXT,
  "meta": {"versionId": "1", "lastUpdated": "2026-11-22T09:00:00.000+05:30"},
  "contained": [
    {"resourceType": "CareTeam", "id": "team", "status": "active", "name": "Riverside"},
    {"resourceType": "ServiceRequest", "id": "walks", "status": "active", "intent": "plan", "code": $CODE,
     "subject": {"reference": "Patient/asha"},
     "occurrenceTiming": {"repeat": {"boundsPeriod": {"start": "2026-11-22", "end": "2027-05-22"}, "frequency": 1,
       "period": 1, "periodUnit": "wk", "dayOfWeek": ["sat"], "timeOfDay": ["08:30:00"]}}}],
  "identifier": [{"use": "official", "system": "urn:ietf:rfc:3986",
    "value": "urn:uuid:53fefa32-fcbb-4ff8-8a92-55ee120877b7", "period": {"start": "2026-01-01", "end": "2026-12-31"}}],
  "instantiatesUri": ["urn:oid:1.2.3.4"],
  "status": "active", "intent": "plan", "title": "Back to singing",
  "category": [{"coding": [{"system": "http://snomed.info/sct", "code": "734163000", "display": "Care plan"}]}],
  "subject": {"reference": "Patient/asha"},
  "period": {"start": "2026-11-22", "end": "2027-05-22"}, "created": "2026-11-22T09:00:00+05:30",
  "careTeam": [{"reference": "#team"}], "goal": [{"reference": "Goal/wedding"}],
  $ACTIVITY,
  "note": [{"time": "2026-11-22T09:00:00Z", "text": "She sings alto."}]
}"""
_PLAN_PARTS = {
    "R4": {
        b"$CODE": b'{"text": "Walks by the river"}',
        b"$ACTIVITY": b"""
  "author": {"reference": "Practitioner/lee"}, "addresses": [{"reference": "Condition/aud"}],
  "activity": [
    {"reference": {"reference": "#walks"}},
    {"detail": {"kind": "ServiceRequest", "status": "scheduled", "description": "Choir", "doNotPerform": false,
      "scheduledPeriod": {"start": "2026-12-01", "end": "2026-12-24"},
      "quantity": {"value": 1.50, "unit": "h", "system": "http://unitsofmeasure.org", "code": "h"}}}]""",
    },
    "R5": {
        b"$CODE": b'{"concept": {"text": "Walks by the river"}}',
        b"$ACTIVITY": b"""
  "custodian": {"reference": "Practitioner/lee"}, "addresses": [{"reference": {"reference": "Condition/aud"}}],
  "activity": [
    {"plannedActivityReference": {"reference": "#walks"}},
    {"progress": [{"text": "She went twice."}], "performedActivity": [{"concept": {"text": "Choir"}}]}]""",
    },
}

_GOAL = b"""{
  "resourceType": "Goal", "id": "wedding", "language": "en", "text": $TEXT,
  "meta": {"lastUpdated": "2026-11-22T09:00:00Z", "profile": []},
  "identifier": [{"system": "https://clinic.example/goals", "value": "17"}],
  "lifecycleStatus": "active",
  "achievementStatus": {"coding": [
    {"system": "http://terminology.hl7.org/CodeSystem/goal-achievement", "code": "improving"}]},
  "description": {"text": "To sing at the wedding"}, "subject": {"reference": "Patient/asha"},
  "startDate": "2026-02", "statusDate": "2026-11-22",
  "target": [
    {"measure": {"text": "days without alcohol"}, "dueDate": "2027-05-22",
     "detailQuantity": {
      "value": 90, "comparator": ">=", "unit": "d", "system": "http://unitsofmeasure.org", "code": "d"}},
    {"measure": {"text": "weight"}, "detailRange": {
      "low": {"value": 60.0, "unit": "kg", "system": "http://unitsofmeasure.org", "code": "kg"},
      "high": {"value": 70.0, "unit": "kg", "system": "http://unitsofmeasure.org", "code": "kg"}}},
    {"measure": {"text": "evenings"}, "detailRatio": {"numerator": {"value": 2}, "denominator": {"value": 7}}}],
  "note": [{"authorString": "Asha", "time": "2026-11-22T09:00:00Z", "text": "It is my sister's wedding."}]
}""".replace(b', "profile": []', b"")

_FORM = b"""{
  "resourceType": "Questionnaire", "id": "form", "language": "en", "text": $TEXT,
  "meta": {"lastUpdated": "2026-11-22T09:00:00.000Z"},
  "url": "https://clinic.example/Questionnaire/form", "version": "1", "name": "Form", "title": "How are you?",
  "status": "active", "experimental": true, "subjectType": ["Patient"], "date": "2026-11-22",
  "publisher": "Riverside",
  "contact": [{"name": "Lee", "telecom": [{"system": "email", "value": "lee@clinic.example"}]}],
  "effectivePeriod": {"start": "2026-01-01", "end": "2027-01-01"},
  "item": [
    {"linkId": "1", "type": "group", "text": "You", "item": [
      {"linkId": "1.1", "type": "string", "text": "What shall we call you?", "required": true, "maxLength": 80},
      {"linkId": "1.2", "type": "integer", "text": "Days of the last seven", "repeats": false}]},
    {"linkId": "2", "type": "display", "text": "Thank you"},
    {"linkId": "3", "type": "$CHOICE", "text": "Do you sleep well?",
     "enableWhen": [{"question": "1.1", "operator": "exists", "answerBoolean": true}],
     "answerOption": [
       {"valueCoding": {"system": "https://clinic.example/sleep", "code": "yes", "display": "Yes"}},
       {"valueCoding": {"system": "https://clinic.example/sleep", "code": "no", "display": "No"}}]},
    {"linkId": "4", "type": "attachment", "text": "A picture",
     "initial": [{"valueAttachment": {"contentType": "image/png", "data": "AAAA"}}]},
    {"linkId": "5", "type": "boolean", "text": "Did you drink?"},
    {"linkId": "6", "type": "decimal", "text": "How much?", "enableBehavior": "all",
     "enableWhen": [{"question": "5", "operator": "=", "answerBoolean": true},
                    {"question": "1.2", "operator": ">", "answerInteger": 0}]},
    {"linkId": "7", "type": "date", "text": "Which days?", "repeats": true},
    {"linkId": "8", "type": "text", "text": "Anything else?"},
    {"linkId": "9", "type": "quantity", "text": "Your weight"},
    {"linkId": "10", "type": "url", "text": "Your choir's page"},
    {"linkId": "11", "type": "time", "text": "When did you wake?"},
    {"linkId": "12", "type": "dateTime", "text": "When did you last eat?"},
    {"linkId": "13", "type": "reference", "text": "Whom do you see?"},
    {"linkId": "14", "type": "$OPEN", "text": "Who helps?", $FREE
     "answerOption": [{"valueCoding": {"system": "https://clinic.example/who", "code": "sister"}}]},
    {"linkId": "15", "type": "string", "text": "Your song", "readOnly": true,
     "initial": [{"valueString": "Raga Yaman"}]}]
}"""

_RESPONSE = b"""{
  "resourceType": "QuestionnaireResponse", "id": "answers", "language": "en", "text": $TEXT,
  "contained": [$FORM],
  "questionnaire": "#form", "status": "completed", "subject": {"reference": "Patient/asha"},
  "authored": "2026-11-22T09:00:00+05:30", "author": {"reference": "Patient/asha"},
  "item": [
    {"linkId": "1", "item": [
      {"linkId": "1.1", "answer": [{"valueString": "Asha"}]}, {"linkId": "1.2", "answer": [{"valueInteger": 3}]}]},
    {"linkId": "3", "answer": [{"valueCoding": {"system": "https://clinic.example/sleep", "code": "yes"}}]},
    {"linkId": "5", "answer": [{"valueBoolean": true}]},
    {"linkId": "6", "answer": [{"valueDecimal": 1.50}]},
    {"linkId": "7", "answer": [{"valueDate": "2026-11-20"}, {"valueDate": "2026-11-21"}]},
    {"linkId": "8", "answer": [{"valueString": "No"}]},
    {"linkId": "9", "answer": [{"valueQuantity":
      {"value": 61.50, "unit": "kg", "system": "http://unitsofmeasure.org", "code": "kg"}}]},
    {"linkId": "10", "answer": [{"valueUri": "https://choir.example"}]},
    {"linkId": "11", "answer": [{"valueTime": "07:15:00"}]},
    {"linkId": "12", "answer": [{"valueDateTime": "2026-11-22T08:00:00+05:30"}]},
    {"linkId": "13", "answer": [{"valueReference": {"reference": "Practitioner/lee"}}]},
    {"linkId": "14", "answer": [{"valueString": "My neighbour"}]}]
}"""

_FORM_PARTS = {
    "R4": {b"$CHOICE": b"choice", b"$OPEN": b"open-choice", b"$FREE": b""},
    "R5": {b"$CHOICE": b"coding", b"$OPEN": b"coding", b"$FREE": b'"answerConstraint": "optionsOrString",'},
}


def _filled(text: bytes, parts: dict[bytes, bytes]) -> Tree:
    for mark, part in (parts | {b"$TEXT": _TEXT}).items():
        text = text.replace(mark, part)
    return parse(text)


def _of(release: str) -> dict[str, Tree]:
    form = _filled(_FORM, _FORM_PARTS[release])
    response = _filled(_RESPONSE.replace(b"$FORM", b"{}"), {})
    inner = {name: value for name, value in form.items() if name not in {"meta", "text"}}
    return {
        "CarePlan": _filled(_PLAN, _PLAN_PARTS[release]),
        "Goal": _filled(_GOAL, {}),
        "Questionnaire": form,
        "QuestionnaireResponse": response | {"contained": [inner]},
    }


SOUND: dict[str, dict[str, Tree]] = {release: _of(release) for release in ("R4", "R5")}
"""release -> type -> document"""
