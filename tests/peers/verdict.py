"""What must hold at the end, computed from outside: both sides' records, the wire, and the edits as they were made.

Each function returns what does not hold, in words; an empty list is the proof. Our own ledger is believed in nothing.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping

from mappings.terms.systems import LOCAL
from mappings.tree import Tree, parse
from peers.corpus import relinked
from peers.edits import changed_elements, edited_there
from peers.played import Held, Played
from peers.proxy import OURS
from peers.proxy import Record as Wire
from peers.wire import Server, content


def expected_there(played: Played) -> dict[str, Tree]:
    """Return what the EHR must hold in the end, of the records that it held before anybody did anything."""
    deeds = played.deeds
    after = {ref: tree for ref, tree in played.before.items() if ref not in deeds.deleted_there}
    for edit in (*deeds.clashes, *deeds.peaceful, *(e for e in deeds.sent if e.reference not in deeds.waiting)):
        after[edit.reference] = edited_there(after[edit.reference], edit)
    return after


def differs(is_now: Tree, should_be: Tree, allowed: Iterable[str]) -> set[str]:
    """Return the elements in which a record is not what it should be; a generated narrative is made anew by an edit."""
    dependents = {"text"} if should_be.get("text", {}).get("status") == "generated" else set()
    return changed_elements(content(is_now), content(should_be)) - dependents - set(allowed)


def there_is_as_it_should_be(played: Played, control: Mapping[str, set[str]]) -> list[str]:
    """Nothing differs at the EHR beyond the edits, and what a control PUT of the same bytes changes there."""
    expected, now, deeds = expected_there(played), played.there, played.deeds
    touched = {edit.reference for edit in (*deeds.sent, *deeds.clashes, *deeds.peaceful)}
    wrong = [f"{ref}: is gone from the EHR" for ref in expected.keys() - now.keys()]
    wrong += [f"{ref}: is still at the EHR" for ref in set(deeds.deleted_there) & now.keys()]
    for ref in sorted(expected.keys() & now.keys()):
        if found := differs(now[ref], expected[ref], control.get(ref, {"meta"}) if ref in touched else ()):
            wrong.append(f"{ref}: differs at the EHR in {sorted(found)}")
        if ref not in touched and version(now[ref]) != version(played.before[ref]):
            wrong.append(f"{ref}: was written at the EHR though nobody edited it")
    return wrong


def version(tree: Tree) -> str:
    """Return the server's version of a resource."""
    return str(tree["meta"]["versionId"])


def here_is_as_there(played: Played, control: Mapping[str, set[str]], base: str) -> list[str]:
    """Each record that both have is the same on both sides but for ids and references, and what the server changes.

    Apart are those that wait or may not go out. Of what was created there, the EHR has our identifier besides, and has
    not got the extensions that stay within the programme. `base` is the EHR's address as we know it.
    """
    back = {here: ref for ref, here in played.links.items()}
    deeds = played.deeds
    apart = deeds.waiting | {edit.reference for edit in deeds.withheld}

    def move(_element: str, literal: str) -> str:
        return back.get(literal, literal.removeprefix(f"{base}/"))

    wrong = []
    for ref, here in sorted(played.links.items()):
        if ref in apart or ref.startswith("Patient/"):
            continue
        if here not in played.here or ref not in played.there:
            wrong.append(f"{ref}: linked, but missing {'there' if here in played.here else 'here'}")
            continue
        mine, theirs = relinked(played.here[here], move), played.there[ref]
        if here in deeds.created:
            mine, theirs = without_local(mine), without_ours(theirs)
        if found := changed_elements(mine, theirs) - {"id", "meta"} - control.get(ref, set()):
            wrong.append(f"{ref}: differs between the two sides in {sorted(found)}")
    return wrong


def without_local(tree: Tree) -> Tree:
    """Return a tree without the extensions that stay within the programme."""
    if isinstance(tree, list):
        return [without_local(item) for item in tree]
    if not isinstance(tree, dict):
        return tree
    kept = {name: without_local(value) for name, value in tree.items()}
    if "extension" in kept:
        kept["extension"] = [e for e in kept["extension"] if not e["url"].startswith(LOCAL)]
    return {name: value for name, value in kept.items() if value not in ([], {})}


def without_ours(tree: Tree) -> Tree:
    """Return a resource without the identifier that sync gives to what it creates."""
    held = tree.get("identifier", [])
    kept = [i for i in (held if isinstance(held, list) else [held]) if i.get("system") != OURS]
    rest = {name: value for name, value in tree.items() if name != "identifier"}
    return rest | ({"identifier": kept if isinstance(held, list) else kept[0]} if kept else {})


def the_wire_is_clean(wire: Wire, terms: Iterable[str], silent_records: Iterable[str]) -> list[str]:
    """At most one create for each identifier; no address and no body names one of the five or a record of theirs."""
    ids = [ref.split("/")[1] for ref in silent_records]
    wrong = [f"{identifier}: created {n} times" for identifier, n in wire.creates().items() if n > 1]
    return wrong + [
        f"{e.method} {e.url.partition('?')[0]}: names one of the five" for _, e in wire.naming([*terms, *ids])
    ]


def _place(url: str) -> str:
    found = re.search(r"/[A-Z][A-Za-z]+/[A-Za-z0-9.\-]+$", url.partition("?")[0])
    return found[0] if found else ""


def control(server: Server, wire: Wire, base: str) -> dict[str, set[str]]:
    """Return which elements the server changes by itself in what we last put there: the same bytes, put to copies.

    `base` is the server's address as we know it.
    """
    last = {_place(e.url)[1:]: e.body for e in wire.exchanges if e.method == "PUT" and e.status == 200}
    found = {}
    for number, (ref, body) in enumerate(last.items()):
        copy = parse(body.replace(base.encode(), server.base.encode())) | {"id": f"control-{number}"}
        place = f"{copy['resourceType']}/{copy['id']}"
        answer = server.send("PUT", place, copy)
        assert answer.status == 201, f"a copy of {ref}: {answer.reason}"
        found[ref] = changed_elements(content(server.read(place)), content(copy))
        server.send("DELETE", place)
    return found


def the_books_say_so(played: Played) -> list[str]:
    """Both sides are counted again from outside the ledger: what came, what changed, what went out, what waits."""
    deeds, (first, second, third) = played.deeds, played.books
    came = [ref for ref in played.pulled if not ref.startswith("Patient/")]
    changed_here = [r for r in played.here.keys() & played.here_1.keys() if played.here[r] != played.here_1[r]]
    gone_here = played.here_1.keys() - played.here.keys()
    updated = [r for r in played.there.keys() & played.there_1.keys() if moved(played.there_1[r], played.there[r])]
    new = played.there.keys() - played.there_1.keys()
    again = [ref for ref in new if version(played.there[ref]) != "1"]  # opened to create a circle of references
    # fmt: off
    counted = [
        # run     side    what the books count              what is so
        (first,  "pull", ("adopt",),                        len(came)),
        (first,  "push", WRITTEN,                           0),
        (second, "pull", ("update-here", "merge"),          len(changed_here)),
        (second, "pull", ("delete-here",),                  len(gone_here)),
        (second, "pull", ("conflict",),                     len(deeds.clashes)),
        (second, "push", ("create",),                       len(new)),
        (second, "push", ("update-there",),                 len(updated) + len(again)),
        (second, "push", ("unlink",),                       len(deeds.deleted_here)),
        (second, "push", ("withheld",),                     len(deeds.withheld)),
        (third,  "pull", (*LANDED, "adopt"),                0),
        (third,  "push", WRITTEN,                           0),
        (third,  "pull", ("conflict",),                     len(deeds.clashes)),
    ]
    # fmt: on
    wrong = []
    for run, side, names, is_so in counted:
        said = sum(run[side].get(name, 0) for name in names)
        if said != is_so:
            wrong.append(f"run {played.books.index(run) + 1}, {side}: {' + '.join(names)} is {said}, counted {is_so}")
    return wrong + [
        f"run {n}: the books do not balance" for n, run in enumerate(played.books, 1) if not run["balanced"]
    ]


def same_result(played: Played, undisturbed: Played) -> list[str]:
    """A play in which runs were killed ends like the one in which none was: the same records, and no write more."""
    wrong = [
        f"{ref}: version {version(played.there[ref])}, undisturbed {version(tree)}"
        for ref, tree in undisturbed.there.items()
        if ref in undisturbed.before and ref in played.there and version(played.there[ref]) != version(tree)
    ]
    if kinds(played.there) != kinds(undisturbed.there):
        wrong.append(f"at the EHR lie {kinds(played.there)}, undisturbed {kinds(undisturbed.there)}")
    if kinds(played.here) != kinds(undisturbed.here):
        wrong.append(f"held here are {kinds(played.here)}, undisturbed {kinds(undisturbed.here)}")
    return wrong


def kinds(held: Held) -> Counter[str]:
    """Return how many records of each type one side has."""
    return Counter(reference.split("/")[0] for reference in held)


def moved(before: Tree, after: Tree) -> bool:
    """Return whether the server made a new version of a resource."""
    return version(before) != version(after)


LANDED = ("update-here", "merge", "delete-here")
WRITTEN = ("create", "update-there", "delete-there")
