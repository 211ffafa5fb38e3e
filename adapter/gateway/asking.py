"""A request of a known client, taken apart before anything is done for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flask import Request

from adapter.disclosure.consent import Actor
from adapter.gateway.negotiate import check_content_type, media_type, preference
from adapter.gateway.outcome import Refusal, refusal
from adapter.gateway.who import Tokens, purpose_of
from mappings.check import BASE, Finding, check, opened
from mappings.tree import NotJSON, Tree, parse


@dataclass(slots=True)
class Asking:
    """Who asks, what for, in which media type to answer, and the WSGI environment that the request's headers are in."""

    actor: Actor
    purpose: str
    media: str
    environ: Mapping[str, str]

    def header(self, name: str) -> str | None:
        """Return a header: `header("IF_MATCH")`. (Flask's headers raise and catch for each that is missing.)"""
        return self.environ.get(f"HTTP_{name}")

    def prefers(self, name: str) -> str:
        """Return what the Prefer header says of `return` or `handling`; "" for nothing."""
        return preference(self.environ.get("HTTP_PREFER", ""), name)


def asking(request: Request, tokens: Tokens, release: str = "R4") -> Asking:
    """Return who asks, in a release of FHIR. Raises Refusal (401, 403, 406) and StoreError."""
    environ = request.environ
    actor = tokens.bearer(environ.get("HTTP_AUTHORIZATION", ""))
    asked = request.args.get("_format", "") if environ.get("QUERY_STRING") else ""
    media = media_type(environ.get("HTTP_ACCEPT", ""), asked, release)
    return Asking(actor, purpose_of(actor, environ.get("HTTP_PURPOSE_OF_USE", "")), media, environ)


def sent(request: Request, kind: str, release: str = "R4") -> tuple[bytes, dict[str, Tree]]:
    """Return the body of a request, as bytes and as a tree: a resource of that type, valid in that release of FHIR.

    Raises Refusal: 415 for another media type, 400 for what is not JSON or of another type, 422 for invalid FHIR.
    """
    check_content_type(request.content_type or "", request.headers.get("Content-Encoding", ""), release=release)
    body = request.get_data(cache=False)
    tree = read_json(body, kind)
    if tree.get("resourceType") != kind:
        raise refusal(400, "invalid", f"the address says {kind}, the body something else", path=f"{kind}.resourceType")
    require_valid(tree, release)
    return body, tree


def judged(request: Request, kind: str, release: str = "R4") -> list[Finding]:
    """Return what is wrong with the body of a request: a resource, or Parameters that hold it as `resource`.

    It is judged as `planbridge check --release` judges it, and found wrong where it is of another type than the address
    says. Raises Refusal: 415 for another media type.
    """
    check_content_type(request.content_type or "", request.headers.get("Content-Encoding", ""), release=release)
    tree, unread = opened(request.get_data(cache=False))
    if unread is not None:
        return [unread]
    tree = _parameter(tree)
    findings = check(tree, release=release)
    if isinstance(tree, dict) and isinstance(tree.get("resourceType"), str) and tree["resourceType"] != kind:
        text = f"the address says {kind}, the body something else"
        at = f"{kind}.resourceType"
        findings.append(Finding(at, "invalid", text, "", "error", "structure/other-type", level="structure"))
    return findings


def _parameter(tree: Tree) -> Tree:
    """Return the resource that Parameters hold: https://hl7.org/fhir/R4/resource-operation-validate.html."""
    held = tree.get("parameter") if isinstance(tree, dict) and tree.get("resourceType") == "Parameters" else None
    for one in held if isinstance(held, list) else ():
        if isinstance(one, dict) and one.get("name") == "resource" and "resource" in one:
            return one["resource"]
    return tree


def read_json(body: bytes, path: str = "") -> dict[str, Tree]:
    """Return the tree of a body that is a JSON object. Raises Refusal (400)."""
    try:
        tree = parse(body)
    except NotJSON as error:
        raise Refusal(400, (error.issue,)) from None
    if not isinstance(tree, dict):
        raise refusal(400, "structure", "the body is JSON, but no object", "Send one record.", path=path)
    return tree


def require_valid(tree: Tree, release: str = "R4") -> None:
    """Let a resource pass in which no error is found. Raises Refusal (422) with every finding."""
    findings = check(tree, release=release, levels=BASE)
    if any(finding.severity in ("error", "fatal") for finding in findings):
        raise Refusal(422, findings)
