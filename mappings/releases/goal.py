"""Goal: whose it is and what came of it."""

from mappings.releases.rows import Merged, Renamed, Row

ROWS: dict[str, tuple[Row, ...]] = {
    # Source: the page of each release, https://hl7.org/fhir/R4/goal.html and https://hl7.org/fhir/R5/goal.html
    "Goal": (
        Renamed("expressedBy", "source", "R5 calls 'who's responsible for creating the goal' source"),
        Merged("outcomeCode", "outcomeReference", "outcome", "R5 has one CodeableReference for what was achieved"),
    ),
}
