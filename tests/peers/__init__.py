"""Real servers and judges that nobody in this project wrote, and what the tests need to talk to them.

They lie beside the project, in ../shared; a test that needs what is not there says so and is skipped, by name.
"""

from __future__ import annotations

from pathlib import Path
from typing import Never

import pytest

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared"
CORPUS = SHARED / "corpus"


def skip(name: str, reason: str) -> Never:
    """Leave a test out and say so in the one form that every log of ours uses: `SKIPPED name: reason`."""
    print(f"SKIPPED {name}: {reason}", flush=True)
    pytest.skip(f"{name}: {reason}")
