"""`planbridge ehr`: connect an EHR server. It is asked what it can take; nothing is written to it."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from adapter.ehr.capabilities import Deliverability, Statement
    from adapter.settings import EHR

SPOKEN = ("4.0", "4.3")
"""FHIR versions that are exchanged: R4, and R4B, which differs in none of our types."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the sub-commands add, list and show."""
    from adapter.settings import RELATIONS

    verbs = parser.add_subparsers(dest="verb", metavar="add|list|show", required=True)
    add = verbs.add_parser("add", help="write an EHR to the settings and say what it can take")
    add.add_argument("name", metavar="NAME", help="what to call it: small letters, digits, hyphens")
    add.add_argument("url", metavar="URL", help="base address of its FHIR server: https://ehr.example.org/fhir")
    add.add_argument("--relation", required=True, choices=RELATIONS, help="what the law lets it see without consent")
    add.add_argument(
        "--organization", required=True, metavar="SYSTEM|VALUE", help="how a Consent names it as recipient"
    )
    add.add_argument("--purpose", required=True, metavar="CODE", help="why records are exchanged: TREAT")
    add.add_argument("--token-env", default="", metavar="VAR", help="environment variable with the bearer token")
    add.add_argument("--ca-bundle", default="", metavar="FILE", help="certificates to trust instead of the system's")
    add.add_argument("--timeout", metavar="SECONDS", help="longest silence of the server (default 60)")
    add.add_argument(
        "--private-network", action="store_true", help="its name resolves to an address of your own network"
    )
    every = verbs.add_parser("list", help="the EHRs of the settings")
    show = verbs.add_parser("show", help="ask an EHR what it can take")
    show.add_argument("name", metavar="NAME")
    for one in (add, every, show):
        one.add_argument("--json", action="store_true", help="print JSON")


def run(args: argparse.Namespace) -> int:
    """Run one sub-command; 1 where the server answers but cannot be exchanged with."""
    from adapter.ehr.capabilities import NoStatement
    from adapter.ehr.errors import EHRError
    from adapter.settings import SettingsError

    try:
        return {"add": _add, "list": _list, "show": _show}[args.verb](args)
    except (SettingsError, EHRError, NoStatement) as error:
        print(f"planbridge ehr: {error}", file=sys.stderr)
        return 2


def _add(args: argparse.Namespace) -> int:
    from adapter.settings import Settings, SettingsError, add_ehr, checked_ehr, load_settings, settings_file

    file = settings_file(args.config)
    settings = load_settings(args.config) if file.exists() else Settings(file=file)
    if args.name in settings.ehrs:
        text = "stands in the file already. Choose another name, or edit the file."
        raise SettingsError(file, {f"ehr.{args.name}": text})
    stated: dict[str, Any] = {
        "url": args.url,
        "relation": args.relation,
        "organization": args.organization,
        "purpose": args.purpose,
    }
    if args.token_env:
        stated["token_env"] = args.token_env
    if args.ca_bundle:
        stated["ca_bundle"] = str(Path(args.ca_bundle).absolute())
    if args.timeout:
        stated["read_timeout"] = _number(args.timeout)
    if args.private_network:
        stated["private_network"] = True
    ehr = checked_ehr(file, args.name, stated)
    statement = _asked(ehr)
    add_ehr(file, ehr)
    return _report(ehr, statement, args.json, f"{ehr.name} stands in {file} now.")


def _number(text: str) -> object:
    try:
        return float(text)
    except ValueError:
        return text


def _list(args: argparse.Namespace) -> int:
    from adapter.cli.columns import columns
    from adapter.settings import load_settings

    ehrs = load_settings(args.config).ehrs.values()
    if args.json:
        print(json.dumps({"ehrs": [asdict(ehr) for ehr in ehrs]}, indent=2))
    elif not ehrs:
        print("No EHR yet. Add one: planbridge ehr add NAME URL --relation ... --organization ... --purpose ...")
    else:
        rows = [(e.name, e.url, e.relation, "|".join(e.organization), e.purpose, e.token_env) for e in ehrs]
        print(columns(("NAME", "URL", "RELATION", "ORGANIZATION", "PURPOSE", "TOKEN FROM"), rows))
    return 0


def _show(args: argparse.Namespace) -> int:
    from adapter.settings import load_settings

    ehr = load_settings(args.config).ehr(args.name)
    return _report(ehr, _asked(ehr), args.json, "")


def _asked(ehr: EHR) -> Statement:
    from adapter.ehr.capabilities import read_statement
    from adapter.ehr.client import Client

    with Client(ehr) as client:
        return read_statement(client.metadata().body)


def _report(ehr: EHR, statement: Statement, as_json: bool, done: str) -> int:
    from adapter.ehr.capabilities import deliverability
    from adapter.sync.scope import CARRIED

    rows = deliverability(statement, {name: row.created for name, row in CARRIED.items()})
    findings = _findings(ehr, statement, rows)
    if as_json:
        print(json.dumps(_as_json(ehr, statement, rows, findings), indent=2))
    else:
        print(_as_text(ehr, statement, rows))
        for text in findings:
            print(f"! {text}")
        if done:
            print(f"\n{done} Nothing was written to the server.")
    return 1 if not _exchangeable(statement, rows) else 0


def _exchangeable(statement: Statement, rows: tuple[Deliverability, ...]) -> bool:
    readable = any(row.pull != "none" or row.push != "none" for row in rows)
    return statement.fhir_version.startswith(SPOKEN) and statement.json and readable


def _findings(ehr: EHR, statement: Statement, rows: tuple[Deliverability, ...]) -> list[str]:
    from adapter.origin import origin

    peer = origin(ehr.url)
    by_type = {row.type: row for row in rows}
    found = []
    if peer.scheme == "http" and peer.host not in ("localhost", "127.0.0.1", "::1"):
        found.append("records travel unencrypted: use https")
    if not statement.fhir_version.startswith(SPOKEN):
        found.append(
            f"it speaks FHIR {_shown(statement.fhir_version) or 'of no stated version'}; exchanged is R4 (4.0)"
        )
    if not statement.json:
        found.append("it does not say that it answers in JSON")
    if by_type["Patient"].pull == "none":
        found.append("Patient cannot be searched there: nobody can be recognised by an identifier")
    unguarded = [row.type for row in rows if row.guard == "compare"]
    if unguarded:
        found.append(f"no versions of {', '.join(unguarded)}: records are compared before a write, not guarded in it")
    return found


def _as_text(ehr: EHR, statement: Statement, rows: tuple[Deliverability, ...]) -> str:
    from adapter.cli.columns import columns

    named = (statement.software or statement.publisher, statement.version)
    software = _shown(" ".join(part for part in named if part))
    head = [
        f"{ehr.name}  {ehr.url}",
        f"{software or 'unnamed software'}, FHIR {_shown(statement.fhir_version) or 'version not stated'}",
        f"{ehr.relation}, named in a Consent as {'|'.join(ehr.organization)}, for {ehr.purpose}",
    ]
    table = columns(
        ("", "PULL", "PUSH", "GUARD", "DELETIONS THERE", "WOULD TAKE INSTEAD"),
        [(r.type, r.pull, r.push, r.guard, r.deletions, r.instead) for r in rows],
    )
    return "\n".join([*head, "", table, "", *_LEGEND])


def _shown(text: str) -> str:
    """What a server says of itself, fit for a terminal."""
    return "".join(c if c.isprintable() else "\ufffd" for c in text)[:80]


_LEGEND = (
    "pull: changes (since the last time), per person, whole (all of a type, each time)",
    "guard: what keeps two writers apart; deletions: how one there is noticed",
)


def _as_json(
    ehr: EHR, statement: Statement, rows: tuple[Deliverability, ...], findings: list[str]
) -> dict[str, object]:
    return {
        "ehr": asdict(ehr),
        "server": {
            "software": statement.software,
            "version": statement.version,
            "publisher": statement.publisher,
            "fhirVersion": statement.fhir_version,
            "json": statement.json,
            "transaction": statement.transaction,
            "batch": statement.batch,
            "digest": statement.digest,
        },
        "types": [asdict(row) for row in rows],
        "findings": findings,
    }
