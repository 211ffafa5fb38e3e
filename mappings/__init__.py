"""The translation between a recovery programme's words and FHIR. Pure: no wire, no disk, no clock."""
