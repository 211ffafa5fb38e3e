"""What one record needs, with everything that the decision rests on: pure, from both sides and a few facts.

judged(sides, facts) -> Judgement      what is done here; what is to be sent; or why neither
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from adapter.sync.agree import Agreed, same, sent
from adapter.sync.decide import PULL, SENT, State, Verb, Verdict, intended, settled
from adapter.sync.scope import CARRIED
from adapter.sync.sides import Identifier, Landing, Sending, Sides, Valid, landing, sending
from adapter.sync.translate import outgoing_tree
from mappings.merge import Change, difference
from mappings.tree import Tree, parse


@dataclass(frozen=True)
class Facts:
    """What cannot be read from the record itself.

    may        the gate would let it go
    standing   "" where the person is linked or the record is about nobody, else a hindrance
    unsettled  its last sending has no known end
    offers     what the server does with the type
    """

    valid: Valid
    identifier: Identifier
    may: bool = True
    standing: str = ""
    unsettled: bool = False
    offers: Callable[[str, str], bool] = lambda _type, _deed: True


@dataclass(frozen=True)
class Judgement:
    """What is to be done with one record, on each side.

    here     the verdict on what arrived; None where nothing did
    there    the verdict on what we have to say; None where that is nothing
    landing  what would be written here
    sending  what would be written there
    follows  what is sent rests on what is written here first
    """

    sides: Sides
    here: Verdict | None = None
    there: Verdict | None = None
    landing: Landing | None = None
    sending: Sending | None = None
    follows: bool = False
    changes: Mapping[str, tuple[Change, ...]] = field(default_factory=dict)


def judged(sides: Sides, facts: Facts) -> Judgement:
    """Return what a record needs."""
    intention = _intention(sides)
    unlinked = sides.link is not None and sides.link.status == "ended" and sides.state_here is State.GONE
    common = {"unlinked": unlinked, "type-not-created": not CARRIED[sides.type].created}
    common |= {facts.standing: True} if facts.standing else {}
    if intention.verb in PULL and intention.verb is not Verb.DELETE_HERE:
        return _received(sides, facts, intention, common)
    if intention.verb is Verb.CREATE or intention.verb is Verb.UPDATE_THERE:
        return _sent(sides, facts, intention, common)
    verdict = settled(intention, common | _facts(sides, facts, "delete"))
    if verdict.verb is Verb.SKIP and not verdict.reason and sides.target_arrived and not _is_flagged(sides):
        return Judgement(sides, here=Verdict(Verb.UPDATE_HERE, "target-arrived"))
    if verdict.verb is Verb.SKIP and not (verdict.reason == "off-the-roster" and sides.arrival):
        return Judgement(sides)  # what arrived of a person off the roster is kept until they return to it
    arrived = sides.arrival is not None or intention.verb in PULL
    return Judgement(sides, here=verdict) if arrived else Judgement(sides, there=verdict)


def _intention(sides: Sides) -> Verdict:
    here, there = sides.state_here, sides.state_there
    if sides.link is None and {here, there} == {State.CHANGED}:  # it bears our identifier: nobody remembers why
        agree = sides.theirs is not None and same(_nameless(sides.tree), _nameless(sides.theirs))
        return Verdict(Verb.ADOPT, "found-again") if agree else Verdict(Verb.CONFLICT, "no-common-past")
    if sides.type == "Patient" and there is State.GONE:
        return Verdict(
            Verb.FORGET, "person-gone"
        )  # nobody is deleted here; whoever bears the identifier is linked anew
    from_us = sides.link.ours_is_origin if sides.link else here is not State.ABSENT
    return intended(here, there, from_us=from_us)


def _nameless(tree: Tree) -> Tree:
    return {name: node for name, node in tree.items() if name != "identifier"} if isinstance(tree, dict) else tree


def _is_flagged(sides: Sides) -> bool:
    return sides.ours is not None and bool(sides.ours.flag)


def _facts(sides: Sides, facts: Facts, deed: str) -> dict[str, bool]:
    return {
        "flagged": _is_flagged(sides),
        "other-release": sides.ours is not None and sides.ours.release != "R4",
        "withheld": not facts.may,
        "not-settled": facts.unsettled,
        "not-offered": not facts.offers(sides.type, deed),
    }


def _received(sides: Sides, facts: Facts, intention: Verdict, common: dict[str, bool]) -> Judgement:
    assert sides.arrival is not None
    if not sides.arrival.body:
        return Judgement(sides, here=settled(intention, common | {"not-json": True}))
    if intention.reason == "found-again":
        return Judgement(sides, here=intention)
    landed = landing(sides, facts.valid)
    verdict = settled(intention, common | ({landed.hindrance: True} if landed.hindrance else {}))
    if verdict.verb not in PULL:
        return Judgement(sides, here=verdict, landing=landed)
    changes = {}
    if sides.tree is not None and sides.theirs is not None:
        changes["here"] = difference(sides.type, sides.tree, parse(landed.body))
    done = Judgement(sides, here=verdict, landing=landed, changes=changes)
    return done if sides.link is None or landed.flag or sides.agreed is None else _onward(done, facts)


def _onward(done: Judgement, facts: Facts) -> Judgement:
    """Add what is to be sent once theirs is accepted here."""
    sides, landed = done.sides, done.landing
    assert landed is not None
    agreed = Agreed(sides.seen(parse(landed.base_ours)), sides.theirs)
    tree = sent(sides.type, agreed, sides.seen(parse(landed.body)))
    if same(tree, sides.theirs):
        return done
    assert sides.link is not None
    _, missing = outgoing_tree(tree, sides.names.base_url, sides.names.remote_of, sides.link.remote_id)
    hindrances = _facts(sides, facts, "update") | {"invalid": not facts.valid(tree), "flagged": False}
    return Judgement(
        sides,
        done.here,
        settled(Verdict(Verb.UPDATE_THERE), hindrances),
        landed,
        Sending(tree, missing),
        follows=True,
        changes={**done.changes, "there": difference(sides.type, sides.theirs, tree)},
    )


def _sent(sides: Sides, facts: Facts, intention: Verdict, common: dict[str, bool]) -> Judgement:
    hindrances = common | _facts(sides, facts, "create" if intention.verb is Verb.CREATE else "update")
    verdict = settled(intention, hindrances)
    if verdict.verb not in SENT or sides.shown is None or (sides.link is not None and sides.agreed is None):
        return Judgement(sides, there=verdict)
    ready = sending(sides, facts.identifier if intention.verb is Verb.CREATE else None)
    if ready.tree is None:
        return Judgement(sides)
    verdict = settled(intention, hindrances | {"invalid": not facts.valid(ready.tree)})
    changes = {"there": difference(sides.type, sides.agreed.theirs, ready.tree)} if sides.agreed else {}
    return Judgement(sides, there=verdict, sending=ready, changes=changes)
