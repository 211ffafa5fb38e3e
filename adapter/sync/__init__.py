"""Keeping our records and an EHR's in step: plan, look, apply.

    translate    ids and references, rewritten in the bytes           pure
    agree        what either side should hold, merged by element      pure
    sides        one record as both sides have it                     pure
    decide       the table: what became of each side -> what is done  data
    judge        what one record needs, or what stands in its way     pure
    order        a reference's target first, circles in two steps     pure
    scope        what is synced and how it is asked for               data

    peer         what is needed of a server, what may go wrong        protocol
    work         one run: store, server, clock, lease
    people       who is who, by identifier
    pull         questions into the inbox
    desk, plan   everything laid out; a run's actions, written down before any is done
    land, push   doing one action here, there
    settle       what became of a request whose answer was lost
    conflicts    what a person decided, made into a new agreement
    books        counted outcomes that must add up
    engine       one run, under one lease
    failpoints   where a run may be killed

The pure ones know neither wire nor disk nor clock; `engine` is handed its client, its store and its clock.
"""
