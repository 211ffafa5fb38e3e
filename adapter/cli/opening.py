"""Files opened to be read: as many bytes as are judged, compressed ones too; no pipe is waited for in vain."""

from __future__ import annotations

import gzip
import io
import os
import stat
import time
import zlib
from typing import IO

from mappings.check import MAX_BYTES

GZIP = b"\x1f\x8b"
BROKEN_GZIP = (EOFError, zlib.error, gzip.BadGzipFile)
"""What reading a compressed file may fail with, but for OSError."""

PATIENCE = 5.0
"""Seconds that a pipe is given until somebody writes into it."""


def is_pipe(name: str) -> bool:
    """Return whether a path names a pipe or a terminal, which is read as standard input is: once, and in order."""
    try:
        mode = os.stat(name).st_mode  # noqa: PTH116 - answers for names too long for Path
    except (OSError, ValueError):
        return False
    return stat.S_ISFIFO(mode) or stat.S_ISCHR(mode)


def whole(name: str) -> bytes:
    """Return the bytes of a file, decompressed, at most one more than are judged. Raises OSError and BROKEN_GZIP."""
    with opened(name) as file:
        data = file.read(MAX_BYTES + 1)
        if data[:2] != GZIP:
            return data
        file.seek(0)
        return gzip.GzipFile(fileobj=file).read(MAX_BYTES + 1)


def opened(name: str) -> IO[bytes]:
    """Open a file for reading. Raises OSError: for a pipe too, into which nobody writes."""
    if not stat.S_ISFIFO(os.stat(name).st_mode):  # noqa: PTH116
        return open(name, "rb")  # noqa: PTH123
    pipe = os.open(name, os.O_RDONLY | os.O_NONBLOCK)
    try:
        begun = _first(pipe)
    except OSError:
        os.close(pipe)
        raise
    os.set_blocking(pipe, True)
    return io.BufferedReader(_Begun(begun, pipe))  # type: ignore[type-var, unused-ignore]


def _first(pipe: int) -> bytes:
    """Return the first bytes of a pipe, none where its writer has not written yet. Raises OSError without a writer."""
    until = time.monotonic() + PATIENCE
    while True:
        try:
            begun = os.read(pipe, io.DEFAULT_BUFFER_SIZE)
        except BlockingIOError:
            return b""
        if begun:
            return begun
        if time.monotonic() > until:
            raise OSError(0, f"a pipe into which nobody wrote for {PATIENCE:.0f} seconds")
        time.sleep(0.02)


class _Begun(io.RawIOBase):
    """A pipe of which the first bytes were read already."""

    def __init__(self, begun: bytes, pipe: int) -> None:
        self._begun, self._pipe = begun, pipe

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        data = self._begun[: len(buffer)] or os.read(self._pipe, len(buffer))
        self._begun = self._begun[len(buffer) :]
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        if not self.closed:
            os.close(self._pipe)
        super().close()
