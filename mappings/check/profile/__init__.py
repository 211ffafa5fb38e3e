"""Level profile: a resource beside the profiles that it names in meta.profile, and those that are asked for.

    judge(tree, "R4")                           by what the resources of the document claim
    judge(tree, "R4", ["us-core-6.1"])          and by the guide's profile of each resource's type
    judge(tree, "R4", ["http://...|9.0.0"])     and by one profile, where the type is its
    known(name)                                 what such a name means; LookupError lists the names that there are

A canonical without a version means the newest that is held (https://hl7.org/fhir/R4/references.html#canonical), or the
one of a guide that is asked for; what would break an older version is told as information. A profile that is not held
is said not to be checked, once.

    definitions.py    what is held                      walk.py           a resource beside a profile
    source.py         writes it from definitions        constraints.py    the invariants of profiles
    written.py        what stands in prose only
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

from mappings.check.extensions import definition
from mappings.check.findings import MAX_FINDINGS, finding
from mappings.check.links import LITERAL
from mappings.check.other_release import OF_ANOTHER
from mappings.check.rules import RULES, SPECIFICATION, Finding, Rule
from mappings.nodes import Node, claims, nodes, with_contained
from mappings.tree import Path, Tree, get

if TYPE_CHECKING:
    from mappings.check.profile.definitions import Profile

RELEASE = "R4"
"""The release of all profiles that are held."""

PAGE = "profiling.html"
"""What the specification says of profiles, under its pages."""

# fmt: off
_ROWS = (
    # rule                code            severity        what a profile may say
    ("required",           "required",      "error",       "A profile may demand what the type leaves open"),
    ("too-many",           "structure",     "error",       "A profile may limit how often an element stands"),
    ("not-allowed",        "structure",     "error",       "A profile may forbid an element"),
    ("fixed",              "value",         "error",       "A profile may fix the value of an element"),
    ("pattern",            "value",         "error",       "A profile may fix a part of an element"),
    ("type",               "structure",     "error",       "A profile may leave fewer types to choose from"),
    ("target",             "structure",     "error",       "A profile may limit what a reference leads to"),
    ("binding",            "code-invalid",  "error",       "A profile may bind an element to other codes"),
    ("binding-extensible", "code-invalid",  "warning",     "The binding is extensible: a code of the value set where"
                                                           " one fits, else another or text"),
    ("slice",              "required",      "error",       "A profile may demand one of a kind among those of a list"),
    ("slice-many",         "structure",     "error",       "A profile may limit how many of a kind are in a list"),
    ("slice-several",      "structure",     "error",       "What is in a list is of at most one of its kinds"),
    ("closed",             "structure",     "error",       "A profile may close a list: what is none of its kinds has"
                                                           " no place"),
    ("context",            "structure",     "error",       "An extension stands on the elements that its definition"
                                                           " names"),
    ("wrong-type",         "structure",     "error",       "A resource claims profiles of its own type"),
    ("not-checked",        "informational", "information", "Whether a resource meets a profile can be said by whoever"
                                                           " has the definition"),
    ("version",            "informational", "information", "A canonical without a version means the newest that is"
                                                           " known; url|version says which is meant"),
    ("other-version",      "informational", "information", "Receivers may hold a resource to the version that they"
                                                           " know"),
)
# fmt: on

RULES |= {
    f"profile/{rule}": Rule(f"profile/{rule}", "profile", code, severity, says, PAGE)
    for rule, code, severity, says in _ROWS
}

_TOLD = frozenset({"type", "not-allowed", "required", "fixed", "binding"})
"""Rules that are told of each extension in the tables of extensions.py, whatever profile its resource claims."""
_BASE = re.compile(r"http://hl7\.org/fhir/(?:(\d\.\d)/)?StructureDefinition/([A-Z][A-Za-z]+)")


def known(name: str) -> str:
    """Return a name of a guide ("us-core-9") or a canonical of a profile, as `judge` takes them, where it is known.

    Raises LookupError with the names that there are; a canonical without its version may name several profiles.
    """
    from mappings.check.profile.definitions import profiles

    if name in _guides() or any(_named(name)):
        return name
    canonicals = sorted({one.url for one in profiles().values() if one.type != "Extension"})
    raise LookupError(f"no profile {name!r} is held; there are {', '.join([*_guides(), *canonicals])}")


def judge(tree: Tree, release: str, asked: Collection[str] = ()) -> list[Finding]:
    """Return what the resources of a document do not meet of the profiles that they claim and that are asked for.

    Costs next to nothing where nothing is claimed or asked for. At most MAX_FINDINGS. Never raises for any tree; a name
    that is not known raises LookupError.
    """
    SPECIFICATION[release]
    asked = [known(name) for name in asked]
    if not isinstance(tree, dict) or not isinstance(tree.get("resourceType"), str):
        return []
    if not asked and not any(True for _, one, _ in with_contained(tree) for _ in claims(one)):
        return []
    judged = _Judged(tree, release, asked)
    try:
        judged.all()
    except RecursionError:
        return []  # which `check` has said
    return judged.found[:MAX_FINDINGS]


def held_to(tree: Node, canonicals: Collection[str], at: Path = ()) -> list[tuple[Finding, str]]:
    """Return what a resource of an R4 document does not meet of profiles, whatever it claims, each with the element of
    the profile that says so ("CarePlan.category:AssessPlan").

    `at` is where the resource stands: the document itself, or one that it contains. Raises LookupError for a canonical
    that is not held.
    """
    judged = _Judged(tree, RELEASE, [])
    wanted = [_named(known(one))[0] for one in canonicals]
    judged.by(wanted, at, get(tree, at), tree)
    return list(zip(judged.found, judged.elements, strict=True))


def _guides() -> list[str]:
    from mappings.check.profile.definitions import profiles

    return list(dict.fromkeys(one.guide for one in profiles().values() if one.guide))


def _named(canonical: str) -> tuple[Profile, ...]:
    """Return the profiles that a canonical may mean, the newest first; "url|6.1" means 6.1.0."""
    from mappings.check.profile.definitions import versions

    url, _, version = canonical.partition("|")
    held = versions().get(url, ())
    return tuple(one for one in held if not version or one.version == version or one.version.startswith(f"{version}."))


class _Judged:
    """One document and what was found of it, with the elements of profiles that say so.

    said      what is said once, and findings that two profiles share
    meeting   resources and profiles that are held beside each other just now
    """

    def __init__(self, tree: Node, release: str, asked: list[str]) -> None:
        self.tree, self.release, self.asked = tree, release, asked
        self.found: list[Finding] = []
        self.elements: list[str] = []
        self.said: set[tuple[object, ...]] = set()
        self.meeting: set[tuple[int, str]] = set()

    def all(self) -> None:
        for at, resource, whole in with_contained(self.tree):
            if isinstance(resource.get("resourceType"), str):
                self._one(at, resource, whole)

    def _one(self, at: Path, resource: Node, whole: Node) -> None:
        wanted: dict[str, Profile] = {}
        for profile in self._asked(resource) if resource is whole else ():
            wanted[profile.canonical] = profile
        for n, canonical in claims(resource):
            here = (*at, "meta", "profile", n)
            for profile in self._claimed(canonical, here, resource, list(wanted.values())):
                wanted[profile.canonical] = profile
                if "|" not in canonical:
                    self._older(profile, at, resource, whole, asked=bool(self.asked))
        self.by(list(wanted.values()), at, resource, whole)

    def by(self, wanted: list[Profile], at: Path, resource: Node, whole: Node) -> None:
        """Judge a resource by profiles of its type, and the extensions in it where there are any."""
        for profile in wanted:
            for rule, where, what, fix, element, link in self._unmet(profile, at, resource, whole):
                about = f"{what} ({profile.title}, {element})"
                self.report(rule, where, about, fix, link or profile.page, element=element)
        if wanted:
            self._extensions(at, resource, whole)

    def _asked(self, resource: Node) -> Iterator[Profile]:
        from mappings.check.profile.definitions import profiles

        kind = resource["resourceType"]
        for name in self.asked if self.release == RELEASE else ():
            held = _named(name)[:1] or (one for one in profiles().values() if one.guide == name)
            yield from (one for one in held if one.type == kind)

    def _claimed(self, canonical: str, at: Path, resource: Node, asked: list[Profile]) -> Iterator[Profile]:
        """Yield the profile that a claim means, or say why there is none to judge by."""
        url, _, version = canonical.partition("|")
        if OF_ANOTHER.match(url):
            return  # which the level structure says
        if base := _BASE.fullmatch(url):
            from mappings.check.shapes import resource_shape

            kind = base.group(2)
            if kind not in {resource["resourceType"], "Resource", "DomainResource"} and resource_shape(RELEASE, kind):
                self.report("wrong-type", at, "the profile is of another type", "Name one of this type.")
            return
        held = _named(canonical)
        if not held:
            other = ", ".join(one.version for one in _named(url))
            why = f"only its versions {other} are held here" if other else "its definition is not held here"
            self.report("not-checked", at, f"the profile is not judged: {why}", "", once=canonical)
        elif self.release != RELEASE:
            why = f"it is a profile of {RELEASE}, and the document is judged as {self.release}"
            self.report("not-checked", at, f"the profile is not judged: {why}", "", once=canonical)
        elif held[0].type != resource["resourceType"]:
            what = f"the profile is of another type, {held[0].type}"
            self.report("wrong-type", at, what, "Name one of this type.", held[0].page)
        else:
            chosen = next((one for one in asked if one in held), held[0])
            if not version and len(held) > 1:
                why = "which is asked for" if chosen in asked else "the newest of those held here"
                others = ", ".join(one.version for one in held if one is not chosen)
                what = f"no version is named: judged by {chosen.version}, {why} (beside {others})"
                self.report("version", at, what, f"Write |{chosen.version} behind it, if that is meant.", once=url)
            yield chosen

    def _older(self, profile: Profile, at: Path, resource: Node, whole: Node, *, asked: bool) -> None:
        """Say what would be wrong in other versions of a profile that is named without one."""
        mine = {(rule, where) for rule, where, *_ in self._unmet(profile, at, resource, whole)}
        other: dict[tuple[str, Path], tuple[list[str], str, str, str]] = {}
        for older in _named(profile.url) if not asked else ():
            for rule, where, what, fix, element, _ in self._unmet(older, at, resource, whole):
                if RULES[f"profile/{rule}"].severity == "error" and (rule, where) not in mine:
                    other.setdefault((rule, where), ([], what, fix, element))[0].append(older.version)
        for (_, where), (versions, what, fix, element) in other.items():
            about = f"{what}, which {' and '.join(versions)} of this profile would call an error ({element})"
            self.report("other-version", where, about, fix, profile.page, element=element)

    def _unmet(
        self, profile: Profile, at: Path, resource: Node, whole: Node
    ) -> Iterator[tuple[str, Path, str, str, str, str]]:
        from mappings.check.profile.walk import Value, Walk

        walk = Walk(resource, lambda one: self._target(one, whole), lambda one, of: self._meets(one, of, whole))
        for one in walk.value(profile.root, Value(at, resource)):
            yield one.rule, one.at, one.what, one.fix, one.element, one.link

    def _meets(self, resource: Node, canonical: str, whole: Node) -> bool:
        """Return whether a resource meets a profile; one that is being looked at already is not asked again."""
        from mappings.check.profile.definitions import profiles

        about = (id(resource), canonical)
        if about in self.meeting:
            return True
        self.meeting.add(about)
        outer = whole if any(resource is one for one in nodes(whole, "contained")) else resource
        errors = [
            rule
            for rule, *_ in self._unmet(profiles()[canonical], (), resource, outer)
            if RULES[f"profile/{rule}"].severity == "error"
        ]
        self.meeting.discard(about)
        return not errors

    def _target(self, reference: Node, whole: Node) -> tuple[str, Node | None]:
        """Return the type of what a reference leads to, "" where it is not told, and the resource if it is at hand."""
        literal = reference.get("reference")
        if not isinstance(literal, str):
            kind = reference.get("type")
            return (kind if isinstance(kind, str) else ""), None
        if literal.startswith("#"):
            parts = [whole] if literal == "#" else nodes(whole, "contained")
            inner = next((one for one in parts if literal in ("#", f"#{one.get('id')}")), None)
            return (str(inner.get("resourceType", "")), inner) if inner is not None else ("", None)
        for entry in nodes(self.tree, "entry") if self.tree.get("resourceType") == "Bundle" else ():
            one = entry.get("resource")
            if isinstance(one, dict) and literal in (
                entry.get("fullUrl"),
                f"{one.get('resourceType')}/{one.get('id')}",
            ):
                return str(one.get("resourceType", "")), one
        told = LITERAL.fullmatch(literal)
        return (told.group(1) if told else ""), None

    def _extensions(self, at: Path, resource: Node, whole: Node) -> None:
        """Judge the extensions whose definitions are held, where they stand and what they hold."""
        from mappings.check.profile.definitions import versions

        for where, names, one in _extended(resource, (), (str(resource["resourceType"]),)):
            held = versions().get(str(one.get("url")), ())
            if not held or held[0].type != "Extension":
                continue
            profile = held[0]
            is_told = definition(RELEASE, profile.url) is not None  # where no profile is claimed, too
            for rule, there, what, fix, element, link in self._unmet(profile, (*at, *where), one, whole):
                if is_told and rule in _TOLD:
                    continue
                self.report(
                    rule, there, f"{what} ({profile.title}, {element})", fix, link or profile.page, element=element
                )
            if names not in profile.context and not is_told:
                allowed = " or ".join(name for name in profile.context if name[:8] == names[:8]) or "elsewhere"
                what = f"the extension has no place on {names} ({profile.title})"
                self.report("context", (*at, *where), what, f"It stands on {allowed}.", profile.page)

    def report(
        self, rule: str, at: Path, what: str, fix: str, link: str = "", *, element: str = "", once: str = ""
    ) -> None:
        """Add a finding, once for one element, and once a document for `once` or a value set that is not held."""
        about = (rule, once) if once else (rule, link) if rule == "not-checked" and element else (rule, at, element)
        if about not in self.said:
            self.said.add(about)
            root = str(self.tree["resourceType"])
            self.elements.append(element)
            self.found.append(finding(f"profile/{rule}", root, at, what, fix, release=self.release, link=link))


def _extended(node: Tree, at: Path, names: tuple[str, ...]) -> Iterator[tuple[Path, str, Node]]:
    """Yield each extension with its path and the element that it stands on, as contexts name it: "Questionnaire.item".

    Items within items, and within answers, are elements of the same definition.
    """
    if isinstance(node, list):
        for n, one in enumerate(node):
            yield from _extended(one, (*at, n), names)
        return
    if not isinstance(node, dict):
        return
    for key, value in node.items():
        if key in {"extension", "modifierExtension"} and isinstance(value, list):
            for n, one in enumerate(value):
                if isinstance(one, dict):
                    yield (*at, key, n), ".".join(names), one
                    yield from _extended(one, (*at, key, n), ("Extension",))
        elif isinstance(value, dict | list) and key != "contained":
            name = key.removeprefix("_")
            here = names if name == "item" and "item" in names else (*names, name)
            yield from _extended(value, (*at, key), here[: here.index("item") + 1] if name == "item" else here)
