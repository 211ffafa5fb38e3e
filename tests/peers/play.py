"""The whole scenario from the first page to the last."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from peers.corpus import Record
from peers.played import Deeds, Played
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
    sync_killed,
    welcome,
)


def play(
    stage: Stage, points: Sequence[str] = (), killed: list[str] | None = None, *, first_too: bool = True
) -> Played:
    """Play the scenario; its runs are killed at each of these commit points that they pass, and finished.

    That is the second run, and the first too unless told otherwise. `killed` receives the points at which it happened.
    """
    killed = [] if killed is None else killed

    def run(points: Sequence[str]) -> Mapping[str, Any]:
        done = sync_killed(stage, points, killed) if points else sync(stage)
        return dict(done.json["books"])

    before = stage.server.everything(SYNCED)
    enrol(stage)
    first = run(points if first_too else ())
    pulled = links(stage)
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
    there_1, here_1, began = stage.server.everything(SYNCED), ours(stage), len(stage.proxy.record)
    second = run(points)
    ended = len(stage.proxy.record)
    third = dict(sync(stage).json["books"])
    return Played(
        Deeds(sent, withheld, clashes, peaceful, gone_here, gone_there, created),
        before=before,
        there_1=there_1,
        here_1=here_1,
        there=stage.server.everything(SYNCED),
        here=ours(stage),
        pulled=pulled,
        links=links(stage),
        books=[first, second, third],
        wire=stage.proxy.record.between(began, ended),
        idle=stage.proxy.record.between(ended),
    )
