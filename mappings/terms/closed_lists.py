"""Closed lists: the clinic's word and the coding that says it, each with its source; what is marked local is ours.

A row is `word: (code, display)`, the code written `system|code` as FHIR searches for it
(https://hl7.org/fhir/R4/search.html#token). HL7's and LOINC's codes carry no display here: theirs stays on the wire as
a server writes it.
"""

from __future__ import annotations

from collections.abc import Mapping

from mappings.terms.systems import LOCAL

Words = Mapping[str, tuple[str, str]]

THO = "http://terminology.hl7.org/CodeSystem/"
LOINC = "http://loinc.org|"


def local(system: str, **displays: str) -> dict[str, tuple[str, str]]:
    """Return words of a local code system: the code is the word, with hyphens."""
    words = {name.replace("_", "-"): display for name, display in displays.items()}
    return {word: (f"{LOCAL}local/{system}|{word}", display) for word, display in words.items()}


def parted(token: str) -> tuple[str, str]:
    """Return (system, code) of `system|code`."""
    system, _, code = token.rpartition("|")
    return system, code


def coding(token: str, display: str = "") -> dict[str, str]:
    """Return the Coding of `system|code`."""
    system, code = parted(token)
    return {"system": system, "code": code} | ({"display": display} if display else {})


def alike(system: str, codes: str) -> dict[str, tuple[str, str]]:
    """Return words of a system of HL7 whose codes are the clinic's words too."""
    return {code: (f"{system}|{code}", "") for code in codes.split()}


# fmt: off
# ---- HL7's lists

# https://hl7.org/fhir/R4/codesystem-condition-clinical.html
COURSE: Words = alike(THO + "condition-clinical", "active recurrence inactive remission resolved") | {
    "return-to-use":         ("http://terminology.hl7.org/CodeSystem/condition-clinical|relapse", ""),
}
# https://hl7.org/fhir/R4/codesystem-condition-ver-status.html
VERIFICATION: Words = alike(THO + "condition-ver-status",
    "unconfirmed provisional differential confirmed refuted entered-in-error")
# https://hl7.org/fhir/R4/codesystem-data-absent-reason.html
UNSAID: Words = alike(THO + "data-absent-reason",
    "unknown not-asked temp-unknown masked not-applicable unsupported as-text error not-a-number negative-infinity"
    " positive-infinity not-performed not-permitted") | {
    "declined":              (THO + "data-absent-reason|asked-declined",     ""),
}

# ---- LOINC

# https://hl7.org/fhir/uv/ips/ValueSet-pregnancy-status-uv-ips.html
PREGNANCY: Words = {
    "pregnant":              (LOINC + "LA15173-0",                           ""),
    "not-pregnant":          (LOINC + "LA26683-5",                           ""),
    "unknown":               (LOINC + "LA4489-6",                            ""),
}
# The same in SNOMED CT, as US Core has it: read, never written. Source: the ConceptMap of that IPS page; US Core 7.0.0
# Observation-pregnancy-status
PREGNANCY_ALSO: Words = {
    "pregnant":              ("http://snomed.info/sct|77386006",             ""),
    "not-pregnant":          ("http://snomed.info/sct|60001007",             ""),
}
# Totals: reference/instruments.md; HL7/US-Core input/examples; LHNCBC/lforms test/data/R4/calc-weight
TOTALS: Words = {
    "audit-c":               (LOINC + "75626-2",                             ""),
    "audit":                 (LOINC + "75624-7",                             ""),
    "phq-9":                 (LOINC + "44261-6",                             ""),
    "gad-7":                 (LOINC + "70274-6",                             ""),
    "pc-ptsd-5":             (LOINC + "102017-1",                            ""),
    "dast-10":               (LOINC + "82667-7",                             ""),
}
# US Core, treatment intervention preference and care experience preference; the finer word is local
TREATMENT_PREFERENCE = LOINC + "75773-2"
EXPERIENCE_PREFERENCE = LOINC + "95541-9"
# https://hl7.org/fhir/uv/ips/StructureDefinition-Observation-pregnancy-status-uv-ips.html and ...-pregnancy-edd-uv-ips
PREGNANCY_STATUS = LOINC + "82810-3"
DUE_DATE = LOINC + "11778-8"

# ---- local lists

OBSERVED: Words = local("observation",                          # what is observed, and each part of it
    level_of_care="Level of care", domain_summary="Summary of a domain", overdose_readiness="Readiness for an overdose",
    readiness="Readiness for change", strength="Strength", barrier="Barrier", use_event="Use of a substance",
    toxicology="Toxicology", outcome="How life goes", score="Score of an assessment")
PART: Words = local("part",
    scheme="Scheme of levels or dimensions", edition="Edition of the scheme", recommended="Level recommended",
    received="Level received", difference_reason="Why these differ", domain="Domain", dimension="Dimension",
    summary="In words", naloxone_held="Naloxone held", offered_on="Naloxone offered on",
    who_trained="Who is trained to give naloxone", tolerance_lost="Tolerance lost", importance="Importance",
    confidence="Confidence", stage="Stage of change", strength="How strongly it is held", substance="Substance",
    context="What was going on", response="What was done", wellbeing="Wellbeing", days_of_use="Days of use",
    days_asked="Days that were asked about", housing="Housing", work="Work")
PREFERENCE: Words = local("preference",
    language="Language", culture="Culture", faith="Faith", family="Family", practitioner="Practitioner",
    schedule="Schedule")
PREFERENCE_STRENGTH: Words = local("preference-strength",
    must="Nothing else will do", strong="Strongly wished", mild="Wished")
STAGE_OF_CHANGE: Words = local("stage-of-change",
    precontemplation="Precontemplation", contemplation="Contemplation", preparation="Preparation", action="Action",
    maintenance="Maintenance")
DOMAIN: Words = local("domain",
    substance_use="Substance use", mental_health="Mental health", medical_history="Medical history",
    social_environment="Social environment", recovery="Recovery")
NEED: Words = local("need",
    substance="Substance use", mental="Mental health", medical="Medical", trauma="Trauma", social="Social",
    family="Family")
REMISSION: Words = local("remission", early="Early remission", sustained="Sustained remission")
DISPOSITION: Words = local("disposition",
    addressed="Addressed", deferred="Deferred", referred="Referred", declined="Declined")
RISK: Words = local("risk",
    withdrawal="Withdrawal", overdose="Overdose", suicide="Suicide", violence="Violence")
PROOF: Words = local("toxicology-proof", screen="Screen", confirmed="Confirmed")
# fmt: on
