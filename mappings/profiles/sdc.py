"""SDC 4.0.0: what a questionnaire and a response to it must say beyond FHIR R4.

Sources, by the short names in the rows: QU = StructureDefinition-sdc-questionnaire(common), QR =
StructureDefinition-sdc-questionnaireresponse(common), of HL7/sdc 4.0.0-ci-build compiled with SUSHI (CC0).
"""

from __future__ import annotations

import re

from mappings.profiles.mends import Desk, Object, appended, beside, without_repeats
from mappings.profiles.rules import Holds, Needed, Once, Profile, Receiver, extensions, listed, must, there, wants
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
R5_SOURCE = "http://hl7.org/fhir/5.0/StructureDefinition/extension-QuestionnaireResponse.source"
"""QR, sdcqr-3."""

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


def _no_expression_beside_options(item: dict[str, Tree]) -> bool:
    options = there(item, "answerOption") or there(item, "answerValueSet")
    return not (options and extensions(item, GUIDE + "sdc-questionnaire-answerExpression"))


def _short_link(item: dict[str, Tree]) -> bool:
    return len(str(item.get("linkId", ""))) <= 255


def _code_or_display(option: dict[str, Tree]) -> bool:
    coding = option.get("valueCoding")
    return not isinstance(coding, dict) or "code" in coding or "display" in coding


def _system_beside_code(option: dict[str, Tree]) -> bool:
    coding = option.get("valueCoding")
    return not isinstance(coding, dict) or "code" not in coding or "system" in coding


def _refers_somehow(option: dict[str, Tree]) -> bool:
    reference = option.get("valueReference")
    return not isinstance(reference, dict) or any(name in reference for name in ("reference", "display", "identifier"))


def _weighed(node: dict[str, Tree]) -> bool:
    return not extensions(node, ORDINAL) or bool(extensions(node, WEIGHT))


def _each_question_once(parent: dict[str, Tree]) -> bool:
    answered = [item for item in listed(parent, "item") if isinstance(item, dict) and _has_value(item)]
    links = [item.get("linkId") for item in answered]
    return len(set(map(str, links))) == len(links)


def _has_value(item: dict[str, Tree]) -> bool:
    return any(there(answer, "value[x]") for answer in listed(item, "answer") if isinstance(answer, dict))


def _one_source(response: dict[str, Tree]) -> bool:
    return len(listed(response, "source")) + len(extensions(response, R5_SOURCE)) <= 1


# fmt: off
# invariant                what it says                                          its test
SDC_1   = Holds("sdc-1",      "options, or an expression that finds them, not both", _no_expression_beside_options)
SDC_2   = Holds("sdc-2",      "how versions compare, where there is a version",    _algorithm_beside_version)
SDC_B1  = Holds("sdc-base-1", "an option has a code or a display",                 _code_or_display)
SDC_B2  = Holds("sdc-base-2", "an option's code has its system",                   _system_beside_code)
SDC_B4  = Holds("sdc-base-4", "an option's reference says what it refers to",      _refers_somehow)
QUE_15  = Holds("que-15",     "a linkId has at most 255 characters",               _short_link)
QRS_2   = Holds("qrs-2",      "the answers to one question stand together",        _each_question_once)
SDCQR_2 = Holds("sdcqr-2",    "the answers to one question stand together",        _each_question_once)
SDCQR_3 = Holds("sdcqr-3",    "one source",                                        _one_source)
WEIGHED = Holds("",           "a weight as itemWeight too",                        _weighed)

_URL = Needed(fix="Give it the address that it is known by.")
_FORM = Needed(fix="Name the questionnaire by url|version, or its page by us-core-extension-questionnaire-uri.")
_AUTHORED = Needed(fix="Say when it was answered.")

FORM = (
    # element                       what of it                                      source, and how it is made so
    must("url",                     _URL,                                           "QU: url 1..1"),
    must("",                        SDC_2,                                          "QU", version_algorithm),
    must("extension",               Once(CORE + "designNote"),                      "QU: designNote 0..1"),
    must("extension",               Once(GUIDE + "sdc-questionnaire-assemble-expectation"), "QU: 0..1"),
    must("item*.extension",         Once(CORE + "questionnaire-hidden"),            "QU: hidden 0..1"),
    must("item*.extension",         Once(CORE + "designNote"),                      "QU: designNote 0..1"),
    must("item*.extension",         Once(GUIDE + "sdc-questionnaire-optionalDisplay"), "QU: itemOptionalDisplay 0..1"),
    must("item*.linkId",            QUE_15,                                         "QU"),
    must("item*.answerOption",      SDC_1,                                          "QU"),
    must("item*.answerOption.valueCoding",    SDC_B1,                               "QU"),
    must("item*.answerOption.valueCoding",    SDC_B2,                               "QU"),
    must("item*.answerOption.valueReference", SDC_B4,                               "QU"),
    wants("item*.answerOption.extension",     WEIGHED,                              "QU", beside(ORDINAL, WEIGHT)),
    wants("title",                  Needed(),                                       "QU: title, must support"),
)
_EVERY_RESPONSE = (
    must("questionnaire",           _FORM,                                          "QR: questionnaire 1..1"),
    must("authored",                _AUTHORED,                                      "QR: authored 1..1"),
    must("item",                    SDCQR_2,                                        "QR", without_repeats),
    must("item*.item",              SDCQR_2,                                        "QR", without_repeats),
    must("extension",               Once(CORE + "questionnaireresponse-completionMode"), "QR: completionMode 0..1"),
    must("item*.extension",         Once(GUIDE + "sdc-questionnaire-itemMedia"),    "QR: itemMedia 0..1"),
    must("item*.answer.extension",  Once(GUIDE + "sdc-questionnaire-itemAnswerMedia"), "QR: itemAnswerMedia 0..1"),
    wants("subject",                Needed(),                                       "QR: sdcqr-1"),
)
RESPONSE = (
    *_EVERY_RESPONSE,
    must("item*.answer.item",       QRS_2,                                          "QR", without_repeats),
    must("source",                  SDCQR_3,                                        "QR"),
    must("item*.extension",         Once(GUIDE + "sdc-questionnaire-item-answerAssessment"), "QR: 0..1"),
)
RESPONSE_3 = (  # SDC 3.0, on which US Core 6.1 stands: its snapshot has these
    *_EVERY_RESPONSE,
    must("item*.answer.item",       SDCQR_2,                                        "QR6", without_repeats),
    must("item*.answer.extension",  Once(ORDINAL),                                  "QR6: ordinalValue 0..1"),
)
WEIGHED_ANSWERS = (
    wants("item*.answer.valueCoding.extension", WEIGHED,                            "QU", beside(ORDINAL, WEIGHT)),
)

SDC_4 = Receiver("sdc-4", "SDC 4.0.0", (
    Profile("Questionnaire",         (f"{GUIDE}sdc-questionnaire|4.0.0",),         FORM),
    Profile("QuestionnaireResponse", (f"{GUIDE}sdc-questionnaireresponse|4.0.0",), (*RESPONSE, *WEIGHED_ANSWERS)),
))
# fmt: on
