"""One file a FHIR resource type, each a table that is read in both directions."""

from mappings.lens.combinators import Table
from mappings.lens.variants import Variants
from mappings.tables.appointment import APPOINTMENT
from mappings.tables.care_plan import CARE_PLAN
from mappings.tables.care_team import CARE_TEAM
from mappings.tables.condition import CONDITION
from mappings.tables.consent import CONSENT
from mappings.tables.document_reference import DOCUMENT_REFERENCE
from mappings.tables.episode_of_care import EPISODE_OF_CARE
from mappings.tables.goal import GOAL
from mappings.tables.medication_request import MEDICATION_REQUEST
from mappings.tables.medication_statement import MEDICATION_STATEMENT
from mappings.tables.observation import OBSERVATION
from mappings.tables.patient import PATIENT
from mappings.tables.provenance import PROVENANCE
from mappings.tables.questionnaire import QUESTIONNAIRE
from mappings.tables.questionnaire_response import QUESTIONNAIRE_RESPONSE
from mappings.tables.related_person import RELATED_PERSON
from mappings.tables.risk_assessment import RISK_ASSESSMENT
from mappings.tables.service_request import SERVICE_REQUEST

TABLES: dict[str, Table | Variants] = {
    "Appointment": APPOINTMENT,
    "CarePlan": CARE_PLAN,
    "CareTeam": CARE_TEAM,
    "Condition": CONDITION,
    "Consent": CONSENT,
    "DocumentReference": DOCUMENT_REFERENCE,
    "EpisodeOfCare": EPISODE_OF_CARE,
    "Goal": GOAL,
    "MedicationRequest": MEDICATION_REQUEST,
    "MedicationStatement": MEDICATION_STATEMENT,
    "Observation": OBSERVATION,
    "Patient": PATIENT,
    "Provenance": PROVENANCE,
    "Questionnaire": QUESTIONNAIRE,
    "QuestionnaireResponse": QUESTIONNAIRE_RESPONSE,
    "RelatedPerson": RELATED_PERSON,
    "RiskAssessment": RISK_ASSESSMENT,
    "ServiceRequest": SERVICE_REQUEST,
}
