"""Names, channels, addresses and languages of people: https://hl7.org/fhir/R4/datatypes.html#HumanName

HumanName, ContactPoint and Address are atomic. The name a person goes by is the one of use `usual`: "Known as/
conventional/the one you normally use" (https://hl7.org/fhir/R4/valueset-name-use.html).
"""

from __future__ import annotations

from typing import Any

from mappings.lens.combinators import Table
from mappings.lens.lists import Each, One
from mappings.lens.notation import at, const, each, primitives, table
from mappings.lens.parts import Slice
from mappings.model.person import Address, Channel, Language, Name
from mappings.tables.datatypes import BOOLEAN, CONCEPT, PERIOD, TEXT, WHOLE, codes, identity
from mappings.tree import Tree

# https://hl7.org/fhir/R4/valueset-name-use.html, without usual
NAME_USE = codes("official temp nickname anonymous old maiden")
# https://hl7.org/fhir/R4/valueset-contact-point-system.html
CHANNEL_KIND = codes("phone fax email pager url sms other")
# https://hl7.org/fhir/R4/valueset-contact-point-use.html
CHANNEL_USE = codes("home work temp old mobile")
# https://hl7.org/fhir/R4/valueset-address-use.html
ADDRESS_USE = codes("home work temp old billing")
# https://hl7.org/fhir/R4/valueset-address-type.html
ADDRESS_KIND = codes("postal physical both")
# https://hl7.org/fhir/R4/valueset-administrative-gender.html
GENDER = codes("male female other unknown")


def _name(*use: tuple[str | None, Any]) -> Table:
    # fmt: off
    return table(Name,
        *use,
        ("text",   at("text", TEXT)),
        ("family", at("family", TEXT)),
        ("given",  primitives("given", TEXT)),
        ("prefix", primitives("prefix", TEXT)),
        ("suffix", primitives("suffix", TEXT)),
        ("period", at("period", PERIOD)),
        atomic=True)
    # fmt: on


NAME, NAME_USED = _name(("use", at("use", NAME_USE))), _name(const("use", "usual"))


def is_usual(node: Tree) -> bool:
    """Tell whether a HumanName is the one that its bearer goes by."""
    return isinstance(node, dict) and bool(node.get("use") == "usual")


def is_other(node: Tree) -> bool:
    """Tell whether a HumanName is any other one."""
    return not is_usual(node)


# fmt: off
CHANNEL = table(Channel,
    ("kind",   at("system", CHANNEL_KIND)),
    ("value",  at("value", TEXT)),
    ("use",    at("use", CHANNEL_USE)),
    ("order",  at("rank", WHOLE)),
    ("period", at("period", PERIOD)),
    atomic=True)

ADDRESS = table(Address,
    ("use",      at("use", ADDRESS_USE)),
    ("kind",     at("type", ADDRESS_KIND)),
    ("text",     at("text", TEXT)),
    ("lines",    primitives("line", TEXT)),
    ("city",     at("city", TEXT)),
    ("district", at("district", TEXT)),
    ("state",    at("state", TEXT)),
    ("postcode", at("postalCode", TEXT)),
    ("country",  at("country", TEXT)),
    ("period",   at("period", PERIOD)),
    atomic=True)

LANGUAGE = table(Language,
    ("language",     at("language", CONCEPT)),
    ("first_choice", at("preferred", BOOLEAN)))

NAMES        = Slice("name", Each(NAME, mine=is_other))
USED         = Slice("name", One(Each(NAME_USED, mine=is_usual)))
ALL_NAMES    = at("name", each(NAME))
REACHED_BY   = at("telecom", each(CHANNEL, identity("kind", "value")))
LIVES_AT     = at("address", each(ADDRESS))
LANGUAGES    = at("communication", each(LANGUAGE))
# fmt: on
