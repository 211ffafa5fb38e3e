"""`planbridge serve`: the gateway on this machine, until it is interrupted."""

from __future__ import annotations

import argparse
import ipaddress
import signal
import socket
import sys
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from pathlib import Path
    from wsgiref.types import WSGIApplication

THREADS = 4


class Server(Protocol):
    """What waitress makes."""

    effective_host: str
    effective_port: int

    def run(self) -> None:
        """Answer until interrupted."""

    def close(self) -> None:
        """End it."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add what `planbridge serve` takes."""
    parser.add_argument("--host", help="address to listen on (default: the settings', 127.0.0.1)")
    parser.add_argument(
        "--port", type=_port, help="port to listen on (default: the settings', 8410; 0 takes a free one)"
    )


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError("a port is a number from 0 to 65535")
    return int(text)


def run(args: argparse.Namespace) -> int:
    """Serve until interrupted; 2 where the store or the address cannot be had."""
    from adapter.settings import SettingsError, load_settings
    from adapter.store import Store, StoreError
    from adapter.wiring import application

    try:
        settings = load_settings(args.config)
        host = args.host or settings.gateway_host
        port = settings.gateway_port if args.port is None else args.port
        with Store.open(settings.store, settings.tenant) as store:
            server = listening(application(settings, store), host, port)
            _announce(address(server), settings.store, host)
            signal.signal(signal.SIGTERM, _interrupt)
            try:
                server.run()
            finally:
                server.close()
    except (SettingsError, StoreError) as error:
        print(f"planbridge serve: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"planbridge serve: cannot listen there: {error}", file=sys.stderr)
        return 2
    return 0


def _announce(base: str, store: Path, host: str) -> None:
    print(
        f"Planbridge gateway   {base}/fhir/R4   what it does: {base}/fhir/R4/metadata   the same as R5: {base}/fhir/R5"
    )
    print(f"store                {store}")
    print("a token              planbridge client add NAME --role programme|person|partner")
    if not _is_loopback(host):
        print("Tokens and records travel unprotected here: put a server with TLS in front of it.", file=sys.stderr)
    sys.stdout.flush()


def listening(application: WSGIApplication, host: str, port: int) -> Server:
    """Return a server that listens, with its limits set; `run()` answers until interrupted, `close()` ends it.

    Raises OSError where it cannot listen.
    """
    from waitress import create_server  # type: ignore[import-untyped]

    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    server: Server = create_server(
        application,
        sockets=[socket.create_server((host, port), family=family, backlog=1024)],
        threads=THREADS,
        ident=None,
        connection_limit=200,
        channel_timeout=60,
        max_request_header_size=32 * 1024,
        max_request_body_size=64 * 1024 * 1024,  # what is larger than the gateway reads is refused by the gateway
        clear_untrusted_proxy_headers=True,
        expose_tracebacks=False,
    )
    return server


def address(server: Server) -> str:
    """Return where a server listens: "http://127.0.0.1:8410"."""
    host, port = server.effective_host, server.effective_port
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _interrupt(*_: Any) -> None:
    raise SystemExit(0)
