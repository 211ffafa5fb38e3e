"""Codes of required bindings: value sets that may be shipped whole, as a table.

Held here are the bindings of type `code` of the four mapped types, of what they link to, and of the datatypes that
stand in them. Bindings of other types, and those on a CodeableConcept, are not judged yet. A test compares the rows
with fhir.resources' own lists, where those are complete.

Source of a row: https://hl7.org/fhir/R4/valueset-<value set>.html, R5 alike.
"""

from __future__ import annotations

# fmt: off
_ROWS = (
    # value set                       codes
    #   releases  elements
    ("request-status",               "draft active on-hold revoked completed entered-in-error unknown",
        "R4 R5", "CarePlan.status ServiceRequest.status"),
    ("care-plan-intent",             "proposal plan order option",
        "R4",    "CarePlan.intent"),
    ("care-plan-intent",             "proposal plan order option directive",
        "R5",    "CarePlan.intent"),
    ("care-plan-activity-kind",      "Appointment CommunicationRequest DeviceRequest MedicationRequest NutritionOrder"
                                     " Task ServiceRequest VisionPrescription",
        "R4",    "CarePlan.activity.detail.kind"),
    ("care-plan-activity-status",    "not-started scheduled in-progress on-hold completed cancelled stopped unknown"
                                     " entered-in-error",
        "R4",    "CarePlan.activity.detail.status"),
    ("goal-status",                  "proposed planned accepted active on-hold completed cancelled entered-in-error"
                                     " rejected",
        "R4 R5", "Goal.lifecycleStatus"),
    ("publication-status",           "draft active retired unknown",
        "R4 R5", "Questionnaire.status"),
    # `question` groups the codes below it and may not be chosen itself.
    ("item-type",                    "group display boolean decimal integer date dateTime time string text url choice"
                                     " open-choice attachment reference quantity",
        "R4",    "Questionnaire.item.type"),
    ("item-type",                    "group display boolean decimal integer date dateTime time string text url coding"
                                     " attachment reference quantity",
        "R5",    "Questionnaire.item.type"),
    ("questionnaire-enable-operator", "exists = != > < >= <=",
        "R4 R5", "Questionnaire.item.enableWhen.operator"),
    ("questionnaire-enable-behavior", "all any",
        "R4 R5", "Questionnaire.item.enableBehavior"),
    ("questionnaire-disabled-display", "hidden protected",
        "R5",    "Questionnaire.item.disabledDisplay"),
    ("questionnaire-answer-constraint", "optionsOnly optionsOrType optionsOrString",
        "R5",    "Questionnaire.item.answerConstraint"),
    ("questionnaire-answers-status", "in-progress completed amended entered-in-error stopped",
        "R4 R5", "QuestionnaireResponse.status"),

    ("request-intent",               "proposal plan directive order original-order reflex-order filler-order"
                                     " instance-order option",
        "R4 R5", "ServiceRequest.intent"),
    ("request-priority",             "routine urgent asap stat",
        "R4 R5", "ServiceRequest.priority"),
    ("care-team-status",             "proposed active suspended inactive entered-in-error",
        "R4 R5", "CareTeam.status"),
    ("administrative-gender",        "male female other unknown",
        "R4 R5", "Patient.gender"),
    ("observation-status",           "registered preliminary final amended corrected cancelled entered-in-error"
                                     " unknown",
        "R4 R5", "Observation.status"),
    ("consent-state-codes",          "draft proposed active rejected inactive entered-in-error",
        "R4",    "Consent.status"),
    ("consent-state-codes",          "draft active inactive not-done entered-in-error unknown",
        "R5",    "Consent.status"),
    ("consent-provision-type",       "deny permit",
        "R4",    "Consent.provision.type"),
    ("consent-provision-type",       "deny permit",
        "R5",    "Consent.decision"),
    ("bundle-type",                  "document message transaction transaction-response batch batch-response history"
                                     " searchset collection",
        "R4",    "Bundle.type"),
    ("bundle-type",                  "document message transaction transaction-response batch batch-response history"
                                     " searchset collection subscription-notification",
        "R5",    "Bundle.type"),

    ("narrative-status",             "generated extensions additional empty",
        "R4 R5", "Narrative.status"),
    ("identifier-use",               "usual official temp secondary old",
        "R4 R5", "Identifier.use"),
    ("name-use",                     "usual official temp nickname anonymous old maiden",
        "R4 R5", "HumanName.use"),
    ("contact-point-system",         "phone fax email pager url sms other",
        "R4 R5", "ContactPoint.system"),
    ("contact-point-use",            "home work temp old mobile",
        "R4 R5", "ContactPoint.use"),
    ("address-use",                  "home work temp old billing",
        "R4 R5", "Address.use"),
    ("address-type",                 "postal physical both",
        "R4 R5", "Address.type"),
    ("quantity-comparator",          "< <= >= >",
        "R4",    "Quantity.comparator Age.comparator Duration.comparator"),
    ("quantity-comparator",          "< <= >= > ad",
        "R5",    "Quantity.comparator Age.comparator Duration.comparator"),
    ("units-of-time",                "s min h d wk mo a",
        "R4 R5", "Timing.repeat.durationUnit Timing.repeat.periodUnit"),
    ("days-of-week",                 "mon tue wed thu fri sat sun",
        "R4 R5", "Timing.repeat.dayOfWeek"),
)
# fmt: on


def _class(element: str) -> tuple[str, str]:
    """Return ("CarePlanActivityDetail", "status") for "CarePlan.activity.detail.status"."""
    *owner, name = element.split(".")
    return "".join(part[0].upper() + part[1:] for part in owner), name


VALUE_SETS: dict[tuple[str, str, str], tuple[frozenset[str], str, str]] = {
    (release, *_class(element)): (frozenset(codes.split()), ", ".join(codes.split()), f"valueset-{name}.html")
    for name, codes, releases, elements in _ROWS
    for release in releases.split()
    for element in elements.split()
}
"""(release, class of fhir.resources, element) -> the codes that may stand there, the same as a text, the page."""
