"""Resource types that bear another name in R5."""

# fmt: off
TYPES: dict[str, str] = {
    # R4                  R5                       source: https://hl7.org/fhir/R5/diff.html and the page of the type
    "RequestGroup":       "RequestOrchestration",
    "DeviceUseStatement": "DeviceUsage",
}
# fmt: on

OTHERS = {new: old for old, new in TYPES.items()}
