"""`planbridge roster`: whom to keep in step with which EHR, from when and until when."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict

from adapter.cli.persons import NoPersonError, day, person


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the sub-commands add, list and remove."""
    verbs = parser.add_subparsers(dest="verb", metavar="add|list|remove", required=True)
    add = verbs.add_parser("add", help="enter people, or change from when and until when")
    add.add_argument("--from", dest="since", type=day, default="", metavar="DATE", help="first day; open without")
    add.add_argument("--until", type=day, default="", metavar="DATE", help="last day; open without")
    every = verbs.add_parser("list", help="who stands on the roster")
    every.add_argument("--json", action="store_true", help="print JSON")
    remove = verbs.add_parser("remove", help="take people off: nothing of theirs goes out any more, nothing is deleted")
    for one in (add, remove):
        one.add_argument("--ehr", required=True, metavar="NAME", help="the EHR, as in the settings")
        one.add_argument("persons", nargs="+", metavar="SYSTEM|VALUE", help="an identifier of the person")
    every.add_argument("--ehr", metavar="NAME", help="one EHR only")


def run(args: argparse.Namespace) -> int:
    """Run one sub-command; 1 where a person of the store could not be told, the others being entered."""
    from adapter.settings import SettingsError
    from adapter.store import StoreError

    try:
        return {"add": _change, "remove": _change, "list": _list}[args.verb](args)
    except (SettingsError, StoreError) as error:
        print(f"planbridge roster: {error}", file=sys.stderr)
        return 2


def _change(args: argparse.Namespace) -> int:
    from adapter.settings import load_settings
    from adapter.store import Store
    from adapter.store.roster import Entry

    settings = load_settings(args.config)
    adds = args.verb == "add"
    if adds:
        settings.ehr(args.ehr)  # one may be taken off the roster of an EHR that the settings no longer have
        if args.until and args.until < args.since:
            print("planbridge roster: --until lies before --from", file=sys.stderr)
            return 2
    done, unknown = 0, 0
    with Store.open(settings.store, settings.tenant) as store, store.write() as tx:
        for at, words in enumerate(args.persons, 1):
            try:
                who = person(tx, words)
            except NoPersonError as error:
                unknown += 1
                print(f"planbridge roster: person {at}: {error}", file=sys.stderr)
                continue
            if adds:
                tx.roster.put(Entry(args.ehr, who, args.since, args.until))
                done += 1
            elif tx.roster.remove(args.ehr, who):
                done += 1
            else:
                unknown += 1
                print(f"planbridge roster: person {at}: does not stand on the roster of {args.ehr}", file=sys.stderr)
    people = f"{done} {'person' if done == 1 else 'people'}"
    print(f"{people} {'entered on' if adds else 'taken off'} the roster of {args.ehr}.")
    return 1 if unknown else 0


def _list(args: argparse.Namespace) -> int:
    from adapter.cli.columns import columns
    from adapter.settings import load_settings
    from adapter.store import Store

    settings = load_settings(args.config)
    with Store.open(settings.store, settings.tenant) as store, store.read() as tx:
        entries = tx.roster.all(args.ehr)
    if args.json:
        print(json.dumps({"roster": [asdict(entry) for entry in entries]}, indent=2))
    elif not entries:
        print("Nobody stands on the roster. Enter someone: planbridge roster add --ehr NAME 'SYSTEM|VALUE'")
    else:
        print(columns(("EHR", "PERSON", "FROM", "UNTIL"), [(e.ehr, e.person, e.since, e.until) for e in entries]))
    return 0
