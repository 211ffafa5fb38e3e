"""How Hypothesis draws: the same examples in each run of the gate, others in each run of `make laws`.

A gate that fails by what was drawn tells nobody which change broke something; new failures are looked for on purpose.
"""

from __future__ import annotations

import os

from hypothesis import settings

settings.register_profile("gate", derandomize=True)
settings.register_profile("laws", derandomize=False)
settings.load_profile("laws" if os.environ.get("PLANBRIDGE_LAWS") else "gate")
