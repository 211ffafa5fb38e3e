"""What is made goes into files: all or none, and never over a file that is read."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from adapter.cli.files import shown
from adapter.cli.sources import Made


class CannotRunError(Exception):
    """Why nothing was written."""


def keep(out: Path, made: list[Made], read: list[str], *, force: bool) -> None:
    """Write what was made into one .json file or below a folder. Raises CannotRunError."""
    one_file = not out.is_dir() and (out.suffix.lower() == ".json" or out.is_file())
    if one_file and len(made) > 1:
        raise CannotRunError(f"{len(made)} documents came of this, and --out names one file")
    targets = {(out if one_file else out / one.place): one for one in made}
    if len(targets) < len(made):
        raise CannotRunError("two documents would become one file; translate them apart")
    free({target: one.data for target, one in targets.items()}, read, force=force)
    for n, (target, one) in enumerate(targets.items()):
        try:
            _write(target, one.data)
        except OSError as error:
            why = error.strerror or "cannot be written"
            raise CannotRunError(f"{shown(str(target))}: {why}; {n} of {len(made)} are written") from None


def told(made: int, changed: int, left: Counter[str]) -> str:
    """Return how much was written, how much of it anew, and what was left as it is."""
    same = f", {made - changed} with the bytes they had" if changed < made else ""
    others = f"; left as they are: {', '.join(f'{n} {what}' for what, n in sorted(left.items()))}" if left else ""
    return f"{changed} written{same}{others}"


def free(targets: dict[Path, bytes | None], read: Iterable[str], *, force: bool) -> None:
    """Raise CannotRunError where a file that is read, or one that is there, would be written over.

    One that holds the same bytes already is in nobody's way; of None the bytes are not known yet.
    """
    sources = {_real(Path(name)) for name in read if name != "-"}
    for target, data in targets.items():
        if _real(target) in sources:
            raise CannotRunError(f"{shown(str(target))} is read here and never written over: give another --out")
        try:
            there = target.read_bytes() if data is not None and target.exists() else None
            in_the_way = target.exists() if data is None else there not in (None, data)
        except OSError as error:
            raise CannotRunError(f"{shown(str(target))}: {error.strerror or 'cannot be written'}") from None
        if in_the_way and not force:
            raise CannotRunError(f"{shown(str(target))} is there already: --force replaces it")


def _real(path: Path) -> tuple[int, int] | str:
    """Return what a path is, whichever name it goes by: the file itself, else its place."""
    try:
        found = path.stat()
    except (OSError, ValueError):
        return os.path.realpath(path)
    return found.st_dev, found.st_ino


def _write(target: Path, data: bytes) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{target.name}.part")
    try:
        part.write_bytes(data)
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
