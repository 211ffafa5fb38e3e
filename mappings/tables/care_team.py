"""CareTeam: https://hl7.org/fhir/R4/careteam.html

A participant may be a role alone: a sponsor is, for a name would expose a third person.
"""

from __future__ import annotations

from mappings.lens.notation import at, const, each, table
from mappings.model.person import Team, TeamMember
from mappings.tables.datatypes import PERIOD, REFERENCE, TEXT, codes, concepts, notes, references
from mappings.tables.people import REACHED_BY
from mappings.tables.record import record

# https://hl7.org/fhir/R4/valueset-care-team-status.html
STATUS = codes("proposed active suspended inactive entered-in-error")

# fmt: off
TEAM_MEMBER = table(TeamMember,
    ("roles",    concepts("role")),
    ("named",    at("member", REFERENCE)),
    ("for_whom", at("onBehalfOf", REFERENCE)),
    ("period",   at("period", PERIOD)))

CARE_TEAM = table(Team,
    const("resourceType", "CareTeam"),
    *record(),
    ("status",     at("status", STATUS)),
    ("kinds",      concepts("category")),
    ("title",      at("name", TEXT)),
    ("person",     at("subject", REFERENCE)),
    ("visit",      at("encounter", REFERENCE)),
    ("period",     at("period", PERIOD)),
    ("people",     at("participant", each(TEAM_MEMBER))),
    ("why",        concepts("reasonCode")),
    ("needs",      references("reasonReference")),
    ("programmes", references("managingOrganization")),
    ("reached_by", REACHED_BY),
    ("notes",      notes("note")),
    root=True)
# fmt: on
