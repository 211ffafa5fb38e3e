"""The records of fixtures/ as the tests read them. Everybody is made up."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from adapter.disclosure.consent import Actor, decide
from adapter.disclosure.grants import read_consent
from adapter.disclosure.share import NEVER, share_of
from mappings.terms.systems import LOCAL
from mappings.tree import Tree, parse

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures"
PEOPLE = tuple(sorted(folder.name for folder in FIXTURES.iterdir() if folder.is_dir()))


def r4(person: str) -> dict[str, Tree]:
    """Return the FHIR documents of a person by reference."""
    trees = [parse(file.read_bytes()) for file in sorted((FIXTURES / person / "r4").iterdir())]
    return {f"{tree['resourceType']}/{tree['id']}": tree for tree in trees}


def natives(person: str) -> dict[str, Any]:
    """Return the native JSON of a person by file name."""
    return {file.stem: json.loads(file.read_bytes()) for file in sorted((FIXTURES / person / "native").iterdir())}


def nodes(tree: Tree) -> Iterator[dict[str, Tree]]:
    if isinstance(tree, dict):
        yield tree
    for inner in tree.values() if isinstance(tree, dict) else tree if isinstance(tree, list) else ():
        yield from nodes(inner)


def told(person: str, name: str) -> set[str]:
    """Return the references that an organisation of another house may see, for treatment, in the months of the plan."""
    docs = r4(person)
    consents = [read_consent(tree) for reference, tree in docs.items() if reference.startswith("Consent/")]
    actor = Actor(name, "ehr", "other", (LOCAL + "local/organization", name), purposes=("TREAT",))
    answers = {
        reference: decide(
            actor,
            "TREAT",
            resource_type=tree["resourceType"],
            subject=f"Patient/{person}",
            consents=consents,
            now=datetime(2025, 12, 15, tzinfo=UTC),
        )
        for reference, tree in docs.items()
        if tree["resourceType"] != "Questionnaire"
    }
    return {ref for ref, answer in answers.items() if answer.allowed and share_of(docs[ref]) != NEVER}
