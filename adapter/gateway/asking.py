"""A request of a known client, taken apart before anything is done for it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from flask import Request

from adapter.disclosure.consent import Actor
from adapter.gateway.negotiate import check_content_type, media_type, preference
from adapter.gateway.outcome import Refusal, refusal
from adapter.gateway.who import Tokens, purpose_of
from mappings.check import BASE, Finding, check, opened
from mappings.check.sets import check_set
from mappings.nodes import nodes
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
        raise refusal(400, "invalid", _OTHER_TYPE.format(kind), path=f"{kind}.resourceType")
    require_valid(tree, release)
    return body, tree


def judged(request: Request, kind: str, release: str = "R4") -> list[Finding]:
    """Return what is wrong with the body of a request: a resource, or Parameters that hold it as `resource`.

    It is judged as `planbridge check --release --profile` judges a file of it; `profile` and `mode` stand in the
    address or in the Parameters. Found wrong is, too, what is of another type than the address says. Raises Refusal:
    415 for another media type, 400 for a profile that is not held and a mode that is none.
    https://hl7.org/fhir/R4/resource-operation-validate.html
    """
    check_content_type(request.content_type or "", request.headers.get("Content-Encoding", ""), release=release)
    tree, unread = opened(request.get_data(cache=False))
    tree, said = _parameters(tree)
    profiles = _held((*request.args.getlist("profile"), *said["profile"]), release)
    for mode in (*request.args.getlist("mode"), *said["mode"]):
        if mode not in MODES:
            fix = f"Give {', '.join(MODES)}; whether a record may be deleted is not said here."
            raise refusal(400, "not-supported", "this mode is not done here", fix)
    if unread is not None:
        return [unread]
    findings = [*check(tree, release=release, profiles=profiles), *check_set({kind: tree}, release)[kind]]
    if isinstance(tree, dict) and isinstance(tree.get("resourceType"), str) and tree["resourceType"] != kind:
        at, text = f"{kind}.resourceType", _OTHER_TYPE.format(kind)
        findings.append(Finding(at, "invalid", text, "", "error", "structure/other-type", level="structure"))
    return findings


_OTHER_TYPE = "the address says {}, the body something else"
MODES = ("create", "update", "profile")
"""What a resource may be judged for: the verdict is the same. https://hl7.org/fhir/R4/valueset-resource-validation-mode.html"""


def _parameters(tree: Tree) -> tuple[Tree, dict[str, list[str]]]:
    """Return the resource that Parameters hold, and what else they say; of another body itself."""
    said: dict[str, list[str]] = {"profile": [], "mode": []}
    for one in nodes(tree, "parameter") if isinstance(tree, dict) and tree.get("resourceType") == "Parameters" else ():
        name = one.get("name")
        if name == "resource" and "resource" in one:
            tree = one["resource"]
        elif name in ("profile", "mode"):
            said[name] += [value for key, value in one.items() if key.startswith("value") and isinstance(value, str)]
    return tree, said


def _held(profiles: Iterable[str], release: str) -> list[str]:
    """Return the profiles that are asked for. Raises Refusal (400) for one that is not held, or of another release."""
    asked = list(profiles)
    if not asked:
        return []
    from mappings.check.profile import RELEASE, known

    try:
        asked = [known(name) for name in asked]
    except LookupError:
        text, fix = "a profile that is asked for is not held here", "planbridge check --help says which are."
        raise refusal(400, "not-found", text, fix) from None
    if release != RELEASE:
        raise refusal(400, "not-supported", f"the profiles that are held are of {RELEASE}", "Ask below /fhir/R4.")
    return asked


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
