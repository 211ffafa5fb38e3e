"""`planbridge db`: bring the store to the schema of this version."""

from __future__ import annotations

import argparse
import sys


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the sub-command upgrade."""
    verbs = parser.add_subparsers(dest="verb", metavar="upgrade", required=True)
    verbs.add_parser("upgrade", help="migrate the store; all of it or nothing. Keep a copy of the file first")


def run(args: argparse.Namespace) -> int:
    """Migrate the store; 0 also where there was nothing to do."""
    from adapter.settings import SettingsError, load_settings
    from adapter.store import StoreError
    from adapter.store.created import upgrade

    try:
        store = load_settings(args.config).store
        before, after = upgrade(store)
    except (SettingsError, StoreError) as error:
        print(f"planbridge db: {error}", file=sys.stderr)
        return 2
    print(f"{store}: schema {after}" + (", as it was" if before == after else f", migrated from {before}"))
    return 0
