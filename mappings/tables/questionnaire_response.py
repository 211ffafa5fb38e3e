"""QuestionnaireResponse: https://hl7.org/fhir/R4/questionnaireresponse.html

Three native entities: a response to one of the programme's own two forms is a SafetyPlan or a ReturnToUsePlan
(tables/own_forms.py), any other one an Assessment. `questionnaire` is a canonical (`url|version`), never rewritten; a
form that the response contains comes with it.

Score, band and safety flags are stored facts of the response, in local extensions: a total belongs to this form as it
was filled in on this day, and a flag must be there where no total is. An Observation that is sent out with the total
(`derivedFrom` this response) is another record.

Every element is a row but for these, which are carried:

    id, meta               columns of the store, spliced when served
    text                   the narrative: made anew or kept (mappings/lens/narrative.py)
    contained              read where something refers to it, under its own table
    implicitRules          a rule that says how to read the record: none is known to us, so none is interpreted
    extension              but for the rows; an unknown one may say anything
    modifierExtension      it must not be interpreted: the record, or the item, stays unread
"""

from __future__ import annotations

from typing import Any

from mappings.lens.beside import Beside, Part, Worded
from mappings.lens.combinators import Table
from mappings.lens.members import Later, Linked
from mappings.lens.notation import at, choice, const, each, extension, table
from mappings.lens.variants import OTHERWISE, Variants
from mappings.model import Answer, AnswerItem, Assessment, SafetyFlag
from mappings.tables.datatypes import DATE_TIME, MEMBER, REFERENCE, identity, references
from mappings.tables.form_extensions import HL7, LOGIC, SDC, all_of, one
from mappings.tables.own_forms import OWN_FORMS
from mappings.tables.primitives import CODE, TEXT, URI, codes
from mappings.tables.questionnaire import AUTHOR, QUESTIONNAIRE, kinds
from mappings.tables.record import record
from mappings.tables.response_identifiers import Identifiers
from mappings.terms.systems import LOCAL

# https://hl7.org/fhir/R4/valueset-questionnaire-answers-status.html
STATUS = codes("in-progress completed amended entered-in-error stopped")
DOMAINS = codes("substance-use mental-health medical-history social-environment recovery")
FLAGS = codes("suicide self-harm overdose withdrawal violence")
# https://hl7.org/fhir/R4/codesystem-data-absent-reason.html
MISSING_SCORE = codes("unknown not-asked asked-declined not-applicable not-performed error")

DOMAIN = LOCAL + "assessment-domain"
"""Local: which part of the person's life the assessment is of."""
SCORE, SCORE_MISSING, BAND = LOCAL + "assessment-score", LOCAL + "score-missing", LOCAL + "assessment-band"
"""Local: the total, why there is none, what it comes to."""
SAFETY_FLAG = LOCAL + "safety-flag"
"""Local: an answer that somebody must look at."""
IS_SUBJECT = "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaireresponse-isSubject"
"""https://hl7.org/fhir/uv/sdc/StructureDefinition-sdc-questionnaireresponse-isSubject.html"""
FORM_NAME = HL7 + "display"
"""https://hl7.org/fhir/extensions/StructureDefinition-display.html"""
FORM_PAGE = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-extension-questionnaire-uri"
"""https://hl7.org/fhir/us/core/StructureDefinition-us-core-extension-questionnaire-uri.html: a form that is not FHIR"""


class Canonical:
    """A canonical as the id of a member: `#q`, `http://…|1.0`."""

    def read(self, raw: Any, view: Any, key: str | None = None) -> Any:
        found = URI.read(raw, view)
        return MEMBER.native(id=str.__str__(found)) if found else found

    def write(self, raw: Any, was: Any, now: Any, desk: Any) -> Any:
        if now is None:
            return URI.write(raw, None, None, desk)
        if (now.display, now.identifier, now.concept) != (None, None, None) or now.id is None:
            raise desk.refuse("an instrument is named by url and version alone", "Give `id`, leave the rest out.")
        return str.__str__(now.id)


INSTRUMENT = Linked(Canonical(), lambda: {"Questionnaire": QUESTIONNAIRE}, frozenset(), "Questionnaire")

# fmt: off
ANSWER = table(Answer,
    ("value",   choice("value", **kinds())),
    ("by",      one(AUTHOR, "Reference")),
    ("picture", one(SDC + "itemAnswerMedia", "Attachment")),
    ("items",   at("item", each(Later(lambda: ANSWER_ITEM), identity("linkId")))))

ANSWER_ITEM: Table = table(AnswerItem,
    ("linkId",     at("linkId", TEXT)),
    ("defined_by", at("definition", URI)),
    ("text",       at("text", TEXT)),
    ("by",         one(AUTHOR, "Reference")),
    ("picture",    one(SDC + "itemMedia", "Attachment")),
    ("remark",     one(SDC + "item-answerAssessment", "Markdown")),
    ("is_person",  one(IS_SUBJECT, "Boolean")),
    ("logic",      Part(LOGIC)),
    ("values",     at("answer", each(ANSWER))),
    ("items",      at("item", each(Later(lambda: ANSWER_ITEM), identity("linkId")))))

ASSESSMENT = table(Assessment,
    const("resourceType", "QuestionnaireResponse"),
    *record(recorded_by=at("author", REFERENCE), identifiers=Identifiers()),
    ("lang",            at("language", CODE)),
    ("fulfils",         references("basedOn")),
    ("belongs_to",      references("partOf")),
    ("instrument",      Worded("questionnaire", INSTRUMENT, (FORM_NAME, FORM_PAGE))),
    ("instrument_name", Beside("questionnaire", one(FORM_NAME, "String"))),
    ("instrument_page", Beside("questionnaire", one(FORM_PAGE, "Uri"))),
    ("domain",          extension(DOMAIN, at("valueCode", DOMAINS))),
    ("status",          at("status", STATUS)),
    ("person",          at("subject", REFERENCE)),
    ("visit",           at("encounter", REFERENCE)),
    ("date",            at("authored", DATE_TIME)),
    ("answered_by",     at("source", REFERENCE)),
    ("how_answered",    one(HL7 + "questionnaireresponse-completionMode", "CodeableConcept")),
    ("reviewed_by",     one(HL7 + "questionnaireresponse-reviewer", "Reference")),
    ("reason",          one(HL7 + "questionnaireresponse-reason", "CodeableConcept")),
    ("score",           one(SCORE, "Decimal")),
    ("score_missing",   extension(SCORE_MISSING, at("valueCode", MISSING_SCORE))),
    ("band",            one(BAND, "CodeableConcept")),
    ("safety_flags",    all_of(SAFETY_FLAG, SafetyFlag,
        ("kind",           extension("kind", at("valueCode", FLAGS))),
        ("linkId",         one("item", "String")))),
    ("logic",           Part(LOGIC)),
    ("answers",         at("item", each(ANSWER_ITEM, identity("linkId")))),
    root=True)

QUESTIONNAIRE_RESPONSE = Variants(
    *OWN_FORMS,
    (OTHERWISE, ASSESSMENT))
# fmt: on
