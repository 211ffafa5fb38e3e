"""What a FHIR server needs to know of FHIR: its statement, and what to read out of a record. For tests."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any


def statement(types: Iterable[str], *, history: bool, conditional: bool) -> dict[str, Any]:
    """Return the CapabilityStatement of a server for these types."""
    codes = ["read", "create", "update", "delete", "search-type", *(["history-type"] if history else [])]
    resources = [
        {
            "type": kind,
            "versioning": "versioned-update",
            "conditionalCreate": conditional,
            "interaction": [{"code": code} for code in codes],
            "searchParam": [{"name": name, "type": "token"} for name in ("identifier", "patient", "_lastUpdated")],
        }
        for kind in types
    ]
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": "2026-01-01",
        "kind": "instance",
        "fhirVersion": "4.0.1",
        "format": ["json"],
        "software": {"name": "memory", "version": "1"},
        "rest": [{"mode": "server", "resource": resources}],
    }


def bare(body: dict[str, Any]) -> dict[str, Any]:
    """Return a record without what the server writes of itself."""
    meta = {k: v for k, v in body.get("meta", {}).items() if k not in ("versionId", "lastUpdated")}
    rest = {k: v for k, v in body.items() if k != "meta"}
    return {**rest, "meta": meta} if meta else rest


def identifiers(body: Any) -> list[str]:
    """Return the identifiers of a record as they are searched for."""
    found = body.get("identifier", [])
    return [f"{i.get('system', '')}|{i.get('value', '')}" for i in (found if isinstance(found, list) else [found])]


def subject(body: Any) -> str:
    """Return the literal reference to the person whom a record is about."""
    return str((body.get("subject") or body.get("patient") or {}).get("reference", ""))


def references(node: Any) -> set[str]:
    """Return all literal references of a record."""
    if isinstance(node, dict):
        own = {node["reference"]} if isinstance(node.get("reference"), str) else set()
        return own.union(*(map(references, node.values())))
    return set().union(*map(references, node)) if isinstance(node, list) else set()


def instant(text: str) -> str:
    """Return an instant as this server writes it."""
    moment = datetime.fromisoformat(text)
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def outcome(code: str) -> dict[str, Any]:
    """Return an OperationOutcome."""
    return {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": code}]}
