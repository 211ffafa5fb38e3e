"""EpisodeOfCare: https://hl7.org/fhir/R4/episodeofcare.html

    "extension": [{"url": ".../episode-ending", "extension": [{"url": "code", "valueCodeableConcept": {...}},
                                                              {"url": "reason", "valueString": "…"}]}, ...]

Carried, not read: account (billing is outside the model).
"""

from __future__ import annotations

from mappings.lens.notation import at, const, each, extension, one_extension, table
from mappings.lens.parts import Within
from mappings.model.episode import EarlierStatus, Ending, Episode, TreatedNeed
from mappings.tables.datatypes import (
    CONCEPT,
    DATE_TIME,
    PERIOD,
    REFERENCE,
    TEXT,
    WHOLE,
    codes,
    concepts,
    references,
)
from mappings.tables.held import held
from mappings.tables.record import record
from mappings.terms.systems import LOCAL

PREVIOUS = LOCAL + "previous-episode"
"""Local: the episode before, on a readmission."""
ENDING = LOCAL + "episode-ending"
"""Local: how it ended and why. Only Encounter has a discharge disposition."""
AFTERCARE = LOCAL + "aftercare"
"""Local: what follows."""
# https://hl7.org/fhir/R4/valueset-episode-of-care-status.html
STATUS = codes("planned waitlist active onhold finished cancelled entered-in-error")

# fmt: off
ENDED = table(Ending,
    const("url", ENDING),
    ("code",   extension("code", at("valueCodeableConcept", CONCEPT))),
    ("reason", extension("reason", at("valueString", TEXT))))

TREATED = table(TreatedNeed,
    ("need",  at("condition", REFERENCE)),
    ("role",  at("role", CONCEPT)),
    ("order", at("rank", WHOLE)))

EARLIER = table(EarlierStatus,
    ("status", at("status", STATUS)),
    ("period", at("period", PERIOD)))

EPISODE_OF_CARE = table(Episode,
    const("resourceType", "EpisodeOfCare"),
    *record(),
    ("previous",       extension(PREVIOUS, at("valueReference", REFERENCE))),
    ("ending",         one_extension(ENDING, ENDED)),
    ("aftercare",      held(AFTERCARE, "valueCodeableConcept", CONCEPT)),
    ("status",         at("status", STATUS)),
    ("earlier",        at("statusHistory", each(EARLIER))),
    ("level_received", concepts("type")),
    ("needs",          at("diagnosis", each(TREATED))),
    ("person",         at("patient", REFERENCE)),
    ("programme",      at("managingOrganization", REFERENCE)),
    ("admitted",       Within("period", at("start", DATE_TIME))),
    ("ended",          Within("period", at("end", DATE_TIME))),
    ("referrals",      references("referralRequest")),
    ("key_worker",     at("careManager", REFERENCE)),
    ("teams",          references("team")),
    root=True)
# fmt: on
