"""Questionnaire: what kind of answer an item takes, and which form of versions and copyright it states."""

from __future__ import annotations

from collections.abc import Hashable, Iterator

from mappings.releases.rows import UNKNOWN, Codes, Here, Part, Row, only_r5
from mappings.tree import Tree

# fmt: off
OPTION_TYPES = {
    # what the options hold   type of the item in R5: https://hl7.org/fhir/R5/valueset-item-type.html
    "valueInteger":           "integer",
    "valueDate":              "date",
    "valueTime":              "time",
    "valueString":            "string",
    "valueReference":         "reference",
}
# fmt: on

ONLY, OR_STRING, OR_TYPE = "optionsOnly", "optionsOrString", "optionsOrType"
CONSTRAINT, UNSTATED = "answerConstraint", "_answerConstraint"
CHOICES = ("choice", "open-choice")
OF_CODES = (*CHOICES, "coding")
OF_OPTIONS = (*OF_CODES, *OPTION_TYPES.values())


class AnswerKind(Row):
    """R4 tells choice from open-choice, whatever the options hold; R5 the type of the answer, and what else it may be.

    choice, options of a code      <->  coding, optionsOnly (R5: presumed where nothing is stated, so nothing is known)
    choice, no options             <->  coding
    open-choice                    <->  coding, optionsOrString
    choice, options of a primitive  ->  that primitive, optionsOnly; that it was a choice goes along
    open-choice, the same           ->  that primitive, optionsOrType; of strings optionsOrString
    R5's own combinations           ->  R4 type, and answerConstraint goes along

    `maxLength` of a coding goes along: R5's que-10 says 'optionOrString', which is no code, so that it never holds.
    """

    def __init__(self) -> None:
        both = ("type", "answerOption", "answerValueSet", "maxLength")
        why = (
            "https://hl7.org/fhir/R4/questionnaire.html and /R5/: item type, answerConstraint; HL7's Questionnaire4to5"
        )
        super().__init__(both, (*both, CONSTRAINT), why)

    def to_r5(self, part: Part, here: Here) -> Part:
        kind = part.get("type")
        said = {key: value for key, value in part.items() if key not in (CONSTRAINT, UNSTATED)}
        if kind not in CHOICES:
            return said
        own = _held(part.get("answerOption"))
        if own == "coding":
            said = {key: value for key, value in said.items() if key not in ("maxLength", "_maxLength")}
            constraint = OR_STRING
        else:
            constraint = OR_STRING if own == "string" else OR_TYPE
        if own == "reference":
            text = "R5's rule que-5 does not list options for references"
            here.note("type", text, rule="release/que-5")
        said["type"] = own
        if kind == "open-choice":
            said[CONSTRAINT] = constraint
        elif "answerOption" in part or "answerValueSet" in part:
            said[CONSTRAINT] = ONLY
        return said

    def to_r4(self, part: Part, here: Here) -> Part:
        said = {key: value for key, value in part.items() if key not in (CONSTRAINT, UNSTATED)}
        if part.get("type") == "coding":
            said["type"] = "open-choice" if part.get(CONSTRAINT) in (OR_STRING, OR_TYPE) else "choice"
        return said

    def restored(self, part: Part, hint: Part, to: str, here: Here) -> Part:
        back = "R4" if to == "R5" else "R5"
        if self.go(hint, back, here) == part:
            return hint
        plain = self.go(part, to, here)
        if hint == {UNSTATED: UNKNOWN}:
            whole = {key: value for key, value in plain.items() if key != CONSTRAINT}
        else:
            whole = {**plain, **hint}
        return whole if self.go(whole, back, here) == part else plain

    tells = True

    def is_same(self, node: Part) -> bool:
        return node.get("type") not in OF_CODES and CONSTRAINT not in node and UNSTATED not in node

    def gist(self, part: Part) -> dict[str, Hashable] | None:
        kind, constraint = part.get("type"), part.get(CONSTRAINT, ONLY)
        if kind not in OF_OPTIONS or constraint not in (ONLY, OR_STRING, OR_TYPE):
            return None
        told = {"type": kind, CONSTRAINT: constraint, "answerOption": (_held(part.get("answerOption")),)}
        told["answerValueSet"] = ()
        return {key: told[key] for key in part} if part.keys() <= told.keys() else None

    def candidates(self, part: Part) -> Iterator[Part]:
        keys = (
            ("type",),
            (CONSTRAINT,),
            ("maxLength",),
            ("_maxLength",),
            ("type", "maxLength"),
            (CONSTRAINT, UNSTATED),
        )
        if CONSTRAINT not in part:
            yield {UNSTATED: UNKNOWN}
        yield from ({key: part[key] for key in each} for each in keys if all(key in part for key in each))
        yield part


def _held(options: Tree) -> str:
    """Return the R5 type of an item whose options all hold one value[x]; coding is that of all others."""
    if not isinstance(options, list):
        return "coding"
    kinds = {key.removeprefix("_") for each in options if isinstance(each, dict) for key in each if "value" in key[:6]}
    return OPTION_TYPES.get(kinds.pop(), "coding") if len(kinds) == 1 else "coding"


# Source: https://hl7.org/fhir/R4/resourcelist.html and https://hl7.org/fhir/R5/resourcelist.html
_ONLY_IN_R5 = (
    "ActorDefinition ArtifactAssessment BiologicallyDerivedProductDispense ConditionDefinition DeviceAssociation"
    " DeviceDispense EncounterHistory FormularyItem GenomicStudy ImagingSelection InventoryItem InventoryReport"
    " NutritionIntake Permission Requirements TestPlan Transport"
)

ROWS: dict[str, tuple[Row, ...]] = {
    # Source: https://hl7.org/fhir/R4/questionnaire.html and https://hl7.org/fhir/R5/questionnaire.html
    "Questionnaire": (
        only_r5(
            "versionAlgorithmString",
            "versionAlgorithmCoding",
            why="SDC 4's sdc-2 wants the extension: https://hl7.org/fhir/extensions/StructureDefinition-artifact-versionAlgorithm.html",
            standard="http://hl7.org/fhir/StructureDefinition/artifact-versionAlgorithm",
        ),
        only_r5(
            "copyrightLabel",
            why="https://hl7.org/fhir/extensions/StructureDefinition-artifact-copyrightLabel.html",
            standard="http://hl7.org/fhir/StructureDefinition/artifact-copyrightLabel",
        ),
        Codes(
            "subjectType",
            "codes are names of resource types",
            renamed={"RequestGroup": "RequestOrchestration", "DeviceUseStatement": "DeviceUsage"},
            r5_only=dict.fromkeys(_ONLY_IN_R5.split()),
        ),
    ),
    "Questionnaire.item": (AnswerKind(),),
}
