"""The lens: one table per FHIR resource type, read in both directions over a set of documents."""
