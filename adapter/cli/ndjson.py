"""NDJSON: one document a line, read and written one line at a time, so that memory does not grow with the file.

    export.ndjson  export.jsonl  export.ndjson.gz  standard input

A line is a document set of its own: what it links to is what it contains. One that is broken, or longer than is read,
is a finding with its line; the rest goes on.
"""

from __future__ import annotations

import gzip
import os
import sys
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from typing import IO, Any

from adapter.cli.opening import GZIP
from adapter.cli.opening import opened as opened_file
from mappings.check import MAX_BYTES
from mappings.issues import Issue

ENDINGS = (".ndjson", ".jsonl", ".ndjson.gz", ".jsonl.gz")

BROKEN = (OSError, EOFError, zlib.error)
"""What reading a file, or its compression, may fail with."""


def is_ndjson(name: str) -> bool:
    """Return whether a file is NDJSON by its name."""
    return name.lower().endswith(ENDINGS)


@dataclass(frozen=True, slots=True)
class Line:
    """One line that is not blank: its number from 1, its bytes, or why they are not read."""

    number: int
    data: bytes
    issue: Issue | None = None


@dataclass(frozen=True, slots=True)
class Stream:
    """An open NDJSON: its lines are read once.

    size   in bytes, 0 where it is not known; `read` says how many of them were read
    """

    file: IO[bytes]
    size: int = 0
    read: Callable[[], int] = lambda: 0

    def lines(self, most: int = MAX_BYTES) -> Iterator[Line]:
        """Yield the lines. Raises one of BROKEN where the file cannot be read further."""
        number = 0
        while data := self.file.readline(most + 1):
            number += 1
            if len(data) > most and not data.endswith(b"\n"):
                while len(data) > most and not data.endswith(b"\n"):
                    data = self.file.readline(most + 1)
                text, fix = f"the line is longer than {most // 2**20} MiB", "Split it: a Bundle into its entries."
                yield Line(number, b"", Issue("", "too-costly", text, fix, "fatal", "json-size"))
            elif data.strip():
                yield Line(number, data.rstrip(b"\r\n"))


@contextmanager
def opened(name: str) -> Iterator[Stream]:
    """Open an NDJSON file, a compressed one too. Raises OSError."""
    with opened_file(name) as raw:
        known = (os.fstat(raw.fileno()).st_size, raw.tell) if raw.seekable() else ()
        if name.lower().endswith(".gz"):
            with gzip.GzipFile(fileobj=raw) as inner:
                yield Stream(BufferedReader(inner), *known)  # type: ignore[type-var, arg-type, unused-ignore]
        else:
            yield Stream(raw, *known)


def standard_input() -> Stream | bytes:
    """Return what stands on standard input: one document, at most one byte more than are read, or NDJSON."""
    return seen(sys.stdin.buffer)


def seen(source: Any) -> Stream | bytes:
    """Return what an open file holds whose name does not tell: one document, at most one byte more than are read, or
    NDJSON.

    NDJSON is what has a second line that begins an object, after a first that holds one. gzip is seen by its first
    bytes.
    """
    head: bytes = source.peek(2)[:2] if hasattr(source, "peek") else b""
    if head == GZIP:
        source = BufferedReader(gzip.GzipFile(fileobj=source))  # type: ignore[type-var, arg-type, unused-ignore]
    most = MAX_BYTES + 1
    first: bytes = source.readline(most)
    begun = first
    while begun.endswith(b"\n") and not first.strip() and len(begun) < most:
        first = source.readline(most - len(begun))
        begun += first
    second = source.readline(most) if first.endswith(b"\n") else b""
    if first.lstrip().startswith(b"{") and first.rstrip()[-1:] not in b"{[,:" and second.lstrip().startswith(b"{"):
        return Stream(_Again(begun + second, source))  # type: ignore[arg-type]
    begun += second
    rest: bytes = source.read(max(most - len(begun), 0))
    return begun + rest


class _Again:
    """A stream of which the first bytes were read already."""

    def __init__(self, begun: bytes, rest: Any) -> None:
        self._begun, self._rest = begun, rest

    def readline(self, most: int) -> bytes:
        end = self._begun.find(b"\n") + 1 or len(self._begun)
        line, self._begun = self._begun[:end], self._begun[end:]
        if line.endswith(b"\n") or len(line) > most:
            return line
        return line + bytes(self._rest.readline(most - len(line)))


@contextmanager
def written(target: Path | None) -> Iterator[Callable[[bytes], object]]:
    """Give the writing of lines, to standard output or into a file, which is there when all is written."""
    if target is None:
        yield lambda data: sys.stdout.buffer.write(data + b"\n")
        sys.stdout.buffer.flush()
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{target.name}.part")
    try:
        with gzip.open(part, "wb") if target.name.lower().endswith(".gz") else part.open("wb") as file:
            yield lambda data: file.write(data + b"\n")
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
