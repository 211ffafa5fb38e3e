"""A finding from its rule: the one place where the rule's words, severity and link are put beside what is wrong."""

from __future__ import annotations

import re
from dataclasses import replace

from mappings.check.invariants import says
from mappings.check.rules import RULES, Finding
from mappings.tree import Path

MAX_FINDINGS = 1000
"""Findings that are listed for one document: a list of a million nulls is one mistake, not a million."""

_LONG = 65  # characters that no element's name has
ELEMENT_NAME = re.compile(r"_?[A-Za-z][A-Za-z0-9_]{0,63}")


def finding(rule: str, root: str, at: Path, what: str, fix: str, *, release: str, link: str = "") -> Finding:
    """Return a finding of a rule of RULES at a path of a document.

    `root` is the document's type, `what` says what is wrong in our words, `link` stands where the rule's own page does
    not say enough.
    """
    known = RULES[rule]
    return Finding(
        path=place(root, at),
        code=known.code,
        text=f"{what}. {says(release, rule)}.",
        fix=fix,
        severity=known.severity,
        rule=rule,
        at=at,
        level=known.level,
        link=link or known.link(release),
    )


def within(found: Finding, root: str, at: Path) -> Finding:
    """Return a finding of a resource as one of the document that has it: of a type `root`, at a path in it."""
    return replace(found, at=(*at, *found.at), path=place(root, (*at, *found.at))) if at else found


def place(root: str, at: Path) -> str:
    """Return a path in the document as FHIRPath, which knows no `_name`, up to the first key that is no element's name.

    Such a key may be anything, a name of a person too.
    """
    text = root
    for step in at:
        if isinstance(step, int):
            text += f"[{step}]"
        elif (step.isalpha() and step.isascii() and len(step) < _LONG) or step == "value[x]":
            text += "." + step
        elif ELEMENT_NAME.fullmatch(step):
            text += "." + step.removeprefix("_")
        else:
            break
    return text
