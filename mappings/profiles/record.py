"""A discharge summary of ABDM: the composition that carries a plan, and the Bundle that binds it to its records.

https://hl7.org/fhir/R4/documents.html; NRCES DischargeSummaryRecord 2.0.1, sections by code, open at the end.
"""

from __future__ import annotations

from collections.abc import Iterator
from uuid import NAMESPACE_URL, uuid5

from mappings.lens.documents import Docs
from mappings.profiles.mends import Desk, Object
from mappings.terms.snomed import DISPLAYS, SNOMED
from mappings.terms.systems import LOCAL, RFC_3986
from mappings.tree import Tree

DISCHARGE_SUMMARY, CARE_PLAN, MEDICATIONS = "373942005", "734163000", "1003606003"
"""DischargeSummaryRecord: Composition.type and the sections CarePlan and Medications, fixed codes."""

BASE = LOCAL + "local/"
"""Local. Where the entries of a bound document lie by name only, so that their references find each other."""


class DischargeSummary:
    """The record of one plan: `opened` makes the composition, `bound` the Bundle when all of it is ready."""

    def opened(self, docs: Docs, plan: str, desk: Desk) -> dict[str, Tree]:
        """Return the composition by reference. The date is when it is put together, which only the caller knows."""
        tree = docs[plan]
        if tree.get("resourceType") != "CarePlan":
            return {}
        name = str(uuid5(NAMESPACE_URL, f"{plan}|Composition"))
        desk.document, desk.inside, desk.at = f"Composition/{name}", (), ()
        if not desk.when:
            desk.say("date", "required here and missing", "Say when the record is put together.", "error", "required")
        if "author" not in tree:
            desk.say("author", "required here and missing", "Say in the plan whose it is.", "error", "required")
        composition: Object = {
            "resourceType": "Composition",
            "id": name,
            "status": "final",
            "type": _concept(DISCHARGE_SUMMARY),
            "subject": tree.get("subject"),
            "encounter": tree.get("encounter"),
            "date": desk.when or None,
            "author": [tree["author"]] if "author" in tree else None,
            "title": DISPLAYS[DISCHARGE_SUMMARY],
            "section": [_section(CARE_PLAN, [plan]), *self._medications(docs, plan)],
        }
        return {f"Composition/{name}": {key: held for key, held in composition.items() if held is not None}}

    def _medications(self, docs: Docs, plan: str) -> list[Tree]:
        orders = [ref for ref in docs if ref.startswith("MedicationRequest/")]
        for_it = [ref for ref in orders if plan in _named(docs[ref].get("basedOn"))]
        return [_section(MEDICATIONS, for_it)] if for_it else []

    def bound(self, docs: Docs, composition: str, desk: Desk) -> dict[str, Tree]:
        """Return the Bundle of a composition and all that it leads to in the set."""
        if not desk.when:
            return {}
        name = str(uuid5(NAMESPACE_URL, f"{composition}|{desk.when}"))
        bundle = {
            "resourceType": "Bundle",
            "id": name,
            "identifier": {"system": RFC_3986, "value": f"urn:uuid:{name}"},
            "type": "document",
            "timestamp": desk.when,
            "entry": [{"fullUrl": BASE + ref, "resource": docs[ref]} for ref in _reached(docs, composition)],
        }
        return {f"Bundle/{name}": bundle}


def _concept(code: str) -> Tree:
    return {"coding": [{"system": SNOMED, "code": code, "display": DISPLAYS[code]}], "text": DISPLAYS[code]}


def _section(code: str, entries: list[str]) -> Tree:
    return {"title": DISPLAYS[code], "code": _concept(code), "entry": [{"reference": ref} for ref in entries]}


def _reached(docs: Docs, first: str) -> list[str]:
    """Return the documents of the set that can be reached from one, itself first, nearest first."""
    met = [first]
    for ref in met:
        met += [name for name in dict.fromkeys(_named(docs[ref])) if name in docs and name not in met]
    return met


def _named(node: Tree) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("reference"), str):
            yield node["reference"]
        for held in node.values():
            yield from _named(held)
    for held in node if isinstance(node, list) else ():
        yield from _named(held)
