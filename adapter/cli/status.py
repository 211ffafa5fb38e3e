"""`planbridge status`: where the store lies and what it holds. Nothing is written, nothing is looked up elsewhere."""

from __future__ import annotations

import argparse
import json
import sys
from typing import TYPE_CHECKING, Any

from adapter.cli.columns import columns

if TYPE_CHECKING:
    from adapter.settings import Settings


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add what `planbridge status` takes."""
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(args: argparse.Namespace) -> int:
    """Say what the store holds; 2 where it cannot be read. A store that was never made is no failure."""
    from adapter.settings import SettingsError, load_settings
    from adapter.store import StoreError

    try:
        found = status(load_settings(args.config))
    except (SettingsError, StoreError) as error:
        print(f"planbridge status: {error}", file=sys.stderr)
        return 2
    print(json.dumps(found, indent=2) if args.json else _as_text(found))
    return 0


def status(settings: Settings) -> dict[str, Any]:
    """Return what the store holds, in counts: no id and no word of a record. Raises StoreError.

    {"store": path, "exists": True, "schema": "v0001", "tenant": ..., "documents": {"Goal": 3}, "flagged": 0,
     "clients": 1, "disclosures": 12, "links": {ehr: {"linked": 3}}, "conflicts": {ehr: 1}, "outbox": {ehr: {...}},
     "runs": {ehr: {"state": "done", "started": ..., "ended": ...}}, "roster": {ehr: 2}}
    """
    from adapter.store import Store
    from adapter.store.schema import REVISIONS

    found: dict[str, Any] = {"store": str(settings.store), "exists": settings.store.exists(), "tenant": settings.tenant}
    if not found["exists"]:
        return found
    with Store.open(settings.store, settings.tenant) as store, store.read() as tx:
        entries = tx.roster.all()
        ehrs = sorted({*settings.ehrs, *(run.ehr for run in tx.runs.each())})
        latest = {ehr: run for ehr in ehrs if (run := tx.runs.latest(ehr))}
        return found | {
            "schema": REVISIONS[-1],
            "documents": tx.documents.counts(),
            "flagged": tx.documents.flagged(),
            "clients": len(tx.clients.all()),
            "disclosures": tx.disclosures.count(),
            "roster": {ehr: sum(entry.ehr == ehr for entry in entries) for ehr in sorted({e.ehr for e in entries})},
            "links": tx.links.counts(),
            "conflicts": tx.conflicts.counts(),
            "outbox": tx.outbox.counts(),
            "runs": {e: {"state": r.state, "started": r.started, "ended": r.ended} for e, r in latest.items()},
        }


def _as_text(found: dict[str, Any]) -> str:
    if not found["exists"]:
        return f"store      {found['store']} (not made yet: planbridge load, serve or sync make it)"
    documents = found["documents"]
    lines = [
        f"store        {found['store']} (schema {found['schema']}, tenant {found['tenant']})",
        f"documents    {sum(documents.values())}" + (f", {found['flagged']} read-only" if found["flagged"] else ""),
        f"clients      {found['clients']}",
        f"disclosures  {found['disclosures']}",
    ]
    if documents:
        lines += ["", columns(("type", "documents"), [(kind, str(count)) for kind, count in documents.items()])]
    ehrs = sorted({*found["links"], *found["conflicts"], *found["outbox"], *found["runs"], *found["roster"]})
    if ehrs:
        rows = [_row(found, ehr) for ehr in ehrs]
        lines += ["", columns(("EHR", "roster", "links", "open conflicts", "outbox", "last run"), rows)]
    return "\n".join(lines)


def _row(found: dict[str, Any], ehr: str) -> tuple[str, ...]:
    run = found["runs"].get(ehr, {})
    return (
        ehr,
        str(found["roster"].get(ehr, "")),
        _counted(found["links"].get(ehr, {})),
        str(found["conflicts"].get(ehr, "")),
        _counted(found["outbox"].get(ehr, {})),
        f"{run['state']} {run['ended'] or run['started']}" if run else "",
    )


def _counted(states: dict[str, int]) -> str:
    return ", ".join(f"{count} {state}" for state, count in states.items())
