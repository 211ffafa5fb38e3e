"""One record as both sides have it, read and brought into our names; and what either side should hold next.

    Sides      link, our document, what arrived: the states that the decision table asks for
    landing    what is written here when theirs is accepted
    sending    what is written there when ours is sent

Pure: documents and links go in, bytes and trees come out. `seen` is the gate's eye: what the other side may see.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

from adapter.store import Document
from adapter.store.documents import Flag
from adapter.store.inbox import Arrival
from adapter.store.links import Link
from adapter.sync.agree import Agreed, Outcome, same, sent, united
from adapter.sync.decide import State
from adapter.sync.order import Key
from adapter.sync.scope import ONE_IDENTIFIER
from adapter.sync.translate import incoming, incoming_tree, outgoing_tree, relinked
from mappings.merge import Clash, merge3
from mappings.tree import NotJSON, Tree, dump, parse

Seen = Callable[[Tree], Tree]
Valid = Callable[[Tree], bool]
Identifier = tuple[str, str]


@dataclass(frozen=True)
class Names:
    """Which record there is which record here, by (type, id)."""

    base_url: str
    here: Mapping[Key, str]
    there: Mapping[Key, str]

    def known(self, resource_type: str, remote_id: str) -> str | None:
        return self.here.get((resource_type, remote_id))

    def remote_of(self, resource_type: str, local_id: str) -> str | None:
        return self.there.get((resource_type, local_id))


class Known(Protocol):
    """Which record is which; `Names` is one."""

    @property
    def base_url(self) -> str: ...

    def known(self, resource_type: str, remote_id: str) -> str | None:
        """Return our id of a record there."""

    def remote_of(self, resource_type: str, local_id: str) -> str | None:
        """Return their id of a record here."""


@dataclass(frozen=True)
class Sides:
    """One record. `link` is None where nothing was ever agreed; `ours` may be a tombstone."""

    type: str
    local_id: str
    link: Link | None
    ours: Document | None
    arrival: Arrival | None
    names: Known
    seen: Seen

    @property
    def remote_id(self) -> str:
        return self.arrival.remote_id if self.arrival else self.link.remote_id if self.link else ""

    @cached_property
    def here(self) -> bytes:
        """Our document, with what it refers to linked as far as that is known today."""
        assert self.ours is not None
        return relinked(self.ours.body, self.names.base_url, self.names.known)

    @cached_property
    def tree(self) -> Tree:
        """Our document as a tree; None where there is none, or none that can be held."""
        return None if self.ours is None or self.ours.deleted else _tree(self.here)

    @cached_property
    def shown(self) -> Tree:
        """Our document as the other side may see it."""
        return None if self.tree is None else self.seen(self.tree)

    @cached_property
    def agreed(self) -> Agreed | None:
        """The last agreement in our names; None where there is none, or none that can be held."""
        if self.link is None:
            return None
        ours = _tree(relinked(self.link.base_ours, self.names.base_url, self.names.known))
        theirs = self.named(_tree(self.link.base_theirs))
        return None if ours is None or theirs is None else Agreed(self.seen(ours), theirs)

    @cached_property
    def theirs(self) -> Tree:
        """What arrived, in our names; None where nothing did, or nothing that can be held."""
        return self.named(_tree(self.arrival.body)) if self.arrival and self.arrival.body else None

    def named(self, tree: Tree) -> Tree:
        if tree is None:
            return None
        return incoming_tree(tree, self.names.base_url, self.names.known, self.local_id)

    @cached_property
    def state_here(self) -> State:
        """What became of our record."""
        if self.ours is None or self.ours.deleted:
            return State.ABSENT if self.link is None else State.GONE
        if self.link is None:
            return State.CHANGED
        if self.agreed is None or self.shown is None:
            return State.SAME if self.ours.version == self.link.ours_version else State.CHANGED
        return State.SAME if same(self.shown, self.agreed.ours) else State.CHANGED

    @cached_property
    def state_there(self) -> State:
        """What became of theirs, as far as it was seen."""
        if self.arrival is None:
            return State.ABSENT if self.link is None else State.SAME
        if self.arrival.deleted:
            return State.GONE
        if self.link is None:
            return State.CHANGED
        return State.SAME if says_the_same(self.arrival.body or b"", self.link.base_theirs) else State.CHANGED

    @property
    def target_arrived(self) -> bool:
        """Whether something that our document refers to by that server's address has been linked since."""
        return self.ours is not None and not self.ours.deleted and self.here != self.ours.body


# --- what is written here


@dataclass(frozen=True)
class Landing:
    """What is written here. `base_ours` is our form of the agreement, whose other form is what arrived."""

    body: bytes
    flag: Flag
    base_ours: bytes
    clashes: tuple[Clash, ...] = ()
    hindrance: str = ""


def landing(sides: Sides, valid: Valid) -> Landing:
    """Return what we should hold once theirs is accepted, or what stands in its way.

    A record that we hold as it came is taken over in its bytes; else their change is made to ours.
    """
    assert sides.arrival is not None
    assert sides.arrival.body is not None
    came = incoming(sides.arrival.body, sides.names.base_url, sides.names.known, sides.local_id)
    theirs, agreed = sides.theirs, sides.agreed
    changed = sides.state_here is State.CHANGED and sides.link is not None
    if theirs is None or (agreed is None and sides.link is not None) or (sides.link and sides.shown is None):
        if changed:
            return Landing(b"", "", b"", hindrance="unreadable-there")
        return _as_it_came(sides, came, valid)
    if sides.link is None or (agreed is not None and not changed and same(sides.tree, agreed.theirs)):
        return _as_it_came(sides, came, valid)
    assert agreed is not None
    return _merged(sides, united(sides.type, agreed, sides.shown, theirs), valid)


def _as_it_came(sides: Sides, came: bytes, valid: Valid) -> Landing:
    if sides.theirs is None:
        return Landing(came, "unfaithful", came)
    shown = sides.seen(sides.theirs)
    return Landing(came, "" if valid(sides.theirs) else "invalid", came if shown is sides.theirs else dump(shown))


def _merged(sides: Sides, outcome: Outcome, valid: Valid) -> Landing:
    if outcome.clashes:
        return Landing(b"", "", b"", outcome.clashes, "clash")
    here, clashes = restored(sides, outcome.here)
    if clashes:
        return Landing(b"", "", b"", clashes, "clash")
    if not valid(here):
        return Landing(b"", "", b"", hindrance="merged-invalid")
    return Landing(dump(here), "", dump(outcome.agreed))


def restored(sides: Sides, here: Tree) -> tuple[Tree, tuple[Clash, ...]]:
    """Return what we hold with what the other side never saw; clashes where they changed what it hangs on."""
    if sides.shown is sides.tree:
        return here, ()
    whole = merge3(sides.type, sides.shown, sides.tree, here)
    return whole.tree, whole.conflicts


# --- what is written there


@dataclass(frozen=True)
class Sending:
    """What is written there, in our names; None where nothing differs. `missing` are references not there yet."""

    tree: Tree
    missing: tuple[str, ...] = ()


def sending(sides: Sides, identifier: Identifier | None = None, without: frozenset[str] = frozenset()) -> Sending:
    """Return what they should hold once ours is accepted: a new record with our identifier, or our change to theirs."""
    if sides.link is None:
        tree = leave_out(sides.shown, without)
        tree = identified(sides.type, tree, identifier) if identifier else tree
        like: Tree = None
    else:
        assert sides.agreed is not None
        tree = sent(sides.type, sides.agreed, sides.shown)
        if same(tree, sides.agreed.theirs):
            return Sending(None)
        like = _tree(sides.link.base_theirs)
    _, missing = outgoing_tree(tree, sides.names.base_url, sides.names.remote_of, "", like)
    return Sending(tree, missing)


def on_the_wire(sides: Sides, tree: Tree) -> bytes:
    """Return a tree in our names as bytes in theirs."""
    like = _tree(sides.link.base_theirs) if sides.link else None
    remote_id = sides.link.remote_id if sides.link else ""
    moved, _ = outgoing_tree(tree, sides.names.base_url, sides.names.remote_of, remote_id, like)
    return dump(moved)


def identified(resource_type: str, tree: Tree, identifier: Identifier) -> Tree:
    """Return a record that bears our identifier. A response has room for one in R4: the one it has stays."""
    ours = {"system": identifier[0], "value": identifier[1]}
    if resource_type in ONE_IDENTIFIER:
        return tree if "identifier" in tree else {**tree, "identifier": ours}
    borne = tree.get("identifier", [])
    return tree if ours in borne else {**tree, "identifier": [*borne, ours]}


def unidentified(tree: Tree, identifier: Identifier) -> Tree:
    """Return a record without our identifier."""
    ours = {"system": identifier[0], "value": identifier[1]}
    rest = {name: node for name, node in tree.items() if name != "identifier"}
    borne = tree.get("identifier")
    if borne == ours:
        return rest
    if isinstance(borne, list) and ours in borne:
        left = [one for one in borne if one != ours]
        return {name: left if name == "identifier" else node for name, node in tree.items()} if left else rest
    return tree


def looked_for_by(tree: Tree) -> Identifier | None:
    """Return the last identifier of a record that can be searched for: ours, or the only one of a response."""
    borne = tree.get("identifier") if isinstance(tree, dict) else None
    for one in reversed(borne if isinstance(borne, list) else [borne]):
        if isinstance(one, dict) and isinstance(one.get("value"), str):
            return str(one.get("system", "")), str(one["value"])
    return None


def leave_out(tree: Tree, literals: frozenset[str]) -> Tree:
    """Return a record without its references to these, and without what held nothing else."""
    if not literals:
        return tree
    left = _left(tree, literals)
    return left if isinstance(left, dict) else {}


_NOTHING = object()


def _left(node: Tree, literals: frozenset[str]) -> Tree:
    if isinstance(node, dict):
        if isinstance(node.get("reference"), str) and node["reference"] in literals:
            return _NOTHING
        kept = {name: below for name, value in node.items() if (below := _left(value, literals)) is not _NOTHING}
        return kept if kept or not node else _NOTHING
    if isinstance(node, list):
        items = [below for value in node if (below := _left(value, literals)) is not _NOTHING]
        return items if items or not node else _NOTHING
    return node


# --- bytes


def says_the_same(one: bytes, other: bytes) -> bool:
    """Whether two documents of one server say the same, but for what it writes of itself."""
    if one == other:
        return True
    first, second = _tree(one), _tree(other)
    return first is not None and second is not None and same(first, second)


def _tree(body: bytes) -> Tree:
    try:
        tree = parse(body)
    except NotJSON:
        return None
    return tree if isinstance(tree, dict) else None
