"""Is this document what it says it is? All that is wrong with it, each with its place, the rule and what would mend it.

    json        strict JSON in UTF-8: line and column        mappings/tree.py
    structure   types, cardinality, primitives               structure.py over shapes.py, from fhir.resources
    binding     codes of required and extensible bindings    bindings.py
    invariant   what else the specification demands          invariants/; answers/conditions.py for those of a form
    reference   what references name, and codes of HL7's     links.py, code_systems.py; sets.py for what lies together
    answer      a response against its questionnaire         answers/, found by sets.py
    profile     the profiles claimed or asked for            profile/; HL7's own extensions: extensions.py
    instrument  codes of known instruments                   instrument/; sets.py where a form is needed
    native      the programme's own JSON                     native.py, and what it must not say: native_rules.py

What the tables of these levels say is in data/, each beside its source.
"""

from __future__ import annotations

from collections.abc import Collection

from mappings.check.rules import BASE, LEVELS, RULES, SPECIFICATION, USABLE, Finding, Rule
from mappings.tree import NotJSON, Tree, from_plain, parse

__all__ = [
    "BASE",
    "LEVELS",
    "MAX_BYTES",
    "RULES",
    "SPECIFICATION",
    "USABLE",
    "Finding",
    "Rule",
    "check",
    "check_any",
    "check_native",
    "is_usable",
    "is_valid",
    "not_read",
    "opened",
]

MAX_BYTES = 32 * 1024 * 1024
"""Size of a document that is judged. A tree takes some ten times the memory of its bytes."""


def check(
    data: bytes | Tree, *, release: str = "R4", levels: Collection[str] = LEVELS, profiles: Collection[str] = ()
) -> list[Finding]:
    """Return what is wrong with one FHIR resource; a Bundle is judged entry by entry. Empty: nothing was found.

    `data` are the bytes of a JSON document, the tree of one, or what Python's json reads of it, whose numbers are no
    longer as they were written: 1.50 is 1.5. Never raises for any of them; bytes that are no JSON
    are one finding with line and column, whatever the `levels`, of which else only findings are returned. `release` is
    "R4" (judged by R4B) or "R5"; another raises KeyError. `profiles` are names of guides or canonicals that
    resources are held to beside those they claim, as `profile.known` takes them; an unknown one raises LookupError.
    """
    SPECIFICATION[release]
    tree, unread = opened(data)
    if unread is not None:
        return [unread]
    from mappings.check.document import judged
    from mappings.check.primitives import NotATreeError

    try:
        return judged(tree, release, levels, profiles)
    except NotATreeError:
        return judged(from_plain(tree), release, levels, profiles)


def is_valid(data: bytes | Tree, *, release: str = "R4", levels: Collection[str] = BASE) -> bool:
    """Return whether `check` finds no error at these levels; warnings do not count."""
    return not any(one.severity in {"error", "fatal"} for one in check(data, release=release, levels=levels))


def is_usable(data: bytes | Tree, *, release: str = "R4") -> bool:
    """Return whether a document that others wrote may be written on: it has no error at the levels USABLE."""
    return is_valid(data, release=release, levels=USABLE)


def check_any(data: bytes | Tree, *, release: str = "R4") -> tuple[str, list[Finding]]:
    """Return what a document is, "FHIR" or "native" or "" where it could not be read, and its findings.

    Native is what names its `entity` and has no resourceType; all else is judged as FHIR.
    """
    tree, unread = opened(data)
    if unread is not None:
        return "", [unread]
    from mappings.check.native import is_native

    return ("native", check_native(tree)) if is_native(tree) else ("FHIR", check(tree, release=release))


def check_native(tree: Tree) -> list[Finding]:
    """Return what is wrong with a document in the programme's own JSON (MODEL.md, Native JSON). Never raises."""
    from mappings.check.native import judge

    return judge(tree)


def opened(data: bytes | Tree) -> tuple[Tree, Finding | None]:
    """Return the tree of a document's bytes, or why there is none, which is the one finding then. Never raises."""
    if not isinstance(data, bytes):
        return data, None
    unread = _unreadable(data)
    if unread is not None:
        return None, unread
    try:
        return parse(data), None
    except NotJSON as error:
        rule = "json-size" if error.issue.code == "too-costly" else error.issue.rule
        return None, not_read(rule, error.text, error.issue.fix, error.line, error.column)


def _unreadable(data: bytes) -> Finding | None:
    """Return why bytes are not even tried as JSON: empty, too large, another encoding, no text at all."""
    if len(data) > MAX_BYTES:
        return not_read("json-size", "the document is too large", "Split it: a Bundle into its entries.")
    if not data.strip():
        return not_read("json", "the document is empty", "Write a JSON object.")
    if data[:2] in {b"\xff\xfe", b"\xfe\xff"} or b"\0" in data[:2]:
        return not_read("json", "the document is not UTF-8 but UTF-16 or UTF-32, or no text", "Save it as UTF-8.")
    return None


def not_read(rule: str, what: str, fix: str, line: int = 1, column: int = 1) -> Finding:
    """Return a finding of a rule of level json: why what stands at a place of a text is not read further."""
    known = RULES[rule]
    text, link = f"{what}. {known.says}.", known.link("R4")
    return Finding("", known.code, text, fix, known.severity, rule, (), "json", link, line, column)
