"""What receivers want beyond base FHIR: US Core, MCC, SDC and ABDM, one readable table each.

    outfit(docs, "CarePlan/1", "us-core-9")   the documents as that receiver wants them, and what is still missing
    violations(docs, "mcc")                   what a profile forbids or demands and the documents do not heed
    RECEIVERS                                 name -> the table: us_core.py, mcc.py, sdc.py, abdm.py

The tables are Python, not TOML: a row names the function that makes a record meet it, mypy checks the rows, and they
are read as tables all the same.
"""

from __future__ import annotations

from mappings.profiles.mends import Moved
from mappings.profiles.outfit import RECEIVERS, Outfit, outfit, violations
from mappings.profiles.rules import Profile, ProfileIssue, Receiver, Rule

__all__ = ["RECEIVERS", "Moved", "Outfit", "Profile", "ProfileIssue", "Receiver", "Rule", "outfit", "violations"]
