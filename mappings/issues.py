"""What is wrong, where, and what would mend it: one shape from the lens to the wire.

An issue names a place (FHIRPath), never a patient's value, so that it may stand in a log.
`code` is from FHIR's issue-type value set: https://hl7.org/fhir/R4/valueset-issue-type.html
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Issue:
    """One finding. The three things that `OperationOutcome.issue` holds, and how to mend it.

    path      FHIRPath of the element: `Goal.target[0].measure`
    code      FHIR issue-type: structure, required, value, invariant, not-found, conflict, too-costly ...
    text      what is wrong and what the rule says, in our words
    fix       what would mend it; may be empty
    severity  fatal, error, warning or information
    rule      stable rule id, for baselines and reports; may be empty
    """

    path: str
    code: str
    text: str
    fix: str = ""
    severity: str = "error"
    rule: str = ""
