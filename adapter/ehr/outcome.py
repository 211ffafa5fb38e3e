"""What a server says in an OperationOutcome, split into what may be logged and what may not.

Code, severity and path are from closed vocabularies and are kept as issues; the server's sentences may name a person
and are kept apart. https://hl7.org/fhir/R4/operationoutcome.html
"""

from __future__ import annotations

import json
import re
from typing import Any

from mappings.issues import Issue
from mappings.nodes import nodes
from mappings.tree import NotJSON, parse

MOST_ISSUES = 50
MOST_WORDS = 500
_SEVERITY = {"fatal", "error", "warning", "information"}
_PATH = re.compile(r"[A-Za-z][A-Za-z0-9_.\[\]]{0,199}")
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,39}")


def issues_of(body: bytes) -> tuple[Issue, ...]:
    """Return the issues of an OperationOutcome, at most 50, without a word of the server; () if the body is none.

    `rule` is the server's own code where it has the shape of a code (Epic's 4119), else empty.
    """
    return tuple(
        Issue(
            path=next((p for p in _texts(issue, "expression", "location") if _PATH.fullmatch(p)), ""),
            code=_one(issue.get("code"), _CODE) or "unknown",
            text="the server reports: " + (_one(issue.get("code"), _CODE) or "an issue without a code"),
            severity=issue["severity"] if issue.get("severity") in _SEVERITY else "error",
            rule=next((c for c in _codes(issue) if _CODE.fullmatch(c)), ""),
        )
        for issue in _issues(body)[:MOST_ISSUES]
    )


def words_of(body: bytes) -> str:
    """Return what the server says in its own words, at most 500 characters. It may name a person: never log it."""
    said = []
    for issue in _issues(body)[:MOST_ISSUES]:
        details = issue.get("details")
        text = details.get("text") if isinstance(details, dict) else None
        said += [str(t) for t in (issue.get("diagnostics"), text) if isinstance(t, str) and t]
    whole = re.sub(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]+", " ", "; ".join(dict.fromkeys(said)))
    return whole if len(whole) <= MOST_WORDS else whole[: MOST_WORDS - 1] + "…"


def _issues(body: bytes) -> list[dict[str, Any]]:
    try:
        tree = parse(body)
    except NotJSON:
        try:
            tree = json.loads(body)
        except (ValueError, RecursionError):
            return []
    if not isinstance(tree, dict) or tree.get("resourceType") != "OperationOutcome":
        return []
    return nodes(tree, "issue")


def _texts(issue: dict[str, Any], *names: str) -> list[str]:
    return [str(t) for name in names for t in _list(issue.get(name)) if isinstance(t, str)]


def _codes(issue: dict[str, Any]) -> list[str]:
    details = issue.get("details")
    codings = _list(details.get("coding")) if isinstance(details, dict) else []
    return [str(c["code"]) for c in codings if isinstance(c, dict) and isinstance(c.get("code"), str)]


def _one(value: object, shape: re.Pattern[str]) -> str:
    return str(value) if isinstance(value, str) and shape.fullmatch(value) else ""


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
