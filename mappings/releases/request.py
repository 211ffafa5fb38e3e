"""ServiceRequest, RequestGroup (R5: RequestOrchestration): why, where and how something is asked for."""

from mappings.releases.rows import Merged, Row

WHY = "R5 has one CodeableReference for what R4 says by concept or by reference"

ROWS: dict[str, tuple[Row, ...]] = {
    # Source: https://hl7.org/fhir/R4/ and https://hl7.org/fhir/R5/ - servicerequest.html, requestgroup.html,
    # requestorchestration.html
    "ServiceRequest": (
        Merged("reasonCode", "reasonReference", "reason", WHY),
        Merged("locationCode", "locationReference", "location", WHY),
    ),
    "RequestGroup": (Merged("reasonCode", "reasonReference", "reason", WHY),),
}
