"""Files judged: every document of files, folders, NDJSON and standard input, each finding with its line and column.

    for one in Judging(asked="", setting="").judged(["fixtures"], unread): one.name, one.kind, one.which, one.found

The documents of a folder are read together, for they tell each other's release and what they link to; a folder that
is too large for that, and NDJSON, is read document by document, so that memory does not grow with it. A response finds
its form in whatever is given (beside.py).
"""

from __future__ import annotations

import os
import traceback
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import groupby
from pathlib import Path

from adapter.cli.beside import KINDS, Beside
from adapter.cli.files import files, folders_of, shown
from adapter.cli.ndjson import ENDINGS, Stream, is_ndjson, opened, seen, standard_input
from adapter.cli.opening import BROKEN_GZIP, is_pipe, whole
from adapter.cli.opening import opened as opened_pipe
from mappings.check import MAX_BYTES, check, check_native, not_read
from mappings.check import opened as document
from mappings.check.native import is_native
from mappings.check.places import places
from mappings.check.rules import Finding
from mappings.check.sets import check_set
from mappings.nodes import resources
from mappings.releases.which import NOTHING_TELLS, Which, settled, which
from mappings.tree import Path as At
from mappings.tree import Tree, dump, get

TOGETHER = 32 * 1024 * 1024
"""Bytes of a folder that are held at once, at most. Of a larger one each document is a set of its own."""

LONGEST_VALUE = 80
STANDARD_INPUT = "standard input"
READ = (".json", ".json.gz", *ENDINGS)
"""Endings of the files of a folder that are judged."""


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

    name    the file as it was given, STANDARD_INPUT; `line` the line of NDJSON, 0 for a file
    kind    FHIR, native, or "" for what could not be read
    which   the release that FHIR was judged as, and why
    left    what was not judged, each with its place: for a value set or a form that is not at hand
    """

    name: str
    line: int = 0
    kind: str = ""
    data: bytes = b""
    tree: Tree = None
    which: Which = NOTHING_TELLS
    found: list[Found] = field(default_factory=list)
    left: list[Found] = field(default_factory=list)
    unread: Finding | None = None


Further = Callable[[list[Judged]], Iterator[tuple[Judged, Finding]]]
"""What else is found in documents that lie together."""


class ProfileError(Exception):
    """Why documents cannot be judged by the profiles that are asked for."""


@dataclass
class Judging:
    """How files are judged.

    asked     the release that is asked for, "" to find out; `setting` the project's, for what tells nothing
    further   what else is looked for: the rules of plans, the laws; in NDJSON, over the lines of a file that is not
              too large to be held
    values    whether a finding shows the value at its place
    profiles  guides and profiles that documents are held to, beside those that they claim; they say the release, too
    advance   is told how many bytes of the files were read
    """

    asked: str = ""
    setting: str = ""
    further: tuple[Further, ...] = ()
    values: bool = False
    profiles: tuple[str, ...] = ()
    advance: Callable[[int], object] = lambda _: None
    beside: Beside | None = None
    profiled: Which | None = None

    def __post_init__(self) -> None:
        if self.profiles:
            from mappings.check.profile import RELEASE, known

            try:
                self.profiles = tuple(known(name) for name in self.profiles)
            except LookupError as error:
                raise ProfileError(f"--profile: {error.args[0]}") from None
            if self.asked not in ("", RELEASE):
                raise ProfileError(f"--profile: the profiles that are held are of {RELEASE}, not of {self.asked}")
            self.profiled = Which(RELEASE, "profile")

    def judged(self, paths: Iterable[str], unread: list[str]) -> Iterator[Judged]:
        """Yield what is given, judged, in order. What cannot be read is added to `unread` in words."""
        paths = list(paths)
        self.beside = Beside(partial(_regular, paths), self._release_of)
        names = files(paths, unread, READ)
        for (_, stream), beside in groupby(names, key=lambda name: (os.path.dirname(name), _is_stream(name))):  # noqa: PTH120
            for some, apart in [([name], True) for name in beside] if stream else _held(beside):
                try:
                    yield from self._stream(some[0]) if stream else self._together(some, unread, apart=apart)
                except OSError as error:
                    unread.append(f"{shown(some[0])}: {error.strerror or 'cannot be read'}")

    # ---- files

    def _together(self, names: list[str], unread: list[str], *, apart: bool) -> Iterator[Judged]:
        documents = []
        for name in names:
            try:
                documents.append(self._opened(name, whole(name), folders_of(name)))
            except BROKEN_GZIP:
                documents.append(Judged(name, unread=_COMPRESSION))
            except (OSError, ValueError) as error:
                unread.append(f"{shown(name)}: {getattr(error, 'strerror', None) or 'cannot be read'}")
        yield from self._judge(documents, apart=apart)
        self.advance(sum(map(size_of, names)))

    # ---- NDJSON, pipes and standard input

    def _stream(self, name: str) -> Iterator[Judged]:
        if is_ndjson(name):
            with opened(name) as stream:
                yield from self._lines(name, stream, folders_of(name))
        elif name == "-":
            yield from self._seen(STANDARD_INPUT, standard_input)
        else:
            with opened_pipe(name) as pipe:
                yield from self._seen(name, partial(seen, pipe))

    def _seen(self, name: str, look: Callable[[], Stream | bytes]) -> Iterator[Judged]:
        try:
            given = look()
        except BROKEN_GZIP:
            yield from self._judge([Judged(name, unread=_COMPRESSION)])
            return
        if isinstance(given, Stream):
            yield from self._lines(name, given, ())
        else:
            yield from self._judge([self._opened(name, given, ())])

    def _lines(self, name: str, stream: Stream, folders: tuple[str, ...]) -> Iterator[Judged]:
        """Yield the lines, judged each by itself; with rules that look further, together as far as they are held."""
        held: list[Judged] = []
        size = 0
        for one in self._documents(name, stream, folders):
            size += len(one.data)
            if self.further and size <= TOGETHER:
                held.append(one)
                continue
            yield from self._judge([*held, one])
            held = []
        yield from self._judge(held)

    def _documents(self, name: str, stream: Stream, folders: tuple[str, ...]) -> Iterator[Judged]:
        """Yield the lines; one that tells no release is as those before it, where they agree."""
        told: set[str] = set()
        number = done = 0
        try:
            for line in stream.lines():
                number = line.number
                if line.issue is not None:
                    yield Judged(name, number, unread=not_read("json-size", line.issue.text, line.issue.fix))
                    continue
                one = self._opened(name, line.data, folders, number)
                if one.kind == "FHIR" and one.which.by != "default":
                    told.add(one.which.release)
                elif one.kind == "FHIR" and len(told) == 1:
                    one.which = Which(min(told), "neighbours")
                yield one
                read = stream.read()
                self.advance(read - done)
                done = read
        except BROKEN_GZIP:
            yield Judged(name, number + 1, unread=_COMPRESSION)

    # ---- documents

    def _opened(self, name: str, data: bytes, folders: tuple[str, ...], line: int = 0) -> Judged:
        tree, unread = document(data)
        if unread is not None:
            return Judged(name, line, unread=unread)
        if is_native(tree):
            return Judged(name, line, "native", data, tree)
        return Judged(name, line, "FHIR", data, tree, self._which(tree, folders))

    def _which(self, tree: Tree, folders: tuple[str, ...]) -> Which:
        if self.profiled is not None and not self.asked:
            return self.profiled
        return which(tree, asked=self.asked, folders=folders, setting=self.setting)

    def _judge(self, documents: list[Judged], *, apart: bool = True) -> Iterator[Judged]:
        """Yield documents judged: `apart` each as a set of its own, but for the rules that look further."""
        fhir = [one for one in documents if one.kind == "FHIR"]
        for one, of in zip(fhir, settled([one.which for one in fhir]), strict=True):
            one.which = of
        more: dict[Judged, list[Finding]] = {one: [] for one in documents}
        sets = [[one] for one in fhir] if apart else [fhir]
        known = [one for one in documents if one.kind]
        for look, some in (*((self._of_set, each) for each in sets), *((look, known) for look in self.further)):
            try:
                for one, finding in look(some):
                    more[one].append(finding)
            except Exception as error:  # said as a finding
                more[some[0]].append(_fault(error))
        for one in documents:
            self._place(one, [*self._findings(one), *more[one]])
            yield one
            one.data, one.tree = b"", None

    def _findings(self, one: Judged) -> list[Finding]:
        if one.unread is not None:
            return [one.unread]
        try:
            if one.kind == "native":
                return check_native(one.tree)
            return check(one.tree, release=one.which.release, profiles=self.profiles)
        except Exception as error:  # said as a finding
            return [_fault(error)]

    def _of_set(self, documents: list[Judged]) -> Iterator[tuple[Judged, Finding]]:
        """Yield what is found in documents that lie together: their references, responses against questionnaires."""
        for release in {one.which.release for one in documents}:
            mine = {str(n): one for n, one in enumerate(documents) if one.which.release == release}
            said = check_set({n: one.tree for n, one in mine.items()}, release, beside=self._beside(mine, release))
            yield from ((mine[n], finding) for n, findings in said.items() for finding in findings)

    def _beside(self, documents: dict[str, Judged], release: str) -> list[Tree]:
        held = [one for document in documents.values() for _, one in resources(document.tree)]
        responses = [one for one in held if one.get("resourceType") == "QuestionnaireResponse"]
        if not responses or self.beside is None:
            return []
        known = (one for one in held if one.get("resourceType") in KINDS)
        return self.beside.of(responses, known, release)

    def _release_of(self, tree: Tree, name: str) -> str:
        of = self._which(tree, folders_of(name))
        return "" if of.by == "default" else of.release

    def _place(self, one: Judged, findings: list[Finding]) -> None:
        where = places(one.data, [finding.at for finding in findings if not finding.line])
        for finding in findings:
            line, column = (finding.line, finding.column) if finding.line else where[finding.at]
            value = _value(one.tree, finding.at) if self.values and one.kind else ""
            found = Found(line + max(one.line - 1, 0), column, finding, value)
            (one.left if _is_not_checked(finding) else one.found).append(found)
        one.found.sort(key=lambda found: (found.line, found.column))


def _fault(error: Exception) -> Finding:
    """Return a fault of ours as a finding: where in the program, never what."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{type(error).__name__} at {Path(frame.filename).name}:{frame.lineno}"
    text = f"this could not be judged to its end: a fault of Planbridge, {where}"
    return Finding(
        "", "exception", text, "Please report it.", "error", "planbridge-fault", (), "json", line=1, column=1
    )


def _is_not_checked(finding: Finding) -> bool:
    """Whether a finding says what was not judged, which the summary says once."""
    return finding.severity == "information" and finding.rule.endswith("not-checked")


_COMPRESSION = not_read("json", "the compression is broken here", "Compress it again.")


def _value(tree: Tree, at: At) -> str:
    """Return what stands at a place, as JSON in one line, cut where it is long; "" where nothing does."""
    try:
        text = dump(get(tree, at)).decode()
    except (LookupError, TypeError, RecursionError, ValueError):
        return ""
    text = "".join(character if character.isprintable() else "\ufffd" for character in text)
    return text if len(text) <= LONGEST_VALUE else f"{text[: LONGEST_VALUE - 1]}…"


def _is_stream(name: str) -> bool:
    return name == "-" or is_ndjson(name) or is_pipe(name)


def _regular(paths: list[str]) -> Iterator[str]:
    """Yield the files that can be read twice."""
    return (name for name in files(paths, [], READ) if name != "-" and not is_pipe(name))


def _held(names: Iterable[str]) -> Iterator[tuple[list[str], bool]]:
    """Yield files that are held together, and whether there are more of the folder than are held at once."""
    some: list[str] = []
    held = 0
    more = False
    for name in names:
        size = min(size_of(name), MAX_BYTES)
        if some and held + size > TOGETHER:
            more = True
            yield some, more
            some, held = [], 0
        some.append(name)
        held += size
    if some:
        yield some, more


def size_of(name: str) -> int:
    """Return the bytes of a file, 0 where they are not known."""
    try:
        return os.stat(name).st_size  # noqa: PTH116 - answers for names too long for Path
    except (OSError, ValueError):
        return 0
