"""What every record says of itself, written once: its identifiers, who recorded it and when, how sensitive it is, and
who may be told.

By FHIR's own element where the type has one (recorder, authoredOn ...), else in a local extension:

    "extension": [{"url": ".../recorded-by", "valueReference": {...}}, {"url": ".../recorded-at", "valueDateTime": "…"},
                  {"url": ".../sensitivity", "valueCoding": {...}},    {"url": ".../share", "valueCode": "never"}]

Sensitivity is the programme's own judgement, kept apart from `meta.security`: labels are computed when a record is
released (https://hl7.org/fhir/R4/security-labels.html), these words are what they are computed from.
"""

from __future__ import annotations

from typing import Any

from mappings.lens.lists import Inside
from mappings.lens.notation import at, extension, extensions
from mappings.tables.coded import coded
from mappings.tables.datatypes import DATE_TIME, REFERENCE, codes, identifiers
from mappings.terms.systems import LOCAL, TERMS, V3_ACT_CODE

RECORDED_BY = LOCAL + "recorded-by"
"""Local: who wrote the record down, where the type has no element for it."""
RECORDED_AT = LOCAL + "recorded-at"
"""Local: when it was written down, where the type has no element for it."""
SENSITIVITY = LOCAL + "sensitivity"
"""Local: what in the record needs special care."""
SHARE = LOCAL + "share"
"""Local: who may be told at all, before any consent is asked."""

# fmt: off
SENSITIVE: dict[str, tuple[str, str]] = {
    # the clinic's word     system and code        HL7/UTG v3-ActCode.xml (InformationSensitivityPolicy)
    "substance-use":       (V3_ACT_CODE, "SUD"),
    "alcohol-use":         (V3_ACT_CODE, "ETHUD"),
    "opioid-use":          (V3_ACT_CODE, "OPIOIDUD"),
    "mental-health":       (V3_ACT_CODE, "MH"),
    "behavioural-health":  (V3_ACT_CODE, "BH"),
    "psychiatry":          (V3_ACT_CODE, "PSY"),
    "counselling-notes":   (V3_ACT_CODE, "PSYTHPN"),
    "hiv":                 (V3_ACT_CODE, "HIV"),
    "violence":            (V3_ACT_CODE, "SDV"),
    "legal":               (TERMS,       "legal"),       # local
    "pregnancy":           (TERMS,       "pregnancy"),   # local
    "family":              (TERMS,       "family"),      # local: tells of a third person
}
# fmt: on

IDENTIFIERS = identifiers()
SHARES = codes("never role-only by-consent")


_RECORDED_BY = extension(RECORDED_BY, at("valueReference", REFERENCE))
_RECORDED_AT = extension(RECORDED_AT, at("valueDateTime", DATE_TIME))


def record(
    recorded_by: Any = _RECORDED_BY, recorded_at: Any = _RECORDED_AT, identifiers: Any = IDENTIFIERS
) -> tuple[tuple[str, Any], ...]:
    """Return the common rows of an entity. Give the row of each fact that the type has an element of its own for:

        table(Need, const(...), *record(at("recorder", REFERENCE), at("recordedDate", DATE_TIME)), ...)

    `identifiers` is given where the type has but one: `at("identifier", AsList(IDENTIFIER))`.
    """
    return (
        ("identifiers", identifiers),
        ("recorded_by", recorded_by),
        ("recorded_at", recorded_at),
        ("sensitivity", extensions(SENSITIVITY, Inside(SENSITIVITY, at("valueCoding", coded(SENSITIVE))))),
        ("share", extension(SHARE, at("valueCode", SHARES))),
    )
