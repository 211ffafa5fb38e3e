"""What is answered when something is not done: why, where and what to do, as an OperationOutcome or as problem+json.

    /fhir/R4/…   OperationOutcome       https://hl7.org/fhir/R4/operationoutcome.html
    elsewhere    problem+json           https://www.rfc-editor.org/rfc/rfc9457

A person's value never stands in an answer of refusal, nor does what was sent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus

import orjson

from mappings.issues import Issue
from mappings.terms.systems import LOCAL

MOST_ISSUES = 100
"""Issues listed in one answer."""

RULE = LOCAL + "rule"
"""Local code system of the ids of rules, which `planbridge check` names too."""

FHIR_JSON = "application/fhir+json"
PROBLEM_JSON = "application/problem+json"


@dataclass(eq=False)
class Refusal(Exception):  # noqa: N818 - says what it is
    """A request that is not done: the status, and at least one issue."""

    status: int
    issues: Sequence[Issue]
    headers: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.status} {self.issues[0].code}"


def refusal(status: int, code: str, text: str, fix: str = "", *, path: str = "", **headers: str) -> Refusal:
    """Return a refusal with one issue. Headers are given with underscores: `WWW_Authenticate="Bearer"`."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Refusal(status, (Issue(path, code, text, fix),), named)


def not_found() -> Refusal:
    """Return the one answer for what is not there and for what this client may not know of."""
    return refusal(404, "not-found", "no such record, or none that this client may read")


def outcome(issues: Sequence[Issue], default_path: str = "", most: int = MOST_ISSUES) -> bytes:
    """Return an OperationOutcome. An issue without a place takes the default one, a resource type or ""."""
    most = max(most, MOST_ISSUES)
    shown = list(issues[:most])
    if len(issues) > most:
        shown.append(Issue("", "too-costly", f"{len(issues) - most} further issues are not listed"))
    return orjson.dumps({"resourceType": "OperationOutcome", "issue": [_issue(one, default_path) for one in shown]})


def warning(issue: Issue) -> str:
    """Return an issue as the text of a Warning header: https://www.rfc-editor.org/rfc/rfc7234#section-5.5."""
    said = f"{issue.path}: {issue.text}" if issue.path else issue.text
    return said.encode("ascii", "replace").decode().replace("\\", "/").replace('"', "'")


def _issue(issue: Issue, default_path: str) -> dict[str, object]:
    path = issue.path or default_path
    return {
        "severity": issue.severity,
        "code": issue.code,
        "details": {**({"coding": [{"system": RULE, "code": issue.rule}]} if issue.rule else {}), "text": issue.text},
        **({"diagnostics": issue.fix} if issue.fix else {}),
        **({"expression": [path]} if path else {}),
    }


def problem(status: int, issues: Sequence[Issue]) -> bytes:
    """Return a problem document; `errors` has each issue with its place."""
    return orjson.dumps(
        {
            "type": "about:blank",
            "title": HTTPStatus(status).phrase,
            "status": status,
            "detail": issues[0].text,
            "errors": [
                {"path": one.path, "code": one.code, "text": one.text, "fix": one.fix} for one in issues[:MOST_ISSUES]
            ],
        }
    )
