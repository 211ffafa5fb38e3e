"""R4 and R5 of documents, compositions, devices, coverages and what else comes with them.

Sources: "R4 Diff" on https://hl7.org/fhir/R5/documentreference.html and its neighbours; HL7's maps *4to5.fml.
"""

from __future__ import annotations

from collections.abc import Iterator

from mappings.releases.alternates import leads_to, may_stand
from mappings.releases.forms import Apart, Split, code_of, coded, concept
from mappings.releases.rows import UNKNOWN, By, Codes, Here, Merged, Part, Renamed, Row, listed, shaped
from mappings.tree import Tree

ATTESTATION = "http://hl7.org/fhir/composition-attestation-mode"
"""https://hl7.org/fhir/R5/codesystem-composition-attestation-mode.html"""

RELATIONSHIP = "http://hl7.org/fhir/document-relationship-type"
"""https://hl7.org/fhir/R5/codesystem-document-relationship-type.html"""


class Context(Row):
    """R4's context of a document: in R5 its encounters are the context, the rest are elements of the document."""

    _SAME = ("period", "facilityType", "practiceSetting")

    def __init__(self) -> None:
        super().__init__(("context",), ("context", "event", *self._SAME), "divided")

    def counterpart(self, name: str, release: str) -> str | None:
        return None

    def to_r5(self, part: Part, here: Here) -> Part:
        said = part["context"]
        if not isinstance(said, dict) or "modifierExtension" in said:
            return {}
        made: Part = {"context": said["encounter"]} if "encounter" in said else {}
        made |= {"event": [{"concept": x} for x in listed(said.get("event"))]} if "event" in said else {}
        return made | {name: said[name] for name in self._SAME if name in said}

    def to_r4(self, part: Part, here: Here) -> Part:
        meetings = [x for x in listed(part.get("context")) if leads_to(x) != "Appointment"]
        events = [x["concept"] for x in listed(part.get("event")) if isinstance(x, dict) and "concept" in x]
        made: Part = {"encounter": meetings} if meetings else {}
        made |= {"event": events} if events else {}
        made |= {name: part[name] for name in self._SAME if name in part}
        return {"context": made} if made else {}

    def restored(self, part: Part, hint: Part, to: str, here: Here) -> Part:
        more, made = hint.get("context"), self.go(part, to, here).get("context", {})
        if to == "R5" or not isinstance(more, dict) or more.keys() & {"encounter", "event", *self._SAME}:
            return super().restored(part, hint, to, here)
        return {"context": {**made, **more}}

    def candidates(self, part: Part) -> Iterator[Part]:
        said = part.get("context")
        if isinstance(said, dict):
            yield {"context": {k: v for k, v in said.items() if k not in ("encounter", "event", *self._SAME)}}
        yield part


def _attested(part: Part, here: Here) -> Part:
    return {"attester": [{"mode": concept(ATTESTATION, "official"), "party": part["authenticator"]}]}


def _authenticated(part: Part, here: Here) -> Part:
    for each in listed(part.get("attester")):
        official = isinstance(each, dict) and code_of(each.get("mode"), ATTESTATION) == "official"
        if official and "party" in each and may_stand(each["party"], "R4", "authenticator", here):
            return {"authenticator": each["party"]}
    return {}


def _profiled(part: Part, here: Here) -> Part:
    return {"profile": [{"valueCoding": part["format"]}]}


def _formatted(part: Part, here: Here) -> Part:
    found = [x["valueCoding"] for x in listed(part.get("profile")) if isinstance(x, dict) and "valueCoding" in x]
    return {"format": found[0]} if found else {}


def valued(name: str, why: str, *, demanded: bool = False) -> By:
    """Return the row of a text in R4, which may demand one, that is the value of an Identifier in R5."""

    def to_r5(part: Part, here: Here) -> Part:
        twins = {"value": part.get(name), "_value": part.get(f"_{name}")}
        return shaped(name, [{k: v for k, v in twins.items() if v is not None}], here.field("R5", name))

    def to_r4(part: Part, here: Here) -> Part:
        first = next(iter(listed(part.get(name))), None)
        names = {"value": name, "_value": f"_{name}"}
        found = {names[k]: v for k, v in first.items() if k in names} if isinstance(first, dict) else {}
        return found or ({f"_{name}": UNKNOWN} if demanded else {})

    return Apart((name,), (name,), why, to_r5=to_r5, to_r4=to_r4)


def _insured(part: Part, here: Here) -> Part:
    """The first payor is the insurer where it is an organization; who else pays is a paying party.

    R5 demands a kind: an organization insures, else "one or more persons ... are paying" (self-pay).
    """
    payors = [x for x in listed(part.get("payor")) if x != UNKNOWN]
    insurer = payors[:1] if payors and may_stand(payors[0], "R5", "insurer", here) else []
    made: Part = {"kind": _coverage(payors)} | ({"insurer": insurer[0]} if insurer else {})
    rest = payors[len(insurer) :]
    return made | ({"paymentBy": [{"party": x} for x in rest]} if rest else {})


def _coverage(payors: list[Tree]) -> Tree:
    return (
        "insurance" if payors and leads_to(payors[0]) in (None, "Organization") else "self-pay" if payors else "other"
    )


def _payors(part: Part, here: Here) -> Part:
    made = [part["insurer"]] if "insurer" in part else []
    made += [x["party"] for x in listed(part.get("paymentBy")) if isinstance(x, dict) and "party" in x]
    return {"payor": made or [UNKNOWN]}


def _measured(part: Part, here: Here) -> Part:
    for name, new in (("valueQuantity", "valueQuantity"), ("valueCode", "valueCodeableConcept")):
        if values := listed(part.get(name)):
            return {new: values[0]}
    return {"_valueString": UNKNOWN}


def _measures(part: Part, here: Here) -> Part:
    names = {"valueQuantity": "valueQuantity", "valueCodeableConcept": "valueCode"}
    return {names[key]: [value] for key, value in part.items() if key in names}


# Codes of R5's composition-status that R4 has not. Those without a like-minded code leave the value out.
_STATUS: dict[str, str | None] = {
    "registered": "preliminary",
    "partial": "preliminary",
    "corrected": "amended",
    "appended": "amended",
    "cancelled": None,
    "deprecated": None,
    "unknown": None,
}

# fmt: off
ROWS: dict[str, tuple[Row, ...]] = {
    "DocumentReference": (
        Split("masterIdentifier", "identifier", "R5 has identifiers only"),
        Codes("docStatus", "R5 has more", r5_only=_STATUS),
        By(("authenticator",), ("attester",), "renamed; mode as in HL7's converter", to_r5=_attested,
           to_r4=_authenticated),
        Context(),
    ),
    "DocumentReference.relatesTo": (
        coded("code", RELATIONSHIP, "replaces transforms signs appends", "CodeableConcept in R5", demanded=True),
    ),
    "DocumentReference.content": (
        Apart(("format",), ("profile",), "several in R5", to_r5=_profiled, to_r4=_formatted),
    ),
    "Composition": (Codes("status", "R5 has more", r5_only=_STATUS),),
    "Composition.attester": (
        coded("mode", ATTESTATION, "personal professional legal official", "CodeableConcept in R5", demanded=True),
    ),
    "Composition.event": (Merged("code", "detail", "detail", "one list of CodeableReference in R5"),),
    "DiagnosticReport": (Codes("status", "R5 has more", r5_only={"modified": "amended"}),),
    "Coverage": (
        By(("payor",), ("insurer", "paymentBy", "kind"), "divided; R4 demands one", to_r5=_insured,
           to_r4=_payors, always=True),
        valued("subscriberId", "an Identifier in R5"),
    ),
    "Coverage.class": (valued("value", "an Identifier in R5", demanded=True),),
    "Device": (Codes("status", "R5 has no unknown", r4_only={"unknown": None}),),
    "Device.deviceName": (Renamed("name", "value", "renamed"),),
    "Device.property": (
        By(("valueQuantity", "valueCode"), ("valueQuantity", "valueCodeableConcept", "valueString"), "one in R5",
           to_r5=_measured, to_r4=_measures, always=True),
    ),
    "Device.udiCarrier": (Codes("entryType", "R5 has more", r5_only={"electronic-transmission": "unknown"}),),
    "OperationOutcome.issue": (
        Codes("severity", "R5 has more", r5_only={"success": "information"}),
        Codes("code", "R5 has more", r5_only={"success": "informational", "limited-filter": "informational"}),
    ),
}
# fmt: on
