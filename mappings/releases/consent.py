"""R4 and R5 of consents and provenance.

Sources: https://hl7.org/fhir/R5/consent.html, "R4 Diff"; HL7's examples, which say the same consents in both releases
(consent-example-*: R4's organization is R5's controller, a performer its grantor, a class that is a resource type its
resourceType). HL7's map Consent4to5.fml loses scope, organization and every provision's type.
"""

from __future__ import annotations

from collections.abc import Iterator

from mappings.releases.forms import Fitted, Left, code_of
from mappings.releases.rows import UNKNOWN, By, Codes, Here, Merged, Part, Renamed, Row, listed, shaped
from mappings.tree import Tree

SCOPE = "http://terminology.hl7.org/CodeSystem/consentscope"
"""https://terminology.hl7.org/CodeSystem-consentscope.html"""

RESOURCE_TYPES = "http://hl7.org/fhir/resource-types"
"""https://hl7.org/fhir/R4/codesystem-resource-types.html, as HL7's examples write it; R5's own name is fhir-types."""

DAY = len("2025-08-11")


class Scope(Row):
    """R5 has no scope; its category says the kind of consent: there a code of R4's scopes comes first.

    R4 demands a scope and a category.
    """

    def __init__(self) -> None:
        super().__init__(("scope", "category"), ("category",), "R5 has no scope", always=True)

    def to_r5(self, part: Part, here: Here) -> Part:
        made = [part["scope"]] if code_of(part.get("scope"), SCOPE) else []
        made += [x for x in listed(part.get("category")) if x != UNKNOWN]
        return {"category": made} if made else {}

    def to_r4(self, part: Part, here: Here) -> Part:
        categories = listed(part.get("category"))
        scope = categories[0] if categories and code_of(categories[0], SCOPE) else UNKNOWN
        rest = categories if scope is UNKNOWN else categories[1:]
        return {"scope": scope, "category": rest or [UNKNOWN]}

    def restored(self, part: Part, hint: Part, to: str, here: Here) -> Part:
        if to == "R4" and hint.keys() == {"scope"} and (made := self.to_r4(part, here))["scope"] is UNKNOWN:
            return made | hint
        return super().restored(part, hint, to, here)

    def candidates(self, part: Part) -> Iterator[Part]:
        if "scope" in part:
            yield {"scope": part["scope"]}
        yield part


def _day(part: Part, here: Here) -> Part:
    """R5 has a date only."""
    said = part.get("dateTime")
    made: Part = {"date": said[:DAY]} if isinstance(said, str) else {}
    return made | ({"_date": part["_dateTime"]} if "_dateTime" in part else {})


def _moment(part: Part, here: Here) -> Part:
    names = {"date": "dateTime", "_date": "_dateTime"}
    return {names[key]: value for key, value in part.items()}


def _sources(part: Part, here: Here) -> Part:
    return {name: [value] for name, value in part.items()}


def _source(part: Part, here: Here) -> Part:
    """R4 has one source."""
    name = next((n for n in ("sourceAttachment", "sourceReference") if listed(part.get(n))), None)
    return {name: listed(part[name])[0]} if name else {}


def _basis(part: Part, here: Here) -> Part:
    rule = part.get("policyRule")
    made: Part = {"regulatoryBasis": [rule]} if rule is not None and rule != UNKNOWN else {}
    return made | shaped("policyBasis", listed(part.get("policy")), here.field("R5", "policyBasis"))


def _policies(part: Part, here: Here) -> Part:
    """R4 demands a policy or a rule (ppc-1)."""
    rules, basis = listed(part.get("regulatoryBasis")), part.get("policyBasis")
    made: Part = {"policyRule": rules[0]} if rules else {} if basis is not None else {"policyRule": UNKNOWN}
    return made | ({"policy": [basis]} if basis is not None else {})


def _classes(part: Part, here: Here) -> Part:
    def is_type(coding: Tree) -> bool:
        return isinstance(coding, dict) and coding.get("system") == RESOURCE_TYPES

    said = listed(part["class"])
    sides = {"documentType": [x for x in said if not is_type(x)], "resourceType": [x for x in said if is_type(x)]}
    return {name: found for name, found in sides.items() if found}


def _class(part: Part, here: Here) -> Part:
    return {"class": [x for name in ("documentType", "resourceType") for x in listed(part.get(name))]}


# ---- What is decided. R5: "Sets the base decision for Consent to be either permit or deny, with provisions assumed to
# be a negation of the previous level." (https://hl7.org/fhir/R5/valueset-consent-provision-type.html). R4 says it in
# each provision; a root provision that has no condition of its own is the base decision itself.

_OPPOSITE = {"permit": "deny", "deny": "permit"}


def _has_condition(provision: Tree) -> bool:
    return not isinstance(provision, dict) or bool(provision.keys() - {"type", "provision"})


def _untyped(provision: Tree) -> Tree:
    if not isinstance(provision, dict):
        return provision
    bare = {k: v for k, v in provision.items() if k != "type"}
    inner = bare.get("provision")
    return {**bare, "provision": [_untyped(x) for x in inner]} if isinstance(inner, list) else bare


def _typed(provision: Tree, decision: str | None) -> Tree:
    if not isinstance(provision, dict) or decision is None:
        return provision
    inner = provision.get("provision")
    deeper = {"provision": [_typed(x, _OPPOSITE[decision]) for x in inner]} if isinstance(inner, list) else {}
    return {"type": decision, **provision, **deeper}


def _type(provision: Tree) -> str | None:
    said = provision.get("type") if isinstance(provision, dict) else None
    return said if isinstance(said, str) and said in _OPPOSITE else None


def _agrees(provision: Tree, said: str | None) -> bool:
    """Return whether a provision has this type, those inside the opposite one, and each something to apply to."""
    if not isinstance(provision, dict) or provision.get("type") != said or not provision.keys() - {"type", "id"}:
        return False
    inner = _OPPOSITE[said] if said else None
    return "_type" not in provision and all(_agrees(x, inner) for x in listed(provision.get("provision")))


def _decided(part: Part, here: Here) -> Part:
    """R5 cannot say what does not negate the level above: that is denied, and stands in the extension."""
    root = part["provision"]
    if not isinstance(root, dict):
        return {}
    inner = listed(root.get("provision"))
    nested = {_type(x) for x in inner}
    said = _type(root) or _OPPOSITE.get((nested.pop() if len(nested) == 1 else None) or "")
    whole = {**root, "type": said} if said and "type" not in root else root
    fits = (
        _agrees(whole, said)
        if _has_condition(root)
        else all(_agrees(x, _OPPOSITE[said] if said else None) for x in inner)
    )
    if not fits or "_type" in root:
        here.note("provision", "R5 has no way to say what these provisions permit", rule="release/substituted")
        return {"decision": "deny"}
    bare = _untyped(root)
    if _has_condition(root):
        return ({"decision": _OPPOSITE[said]} if said else {}) | {"provision": [bare]}
    return ({"decision": said} if said else {}) | ({"provision": bare["provision"]} if inner else {})


def _provided(part: Part, here: Here) -> Part:
    decision = part.get("decision")
    base = decision if isinstance(decision, str) and decision in _OPPOSITE else None
    said = listed(part.get("provision"))
    if len(said) == 1 and _has_condition(said[0]):
        return {"provision": _typed(said[0], _OPPOSITE[base] if base else None)}
    if not said and base is None:
        return {}
    return {"provision": _typed({"provision": said} if said else {}, base)}


# fmt: off
ROWS: dict[str, tuple[Row, ...]] = {
    "Consent": (
        # rejected = not-done in HL7's ConceptMap ppc.status-4to5. A proposed one is not yet to be acted upon, as a
        # draft; so is one whose state nobody knows.
        Codes("status", "lists differ", renamed={"rejected": "not-done"}, r4_only={"proposed": "draft"},
              r5_only={"unknown": "draft"}),
        Scope(),
        Fitted("patient", "subject", "renamed; R5 allows groups and practitioners"),
        By(("dateTime",), ("date",), "a day in R5", to_r5=_day, to_r4=_moment),
        Fitted("performer", "grantor", "R4's is grantor or grantee, 'commonly the patient'"),
        Fitted("organization", "controller", "renamed; R5 allows more"),
        By(("sourceAttachment", "sourceReference"), ("sourceAttachment", "sourceReference"), "many in R5",
           to_r5=_sources, to_r4=_source),
        By(("policyRule", "policy"), ("regulatoryBasis", "policyBasis"), "renamed; R4 ppc-1", to_r5=_basis,
           to_r4=_policies, always=True),
        By(("provision",), ("provision", "decision"), "R5 has one decision", to_r5=_decided, to_r4=_provided),
    ),
    "Consent.policy": (Renamed("uri", "url", "renamed"),),
    "Consent.provision": (
        Left("type", why="Consent's row takes the types for the decision"),
        By(("class",), ("documentType", "resourceType"), "divided", to_r5=_classes, to_r4=_class),
    ),
    "Provenance": (Merged("reason", "", "authorization", "renamed, a CodeableReference in R5"),),
    "Provenance.entity": (
        # R4's derivation is the parent of the other roles; R5's instantiates is one more kind of it.
        Codes("role", "lists differ", r4_only={"derivation": "source"}, r5_only={"instantiates": "derivation"}),
    ),
}
# fmt: on
