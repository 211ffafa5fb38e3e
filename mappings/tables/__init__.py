"""One file a FHIR resource type, each a table that is read in both directions."""

from mappings.lens.combinators import Table
from mappings.lens.variants import Variants
from mappings.tables.care_plan import CARE_PLAN
from mappings.tables.condition import CONDITION
from mappings.tables.goal import GOAL
from mappings.tables.observation import OBSERVATION
from mappings.tables.questionnaire import QUESTIONNAIRE
from mappings.tables.questionnaire_response import QUESTIONNAIRE_RESPONSE
from mappings.tables.risk_assessment import RISK_ASSESSMENT
from mappings.tables.service_request import SERVICE_REQUEST

TABLES: dict[str, Table | Variants] = {
    "CarePlan": CARE_PLAN,
    "Condition": CONDITION,
    "Goal": GOAL,
    "Observation": OBSERVATION,
    "Questionnaire": QUESTIONNAIRE,
    "QuestionnaireResponse": QUESTIONNAIRE_RESPONSE,
    "RiskAssessment": RISK_ASSESSMENT,
    "ServiceRequest": SERVICE_REQUEST,
}
