"""Files judged: every document of files, folders, NDJSON and standard input, each finding with its line and column.

    for one in Judging(asked="", setting="").judged(["fixtures"], unread): one.name, one.kind, one.which, one.found

The documents of a folder are read together, for they tell each other's release and what they link to; a folder that
is too large for that, and NDJSON, is read document by document, so that memory does not grow with it.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from gzip import BadGzipFile
from itertools import groupby
from pathlib import Path

from adapter.cli.files import files, folders_of, shown
from adapter.cli.ndjson import ENDINGS, Stream, is_ndjson, opened, standard_input
from mappings.check import MAX_BYTES, RULES, check, check_native
from mappings.check import opened as document
from mappings.check.native import is_native
from mappings.check.places import places
from mappings.check.rules import Finding
from mappings.check.sets import check_set
from mappings.releases.which import NOTHING_TELLS, Which, settled, which
from mappings.tree import Path as At
from mappings.tree import Tree, dump

TOGETHER = 64 * 1024 * 1024
"""Bytes of a folder that are held at once, at most."""

LONGEST_VALUE = 80


@dataclass(frozen=True, slots=True)
class Found:
    """A finding at its place in a file; `value` is what stands there, where values may be shown."""

    line: int
    column: int
    finding: Finding
    value: str = ""


@dataclass(slots=True, eq=False)
class Judged:
    """One document: a file, or a line of NDJSON.

    name    the file as it was given; `line` the line of NDJSON, 0 for a file
    kind    FHIR, native, or "" for what could not be read
    which   the release that FHIR was judged as, and why
    left    what was not judged, for a value set that is not held
    """

    name: str
    line: int = 0
    kind: str = ""
    data: bytes = b""
    tree: Tree = None
    which: Which = NOTHING_TELLS
    found: list[Found] = field(default_factory=list)
    left: list[Finding] = field(default_factory=list)
    unread: Finding | None = None


Further = Callable[[list[Judged]], Iterator[tuple[Judged, Finding]]]
"""What else is found in documents that lie together."""


@dataclass
class Judging:
    """How files are judged.

    asked     the release that is asked for, "" to find out; `setting` the project's, for what tells nothing
    further   what else is looked for: the rules of plans, the laws
    values    whether a finding shows the value at its place
    """

    asked: str = ""
    setting: str = ""
    further: tuple[Further, ...] = ()
    values: bool = False

    def judged(self, paths: Iterable[str], unread: list[str]) -> Iterator[Judged]:
        """Yield what is given, judged, in order. What cannot be read is added to `unread` in words."""
        names = files(paths, unread, (".json", *ENDINGS))
        for (_, stream), beside in groupby(names, key=lambda name: (os.path.dirname(name), _is_stream(name))):  # noqa: PTH120
            for some in [[name] for name in beside] if stream else _held(beside):
                try:
                    yield from self._stream(some[0]) if stream else self._together(some, unread)
                except OSError as error:
                    unread.append(f"{shown(some[0])}: {error.strerror or 'cannot be read'}")

    # ---- files

    def _together(self, names: list[str], unread: list[str]) -> Iterator[Judged]:
        documents = []
        for name in names:
            try:
                data = _bytes(name)
            except (OSError, ValueError) as error:
                unread.append(f"{shown(name)}: {getattr(error, 'strerror', None) or 'cannot be read'}")
            else:
                documents.append(self._opened(shown(name), data, folders_of(name)))
        yield from self._judge(documents)

    # ---- NDJSON and standard input

    def _stream(self, name: str) -> Iterator[Judged]:
        if name != "-":
            with opened(name) as stream:
                yield from self._lines(shown(name), stream, folders_of(name))
            return
        try:
            given = standard_input()
        except (EOFError, zlib.error, BadGzipFile):
            yield _broken("standard input", 1, "json", "the compression is broken here", "Compress it again.")
            return
        if isinstance(given, Stream):
            yield from self._lines("standard input", given, ())
        else:
            yield from self._judge([self._opened("standard input", given, ())])

    def _lines(self, name: str, stream: Stream, folders: tuple[str, ...]) -> Iterator[Judged]:
        """Yield the lines; one that tells no release is as the last one that did."""
        last: Which | None = None
        number = 0
        try:
            for line in stream.lines():
                number = line.number
                if line.issue is not None:
                    yield _broken(name, number, "json-size", line.issue.text, line.issue.fix)
                    continue
                one = self._opened(name, line.data, folders, number)
                if one.kind == "FHIR" and one.which.by != "default":
                    last = Which(one.which.release, "neighbours")
                elif one.kind == "FHIR" and last is not None:
                    one.which = last
                yield from self._judge([one])
        except (EOFError, zlib.error, BadGzipFile):
            yield _broken(name, number + 1, "json", "the compression is broken here", "Compress it again.")

    # ---- documents

    def _opened(self, name: str, data: bytes, folders: tuple[str, ...], line: int = 0) -> Judged:
        tree, unread = document(data)
        if unread is not None:
            return Judged(name, line, unread=unread)
        if is_native(tree):
            return Judged(name, line, "native", data, tree)
        of = which(tree, asked=self.asked, folders=folders, setting=self.setting)
        return Judged(name, line, "FHIR", data, tree, of)

    def _judge(self, documents: list[Judged]) -> Iterator[Judged]:
        fhir = [one for one in documents if one.kind == "FHIR"]
        for one, of in zip(fhir, settled([one.which for one in fhir]), strict=True):
            one.which = of
        more = _of_set(fhir)
        for look in self.further:
            for one, finding in look([one for one in documents if one.kind]):
                more.setdefault(one, []).append(finding)
        for one in documents:
            self._place(one, [*_findings(one), *more.get(one, ())])
            yield one
            one.data, one.tree = b"", None

    def _place(self, one: Judged, findings: list[Finding]) -> None:
        one.left = [finding for finding in findings if finding.rule == "binding/not-checked"]
        findings = [finding for finding in findings if finding.rule != "binding/not-checked"]
        where = places(one.data, [finding.at for finding in findings if not finding.line])
        for finding in findings:
            line, column = (finding.line, finding.column) if finding.line else where[finding.at]
            value = _value(one.tree, finding.at) if self.values and one.kind else ""
            one.found.append(Found(line + max(one.line - 1, 0), column, finding, value))
        one.found.sort(key=lambda found: (found.line, found.column))


def _of_set(documents: list[Judged]) -> dict[Judged, list[Finding]]:
    """Return what is found in documents that lie together: their references, responses against questionnaires."""
    found: dict[Judged, list[Finding]] = {}
    for release in {one.which.release for one in documents}:
        mine = {str(n): one for n, one in enumerate(documents) if one.which.release == release}
        said = check_set({n: one.tree for n, one in mine.items()}, release)
        found.update({mine[n]: findings for n, findings in said.items()})
    return found


def _findings(one: Judged) -> list[Finding]:
    if one.unread is not None:
        return [one.unread]
    return check_native(one.tree) if one.kind == "native" else check(one.tree, release=one.which.release)


def _broken(name: str, line: int, rule: str, what: str, fix: str) -> Judged:
    known = RULES[rule]
    text, link = f"{what}. {known.says}.", known.link("R4")
    finding = Finding("", known.code, text, fix, known.severity, rule, (), "json", link, 1, 1)
    return Judged(name, line, unread=finding, found=[Found(line, 1, finding)])


def _value(tree: Tree, at: At) -> str:
    """Return what stands at a place, as JSON in one line, cut where it is long; "" where nothing does."""
    for step in at:
        try:
            tree = tree[step]
        except (LookupError, TypeError):
            return ""
    try:
        text = dump(tree).decode()
    except (RecursionError, ValueError):
        return ""
    text = "".join(character if character.isprintable() else "\ufffd" for character in text)
    return text if len(text) <= LONGEST_VALUE else f"{text[: LONGEST_VALUE - 1]}…"


def _is_stream(name: str) -> bool:
    return name == "-" or is_ndjson(name)


def _held(names: Iterable[str]) -> Iterator[list[str]]:
    """Yield files that are held together: a folder's, as long as they are not too large for that."""
    some: list[str] = []
    held = 0
    for name in names:
        try:
            size = min(os.stat(name).st_size, MAX_BYTES)  # noqa: PTH116 - answers for names too long for Path
        except (OSError, ValueError):
            size = 0
        if some and held + size > TOGETHER:
            yield some
            some, held = [], 0
        some.append(name)
        held += size
    if some:
        yield some


def _bytes(name: str) -> bytes:
    """Return the bytes of a file, at most one more than are judged: /dev/zero ends too."""
    with Path(name).open("rb") as file:
        return file.read(MAX_BYTES + 1)
