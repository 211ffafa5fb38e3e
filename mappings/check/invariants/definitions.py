"""The invariants of what is published to be used by many: plans of a kind, code systems, maps, measures.

`presence.Row` names the columns.
"""

from __future__ import annotations

import re

from mappings.check.invariants.presence import Row, count, has, number
from mappings.nodes import Node, nodes

_NAME = (
    "Name should be usable as an identifier for the module by machine processing applications such as code generation"
)
# fmt: off
_NAMED_IN_R4 = {
    "adf-0": "ActivityDefinition",      "cmd-0": "ConceptMap",              "csd-0": "CodeSystem",
    "evd-0": "EventDefinition",         "gdf-0": "GraphDefinition",         "lib-0": "Library",
    "mea-0": "Measure",                 "msd-0": "MessageDefinition",       "nsd-0": "NamingSystem",
    "opd-0": "OperationDefinition",     "pdf-0": "PlanDefinition",          "que-0": "Questionnaire",
    "red-0": "ResearchElementDefinition", "rsd-0": "ResearchDefinition",    "spd-0": "SearchParameter",
    "vsd-0": "ValueSet",
}
# fmt: on
NAMES = frozenset(_NAMED_IN_R4)
"""The rules about names, which are warnings."""

_CANONICAL = (
    "ActivityDefinition ChargeItemDefinition CodeSystem ConceptMap ConditionDefinition EventDefinition Evidence"
    " EvidenceVariable Library Measure MessageDefinition NamingSystem OperationDefinition PlanDefinition Questionnaire"
    " SearchParameter ValueSet"
)


def _is_no_name(pattern: str, node: Node) -> bool:
    name = node.get("name")
    return isinstance(name, str) and re.fullmatch(pattern, name) is None


def _is_no_url(node: Node) -> bool:
    url = node.get("url")
    return isinstance(url, str) and re.fullmatch(r"[^|# ]+", url) is None


def _concepts(node: Node) -> list[Node]:
    """Return the concepts of a code system, those below others too."""
    found = nodes(node, "concept")
    for one in found:
        found += nodes(one, "concept")
    return found


def _has_another_count(system: Node) -> bool:
    total = number(system, "count")
    return system.get("content") == "complete" and total is not None and total != len(_concepts(system))


def _implies_a_hierarchy(system: Node) -> bool:
    concepts = nodes(system, "concept")
    return any(one.get("code") in ("parent", "child") for concept in concepts for one in nodes(concept, "property"))


def _means_no_goal(plan: Node) -> bool:
    known = {goal.get("id") for goal in nodes(plan, "goal") if isinstance(goal.get("id"), str)}
    actions = nodes(plan, "action")
    for action in actions:
        actions += nodes(action, "action")
    named = [action.get("goalId") for action in actions]
    return any(isinstance(one, str) and one not in known for ids in named if isinstance(ids, list) for one in ids)


def _is_no_quantity(definition: Node) -> bool:
    types = definition.get("permittedDataType")
    return "permittedUnit" in definition and not (isinstance(types, list) and "Quantity" in types)


def _has_value(node: Node) -> bool:
    """Return whether one of value[x] stands in a node that may have a valueSet too."""
    return any(re.fullmatch(r"_?value(?!Set$)[A-Z]\w+", key) for key in node)


def _prefers_twice(naming: Node) -> bool:
    types = [one.get("type") for one in nodes(naming, "uniqueId") if one.get("preferred") is True]
    texts = [one for one in types if isinstance(one, str)]
    return len(set(texts)) < len(texts)


_ONE_OF_SIX = (
    "definitionReference",
    "definitionCanonical",
    "definitionCodeableConcept",
    "definitionId",
    "definitionByTypeAndValue",
    "definitionByCombination",
)
_MAPPED = "ConceptMapGroupUnmapped"
_WORDS_OF_USE = "Must have a value for concept.designation.use if concept.designation.additionalUse is present"

# fmt: off
DEFINITIONS: tuple[Row, ...] = (
    *((rule, "R4", type_name, "name", _NAME, lambda q: _is_no_name(r"[A-Z]([A-Za-z0-9_]){0,254}", q),
              "the name is none that a program can use", "Use capital letters for words: ReturnToUsePlan.")
      for rule, type_name in _NAMED_IN_R4.items()),
    ("cnl-0", "R5",    f"{_CANONICAL} ObservationDefinition", "name", _NAME,
              lambda q: _is_no_name(r"[A-Z]([A-Za-z0-9_]){1,254}", q),
              "the name is none that a program can use", "Use capital letters for words: ReturnToUsePlan."),
    ("cnl-1", "R5",    _CANONICAL, "url", "URL should not contain | or # - these characters make processing"
              " canonical references problematic", _is_no_url,
              "the url has one of them", "Take it away; the version has its own element."),
    ("csd-2", "R5",    "CodeSystem", "hierarchyMeaning", "If there is an explicit hierarchy, a hierarchyMeaning should"
              " be provided", lambda c: not has(c, "hierarchyMeaning")
              and any("concept" in concept for concept in nodes(c, "concept")),
              "concepts stand below others", "Add hierarchyMeaning."),
    ("csd-3", "R5",    "CodeSystem", "hierarchyMeaning", "If there is an implicit hierarchy, a hierarchyMeaning should"
              " be provided", lambda c: not has(c, "hierarchyMeaning") and _implies_a_hierarchy(c),
              "concepts have parents or children", "Add hierarchyMeaning."),
    ("csd-4", "R5",    "CodeSystem", "supplements", "If the code system content = supplement, it must nominate what"
              " it's a supplement for", lambda c: c.get("content") == "supplement" and not has(c, "supplements"),
              "it does not say to what", "Add supplements."),
    ("csd-5", "R5",    "CodeSystemConceptDesignation", "use", _WORDS_OF_USE,
              lambda d: "additionalUse" in d and "use" not in d, "there is none", "Add use."),
    ("invariant/supplement", "R4", "CodeSystem", "supplements", "A code system with the content 'supplement' names the"
              " one that it supplements", lambda c: c.get("content") == "supplement" and not has(c, "supplements"),
              "it does not say which", "Add supplements."),
    ("invariant/supplement", "R4 R5", "CodeSystem", "content", "A code system that supplements another one has the"
              " content 'supplement'", lambda c: has(c, "supplements") and has(c, "content")
              and c.get("content") != "supplement", "it has another content", "Correct content."),
    ("invariant/count", "R4 R5", "CodeSystem", "count", "The count of a code system is the total number of its"
              " concepts", _has_another_count, "it has another number of them", "Correct count."),
    ("vsd-11", "R5",   "ValueSetComposeIncludeConceptDesignation", "use", _WORDS_OF_USE,
              lambda d: "additionalUse" in d and "use" not in d, "there is none", "Add use."),
    ("pld-0", "R5",    "PlanDefinitionActionInput RequestOrchestrationActionInput", "requirement", "Input data elements"
              " must have a requirement or a relatedData, but not both",
              lambda i: ("requirement" in i) == has(i, "relatedData"), "there are both or neither", "Keep one."),
    ("pld-1", "R5",    "PlanDefinitionActionOutput RequestOrchestrationActionOutput", "requirement", "Output data"
              " element must have a requirement or a relatedData, but not both",
              lambda i: ("requirement" in i) == has(i, "relatedData"), "there are both or neither", "Keep one."),
    ("pld-3", "R5",    "PlanDefinition", "action", "goalid should reference the id of a goal definition",
              _means_no_goal, "no goal has this id", "Correct goalId, or give the goal its id."),
    ("mea-1", "R4 R5", "MeasureGroupStratifier", "component", "Stratifier SHALL be either a single criteria or a set of"
              " criteria components",
              lambda s: any(has(s, name) for name in ("code", "description", "criteria")) == ("component" in s),
              "there are both or neither", "Keep one of them."),
    ("obd-0", "R5",    "ObservationDefinition", "permittedUnit", "If permittedUnit exists, then"
              " permittedDataType=Quantity must exist.", _is_no_quantity, "it is no Quantity", "Add the type."),
    ("obd-1", "R5",    "ObservationDefinitionComponent", "permittedUnit", "If permittedUnit exists, then"
              " permittedDataType=Quantity must exist.", _is_no_quantity, "it is no Quantity", "Add the type."),
    ("evv-1", "R5",    "EvidenceVariableCharacteristic", "", "In a characteristic, at most one of these six elements"
              " shall be used: definitionReference or definitionCanonical or definitionCodeableConcept or definitionId"
              " or definitionByTypeAndValue or definitionByCombination",
              lambda c: sum(has(c, name) for name in _ONE_OF_SIX) > 1, "several are used", "Keep one of them."),
    ("cmd-1", "R4",    "ConceptMapGroupElementTarget", "comment", "If the map is narrower or inexact, there SHALL be"
              " some comments", lambda t: t.get("equivalence") in ("narrower", "inexact") and not has(t, "comment"),
              "there is none", "Say in comment what differs."),
    ("cmd-2", "R4",    _MAPPED, "code", "If the mode is 'fixed', a code must be provided",
              lambda u: u.get("mode") == "fixed" and not has(u, "code"), "there is none", "Add the code."),
    ("cmd-2", "R5",    _MAPPED, "code", "If the mode is 'fixed', either a code or valueSet must be provided, but not"
              " both.", lambda u: u.get("mode") == "fixed" and has(u, "code") == has(u, "valueSet"),
              "there are both or neither", "Keep one of them."),
    ("cmd-3", "R4",    _MAPPED, "url", "If the mode is 'other-map', a url must be provided",
              lambda u: u.get("mode") == "other-map" and not has(u, "url"), "there is none", "Add the url."),
    ("cmd-3", "R5",    _MAPPED, "otherMap", "If the mode is 'other-map', a url for the other map must be provided",
              lambda u: u.get("mode") == "other-map" and not has(u, "otherMap"), "there is none", "Add otherMap."),
    ("cmd-4", "R5",    "ConceptMapGroupElement", "target", "If noMap is present, target SHALL NOT be present",
              lambda e: e.get("noMap") is True and "target" in e, "there is one", "Keep one of them."),
    ("cmd-5", "R5",    "ConceptMapGroupElement", "code", "Either code or valueSet SHALL be present but not both.",
              lambda e: has(e, "code") == has(e, "valueSet"), "there are both or neither", "Keep one of them."),
    ("cmd-6", "R5",    "ConceptMapGroupElementTargetDependsOn", "valueSet", "One of value[x] or valueSet must exist,"
              " but not both.", lambda d: _has_value(d) == has(d, "valueSet"), "there are both or neither",
              "Keep one of them."),
    ("cmd-7", "R5",    "ConceptMapGroupElementTarget", "code", "Either code or valueSet SHALL be present but not both.",
              lambda e: has(e, "code") == has(e, "valueSet"), "there are both or neither", "Keep one of them."),
    ("cmd-9", "R5",    _MAPPED, "relationship", "If the mode is not 'other-map', relationship must be provided",
              lambda u: has(u, "mode") and u.get("mode") != "other-map" and not has(u, "relationship"),
              "there is none", "Add relationship."),
    ("cmd-10", "R5",   _MAPPED, "otherMap", "If the mode is not 'other-map', otherMap is not allowed",
              lambda u: has(u, "mode") and u.get("mode") != "other-map" and has(u, "otherMap"),
              "there is one", "Take it away."),
    ("nsd-1", "R4 R5", "NamingSystem", "uniqueId", "Root systems cannot have uuid identifiers",
              lambda n: n.get("kind") == "root" and any(one.get("type") == "uuid" for one in nodes(n, "uniqueId")),
              "there is one", "Correct kind or type."),
    ("nsd-2", "R4 R5", "NamingSystem", "uniqueId", "Can't have more than one preferred identifier for a type",
              _prefers_twice, "two are preferred", "Choose one of them."),
    ("opd-1", "R4 R5", "OperationDefinitionParameter", "type", "Either a type must be provided, or parts",
              lambda p: not has(p, "type") and not count(p, "part"), "there is neither", "Add the type."),
    ("spd-2", "R4 R5", "SearchParameter", "chain", "Search parameters can only have chain names when the search"
              " parameter type is 'reference'", lambda s: has(s, "chain") and s.get("type") != "reference",
              "it has another type", "Take chain away."),
)
# fmt: on
