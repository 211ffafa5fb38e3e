"""The rows of profiles.tsv and profile_rows.tsv, read from HL7's and NRCES's StructureDefinitions.

    python -m mappings.check.profile.source ../shared/profiles

What a profile says that its base type says too is no row: the other levels judge it. Of a definition whose base
profile is held, the rows are those of its differential, and the base profile's stand; where the base profile is not
held (SDC 3, on which US Core 6.1 stands), they are what its snapshot says beyond the type.

https://hl7.org/fhir/R4/elementdefinition.html
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mappings.check.bindings import bound
from mappings.check.data import table
from mappings.check.profile.written import WRITTEN
from mappings.check.rules import RULES
from mappings.check.shapes import SHAPES, Field, Shape, resource_shape

CORE = "http://hl7.org/fhir/StructureDefinition/"
RELEASE = "R4"


@dataclass(frozen=True, slots=True)
class Guide:
    """A folder of definitions: the receiver's name for it, its title, version and pages, and where it is from."""

    folder: str
    name: str
    title: str
    version: str
    pages: str
    source: str


# fmt: off
GUIDES = (
    # folder            receiver       title           version  pages                               source (all CC0-1.0)
    Guide("us-core-6.1.0", "us-core-6.1", "US Core 6.1.0", "6.1.0", "https://hl7.org/fhir/us/core/STU6.1/",
          "hl7.fhir.us.core#6.1.0, in inferno-framework/us-core-test-kit"),
    Guide("us-core-7.0.0", "us-core-7",   "US Core 7.0.0", "7.0.0", "https://hl7.org/fhir/us/core/STU7/",
          "hl7.fhir.us.core#7.0.0, in inferno-framework/us-core-test-kit"),
    Guide("us-core-8.0.0", "us-core-8",   "US Core 8.0.0", "8.0.0", "https://hl7.org/fhir/us/core/STU8/",
          "hl7.fhir.us.core#8.0.0, in inferno-framework/us-core-test-kit"),
    Guide("us-core-9.0.0", "us-core-9",   "US Core 9.0.0", "9.0.0", "https://hl7.org/fhir/us/core/",
          "HL7/US-Core, publication-request 9.0.0"),
    Guide("sdc-4",         "sdc-4",       "SDC 4.0.0",     "4.0.0", "https://hl7.org/fhir/uv/sdc/",
          "HL7/sdc 4.0.0-ci-build, by SUSHI 3.21.0"),
    Guide("nrces-2.0.1",   "abdm",        "NRCES 2.0.1",   "2.0.1", "https://nrces.in/ndhm/fhir/r4/",
          "ndhm.in#2.0.1"),
    Guide("gravity-3",     "gravity-3",   "Gravity SDOH 3.0.0", "3.0.0", "https://hl7.org/fhir/us/sdoh-clinicalcare/",
          "HL7/fhir-sdoh-clinicalcare 3.0.0"),
)
MAIN = {
    # profiles that all records of their type are held to, where a guide is asked for by its name
    "us-core-careplan", "us-core-goal", "us-core-questionnaireresponse", "us-core-careteam", "us-core-servicerequest",
    "us-core-relatedperson", "sdc-questionnaire", "sdc-questionnaireresponse", "CarePlan", "Condition",
    "ServiceRequest", "SDOHCC-Goal", "mccCarePlan", "MCCGoal", "MCCCareTeam",
    "MCCServiceRequest", "MCCQuestionnaireResponse",
}
# fmt: on

Definition = dict[str, Any]
Head = tuple[str, ...]
Row = tuple[str, str, str, str]
HEAD = ("profile", "type", "parent", "guide", "title", "page", "context", "source")
ROW = ("profile", "element", "what", "said")


@dataclass(frozen=True, slots=True)
class Held:
    """A definition with its guide."""

    body: Definition
    guide: Guide

    @property
    def canonical(self) -> str:
        return f"{self.body['url']}|{self.guide.version}"


def read(folder: Path) -> list[Held]:
    """Return the definitions of all guides in a folder of folders, and those that are written here."""
    found = [
        Held(json.loads(file.read_bytes()), guide)
        for guide in GUIDES
        for file in sorted((folder / guide.folder).glob("StructureDefinition-*.json"))
    ]
    guides = {guide.name: guide for guide in GUIDES}
    return found + [Held(body, _written(body, guides)) for body in WRITTEN]


def _written(body: Definition, guides: Mapping[str, Guide]) -> Guide:
    name, version, title, source = body["guide"], body["version"], body["guideTitle"], body["source"]
    return guides.get(name) or Guide("", name, title, version, body["pages"], source)


def rows(held: Sequence[Held]) -> tuple[list[Head], list[Row]]:
    """Return the heads of the profiles and the rows of their elements.

    A profile of which neither a snapshot nor the profile that it is based on is held is left out: it would be judged
    by half.
    """
    known = {one.canonical: one for one in held}
    heads, found = [], []
    for one in held:
        parent = _parent(one, known)
        if parent is None and "snapshot" not in one.body and not one.body["baseDefinition"].startswith(CORE):
            continue
        mine = list(_rows(one, parent, known))
        heads.append(_head(one, parent))
        found += [(one.canonical, *row) for row in mine]
    return heads, found


def _head(one: Held, parent: Held | None) -> Head:
    body = one.body
    about = one.guide.name if body["id"] in MAIN else ""
    named = body.get("title") or body["name"]
    context = " ".join(each["expression"] for each in body.get("context", []))
    page = body.get("page") or f"{one.guide.pages}StructureDefinition-{body['id']}.html"
    title = f"{one.guide.title}: {' '.join(named.split())}"
    return (
        one.canonical,
        body["type"],
        parent.canonical if parent else "",
        about,
        title,
        page,
        context,
        one.guide.source,
    )


def _parent(one: Held, known: Mapping[str, Held]) -> Held | None:
    """Return the held definition that a profile is based on: of its own guide's version, else of the version named.

    US Core 9 is based on SDC 4; 6.1, 7 and 8 on SDC 3, which is not held.
    """
    url, _, version = one.body["baseDefinition"].partition("|")
    others = [version] if version else [one.guide.version, *(["4.0.0"] if one.guide.name == "us-core-9" else [])]
    return next((known[f"{url}|{other}"] for other in others if f"{url}|{other}" in known), None)


def _rows(one: Held, parent: Held | None, known: Mapping[str, Held]) -> Iterator[tuple[str, str, str]]:
    body = one.body
    core = body["baseDefinition"].startswith(CORE)
    whole = "snapshot" in body and (body["type"] == "Extension" or (parent is None and not core))
    elements = body["snapshot" if whole else "differential"]["element"]
    repeated = [each for each in body.get("snapshot", {}).get("element", []) if "contentReference" in each]
    for element in repeated:
        if element["contentReference"].startswith("#"):
            yield element["id"], "content", element["contentReference"][1:]
    for element in elements:
        if "." in element["id"] or "constraint" in element:
            for what, said in _said(element, one, known, whole=whole):
                yield element["id"], what, said


def _said(element: Definition, one: Held, known: Mapping[str, Held], *, whole: bool) -> Iterator[tuple[str, str]]:
    """Yield (what, said) for all that an element says beyond the type."""
    ident, kind = element["id"], one.body["type"]
    fields = _fields(kind, ident)
    sliced = ":" in ident.rsplit(".", 1)[-1]
    least, most = element.get("min", 0), element.get("max", "*")
    base = element.get("base", {}) if whole else {}
    if "." in ident:
        if least > (0 if sliced else max(base.get("min", 0), _least(kind, ident))):
            yield "min", str(least)
        if most != "*" and (sliced or (most == "0" or (_many(fields) and base.get("max") != most))):
            yield "max", most
    for key, value in element.items():
        stem = next((stem for stem in ("fixed", "pattern") if re.match(rf"{stem}[A-Z]", key)), "")
        if stem:
            yield stem, json.dumps(value, ensure_ascii=False, sort_keys=True)
    if most != "0":
        yield from _binding(element, fields, kind)
        yield from _types(element, fields, one, known)
    if "slicing" in element and not (whole and ident.endswith(".extension")):
        slicing = element["slicing"]
        by = " ".join(f"{each['type']}:{each['path']}" for each in slicing.get("discriminator", []))
        if not ident.endswith("xtension"):  # those are sliced by url, and open
            yield "slicing", f"{slicing['rules']} {by}"
    ours = [
        rule["key"]
        for rule in element.get("constraint", [])
        if not str(rule.get("source", one.body["url"])).startswith(CORE) and (not whole or rule["key"] not in RULES)
    ]
    if ours:
        yield "constraint", " ".join(ours)


def _binding(element: Definition, fields: list[Field], kind: str) -> Iterator[tuple[str, str]]:
    binding = element.get("binding", {})
    strength, canonical = binding.get("strength"), binding.get("valueSet", "")
    if strength not in {"required", "extensible"}:
        return
    bare = canonical.partition("|")[0]
    *owner, name = _names(element["id"])
    of_type = [field.bound for field in fields]
    if kind != "Extension" and len(owner) == 1:
        of_type.append(bound(RELEASE, kind, name))
    if any(one and one.values.url == bare and (one.required or strength != "required") for one in of_type):
        return
    yield strength, bare


def _types(element: Definition, fields: list[Field], one: Held, known: Mapping[str, Held]) -> Iterator[tuple[str, str]]:
    types = element.get("type", [])
    codes = [each["code"] for each in types if "code" in each]
    profiles = [url for each in types if each.get("code") == "Extension" for url in each.get("profile", [])]
    if profiles:
        yield "extension", " ".join(url.partition("|")[0] for url in profiles)
    if element["id"].endswith("[x]") or "[x]:" in element["id"].rsplit(".", 1)[-1]:
        held = {field.type for field in fields}
        if codes and set(codes) != held:
            yield "types", " ".join(codes)
    targets: dict[str, None] = {}
    for each in types:
        for url in each.get("targetProfile", []) if each.get("code") == "Reference" else ():
            targets[_target(url, one, known)] = None
    of_base = {target for field in fields for target in field.targets}
    if targets and "Resource" not in targets and (set(targets) != of_base or not fields):
        yield "targets", " ".join(sorted(targets))


def _target(url: str, one: Held, known: Mapping[str, Held]) -> str:
    """Return the type that a target profile is of, with its canonical where it is held: in the version named, else the
    newest that is not newer than the guide.

    Of a profile that is not held the type is the one that its name says first, which is how the guides name them:
    us-core-condition-encounter-diagnosis. "Resource" where it says none: any may be meant.
    """
    bare, _, version = url.partition("|")
    held = {each.guide.version: each for each in known.values() if each.body["url"] == bare}
    fit = [each for each in held if each == version or (not version and _parts(each) <= _parts(one.guide.version))]
    if fit:
        found = held[max(fit, key=_parts)]
        return f"{found.body['type']}={found.canonical}"
    name = bare.rpartition("/")[2].replace("-", "").lower()
    named = [(name.find(kind.lower()), -len(kind), kind) for kind in _RESOURCES if kind.lower() in name]
    return bare.removeprefix(CORE) if bare.startswith(CORE) else min(named)[2] if named else "Resource"


def _parts(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


# fmt: off
_RESOURCES = (
    "AllergyIntolerance", "Appointment", "CarePlan", "CareTeam", "Composition", "Condition", "Consent", "Contract",
    "Device", "DiagnosticReport", "DocumentReference", "Encounter", "FamilyMemberHistory", "Goal", "Group",
    "HealthcareService", "ImagingStudy", "Immunization", "Location", "Media", "MedicationRequest",
    "MedicationStatement", "MolecularSequence", "Observation", "Organization", "Patient", "Practitioner",
    "PractitionerRole", "Procedure", "Questionnaire", "QuestionnaireResponse", "RelatedPerson", "RiskAssessment",
    "ServiceRequest", "Specimen", "Task",
)
# fmt: on


# ---- what the type says


def _names(ident: str) -> list[str]:
    return [step.partition(":")[0] for step in ident.split(".")]


def _fields(kind: str, ident: str) -> list[Field]:
    """Return the field of an element in the type, or those of a choice; none where the path is not walked."""
    shape: Shape | None = SHAPES[RELEASE]["Extension"] if kind == "Extension" else resource_shape(RELEASE, kind)
    names = _names(ident)[1:]
    for n, name in enumerate(names):
        if shape is None:
            return []
        found = [f for f in shape.fields.values() if not f.twin and name in (f.name, f"{f.choice}[x]")]
        if n == len(names) - 1 or not found:
            return found
        shape = SHAPES[RELEASE][found[0].type] if found[0].test is None and len(found) == 1 else None
    return []


def _least(kind: str, ident: str) -> int:
    shape: Shape | None = SHAPES[RELEASE]["Extension"] if kind == "Extension" else resource_shape(RELEASE, kind)
    names = _names(ident)[1:]
    for name in names[:-1]:
        field = shape.fields.get(name) if shape else None
        shape = SHAPES[RELEASE][field.type] if field and field.test is None else None
    if shape is None:
        return 0
    return int(names[-1] in shape.required or names[-1].removesuffix("[x]") in shape.choices)


def _many(fields: list[Field]) -> bool:
    return not fields or (len(fields) == 1 and fields[0].many)


def text(header: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    """Return a table as it is shipped."""
    return "".join("\t".join(line) + "\n" for line in (header, *lines))


def main(folder: str) -> None:
    """Write both tables beside this module."""
    heads, found = rows(read(Path(folder)))
    table("profiles.tsv").write_text(text(HEAD, heads), "utf-8")
    table("profile_rows.tsv").write_text(text(ROW, found), "utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
