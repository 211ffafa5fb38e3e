"""The points at which a run may be killed and must be able to go on: named once, so that a test can visit each.

    PLANBRIDGE_KILL_AT=sent:3 planbridge sync apply clinic        the third time that the point is passed

Nothing reads the variable but this module; without it a point costs one dictionary look-up.
"""

from __future__ import annotations

import os
import signal
from collections import Counter

# fmt: off
COMMIT_POINTS = (
    # name               what is durable at this point, and what is not
    "lease taken",     # the lease; nothing else of the run
    "settled",         # what became of earlier requests; nothing read yet
    "page received",   # nothing of the page
    "page stored",     # the page's records; the cursor has not moved
    "cursor moved",    # all pages of one query and its cursor
    "persons linked",  # who is who; no record planned
    "plan stored",     # the plan; nothing of it done
    "landed",          # one record written here, with its link
    "conflict kept",   # one conflict with all its sides
    "planned",         # the outbox row with its bytes, and the record of the disclosure; nothing sent
    "sent",            # the row says sent; no byte on the wire yet
    "answered",        # the server has done it; the answer is not written down
    "read back",       # the server was asked what it kept; that is not written down
    "acknowledged",    # the link and its base pair; the next action has not begun
    "unlinked",        # one link ended without a request
    "plan done",       # every action has its outcome; the books are not closed
    "books closed",    # the run; the lease is still held
)
# fmt: on

_passed: Counter[str] = Counter()


def commit_point(name: str) -> None:
    """Pass a named point; end this process at once, as a power cut would, if the environment names it."""
    assert name in COMMIT_POINTS, name
    wanted = os.environ.get("PLANBRIDGE_KILL_AT")
    if wanted is None:
        return
    _passed[name] += 1
    at, _, times = wanted.partition(":")
    if at == name and _passed[name] == int(times or 1):
        os.kill(os.getpid(), signal.SIGKILL)
