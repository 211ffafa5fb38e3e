"""What is synced, type by type: how it is asked for, whom it is about, and what sync may do with it there.

Search parameters: https://hl7.org/fhir/R4/searchparameter-registry.html
"""

from __future__ import annotations

from typing import NamedTuple

from mappings.tree import Tree


class Carried(NamedTuple):
    """A row of the table.

    search   the parameter that names a person; "" where records of the type are about nobody
    subject  the element that names the person; "" likewise
    created  sync may create it there
    deleted  sync may delete it, there or here
    """

    search: str
    subject: str
    created: bool
    deleted: bool


# fmt: off
CARRIED: dict[str, Carried] = {
    # In this order a circle of references is opened: a plan comes last, what it gathers is created before it.
    # type                            search      subject    created  deleted
    "Patient":               Carried("",         "",         False,   False),  # matched by identifier, on both sides
    "Questionnaire":         Carried("",         "",         True,    True),
    "RelatedPerson":         Carried("patient",  "patient",  True,    True),
    "Condition":             Carried("patient",  "subject",  True,    True),
    "Observation":           Carried("patient",  "subject",  True,    True),
    "RiskAssessment":        Carried("patient",  "subject",  True,    True),
    "DocumentReference":     Carried("patient",  "subject",  True,    True),
    "CareTeam":              Carried("patient",  "subject",  True,    True),
    "EpisodeOfCare":         Carried("patient",  "patient",  True,    True),
    "Goal":                  Carried("patient",  "subject",  True,    True),
    "ServiceRequest":        Carried("patient",  "subject",  True,    True),
    "MedicationRequest":     Carried("patient",  "subject",  True,    True),
    "MedicationStatement":   Carried("patient",  "subject",  True,    True),
    "QuestionnaireResponse": Carried("patient",  "subject",  True,    True),
    "CarePlan":              Carried("patient",  "subject",  True,    True),
    # A consent recorded here says what may go out from here; it is not handed on by itself, nor withdrawn there.
    "Consent":               Carried("patient",  "patient",  False,   False),
}
# fmt: on

RANK = {name: at for at, name in enumerate(CARRIED)}

ONE_IDENTIFIER = frozenset({"QuestionnaireResponse"})
"""Types whose `identifier` is one object, not a list: https://hl7.org/fhir/R4/questionnaireresponse.html"""

IDENTIFIED = frozenset(CARRIED)
"""Types that have `identifier` and can be searched by it. In R4 these are all that are carried."""


def subject_literal(resource_type: str, tree: Tree) -> str | None:
    """Return the reference literal by which a record names its person; "" where it names one otherwise, None if not."""
    element = CARRIED[resource_type].subject if resource_type in CARRIED else ""
    named = tree.get(element) if element and isinstance(tree, dict) else None
    if named is None:
        return None
    literal = named.get("reference") if isinstance(named, dict) else None
    return literal if isinstance(literal, str) else ""
