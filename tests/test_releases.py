"""R4 <-> R5: each row says what it should in both directions, and only what elements cannot say is an extension."""

from __future__ import annotations

import pytest

from mappings import Docs, Issue, Refused, convert, dump, parse, read, write
from mappings.releases import converted, put_back
from mappings.releases.moved import MOVED
from mappings.tree import Number, from_plain

R4 = "http://hl7.org/fhir/4.0/StructureDefinition/extension-"
R5 = "http://hl7.org/fhir/5.0/StructureDefinition/extension-"
ABSENT = {"extension": [{"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "unknown"}]}
DATATYPE = {
    "url": "http://hl7.org/fhir/StructureDefinition/_datatype",
    "valueString": "CodeableReference",
}

CBT = {"text": "CBT"}
NURSE = {"reference": "Practitioner/1"}
PLAN = {"resourceType": "CarePlan", "status": "active", "intent": "plan", "subject": {"reference": "Patient/1"}}
GOAL = {
    "resourceType": "Goal",
    "lifecycleStatus": "active",
    "description": {"text": "sing at the wedding"},
    "subject": {"reference": "Patient/1"},
}
FORM = {"resourceType": "Questionnaire", "status": "draft"}
RESPONSE = {"resourceType": "QuestionnaireResponse", "status": "completed", "questionnaire": "http://a.example/q"}
REQUEST = {
    "resourceType": "ServiceRequest",
    "status": "active",
    "intent": "order",
    "subject": {"reference": "Patient/1"},
}


def item(**more):
    """Return the list of one item of a form."""
    return {"item": [{"linkId": "1", **more}]}


# fmt: off
SAME = [
    # what, the rest      in R4                                                   in R5
    ("who is responsible", PLAN,
     {"author": NURSE},                                      {"custodian": NURSE}),
    ("an intent that R4 lacks", PLAN,
     {"intent": "plan", "_intent": {"extension": [{"url": R5 + "CarePlan.intent", "valueCode": "directive"}]}},
     {"intent": "directive"}),
    ("the same identifier twice", RESPONSE,
     {"extension": [{"url": R5 + "QuestionnaireResponse.identifier", "valueIdentifier": {"value": "7"}}],
      "identifier": {"value": "7"}},
     {"identifier": [{"value": "7"}, {"value": "7"}]}),
    ("needs by reference", PLAN,
     {"addresses": [{"reference": "Condition/1"}]},
     {"addresses": [{"reference": {"reference": "Condition/1"}}]}),
    ("a need by concept", PLAN,
     {"addresses": [{"extension": [{"url": R5 + "CarePlan.addresses",
                                    "extension": [DATATYPE, {"url": "concept", "valueCodeableConcept": CBT}]}]}]},
     {"addresses": [{"concept": CBT}]}),
    ("a need by both", PLAN,
     {"addresses": [{"reference": "Condition/1",
                     "extension": [{"url": R5 + "CarePlan.addresses",
                                    "extension": [DATATYPE, {"url": "concept", "valueCodeableConcept": CBT}]}]}]},
     {"addresses": [{"concept": CBT, "reference": {"reference": "Condition/1"}}]}),
    ("what is planned", PLAN,
     {"activity": [{"reference": {"reference": "RequestGroup/1"}}]},
     {"activity": [{"plannedActivityReference": {"reference": "RequestOrchestration/1"}}]}),
    ("results of an activity", PLAN,
     {"activity": [{"outcomeCodeableConcept": [CBT], "outcomeReference": [NURSE]}]},
     {"activity": [{"performedActivity": [{"concept": CBT}, {"reference": NURSE}]}]}),
    ("a result by both", PLAN,
     {"activity": [{"extension": [{"url": R5 + "CarePlan.activity.performedActivity",
                                   "extension": [DATATYPE, {"url": "concept", "valueCodeableConcept": CBT},
                                                 {"url": "reference", "valueReference": NURSE}]}],
                    "outcomeCodeableConcept": [CBT], "outcomeReference": [NURSE]}]},
     {"activity": [{"performedActivity": [{"concept": CBT, "reference": NURSE}]}]}),
    ("whose goal it is", GOAL,
     {"expressedBy": {"reference": "Patient/1"}},            {"source": {"reference": "Patient/1"}}),
    ("a goal that goes on", GOAL,
     {"extension": [{"url": R5 + "Goal.continuous", "valueBoolean": True}]},
     {"continuous": True}),
    ("what was achieved", GOAL,
     {"outcomeCode": [CBT], "outcomeReference": [{"reference": "Observation/1"}]},
     {"outcome": [{"concept": CBT}, {"reference": {"reference": "Observation/1"}}]}),
    ("a target type that R4 lacks there", GOAL,
     {"addresses": [{"extension": [{"url": "http://hl7.org/fhir/StructureDefinition/alternate-reference",
                                    "valueReference": {"reference": "Procedure/1"}}]}]},
     {"addresses": [{"reference": "Procedure/1"}]}),
    ("how versions are compared", FORM,
     {"extension": [{"url": "http://hl7.org/fhir/StructureDefinition/artifact-versionAlgorithm",
                     "valueString": "semver"}]},
     {"versionAlgorithmString": "semver"}),
    ("a form about what R4 lacks", FORM,
     {"subjectType": ["Patient", None],
      "_subjectType": [None, {"extension": [{"url": R5 + "Questionnaire.subjectType", "valueCode": "Permission"}]}]},
     {"subjectType": ["Patient", "Permission"]}),
    ("one identifier, or several", RESPONSE,
     {"identifier": {"value": "a"}, "extension": [{"url": R5 + "QuestionnaireResponse.identifier",
                                                   "valueIdentifier": {"value": "b"}}]},
     {"identifier": [{"value": "a"}, {"value": "b"}]}),
    ("an answer with nothing but questions below it", RESPONSE,
     item(answer=[{"item": [{"linkId": "1.1"}]}]),
     item(answer=[{"_valueString": ABSENT, "item": [{"linkId": "1.1"}]}])),
    ("reasons", REQUEST,
     {"reasonCode": [CBT], "reasonReference": [{"reference": "Condition/1"}]},
     {"reason": [{"concept": CBT}, {"reference": {"reference": "Condition/1"}}]}),
    ("what is asked for", REQUEST,
     {"code": CBT},                                          {"code": {"concept": CBT}}),
    ("what is asked for by a definition", REQUEST,
     {"code": {"extension": [{"url": R5 + "ServiceRequest.code", "extension": [
         DATATYPE, {"url": "reference", "valueReference": {"reference": "PlanDefinition/1"}}]}]}},
     {"code": {"reference": {"reference": "PlanDefinition/1"}}}),
    ("instructions", REQUEST,
     {"patientInstruction": "come rested"},
     {"patientInstruction": [{"instructionMarkdown": "come rested"}]}),
    ("a detail of an order", REQUEST,
     {"orderDetail": [CBT]},                                 {"orderDetail": [{"parameter": [
                                                                 {"code": ABSENT, "valueCodeableConcept": CBT}]}]}),
    ("size of a file", FORM | {"resourceType": "QuestionnaireResponse", "questionnaire": "http://a.example/q"},
     item(answer=[{"valueAttachment": {"size": Number("7")}}]),
     item(answer=[{"valueAttachment": {"size": "7"}}])),
]

KINDS = [
    # R4: type, what the options hold      R5: type, answerConstraint          what goes along in R4, in R5
    ("choice",      "valueCoding",         "coding",    "optionsOnly",         None,              None),
    ("open-choice", "valueCoding",         "coding",    "optionsOrString",     None,              None),
    ("choice",      None,                  "coding",    None,                  None,              None),
    ("open-choice", None,                  "coding",    "optionsOrString",     None,              None),
    ("open-choice", "valueCoding",         "coding",    "optionsOrType",       "optionsOrType",   None),
    ("choice",      None,                  "coding",    "optionsOnly",         "optionsOnly",     None),
    ("choice",      "valueInteger",        "integer",   "optionsOnly",         None,              "choice"),
    ("choice",      "valueDate",           "date",      "optionsOnly",         None,              "choice"),
    ("choice",      "valueTime",           "time",      "optionsOnly",         None,              "choice"),
    ("choice",      "valueString",         "string",    "optionsOnly",         None,              "choice"),
    ("open-choice", "valueInteger",        "integer",   "optionsOrType",       None,              "open-choice"),
    ("open-choice", "valueString",         "string",    "optionsOrString",     None,              "open-choice"),
    ("choice",      "valueReference",      "reference", "optionsOnly",         None,              "choice"),
    ("integer",     "valueInteger",        "integer",   None,                  None,              None),
    ("integer",     "valueInteger",        "integer",   "optionsOnly",         "optionsOnly",     None),
    ("string",      "valueString",         "string",    "optionsOrType",       "optionsOrType",   None),
    ("text",        None,                  "text",      None,                  None,              None),
]
# fmt: on


@pytest.mark.parametrize(("rest", "old", "new"), [row[1:] for row in SAME], ids=[row[0] for row in SAME])
def test_a_row_is_read_in_both_directions(rest, old, new):
    """What R4 says one way and R5 another is said the other way, there and back."""
    old, new = {**rest, **old}, {**rest, **new}
    assert convert(old, "R4", "R5") == new
    assert convert(new, "R5", "R4") == old


@pytest.mark.parametrize("kind", KINDS, ids=[f"{row[0]} {row[1]}, {row[2]} {row[3]}" for row in KINDS])
def test_kinds_of_answers(kind):
    """Type and answerConstraint as the table of HL7's maps and ours has them; what either lacks goes along."""
    four, held, five, constraint, in_four, in_five = kind
    options = {"answerOption": [{held: {"valueInteger": Number("1"), "valueCoding": CBT}.get(held, "2026-01-01")}]}
    if held == "valueReference":
        options = {"answerOption": [{held: {"reference": "Practitioner/1"}}]}
    both = {"linkId": "1", **(options if held else {})}
    old = {**both, "type": four}
    new = {**both, "type": five} | ({"answerConstraint": constraint} if constraint else {})
    if in_four:
        old["extension"] = [{"url": R5 + "Questionnaire.item.answerConstraint", "valueCode": in_four}]
    if in_five:
        new["extension"] = [{"url": R4 + "Questionnaire.item.type", "valueCode": in_five}]
    assert convert({**FORM, "item": [old]}, "R4", "R5") == {**FORM, "item": [new]}
    assert convert({**FORM, "item": [new]}, "R5", "R4") == {**FORM, "item": [old]}


DETAIL = {
    "kind": "ServiceRequest",
    "code": CBT,
    "reasonReference": [{"reference": "Condition/1"}],
    "goal": [{"reference": "Goal/1"}],
    "status": "scheduled",
    "statusReason": {"text": "waiting list"},
    "doNotPerform": False,
    "scheduledString": "weekly",
    "location": {"display": "Andheri"},
    "performer": [NURSE],
    "description": "with her sister",
}


def test_a_detail_is_a_contained_request_in_r5():
    """Each field of activity.detail stands in the request that has an element for it; the rest goes along."""
    made = convert({**PLAN, "activity": [{"detail": DETAIL}]}, "R4", "R5")
    assert made["contained"] == [
        {
            "resourceType": "ServiceRequest",
            "id": "activity-1",
            "extension": [
                {"url": "http://hl7.org/fhir/StructureDefinition/resource-pertainsToGoal", "valueReference": g}
                for g in DETAIL["goal"]
            ]
            + [
                {
                    "url": "http://hl7.org/fhir/StructureDefinition/request-statusReason",
                    "valueCodeableConcept": DETAIL["statusReason"],
                }
            ],
            "status": "active",
            "intent": "plan",
            "subject": {"reference": "Patient/1"},
            "code": {"concept": CBT},
            "reason": [{"reference": {"reference": "Condition/1"}}],
            "doNotPerform": False,
            "location": [{"reference": {"display": "Andheri"}}],
            "performer": [NURSE],
            "note": [{"text": "with her sister"}],
        }
    ]
    [activity] = made["activity"]
    assert activity["plannedActivityReference"] == {"reference": "#activity-1"}
    [kept] = activity["extension"]
    assert kept["url"] == R4 + "CarePlan.activity.detail"
    assert [each["url"] for each in kept["extension"]] == ["kind", "status", "scheduled"]
    assert convert(made, "R5", "R4") == {**PLAN, "activity": [{"detail": DETAIL}]}


# fmt: off
BECOMES = [
    # a detail                                                                 becomes                 with status
    ({"status": "not-started"},                                                 "ServiceRequest",       "draft"),
    ({"status": "stopped", "kind": "ServiceRequest"},                           "ServiceRequest",       "revoked"),
    ({"status": "stopped", "kind": "MedicationRequest"},                        "MedicationRequest",    "stopped"),
    ({"status": "in-progress", "productCodeableConcept": CBT},                  "MedicationRequest",    "active"),
    ({"status": "scheduled", "kind": "Task"},                                   "Task",                 "accepted"),
    ({"status": "unknown", "kind": "Task"},                                     "ServiceRequest",       "unknown"),
    ({"status": "completed", "kind": "Task", "doNotPerform": True},             "ServiceRequest",       "completed"),
    ({"status": "on-hold", "kind": "CommunicationRequest"},                     "CommunicationRequest", "on-hold"),
    ({"status": "cancelled", "kind": "DeviceRequest"},                          "DeviceRequest",        "revoked"),
    ({"status": "scheduled", "kind": "Appointment"},                            "ServiceRequest",       "active"),
    ({"status": "scheduled", "kind": "NutritionOrder"},                         "ServiceRequest",       "active"),
]
# fmt: on


@pytest.mark.parametrize(("detail", "kind", "status"), BECOMES)
def test_what_a_detail_becomes(detail, kind, status):
    """The kind is a type of request where that demands nothing that a detail does not know; statuses are mapped."""
    plan = {**PLAN, "activity": [{"detail": detail}]}
    made = convert(plan, "R4", "R5")
    [request] = made["contained"]
    assert (request["resourceType"], request["status"]) == (kind, status)
    assert convert(made, "R5", "R4") == plan


def test_a_detail_beside_a_reference_stays_what_it_is():
    """Both `reference` and `detail` are against cpl-3: nothing is made of the detail, it goes along and comes back."""
    plan = {**PLAN, "activity": [{"reference": {"reference": "Task/1"}, "detail": {"status": "scheduled"}}]}
    made = convert(plan, "R4", "R5")
    assert "contained" not in made
    assert convert(made, "R5", "R4") == plan


def test_answers_to_one_question_are_one_item_in_r5():
    """R5's qrs-2: items that repeat a question become one, and fall apart again."""
    answers = [{"valueString": text} for text in "abc"]
    old = {**RESPONSE, "item": [{"linkId": "q", "answer": [each]} for each in answers]}
    new = convert(old, "R4", "R5")
    [one] = new["item"]
    assert [each["valueString"] for each in one["answer"]] == ["a", "b", "c"]
    assert convert(new, "R5", "R4") == old


def test_a_response_without_its_form_says_so():
    """R5 demands the questionnaire: it is absent with a reason, reported, and absent again in R4."""
    old = {"resourceType": "QuestionnaireResponse", "status": "completed"}
    new = converted(old, "R4", "R5")
    assert new.tree == {**old, "_questionnaire": ABSENT}
    assert [(i.path, i.rule) for i in new.issues] == [("QuestionnaireResponse.questionnaire", "release/absent-reason")]
    assert convert(new.tree, "R5", "R4") == old


def test_contained_resources_and_entries_are_converted_under_their_own_type():
    """A Goal in a plan in a Bundle, and what refers to a RequestGroup by its old name."""
    group = {"resourceType": "RequestGroup", "id": "g", "status": "active", "intent": "plan"}
    plan = {**PLAN, "contained": [{**GOAL, "id": "a", "expressedBy": NURSE}], "goal": [{"reference": "#a"}]}
    plan["activity"] = [{"reference": {"reference": "http://a.example/fhir/RequestGroup/g/_history/2"}}]
    old = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": plan}, {"resource": group}]}
    new = convert(old, "R4", "R5")
    made, orchestration = (entry["resource"] for entry in new["entry"])
    assert made["contained"][0]["source"] == NURSE
    there = "http://a.example/fhir/RequestOrchestration/g/_history/2"
    assert made["activity"][0]["plannedActivityReference"]["reference"] == there
    assert orchestration["resourceType"] == "RequestOrchestration"
    assert convert(new, "R5", "R4") == old


def test_literals_survive_and_nothing_given_is_changed():
    """Decimals and dates stay as written; a plain dict gives a plain dict, a tree a tree."""
    text = b'{"resourceType":"Goal","expressedBy":{},"target":[{"detailQuantity":{"value":72.50},"dueDate":"2013-06"}]}'
    tree = parse(text)
    assert dump(convert(tree, "R4", "R5")) == text.replace(b"expressedBy", b"source")
    assert tree == parse(text)
    plain = {"resourceType": "Goal", "expressedBy": {}, "target": [{"detailQuantity": {"value": 72.5}}]}
    made = convert(plain, "R4", "R5")
    assert made["target"][0]["detailQuantity"]["value"] == 72.5
    assert isinstance(made["target"][0]["detailQuantity"]["value"], float)
    assert "expressedBy" in plain


def test_an_unknown_type_and_an_unknown_element_pass():
    """What neither release knows is nobody's difference."""
    assert convert({"resourceType": "Nonsense", "author": 1}, "R4", "R5") == {"resourceType": "Nonsense", "author": 1}
    assert convert({**GOAL, "mood": "good"}, "R4", "R5") == {**GOAL, "mood": "good"}


def test_what_is_no_resource_is_refused():
    """No JSON object, too deep, or a release that is not known."""
    with pytest.raises(Refused) as refused:
        convert([], "R4", "R5")  # type: ignore[arg-type]
    assert refused.value.issue == Issue(
        "Resource", "structure", "this is no FHIR resource", "Give a JSON object with a resourceType."
    )
    with pytest.raises(ValueError, match="'R3' is not one of"):
        convert(GOAL, "R3", "R4")


def test_every_row_has_its_reason():
    """A row says why it is there."""
    assert [path for path, rows in MOVED.items() for row in rows if not row.why] == []


def test_an_edit_in_the_other_release_changes_only_its_own_element():
    """The stored document keeps its objects and its key order; what is served of it is the edit again."""
    stored = from_plain({**PLAN, "title": "a", "author": NURSE, "activity": [{"detail": DETAIL}], "note": [CBT]})
    served = convert(stored, "R4", "R5")
    edited = {**served, "title": "b"}
    put = put_back(stored, "R4", "R5", served, edited)
    assert put.tree == {**stored, "title": "b"}
    assert list(put.tree) == list(stored)
    assert all(put.tree[key] is stored[key] for key in stored if key != "title")
    assert convert(put.tree, "R4", "R5") == edited
    assert put.issues == ()


def test_a_request_that_is_edited_in_r5_is_a_detail_again():
    """What an R5 client changes in the contained request stands in the detail, its status by the request's."""
    stored = from_plain({**PLAN, "activity": [{"detail": DETAIL}]})
    served = convert(stored, "R4", "R5")
    request = {**served["contained"][0], "status": "completed", "code": {"concept": {"text": "EMDR"}}}
    put = put_back(stored, "R4", "R5", served, {**served, "contained": [request]})
    assert put.tree["activity"] == [{"detail": {**DETAIL, "status": "completed", "code": {"text": "EMDR"}}}]
    priority = put_back(stored, "R4", "R5", served, {**served, "contained": [{**request, "priority": "urgent"}]})
    assert "contained" in priority.tree  # a detail cannot say this: the request stays one
    assert convert(priority.tree, "R4", "R5")["contained"][0]["priority"] == "urgent"


def test_an_extension_that_a_writer_drops_returns():
    """Deleting what this release cannot say deletes nothing; the answer says so."""
    stored = from_plain({**GOAL, "continuous": True, "source": NURSE})
    served = convert(stored, "R5", "R4")
    edited = {key: value for key, value in served.items() if key != "extension"} | {"description": {"text": "sing"}}
    put = put_back(stored, "R5", "R4", served, edited)
    assert put.tree == {**stored, "description": {"text": "sing"}}
    assert [(issue.path, issue.rule) for issue in put.issues] == [("Goal", "release/returned")]


def test_an_extension_that_the_elements_contradict_gives_way():
    """The element is what everybody reads: an intent that was changed is not a directive any more."""
    stored = from_plain({**PLAN, "intent": "directive"})
    served = convert(stored, "R5", "R4")
    put = put_back(stored, "R5", "R4", served, {**served, "intent": "order"})
    assert put.tree == {**stored, "intent": "order"}


def test_a_writer_that_appends_an_extension_keeps_ours():
    """An extension beside ours is the writer's own; ours is an element again."""
    own = {"url": "http://a.example/x", "valueString": "b"}
    stored = from_plain({**GOAL, "continuous": True})
    served = convert(stored, "R5", "R4")
    for extensions in ([*served["extension"], own], [own, *served["extension"]]):
        put = put_back(stored, "R5", "R4", served, {**served, "extension": extensions})
        assert put.tree == {**stored, "extension": [own]}


def test_r5_documents_are_read_and_written_through_the_same_lens():
    """A goal born in R5 reads like one of R4; an edit changes its own element and nothing else."""
    goal = from_plain({**GOAL, "continuous": True, "source": {"reference": "Patient/1"}, "note": [{"text": "x"}]})
    docs = Docs("R5", {"Goal/1": goal})
    found = read(docs, "Goal/1").value
    assert found == read(Docs("R4", {"Goal/1": convert(goal, "R5", "R4")}), "Goal/1").value
    assert not write(docs, "Goal/1", was=found, now=found)
    other = read(Docs("R5", {"Goal/1": {**goal, "description": {"text": "dance"}}}), "Goal/1").value
    out = write(docs, "Goal/1", was=found, now=other)
    assert dict(out) == {"Goal/1": {**goal, "description": {"text": "dance"}}}
    assert list(out["Goal/1"]) == list(goal)
    assert all(out["Goal/1"][key] is goal[key] for key in goal if key != "description")
