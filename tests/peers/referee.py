"""HL7's own validator as the judge of what we write: many files in one process, its findings by file.

It works without network, so that unknown code systems and profiles are warnings; errors are what counts.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from peers.hapi import TOOL, require_hapi

SECONDS = 600
SEVERE = ("error", "fatal")

# fmt: off
MISTAKEN = {
    # what it says without network                  why it is not so
    "is not in valueset: http://hl7.org/fhir/ValueSet/languages":
        "R4 prefers these codes and limits to all-languages: https://hl7.org/fhir/R4/valueset-languages.html",
    "(invalid Version '4.0')":
        "the url is as https://hl7.org/fhir/versions.html#extensions defines it; it knows no version but its own",
}
# fmt: on


@dataclass(frozen=True, slots=True)
class Finding:
    """What the validator says of one place of a file."""

    file: str
    severity: str
    at: str
    text: str

    def __str__(self) -> str:
        return f"{Path(self.file).name}: {self.at}: {self.text}"


def judge(files: Sequence[Path], *, release: str = "R4", know: Sequence[Path] = ()) -> dict[Path, list[Finding]]:
    """Return the findings for each file. `know` are folders of profiles and questionnaires for the validator to know.

    Raises RuntimeError when the validator ends without an answer for each file.
    """
    require_hapi("HL7 validator")
    folders = [word for folder in know for word in ("--with", str(folder))]
    command = [sys.executable, str(TOOL), "referee", "--release", release, *folders]
    names = "".join(f"{file}\n" for file in files)
    done = subprocess.run(command, input=names, capture_output=True, text=True, timeout=SECONDS, check=False)
    said = [json.loads(line) for line in done.stdout.splitlines()]
    if len(said) != len(files):
        raise RuntimeError(f"the validator answered for {len(said)} of {len(files)} files:\n{done.stderr[-2000:]}")
    return {
        file: [_finding(line["file"], each) for each in line["findings"]]
        for file, line in zip(files, said, strict=True)
    }


def _finding(file: str, said: dict[str, str]) -> Finding:
    return Finding(file, said.get("severity") or "error", said.get("at", ""), " ".join(said["text"].split())[:300])


def errors(verdicts: dict[Path, list[Finding]]) -> list[Finding]:
    """Return the findings that say that a file is wrong, but for those in which the validator is MISTAKEN."""
    severe = (found for findings in verdicts.values() for found in findings if found.severity in SEVERE)
    return [found for found in severe if not any(words in found.text for words in MISTAKEN)]
