"""FHIR files as a receiver wants them: US Core, MCC, SDC or ABDM. Pure but for the hour that a bound record bears.

What never leaves the programme, its own extensions, stays behind; whom a file may be sent to is not asked here, for
files are the user's own. What leaves the store passes the gate (adapter.disclosure).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

from adapter.cli.document_set import document_set
from adapter.cli.sources import Made, Note, Source, misplaced, note
from adapter.disclosure.redaction import redact
from mappings.issues import Issue
from mappings.lens.documents import Docs
from mappings.profiles import ProfileIssue, outfit
from mappings.releases import converted
from mappings.tree import Tree, pretty


def outfitted(sources: list[Source], receiver: str) -> tuple[list[Made], list[Note], Counter[str]]:
    """Return the FHIR documents of a set as a receiver wants them, what is to be said of them, and what is no FHIR.

    Raises KeyError for an unknown receiver. A document that needed nothing keeps its bytes.
    """
    fhir = [_in_r4(one) for one in sources if not one.native]
    left: Counter[str] = Counter()
    docs, names, notes = document_set(fhir)
    by_name = {name: source for source, name in names.items()}
    shown = Docs("R4", {ref: redact(tree, lambda _: False) for ref, tree in docs.items()})
    ready, issues = _ready(shown, receiver)
    notes += misplaced([one for one in sources if one.native], "a receiver is sent FHIR", left, "native JSON")
    notes += _notes(issues, by_name)
    beside = next((one.place.rpartition("/")[0] for one in fhir if one.type == "CarePlan"), "")
    made = [_made(ref, tree, by_name.get(ref), beside) for ref, tree in ready.items()]
    return made, notes, left


def _in_r4(source: Source) -> Source:
    """Return a document as R4, which all receivers' guides are."""
    if source.release == "R4":
        return source
    tree = converted(source.tree, source.release, "R4").tree
    return replace(source, tree=tree, data=pretty(tree), at=())


def _ready(docs: Docs, receiver: str) -> tuple[dict[str, Tree], list[Issue]]:
    """Make each plan ready; without one, the documents as they are together."""
    plans = [ref for ref in docs if ref.startswith("CarePlan/")] or list(docs)[:1]
    when = datetime.now(UTC).isoformat(timespec="seconds")
    outfits = [outfit(docs, plan, receiver, when=when) for plan in plans]
    issues = dict.fromkeys(issue for one in outfits for issue in one.issues)
    return {ref: tree for one in outfits for ref, tree in one.docs.items()}, list(issues)


def _notes(issues: list[Issue], by_name: dict[str, Source]) -> Iterator[Note]:
    """Yield what is wanting and what was moved; what was only added is seen in the file."""
    for issue in issues:
        if issue.rule.endswith("/added"):
            continue
        source = by_name.get(issue.document) if isinstance(issue, ProfileIssue) else None
        if source is None or not isinstance(issue, ProfileIssue):
            yield Note(getattr(issue, "document", ""), 0, 0, issue)
        else:
            yield note(source, issue, issue.at)


def _made(ref: str, tree: Tree, source: Source | None, beside: str) -> Made:
    if source is not None:
        same = tree is source.tree and not source.at
        return Made(source.place, source.data if same else pretty(tree), changed=not same)
    return Made(f"{beside}/{ref.replace('/', '-')}.json".removeprefix("/"), pretty(tree))
