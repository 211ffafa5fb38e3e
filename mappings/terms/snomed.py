"""SNOMED CT as Planbridge writes it: the displays of the codes that it knows, for receivers who demand one.

SNOMED CT content needs a national or UMLS licence at run time: this is the handful of codes that our own tables and
fixtures use, with the display of the source. Displays are never compared, for they differ between editions.
Sources, by row: 1 canvas-medical/canvas-plugins value_set/v2026/intervention.py (VSAC), 2 the same, v2022/condition.py,
3 HL7/us-behavioral-health-profiles ServiceRequest-peer-mentoring-example-1.xml, 4 synthetichealth/synthea modules,
5 NRCES StructureDefinition DischargeSummaryRecord 2.0.1 (fixed displays), 6 HL7/fhir-us-mcc MCCCareTeam.
"""

from __future__ import annotations

SNOMED = "http://snomed.info/sct"
"""https://terminology.hl7.org/SNOMEDCT.html"""

# fmt: off
_ROWS = (
    # code              source  display
    ("385989002",       1, "Substance use therapy"),
    ("266707007",       1, "Drug addiction therapy"),
    ("62213004",        1, "Combined alcohol and drug rehabilitation"),
    ("35637008",        1, "Alcohol rehabilitation"),
    ("386449006",       1, "Alcohol withdrawal treatment"),
    ("386450006",       1, "Drug withdrawal treatment"),
    ("720174008",       1, "Drug harm reduction program"),
    ("720175009",       1, "Alcohol harm reduction program"),
    ("720178006",       1, "Alcohol twelve step program"),
    ("310653000",       1, "Drug addiction therapy using methadone"),
    ("792901003",       1, "Drug addiction therapy using buprenorphine"),
    ("228557008",       1, "Cognitive and behavioral therapy"),
    ("183382003",       1, "Psychotherapy - behavioral"),
    ("183383008",       1, "Psychotherapy - cognitive"),
    ("443730003",       1, "Interpersonal psychotherapy"),
    ("18512000",        1, "Individual psychotherapy"),
    ("76168009",        1, "Group psychotherapy"),
    ("1555005",         1, "Brief group psychotherapy"),
    ("108313002",       1, "Family psychotherapy"),
    ("302247005",       1, "Narrative family therapy"),
    ("361229007",       1, "Structural family therapy"),
    ("461481000124109", 3, "Referral to peer support"),
    ("66590003",        2, "Alcohol dependence"),
    ("75544000",        2, "Opioid dependence"),
    ("231477003",       2, "Heroin dependence"),
    ("85005007",        2, "Cannabis dependence"),
    ("31956009",        2, "Cocaine dependence"),
    ("21647008",        2, "Amphetamine dependence"),
    ("426873000",       2, "Methamphetamine dependence"),
    ("442406005",       2, "Stimulant dependence"),
    ("427327003",       2, "Sedative dependence"),
    ("2403008",         2, "Psychoactive substance dependence"),
    ("449868002",       2, "Smokes tobacco daily (finding)"),
    ("734163000",       5, "Care plan"),
    ("373942005",       5, "Discharge summary"),
    ("1003606003",      5, "Medication history section"),
    ("116154003",       6, "Patient (person)"),
    ("133932002",       6, "Caregiver (person)"),
)
# fmt: on

DISPLAYS = {code: display for code, _, display in _ROWS}
"""SNOMED CT code -> display."""
