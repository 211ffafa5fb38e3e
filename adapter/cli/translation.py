"""What is to be made of documents, whichever way they came: as files of a folder, or as lines of a stream. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from adapter.cli.document_set import to_native, to_release
from adapter.cli.from_native import to_fhir
from adapter.cli.sources import Made, Note, Source, misplaced
from mappings.releases.which import DEFAULT
from mappings.tables import TABLES


@dataclass(frozen=True, slots=True)
class Task:
    """What is asked for.

    to     native, R4 or R5; "" for the other of what is given
    base   the documents that native ones are written onto, and whether they are the `whole` of what there is
    """

    to: str = ""
    base: tuple[Source, ...] = ()
    whole: bool = True


def translated(task: Task, sources: list[Source], left: Counter[str]) -> Iterator[Made | Note]:
    """Yield what was made of documents that lie together, and what is to be said of them; count what was left."""
    fhir = [one for one in sources if not one.native]
    native = [one for one in sources if one.native]
    if task.to == "native":
        yield from misplaced(native, "this is native JSON already", left, "native JSON")
    else:
        yield from misplaced(
            [one for one in task.base if one.native], "native JSON is written onto FHIR", left, "native"
        )
        bases = _by_release(task)
        for release, base in bases.items():
            mine = [one for one in native if _release(bases, one) == release]
            yield from to_fhir(mine, base, whole=task.whole, release=release)
    if task.base:
        yield from misplaced(fhir, "this is FHIR already", left, "FHIR")
    elif task.to in ("", "native"):
        wanted = [one for one in fhir if one.named or one.type in TABLES]
        left.update(f"{one.type} (no table)" for one in fhir if one not in wanted)
        yield from to_native(fhir, wanted)
    else:
        yield from to_release(fhir, task.to, left)


def _by_release(task: Task) -> dict[str, list[Source]]:
    """Return the documents that are written onto by their release; without any, that in which native ones are made."""
    found: dict[str, list[Source]] = {}
    for one in task.base:
        if not one.native:
            found.setdefault(one.release, []).append(one)
    return found or {task.to or DEFAULT: []}


def _release(bases: dict[str, list[Source]], native: Source) -> str:
    """Return the release that a native document is written in: of the document it is written onto, else of most."""
    for same in ("place", "reference") if len(bases) > 1 else ():
        for release, base in bases.items():
            if any((getattr(one, same), one.type) == (getattr(native, same), native.type) for one in base):
                return release
    return max(bases, key=lambda release: len(bases[release]))
