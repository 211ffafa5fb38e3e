"""The invariants of records around the plan, and of forms as published; `presence.Row` names the columns."""

from __future__ import annotations

from mappings.check.invariants.contained import CONTAINED
from mappings.check.invariants.presence import Row, has, has_choice, is_after, number
from mappings.nodes import Node, nodes

_UCUM = "http://unitsofmeasure.org"


def _status_in(node: Node, *codes: str) -> bool:
    return node.get("status") in codes


def _answers_twice(item: Node) -> bool:
    """Return whether below an item one linkId is answered in two items side by side."""
    waiting = [*nodes(item, "answer"), *nodes(item, "item")]
    while waiting:
        node = waiting.pop()
        answered = [one.get("linkId") for one in nodes(node, "item") if _answered(one)]
        texts = [link for link in answered if isinstance(link, str)]
        if len(set(texts)) < len(texts):
            return True
        waiting += [*nodes(node, "answer"), *nodes(node, "item")]
    return False


def _answered(item: Node) -> bool:
    return any(has_choice(answer, "value") for answer in nodes(item, "answer"))


def _is_no_percentage(prediction: Node) -> bool:
    range_ = prediction.get("probabilityRange")
    ends = [range_[name] for name in ("low", "high") if name in range_] if isinstance(range_, dict) else []
    return any(isinstance(end, dict) and (end.get("code"), end.get("system")) != ("%", _UCUM) for end in ends)


def _is_over_hundred(prediction: Node) -> bool:
    value = number(prediction, "probabilityDecimal")
    return value is not None and value > 100


# fmt: off
RECORDS: tuple[Row, ...] = (
    ("qrs-2", "R5",    "QuestionnaireResponseItem", "", "Repeated answers are combined in the answers array of a single"
              " item", _answers_twice,
              "one question is answered in two items", "Put the answers into one item."),
    ("que-14", "R5",   "QuestionnaireItem", "answerConstraint", "Can only have answerConstraint if answerOption or"
              " answerValueSet are present.  (This is a warning because extensions may serve the same purpose)",
              lambda i: "answerConstraint" in i and "answerOption" not in i and "answerValueSet" not in i,
              "there is nothing that it constrains", "Add the options, or take it away."),
    ("que-15", "R5",   "QuestionnaireItem", "linkId", "Link ids should be 255 characters or less",
              lambda i: isinstance(i.get("linkId"), str) and len(i["linkId"]) > 255,
              "the linkId is longer", "Shorten it."),
    ("prr-1", "R4 R5", "ServiceRequest", "orderDetail", "orderDetail SHALL only be present if code is present",
              lambda s: "orderDetail" in s and "code" not in s,
              "there are details of nothing", "Add the code."),
    ("bdystr-1", "R5", "ServiceRequest", "bodyStructure", "bodyStructure SHALL only be present if bodySite is not"
              " present",
              lambda s: "bodySite" in s and "bodyStructure" in s, "there are both", "Keep one of them."),
    ("obs-8", "R5",    "Observation", "bodyStructure", "bodyStructure SHALL only be present if Observation.bodySite is"
              " not present",
              lambda o: "bodySite" in o and "bodyStructure" in o, "there are both", "Keep one of them."),
    ("rqg-1", "R4",    "RequestGroupAction", "", "Must have resource or action but not both",
              lambda a: ("resource" in a) == ("action" in a), "the action has both or neither", "Keep one of them."),
    ("rqg-1", "R5",    "RequestOrchestrationAction", "", "Must have resource or action but not both",
              lambda a: ("resource" in a) == ("action" in a), "the action has both or neither", "Keep one of them."),
    ("con-1", "R4 R5", "ConditionStage", "", "Stage SHALL have summary or assessment",
              lambda s: "summary" not in s and "assessment" not in s, "the stage has neither", "Add one of them."),
    ("pat-1", "R4 R5", "PatientContact", "", "SHALL at least contain a contact's details or a reference to an"
              " organization",
              lambda c: not any(name in c for name in ("name", "telecom", "address", "organization")),
              "the contact has no details", "Add name, telecom, address or organization."),
    ("ctm-2", "R5",    "CareTeamParticipant", "", "CareTeam.participant.role or CareTeam.participant.member exists",
              lambda p: "role" not in p and "member" not in p, "the participant has neither", "Add one of them."),
    ("ppc-1", "R4",    "Consent", "policyRule", "Either a Policy or PolicyRule",
              lambda c: "policy" not in c and "policyRule" not in c, "the consent has neither", "Add one of them."),
    ("ras-1", "R4 R5", "RiskAssessmentPrediction", "probabilityRange", "low and high must be percentages, if present",
              _is_no_percentage, "the range is not in percent", "Give system http://unitsofmeasure.org and code %."),
    ("ras-2", "R4",    "RiskAssessmentPrediction", "probabilityDecimal", "Must be <= 100",
              _is_over_hundred, "the probability is higher", "Give it in percent."),
    ("ras-2", "R5",    "RiskAssessmentPrediction", "probabilityDecimal", "Probability as a deciml must be <= 100",
              _is_over_hundred, "the probability is higher", "Give it in percent."),
    ("inv-1", "R4 R5", "Task", "lastModified", "Last modified date must be greater than or equal to authored-on date.",
              lambda t: is_after(t.get("authoredOn"), t.get("lastModified")),
              "it was changed before it was written", "Correct one of the dates."),
    ("app-1", "R4 R5", "AppointmentParticipant", "", "Either the type or actor on the participant SHALL be specified",
              lambda p: "type" not in p and "actor" not in p, "the participant has neither", "Add one of them."),
    ("app-2", "R4 R5", "Appointment", "end", "Either start and end are specified, or neither",
              lambda a: has(a, "start") != has(a, "end"), "only one is there", "Add the other."),
    ("app-3", "R4 R5", "Appointment", "start", "Only proposed or cancelled appointments can be missing start/end"
              " dates",
              lambda a: not (has(a, "start") and has(a, "end"))
              and not _status_in(a, "proposed", "cancelled", "waitlist"),
              "start and end are missing", "Add them."),
    ("app-4", "R4",    "Appointment", "cancelationReason", "Cancelation reason is only used for appointments that have"
              " been cancelled, or no-show",
              lambda a: "cancelationReason" in a and not _status_in(a, "no-show", "noshow", "cancelled"),
              "the appointment stands", "Correct the status, or take the reason away."),
    ("app-4", "R5",    "Appointment", "cancellationReason", "Cancellation reason is only used for appointments that"
              " have been cancelled, or noshow",
              lambda a: "cancellationReason" in a and not _status_in(a, "noshow", "cancelled"),
              "the appointment stands", "Correct the status, or take the reason away."),
    ("app-5", "R5",    "Appointment", "end", "The start must be less than or equal to the end",
              lambda a: is_after(a.get("start"), a.get("end")), "it ends before it starts", "Correct start or end."),
    ("app-7", "R5",    "Appointment", "cancellationDate", "Cancellation date is only used for appointments that"
              " have been cancelled, or noshow",
              lambda a: "cancellationDate" in a and not _status_in(a, "noshow", "cancelled"),
              "the appointment stands", "Correct the status, or take the date away."),
    *CONTAINED,
)
# fmt: on
