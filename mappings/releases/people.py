"""R4 and R5 of care teams, practitioners, organizations and places. Patient and RelatedPerson are the same in both.

Sources: "R4 Diff" on https://hl7.org/fhir/R5/careteam.html, practitioner, practitionerrole, organization, location,
group; HL7's maps *4to5.fml, which lose all roles of a participant but one.
"""

from __future__ import annotations

from mappings.releases.forms import Apart, Left, inside, translated
from mappings.releases.rows import UNKNOWN, By, Codes, Here, Merged, Part, Renamed, Row, listed
from mappings.tree import Tree


def _one_role_each(part: Part, here: Here) -> Part:
    """A participant with two roles is two participants in R5, the first of which keeps the element's id."""
    made: list[Tree] = []
    for person in listed(part["participant"]):
        roles = person.get("role") if isinstance(person, dict) else None
        if not isinstance(roles, list) or not roles:
            made.append(person)
            continue
        made += [{**person, "role": role} for role in roles[:1]]
        made += [{k: role if k == "role" else v for k, v in person.items() if k != "id"} for role in roles[1:]]
    return {"participant": made}


def _all_roles(part: Part, here: Here) -> Part:
    """Participants side by side that say the same but for their role are one participant in R4."""
    made: list[Tree] = []
    before: Tree = None
    for person in listed(part["participant"]):
        if not isinstance(person, dict) or "role" not in person:
            before = None
            made.append(person)
            continue
        rest = {k: v for k, v in person.items() if k not in ("id", "role")}
        if rest and rest == before and "id" not in person:
            made[-1] = {**made[-1], "role": [*made[-1]["role"], person["role"]]}
        else:
            made.append({**person, "role": [person["role"]]})
        before = rest
    return {"participant": made}


def _contacts(part: Part, here: Here) -> Part:
    """How to reach an organization are contacts in R5: all of telecom in one, each address in one."""
    made: list[Tree] = [{"telecom": part["telecom"]}] if "telecom" in part else []
    made += [{"address": address} for address in listed(part.get("address"))]
    return {"contact": made + listed(part.get("contact"))}


def _reached(part: Part, here: Here) -> Part:
    contacts = listed(part.get("contact"))
    many = bool((about := here.field("R4", "address")) and about.many)
    telecoms = 1 if contacts and isinstance(contacts[0], dict) and contacts[0].keys() == {"telecom"} else 0
    made: Part = {"telecom": contacts[0]["telecom"]} if telecoms else {}
    if not many:
        return made
    rest = contacts[telecoms:]
    addressed = next((n for n, x in enumerate(rest) if not isinstance(x, dict) or x.keys() != {"address"}), len(rest))
    made |= {"address": [x["address"] for x in rest[:addressed]]} if addressed else {}
    return made | ({"contact": rest[addressed:]} if rest[addressed:] else {})


def _available(part: Part, here: Here) -> Part:
    times = [x for values in part.values() for x in listed(values)]
    if any(isinstance(x, dict) and "modifierExtension" in x for x in times):  # a datatype has none in R5
        return {}
    names = {"availableTime": "availableTime", "notAvailable": "notAvailableTime"}
    return {"availability": [{names[key]: value for key, value in part.items()}]}


def _hours(part: Part, here: Here) -> Part:
    times = listed(part.get("availability"))
    names = {"availableTime": "availableTime", "notAvailableTime": "notAvailable"}
    first = times[0] if times and isinstance(times[0], dict) else {}
    made = {names[key]: value for key, value in first.items() if key in names}
    if isinstance(away := made.get("notAvailable"), list):  # R4 demands a description of each
        made["notAvailable"] = [
            x
            if not isinstance(x, dict) or x.keys() & {"description", "_description"}
            else {**x, "_description": UNKNOWN}
            for x in away
        ]
    return made


_FALSE_TRUE = {True: "enumerated", False: "definitional"}

# fmt: off
ROWS: dict[str, tuple[Row, ...]] = {
    "CareTeam": (
        By(("participant",), ("participant",), "one role each in R5", to_r5=_one_role_each, to_r4=_all_roles),
        Merged("reasonCode", "reasonReference", "reason", "one list of CodeableReference in R5"),
    ),
    "CareTeam.participant": (
        Left("role", why="CareTeam's row divides participants by role"),
        Renamed("period", "coveragePeriod", "a choice in R5"),
    ),
    "Practitioner": (inside("communication", "communication", "language", "R5 says which language is preferred, too"),),
    "PractitionerRole": (
        By(("telecom",), ("contact",), "ExtendedContactDetail in R5", to_r5=_contacts, to_r4=_reached),
        Apart(("availableTime", "notAvailable"), ("availability",), "a datatype in R5", to_r5=_available, to_r4=_hours),
    ),
    "Organization": (
        By(("contact", "telecom", "address"), ("contact",), "ExtendedContactDetail in R5", to_r5=_contacts,
           to_r4=_reached),
    ),
    "Location": (
        By(("telecom",), ("contact",), "ExtendedContactDetail in R5", to_r5=_contacts, to_r4=_reached),
        Renamed("physicalType", "form", "renamed"),
    ),
    "Group": (
        translated("actual", "membership", _FALSE_TRUE, "renamed; https://hl7.org/fhir/R5/group.html"),
        Codes("type", "each release has types of member that the other lacks",
              r4_only=dict.fromkeys(("medication", "substance")),
              r5_only=dict.fromkeys(("careteam", "healthcareservice", "location", "organization", "relatedperson",
                                     "specimen"))),
    ),
}
# fmt: on
