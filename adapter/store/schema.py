"""The tables of the store, all of them, each with a tenant.

    documents    the newest version of every document, tombstones too; superseded holds the earlier ones
    terms        the narrow search index of the living documents; mentions: whom and what they refer to
    the others   one family a table or two, each kept by the module of its name

Times are ISO instants in UTC with milliseconds ("2026-01-01T00:00:00.000Z"), which sort as text.
Plain types only (text, whole numbers, bytes), so that statements run on the held driver connection as they are.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, ForeignKey, Index, Integer, LargeBinary, MetaData, Table, Text, UniqueConstraint, text

REVISIONS = ("v0001", "v0002")
"""Schema revisions, oldest first; a test holds them against adapter/store/migrations/versions."""

metadata = MetaData()


def _tenant(*, key: bool = False) -> Column[str]:
    return Column("tenant", Text, primary_key=key, nullable=False)


def _text(name: str, *, key: bool = False) -> Column[str]:
    return Column(name, Text, primary_key=key, nullable=False)


def _number(name: str, *refers: Any, key: bool = False) -> Column[int]:
    return Column(name, Integer, *refers, primary_key=key, nullable=False)


def _bytes(name: str, *, nullable: bool = False) -> Column[bytes]:
    return Column(name, LargeBinary, nullable=nullable)


stores = Table(
    "stores",
    metadata,
    _tenant(key=True),
    _text("key"),  # a random uuid, made once: what proves a remote record to be ours
    _text("clock"),  # the newest time that was written; times never go backwards
)

documents = Table(
    "documents",
    metadata,
    _number("number", key=True),  # in order of creation and never changed: what pages are cut by
    _tenant(),
    _text("type"),
    _text("id"),
    _number("version"),
    _text("release"),
    _text("last_updated"),
    _number("deleted"),
    _text("flag"),
    _text("born"),
    _text("subject"),
    _text("seams"),  # JSON of served.seams: what is set into the body when it is served
    _bytes("body"),
    UniqueConstraint("tenant", "type", "id"),
    Index("documents_by_type", "tenant", "type", "deleted"),
    Index("documents_by_time", "tenant", "type", "last_updated"),
    Index("documents_by_subject", "tenant", "subject", "type"),
    sqlite_autoincrement=True,
)

superseded = Table(
    "superseded",
    metadata,
    _number("number", ForeignKey("documents.number"), key=True),
    _number("version", key=True),
    _tenant(),
    _text("release"),
    _text("last_updated"),
    _number("deleted"),
    _text("flag"),
    _text("born"),
    _text("subject"),
    _text("seams"),
    _bytes("body"),
)

terms = Table(
    "terms",
    metadata,
    _tenant(key=True),
    _text("release", key=True),  # of FHIR: each document is indexed as each release says it
    _text("type", key=True),
    _text("param", key=True),
    _text("value", key=True),
    _text("system", key=True),
    _number("number", ForeignKey("documents.number"), key=True),
    Index("terms_of_document", "number"),
    sqlite_with_rowid=False,
)

mentions = Table(
    "mentions",
    metadata,
    _tenant(key=True),
    _text("type", key=True),
    _text("id", key=True),
    _number("number", ForeignKey("documents.number"), key=True),
    Index("mentions_of_document", "number"),
    sqlite_with_rowid=False,
)

clients = Table(
    "clients",
    metadata,
    _tenant(key=True),
    _text("name", key=True),
    _text("role"),
    _text("token_hash"),
    _text("person"),
    _text("organization"),
    _text("purposes"),  # JSON list
    _text("created"),
    UniqueConstraint("tenant", "token_hash"),
)

disclosures = Table(
    "disclosures",
    metadata,
    _number("id", key=True),
    _tenant(),
    _text("at"),
    _text("actor"),
    _text("purpose"),
    _text("channel"),
    _text("recipient"),
    _text("outcome"),
    _text("reason"),
    Index("disclosures_by_time", "tenant", "at"),
    sqlite_autoincrement=True,
)

disclosed = Table(
    "disclosed",
    metadata,
    _number("disclosure", ForeignKey("disclosures.id"), key=True),
    _number("position", key=True),
    _tenant(),
    _text("type"),
    _text("id"),
    _number("version"),
    _text("reason"),  # "" where it was released, else the code of why not
    Index("disclosed_documents", "tenant", "type", "id"),
    sqlite_with_rowid=False,
)

links = Table(
    "links",
    metadata,
    _tenant(key=True),
    _text("ehr", key=True),
    _text("type", key=True),
    _text("local_id", key=True),
    _text("remote_type"),
    _text("remote_id"),
    _text("etag"),
    _bytes("base_ours"),
    _bytes("base_theirs"),
    _number("ours_version"),
    _text("status"),
    _number("ours_is_origin"),
    Index(
        "links_by_remote",
        "tenant",
        "ehr",
        "remote_type",
        "remote_id",
        unique=True,
        sqlite_where=text("status = 'linked'"),
        postgresql_where=text("status = 'linked'"),
    ),
)

inbox = Table(
    "inbox",
    metadata,
    _tenant(key=True),
    _text("ehr", key=True),
    _text("type", key=True),
    _text("remote_id", key=True),
    _text("etag"),
    _text("last_updated"),
    _bytes("body", nullable=True),
    _number("deleted"),
    _number("run"),
    _text("flag"),
)

cursors = Table(
    "cursors",
    metadata,
    _tenant(key=True),
    _text("ehr", key=True),
    _text("query", key=True),
    _text("position"),
    _text("moved"),
)

runs = Table(
    "runs",
    metadata,
    _number("id", key=True),
    _tenant(),
    _text("ehr"),
    _text("state"),
    _text("started"),
    _text("ended"),
    _text("books"),  # JSON object
    Index("runs_by_ehr", "tenant", "ehr"),
    sqlite_autoincrement=True,
)

actions = Table(
    "actions",
    metadata,
    _number("run", ForeignKey("runs.id"), key=True),
    _number("position", key=True),
    _tenant(),
    _text("side"),
    _text("verb"),
    _text("type"),
    _text("local_id"),
    _text("remote_id"),
    _text("reason"),
    _bytes("detail"),
    _text("state"),
    _text("outcome"),
    sqlite_with_rowid=False,
)

outbox = Table(
    "outbox",
    metadata,
    _number("id", key=True),
    _tenant(),
    _text("ehr"),
    _number("run"),
    _text("verb"),
    _text("type"),
    _text("local_id"),
    _text("remote_id"),
    _bytes("body", nullable=True),
    _text("if_match"),
    _text("identifier"),
    _number("ours_version"),
    _number("disclosure"),
    _text("state"),
    _number("attempts"),
    _text("outcome"),
    _text("changed"),
    Index("outbox_by_state", "tenant", "ehr", "state"),
    sqlite_autoincrement=True,
)

conflicts = Table(
    "conflicts",
    metadata,
    _number("id", key=True),
    _tenant(),
    _text("ehr"),
    _text("type"),
    _text("local_id"),
    _text("remote_id"),
    _bytes("base_ours"),
    _bytes("base_theirs"),
    _bytes("ours"),
    _bytes("theirs"),
    _text("paths"),  # JSON list
    _text("reason"),
    _text("state"),
    _text("decision"),
    _text("opened"),
    _text("closed"),
    Index(
        "conflicts_open",
        "tenant",
        "ehr",
        "type",
        "local_id",
        unique=True,
        sqlite_where=text("state = 'open'"),
        postgresql_where=text("state = 'open'"),
    ),
    sqlite_autoincrement=True,
)

leases = Table(
    "leases",
    metadata,
    _tenant(key=True),
    _text("ehr", key=True),
    _text("owner"),
    _text("until"),
    _number("token"),
)

roster = Table(
    "roster",
    metadata,
    _tenant(key=True),
    _text("ehr", key=True),
    _text("person", key=True),
    _text("since"),
    _text("until"),
    _text("added"),
)
