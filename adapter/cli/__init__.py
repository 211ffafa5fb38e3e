"""The command line: a table of commands, each a module that is imported only when it is called.

Exit codes are the same everywhere: 0 done, 1 findings or something that waits for a person, 2 failed.
"""

from __future__ import annotations

import argparse
import sys
from importlib import import_module

# fmt: off
COMMANDS = {
    # command    module                   what it does
    "demo":     ("adapter.cli.demo",     "run the main job against a sandbox EHR and show it"),
    "convert":  ("adapter.cli.convert",  "translate files between the programme's JSON and FHIR"),
    "schema":   ("adapter.cli.schema",   "print JSON Schema of the programme's own JSON, for editors"),
    "check":    ("adapter.cli.check",    "find what is wrong in FHIR or native files, with line, column and reason"),
    "new":      ("adapter.cli.new",      "begin a fixture: a sound document of one type"),
    "load":     ("adapter.cli.load",     "put files or folders of FHIR resources into the store"),
    "status":   ("adapter.cli.status",   "say where the store lies and what it holds"),
    "serve":    ("adapter.cli.serve",    "serve the gateway on loopback"),
    "client":   ("adapter.cli.client",   "add clients of the gateway and print their token once"),
    "ehr":      ("adapter.cli.ehr",      "connect an EHR server: read what it can take, write nothing to it"),
    "roster":   ("adapter.cli.roster",   "say whom to sync with which EHR"),
    "consent":  ("adapter.cli.consent",  "record a person's consent to disclosure"),
    "sync":     ("adapter.cli.sync",     "plan, apply and settle the exchange with an EHR"),
    "db":       ("adapter.cli.db",       "migrate the store to this version's schema"),
}
# fmt: on


def parser(chosen: str | None = None) -> argparse.ArgumentParser:
    """Return the parser of all commands; the arguments of the chosen one are read from its module."""
    top = argparse.ArgumentParser(
        prog="planbridge",
        description="Carries a recovery programme's plans to the EHRs around it and back, without losing a word.",
        epilog="Start with: planbridge demo",
    )
    top.add_argument("--version", action="store_true", help="print the version and exit")
    top.add_argument("--config", metavar="FILE", help="settings file (default: ./planbridge.toml)")
    below = top.add_subparsers(dest="command", metavar="COMMAND")
    for name, (module, line) in COMMANDS.items():
        sub = below.add_parser(name, help=line, description=line[0].upper() + line[1:] + ".")
        if name == chosen:
            import_module(module).arguments(sub)
    return top


def main(argv: list[str] | None = None) -> int:
    """Run one command and return its exit code."""
    words = sys.argv[1:] if argv is None else argv
    chosen = next((word for word in words if word in COMMANDS), None)
    args = parser(chosen).parse_args(words)
    if args.version:
        from importlib.metadata import version

        print(version("planbridge"))
        return 0
    if args.command is None:
        parser().print_help()
        return 0
    try:
        return int(import_module(COMMANDS[args.command][0]).run(args))
    except BrokenPipeError:
        sys.stderr.close()
        return 2
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 2
