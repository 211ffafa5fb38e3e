"""What was done in a play of the scenario, and what both sides held before and after: all that a judge may look at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mappings.tree import Tree
from peers.edits import Edit
from peers.proxy import Record as Wire

Held = Mapping[str, Tree]
"""Records of one side by reference."""


@dataclass(frozen=True, slots=True)
class Deeds:
    """What people did, under the names that the records have at the EHR.

    sent      edits here that must arrive there           withheld  edits here of which nothing may arrive
    clashes   edits there of what we had edited too       peaceful  edits there that must arrive here
    created   references of ours that had to be created there
    """

    sent: list[Edit]
    withheld: list[Edit]
    clashes: list[Edit]
    peaceful: list[Edit]
    deleted_here: list[str]
    deleted_there: list[str]
    created: list[str]

    @property
    def waiting(self) -> set[str]:
        """The records that must wait for a person: both sides edited the same element."""
        return {edit.reference for edit in self.clashes}


@dataclass(frozen=True, slots=True)
class Played:
    """One play: three runs (pull all; push and pull; nothing), with people at work between the first and the second.

    before           the EHR's records at the very beginning
    there_1, here_1  both sides when the second run began        there, here   both sides in the end
    pulled, links    which record there is which record here: after the first run, and in the end
    books            of the three runs
    wire             what went over the wire in the second run   idle          in the third
    """

    deeds: Deeds
    before: Held
    there_1: Held
    here_1: Held
    there: Held
    here: Held
    pulled: Mapping[str, str]
    links: Mapping[str, str]
    books: list[Mapping[str, Any]]
    wire: Wire
    idle: Wire
