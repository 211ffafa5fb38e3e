"""SDC 4.0.0: what a questionnaire and a response to it must say beyond FHIR R4.

Sources, by the short names in the rows: QU = StructureDefinition-sdc-questionnaire(common), QR =
StructureDefinition-sdc-questionnaireresponse(common), of HL7/sdc 4.0.0-ci-build compiled with SUSHI (CC0).
"""

from __future__ import annotations

import re

from mappings.profiles.mends import Desk, Object, appended, beside, without_repeats
from mappings.profiles.rules import Holds, Needed, Profile, Receiver, extensions, listed, must, there, wants
from mappings.tree import Tree

GUIDE = "http://hl7.org/fhir/uv/sdc/StructureDefinition/"
CORE = "http://hl7.org/fhir/StructureDefinition/"
VERSION_ALGORITHM = CORE + "artifact-versionAlgorithm"
"""QU, sdc-2."""
ALGORITHMS = "http://hl7.org/fhir/version-algorithm"
"""QU, sdc-3."""
ORDINAL = CORE + "ordinalValue"
"""https://hl7.org/fhir/R4/extension-ordinalvalue.html"""
WEIGHT = CORE + "itemWeight"
"""What ordinalValue became (FHIR-28611, FHIR-46056); QU: must support."""

_FORMS = (("semver", r"\d+\.\d+\.\d+([-+].*)?"), ("date", r"\d{4}-\d{2}-\d{2}"), ("integer", r"\d+"))


def _algorithm(version: str) -> str:
    return next((code for code, form in _FORMS if re.fullmatch(form, version)), "natural")


def version_algorithm(parent: Object, _: str, desk: Desk) -> Object:
    """Say how versions of a questionnaire compare, which is to be seen from how they are written."""
    coding = {"system": ALGORITHMS, "code": _algorithm(str(parent["version"]))}
    return appended({"url": VERSION_ALGORITHM, "valueCoding": coding})(parent, "extension", desk)


# ---- what the tables test


def _algorithm_beside_version(form: dict[str, Tree]) -> bool:
    return not there(form, "version") or bool(extensions(form, VERSION_ALGORITHM))


def _weighed(node: dict[str, Tree]) -> bool:
    return not extensions(node, ORDINAL) or bool(extensions(node, WEIGHT))


def _each_question_once(parent: dict[str, Tree]) -> bool:
    answered = [item for item in listed(parent, "item") if isinstance(item, dict) and _has_value(item)]
    links = [item.get("linkId") for item in answered]
    return len(set(map(str, links))) == len(links)


def _has_value(item: dict[str, Tree]) -> bool:
    return any(there(answer, "value[x]") for answer in listed(item, "answer") if isinstance(answer, dict))


# fmt: off
SDC_2   = Holds("sdc-2",   "how versions compare, where there is a version",  _algorithm_beside_version)
SDCQR_2 = Holds("sdcqr-2", "the answers to one question stand together",      _each_question_once)
WEIGHED = Holds("",        "a weight as itemWeight too",                      _weighed)

FORM = (
    # element                       what of it  source                            how it is made so
    must("",                        SDC_2,      "QU",                             version_algorithm),
    wants("item*.answerOption.extension",     WEIGHED,  "QU",                     beside(ORDINAL, WEIGHT)),
    wants("title",                  Needed(),   "QU: title, must support"),
)
RESPONSE = (
    must("item",                    SDCQR_2,    "QR",                             without_repeats),
    must("item*.item",              SDCQR_2,    "QR",                             without_repeats),
    must("item*.answer.item",       SDCQR_2,    "QR: qrs-2",                      without_repeats),
    wants("subject",                Needed(),   "QR: sdcqr-1"),
)
WEIGHED_ANSWERS = (
    wants("item*.answer.valueCoding.extension", WEIGHED, "QU",                    beside(ORDINAL, WEIGHT)),
)

SDC_4 = Receiver("sdc-4", "SDC 4.0.0", (
    Profile("Questionnaire",         (f"{GUIDE}sdc-questionnaire|4.0.0",),         FORM),
    Profile("QuestionnaireResponse", (f"{GUIDE}sdc-questionnaireresponse|4.0.0",), (*RESPONSE, *WEIGHED_ANSWERS)),
))
# fmt: on
