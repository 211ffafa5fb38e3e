"""Documents about instruments, and each mistake that was published, there and elsewhere."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from mappings.terms.instruments import INSTRUMENTS, LISTS

LOINC, SNOMED = "http://loinc.org", "http://snomed.info/sct"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
ICD_10_CM, ICD_10 = "http://hl7.org/fhir/sid/icd-10-cm", "http://hl7.org/fhir/sid/icd-10"
HL7 = "http://hl7.org/fhir/StructureDefinition/"


def coding(code: str, display: str = "", system: str = LOINC) -> dict[str, Any]:
    return {"system": system, "code": code, **({"display": display} if display else {})}


def weighing(weight: int, url: str = "ordinalValue") -> list[dict[str, Any]]:
    return [{"url": HL7 + url, "valueDecimal": weight}]


def option(code: str, display: str, weight: int | None, system: str = LOINC) -> dict[str, Any]:
    extension = {} if weight is None else {"extension": weighing(weight)}
    return {**extension, "valueCoding": coding(code, display, system)}


def question(code: str, of: str = "") -> dict[str, Any]:
    """Return an item of a form, with its answers."""
    known = LISTS[of or "number"]
    options = [option(answer, label, weight) for answer, (label, weight) in known.answers.items()]
    options += [option(label, label, weight, "urn:example") for label, weight in known.others]
    asked = {"type": "choice", "answerOption": options} if options else {"type": "integer"}
    return {"linkId": f"q{code}", "code": [coding(code)], **asked}


def form(key: str, **more: Any) -> dict[str, Any]:
    """Return a sound form of an instrument: its panel, its questions, its score."""
    one = INSTRUMENTS[key]
    items = [question(code, of) for code, of in (one.items or one.more).items()]
    items += [{"linkId": "total", "code": [coding(one.total)], "type": "decimal"}] if one.total else []
    panel = {"code": [coding(one.panel)]} if one.panel else {"title": one.title}
    return {"resourceType": "Questionnaire", "status": "active", **panel, "item": items, **more}


def response(key: str, total: int, chosen: int = 0) -> dict[str, Any]:
    """Return a response to an instrument, told by linkIds, whose answers have all the same place in their lists."""
    one = INSTRUMENTS[key]
    items = [
        {"linkId": f"/{code}", "answer": [{"valueCoding": coding(list(LISTS[of].answers)[chosen])}]}
        for code, of in one.items.items()
    ]
    items.append({"linkId": f"/{one.total}", "answer": [{"valueDecimal": total}]})
    return {"resourceType": "QuestionnaireResponse", "status": "completed", "item": items}


def score(code: str, value: float, text: str = "") -> dict[str, Any]:
    concept = {"coding": [coding(code)], **({"text": text} if text else {})}
    return {"resourceType": "Observation", "status": "final", "code": concept, "valueInteger": value}


Change = Callable[[dict[str, Any]], object]


def changed(tree: dict[str, Any], change: Change) -> dict[str, Any]:
    tree = copy.deepcopy(tree)
    change(tree)
    return tree


def replace(n: int, item: dict[str, Any]) -> Change:
    return lambda tree: tree["item"].__setitem__(n, item)


def options(n: int, change: Callable[[list[Any]], object]) -> Change:
    return lambda tree: change(tree["item"][n]["answerOption"])


AUDIT_C, PHQ_9, GAD_7 = form("audit-c"), form("phq-9"), form("gad-7")
HEAVY = {"linkId": "/68517-2", "code": [coding("68517-2", "How many times in the past year")], "type": "decimal"}


def asked(link: str, of: str, **codes: str) -> dict[str, Any]:
    """Return a question without a code; `codes` are those of answers, by the start of their labels."""
    known = LISTS[of]
    given = [(code, label, weight) for code, (label, weight) in known.answers.items()]
    given += [("", label, weight) for label, weight in known.others]
    answers = []
    for code, label, weight in given:
        said = next((other for name, other in codes.items() if label.replace(" ", "_").startswith(name)), code)
        answers.append(option(said or label, label, weight, LOINC if said else "urn:example"))
    return {"linkId": link, "type": "choice", "text": "About alcohol", "answerOption": answers}


FHIR_EMR: dict[str, Any] = {  # beda-software/fhir-emr audit-alcohol.yaml: items without codes, answers with another's
    "resourceType": "Questionnaire", "status": "active", "title": "AUDIT Alcohol Screening Tool", "item": [
        asked("q1", "drinking-often"),
        asked("q2", "drinks") | {"answerOption": [
            option("LA18930-0", "1 or 2", 0), *asked("q2", "drinks")["answerOption"][1:]]},
        asked("q3", "frequency-5", Less="LA18935-9"),
        *(asked(f"q{n}", "frequency-5") for n in range(4, 9)),
        asked("q9", "last-year", **{"Yes,_but": "LA18937-5", "Yes,_during": "LA18938-3"}),
        asked("q10", "last-year"),
    ],
}  # fmt: skip
BH_AUDIT_C = {  # HL7/us-behavioral-health-profiles alcohol-use-identification-test-1
    "resourceType": "QuestionnaireResponse", "status": "completed",
    "questionnaire": "http://hl7.org/fhir/us/core/Questionnaire/AUDIT-C", "item": [
        {"linkId": "/68517-2", "answer": [{"valueCoding": coding("LA15695-2", "3 or 4")}]},
        {"linkId": "/68519-8", "answer": [{"valueCoding": coding("LA15695-2", "3 or 4")}]},
        {"linkId": "/68520-6", "answer": [{"valueCoding": coding("LA18876-5", "Monthly")}]},
        {"linkId": "/76504-0", "text": "Total score [AUDIT-C]", "answer": [{"valueInteger": 3}]},
    ],
}  # fmt: skip


def local(link: str, weights: list[int]) -> dict[str, Any]:
    answers = [option(f"{link}-{n}", str(n), weight, "urn:example") for n, weight in enumerate(weights)]
    return {"linkId": link, "type": "choice", "text": "How often do you drink?", "answerOption": answers}


def own(title: str, *items: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"resourceType": "Questionnaire", "status": "active", "title": title, "item": list(items), **more}


AUDIT_WEIGHTS = [[0, 1, 2, 3, 4]] * 8 + [[0, 2, 4]] * 2
CIRG_AUDIT = own(  # uwcirg/fhir-questionnaires CIRG-CNICS-AUDIT.json
    "CNICS AUDIT (alcohol consumption questions)",
    local("AUDIT-0", [0, 1, 2, 3, 4, 4]), local("AUDIT-1", [0, 0, 1, 1, 2, 2, 3, 3, 3, 4]),
    *(local(f"AUDIT-{n}", [0, 1, 2, 3, 4]) for n in range(2, 9)), local("AUDIT-9", [0, 2, 4]),
)  # fmt: skip
CIRG_ASSIST = own("CNICS Modified ASSIST", local("cannabis", [0, 2, 3, 4, 6]), local("cocaine", [0, 2, 3, 4, 6]))
BAM_ITEMS = [local(f"bam-{n}", [0, 1, 2, 3, 4]) for n in range(1, 18)]
BAM = own("Brief Addiction Monitor (BAM-R)", *BAM_ITEMS)
BAM_TOTAL = {"linkId": "total", "text": "Total score", "type": "integer"}
BAM_SCORE = {"resourceType": "Observation", "code": {"text": "BAM total score"}, "valueInteger": 40}
LABEL_OF_ANOTHER = {("display", "category[0].coding[0].display")}
PLAN = {"resourceType": "CarePlan", "status": "active", "intent": "plan", "subject": {"display": "A"}}


def planned(code: dict[str, Any]) -> dict[str, Any]:
    return {**PLAN, "category": [{"coding": [code]}]}


# fmt: off
PUBLISHED: list[tuple[str, dict[str, Any], set[tuple[str, str]]]] = [
    # section C of fidelity-traps.md: the row, the mistake, the findings
    ("US Core AUDIT-C, item 1", changed(AUDIT_C, replace(0, HEAVY)), {("item", "item[0].code[0].code")}),
    ("US behavioral health AUDIT-C", BH_AUDIT_C, {
        ("item", "item[0].linkId"), ("answer", "item[0].answer[0].valueCoding.code"), ("total", "item[3].linkId")}),
    ("fhir-emr AUDIT", FHIR_EMR, {
        ("display", "item[1].answerOption[0].valueCoding.display"),
        ("answer", "item[2].answerOption[1].valueCoding.code"),
        ("answer", "item[8].answerOption[1].valueCoding.code"),
        ("answer", "item[8].answerOption[2].valueCoding.code")}),
    ("75624-7 for AUDIT-C, in a form", changed(AUDIT_C, lambda t: t["item"][3].update(code=[coding("75624-7")])),
        {("total", "item[3].code[0].code")}),
    ("75624-7 for AUDIT-C, as a score", score("75624-7", 5, "AUDIT-C total"), {("total", "code.coding[0].code")}),
    ("82666-9 used as the total", score("82666-9", 5), {("panel", "code.coding[0].code")}),
    ("82666-9 used as the total, in a form",
        own("DAST-10", {"linkId": "total", "code": [coding("82666-9")], "type": "integer"}),
        {("panel", "item[0].code[0].code")}),
    ("72109-3 for CIWA-Ar", score("72109-3", 5, "CIWA-Ar total"), {("no-such-code", "code.coding[0].code")}),
    ("CIRG AUDIT", CIRG_AUDIT, {("not-this", "title")}),
    ("CIRG ASSIST", CIRG_ASSIST, {("not-this", "title")}),
    ("BAM with a total", changed(BAM, lambda t: t["item"].append(BAM_TOTAL)), {("no-total", "item[17]")}),
    ("BAM with other items", own("BAM", *BAM_ITEMS[:10]), {("not-this", "title")}),
    ("BAM total as a score", BAM_SCORE, {("no-total", "code")}),
    ("444175001 mislabelled", planned(coding("444175001", "Cognitive behavioral therapy record", SNOMED)),
        LABEL_OF_ANOTHER),
    ("ICD-10-CM without its period", planned(coding("F1020", system=ICD_10_CM)),
        {("period", "category[0].coding[0].code")}),
]
# fmt: on

FURTHER: list[tuple[str, dict[str, Any], set[tuple[str, str]]]] = [
    # the same mistakes elsewhere
    (
        "a question of another instrument",
        changed(PHQ_9, replace(2, question("69725-0", "frequency-4"))),
        {("item", "item[2].code[0].code")},
    ),
    (
        "a question twice",
        changed(PHQ_9, replace(2, question("44250-9", "frequency-4"))),
        {("item", "item[2].code[0].code")},
    ),
    (
        "the text of another question",
        changed(PHQ_9, lambda t: t["item"][8].update(text="Poor appetite or overeating")),
        {("item", "item[8].code[0].code")},
    ),
    ("a question is missing", changed(PHQ_9, lambda t: t["item"].pop(8)), {("item-missing", "item")}),
    (
        "a code with another digit",
        changed(PHQ_9, lambda t: t["item"][0].update(code=[coding("44250-8")])),
        {("no-such-code", "item[0].code[0].code")},
    ),
    (
        "an answer of another list",
        changed(AUDIT_C, options(1, lambda o: o.__setitem__(0, option("LA6570-1", "1 or 2", 0)))),
        {("answer", "item[1].answerOption[0].valueCoding.code")},
    ),
    (
        "all answers of another list",
        changed(AUDIT_C, replace(1, question("68519-8", "frequency-4"))),
        {("answer", "item[1].answerOption")},
    ),
    (
        "two labels exchanged",
        changed(GAD_7, options(3, lambda o: o[1]["valueCoding"].update(display="Nearly every day"))),
        {("display", "item[3].answerOption[1].valueCoding.display")},
    ),
    (
        "a list of answers with another digit",
        changed(
            PHQ_9,
            lambda t: (
                t["item"][0].pop("answerOption"),
                t["item"][0].update(answerValueSet="http://loinc.org/vs/LL358-9"),
            ),
        ),
        {("no-such-code", "item[0].answerValueSet")},
    ),
    (
        "another list of answers",
        changed(
            PHQ_9,
            lambda t: (
                t["item"][0].pop("answerOption"),
                t["item"][0].update(answerValueSet="http://loinc.org/vs/LL2181-7"),
            ),
        ),
        {("answer", "item[0].answerValueSet")},
    ),
    (
        "an answer of another list, where no instrument is named",
        own("Alcohol", *FHIR_EMR["item"][2:3]),
        {("answer", "item[0].answerOption[1].valueCoding.code")},
    ),
    (
        "a score with a label of its own and another's text",
        {
            "resourceType": "Observation",
            "valueInteger": 5,
            "code": {"coding": [coding("75624-7", "Total score [AUDIT]")], "text": "AUDIT-C total"},
        },
        {("total", "code.coding[0].code")},
    ),
    (
        "another name than panel and items",
        changed(PHQ_9, lambda t: t.update(title="GAD-7")),
        {("not-this", "title")},
    ),
    (
        "a modified instrument, by its own words",
        own("Modified ASSIST", *(local(f"q{n}", list(w)) for n, w in enumerate(INSTRUMENTS["assist"].questions))),
        {("not-this", "title")},
    ),
    (
        "a panel with the label of another",
        planned(coding("72109-2", "PHQ-9 quick depression assessment panel")),
        {("panel", "category[0].coding[0].code")},
    ),
    (
        "an item with the label of another",
        planned(coding("44260-8", "Little interest or pleasure in doing things")),
        {("item", "category[0].coding[0].code")},
    ),
    (
        "a panel as the measure of a goal",
        {"resourceType": "Goal", "target": [{"measure": {"coding": [coding("44249-1")]}, "detailInteger": 4}]},
        {("panel", "target[0].measure.coding[0].code")},
    ),
    (
        "a drug with the label of another",
        planned(coding("1483744", "methadone hydrochloride 10 MG Oral Tablet", RXNORM)),
        LABEL_OF_ANOTHER,
    ),
    (
        "a disorder with the label of another substance",
        planned(coding("F11.20", "Alcohol dependence, uncomplicated", ICD_10_CM)),
        LABEL_OF_ANOTHER,
    ),
    (
        "an answer is missing",
        changed(PHQ_9, options(4, lambda o: o.pop(2))),
        {("answer-missing", "item[4].answerOption")},
    ),
    (
        "another weight",
        changed(PHQ_9, options(4, lambda o: o[2].update(extension=weighing(3)))),
        {("weight", "item[4].answerOption[2].extension[0].valueDecimal")},
    ),
    (
        "another weight, R5",
        changed(PHQ_9, options(4, lambda o: o[2].update(extension=weighing(3, "itemWeight")))),
        {("weight", "item[4].answerOption[2].extension[0].valueDecimal")},
    ),
    (
        "another weight, in the coding",
        changed(
            PHQ_9, options(4, lambda o: (o[2].pop("extension"), o[2]["valueCoding"].update(extension=weighing(1))))
        ),
        {("weight", "item[4].answerOption[2].valueCoding.extension[0].valueDecimal")},
    ),
    (
        "another weight, of codes of their own",
        changed(PHQ_9, options(4, lambda o: o.__setitem__(1, option("own", "Several days", 2, "urn:example")))),
        {("weight", "item[4].answerOption[1].extension[0].valueDecimal")},
    ),
    (
        "one weight is lost",
        changed(PHQ_9, options(4, lambda o: o[2].pop("extension"))),
        {("no-weight", "item[4].answerOption[2].valueCoding")},
    ),
    (
        "weights of a question are lost",
        changed(PHQ_9, options(4, lambda o: [one.pop("extension") for one in o])),
        {("no-weight", "item[4].answerOption")},
    ),
    ("another panel", changed(PHQ_9, lambda t: t.update(code=[coding("69737-5")])), {("panel", "code[0].code")}),
    ("another name", changed(PHQ_9, lambda t: (t.pop("code"), t.update(title="GAD-7"))), {("not-this", "title")}),
    (
        "another score",
        changed(PHQ_9, lambda t: t["item"][9].update(code=[coding("70274-6")])),
        {("total", "item[9].code[0].code")},
    ),
    ("a score out of range", score("75626-2", 13), {("range", "valueInteger")}),
    ("a score that is not whole", score("44261-6", 3.5), {("range", "valueInteger")}),
    ("an answer as a score out of range", score("44250-9", 4), {("range", "valueInteger")}),
    (
        "a component out of range",
        {"resourceType": "Observation", "component": [{"code": {"coding": [coding("70274-6")]}, "valueInteger": 22}]},
        {("range", "component[0].valueInteger")},
    ),
    (
        "another answer, as an observation",
        {
            "resourceType": "Observation",
            "code": {"coding": [coding("44250-9")]},
            "valueCodeableConcept": {"coding": [coding("LA15694-5")]},
        },
        {("answer", "valueCodeableConcept.coding[0].code")},
    ),
    (
        "a goal that no score reaches",
        {
            "resourceType": "Goal",
            "target": [{"measure": {"coding": [coding("44261-6")]}, "detailRange": {"high": {"value": 40}}}],
        },
        {("range", "target[0].detailRange.high.value")},
    ),
    ("a response with another total", response("phq-9", 10, 1), {("sum", "item[9].answer[0].valueDecimal")}),
    ("a response out of range", response("audit-c", 13, 4), {("range", "item[3].answer[0].valueDecimal")}),
    (
        "a response with another's answer",
        changed(response("phq-9", 9, 1), lambda t: t["item"][0].update(answer=[{"valueCoding": coding("LA18933-4")}])),
        {("answer", "item[0].answer[0].valueCoding.code")},
    ),
    (
        "a response with another weight",
        changed(
            response("phq-9", 9, 1), lambda t: t["item"][0]["answer"][0]["valueCoding"].update(extension=weighing(2))
        ),
        {("weight", "item[0].answer[0].valueCoding.extension[0].valueDecimal")},
    ),
    (
        "a response in a bundle",
        {"resourceType": "Bundle", "entry": [{"resource": response("phq-9", 10, 1)}]},
        {("sum", "entry[0].resource.item[9].answer[0].valueDecimal")},
    ),
    ("a label of another code", planned(coding("66590003", "Opioid dependence (disorder)", SNOMED)), LABEL_OF_ANOTHER),
    (
        "a label of another answer",
        {
            "resourceType": "QuestionnaireResponse",
            "item": [{"linkId": "any", "answer": [{"valueCoding": coding("LA18930-0", "1 or 2")}]}],
        },
        {("display", "item[0].answer[0].valueCoding.display")},
    ),
    (
        "the label of another score",
        planned(coding("75626-2", "Total score [AUDIT]")),
        {("total", "category[0].coding[0].code")},
    ),
    (
        "WHO ICD-10 without its period",
        planned(coding("F102", system=ICD_10)),
        {("period", "category[0].coding[0].code")},
    ),
    (
        "a code of no instrument with another digit",
        planned(coding("38717-9")),
        {("check-digit", "category[0].coding[0].code")},
    ),
]
