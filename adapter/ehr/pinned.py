"""Connections that go to the address that was judged, and to no other; name and certificate stay the server's own."""

from __future__ import annotations

import logging
import socket
import ssl
from collections.abc import Callable
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError, NewConnectionError
from urllib3.util.connection import create_connection

from adapter.ehr.address import Denied

# Its debug lines hold whole URLs, and a URL may name a person.
logging.getLogger("urllib3").setLevel(logging.WARNING)

Addresses = Callable[[str, int], list[str]]
"""(host, port) -> addresses to connect to, each judged; raises Denied or OSError"""


class NotConnected(NewConnectionError):  # noqa: N818 - says what happened
    """No connection was made, so nothing was sent. `why` is fit for a message; `lasting`: asking again is useless."""

    def __init__(self, connection: HTTPConnection, why: str, *, lasting: bool) -> None:
        super().__init__(connection, why)
        self.why, self.lasting = why, lasting


class _Pinned(HTTPConnection):
    addresses: Addresses

    def _new_conn(self) -> socket.socket:
        try:
            found = self.addresses(self.host, self.port)
        except Denied as error:
            raise NotConnected(self, str(error), lasting=True) from None
        except (OSError, UnicodeError):
            raise NotConnected(self, "the server's name is not known", lasting=False) from None
        failed: OSError | None = None
        for address in found:
            try:
                return create_connection((address, self.port), self.timeout, socket_options=self.socket_options)
            except OSError as error:
                failed = error
        late = isinstance(failed, TimeoutError)
        why = "the server does not answer in time" if late else "no connection to the server"
        raise NotConnected(self, why, lasting=False)

    def connect(self) -> None:
        try:
            super().connect()
        except NotConnected:
            raise
        except ssl.SSLCertVerificationError:
            why = "the server's certificate is not trusted, expired or another server's (ca_bundle names what to trust)"
            raise NotConnected(self, why, lasting=True) from None
        except ssl.SSLError:
            raise NotConnected(self, "no secure connection: is the address really https?", lasting=True) from None
        except (OSError, HTTPError):
            raise NotConnected(self, "the connection broke while it was made", lasting=False) from None


class PinnedAdapter(HTTPAdapter):
    """Transport of a session whose every connection goes to an address from `addresses`. It never retries by itself."""

    def __init__(self, addresses: Addresses, **options: Any) -> None:
        self._addresses = addresses
        super().__init__(max_retries=0, **options)

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **options: Any) -> None:
        """Make the pools, of pinned connections."""
        super().init_poolmanager(connections, maxsize, block, **options)
        own = {"addresses": staticmethod(self._addresses)}
        plain = type("PinnedHTTP", (_Pinned,), own)
        secure = type("PinnedHTTPS", (_Pinned, HTTPSConnection), own)
        self.poolmanager.pool_classes_by_scheme = {
            "http": type("Pool", (HTTPConnectionPool,), {"ConnectionCls": plain}),
            "https": type("SecurePool", (HTTPSConnectionPool,), {"ConnectionCls": secure}),
        }
