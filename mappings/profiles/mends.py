"""How a record is made to meet a demand without inventing a fact: by adding what follows from what it says already.

Where something has to go, it goes out of what is sent only, and the desk says so; the stored record keeps it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from mappings.issues import Issue
from mappings.lens.documents import Docs
from mappings.lens.narrative import narrative
from mappings.profiles.rules import Mend, ProfileIssue, codings, extensions, listed, pointed_at
from mappings.terms.snomed import DISPLAYS, SNOMED
from mappings.translate import read
from mappings.tree import Path, Tree, fhirpath

Object = dict[str, Tree]

DATA_ABSENT = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
"""https://hl7.org/fhir/R4/extension-data-absent-reason.html"""
DATA_ABSENT_CODES = "http://terminology.hl7.org/CodeSystem/data-absent-reason"
"""https://terminology.hl7.org/CodeSystem-data-absent-reason.html"""


@dataclass(frozen=True, slots=True)
class Moved:
    """Something that a receiver has no place for where it stands.

    document  the stored document, as a reference of the set
    at        its path in that document
    to        the document that says it now; "" where it was left out of what is sent
    """

    document: str
    at: Path
    to: str = ""


@dataclass(slots=True)
class Desk:
    """A set of documents while it is made ready, where it stands, and what it has to say.

    docs      the set, with what was made so far
    document  the reference of the one in hand; `resource` is it, or the contained record in it, `at` the place in hand
    made      new documents by reference
    when      when the set is put together, a FHIR dateTime with an offset, or ""
    """

    receiver: str
    docs: Docs
    when: str = ""
    document: str = ""
    resource: Object = field(default_factory=dict)
    inside: Path = ()
    at: Path = ()
    made: dict[str, Tree] = field(default_factory=dict)
    moved: list[Moved] = field(default_factory=list)
    issues: list[Issue] = field(default_factory=list)

    def say(self, name: str, text: str, fix: str = "", severity: str = "information", rule: str = "added") -> None:
        """Report what was done to an element of the object in hand."""
        at = (*self.inside, *self.at, *((name,) if name else ()))
        path = fhirpath(self.document.partition("/")[0], at)
        code = "informational" if severity != "error" else "required"
        issue = ProfileIssue(path, code, text, fix, severity, f"{self.receiver}/{rule}", self.document, at)
        self.issues.append(issue)

    def leave_out(self, name: str, text: str, to: str = "") -> None:
        """Report what stands in the stored document and not, or elsewhere, in what is sent."""
        self.moved.append(Moved(self.document, (*self.inside, *self.at, name), to))
        self.say(name, text, "", "information", "moved")


def appended(value: Tree) -> Mend:
    """Add an item to a list."""

    def mend(parent: Object, name: str, desk: Desk) -> Object:
        return {**parent, name: [*listed(parent, name), value]}

    return mend


def said_absent(*, many: bool = False, primitive: bool = False, coded: bool = False) -> Mend:
    """Say that a mandatory element is not known, the way FHIR has for it.

    US Core, General Guidance, "Missing Data": the extension, and the code `unknown` for concepts. `many`: the element
    is a list. The reason is `unknown`, for why it is not known is not known either.
    """
    absent: Tree = {"extension": [{"url": DATA_ABSENT, "valueCode": "unknown"}]}
    if coded:
        absent = {"coding": [{"system": DATA_ABSENT_CODES, "code": "unknown", "display": "Unknown"}]}

    def mend(parent: Object, name: str, desk: Desk) -> Object:
        desk.say(name, "mandatory here and not known: sent as 'unknown'", "Give it.", "warning", "absent")
        return {**parent, f"_{name}" if primitive else name: [absent] if many else absent}

    return mend


def generated_narrative(parent: Object, name: str, desk: Desk) -> Object:
    """Write a narrative where there is none, from the whole document. One that somebody wrote stays."""
    held = parent.get("text")
    if isinstance(held, dict) and held.get("status") != "empty":
        return parent
    trees = {**desk.made, desk.document: parent}
    div = narrative(read(desk.docs.replaced(trees), desk.document))
    desk.say("text", "a narrative was generated from the record")
    text = {"status": "generated", "div": div}
    return {"resourceType": parent["resourceType"], **_head(parent), "text": text, **_rest(parent)}


def _head(resource: Object) -> Object:
    return {key: resource[key] for key in ("id", "meta", "implicitRules", "language") if key in resource}


def _rest(resource: Object) -> Object:
    return {key: held for key, held in resource.items() if key not in {"resourceType", "text", *_head(resource)}}


def only_from(system: str) -> Mend:
    """Send only the codings of one system. A concept keeps its text, or takes what a coding that goes displays."""

    def concept(held: Tree) -> Tree | None:
        if not isinstance(held, dict) or all(of == system for of, _ in codings(held)):
            return held
        every = listed(held, "coding")
        kept = [one for one in every if isinstance(one, dict) and one.get("system") == system]
        text = held.get("text") or next((one["display"] for one in every if one not in kept and "display" in one), None)
        rest = {key: value for key, value in held.items() if key not in {"coding", "text"}}
        sent = {**rest, **({"coding": kept} if kept else {}), **({"text": text} if text else {})}
        return sent or None

    def mend(parent: Object, name: str, desk: Desk) -> Object:
        held = parent[name]
        if not isinstance(held, list):
            sent = concept(held)
            if sent is None:
                return parent
            desk.leave_out(name, f"codings of other systems than {system} are not sent")
            return {**parent, name: sent}
        left = [one for one in map(concept, held) if one is not None]
        desk.leave_out(name, f"codings of other systems than {system} are not sent")
        return {**parent, name: left} if left else {key: value for key, value in parent.items() if key != name}

    return mend


def known_display(parent: Object, name: str, desk: Desk) -> Object:
    """Give a SNOMED CT code the display that it has there, where we know it."""
    display = DISPLAYS.get(str(parent.get("code"))) if parent.get("system") == SNOMED else None
    return parent if display is None else {**parent, name: display}


def copied(of: str, url: str) -> Mend:
    """Repeat a reference of the record in an extension of the receiver's."""

    def mend(parent: Object, name: str, desk: Desk) -> Object:
        held = parent.get(of)
        if not isinstance(held, dict):
            return parent
        return appended({"url": url, "valueReference": held})(parent, name, desk)

    return mend


def contained_from_name(parent: Object, name: str, desk: Desk) -> Object:
    """Contain the party that a reference names by identifier and not by place, so that there is a place to refer to.

    Its type, identifier and display are the reference's own; nothing else is said of it.
    """
    reference = parent.get(name)
    kind = pointed_at(reference)
    if not isinstance(reference, dict) or kind not in _NAMED or "identifier" not in reference:
        return parent
    shown = reference.get("display")
    party = {"resourceType": kind, "id": name, "identifier": [reference["identifier"]]}
    party |= {"name": _NAMED[kind](shown)} if shown else {}
    desk.say(name, "the party that is named here by identifier was contained")
    inside = [*listed(parent, "contained"), party]
    sent = {"reference": f"#{name}", **reference}
    head = {"resourceType": parent["resourceType"], **_head(parent)}
    head |= {"text": parent["text"]} if "text" in parent else {}
    rest = {key: held for key, held in _rest(parent).items() if key != "contained"}
    return {**head, "contained": inside, **rest, name: sent}


_NAMED: dict[str, Any] = {
    "Practitioner": lambda shown: [{"text": shown}],
    "Organization": lambda shown: shown,
}


def one_role_each(parent: Object, name: str, desk: Desk) -> Object:
    """Name a participant of several roles once in each."""
    sent: list[Tree] = []
    for one in listed(parent, name):
        roles = listed(one, "role") if isinstance(one, dict) else []
        sent += [{**one, "role": [role]} for role in roles] if len(roles) > 1 else [one]
    desk.leave_out(name, "who has several roles is sent once in each")
    return {**parent, name: sent}


def without_repeats(parent: Object, name: str, desk: Desk) -> Object:
    """Give a question that stands twice in one place all its answers in the first (R4 allowed both ways, SDC does not).

    https://hl7.org/fhir/R5/questionnaireresponse.html, qrs-2.
    """
    kept: list[Tree] = []
    first: dict[str, int] = {}
    for item in listed(parent, name):
        link = item.get("linkId") if isinstance(item, dict) and "answer" in item else None
        if link in first:
            old = kept[first[link]]
            kept[first[link]] = {**old, "answer": [*listed(old, "answer"), *listed(item, "answer")]}
            continue
        if link is not None:
            first[str(link)] = len(kept)
        kept.append(item)
    desk.leave_out(name, "the answers to one question, given apart, are sent together")
    return {**parent, name: kept}


def beside(url: str, other: str) -> Mend:
    """Repeat the value of one extension in another that means the same."""

    def mend(parent: Object, name: str, desk: Desk) -> Object:
        said = [{**one, "url": other} for one in extensions(parent, url)]
        return {**parent, "extension": [*listed(parent, "extension"), *said]}

    return mend
