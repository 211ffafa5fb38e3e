"""What must hold at the end, computed from outside: both sides' records, the wire, and the edits as they were made.

Each function returns what does not hold, in words; an empty list is the proof. Our own ledger is believed in nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from mappings.tree import Tree
from peers.corpus import relinked
from peers.edits import Edit, changed_elements, edited_there
from peers.proxy import Record as Wire
from peers.wire import Server, content


@dataclass(frozen=True, slots=True)
class Deeds:
    """What was done, under the names that the records have at the EHR.

    sent      edits here that must arrive there           withheld  edits here of which nothing may arrive
    clashes   edits there of what we had edited too       peaceful  edits there that must arrive here
    """

    sent: list[Edit]
    withheld: list[Edit]
    clashes: list[Edit]
    peaceful: list[Edit]
    deleted_here: list[str]
    deleted_there: list[str]

    @property
    def waiting(self) -> set[str]:
        """The records that must wait for a person: both sides edited the same element."""
        return {edit.reference for edit in self.clashes}


def expected_there(before: Mapping[str, Tree], deeds: Deeds) -> dict[str, Tree]:
    """Return what the EHR must hold in the end, of the records that it held before anybody did anything."""
    after = {ref: tree for ref, tree in before.items() if ref not in deeds.deleted_there}
    for edit in (*deeds.clashes, *deeds.peaceful, *(e for e in deeds.sent if e.reference not in deeds.waiting)):
        after[edit.reference] = edited_there(after[edit.reference], edit)
    return after


def differs(is_now: Tree, should_be: Tree, allowed: Iterable[str]) -> set[str]:
    """Return the elements in which a record is not what it should be; a generated narrative is made anew by an edit."""
    dependents = {"text"} if should_be.get("text", {}).get("status") == "generated" else set()
    return changed_elements(content(is_now), content(should_be)) - dependents - set(allowed)


def there_is_as_it_should_be(
    now: Mapping[str, Tree], before: Mapping[str, Tree], deeds: Deeds, control: Mapping[str, set[str]]
) -> list[str]:
    """Nothing differs at the EHR beyond the edits, and what a control PUT of the same bytes changes there."""
    expected = expected_there(before, deeds)
    touched = {edit.reference for edit in (*deeds.sent, *deeds.clashes, *deeds.peaceful)}
    wrong = [f"{ref}: is gone from the EHR" for ref in expected.keys() - now.keys()]
    wrong += [f"{ref}: is still at the EHR" for ref in set(deeds.deleted_there) & now.keys()]
    for ref in sorted(expected.keys() & now.keys()):
        allowed = control.get(ref, set()) if ref in touched else set()
        if found := differs(now[ref], expected[ref], allowed):
            wrong.append(f"{ref}: differs at the EHR in {sorted(found)}")
        if ref not in touched and now[ref]["meta"]["versionId"] != before[ref]["meta"]["versionId"]:
            wrong.append(f"{ref}: was written at the EHR though nobody edited it")
    return wrong


def here_is_as_there(
    ours: Mapping[str, Tree], there: Mapping[str, Tree], links: Mapping[str, str], base: str, apart: Iterable[str]
) -> list[str]:
    """Each record that both have is the same on both sides but for ids and references, and but for those set apart."""
    back = {here: ref for ref, here in links.items()}

    def move(_element: str, literal: str) -> str:
        return back.get(literal, literal.removeprefix(f"{base}/"))

    wrong = []
    for ref, here in sorted(links.items()):
        if ref in apart or ref.startswith("Patient/"):
            continue
        if here not in ours or ref not in there:
            wrong.append(f"{ref}: linked, but missing {'there' if here in ours else 'here'}")
        elif found := changed_elements(relinked(ours[here], move), there[ref]) - {"id", "meta"}:
            wrong.append(f"{ref}: differs between the two sides in {sorted(found)}")
    return wrong


def the_wire_is_clean(wire: Wire, terms: Iterable[str], silent_records: Iterable[str]) -> list[str]:
    """At most one create for each identifier, no word of those who gave no consent, no write to their records."""
    wrong = [f"{identifier}: created {n} times" for identifier, n in wire.creates().items() if n > 1]
    wrong += [f"{e.method} {e.url.partition('?')[0]}: names one of the five" for _, e in wire.naming(terms)]
    places = {f"/{ref}" for ref in silent_records}
    wrong += [
        f"{e.method} {e.url}: writes to a record of one of the five" for e in wire.writes() if _place(e.url) in places
    ]
    return wrong


def _place(url: str) -> str:
    found = re.search(r"/[A-Z][A-Za-z]+/[A-Za-z0-9.\-]+$", url.partition("?")[0])
    return found[0] if found else ""


def control(server: Server, trees: Mapping[str, Tree]) -> dict[str, set[str]]:
    """Return which elements a server changes by itself when a record is put as it stands, tried on copies apart."""
    found = {}
    for number, (ref, tree) in enumerate(trees.items()):
        copy = {**content(tree), "id": f"control-{number}"}
        place = f"{tree['resourceType']}/{copy['id']}"
        answer = server.send("PUT", place, copy)
        assert answer.status == 201, f"a copy of {ref}: {answer.reason}"
        found[ref] = changed_elements(content(server.read(place)), copy)
        server.send("DELETE", place)
    return found
