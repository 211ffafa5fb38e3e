"""The two sides of the demo: the programme's gateway and a sandbox EHR, each with its own store and port.

They share a process and nothing else: what goes from one to the other goes by HTTP on loopback.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from adapter.cli.demo import PORT
from adapter.cli.demo.door import Door
from adapter.cli.serve import Server, address, listening
from adapter.gateway.who import hash_of, new_token
from adapter.pages.index import Demo, Other
from adapter.settings import Settings
from adapter.store import Store, StoreError
from adapter.store.clients import Client
from adapter.wiring import application

FOLDER = Path(".planbridge/demo")
SETTINGS, OURS, THEIRS = "planbridge.toml", "programme.sqlite", "ehr.sqlite"
LEFT_BY_THE_LAST = (SETTINGS, *(f"{name}{end}" for name in (OURS, THEIRS) for end in ("", "-wal", "-shm")))

TOKEN_FROM = "SANDBOX_TOKEN"  # noqa: S105 - the name of a variable
ORGANIZATIONS = "https://planbridge.dev/fhir/local/organization"
SANDBOX = f"{ORGANIZATIONS}|sandbox-ehr"
EMPLOYERS_CLINIC = f"{ORGANIZATIONS}|employers-clinic"


class CannotStart(Exception):  # noqa: N818 - says what happened
    """The demo cannot begin. The message says what to do."""


@dataclass
class Houses:
    """Both sides, running.

    ours          the programme's gateway, as a client of the programme
    theirs        the sandbox EHR, as Planbridge
    as_sandbox    the programme's gateway, as the sandbox EHR would ask it
    as_stranger   the programme's gateway, as a partner whom no consent names
    """

    folder: Path
    fixtures: Path
    ours: Door
    theirs: Door
    as_sandbox: Door
    as_stranger: Door

    @property
    def settings(self) -> Path:
        """The demo's own planbridge.toml."""
        return self.folder / SETTINGS

    @property
    def command(self) -> str:
        """How this very planbridge is called on the demo's own settings, from the same folder."""
        return f"{_called()} --config {self.settings}"

    def until_interrupted(self) -> None:
        """Wait until somebody presses Ctrl-C or ends the process; that is how a demo ends."""
        signal.signal(signal.SIGTERM, _interrupt)
        with suppress(KeyboardInterrupt):
            threading.Event().wait()
        print()


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def _called() -> str:
    """Return `planbridge`, or, where that would be another one or none, where this one lies."""
    this = Path(sys.argv[0])
    if this.stem == "__main__":
        return f"{sys.executable} -m adapter"
    found = shutil.which(this.name)
    if found and Path(found).resolve() == this.resolve():
        return this.name
    return str(this.relative_to(Path.cwd()) if this.is_relative_to(Path.cwd()) else this)


@contextmanager
def houses(port: int | None, *, quietly: bool = False) -> Iterator[Houses]:
    """Start both sides with fresh stores. `quietly`: nobody will look, so any free port does. Raises CannotStart."""
    with ExitStack() as stack:
        stack.enter_context(_environment(PLANBRIDGE_STORE=None, PLANBRIDGE_CONFIG=None))  # no store but its own
        fixtures, folder = stack.enter_context(_fixtures()), _folder(stack)
        (folder / SETTINGS).write_text(f'# The demo\'s own settings.\nstore = "{OURS}"\n', "utf-8")
        try:
            programme = stack.enter_context(Store.open(folder / OURS))
            sandbox = stack.enter_context(Store.open(folder / THEIRS))
            tokens = _clients(programme, sandbox)
        except StoreError as error:
            raise CannotStart(str(error)) from None
        stack.enter_context(_environment(**{TOKEN_FROM: tokens["planbridge"]}))
        there = stack.enter_context(_running(_listening(sandbox, Demo(tokens["planbridge"]), 0)))
        demo = Demo(
            tokens["demo"],
            f"{_called()} --config {folder / SETTINGS}",
            Other("sandbox", f"{there}/fhir/R4", tokens["planbridge"]),
            (f"export {TOKEN_FROM}={tokens['planbridge']}",),
        )
        wanted = [port] if port is not None else [0] if quietly else [PORT, 0]
        here = stack.enter_context(_running(_listening(programme, demo, *wanted)))
        yield Houses(
            folder,
            fixtures,
            ours=Door(here, tokens["demo"]),
            theirs=Door(there, tokens["planbridge"]),
            as_sandbox=Door(here, tokens["sandbox-ehr"]),
            as_stranger=Door(here, tokens["employers-clinic"]),
        )


def _clients(programme: Store, sandbox: Store) -> dict[str, str]:
    """Register the clients of both sides and return their tokens."""
    tokens = {name: new_token() for name in ("demo", "sandbox-ehr", "employers-clinic", "planbridge")}
    with programme.write() as tx:
        tx.clients.add(Client("demo", "programme", hash_of(tokens["demo"])))
        for name, organization in (("sandbox-ehr", SANDBOX), ("employers-clinic", EMPLOYERS_CLINIC)):
            tx.clients.add(Client(name, "partner", hash_of(tokens[name]), "", organization, ("TREAT",)))
    with sandbox.write() as tx:
        tx.clients.add(Client("planbridge", "programme", hash_of(tokens["planbridge"])))
    return tokens


@contextmanager
def _environment(**changes: str | None) -> Iterator[None]:
    """Set or, with None, unset variables of the environment, and put them back at the end."""
    before = {name: os.environ.get(name) for name in changes}
    try:
        _set(changes)
        yield
    finally:
        _set(before)


def _set(variables: Mapping[str, str | None]) -> None:
    for name, value in variables.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


def _listening(store: Store, demo: Demo, *ports: int) -> Server:
    """Return a gateway that listens at the first of the ports that is free; 0 is any. Raises CannotStart."""
    for port in ports:
        with suppress(OSError, OverflowError):
            return listening(application(Settings(), store, lambda: demo), "127.0.0.1", port)
    raise CannotStart(f"port {ports[0]} cannot be listened on; choose another: planbridge demo --port N")


@contextmanager
def _running(server: Server) -> Iterator[str]:
    """Run a server beside what else is done; give its address."""
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        yield address(server)
    finally:
        server.task_dispatcher.shutdown()  # type: ignore[attr-defined]  # answers that are on their way go out first
        server.close()
        thread.join(timeout=5)


@contextmanager
def _fixtures() -> Iterator[Path]:
    """Give the folder of the made-up people: in an installed package, or in the repository."""
    packed = resources.files("adapter").joinpath("fixtures")
    if packed.is_dir():
        with resources.as_file(packed) as folder:
            yield folder
        return
    folder = Path(__file__).resolve().parents[3] / "fixtures"
    if not folder.is_dir():
        raise CannotStart("the made-up people are missing from this installation; install planbridge again")
    yield folder


def _folder(stack: ExitStack) -> Path:
    """Return a folder for stores and settings: .planbridge/demo here; where that cannot be had, a temporary one."""
    try:
        FOLDER.mkdir(parents=True, exist_ok=True)
        _lock(stack.enter_context((FOLDER / "lock").open("w")).fileno())
        for name in LEFT_BY_THE_LAST:
            (FOLDER / name).unlink(missing_ok=True)
    except OSError:
        return Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="planbridge-demo-")))
    return FOLDER


def _lock(descriptor: int) -> None:
    """Take the folder for this process. Raises OSError where another demo has it."""
    try:
        import fcntl
    except ImportError:  # Windows, where a file that is open cannot be removed anyway
        return
    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
