"""Is this document what it says it is? All that is wrong with it, each with its place, the rule and what would mend it.

    json        strict JSON in UTF-8: line and column        mappings/tree.py
    structure   types, cardinality, primitives               structure.py over shapes.py, from fhir.resources
    binding     codes of required bindings                   bindings.py
    invariant   what else the specification demands          invariants.py
    native      the programme's own JSON                     native.py

Not judged yet: extensible bindings, references between documents, a response against its questionnaire, profiles.
"""

from __future__ import annotations

from mappings.check.rules import LEVELS, RULES, SPECIFICATION, Finding, Rule
from mappings.tree import NotJSON, Tree, parse

__all__ = ["LEVELS", "MAX_BYTES", "RULES", "SPECIFICATION", "Finding", "Rule", "check", "check_native", "is_valid"]

MAX_BYTES = 32 * 1024 * 1024
"""Size of a document that is judged. A tree takes some ten times the memory of its bytes."""


def check(data: bytes | Tree, *, release: str = "R4") -> list[Finding]:
    """Return what is wrong with one FHIR resource; a Bundle is judged entry by entry. Empty: nothing was found.

    `data` are the bytes of a JSON document, or the tree of one. Never raises for any of them; bytes that are no JSON
    are one finding with line and column. `release` is "R4" (judged by R4B) or "R5"; another raises KeyError.
    """
    SPECIFICATION[release]
    if isinstance(data, bytes):
        unread = unreadable(data)
        if unread is not None:
            return [unread]
        try:
            data = parse(data)
        except NotJSON as error:
            return [_not_json(error)]
    from mappings.check.structure import walk

    return walk(data, release)


def is_valid(data: bytes | Tree, *, release: str = "R4") -> bool:
    """Return whether `check` finds no error; warnings do not count."""
    return all(finding.severity not in {"error", "fatal"} for finding in check(data, release=release))


def check_native(tree: Tree) -> list[Finding]:
    """Return what is wrong with a document in the programme's own JSON (MODEL.md, Native JSON). Never raises."""
    from mappings.check.native import judge

    return judge(tree)


def unreadable(data: bytes) -> Finding | None:
    """Return why bytes are not even tried as JSON: empty, too large, another encoding, no text at all."""
    if len(data) > MAX_BYTES:
        return _unread("json-size", "the document is too large", "Split it: a Bundle into its entries.")
    if not data.strip():
        return _unread("json", "the document is empty", "Write a JSON object.")
    if data[:2] in {b"\xff\xfe", b"\xfe\xff"} or b"\0" in data[:2]:
        return _unread("json", "the document is not UTF-8 but UTF-16 or UTF-32, or no text", "Save it as UTF-8.")
    return None


def _unread(rule: str, what: str, fix: str) -> Finding:
    known = RULES[rule]
    return Finding("", known.code, f"{what}. {known.says}.", fix, known.severity, rule, (), "json", known.page, 1, 1)


def _not_json(error: NotJSON) -> Finding:
    known = RULES.get(error.issue.rule, RULES["json"])
    return Finding(
        path="",
        code=error.issue.code,
        text=f"{error.text}. {known.says}.",
        fix=error.issue.fix,
        severity="fatal",
        rule=known.id,
        level="json",
        link=known.link("R4"),
        line=error.line,
        column=error.column,
    )
