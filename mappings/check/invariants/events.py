"""The invariants of what was done, given, claimed or is kept about people, beside the records of records.py.

`presence.Row` names the columns.
"""

from __future__ import annotations

import re

from mappings.check.invariants.presence import Row, count, has, has_choice, is_after
from mappings.nodes import Node, nodes

_REFERENCE = re.compile(r"(?:https?://\S+/)?([A-Z][A-Za-z]+)/[A-Za-z0-9.\-]{1,64}(?:/_history/[A-Za-z0-9.\-]{1,64})?")


def _to(node: Node, name: str, *types: str) -> bool:
    """Return whether a reference says by itself that it leads to one of these types."""
    reference = node.get(name)
    text = reference.get("reference") if isinstance(reference, dict) else None
    found = _REFERENCE.fullmatch(text) if isinstance(text, str) else None
    return found is not None and found[1] in types


def _to_another(node: Node, name: str, type_name: str) -> bool:
    """Return whether a reference says by itself that it leads to another type than this."""
    reference = node.get(name)
    text = reference.get("reference") if isinstance(reference, dict) else None
    found = _REFERENCE.fullmatch(text) if isinstance(text, str) else None
    return found is not None and found[1] != type_name


def _are_the_same(agent: Node) -> bool:
    who, other = agent.get("who"), agent.get("onBehalfOf")
    if not isinstance(who, dict) or not isinstance(other, dict):
        return False
    return isinstance(who.get("reference"), str) and who["reference"] == other.get("reference")


def _with_reference(node: Node, name: str) -> bool:
    value = node.get(name)
    return isinstance(value, dict) and "reference" in value


def _shows_several(device: Node) -> bool:
    return sum(name.get("display") is True for name in nodes(device, "name")) > 1


def _is_not_one(parameter: Node) -> bool:
    return [has_choice(parameter, "value"), "resource" in parameter, "part" in parameter].count(True) != 1


_HOME = "of an organization can never be of use 'home'"
_BEHALF = "CareTeam.participant.onBehalfOf can only be populated when CareTeam.participant.member is a Practitioner"
_STRATA = "Stratifiers SHALL be either a single criteria or a set of criteria components"
_USES = ("indication", "contraindication", "interaction", "undesirableEffect", "warning")

# fmt: off
EVENTS: tuple[Row, ...] = (
    ("imm-1", "R4",    "ImmunizationEducation", "documentType", "One of documentType or reference SHALL be present",
              lambda e: not has(e, "documentType") and not has(e, "reference"), "there is neither", "Add one of them."),
    ("imr-1", "R4 R5", "ImmunizationRecommendationRecommendation", "vaccineCode", "One of vaccineCode or targetDisease"
              " SHALL be present", lambda r: "vaccineCode" not in r and "targetDisease" not in r,
              "there is neither", "Add one of them."),
    ("mad-1", "R4",    "MedicationAdministrationDosage", "dose", "SHALL have at least one of dosage.dose or"
              " dosage.rate[x]", lambda d: "dose" not in d and not has_choice(d, "rate"),
              "there is neither", "Add the dose."),
    ("mad-1", "R5",    "MedicationAdministrationDosage", "dose", "If dosage attribute is present then SHALL have at"
              " least one of dosage.text or dosage.dose or dosage.rate[x]",
              lambda d: "dose" not in d and not has(d, "text") and not has_choice(d, "rate"),
              "there is none of them", "Add the dose."),
    ("mdd-1", "R4 R5", "MedicationDispense", "whenHandedOver", "whenHandedOver cannot be before whenPrepared",
              lambda m: is_after(m.get("whenPrepared"), m.get("whenHandedOver")),
              "it was handed over before it was prepared", "Correct one of the dates."),
    ("dev-1", "R5",    "Device", "name", "only one Device.name.display SHALL be true when there is more than one"
              " Device.name", _shows_several, "several are the one to show", "Choose one of them."),
    ("nor-1", "R4 R5", "NutritionOrder", "", "Nutrition Order SHALL contain either Oral Diet , Supplement, or Enteral"
              " Formula class", lambda n: not any(name in n for name in ("oralDiet", "supplement", "enteralFormula")),
              "the order has none of them", "Add what is ordered."),
    ("invariant/parameter", "R4 R5", "ParametersParameter", "", "A parameter must have one and only one of (value,"
              " resource, part)", _is_not_one, "the parameter has several, or none", "Keep one of them."),
    ("apr-1", "R4 R5", "AppointmentResponse", "actor", "Either the participantType or actor must be specified",
              lambda a: "participantType" not in a and "actor" not in a, "there is neither", "Add one of them."),
    ("sev-1", "R4",    "AuditEventEntity", "query", "Either a name or a query (NOT both)",
              lambda e: has(e, "name") and has(e, "query"), "there are both", "Keep one of them."),
    ("act-1", "R5",    "AccountDiagnosis", "dateOfDiagnosis", "The dateOfDiagnosis is not valid when using a reference"
              " to a diagnosis", lambda d: has(d, "dateOfDiagnosis") and _with_reference(d, "condition"),
              "the diagnosis is a record of its own", "Take the date away."),
    ("act-2", "R5",    "AccountProcedure", "dateOfService", "The dateOfService is not valid when using a reference to a"
              " procedure", lambda d: has(d, "dateOfService") and _with_reference(d, "code"),
              "the procedure is a record of its own", "Take the date away."),
    ("ces-1", "R4 R5", "CoverageEligibilityResponseInsuranceItem", "category", "SHALL contain a category or a billcode"
              " but not both.", lambda i: ("category" in i) == ("productOrService" in i),
              "there are both or neither", "Keep one of them."),
    ("cud-1", "R5",    "ClinicalUseDefinition", "", "Indication, Contraindication, Interaction, UndesirableEffect and"
              " Warning cannot be used in the same instance", lambda c: sum(name in c for name in _USES) > 1,
              "several of them are used", "Write one for each."),
    ("ipn-1", "R4",    "InsurancePlan", "name", "The organization SHALL at least have a name or an idendtifier, and"
              " possibly more than one", lambda p: not has(p, "name") and not count(p, "identifier"),
              "the plan has neither", "Add its name."),
    ("ipn-1", "R5",    "InsurancePlan", "name", "The organization SHALL at least have a name or an identifier, and"
              " possibly more than one", lambda p: not has(p, "name") and not count(p, "identifier"),
              "the plan has neither", "Add its name."),
    ("lnk-1", "R4 R5", "Linkage", "item", "Must have at least two items",
              lambda n: count(n, "item") == 1, "there is one", "Add the other."),
    ("org-3", "R5",    "OrganizationAffiliation", "contact", f"The telecom {_HOME}",
              lambda o: any(t.get("use") == "home" for c in nodes(o, "contact") for t in nodes(c, "telecom")),
              "a telecom is at home", "Correct its use."),
    ("mrp-1", "R4",    "MeasureReport", "group", "Measure Reports used for data collection SHALL NOT communicate group"
              " and score information", lambda m: m.get("type") == "data-collection" and "group" in m,
              "it has groups", "Correct the type, or take them away."),
    ("mrp-1", "R5",    "MeasureReport", "group", "Measure Reports used for data collection SHALL NOT communicate group"
              " and score information", lambda m: m.get("type") == "data-exchange" and "group" in m,
              "it has groups", "Correct the type, or take them away."),
    ("mrp-2", "R4 R5", "MeasureReportGroupStratifierStratum", "component", _STRATA,
              lambda s: ("value" in s or has_choice(s, "value")) == ("component" in s),
              "there are both or neither", "Keep one of them."),
    ("ing-1", "R5",    "Ingredient", "allergenicIndicator", "If an ingredient is noted as an allergen"
              " (allergenicIndicator) then its substance should be a code. If the substance is a SubstanceDefinition,"
              " then the allegen information should be documented in that resource",
              lambda i: i.get("allergenicIndicator") is True and isinstance(i.get("substance"), dict)
              and _with_reference(i["substance"], "code"),
              "the substance is a record of its own", "Say there that it is an allergen."),
    ("scr-1", "R5",    "SubscriptionFilterBy", "modifier", "Subscription filters may only contain a modifier or a"
              " comparator", lambda f: has(f, "comparator") and has(f, "modifier"),
              "there are both", "Keep one of them."),
    ("ctm-1", "R4 R5", "CareTeamParticipant", "onBehalfOf", _BEHALF,
              lambda p: "onBehalfOf" in p and _to_another(p, "member", "Practitioner"),
              "the member is none", "Take onBehalfOf away."),
    ("enc-2", "R5",    "EncounterParticipant", "type", "A type cannot be provided for a patient or group participant",
              lambda p: "type" in p and _to(p, "actor", "Patient", "Group"), "there is one", "Take it away."),
    ("prc-1", "R5",    "ProcedurePerformer", "onBehalfOf", "Procedure.performer.onBehalfOf can only be populated when"
              " performer.actor isn't Practitioner or PractitionerRole",
              lambda p: "onBehalfOf" in p and _to(p, "actor", "Practitioner", "PractitionerRole"),
              "the actor is one", "Take onBehalfOf away."),
    ("prov-1", "R5",   "ProvenanceAgent", "onBehalfOf", "Who and onBehalfOf cannot be the same", _are_the_same,
              "they are the same", "Take onBehalfOf away."),
)
# fmt: on
