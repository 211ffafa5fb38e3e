"""Keeping our records and an EHR's in step: plan, look, apply.

    translate    ids and references, rewritten in the bytes          pure
    agree        what either side should hold, merged by element     pure
    decide       what is to be done with one record                  pure
    order        a reference's target first, circles in two steps    pure
    scope        what is synced and how it is asked for              data

    people       who is who, by identifier
    pull         pages into the inbox
    plan         a run's actions, written down before any is done
    land, push   doing one action here, there
    settle       what became of a request whose answer was lost
    books        counted outcomes that must add up
    engine       one run, under one lease

The pure ones know neither wire nor disk nor clock; `engine` is handed its client, its store and its clock.
"""
