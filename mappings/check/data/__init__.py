"""The tables that the levels read: columns between tabs, a header first. What they mean is said where they are read."""

from __future__ import annotations

from pathlib import Path


def table(name: str) -> Path:
    """Return the file of a table: `table("shapes.R5.tsv")`."""
    return Path(__file__).with_name(name)


def rows(name: str) -> list[list[str]]:
    """Return the lines of a table as their columns, as they stand and without the header."""
    return [line.split("\t") for line in table(name).read_text("utf-8").splitlines()[1:]]
