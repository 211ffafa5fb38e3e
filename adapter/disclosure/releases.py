"""The same records as FHIR R4 and as FHIR R5: each is kept in the release that it came in, and said in the other.

    GET   the stored bytes, or their conversion
    PUT   the difference from what a GET shows, put into what is stored

What a release has no element for goes along as a cross-version extension; a writer who leaves one out deletes nothing
here, and is told so. https://hl7.org/fhir/R4/versioning.html
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from adapter.disclosure.gate import AsSent, Seen
from adapter.store import Document
from mappings.issues import Issue
from mappings.releases import convert
from mappings.releases.restore import put_back
from mappings.tree import Tree, dump, parse


def said_in(release: str) -> AsSent:
    """Return what makes the bytes of a record in a release: None, the record's own, where it was born in it."""

    def said(document: Document, seen: Seen) -> bytes | None:
        if document.release == release:
            return None
        return dump(convert(seen(parse(document.served)), document.release, release))

    return said


def sayable(documents: Sequence[Document], release: str) -> list[Document]:
    """Return the records that can be said in a release: what no tree can hold is served as it came, or not at all."""
    return [one for one in documents if one.release == release or one.deleted or one.flag != "unfaithful"]


def stored(document: Document, release: str = "") -> Tree:
    """Return the stored tree of a record, in its birth release or as another one says it, for who writes onto it.

    Raises NotJSON for one that no tree can hold.
    """
    return convert(parse(document.body), document.release, release or document.release)


class Stored(NamedTuple):
    """How a record is stored after a write: its birth release, its tree in that, and what is to be said of it."""

    release: str
    tree: Tree
    said: tuple[Issue, ...] = ()


def put_into(current: Document | None, shown: Callable[[Document], Tree], release: str, sent: Tree) -> Stored:
    """Return what is stored when `sent`, a whole record in a release, replaces the current one or is the first.

    `shown` gives the current record, in its birth release, as the writer sees it: what is written is the difference
    from that.
    """
    if current is None or current.deleted or current.release == release:
        return Stored(release, sent)
    seen = shown(current)
    back = put_back(seen, current.release, release, convert(seen, current.release, release), sent)
    return Stored(current.release, back.tree, back.issues)
