"""The files that a command is pointed at, and how far it has come with them."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path


def files(paths: Iterable[str], unread: list[str], endings: tuple[str, ...] = (".json",)) -> Iterator[str]:
    """Yield the files that are meant: those named, and those below a folder with one of the endings, in order of name.

    What cannot be read, and a folder without any, is added to `unread` in words. Endings in lower case.
    """
    for path in paths:
        if path == "-" or not os.path.isdir(path):  # noqa: PTH112 - answers for names too long for Path
            yield path
            continue
        none_yet = len(unread)
        below = list(_below(path, unread, endings))
        if not below and len(unread) == none_yet:
            unread.append(f"{shown(path)}: no {', '.join(endings)} file in this folder")
        yield from below


def _below(path: str, unread: list[str], endings: tuple[str, ...]) -> Iterator[str]:
    for folder, folders, names in os.walk(path, onerror=lambda error: unread.append(_why(error))):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            if name.lower().endswith(endings):
                yield os.path.join(folder, name)  # noqa: PTH118 - the path stays as the user wrote it


def _why(error: OSError) -> str:
    return f"{shown(str(error.filename))}: {error.strerror or 'cannot be read'}"


def folders_of(name: str) -> tuple[str, ...]:
    """Return the names of the folders that a file lies in, nearest first."""
    return tuple(folder.name for folder in Path(os.path.realpath(name)).parents)


def shown(name: str) -> str:
    """Return a file name without control characters or bytes that are no text."""
    return "".join(character if character.isprintable() else "\ufffd" for character in name)


@contextmanager
def progress(what: str, steps: int) -> Iterator[Callable[..., object]]:
    """Show progress over many steps on a terminal, on standard error; elsewhere do nothing.

    What is given is called after each step, or with how many were done.
    """
    if steps < 2 or not sys.stderr.isatty():
        yield lambda _=1: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=steps)
        yield lambda done=1: bar.advance(task, done)
