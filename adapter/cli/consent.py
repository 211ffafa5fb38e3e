"""`planbridge consent`: record what a person agreed to: which recipient may have their records, and what for.

What is written is a FHIR Consent that permits exactly what it names: https://hl7.org/fhir/R4/consent.html
"""

from __future__ import annotations

import argparse
import json
import sys
from typing import TYPE_CHECKING

from adapter.cli.persons import NoPersonError, day, person

if TYPE_CHECKING:
    from datetime import datetime

    from adapter.disclosure.consent import Grant
    from adapter.store import Document
    from mappings.tree import Tree

_TERMINOLOGY = "http://terminology.hl7.org/CodeSystem"
_RESOURCE_TYPES = "http://hl7.org/fhir/resource-types"

# fmt: off
PURPOSES = {
    # v3-ActReason    what for
    "TREAT":        "treatment",
    "CAREMGT":      "care management",
    "COC":          "coordination of care",
    "ETREAT":       "emergency treatment",
    "HPAYMT":       "payment",
    "HOPERAT":      "operations of a health care provider",
    "PATRQT":       "at the person's request",
    "HRESCH":       "research",
    "HLEGAL":       "legal proceedings",
}
# fmt: on


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the sub-commands add, list and revoke."""
    from adapter.sync.scope import CARRIED

    verbs = parser.add_subparsers(dest="verb", metavar="add|list|revoke", required=True)
    add = verbs.add_parser("add", help="record a consent", epilog=_purposes())
    add.add_argument("--patient", required=True, metavar="SYSTEM|VALUE", help="an identifier of the person")
    add.add_argument(
        "--recipient", required=True, metavar="SYSTEM|VALUE", help="the organization that may have records"
    )
    add.add_argument("--purpose", required=True, action="extend", nargs="+", choices=PURPOSES, metavar="CODE")
    add.add_argument(
        "--class", dest="classes", action="extend", nargs="+", choices=CARRIED, default=[], metavar="TYPE",
        help="only records of these types (CarePlan, Goal ...); without: all",
    )  # fmt: skip
    add.add_argument("--from", dest="since", type=day, default="", metavar="DATE", help="first day; without: from now")
    add.add_argument("--until", type=day, default="", metavar="DATE", help="last day; without: until revoked")
    every = verbs.add_parser("list", help="the consents of the store and what they permit")
    every.add_argument("--patient", metavar="SYSTEM|VALUE", help="one person only")
    revoke = verbs.add_parser("revoke", help="end a consent: from now on it permits nothing")
    revoke.add_argument("id", metavar="ID", help="as `consent list` shows it")
    for one in (add, every):
        one.add_argument("--json", action="store_true", help="print JSON")


def _purposes() -> str:
    return "purposes: " + ", ".join(f"{code} ({words})" for code, words in PURPOSES.items())


def run(args: argparse.Namespace) -> int:
    """Run one sub-command; 1 where it waits for somebody to say who is meant."""
    from adapter.settings import SettingsError
    from adapter.store import StoreError

    try:
        return {"add": _add, "list": _list, "revoke": _revoke}[args.verb](args)
    except NoPersonError as error:
        print(f"planbridge consent: {error}", file=sys.stderr)
        return 1
    except (SettingsError, StoreError) as error:
        print(f"planbridge consent: {error}", file=sys.stderr)
        return 2


def permit(
    *,
    id: str,  # noqa: A002 - FHIR's word
    patient: str,
    recipient: tuple[str, str],
    purposes: list[str],
    classes: list[str],
    since: str,
    until: str,
    signed: str,
) -> Tree:
    """Return a Consent that permits one recipient to have one person's records.

    patient "Patient/<id>"; recipient (system, value); since, until dates or ""; signed an instant.
    ppc-1 asks for a policy and ppc-2 for the patient: both stand in it.
    """
    period = {key: value for key, value in (("start", since), ("end", until)) if value}
    provision = {
        "type": "permit",
        **({"period": period} if period else {}),
        "actor": [
            {
                "role": _concept("v3-ParticipationType", "IRCP"),
                "reference": {
                    "type": "Organization",
                    "identifier": {"system": recipient[0], "value": recipient[1]},
                },
            }
        ],
        "purpose": [{"system": f"{_TERMINOLOGY}/v3-ActReason", "code": code} for code in dict.fromkeys(purposes)],
        **(
            {"class": [{"system": _RESOURCE_TYPES, "code": name} for name in dict.fromkeys(classes)]} if classes else {}
        ),
    }
    return {
        "resourceType": "Consent",
        "id": id,
        "status": "active",
        "scope": _concept("consentscope", "patient-privacy"),
        "category": [_concept("v3-ActCode", "IDSCL")],
        "patient": {"reference": patient},
        "dateTime": signed,
        "policyRule": _concept("v3-ActCode", "OPTIN"),
        "provision": provision,
    }


def _concept(system: str, code: str) -> Tree:
    return {"coding": [{"system": f"{_TERMINOLOGY}/{system}", "code": code}]}


def _add(args: argparse.Namespace) -> int:
    from datetime import UTC
    from uuid import uuid4

    from adapter.settings import identifier, load_settings
    from adapter.store import Store
    from mappings.tree import dump

    try:
        recipient = identifier(args.recipient)
    except ValueError as error:
        print(f"planbridge consent: --recipient {error}", file=sys.stderr)
        return 2
    if args.until and args.until < args.since:
        print("planbridge consent: --until lies before --from", file=sys.stderr)
        return 2
    settings = load_settings(args.config)
    known = {ehr.organization for ehr in settings.ehrs.values()}
    with Store.open(settings.store, settings.tenant) as store, store.write() as tx:
        tree = permit(
            id=str(uuid4()),
            patient=person(tx, args.patient),
            recipient=recipient,
            purposes=args.purpose,
            classes=args.classes,
            since=args.since,
            until=args.until,
            signed=store.now().astimezone(UTC).isoformat(timespec="seconds"),
        )
        document = tx.documents.put("Consent", tree["id"], dump(tree), born="native", expected=0)
    if args.json:
        print(document.served.decode())
    else:
        print(f"Consent {document.id} of {document.subject} recorded.")
    if known and recipient not in known:
        print("! no EHR of the settings is this recipient; a client of the gateway may be", file=sys.stderr)
    return 0


def _list(args: argparse.Namespace) -> int:
    from adapter.cli.columns import columns
    from adapter.settings import load_settings
    from adapter.store import Store

    settings = load_settings(args.config)
    with Store.open(settings.store, settings.tenant) as store, store.read() as tx:
        who = person(tx, args.patient) if args.patient else ""
        documents = [one for one in tx.documents.each("Consent") if not who or one.subject == who]
        rows = [_row(document, store.now()) for document in documents]
    if args.json:
        print(json.dumps({"consents": rows}, indent=2))
    elif not rows:
        print("No consent on file: nothing goes to anybody outside the programme.")
    else:
        shown = [[", ".join(v) if isinstance(v, list) else str(v) for v in row.values()] for row in rows]
        print(columns([name.upper() for name in rows[0]], shown))
    return 0


def _row(document: Document, now: datetime) -> dict[str, str | list[str]]:
    """What a consent comes to today, by the same reading that the gate uses."""
    from adapter.disclosure.grants import read_consent
    from mappings.tree import NotJSON, parse

    try:
        tree = parse(document.body)
    except NotJSON:
        tree = None
    grant = read_consent(tree)
    return {
        "id": document.id,
        "person": document.subject,
        "today": _today(grant, now),
        "recipients": sorted("|".join(one) for one in grant.recipients),
        "purposes": sorted(grant.purposes),
        "types": sorted(grant.classes) or ["all"],
        "from": grant.start,
        "until": grant.end,
    }


def _today(grant: Grant, now: datetime) -> str:
    if not grant.in_force:
        return "not in force"
    if not grant.clear:
        return "not interpreted: permits nothing" if grant.permits else "not interpreted: denies all"
    if not grant.valid(now):
        return "not begun, or ended"
    return "permits" if grant.permits else "denies"


def _revoke(args: argparse.Namespace) -> int:
    from adapter.settings import load_settings
    from adapter.store import Store, StoreError
    from mappings.tree import NotJSON, dump, parse, replaced

    settings = load_settings(args.config)
    with Store.open(settings.store, settings.tenant) as store, store.write() as tx:
        document = tx.documents.get("Consent", args.id)
        if document is None or document.deleted:
            raise StoreError("there is no Consent of this id: planbridge consent list")
        try:
            tree = parse(document.body)
        except NotJSON:
            raise StoreError("this Consent cannot be read, so that it permits nothing; it is kept as it came") from None
        if tree.get("status") == "inactive":
            print(f"Consent {document.id} had ended already.")
            return 0
        ended = replaced(tree, ("status",), "inactive")
        tx.documents.put(
            "Consent", document.id, dump(ended), release=document.release, born="native",
            flag="invalid" if document.flag else "", expected=document.version,
        )  # fmt: skip
    print(f"Consent {document.id} has ended. What was sent before is not called back.")
    return 0
