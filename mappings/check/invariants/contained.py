"""The invariants of what plans and forms contain beside the records around them: value sets, organizations, lists.

`presence.Row` names the columns.
"""

from __future__ import annotations

from mappings.check.invariants.presence import Row, count, has, has_choice
from mappings.nodes import Node, nodes, pairs
from mappings.tree import Tree

_IN_ERROR = ("http://terminology.hl7.org/CodeSystem/allergyintolerance-verification", "entered-in-error")
_FULFILL = ("http://hl7.org/fhir/CodeSystem/task-code", "fulfill")


def _is_at_home(node: Node, *names: str) -> bool:
    return any(part.get("use") == "home" for name in names for part in (nodes(node, name) or _one(node, name)))


def _one(node: Node, name: str) -> list[Node]:
    part = node.get(name)
    return [part] if isinstance(part, dict) else []


def _is_in_error(allergy: Node) -> bool:
    return _IN_ERROR in pairs(allergy.get("verificationStatus"))


def _marks(node: Node, name: str) -> bool:
    return any(has(entry, name) for entry in nodes(node, "entry"))


def _codes(concepts: list[Node]) -> list[Tree]:
    waiting, found = list(concepts), list[Tree]()
    while waiting:
        concept = waiting.pop()
        found.append(concept.get("code"))
        waiting += nodes(concept, "concept")
    return [code for code in found if isinstance(code, str)]


def _has_a_code_twice(system: Node) -> bool:
    codes = _codes(nodes(system, "concept"))
    return len(set(map(str, codes))) < len(codes)


# fmt: off
CONTAINED: tuple[Row, ...] = (
    ("org-1", "R4 R5", "Organization", "name", "The organization SHALL at least have a name or an identifier, and"
              " possibly more than one", lambda o: not has(o, "name") and not count(o, "identifier"),
              "the organization has neither", "Add its name."),
    ("org-2", "R4",    "Organization", "address", "An address of an organization can never be of use 'home'",
              lambda o: _is_at_home(o, "address"), "an address is a home", "Correct its use."),
    ("org-3", "R4",    "Organization", "telecom", "The telecom of an organization can never be of use 'home'",
              lambda o: _is_at_home(o, "telecom"), "a telecom is at home", "Correct its use."),
    ("org-3", "R5",    "Organization", "contact", "The telecom of an organization can never be of use 'home'",
              lambda o: any(_is_at_home(c, "telecom") for c in nodes(o, "contact")),
              "a telecom is at home", "Correct its use."),
    ("org-4", "R5",    "Organization", "contact", "The address of an organization can never be of use 'home'",
              lambda o: any(_is_at_home(c, "address") for c in nodes(o, "contact")),
              "an address is a home", "Correct its use."),
    ("vsd-1", "R4 R5", "ValueSetComposeInclude", "system", "A value set include/exclude SHALL have a value set or a"
              " system", lambda i: not has(i, "valueSet") and not has(i, "system"), "there is neither", "Add system."),
    ("vsd-2", "R4 R5", "ValueSetComposeInclude", "system", "A value set with concepts or filters SHALL include a"
              " system", lambda i: ("concept" in i or "filter" in i) and not has(i, "system"),
              "there is no system", "Add it."),
    ("vsd-3", "R4 R5", "ValueSetComposeInclude", "filter", "Cannot have both concept and filter",
              lambda i: "concept" in i and "filter" in i, "there are both", "Keep one of them."),
    ("vsd-6", "R4 R5", "ValueSetExpansionContains", "code", "SHALL have a code or a display",
              lambda c: not has(c, "code") and not has(c, "display"), "there is neither", "Add one of them."),
    ("vsd-9", "R4 R5", "ValueSetExpansionContains", "code", "SHALL have a code if not abstract",
              lambda c: not has(c, "code") and c.get("abstract") is not True, "there is no code", "Add it."),
    ("vsd-10", "R4 R5", "ValueSetExpansionContains", "system", "SHALL have a system if a code is present",
              lambda c: has(c, "code") and not has(c, "system"), "there is no system", "Add it."),
    ("csd-1", "R4 R5", "CodeSystem", "concept", "Within a code system definition, all the codes SHALL be unique",
              _has_a_code_twice, "a code stands twice", "Keep one of them."),
    ("ait-1", "R4",    "AllergyIntolerance", "clinicalStatus", "AllergyIntolerance.clinicalStatus SHALL be present if"
              " verificationStatus is not entered-in-error.",
              lambda a: "clinicalStatus" not in a and not _is_in_error(a), "there is none", "Add clinicalStatus."),
    ("ait-2", "R4",    "AllergyIntolerance", "clinicalStatus", "AllergyIntolerance.clinicalStatus SHALL NOT be present"
              " if verification Status is entered-in-error",
              lambda a: "clinicalStatus" in a and _is_in_error(a), "it was entered in error", "Take the status away."),
    ("enc-1", "R5",    "EncounterParticipant", "type", "A type must be provided when no explicit actor is specified",
              lambda p: "actor" not in p and "type" not in p, "there is neither", "Add one of them."),
    ("grp-1", "R4",    "Group", "member", 'Can only have members if group is "actual"',
              lambda g: "member" in g and g.get("actual") is not True, "the group is not actual", "Correct actual."),
    ("lst-1", "R4 R5", "List", "emptyReason", "A list can only have an emptyReason if it is empty",
              lambda n: "emptyReason" in n and "entry" in n, "it has entries", "Take emptyReason away."),
    ("lst-2", "R4",    "List", "mode", 'The deleted flag can only be used if the mode of the list is "changes"',
              lambda n: n.get("mode") != "changes" and _marks(n, "deleted"), "it has another mode", "Correct mode."),
    ("lst-3", "R4",    "List", "mode", 'An entry date can only be used if the mode of the list is "working"',
              lambda n: n.get("mode") != "working" and _marks(n, "date"), "it has another mode", "Correct mode."),
    ("fhs-1", "R4 R5", "FamilyMemberHistory", "", "Can have age[x] or born[x], but not both",
              lambda f: has_choice(f, "age") and has_choice(f, "born"), "there are both", "Keep one of them."),
    ("fhs-2", "R4 R5", "FamilyMemberHistory", "estimatedAge", "Can only have estimatedAge if age[x] is present",
              lambda f: has(f, "estimatedAge") and not has_choice(f, "age"), "there is no age", "Add age[x]."),
    ("fhs-3", "R5",    "FamilyMemberHistory", "", "Can have age[x] or deceased[x], but not both",
              lambda f: has_choice(f, "age") and has_choice(f, "deceased"), "there are both", "Keep one of them."),
    ("cmp-1", "R4 R5", "CompositionSection", "text", "A section must contain at least one of text, entries, or"
              " sub-sections", lambda s: not any(name in s for name in ("text", "entry", "section")),
              "the section is empty", "Add text."),
    ("cmp-2", "R4 R5", "CompositionSection", "emptyReason", "A section can only have an emptyReason if it is empty",
              lambda s: "emptyReason" in s and "entry" in s, "it has entries", "Take emptyReason away."),
    ("tsk-1", "R5",    "Task", "restriction", "Task.restriction is only allowed if the Task is seeking fulfillment and"
              " a focus is specified.",
              lambda t: "restriction" in t and (_FULFILL not in pairs(t.get("code")) or "focus" not in t),
              "the task seeks no fulfilment of a focus", "Add code and focus, or take it away."),
)
# fmt: on
