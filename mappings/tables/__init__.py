"""One file a FHIR resource type, each a table that is read in both directions."""

from mappings.lens.combinators import Table
from mappings.tables.care_plan import CARE_PLAN
from mappings.tables.goal import GOAL
from mappings.tables.questionnaire import QUESTIONNAIRE
from mappings.tables.questionnaire_response import QUESTIONNAIRE_RESPONSE
from mappings.tables.service_request import SERVICE_REQUEST

TABLES: dict[str, Table] = {
    "CarePlan": CARE_PLAN,
    "Goal": GOAL,
    "Questionnaire": QUESTIONNAIRE,
    "QuestionnaireResponse": QUESTIONNAIRE_RESPONSE,
    "ServiceRequest": SERVICE_REQUEST,
}
