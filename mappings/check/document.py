"""One document through the levels: the quick pass first, then whoever says where and why."""

from __future__ import annotations

from collections.abc import Collection

from mappings.check.answers.conditions import judge_conditions
from mappings.check.links import links
from mappings.check.other_release import of_another
from mappings.check.quick import not_sound
from mappings.check.rules import USABLE, Finding
from mappings.check.structure import walk
from mappings.tree import Tree


def judged(tree: Tree, release: str, levels: Collection[str], profiles: Collection[str] = ()) -> list[Finding]:
    """Return what is wrong with a document at these levels. Never raises for any tree; else as `check`."""
    found = by_itself(tree, release, to_references=not set(levels) <= {*USABLE})
    if "profile" in levels:
        from mappings.check.profile import judge

        found += judge(tree, release, profiles)
    if "instrument" in levels:
        from mappings.check.instrument import judge_instruments

        found += judge_instruments(tree, release)
    return [one for one in found if one.level in levels]


def by_itself(tree: Tree, release: str, *, to_references: bool = True) -> list[Finding]:
    """Return what the specification has against a document, but for what a form or a profile asks of it.

    `to_references`: also what its references, uris and HL7's extensions say, and the conditions of its forms.
    """
    unsound = not_sound(tree, release)
    found = [*of_another(tree, release), *walk(tree, release, unsound)]
    if to_references:
        found += links(tree, release, unsound)
        if unsound is None or unsound.asks:
            found += judge_conditions(tree, release)
    return found
