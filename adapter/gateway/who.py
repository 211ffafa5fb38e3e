"""Who asks: the bearer token of a registered client, and the purpose it asks for."""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Callable
from functools import lru_cache

from adapter.disclosure.consent import Actor
from adapter.gateway.outcome import refusal
from adapter.store import Store
from adapter.store.clients import Client

DEFAULT_PURPOSES = {"programme": ("TREAT",), "person": ("PATRQT",), "partner": ()}
"""v3-ActReason: what a client asks for that was registered without a purpose."""


def new_token() -> str:
    """Return a new bearer token: 256 random bits. It is shown once; only its hash is kept."""
    return "pb_" + secrets.token_urlsafe(32)


def hash_of(token: str) -> str:
    """Return what is kept of a token. A random token needs no slow hash."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


@lru_cache(maxsize=1024)
def actor_of(client: Client) -> Actor:
    """Return who a client is to the gate."""
    system, _, value = client.organization.partition("|")
    return Actor(
        name=client.name,
        kind=client.role,  # type: ignore[arg-type]  # `client add` lets nothing else through
        organization=(system, value) if system and value else None,
        person=client.person,
        purposes=client.purposes or DEFAULT_PURPOSES.get(client.role, ()),
    )


class Tokens:
    """Who bears which token. What was looked up holds for a second: a removed client is refused a second later."""

    HOLDS = 1.0
    MOST = 1024

    def __init__(self, store: Store, clock: Callable[[], float] = time.monotonic) -> None:
        self._store, self._clock = store, clock
        self._known: dict[str, tuple[Actor, float]] = {}

    def bearer(self, authorization: str) -> Actor:
        """Return who bears the token of an Authorization header. Raises Refusal (401) and StoreError."""
        scheme, _, token = authorization.partition(" ")
        token_hash, now = hash_of(token.strip()), self._clock()
        actor, until = self._known.get(token_hash, (None, 0.0))
        if actor is None or now >= until:
            client = self._store.hot_client(token_hash)
            actor = actor_of(client) if client else None
            self._keep(token_hash, actor, now + self.HOLDS)
        if actor is None or scheme.lower() != "bearer":
            raise refusal(
                401,
                "login",
                "this needs the token of a registered client",
                "Send Authorization: Bearer TOKEN. A token is made by: planbridge client add NAME --role ROLE",
                WWW_Authenticate='Bearer realm="planbridge"' + (', error="invalid_token"' if authorization else ""),
            )
        return actor

    def _keep(self, token_hash: str, actor: Actor | None, until: float) -> None:
        if actor is None:
            self._known.pop(token_hash, None)
            return
        if len(self._known) >= self.MOST:
            self._known.clear()
        self._known[token_hash] = (actor, until)


def purpose_of(actor: Actor, stated: str) -> str:
    """Return the purpose of a request: the one stated in Purpose-Of-Use, else the first registered one.

    Raises Refusal (403) for one that the client is not registered for.
    """
    if not stated:
        return actor.purposes[0] if actor.purposes else ""
    if stated not in actor.purposes:
        raise refusal(403, "forbidden", "the client is not registered for the purpose that Purpose-Of-Use states")
    return stated
