"""HAPI FHIR's JPA server: started on loopback for a test, waited for, stopped by pid; its data copied and put back."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from peers import SHARED, skip

TOOL = SHARED / "tools" / "hapi_peer.py"
START_SECONDS = 240
"""30 to 60 s alone on two cores; more when other work shares them."""

INSTALL_SECONDS = 1200


@dataclass(frozen=True, slots=True)
class Hapi:
    """A running server: its base URL, its process and the folder that outlives it."""

    base: str
    pid: int
    data: Path


def missing() -> str:
    """Return why HAPI cannot run here, or nothing when it can. Fetches it (280 MB) when it was not fetched yet."""
    if not TOOL.is_file():
        return "../shared/tools is not beside the project"
    for program in ("java", "javac", "mvn"):
        if not shutil.which(program):
            return f"{program} is not installed"
    try:
        install = subprocess.run(
            [sys.executable, TOOL, "install"], capture_output=True, timeout=INSTALL_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        return "it could not be fetched in time"
    return "it could not be fetched or compiled" if install.returncode else ""


def require_hapi(name: str) -> None:
    """Skip the test of this name, with the reason, where HAPI cannot run."""
    if reason := missing():
        skip(name, f"HAPI FHIR: {reason}")


def free_port() -> int:
    """Return a port of loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def hapi(data: Path, *, port: int | None = None, release: str = "R4", options: tuple[str, ...] = ()) -> Iterator[Hapi]:
    """Run HAPI over a data folder. Its own log is `data/hapi.log`.

    Raises RuntimeError with the end of that log when the server does not get ready.
    """
    data.mkdir(parents=True, exist_ok=True)
    port = port or free_port()
    command = [
        sys.executable,
        str(TOOL),
        "server",
        "--port",
        str(port),
        "--release",
        release,
        "--data",
        str(data),
        *options,
    ]
    log = data / "hapi.log"
    with log.open("wb") as said:
        process = subprocess.Popen(command, stdout=said, stderr=said, stdin=subprocess.DEVNULL)
    try:
        _wait(process, log)
        yield Hapi(f"http://127.0.0.1:{port}/fhir", process.pid, data)
    finally:
        stop(process)


def stop(process: subprocess.Popen[bytes], seconds: int = 60) -> None:
    """End a process that was started here: asked first, then made to."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait(process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and process.poll() is None:
        if b"ready http://" in log.read_bytes():
            return
        time.sleep(0.2)
    stop(process)
    tail = log.read_bytes()[-2000:].decode("utf-8", "replace")
    raise RuntimeError(f"HAPI did not get ready (exit {process.returncode}):\n{tail}")


def snapshot(data: Path, copy: Path) -> None:
    """Copy the data folder of a stopped server, so that other scenarios can start from it."""
    _replace(data, copy)


def restore(copy: Path, data: Path) -> None:
    """Put a copied data folder in place of what a stopped server has now."""
    _replace(copy, data)


def _replace(source: Path, target: Path) -> None:
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(source, target, ignore=shutil.ignore_patterns("hapi.log", "*.trace.db"))
