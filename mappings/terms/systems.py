"""URLs of the systems that Planbridge writes, once. Each is HL7's own spelling unless marked local."""

LOCAL = "https://planbridge.dev/fhir/"
"""Local. Our own extensions stand below it; they never leave the programme."""

RFC_3986 = "urn:ietf:rfc:3986"
"""Identifier.system of a value that is itself a URI: https://hl7.org/fhir/R4/datatypes.html#Identifier"""

TERMS = LOCAL + "local/terms"
"""Local. Our own codes, for what no public code system has a code that this project has seen."""

V3_ACT_CODE = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
"""HL7/UTG input/sourceOfTruth/v3/codeSystems/v3-ActCode.xml"""

UCUM = "http://unitsofmeasure.org"
"""https://terminology.hl7.org/UCUM.html"""

V3_ROLE_CODE = "http://terminology.hl7.org/CodeSystem/v3-RoleCode"
"""HL7/UTG input/sourceOfTruth/v3/codeSystems/v3-RoleCode.xml"""

PARTICIPANT_TYPE = "http://terminology.hl7.org/CodeSystem/provenance-participant-type"
"""https://hl7.org/fhir/R4/codesystem-provenance-participant-type.html"""

PARTICIPATION = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType"
"""HL7/UTG input/sourceOfTruth/v3/codeSystems/v3-ParticipationType.xml"""

LOINC = "http://loinc.org"
"""https://terminology.hl7.org/LOINC.html"""
