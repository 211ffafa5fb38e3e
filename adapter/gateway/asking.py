"""A request of a known client, taken apart before anything is done for it."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Request

from adapter.disclosure.consent import Actor
from adapter.gateway.negotiate import check_content_type, media_type
from adapter.gateway.outcome import Refusal, refusal
from adapter.gateway.who import authenticated, purpose_of
from adapter.store import Store
from mappings.check import check
from mappings.tree import NotJSON, Tree, parse


@dataclass(frozen=True, slots=True)
class Asking:
    """Who asks, what for, and in which media type to answer."""

    actor: Actor
    purpose: str
    media: str


def asking(request: Request, store: Store) -> Asking:
    """Return who asks. Raises Refusal (401, 403, 406) and StoreError."""
    headers = request.headers
    actor = authenticated(store, headers.get("Authorization", ""))
    asked = request.args.get("_format", "") if request.query_string else ""
    media = media_type(headers.get("Accept", ""), asked)
    return Asking(actor, purpose_of(actor, headers.get("Purpose-Of-Use", "")), media)


def sent(request: Request, kind: str) -> tuple[bytes, dict[str, Tree]]:
    """Return the body of a request, as bytes and as a tree: a resource of that type, valid as FHIR R4.

    Raises Refusal: 415 for another media type, 400 for what is not JSON or of another type, 422 for invalid FHIR.
    """
    check_content_type(request.content_type or "", request.headers.get("Content-Encoding", ""))
    body = request.get_data(cache=False)
    tree = read_json(body, kind)
    if tree.get("resourceType") != kind:
        raise refusal(400, "invalid", f"the address says {kind}, the body something else", path=f"{kind}.resourceType")
    require_valid(tree)
    return body, tree


def read_json(body: bytes, path: str = "") -> dict[str, Tree]:
    """Return the tree of a body that is a JSON object. Raises Refusal (400)."""
    try:
        tree = parse(body)
    except NotJSON as error:
        raise Refusal(400, (error.issue,)) from None
    if not isinstance(tree, dict):
        raise refusal(400, "structure", "the body is JSON, but no object", "Send one record.", path=path)
    return tree


def require_valid(tree: Tree) -> None:
    """Let a resource pass in which no error is found. Raises Refusal (422) with every finding."""
    findings = check(tree)
    if any(finding.severity in ("error", "fatal") for finding in findings):
        raise Refusal(422, findings)
