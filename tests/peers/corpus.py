"""The corpus as one EHR would hold it: every id its own, every reference leading somewhere, every person with a number.

Patient/1 in two repositories           -> two persons; in two files of one repository -> one
a reference to what nobody published    -> a minimal synthetic target with an identifier
"#c1", urn:, other servers' URLs        -> as they came, but for persons, who must be known here
"""

from __future__ import annotations

import csv
import re
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from mappings.tree import NotJSON, Tree, parse
from peers.targets import minimal, numbered

ROOTS = ("CarePlan", "Goal", "Questionnaire", "QuestionnaireResponse")

# fmt: off
MEANT_BY = {  # the type that a bare id ("OPA-Patient1") means, by the element it stands in
    "subject": "Patient",  "patient": "Patient",    "for": "Patient",       "source": "Patient",
    "author": "Practitioner",  "encounter": "Encounter",  "resource": "Task",
}
# fmt: on
PERSONAL = ("subject", "patient", "for", "author", "source")
LITERAL = re.compile(r"(?P<base>https?://.+/)?(?P<type>[A-Z][A-Za-z]+)/(?P<id>[^/|?#]+)(/_history/[^/]+)?")
RELATIVE = re.compile(r"[A-Z][A-Za-z]+/[A-Za-z0-9.\-]{1,64}")


@dataclass(frozen=True, slots=True)
class Key:
    """A resource as its source names it: ids repeat between repositories, not within one."""

    repo: str
    type: str
    id: str


@dataclass(frozen=True, slots=True)
class Published:
    """One resource of the corpus: its repository, a name that no other has, its tree."""

    repo: str
    name: str
    tree: Tree


@dataclass(frozen=True, slots=True)
class Record:
    """One resource as it is loaded, and the file that it is from ("" for a synthetic target)."""

    tree: Tree
    file: str

    @property
    def reference(self) -> str:
        """Where it lies on the server: "Goal/ccsample-e0"."""
        return f"{self.tree['resourceType']}/{self.tree['id']}"

    @property
    def subject(self) -> str:
        """Whom it is about: "Patient/pt-1", or nothing."""
        about = self.tree.get("subject") or self.tree.get("patient")
        return str(about.get("reference", "")) if isinstance(about, dict) else ""

    @property
    def form_asked_for(self) -> str:
        """The questionnaire of a response where it is a place instead of a canonical: HAPI looks there (its #7354)."""
        form = self.tree.get("questionnaire", "")
        return form if isinstance(form, str) and re.fullmatch(r"Questionnaire/[A-Za-z0-9.\-]{1,64}", form) else ""

    @property
    def needs(self) -> frozenset[str]:
        """What must be on the server before it."""
        literals = (node["reference"] for _, node in references(self.tree))
        known = {text for text in literals if RELATIVE.fullmatch(text)} | {self.form_asked_for}
        return frozenset(known) - {self.reference, ""}


@dataclass(frozen=True, slots=True)
class Corpus:
    """What is to be loaded, by reference, and the files that are not JSON a tree can hold, each with the reason."""

    records: Mapping[str, Record]
    left_out: Mapping[str, str]

    def of(self, kind: str) -> list[Record]:
        """Return the records of one type in a stable order."""
        return [self.records[ref] for ref in sorted(self.records) if ref.startswith(f"{kind}/")]


def references(tree: Tree, element: str = "") -> Iterator[tuple[str, dict[str, Tree]]]:
    """Yield (name of the element, the Reference) for each reference with a literal, contained resources included."""
    if isinstance(tree, dict):
        if isinstance(tree.get("reference"), str):
            yield element, tree
        for name, value in tree.items():
            yield from references(value, name)
    elif isinstance(tree, list):
        for value in tree:
            yield from references(value, element)


def relinked(tree: Tree, move: Callable[[str, str], str], element: str = "") -> Tree:
    """Return the tree with each reference literal replaced by `move(name of the element, literal)`."""
    if isinstance(tree, list):
        return [relinked(value, move, element) for value in tree]
    if not isinstance(tree, dict):
        return tree
    moved = {name: relinked(value, move, name) for name, value in tree.items()}
    literal = tree.get("reference")
    return moved | {"reference": move(element, literal)} if isinstance(literal, str) else moved


def gather(folder: Path, every: int = 1) -> Corpus:
    """Return a corpus folder's R4 files of the four types with all that they refer to; a short run takes each n-th."""
    found, left_out = _read(folder)
    known: dict[Key, Published] = {}
    for item in sorted(found, key=lambda item: item.tree["resourceType"] == "Bundle"):  # a file of its own goes first
        for part in _parts(item):
            known.setdefault(Key(part.repo, part.tree["resourceType"], part.tree.get("id", "")), part)
    by_type = {kind: [item for item in found if item.tree["resourceType"] == kind] for kind in ROOTS}
    waiting = deque((slug(item.name), item) for kind in ROOTS for item in by_type[kind][::every])
    records: dict[str, Record] = {}
    while waiting:
        own, item = waiting.popleft()
        record, wanted = _settled(item, own, known)
        records[record.reference] = record
        for key in wanted:
            reference = f"{key.type}/{new_id(key, known)}"
            if reference in records:
                continue
            if key in known:
                records[reference] = record  # its place is taken: references may lead in a circle
                waiting.append((new_id(key, known), known[key]))
            else:
                records[reference] = Record(minimal(key.type, new_id(key, known), record.subject), "")
        if form := record.form_asked_for:
            records.setdefault(form, Record(minimal("Questionnaire", form.split("/")[1], ""), ""))
    return Corpus(records, left_out)


def _read(folder: Path) -> tuple[list[Published], dict[str, str]]:
    found, left_out = [], {}
    with (folder / "MANIFEST.tsv").open(encoding="utf-8", newline="") as lines:
        rows = [row for row in csv.DictReader(lines, delimiter="\t") if row["fhirVersion"] == "R4"]
    for row in sorted(rows, key=lambda row: row["path"]):
        try:
            found.append(Published(row["repo"], Path(row["path"]).stem, parse((folder / row["path"]).read_bytes())))
        except NotJSON as error:
            left_out[row["path"]] = error.text
    return found, left_out


def _parts(item: Published) -> Iterator[Published]:
    if item.tree["resourceType"] != "Bundle":
        yield item
    for at, entry in enumerate(item.tree.get("entry", [])):
        if "resource" in entry:
            yield Published(item.repo, f"{item.name}-e{at}", entry["resource"])


def _settled(item: Published, own: str, known: Mapping[Key, Published]) -> tuple[Record, list[Key]]:
    """Return a resource with its own id and its references led to where their targets will lie, and these targets."""
    wanted: list[Key] = []

    def move(element: str, literal: str) -> str:
        key = key_of(item.repo, element, literal)
        if key is None:
            return literal
        wanted.append(key)
        return f"{key.type}/{new_id(key, known)}"

    tree = relinked(item.tree, move)
    tree = {"resourceType": tree.pop("resourceType"), "id": own, **{k: v for k, v in tree.items() if k != "id"}}
    return Record(numbered(tree) if tree["resourceType"] == "Patient" else tree, item.name), wanted


def key_of(repo: str, element: str, literal: str) -> Key | None:
    """Return what a reference literal names in its repository; None for what stays as it came."""
    found = LITERAL.fullmatch(literal)
    if found and (found["base"] is None or element in PERSONAL):
        return Key(repo, found["type"], found["id"])
    bare = re.fullmatch(r"[^\s:/#|]+", literal)
    return Key(repo, MEANT_BY[element], literal) if bare and element in MEANT_BY else None


def new_id(key: Key, known: Mapping[Key, Published]) -> str:
    """Return the id under which a resource is loaded: from its file's name, for persons from nothing that tells."""
    if key.type == "Patient":
        return "pt-" + sha256(f"{key.repo} {key.id}".encode()).hexdigest()[:10]
    return slug(known[key].name if key in known else f"{key.repo.split('/')[-1]}-{key.id}-target")


def slug(name: str) -> str:
    """Return a name as a FHIR id that is not numeric: letters, digits, dots and hyphens, at most 64."""
    plain = re.sub(r"[^A-Za-z0-9.]+", "-", name).strip("-")
    return plain if len(plain) <= 64 else f"{plain[:55]}-{sha256(name.encode()).hexdigest()[:8]}"
