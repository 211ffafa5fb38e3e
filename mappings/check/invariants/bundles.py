"""The invariants of Bundles: which parts an entry has, by the type of the Bundle; `presence.Row` names the columns.

Left out: `bdl-16` and `bdl-17` of R5, about issues that a server adds.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from mappings.check.bindings import value_sets
from mappings.check.invariants.presence import Row, has
from mappings.nodes import Node, nodes
from mappings.tree import Tree

_ASKED = {"batch", "transaction", "history"}
_ANSWERED = {"batch-response", "transaction-response", "history"}
_WITH_BODY = {"POST", "PUT", "PATCH"}


_UNNAMED = {"transaction", "transaction-response", "batch", "batch-response"}
_FULL_URL = "The Absolute URL for the resource. The fullUrl SHALL NOT disagree with the id in the resource"


def _within(node: Node, *names: str) -> Tree:
    """Return what stands at the end of a path of objects, None where it breaks off."""
    here: Tree = node
    for name in names:
        here = here.get(name) if isinstance(here, dict) else None
    return here


def _any(kinds: set[str], wrong: Callable[[Node], bool]) -> Callable[[Node], bool]:
    """Return whether a Bundle of one of these types has an entry that is wrong."""
    return lambda bundle: str(bundle.get("type")) in kinds and any(wrong(entry) for entry in nodes(bundle, "entry"))


def _has_unlike(name: str, kinds: set[str]) -> Callable[[Node], bool]:
    return lambda bundle: any((name in entry) != (str(bundle.get("type")) in kinds) for entry in nodes(bundle, "entry"))


def _has_twins(bundle: Node) -> bool:
    named = [
        f"{entry['fullUrl']}|{_within(entry, 'resource', 'meta', 'versionId') or ''}"
        for entry in nodes(bundle, "entry")
        if isinstance(entry.get("fullUrl"), str)
    ]
    return bundle.get("type") != "history" and len(set(named)) < len(named)


def _starts_without(of: str, kind: str) -> Callable[[Node], bool]:
    def broken(bundle: Node) -> bool:
        first = next(iter(nodes(bundle, "entry")), {})
        return bundle.get("type") == kind and _within(first, "resource", "resourceType") != of

    return broken


def _lacks_self(bundle: Node) -> bool:
    return bundle.get("type") == "searchset" and not any(
        one.get("relation") == "self" and has(one, "url") for one in nodes(bundle, "link")
    )


def _lacks_address(bundle: Node) -> bool:
    return str(bundle.get("type")) not in _UNNAMED and any(
        not has(entry, "fullUrl") and _within(entry, "request", "method") != "POST" for entry in nodes(bundle, "entry")
    )


def _is_relative(entry: Node) -> bool:
    return isinstance(entry.get("fullUrl"), str) and re.match(r"[A-Za-z][A-Za-z0-9+.\-]*:", entry["fullUrl"]) is None


def _disagrees(entry: Node) -> bool:
    """Return whether a fullUrl that is the address of a resource on a server ends otherwise than its type and id."""
    resource = entry.get("resource")
    found = re.fullmatch(r"https?://\S+/([A-Z][A-Za-z]+)/[A-Za-z0-9.\-]{1,64}", str(entry.get("fullUrl")))
    if found is None or not isinstance(resource, dict):
        return False
    types = value_sets()["http://hl7.org/fhir/ValueSet/all-types|4.0.1"].codes or ()
    return found[1] in types and not found[0].endswith(f"/{resource.get('resourceType')}/{resource.get('id')}")


def _body_unlike_method(entry: Node) -> bool:
    return (str(_within(entry, "request", "method")) in _WITH_BODY) != ("resource" in entry)


def _leads_twice(bundle: Node) -> bool:
    """Return whether a relation of which there is one stands twice: https://www.rfc-editor.org/rfc/rfc5005#section-3"""
    relations = [one.get("relation") for one in nodes(bundle, "link")]
    return any(relations.count(relation) > 1 for relation in ("self", "first", "previous", "prev", "next", "last"))


def _is_no_outcome(entry: Node) -> bool:
    kind = _within(entry, "resource", "resourceType")
    return _within(entry, "search", "mode") == "outcome" and kind not in (None, "OperationOutcome")


# fmt: off
BUNDLES: tuple[Row, ...] = (
    ("bdl-1", "R4 R5", "Bundle", "total", "total only when a search or history",
              lambda b: has(b, "total") and str(b.get("type")) not in {"searchset", "history"},
              "a Bundle of this type has a total", "Take total away."),
    ("bdl-2", "R4 R5", "Bundle", "entry", "entry.search only when a search",
              lambda b: b.get("type") != "searchset" and any("search" in entry for entry in nodes(b, "entry")),
              "an entry has search", "Take search away."),
    ("bdl-3", "R4",    "Bundle", "entry", "entry.request mandatory for batch/transaction/history, otherwise prohibited",
              _has_unlike("request", _ASKED),
              "an entry has a request or lacks one", "Say in each entry what is asked, or in none."),
    ("bdl-3a", "R5",   "Bundle", "entry", "For collections of type document, message, searchset or collection, all"
              " entries must contain resources, and not have request or response elements",
              _any({"document", "message", "searchset", "collection"},
                   lambda entry: "resource" not in entry or "request" in entry or "response" in entry),
              "an entry has more than a resource, or none", "Write the resource, and no request or response."),
    ("bdl-3b", "R5",   "Bundle", "entry", "For collections of type history, all entries must contain request or"
              " response elements, and resources if the method is POST, PUT or PATCH",
              _any({"history"},
                   lambda entry: not {"request", "response"} <= entry.keys() or _body_unlike_method(entry)),
              "an entry does not say what was done", "Add request and response, and the resource that was written."),
    ("bdl-3c", "R5",   "Bundle", "entry", "For collections of type transaction or batch, all entries must contain"
              " request elements, and resources if the method is POST, PUT or PATCH",
              _any({"transaction", "batch"},
                   lambda entry: _within(entry, "request", "method") is None or _body_unlike_method(entry)),
              "an entry does not say what is asked", "Add request, and the resource that is to be written."),
    ("bdl-3d", "R5",   "Bundle", "entry", "For collections of type transaction-response or batch-response, all entries"
              " must contain response elements",
              _any({"transaction-response", "batch-response"}, lambda entry: "response" not in entry),
              "an entry has no response", "Add response."),
    ("bdl-4", "R4",    "Bundle", "entry", "entry.response mandatory for batch-response/transaction-response/history,"
              " otherwise prohibited",
              _has_unlike("response", _ANSWERED),
              "an entry has a response or lacks one", "Say in each entry what was answered, or in none."),
    ("bdl-5", "R4 R5", "BundleEntry", "resource", "must be a resource unless there's a request or response",
              lambda e: not any(name in e for name in ("resource", "request", "response")),
              "the entry has none of them", "Add the resource."),
    ("bdl-7", "R4 R5", "Bundle", "entry", "FullUrl must be unique in a bundle, or else entries with the same fullUrl"
              " must have different meta.versionId (except in history bundles)",
              _has_twins, "two entries have the same fullUrl", "Give each its own, or its version."),
    ("bdl-8", "R4 R5", "BundleEntry", "fullUrl", "fullUrl cannot be a version specific reference",
              lambda e: "/_history/" in str(e.get("fullUrl", "")),
              "the fullUrl names a version", "Take the version away."),
    ("bdl-9", "R4 R5", "Bundle", "identifier", "A document must have an identifier with a system and a value",
              lambda b: b.get("type") == "document" and None in (
                  _within(b, "identifier", "system"), _within(b, "identifier", "value")),
              "the document has none", "Add it."),
    ("bdl-10", "R4 R5", "Bundle", "timestamp", "A document must have a date",
              lambda b: b.get("type") == "document" and "timestamp" not in b,
              "the document has none", "Add timestamp."),
    ("bdl-11", "R4 R5", "Bundle", "entry", "A document must have a Composition as the first resource",
              _starts_without("Composition", "document"), "another one is the first", "Put it first."),
    ("bdl-12", "R4 R5", "Bundle", "entry", "A message must have a MessageHeader as the first resource",
              _starts_without("MessageHeader", "message"), "another one is the first", "Put it first."),
    ("bdl-13", "R5",   "Bundle", "entry", "A subscription-notification must have a SubscriptionStatus as the first"
              " resource",
              _starts_without("SubscriptionStatus", "subscription-notification"),
              "another one is the first", "Put it first."),
    ("bdl-14", "R5",   "Bundle", "entry", "entry.request.method PATCH not allowed for history",
              _any({"history"}, lambda entry: _within(entry, "request", "method") == "PATCH"),
              "an entry says PATCH", "Say PUT, with the resource as it was afterwards."),
    ("bdl-15", "R5",   "Bundle", "entry", "Bundle resources where type is not transaction, transaction-response, batch,"
              " or batch-response or when the request is a POST SHALL have Bundle.entry.fullUrl populated",
              _lacks_address, "an entry has no fullUrl", "Add the address of its resource."),
    ("invariant/full-url", "R4", "Bundle", "entry", _FULL_URL, lambda b: "type" in b and _lacks_address(b),
              "an entry has no fullUrl", "Add the address of its resource."),
    ("invariant/full-url", "R4 R5", "BundleEntry", "fullUrl", _FULL_URL, _is_relative,
              "the fullUrl is relative", "Write the whole address, or urn:uuid:."),
    ("invariant/full-url", "R4 R5", "BundleEntry", "fullUrl", _FULL_URL, _disagrees,
              "it disagrees with the type or the id of the resource", "Let it end with both."),
    ("invariant/link-twice", "R4 R5", "Bundle", "link", "A Bundle has one link to itself, and one to the first, the"
              " next, the previous and the last page", _leads_twice, "two links say the same", "Keep one of them."),
    ("invariant/search-outcome", "R4 R5", "BundleEntry", "search", "An entry of the mode 'outcome' is an"
              " OperationOutcome that provides additional information about the processing of a search",
              _is_no_outcome, "it is another resource", "Correct the mode."),
    ("bdl-18", "R5",   "Bundle", "link", "Self link is required for searchsets.",
              _lacks_self, "the link to itself is missing", "Add the address that was searched."),
)
# fmt: on
