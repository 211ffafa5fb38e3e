"""What is to be done with one record: from what became of it here and there since both sides last agreed.

    intended(ours, theirs, origin) -> verb           the table
    settled(verb, hindrances)      -> Verdict        the first thing that stands in its way, if any

Pure: nothing here reads a record. Absence is not deletion: GONE means that the deletion was seen (in our store; there
by a history's entry, or by 404 or 410 on a read).
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple


class State(StrEnum):
    """What became of one side's record since the last agreement; without an agreement there is ABSENT and CHANGED."""

    ABSENT = "absent"
    SAME = "same"
    CHANGED = "changed"
    GONE = "gone"


class Verb(StrEnum):
    """What a run does with a record, or why it does nothing."""

    # done on our side
    ADOPT = "adopt"
    UPDATE_HERE = "update-here"
    MERGE = "merge"
    DELETE_HERE = "delete-here"
    # done on theirs
    CREATE = "create"
    UPDATE_THERE = "update-there"
    DELETE_THERE = "delete-there"
    # done to the link alone
    UNLINK = "unlink"
    FORGET = "forget"
    # not done
    SKIP = "skip"
    CONFLICT = "conflict"
    WITHHELD = "withheld"
    WAITING = "waiting"
    COULD_NOT_BE_SENT = "could-not-be-sent"
    COULD_NOT_BE_READ = "could-not-be-read"


PULL = frozenset({Verb.ADOPT, Verb.UPDATE_HERE, Verb.MERGE, Verb.DELETE_HERE})
SENT = frozenset({Verb.CREATE, Verb.UPDATE_THERE, Verb.DELETE_THERE})
DONE = PULL | SENT | {Verb.UNLINK, Verb.FORGET}
FOR_A_PERSON = frozenset({Verb.CONFLICT, Verb.WAITING, Verb.COULD_NOT_BE_SENT, Verb.COULD_NOT_BE_READ})
"""What makes a run end with exit code 1. Withheld is not among them: that is as it should be."""


class Verdict(NamedTuple):
    """The verb, and a key of REASONS."""

    verb: Verb
    reason: str = ""


_A, _S, _C, _G = State.ABSENT, State.SAME, State.CHANGED, State.GONE
_V = Verb

# fmt: off
INTENDED: dict[tuple[State, State], tuple[Verdict, Verdict]] = {
    # ours  theirs    it came from them                            it came from us
    (_A, _A):        (Verdict(_V.SKIP),                            Verdict(_V.SKIP)),
    (_A, _C):        (Verdict(_V.ADOPT),                           Verdict(_V.ADOPT)),
    (_A, _G):        (Verdict(_V.SKIP),                            Verdict(_V.SKIP)),
    (_S, _S):        (Verdict(_V.SKIP),                            Verdict(_V.SKIP)),
    (_S, _C):        (Verdict(_V.UPDATE_HERE),                     Verdict(_V.UPDATE_HERE)),
    (_S, _G):        (Verdict(_V.DELETE_HERE),                     Verdict(_V.CONFLICT, "gone-there")),
    (_C, _A):        (Verdict(_V.CREATE),                          Verdict(_V.CREATE)),
    (_C, _S):        (Verdict(_V.UPDATE_THERE),                    Verdict(_V.UPDATE_THERE)),
    (_C, _C):        (Verdict(_V.MERGE),                           Verdict(_V.MERGE)),
    (_C, _G):        (Verdict(_V.CONFLICT, "changed-and-gone"),    Verdict(_V.CONFLICT, "changed-and-gone")),
    (_G, _A):        (Verdict(_V.SKIP),                            Verdict(_V.SKIP)),
    (_G, _S):        (Verdict(_V.UNLINK, "kept-there"),            Verdict(_V.DELETE_THERE)),
    (_G, _C):        (Verdict(_V.CONFLICT, "gone-and-changed"),    Verdict(_V.CONFLICT, "gone-and-changed")),
    (_G, _G):        (Verdict(_V.FORGET),                          Verdict(_V.FORGET)),
}

_NOT_SENT = _V.COULD_NOT_BE_SENT
HINDRANCES: dict[str, tuple[Verb, str]] = {
    # what stands in the way   what becomes     in words, for people
    "unlinked":               (_V.SKIP,         "deleted here and kept there: the two are no longer linked"),
    "off-the-roster":         (_V.SKIP,         "the person is not on the roster today"),
    "person-unmatched":       (_V.WAITING,      "the person is not known on both sides by one identifier"),
    "person-ambiguous":       (_V.WAITING,      "more than one person bears the identifier: a person decides"),
    "person-not-seen":        (_V.WAITING,      "the person may not be named there and has not been seen there yet"),
    "person-not-asked":       (_V.WAITING,      "the server could not be asked for the person"),
    "type-not-created":       (_V.SKIP,         "records of this type are not created or deleted by sync"),
    "not-json":               (_V.COULD_NOT_BE_READ, "it is no JSON: nothing of it was kept but its name"),
    "unreadable-there":       (_V.CONFLICT,     "their version cannot be read faithfully, and ours has changed"),
    "flagged":                (_NOT_SENT,       "kept as it came, flagged, and read-only"),
    "other-release":          (_NOT_SENT,       "the record is not FHIR R4, which is what this server is sent"),
    "withheld":               (_V.WITHHELD,     "no consent names this recipient and purpose"),
    "not-settled":            (_V.WAITING,      "what became of its last sending is not known yet"),
    "not-offered":            (_NOT_SENT,       "the server does not take this type in this way"),
    "target-not-carried":     (_NOT_SENT,       "it refers to a record of ours that is not carried to this server"),
    "target-not-there":       (_V.WAITING,      "it refers to a record that is not there yet"),
    "circle":                 (_NOT_SENT,       "it is part of a circle of references that cannot be opened"),
    "clash":                  (_V.CONFLICT,     "both sides changed the same, or a clinical unit that is never mixed"),
    "merged-invalid":         (_V.CONFLICT,     "the two changes together would not be a valid record"),
    "invalid":                (_NOT_SENT,       "the record is not valid FHIR: planbridge check says where"),
    "many-deletions":         (_V.WAITING,      "so many deletions at once are to be confirmed: --allow-deletions"),
}

IN_THE_WAY: dict[Verb, tuple[str, ...]] = {
    # verb               what may stand in its way; the first that does counts
    _V.ADOPT:           ("off-the-roster", "not-json", "type-not-created"),
    _V.UPDATE_HERE:     ("unlinked", "off-the-roster", "not-json", "unreadable-there", "clash", "merged-invalid"),
    _V.MERGE:           ("unlinked", "off-the-roster", "not-json", "unreadable-there", "clash", "merged-invalid"),
    _V.DELETE_HERE:     ("unlinked", "off-the-roster", "type-not-created", "many-deletions"),
    _V.CREATE:          ("type-not-created", "flagged", "other-release", "withheld", "person-unmatched",
                         "person-ambiguous", "person-not-seen", "person-not-asked", "not-settled", "not-offered",
                         "target-not-carried", "target-not-there", "circle", "invalid"),
    _V.UPDATE_THERE:    ("unlinked", "off-the-roster", "flagged", "other-release", "withheld", "not-settled",
                         "not-offered", "target-not-carried", "target-not-there", "invalid"),
    _V.DELETE_THERE:    ("unlinked", "off-the-roster", "type-not-created", "withheld", "not-settled", "not-offered",
                         "many-deletions"),
    _V.UNLINK:          ("unlinked", "off-the-roster"),
    _V.CONFLICT:        ("unlinked", "off-the-roster"),
}

REASONS: dict[str, str] = {name: words for name, (_, words) in HINDRANCES.items()} | {
    "":                  "",
    "kept-there":        "deleted here; kept there, for it does not come from us",
    "gone-there":        "deleted there; it comes from us, so a person decides",
    "referred-to":       "deleted there; records here still refer to it",
    "changed-and-gone":  "changed here and deleted there",
    "gone-and-changed":  "deleted here and changed there",
    "person-gone":       "the person's record was deleted there; they are looked for anew",
    "found-again":       "it bears our identifier and says the same",
    "no-common-past":    "it bears our identifier but differs from our record, and no agreement is known",
    "again":             "completes the circle of references that was opened to create it",
    "target-arrived":    "what it refers to has arrived and is linked",
    "changed-since":     "changed since the plan: the next run looks at it anew",
    "blocked":           "what it refers to could not be sent",
    "changed-there":     "someone else wrote there at the same moment: looked at anew",
    "refused":           "the server does not accept it",
    "unknown":           "the answer was lost: the server is asked before anything is sent again",
    "stopped":           "not reached: the server stopped answering",
    "interrupted":       "not reached: the run was interrupted",
    "not-done":          "the server has not done it; it is sent anew",
    "not-clear":         "it is not clear whether the server has done it: both versions are compared anew",
    "many-there":        "more than one record there bears its identifier",
}
# fmt: on

MOST_DELETIONS, MOST_SHARE = 20, 0.05
"""A run that would delete more than both asks first: a peer that lists nothing has seldom deleted everything."""


def intended(ours: State, theirs: State, *, from_us: bool) -> Verdict:
    """Return what the table says. Raises KeyError for a pair that cannot be: one side agreed, the other never there."""
    return INTENDED[ours, theirs][from_us]


def settled(intention: Verdict, hindrances: Mapping[str, bool]) -> Verdict:
    """Return the intention, or what becomes of it: the first hindrance of IN_THE_WAY that holds."""
    for name in IN_THE_WAY.get(intention.verb, ()):
        if hindrances.get(name, False):
            return Verdict(HINDRANCES[name][0], name)
    return intention


def too_many(deletions: int, linked: int) -> bool:
    """Whether so many deletions among so many linked records need a person's word."""
    return deletions > MOST_DELETIONS and deletions > MOST_SHARE * linked
