"""Documents that say they are of a release of FHIR that is not judged here: DSTU 2, STU 3, R6.

    meta.profile   http://hl7.org/fhir/3.0/StructureDefinition/...  https://fhir.hl7.org.uk/STU3/...
    fhirVersion    of a CapabilityStatement, StructureDefinition ...: "3.0.2", "6.0.0-ballot3"

The pages of the releases: https://hl7.org/fhir/directory.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from mappings.check.findings import finding
from mappings.check.rules import Finding
from mappings.nodes import claims
from mappings.tree import Path, Tree

OF_ANOTHER = re.compile(
    r"http://hl7\.org/fhir/(?:1\.0|3\.0|6\.0)/StructureDefinition/|https?://\S+/(?:dstu2|stu3|r6)/", re.IGNORECASE
)
"""Canonicals of profiles of DSTU 2, STU 3 and R6."""
_FIX = "Convert it first, with a tool that knows that release."
_JUDGED = re.compile(r"[45]\.")


def of_another(tree: Tree, release: str) -> list[Finding]:
    """Return what a document that is judged as a release says of being of one that is not judged here."""
    return [finding(rule, tree["resourceType"], at, what, _FIX, release=release) for rule, at, what in _said(tree)]


def _said(tree: Tree) -> Iterator[tuple[str, Path, str]]:
    """Yield (rule, path, what is wrong) where a document says that it is of another release."""
    if not isinstance(tree, dict) or ("meta" not in tree and "fhirVersion" not in tree):
        return
    if not re.fullmatch(r"[A-Za-z]{1,64}", str(tree.get("resourceType"))):
        return
    for n, url in claims(tree):
        if OF_ANOTHER.match(url):
            yield "structure/other-profile", ("meta", "profile", n), "the profile is of DSTU 2, STU 3 or R6"
    version = tree.get("fhirVersion")
    versions = [one for one in (version if isinstance(version, list) else [version]) if isinstance(one, str)]
    if versions and not any(_JUDGED.match(one) for one in versions):
        yield "structure/other-release", ("fhirVersion",), "the document is of neither R4 nor R5"
