"""Where each release of FHIR is served, and how it is named on the wire."""

from __future__ import annotations

BASES = {"R4": "/fhir/R4", "R5": "/fhir/R5"}
"""Release -> where its records are served. What has no release in its address, `/api`, reads and writes R4."""

# fmt: off
VERSIONS = {
    # release  fhirVersion   what a media type may say of it: https://hl7.org/fhir/R4/http.html#version-parameter
    "R4":    ("4.0.1",      ("4.0", "4.0.1")),
    "R5":    ("5.0.0",      ("5.0", "5.0.0")),
}
# fmt: on
