"""Our own program as a stranger sees it: the command line in a folder of its own, each call a process."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from peers import ROOT
from peers.hapi import free_port, stop

SECONDS = 900
KILLED = -signal.SIGKILL


@dataclass(frozen=True, slots=True)
class Done:
    """What one call of `planbridge` came to."""

    words: tuple[str, ...]
    code: int
    out: str
    err: str

    @property
    def said(self) -> str:
        """All that a person would have seen."""
        return self.out + self.err

    @property
    def json(self) -> Any:
        """The output of a call with --json."""
        return json.loads(self.out)

    def ok(self, *codes: int) -> Done:
        """Return itself; fail the test, showing what was said, when the exit code is another."""
        wanted = codes or (0,)
        assert self.code in wanted, f"planbridge {' '.join(self.words)}: exit {self.code}\n{self.said[-3000:]}"
        assert "Traceback" not in self.said, self.said[-3000:]
        return self


@dataclass(frozen=True, slots=True)
class Home:
    """A folder in which planbridge is called: its settings and its store lie there."""

    folder: Path

    def call(self, *words: str, env: Mapping[str, str] | None = None) -> Done:
        """Call planbridge and wait for its end."""
        done = subprocess.run(
            [sys.executable, "-m", "adapter", *words],
            cwd=self.folder,
            env=self._env(env),
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        return Done(words, done.returncode, done.stdout, done.stderr)

    def _env(self, more: Mapping[str, str] | None) -> dict[str, str]:
        own = {name: value for name, value in os.environ.items() if not name.startswith("PLANBRIDGE_")}
        return own | {"PYTHONPATH": str(ROOT)} | dict(more or {})

    @contextmanager
    def serving(self) -> Iterator[str]:
        """Run the gateway of this folder; yield its address, "http://127.0.0.1:8410"."""
        port = free_port()
        log = self.folder / "gateway.log"
        with log.open("ab") as said:
            process = subprocess.Popen(
                [sys.executable, "-m", "adapter", "serve", "--port", str(port)],
                cwd=self.folder,
                env=self._env(None),
                stdout=said,
                stderr=said,
            )
        try:
            _await_port(process, port, log)
            yield f"http://127.0.0.1:{port}"
        finally:
            stop(process)


def _await_port(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    for _ in range(600):
        with closing(socket.socket()) as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        if process.poll() is not None:
            break
        time.sleep(0.1)
    raise RuntimeError(f"the gateway does not listen:\n{log.read_text()[-2000:]}")
