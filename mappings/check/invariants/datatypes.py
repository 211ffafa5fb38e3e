"""The invariants of datatypes, one row each with HL7's own words; `presence.Row` names the columns."""

from __future__ import annotations

import binascii
import re
from base64 import b64decode, b64encode
from collections.abc import Callable
from decimal import Decimal
from hashlib import sha1

from mappings.check.invariants.narrative import forbidden, says_nothing
from mappings.check.invariants.presence import Row, has, has_choice, is_after, is_not_before, number
from mappings.nodes import Node
from mappings.tree import Tree

_UCUM = "http://unitsofmeasure.org"


def _no_code(quantity: Node) -> bool:
    return has(quantity, "value") and not has(quantity, "code")


def _not_ucum(quantity: Node) -> bool:
    return has(quantity, "system") and quantity.get("system") != _UCUM


def _is_not_positive(quantity: Node) -> bool:
    value = number(quantity, "value")
    return value is not None and value <= 0


def _is_no_count(quantity: Node) -> bool:
    other_code = has(quantity, "code") and quantity.get("code") != "1"
    return _no_code(quantity) or _not_ucum(quantity) or other_code or "." in str(quantity.get("value", ""))


def _is_reversed(range_: Node, from_: str = "low", to: str = "high") -> bool:
    """Compared only where both are in one unit: what quantities of other units are is not known here."""
    low, high = range_.get(from_), range_.get(to)
    if not isinstance(low, dict) or not isinstance(high, dict):
        return False
    one, other = number(low, "value"), number(high, "value")
    coded = has(low, "code") and has(high, "code")
    same = _agree(low, high, "system", "code") if coded else _agree(low, high, "unit")
    same = same or (has(low, "unit") and _agree(low, high, "unit"))
    return one is not None and other is not None and same and one > other


def _agree(one: Node, other: Node, *names: str) -> bool:
    return all(one.get(name) == other.get(name) for name in names)


def _is_half(ratio: Node) -> bool:
    top, bottom = "numerator" in ratio, "denominator" in ratio
    return top != bottom or (not top and "extension" not in ratio)


def _is_no_ratio_range(ratio: Node) -> bool:
    top, bottom = "lowNumerator" in ratio or "highNumerator" in ratio, "denominator" in ratio
    return top != bottom or (not top and "extension" not in ratio)


def _is_negative(node: Node, name: str) -> bool:
    value = number(node, name)
    return value is not None and value < Decimal(0)


def _has_no_time_to_shift(repeat: Node) -> bool:
    when = repeat.get("when")
    meals = {"C", "CM", "CD", "CV"}
    return "offset" in repeat and (not has(repeat, "when") or (isinstance(when, list) and _meets(when, meals)))


def _meets(codes: list[Tree], others: set[str]) -> bool:
    return any(isinstance(code, str) and code in others for code in codes)


def _matches(node: Node, name: str, pattern: str) -> bool:
    """Return whether a text that is there has the form; one that is not there has."""
    value = node.get(name)
    return not isinstance(value, str) or re.fullmatch(pattern, value) is not None


def _compares(name: str) -> Callable[[Node], bool]:
    return lambda node: isinstance(part := node.get(name), dict) and "comparator" in part


def _has_one(node: Node, *names: str) -> bool:
    return sum(has(node, name) for name in names) == 1


def _bytes(attachment: Node) -> bytes | None:
    """Return the data of an attachment; None where there are none, or what is no base64."""
    try:
        return b64decode(str(attachment["data"]), validate=False) if isinstance(attachment.get("data"), str) else None
    except binascii.Error:
        return None


def _is_of_other_size(attachment: Node) -> bool:
    """The size is a number in R4 and text in R5."""
    size = attachment.get("size")
    told = int(size) if isinstance(size, str) and re.fullmatch(r"-?[0-9]{1,19}", size) else None
    return told is not None and (told < 0 or ((data := _bytes(attachment)) is not None and told != len(data)))


def _is_of_other_hash(attachment: Node) -> bool:
    told = attachment.get("hash")
    data = _bytes(attachment) if isinstance(told, str) else None
    if data is None:
        return False
    return told != b64encode(sha1(data, usedforsecurity=False).digest()).decode()


def _is_labelled_twice(meta: Node) -> bool:
    labels = meta["security"] if isinstance(meta.get("security"), list) else []
    met = [(one.get("system"), one.get("code")) for one in labels if isinstance(one, dict)]
    pairs = [pair for pair in met if all(isinstance(text, str) for text in pair)]
    return len(set(pairs)) < len(pairs)


def _lacks_its_trigger(trigger: Node) -> bool:
    kind = trigger.get("type")
    if kind == "named-event":
        return not has(trigger, "name")
    if kind == "periodic":
        return not has_choice(trigger, "timing")
    return isinstance(kind, str) and kind.startswith("data-") and not has(trigger, "data")


# elements whose type is SimpleQuantity: (releases, type, names)
# fmt: off
_SIMPLE = (
    ("R4 R5", "Range",                       ("low", "high")),
    ("R4 R5", "ObservationReferenceRange",   ("low", "high")),
    ("R4 R5", "SampledData",                 ("origin",)),
    ("R4 R5", "Dosage",                      ("maxDosePerAdministration", "maxDosePerLifetime")),
    ("R4 R5", "DosageDoseAndRate",           ("doseQuantity", "rateQuantity")),
    ("R4 R5", "MedicationRequestDispenseRequest",            ("quantity",)),
    ("R4 R5", "MedicationRequestDispenseRequestInitialFill", ("quantity",)),
    ("R4",    "CarePlanActivityDetail",      ("dailyAmount", "quantity")),
    ("R5",    "QuestionnaireResponseItemAnswer", ("valueQuantity",)),
    ("R5",    "Ratio",                       ("denominator",)),
    ("R5",    "RatioRange",                  ("lowNumerator", "highNumerator", "denominator")),
)
_URI = "urn:ietf:rfc:3986"
_PATH = "Either a path or a searchParam must be provided, but not both"
_UNITS = "If system is present, it SHALL be UCUM."

DATATYPES: tuple[Row, ...] = (
    *(("sqty-1", releases, of, name,
       "The comparator is not used on a SimpleQuantity",
       _compares(name),
       "the quantity has a comparator", "Take the comparator away, or say it in words.")
      for releases, of, names in _SIMPLE for name in names),
    ("per-1", "R4",    "Period", "end", "If present, start SHALL have a lower value than end",
              lambda p: is_not_before(p.get("start"), p.get("end")),
              "the period does not end after its start",
              "Correct one of them; write both to the day, or both to the second."),
    ("per-1", "R5",    "Period", "end", "If present, start SHALL have a lower or equal value than end",
              lambda p: is_after(p.get("start"), p.get("end")),
              "the period ends before it starts", "Correct start or end."),
    ("rng-2", "R4 R5", "Range", "high", "If present, low SHALL have a lower value than high",
              _is_reversed, "the range ends below its start", "Correct low or high."),
    ("rat-1", "R4 R5", "Ratio", "", "Numerator and denominator SHALL both be present, or both are absent. If both are"
              " absent, there SHALL be some extension present",
              _is_half, "the ratio is not whole", "Add what is missing."),
    ("ratrng-1", "R5", "RatioRange", "", "One of lowNumerator or highNumerator and denominator SHALL be present, or all"
              " are absent. If all are absent, there SHALL be some extension present",
              _is_no_ratio_range, "the range of ratios is not whole", "Add what is missing."),
    ("ratrng-2", "R5", "RatioRange", "highNumerator", "If present, lowNumerator SHALL have a lower value than"
              " highNumerator", lambda r: _is_reversed(r, "lowNumerator", "highNumerator"),
              "the range ends below its start", "Correct lowNumerator or highNumerator."),
    ("age-1", "R4 R5", "Age", "", "There SHALL be a code if there is a value and it SHALL be an expression of time.  "
              + _UNITS + "  If value is present, it SHALL be positive.",
              lambda q: _no_code(q) or _not_ucum(q) or _is_not_positive(q),
              "this is no age", "Give value, system http://unitsofmeasure.org and code: a, mo, wk, d."),
    ("cnt-3", "R4 R5", "Count", "", 'There SHALL be a code with a value of "1" if there is a value. '
              + _UNITS + "  If present, the value SHALL be a whole number.",
              _is_no_count, "this is no count", 'Give a whole number, system http://unitsofmeasure.org and code "1".'),
    ("dis-1", "R4 R5", "Distance", "", "There SHALL be a code if there is a value and it SHALL be an expression of"
              " length.  " + _UNITS, lambda q: _no_code(q) or _not_ucum(q),
              "this is no distance", "Give value, system http://unitsofmeasure.org and code: m, km."),
    # the expression says more and less than its words: a code needs UCUM and a value. It is followed.
    ("drt-1", "R4 R5", "Duration", "", "There SHALL be a code if there is a value and it SHALL be an expression of"
              " time.  " + _UNITS,
              lambda q: has(q, "code") and (q.get("system") != _UCUM or not has(q, "value")),
              "this is no duration", "Give value, system http://unitsofmeasure.org and code: min, h, d, wk, mo, a."),
    ("cpt-2", "R4 R5", "ContactPoint", "system", "A system is required if a value is provided.",
              lambda c: has(c, "value") and not has(c, "system"),
              "the contact does not say what it is", "Add system: phone, email ..."),
    ("cod-1", "R5",    "Coding", "code", "A Coding SHOULD NOT have a display unless a code is also present. "
              " Computation on Coding.display alone is generally unsafe.  Consider using CodeableConcept.text",
              lambda c: has(c, "display") and not has(c, "code"),
              "the coding has a display and no code", "Add the code, or put the words in CodeableConcept.text."),
    ("ident-1", "R5",  "Identifier", "value", "Identifier with no value has limited utility.  If communicating that an"
              " identifier value has been suppressed or missing, the value element SHOULD be present with an extension"
              " indicating the missing semantic - e.g. data-absent-reason",
              lambda i: not has(i, "value"),
              "the identifier has no value", "Add the value, or _value with a data-absent-reason."),
    ("ref-2", "R5",    "Reference", "", "At least one of reference, identifier and display SHALL be present (unless an"
              " extension is provided).",
              lambda r: not any(has(r, name) for name in ("reference", "identifier", "display", "extension")),
              "the reference names nothing", "Add reference, identifier or display."),
    ("exp-1", "R4 R5", "Expression", "expression", "An expression or a reference must be provided",
              lambda e: not has(e, "expression") and not has(e, "reference"),
              "the expression has neither", "Add expression or reference."),
    ("invariant/expression-language", "R4 R5", "Expression", "language", "The language is the media type of the"
              " language of the expression", lambda e: isinstance(e.get("language"), str) and "/" not in e["language"],
              "it is no media type", "Write text/fhirpath, text/cql or application/x-fhir-query."),
    ("exp-2", "R5",    "Expression", "name", "The name must be a valid variable name in most computer languages",
              lambda e: not _matches(e, "name", r"[A-Za-z][A-Za-z0-9_]{0,63}"),
              "the name is none that a program can use", "Use a letter, then letters, digits and _."),
    ("sdd-1", "R5",    "SampledData", "interval", "A SampledData SAHLL have either an interval and offsets but not"
              " both",
              lambda s: has(s, "interval") == has(s, "offsets"),
              "the data has both or neither", "Keep one of the two."),
    ("dos-1", "R5",    "Dosage", "asNeededFor", "AsNeededFor can only be set if AsNeeded is empty or true",
              lambda d: "asNeededFor" in d and has(d, "asNeeded") and d.get("asNeeded") is not True,
              "asNeeded is not true", "Take asNeededFor away, or correct asNeeded."),
    ("av-1",  "R5",    "AvailabilityAvailableTime", "allDay", "Cannot include start/end times when selecting all day"
              " availability.",
              lambda a: has(a, "allDay") and a.get("allDay") is not False
              and (has(a, "availableStartTime") or has(a, "availableEndTime")),
              "all day has a time", "Take the times away, or allDay."),
    ("drq-1", "R4 R5", "DataRequirementCodeFilter", "path", _PATH, lambda f: not _has_one(f, "path", "searchParam"),
              "the filter has both or neither", "Keep path, or searchParam."),
    ("drq-2", "R4 R5", "DataRequirementDateFilter", "path", _PATH, lambda f: not _has_one(f, "path", "searchParam"),
              "the filter has both or neither", "Keep path, or searchParam."),
    ("trd-1", "R4 R5", "TriggerDefinition", "data", "Either timing, or a data requirement, but not both",
              lambda t: "data" in t and has_choice(t, "timing"), "there are both", "Keep one of them."),
    ("trd-2", "R4 R5", "TriggerDefinition", "condition", "A condition only if there is a data requirement",
              lambda t: "condition" in t and "data" not in t, "there is nothing that it is about", "Add data."),
    ("trd-3", "R4 R5", "TriggerDefinition", "type", "A named event requires a name, a periodic event requires timing,"
              " and a data event requires data", _lacks_its_trigger,
              "what this type needs is missing", "Add name, timing[x] or data."),
    ("invariant/attachment-size", "R4 R5", "Attachment", "size", "The number of bytes of data that make up this"
              " attachment (before base64 encoding, if that is done)", _is_of_other_size,
              "the data have another size", "Count the bytes before they are base64."),
    ("invariant/attachment-hash", "R4 R5", "Attachment", "hash", "The calculated hash of the data using SHA-1."
              " Represented using base64", _is_of_other_hash,
              "the data have another hash", "Write the SHA-1 of the bytes in base64, or leave hash out."),
    ("invariant/identifier-uri", "R4 R5", "Identifier", "value", "If the system is urn:ietf:rfc:3986, the value is a"
              " full URI",
              lambda i: i.get("system") == _URI and not _matches(i, "value", r"[A-Za-z][A-Za-z0-9+.-]*:.+"),
              "the value is no full URI", "Write it with its scheme, as urn:uuid: and the UUID."),
    ("invariant/label-twice", "R4 R5", "Meta", "security", "Security labels are a set: one stands in it once",
              _is_labelled_twice, "a label stands here twice", "Keep one of them."),
    ("tim-1", "R4 R5", "TimingRepeat", "durationUnit", "if there's a duration, there needs to be duration units",
              lambda t: has(t, "duration") and not has(t, "durationUnit"),
              "the duration has no unit", "Add durationUnit."),
    ("tim-2", "R4 R5", "TimingRepeat", "periodUnit", "if there's a period, there needs to be period units",
              lambda t: has(t, "period") and not has(t, "periodUnit"),
              "the period has no unit", "Add periodUnit."),
    ("tim-4", "R4 R5", "TimingRepeat", "duration", "duration SHALL be a non-negative value",
              lambda t: _is_negative(t, "duration"), "the duration is negative", "Correct it."),
    ("tim-5", "R4 R5", "TimingRepeat", "period", "period SHALL be a non-negative value",
              lambda t: _is_negative(t, "period"), "the period is negative", "Correct it."),
    ("tim-6", "R4 R5", "TimingRepeat", "period", "If there's a periodMax, there must be a period",
              lambda t: has(t, "periodMax") and not has(t, "period"),
              "there is a periodMax and no period", "Add period."),
    ("tim-7", "R4 R5", "TimingRepeat", "duration", "If there's a durationMax, there must be a duration",
              lambda t: has(t, "durationMax") and not has(t, "duration"),
              "there is a durationMax and no duration", "Add duration."),
    ("tim-8", "R4 R5", "TimingRepeat", "count", "If there's a countMax, there must be a count",
              lambda t: has(t, "countMax") and not has(t, "count"),
              "there is a countMax and no count", "Add count."),
    ("tim-9", "R4 R5", "TimingRepeat", "when", "If there's an offset, there must be a when (and not C, CM, CD, CV)",
              _has_no_time_to_shift, "nothing is there that the offset moves", "Add when, or take offset away."),
    ("tim-10", "R4 R5", "TimingRepeat", "when", "If there's a timeOfDay, there cannot be a when, or vice versa",
              lambda t: has(t, "timeOfDay") and has(t, "when"),
              "there are both", "Keep timeOfDay, or keep when."),
    ("txt-1", "R4 R5", "Narrative", "div", "The narrative SHALL contain only the basic html formatting elements and"
              " attributes described in chapters 7-11 (except section 4 of chapter 9) and 15 of the HTML 4.0 standard,"
              " <a> elements (either name or href), images and internally contained style attributes",
              lambda n: forbidden(n.get("div")),
              "the narrative is no plain XHTML", "Take scripts, forms and frames away; close each element."),
    ("txt-2", "R4 R5", "Narrative", "div", "The narrative SHALL have some non-whitespace content",
              lambda n: says_nothing(n.get("div")),
              "the narrative says nothing", "Write what the record says, or leave text out."),
)
# fmt: on
