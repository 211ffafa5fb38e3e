"""CarePlan: who is responsible, what is planned, what came of it."""

from mappings.releases.rows import Codes, Merged, Renamed, Row

ROWS: dict[str, tuple[Row, ...]] = {
    # Source: the page of each release, https://hl7.org/fhir/R4/careplan.html and https://hl7.org/fhir/R5/careplan.html
    "CarePlan": (
        Renamed("author", "custodian", "R5 calls 'who is the designated responsible party' custodian"),
        Codes("intent", "R4's care-plan-intent has no directive", r5_only={"directive": "plan"}),
    ),
    "CarePlan.activity": (
        Renamed("reference", "plannedActivityReference", "R5 tells what is planned from what was performed"),
        Merged(
            "outcomeCodeableConcept",
            "outcomeReference",
            "performedActivity",
            "R5 has one CodeableReference for the results of an activity, by concept or by reference",
        ),
    ),
}
