"""Patient: https://hl7.org/fhir/R4/patient.html

    "extension": [{"url": ".../safe-contact", "extension": [{"url": "channel", "valueString": "…"},
                   {"url": "when", "valueString": "…"}, {"url": "discreet", "valueBoolean": true}]}]

Carried, not read: maritalStatus, multipleBirth[x], photo (no plan needs them), link (who is the same person as whom is
the roster's to say), contact.gender, race, ethnicity and sex as US Core extends them (the programme does not ask).
"""

from __future__ import annotations

from mappings.lens.notation import at, choice, const, each, extension, one_extension, table
from mappings.model import values as v
from mappings.model.person import Contact, Person, SafeContact
from mappings.tables.datatypes import BOOLEAN, CONCEPT, DATE, DATE_TIME, PERIOD, REFERENCE, TEXT, concepts, references
from mappings.tables.people import ADDRESS, CHANNEL, GENDER, LANGUAGES, LIVES_AT, NAME, NAMES, REACHED_BY, USED
from mappings.tables.record import record
from mappings.terms.systems import LOCAL

PRONOUNS = "http://hl7.org/fhir/StructureDefinition/individual-pronouns"
"""https://hl7.org/fhir/extensions/StructureDefinition-individual-pronouns.html, codes of LOINC LA29518-0 and on"""
INTERPRETER = "http://hl7.org/fhir/StructureDefinition/patient-interpreterRequired"
"""https://hl7.org/fhir/R4/extension-patient-interpreterrequired.html"""
SAFE_CONTACT = LOCAL + "safe-contact"
"""Local: how the person can be reached without anybody learning of the programme. Never leaves it."""

# fmt: off
SAFE = table(SafeContact,
    const("url", SAFE_CONTACT),
    ("channel",  extension("channel", at("valueString", TEXT))),
    ("when",     extension("when", at("valueString", TEXT))),
    ("discreet", extension("discreet", at("valueBoolean", BOOLEAN))))

CONTACT = table(Contact,
    ("relationship", concepts("relationship")),
    ("called",       at("name", NAME)),
    ("reached_by",   at("telecom", each(CHANNEL))),
    ("lives_at",     at("address", ADDRESS)),
    ("organisation", at("organization", REFERENCE)),
    ("period",       at("period", PERIOD)))

PATIENT = table(Person,
    const("resourceType", "Patient"),
    *record(),
    ("pronouns",        extension(PRONOUNS, extension("value", at("valueCodeableConcept", CONCEPT)))),
    ("interpreter",     extension(INTERPRETER, at("valueBoolean", BOOLEAN))),
    ("safe_contact",    one_extension(SAFE_CONTACT, SAFE)),
    ("in_use",          at("active", BOOLEAN)),
    ("names",           NAMES),
    ("name_used",       USED),
    ("reached_by",      REACHED_BY),
    ("recorded_gender", at("gender", GENDER)),
    ("birth_date",      at("birthDate", DATE)),
    ("died",            choice("deceased", Boolean=(v.Fact, BOOLEAN), DateTime=(v.DateTime, DATE_TIME))),
    ("lives_at",        LIVES_AT),
    ("contacts",        at("contact", each(CONTACT))),
    ("languages",       LANGUAGES),
    ("doctors",         references("generalPractitioner")),
    ("programme",       at("managingOrganization", REFERENCE)),
    root=True)
# fmt: on
