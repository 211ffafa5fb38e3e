"""What an EHR server can take, read from what it says of itself, and what follows for us.

What a statement does not say is not there: missing means unsupported, and a flag counts only together with the
interaction that it qualifies (servers state `updateCreate` for types that they never update).
https://hl7.org/fhir/R4/capabilitystatement.html
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from mappings.nodes import nodes
from mappings.tree import NotJSON, Number, Tree, parse

CHANNELS = ("QuestionnaireResponse", "DocumentReference")
"""Types by which a record that has no place of its own could still travel, the better one first."""


class NoStatement(ValueError):  # noqa: N818 - says what it is
    """The document is no CapabilityStatement of a server. The message says why."""


@dataclass(frozen=True, slots=True)
class Capability:
    """What a server says it does with one resource type. A type that it does not list does nothing.

    versioned           it keeps versions, so that its etags can guard an update
    if_match_required   it refuses an update without If-Match (versioned-update)
    update_create       a PUT to an unknown id creates; only where it updates at all
    conditional_create  a POST with If-None-Exist; only where it creates at all
    parameters          search parameters; only where it searches at all
    """

    type: str
    read: bool = False
    vread: bool = False
    search: bool = False
    create: bool = False
    update: bool = False
    patch: bool = False
    delete: bool = False
    history: bool = False
    history_instance: bool = False
    versioned: bool = False
    if_match_required: bool = False
    update_create: bool = False
    conditional_create: bool = False
    conditional_update: bool = False
    parameters: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Statement:
    """A CapabilityStatement as far as it matters here.

    fhir_version           "4.0.1"; "" where it says none
    json                   it answers in FHIR JSON
    transaction, batch     interactions of the whole system
    digest                 SHA-256 of the bytes: a new one means that it is time to look again
    """

    software: str
    version: str
    publisher: str
    fhir_version: str
    json: bool
    transaction: bool
    batch: bool
    types: Mapping[str, Capability] = field(default_factory=lambda: MappingProxyType({}))
    digest: str = ""

    def of(self, type: str) -> Capability:  # noqa: A002 - FHIR's word
        """What it does with a type; nothing, where it does not list it."""
        return self.types.get(type, Capability(type))


def read_statement(body: bytes) -> Statement:
    """Read a CapabilityStatement, R4 or R5. Raises NoStatement."""
    try:
        tree = parse(body)
    except NotJSON as error:
        raise NoStatement(f"the statement cannot be read: {error.text}") from None
    if not isinstance(tree, dict) or tree.get("resourceType") != "CapabilityStatement":
        raise NoStatement("the document is no CapabilityStatement")
    rest = next((one for one in nodes(tree, "rest") if one.get("mode") == "server"), None)
    if rest is None:
        raise NoStatement("the statement says nothing about a server (no rest with mode server)")
    shared = _codes(rest, "searchParam", "name")
    system = _codes(rest, "interaction", "code")
    types: dict[str, Capability] = {}
    for resource in nodes(rest, "resource"):
        found = _capability(resource, shared)
        if found.type and found.type not in types:  # said twice: the first holds, two halves make no whole
            types[found.type] = found
    software, formats = tree.get("software"), tree.get("format")
    return Statement(
        software=_text(software, "name"),
        version=_text(software, "version"),
        publisher=_text(tree, "publisher"),
        fhir_version=_text(tree, "fhirVersion"),
        json=isinstance(formats, list) and any("json" in one for one in formats if isinstance(one, str)),
        transaction="transaction" in system,
        batch="batch" in system,
        types=MappingProxyType(types),
        digest=hashlib.sha256(body).hexdigest(),
    )


def _capability(resource: dict[str, Tree], shared: frozenset[str]) -> Capability:
    does = _codes(resource, "interaction", "code")
    create, update, search = "create" in does, "update" in does, "search-type" in does
    versioning = _text(resource, "versioning")
    return Capability(
        type=_text(resource, "type"),
        read="read" in does,
        vread="vread" in does,
        search=search,
        create=create,
        update=update,
        patch="patch" in does,
        delete="delete" in does,
        history="history-type" in does,
        history_instance="history-instance" in does,
        versioned=versioning in ("versioned", "versioned-update"),
        if_match_required=update and versioning == "versioned-update",
        update_create=update and resource.get("updateCreate") is True,
        conditional_create=create and resource.get("conditionalCreate") is True,
        conditional_update=update and resource.get("conditionalUpdate") is True,
        parameters=(_codes(resource, "searchParam", "name") | shared) if search else frozenset(),
    )


# ---- what follows


@dataclass(frozen=True, slots=True)
class Deliverability:
    """What can be exchanged of one type, in words for the person who connects the server.

    pull        changes | per person | whole | none
    push        create and update | create | update | none
    guard       If-Match | If-Match required | compare | none: what keeps two writers apart
    deletions   history | reading again | none: how a deletion there is noticed
    instead     where push is not whole: types by which the server would take something, "" where none
    """

    type: str
    pull: str
    push: str
    guard: str
    deletions: str
    instead: str = ""


def deliverability(statement: Statement, types: Mapping[str, bool]) -> tuple[Deliverability, ...]:
    """Return one row for each type, in the order given.

    `types`: resource type -> whether we create records of it there (a Patient never).
    A later table of vendors' habits (required categories, page caps) will narrow the rows.
    """
    return tuple(_row(statement, statement.of(one), creates) for one, creates in types.items())


def _row(statement: Statement, can: Capability, creates: bool) -> Deliverability:
    verbs = (("create", can.create and creates), ("update", can.update))
    others = [one for one in CHANNELS if one != can.type and statement.of(one).create]
    return Deliverability(
        type=can.type,
        pull=_pull(can),
        push=" and ".join(verb for verb, able in verbs if able) or "none",
        guard=_guard(can),
        deletions="history" if can.history else "reading again" if can.read else "none",
        instead=", ".join(others) if creates and not can.create else "",
    )


def _pull(can: Capability) -> str:
    if not can.search:
        return "none"
    if "_lastUpdated" in can.parameters or can.history:
        return "changes"
    return "per person" if can.parameters & {"patient", "subject"} else "whole"


def _guard(can: Capability) -> str:
    if not can.update:
        return "none"
    if can.if_match_required:
        return "If-Match required"
    return "If-Match" if can.versioned else "compare"


def _codes(node: dict[str, Tree], key: str, name: str) -> frozenset[str]:
    return frozenset(code for item in nodes(node, key) if (code := _text(item, name)))


def _text(node: object, key: str) -> str:
    value = node.get(key) if isinstance(node, dict) else None
    return str(value) if isinstance(value, str) and not isinstance(value, Number) else ""
