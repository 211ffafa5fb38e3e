"""Each rule of records, definitions and registries finds the defect that is planted for it, and not the sound one."""

from __future__ import annotations

import pytest
from defects import planted
from record_defects import ERRORS, UNSEEN_BY_THE_VALIDATOR, WARNED, rows

from mappings.check import RULES, check
from mappings.check.registries import is_country, is_currency, is_language
from mappings.check.ucum import is_unit
from mappings.tree import Tree

ALL = (*ERRORS, *rows(WARNED), *rows(UNSEEN_BY_THE_VALIDATOR))
RULES_SEEN = {rule for _, _, rule, _, _ in ALL}


@pytest.mark.parametrize(("release", "rule", "sound", "defect"), [row[1:] for row in ALL], ids=[row[0] for row in ALL])
def test_each_defect_is_found_and_nothing_in_the_sound(release: str, rule: str, sound: Tree, defect: Tree) -> None:
    """A record in a plan, or a value of an extension."""
    assert [one.rule for one in check(sound, release=release) if one.severity in {"error", "warning"}] == []
    assert rule in {one.rule for one in check(defect, release=release)}
    assert any(one.severity == "error" for one in check(defect, release=release)) == (RULES[rule].severity == "error")


@pytest.mark.parametrize(
    "code",
    [
        "kg", "mm[Hg]", "mg/kg/d", "10*9/L", "10^3", "{drinks}", "{tablet}/d", "mg/(24.h)", "/min", "m[IU]/L", "[degF]",
        "mg{creat}", "s-1", "kg/m2", "%", "1", "[NTU]", "u[IU]/mL", "[in_i'H2O]", "mo", "wk", "a", "((m))",
    ],
)  # fmt: skip
def test_what_ucum_writes_is_a_unit(code: str) -> None:
    """https://ucum.org/ucum#section-Syntax-Rules"""
    assert is_unit(code)


@pytest.mark.parametrize(
    "code",
    [
        "months",
        "Kg",
        "lbs",
        "mcg",
        "mg//d",
        "mg.",
        "(mg",
        "mg)",
        "k",
        "kkg",
        "m^2",
        "mg /d",
        "[foo]",
        "{a",
        "",
        "()",
        "s--1",
    ],
)
def test_what_ucum_does_not_write_is_none(code: str) -> None:
    """Words, the other case, operators without operands, prefixes alone or twice, open brackets."""
    assert not is_unit(code)


def test_a_long_code_is_not_judged() -> None:
    """Time stays proportional to the text."""
    assert is_unit("x" * 201)
    assert not is_unit("{" * 200)


@pytest.mark.parametrize(
    "tag",
    [
        "en", "pa-Guru", "zh-Hans-CN", "es-419", "de-CH-1996", "zh-cmn-Hans", "de-DE-u-co-phonebk", "x-ours",
        "en-x-ours", "qaa", "en-GB-oed", "EN-us", "i-klingon", "en-QM", "en-Qaaa",
    ],
)  # fmt: skip
def test_registered_subtags_make_a_language(tag: str) -> None:
    """https://www.rfc-editor.org/rfc/rfc5646#section-2.2.9"""
    assert is_language(tag)


@pytest.mark.parametrize(
    "tag", ["zz", "eng", "english", "en_US", "en-Foob", "fr-FRA", "en-840", "en-", "x", "", "en-a"]
)
def test_others_make_none(tag: str) -> None:
    """Not registered, or not of the form."""
    assert not is_language(tag)


def test_countries_and_currencies_are_those_in_use() -> None:
    """A country has two forms of letters and one of digits."""
    assert all(map(is_country, ("IN", "IND", "356")))
    assert not any(map(is_country, ("UK", "in", "Indi", "India")))
    assert all(map(is_currency, ("INR", "EUR", "SLE", "XXX")))
    assert not any(map(is_currency, ("RUP", "inr", "DEM")))


@pytest.mark.parametrize("odd", [["x"], {"x": "y"}, True, None, "x", []], ids=str)
def test_no_rule_raises_for_what_is_of_another_form(odd: Tree) -> None:
    """Each value of each record of the tables is replaced in turn; what is wrong then has its own finding."""
    for _, release, rule, _, defect in ALL:
        for place in places(defect):
            assert isinstance(check(planted(defect, place, odd), release=release), list), (rule, place)


def places(tree: Tree, at: str = "") -> list[str]:
    """Return the place of each value within what a plan contains."""
    if at and not at.startswith(("contained", "extension")):
        return []
    here = [at] if at else []
    if isinstance(tree, dict):
        return here + [one for name, value in tree.items() for one in places(value, f"{at}.{name}" if at else name)]
    if isinstance(tree, list):
        return here + [one for n, value in enumerate(tree) for one in places(value, f"{at}[{n}]")]
    return here
