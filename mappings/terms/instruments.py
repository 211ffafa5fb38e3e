"""Assessment instruments as facts: whose item, answer and score a LOINC code is, and what each answer weighs.

No wording of a question stands here, for the licence of some instruments forbids it; labels of answers are LOINC's.
This material contains content from LOINC (http://loinc.org). LOINC is copyright Regenstrief Institute, Inc. and the
LOINC Committee, and is available at no cost under the license at http://loinc.org/license.

What no trustworthy file has is None or left out, and named under `unverified`: it is never judged by.

    INSTRUMENTS["phq-9"].items["44250-9"] -> LISTS["frequency-4"].answers["LA6570-1"] -> ("More than half the days", 2)
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

# fmt: off
SOURCES = {
    # read for these rows; the codes were not checked against a release of LOINC
    "us-phq-9":    "HL7/US-Core input/examples/Questionnaire-phq-9-example.json",
    "us-audit-c":  "HL7/US-Core input/examples/Questionnaire-AUDIT-C.json",
    "us-taps":     "HL7/US-Core input/examples/Questionnaire-TAPS.json",
    "us-prapare":  "HL7/US-Core input/examples/Questionnaire-prapare-example.json",
    "lforms":      "LHNCBC/lforms test/data/R4/calc-weight/phq9-with-the-weight-function.json",
    "ktc":         "jmandel/ktc-questionnaire-starters generate.py (its author verified it against LOINC 2.82)",
    "fhir-emr":    "beda-software/fhir-emr resources/init-seeds/Questionnaire/gad-7.yaml, gad-7-extract.yaml",
    "camcops":     "ucam-department-of-psychiatry/camcops server/camcops_server/tasks/{gad7,audit}.py",
    "portugal":    "HL7 Portugal Terminologias 1.0.0, CPEAUDITObservationVS and CPEAUDITCResultVS",
    "cirg":        "uwcirg/fhir-questionnaires CIRG-PC-PTSD-5.json",
    "bh":          "HL7/us-behavioral-health-profiles C-SSRS-example-1.xml, hark-example-1.xml",
    "synthea":     "synthetichealth/synthea modules/encounter/substance_use_screening.json",
    "awell":       "awell-health/awell-score dast_10; rhavekost/clinical-toolkit dast-10.md",
    "mycare":      "chronic-care/mycareplanner public/content/AHC-questionnaire.json, PHQ-4-questionnaire.json",
    "social":      "vayunmathur SocialHistoryQuestions.kt (its author verified it against LOINC 2.83)",
    "bam":         "one public description of its scoring (repository not recorded)",
    "assist":      "one public scoring engine (repository not recorded)",
    "hl7-phq-9":   "https://hl7.org/fhir/R4/questionnaire-phq-9-questionnaire.json.html",
}


@dataclass(frozen=True, slots=True)
class Answers:
    """A list of answers. `answers` are code -> (label, weight); a weight is None where the answer is not scored.

    others      (label, weight) of the answers whose codes no trustworthy file has
    wrong       codes that published forms have in these places, and that are not these answers
    list        its identifier in LOINC
    """

    answers: Mapping[str, tuple[str, int | None]]
    source: str
    others: tuple[tuple[str, int | None], ...] = ()
    wrong: frozenset[str] = frozenset()
    list: str = ""

    @property
    def weights(self) -> tuple[int, ...] | None:
        """Return the weights in order, or None where answers are not scored."""
        every = [weight for _, weight in (*self.answers.values(), *self.others)]
        known = [weight for weight in every if weight is not None]
        return tuple(sorted(known)) if len(known) == len(every) else None


LISTS: dict[str, Answers] = {
    "frequency-4": Answers({
        "LA6568-5":   ("Not at all", 0),
        "LA6569-3":   ("Several days", 1),
        "LA6570-1":   ("More than half the days", 2),
        "LA6571-9":   ("Nearly every day", 3)}, "us-phq-9", list="LL358-3"),
    "difficulty": Answers({
        "LA6572-7":   ("Not difficult at all", None),
        "LA6573-5":   ("Somewhat difficult", None),
        "LA6575-0":   ("Very difficult", None),
        "LA6574-3":   ("Extremely difficult", None)}, "us-phq-9"),
    "drinking-often": Answers({
        "LA6270-8":   ("Never", 0),
        "LA18926-8":  ("Monthly or less", 1),
        "LA18927-6":  ("2-4 times a month", 2),
        "LA18928-4":  ("2-3 times a week", 3),
        "LA18929-2":  ("4 or more times a week", 4)}, "ktc", list="LL2179-1"),
    "drinks": Answers({
        "LA15694-5":  ("1 or 2", 0),
        "LA15695-2":  ("3 or 4", 1),
        "LA18930-0":  ("5 or 6", 2),
        "LA18931-8":  ("7 to 9", 3),
        "LA18932-6":  ("10 or more", 4)}, "us-audit-c", list="LL2180-9"),
    "frequency-5": Answers({
        "LA6270-8":   ("Never", 0),
        "LA18933-4":  ("Less than monthly", 1),
        "LA18876-5":  ("Monthly", 2),
        "LA18891-4":  ("Weekly", 3),
        "LA18934-2":  ("Daily or almost daily", 4)}, "us-audit-c", list="LL2181-7"),
    "frequency-5-unscored": Answers({
        "LA18934-2":  ("Daily or almost daily", None),
        "LA18891-4":  ("Weekly", None),
        "LA18876-5":  ("Monthly", None),
        "LA18933-4":  ("Less than monthly", None),
        "LA6270-8":   ("Never", None)}, "us-taps"),
    "last-year": Answers({
        "LA32-8":     ("No", 0)}, "portugal",
        others=(("Yes, but not in the last year", 2), ("Yes, during the last year", 4)),
        wrong=frozenset({"LA18937-5", "LA18938-3"})),
    "single-drug": Answers({
        "LA6270-8":   ("Never", None),
        "LA26460-8":  ("Once or twice", None),
        "LA18876-5":  ("Monthly", None),
        "LA18891-4":  ("Weekly", None),
        "LA18934-2":  ("Daily or almost daily", None)}, "social"),
    "yes-no": Answers({
        "LA33-6":     ("Yes", 1),
        "LA32-8":     ("No", 0)}, "cirg"),
    "number": Answers({}, "us-audit-c"),
}
OTHER_ANSWERS = {
    "LA9194-7":       "Low",                      # bh: the level of risk of the C-SSRS screener
    "LA18938-3":      "More days than not",       # mycare: PHQ-4
}
"""Labels of answers that no list above has."""

DECLINED = frozenset({"LA30122-8", "LA4489-6", "LA46-8"})
"""Answers that any question may have beside its own: "I choose not to answer this question", "Unknown", "Other"
(us-prapare; https://hl7.org/fhir/uv/ips/ValueSet-pregnancy-status-uv-ips.html)."""


@dataclass(frozen=True, slots=True)
class Instrument:
    """One instrument. Codes are LOINC's.

    ship        "full": its wording may be shipped; "metadata": it may not
    items       scored items in order: code -> key of LISTS
    more        further codes of its form, which no score counts: code -> key of LISTS or ""
    also        codes of answers that published forms have besides, with their weight
    questions   weights of each question, where items have no known codes; () where that is not known either
    words       item -> words that no other item of it has, of instruments whose wording may be shipped
    """

    title: str
    ship: str
    licence: str
    sources: tuple[str, ...]
    panel: str = ""
    total: str = ""
    range: tuple[int, int] | None = None
    items: Mapping[str, str] = field(default_factory=dict)
    more: Mapping[str, str] = field(default_factory=dict)
    also: Mapping[str, int] = field(default_factory=dict)
    questions: tuple[tuple[int, ...], ...] = ()
    words: Mapping[str, str] = field(default_factory=dict)
    unverified: tuple[str, ...] = ()

    def weighed(self) -> tuple[tuple[int, ...], ...]:
        """Return the weights of the answers to each scored question."""
        return self.questions or tuple(LISTS[one].weights or () for one in self.items.values())


def _each(codes: str, of: str) -> dict[str, str]:
    return dict.fromkeys(codes.split(), of)


_AUDIT_C = {"68518-0": "drinking-often", "68519-8": "drinks", "68520-6": "frequency-5"}
_CONTESTED = "Contested: public domain (US Core), or the WHO's and for non-commercial use only (CamCOPS)"

INSTRUMENTS: dict[str, Instrument] = {
    "phq-9": Instrument(
        "PHQ-9", "full", "No permission required to reproduce, translate, display or distribute (US Core)",
        ("us-phq-9", "lforms", "hl7-phq-9"), panel="44249-1", total="44261-6", range=(0, 27),
        items=_each("44250-9 44255-8 44259-0 44254-1 44251-7 44258-2 44252-5 44253-3 44260-8", "frequency-4"),
        more={"69722-7": "difficulty", "44256-6": ""},
        words={"44250-9": "interest or pleasure", "44255-8": "depressed", "44259-0": "asleep", "44254-1": "tired",
               "44251-7": "appetite", "44258-2": "failure", "44252-5": "concentrating", "44253-3": "slowly",
               "44260-8": "better off dead"}),
    "gad-7": Instrument(
        "GAD-7", "full", "As PHQ-9, stated in one file", ("fhir-emr", "ktc", "camcops"),
        panel="69737-5", total="70274-6", range=(0, 21),
        items=_each("69725-0 68509-9 69733-4 69734-2 69735-9 69689-8 69736-7", "frequency-4"),
        more={"69722-7": "difficulty"}, also={"LA18938-3": 2},
        words={"69725-0": "nervous", "68509-9": "control worrying", "69733-4": "different things",
               "69734-2": "relaxing", "69735-9": "sit still", "69689-8": "annoyed", "69736-7": "afraid"}),
    "audit-c": Instrument(
        "AUDIT-C", "metadata", _CONTESTED, ("us-audit-c", "ktc", "social", "portugal"),
        panel="72109-2", total="75626-2", range=(0, 12), items=_AUDIT_C),
    "audit": Instrument(
        "AUDIT", "metadata", _CONTESTED, ("portugal", "camcops"), total="75624-7", range=(0, 40),
        items=_AUDIT_C | _each("97734-8 97735-5 97736-3 97737-1 97738-9", "frequency-5")
              | _each("97739-7 97740-5", "last-year"),
        more={"75626-2": ""},
        unverified=("code of the panel", "codes of both kinds of yes to items 9 and 10", "bands")),
    "pc-ptsd-5": Instrument(
        "PC-PTSD-5", "full", "VA National Center for PTSD, public domain (secondary source)", ("cirg",),
        panel="102010-6", total="102017-1", range=(0, 5),
        items=_each("102012-2 102013-0 102014-8 102015-5 102016-3", "yes-no"), more={"102011-4": "yes-no"},
        unverified=("cut-off 3 or 4",)),
    "c-ssrs-screener": Instrument(
        "C-SSRS screener", "metadata", "Research Foundation for Mental Hygiene; free after registration", ("bh",),
        panel="93373-9",
        more=_each("93246-7 93247-5 93248-3 93249-1 93250-9 93267-3 93269-9", "yes-no") | {"93374-7": ""},
        unverified=("triage",)),
    "taps-1": Instrument(
        "TAPS-1", "full", "NIDA, public domain in the U.S. (US Core)", ("us-taps",), panel="96841-2",
        more=_each("96842-0 88037-7 75889-6 96843-8", "frequency-5-unscored") | {"96844-6": ""},
        unverified=("answers of 96844-6",)),
    "dast-10": Instrument(
        "DAST-10", "metadata", "H. A. Skinner and CAMH, non-commercial use only (CamCOPS)", ("synthea", "awell"),
        panel="82666-9", total="82667-7", range=(0, 10), questions=((0, 1),) * 10, unverified=("codes of items",)),
    "ahc-hrsn": Instrument(
        "AHC-HRSN", "metadata", "LOINC; HITS by K. Sherin, used with permission", ("mycare",), panel="96777-8",
        more=_each("71802-3 96778-6 88122-7 88123-5 93030-5 96779-4 95618-5 95617-7 95616-9 95615-1", ""),
        unverified=("codes of answers: lists of 71802-3 and 93030-5 differ between forms",)),
    "prapare": Instrument(
        "PRAPARE", "metadata", "NACHC, used with permission", ("us-prapare",), panel="93025-5",
        unverified=("codes of items: not transcribed",)),
    "nida-single-drug": Instrument(
        "NIDA single question", "metadata", "Not stated", ("social",), more={"68524-8": "single-drug"}),
    "days-of-heavy-drinking": Instrument(                       # a number: how many times in the past year
        "a single question on heavy drinking", "metadata", "Not stated", ("us-audit-c",), more={"68517-2": "number"}),
    "hark": Instrument(
        "HARK", "metadata", "Not stated", ("bh",), total="76504-0",
        more=_each("76499-3 76501-6 76502-4 76503-2", ""), unverified=("weights", "range")),
    "bam": Instrument(
        "BAM", "metadata", "VA; not stated", ("bam",),
        unverified=("codes", "scoring: single source")),
    "assist": Instrument(
        "ASSIST v3", "metadata", "WHO; not stated", ("assist",),
        questions=((0, 2, 3, 4, 6), (0, 3, 4, 5, 6), (0, 4, 5, 6, 7), (0, 5, 6, 7, 8), (0, 3, 6), (0, 3, 6)),
        unverified=("codes", "bands of alcohol")),
}
SUBSCALES = {"bam": ("use", "risk", "protective")}
"""Instruments that have scores of these parts and no total. Source: bam."""

BAM_QUESTIONS = 17
"""Source: bam."""

NAMES = (
    # instrument    how a title or a label names it; what one row has read, the next do not read again
    ("audit-c",         r"(?i:(?<![a-z])audit[\s_-]?c(?![a-z])"
                        r"|alcohol use disorders? identification test\W*c(?:onsumption)?\b)"),
    ("audit",           r"(?<![A-Za-z])AUDIT(?![A-Za-z])|(?i:alcohol use disorders? identification test)"),
    ("phq-9",           r"(?i:phq[\s_-]?9(?![0-9a-z])|patient health questionnaire\W*(?:9|nine))"),
    ("phq-2",           r"(?i:phq[\s_-]?(?:2|4|8|15|a)(?![0-9a-z]))"),
    ("gad-7",           r"(?i:gad[\s_-]?7(?![0-9a-z]))"),
    ("gad-2",           r"(?i:gad[\s_-]?2(?![0-9a-z]))"),
    ("dast-10",         r"(?i:dast[\s_-]?10(?![0-9a-z]))"),
    ("pc-ptsd-5",       r"(?i:pc[\s_-]?ptsd[\s_-]?5(?![0-9a-z]))"),
    ("c-ssrs-screener", r"(?i:c[\s_-]?ssrs|columbia\W+suicide severity)"),
    ("taps-1",          r"(?<![A-Za-z])TAPS(?![A-Za-z])"),
    ("prapare",         r"(?<![A-Za-z])PRAPARE(?![A-Za-z])"),
    ("hark",            r"(?<![A-Za-z])HARK(?![A-Za-z])"),
    ("bam",             r"(?<![A-Za-z])BAM(?:-R)?(?![A-Za-z])|(?i:brief addiction monitor)"),
    ("assist",          r"(?<![A-Za-z])ASSIST(?![A-Za-z])|(?i:alcohol, smoking,? and substance involvement)"),
    ("ciwa",            r"(?i:(?<![a-z])ciwa(?![a-z]))"),
)
# fmt: on

PANELS = {one.panel: key for key, one in INSTRUMENTS.items() if one.panel}
TOTALS = {one.total: key for key, one in INSTRUMENTS.items() if one.total}
ITEMS: dict[str, str] = {}
"""Code of an item -> key of LISTS, "" where its answers are not known."""
OWNERS: dict[str, frozenset[str]] = {}
"""Code of an item -> the instruments that have it."""
for _key, _one in INSTRUMENTS.items():
    for _code, _answers in (*_one.items.items(), *_one.more.items()):
        if _code not in TOTALS:
            ITEMS.setdefault(_code, _answers)
            OWNERS[_code] = OWNERS.get(_code, frozenset()) | {_key}
LABELS = {
    code: label for one in LISTS.values() for code, (label, _) in one.answers.items()
} | OTHER_ANSWERS  # fmt: skip
"""Code of an answer -> its label."""


_HINTS = (
    "audit", "alcohol", "phq", "patient", "gad", "dast", "ptsd", "ssrs", "columbia", "taps", "prapare", "hark", "bam",
    "brief", "assist", "ciwa")  # fmt: skip
"""What a text has that names one of them, in small letters: most texts have none, and are not looked at further."""
_NAMES = tuple((key, re.compile(pattern)) for key, pattern in NAMES)


def named(*texts: object) -> set[str]:
    """Return the instruments that texts name: keys of NAMES. What is no text names none."""
    found: set[str] = set()
    for text in texts:
        rest = text if isinstance(text, str) else ""
        small = rest.casefold()
        for key, pattern in _NAMES if any(hint in small for hint in _HINTS) else ():
            rest, times = pattern.subn(" ", rest)
            if times:
                found.add(key)
    return found
