"""Who asks: the bearer token of a registered client, and the purpose it asks for."""

from __future__ import annotations

import hashlib
import secrets
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


def authenticated(store: Store, authorization: str) -> Actor:
    """Return who bears the token of an Authorization header. Raises Refusal (401)."""
    scheme, _, token = authorization.partition(" ")
    client = store.hot_client(hash_of(token.strip())) if scheme.lower() == "bearer" else None
    if client is None:
        raise refusal(
            401,
            "login",
            "this needs the token of a registered client",
            "Send Authorization: Bearer TOKEN. A token is made by: planbridge client add NAME --role ROLE",
            WWW_Authenticate='Bearer realm="planbridge"' + (', error="invalid_token"' if authorization else ""),
        )
    return actor_of(client)


def purpose_of(actor: Actor, stated: str) -> str:
    """Return the purpose of a request: the one stated in Purpose-Of-Use, else the first registered one.

    Raises Refusal (403) for one that the client is not registered for.
    """
    if not stated:
        return actor.purposes[0] if actor.purposes else ""
    if stated not in actor.purposes:
        raise refusal(403, "forbidden", "the client is not registered for the purpose that Purpose-Of-Use states")
    return stated
