"""`planbridge sync`: plan, look, apply. What a run did and what waits for a person, in books that add up."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from adapter.store.runs import Action, Run
    from adapter.sync.engine import Result

SHOWN = 60
"""Lines of a plan that are printed; --json has them all."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the sub-commands plan, apply, status and conflicts."""
    verbs = parser.add_subparsers(dest="verb", metavar="plan|apply|status|conflicts", required=True)
    plan = verbs.add_parser("plan", help="ask the EHR and say what a sync would do; nothing is written to it")
    apply = verbs.add_parser("apply", help="plan and do it, or do a stored plan")
    apply.add_argument("--plan", type=int, metavar="RUN", help="exactly the stored plan of this run")
    status = verbs.add_parser("status", help="the last runs, their books, and what is open")
    conflicts = verbs.add_parser("conflicts", help="list, show and resolve what both sides changed")
    for one in (plan, apply, status, conflicts):
        one.add_argument("ehr", metavar="EHR", help="the EHR, as in the settings")
        one.add_argument("--json", action="store_true", help="print JSON")
    for one in (plan, apply):
        one.add_argument("--allow-deletions", action="store_true", help="confirm a run that deletes many records")
    conflicts.add_argument("deed", nargs="?", choices=("list", "show", "resolve"), default="list")
    conflicts.add_argument("id", nargs="?", type=int, metavar="ID")
    choice = conflicts.add_mutually_exclusive_group()
    choice.add_argument("--ours", action="store_true", help="where both changed the same, ours stands")
    choice.add_argument("--theirs", action="store_true", help="where both changed the same, theirs stands")
    choice.add_argument("--with", dest="file", type=Path, metavar="FILE", help="this record stands on both sides")


def run(args: argparse.Namespace) -> int:
    """Run one sub-command: 0 done, 1 something waits for a person or the next run, 2 failed."""
    from adapter.settings import SettingsError
    from adapter.store import StoreError
    from adapter.sync.conflicts import CannotDecide
    from adapter.sync.engine import NoSuchPlan
    from adapter.sync.peer import Trouble

    deeds = {"plan": _plan, "apply": _apply, "status": _status, "conflicts": _conflicts}
    try:
        return deeds[args.verb](args)
    except (SettingsError, StoreError, Trouble, NoSuchPlan, CannotDecide) as error:
        print(f"planbridge sync: {error}", file=sys.stderr)
        return 2


def _plan(args: argparse.Namespace) -> int:
    from adapter.settings import load_settings
    from adapter.sync import engine
    from adapter.wiring import exchange
    from mappings.check import is_usable

    with _progress() as say, exchange(load_settings(args.config), args.ehr, say) as work:
        result = engine.plan(work, is_usable, allow_deletions=args.allow_deletions)
    _print(args, result)
    if not args.json and any(action.state == "planned" for action in result.actions):
        print(
            f"\nNothing was written to {args.ehr}. To do this: planbridge sync apply {args.ehr} --plan {result.run.id}"
        )
    return result.code


def _apply(args: argparse.Namespace) -> int:
    from adapter.settings import load_settings
    from adapter.sync import engine
    from adapter.wiring import exchange
    from mappings.check import is_usable

    with _progress() as say, exchange(load_settings(args.config), args.ehr, say) as work:
        result = engine.apply(work, is_usable, run=args.plan, allow_deletions=args.allow_deletions)
    _print(args, result)
    return result.code


def _status(args: argparse.Namespace) -> int:
    from adapter.settings import load_settings
    from adapter.store import Store

    settings = load_settings(args.config)
    settings.ehr(args.ehr)
    with Store.open(settings.store, settings.tenant) as store, store.read() as tx:
        runs = [run for run, _ in zip(tx.runs.each(args.ehr), range(10), strict=False)]
        lease = tx.leases.get(args.ehr)
        found = {
            "ehr": args.ehr,
            "links": tx.links.counts().get(args.ehr, {}),
            "conflicts": tx.conflicts.counts().get(args.ehr, 0),
            "outbox": tx.outbox.counts().get(args.ehr, {}),
            "cursors": {cursor.query: cursor.position for cursor in tx.cursors.all(args.ehr)},
            "lease": {"owner": lease.owner, "until": lease.until} if lease else None,
            "runs": [_run(run) for run in runs],
        }
    if args.json:
        print(json.dumps(found, indent=2))
    else:
        print(_status_text(found))
    open_ones = found["conflicts"] or found["outbox"].get("unknown")
    return 1 if open_ones else 0


def _conflicts(args: argparse.Namespace) -> int:
    if args.deed != "list" and args.id is None:
        print(
            f"planbridge sync conflicts: say which: planbridge sync conflicts {args.ehr} {args.deed} ID",
            file=sys.stderr,
        )
        return 2
    return {"list": _list, "show": _show, "resolve": _resolve}[args.deed](args)


def _list(args: argparse.Namespace) -> int:
    from adapter.cli.columns import columns
    from adapter.settings import load_settings
    from adapter.store import Store
    from adapter.sync.decide import REASONS

    settings = load_settings(args.config)
    settings.ehr(args.ehr)
    with Store.open(settings.store, settings.tenant) as store, store.read() as tx:
        found = list(tx.conflicts.each(args.ehr))
    rows = [
        {
            "id": one.id,
            "type": one.type,
            "local_id": one.local_id,
            "remote_id": one.remote_id,
            "paths": list(one.paths),
            "reason": one.reason,
            "text": REASONS.get(one.reason, one.reason),
            "opened": one.opened,
        }
        for one in found
    ]
    if args.json:
        print(json.dumps({"conflicts": rows}, indent=2))
    elif not rows:
        print(f"No conflict with {args.ehr} is open.")
    else:
        cells = [
            (str(r["id"]), f"{r['type']}/{r['local_id']}", ", ".join(map(str, _list_of(r["paths"]))), str(r["text"]))
            for r in rows
        ]
        print(columns(("ID", "RECORD", "ELEMENTS", "WHY"), cells))
        print(f"\nplanbridge sync conflicts {args.ehr} show ID, then resolve ID --ours | --theirs | --with FILE")
    return 1 if rows else 0


def _list_of(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _show(args: argparse.Namespace) -> int:
    from adapter.disclosure.consent import Actor
    from adapter.disclosure.gate import release
    from adapter.settings import load_settings
    from adapter.store import Store
    from adapter.sync.conflicts import CannotDecide

    settings = load_settings(args.config)
    ehr = settings.ehr(args.ehr)
    with Store.open(settings.store, settings.tenant) as store, store.write() as tx:
        one = tx.conflicts.get(args.id)
        if one is None or one.ehr != args.ehr:
            raise CannotDecide(f"there is no conflict {args.id} with {args.ehr}")
        document = tx.documents.get(one.type, one.local_id)
        people = Actor("command line", "programme")
        release(tx, people, ehr.purpose, [document] if document else [], channel="sync conflicts show", now=store.now())
    bodies = {"base": one.base_ours, "ours": one.ours, "theirs": one.theirs}
    if args.json:
        shown = {name: body.decode("utf-8", "replace") for name, body in bodies.items()}
        print(
            json.dumps(
                {"id": one.id, "type": one.type, "paths": list(one.paths), "state": one.state, **shown}, indent=2
            )
        )
        return 0
    print(f"Conflict {one.id} over {one.type}/{one.local_id} ({one.remote_id} there), {one.state}")
    for element in dict.fromkeys(path.split(".")[1].split("[")[0] for path in one.paths if "." in path):
        print(f"\n{one.type}.{element}")
        for name, body in bodies.items():
            print(f"  {name:<7} {_element(body, element)}")
    return 0


def _element(body: bytes, element: str) -> str:
    from mappings.tree import NotJSON, dump, parse

    if not body:
        return "(deleted)"
    try:
        tree = parse(body)
    except NotJSON:
        return "(cannot be read)"
    held = {name: node for name, node in tree.items() if name.lstrip("_").startswith(element)}
    return dump(held).decode() if held else "(nothing)"


def _resolve(args: argparse.Namespace) -> int:
    from adapter.settings import load_settings
    from adapter.sync.conflicts import CannotDecide, resolve
    from adapter.sync.land import Hand
    from adapter.wiring import exchange
    from mappings.check import is_usable

    choice = "ours" if args.ours else "theirs" if args.theirs else "with" if args.file else ""
    if not choice:
        raise CannotDecide("say what stands: --ours, --theirs or --with FILE")
    try:
        body = args.file.read_bytes() if args.file else b""
    except OSError as error:
        raise CannotDecide(f"the file cannot be read ({type(error).__name__})") from None
    with exchange(load_settings(args.config), args.ehr) as work:
        work.begin()
        try:
            done = resolve(work, Hand(work, is_usable), args.id, choice, body)
        finally:
            work.end()
    if args.json:
        print(json.dumps({"id": done.id, "state": done.state, "decision": done.decision}))
    else:
        print(
            f"Conflict {done.id} is resolved: {choice}. What is to be sent goes with: planbridge sync apply {args.ehr}"
        )
    return 0


# ---- what people see


def _print(args: argparse.Namespace, result: Result) -> None:
    if args.json:
        print(json.dumps(as_json(result), indent=2))
        return
    print(as_text(args.ehr, result))


def as_json(result: Result) -> dict[str, Any]:
    """Return a run as JSON: books, failures, actions. No values of a record."""
    return {
        **_run(result.run),
        "failures": result.failures,
        "code": result.code,
        "actions": [*map(_action, result.actions)],
    }


def _run(run: Run) -> dict[str, Any]:
    from adapter.sync.books import balanced

    books = {side: run.books[side] for side in ("pull", "push") if side in run.books}
    return {
        "run": run.id,
        "ehr": run.ehr,
        "state": run.state,
        "started": run.started,
        "ended": run.ended,
        "books": {**books, "balanced": balanced(run.books)},
        "failures": run.books.get("failures", []),
    }


def _action(action: Action) -> dict[str, Any]:
    from adapter.sync.decide import REASONS
    from adapter.sync.plan import Basis

    why = action.outcome or action.reason
    return {
        "position": action.position,
        "side": action.side,
        "verb": action.verb,
        "type": action.type,
        "local_id": action.local_id,
        "remote_id": action.remote_id,
        "state": action.state,
        "reason": why,
        "text": REASONS.get(why, why),
        "changes": [{"path": path, "kind": kind} for path, kind in Basis.read(action.detail).changes],
    }


def as_text(ehr: str, result: Result) -> str:
    """Return a run as a person reads it: what was done to which record, what waits and why, and the books."""
    from adapter.cli.columns import columns
    from adapter.sync.decide import REASONS
    from adapter.sync.plan import Basis

    rows = []
    for action in result.actions:
        why = action.outcome or action.reason
        elements = ", ".join(f"{kind} {path}" for path, kind in Basis.read(action.detail).changes)
        record = f"{action.type}/{action.local_id or action.remote_id}"
        what = action.verb if action.state in ("done", "planned") else action.state
        rows.append((what, record, elements, REASONS.get(why, why)))
    lines = [f"{ehr}: run {result.run.id} {result.run.state}"]
    if rows:
        lines += ["", columns(("WHAT", "RECORD", "ELEMENTS", "WHY"), rows[:SHOWN])]
        if len(rows) > SHOWN:
            lines.append(f"... and {len(rows) - SHOWN} more (--json has them all)")
    lines += ["", *_books_text(result.run.books), *(f"! {failure}" for failure in result.failures)]
    return "\n".join(lines)


def _books_text(books: dict[str, Any]) -> Iterator[str]:
    from adapter.sync.books import balanced

    for side in ("pull", "push"):
        if side in books:
            parts = [f"{number} {name}" for name, number in books[side].items() if name != "eligible" and number]
            yield f"{side}  {books[side]['eligible']} eligible = {' + '.join(parts) or 'none'}"
    yield "The books balance." if balanced(books) else "THE BOOKS DO NOT BALANCE: tell us."


def _status_text(found: dict[str, Any]) -> str:
    from adapter.cli.columns import columns

    def counted(states: dict[str, int]) -> str:
        return ", ".join(f"{count} {state}" for state, count in states.items()) or "none"

    lines = [
        f"{found['ehr']}: links {counted(found['links'])}; outbox {counted(found['outbox'])}; "
        f"{found['conflicts']} open conflicts"
    ]
    rows = [
        (str(run["run"]), run["state"], run["started"], run["ended"], _brief(run["books"])) for run in found["runs"]
    ]
    return "\n".join([*lines, "", columns(("RUN", "STATE", "STARTED", "ENDED", "BOOKS"), rows)] if rows else lines)


def _brief(books: dict[str, Any]) -> str:
    return "; ".join(
        f"{side}: " + ", ".join(f"{n} {name}" for name, n in books[side].items() if n and name != "eligible")
        for side in ("pull", "push")
        if side in books
    )


@contextmanager
def _progress() -> Iterator[Callable[[str], None]]:
    """Show progress on stderr: one changing line on a terminal, lines elsewhere."""
    if not sys.stderr.isatty():
        yield lambda text: print(text, file=sys.stderr, flush=True)
        return
    from rich.console import Console

    with Console(stderr=True).status("asking ...") as status:
        yield status.update
