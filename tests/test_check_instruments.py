"""Codes of known instruments: each mistake that was published is one finding, and sound forms have none."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from instrument_defects import MORE
from instrument_mistakes import (
    AUDIT_C,
    AUDIT_WEIGHTS,
    BAM,
    BH_AUDIT_C,
    FURTHER,
    GAD_7,
    ICD_10,
    ICD_10_CM,
    LOINC,
    PHQ_9,
    PUBLISHED,
    RXNORM,
    SNOMED,
    changed,
    coding,
    form,
    local,
    option,
    options,
    own,
    planned,
    response,
    score,
    weighing,
)

from mappings.check import RULES, check
from mappings.check.instrument import judge_instruments, judge_response_by
from mappings.check.instrument.codes import exists, is_sctid
from mappings.check.sets import check_set
from mappings.terms import closed_lists
from mappings.terms.instruments import INSTRUMENTS, LABELS, LISTS, OWNERS, PANELS, SOURCES
from mappings.tree import from_plain, parse

FIXTURES = Path(__file__).parent.parent / "fixtures"
CORPUS = Path(__file__).parents[2] / "shared" / "corpus"


ELSEWHERE = [*FURTHER, *MORE]


def told(tree: dict[str, Any], release: str = "R4") -> set[tuple[str, str]]:
    """Return (rule, path below the resource) of what is found."""
    found = judge_instruments(from_plain(tree), release)
    return {(one.rule.removeprefix("instrument/"), one.path.partition(".")[2]) for one in found}


@pytest.mark.parametrize("release", ["R4", "R5"])
@pytest.mark.parametrize(("tree", "wanted"), [row[1:] for row in PUBLISHED], ids=[row[0] for row in PUBLISHED])
def test_published_mistakes_are_found(tree: dict[str, Any], wanted: set[tuple[str, str]], release: str) -> None:
    """Each row of the list of published mistakes, rebuilt: its findings, and no other."""
    assert told(tree, release) == wanted


@pytest.mark.parametrize(("tree", "wanted"), [row[1:] for row in ELSEWHERE], ids=[row[0] for row in ELSEWHERE])
def test_the_same_mistakes_are_found_elsewhere(tree: dict[str, Any], wanted: set[tuple[str, str]]) -> None:
    """Any instrument, any place: one defect, one finding."""
    assert told(tree) == wanted


def test_each_rule_has_a_defect() -> None:
    """No rule of this level stands in the catalogue that no test has seen at work."""
    seen = {f"instrument/{rule}" for *_, wanted in (*PUBLISHED, *ELSEWHERE) for rule, _ in wanted}
    assert {rule for rule in RULES if rule.startswith("instrument/")} == seen


SOUND: list[tuple[str, dict[str, Any]]] = [
    *((key, form(key)) for key in INSTRUMENTS if key not in ("bam", "assist", "dast-10")),
    ("AUDIT of its own codes", own("AUDIT", *(local(f"q{n}", w) for n, w in enumerate(AUDIT_WEIGHTS)))),
    ("ASSIST", own("ASSIST", *(local(f"q{n}", list(w)) for n, w in enumerate(INSTRUMENTS["assist"].questions)))),
    ("BAM", changed(BAM, lambda t: t["item"].append({"linkId": "use", "text": "Use score total", "type": "integer"}))),
    ("a refusal beside the answers", changed(PHQ_9, options(0, lambda o: o.append(option("LA30122-8", "No", None))))),
    ("PHQ-4's answer", changed(GAD_7, options(1, lambda o: o.__setitem__(2, option("LA18938-3", "x", 2))))),
    ("labels in another language", changed(PHQ_9, options(0, lambda o: o[0]["valueCoding"].update(display="Nunca")))),
    ("no weights at all", changed(PHQ_9, lambda t: [o.pop("extension", 0) for i in t["item"]
                                                    for o in i.get("answerOption", [])])),
    ("two instruments in one form", own("PHQ-9 and GAD-7", *PHQ_9["item"], *GAD_7["item"])),
    ("an audit of charts", own("AUDIT of discharge letters", local("a", [0, 1]) | {"text": "Is it signed?"},
                               local("b", [0, 1]) | {"text": "Is it dated?"})),
    ("a response", response("phq-9", 9, 1)),
    ("a response of which a part is asked", changed(response("phq-9", 0), lambda t: t.update(item=t["item"][:5]))),
    ("AUDIT of who never drinks", changed(response("audit", 0), lambda t: t["item"].pop(3))),
    ("an expression", planned(coding("24165007:363589002=15167005", system=SNOMED))),
    ("a panel of observations", {"resourceType": "Observation", "code": {"coding": [coding("44249-1")]}}),
    ("a score", score("75624-7", 40, "AUDIT total")),
    ("labels of another edition", planned(coding("66590003", "Alcohol dependence (disorder)", SNOMED))),
    ("a goal in per cent", {"resourceType": "Goal", "target": [{"measure": {"coding": [coding("44261-6")]},
                            "detailQuantity": {"value": 50, "unit": "%"}}]}),
    ("the score by a short name", changed(AUDIT_C, lambda t: t["item"][3].update(text="AUDIT score"))),
    ("a drug by its own name", planned(coding("1483744", "naltrexone hydrochloride 50 MG", RXNORM))),
    ("a disorder by its own name", planned(coding("F11.20", "Opioid dependence, uncomplicated", ICD_10_CM))),
    ("ICD-10 with its period", planned(coding("F10.20", system=ICD_10_CM))),
    ("a category of ICD-10", planned(coding("F10", system=ICD_10))),
]  # fmt: skip


@pytest.mark.parametrize("release", ["R4", "R5"])
@pytest.mark.parametrize("tree", [row[1] for row in SOUND], ids=[row[0] for row in SOUND])
def test_sound_instruments_have_no_finding(tree: dict[str, Any], release: str) -> None:
    """Forms, responses and scores as their instruments have them, and what is no instrument."""
    assert told(tree, release) == set()


def test_answers_of_a_contained_value_set_are_judged() -> None:
    """Codes and weights may stand in a value set that the form contains, listed or expanded."""
    concepts = [
        {"code": code, "display": label, "extension": weighing(weight or 0)}
        for code, (label, weight) in LISTS["frequency-4"].answers.items()
    ]
    include = {"resourceType": "ValueSet", "id": "vs", "compose": {"include": [{"system": LOINC, "concept": concepts}]}}
    tree = form("phq-9", contained=[include])
    for item in tree["item"][:9]:
        item.pop("answerOption")
        item["answerValueSet"] = "#vs"
    assert told(tree) == set()
    concepts[1]["extension"] = weighing(3)
    assert told(tree) == {("weight", "contained[0].compose.include[0].concept[1].extension[0].valueDecimal")}
    concepts[1] = {"code": "LA18933-4", "display": "Several days", "extension": weighing(1)}
    assert told(tree) == {("answer", "contained[0].compose.include[0].concept[1].code")}


def test_a_score_of_weights_that_nobody_wrote_is_found() -> None:
    """A score that is computed from weights, in a form that has none, is 0 for everybody."""
    tree = changed(PHQ_9, lambda t: [o.pop("extension", 0) for i in t["item"] for o in i.get("answerOption", [])])
    tree["item"][9]["extension"] = [{"url": "calculated", "valueExpression": {"expression": "%item.weight().sum()"}}]
    assert told(tree) == {("no-weight", "item[9].extension")}


def test_a_response_is_judged_by_the_form_beside_it() -> None:
    """Where linkIds say nothing, the form's codes do: alone there is nothing to find, beside its form there is."""
    tree = changed(response("phq-9", 20, 1), lambda t: t.update(questionnaire="urn:phq"))
    asked = changed(PHQ_9, lambda t: t.update(url="urn:phq"))
    for n, (mine, theirs) in enumerate(zip(tree["item"], asked["item"], strict=True)):
        mine["linkId"] = theirs["linkId"] = f"x{n}"
    answers, beside = from_plain(tree), from_plain(asked)
    assert judge_instruments(answers, "R4") == []
    assert [one.rule for one in judge_response_by(answers, beside, "R4")] == ["instrument/sum"]
    found = check_set({"form": beside, "answers": answers}, "R4")
    assert [one.rule for one in found["answers"] if one.level == "instrument"] == ["instrument/sum"]


def test_a_finding_teaches_and_repeats_no_answer() -> None:
    """It says whose code it is, where that stands, and what would mend it; never what somebody answered."""
    found = [one for one in check(from_plain(BH_AUDIT_C)) if one.level == "instrument"]
    assert [one.severity for one in found] == ["error"] * 3
    [total] = [one for one in found if one.rule == "instrument/total"]
    assert total.text.startswith("76504-0 is the score of HARK")
    assert total.fix == "The score of AUDIT-C is 75626-2."
    assert total.link == "https://loinc.org/76504-0/"
    assert not any("LA15695-2" in one.text + one.fix + one.link for one in found)


def test_only_levels_that_are_asked_for_are_judged() -> None:
    """Whoever asks for structure alone has no finding of instruments."""
    assert not any(one.level == "instrument" for one in check(from_plain(BH_AUDIT_C), levels={"structure"}))


# ---- the facts


def test_each_instrument_says_what_is_not_known_of_it() -> None:
    """Each fact has a source, every scored answer a weight, and every code a right check digit."""
    for one in INSTRUMENTS.values():
        assert one.sources
        assert set(one.sources) <= SOURCES.keys()
        assert one.licence
        assert one.ship in ("full", "metadata")
        assert all(exists(code) for code in (*one.items, *one.more, one.panel, one.total))
        assert all(LISTS[of].weights is not None for of in one.items.values())
        if one.range and one.items:
            most = sum((LISTS[of].weights or (0,))[-1] for of in one.items.values())
            assert one.range == (0, most)
        if one.ship != "full":
            assert not one.words, "wording that may not be shipped"
    for known in LISTS.values():
        assert known.source in SOURCES
        assert all(exists(code) for code in known.answers)


def test_totals_are_the_same_wherever_they_stand() -> None:
    """The score that is written for an instrument is the one that is judged by."""
    assert {key: code for key, (code, _) in closed_lists.TOTALS.items()} == {
        key: f"{LOINC}|{INSTRUMENTS[key].total}" for key in closed_lists.TOTALS
    }


def test_check_digits_are_those_of_loinc() -> None:
    """The example of LOINC's guide, codes of answers, and the fourteen codes that LOINC numbered wrongly."""
    assert [exists(code) for code in ("12345-5", "12345-6", "72109-2", "72109-3", "LA6568-5", "LA6568-6")] == [
        True, False, True, False, True, False]  # fmt: skip
    assert exists("11491-6")
    assert exists("no code at all")


def test_check_digits_are_those_of_snomed() -> None:
    """Concepts of the international and of a national edition, each with one digit changed, and two exchanged."""
    for code in ("735324008", "429291000124102", "66590003", "7200002"):
        assert is_sctid(code)
        assert not any(is_sctid(code[:n] + str((int(code[n]) + 1) % 10) + code[n + 1 :]) for n in range(len(code)))
    assert not is_sctid("66509003")


# ---- files


@pytest.mark.parametrize("release", ["r4", "r5"])
def test_the_fixtures_have_no_finding(release: str) -> None:
    """All forms, responses and scores of the people of the fixtures are their instruments'."""
    files = sorted(FIXTURES.glob(f"*/{release}/*.json"))
    assert files
    found = {f.stem: judge_instruments(parse(f.read_bytes()), release.upper()) for f in files}
    assert {name: one for name, one in found.items() if one} == {}


# fmt: off
IN_CORPUS = {
    # file                                                          rules that it breaks
    "r4/Questionnaire/uscore__Questionnaire-AUDIT-C.json":                    ["item"],
    "r4/QuestionnaireResponse/uscore__QuestionnaireResponse-AUDIT-C.json":    ["item"],
    "r4/QuestionnaireResponse/bhprof__alcohol-use-identification-test-1.json": ["answer", "item", "total"],
    # PHQ-9 without the question on self-harm
    "r4/Questionnaire/hl7-r4ex__Questionnaire-phq-9-questionnaire.json":      ["item-missing"],
    # 8532-0 and 8462-7, which LOINC does not have
    "r4/Questionnaire/lforms__blood-pressure-q.json":                         ["check-digit"] * 2,
    "r4/Questionnaire/lforms__q-with-obs-extract-valueCode-with-no-extractable-parent.json": ["check-digit"] * 2,
    "r4/Questionnaire/lforms__q-with-obs-extract-valueCode-with-repeatable-parents.json":    ["check-digit"] * 2,
    # local codes as LOINC's, codes of LOINC as SNOMED CT's
    "r4/Bundle/mccpnoelle__DorothyJones.json":                              ["code-form"] * 7,
    "r4/Bundle/mccpnoelle__DorothyJonesNCQA.json":                          ["code-form"] * 9,
    "r4/Bundle/msfhir__SmartCompartmentResources.json":                     ["code-form"] * 2,
    "r4/Bundle/msfhir__V3.1.1_USCoreCompliantResources.json":               ["code-form"] * 6,
    "r4/Goal/mccpnoelle__DorothyJones-e3-Goal.json":                        ["code-form"] * 5,
    "r4/Questionnaire/android__component_multi_select_choice.json":         ["code-form"] * 6,
    "r4/Questionnaire/lformsapp__vital-sign-questionnaire.json":            ["code-form"] * 1,
    "r4/Questionnaire/mycareplanner__mpc-breast-cancer.json":               ["code-form"] * 25,
    "r4/Questionnaire/mycareplanner__mpc-colon-cancer.json":                ["code-form"] * 25,
    "r4/Questionnaire/mycareplanner__mpc-lung-cancer.json":                 ["code-form"] * 25,
    "r4/Questionnaire/mycareplanner__mpc-prostate-cancer.json":             ["code-form"] * 25,
    "r5/Questionnaire/formbuilder__entry-format-sample.json":               ["code-form"] * 2,
    "r5/Questionnaire/lformsr5__tables.json":                               ["code-form"] * 1,
    # UCUM with a stroke behind its uri
    "r4/Bundle/ccsample__cc-betsy-3-goals.json":                            ["system"] * 1,
    "r4/Bundle/ccsample__cc-mae-3-goals.json":                              ["system"] * 1,
    "r4/Bundle/ccsample__va-dan-3-goals.json":                              ["system"] * 2,
    "r4/Bundle/mccpnoelle__mcc-pnoelle-9-scenario-diabetes.json":           ["system"] * 5,
    "r4/Goal/ccsample__cc-betsy-3-goals-e0-Goal.json":                      ["system"] * 1,
    "r4/Goal/ccsample__cc-mae-3-goals-e0-Goal.json":                        ["system"] * 1,
    "r4/Goal/ccsample__va-dan-3-goals-e1-Goal.json":                        ["system"] * 1,
    "r4/Goal/ccsample__va-dan-3-goals-e2-Goal.json":                        ["system"] * 1,
    "r4/Goal/mccpnoelle__mcc-pnoelle-9-scenario-diabetes-e0-Goal.json":     ["system"] * 1,
    "r4/Goal/mccpnoelle__mcc-pnoelle-9-scenario-diabetes-e1-Goal.json":     ["system"] * 1,
    "r4/Goal/mccpnoelle__mcc-pnoelle-9-scenario-diabetes-e2-Goal.json":     ["system"] * 1,
}
# fmt: on


def test_published_files_have_these_findings_and_no_other() -> None:
    """Over all files that others wrote: each finding was looked at, and is a mistake of the file."""
    if not CORPUS.is_dir():
        pytest.skip("../shared/corpus is not beside the project")
    found: dict[str, list[str]] = {}
    for release in ("r4", "r5"):
        for file in sorted((CORPUS / release).rglob("*.json")):
            try:
                tree = parse(file.read_bytes())
            except ValueError:
                continue  # which is told at another level
            rules = sorted(one.rule.removeprefix("instrument/") for one in judge_instruments(tree, release.upper()))
            if rules:
                found[file.relative_to(CORPUS).as_posix()] = rules
    assert found == IN_CORPUS


def _changes(tree: Any, at: tuple[str | int, ...] = ()) -> Iterator[tuple[str, dict[str, Any], tuple[str | int, ...]]]:
    """Yield single changes of a sound form: what it is called, what is written over the object, and where that is."""
    if isinstance(tree, dict):
        code = tree.get("code")
        if tree.get("system") == LOINC and isinstance(code, str):
            for other in {"LA15694-5", "LA18933-4", "LA6570-1"} - {code} if code in LABELS else ():
                yield "another answer", {"code": other}, at
            for other in {"69725-0", "68518-0", "44250-9"} - {code} if code in OWNERS else ():
                yield "another item", {"code": other}, at
            for other in PANELS.keys() - {code} if code in PANELS else ():
                yield "another panel", {"code": other}, at
            yield "another digit", {"code": f"{code[:-1]}{(int(code[-1]) + 1) % 10}"}, at
        if str(tree.get("url")).endswith("ordinalValue"):
            yield "another weight", {"valueDecimal": 7}, at
            yield "no weight", {"url": "urn:example"}, at
        for n in range(len(tree.get("answerOption", ()))):
            yield "no answer", {"answerOption": tree["answerOption"][:n] + tree["answerOption"][n + 1 :]}, at
    for key, value in tree.items() if isinstance(tree, dict) else enumerate(tree if isinstance(tree, list) else ()):
        yield from _changes(value, (*at, key))


@pytest.mark.parametrize("name", ["asha/r4/audit-c", "asha/r5/phq-9", "jordan/r4/gad-7"])
def test_any_single_change_of_a_form_is_found(name: str) -> None:
    """Each code, weight and answer of a form of the fixtures, changed one at a time: none passes unseen."""
    sound = json.loads((FIXTURES / f"{name}.json").read_text("utf-8"))
    unseen = []
    for what, over, at in _changes(sound):
        tree = copy.deepcopy(sound)
        node = tree
        for step in at:
            node = node[step]
        node.update(over)
        if what == "no weight" and "gad-7" in name:
            continue  # there each answer has its weight twice: one of them is enough
        if not judge_instruments(from_plain(tree), "R4"):
            unseen.append((what, at, over))
    assert unseen == []


_SCALARS = (
    st.none() | st.booleans() | st.integers(-2, 99) | st.sampled_from(["44250-9", LOINC, "LA6568-5", "AUDIT", ""])
)
_KEYS = [
    "resourceType",
    "item",
    "code",
    "system",
    "coding",
    "answerOption",
    "valueCoding",
    "extension",
    "url",
    "answer",
]
_KEYS += ["linkId", "display", "concept", "include", "contained", "title", "target", "measure", "component", "value"]
_TREES = st.recursive(
    _SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(_KEYS), inner, max_size=4)
)


@settings(deadline=None)
@given(_TREES, st.sampled_from([AUDIT_C, BH_AUDIT_C, PHQ_9, BAM]), st.sampled_from(_KEYS))
def test_no_tree_makes_it_raise(value: Any, sound: dict[str, Any], key: str) -> None:
    """Whatever stands where an element is expected: findings or none, and no exception."""

    def put(tree: Any) -> Any:
        if isinstance(tree, dict):
            return {name: value if name == key else put(one) for name, one in tree.items()}
        return [put(one) for one in tree] if isinstance(tree, list) else tree

    tree = from_plain({**put(sound), "resourceType": sound["resourceType"]})
    assert isinstance(judge_instruments(tree, "R4"), list)
    assert isinstance(judge_response_by(tree, from_plain(PHQ_9), "R4"), list)
