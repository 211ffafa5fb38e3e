"""The README is true: its commands are commands, its tree is the tree, its output is what the demo prints."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from adapter.cli import COMMANDS, parser
from mappings import convert
from mappings.native import dump
from mappings.translate import from_fhir

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text("utf-8")
CALLS = re.findall(r"^\$ (.*)$", README.replace("\\\n", " "), re.MULTILINE)


def words(call: str) -> list[str]:
    return shlex.split(call, comments=True)


@pytest.mark.parametrize("call", [call for call in CALLS if call.startswith("planbridge ")])
def test_every_command_of_the_readme_is_one(call: str) -> None:
    """Each line that calls planbridge is understood by the parser that runs it."""
    _, *rest = words(call)
    assert parser(rest[0]).parse_args(rest).command == rest[0]


def test_every_target_of_the_readme_is_in_the_makefile() -> None:
    """Each `make TARGET` is a target, among them the two commands of the first screen."""
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    named = set(re.findall(r"make ([a-z-]+)", README)) - {"it"}
    assert {"demo", "test"} <= named <= targets


def test_every_command_is_in_the_readme() -> None:
    """The table of commands names each command that there is, and no other."""
    assert re.findall(r"^\| `planbridge (\w+)` \|", README, re.MULTILINE) == list(COMMANDS)


def test_the_tree_of_the_readme_is_the_tree() -> None:
    """Each folder and file of the tree is there, and each package of the program stands in it."""
    lines = re.findall(
        r"^( *)([\w./]+) {2,}\S", README.partition("## The house")[2].partition("Arrows")[0], re.MULTILINE
    )
    told, part = set(), ""
    for indent, name in lines:
        part = part if indent else name
        told.add((part + name if indent else name).rstrip("/"))
    assert [name for name in sorted(told) if not (ROOT / name).exists()] == []
    packages = {
        str(found.parent.relative_to(ROOT))
        for top in ("adapter", "mappings")
        for found in ROOT.glob(f"{top}/*/__init__.py")
    }
    assert packages <= told


def test_links_of_the_readme_lead_somewhere() -> None:
    """Each relative link is a file."""
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", README)
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_the_three_forms_of_the_readme_are_one_plan() -> None:
    """The native JSON, the R4 and the R5 that the README shows are what the made-up plan is in each."""
    shown = [json.loads(block) for block in re.findall(r"```json\n(.*?)```", README, re.DOTALL)]
    plan = json.loads((ROOT / "fixtures/asha/r4/asha-plan.json").read_text("utf-8"))
    native = json.loads(json.dumps(dump(from_fhir(plan))))
    forms = (native, plan, convert(plan, "R4", "R5"))
    assert [beyond(told, found) for told, found in zip(shown, forms, strict=True)] == [[], [], []]


def beyond(told: Any, found: Any, at: str = "") -> list[str]:
    """Return where what is told says more or something else than what was found."""
    if isinstance(told, dict) and isinstance(found, dict):
        return [place for key in told for place in beyond(told[key], found.get(key), f"{at}.{key}")]
    if isinstance(told, list) and isinstance(found, list):
        return [place for n, one in enumerate(told) for place in beyond(one, found[n], f"{at}[{n}]")]
    return [] if told == found else [at]
