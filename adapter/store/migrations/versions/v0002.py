"""Documents are indexed as each FHIR release shows them. The index says nothing of its own: it is made anew."""

import sqlalchemy as sa
from alembic import op

from adapter.store import index
from mappings.tree import parse

revision = "v0002"
down_revision = "v0001"


def upgrade() -> None:
    """Give terms their release, and index every living document again."""
    op.drop_table("terms")
    terms = op.create_table(
        "terms",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("release", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("param", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["number"], ["documents.number"]),
        sa.PrimaryKeyConstraint("tenant", "release", "type", "param", "value", "system", "number"),
        sqlite_with_rowid=False,
    )
    op.create_index("terms_of_document", "terms", ["number"], unique=False)
    living = "SELECT number, tenant, type, release, body FROM documents WHERE deleted = 0 AND flag <> 'unfaithful'"
    for number, tenant, kind, release, body in op.get_bind().exec_driver_sql(living).fetchall():
        rows = [
            {"tenant": tenant, "number": number, "release": each, "type": kind, **term._asdict()}
            for each, found in index.terms_in(release, kind, parse(body)).items()
            for term in found
        ]
        if rows:
            op.bulk_insert(terms, rows)
