"""Rows."""

from mappings.releases.rows import Row

ROWS: dict[str, tuple[Row, ...]] = {}
