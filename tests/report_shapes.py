"""What SARIF 2.1.0 and JUnit's XML demand of the parts that `planbridge check` writes, as far as it writes them.

SARIF    https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html, the section of each object beside it; written
         anew from its text. No property is let through that does not stand here.
JUnit    the attributes and the order of elements that build servers read: https://github.com/testmoapp/junitxml
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from xml.etree.ElementTree import Element

Schema = dict[str, Any]


def _object(required: Iterable[str], **properties: Any) -> Schema:
    named = {name.replace("_", ""): value for name, value in properties.items()}
    return {"type": "object", "required": list(required), "properties": named, "additionalProperties": False}


def _list(of: Schema) -> Schema:
    return {"type": "array", "items": of}


# fmt: off
_TEXT = {"type": "string", "minLength": 1}
_COUNT = {"type": "integer", "minimum": 0}
_PLACE = {"type": "integer", "minimum": 1}
_LEVEL = {"enum": ["none", "note", "warning", "error"]}                                                    # 3.27.10
_BAG = {"type": "object"}                                                                                  # 3.8
_URI = {"type": "string", "pattern": r"^[A-Za-z][A-Za-z0-9+.-]*://[!-~]+$"}
_REFERENCE = {"type": "string", "pattern": r"^(?!//)(?:[A-Za-z0-9._~!$&'()*+,;=@/:-]|%[0-9A-F]{2})+$"}      # RFC 3986
_MESSAGE = _object(["text"], text=_TEXT)                                                                   # 3.11
_SAID = _object(["text"], text=_TEXT, markdown=_TEXT)                                                      # 3.12
_RULE = _object(["id", "shortDescription", "fullDescription", "help"],                                     # 3.49
                id=_TEXT, shortDescription=_SAID, fullDescription=_SAID, help=_SAID, helpUri=_URI,
                defaultConfiguration=_object([], level=_LEVEL), properties=_BAG)                           # 3.50
_REGION = _object(["startLine", "startColumn"], startLine=_PLACE, startColumn=_PLACE)                      # 3.30
_PHYSICAL = _object(["artifactLocation", "region"],                                                        # 3.29
                    artifactLocation=_object(["uri"], uri=_REFERENCE), region=_REGION)                     # 3.4
_LOCATION = _object(["physicalLocation"], physicalLocation=_PHYSICAL,                                      # 3.28
                    logicalLocations=_list(_object(["fullyQualifiedName"], fullyQualifiedName=_TEXT)))      # 3.33
_RESULT = _object(["ruleId", "ruleIndex", "level", "message", "locations"],                                # 3.27
                  ruleId=_TEXT, ruleIndex=_COUNT, level=_LEVEL, message=_MESSAGE,
                  locations={**_list(_LOCATION), "minItems": 1, "maxItems": 1},
                  partialFingerprints={"type": "object", "additionalProperties": _TEXT}, properties=_BAG)
_NOTE = _object(["message"], level=_LEVEL, message=_MESSAGE)                                               # 3.58
_INVOCATION = _object(["executionSuccessful"], executionSuccessful={"type": "boolean"},                    # 3.20
                      toolExecutionNotifications=_list(_NOTE), properties=_BAG)
_DRIVER = _object(["name"], name=_TEXT, semanticVersion=_TEXT, rules=_list(_RULE))                         # 3.19
_RUN = _object(["tool", "results"], tool=_object(["driver"], driver=_DRIVER), results=_list(_RESULT),       # 3.14
               columnKind={"enum": ["utf16CodeUnits", "unicodeCodePoints"]}, invocations=_list(_INVOCATION))
SARIF = _object(["version", "runs"], version={"const": "2.1.0"}, runs=_list(_RUN))                         # 3.13
SARIF["properties"]["$schema"] = _URI
# fmt: on

SUITE = ("name", "tests", "failures", "errors", "time")
"""Attributes of the root and of a suite."""


def unlike_junit(root: Element) -> list[str]:
    """Return what JUnit's shape does not have, or demands in vain, in words."""
    [suite, *more] = list(root)
    cases = [one for one in suite if one.tag == "testcase"]
    failed = [one for one in cases if one.find("failure") is not None]
    broken = [one for one in cases if one.find("error") is not None]
    wrong = ["one suite is expected"] if more else []
    wrong += [f"{one.tag}: no {name}" for one in (root, suite) for name in SUITE if not one.get(name)]
    wrong += [f"testsuite: no {name}" for name in ("skipped", "timestamp", "hostname") if suite.get(name) is None]
    wrong += [f"testcase: no {name}" for one in cases for name in ("classname", "name", "time") if not one.get(name)]
    counts = {"tests": len(cases), "failures": len(failed), "errors": len(broken)}
    wrong += [
        f"{one.tag}: {name} is not {n}"
        for one in (root, suite)
        for name, n in counts.items()
        if one.get(name) != str(n)
    ]
    order = ["testcase"] * len(cases) + ["system-out"]
    wrong += [] if [one.tag for one in suite] == order else ["the suite's parts are not in order"]
    wrong += [f"{one.tag}: no message or type" for case in failed + broken for one in case[:1] if len(one.attrib) != 2]
    for case in cases:
        tags = [one.tag for one in case]
        wrong += [] if tags in ([], ["failure"], ["error"], ["system-out"], ["failure", "system-out"]) else [str(tags)]
    return wrong
