"""The whole scenario from the first page to the last, and everything that a judge needs to know of it afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mappings.tree import Tree
from peers.corpus import Record
from peers.proxy import Record as Wire
from peers.scenario import (
    SYNCED,
    Gateway,
    Stage,
    delete_here,
    delete_there,
    edit_here,
    edit_there,
    enrol,
    links,
    ours,
    sync,
    welcome,
)
from peers.verdict import Deeds


@dataclass(frozen=True, slots=True)
class Played:
    """One play of the scenario.

    before, there   the EHR's records before anybody did anything, and in the end
    here, links     our records in the end, and which is which
    created         references of ours that had to be created there
    books           of the three runs: pull all, push, nothing
    wire            what went over the wire; `idle` of it: during the third run
    """

    deeds: Deeds
    before: Mapping[str, Tree]
    there: Mapping[str, Tree]
    here: Mapping[str, Tree]
    links: Mapping[str, str]
    created: list[str]
    books: list[Mapping[str, Any]]
    wire: Wire
    idle: Wire


def play(stage: Stage, kill_at: str = "") -> Played:
    """Play the scenario; with `kill_at`, each run that passes that commit point is killed there and called again."""
    before = stage.server.everything(SYNCED)
    enrol(stage)
    first = sync(stage, kill_at).json
    token = stage.home.call("client", "add", "tester", "--role", "programme", "--json").ok().json["token"]
    with stage.home.serving() as address:
        gateway = Gateway(address, token)
        edits = edit_here(stage, gateway, before)
        created = welcome(stage)
        clashes, peaceful = edit_there(stage, edits, before)
        spare = {edit.reference for edit in (*edits, *clashes, *peaceful)}
        gone_there = delete_there(stage, spare, before)
        gone_here = delete_here(stage, gateway, spare | set(gone_there), before)
    withheld = [edit for edit in edits if Record(before[edit.reference], "").subject in stage.silent]
    sent = [edit for edit in edits if edit not in withheld]
    second = sync(stage, kill_at).json
    mark = len(stage.proxy.record)
    third = sync(stage).json
    return Played(
        Deeds(sent, withheld, clashes, peaceful, gone_here, gone_there),
        before,
        stage.server.everything(SYNCED),
        ours(stage),
        links(stage),
        created,
        [run["books"] for run in (first, second, third)],
        stage.proxy.record,
        stage.proxy.record.since(mark),
    )
