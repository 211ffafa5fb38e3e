"""Codes by themselves: whether one exists, whether its label is its own, and what an answer to an item may be."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation

from mappings.check.answers.values import chosen
from mappings.check.findings import MAX_FINDINGS
from mappings.check.findings import finding as finding_of
from mappings.check.instrument import rules as instrument_rules
from mappings.check.rules import Finding
from mappings.nodes import Node, numbered
from mappings.terms.instruments import (
    DECLINED,
    INSTRUMENTS,
    ITEMS,
    LABELS,
    LISTS,
    OWNERS,
    PANELS,
    SOURCES,
    TOTALS,
    named,
)
from mappings.terms.labels import ICD_10, KNOWN, MISTAKEN, RXNORM, names_another
from mappings.terms.snomed import SNOMED
from mappings.terms.systems import LOINC
from mappings.tree import Number, Path, Tree

RULE = instrument_rules.PREFIX

_LOINC_CODE = re.compile(r"(?:L[A-Z])?[0-9]{1,7}-[0-9]")
_ANSWER_CODE = re.compile(r"LA[0-9]{1,7}-[0-9]")
_NO_PERIOD = re.compile(r"[A-Z][0-9][0-9A-Z][0-9A-Z]{1,4}")
# fmt: off
_BAD_DIGITS = frozenset({
    "11491-6", "11501-6", "5895-7", "5896-5", "5897-3", "5928-1", "6028-3", "6415-5", "6580-7", "6645-7", "6646-5",
    "6647-3", "6648-1", "6649-9"})
# fmt: on
"""LOINC's own codes whose check digit is wrong: https://loinc.org/kb/users-guide/calculating-mod-10-check-digits/"""
# fmt: off
_FORMS = {
    # system   what a code is                     as a pattern; what else may stand there, such as an expression
    LOINC:     ("digits, a hyphen and a digit",   re.compile(r"(?:L[A-Z])?[0-9]{1,7}-[0-9]|MTHU[0-9]+|.* .*")),
    SNOMED:    ("6 to 18 digits, the last a check digit", re.compile(r"[1-9][0-9]{5,17}|.*[ :|+=<>{}()*^].*")),
    RXNORM:    ("a number",                       re.compile(r"[0-9]{1,8}")),
}
# fmt: on
_TURNS = (
    "0123456789",
    "1576283094",
    "5803796142",
    "8916043527",
    "9453126870",
    "4286573901",
    "2793806415",
    "7046913258",
)
"""What each digit counts as at its place from the right, in Verhoeff's scheme."""
_WEIGHTS = frozenset({"ordinalValue", "itemWeight", "questionnaire-ordinalValue", "iso21090-CO-value"})
"""Extensions that say what an answer weighs, by the end of their url: R4, R5, and before."""
_SMALL = frozenset({"and", "of", "the", "by", "for", "in", "a", "to", "with"})


def number(value: Tree) -> Decimal | None:
    """Return a JSON number; None for anything else."""
    if not isinstance(value, Number):
        return None
    try:
        return Decimal(str.__str__(value))
    except InvalidOperation:
        return None


def is_loinc(coding: Node) -> bool:
    """Return whether a coding is of LOINC; one of an answer may leave its system out."""
    code, system = coding.get("code"), coding.get("system")
    if not isinstance(code, str):
        return False
    return system == LOINC or ("system" not in coding and _ANSWER_CODE.fullmatch(code) is not None)


def exists(code: str) -> bool:
    """Return whether the check digit of a LOINC code is right; what has another form is not judged.

    The digits are doubled in turn from the right; letters count by their place in ASCII.
    https://loinc.org/kb/users-guide/calculating-mod-10-check-digits/
    """
    if not _LOINC_CODE.fullmatch(code) or code in _BAD_DIGITS:
        return True
    total = 0
    for n, sign in enumerate(reversed(code[:-2])):
        digit = ord(sign) - ord("0")
        total += 2 * digit - digit // 5 * 9 if n % 2 == 0 else digit
    return -total % 10 == int(code[-1])


def is_sctid(code: str) -> bool:
    """Return whether the check digit of an identifier of SNOMED CT is right (Verhoeff); an expression is not judged.

    https://confluence.ihtsdotools.org/display/DOCRELFMT/6+SNOMED+CT+Identifiers
    """
    if not code.isdecimal():
        return True
    check = 0
    for n, sign in enumerate(reversed(code)):
        check = _dihedral(check, int(_TURNS[n % 8][int(sign)]))
    return check == 0


def _dihedral(a: int, b: int) -> int:
    """Return the product of two symmetries of a pentagon: 0 to 4 turn it, 5 to 9 turn it over."""
    if a < 5:
        return (a + b) % 5 if b < 5 else (a + b) % 5 + 5
    return (a - b) % 5 + 5 if b < 5 else (a - b) % 5


def plain(label: str) -> frozenset[str]:
    """Return the words of a label, without what stands in parentheses at its end, small words and punctuation."""
    words = re.sub(r"\([^()]*\)\s*$", "", label.casefold().replace("behaviour", "behavior"))
    return frozenset(re.findall(r"\w+", words)) - _SMALL


def _by_label(labels: Mapping[str, str]) -> dict[frozenset[str], set[str]]:
    found: dict[frozenset[str], set[str]] = {}
    for code, label in labels.items():
        found.setdefault(plain(label), set()).add(code)
    return found


_CODES_OF = {LOINC: _by_label(LABELS)} | {system: _by_label(labels) for system, labels in KNOWN.items()}
_LABELS_OF: dict[str, Mapping[str, str]] = {LOINC: LABELS, **KNOWN}
_MISTAKEN = {(system, code, plain(label)) for system, code, label in MISTAKEN}


class Reports:
    """Findings of one document. A coding is reported once: the first that is found is what is wrong with it."""

    def __init__(self, root: str, release: str) -> None:
        self.root, self.release = root, release
        self.found: list[Finding] = []
        self.met: set[Path] = set()

    def add(self, rule: str, at: Path, what: str, fix: str, code: str = "") -> None:
        """Add a finding. `code` is the LOINC code whose page says more."""
        of = at[:-1] if at and at[-1] in ("code", "display") else at
        if of in self.met or len(self.found) >= MAX_FINDINGS:
            return
        self.met.add(of)
        link = f"https://loinc.org/{code}/" if code else ""
        self.found.append(finding_of(RULE + rule, self.root, at, what, fix, release=self.release, link=link))

    # ---- what several kinds of documents have in common

    def panel_as_total(self, code: str, at: Path) -> None:
        """Report a panel's code that stands where a score is."""
        one = INSTRUMENTS[PANELS[code]]
        fix = f"Use {one.total}, the score of {one.title}." if one.total else f"{one.title} has no score of its own."
        what = f"{code} is the panel of {one.title}, and here it has a value{_as(PANELS[code])}"
        self.add("panel", at, what, fix, code)

    def misnamed(self, code: str, at: Path, *texts: Tree) -> bool:
        """Report a score's code whose label names another instrument, and return whether it does."""
        for text in texts:
            names = named(text)
            if names and TOTALS[code] not in names:
                self.add("total", at, f"{is_score(code)}, and its label names another", right_total(names), code)
                return True
        return False

    def misworded(self, code: str, at: Path, *texts: Tree) -> None:
        """Report an item whose text asks what another item of its instrument asks."""
        for text in texts:
            said = " ".join(text.casefold().split()) if isinstance(text, str) else ""
            for one in (INSTRUMENTS[owner] for owner in OWNERS.get(code, ())):
                mine = one.words.get(code)
                others = [other for other, words in one.words.items() if words in said] if mine else []
                if others and code not in others:
                    what = f"{code} is another question of {one.title} than this text asks"
                    self.add("item", at, what, f"The text is that of {others[0]}.", code)

    def range(self, key: str, score: Decimal, at: Path) -> None:
        """Report a score that its instrument cannot have."""
        one = INSTRUMENTS[key]
        if one.range is None:
            return
        least, most = one.range
        if not least <= score <= most or score != score.to_integral_value():
            what = f"the score of {one.title} is a whole number from {least} to {most}{_as(key)}"
            self.add("range", at, what, "Count again, or correct the code.", one.total)

    def item_range(self, code: str, score: Decimal, at: Path) -> None:
        """Report a number that no answer to an item weighs."""
        weights = LISTS[ITEMS[code]].weights
        if weights and not weights[0] <= score <= weights[-1]:
            what = f"the answers to {code} weigh {weights[0]} to {weights[-1]}"
            self.add("range", at, what, "Correct the number, or the code.", code)

    def allowed(self, code: str) -> dict[str, int | None]:
        """Return the codes of answers that an item may have, with their weights."""
        found: dict[str, int | None] = dict.fromkeys(DECLINED)
        for owner in OWNERS[code]:
            found.update(INSTRUMENTS[owner].also)
        found.update({answer: weight for answer, (_, weight) in LISTS[ITEMS[code]].answers.items()})
        return found

    def not_in_list(self, code: str, at: Path) -> None:
        """Report an answer that is none of its item's. The answer may be a person's: it is not repeated."""
        theirs = LISTS[ITEMS[code]]
        labels = [label for label, _ in (*theirs.answers.values(), *theirs.others)]
        what = f"this is no answer to {code} ({whose(code)}){_as_list(ITEMS[code])}"
        fix = f"Its answers are: {', '.join(labels)}." if labels else "It is answered by a number."
        self.add("answer", at, what, fix, code)

    def weight(self, code: str, weight: int, holders: list[tuple[Path, Node]]) -> None:
        """Report weights beside an answer that are not the instrument's."""
        for here, given in (each for holder_at, holder in holders for each in _weights(holder_at, holder)):
            if given is not None and given != weight:
                what = f"the weight is not what {code} gives this answer{_as_list(ITEMS[code])}"
                self.add("weight", here, what, "Write the weight of the list, or leave it out.", code)

    def is_known_answer(self, code: str) -> bool:
        """Return whether a code is an answer of any list, or known to be a mistake."""
        return code in LABELS or any(code in one.wrong for one in LISTS.values())

    def no_such(self, code: str, at: Path, instrument: bool) -> None:
        """Report a code that LOINC cannot have."""
        near = [one for one in (*PANELS, *TOTALS) if one[:-1] == code[:-1]]
        fix = "Look the code up in LOINC."
        if near:
            one = INSTRUMENTS[PANELS.get(near[0]) or TOTALS[near[0]]]
            fix = f"Look the code up in LOINC; {near[0]} is of {one.title}."
        self.add("no-such-code" if instrument else "check-digit", at, "LOINC has no such code", fix)


def whose(code: str) -> str:
    """Return the instruments of an item, in words."""
    return ", ".join(sorted(INSTRUMENTS[one].title for one in OWNERS[code]))


def is_score(code: str) -> str:
    """Return whose score a code is, in words."""
    return f"{code} is the score of {INSTRUMENTS[TOTALS[code]].title}"


def right_total(keys: set[str]) -> str:
    """Return which score it should be, in words."""
    known = [INSTRUMENTS[one] for one in sorted(keys) if one in INSTRUMENTS and INSTRUMENTS[one].total]
    if not known:
        return "Use the code of the instrument that was asked, or correct the label."
    return " ".join(f"The score of {one.title} is {one.total}." for one in known)


def _as(key: str) -> str:
    return f" (as in {SOURCES[INSTRUMENTS[key].sources[0]]})"


def _as_list(key: str) -> str:
    return f" (as in {SOURCES[LISTS[key].source]})"


def weights_of(at: Path, *holders: Node | tuple[str, Tree]) -> list[tuple[Path, Decimal | None]]:
    """Return the weights of an answer, with their places: of itself, and of what it holds under a key."""
    found: list[tuple[Path, Decimal | None]] = []
    for holder in holders:
        key, node = holder if isinstance(holder, tuple) else ("", holder)
        if isinstance(node, dict):
            found.extend(_weights((*at, key) if key else at, node))
    return found


def _weights(at: Path, node: Node) -> Iterator[tuple[Path, Decimal | None]]:
    for n, one in numbered(node, "extension"):
        url = one.get("url")
        if isinstance(url, str) and url.rpartition("/")[2] in _WEIGHTS:
            key, value = chosen(one)
            yield (*at, "extension", n, key or "value[x]"), number(value)


# ---- a coding wherever it stands


def of_coding(reports: Reports, coding: Node, at: Path, near: Tree) -> None:
    """Judge a coding of a known system. `near` is the text beside it."""
    system, code, label = coding["system"], coding["code"], coding.get("display")
    if system in ICD_10 and _NO_PERIOD.fullmatch(code):
        reports.add(
            "period", (*at, "code"), "this ICD-10 code has no period", "Put a period after its third character."
        )
    elif system in _FORMS and not (_FORMS[system][1].fullmatch(code) and (system != SNOMED or is_sctid(code))):
        what, fix = (
            f"a code of this system is {_FORMS[system][0]}",
            "Correct the code, or name the system that it is of.",
        )
        reports.add("code-form", (*at, "code"), what, fix)
    elif system == LOINC:
        _loinc(reports, code, (*at, "code"), label, near)
    if not isinstance(label, str):
        return
    if code in _LABELS_OF.get(system, ()):
        _label(reports, system, code, label, (*at, "display"))
    elif names_another(system, code, label):
        fix = "Correct the code or its display: only who chose it knows which is meant."
        reports.add("display", (*at, "display"), "this label names what the code is not of", fix)


def _loinc(reports: Reports, code: str, at: Path, label: Tree, near: Tree) -> None:
    if not exists(code):
        reports.no_such(code, at, bool(named(label, near)))
    elif code in TOTALS:
        reports.misnamed(code, at, label, near)
    elif code in PANELS and (names := named(label)) and PANELS[code] not in names:
        what = f"{code} is the panel of {INSTRUMENTS[PANELS[code]].title}, and its label names another"
        reports.add("panel", at, what, "Correct the code or its display.", code)
    elif code in ITEMS:
        reports.misworded(code, at, label, near)


def _label(reports: Reports, system: str, code: str, label: str, at: Path) -> None:
    words = plain(label)
    others = _CODES_OF[system].get(words, set())
    if (others and code not in others) or (system, code, words) in _MISTAKEN:
        what = "this is the label of another code" if others else "this label is known to be wrong for the code"
        fix = "Correct the code or its display: only who chose it knows which is meant."
        reports.add("display", at, what, fix, code if system == LOINC else "")
