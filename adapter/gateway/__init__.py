"""HTTP in: the records as FHIR R4 and in the programme's own JSON, to those who may have them."""
