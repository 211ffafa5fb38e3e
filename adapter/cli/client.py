"""`planbridge client`: who may call the gateway, and as whom. A token is shown once; the store keeps its hash."""

from __future__ import annotations

import argparse
import json
import re
import sys

from adapter.cli.columns import columns
from adapter.cli.persons import NoPersonError, person

ROLES = ("programme", "person", "partner")


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the sub-commands add, list and remove."""
    verbs = parser.add_subparsers(dest="verb", metavar="add|list|remove", required=True)
    add = verbs.add_parser("add", help="add a client and print its token, once")
    add.add_argument("name", metavar="NAME", help="what to call it; stands in the record of each disclosure")
    add.add_argument("--role", required=True, choices=ROLES, help="the programme itself, a person, or somebody else")
    add.add_argument("--person", metavar="SYSTEM|VALUE", help="an identifier of the person whose token it is")
    add.add_argument("--organization", metavar="SYSTEM|VALUE", help="how a Consent names this partner as recipient")
    add.add_argument(
        "--purpose", action="append", default=[], metavar="CODE", help="what a partner asks for: TREAT (repeatable)"
    )
    every = verbs.add_parser("list", help="the clients, without their tokens")
    remove = verbs.add_parser("remove", help="remove a client: its token is refused from now on")
    remove.add_argument("name", metavar="NAME")
    for one in (add, every):
        one.add_argument("--json", action="store_true", help="print JSON")


def run(args: argparse.Namespace) -> int:
    """Run one sub-command; 1 where nobody or more than one person is meant, or there is no such client."""
    from adapter.settings import SettingsError
    from adapter.store import StoreError

    try:
        return {"add": _add, "list": _list, "remove": _remove}[args.verb](args)
    except NoPersonError as error:
        print(f"planbridge client: {error}", file=sys.stderr)
        return 1
    except (SettingsError, StoreError, ValueError) as error:
        print(f"planbridge client: {error}", file=sys.stderr)
        return 2


def _add(args: argparse.Namespace) -> int:
    from adapter.gateway.who import hash_of, new_token
    from adapter.settings import load_settings
    from adapter.store import Store
    from adapter.store.clients import Client

    _consistent(args)
    settings, token = load_settings(args.config), new_token()
    with Store.open(settings.store, settings.tenant) as store, store.write() as tx:
        whom = person(tx, args.person) if args.person else ""
        purposes = tuple(dict.fromkeys(args.purpose))
        tx.clients.add(Client(args.name, args.role, hash_of(token), whom, args.organization or "", purposes))
    if args.json:
        print(json.dumps({"name": args.name, "role": args.role, "token": token}))
    else:
        print(f"{args.name} ({args.role})")
        print(f"token: {token}")
        print("It is shown this once; the store keeps its hash. Send it as: Authorization: Bearer TOKEN")
    return 0


def _consistent(args: argparse.Namespace) -> None:
    """Raise ValueError where the role and what goes with it do not fit."""
    from adapter.settings import identifier

    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}", args.name):
        raise ValueError("a client's name has letters, digits, points, hyphens and underscores, at most 40")
    if not all(re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9-]{0,39}", code) for code in args.purpose):
        raise ValueError("--purpose takes one code of v3-ActReason, such as TREAT")
    # fmt: off
    wanted = {
        # role         person  organization  purpose: must, may, must not
        "programme":  (False,  False,        None),
        "person":     (True,   False,        False),
        "partner":    (False,  True,         True),
    }[args.role]
    # fmt: on
    for name, given, need in zip(
        ("--person", "--organization", "--purpose"),
        (args.person, args.organization, args.purpose),
        wanted,
        strict=True,
    ):
        if need is not None and bool(given) != need:
            raise ValueError(f"a client of role {args.role} {'needs' if need else 'has no'} {name}")
    if args.organization:
        identifier(args.organization)


def _list(args: argparse.Namespace) -> int:
    from adapter.settings import load_settings
    from adapter.store import Store

    settings = load_settings(args.config)
    with Store.open(settings.store, settings.tenant) as store, store.read() as tx:
        clients = tx.clients.all()
    rows = [(c.name, c.role, c.person or c.organization, " ".join(c.purposes), c.created) for c in clients]
    names = ("name", "role", "for", "purposes", "created")
    print(
        json.dumps([dict(zip(names, row, strict=True)) for row in rows], indent=2)
        if args.json
        else columns(names, rows)
    )
    return 0


def _remove(args: argparse.Namespace) -> int:
    from adapter.settings import load_settings
    from adapter.store import Store

    settings = load_settings(args.config)
    with Store.open(settings.store, settings.tenant) as store, store.write() as tx:
        removed = tx.clients.remove(args.name)
    if not removed:
        print("planbridge client: there is no client of that name; see: planbridge client list", file=sys.stderr)
        return 1
    print(f"{args.name} is removed; its token is refused within a second")
    return 0
