"""A set of documents that is read and written together, and the desk on which a write is prepared.

A document is a resource of the set (`"Goal/7"`) or one that another contains (`"#g1"`, seen from its container).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

from mappings.issues import Issue
from mappings.tree import Tree


class _Mark:
    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return self.name

    def __bool__(self) -> bool:
        return False


MISSING: Final[Any] = _Mark("MISSING")
"""No JSON stands here."""

OPAQUE: Final[Any] = _Mark("OPAQUE")
"""Something stands here that is not ours to read: carried, reported, never an error."""


class Refused(ValueError):  # noqa: N818 - a refusal is an answer, not a fault
    """A write that the lens does not make. `issue` says where, why and what to do instead."""

    def __init__(self, issue: Issue) -> None:
        super().__init__(f"{issue.path}: {issue.text}")
        self.issue = issue


class Docs(Mapping[str, Tree]):
    """An immutable set of documents: `Docs("R4", {"CarePlan/1": tree, "Goal/7": tree2})`.

    Readings are remembered by the identity of their node, since trees are never changed: what two sets share is
    read once. Pass `like=` to share the memory of another set.
    """

    __slots__ = ("_trees", "memo", "release")

    def __init__(self, release: str, trees: Mapping[str, Tree], like: Docs | None = None) -> None:
        self.release = release
        self._trees = dict(trees)
        self.memo: dict[Any, tuple[Any, ...]] = like.memo if like is not None else {}

    def __getitem__(self, reference: str) -> Tree:
        return self._trees[reference]

    def get(self, reference: str, default: Any = None) -> Any:
        """Return a document, or the default; a set mostly lacks what its documents name."""
        return self._trees.get(reference, default)

    def __iter__(self) -> Iterator[str]:
        return iter(self._trees)

    def __len__(self) -> int:
        return len(self._trees)

    def replaced(self, trees: Mapping[str, Tree]) -> Docs:
        """Return the set with some documents put in or exchanged; a document of None is taken out."""
        merged = {k: v for k, v in {**self._trees, **trees}.items() if v is not None}
        return Docs(self.release, merged, like=self)


class View:
    """The set as one of its documents sees it: `#x` is what that document contains."""

    __slots__ = ("_contained", "docs", "memo", "root")

    def __init__(self, docs: Docs, root: str) -> None:
        self.docs, self.root, self.memo = docs, root, docs.memo
        self._contained: dict[str, Tree] | None = None

    def resolve(self, reference: str) -> tuple[Tree, View] | None:
        """Return the resource that a reference names and the view from it, or None where the set has none."""
        if reference.startswith("#"):
            tree = self.contained.get(reference[1:])
            return None if tree is None else (tree, self)
        tree = self.docs.get(reference)
        return None if tree is None else (tree, View(self.docs, reference))

    @property
    def contained(self) -> dict[str, Tree]:
        if self._contained is None:
            root = self.docs.get(self.root)
            inside = root.get("contained") if isinstance(root, dict) else None
            found = [x for x in inside if isinstance(x, dict)] if isinstance(inside, list) else []
            ids = [x.get("id") for x in found]
            self._contained = {x["id"]: x for x in found if isinstance(x.get("id"), str) and ids.count(x["id"]) == 1}
        return self._contained


class Desk:
    """What a write has changed so far, where it stands, and what it has to say.

    `changed` holds whole documents by reference, `contained` those inside the root by id. `linked_by_default`: a new
    member becomes a document of its own, else it is contained. `inline`: a new one without id stands in the document
    itself where that has room for it. `complete` gives a new member what its plan says once.
    """

    __slots__ = (
        "changed",
        "complete",
        "contained",
        "docs",
        "inline",
        "issues",
        "linked_by_default",
        "path",
        "release",
        "root",
        "view",
    )

    def __init__(
        self,
        docs: Docs,
        root: str,
        *,
        linked_by_default: bool = True,
        inline: bool = False,
        complete: Callable[[Any], Any] = lambda value: value,
    ) -> None:
        self.docs, self.root, self.release = docs, root, docs.release
        self.view = View(docs, root)
        self.changed: dict[str, Tree] = {}
        self.contained: dict[str, Tree] = {}
        self.issues: list[Issue] = []
        self.path: list[str] = [root.split("/", maxsplit=1)[0]]
        self.linked_by_default, self.inline, self.complete = linked_by_default, inline, complete

    def at(self) -> str:
        """Return the FHIRPath of the place that is being written."""
        return "".join(step if i == 0 or step.startswith("[") else f".{step}" for i, step in enumerate(self.path))

    def lose(self, rule: str, name: str = "") -> None:
        """Report that an edit took something out that stood unread beside or inside what it changed."""
        path = f"{self.at()}.{name}" if name else self.at()
        self.issues.append(Issue(path, "informational", DEPENDENTS[rule], "", "information", f"dependent/{rule}"))

    def refuse(self, text: str, fix: str, code: str = "business-rule", rule: str = "write/refused") -> Refused:
        """Return the refusal of what is being written here."""
        return Refused(Issue(self.at(), code, text, fix, "error", rule))

    def new_reference(self, kind: str, token: str) -> str:
        """Return the reference of a new member: the same for the same plan and token, so that a retry makes no twin."""
        made = str(uuid5(NAMESPACE_URL, f"{self.root}|{kind}|{token}"))
        if self.linked_by_default:
            return f"{kind}/{made}"
        return f"#{made}"

    def current(self, reference: str) -> Tree:
        """Return a member as it stands now, MISSING where the set does not have it."""
        if reference.startswith("#"):
            return self.contained.get(reference[1:], self.view.contained.get(reference[1:], MISSING))
        return self.changed.get(reference, self.docs.get(reference, MISSING))

    @contextmanager
    def inside(self, reference: str) -> Iterator[None]:
        """Write a member: messages say that it is one, and a document of the set has its own contained resources."""
        kept = self.view, self.contained, self.path
        self.path = [f"{self.at()}.resolve()"]
        if not reference.startswith("#"):
            self.view, self.contained = View(self.docs, reference), {}
        try:
            yield
        finally:
            self.view, self.contained, self.path = kept

    def put(self, reference: str, tree: Tree) -> None:
        """Set a member, contained or of the set."""
        if reference.startswith("#"):
            self.contained[reference[1:]] = tree
        else:
            self.changed[reference] = tree


# What an edit may change beside its own element. Every row has its reason; the tests count how often each is used.
# fmt: off
DEPENDENTS: Final[dict[str, str]] = {
    "twin":      "the primitive's extension twin spoke of the value that was replaced",
    "inside":    "what stood unread inside an atomic value spoke of the value that was replaced",
    "opaque":    "what stood here could not be read and was replaced whole",
    "narrative": "a generated narrative is made anew, for a stale one is dangerous",
    "contained": "a contained resource that nothing refers to any more is taken out (invariant dom-3)",
    "extension": "an extension's url is its name: under another name it is another extension",
    "system":    "a code's system is its name: one of another system is none of a closed list",
    "status":    "a refined status stands as core code and local extension together",
    "dates":     "R4 has one statusDate for two statuses: which of the two it tells may change with either",
    "weight":    "one weight stands in two extensions, R4's ordinalValue and SDC 4's itemWeight",
}
# fmt: on


ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")

Read = Callable[[Tree, View], Any]
