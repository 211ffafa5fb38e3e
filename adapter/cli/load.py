"""`planbridge load`: put files or folders of FHIR resources into the store, as the bytes that they are.

What is no FHIR resource is reported and left out; what is one but not valid is kept, flagged and read-only.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from adapter.cli.files import files, progress, shown

if TYPE_CHECKING:
    from adapter.store import Store
    from adapter.store.bundles import Brought
    from adapter.store.documents import Flag
    from mappings.tree import Path as Place

_EPILOG = """\
examples:
  planbridge load goal.json           one resource of any type
  planbridge load bundle.json         a Bundle (transaction, batch, collection, searchset), entry by entry
  planbridge load exports/            every .json file below a folder
  planbridge load --release R5 r5/    resources of R5

Ids that FHIR allows are kept, others are made, the same each time: loading a file again changes nothing.
A message reads:  file:line:column: what it is about: what is wrong. Values are never printed.

exit code: 0 all is in and valid, 1 something was left out or is kept read-only, 2 could not run
"""

_AT_ONCE = 200
"""Resources that are written in one transaction."""


class Note(NamedTuple):
    """Something to be said of a place in a file; line and column are given where there is no tree to find it in."""

    at: Place
    text: str
    line: int = 0
    column: int = 0


if TYPE_CHECKING:
    Judged = tuple[Brought | None, Flag, Note | None]


@dataclass
class _Books:
    """What became of the resources, what is to be said of them, and what came under each type and id."""

    counts: Counter[str] = field(default_factory=Counter)
    said: list[str] = field(default_factory=list)
    met: dict[tuple[str, str], tuple[bytes, str]] = field(default_factory=dict)


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add what `planbridge load` takes."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = _EPILOG
    parser.add_argument("paths", nargs="+", metavar="PATH", help="file or folder; - is standard input")
    parser.add_argument("--release", choices=("R4", "R5"), default="R4", help="FHIR release of the files (default: R4)")


def run(args: argparse.Namespace) -> int:
    """Load files; return 0 when all is in and valid, 1 when not, 2 when it could not be tried."""
    from adapter.settings import SettingsError, load_settings
    from adapter.store import Store, StoreError

    unread: list[str] = []
    books, place = _Books(), None
    try:
        settings = load_settings(args.config)
        with Store.open(settings.store, settings.tenant) as store:
            place = store.path
            _load(store, list(files(args.paths, unread)), args.release, books, unread)
    except (SettingsError, StoreError) as error:
        unread.append(str(error))
    for line in [*books.said, *(f"planbridge load: {line}" for line in unread)]:
        print(line, file=sys.stderr)
    print(_summary(books.counts, place))
    if unread:
        return 2
    return int(bool(books.said))


def _load(store: Store, names: list[str], release: str, books: _Books, unread: list[str]) -> None:
    waiting: list[tuple[Brought, Flag]] = []
    with progress("load", len(names)) as advance:
        for name in names:
            try:
                data = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
            except (OSError, ValueError) as error:
                unread.append(f"{shown(name)}: {getattr(error, 'strerror', None) or 'cannot be read'}")
            else:
                waiting += _taken("standard input" if name == "-" else shown(name), data, release, books)
            if len(waiting) >= _AT_ONCE:
                _write(store, waiting, release, books)
                waiting = []
            advance()
        _write(store, waiting, release, books)


def _taken(name: str, data: bytes, release: str, books: _Books) -> list[tuple[Brought, Flag]]:
    """Return what is to be stored of a file, and enter into the books what is to be said of it."""
    found = [_distinct(one, name, books.met) for one in judged(data, release)]
    books.said += _placed(name, data, [note for _, _, note in found if note])
    books.counts["left out"] += sum(brought is None for brought, _, _ in found)
    return [(brought, flag) for brought, flag, _ in found if brought is not None]


def _distinct(one: Judged, name: str, met: dict[tuple[str, str], tuple[bytes, str]]) -> Judged:
    """Return a judgement as it is, but for a resource whose id another one of this load has: that is left out."""
    brought = one[0]
    if brought is None:
        return one
    content = sha256(brought.body).digest()
    was, where = met.setdefault((brought.type, brought.id), (content, name))
    if was == content:
        return one
    text = f"left out: {where} brings another {brought.type} of the same id. Give one a new id."
    return None, "", Note((*brought.at, "id"), text)


def judged(data: bytes, release: str) -> Iterator[Judged]:
    """Yield each resource that a file brings with its flag, or None, and what is to be said of it. Pure."""
    from adapter.store.bundles import Brought, take_apart
    from mappings.check import USABLE, check

    for one in take_apart(data):
        if not isinstance(one, Brought):
            yield None, "", Note(one.at, f"left out: {one.text}. {one.fix}".strip(), one.line, one.column)
            continue
        found = check(one.tree, release=release, levels=USABLE)
        wrong = [finding for finding in found if finding.severity in {"error", "fatal"}]
        if not wrong:
            yield one, "", None
            continue
        first, more = wrong[0], f" And {len(wrong) - 1} more: planbridge check." if len(wrong) > 1 else ""
        text = f"kept read-only: {first.path} {first.rule}: {first.text}{more}"
        yield one, "invalid", Note((*one.at, *first.at), text)


def _placed(name: str, data: bytes, notes: list[Note]) -> list[str]:
    from mappings.check.places import places

    where = places(data, [note.at for note in notes if not note.line])
    placed = sorted(((note.line, note.column) if note.line else where[note.at], note.text) for note in notes)
    return [f"{name}:{line}:{column}: {text}" for (line, column), text in placed]


def _write(store: Store, waiting: list[tuple[Brought, Flag]], release: str, books: _Books) -> None:
    if not waiting:
        return
    done: Counter[str] = Counter()
    with store.write() as tx:
        for one, flag in waiting:
            before = tx.documents.get(one.type, one.id)
            after = tx.documents.put(one.type, one.id, one.body, release=release, flag=flag, tree=one.tree)
            done["new" if before is None else "unchanged" if after == before else "changed"] += 1
            done["read-only"] += flag != ""
    books.counts += done  # only when they are on disk


def _summary(counts: Counter[str], store: Path | None) -> str:
    kinds = ", ".join(f"{counts[kind]} {kind}" for kind in ("new", "changed", "unchanged", "left out"))
    read_only = f" ({counts['read-only']} of them read-only: not valid)" if counts["read-only"] else ""
    return f"{kinds}{read_only}" + (f"\nstore: {store}" if store else "")
